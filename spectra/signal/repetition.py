"""Rows of a recording that repeat: they and the rows around them come again at most periods.

Distances to a sample of the frames, and a threshold on them, tell odd frames from normal ones that
differ by chance. In a signal that repeats itself exactly frames differ by the phases that the
sample happens to lack, and some distance is always the largest. Rows that repeat are found by
seasonal differencing instead, x_t − x_{t+τ} (Box & Jenkins 1970), at the lags τ at which the
difference function of the signal is small (YIN, de Cheveigné & Kawahara 2002). An odd cycle recurs
at few of them, and an event of many cycles nowhere far away.
"""

from typing import Final, NamedTuple

import numpy as np

from spectra.arrays import BoolArray, Float64Array, FloatArray
from spectra.signal.period import fast_length
from spectra.stored import is_stored

# First rows of a recording in which lags are sought: twice as many need 4 MB more.
ROWS: Final = 65_536
# Lags that rows are compared at, at most one in each equal part of the recording: lags next to one
# another would all lie within one long event, which repeats itself too. With 8, 16 and 32 as many
# of 300 signals that repeat exactly raise an alarm.
LAGS: Final = 32
# Largest lag, as a share of the recording.
LONGEST: Final = 0.75
# Largest mean squared difference at a lag, in variances; that of white noise is 2.
LIKE: Final = 0.2
# Largest difference of rows that are the same, in amplitudes (−46 dB): a glitch of a hundredth of
# the amplitude is no repetition.
SAME: Final = 0.005
# Smallest share of the recording over which the repetitions of a row spread: a longer event than
# that is no event. An event of several cycles repeats itself.
SPAN: Final = 0.25
# Smallest share of the lags at which a row repeats: where the phase of a signal jumps, it does so
# at those that do not cross the jump.
SHARE: Final = 1 / 3
# Rows on either side that have to be the same too, and their largest share of a recording.
AROUND: Final = 64
AROUND_SHARE: Final = 1 / 32
# Smallest share of the rows that repeat at the best lag: most of a recording is normal. Of the 618
# development series three have such a lag, and none of their anomalous rows repeats.
MOST: Final = 0.5
# Smallest share of the rows that repeat at any other: fewer do at what is no period of all parts of
# the signal, such as 50 rows of two sines of 50 and 7.3 rows.
SOME: Final = 0.1
# Parts of a recording. At a whole number of periods rows differ in the parts with events alone, at
# another lag in more than half of them.
PARTS: Final = 8
# Quantiles whose distance is twice the amplitude: one glitch does not decide it.
QUANTILES: Final = (0.01, 0.5, 0.99)
# Rows are clipped at this many amplitudes while lags are sought.
CLIPPED: Final = 3.0
# Smallest share of the rows in which a channel differs from its median, to tell a period.
OFTEN: Final = 0.02
# Share of the steps that repeat from which the others are judged against them. With 0.9, 0.95 and
# 0.98, 76, 75 and 74 of 77 short tones of a tenth of the amplitude are found in such signals, and
# of 200 of them without any 24, 23 and 23 raise alarms.
REPEATING: Final = 0.95
# Rows compared at a time: 2 MB.
AT_ONCE: Final = 2**18


class _Lag(NamedTuple):
    """A lag in whole rows, the fraction of a row beyond it, and whether edges are jittered."""

    rows: int
    fraction: float
    jittered: bool


