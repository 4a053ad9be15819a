"""Training of a Transformer on hidden positions, with Adam.

In each batch some positions are hidden from the model. The loss is the cross-entropy of the tokens
at these positions.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spectra.arrays import BoolArray, FloatArray
from spectra.errors import DataError
from spectra.transformer.encoder import keep_freed_memory
from spectra.transformer.layers import cross_entropy, cross_entropy_backward
from spectra.transformer.model import Transformer

# Training has diverged at this many times the loss of the untrained model; losses of the first
# batches, which pass, stay below it.
DIVERGED = 10.0


class TrainingDiverged(DataError):
    """Error: the loss grew without bound."""


@dataclass(frozen=True)
class Sequences:
    """Sequences to learn from, and their targets.

    Attributes
    ----------
    inputs : ndarray, shape (N, T) or (N, T, n_features)
        Tokens or frames.
    targets : ndarray of int, shape (N, T), or None
        Tokens to predict, by default the inputs; a model of frames needs them.
    padding : ndarray of bool, shape (N, T), or None
        True at positions that only fill up a sequence.

    Raises
    ------
    DataError
        For arrays that do not fit together.
    """

    inputs: NDArray[Any]
    targets: NDArray[Any] | None = None
    padding: BoolArray | None = None

    def __post_init__(self) -> None:
        for name in ("targets", "padding"):
            array = getattr(self, name)
            if array is not None and array.shape[:2] != self.inputs.shape[:2]:
                raise DataError(
                    f"{name} of shape {array.shape} do not fit inputs of shape "
                    f"{self.inputs.shape}: "
                    "they need as many sequences and positions."
                )

    def __len__(self) -> int:
        return len(self.inputs)

    def pick(self, indices: NDArray[np.intp]) -> "Sequences":
        """Return some of the sequences.

        Parameters
        ----------
        indices : ndarray of int, shape (n,)

        Returns
        -------
        Sequences
        """
        targets, padding = (
            None if array is None else array[indices] for array in (self.targets, self.padding)
        )
        return Sequences(self.inputs[indices], targets, padding)


@dataclass(frozen=True)
class Settings:
    """Settings of a training.

    Parameters
    ----------
    learning_rate : float
        Step size of Adam after warm-up.
    warm_up : int
        Number of batches over which the learning rate grows linearly to its full size.
    batch_size : int
        Sequences in a batch.
    max_epochs : int
        Largest number of passes over all sequences.
    patience : int
        Training stops after this many epochs in a row without a smaller held-out loss.
    masked : float
        Share of the positions that is hidden, between 0 and 1.

    Raises
    ------
    ValueError
        If a setting is out of range.
    """

    learning_rate: float = 1e-3
    warm_up: int = 100
    batch_size: int = 32
    max_epochs: int = 100
    patience: int = 10
    masked: float = 0.15

    def __post_init__(self) -> None:
        for name, least in (("batch_size", 1), ("max_epochs", 0), ("patience", 1), ("warm_up", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name}={getattr(self, name)} must be an integer >= {least}.")
        if not 0.0 < self.learning_rate < math.inf:
            raise ValueError(f"learning_rate={self.learning_rate} must be a number above 0.")
        if not 0.0 < self.masked < 1.0:
            raise ValueError(f"masked={self.masked} must lie between 0 and 1.")


class Epoch(NamedTuple):
    """Point of the loss curve.

    Attributes
    ----------
    number : int
        Epoch 0 has the losses of the untrained model.
    n_batches : int
        Number of batches so far.
    loss : float
        In nats; from epoch 1 on the mean over the batches of the epoch, each before its step.
    held_out_loss : float or None
        In nats; None if nothing is held out.
    """

    number: int
    n_batches: int
    loss: float
    held_out_loss: float | None


def gradient_descent(
    weights: dict[str, FloatArray], gradients: dict[str, FloatArray], rate: float
) -> None:
    """Take a step of gradient descent in place: W ← W − η ∂L/∂W.

    Parameters
    ----------
    weights, gradients : dict of str to ndarray
        Under the same names.
    rate : float
        The step size η.
    """
    for name, gradient in gradients.items():
        weights[name] -= rate * gradient


# Decay of the moments, and the number that keeps Adam from dividing by 0: the defaults of Kingma &
# Ba 2015.
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


def adam(
    weights: dict[str, FloatArray],
    gradients: dict[str, FloatArray],
    rate: float,
    moments: dict[str, FloatArray],
    n: int,
) -> None:
    """Take a step of Adam in place.

    Parameters
    ----------
    weights, gradients : dict of str to ndarray
        Under the same names.
    rate : float
        The step size η.
    moments : dict of str to ndarray
        m and v as "m." and "v." with the name of the weight; empty before the first step.
    n : int
        Number of the step, from 1.

    Notes
    -----
    m ← β₁m + (1 − β₁)g and v ← β₂v + (1 − β₂)g², from 0, are divided by 1 − βⁿ; then W ← W −
    η·m/(√v + ε), a step of about η whatever the scale of the gradient g.

    References
    ----------
    Kingma & Ba 2015, "Adam: A Method for Stochastic Optimization".
    """
    size = rate / (1.0 - BETA_1**n)
    scale = 1.0 / (1.0 - BETA_2**n)
    for name, gradient in gradients.items():
        m = moments.setdefault(f"m.{name}", np.zeros_like(gradient))
        v = moments.setdefault(f"v.{name}", np.zeros_like(gradient))
        m += (1.0 - BETA_1) * (gradient - m)
        v += (1.0 - BETA_2) * (gradient * gradient - v)
        weights[name] -= size * m / (np.sqrt(scale * v) + EPSILON)


def hide(
    shape: tuple[int, int],
    masked: float,
    rng: np.random.Generator,
    padding: BoolArray | None = None,
) -> BoolArray:
    """Draw the positions to hide: a share of each sequence, at least one.

    Parameters
    ----------
    shape : tuple of int, (B, T)
    masked : float
        Share of the positions, between 0 and 1.
    rng : numpy.random.Generator
    padding : ndarray of bool, shape (B, T), optional
        These positions are not counted and never hidden.

    Returns
    -------
    ndarray of bool, shape (B, T)
        True at hidden positions.
    """
    lots = rng.random(shape)  # [B, T]
    lengths = np.full((shape[0], 1), shape[1])  # [B, 1]
    if padding is not None:
        lots[padding] = np.inf
        lengths = (~padding).sum(axis=1, keepdims=True)
    n_hidden = np.clip(np.rint(lengths * masked), 1, lengths)
    ranks = np.argsort(np.argsort(lots, axis=1), axis=1)
    return np.asarray(ranks < n_hidden)


class Training:
    """Training of a model, whose weights are changed in place.

    Parameters
    ----------
    model : Transformer
    settings : Settings
    rng : numpy.random.Generator
        Draws the order of the sequences and the hidden positions.

    Attributes
    ----------
    curve : list of Epoch
        The loss curve so far.
    """

    def __init__(self, model: Transformer, settings: Settings, rng: np.random.Generator) -> None:
        self.model = model
        self.settings = settings
        self.rng = rng
        self.curve: list[Epoch] = []
        self._moments: dict[str, FloatArray] = {}

    @property
    def best(self) -> Epoch:
        """The epoch with the smallest held-out loss, or the last one if nothing is held out.

        After training the model has the weights of this epoch.
        """
        return min(
            self.curve,
            key=lambda epoch: -epoch.number if epoch.held_out_loss is None else epoch.held_out_loss,
        )

    def run(
        self,
        sequences: Sequences,
        held_out: Sequences | None = None,
        *,
        progress: Callable[[Epoch], object] | None = None,
    ) -> Transformer:
        """Train the model.

        Parameters
        ----------
        sequences : Sequences
            To learn from.
        held_out : Sequences, optional
            To choose the best epoch by.
        progress : callable, optional
            Called with each epoch after it.

        Returns
        -------
        Transformer
            The model itself, with the weights of its best epoch.

        Raises
        ------
        DataError
            For sequences that do not fit the model.
        TrainingDiverged
            If the loss is not finite or ten times that of the untrained model; the model then has
            the weights of the best epoch so far.
        """
        if len(sequences) == 0 or (held_out is not None and len(held_out) == 0):
            raise DataError(
                "There are no sequences to train on, or none held out: give at least one."
            )
        keep_freed_memory()
        best = _copied(self.model.weights)
        # The hidden positions of what is held out stay the same, so that its losses compare.
        unseen = None if held_out is None else self._hide(held_out)
        try:
            # An overflow shows in the loss, and is reported there.
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                while not self._finished():
                    if self.curve:
                        epoch = self._epoch(sequences, held_out, unseen)
                    else:
                        loss = self._loss(sequences, self._hide(sequences))
                        epoch = Epoch(0, 0, loss, self._held_out_loss(held_out, unseen))
                    self.curve.append(epoch)
                    if self.best == epoch:
                        best = _copied(self.model.weights)
                    if progress is not None:
                        progress(epoch)
        finally:
            for name, weight in best.items():
                self.model.weights[name][...] = weight
        return self.model

    def _finished(self) -> bool:
        """Return True after the last epoch, or if `patience` is exhausted."""
        if not self.curve:
            return False
        number = self.curve[-1].number
        return (
            number >= self.settings.max_epochs
            or number - self.best.number >= self.settings.patience
        )

    def _epoch(
        self, sequences: Sequences, held_out: Sequences | None, unseen: BoolArray | None
    ) -> Epoch:
        """Train on all sequences once, in random order; raise TrainingDiverged if it diverges."""
        number, n_batches = self.curve[-1].number + 1, self.curve[-1].n_batches
        total, n_counted = 0.0, 0
        for indices in self._batches(self.rng.permutation(len(sequences))):
            batch = sequences.pick(indices)
            n_batches += 1
            hidden = self._hide(batch)
            loss, n = self._step(batch, hidden, n_batches), int(hidden.sum())
            self._stop_if_diverged(loss, number, math.inf)
            total, n_counted = total + n * loss, n_counted + n
        mean = total / max(n_counted, 1)
        self._stop_if_diverged(mean, number, DIVERGED * self.curve[0].loss)
        held_out_loss = self._held_out_loss(held_out, unseen)
        self._stop_if_diverged(held_out_loss or 0.0, number, math.inf)
        return Epoch(number, n_batches, mean, held_out_loss)

    def _hide(self, sequences: Sequences) -> BoolArray:
        """Draw the hidden positions (B, T) of the sequences."""
        B, T = sequences.inputs.shape[:2]
        return hide((B, T), self.settings.masked, self.rng, sequences.padding)

    def _stop_if_diverged(self, loss: float, number: int, bound: float) -> None:
        if not loss < bound:
            raise TrainingDiverged(
                f"The training diverged: the loss went from {self.curve[0].loss:.3g} to {loss:.3g} "
                f"in epoch {number}, with "
                f"learning_rate={self.settings.learning_rate:g}: try a smaller one, or a longer "
                "warm_up."
            )

    def _batches(self, order: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
        size = self.settings.batch_size
        return (order[start : start + size] for start in range(0, len(order), size))

    def _step(self, batch: Sequences, hidden: BoolArray, n: int) -> float:
        """Take step n on a batch, and return its loss before the step."""
        targets = batch.inputs if batch.targets is None else batch.targets
        flow = self.model.forward(batch.inputs, padding=batch.padding, hidden=hidden)
        loss, p = cross_entropy(flow.logits, targets, hidden)
        gradients = self.model.backward(flow, cross_entropy_backward(p, targets, hidden))
        rate = self.settings.learning_rate * min(1.0, n / max(self.settings.warm_up, 1))
        adam(self.model.weights, gradients, rate, self._moments, n)
        return loss

    def _held_out_loss(self, held_out: Sequences | None, unseen: BoolArray | None) -> float | None:
        return None if held_out is None or unseen is None else self._loss(held_out, unseen)

    def _loss(self, sequences: Sequences, hidden: BoolArray) -> float:
        """Return the mean loss over all hidden positions."""
        total, n_counted = 0.0, 0
        for indices in self._batches(np.arange(len(sequences))):
            batch, batch_hidden = sequences.pick(indices), hidden[indices]
            targets = batch.inputs if batch.targets is None else batch.targets
            flow = self.model.forward(
                batch.inputs, padding=batch.padding, hidden=batch_hidden, keep=False
            )
            n = int(batch_hidden.sum())
            total += n * cross_entropy(flow.logits, targets, batch_hidden)[0]
            n_counted += n
        return total / max(n_counted, 1)


def _copied(weights: dict[str, FloatArray]) -> dict[str, FloatArray]:
    return {name: weight.copy() for name, weight in weights.items()}
