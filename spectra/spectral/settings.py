"""The settings of the signal pipeline, as a value that fits itself to a signal."""

from dataclasses import dataclass
from typing import Final

from spectra.arrays import Float64Array
from spectra.calibration.scores import Scores
from spectra.signal.frames import FrameGrid, taper
from spectra.signal.views import VIEWS, View
from spectra.spectral.model import Plan, SpectralModel

# Default frame lengths in rows: events may be short or long, and a signal need not have a period.
LENGTHS: Final = (16, 64, 256)
# Numbers of nearest normal frames compared with: a few, which find the single odd cycle; and a
# tenth of a recording that may hold long anomalies, whose frames are each other's nearest.
K_NORMAL: Final = (5.0,)
K_OWN: Final = (5.0, 0.1)


@dataclass(frozen=True)
class Spectral:
    """The signal pipeline: each frame is compared with the nearest normal spectra.

    Parameters
    ----------
    nperseg : int, optional
        Rows of a frame; by default frames of 16, 64 and 256 rows are used side by side.
    k : float, optional
        Number of nearest normal spectra, below 1 their share. By default 5, and where a recording
        is its own reference a tenth of its frames too.
    view : str, optional
        Compare this view of the spectra alone: "magnitude", "magnitude-dc", "complex", "aligned",
        "shape", "level" or "residual". By default magnitudes with and without the level, single
        rows, and of several channels the residual.
    window : str or (str, float)
        A window that `scipy.signal.get_window` knows.

    Raises
    ------
    ValueError
        For a parameter out of range.

    Examples
    --------
    >>> import numpy as np
    >>> import spectra
    >>> x = np.random.default_rng(0).normal(size=4000)
    >>> x[2000:2064] *= 5
    >>> found = spectra.detect(x, method=spectra.Spectral(nperseg=64))
    >>> found.npersegs
    (64,)
    """

    nperseg: int | None = None
    k: float | None = None
    view: View | None = None
    window: str | tuple[str, float] = "hann"

    def __post_init__(self) -> None:
        if self.nperseg is not None and (self.nperseg < 2 or self.nperseg != int(self.nperseg)):
            raise ValueError(f"nperseg={self.nperseg} must be an integer >= 2.")
        if self.k is not None and (not self.k > 0 or (self.k >= 1 and self.k != round(self.k))):
            raise ValueError(f"k={self.k} must be a number of frames or a share of them below 1.")
        if self.view is not None and self.view not in VIEWS:
            raise ValueError(f"view={self.view!r} must be one of {', '.join(VIEWS)}.")
        taper(self.window, 16)

    def fit(
        self, signal: Float64Array, normal_rows: slice | None = None
    ) -> tuple[SpectralModel, Scores]:
        """Learn from a signal (n_samples, n_channels); return the model and the signal's scores.

        Parameters
        ----------
        signal : ndarray (n_samples, n_channels)
            NaN in gaps.
        normal_rows : slice, optional
            Rows known to be normal. By default the signal is its own reference, and most of it must
            be normal.

        Raises
        ------
        DataError
            For a signal too short to compare its frames.
        """
        n_samples = len(signal)
        everything_normal = normal_rows == slice(0, n_samples)
        own_ks, normal_ks = (K_OWN, K_NORMAL) if self.k is None else ((self.k,), (self.k,))
        plan = Plan(
            grids=self._grids(n_samples),
            views=("magnitude", "magnitude-dc") if self.view is None else (self.view,),
            ks=() if everything_normal else own_ks,
            normal_ks=normal_ks,
            window=self.window,
            # One view or one frame length is asked for to see that one alone.
            points=self.nperseg is None and self.view is None,
        )
        return SpectralModel.fit(signal, plan, normal_rows)

    def _grids(self, n_samples: int) -> tuple[FrameGrid, ...]:
        """Return the grids of the default lengths, or of the one that is asked for."""
        if self.nperseg is not None:
            return (FrameGrid.of(int(self.nperseg)),)
        # A signal too short for the shortest length has frames of a fifth of it.
        lengths = LENGTHS if n_samples >= 5 * LENGTHS[0] else (max(2, n_samples // 5),)
        return tuple(FrameGrid.of(nperseg) for nperseg in lengths)
