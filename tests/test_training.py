"""Training: its steps by their formulas, what it learns, when it stops, and how it goes on from a
checkpoint.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive_sequence as naive
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

NEXT = Sizes(d=8, h=2, d_ff=16, V=5, T=9, positions="learned", causal=True)
MASKED = Sizes(d=8, h=2, d_ff=16, n_features=3, T=9, positions="learned")
SHORT = Settings(max_epochs=4, warm_up=3, batch_size=8, learning_rate=0.01)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def cycles(n: int, V: int = 5, T: int = 9, seed: int = 1) -> Sequences:
    """Tokens that count up, from anywhere."""
    return Sequences((rng(seed).integers(V, size=(n, 1)) + np.arange(T)) % V)


def waves(n: int, T: int = 9, seed: int = 1) -> Sequences:
    """Frames of three sines of any phase."""
    return Sequences(
        np.sin(2 * np.pi * (rng(seed).random((n, 1, 1)) + np.arange(T)[:, None] * [0.1, 0.2, 0.3]))
    )


def training(sizes: Sizes, how: Settings = SHORT, seed: int = 0) -> Training:
    objective = "next" if sizes.causal else "masked"
    return Training(
        Transformer.initial(sizes, rng(seed)), replace(how, objective=objective), rng(seed)
    )


def assert_same_weights(one: Transformer, other: Transformer) -> None:
    assert one.weights.keys() == other.weights.keys()
    for name, weight in one.weights.items():
        assert np.array_equal(weight, other.weights[name]), name


def test_gradient_descent_is_its_formula() -> None:
    weights = {"W": np.array([1.0, -2.0])}
    gradient_descent(weights, {"W": np.array([4.0, 10.0])}, 0.1)
    np.testing.assert_allclose(weights["W"], [0.6, -3.0])


def test_gradient_descent_goes_down_the_loss_of_its_own_batch() -> None:
    how = replace(SHORT, optimiser="gradient descent", warm_up=0, batch_size=30, max_epochs=5)
    train, sequences = training(NEXT, how), cycles(30)
    before = {name: weight.copy() for name, weight in train.model.weights.items()}
    flow = train.model.forward(sequences.inputs)
    targets, counted = np.roll(sequences.inputs, -1, axis=1), np.arange(9) < np.full((30, 1), 8)
    loss, p = cross_entropy(flow.output, targets, counted)
    gradients = train.model.backward(flow, cross_entropy_backward(p, targets, counted))
    train.settings = replace(train.settings, max_epochs=1)
    train.run(sequences)
    assert train.curve[0].loss == pytest.approx(loss)
    for name, weight in train.model.weights.items():
        np.testing.assert_allclose(
            weight, before[name] - 0.01 * gradients[name], atol=1e-12, err_msg=name
        )
    train.settings = replace(train.settings, max_epochs=5)
    train.run(sequences)
    losses = [epoch.loss for epoch in train.curve[1:]]
    assert losses == sorted(losses, reverse=True)


def test_adam_is_its_formula() -> None:
    gradients = [3.0, -1.0, 0.5, 1e-3]
    weights, moments = {"W": np.array([2.0])}, {}
    for n, gradient in enumerate(gradients, 1):
        adam(weights, {"W": np.array([gradient])}, 0.1, moments, n)
    assert weights["W"][0] == pytest.approx(naive.adam(2.0, gradients, 0.1), abs=1e-12)


def test_learning_rate_warms_up(monkeypatch: pytest.MonkeyPatch) -> None:
    rates: list[float] = []
    monkeypatch.setattr(
        "spectra.transformer.training.adam", lambda weights, gradients, rate, *_: rates.append(rate)
    )
    training(NEXT, replace(SHORT, warm_up=4, batch_size=5, max_epochs=2)).run(cycles(15))
    assert rates == pytest.approx([0.0025, 0.005, 0.0075, 0.01, 0.01, 0.01])


def test_next_token_of_a_cycle_is_learned() -> None:
    train = training(NEXT, Settings(max_epochs=25, warm_up=10, batch_size=20, learning_rate=0.02))
    model = train.run(cycles(60), cycles(20, seed=2))
    tokens = cycles(10, seed=3).inputs
    p = model.predict(tokens)
    assert np.array_equal(p[:, :-1].argmax(axis=-1), tokens[:, 1:])
    assert train.best.held_out_loss is not None
    assert train.best.held_out_loss < 0.1


def test_hidden_frames_of_waves_are_learned() -> None:
    train = training(
        MASKED,
        Settings(max_epochs=150, warm_up=10, batch_size=20, learning_rate=0.01, patience=150),
    )
    model = train.run(waves(80), waves(20, seed=2))
    frames = waves(10, seed=3).inputs
    hidden = np.arange(9) == np.full((10, 1), 4)
    assert (
        (model.predict(frames, hidden=hidden) - frames)[hidden] ** 2
    ).mean() < 0.1 * frames.var()


def test_frames_to_tokens_is_learned() -> None:
    sizes = Sizes(d=8, h=2, d_ff=16, n_features=3, V=2, T=9, positions="learned")
    sequences = waves(60)
    tokens = (sequences.inputs[..., 0] > 0).astype(int)
    train = training(sizes, Settings(max_epochs=50, warm_up=10, batch_size=20, learning_rate=0.02))
    train.run(Sequences(sequences.inputs, tokens))
    assert train.curve[-1].loss < 0.5 * train.curve[0].loss


@pytest.mark.parametrize(("sizes", "make"), [(NEXT, cycles), (MASKED, waves)])
def test_same_seed_same_weights(sizes: Sizes, make: Any) -> None:
    assert_same_weights(training(sizes).run(make(30)), training(sizes).run(make(30)))
    other = training(sizes, seed=1).run(make(30))
    assert not np.array_equal(
        other.weights["0.W_Q"], training(sizes).run(make(30)).weights["0.W_Q"]
    )


@pytest.mark.parametrize("optimiser", ["adam", "gradient descent"])
@pytest.mark.parametrize(("sizes", "make"), [(NEXT, cycles), (MASKED, waves)])
def test_resumed_training_is_the_uninterrupted_one(
    sizes: Sizes, make: Any, optimiser: Any, tmp_path: Path
) -> None:
    how, file = replace(SHORT, optimiser=optimiser), tmp_path / "checkpoint"
    whole = training(sizes, how)
    whole.run(make(30), make(10))

    def interrupt(epoch: Epoch) -> None:
        if epoch.number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training(sizes, how).run(make(30), make(10), progress=interrupt, save_to=file)
    resumed = Training.resume(file)
    assert [epoch.number for epoch in resumed.curve] == [0, 1, 2]
    resumed.run(make(30), make(10))
    assert resumed.curve == whole.curve
    assert_same_weights(resumed.model, whole.model)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint"]


def test_finished_training_does_nothing_more(tmp_path: Path) -> None:
    file = tmp_path / "checkpoint"
    model = training(NEXT).run(cycles(30), cycles(10), save_to=file)
    resumed = Training.resume(file)
    assert resumed.finished
    assert_same_weights(resumed.run(cycles(30), cycles(10)), model)
    assert len(resumed.curve) == 5


def test_training_stops_early_with_the_best_weights() -> None:
    # There is nothing to learn in random tokens but the tokens themselves.
    train = training(
        NEXT, Settings(max_epochs=200, patience=3, warm_up=0, batch_size=8, learning_rate=0.03)
    )
    held_out = Sequences(rng(5).integers(5, size=(20, 9)))
    model = train.run(Sequences(rng(6).integers(5, size=(10, 9))), held_out)
    assert train.curve[-1].number == train.best.number + 3
    assert train.curve[-1].number < 200
    again = Training(model, replace(train.settings, max_epochs=0), rng())
    again.run(held_out, held_out)
    assert (
        again.curve[0].held_out_loss
        == train.best.held_out_loss
        == min(e.held_out_loss or 0.0 for e in train.curve)
    )


def test_training_does_not_learn_from_what_is_held_out() -> None:
    one, other = training(MASKED), training(MASKED)
    one.settings = other.settings = replace(SHORT, max_epochs=2, patience=9)
    one.run(waves(30), waves(10, seed=2))
    other.run(waves(30), Sequences(1e3 * waves(10, seed=3).inputs))
    assert [epoch.loss for epoch in one.curve] == [epoch.loss for epoch in other.curve]


def test_progress_is_the_loss_curve() -> None:
    seen: list[Epoch] = []
    train = training(NEXT)
    train.run(cycles(30), progress=seen.append)
    assert seen == train.curve
    assert [epoch.number for epoch in seen] == [0, 1, 2, 3, 4]
    assert [epoch.n_batches for epoch in seen] == [0, 4, 8, 12, 16]
    assert all(epoch.held_out_loss is None for epoch in seen)


@pytest.mark.parametrize("rate", [50.0, 1e300])
def test_training_that_diverges_says_so(rate: float) -> None:
    how = Settings(optimiser="gradient descent", learning_rate=rate, warm_up=0, batch_size=8)
    train = training(MASKED, how)
    with pytest.raises(
        TrainingDiverged, match=r"diverged: the loss went from 1.* learning_rate=.* smaller"
    ):
        train.run(waves(30), waves(10))
    assert all(np.isfinite(weight).all() for weight in train.model.weights.values())


@pytest.mark.parametrize(("sizes", "make"), [(NEXT, cycles), (MASKED, waves)])
def test_padding_is_not_learned_from(sizes: Sizes, make: Any) -> None:
    padding = np.arange(9) >= rng(4).integers(3, 10, size=(30, 1))
    results = []
    for filler in (0, 1):
        inputs = make(30).inputs.copy()
        inputs[padding] = filler
        results.append(training(sizes).run(Sequences(inputs, padding=padding)))
    for name, weight in results[0].weights.items():
        np.testing.assert_allclose(weight, results[1].weights[name], atol=1e-12, err_msg=name)


@settings(max_examples=50)
@given(st.integers(1, 30), st.floats(0.01, 0.99), st.integers(1, 8), st.integers(0, 9))
def test_a_share_of_the_positions_is_hidden(T: int, masked: float, run: int, seed: int) -> None:
    lengths = rng(seed).integers(0, T + 1, size=(20, 1))
    padding = np.arange(T) >= lengths
    hidden = hide((20, T), Settings(masked=masked, run=run), rng(seed), padding)
    assert not (hidden & padding).any()
    numbers = hidden.sum(axis=1)
    assert np.array_equal(numbers > 0, lengths[:, 0] > 0)
    most = np.maximum(np.rint(lengths[:, 0] * masked / run), 1) * run
    assert (numbers <= most).all()
    if run == 1:
        assert np.array_equal(numbers, np.minimum(most, lengths[:, 0]))


def test_hidden_runs_are_whole_unless_the_sequence_ends() -> None:
    hidden = hide((200, 40), Settings(masked=0.1, run=4), rng())
    edges = np.diff(np.pad(hidden, ((0, 0), (1, 1))).astype(int), axis=1)
    begins, ends = np.nonzero(edges == 1), np.nonzero(edges == -1)
    assert ((ends[1] - begins[1] >= 4) | (ends[1] == 40)).all()


def test_sequences_that_do_not_fit_are_named(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"padding of shape \(3, 4\) do not fit inputs of shape \(3, 5\)"
    ):
        Sequences(np.zeros((3, 5), dtype=int), padding=np.zeros((3, 4), dtype=bool))
    with pytest.raises(DataError, match="no sequences"):
        training(NEXT).run(cycles(0))
    training(NEXT).run(cycles(30), save_to=tmp_path / "checkpoint")
    with pytest.raises(
        DataError, match=r"began with sequences of shape \[\[30, 9\]\], not \[\[20, 9\]\]"
    ):
        Training.resume(tmp_path / "checkpoint").run(cycles(20))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"objective": "all"}, "objective='all' must be"),
        ({"optimiser": "sgd"}, "optimiser='sgd' must be"),
        ({"batch_size": 0}, "batch_size=0 must be an integer >= 1"),
        ({"learning_rate": 0.0}, "learning_rate=0.0 must be"),
        ({"masked": 1.0}, "masked=1.0 must lie"),
    ],
)
def test_settings_that_make_no_sense_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Settings(**changes)


def test_next_needs_a_causal_model() -> None:
    with pytest.raises(ValueError, match="needs a causal model"):
        Training(Transformer.initial(MASKED, rng()), Settings(objective="next"), rng())


@pytest.mark.parametrize(
    "damage", ["nothing", "text", "cut", "pickle", "other", "version", "weights"]
)
def test_damaged_checkpoint_is_named(damage: str, tmp_path: Path) -> None:
    file = tmp_path / "checkpoint"
    train = training(NEXT)
    train.run(cycles(10), save_to=file)
    whole = file.read_bytes()
    with np.load(file) as archive:
        arrays = dict(archive)
    if damage == "nothing":
        file.unlink()
    elif damage == "text":
        file.write_text("W = 1")
    elif damage == "cut":
        file.write_bytes(whole[: len(whole) // 2])
    elif damage == "pickle":
        with file.open("wb") as out:
            np.savez(out, **(arrays | {"now.E": np.array([{"code": print}], dtype=object)}))
    elif damage == "weights":
        with file.open("wb") as out:
            np.savez(out, **(arrays | {"now.E": np.zeros((2, 2))}))
    else:
        text = str(arrays["about"])
        old, new = (
            ('"spectra training"', '"another"')
            if damage == "other"
            else ('"version": 1', '"version": 2')
        )
        with file.open("wb") as out:
            np.savez(out, **(arrays | {"about": np.array(text.replace(old, new))}))
    with pytest.raises(DataError, match="checkpoint") as caught:
        Training.resume(file)
    assert str(file) in str(caught.value)


def test_checkpoint_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be written"):
        training(NEXT).save(tmp_path / "missing" / "checkpoint")
    with pytest.raises(DataError, match="it is no file"):
        training(NEXT).save(tmp_path)