def repeated_rows(signal: Float64Array, normal_rows: slice | None = None) -> BoolArray:
    """Return the rows of a signal (n_samples, n_channels) that repeat, (n_samples,).

    They repeat in all channels that change.

    Parameters
    ----------
    normal_rows : slice, optional
        Rows that they have to repeat, unless they are among them; by default any.
    """
    n = len(signal)
    amplitudes = _amplitudes(signal[:ROWS])
    lags = _lags(signal[:ROWS], amplitudes)
    if not lags:
        return np.zeros(n, dtype=np.bool_)
    normal = np.zeros(n, dtype=np.bool_)
    normal[slice(None) if normal_rows is None else normal_rows] = True
    compared, same = np.zeros((2, n), dtype=np.int8)
    reach = np.zeros((2, n), dtype=np.int32)
    for lag in lags:
        for begin in range(0, n - lag.rows, AT_ONCE):
            end = min(begin + AT_ONCE, n - lag.rows)
            here, there = slice(begin, end), slice(begin + lag.rows, end + lag.rows)
            counted = normal[here] | normal[there]
            alike = counted & _alike(signal, amplitudes, lag, begin, end)
            for side, rows in enumerate((here, there)):
                compared[rows] += counted
                same[rows] += alike
                reach[side, rows] = np.maximum(reach[side, rows], np.where(alike, lag.rows, 0))
    spread = reach.sum(axis=0) >= SPAN * min(n, ROWS)
    return np.asarray(spread & (same >= SHARE * compared))


def quieten(
    statistic: FloatArray, signal: Float64Array, rows: slice | None, step: int, highest: float
) -> bool:
    """Lower the statistic (n_steps,) of steps that repeat to `highest`; return whether most do.

    `rows` are those they have to repeat. A signal that is too large for memory is left as it is.
    """
    if is_stored(signal):
        return False
    repeated = repeated_rows(signal, rows)
    if not repeated.any():
        return False
    steps = np.logical_and.reduceat(repeated, np.arange(0, len(signal), step))
    statistic[steps] = np.minimum(statistic[steps], highest)
    return bool(steps.mean() >= REPEATING)


def _amplitudes(signal: Float64Array) -> Float64Array:
    """Return the amplitude of each channel, (n_channels,), NaN where it never changes.

    That of a channel that rarely leaves one value is half of its median distance when it does.
    """
    found = np.full(signal.shape[1], np.nan)
    for channel, values in enumerate(signal.T):
        known = values[np.isfinite(values)] / 2
        if known.size and known.min() < known.max():
            low, middle, high = np.quantile(known, QUANTILES)
            found[channel] = high - low or np.median(np.abs(known - middle)[known != middle])
    return found


def _lags(signal: Float64Array, amplitudes: Float64Array) -> list[_Lag]:
    """Return the lags that rows are compared at, none where few rows repeat at the best."""
    lags: list[_Lag] = []
    for lag in _candidates(signal, amplitudes):
        end = len(signal) - lag.rows
        parts = np.array_split(_same(signal, amplitudes, lag, 0, end), PARTS)
        lag = lag._replace(jittered=2 * sum(not part.all() for part in parts) > PARTS)
        alike = _alike(signal, amplitudes, lag, 0, end).mean()
        if not lags and alike < MOST:
            return []
        if alike >= SOME:
            lags.append(lag)
    return lags


