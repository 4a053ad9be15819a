"""The Transformer as a predictor of frames: its sequences, and what it learns of an order."""

import numpy as np
import pytest

from spectra.sequence.predictor import FramePredictor, sequences


def test_a_sequence_is_the_frames_before_up_to_the_first_gap() -> None:
    keys = np.arange(12.0)[:, None]
    keys[2] = np.nan
    frames, missing = sequences(keys, np.array([11, 6, 1]), 2, 3, 3)
    assert frames[..., 0].tolist() == [[5, 7, 9, 11], [0, 0, 4, 6], [0, 0, 0, 1]]
    assert missing.tolist() == [
        [False, False, False, False],
        [True, True, False, False],
        [True, True, True, False],
    ]


def test_a_sequence_has_no_more_frames_than_are_known() -> None:
    keys = np.arange(12.0)[:, None]
    missing = sequences(keys, np.array([11, 10]), 1, 4, np.array([1, 4]))[1]
    assert missing.sum(axis=1).tolist() == [3, 0]


@pytest.fixture(scope="module")
def cycle() -> tuple[FramePredictor, np.ndarray, np.ndarray]:
    tokens = np.arange(600) % 3
    keys = (np.eye(3)[tokens] + np.random.default_rng(0).normal(0, 0.05, (600, 3))).astype("f4")
    predictor = FramePredictor.fit(
        keys, tokens, np.arange(600), 3, (1, 4, 16), 12, np.random.default_rng(0)
    )
    return predictor, keys, tokens


def test_it_learns_the_order_of_a_cycle(
    cycle: tuple[FramePredictor, np.ndarray, np.ndarray],
) -> None:
    predictor, keys, tokens = cycle
    last = np.arange(100, 160)
    for length in (4, 16):
        p = predictor.probabilities(keys, last, 1, length)
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
        assert (p.argmax(axis=1) == tokens[last]).mean() > 0.9


def test_the_frame_that_is_predicted_is_hidden(
    cycle: tuple[FramePredictor, np.ndarray, np.ndarray],
) -> None:
    predictor, keys, _ = cycle
    changed = keys.copy()
    changed[100] = 50.0
    p, other = (predictor.probabilities(each, np.array([100]), 1, 16) for each in (keys, changed))
    np.testing.assert_array_equal(p, other)


def test_weights_that_do_not_fit_the_sizes_are_refused(
    cycle: tuple[FramePredictor, np.ndarray, np.ndarray],
) -> None:
    predictor = cycle[0]
    with pytest.raises(ValueError, match="mask has shape"):
        FramePredictor(predictor.sizes, predictor.weights | {"mask": np.zeros(3)}, 1.0)
    with pytest.raises(ValueError, match="factor=0"):
        FramePredictor(predictor.sizes, predictor.weights, 0.0)
