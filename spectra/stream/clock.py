"""Time stamps of a stream as rows of a regular grid, found as they come."""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from spectra.arrays import FloatArray, IntArray
from spectra.datasets.instants import duration_text
from spectra.errors import DataError
from spectra.parameters import MOST_ROWS

# Largest change of the rate, that of two recordings in `spectra.score`.
RATE_TOLERANCE: Final = 0.01
# Fewest rows that the rate is measured over: jitter of half a step makes an error of 0.4 %.
WINDOW: Final = 256
# Steps of the resolution of the stamps that the rate is measured over, for an error of 0.25 %.
RESOLUTIONS: Final = 400
# Seconds by which summer time ends.
HOUR: Final = 3600.0
# Share of a stamp's deviation by which the expected time of the next row follows it (a first-order
# phase-locked loop): a clock that is wrong by 1 % is followed a tenth of a row behind.
GAIN: Final = 0.1
# Most rows of a gap.
MOST_MISSING: Final = 10**6
# Rows from one knot of the time axis to the next, and most knots: those of the longest alarm.
KNOT: Final = 64
MOST_KNOTS: Final = 2**14


def _back(seconds: float, step: float) -> str:
    """Return how far a time goes back, and what to do: an hour is that of summer time."""
    if abs(seconds + step - HOUR) <= step:
        return (
            "an hour, as local time does when summer time ends: log times in UTC or with their "
            "offset, or begin another stream"
        )
    return f"{duration_text(seconds)}: sort the lines, or begin another stream"


@dataclass(frozen=True)
class ClockState:
    """A clock between two rows, for a file.

    Attributes
    ----------
    step : float or None
        Seconds of a row, None where no rate is known: each line is then a row.
    resolution : float
        Seconds that the stamps are rounded to.
    n_rows : int
        Rows so far, with those of gaps.
    last, expected : float
        The last stamp, and the expected one of the row after it.
    deltas : ndarray (n,)
        Seconds between the stamps of rows since the rate was measured.
    rows, seconds : ndarray (n_knots,)
        Some rows and their seconds.
    """

    step: float | None
    resolution: float
    n_rows: int = 0
    last: float = 0.0
    expected: float = 0.0
    deltas: FloatArray = field(default_factory=lambda: np.empty(0))
    rows: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    seconds: FloatArray = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        if self.step is not None and not self.step > 0:
            raise ValueError(f"step={self.step} must lie above 0.")
        if self.rows.ndim != 1 or self.deltas.ndim != 1 or self.rows.shape != self.seconds.shape:
            raise ValueError("Each knot has a row and its seconds.")
        if not 0 <= self.n_rows <= MOST_ROWS or self.resolution < 0:
            raise ValueError("Rows and resolution are not below 0.")


class Clock:
    """The rows of time stamps.

    Parameters
    ----------
    state : ClockState
    """

    def __init__(self, state: ClockState) -> None:
        self._state = state
        self.n_rows, self.last, self._expected = state.n_rows, state.last, state.expected
        self._deltas: list[float] = state.deltas.tolist()
        self._rows: list[int] = state.rows.tolist()
        self._seconds: list[float] = state.seconds.tolist()

    @property
    def counts_gaps(self) -> bool:
        """Return whether a row that is left out leaves a gap: stamps and rate are known."""
        return self._state.step is not None

    def without_time(self) -> None:
        """Count a row that has no stamp."""
        self.n_rows += 1

    def repeats(self, seconds: float) -> bool:
        """Return whether a stamp is that of the row before, though each row has its own."""
        step = self._state.step
        alone = step is not None and self._state.resolution <= step
        return alone and bool(self._rows) and seconds == self.last

    def place(self, seconds: float) -> int:
        """Count the row of a stamp; return the number of rows missing before it.

        Raises DataError where time goes back or too far ahead, and where the rate has changed.
        """
        missing = self._follow(seconds) if self._rows else 0
        row = self.n_rows + missing
        if not self._rows:
            self._expected = seconds
        if self._state.step is not None:
            # Rows that share one stamp follow one another.
            off = 0.0 if seconds == self.last else seconds - self._expected
            self._expected += self._state.step + GAIN * off
        self.last, self.n_rows = seconds, row + 1
        if not self._rows or row >= self._rows[-1] + KNOT:
            self._rows.append(row)
            self._seconds.append(seconds)
            del self._rows[:-MOST_KNOTS], self._seconds[:-MOST_KNOTS]
        return missing

    def _follow(self, seconds: float) -> int:
        """Return the number of rows missing before a stamp, and expect it after them."""
        step, delta = self._state.step, seconds - self.last
        if delta < 0:
            raise DataError(f"The time goes back by {_back(-delta, step or 0.0)}.")
        if step is None:
            return 0
        self._deltas.append(delta)
        if len(self._deltas) >= max(WINDOW, RESOLUTIONS * self._state.resolution / step):
            self._check_rate(step)
        missing = max(round((seconds - self._expected) / step), 0)
        if missing > MOST_MISSING:
            raise DataError(
                f"The time leaps ahead by {duration_text(delta)}: begin another stream after it."
            )
        self._expected += missing * step
        return missing

    def _check_rate(self, step: float) -> None:
        """Raise DataError where the steps, gaps left out, are of another length."""
        deltas = np.array(self._deltas)
        self._deltas = []
        longest = 1.5 * max(float(np.median(deltas)), self._state.resolution)
        found = float(deltas[deltas <= longest].mean())
        if abs(found / step - 1) > RATE_TOLERANCE:
            raise DataError(
                f"The rate changes from {1 / step:.6g} Hz to {1 / found if found else np.inf:.6g} "
                "Hz: begin another stream with a model of that rate, or give the rate with --fs."
            )

    def seconds_at(self, row: int) -> float:
        """Return the seconds of a row, between two knots by a straight line."""
        if len(self._rows) == 0:
            return 0.0
        rows = [*self._rows, self.n_rows - 1]
        seconds = [*self._seconds, self.last]
        if row < rows[0] or rows[-1] == rows[0]:
            step = self._state.step or 0.0
            return seconds[0] + (row - rows[0]) * step
        return float(np.interp(row, rows, seconds))

    def state(self) -> ClockState:
        """Return the state that continues the clock."""
        return replace(
            self._state,
            n_rows=self.n_rows,
            last=self.last,
            expected=self._expected,
            deltas=np.array(self._deltas, dtype=np.float64),
            rows=np.array(self._rows, dtype=np.int64),
            seconds=np.array(self._seconds, dtype=np.float64),
        )
