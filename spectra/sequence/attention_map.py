"""The attention map of a stretch: the normal frames that each of its frames is predicted from."""

from typing import NamedTuple

import numpy as np

from spectra.arrays import Float64Array, FloatArray, IntArray
from spectra.sequence.base_scores import NEAR, BaseScores
from spectra.sequence.memory import contexts


class AttentionMap(NamedTuple):
    """Attention of frames to normal frames, and the tokens that were expected and that came.

    Attributes
    ----------
    start : ndarray (n_frames,)
        First row of each frame.
    normal_start : ndarray (n_normal,)
        First row of each normal frame, in the signal that was learned from; ascending.
    weights : ndarray (n_frames, n_normal)
        Weights that add up to 1 for each frame; NaN for a frame whose past has a gap.
    tokens : ndarray (n_frames,)
        Token of each frame, −1 in gaps.
    expected : ndarray (n_frames,)
        The likeliest token, −1 where none is predicted.
    p : ndarray (n_frames,)
        Probability of the token that came, NaN in gaps.
    """

    start: IntArray
    normal_start: IntArray
    weights: FloatArray
    tokens: IntArray
    expected: IntArray
    p: FloatArray


def attention_map(
    base: BaseScores, signal: Float64Array, rows: slice, most: int, *, own: bool
) -> AttentionMap:
    """Return the attention of the frames in some rows of a signal, by their near past.

    Parameters
    ----------
    base : BaseScores
    signal : ndarray (n_samples, n_channels)
    rows : slice
        Rows that the frames lie in.
    most : int
        Most frames; beyond, they are drawn evenly.
    own : bool
        Whether the signal is the one that was learned from.
    """
    grid, memory = base.frames.grid, base.past[0]
    n_frames = grid.n_frames(len(signal))
    first = min(-(-rows.start // grid.hop), n_frames - 1)
    end = max(first + 1, min(n_frames, (rows.stop - grid.nperseg) // grid.hop + 1))
    lead = max(0, first - NEAR * base.frames.stride)
    part = signal[lead * grid.hop : (end - 1) * grid.hop + grid.nperseg]
    features = base.frames(base.frames.scaled(part))
    drawn = np.arange(first - lead, end - lead, -(-(end - first) // most))
    queries = contexts(features @ base.basis, memory.stride, memory.length)[drawn]
    index = (lead + drawn) if own else None
    tokens = base.vocabulary.encode_with_gaps(features[drawn])
    p = memory.predict(queries, index).p
    known = np.isfinite(p).all(axis=1)
    order = np.argsort(memory.index, kind="stable")
    return AttentionMap(
        (lead + drawn) * grid.hop,
        memory.index[order] * grid.hop,
        memory.attention(queries, index)[:, order],
        tokens,
        np.where(known, np.nan_to_num(p).argmax(axis=1), -1),
        np.where(known & (tokens >= 0), p[np.arange(drawn.size), tokens], np.nan),
    )
