"""The whole model: tokens or frames in, probabilities of tokens out, and its gradient.

X = E[tokens], or frames·W_X + b_X
H⁰ = X + P
H = encoder layers of H⁰
logits = H Eᵀ (the embedding again: tied weights), p = softmax(logits)
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from spectra.arrays import BoolArray, Float64Array, FloatArray
from spectra.errors import DataError
from spectra.transformer.attention import split_heads
from spectra.transformer.encoder import (
    AttentionSettings,
    Kept,
    encoder,
    encoder_backward,
    weight_shapes,
)
from spectra.transformer.inputs import checked_frames, checked_mask, checked_tokens
from spectra.transformer.layers import (
    add_bias,
    add_bias_backward,
    embed,
    embed_backward,
    linear,
    linear_backward,
    softmax,
)
from spectra.transformer.positional import initial_positions, position_angles, sinusoidal
from spectra.transformer.trace import Trace, describe, layer_tensors, without_batch

Positions = Literal["sinusoidal", "learned", "rotary"]


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Sizes and kind of a Transformer.

    Parameters
    ----------
    d, h, d_ff, n_layers : int
        Features, heads, features inside the feed-forward, and layers. d is a multiple of h.
    V : int
        Number of tokens; the output is the probability of each.
    n_features : int, optional
        Numbers in a frame, if the inputs are frames; by default they are tokens.
    T : int, optional
        Longest sequence. Needed for learned positions only; the others have no limit.
    positions : {"sinusoidal", "learned", "rotary"}
        Encoding of positions.
    causal : bool
        If True no position attends to later ones.

    Raises
    ------
    ValueError
        If the sizes do not fit together.
    """

    d: int
    h: int
    d_ff: int
    V: int
    n_layers: int = 1
    n_features: int | None = None
    T: int | None = None
    positions: Positions = "sinusoidal"
    causal: bool = False

    def __post_init__(self) -> None:
        for name, size in asdict(self).items():
            if isinstance(size, int) and not isinstance(size, bool) and size < 1:
                raise ValueError(f"{name}={size} must be an integer >= 1.")
        split_heads(np.empty((0, self.d)), self.h)
        if self.positions not in get_args(Positions):
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
        """Name and shape of each weight; the names of layer l begin with "l.", from "0."."""
        shapes: dict[str, tuple[int, ...]] = {"mask": (self.d,), "E": (self.V, self.d)}
        if self.n_features is not None:
            shapes |= {"W_X": (self.n_features, self.d), "b_X": (self.d,)}
        if self.positions == "learned" and self.T is not None:
            shapes["P"] = (self.T, self.d)
        for layer in range(self.n_layers):
            shapes |= {
                f"{layer}.{name}": shape for name, shape in weight_shapes(self.d, self.d_ff).items()
            }
        return shapes


class Flow(NamedTuple):
    """Logits of a forward pass, and the arrays that the gradient needs.

    Attributes
    ----------
    logits : ndarray, shape (B, T, V)
    inputs : ndarray, shape (B, T) or (B, T, n_features)
        Tokens or frames.
    H : ndarray, shape (B, T, d)
        Output of the encoder.
    layers : list of Kept
        One for each layer.
    attention : AttentionSettings
    hidden : ndarray of bool, shape (B, T), or None
        True at inputs that the model must not know.
    trace : Trace or None
        Every tensor of the flow, if asked for.
    """

    logits: FloatArray  # [B, T, V]
    inputs: NDArray[Any]  # [B, T] or [B, T, F]
    H: FloatArray  # [B, T, d]
    layers: list[Kept]
    attention: AttentionSettings
    hidden: BoolArray | None  # [B, T]
    trace: Trace | None = None