def _candidates(signal: Float64Array, amplitudes: Float64Array) -> list[_Lag]:
    """Return the lags at which a signal is most like itself, the best first.

    One in each part, where there is none a multiple of the best or the shortest. Fractions are
    those of the parabola through three points (YIN, step 5).
    """
    most = int(LONGEST * len(signal))
    moving = np.flatnonzero(~np.isnan(amplitudes))
    if most < 3 or not moving.size:
        return []
    # Channels that rarely leave one value tell little of a period.
    away = (signal[:, moving] != np.nanmedian(signal[:, moving], axis=0)).mean(axis=0)
    moving = moving[away >= min(OFTEN, away.max())]
    D = np.zeros(most + 1)
    for i in moving:
        D += _differences(signal[:, i], amplitudes[i], most) / len(moving)
    before, here, after = D[:-2], D[1:-1], D[2:]
    lowest = 1 + np.flatnonzero((here < before) & (here <= after) & (here <= LIKE))
    if not lowest.size:
        return []
    found = {rows: rows + _vertex(*D[rows - 1 : rows + 2].tolist()) for rows in lowest.tolist()}
    # Those of the shortest lag as well: where the phase of a signal jumps, the best may be one at
    # which all rows are compared across the jump.
    best, shortest = found[int(lowest[D[lowest].argmin()])], found[int(lowest[0])]
    by_part = {
        int(k * lag * LAGS / most): k * lag
        for lag in (shortest, best)
        for k in range(1, int(most / lag) + 1)
    }
    for rows, lag in sorted(found.items(), key=lambda one: -D[one[0]]):
        by_part[rows * LAGS // most] = lag
    lags = sorted(by_part.values(), key=lambda lag: (lag != best, lag))
    return [_Lag(round(lag), lag - round(lag), False) for lag in lags]


def _vertex(before: float, here: float, after: float) -> float:
    """Return the lowest place of the parabola through three values at −1, 0 and 1."""
    return (before - after) / (2 * (before - 2 * here + after))


def _differences(channel: Float64Array, amplitude: float, most: int) -> Float64Array:
    """Return the mean of (x_t − x_{t+τ})² at the lags τ = 0 … `most`, in variances of x (n,).

    Gaps count as the median. It is Σ x_t² + Σ x_{t+τ}² − 2 Σ x_t·x_{t+τ}, the last by FFT.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = (channel - np.nanmedian(channel)) / amplitude
    x = np.nan_to_num(scaled, copy=False)
    np.clip(x, -CLIPPED, CLIPPED, out=x)
    x -= x.mean()
    n = x.size
    # In place: each array of a long signal is 1 MB.
    length = fast_length(n + most + 1)
    X = np.fft.rfft(x, length)
    X *= X.conj()
    total = np.fft.irfft(X, length)[: most + 1]
    del X
    total *= -2
    power = np.concatenate([[0.0], np.cumsum(x**2)])
    total += power[n]
    total += power[n : n - most - 1 : -1]
    total -= power[: most + 1]
    total /= np.arange(n, n - most - 1, -1)
    return np.asarray(total * (n / power[n]))


def _same(
    signal: Float64Array, amplitudes: Float64Array, lag: _Lag, begin: int, end: int
) -> BoolArray:
    """Return the rows `begin` … `end` − 1 that are the same a lag later.

    Values between two rows are interpolated, as a period need not be a whole number of them. Edges,
    such as those of square waves of 33.3 rows, are jittered by a row: the rows next to it bound the
    value (LB_Keogh with a band of one row, Keogh 2002).
    """
    rows = np.arange(begin, end) + lag.rows
    same = np.ones(end - begin, dtype=np.bool_)
    side = 1 if lag.fraction > 0 else -1
    for channel in np.flatnonzero(~np.isnan(amplitudes)):
        values, tolerance = signal[:, channel], SAME * amplitudes[channel]
        here, there = values[begin:end], values[begin + lag.rows : end + lag.rows]
        beside = values.take(rows + side, mode="clip")
        with np.errstate(over="ignore", invalid="ignore"):
            if lag.jittered:
                bounds = [there, beside, values.take(rows - side, mode="clip")]
            else:
                bounds = [there, there + abs(lag.fraction) * (beside - there)]
            same &= here >= np.minimum.reduce(bounds) - tolerance
            same &= here <= np.maximum.reduce(bounds) + tolerance
    return same


def _alike(
    signal: Float64Array, amplitudes: Float64Array, lag: _Lag, begin: int, end: int
) -> BoolArray:
    """Return the rows `begin` … `end` − 1 that are the same a lag later with all around them."""
    around = min(AROUND, int(AROUND_SHARE * len(signal)))
    first, last = max(begin - around, 0), min(end + around, len(signal) - lag.rows)
    same = _same(signal, amplitudes, lag, first, last)
    differing = np.concatenate([[0], np.cumsum(~same, dtype=np.int32)])
    inside = np.arange(begin, end) - first
    low, high = np.maximum(inside - around, 0), np.minimum(inside + around + 1, same.size)
    return np.asarray(differing[high] == differing[low])
