"""The fitted sequence module: the distance of frames to those predicted from their context."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, Self

import numpy as np

from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.calibration.declared import calibrated
from spectra.calibration.fusion import Fusion
from spectra.calibration.scores import Scores
from spectra.calibration.statistic import Fused
from spectra.errors import DataError
from spectra.sequence.attention_map import AttentionMap, attention_map
from spectra.sequence.base_scores import NEAR
from spectra.sequence.evidence import evidence
from spectra.sequence.forecast import Forecast, forecast
from spectra.sequence.learning import Plan, fitted_lengths
from spectra.sequence.mixture import Mixture, SequenceScorer
from spectra.signal.evidence import Evidence
from spectra.signal.frames import FrameGrid
from spectra.signal.period import BLOCK, block_rows, dominant_period
from spectra.signal.repetition import quieten
from spectra.signal.scale import constant_channels
from spectra.transformer.training import Epoch

# Smallest scale of the tail of the statistic: smaller ones are those of a signal that repeats
# itself exactly.
SMALLEST_SCALE: Final = 0.9
# Rows of a long signal that are scored at a time, over all channels.
BLOCK_ROWS: Final = 2**16


@dataclass(frozen=True)
class SequenceModel:
    """Predictions of frames, the standards of the base scores, and their calibration.

    Attributes
    ----------
    mixture : Mixture
    fusion : Fusion
    constant : ndarray (n_channels,)
        Channels that never changed in what was learned from.
    """

    mixture: Mixture
    fusion: Fusion
    constant: BoolArray

    def __post_init__(self) -> None:
        if self.constant.shape != (self.mixture.n_channels,):
            raise ValueError("Each channel is constant or not.")
        if self.fusion.centre.shape != (1,):
            raise ValueError("The base scores are one group.")

    @property
    def explained(self) -> float:
        """Share of the entropy of tokens that the past explains, by the best frame length.

        Near 0 the frames come in no order that could be broken, and the scores say little.
        """
        return float(self.mixture.explained.max())

    @property
    def step(self) -> int:
        """Rows from one score to the next."""
        return self.mixture.step

    @property
    def states(self) -> BoolArray:
        """Channels that raise no alarm: none, (n_channels,)."""
        return np.zeros_like(self.constant)

    @property
    def turns(self) -> Float64Array:
        """Full turn of each channel that is an angle: none is taken for one, (n_channels,)."""
        return np.zeros(self.constant.size)

    @property
    def npersegs(self) -> tuple[int, ...]:
        """Frame lengths in rows, from short to long."""
        return tuple(dict.fromkeys(self.mixture.npersegs))

    @property
    def causal(self) -> bool:
        """False: a score may depend on rows after its own."""
        return False

    @property
    def window(self) -> str | tuple[str, float]:
        """Taper of the frames."""
        return self.mixture.best.base.frames.window

    @classmethod
    def fit(
        cls,
        signal: Float64Array,
        plan: Plan,
        normal_rows: slice | None = None,
        *,
        rng: np.random.Generator | None = None,
        progress: Callable[[Epoch], object] | None = None,
    ) -> "tuple[Self, Scores]":
        """Learn from a signal (n_samples, n_channels), NaN in gaps; return its scores too.

        Frames are predicted by normal frames of the signal, or of its `normal_rows`, that do not
        overlap them. `rng` chooses the initial weights and the sequences of a Transformer,
        `progress` is called with each epoch of its training. Raises DataError where no frame has
        the frames of its near past.
        """
        learned = list(fitted_lengths(signal, plan, normal_rows, rng, progress))
        if not learned:
            raise _too_short(plan.grids[0])
        mixture = Mixture(
            tuple(one.standardised for one in learned), np.array([one.explained for one in learned])
        )
        n_steps = -(-len(signal) // mixture.step)
        fused = (
            mixture.mean([one.fused for one in learned if one.fused is not None], n_steps)
            if all(one.fused is not None for one in learned)
            else _scored(mixture, signal, own=True)
        )
        period = dominant_period(signal)
        reach = NEAR * max(mixture.npersegs)
        block = -(-max(block_rows(period), reach) // mixture.step)
        rows = normal_rows or slice(0, len(signal))
        normal = (rows.start // mixture.step, min(-(-rows.stop // mixture.step), n_steps))
        fit = partial(
            Fusion.fit,
            groups=fused.part(*normal).groups,
            npersegs=(max(mixture.npersegs),),
            block=-(-max(BLOCK, reach) // mixture.step),
            period=period and period / mixture.step,
            smallest_scale=SMALLEST_SCALE,
        )
        declared = None if normal_rows is None else normal
        fusion, itself = calibrated(fused.statistic, declared, block, fit)
        model = cls(mixture, fusion, constant_channels(signal))
        if quieten(fused.statistic, signal, normal_rows, mixture.step, fusion.threshold(0.5)):
            # The model keeps the calibration of all steps: other recordings need not repeat.
            fusion, itself = calibrated(fused.statistic, declared, block, fit)
        scores = Scores(model.step, len(signal), fused, fusion, fused.part, itself=itself)
        return model, scores

    def score(self, signal: Float64Array, *, own: bool = False) -> Scores:
        """Return the scores of a signal (n_samples, n_channels).

        `own` says that it is the signal that was learned from. Raises DataError for one shorter
        than a frame, and for one in which no frame has the frames of its near past or future.
        """
        nperseg = self.npersegs[0]
        if len(signal) < nperseg:
            raise DataError(
                f"The recording has {len(signal)} rows, fewer than one frame of {nperseg}: give a "
                "longer recording or a smaller nperseg."
            )
        fused = _scored(self.mixture, signal, own=own)
        if np.isnan(fused.statistic).all():
            raise _too_short(self.mixture.parts[0].base.frames.grid)
        return Scores(self.step, len(signal), fused, self.fusion, fused.part)

    def scorer(self, *, own: bool = False) -> SequenceScorer:
        """Return a scorer of one signal that comes in blocks."""
        return SequenceScorer(self.mixture, own=own)

    def evidence(
        self, signal: Float64Array, scores: Scores, steps: IntArray, *, own: bool
    ) -> Iterator[Evidence]:
        """Yield the evidence of each of the `steps` of a signal (n_samples, n_channels)."""
        return evidence(self.mixture, signal, scores, steps, own=own)

    def attention(self, signal: Float64Array, rows: slice, most: int, *, own: bool) -> AttentionMap:
        """Return the attention of at most `most` frames in some rows of a signal.

        `own` says that it is the signal that was learned from.
        """
        return attention_map(self.mixture.best.base, signal, rows, most, own=own)

    def forecast(
        self, signal: Float64Array, n_frames: int, rng: np.random.Generator | None = None
    ) -> Forecast:
        """Return the frames that follow a signal (n_samples, n_channels).

        Parameters
        ----------
        signal : ndarray (n_samples, n_channels)
        n_frames : int
        rng : numpy.random.Generator, optional
            Draws tokens by their probability; by default the likeliest are taken.

        Raises
        ------
        DataError
            For a signal with fewer frames than the near past, or with a gap at its end.
        ValueError
            For n_frames below 1.
        """
        return forecast(self.mixture.best.base, signal, n_frames, rng)


def _too_short(grid: FrameGrid) -> DataError:
    rows = (NEAR + 1) * grid.nperseg
    return DataError(
        f"Too few frames of {grid.nperseg} rows without gaps: a frame and the {NEAR} before it "
        f"need {rows} rows, and others to be compared with. Give a longer recording or a smaller "
        "nperseg."
    )


def _scored(model: Mixture, signal: Float64Array, *, own: bool) -> Fused:
    """Return the fused scores of a whole signal, scored in blocks to bound memory."""
    fused = Fused.empty(1, -(-len(signal) // model.step))
    scorer, done = SequenceScorer(model, own=own), 0
    size = max(BLOCK_ROWS // signal.shape[1], max(model.npersegs))
    for start in range(0, len(signal), size):
        done = fused.put(done, scorer.update(signal[start : start + size]))
    fused.put(done, scorer.finish())
    return fused
