"""Learning of the frames of each length: predictions from the past, and their standards."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Final, NamedTuple

import numpy as np

from spectra.arrays import Float64Array, FloatArray, IntArray
from spectra.calibration.standard import Standard
from spectra.calibration.statistic import Fused
from spectra.sequence.base_scores import FAR, NEAR, BaseScores
from spectra.sequence.features import FrameFeatures, FrameSample, frames_within
from spectra.sequence.memory import Memory, contexts, fit_memory, future_contexts
from spectra.sequence.predictor import FramePredictor
from spectra.sequence.scorer import Standardised
from spectra.sequence.vocabulary import Vocabulary, default_size
from spectra.signal.frames import FrameGrid
from spectra.signal.scale import Scale
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


class FittedLength(NamedTuple):
    """One frame length after fitting; with fused scores where it has learned from all frames."""

    standardised: Standardised
    explained: float
    fused: Fused | None


def fitted_lengths(
    signal: Float64Array,
    plan: Plan,
    normal_rows: slice | None,
    rng: np.random.Generator | None,
    progress: Callable[[Epoch], object] | None,
) -> Iterator[FittedLength]:
    """Yield each frame length after fitting, but for those that the past hardly explains."""
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
) -> FittedLength | None:
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
    return FittedLength(standardised, explained, standardised.fused(values) if whole else None)


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
