"""Training: its steps against their formulas, the tasks it learns, and when it stops."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive_transformer as naive
from spectra.errors import DataError
from spectra.transformer.layers import cross_entropy, cross_entropy_backward
from spectra.transformer.model import Sizes, Transformer
from spectra.transformer.training import (
    Epoch,
    Sequences,
    Settings,
    Training,
    TrainingDiverged,
    adam,
    gradient_descent,
    hide,
)

TOKENS = Sizes(d=8, h=2, d_ff=16, V=5, T=9, positions="learned")
FRAMES = Sizes(d=8, h=2, d_ff=16, V=2, n_features=3, T=9, positions="learned", causal=True)
SHORT = Settings(max_epochs=4, warm_up=3, batch_size=8, learning_rate=0.01)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def cycles(n: int, V: int = 5, T: int = 9, seed: int = 1) -> Sequences:
    """Tokens that count up, from a random one."""
    return Sequences((rng(seed).integers(V, size=(n, 1)) + np.arange(T)) % V)


def waves(n: int, T: int = 9, seed: int = 1) -> Sequences:
    """Frames of three sines of random phase; the token is the sign of the first."""
    frames = np.sin(
        2 * np.pi * (rng(seed).random((n, 1, 1)) + np.arange(T)[:, None] * [0.1, 0.2, 0.3])
    )
    return Sequences(frames, (frames[..., 0] > 0).astype(int))


def training(sizes: Sizes, how: Settings = SHORT, seed: int = 0) -> Training:
    return Training(Transformer.initial(sizes, rng(seed)), how, rng(seed))


def assert_same_weights(first: Transformer, second: Transformer) -> None:
    assert first.weights.keys() == second.weights.keys()
    for name, weight in first.weights.items():
        assert np.array_equal(weight, second.weights[name]), name


def test_gradient_descent_is_its_formula() -> None:
    weights = {"W": np.array([1.0, -2.0])}
    gradient_descent(weights, {"W": np.array([4.0, 10.0])}, 0.1)
    np.testing.assert_allclose(weights["W"], [0.6, -3.0])


def test_gradient_descent_decreases_the_loss_of_its_batch() -> None:
    model, tokens = Transformer.initial(TOKENS, rng()), cycles(30).inputs
    hidden = np.arange(9) == np.full((30, 1), 4)
    losses = []
    for _ in range(5):
        flow = model.forward(tokens, hidden=hidden)
        loss, p = cross_entropy(flow.logits, tokens, hidden)
        losses.append(loss)
        gradients = model.backward(flow, cross_entropy_backward(p, tokens, hidden))
        gradient_descent(model.weights, gradients, 0.01)
    assert losses == sorted(losses, reverse=True)


def test_adam_is_its_formula() -> None:
    gradients = [3.0, -1.0, 0.5, 1e-3]
    weights, moments = {"W": np.array([2.0])}, {}
    for n, gradient in enumerate(gradients, 1):
        adam(weights, {"W": np.array([gradient])}, 0.1, moments, n)
    assert weights["W"][0] == pytest.approx(naive.adam(2.0, gradients, 0.1), abs=1e-12)


def test_a_step_is_adam_on_the_gradient_of_the_hidden_positions() -> None:
    train, sequences = training(TOKENS, replace(SHORT, batch_size=30, max_epochs=1)), cycles(30)
    before = {name: weight.copy() for name, weight in train.model.weights.items()}
    again = rng()
    hide((30, 9), 0.15, again)  # for the loss of the untrained model
    order = again.permutation(30)
    tokens, hidden = sequences.inputs[order], hide((30, 9), 0.15, again)
    flow = train.model.forward(tokens, hidden=hidden)
    loss, p = cross_entropy(flow.logits, tokens, hidden)
    gradients = train.model.backward(flow, cross_entropy_backward(p, tokens, hidden))
    train.run(sequences)
    assert train.curve[1].loss == pytest.approx(loss)
    for name, weight in train.model.weights.items():
        # The first step of Adam is η·g/(|g| + ε), here with a third of the rate.
        step = 0.01 / 3 * gradients[name] / (np.abs(gradients[name]) + 1e-8)
        np.testing.assert_allclose(weight, before[name] - step, atol=1e-9, err_msg=name)


def test_learning_rate_warms_up(monkeypatch: pytest.MonkeyPatch) -> None:
    rates: list[float] = []
    monkeypatch.setattr(
        "spectra.transformer.training.adam", lambda weights, gradients, rate, *_: rates.append(rate)
    )
    training(TOKENS, replace(SHORT, warm_up=4, batch_size=5, max_epochs=2)).run(cycles(15))
    assert rates == pytest.approx([0.0025, 0.005, 0.0075, 0.01, 0.01, 0.01])


def test_hidden_tokens_of_a_cycle_are_learned() -> None:
    train = training(TOKENS, Settings(max_epochs=60, warm_up=10, batch_size=20, learning_rate=0.02))
    model = train.run(cycles(60), cycles(20, seed=2))
    tokens = cycles(10, seed=3).inputs
    hidden = np.arange(9) == np.full((10, 1), 4)
    assert np.array_equal(
        model.predict(tokens, hidden=hidden).argmax(axis=-1)[hidden], tokens[:, 4]
    )
    assert train.best.held_out_loss is not None
    assert train.best.held_out_loss < 0.2


def test_tokens_of_hidden_frames_are_learned() -> None:
    train = training(FRAMES, Settings(max_epochs=50, warm_up=10, batch_size=20, learning_rate=0.02))
    train.run(waves(60))
    assert train.curve[-1].loss < 0.5 * train.curve[0].loss


@pytest.mark.parametrize(("sizes", "make"), [(TOKENS, cycles), (FRAMES, waves)])
def test_same_seed_same_weights(sizes: Sizes, make: Any) -> None:
    assert_same_weights(training(sizes).run(make(30)), training(sizes).run(make(30)))
    other = training(sizes, seed=1).run(make(30))
    assert not np.array_equal(
        other.weights["0.W_Q"], training(sizes).run(make(30)).weights["0.W_Q"]
    )


def test_training_stops_early_with_the_best_weights() -> None:
    # Random tokens cannot be predicted, so the held-out loss soon rises.
    how = Settings(max_epochs=200, patience=3, warm_up=0, batch_size=8, learning_rate=0.03)
    train = training(TOKENS, how)
    weights: list[dict[str, np.ndarray]] = []

    def remember(_: Epoch) -> None:
        weights.append({name: weight.copy() for name, weight in train.model.weights.items()})

    held_out = Sequences(rng(5).integers(5, size=(20, 9)))
    model = train.run(Sequences(rng(6).integers(5, size=(10, 9))), held_out, progress=remember)
    losses = [epoch.held_out_loss or 0.0 for epoch in train.curve]
    assert train.best.held_out_loss == min(losses)
    assert train.curve[-1].number == train.best.number + 3 < 200
    assert_same_weights(model, Transformer(TOKENS, weights[int(np.argmin(losses))]))


def test_finished_training_does_nothing_more() -> None:
    train = training(TOKENS)
    model = train.run(cycles(30), cycles(10))
    before = Transformer(TOKENS, {name: weight.copy() for name, weight in model.weights.items()})
    assert_same_weights(train.run(cycles(30), cycles(10)), before)
    assert len(train.curve) == 5


def test_training_does_not_learn_from_what_is_held_out() -> None:
    first, second = (training(FRAMES, replace(SHORT, max_epochs=2, patience=9)) for _ in range(2))
    held_out = waves(10, seed=2)
    first.run(waves(30), held_out)
    second.run(waves(30), Sequences(1e3 * held_out.inputs, held_out.targets))
    assert [epoch.loss for epoch in first.curve] == [epoch.loss for epoch in second.curve]


def test_progress_is_the_loss_curve() -> None:
    seen: list[Epoch] = []
    train = training(TOKENS)
    train.run(cycles(30), progress=seen.append)
    assert seen == train.curve
    assert [epoch.number for epoch in seen] == [0, 1, 2, 3, 4]
    assert [epoch.n_batches for epoch in seen] == [0, 4, 8, 12, 16]
    assert all(epoch.held_out_loss is None for epoch in seen)


@pytest.mark.parametrize("rate", [50.0, 1e300])
def test_training_that_diverges_says_so(rate: float) -> None:
    train = training(FRAMES, Settings(learning_rate=rate, warm_up=0, batch_size=8))
    with pytest.raises(
        TrainingDiverged, match=r"diverged: the loss went from .* learning_rate=.* smaller"
    ):
        train.run(waves(30), waves(10))
    assert all(np.isfinite(weight).all() for weight in train.model.weights.values())


@pytest.mark.parametrize(("sizes", "make"), [(TOKENS, cycles), (FRAMES, waves)])
def test_padding_is_not_learned_from(sizes: Sizes, make: Any) -> None:
    padding = np.arange(9) >= rng(4).integers(3, 10, size=(30, 1))
    results = []
    for filler in (0, 1):
        sequences = make(30)
        inputs = sequences.inputs.copy()
        inputs[padding] = filler
        results.append(training(sizes).run(Sequences(inputs, sequences.targets, padding)))
    for name, weight in results[0].weights.items():
        np.testing.assert_allclose(weight, results[1].weights[name], atol=1e-12, err_msg=name)


@settings(max_examples=50)
@given(st.integers(1, 30), st.floats(0.01, 0.99), st.integers(0, 9))
def test_a_share_of_the_positions_is_hidden(T: int, masked: float, seed: int) -> None:
    lengths = rng(seed).integers(0, T + 1, size=(20, 1))
    padding = np.arange(T) >= lengths
    hidden = hide((20, T), masked, rng(seed), padding)
    assert not (hidden & padding).any()
    expected = np.minimum(np.maximum(np.rint(lengths[:, 0] * masked), 1), lengths[:, 0])
    assert np.array_equal(hidden.sum(axis=1), expected)


def test_sequences_that_do_not_fit_are_named() -> None:
    with pytest.raises(
        DataError, match=r"padding of shape \(3, 4\) do not fit inputs of shape \(3, 5\)"
    ):
        Sequences(np.zeros((3, 5), dtype=int), padding=np.zeros((3, 4), dtype=bool))
    with pytest.raises(DataError, match="no sequences"):
        training(TOKENS).run(cycles(0))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 0}, "batch_size=0 must be an integer >= 1"),
        ({"learning_rate": 0.0}, "learning_rate=0.0 must be"),
        ({"masked": 1.0}, "masked=1.0 must lie"),
    ],
)
def test_settings_that_make_no_sense_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Settings(**changes)
