"""The whole flow: tokens or frames in, the probabilities of tokens or expected frames out, and
every tensor between.

X = E[tokens], or frames·W_X + b_X · H⁰ = X + P · encoder layers · logits = H Eᵀ (the embedding once
more: tied) and p = softmax(logits); or, where frames are to be predicted rather than tokens, H W_Y
+ b_Y.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from spectra.arrays import BoolArray, FloatArray
from spectra.errors import DataError
from spectra.transformer.attention import softmax, split_heads
from spectra.transformer.encoder import Kept, Looks, encoder, encoder_backward, weight_shapes
from spectra.transformer.layers import (
    Tokens,
    add_bias,
    add_bias_backward,
    embed,
    embed_backward,
    linear,
    linear_backward,
)
from spectra.transformer.positional import learned, position_phasors, sinusoidal
from spectra.transformer.trace import Trace, describe, layer_tensors, without_batch

Positions = Literal["sinusoidal", "learned", "rotary"]


@dataclass(frozen=True)
class Sizes:
    """What a Transformer is made of.

    d features in h heads, d_ff inside the feed-forward, n_layers layers. With `V`, the number of
    tokens, it gives the probability of each of them; without, frames. It takes frames of
    `n_features` numbers, or tokens where that is None. `T` is the longest sequence where positions
    are learned; the others know no end. With `causal` no position sees a later one. Raises
    ValueError for sizes that do not fit together.
    """

    d: int
    h: int
    d_ff: int
    n_layers: int = 1
    V: int | None = None
    n_features: int | None = None
    T: int | None = None
    positions: Positions = "sinusoidal"
    causal: bool = False

    def __post_init__(self) -> None:
        for name, size in asdict(self).items():
            if isinstance(size, int) and not isinstance(size, bool) and size < 1:
                raise ValueError(f"{name}={size} must be an integer >= 1.")
        split_heads(np.empty((0, self.d)), self.h)
        if self.V is None and self.n_features is None:
            raise ValueError(
                "V=None and n_features=None: give the number of tokens, that of features of a "
                "frame, or both."
            )
        if self.positions not in ("sinusoidal", "learned", "rotary"):
            raise ValueError(
                f"positions={self.positions!r} must be 'sinusoidal', 'learned' or 'rotary'."
            )
        if self.positions == "learned" and self.T is None:
            raise ValueError("T=None: learned positions need the length of the longest sequence.")
        if self.positions == "rotary" and self.d // self.h % 2:
            raise ValueError(
                f"d={self.d} and h={self.h}: rotary positions need an even number of features in a "
                "head."
            )

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The weights: name and shape; those of layer l have "l." before their name, from "0."."""
        shapes: dict[str, tuple[int, ...]] = {"mask": (self.d,)}
        if self.V is not None:
            shapes["E"] = (self.V, self.d)
        if self.n_features is not None:
            shapes |= {"W_X": (self.n_features, self.d), "b_X": (self.d,)}
        if self.n_features is not None and self.V is None:
            shapes |= {"W_Y": (self.d, self.n_features), "b_Y": (self.n_features,)}
        if self.positions == "learned" and self.T is not None:
            shapes["P"] = (self.T, self.d)
        for layer in range(self.n_layers):
            shapes |= {
                f"{layer}.{name}": shape for name, shape in weight_shapes(self.d, self.d_ff).items()
            }
        return shapes


class Flow(NamedTuple):
    """What went through the model: `output` (B, T, ·) are logits, or frames; the rest is what the
    gradient needs.
    """

    output: FloatArray
    inputs: NDArray[Any]
    H: FloatArray
    layers: list[Kept]
    looks: Looks
    hidden: BoolArray | None
    trace: Trace | None = None


