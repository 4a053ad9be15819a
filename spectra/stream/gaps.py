"""Short gaps filled while rows come in blocks, as in a whole recording."""

from typing import Final

import numpy as np

from spectra.arrays import Float64Array
from spectra.datasets.grid_values import LONGEST_FILL, fill_short_gaps

# Rows before those that are open: they tell a short gap from a long one, and hold its left end.
CONTEXT: Final = LONGEST_FILL + 1


class GapFiller:
    """Rows whose short gaps are filled, held back only while a gap may still be short.

    Parameters
    ----------
    rows : ndarray (n, n_channels)
        Rows as they came: at most CONTEXT that were returned, then those held back.
    n_returned : int
        Number of them that were returned.
    """

    def __init__(self, rows: Float64Array, n_returned: int = 0) -> None:
        # Fewer rows are in the context only at the beginning of the signal.
        if not 0 <= n_returned <= min(len(rows), CONTEXT) or len(rows) - n_returned > LONGEST_FILL:
            raise ValueError(f"{n_returned} of {len(rows)} rows cannot have been returned.")
        self.rows, self.n_returned = rows, n_returned

    def update(self, block: Float64Array) -> Float64Array:
        """Take the next rows (n, n_channels); return those that no later row can change."""
        rows = np.concatenate([self.rows, block])
        if np.isfinite(rows.sum()):
            # No value is missing.
            first = max(0, len(rows) - CONTEXT)
            filled, self.rows = rows[self.n_returned :], rows[first:].copy()
            self.n_returned = len(self.rows)
            return filled
        settled = len(rows) - _open(rows)
        filled = fill_short_gaps(rows)[0][self.n_returned : settled]
        first = max(0, settled - CONTEXT)
        self.rows, self.n_returned = rows[first:].copy(), settled - first
        return filled

    def finish(self) -> Float64Array:
        """Return the rows held back; the signal has ended, and a gap at its end stays one."""
        return fill_short_gaps(self.rows)[0][self.n_returned :]


def _open(rows: Float64Array) -> int:
    """Return the length of the longest gap at the end of rows that may still be a short one."""
    last = np.isnan(rows[-CONTEXT:][::-1])
    lengths = np.logical_and.accumulate(last, axis=0).sum(axis=0)
    return int(lengths[lengths <= LONGEST_FILL].max(initial=0))
