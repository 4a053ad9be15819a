"""The regular grid under time stamps in a file, found and applied piece by piece."""

from dataclasses import dataclass, field
from typing import Final, cast

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array, IntArray
from spectra.datasets.grid_fit import (
    OFF_SHARE,
    SAME_RATE,
    even_step_of,
    likely_steps,
    rounded_fit,
    step_of_trend,
    tolerance_of,
)
from spectra.datasets.instants import duration_text
from spectra.datasets.large.stamps import LazyIndex, Stamps, rounding_of, sampled_steps
from spectra.datasets.time_axis import GROWTH, Grid, gap_note, jitter_notes
from spectra.errors import DataError, NeedsMemoryError
from spectra.stored import StoredArray

# Most places where rows do not follow one another: their positions are held in memory.
MOST_BREAKS: Final = 2**20
# Share of the rows that may be late or repeat a time stamp: they are left out.
LATE_SHARE: Final = 0.01
REMEDY: Final = (
    "a file too large for memory is not sorted or resampled; --fs gives the rate and takes the "
    "rows one after another, or sort or resample the file first"
)


@dataclass(frozen=True)
class Runs:
    """Runs of rows that follow one another on a grid.

    Attributes
    ----------
    rows, ends : ndarray (n_runs,)
        First row of each run, and the one after its last. Rows between two runs are left out.
    positions : ndarray (n_runs,)
        Position of its first row.
    n_rows : int
        Number of all rows.
    """

    rows: IntArray
    ends: IntArray
    positions: IntArray
    n_rows: int

    @property
    def n(self) -> int:
        """Return the number of positions of the grid."""
        return int(self.positions[-1] + self.ends[-1] - self.rows[-1])

    def of_rows(self) -> StoredArray:
        """Return the position of each row; of one that is left out that of the row before."""

        def read(start: int, stop: int) -> IntArray:
            rows = np.arange(start, stop)
            run = np.searchsorted(self.rows, rows, side="right") - 1
            inside = np.minimum(rows, self.ends[run] - 1)
            return np.asarray(self.positions[run] + inside - self.rows[run])

        return StoredArray(read, (self.n_rows,), np.int64)

    def placed(self, values: StoredArray) -> StoredArray:
        """Return values of rows (n_rows, c) at their positions, NaN between the runs."""

        def read(start: int, stop: int) -> Float64Array:
            found = np.full((stop - start, values.shape[1]), np.nan)
            first = int(np.searchsorted(self.positions, start, side="right")) - 1
            last = int(np.searchsorted(self.positions, stop))
            for run in range(first, last):
                row, position = int(self.rows[run]), int(self.positions[run])
                begin = row + max(start - position, 0)
                end = min(int(self.ends[run]), row + stop - position)
                if begin < end:
                    into = position + begin - row - start
                    found[into : into + end - begin] = values[begin:end]
            return found

        return StoredArray(read, (self.n, values.shape[1]))


@dataclass(frozen=True)
class StoredGrid:
    """The grid under stamps in a file.

    Attributes
    ----------
    fs : float
    runs : Runs or None
        None where row follows row.
    index : LazyIndex
    notes : tuple of str
    """

    fs: float
    runs: Runs | None
    index: LazyIndex
    notes: tuple[str, ...]


def stored_grid(stamps: Stamps, fs: float | None, *, lenient: bool = True) -> StoredGrid:
    """Return the grid under stamps, or that of a rate `fs` which they agree with.

    A few rows that are late or repeat a stamp are left out if `lenient`. Raises DataError where
    the stamps have no grid, or another rate.
    """
    counts = stamps.counts
    step = even_step_of(cast("IntArray", counts), stamps.per_second)
    if step is not None and (fs is None or abs(fs * step - 1) <= SAME_RATE):
        index = LazyIndex(len(counts), lambda rows: stamps.index_of(counts[rows]))
        return StoredGrid(_rate(step), None, index, ())
    found = _best(stamps, fs, LATE_SHARE if lenient else 0.0)
    step = step_of_trend(found.trend, found.step, found.worst, found.last)
    runs = found.runs(len(counts))
    notes = [*found.late_notes(), *jitter_notes(found.worst, step)]
    if found.n_gaps:
        before = stamps.index_of(counts[found.first_gap : found.first_gap + 1])[0]
        notes.append(gap_note(found.n_gaps, runs.n - found.count, before))
    if len(runs.rows) > 1 or runs.n < len(counts):
        index = LazyIndex(runs.n, lambda positions: _instants(stamps, runs, positions))
        return StoredGrid(_rate(step), runs, index, tuple(notes))
    index = LazyIndex(len(counts), lambda rows: stamps.index_of(counts[rows]))
    return StoredGrid(_rate(step), None, index, tuple(notes))


