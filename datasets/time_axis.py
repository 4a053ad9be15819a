"""The regular grid under time stamps as they were logged: order, repeats and gaps."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.datasets.grid_fit import SAME_RATE, Fit, best_fit, even_step, round_step
from spectra.datasets.instants import (
    counts_of,
    duration_text,
    is_autumn,
    resolution_of,
    seconds_of,
)
from spectra.datasets.raw import Place
from spectra.errors import DataError

REPEAT_SHARE = 0.01  # of the rows: how many may repeat a time stamp
_LATE_SHARE = 0.02  # of the rows: how many may come after a later one
GROWTH = 10  # times the rows: how many the grid may add


@dataclass(frozen=True)
class Grid:
    """A regular grid and where every row lies on it.

    `index` (n,) are the instants of the grid and `step` their distance in seconds; `rows`
    (n_input,) is the position of each input row, None where that is its number; `seconds`
    (n_input,) is its time since the start of the grid where the rows lie between the instants, None
    where they lie on them.
    """

    index: pd.Index
    step: float
    rows: IntArray | None
    notes: tuple[str, ...] = ()
    seconds: Float64Array | None = None

    @property
    def fs(self) -> float:
        """Return the sampling rate in Hz, without the noise of its last digits."""
        short = float(f"{1 / self.step:.6g}")
        return short if abs(short * self.step - 1) < 1e-9 else 1 / self.step


@dataclass(frozen=True)
class _Stamps:
    """Distinct ascending stamps: seconds, the group of each input row, a row of each group."""

    unique: Float64Array
    group: IntArray
    sources: IntArray
    notes: tuple[str, ...]


def regular_grid(index: pd.Index, fs: float | None, place: Place, *, merge: bool = False) -> Grid:
    """Return the regular grid under time stamps.

    They may be unsorted, repeat now and then, jitter or have gaps. `index` is a DatetimeIndex, a
    TimedeltaIndex or an index of seconds; `fs` is the sampling rate where it is known; with `merge`
    any number of rows may repeat a stamp. Raises DataError, naming the row, where the stamps fit no
    grid, contradict `fs`, or have gaps beyond reason.
    """
    step = even_step(index)
    if step is not None and (fs is None or abs(fs * step - 1) <= SAME_RATE):
        return Grid(index, step, None)
    stamps = _distinct(index, place, lenient=False, merge=merge)
    unique = stamps.unique
    fit = best_fit(unique, resolution_of(index), fs)
    if fs is not None and abs(fs * fit.usual - 1) > SAME_RATE:
        raise DataError(
            f"The time stamps are {fit.usual:.6g} s apart, which is {1 / fit.usual:.6g} Hz, not "
            f"the {fs:g} Hz given: "
            "leave one of the two out."
        )
    if fit.broken is not None:
        row = int(stamps.sources[fit.broken])
        apart = unique[fit.broken] - unique[fit.broken - 1]
        raise DataError(
            f"{place(row)}: sampling is irregular: this row comes {duration_text(apart)} after the "
            "one before, steps of "
            f"{duration_text(float(np.median(np.diff(unique))))} are usual; --resample auto puts "
            "the recording on a regular grid of that step, and a period such as --resample 10s on "
            "one of its own."
        )
    _refuse_growth(fit.positions, stamps, place)
    fit = replace(fit, step=round_step(fit, unique))
    notes = (*stamps.notes, *_fit_notes(fit, stamps, index))
    rows = fit.positions[stamps.group]
    n = int(fit.positions[-1]) + 1
    unchanged = n == len(index) and not stamps.notes
    grid = (
        index
        if unchanged
        else _instants(index, stamps, np.interp(np.arange(n), fit.positions, unique), fit.positions)
    )
    return Grid(grid, fit.step, rows, notes)


def resampled_grid(index: pd.Index, period: float | None, place: Place) -> Grid:
    """Return the grid of one instant every `period` seconds, or every median step.

    Raises DataError where all stamps are the same or the grid would be far larger than the data.
    """
    stamps = _distinct(index, place, lenient=True, merge=True)
    step = float(np.median(np.diff(stamps.unique))) if period is None else period
    with np.errstate(divide="ignore", over="ignore"):
        n_steps = float(np.floor(np.divide(stamps.unique[-1], step) * (1 + 1e-12)))
    if not 1 <= n_steps < (GROWTH + 1) * len(index):
        raise DataError(
            f"Resampling every {duration_text(step)} would make {n_steps + 1:,.17g} "
            f"{'sample' if n_steps < 1 else 'samples'} of {len(index):,} rows over "
            f"{duration_text(stamps.unique[-1])}: choose another period with --resample."
        )
    n = int(n_steps) + 1
    seconds = stamps.unique[stamps.group]
    rows = np.clip(np.rint(seconds / step).astype(np.int64), 0, n - 1)
    notes = [*stamps.notes, f"Resampled every {duration_text(step)} by straight lines."]
    if step > 1.5 * np.median(np.diff(stamps.unique)):
        notes.append(
            f"What changes faster than {0.5 / step:.4g} Hz now shows at lower frequencies."
        )
    return Grid(
        _instants(index, stamps, _multiples(n, step)),
        step,
        rows,
        tuple(notes),
        seconds,
    )


def _multiples(n: int, step: float) -> Float64Array:
    """Return 0, step, 2 step, …, (n,)."""
    return np.arange(n, dtype=np.float64) * step


def _instants(
    index: pd.Index, stamps: _Stamps, offsets: Float64Array, positions: IntArray | None = None
) -> pd.Index:
    """Return instants at offsets in seconds from the earliest stamp.

    They are of the kind and in the zone of the index. At `positions` they are the stamps
    themselves.
    """
    start = int(stamps.sources[0])
    if not isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        seconds = float(index[start]) + offsets
        if positions is not None:
            seconds[positions] = index.to_numpy()[stamps.sources]
        return pd.Index(seconds).rename(index.name)
    # Whole seconds cannot hold the instants between them.
    fine = index.as_unit("us") if counts_of(index)[1] < 1e6 else index
    counts, per_second = counts_of(fine)
    moments = counts[start] + np.rint(offsets * per_second).astype(np.int64)
    if positions is not None:
        moments[positions] = counts[stamps.sources]
    unit = "us" if per_second == 1e6 else "ns"
    if isinstance(fine, pd.TimedeltaIndex):
        return pd.TimedeltaIndex(moments.view(f"timedelta64[{unit}]")).rename(index.name)
    naive = pd.DatetimeIndex(moments.view(f"datetime64[{unit}]")).rename(index.name)
    return naive if fine.tz is None else naive.tz_localize("UTC").tz_convert(fine.tz)


def _distinct(index: pd.Index, place: Place, *, lenient: bool, merge: bool) -> _Stamps:
    """Return the stamps in order, each once.

    `lenient` takes any number of late ones, `merge` of repeated ones.
    """
    seconds = seconds_of(index)
    steps = np.diff(seconds)
    if not steps.any():
        raise DataError(
            f"{place(0)}: every row has the same time stamp, so there is no sampling rate."
        )
    if bool((steps > 0).all()):
        rows = np.arange(len(seconds))
        return _Stamps(seconds, rows, rows, ())
    notes = []
    order = np.arange(len(seconds))
    if np.sum(steps < 0) > np.sum(steps > 0):
        order = order[::-1]
        notes.append("The rows run backwards in time: reversed (--time none keeps the order).")
    ordered = seconds[order]
    late = ordered < np.maximum.accumulate(ordered)
    lenient_order = lenient or is_autumn(index)
    if late.any():
        if np.sum(late) > max(1, _LATE_SHARE * len(late)) and not lenient_order:
            row = int(order[np.argmax(late)])
            raise DataError(
                f"{place(row)}: the time goes back, and {np.sum(late)} of {len(late)} rows come "
                "late: sort the file "
                "by time, or let --resample do it."
            )
        order = order[np.argsort(ordered, kind="stable")]
        notes.append(
            f"{_count(late, 'row')} out of order in time: sorted (--time none keeps the order)."
        )
    ordered = seconds[order]
    first = np.concatenate([[True], np.diff(ordered) > 0])
    if not first.all():
        repeats = ~first
        if np.sum(repeats) > max(1, REPEAT_SHARE * len(repeats)) and not merge:
            row = int(order[np.argmax(repeats)])
            raise DataError(
                f"{place(row)}: the time stamp is that of another row, and so are "
                f"{np.sum(repeats)} of {len(repeats)}: give the sampling rate with --fs, or choose "
                "among such rows with --repeats first, last, max, min or mean."
            )
        if lenient:
            notes.append(f"{_count(repeats, 'row')} with the time stamp of another: averaged.")
    group = np.empty(len(order), dtype=np.int64)
    group[order] = np.cumsum(first) - 1
    unique = ordered[first]
    return _Stamps(unique - unique[0], group, order[first], tuple(notes))


def _count(marks: BoolArray, noun: str) -> str:
    """Format the number of marks with a noun in its number."""
    count = int(np.sum(marks))
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _refuse_growth(positions: IntArray, stamps: _Stamps, place: Place) -> None:
    """Raise DataError where the gaps are so long that the grid would be mostly empty."""
    n = int(positions[-1]) + 1
    if n - len(positions) > GROWTH * len(stamps.group):
        after = int(np.argmax(np.diff(positions))) + 1
        gap = stamps.unique[after] - stamps.unique[after - 1]
        raise DataError(
            f"{place(int(stamps.sources[after]))}: there is a gap of {duration_text(gap)} before "
            "this row; a regular grid "
            f"would need {n} samples for {len(stamps.group)} rows: correct the time stamp or split "
            "the recording."
        )


def _fit_notes(fit: Fit, stamps: _Stamps, index: pd.Index) -> list[str]:
    """Return notes on jitter and on gaps."""
    notes = jitter_notes(fit.worst, fit.step)
    gaps = np.diff(fit.positions) > 1
    if gaps.any():
        missing = int(fit.positions[-1]) + 1 - len(fit.positions)
        first = index[int(stamps.sources[np.argmax(gaps)])]
        notes.append(gap_note(int(gaps.sum()), missing, first))
    return notes


def jitter_notes(worst: float, step: float) -> list[str]:
    """Return a note on the largest jitter as a share of the step; none where it is small."""
    if worst <= 0.01:
        return []
    said = f"jitter by up to {100 * worst:.0f} % of a step of {duration_text(step)}"
    return [f"The time stamps {said}: taken as regular."]


def gap_note(count: int, missing: int, first: object) -> str:
    """Return a note on the gaps in time, the number of missing samples, and the instant before."""
    gaps = f"{count} gap{'s' if count > 1 else ''}"
    samples = f"{missing} sample{'s' if missing > 1 else ''}"
    return f"The time has {gaps}, {samples} in all, the first after {first}."
