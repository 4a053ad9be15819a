"""Fitting the weights of a Transformer: W ← W − η ∂L/∂W, or Adam, batch after batch.

What is to be predicted is either some frames that were hidden from the model, or at each position
the next one. The loss is the cross-entropy of tokens, or the squared error of frames.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from os import PathLike
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from spectra.archive import DAMAGE, FileFormat
from spectra.arrays import BoolArray, FloatArray
from spectra.errors import DataError
from spectra.transformer.layers import (
    cross_entropy,
    cross_entropy_backward,
    squared_error,
    squared_error_backward,
)
from spectra.transformer.model import Sizes, Transformer

CHECKPOINT = FileFormat("spectra training", 1, "checkpoint of a training", "train anew")
# A loss this many times that of the untrained model cannot be a passing jump of the first batches.
DIVERGED = 10.0


class TrainingDiverged(DataError):
    """The loss left all bounds: the message says where, and what to try."""


@dataclass(frozen=True)
class Sequences:
    """What to learn from: tokens (N, T) or frames (N, T, n_features), and what is to be predicted
    of each position.

    `targets` are by default the inputs themselves; a model that takes frames and gives the
    probabilities of tokens needs tokens (N, T). `padding` (N, T) is True where a sequence is only
    filled up.
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

    def pick(self, which: NDArray[np.intp] | slice) -> "Sequences":
        """Some of the sequences."""
        targets, padding = (
            None if array is None else array[which] for array in (self.targets, self.padding)
        )
        return Sequences(self.inputs[which], targets, padding)


@dataclass(frozen=True)
class Settings:
    """How to train. Raises ValueError for settings that make no sense.

    `objective` "masked": a share `masked` of the positions is hidden, in runs of `run` positions,
    and is predicted from the rest; "next": each position predicts the one after it, for which the
    model has to be causal. The learning rate grows in even steps over the first `warm_up` batches.
    Training ends after `max_epochs` passes over all sequences, or earlier when `patience` of them
    in a row have brought no smaller loss on the sequences held out.
    """

    objective: Literal["masked", "next"] = "masked"
    optimiser: Literal["adam", "gradient descent"] = "adam"
    learning_rate: float = 1e-3
    warm_up: int = 100
    batch_size: int = 32
    max_epochs: int = 100
    patience: int = 10
    masked: float = 0.15
    run: int = 1

    def __post_init__(self) -> None:
        if self.objective not in ("masked", "next"):
            raise ValueError(f"objective={self.objective!r} must be 'masked' or 'next'.")
        if self.optimiser not in ("adam", "gradient descent"):
            raise ValueError(f"optimiser={self.optimiser!r} must be 'adam' or 'gradient descent'.")
        for name, least in (
            ("batch_size", 1),
            ("max_epochs", 0),
            ("patience", 1),
            ("warm_up", 0),
            ("run", 1),
        ):
            if getattr(self, name) < least:
                raise ValueError(f"{name}={getattr(self, name)} must be an integer >= {least}.")
        if not 0.0 < self.learning_rate < math.inf:
            raise ValueError(f"learning_rate={self.learning_rate} must be a number above 0.")
        if not 0.0 < self.masked < 1.0:
            raise ValueError(f"masked={self.masked} must lie between 0 and 1.")


class Epoch(NamedTuple):
    """A point of the loss curve: after how many passes and batches, and the mean loss of what was
    trained on and held out.

    The first, after 0 passes, has the losses of the untrained model; the later losses of what was
    trained on are those met on the way. `held_out_loss` is None where nothing is held out.
    """

    number: int
    n_batches: int
    loss: float
    held_out_loss: float | None


def gradient_descent(
    weights: dict[str, FloatArray], gradients: dict[str, FloatArray], rate: float
) -> None:
    """W ← W − η ∂L/∂W, in place."""
    for name, gradient in gradients.items():
        weights[name] -= rate * gradient


# How slowly the running means of Adam forget, and what keeps it from dividing by 0.
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