def _rate(step: float) -> float:
    return Grid(pd.RangeIndex(0), step, None).fs


def _instants(stamps: Stamps, runs: Runs, positions: IntArray) -> pd.Index:
    """Return the stamps at positions, and between runs what lies on a straight line."""
    run = np.searchsorted(runs.positions, positions, side="right") - 1
    rows = runs.rows[run] + positions - runs.positions[run]
    ends = runs.ends[run]
    counts = stamps.counts[np.minimum(rows, ends - 1)]
    for i in np.flatnonzero(rows >= ends).tolist():
        left, right = int(ends[i]) - 1, int(runs.rows[run[i] + 1])
        at = [runs.positions[run[i]] + left - runs.rows[run[i]], runs.positions[run[i] + 1]]
        seconds = [stamps.seconds(row, row + 1)[0] for row in (left, right)]
        offset = np.interp(positions[i], at, seconds) * stamps.per_second
        whole = int(np.rint(offset)) if counts.dtype.kind == "i" else offset
        counts[i] = stamps.counts[0] + whole
    return stamps.index_of(counts)


@dataclass
class _Placing:
    """Stamps placed on a grid of one step, block by block; `_fit` of `grid_fit` for a whole file.

    Within a stretch positions are counted from stamp to stamp, so that jitter never adds up; a
    step that is no multiple starts a new stretch, placed by its own time. `broken` is the first
    row that is out of the grid. A row whose stamp is not later than all before it is left out.
    """

    step: float
    tolerance: float
    late_share: float
    broken: int | None = None
    worst: float = 0.0
    last: float = 0.0
    n_off: int = 0
    pause: bool = True
    centre: float = 0.0
    sums: Float64Array = field(default_factory=lambda: np.zeros(4))
    run_rows: list[IntArray] = field(default_factory=lambda: [np.zeros(1, dtype=np.int64)])
    run_positions: list[IntArray] = field(default_factory=lambda: [np.zeros(1, dtype=np.int64)])
    run_ends: list[IntArray] = field(default_factory=list)
    n_runs: int = 1
    count: int = 0
    n_late: int = 0
    n_gaps: int = 0
    first_gap: int = 0
    _second: float = 0.0
    _drift: tuple[float, float] = (0.0, 0.0)
    _row: int = 0

    def place(self, start: int, seconds: Float64Array) -> None:
        """Place the next stamps, of the rows from `start` on."""
        if start == 0:
            self._add(np.zeros(1), np.zeros(1))
            start, seconds = 1, seconds[1:]
        before = np.maximum.accumulate(np.concatenate([[self._second], seconds]))[:-1]
        rows = np.flatnonzero(seconds > before)
        self.n_late += seconds.size - rows.size
        if not rows.size:
            return
        seconds, rows = seconds[rows], rows + start
        steps = np.diff(seconds, prepend=self._second)
        multiples = np.maximum(np.rint(steps / self.step), 1)
        away = np.abs(steps / self.step - multiples)
        off = away > self.tolerance
        self.worst = max(self.worst, float(away[~off].max(initial=0.0)))
        self.n_off += int(off.sum())
        self.pause &= bool((steps[off] > self.step).all())
        counted = self.last + np.cumsum(multiples)
        begins = np.flatnonzero(off)
        base = np.concatenate([[0.0], np.rint(seconds[begins] / self.step) - counted[begins]])
        positions = counted + base[np.cumsum(off)]
        moved = np.diff(positions, prepend=self.last)
        drift = seconds - positions * self.step
        self._follow(rows, drift, begins, moved)
        rows_before = np.concatenate([[self._row], rows[:-1]])
        apart = np.flatnonzero((moved != 1) | (rows - rows_before != 1))
        self.run_rows.append(rows[apart])
        self.run_ends.append(rows_before[apart] + 1)
        self.run_positions.append(positions[apart].astype(np.int64))
        self.n_runs += apart.size
        gaps = np.flatnonzero(moved > 1)
        if gaps.size and not self.n_gaps:
            self.first_gap = int(rows_before[gaps[0]])
        self.n_gaps += gaps.size
        self._add(positions, seconds)
        self.last, self._second, self._row = float(positions[-1]), float(seconds[-1]), int(rows[-1])

    def _follow(
        self, rows: IntArray, drift: Float64Array, begins: IntArray, moved: Float64Array
    ) -> None:
        """Note the first row that goes back or drifts from the grid of its stretch."""
        back = np.flatnonzero(moved <= 0)
        if back.size and self.broken is None:
            self.broken = int(rows[back[0]])
        edges = np.unique(np.concatenate([[0], begins]))
        low, high = np.minimum.reduceat(drift, edges), np.maximum.reduceat(drift, edges)
        if not begins.size or begins[0] > 0:
            # The stretch of the block before goes on.
            low[0], high[0] = min(low[0], self._drift[0]), max(high[0], self._drift[1])
        wide = np.flatnonzero(high - low > self.step)
        if wide.size and self.broken is None:
            self.broken = int(rows[edges[wide[0]]])
        self._drift = (float(low[-1]), float(high[-1]))

    def _add(self, positions: Float64Array, seconds: Float64Array) -> None:
        """Add stamps to the sums that give the trend."""
        self.count += positions.size
        away = positions - self.centre
        self.sums += [away.sum(), seconds.sum(), away @ away, away @ seconds]

    def off_the_grid(self, n_steps: int) -> bool:
        """Return whether too many steps so far are no multiples, or rows late, for all of them."""
        if self.n_late > self.late_share * n_steps:
            return True
        return self.n_off > OFF_SHARE * n_steps and not (self.n_off == 1 and self.pause)

    @property
    def trend(self) -> float:
        """Step by least squares."""
        x, y, xx, xy = self.sums
        n = self.count
        return float((xy - x * y / n) / (xx - x * x / n))

    def runs(self, n_rows: int) -> Runs:
        """Return where the rows lie."""
        rows, positions = np.concatenate(self.run_rows), np.concatenate(self.run_positions)
        ends = np.concatenate([*self.run_ends, [self._row + 1]])
        return Runs(rows, ends, positions, n_rows)

    def late_notes(self) -> list[str]:
        """Return a note on rows that were left out, none where there are none."""
        if not self.n_late:
            return []
        rows = "1 row has" if self.n_late == 1 else f"{self.n_late} rows have"
        said = f"{rows} the time stamp of a row above, or an earlier one"
        return [f"{said}: left out (sort the file by time to keep what is late)."]


