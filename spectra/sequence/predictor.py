"""A causal Transformer that predicts the token of a hidden frame from the frames before it.

A sequence is a frame and the frames before it, none of which overlaps the next. Some of its frames
are hidden in training, and the Transformer learns to predict their tokens. A frame is predicted as
the hidden last frame of its sequence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np

from spectra.arrays import BoolArray, FloatArray, IntArray
from spectra.sequence.memory import contexts
from spectra.threads import one_blas_thread
from spectra.transformer.model import Sizes, Transformer
from spectra.transformer.training import Epoch, Sequences, Settings, Training

# Sizes of the Transformer: features, heads, features inside the feed-forward, layers.
D, H, D_FF, N_LAYERS = 32, 4, 64, 2
# Sequences of an epoch, and frames predicted at a time.
MAX_SEQUENCES: Final = 4096
BLOCK: Final = 1024
# Share of the normal frames, the last ones, that training stops by.
HELD_OUT: Final = 0.1


@dataclass(frozen=True)
class FramePredictor:
    """A trained Transformer from frames to the tokens of hidden frames.

    Attributes
    ----------
    sizes : Sizes
    weights : dict of ndarray
        By the names of `Sizes.shapes`.
    factor : float
        Frames are multiplied by it.
    """

    sizes: Sizes
    weights: dict[str, FloatArray]
    factor: float

    def __post_init__(self) -> None:
        if not self.factor > 0:
            raise ValueError(f"factor={self.factor} must lie above 0.")
        # Before the layers are counted out: a damaged file may say any number.
        if self.sizes.n_layers > len(self.weights):
            raise ValueError(f"There are no weights for {self.sizes.n_layers} layers.")
        # Checks the names and shapes of the weights.
        Transformer(self.sizes, self.weights)

    @cached_property
    def _transformer(self) -> Transformer:
        return Transformer(self.sizes, self.weights)

    @classmethod
    def fit(
        cls,
        keys: FloatArray,
        tokens: IntArray,
        normal: IntArray,
        n_tokens: int,
        shape: tuple[int, int, int],
        epochs: int,
        rng: np.random.Generator,
        progress: Callable[[Epoch], object] | None = None,
    ) -> Self:
        """Train on normal frames for at most `epochs` epochs.

        Parameters
        ----------
        keys : ndarray (n_frames, d)
            All frames, NaN in gaps.
        tokens : ndarray (n_frames,)
        normal : ndarray (n_normal,)
            Indices of normal frames; the last tenth is held out for early stopping.
        n_tokens : int
        shape : (stride, near, far)
            Hops from frame to frame, and lengths of the near and the far past. Every second
            sequence has the near past only.
        epochs : int
        rng : numpy.random.Generator
            Chooses initial weights, sequences and hidden frames.
        progress : callable, optional
            Called with each `Epoch`.
        """
        stride, near, _ = shape
        sizes = Sizes(
            d=D,
            h=H,
            d_ff=D_FF,
            n_layers=N_LAYERS,
            V=n_tokens,
            n_features=keys.shape[1],
            causal=True,
        )
        factor = 1.0 / max(float(np.sqrt(np.mean(keys[normal] ** 2))), 1e-12)
        known = normal[np.isfinite(contexts(keys[:, :1], stride, near)[normal]).all(axis=1)]
        n_drawn = max(int(known.size * (1.0 - HELD_OUT)), 1)
        drawn, held_out = known[:n_drawn], known[n_drawn:]
        if drawn.size > MAX_SEQUENCES:
            drawn = np.sort(rng.choice(drawn, MAX_SEQUENCES, replace=False))
        held_out = held_out[:: max(1, held_out.size // (MAX_SEQUENCES // 8))]
        transformer = Transformer.initial(sizes, rng, np.float32)
        settings = Settings(
            max_epochs=epochs, patience=5, masked=0.3, learning_rate=2e-3, warm_up=50
        )
        train, unseen = (
            _training_sequences(keys * keys.dtype.type(factor), tokens, last, shape)
            for last in (drawn, held_out)
        )
        with one_blas_thread():
            Training(transformer, settings, rng).run(
                train, unseen if len(unseen) else None, progress=progress
            )
        return cls(sizes, dict(transformer.weights), factor)

    def probabilities(
        self, keys: FloatArray, last: IntArray, stride: int, length: int
    ) -> FloatArray:
        """Return p (n, n_tokens) of the tokens of the frames with the indices `last`.

        Each is predicted from up to `length` frames before it, one every `stride` hops.
        """
        scaled = keys * keys.dtype.type(self.factor)
        p = np.empty((last.size, self.sizes.V or 0), dtype=keys.dtype)
        with one_blas_thread():
            for start in range(0, last.size, BLOCK):
                block = slice(start, start + BLOCK)
                frames, missing = sequences(scaled, last[block], stride, length, length)
                hidden = np.zeros(missing.shape, dtype=np.bool_)
                hidden[:, -1] = True
                frames[:, -1] = 0.0
                output = self._transformer.predict(frames, padding=missing, hidden=hidden)
                p[block] = output[:, -1]
        return p


def sequences(
    keys: FloatArray, last: IntArray, stride: int, length: int, known: IntArray | int
) -> tuple[FloatArray, BoolArray]:
    """Return frames (n, length + 1, d) that end with the indices `last`, and a mask of absent ones.

    The mask (n, length + 1) is True where there is no frame: beyond the `known` frames before the
    last, before the first frame of the signal, and before a gap.
    """
    lags = np.arange(length, -1, -1)
    index = last[:, None] - lags * stride  # [n, length + 1]
    frames = keys[np.maximum(index, 0)]
    present = (index >= 0) & np.isfinite(frames).all(axis=-1) & (lags <= np.reshape(known, (-1, 1)))
    present[:, -1] = True
    present = np.logical_and.accumulate(present[:, ::-1], axis=1)[:, ::-1]
    return np.where(present[..., None], frames, frames.dtype.type(0)), ~present


def _training_sequences(
    scaled: FloatArray, tokens: IntArray, last: IntArray, shape: tuple[int, int, int]
) -> Sequences:
    """Return the sequences that end with the indices `last`, and their tokens.

    Every second has the near past only.
    """
    stride, near, far = shape
    known = np.where(np.arange(last.size) % 2 == 0, near, far)
    frames, missing = sequences(scaled, last, stride, far, known)
    index = last[:, None] - np.arange(far, -1, -1) * stride
    return Sequences(frames, tokens[np.maximum(index, 0)], missing)
