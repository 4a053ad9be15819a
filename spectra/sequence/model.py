"""The fitted sequence module: the distance of frames to those predicted from their context."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Final, NamedTuple, Self

import numpy as np

from spectra.arrays import BoolArray, Float64Array, FloatArray, IntArray
from spectra.calibration.fusion import Fused, Fusion
from spectra.calibration.scores import Scores
from spectra.calibration.standard import Standard
from spectra.errors import DataError
from spectra.sequence.attention_map import AttentionMap, attention_map
from spectra.sequence.base_scores import FAR, NEAR, BaseScores
from spectra.sequence.evidence import evidence
from spectra.sequence.features import FrameFeatures, FrameSample, frames_within
from spectra.sequence.forecast import Forecast, forecast
from spectra.sequence.memory import Memory, contexts, fit_memory, future_contexts
from spectra.sequence.mixture import Mixture, SequenceScorer
from spectra.sequence.predictor import FramePredictor
from spectra.sequence.scorer import Standardised
from spectra.sequence.vocabulary import Vocabulary, default_size
from spectra.signal.evidence import Evidence
from spectra.signal.frames import FrameGrid
from spectra.signal.period import block_rows, dominant_period
from spectra.signal.repetition import quieten
from spectra.signal.scale import Scale, constant_channels
from spectra.signal.views import View
from spectra.threads import one_blas_thread
from spectra.transformer.training import Epoch

# More features than this are projected on as many principal axes before contexts are compared: the
# cost of a prediction grows linearly with them.
MAX_KEY_FEATURES: Final = 32
# Smallest usual variance, in squared spreads of a channel: of a signal that repeats exactly it is
# rounding.
MIN_VARIANCE: Final = 1e-6
# Smallest usual distance of a channel: one that never changes has none.
MIN_DISTANCE: Final = 1e-12
# Smallest scale of the tail of the statistic: smaller ones are those of a signal that repeats
# itself exactly.
SMALLEST_SCALE: Final = 0.9
# Rows of a long signal that are scored at a time, over all channels.
BLOCK_ROWS: Final = 2**16
# Frame lengths and views of which the past explains less than this share of what it explains of the
# best one are left out: they cost time, and on `benchmarks/order.py` the VUS-PR is 0.81 with and
# without them.
KEPT: Final = 0.7


@dataclass(frozen=True)
class Plan:
    """Frames and views that are compared; `epochs` above 0 trains Transformers as well."""

    grids: tuple[FrameGrid, ...]
    views: tuple[View, ...]
    window: str | tuple[str, float]
    epochs: int = 0


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
        learned = list(_each_length(signal, plan, normal_rows, rng, progress))
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
        block = max(block_rows(period), NEAR * max(mixture.npersegs))
        rows = normal_rows or slice(0, len(signal))
        normal = fused.part(rows.start // mixture.step, -(-rows.stop // mixture.step))
        fitted = partial(
            Fusion.fit,
            groups=normal.groups,
            npersegs=(max(mixture.npersegs),),
            block=-(-block // mixture.step),
            clean=normal_rows is not None,
            period=period and period / mixture.step,
            smallest_scale=SMALLEST_SCALE,
        )
        fusion = fitted(normal.statistic)
        model = cls(mixture, fusion, constant_channels(signal))
        if quieten(fused.statistic, signal, normal_rows, mixture.step, fusion.threshold(0.5)):
            # The model keeps the calibration of all steps: other recordings need not repeat.
            fusion = fitted(normal.statistic)
        return model, Scores(model.step, len(signal), fused, fusion, fused.part)

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


class _Learned(NamedTuple):
    """One frame length after fitting; with fused scores where it has learned from all frames."""

    standardised: Standardised
    explained: float
    fused: Fused | None


def _each_length(
    signal: Float64Array,
    plan: Plan,
    normal_rows: slice | None,
    rng: np.random.Generator | None,
    progress: Callable[[Epoch], object] | None,
) -> Iterator[_Learned]:
    """Yield what each frame length learned, but for those that the past hardly explains."""
    absent = np.asarray(~np.isfinite(signal).any(axis=0))
    scale, rows = Scale.fit(signal), normal_rows or slice(0, len(signal))
    found = []
    for grid, view in product(plan.grids, plan.views):
        frames = FrameFeatures(scale, absent, grid, view, plan.window)
        # The products of threads are summed in another order: results would depend on the machine.
        with one_blas_thread():
            learned = _learned(frames, signal, rows)
        if learned is not None:
            found.append(learned)
    best = max((explained for _, explained, _ in found), default=0.0)
    rng = np.random.default_rng(0) if rng is None else rng
    for base, explained, sample in found:
        if explained < KEPT * best:
            continue
        with one_blas_thread():
            base = _trained(base, sample, plan.epochs, rng, progress)
            standard = _with_standard(base, explained, signal, sample, rows)
        if standard is not None:
            yield standard


def _learned(
    frames: FrameFeatures, signal: Float64Array, rows: slice
) -> tuple[BaseScores, float, FrameSample] | None:
    """Return what predicts frames of one length, the share it explains, and its sample.

    None where no normal frame has the frames of its near past and future.
    """
    first, stop = frames_within(frames.grid, rows)
    if stop - first <= NEAR * frames.stride:
        return None
    sample = FrameSample.of(signal, frames, rows, FAR * frames.stride)
    normal, features = sample.normal, sample.features
    if normal.size <= NEAR * frames.stride:
        return None
    vocabulary = Vocabulary.fit(features[normal], default_size(normal.size))
    basis = _basis(features[normal])
    keys, tokens = features @ basis, vocabulary.encode_with_gaps(features)
    past, future = _memories(sample, keys, tokens, len(vocabulary), frames)
    if not past or future is None:
        return None
    variance, explained = _of_the_past(past, sample, keys, tokens)
    return BaseScores(frames, vocabulary, basis, past, future, None, variance), explained, sample


def _trained(
    base: BaseScores,
    sample: FrameSample,
    epochs: int,
    rng: np.random.Generator,
    progress: Callable[[Epoch], object] | None,
) -> BaseScores:
    """Return what predicts frames with a Transformer trained on the same sample."""
    if not epochs:
        return base
    predictor = FramePredictor.fit(
        sample.features @ base.basis,
        base.vocabulary.encode_with_gaps(sample.features),
        sample.normal,
        len(base.vocabulary),
        (base.frames.stride, NEAR, FAR),
        epochs,
        rng,
        progress,
    )
    return replace(base, predictor=predictor)


def _with_standard(
    base: BaseScores, explained: float, signal: Float64Array, sample: FrameSample, rows: slice
) -> _Learned | None:
    """Return base scores with their standard, and the fused scores of a signal of few frames.

    None where no frame of the signal has all base scores.
    """
    n_samples = len(signal)
    if rows != slice(0, n_samples):
        sample = FrameSample.of(signal, base.frames, slice(0, n_samples), base.past_frames)
    values = _step_values(base, sample, n_samples)
    if not np.isfinite(values[: base.n_scores]).any(axis=1).all():
        return None
    standardised = _standardised(base, values)
    whole = len(sample.stretches) == 1
    return _Learned(standardised, explained, standardised.fused(values) if whole else None)


def _basis(features: FloatArray) -> FloatArray:
    """Return the principal axes of features, (n_features, d); the identity where they are few."""
    n_features = features.shape[1]
    if n_features <= MAX_KEY_FEATURES:
        return np.eye(n_features, dtype=features.dtype)
    centred = (features - features.mean(axis=0)).astype(np.float64)
    axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1]
    return np.ascontiguousarray(axes[:, :MAX_KEY_FEATURES], dtype=features.dtype)


def _memories(
    sample: FrameSample, keys: FloatArray, tokens: IntArray, n_tokens: int, frames: FrameFeatures
) -> tuple[tuple[Memory, ...], Memory | None]:
    """Return memories of the near and the far past, and of the near future.

    None where no normal frame has a near past or future.
    """
    normal, stride = sample.normal, frames.stride
    count = np.bincount(tokens[normal], minlength=n_tokens) + 0.5
    prior = (count / count.sum()).astype(keys.dtype)

    def memory(queries: FloatArray, length: int) -> Memory | None:
        return fit_memory(
            sample.features[normal],
            queries[normal],
            tokens[normal],
            sample.index[normal],
            prior,
            (stride, length),
        )

    past = [memory(contexts(keys, stride, length), length) for length in (NEAR, FAR)]
    future = memory(future_contexts(keys, stride, NEAR), NEAR)
    if past[0] is None:
        return (), None
    return tuple(each for each in past if each is not None), future


def _of_the_past(
    past: tuple[Memory, ...], sample: FrameSample, keys: FloatArray, tokens: IntArray
) -> tuple[float, float]:
    """Return the usual variance of predictions, and the share of entropy that the past explains.

    The variance is the median of those expected from the near past. The share is that of the
    entropy of tokens, by the better of the two pasts.
    """
    normal = sample.normal
    variance, explained = MIN_VARIANCE, 0.0
    for memory in past:
        queries = contexts(keys, memory.stride, memory.length)[normal]
        prediction = memory.predict(queries, sample.index[normal])
        known = np.isfinite(prediction.variance)
        if not known.any():
            continue
        truth = tokens[normal[known]]
        entropy = float(-np.log(memory.prior[truth]).mean())
        conditional = float(-np.log(prediction.p[known, truth]).mean())
        explained = max(explained, 1.0 - conditional / entropy if entropy > 0 else 0.0)
        if memory.length == NEAR:
            variance = max(float(np.median(prediction.variance[known])), MIN_VARIANCE)
    return variance, explained


def _step_values(base: BaseScores, sample: FrameSample, n_samples: int) -> FloatArray:
    """Return base scores and channel distances of the steps of a sample, (…, n_steps)."""
    frame_scores = base.score(sample.features, slice(None), sample.index)
    distances = base.channel_distances(sample.features, frame_scores.expected)
    values = np.concatenate([frame_scores.scores, distances])[:, sample.drawn]
    steps = base.steps
    if len(sample.stretches) == 1:
        n_frames = values.shape[1]
        return steps.average(values, 0, 0, -(-n_samples // steps.step), n_frames)
    parts = []
    for start, stop in sample.stretches:
        part, values = np.split(values, [stop - start], axis=1)
        # The first step all of whose frames are in the stretch, and the one after the last.
        begin = 2 * start - steps.frames_of(start, start + 1, None)[0]
        end = steps.n_finished((stop - 1) * steps.grid.hop + steps.grid.nperseg)
        parts.append(steps.average(part, start, begin, end, None))
    return np.concatenate(parts, axis=1)


def _standardised(base: BaseScores, values: FloatArray) -> Standardised:
    """Return base scores with the standard learned from values (…, n_steps) of normal steps."""
    scores, distances = np.split(values, [base.n_scores])
    usual = np.nanmedian(distances.astype(np.float64), axis=1)
    standard = Standard.fit_log1p(scores[:, None])
    return Standardised(base, standard, np.maximum(usual, MIN_DISTANCE))


def _scored(model: Mixture, signal: Float64Array, *, own: bool) -> Fused:
    """Return the fused scores of a whole signal, scored in blocks to bound memory."""
    fused = Fused.empty(1, -(-len(signal) // model.step))
    scorer, done = SequenceScorer(model, own=own), 0
    size = max(BLOCK_ROWS // signal.shape[1], max(model.npersegs))
    for start in range(0, len(signal), size):
        done = fused.put(done, scorer.update(signal[start : start + size]))
    fused.put(done, scorer.finish())
    return fused
