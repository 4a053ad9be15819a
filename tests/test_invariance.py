"""Scores do not depend on the unit, the zero or the order of channels, or on threads."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

import spectra
from spectra.errors import DataError

METHODS = ["spectral", "sequence"]
N_CHANNELS = 3
# Largest difference of a standard score: sums in another order, of values with another last bit.
ROUNDING = 2e-3
# Rows by which an edge of an alarm moves where time is reversed: a hop of the frames of the period.
REVERSED = 12


@cache
def signal(n: int) -> np.ndarray:
    """Return cycles in noise, one stretch of which is louder."""
    noise = np.random.default_rng(n).normal(size=(n, N_CHANNELS))
    x = noise + 2 * np.sin(np.arange(n) / 14.3)[:, None]
    x[n // 2 : n // 2 + 40] *= 3
    return x


def z_of(normal: np.ndarray, data: np.ndarray, method: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores of a signal by itself, and by a model of another one."""
    model = spectra.learn(normal, method=method)
    own = spectra.detect(data, method=method)
    return own.step_scores.z, spectra.score(model, data).step_scores.z


@cache
def expected(method: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores of the signal as it is."""
    return z_of(signal(2000), signal(1500), method)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=10)
@given(
    scales=st.lists(
        st.tuples(st.integers(-30, 30), st.sampled_from([1.0, -1.0, 3.7])),
        min_size=N_CHANNELS,
        max_size=N_CHANNELS,
    ),
    order=st.permutations(range(N_CHANNELS)),
)
def test_units_signs_and_the_order_of_channels_change_nothing(
    method: str, scales: list[tuple[int, float]], order: list[int]
) -> None:
    factors = np.array([sign * 10.0**exponent for exponent, sign in scales])
    found = z_of(*((signal(n) * factors)[:, order] for n in (2000, 1500)), method)
    for one, other in zip(expected(method), found, strict=True):
        np.testing.assert_allclose(one, other, atol=ROUNDING)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("factor", [1e90, 1e-90])
def test_the_smallest_and_largest_units_change_nothing(method: str, factor: float) -> None:
    found = z_of(signal(2000) * factor, signal(1500) * factor, method)
    for one, other in zip(expected(method), found, strict=True):
        np.testing.assert_allclose(one, other, atol=ROUNDING)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("factor", "said"),
    [(1e300, "is too large to be one"), (1e-300, "all values are smaller than 1e-100")],
)
def test_units_beyond_them_are_refused(method: str, factor: float, said: str) -> None:
    with pytest.raises(DataError, match=said):
        spectra.detect(signal(1500) * factor, method=method)


def test_a_channel_of_zeros_or_with_a_small_value_is_no_hindrance() -> None:
    x = signal(1500).copy()
    x[:, 0] = 0.0
    x[7, 1] = 1e-300
    assert len(spectra.detect(x).alarms) > 0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [1500, 1501, 1507])
def test_alarms_of_a_reversed_recording_are_where_they_were(method: str, n: int) -> None:
    # Frames start at row 0 and so lie elsewhere: by up to a hop, an eighth of the period of 90.
    forward, backward = (
        spectra.detect(x, method=method, alpha=1e-4).alarms[["start", "end"]].to_numpy(int)
        for x in (signal(n), signal(n)[::-1])
    )
    mirrored = n - 1 - backward[::-1, ::-1]
    assert len(forward) == 1
    np.testing.assert_allclose(mirrored, forward, atol=REVERSED)


@settings(max_examples=8)
@given(n=st.integers(1400, 1600), at=st.integers(200, 1100), size=st.sampled_from([5.0, -8.0]))
def test_spectra_see_an_event_at_its_place_whichever_way_time_runs(
    n: int, at: int, size: float
) -> None:
    x = np.delete(signal(2000), range(1000, 1040), axis=0)[:n]
    x[at : at + 40] *= size
    found = []
    for data in (x, x[::-1]):
        alarms = spectra.detect(data, alpha=1e-4).alarms
        edges = alarms[["start", "end"]].to_numpy(int)
        found.append(edges if data is x else n - 1 - edges[::-1, ::-1])
    forward, backward = (each[(each[:, 1] >= at) & (each[:, 0] < at + 40)] for each in found)
    assert len(forward) == len(backward) == 1
    np.testing.assert_allclose(backward, forward, atol=REVERSED)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=4)
@given(
    shifts=st.lists(
        st.tuples(st.integers(-3, 9), st.sampled_from([1.0, -1.0, 0.0])),
        min_size=N_CHANNELS,
        max_size=N_CHANNELS,
    )
)
def test_another_zero_changes_nothing(method: str, shifts: list[tuple[int, float]]) -> None:
    zero = np.array([sign * 10.0**exponent for exponent, sign in shifts])
    found = z_of(signal(2000) + zero, signal(1500) + zero, method)
    for one, other in zip(expected(method), found, strict=True):
        np.testing.assert_allclose(one, other, atol=ROUNDING)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_threads_of_blas_change_no_bit(method: str, threads: int) -> None:
    with threadpool_limits(limits=threads):
        found = z_of(signal(2000), signal(1500), method)
    for one, other in zip(expected(method), found, strict=True):
        assert one.tobytes() == other.tobytes()


def test_the_threads_of_blas_change_no_bit_of_a_model_of_many_rows(tmp_path: Path) -> None:
    # BLAS adds up the squares of less than 10,000 numbers in one thread.
    files = [tmp_path / f"{threads}.model" for threads in (1, 2, 3)]
    for threads, file in enumerate(files, 1):
        with threadpool_limits(limits=threads):
            spectra.learn(signal(100_000)).save(file)
    assert len({file.read_bytes() for file in files}) == 1


@pytest.mark.parametrize("method", METHODS)
def test_several_threads_at_once_have_the_same_results(method: str) -> None:
    # Up to rounding: BLAS has one number of threads for all threads of Python.
    with ThreadPoolExecutor(4) as pool:
        results = [*pool.map(lambda _: z_of(signal(2000), signal(1500), method), range(6))]
    for found in results:
        for one, other in zip(expected(method), found, strict=True):
            np.testing.assert_allclose(one, other, atol=ROUNDING)
