"""A model of what order normal frames come in: how far each frame is from what the frames before it
let expect.

A frame is compared with what is expected after its near past, of 4 frames, and after its whole
past, of 16: no frame overlaps the next. What is odd is soon the past of what is in place again. So
a frame counts as odd only where no past expects it: the probability of its token is the mean over
the pasts, its distance to the expected spectrum the smallest. A frame without a past, at the
beginning and after gaps, is compared with what is expected before the frames after it.

Two scores, the surprisal −log p(token) and ‖φ(X) − Σ_j a_j φ(X_j)‖², are each calibrated; of a
Transformer there are two more, −log p(token) and ‖φ(X) − Σ_v p_v φ(C_v)‖². A frame counts as each
token as far as it is near its word, so one that is like none is surprising whatever was expected
(`context.surprisal`). Where a loud frame is due, or one of many, a normal frame is farther from the
mean of them: the distances are in units of what they are expected to be, Σ_j a_j ‖φ(X_j) − Σ_i a_i
φ(X_i)‖², and what is usual. The largest score is a step's statistic, which is calibrated once more.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np

from spectra.arrays import BoolArray, Float32Array, Float64Array, FloatArray, IntArray
from spectra.calibration.gaussian import GaussianThreshold
from spectra.calibration.scores import Scores
from spectra.errors import DataError
from spectra.sequence.memory import Expectation, Memory, contexts, remember, surprisal
from spectra.sequence.predictor import Trained
from spectra.sequence.vocabulary import Vocabulary
from spectra.signal import frames
from spectra.signal.frames import Cut
from spectra.signal.spectrum import spectrum
from spectra.signal.views import VIEWS, View, by_bin
from spectra.spectral.comparison import Scale
from spectra.transformer.training import Epoch

# Frames of the near past and of all of it; with frames of a sixteenth of the period, a quarter of
# it and all of it.
NEAR, FAR = 4, 16
SHORTEST, LONGEST, WITHOUT_PERIOD = 16, 256, 32
# So many frames side by side leave each others to be compared with.
FRAMES_AT_LEAST = 10
N_TOKENS: Final = 64
FRAMES_A_TOKEN: Final = 8
# More features than this are projected on as many principal axes before contexts are compared.
MAX_KEY_FEATURES: Final = 32
# What is always expected of a signal that repeats itself to the last digit, in squared spreads of a
# channel.
MIN_UNIT: Final = 1e-6
# A surprisal below this, in nats, is rounding: nothing is surprising where all frames are the same.
ROUNDING: Final = 1e-3
# Frames whose parts tell what is usual in each bin.
TYPICAL_FRAMES: Final = 50


def usual_nperseg(period: int | None, n_samples: int) -> int:
    """The power of two nearest to a sixteenth of the period, 16 to 256; 32 where there is no
    period.

    Frames are no longer than a tenth of the signal, but where that is less than 16 samples.
    """
    wanted = WITHOUT_PERIOD if period is None else 2 ** round(np.log2(max(period / FAR, 1.0)))
    longest = 2 ** int(np.log2(max(n_samples / FRAMES_AT_LEAST, 1.0)))
    return int(np.clip(min(wanted, longest), SHORTEST, LONGEST))


def sequence_cut(nperseg: int, n_samples: int) -> Cut:
    """Frames of one length with hops of a quarter, more on very long recordings, but never beyond
    half a frame.
    """
    hop = max(1, nperseg // 4, min(nperseg // 2, -(-n_samples // frames.MAX_STEPS)))
    return Cut((nperseg,), (hop,), hop)


@dataclass(frozen=True)
class SequenceSettings:
    """How a signal is cut into frames and what of them is compared; `epochs` above 0 trains a
    Transformer as well.
    """

    cut: Cut
    view: View = "magnitude"
    window: str | tuple[str, float] = "hann"
    epochs: int = 0

    @property
    def nperseg(self) -> int:
        """Samples in a frame."""
        return self.cut.npersegs[0]

    @property
    def hop(self) -> int:
        """Samples from one frame to the next."""
        return self.cut.hops[0]

    @property
    def stride(self) -> int:
        """Hops from one frame to the next that does not overlap it."""
        return -(-self.nperseg // self.hop)


class Forecast(NamedTuple):
    """Frames that follow a signal, one after the other.

    `start` (n_frames,) is the sample of each frame, counted from the beginning of the signal;
    `tokens` (n_frames,) and `p` (n_frames, V) its word and the probabilities of all words;
    `spectrum` (n_frames, n_channels, n_features) what the word stands for: magnitudes of the scaled
    channels.
    """

    start: IntArray
    tokens: IntArray
    p: FloatArray
    spectrum: FloatArray


class _Judged(NamedTuple):
    """Scores of frames, (n_scores, n_frames), and the spectrum expected of each, (n_frames,
    n_features).
    """

    scores: FloatArray
    expected: FloatArray


@dataclass(frozen=True)
class SequenceModel:
    """A fitted model. `basis` (n_features, d) projects frames before contexts are compared.

    `past` are the memories of the near and, where the signal was long enough, the whole past,
    `future` that of the near future; `constant` (n_channels,) is True for channels that never
    changed; `unit` is the usual variance of what is expected. `explained` is the share, 0 to 1, of
    what is uncertain of a token, H(token) = −Σ_v p_v log p_v, that its past takes away: near 0 the
    frames come in no order that could be broken, and the scores say little.
    """

    settings: SequenceSettings
    scale: Scale
    constant: BoolArray
    vocabulary: Vocabulary
    basis: FloatArray
    past: tuple[Memory, ...]
    future: Memory
    trained: Trained | None
    unit: float
    explained: float
    calibrations: tuple[GaussianThreshold, ...]
    calibration: GaussianThreshold

    @classmethod
    def fit(
        cls,
        signal: Float64Array,
        settings: SequenceSettings,
        normal_rows: slice | None = None,
        rng: np.random.Generator | None = None,
        progress: Callable[[Epoch], object] | None = None,
    ) -> "tuple[Self, Scores]":
        """Learn from a (n_samples, n_channels) signal, or its `normal_rows`, normal for the most
        part; NaN marks gaps.

        Returns the model and the scores of the whole signal, each frame judged by others than those
        that overlap it. `rng` chooses weights and sentences of a Transformer. Raises DataError
        where no frame has the frames of its near past.
        """
        scale = Scale.fit(signal)
        scaled = scale(signal)
        features = frame_features(scaled, settings)
        finite = _finite(features)
        starts = np.arange(len(features)) * settings.hop
        inside = normal_rows or slice(0, len(signal))
        normal = np.flatnonzero(
            finite & (starts >= inside.start) & (starts + settings.nperseg <= inside.stop)
        )
        vocabulary = _vocabulary(features, normal, settings)
        basis = _basis(features[normal])
        tokens = _tokens(features, finite, vocabulary)
        past, future = _memories(
            features, features @ basis, tokens, normal, len(vocabulary), settings
        )
        trained = None
        if settings.epochs:
            shape = (settings.stride, NEAR, FAR)
            rng = np.random.default_rng(0) if rng is None else rng
            keys = features @ basis
            with _one_thread():
                trained = Trained.fit(
                    keys, tokens, normal, len(vocabulary), shape, settings.epochs, rng, progress
                )
        constant = ~(
            np.nanmax(scaled, axis=1, initial=-np.inf) > np.nanmin(scaled, axis=1, initial=np.inf)
        )
        blank = GaussianThreshold.fit([1.0, 2.0])
        unit, explained = _told_by_the_past(past, features @ basis, tokens, normal)
        model = cls(
            settings,
            scale,
            constant,
            vocabulary,
            basis,
            past,
            future,
            trained,
            unit,
            explained,
            (),
            blank,
        )
        return model._calibrated(scaled, features)

    def _calibrated(self, scaled: FloatArray, features: FloatArray) -> "tuple[Self, Scores]":
        """The model with the calibrations that its scores of its own signal ask for, and these
        scores.
        """
        judged = self._judged(features, np.arange(len(features)))
        steps = self._to_steps(judged.scores)
        if not np.isfinite(steps).any(axis=1).all():
            raise _too_short(self.settings)
        independent = self.settings.hop / self.settings.nperseg
        calibrations = tuple(GaussianThreshold.fit(one, independent) for one in steps)
        largest = _largest(steps, calibrations)[0]
        calibration = GaussianThreshold.fit(largest, independent)
        fitted = {**self.__dict__, "calibrations": calibrations, "calibration": calibration}
        model = type(self)(**fitted)
        return model, model._scores(scaled, features, judged)

    def score(self, signal: Float64Array) -> Scores:
        """Score a (n_samples, n_channels) signal other than that the model was learned from.

        Raises DataError for one in which no frame has the frames of its near past.
        """
        scaled = self.scale(signal)
        features = frame_features(scaled, self.settings)
        judged = self._judged(features, None)
        if not np.isfinite(judged.scores).any():
            raise _too_short(self.settings)
        return self._scores(scaled, features, judged)

    def excess(
        self, scaled: Float32Array, scores: Scores, numbers: IntArray, *, own: bool
    ) -> Iterator[tuple[int, Float64Array]]:
        """For each of the steps `numbers` the frame length and the excess of each bin, as
        `SpectralModel.excess`.
        """
        return (self._excess(scaled, scores, number, own=own) for number in numbers.tolist())

    def _excess(
        self, scaled: Float32Array, scores: Scores, number: int, *, own: bool
    ) -> tuple[int, Float64Array]:
        """The frame length, and how much farther from expected than usual each bin is, (n_bins,),
        in the oddest frame.

        Of the frames that cover step `number` of the scaled signal (n_channels, n_samples), in the
        step's channel.
        """
        nperseg, hop = self.settings.nperseg, self.settings.hop
        reach = FAR * self.settings.stride
        first = max(number - reach - self.settings.stride, 0)
        part = scaled[:, first * hop : (number + 2 * reach) * hop]
        features = frame_features(part, self.settings)
        own_places = np.arange(len(features)) + first if own else None
        parts = (
            features - self._judged(features, own_places).expected
        ) ** 2  # [n_frames, n_features]
        channel = slice(
            scores.channel[number] * self._width, (scores.channel[number] + 1) * self._width
        )
        begin, end = frames.steps_covered(np.arange(len(features)) * hop, nperseg, hop)
        here = np.flatnonzero((begin <= number - first) & (number - first < end))
        if not here.size:
            here = np.array([len(features) - 1])
        oddest = parts[here[np.argmax(np.nan_to_num(parts[here, channel].sum(axis=1)))], channel]
        usual = _typical(parts[:, channel])
        excess = np.nan_to_num(np.maximum(oddest - usual, 0.0))
        return nperseg, np.asarray(
            by_bin(excess, self.settings.view, nperseg // 2 + 1), dtype=np.float64
        )

    def forecast(
        self, signal: Float64Array, n_frames: int, rng: np.random.Generator | None = None
    ) -> Forecast:
        """The frames that follow a (n_samples, n_channels) signal: the likeliest, or with `rng`
        drawn by their probability.

        Each begins where the one before it ends. Raises DataError for a signal with fewer frames
        than the near past, or a gap at its end, ValueError for n_frames below 1.
        """
        if n_frames < 1:
            raise ValueError(f"n_frames={n_frames} must be an integer >= 1.")
        stride, hop = self.settings.stride, self.settings.hop
        features = frame_features(self.scale(signal), self.settings)
        # Frames one after the other, the last of them the last frame of the signal.
        sentence = features[(len(features) - 1) % stride :: stride][-FAR:]
        if len(sentence) < NEAR or not np.isfinite(sentence[-NEAR:]).all():
            raise DataError(
                f"A forecast needs {NEAR} frames of {self.settings.nperseg} rows without gaps at "
                "the end of the recording."
            )
        tokens, probabilities = [], []
        for _ in range(n_frames):
            p = self._next(sentence)
            tokens.append(int(p.argmax()) if rng is None else int(rng.choice(p.size, p=p)))
            probabilities.append(p)
            sentence = np.concatenate(
                [sentence, self.vocabulary.decode([tokens[-1]]).astype(sentence.dtype)]
            )[-FAR:]
        start = (len(features) - 1 + stride * np.arange(1, n_frames + 1)) * hop
        spectra = self.vocabulary.decode(tokens).reshape(n_frames, -1, self._width)
        return Forecast(start, np.array(tokens), np.array(probabilities), spectra)

    @property
    def _width(self) -> int:
        """Features of one channel of a frame."""
        return int(self.vocabulary.centres.shape[1] // self.constant.size)

    @property
    def _spreads(self) -> FloatArray:
        """The spread of each word, (V,), in what is remembered of the near past."""
        return self.vocabulary.spreads(self.past[0].values, self.past[0].tokens)

    def _next(self, sentence: FloatArray) -> Float64Array:
        """p (V,) of what follows frames that come one after the other, (n, n_features)."""
        keys = np.concatenate([sentence, sentence[-1:]]) @ self.basis
        queries = (contexts(keys, 1, memory.length)[-1:] for memory in self.past)
        found = [memory.expect(query).p for memory, query in zip(self.past, queries, strict=True)]
        if self.trained is not None:
            one = Trained(self.trained.transformer, self.trained.unit, 1)
            found += [
                one.probabilities(keys, np.array([len(keys) - 1]), length) for length in (NEAR, FAR)
            ]
        p = np.nanmean(np.concatenate(found), axis=0).astype(np.float64)
        return np.asarray(p / p.sum())

    def _judged(self, features: FloatArray, own: IntArray | None) -> _Judged:
        """Scores of frames by their features (n_frames, n_features); `own` are their numbers in the
        signal learned from.
        """
        finite = _finite(features)
        away = self.vocabulary.away(features, self._spreads)
        keys = features @ self.basis
        past = [
            memory.expect(contexts(keys, memory.stride, memory.length), own) for memory in self.past
        ]
        after = self.future.expect(_future(keys, self.future.stride, self.future.length), own)
        surprise, distance, expected = _least(features, away, past, self.unit)
        lone = np.isnan(surprise) & finite
        without = _least(features, away, [after], self.unit)
        surprise[lone], distance[lone], expected[lone] = (one[lone] for one in without)
        scores = [np.maximum(surprise, ROUNDING), distance]
        if self.trained is not None:
            scores += self._by_transformer(
                features, keys, away, np.flatnonzero(np.isfinite(past[0].p[:, 0]) & finite)
            )
        return _Judged(np.array(scores), expected)

    def _by_transformer(
        self, features: FloatArray, keys: FloatArray, away: FloatArray, which: IntArray
    ) -> list[FloatArray]:
        """Surprisal and distance (n_frames,) by the Transformer for the frames numbered `which`,
        NaN for others.
        """
        assert self.trained is not None
        with _one_thread():
            p = [self.trained.probabilities(keys, which, length) for length in (NEAR, FAR)]
        centres = self.vocabulary.centres.astype(features.dtype)
        found = _least(
            features[which],
            away[which],
            [Expectation.of(one, one, centres) for one in p],
            self.unit,
        )
        scores = [np.full(len(features), np.nan, dtype=features.dtype) for _ in range(2)]
        for one, some in zip(scores, found[:2], strict=True):
            one[which] = some
        return scores

    def _to_steps(self, values: FloatArray) -> FloatArray:
        """Mean over the frames that cover each step, (…, n_frames) -> (…, n_steps)."""
        covered = (
            np.arange(values.shape[-1]) * self.settings.hop,
            self.settings.nperseg,
            self.settings.hop,
        )
        return frames.with_even_ends(frames.to_steps(values, *covered), *covered)

    def _scores(self, scaled: FloatArray, features: FloatArray, judged: _Judged) -> Scores:
        """The scores of a signal. Rows after the last whole frame, fewer than a hop, have its
        score.
        """
        n_samples = scaled.shape[1]
        statistic, look = _largest(self._to_steps(judged.scores), self.calibrations)
        parts = (features - judged.expected).reshape(len(features), -1, self._width) ** 2
        of_channels = self._to_steps(
            np.ascontiguousarray(parts.sum(axis=2).T)
        )  # [n_channels, n_steps]
        typical = np.array(
            [
                np.median(one[np.isfinite(one)]) if np.isfinite(one).any() else 1.0
                for one in of_channels
            ]
        )
        channel = np.nan_to_num(of_channels / np.maximum(typical, 1e-12)[:, None], nan=-1.0).argmax(
            axis=0
        )
        rest = -(-n_samples // self.settings.hop) - statistic.size
        statistic, channel, look = (
            np.pad(one, (0, rest), mode="edge") for one in (statistic, channel, look)
        )
        return Scores(
            self.settings.hop, n_samples, statistic, self.calibration.z(statistic), channel, look
        )


def frame_features(scaled: FloatArray, settings: SequenceSettings) -> FloatArray:
    """φ of the frames of a scaled signal (n_channels, n_samples), joint over channels, (n_frames,
    n_features).

    NaN for frames with a gap; a channel that is nothing but gaps counts as constant. Raises
    DataError for a signal shorter than one frame.
    """
    # For the error only: frames lie on a regular grid here, and the rows after the last have its
    # score.
    frames.frame_starts(scaled.shape[1], settings.nperseg, settings.hop)
    scaled = np.where(np.isfinite(scaled).any(axis=1, keepdims=True), scaled, scaled.dtype.type(0))
    cut = np.lib.stride_tricks.sliding_window_view(scaled, settings.nperseg, axis=1)[
        :, :: settings.hop
    ]
    phi, detrend = VIEWS[settings.view]
    X = spectrum(cut, frames.taper(settings.window, settings.nperseg).astype(scaled.dtype), detrend)
    parts = np.swapaxes(phi(X), 0, 1)  # [n_frames, n_channels, …]
    features = np.ascontiguousarray(parts.reshape(len(parts), -1))
    features[np.isnan(features).any(axis=1)] = np.nan
    return features


def _finite(features: FloatArray) -> BoolArray:
    """Which frames have no gap, (n_frames,)."""
    return np.asarray(np.isfinite(features).all(axis=1))


def _one_thread() -> AbstractContextManager[object]:
    """Products as small as those of the Transformer here take longer on several threads, on a busy
    machine many times.
    """
    from threadpoolctl import threadpool_limits

    limited: AbstractContextManager[object] = threadpool_limits(limits=1, user_api="blas")
    return limited


def _too_short(settings: SequenceSettings) -> DataError:
    rows = (NEAR + 1) * settings.nperseg
    return DataError(
        f"Too few frames of {settings.nperseg} rows without gaps: a frame and the {NEAR} before it "
        f"need {rows} rows, and "
        "others to be compared with. Give a longer recording or a smaller nperseg."
    )


def _vocabulary(features: FloatArray, normal: IntArray, settings: SequenceSettings) -> Vocabulary:
    if normal.size <= NEAR * settings.stride:
        raise _too_short(settings)
    return Vocabulary.fit(
        features[normal], int(np.clip(normal.size // FRAMES_A_TOKEN, 1, N_TOKENS))
    )


def _basis(features: FloatArray) -> FloatArray:
    """The principal axes of features, (n_features, d); all of space where they are few."""
    n_features = features.shape[1]
    if n_features <= MAX_KEY_FEATURES:
        return np.eye(n_features, dtype=features.dtype)
    centred = (features - features.mean(axis=0)).astype(np.float64)
    axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1]
    return np.ascontiguousarray(axes[:, :MAX_KEY_FEATURES], dtype=features.dtype)


def _tokens(features: FloatArray, finite: BoolArray, vocabulary: Vocabulary) -> IntArray:
    """The token of each frame, 0 for those in gaps."""
    tokens = np.zeros(len(features), dtype=np.int64)
    tokens[finite] = vocabulary.encode(features[finite])
    return tokens


def _future(keys: FloatArray, stride: int, length: int) -> FloatArray:
    """The frames after each, as `contexts` gives those before."""
    return contexts(keys[::-1], stride, length)[::-1]


def _memories(
    features: FloatArray,
    keys: FloatArray,
    tokens: IntArray,
    normal: IntArray,
    n_tokens: int,
    settings: SequenceSettings,
) -> tuple[tuple[Memory, ...], Memory]:
    """What is remembered of the near and the whole past, and of the near future; raises DataError
    without a near past.
    """
    stride = settings.stride
    base = np.bincount(tokens[normal], minlength=n_tokens).astype(keys.dtype) + keys.dtype.type(0.5)
    base /= base.sum()
    past = [
        remember(features, contexts(keys, stride, length), tokens, base, normal, (stride, length))
        for length in (NEAR, FAR)
    ]
    future = remember(features, _future(keys, stride, NEAR), tokens, base, normal, (stride, NEAR))
    if past[0] is None or future is None:
        raise _too_short(settings)
    return tuple(one for one in past if one is not None), future


def _told_by_the_past(
    past: tuple[Memory, ...], keys: FloatArray, tokens: IntArray, normal: IntArray
) -> tuple[float, float]:
    """The usual variance of what the near past lets expect, and the share of uncertainty that the
    better past takes away.
    """
    unit, explained = MIN_UNIT, 0.0
    for number, memory in enumerate(past):
        found = memory.expect(contexts(keys, memory.stride, memory.length)[normal], normal)
        known = np.isfinite(found.variance)
        if not known.any():
            continue
        truth = tokens[normal[known]]
        told, without = -np.log(found.p[known, truth]).mean(), -np.log(memory.base[truth]).mean()
        explained = max(explained, float(1.0 - told / without) if without > 0 else 0.0)
        if number == 0:
            unit = max(float(np.median(found.variance[known])), MIN_UNIT)
    return unit, explained


def _least(
    features: FloatArray, away: FloatArray, found: list[Expectation], unit: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Surprisal, distance and expected spectrum by what expects a frame best, NaN where nothing is
    known of it.

    `away` (n_frames, V) are the squared distances to the words in their spreads. The probability is
    the mean over the expectations there are; the spectrum, and the distance to it, are of the one
    nearest.
    """
    log_p = -np.array([surprisal(one.p, away) for one in found])  # [n_found, n_frames]
    count = np.isfinite(log_p).sum(axis=0)
    log_sum = np.logaddexp.reduce(np.where(np.isfinite(log_p), log_p, -np.inf), axis=0)
    log_mean = np.where(count > 0, log_sum - np.log(np.maximum(count, 1)), np.nan).astype(
        features.dtype
    )
    D = np.array(
        [
            ((features - one.spectrum) ** 2).sum(axis=1)
            / (one.variance + features.dtype.type(unit))
            for one in found
        ]
    )
    nearest = np.where(np.isnan(D), np.inf, D).argmin(axis=0)
    expected = np.array([one.spectrum for one in found])[nearest, np.arange(len(features))]
    return -log_mean, np.take_along_axis(D, nearest[None], axis=0)[0], expected


def _largest(
    steps: FloatArray, calibrations: tuple[GaussianThreshold, ...]
) -> tuple[Float64Array, IntArray]:
    """The largest standard score of each step, (n_steps,), and the number of the score it is of;
    NaN where there is none.
    """
    z = np.array([calibration.z(one) for calibration, one in zip(calibrations, steps, strict=True)])
    filled = np.where(np.isnan(z), -np.inf, z)
    look = filled.argmax(axis=0)
    best = filled.max(axis=0)
    return np.where(np.isfinite(best), best, np.nan), look


def _typical(parts: FloatArray) -> FloatArray:
    """The mean of frames with parts, about 50 of them, (n_features,); 0 where there are none."""
    known = parts[np.isfinite(parts).all(axis=1)][:: max(1, len(parts) // TYPICAL_FRAMES)]
    return known.mean(axis=0) if len(known) else np.zeros(parts.shape[1], dtype=parts.dtype)
