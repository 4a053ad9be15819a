"""What the frames before let a Transformer expect: trained on normal frames, some of which are
hidden from it.

A sentence is a frame with the frames before it, none overlapping the next. Some of its frames are
hidden, and the Transformer, which looks back only, learns to tell their tokens from those before
them. What a frame should be is what it says of a last frame that is hidden.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from spectra.arrays import BoolArray, FloatArray, IntArray
from spectra.sequence.memory import contexts
from spectra.transformer.model import Sizes, Transformer
from spectra.transformer.training import Epoch, Sequences, Settings, Training

D, H, D_FF, N_LAYERS = 32, 4, 64, 2
# Sentences of an epoch, and frames scored at a time.
MAX_SENTENCES: Final = 4096
BLOCK: Final = 1024
HELD_OUT: Final = 0.1


@dataclass(frozen=True)
class Trained:
    """A Transformer over frames `stride` hops apart, from `unit` times their features (n_frames, d)
    to tokens.
    """

    transformer: Transformer
    unit: float
    stride: int

    @classmethod
    def fit(
        cls,
        features: FloatArray,
        tokens: IntArray,
        normal: IntArray,
        n_tokens: int,
        shape: tuple[int, int, int],
        epochs: int,
        rng: np.random.Generator,
        progress: Callable[[Epoch], object] | None = None,
    ) -> Self:
        """Train on the frames numbered `normal`, at most `epochs` times; the last tenth is held
        out, to stop in time.

        `features` (n_frames, d) and `tokens` (n_frames,) are those of all frames, `shape` is the
        stride and how many frames back are the near past and all of it. Every second sentence knows
        the near past only.
        """
        stride, near, length = shape
        sizes = Sizes(
            d=D,
            h=H,
            d_ff=D_FF,
            n_layers=N_LAYERS,
            V=n_tokens,
            n_features=features.shape[1],
            causal=True,
        )
        transformer = Transformer.initial(sizes, rng, np.float32)
        unit = 1.0 / max(float(np.sqrt(np.mean(features[normal] ** 2))), 1e-12)
        trained = cls(transformer, unit, stride)
        known = normal[np.isfinite(contexts(features[:, :1], stride, near)[normal]).all(axis=1)]
        cut = int(known.size * (1.0 - HELD_OUT))
        drawn = known[: max(cut, 1)]
        if drawn.size > MAX_SENTENCES:
            drawn = np.sort(rng.choice(drawn, MAX_SENTENCES, replace=False))
        held_out = known[cut:][:: max(1, known[cut:].size // (MAX_SENTENCES // 8))]
        settings = Settings(
            max_epochs=epochs, patience=5, masked=0.3, learning_rate=2e-3, warm_up=50
        )
        training = Training(transformer, settings, rng)
        train = trained._sequences(features, tokens, drawn, near, length)
        unseen = (
            trained._sequences(features, tokens, held_out, near, length) if held_out.size else None
        )
        training.run(train, unseen, progress=progress)
        return trained

    def _sequences(
        self, features: FloatArray, tokens: IntArray, which: IntArray, near: int, length: int
    ) -> Sequences:
        """Sentences that end with the frames numbered `which`, every second of the near past only,
        with their tokens.
        """
        known = np.where(np.arange(which.size) % 2 == 0, near, length)
        frames, missing = self.sentences(features, which, length, known)
        places = which[:, None] - np.arange(length, -1, -1) * self.stride
        return Sequences(frames, tokens[np.maximum(places, 0)], missing)

    def sentences(
        self, features: FloatArray, which: IntArray, length: int, known: IntArray | int
    ) -> tuple[FloatArray, BoolArray]:
        """Frames (n, length + 1, d) that end with those numbered `which`; True in (n, length + 1)
        where there is none.

        No more than the `known` frames before the last are there, nor any before one that is
        missing.
        """
        lags = np.arange(length, -1, -1)
        places = which[:, None] - lags * self.stride  # [n, length + 1]
        frames = features[np.maximum(places, 0)] * features.dtype.type(self.unit)
        there = (
            (places >= 0) & np.isfinite(frames).all(axis=-1) & (lags <= np.reshape(known, (-1, 1)))
        )
        there[:, -1] = True
        there = np.logical_and.accumulate(there[:, ::-1], axis=1)[:, ::-1]
        return np.where(there[..., None], frames, frames.dtype.type(0)), ~there

    def probabilities(self, features: FloatArray, which: IntArray, length: int) -> FloatArray:
        """p (n, V) of the tokens of the frames numbered `which`, from the `length` before each, or
        those there are.
        """
        parts = []
        for start in range(0, which.size, BLOCK):
            frames, missing = self.sentences(features, which[start : start + BLOCK], length, length)
            hidden = np.zeros(missing.shape, dtype=np.bool_)
            hidden[:, -1] = True
            frames[:, -1] = 0.0
            parts.append(self.transformer.predict(frames, padding=missing, hidden=hidden)[:, -1])
        return (
            np.concatenate(parts)
            if parts
            else np.empty((0, self.transformer.sizes.V or 0), dtype=features.dtype)
        )
