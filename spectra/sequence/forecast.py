"""Forecast of the frames that follow a signal, token by token."""

from typing import NamedTuple

import numpy as np

from spectra.arrays import Float64Array, FloatArray, IntArray
from spectra.errors import DataError
from spectra.sequence.base_scores import FAR, NEAR, BaseScores
from spectra.sequence.memory import contexts


class Forecast(NamedTuple):
    """Frames that follow a signal, one after the other.

    Attributes
    ----------
    start : ndarray (n_frames,)
        First row of each frame, counted from the beginning of the signal.
    tokens : ndarray (n_frames,)
        Token of each frame.
    p : ndarray (n_frames, n_tokens)
        Probabilities of all tokens.
    spectrum : ndarray (n_frames, n_channels, n_features)
        The spectrum each token stands for, φ of the scaled channels.
    """

    start: IntArray
    tokens: IntArray
    p: FloatArray
    spectrum: FloatArray


def forecast(
    base: BaseScores, signal: Float64Array, n_frames: int, rng: np.random.Generator | None
) -> Forecast:
    """Return the frames that follow a signal, token by token.

    Parameters
    ----------
    base : BaseScores
        The fitted predictors of frames.
    signal : ndarray, shape (n_samples, n_channels)
    n_frames : int
        Number of frames; each begins where the one before it ends.
    rng : numpy.random.Generator or None
        Draws tokens by their probability; without it the likeliest are taken.

    Returns
    -------
    Forecast

    Raises
    ------
    DataError
        For a signal with fewer frames than the near past, or with a gap at its end.
    ValueError
        For n_frames below 1.
    """
    if n_frames < 1:
        raise ValueError(f"n_frames={n_frames} must be an integer >= 1.")
    hop, stride = base.frames.grid.hop, base.frames.stride
    last = base.frames.grid.n_frames(len(signal)) - 1
    sequence = _last_frames(base, signal, last)
    tokens, probabilities = [], []
    for _ in range(n_frames):
        p = _next(base, sequence)
        tokens.append(int(p.argmax()) if rng is None else int(rng.choice(p.size, p=p)))
        probabilities.append(p)
        following = base.vocabulary.decode([tokens[-1]]).astype(sequence.dtype)
        sequence = np.concatenate([sequence, following])[-FAR:]
    start = (last + stride * np.arange(1, n_frames + 1)) * hop
    spectrum = base.vocabulary.decode(tokens).reshape(n_frames, -1, base.width)
    return Forecast(start, np.array(tokens), np.array(probabilities), spectrum)


def _last_frames(base: BaseScores, signal: Float64Array, last: int) -> FloatArray:
    """Return features of up to FAR frames, none overlapping the next, that end with frame `last`.

    Raises DataError where there is no near past without gaps.
    """
    grid, stride = base.frames.grid, base.frames.stride
    count = min(FAR, last // stride + 1)
    if count >= NEAR:
        first = last - (count - 1) * stride
        rows = signal[first * grid.hop : last * grid.hop + grid.nperseg]
        sequence = base.frames(base.frames.scaled(rows))[::stride]
        if np.isfinite(sequence[-NEAR:]).all():
            return sequence
    raise DataError(
        f"A forecast needs {NEAR} frames of {grid.nperseg} rows without gaps at the end of the "
        "recording."
    )


def _next(base: BaseScores, sequence: FloatArray) -> Float64Array:
    """Return p (n_tokens,) of the frame after frames that follow one another, (n, n_features)."""
    # The last row stands for the frame that is predicted; its values are not used.
    keys = np.concatenate([sequence, sequence[-1:]]) @ base.basis
    predictions = [memory.predict(contexts(keys, 1, memory.length)[-1:]).p for memory in base.past]
    predictions += base.token_probabilities(keys, np.array([len(keys) - 1]), 1)
    p = np.nanmean(np.concatenate(predictions), axis=0).astype(np.float64)
    return np.asarray(p / p.sum())
