"""Lone rows that a model does not learn from, and what they change elsewhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive_signal
import spectra
from spectra.signal.glitches import (
    BEYOND,
    BLOCK,
    BLOCKS,
    LONGEST,
    RECURRING,
    ROWS,
    without_glitches,
)
from spectra.signal.period import dominant_period
from spectra.stored import FileArray


@given(
    st.integers(1, 3000),
    st.integers(0, 12),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_lone_rows_are_those_of_the_definition(n: int, odd: int, declared: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n).round(1)
    x[rng.random(n) < 0.1] = np.nan
    at = rng.integers(0, n, odd)
    x[at] = rng.choice([-50.0, 20.0, 1e6], odd)
    x[min(n - 1, 7)] = 0.5
    normal = range(n // 4, n // 2) if declared else range(0)
    rows = slice(normal.start, normal.stop) if declared else None
    block = min(BLOCK, -(-n // BLOCKS))
    expected = naive_signal.without_lone(x, normal, ROWS, RECURRING, BEYOND, block)
    np.testing.assert_allclose(without_glitches(x[:, None], rows)[:, 0], expected)


def test_bursts_states_and_what_recurs_are_kept() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=6000)
    burst, recurring, lone = noise.copy(), noise.copy(), noise.copy()
    burst[1000:1003] = 1e3
    recurring[::1000] = 1e3
    lone[[0, 5999]] = 1e3
    state = np.zeros(6000)
    state[3000] = 1.0
    gap = np.full(6000, np.nan)
    signal = np.column_stack([burst, recurring, state, gap])
    assert without_glitches(signal, None) is signal
    signal = np.column_stack([lone, noise])
    found = without_glitches(signal, None)
    np.testing.assert_array_equal(found[:, 1], noise)
    np.testing.assert_array_equal(np.flatnonzero(found[:, 0] != lone), [0, 5999])
    assert np.abs(found).max() < 5


def test_lone_rows_in_rows_declared_normal_are_learned() -> None:
    x = np.random.default_rng(1).normal(size=(6000, 1))
    x[[500, 4000]] = [[900.0], [1000.0]]
    found = without_glitches(x, slice(0, 1000))
    np.testing.assert_array_equal(np.flatnonzero(found != x), [4000])


def test_a_signal_in_a_file_is_learned_as_one_in_memory() -> None:
    x = np.random.default_rng(2).normal(size=(2000, 1))
    x[1000] = 1e3
    stored = FileArray((0, 1))
    stored.append(x)
    found = without_glitches(stored, None)
    np.testing.assert_array_equal(found, without_glitches(x, None))
    np.testing.assert_array_equal(np.flatnonzero(found != x), [1000])


def test_a_long_signal_is_learned_as_it_is() -> None:
    x = np.random.default_rng(2).normal(size=(LONGEST + 1, 1))
    x[1000] = 1e3
    assert without_glitches(x, None) is x
    assert without_glitches(x[:LONGEST], None) is not x


@pytest.mark.parametrize("size", [10.0, 1e3, 1e6, 1e12])
def test_one_row_of_any_size_changes_p_elsewhere_by_less_than_three(size: float) -> None:
    x = np.random.default_rng(3).normal(size=6000)
    x[4000:4200] += 1.5 * np.sin(2 * np.pi * np.arange(200) / 16)
    other = x.copy()
    other[1000] += size
    p, q = (spectra.detect(one).scores["p_value"].to_numpy() for one in (x, other))
    far = (np.abs(np.arange(6000) - 1000) > 1200) & (p < 0.05)
    assert np.exp(np.median(np.abs(np.log(q[far] / p[far])))) < 3
    burst = slice(4000, 4200)
    assert 1 / 3 < q[burst].min() / p[burst].min() < 3
    assert q[1000] < 1e-4


def test_the_distance_of_glitches_is_no_period() -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=20_000)
        x[10_000:10_200] += 1.5 * np.sin(1.3 * np.arange(200))
        x[rng.choice(9000, 5, replace=False)] += 1000
        assert dominant_period(x[:, None]) is None
        assert spectra.detect(x).scores["p_value"][10_000:10_200].min() < 1e-5


@pytest.mark.parametrize("n", [200, 500, 1000, 2000])
@pytest.mark.parametrize("n_glitches", [1, 3])
def test_glitches_hide_no_burst_in_a_short_recording(n: int, n_glitches: int) -> None:
    found = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        x, at = rng.normal(size=n), slice(2 * n // 3, 2 * n // 3 + n // 12)
        x[at] += 5 * rng.normal(size=n // 12)
        x[rng.choice(n // 2, n_glitches, replace=False)] += 1000
        found += bool(spectra.detect(x).scores["alarm"][at].any())
    assert found >= 6