class Transformer:
    """Post-norm encoder with embedding and output, over batches of sequences.

    Inputs are tokens (B, T) or frames (B, T, n_features), or a single sequence without its B. Each
    method raises DataError for tokens outside the vocabulary, for frames that are not finite
    (hidden or not), and for masks of another shape.

    Parameters
    ----------
    sizes : Sizes
    weights : dict of str to ndarray
        Under the names and with the shapes of `sizes.shapes`.

    Raises
    ------
    ValueError
        If names or shapes of the weights do not fit the sizes.

    References
    ----------
    Vaswani et al. 2017, "Attention Is All You Need".

    Examples
    --------
    >>> model = Transformer.initial(Sizes(d=8, h=2, d_ff=16, V=5), np.random.default_rng(0))
    >>> p = model.predict([0, 1, 2])
    >>> p.shape, bool(np.allclose(p.sum(axis=-1), 1))
    ((3, 5), True)
    """

    def __init__(self, sizes: Sizes, weights: Mapping[str, FloatArray]) -> None:
        """Take the weights; raise ValueError if their names or shapes do not fit the sizes."""
        shapes = {name: np.shape(weight) for name, weight in weights.items()}
        wrong = sorted({name for name, _ in shapes.items() ^ sizes.shapes.items()})
        if wrong:
            has, needs = (given.get(wrong[0], "none") for given in (shapes, sizes.shapes))
            raise ValueError(
                f"The weight {wrong[0]} has shape {has}, but needs {needs} for {sizes}."
            )
        self.sizes = sizes
        self.weights = dict(weights)

    @classmethod
    def initial(cls, sizes: Sizes, rng: np.random.Generator, dtype: DTypeLike = np.float64) -> Self:
        """Return a model with random weights.

        Parameters
        ----------
        sizes : Sizes
        rng : numpy.random.Generator
        dtype : dtype
            Precision of the weights and of all results.

        Returns
        -------
        Transformer

        Notes
        -----
        The standard deviation of a matrix is √(2/(n_in + n_out)), that of embeddings 1/√d. Gains
        are 1 and biases 0.

        References
        ----------
        Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural
        networks".
        """
        weights: dict[str, FloatArray] = {}
        for name, shape in sizes.shapes.items():
            if name == "P":
                values = initial_positions(shape[0], shape[1], rng)
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
        """Precision of the weights, which is that of all results."""
        return self.weights["mask"].dtype

    def layers(self) -> list[dict[str, FloatArray]]:
        """Return the weights of each layer under their names in the layer.

        Returns
        -------
        list of dict of str to ndarray
        """
        names = weight_shapes(self.sizes.d, self.sizes.d_ff)
        return [
            {name: self.weights[f"{layer}.{name}"] for name in names}
            for layer in range(self.sizes.n_layers)
        ]

    def predict(
        self,
        inputs: ArrayLike,
        *,
        padding: ArrayLike | None = None,
        hidden: ArrayLike | None = None,
    ) -> FloatArray:
        """Return the probability of each token at each position.

        Parameters
        ----------
        inputs : array_like, shape (B, T) or (B, T, n_features)
            Tokens or frames, or a single sequence without its B.
        padding : array_like of bool, shape (B, T), optional
            True at positions that only fill up a sequence, which are not attended to.
        hidden : array_like of bool, shape (B, T), optional
            True at inputs that the model must not know; a learned vector, `mask`, takes their
            place.

        Returns
        -------
        ndarray, shape (B, T, V)
            Without B for a single sequence.

        Raises
        ------
        DataError
            For inputs or masks that do not fit the model.
        """
        p = softmax(self.forward(inputs, padding=padding, hidden=hidden, keep=False).logits)
        return p if self._is_batch(inputs) else p[0]  # [B, T, V]

    def forward(
        self,
        inputs: ArrayLike,
        *,
        padding: ArrayLike | None = None,
        hidden: ArrayLike | None = None,
        keep: bool = True,
        trace: bool = False,
    ) -> Flow:
        """Return the logits and the arrays for `backward`.

        Parameters
        ----------
        inputs : array_like, shape (B, T) or (B, T, n_features)
            Tokens or frames, or a single sequence without its B.
        padding : array_like of bool, shape (B, T), optional
            True at positions that only fill up a sequence, which are not attended to.
        hidden : array_like of bool, shape (B, T), optional
            True at inputs that the model must not know; a learned vector, `mask`, takes their
            place.
        keep : bool
            If False the arrays of the layers are left out.
        trace : bool
            If True every tensor of the flow is returned too.

        Returns
        -------
        Flow

        Raises
        ------
        DataError
            For inputs or masks that do not fit the model.
        """
        batch = self._checked_inputs(inputs)  # [B, T] or [B, T, F]
        padding_flags = checked_mask(padding, "padding", batch)  # [B, T]
        hidden_flags = checked_mask(hidden, "hidden", batch)  # [B, T]
        T = batch.shape[1]
        H = self._embedded(batch, hidden_flags)  # [B, T, d]
        P = self._positions(T)  # [T, d]
        if P is not None:
            H += P
        attention = AttentionSettings(
            self.sizes.h, self.sizes.causal, padding_flags, self._angles(T)
        )
        H, kept = encoder(H, self.layers(), attention, keep=keep or trace)  # [B, T, d]
        logits = linear(H, self.weights["E"].T)  # [B, T, d] -> [B, T, V]
        flow = Flow(logits, batch, H, kept, attention, hidden_flags)
        return flow._replace(trace=self._trace(flow, self._is_batch(inputs))) if trace else flow

    def backward(self, flow: Flow, d_logits: FloatArray) -> dict[str, FloatArray]:
        """Return the gradient by every weight, under its name.

        Parameters
        ----------
        flow : Flow
            From `forward`.
        d_logits : ndarray, shape (B, T, V)
            Derivative of the loss by `flow.logits`.

        Returns
        -------
        dict of str to ndarray
        """
        w = self.weights
        g: dict[str, FloatArray] = {}
        # logits = H Eᵀ
        d_H, d_E = linear_backward(d_logits, flow.H, w["E"].T)  # [B, T, V] -> [B, T, d], [d, V]
        d_H, layer_gradients = encoder_backward(d_H, flow.layers, self.layers(), flow.attention)
        for layer, gradients in enumerate(layer_gradients):
            g |= {f"{layer}.{name}": gradient for name, gradient in gradients.items()}
        if "P" in w:
            g["P"] = np.zeros_like(w["P"])  # [T, d]
            g["P"][: d_H.shape[1]] = d_H.sum(axis=0)
        return g | self._embedded_backward(d_H, flow, d_E.T)

    def _embedded(self, inputs: NDArray[Any], hidden: BoolArray | None) -> FloatArray:
        """Return X (B, T, d) of tokens or frames, with `mask` at hidden positions."""
        w = self.weights
        frames = inputs.ndim == 3
        X = (
            add_bias(linear(inputs, w["W_X"]), w["b_X"]) if frames else embed(inputs, w["E"])
        )  # -> [B, T, d]
        if hidden is not None:
            X[hidden] = w["mask"]
        return X

    def _embedded_backward(
        self, d_X: FloatArray, flow: Flow, d_E: FloatArray
    ) -> dict[str, FloatArray]:
        """Return the gradients by the weights of X; that by E includes `d_E` of the logits."""
        w = self.weights
        g = {"mask": np.zeros_like(w["mask"]), "E": d_E}
        if flow.hidden is not None:
            g["mask"] = d_X[flow.hidden].sum(axis=0)  # [d]
            d_X[flow.hidden] = 0.0
        if flow.inputs.ndim == 3:
            _, g["W_X"] = linear_backward(d_X, flow.inputs, w["W_X"])  # [B, T, d] -> [F, d]
            g["b_X"] = add_bias_backward(d_X)
        else:
            g["E"] = d_E + embed_backward(d_X, flow.inputs, w["E"])  # [B, T, d] -> [V, d]
        return g

    def _positions(self, T: int) -> FloatArray | None:
        """Return P (T, d); None for rotary positions, which are not added."""
        if self.sizes.positions == "sinusoidal":
            return _sinusoidal(T, self.sizes.d, self.dtype)
        return self.weights["P"][:T] if self.sizes.positions == "learned" else None

    def _angles(self, T: int) -> Float64Array | None:
        """Return the angles (T, d_k / 2) of rotary positions; None for others."""
        if self.sizes.positions != "rotary":
            return None
        return position_angles(np.arange(T), self.sizes.d // self.sizes.h)

    def _is_batch(self, inputs: ArrayLike) -> bool:
        """Return False for a single sequence, given without the axis B."""
        return np.ndim(inputs) == (2 if self.sizes.n_features is None else 3)

    def _checked_inputs(self, inputs: ArrayLike) -> NDArray[Any]:
        """Return tokens (B, T) or frames (B, T, n_features); raise DataError for others."""
        sizes = self.sizes
        batch: NDArray[Any]
        if sizes.n_features is None:
            batch = checked_tokens(np.asarray(inputs), sizes.V)
        else:
            batch = checked_frames(np.asarray(inputs), sizes.n_features, self.dtype)
        if sizes.positions == "learned" and sizes.T is not None and batch.shape[1] > sizes.T:
            raise DataError(
                f"A sequence of {batch.shape[1]} positions is too long: the model has learned "
                f"{sizes.T}."
            )
        return batch

    def _trace(self, flow: Flow, batched: bool) -> Trace:
        """Return every tensor of a flow, with its description."""
        w, layer_inputs = self.weights, [kept.heads.H for kept in flow.layers]
        P = self._positions(flow.inputs.shape[1])
        frames = {"frames": flow.inputs} if flow.inputs.ndim == 3 else {}
        tensors: dict[str, Any] = {
            **frames,
            **{name: w[name] for name in ("W_X", "b_X", "E") if name in w},
            "X": self._embedded(flow.inputs, flow.hidden),
            **({} if P is None else {"P": P}),
            "H0": layer_inputs[0],
            "layers": [
                layer_tensors(weights, kept, H, flow.attention)
                for weights, kept, H in zip(
                    self.layers(), flow.layers, [*layer_inputs[1:], flow.H], strict=True
                )
            ],
            "logits": flow.logits,
            "p": softmax(flow.logits),
        }
        if not batched:
            tensors = without_batch(tensors)
        return Trace(tensors, describe(tensors, self.sizes.positions))


@lru_cache(maxsize=8)
def _sinusoidal(T: int, d: int, dtype: np.dtype[Any]) -> FloatArray:
    """Return sinusoidal positions, read-only.

    They are cached: computing them takes longer than all other steps of a small model.
    """
    encoding = sinusoidal(T, d, dtype)
    encoding.flags.writeable = False
    return encoding
