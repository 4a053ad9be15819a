"""Frames of a signal, and the grid they lie on.

Frame i of a grid covers the samples i·hop … i·hop + nperseg − 1. The grid does not depend on the
length of the signal: a sample is seen through the same frames whatever comes after it, so a
recording can be scored block by block.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spectra.arrays import Float64Array, IntArray
from spectra.parameters import require, shown

# Default number of frames that cover a sample. With 8 the mean VUS-PR on the development series is
# 0.005 higher than with 4, with 16 another 0.002 at twice the time.
OVERLAP = 8
# Samples of a window that is tried.
TRIED = 16


def taper(window: str | tuple[str, float], nperseg: int) -> Float64Array:
    """Return a periodic window of `nperseg` samples, which cannot be written to.

    `window` is a name, or a name and a parameter, that `scipy.signal.get_window` knows. Raises
    TypeError or ValueError for any other.
    """
    must = "must be the name of a window in scipy.signal, or (name, parameter)"
    require("window", window, (str, tuple), must)
    try:
        with np.errstate(all="ignore"):
            values = _window(window, nperseg)
    except (ValueError, TypeError, AttributeError, IndexError, KeyError, OverflowError) as error:
        raise ValueError(f"window={shown(window)} {must}.") from error
    require("window", window, (str, tuple), must, lambda _: np.isfinite(values).all())
    return values


def require_window(window: str | tuple[str, float]) -> None:
    """Raise TypeError or ValueError for a window that `scipy.signal.get_window` does not know."""
    taper(window, TRIED)


@lru_cache(maxsize=64)
def _window(window: str | tuple[str, float], nperseg: int) -> Float64Array:
    """Return a periodic window, which blocks of frames share. Raises what SciPy raises."""
    if nperseg < 3:
        values = np.ones(nperseg)
    elif window == "hann":
        # Equal to scipy.signal.get_window, whose import takes longer (0.7 s) than most scores.
        values = np.hanning(nperseg + 1)[:-1]
    else:
        from scipy.signal import get_window

        values = np.array(get_window(window, nperseg), dtype=np.float64)
    values.flags.writeable = False
    return values


@dataclass(frozen=True)
class FrameGrid:
    """Frames of `nperseg` samples that start every `hop` samples, from sample 0."""

    nperseg: int
    hop: int

    def __post_init__(self) -> None:
        if not (self.nperseg >= 2 and 1 <= self.hop <= self.nperseg):
            raise ValueError(
                f"nperseg={self.nperseg} and hop={self.hop} must be integers, nperseg >= 2 and "
                "hop from 1 to nperseg."
            )

    @classmethod
    def of(cls, nperseg: int, step: int = 1) -> "FrameGrid":
        """Return the grid of frames of one length with the default overlap.

        The hop is the multiple of `step` nearest to an eighth of a frame.
        """
        return cls(nperseg, max(min(step, nperseg), round(nperseg / OVERLAP / step) * step))

    def n_frames(self, n_samples: int) -> int:
        """Return the number of whole frames in a signal of `n_samples`."""
        return max(0, (n_samples - self.nperseg) // self.hop + 1)

    def starts(self, n_samples: int) -> IntArray:
        """Return the first sample of each whole frame, (n_frames,)."""
        return np.arange(self.n_frames(n_samples)) * self.hop
