"""The inputs of the Transformer, checked: tokens, frames and masks."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectra.arrays import BoolArray, FloatArray
from spectra.errors import DataError
from spectra.transformer.layers import Tokens


def checked_tokens(tokens: NDArray[Any], V: int) -> Tokens:
    """Return tokens as (B, T).

    Parameters
    ----------
    tokens : ndarray, shape (B, T) or (T,)
    V : int
        Number of tokens.

    Returns
    -------
    ndarray of int, shape (B, T)

    Raises
    ------
    DataError
        Unless they are integers from 0 to V − 1.
    """
    if tokens.ndim not in (1, 2) or not np.issubdtype(tokens.dtype, np.integer):
        raise DataError(
            f"Tokens of type {tokens.dtype} and shape {tokens.shape} must be integers of shape "
            "(T,) or (B, T)."
        )
    outside = np.argwhere((tokens < 0) | (tokens >= V))
    if len(outside):
        index = tuple(outside[0].tolist())
        raise DataError(
            f"Token {tokens[index]} at position {index[-1]} is outside the vocabulary: the {V} "
            f"tokens are 0 to {V - 1}."
        )
    return tokens if tokens.ndim == 2 else tokens[None]


def checked_frames(frames: NDArray[Any], n_features: int, dtype: np.dtype[Any]) -> FloatArray:
    """Return frames as (B, T, n_features).

    Parameters
    ----------
    frames : ndarray, shape (B, T, n_features) or (T, n_features)
    n_features : int
        Numbers in a frame.
    dtype : dtype
        The precision of the model.

    Returns
    -------
    ndarray, shape (B, T, n_features)

    Raises
    ------
    DataError
        Unless they have this shape and are finite.
    """
    if frames.ndim not in (2, 3) or frames.shape[-1] != n_features:
        raise DataError(
            f"Frames of shape {frames.shape} must have shape (T, {n_features}) or (B, T, "
            f"{n_features})."
        )
    # A number too large for single precision becomes infinite, and is reported below.
    with np.errstate(over="ignore"):
        frames = frames.astype(dtype, copy=False)
    infinite = np.argwhere(~np.isfinite(frames).all(axis=-1))
    if len(infinite):
        *sequence, position = infinite[0].tolist()
        where = f" of sequence {sequence[0]}" if sequence else ""
        raise DataError(
            f"Frame {position}{where} is not finite: fill gaps, or leave out the frames that touch "
            "them."
        )
    return frames if frames.ndim == 3 else frames[None]


def checked_mask(mask: ArrayLike | None, name: str, batch: NDArray[Any]) -> BoolArray | None:
    """Return a mask as (B, T); that of a single sequence may be (T,).

    Parameters
    ----------
    mask : array_like of bool, shape (B, T) or (T,), optional
    name : str
        Its name in messages.
    batch : ndarray, shape (B, T, …)
        The inputs that it is a mask of.

    Returns
    -------
    ndarray of bool, shape (B, T), or None
        None where no mask is given.

    Raises
    ------
    DataError
        For another type or shape.
    """
    if mask is None:
        return None
    flags = np.asarray(mask)
    B, T = batch.shape[:2]
    if flags.dtype != np.bool_ or flags.shape not in ((B, T), (T,) if B == 1 else (B, T)):
        raise DataError(
            f"The mask {name} of type {flags.dtype} and shape {flags.shape} must be bool of shape "
            f"{(B, T)}: one value for each position of each sequence."
        )
    return flags.reshape(B, T)