def _refuse_rounded(stamps: Stamps, resolution: float) -> None:
    """Raise DataError for stamps whose longer steps are twice the shorter ones by rounding.

    Step by step those of 800 Hz in milliseconds are 1000 Hz with gaps: a line through them tells.
    """
    _, seconds = next(stamps.blocks())
    steps = np.diff(seconds)
    if not steps.size or steps.min() > 1.5 * resolution:
        return
    if (found := rounded_fit(seconds, steps, resolution)) is not None:
        raise DataError(
            f"{stamps.source}: the time stamps are rounded to {duration_text(resolution)}, much of "
            f"their step of about {duration_text(found.step)}: give the rate (--fs "
            f"{1 / found.step:.4g}, if that is it)."
        )


def _best(stamps: Stamps, fs: float | None, late_share: float) -> _Placing:
    """Return the placing by the first step that fits; raise DataError where none does."""
    n = len(stamps.counts)
    steps = sampled_steps(stamps)
    median = float(np.median(steps))
    if not median > 0:
        raise NeedsMemoryError(
            f"{stamps.source}: many rows share a time stamp or go back in time: {REMEDY}."
        )
    mean, candidates = likely_steps(steps, median)
    if fs is not None and abs(fs * mean - 1) > SAME_RATE:
        raise DataError(
            f"{stamps.source}: the time stamps are {mean:.6g} s apart, which is {1 / mean:.6g} Hz, "
            f"not the {fs:g} Hz given: leave one of the two out."
        )
    resolution = rounding_of(stamps)
    if fs is None:
        _refuse_rounded(stamps, resolution)
    for candidate in candidates if fs is None else [1 / fs, *candidates]:
        tolerance = tolerance_of(candidate, resolution)
        placing = _Placing(candidate, tolerance, late_share, centre=(n - 1) / 2)
        for start, seconds in stamps.blocks():
            placing.place(start, seconds)
            if placing.broken is not None or placing.off_the_grid(n - 1):
                break
            if placing.n_runs > MOST_BREAKS:
                break
        else:
            _refuse_growth(stamps, placing, n)
            return placing
    row = start if placing.broken is None else placing.broken
    raise NeedsMemoryError(
        f"{stamps.source}, row {row + 1:,}: the time stamp lies on no regular grid with those "
        f"before it: {REMEDY}."
    )


def _refuse_growth(stamps: Stamps, placing: _Placing, n: int) -> None:
    """Raise DataError where the gaps are so long that the grid would be mostly empty."""
    length = int(placing.last) + 1
    if length - n > GROWTH * n:
        span = duration_text(length * placing.step)
        raise DataError(
            f"{stamps.source} has gaps in time: a regular grid over {span} would need {length:,} "
            f"samples for {n:,} rows: correct the time stamps or split the recording."
        )