def adam(
    weights: dict[str, FloatArray],
    gradients: dict[str, FloatArray],
    rate: float,
    moments: dict[str, FloatArray],
    n: int,
) -> None:
    """Step number n, from 1, of about the size η whatever the scale of the gradient g (Kingma & Ba
    2015), in place.

    m ← β₁m + (1 − β₁)g and v ← β₂v + (1 − β₂)g², from 0, are divided by 1 − βⁿ; then W ← W −
    η·m/(√v + ε). `moments` holds m and v as "m." and "v." with the name of the weight.
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
    settings: Settings,
    rng: np.random.Generator,
    padding: BoolArray | None = None,
) -> BoolArray:
    """Which positions (B, T) to hide: at least one run in each sequence that is not all padding, at
    other places each time.

    There are as many runs as make up the share of the positions that are not padding; where they
    overlap, or reach into padding, less is hidden.
    """
    lots = rng.random(shape)  # [B, T]
    lengths = np.full((shape[0], 1), shape[1])  # [B, 1]
    if padding is not None:
        lots[padding] = np.inf
        lengths = (~padding).sum(axis=1, keepdims=True)
    n_runs = np.clip(np.rint(lengths * settings.masked / settings.run), 1, lengths)
    starts = np.argsort(np.argsort(lots, axis=1), axis=1) < n_runs  # [B, T]
    hidden = starts.copy()
    for later in range(1, min(settings.run, shape[1])):
        hidden[:, later:] |= starts[:, :-later]
    return hidden if padding is None else hidden & ~padding


class Training:
    """The training of a model, whose weights it changes in place: where it stands, and how it goes
    on.

    `rng` chooses the order of the sequences and what is hidden. `curve` is the loss curve so far.
    Raises ValueError for settings that do not fit the model.
    """

    def __init__(self, model: Transformer, settings: Settings, rng: np.random.Generator) -> None:
        if settings.objective == "next" and not model.sizes.causal:
            raise ValueError(
                "objective='next' needs a causal model: this one sees what it is to predict."
            )
        self.model = model
        self.settings = settings
        self.rng = rng
        self.curve: list[Epoch] = []
        self._best = _copied(model.weights)
        self._moments: dict[str, FloatArray] = {}
        self._held_out_hidden: BoolArray | None = None
        self._shapes: list[list[int]] = []

    @property
    def best(self) -> Epoch:
        """The epoch whose weights the model has in the end: that of the smallest held-out loss, or
        the last without any.
        """
        return min(
            self.curve,
            key=lambda epoch: -epoch.number if epoch.held_out_loss is None else epoch.held_out_loss,
        )

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do."""
        if not self.curve:
            return False
        number = self.curve[-1].number
        return (
            number >= self.settings.max_epochs
            or number - self.best.number >= self.settings.patience
        )

    def run(
        self,
        sequences: Sequences,
        held_out: Sequences | None = None,
        *,
        progress: Callable[[Epoch], object] | None = None,
        save_to: str | PathLike[str] | None = None,
    ) -> Transformer:
        """Train to the end, or on to it from where it stands; returns the model, with the best of
        its weights.

        `progress` is called after each epoch, and a checkpoint written to `save_to` before, from
        which `resume` goes on as if nothing had happened. Raises DataError for sequences that do
        not fit the model, or the checkpoint; TrainingDiverged when the loss is not finite or ten
        times that of the untrained model, which then has the best of its weights so far.
        """
        self._check(sequences, held_out)
        try:
            # Numbers too large show in the loss, and are told of there.
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                while not self.finished:
                    epoch = (
                        self._epoch(sequences, held_out)
                        if self.curve
                        else self._untrained(sequences, held_out)
                    )
                    self.curve.append(epoch)
                    if self.best == epoch:
                        self._best = _copied(self.model.weights)
                    if save_to is not None:
                        self.save(save_to)
                    if progress is not None:
                        progress(epoch)
        except TrainingDiverged:
            self._restore()
            raise
        self._restore()
        return self.model

    def _restore(self) -> None:
        for name, weight in self._best.items():
            self.model.weights[name][...] = weight

    def _check(self, sequences: Sequences, held_out: Sequences | None) -> None:
        """Refuse nothing to learn from, and other sequences than those the training began with."""
        if len(sequences) == 0 or (held_out is not None and len(held_out) == 0):
            raise DataError(
                "There are no sequences to train on, or none held out: give at least one."
            )
        shapes = [list(each.inputs.shape) for each in (sequences, held_out) if each is not None]
        if self._shapes and shapes != self._shapes:
            raise DataError(
                f"The training began with sequences of shape {self._shapes}, not {shapes}: give it "
                "the same."
            )
        self._shapes = shapes

    def _untrained(self, sequences: Sequences, held_out: Sequences | None) -> Epoch:
        """The losses before the first step; chooses what is hidden of the sequences held out, once
        and for all.
        """
        if held_out is not None:
            self._held_out_hidden = self._hide(held_out)
        return Epoch(
            0, 0, self._loss(sequences, self._hide(sequences)), self._held_out_loss(held_out)
        )

    def _epoch(self, sequences: Sequences, held_out: Sequences | None) -> Epoch:
        """One pass over all sequences in another order; raises TrainingDiverged."""
        number, n_batches, total, n_counted = (
            self.curve[-1].number + 1,
            self.curve[-1].n_batches,
            0.0,
            0,
        )
        for which in self._batches(self.rng.permutation(len(sequences))):
            batch = sequences.pick(which)
            n_batches += 1
            loss, n = self._step(batch, self._hide(batch), n_batches)
            self._stop_if_diverged(loss, number, math.inf)
            total, n_counted = total + n * loss, n_counted + n
        mean = total / max(n_counted, 1)
        self._stop_if_diverged(mean, number, DIVERGED * self.curve[0].loss)
        held_out_loss = self._held_out_loss(held_out)
        self._stop_if_diverged(held_out_loss or 0.0, number, math.inf)
        return Epoch(number, n_batches, mean, held_out_loss)

    def _hide(self, sequences: Sequences) -> BoolArray | None:
        """What the model must not see (B, T), where that is the task."""
        if self.settings.objective == "next":
            return None
        return hide(_places(sequences), self.settings, self.rng, sequences.padding)

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

    def _step(self, batch: Sequences, hidden: BoolArray | None, n: int) -> tuple[float, int]:
        """Change the weights; the loss before, and of how many positions it is the mean."""
        targets, counted = self._task(batch, hidden)
        flow = self.model.forward(batch.inputs, padding=batch.padding, hidden=hidden)
        if self.model.sizes.V is not None:
            loss, p = cross_entropy(flow.output, targets, counted)
            d_output = cross_entropy_backward(p, targets, counted)
        else:
            loss, difference = squared_error(flow.output, targets, counted)
            d_output = squared_error_backward(difference, counted)
        gradients = self.model.backward(flow, d_output)
        rate = self.settings.learning_rate * min(1.0, n / max(self.settings.warm_up, 1))
        if self.settings.optimiser == "adam":
            adam(self.model.weights, gradients, rate, self._moments, n)
        else:
            gradient_descent(self.model.weights, gradients, rate)
        return loss, int(counted.sum())

    def _task(self, batch: Sequences, hidden: BoolArray | None) -> tuple[NDArray[Any], BoolArray]:
        """What is to be predicted at each position, and which positions (B, T) count."""
        targets = batch.inputs if batch.targets is None else batch.targets
        if hidden is not None:
            return targets, hidden
        # The last position has nothing after it; what stands there only fills up.
        counted = np.ones(_places(batch), dtype=np.bool_)
        counted[:, -1] = False
        if batch.padding is not None:
            counted[:, :-1] &= ~(batch.padding[:, :-1] | batch.padding[:, 1:])
        return np.roll(targets, -1, axis=1), counted

    def _held_out_loss(self, held_out: Sequences | None) -> float | None:
        return None if held_out is None else self._loss(held_out, self._held_out_hidden)

    def _loss(self, sequences: Sequences, hidden: BoolArray | None) -> float:
        """Mean loss over all positions that count."""
        measure = squared_error if self.model.sizes.V is None else cross_entropy
        total, n_counted = 0.0, 0
        for which in self._batches(np.arange(len(sequences))):
            batch, unseen = sequences.pick(which), None if hidden is None else hidden[which]
            targets, counted = self._task(batch, unseen)
            flow = self.model.forward(
                batch.inputs, padding=batch.padding, hidden=unseen, keep=False
            )
            n = int(counted.sum())
            total, n_counted = total + n * measure(flow.output, targets, counted)[0], n_counted + n
        return total / max(n_counted, 1)

    def save(self, path: str | PathLike[str]) -> None:
        """Write a checkpoint, whole or not at all; raises DataError where it cannot be written."""
        arrays: dict[str, NDArray[Any]] = dict(self._moments)
        arrays |= {f"now.{name}": weight for name, weight in self.model.weights.items()}
        arrays |= {f"best.{name}": weight for name, weight in self._best.items()}
        if self._held_out_hidden is not None:
            arrays["held_out_hidden"] = self._held_out_hidden
        about = {
            "sizes": asdict(self.model.sizes),
            "settings": asdict(self.settings),
            "rng": self.rng.bit_generator.state,
            "curve": self.curve,
            "shapes": self._shapes,
        }
        CHECKPOINT.write(path, arrays, about)

    @classmethod
    def resume(cls, path: str | PathLike[str]) -> Self:
        """The training that a checkpoint was written of; raises DataError for a file that is none
        or is damaged.
        """
        arrays, about = CHECKPOINT.read(path)
        try:
            model = Transformer(Sizes(**about["sizes"]), _named(arrays, "now."))
            training = cls(model, Settings(**about["settings"]), _generator(about["rng"]))
            training._best = Transformer(model.sizes, _named(arrays, "best.")).weights
            training._moments = {
                name: x for name, x in arrays.items() if name.startswith(("m.", "v."))
            }
            training._held_out_hidden = arrays.get("held_out_hidden")
            training.curve = [Epoch(*point) for point in about["curve"]]
            training._shapes = about["shapes"]
        except DAMAGE as error:
            raise CHECKPOINT.damaged(path) from error
        return training


def _copied(weights: dict[str, FloatArray]) -> dict[str, FloatArray]:
    return {name: weight.copy() for name, weight in weights.items()}


def _named(arrays: dict[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    """The arrays whose names begin so, by the rest of their names."""
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }


def _generator(state: dict[str, Any]) -> np.random.Generator:
    """A generator that goes on from a state; raises ValueError for one numpy does not have."""
    known = (
        np.random.PCG64,
        np.random.PCG64DXSM,
        np.random.MT19937,
        np.random.Philox,
        np.random.SFC64,
    )
    for kind in known:
        if kind.__name__ == state["bit_generator"]:
            bits: Any = kind()
            bits.state = state
            return np.random.Generator(bits)
    raise ValueError(f"There is no generator {state['bit_generator']}.")


def _places(sequences: Sequences) -> tuple[int, int]:
    """B and T."""
    B, T = sequences.inputs.shape[:2]
    return B, T
