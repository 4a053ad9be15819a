"""Work on threads is the work of one thread."""

import multiprocessing
import warnings
from collections.abc import Iterator

import numpy as np
import pytest

from spectra import threads
from spectra.threads import by_rows, own_threads, share


class TwoThreads:
    """Stands for a BLAS of two threads, whatever this machine has."""

    def __init__(self) -> None:
        self.num_threads = 2
        self.lib_controllers = [self]

    def limit(self, limits: int) -> "TwoThreads":
        assert limits == 1
        return self

    def __enter__(self) -> None:
        self.num_threads = 1

    def __exit__(self, *_: object) -> None:
        self.num_threads = 2


@pytest.fixture
def blas(monkeypatch: pytest.MonkeyPatch) -> TwoThreads:
    blas = TwoThreads()
    monkeypatch.setattr(threads, "_blas", lambda: blas)
    return blas


def halves(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
    return x + y, 2.0 * x, x.T @ y, x.sum(axis=0)


@pytest.mark.parametrize("wanted", [False, True])
def test_every_block_is_computed_once(blas: TwoThreads, wanted: bool) -> None:
    seen: list[int] = []

    def compute(blocks: Iterator[int]) -> None:
        seen.extend(blocks)

    with own_threads(wanted):
        assert blas.num_threads == (1 if wanted else 2)
        share(compute, range(1000))
        share(compute, range(0))
    assert sorted(seen) == list(range(1000))
    assert blas.num_threads == 2


@pytest.mark.usefixtures("blas")
@pytest.mark.parametrize(
    ("most", "n_blocks", "n_calls"), [(None, 5, 2), (0, 5, 1), (1, 5, 1), (9, 5, 2), (None, 1, 1)]
)
def test_there_are_no_more_threads_than_blocks_or_than_are_worth_it(
    most: int | None, n_blocks: int, n_calls: int
) -> None:
    calls: list[list[int]] = []

    def compute(blocks: Iterator[int]) -> None:
        calls.append(list(blocks))

    with own_threads(True, most):
        share(compute, range(n_blocks))
    assert len(calls) == n_calls
    assert sorted(block for each in calls for block in each) == list(range(n_blocks))


@pytest.mark.parametrize("n", [1, 2, 7])
def test_rows_are_put_together_and_sums_added_up(blas: TwoThreads, n: int) -> None:
    x, y = np.random.default_rng(0).standard_normal((2, n, 3, 4))
    alone = halves(x.reshape(-1, 4), y.reshape(-1, 4))
    with own_threads(True):
        together = by_rows(halves, x, y, n_sums=2)
    for part, whole in zip(together, alone, strict=True):
        np.testing.assert_allclose(part, whole.reshape(part.shape), atol=1e-14)
    assert [part.shape for part in together] == [(n, 3, 4), (n, 3, 4), (4, 4), (4,)]


@pytest.mark.usefixtures("blas")
def test_an_error_in_a_thread_is_the_callers() -> None:
    def fail(blocks: Iterator[int]) -> None:
        for block in blocks:
            raise ValueError(f"block {block}")

    with pytest.raises(ValueError, match="block"), own_threads(True):
        share(fail, range(2))


@pytest.mark.usefixtures("blas")
def test_handling_of_overflow_is_that_of_the_caller() -> None:
    large = np.full((4, 1), 1e300)
    with np.errstate(over="ignore"), own_threads(True):
        (square,) = by_rows(lambda x: (x * x,), large)
    assert np.isinf(square).all()


def in_a_fork() -> float:
    with own_threads(True):
        (total,) = by_rows(lambda x: (x.sum(axis=0),), np.ones((8, 1)), n_sums=1)
    return float(total[0])


@pytest.mark.usefixtures("blas")
def test_a_forked_process_has_threads_of_its_own() -> None:
    assert in_a_fork() == 8.0
    with warnings.catch_warnings():
        # Newer versions of Python warn of forks where there are threads: that is what is tried
        # here.
        warnings.simplefilter("ignore", DeprecationWarning)
        with multiprocessing.get_context("fork").Pool(1) as pool:
            assert pool.apply_async(in_a_fork).get(timeout=30) == 8.0
