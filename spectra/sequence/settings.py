"""The settings of the sequence module, as a value that fits itself to a signal."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from spectra.arrays import Float64Array
from spectra.calibration.scores import Scores
from spectra.parameters import make_plain, require, require_integer
from spectra.sequence.learning import Plan
from spectra.sequence.model import SequenceModel
from spectra.signal.frames import FrameGrid, require_window
from spectra.signal.period import dominant_period
from spectra.signal.views import OF_NORMAL, VIEWS, View

# Shortest default frame in rows, and the longest for a signal without a period and for any. Each
# length sees the order of events that last about as long; long frames also see less well where an
# event ends, as it is part of the past of the frames after it.
SHORTEST, WITHOUT_PERIOD, LONGEST = 16, 64, 256
# Longest default frame in periods: an eighth, so that the far past is two periods.
OF_PERIOD: Final = 1 / 8
# Default frames of which fewer fit side by side are left out: they leave each nothing to be
# compared with.
FRAMES_AT_LEAST: Final = 10
# Frames that cover a row; four suffice, as their scores are averaged over all of them.
HOPS_PER_FRAME: Final = 4
# States are told apart by their level, beats of a heart that wander better without it.
DEFAULT_VIEWS: Final[tuple[View, ...]] = ("magnitude", "magnitude-dc")
# Views that take nothing from normal frames.
SINGLE_VIEWS: Final = tuple(view for view in VIEWS if view not in OF_NORMAL)


@dataclass(frozen=True)
class Sequence:
    """The sequence module: each frame is compared with the frame predicted from those before it.

    It finds frames that are normal on their own and come in the wrong order.

    Parameters
    ----------
    nperseg : int, optional
        Rows of a frame. By default frames of 16, 32 and 64 rows side by side, and of 128 and 256
        where the dominant period is long; those count most that are predicted best.
    view : str, optional
        What is compared: "magnitude", "magnitude-dc", "complex", "aligned", "shape" or "level". By
        default magnitudes without and with the level, side by side.
    window : str or (str, float)
        A window that `scipy.signal.get_window` knows.
    epochs : int
        Largest number of epochs that a Transformer is trained for. By default there is none, and
        frames are predicted by attention to normal contexts alone.

    Raises
    ------
    ValueError
        For a parameter out of range.

    Notes
    -----
    A frame is predicted by kernel regression over the contexts of normal frames, which is attention
    with fixed keys and values (`spectra.sequence.memory`). Its base scores are the surprisal of its
    token and its distance from the prediction; high is anomalous.

    References
    ----------
    Nadaraya (1964), Theory of Probability and its Applications 9, 141. Watson (1964), Sankhyā A 26,
    359. Vaswani et al. (2017), "Attention Is All You Need".

    Examples
    --------
    >>> import numpy as np
    >>> from spectra.datasets.generators import order_anomalies
    >>> from spectra.sequence.settings import Sequence
    >>> signal = order_anomalies(np.random.default_rng(0), n_anomalies=1).values
    >>> model, scores = Sequence(nperseg=32).fit(signal)
    >>> model.step, scores.statistic.shape
    (8, (2500,))
    """

    nperseg: int | None = None
    view: View | None = None
    window: str | tuple[str, float] = "hann"
    epochs: int = 0

    def __post_init__(self) -> None:
        if self.nperseg is not None:
            require_integer("nperseg", self.nperseg, 2)
        if self.view is not None:
            must = f"must be one of {', '.join(SINGLE_VIEWS)}"
            require("view", self.view, str, must, SINGLE_VIEWS.__contains__)
        require_integer("epochs", self.epochs, 0)
        require_window(self.window)
        make_plain(self, "nperseg", "window", "epochs")

    def fit(
        self, signal: Float64Array, normal_rows: slice | None = None
    ) -> tuple[SequenceModel, Scores]:
        """Learn from a signal.

        Parameters
        ----------
        signal : ndarray, shape (n_samples, n_channels)
            NaN in gaps.
        normal_rows : slice, optional
            Rows known to be normal. By default the signal is its own reference, and most of it must
            be normal.

        Returns
        -------
        model : SequenceModel
        scores : Scores
            The scores of the signal itself.

        Raises
        ------
        DataError
            For a signal in which no frame has the frames of its near past.
        """
        return SequenceModel.fit(signal, self.plan(signal, normal_rows), normal_rows)

    def plan(self, signal: Float64Array, normal_rows: slice | None = None) -> Plan:
        """Return the plan for a signal: the frames and the view that are compared.

        Parameters
        ----------
        signal : ndarray, shape (n_samples, n_channels)
        normal_rows : slice, optional
            Rows known to be normal.

        Returns
        -------
        Plan
        """
        rows = normal_rows or slice(0, len(signal))
        lengths: tuple[int, ...]
        if self.nperseg is None:
            lengths = default_lengths(dominant_period(signal), rows.stop - rows.start)
        else:
            lengths = (int(self.nperseg),)
        return Plan(
            grids=tuple(FrameGrid(n, max(1, n // HOPS_PER_FRAME)) for n in lengths),
            views=DEFAULT_VIEWS if self.view is None else (self.view,),
            window=self.window,
            epochs=int(self.epochs),
        )


def default_lengths(period: int | None, n_samples: int) -> tuple[int, ...]:
    """Return the frame lengths: powers of two up to that nearest to an eighth of the period.

    Parameters
    ----------
    period : int or None
        Dominant period in rows.
    n_samples : int
        Rows to learn from.

    Returns
    -------
    tuple of int
        Rows of a frame, from SHORTEST to at least WITHOUT_PERIOD and at most LONGEST; only those of
        which FRAMES_AT_LEAST fit side by side, and the shortest in any case.
    """
    longest = WITHOUT_PERIOD
    if period is not None:
        nearest = 2 ** round(np.log2(max(period * OF_PERIOD, 1.0)))
        longest = int(np.clip(nearest, WITHOUT_PERIOD, LONGEST))
    longest = max(min(longest, n_samples // FRAMES_AT_LEAST), SHORTEST)
    lengths = SHORTEST * 2 ** np.arange(int(np.log2(longest // SHORTEST)) + 1)
    return tuple(lengths.tolist())
