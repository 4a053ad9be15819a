"""Positions against their formula, their phasors, and rotation."""

import cmath
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerical import numerical_gradient
from spectra.rotation import phasor, rotate, rotate_pairs
from spectra.transformer.positional import (
    frequencies,
    initial_positions,
    position_angles,
    rotary,
    rotary_backward,
    sinusoidal,
)


def test_values_of_the_formula() -> None:
    # From a table of sines: with the exponent doubled, the second pair would turn by 1e-8 · 10^4 =
    # 1e-4, not 0.01.
    encoding = sinusoidal(3, 4)
    assert encoding[0].tolist() == [0.0, 1.0, 0.0, 1.0]
    np.testing.assert_allclose(
        encoding[1], [0.8414709848, 0.5403023059, 0.0099998333, 0.9999500004], atol=5e-11
    )
    np.testing.assert_allclose(
        encoding[2], [0.9092974268, -0.4161468365, 0.0199986667, 0.9998000067], atol=5e-11
    )


@given(st.integers(1, 9), st.integers(1, 9))
def test_every_value_is_its_formula(n_positions: int, d: int) -> None:
    encoding = sinusoidal(n_positions, d)
    for position in range(n_positions):
        for feature in range(d):
            i, odd = divmod(feature, 2)
            angle = position / 10_000 ** (2 * i / d)
            expected = math.cos(angle) if odd else math.sin(angle)
            assert encoding[position, feature] == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize("d", [6, 7])
def test_encoding_is_imaginary_and_real_part_of_the_phasors(d: int) -> None:
    points = phasor(position_angles(np.arange(50), d))
    encoding = sinusoidal(50, d)
    assert np.array_equal(encoding[:, 0::2], points.imag)
    assert np.array_equal(encoding[:, 1::2], points.real[:, : d // 2])
    assert points[3, 1] == pytest.approx(cmath.exp(3j * 10_000 ** (-2 / d)), abs=1e-15)


@given(st.integers(0, 500), st.integers(0, 500), st.sampled_from([2, 8, 10]))
def test_moving_on_is_a_rotation(position: int, k: int, d: int) -> None:
    before, after = phasor(position_angles([position, position + k], d))
    np.testing.assert_allclose(rotate(before, k * frequencies(d)), after, atol=1e-12)
    encoding = sinusoidal(position + k + 1, d)
    pairs = encoding.reshape(-1, d // 2, 2)[..., ::-1]
    turned = rotate_pairs(pairs[position], k * frequencies(d))
    np.testing.assert_allclose(turned, pairs[position + k], atol=1e-12)


def test_rotary_turns_pairs() -> None:
    x = np.random.default_rng(0).standard_normal((2, 5, 6))
    rotated = rotary(x, position_angles(np.arange(5), 6))
    angles = np.arange(5)[:, None] * frequencies(6)
    np.testing.assert_allclose(
        rotated, rotate_pairs(x.reshape(2, 5, 3, 2), angles).reshape(2, 5, 6), atol=1e-14
    )


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_rotary_products_depend_on_the_distance_only(m: int, n: int, k: int) -> None:
    q, key = np.random.default_rng(1).standard_normal((2, 1, 8))

    def product(at_q: int, at_key: int) -> float:
        return float(
            (
                rotary(q, position_angles([at_q], 8)) @ rotary(key, position_angles([at_key], 8)).T
            ).item()
        )

    assert product(m + k, n + k) == pytest.approx(product(m, n), abs=1e-11)


def test_rotary_gradient() -> None:
    rng = np.random.default_rng(2)
    x, weight = rng.standard_normal((2, 3, 4))
    angles = position_angles(np.arange(3), 4)
    expected = numerical_gradient(lambda: float((rotary(x, angles) * weight).sum()), x)
    np.testing.assert_allclose(rotary_backward(weight, angles), expected, atol=1e-8)


def test_precision_is_kept() -> None:
    assert sinusoidal(4, 4, np.float32).dtype == np.float32
    assert initial_positions(4, 4, np.random.default_rng(0), np.float32).dtype == np.float32
    x = np.ones((3, 4), dtype=np.float32)
    assert rotary(x, position_angles(np.arange(3), 4)).dtype == np.float32


def test_bad_sizes_are_named() -> None:
    with pytest.raises(ValueError, match="d=0 must be"):
        sinusoidal(3, 0)
    with pytest.raises(ValueError, match="n_positions=-1 must be"):
        sinusoidal(-1, 2)
    with pytest.raises(ValueError, match="d_k=3 must be even"):
        rotary(np.ones((2, 3)), position_angles([0, 1], 3))
