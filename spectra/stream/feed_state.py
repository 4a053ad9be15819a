"""The state of a stream of lines between two of them, and its file."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spectra.archive import FileFormat
from spectra.arrays import IntArray
from spectra.model import Model
from spectra.stream.clock import ClockState
from spectra.stream.layout import Layout

# Largest offset in a file that the system takes (off_t of 64 bits).
LARGEST_OFFSET: Final = 2**63 - 1
FORMAT: Final = FileFormat("spectra stream", 3, "state file", "begin the stream anew without it")


@dataclass(frozen=True)
class FeedState:
    """A feed between two lines: what a state file holds.

    Attributes
    ----------
    head : ndarray of uint8
        The first lines, until they are enough to begin.
    model : Model or None
        What was learned from them, where no model was given.
    given : str
        Hash of the threshold and `every`.
    layout, clock, stream
        None before the beginning.
    offset : int
        Rows before the first one of the stream.
    n_lines, n_bad, n_events, n_other : int
        Lines, bad lines and events so far, and bad lines one after another.
    position : int
        Bytes of the file that were read.
    file : str
        Identity of that file and of the last line.
    absent : ndarray (n_channels,)
        Lines one after another without the key of each channel.
    """

    head: NDArray[np.uint8]
    model: Model | None
    given: str
    layout: Layout | None
    clock: ClockState | None
    stream: NDArray[np.uint8] | None
    offset: int
    n_lines: int
    n_bad: int
    n_events: int
    n_other: int
    position: int
    file: str
    absent: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def __post_init__(self) -> None:
        begun = [self.layout is not None, self.clock is not None, self.stream is not None]
        if any(begun) != all(begun):
            raise ValueError("A stream that has begun has a layout and a clock.")
        counts = (self.offset, self.n_lines, self.n_bad, self.n_events, self.position)
        if min(counts) < 0 or max(counts) > LARGEST_OFFSET:
            raise ValueError("Counts are not below 0, and none is beyond the end of any file.")
        if self.absent.ndim != 1 or (self.absent < 0).any():
            raise ValueError("Each channel has a number of lines without it.")
