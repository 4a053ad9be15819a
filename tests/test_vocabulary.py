"""Spectra to tokens and back: against a plain search, and on signals whose tokens are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive_vocabulary as naive
from spectra.datasets import generators
from spectra.errors import DataError
from spectra.sequence import vocabulary as room
from spectra.sequence.vocabulary import Vocabulary
from spectra.signal.spectrum import frame_spectra
from spectra.signal.views import magnitude


def blobs(n_centres, n_each, spread=0.01, seed=0):
    """Frames around well separated centres in a random order, the centres, and that of each."""
    rng = np.random.default_rng(seed)
    centres = 10 * np.eye(n_centres, n_centres + 2)
    which = rng.permutation(np.repeat(np.arange(n_centres), n_each))
    return (
        centres[which] + spread * rng.standard_normal((len(which), n_centres + 2)),
        centres,
        which,
    )


@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(1, 30), st.integers(1, 6))
@settings(deadline=None, max_examples=50)
def test_a_frame_gets_the_nearest_token(seed, n_centres, n_frames, n_features):
    rng = np.random.default_rng(seed)
    vocabulary = Vocabulary(rng.standard_normal((n_centres, n_features)))
    features = rng.standard_normal((n_frames, n_features))
    assert vocabulary.encode(features).tolist() == [
        naive.nearest(frame, vocabulary.centres) for frame in features
    ]
    np.testing.assert_array_equal(
        vocabulary.encode(vocabulary.decode(np.arange(n_centres))), np.arange(n_centres)
    )


def test_tokens_do_not_depend_on_blocks(monkeypatch):
    rng = np.random.default_rng(0)
    vocabulary, features = Vocabulary(rng.standard_normal((5, 3))), rng.standard_normal((101, 3))
    whole, distances = vocabulary.encode(features), vocabulary.token_distances(features, np.ones(5))
    monkeypatch.setattr(room, "BLOCK_VALUES", 35)
    np.testing.assert_array_equal(vocabulary.encode(features), whole)
    np.testing.assert_allclose(
        vocabulary.token_distances(features, np.ones(5)), distances, rtol=1e-12
    )


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(2, 30))
@settings(deadline=None, max_examples=25)
def test_a_token_spreads_as_its_frames_do(seed, n_centres, n_frames):
    rng = np.random.default_rng(seed)
    vocabulary, features = (
        Vocabulary(rng.standard_normal((n_centres, 3))),
        rng.standard_normal((n_frames, 3)),
    )
    sentence = vocabulary.encode(features)
    usual = np.mean(np.sum((features - vocabulary.decode(sentence)) ** 2, axis=1))
    slow = [
        naive.spread(features, sentence, vocabulary.centres, token, usual)
        for token in range(n_centres)
    ]
    spreads = vocabulary.spreads(features, sentence)
    np.testing.assert_allclose(spreads, slow, rtol=1e-12)
    # In the units of another signal a frame is as far as before.
    other = Vocabulary(10 * vocabulary.centres)
    distances = vocabulary.token_distances(features, spreads)
    np.testing.assert_allclose(
        other.token_distances(10 * features, other.spreads(10 * features, sentence)),
        distances,
        rtol=1e-9,
    )
    gap = vocabulary.token_distances(
        np.where(np.arange(n_frames)[:, None] == 1, np.nan, features), spreads
    )
    assert np.isnan(gap[1]).all()
    np.testing.assert_allclose(
        np.delete(gap, 1, axis=0), np.delete(distances, 1, axis=0), rtol=1e-9
    )


def test_tokens_whose_frames_are_all_the_same_have_a_spread():
    vocabulary = Vocabulary(np.zeros((1, 2)))
    distances = vocabulary.token_distances(
        np.ones((1, 2)), vocabulary.spreads(np.zeros((5, 2)), np.zeros(5, dtype=np.int64))
    )
    assert np.isfinite(distances).all()
    assert distances.min() > 1e3


def test_well_separated_clusters_become_tokens():
    features, centres, which = blobs(6, 50)
    vocabulary = Vocabulary.fit(features, n_tokens=6)
    sentence = vocabulary.encode(features)
    # Each token is one centre, and its spectrum the mean of its frames.
    for token in range(6):
        (centre,) = set(which[sentence == token])
        np.testing.assert_allclose(
            vocabulary.decode(token), features[which == centre].mean(axis=0), atol=1e-12
        )
        # Five standard errors of the mean of 50.
        np.testing.assert_allclose(
            vocabulary.decode(token), centres[centre], atol=5 * 0.01 / np.sqrt(50)
        )


def test_most_frequent_token_comes_first():
    features, centres, which = blobs(4, 40)
    uneven = features[(which != 2) | (np.arange(len(which)) % 2 == 0)]
    vocabulary = Vocabulary.fit(
        np.concatenate([uneven, np.repeat(centres[[1]], 60, axis=0)]), n_tokens=4
    )
    assert vocabulary.encode(centres[[1, 2]]).tolist() == [0, 3]


def test_one_random_state_is_one_vocabulary():
    features = np.random.default_rng(0).standard_normal((500, 5))
    one, same, other = (Vocabulary.fit(features, 20, random_state) for random_state in (3, 3, 4))
    np.testing.assert_array_equal(one.centres, same.centres)
    assert not np.array_equal(one.centres, other.centres)


def test_vocabulary_has_no_more_tokens_than_there_are_spectra():
    features = np.repeat(np.random.default_rng(0).standard_normal((3, 4)), 20, axis=0)
    vocabulary = Vocabulary.fit(features, n_tokens=10)
    assert len(vocabulary) == 3
    np.testing.assert_allclose(vocabulary.decode(vocabulary.encode(features)), features, atol=1e-12)
    assert len(Vocabulary.fit(np.zeros((50, 4)), n_tokens=10)) == 1


def test_a_random_part_of_very_many_frames_is_enough(monkeypatch):
    monkeypatch.setattr(room, "MAX_FRAMES", 60)
    # The centres come in turn: every sixth frame would be one and the same.
    features = np.tile(blobs(6, 1)[0], (60, 1))
    vocabulary = Vocabulary.fit(features, n_tokens=6)
    np.testing.assert_allclose(vocabulary.decode(vocabulary.encode(features)), features, atol=1e-12)
    monkeypatch.setattr(room, "MAX_VALUES", 1)
    assert len(Vocabulary.fit(features, n_tokens=6)) <= 6


def test_phases_of_a_cycle_have_different_tokens_and_come_in_their_order():
    recording = generators.order_anomalies(np.random.default_rng(0))
    signal = recording.values
    starts = np.arange(0, len(signal) - 39, 10)

    view = np.lib.stride_tricks.sliding_window_view(signal[:, 0], 40)

    def phi(starts):
        return magnitude(frame_spectra(view[starts], "hann")[0])

    vocabulary = Vocabulary.fit(phi(starts[starts + 40 <= 10_000]), n_tokens=32)
    # The frames in the middle of the phases, one every 100 samples.
    sentence = vocabulary.encode(phi(np.arange(10, len(signal) - 40, 100)))
    centres = [set(sentence[phase:100:6]) for phase in range(6)]
    assert all(not one & other for number, one in enumerate(centres) for other in centres[:number])
    # In the second half the centres of each frame are those of the phase that the generator put
    # there.
    expected = np.arange(200) % 6
    first = int(np.argmax(recording.labels)) // 100
    read = [
        next(number for number, one in enumerate(centres) if token in one) for token in sentence
    ]
    np.testing.assert_array_equal(read[:first], expected[:first])
    assert read[first] != expected[first]


def test_tokens_of_any_shape_have_spectra():
    vocabulary = Vocabulary(np.arange(6.0).reshape(3, 2))
    np.testing.assert_array_equal(vocabulary.decode([[0, 2]]), [[[0, 1], [4, 5]]])
    assert vocabulary.decode([]).shape == (0, 2)
    assert vocabulary.encode(np.empty((0, 2))).shape == (0,)


@pytest.mark.parametrize(
    ("features", "n_tokens", "says"),
    [
        (np.zeros((5, 2)), 6, "5 frames are too few for a vocabulary of 6 tokens"),
        (
            np.array([[0.0, 1], [0, np.nan], [np.inf, 0]]),
            1,
            "2 of 3 frames are not finite, the first of them frame 1",
        ),
        (np.zeros(5), 2, r"shape \(5,\) must be \(n_frames, n_features\)"),
        (np.zeros((5, 2)), 0, "n_tokens=0 must be an integer >= 1"),
    ],
)
def test_frames_that_make_no_vocabulary_are_refused(features, n_tokens, says):
    with pytest.raises(ValueError, match=says):
        Vocabulary.fit(features, n_tokens)


@pytest.mark.parametrize(
    ("unknown", "says"),
    [
        ([0, 3], "Token 3 is outside the vocabulary: tokens are integers from 0 to 2"),
        (-1, "Token -1 is outside"),
        ([0.0], "must be integers from 0 to 2, not float64"),
        ([True], "not bool"),
    ],
)
def test_a_token_outside_the_vocabulary_is_refused(unknown, says):
    with pytest.raises(DataError, match=says):
        Vocabulary(np.zeros((3, 2))).decode(unknown)


@pytest.mark.parametrize(
    ("features", "says"),
    [
        (np.zeros((5, 3)), "The frames have 3 features, the tokens of the vocabulary 2"),
        ([[np.nan, 0]], "1 of 1 frames"),
    ],
)
def test_a_frame_without_a_token_is_refused(features, says):
    with pytest.raises(DataError, match=says):
        Vocabulary(np.zeros((3, 2))).encode(features)
