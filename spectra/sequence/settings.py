"""The settings of the sequence module, as a value that fits itself to a signal."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from spectra.arrays import Float64Array
from spectra.calibration.scores import Scores
from spectra.parameters import require, require_integer
from spectra.sequence.base_scores import FAR
from spectra.sequence.model import Plan, SequenceModel
from spectra.signal.frames import FrameGrid, taper
from spectra.signal.period import dominant_period
from spectra.signal.views import VIEWS, View

# Shortest and longest default frame in rows, and the length for a signal without a period.
SHORTEST, LONGEST, WITHOUT_PERIOD = 16, 256, 32
# Default frames are halved until this many fit side by side: fewer leave each nothing to be
# compared with.
FRAMES_AT_LEAST: Final = 10
# Frames that cover a row; four suffice, as their scores are averaged over all of them.
HOPS_PER_FRAME: Final = 4
# Views of a channel on its own; the residual is of several.
SINGLE_VIEWS: Final = tuple(view for view in VIEWS if view != "residual")


@dataclass(frozen=True)
class Sequence:
    """The sequence module: each frame is compared with the frame predicted from those before it.

    It finds frames that are normal on their own and come in the wrong order.

    Parameters
    ----------
    nperseg : int, optional
        Rows of a frame. By default the power of two nearest to a sixteenth of the dominant period,
        from 16 to 256, and 32 without a period.
    view : str, optional
        What is compared: "magnitude" (the default), "magnitude-dc", "complex", "aligned", "shape"
        or "level".
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
        taper(self.window, 16)

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
        nperseg = self.nperseg
        if nperseg is None:
            n_normal = len(signal)
            if normal_rows is not None:
                n_normal = normal_rows.stop - normal_rows.start
            nperseg = default_nperseg(dominant_period(signal), n_normal)
        return Plan(
            grid=FrameGrid(int(nperseg), max(1, int(nperseg) // HOPS_PER_FRAME)),
            view=self.view or "magnitude",
            window=self.window,
            epochs=int(self.epochs),
        )


def default_nperseg(period: int | None, n_samples: int) -> int:
    """Return the power of two nearest to a sixteenth of the period.

    Parameters
    ----------
    period : int or None
        Dominant period in rows.
    n_samples : int
        Rows to learn from.

    Returns
    -------
    int
        Rows of a frame, from SHORTEST to LONGEST; halved for a signal of fewer than FRAMES_AT_LEAST
        such frames.
    """
    nperseg = WITHOUT_PERIOD
    if period is not None:
        nperseg = int(np.clip(2 ** round(np.log2(max(period / FAR, 1.0))), SHORTEST, LONGEST))
    while nperseg > SHORTEST and n_samples < FRAMES_AT_LEAST * nperseg:
        nperseg //= 2
    return nperseg