class Transformer:
    """A post-norm encoder with its embeddings and its output, over batches of sequences.

    Inputs are tokens (B, T) or frames (B, T, n_features), or a single sequence without its B.
    `padding` (B, T) is True where a sequence is only filled up: nothing looks there. `hidden` (B,
    T) is True for inputs the model must not know, which a learned vector stands for. Each method
    raises DataError for tokens outside the vocabulary, frames that are not finite, hidden or not,
    and masks of another shape.
    """

    def __init__(self, sizes: Sizes, weights: Mapping[str, FloatArray]) -> None:
        """Raises ValueError for weights whose names or shapes are not those of the sizes."""
        shapes = {name: np.shape(weight) for name, weight in weights.items()}
        wrong = sorted({name for name, _ in shapes.items() ^ sizes.shapes.items()})
        if wrong:
            has, needs = (known.get(wrong[0], "none") for known in (shapes, sizes.shapes))
            raise ValueError(
                f"The weight {wrong[0]} has shape {has}, but needs {needs} for {sizes}."
            )
        self.sizes = sizes
        self.weights = dict(weights)

    @classmethod
    def initial(cls, sizes: Sizes, rng: np.random.Generator, dtype: DTypeLike = np.float64) -> Self:
        """Random weights to begin with: Glorot's deviation √(2/(n_in + n_out)), 1/√d for
        embeddings, gains 1, biases 0.
        """
        weights: dict[str, FloatArray] = {}
        for name, shape in sizes.shapes.items():
            if name == "P":
                values = learned(shape[0], shape[1], rng)
            elif name in ("E", "mask"):
                values = rng.normal(0.0, sizes.d**-0.5, shape)
            elif len(shape) == 2:
                values = rng.normal(0.0, (2.0 / sum(shape)) ** 0.5, shape)
            else:
                values = np.full(shape, float("gain" in name))
            weights[name] = np.asarray(values, dtype=dtype)
        return cls(sizes, weights)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The precision of the weights, in which everything is computed."""
        return self.weights["mask"].dtype

    def layers(self) -> list[dict[str, FloatArray]]:
        """The weights of each layer by their own names."""
        names = weight_shapes(self.sizes.d, self.sizes.d_ff)
        return [
            {name: self.weights[f"{number}.{name}"] for name in names}
            for number in range(self.sizes.n_layers)
        ]

    def predict(
        self,
        inputs: ArrayLike,
        *,
        padding: ArrayLike | None = None,
        hidden: ArrayLike | None = None,
    ) -> FloatArray:
        """The probability of each token (..., T, V), or the expected frames (..., T,
        n_features).
        """
        output = self.forward(inputs, padding=padding, hidden=hidden, keep=False).output
        if self.sizes.V is not None:
            output = softmax(output)  # [B, T, V]
        return output if self._batched(np.ndim(inputs)) else output[0]

    def forward(
        self,
        inputs: ArrayLike,
        *,
        padding: ArrayLike | None = None,
        hidden: ArrayLike | None = None,
        keep: bool = True,
        trace: bool = False,
    ) -> Flow:
        """Logits (B, T, V) or frames (B, T, n_features), with what `backward` needs unless `keep`
        is False.

        With `trace` also every tensor on the way: see `Trace`.
        """
        batch = self._checked_inputs(inputs)  # [B, T] or [B, T, F]
        looks_away = _checked_mask(padding, "padding", batch)  # [B, T]
        unknown = _checked_mask(hidden, "hidden", batch)  # [B, T]
        T = batch.shape[1]
        H = self._embedded(batch, unknown)  # [B, T, d]
        P = self._positions(T)  # [T, d]
        if P is not None:
            H += P
        points = (
            _phasors(T, self.sizes.d // self.sizes.h) if self.sizes.positions == "rotary" else None
        )
        looks = Looks(self.sizes.h, self.sizes.causal, looks_away, points)
        H, kept = encoder(H, self.layers(), looks, keep=keep or trace)  # [B, T, d]
        flow = Flow(self._output(H), batch, H, kept, looks, unknown)
        return (
            flow._replace(trace=self._trace(flow, self._batched(np.ndim(inputs))))
            if trace
            else flow
        )

    def backward(self, flow: Flow, d_output: FloatArray) -> dict[str, FloatArray]:
        """By every weight, under its name, from the derivative of the loss by `flow.output`."""
        w = self.weights
        g: dict[str, FloatArray] = {}
        if self.sizes.V is not None:
            # logits = H Eᵀ
            d_H, d_E = linear_backward(d_output, flow.H, w["E"].T)  # [B, T, V] -> [B, T, d], [d, V]
            g["E"] = d_E.T
        else:
            d_H, g["W_Y"] = linear_backward(d_output, flow.H, w["W_Y"])  # [B, T, F] -> [B, T, d]
            g["b_Y"] = add_bias_backward(d_output)
        d_H, of_layers = encoder_backward(d_H, flow.layers, self.layers(), flow.looks)  # [B, T, d]
        g |= {
            f"{number}.{name}": gradient
            for number, of in enumerate(of_layers)
            for name, gradient in of.items()
        }
        if "P" in w:
            g["P"] = np.zeros_like(w["P"])  # [T, d]
            g["P"][: d_H.shape[1]] = d_H.sum(axis=0)
        return g | self._embedded_backward(d_H, flow, g.get("E"))

    def _embedded(self, inputs: NDArray[Any], hidden: BoolArray | None) -> FloatArray:
        """X (B, T, d)."""
        w = self.weights
        frames = inputs.ndim == 3
        X = (
            add_bias(linear(inputs, w["W_X"]), w["b_X"]) if frames else embed(inputs, w["E"])
        )  # -> [B, T, d]
        if hidden is not None:
            X[hidden] = w["mask"]
        return X

    def _embedded_backward(
        self, d_X: FloatArray, flow: Flow, d_E: FloatArray | None
    ) -> dict[str, FloatArray]:
        """By the weights of X, and by E in both its uses."""
        w = self.weights
        g = {"mask": np.zeros_like(w["mask"])}
        if flow.hidden is not None:
            g["mask"] = d_X[flow.hidden].sum(axis=0)  # [d]
            d_X[flow.hidden] = 0.0
        if flow.inputs.ndim == 3:
            _, g["W_X"] = linear_backward(d_X, flow.inputs, w["W_X"])  # [B, T, d] -> [F, d]
            g["b_X"] = add_bias_backward(d_X)
        elif d_E is not None:
            g["E"] = d_E + embed_backward(d_X, flow.inputs, w["E"])  # [B, T, d] -> [V, d]
        return g

    def _positions(self, T: int) -> FloatArray | None:
        """P (T, d), where positions are added."""
        if self.sizes.positions == "sinusoidal":
            return _sinusoidal(T, self.sizes.d, self.dtype)
        return self.weights["P"][:T] if self.sizes.positions == "learned" else None

    def _output(self, H: FloatArray) -> FloatArray:
        """Logits (B, T, V), or frames (B, T, n_features), of the last H (B, T, d)."""
        if self.sizes.V is not None:
            return linear(H, self.weights["E"].T)
        return add_bias(linear(H, self.weights["W_Y"]), self.weights["b_Y"])

    def _batched(self, ndim: int) -> bool:
        """Whether inputs of so many axes are a batch."""
        return ndim == (2 if self.sizes.n_features is None else 3)

    def _checked_inputs(self, inputs: ArrayLike) -> NDArray[Any]:
        """Tokens (B, T) or frames (B, T, n_features)."""
        sizes = self.sizes
        batch: NDArray[Any]
        if sizes.n_features is None:
            batch = _checked_tokens(np.asarray(inputs), sizes.V or 0)
        else:
            batch = _checked_frames(np.asarray(inputs), sizes.n_features, self.dtype)
        if sizes.positions == "learned" and sizes.T is not None and batch.shape[1] > sizes.T:
            raise DataError(
                f"A sequence of {batch.shape[1]} positions is too long: the model has learned "
                f"{sizes.T}."
            )
        return batch

    def _trace(self, flow: Flow, batched: bool) -> Trace:
        """Every tensor of a flow that has been kept."""
        w, into = self.weights, [kept.heads.H for kept in flow.layers]
        P = self._positions(flow.inputs.shape[1])
        frames = {"frames": flow.inputs} if flow.inputs.ndim == 3 else {}
        tensors: dict[str, Any] = {
            **frames,
            **{name: w[name] for name in ("W_X", "b_X", "E") if name in w},
            "X": self._embedded(flow.inputs, flow.hidden),
            **({} if P is None else {"P": P}),
            "H0": into[0],
            "layers": [
                layer_tensors(of_layer, kept, H, flow.looks)
                for of_layer, kept, H in zip(
                    self.layers(), flow.layers, [*into[1:], flow.H], strict=True
                )
            ],
        }
        if self.sizes.V is None:
            tensors |= {"W_Y": w["W_Y"], "b_Y": w["b_Y"], "Y": flow.output}
        else:
            tensors |= {"logits": flow.output, "p": softmax(flow.output)}
        if not batched:
            tensors = without_batch(tensors)
        return Trace(tensors, describe(tensors, self.sizes.positions))


def _checked_tokens(tokens: NDArray[Any], V: int) -> Tokens:
    """Tokens (B, T) of a vocabulary of V."""
    if tokens.ndim not in (1, 2) or not np.issubdtype(tokens.dtype, np.integer):
        raise DataError(
            f"Tokens of type {tokens.dtype} and shape {tokens.shape} must be integers of shape "
            "(T,) or (B, T)."
        )
    outside = np.argwhere((tokens < 0) | (tokens >= V))
    if len(outside):
        place = tuple(outside[0].tolist())
        raise DataError(
            f"Token {tokens[place]} at position {place[-1]} is outside the vocabulary: the {V} "
            f"tokens are 0 to {V - 1}."
        )
    return tokens if tokens.ndim == 2 else tokens[None]


def _checked_frames(frames: NDArray[Any], n_features: int, dtype: np.dtype[Any]) -> FloatArray:
    """Finite frames (B, T, n_features)."""
    if frames.ndim not in (2, 3) or frames.shape[-1] != n_features:
        raise DataError(
            f"Frames of shape {frames.shape} must have shape (T, {n_features}) or (B, T, "
            f"{n_features})."
        )
    # What is too large for single precision is infinite then.
    with np.errstate(over="ignore"):
        frames = frames.astype(dtype, copy=False)
    odd = np.argwhere(~np.isfinite(frames).all(axis=-1))
    if len(odd):
        *sequence, position = odd[0].tolist()
        where = f" of sequence {sequence[0]}" if sequence else ""
        raise DataError(
            f"Frame {position}{where} is not finite: fill gaps, or leave out the frames that touch "
            "them."
        )
    return frames if frames.ndim == 3 else frames[None]


def _checked_mask(mask: ArrayLike | None, name: str, batch: NDArray[Any]) -> BoolArray | None:
    """BoolArray (B, T) for a batch; those of a single sequence may be (T,)."""
    if mask is None:
        return None
    flags = np.asarray(mask)
    B, T = batch.shape[:2]
    if flags.dtype != np.bool_ or flags.shape not in ((B, T), (T,) if B == 1 else (B, T)):
        raise DataError(
            f"The mask {name} of type {flags.dtype} and shape {flags.shape} must be bool of shape "
            f"{(B, T)}: "
            "a flag for each position of each sequence."
        )
    return flags.reshape(B, T)


@lru_cache(maxsize=8)
def _sinusoidal(T: int, d: int, dtype: np.dtype[Any]) -> FloatArray:
    """Sinusoidal positions, which need more time than a small model has for all the rest; not to be
    written to.
    """
    encoding = sinusoidal(T, d, dtype)
    encoding.flags.writeable = False
    return encoding


@lru_cache(maxsize=8)
def _phasors(T: int, d_k: int) -> NDArray[np.complex128]:
    """The phasors of rotary positions; not to be written to."""
    points = position_phasors(np.arange(T), d_k)
    points.flags.writeable = False
    return points
