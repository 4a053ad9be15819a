"""The statistics by which the kind of a fault is decided.

They compare the frames of an alarm with normal ones in one channel (`contrast`), but for the part
that the other channels do not predict.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from spectra.arrays import ComplexArray, Float64Array, IntArray
from spectra.explanation.contrast import (
    ROUNDING,
    Contrast,
    amplitudes,
    decibels,
    frame_spectra_of,
    standard_score,
)
from spectra.explanation.kinds import Facts
from spectra.explanation.similar import filled
from spectra.explanation.straight import straight_piece
from spectra.runs import true_runs
from spectra.signal.frames import taper
from spectra.spectral.coupling import MAX_CHANNELS, residual, whitening_matrices

# Bins of the main lobe of a Hann taper, in which a tone has nearly all of its power.
LOBE: Final = 3
# Normal frames, and frames of the alarm, whose waveforms are compared.
FORMS: Final = 100
FORMS_INSIDE: Final = 8


def facts_of(
    values: Float64Array,
    alarm: tuple[int, int],
    event: tuple[int, int],
    found: Contrast,
    uncoupled: float,
) -> Facts:
    """Return the facts of an alarm in one channel (n_samples,).

    Parameters
    ----------
    values : ndarray (n_samples,)
    alarm, event : (int, int)
        First and last row of the alarm, and of the event it is part of.
    found : Contrast
        That of the event.
    uncoupled : float
        z of the part that the other channels do not predict (`uncoupled_scores`).
    """
    gain = decibels(found.power, found.normal_power)[1:]
    change = (found.power - found.normal_power)[1:]
    excess = found.excess[1:]
    total = excess.sum() or 1.0
    gained_at, lost_at = (_strongest(np.maximum(sign * change, 0)) for sign in (1, -1))
    frames = np.stack([filled(x) for x in _cut(values, found.starts, found.nperseg)])
    rows = found.starts[:, None] + np.arange(found.nperseg)
    piece = straight_piece(values, *event, float(found.nearest[:, 0].mean()))
    straightened = frames - piece.at(rows)
    shifted = frames - replace(piece, slope=0.0).at(rows)
    toneless = _without_tone(frames, gained_at.start + 1, gained_at.stop)
    normal_frames = _cut(values, found.normal_starts, found.nperseg)
    normal = _unit_spectra(normal_frames)
    return Facts(
        still=_still(values, alarm, event, normal_frames),
        line=_explained(straightened, found),
        ramp=piece.ramp,
        offset=piece.offset,
        rise=found.rise,
        form=min(_form(each, normal, found) for each in (straightened, shifted)),
        rest=_form(toneless, normal, found),
        uncoupled=uncoupled,
        gained=float(excess[change > 0].sum() / total),
        lost=float(excess[change < 0].sum() / total),
        gained_line=_share(np.maximum(change, 0), gained_at),
        lost_line=_share(np.maximum(-change, 0), lost_at),
        new=_band_gain(found, gained_at),
        silent=_band_gain(found, lost_at),
        cycles=(gained_at.start + gained_at.stop + 1) / 2,
        overall=float(np.median(gain)),
        total=float(decibels(found.power[1:].sum(), found.normal_power[1:].sum())),
        quiet=_quiet(found),
    )


def _quiet(found: Contrast) -> float:
    """Return the change in dB of the median bin, or of all bins if that is higher."""
    inside, normal = found.inside[:, 1:] ** 2, found.normal[:, 1:] ** 2
    by_bin = decibels(np.median(inside, axis=0), np.median(normal, axis=0))
    whole = decibels(np.median(inside.sum(axis=1)), np.median(normal.sum(axis=1)))
    return max(float(np.median(by_bin)), float(whole))


def _still(
    values: Float64Array, alarm: tuple[int, int], event: tuple[int, int], normal: Float64Array
) -> float:
    """Return the longest run of equal values as a share of the alarm; 0 where it is usual."""
    longest = longest_still(values[event[0] : event[1] + 1])
    some = normal[:: -(-len(normal) // FORMS) or 1]
    usual = max((longest_still(frame) for frame in some), default=0)
    return longest / (alarm[1] - alarm[0] + 1) if longest > 2 * usual else 0.0


def longest_still(values: Float64Array) -> int:
    """Return the rows of the longest run of equal values or gaps; 0 where none repeats."""
    same = (np.diff(values) == 0) | ~np.isfinite(np.diff(values))
    if not same.any():
        return 0
    begins, ends = true_runs(same)
    return int((ends - begins).max()) + 1


def _explained(frames: Float64Array, found: Contrast) -> float:
    """Return the share of the excess, over all bins, that is gone from the frames of the alarm."""

    def excess(inside: Float64Array) -> float:
        return float((((inside - found.nearest) ** 2).mean(axis=0) / found.usual - 1.0).sum())

    total = excess(found.inside)
    return 1.0 - max(excess(amplitudes(frames, found.window)), 0.0) / total if total > 0 else 0.0


def _without_tone(frames: Float64Array, low: int, high: int) -> Float64Array:
    """Return frames less their strongest sine between the bins `low` and `high`.

    Its frequency is that of the largest of the Hann spectrum on a grid of a sixteenth of a bin, its
    amplitude and phase are those of least squares.
    """
    w = frames.shape[1]
    centred = frames - frames.mean(axis=1, keepdims=True)
    window, rows = taper("hann", w), np.arange(w)
    bins = np.arange(max(low, 1) - 0.5, high + 0.5 + 1 / 32, 1 / 16)
    waves = np.exp(-2j * np.pi / w * bins[:, None] * rows)
    best = np.abs((centred * window) @ waves.T).argmax(axis=1)
    rest = np.empty_like(centred)
    for i, wave in enumerate(waves[best]):
        basis = np.stack([wave.real, wave.imag], axis=1)
        fitted = np.linalg.lstsq(basis * window[:, None], centred[i] * window, rcond=None)[0]
        rest[i] = centred[i] - basis @ fitted
    return np.asarray(rest)


def _strongest(power: Float64Array) -> slice:
    """Return the LOBE neighbouring bins that have most power."""
    width = min(LOBE, power.size)
    sums = np.convolve(power, np.ones(width), mode="valid")
    begin = int(sums.argmax())
    return slice(begin, begin + width)


def _share(power: Float64Array, bins: slice) -> float:
    total = power.sum()
    return float(power[bins].sum() / total) if total > 0 else 0.0


def _band_gain(found: Contrast, bins: slice) -> float:
    """Return the change in dB of bins counted from bin 1."""
    power, normal = found.power[1:][bins].sum(), found.normal_power[1:][bins].sum()
    return float(decibels(power, normal))


def _form(frames: Float64Array, normal: ComplexArray, found: Contrast) -> float:
    """Return z of one less the correlation of frames with the most alike normal one.

    Each frame is compared with FORMS normal ones at all circular delays, which are rotations of its
    spectrum. Without waveforms of normal frames no form is unusual.
    """
    if not len(normal):
        return 0.0
    drawn = np.linspace(0, len(normal) - 1, min(FORMS, len(normal))).astype(np.int64)
    X = _unit_spectra(frames[:: -(-len(frames) // FORMS_INSIDE)])
    Y, starts = normal[drawn], found.normal_starts[drawn]
    apart = np.abs(starts[:, None] - starts) >= found.nperseg
    of_normal = 1.0 - np.where(apart, _agreement(Y, Y, found.nperseg), -1.0).max(axis=1)
    of_inside = 1.0 - _agreement(X, Y, found.nperseg).max(axis=1)
    return standard_score(float(np.median(of_inside)), of_normal)


def _cut(values: Float64Array, starts: IntArray, nperseg: int) -> Float64Array:
    return np.asarray(values[starts[:, None] + np.arange(nperseg)])


def _unit_spectra(frames: Float64Array) -> ComplexArray:
    """Return the spectra of tapered frames less their means, in units of their size."""
    w = frames.shape[1]
    tapered = (frames - frames.mean(axis=1, keepdims=True)) * taper("hann", w)
    size = np.linalg.norm(tapered, axis=1, keepdims=True)
    return np.asarray(np.fft.rfft(tapered / np.where(size > 0, size, 1.0)))


def _agreement(X: ComplexArray, Y: ComplexArray, nperseg: int) -> Float64Array:
    """Return the largest correlation at any circular delay, (n_x, n_y)."""
    return np.array([np.fft.irfft(x.conj() * Y, nperseg).max(axis=1) for x in X])


def uncoupled_scores(values: Float64Array, found: Contrast) -> tuple[Float64Array, Float64Array]:
    """Return z and excess of the part that the others do not predict, (n_channels,) each.

    The excess is the mean power of the residual in units of normal frames (`spectral.coupling`),
    less 1. Both are 0 for a single channel, for too many, and without waveforms of normal frames.
    """
    nothing = np.zeros(values.shape[1])
    if not 2 <= values.shape[1] <= MAX_CHANNELS:
        return nothing, nothing
    normal = frame_spectra_of(values, found.normal_starts, found.nperseg)
    inside = frame_spectra_of(values, found.starts, found.nperseg)
    normal = normal[:, ~np.isnan(normal).any(axis=(0, 2))]
    inside = inside[:, ~np.isnan(inside).any(axis=(0, 2))]
    if not (normal.shape[1] and inside.shape[1]):
        return nothing, nothing
    size = np.sqrt(np.median((np.abs(normal) ** 2).mean(axis=2), axis=1))[:, None, None]
    size = np.where(size > 0, size, 1.0)
    normal, inside = normal / size, inside / size
    whitening = whitening_matrices(normal.copy())
    of_normal, of_inside = (
        (np.abs(residual(X, whitening)) ** 2).mean(axis=-1) for X in (normal, inside)
    )
    least = np.maximum(ROUNDING * of_inside.mean(axis=1), np.finfo(float).tiny)
    usual = np.maximum(of_normal.mean(axis=1), least)
    z = [standard_score(float(a.mean()), b) for a, b in zip(of_inside, of_normal, strict=True)]
    return np.array(z), np.asarray(np.maximum(of_inside.mean(axis=1) / usual - 1.0, 0.0))
