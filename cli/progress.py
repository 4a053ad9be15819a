"""Progress of large files on a terminal: the part that is done, and the time left."""

import os
import time
from typing import Final

from spectra.cli.messages import show_progress

# Seconds between two lines, and those after which a rate is known.
EVERY: Final = 0.25
SETTLED: Final = 1.0


class Progress:
    """Line on standard error that says how far a file is read or scored.

    Parameters
    ----------
    file : str
        Name of the file.
    path : str
        Where its bytes lie.
    shown : bool
        Whether anything is shown: on a terminal.
    """

    def __init__(self, file: str, path: str, *, shown: bool) -> None:
        self._file, self._shown = file, shown
        self._size = size_text(os.path.getsize(path))
        self._task, self._begin, self._next = "", 0.0, 0.0
        self._row, self._ended = 0, False

    def __call__(self, task: str, done: int, whole: int) -> None:
        """Show how much of a task is done; `whole` is 0 where it is not known."""
        now = time.monotonic()
        if task != self._task:
            self._task, self._begin, self._next = task, now, now
        if not self._shown or now < self._next:
            return
        self._next = now + EVERY
        show_progress(f"{self._file}: {task} {self._part(done, whole, now - self._begin)}")

    def _part(self, done: int, whole: int, seconds: float) -> str:
        """Return the part that is done, and the time left once it is known."""
        if not whole:
            return size_text(done)
        said = f"{100 * done / whole:.0f} % of {self._size}"
        if seconds < SETTLED or not 0 < done < whole:
            return said
        return f"{said}, {left_text(seconds * (whole - done) / done)} left"

    def scored(self, start: int, stop: int, n_rows: int) -> None:
        """Show how many rows are scored: those that are read one range after another."""
        if self._ended:
            # What is read after the scores are there takes no time to speak of.
            self("finding the alarms", n_rows, n_rows)
        elif start in (0, self._row):
            if start == 0:
                self._task = ""
            self._row, self._ended = stop, stop == n_rows
            self("scoring", stop, n_rows)


def size_text(count: int) -> str:
    """Return a number of bytes with its unit: "2.10 GB"."""
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def left_text(seconds: float) -> str:
    """Return a time left, roughly: "35 s", "12 min", "3.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
