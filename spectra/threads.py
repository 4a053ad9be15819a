"""Threads of our own, used in place of those of BLAS.

BLAS uses several threads for products only. It leaves everything else, half of the work of
attention and of distances, to one thread, and its other threads spin for a while after each
product, which slows down the rest. So BLAS is limited to one thread while our own are at work.
There are as many of them as BLAS would have: one in a worker process, or where OMP_NUM_THREADS=1.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar, copy_context
from functools import lru_cache, partial
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from spectra.arrays import FloatArray

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

Block = TypeVar("Block")
Result = TypeVar("Result")

# The pool in use, and its number of threads with the caller's own; None outside `own_threads`.
_POOL: ContextVar[tuple[ThreadPoolExecutor, int] | None] = ContextVar("pool", default=None)


@lru_cache(maxsize=1)
def _blas() -> "ThreadpoolController":
    """Return the controller of the BLAS libraries; finding them takes 4 ms."""
    # scipy.special loads scipy's BLAS: before it there would be one library less to limit.
    import_module("scipy.special")
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


@lru_cache(maxsize=1)
def _pool(n: int) -> ThreadPoolExecutor:
    """Return a pool that is kept, as starting a thread can take as long as a layer."""
    return ThreadPoolExecutor(n, thread_name_prefix="spectra")


if hasattr(os, "register_at_fork"):
    # A forked process inherits the pool, but none of its threads.
    os.register_at_fork(after_in_child=_pool.cache_clear)


def one_blas_thread() -> AbstractContextManager[object]:
    """Return a context in which BLAS, and therefore all of this, has one thread.

    Threads sum in another order, which changes the last digits; and products with few columns, as
    short sentences have, do not gain from them.
    """
    # To ask is cheaper than to set: a stream may do so for every few rows.
    if all(library.num_threads == 1 for library in _blas().lib_controllers):
        return nullcontext()
    limited: AbstractContextManager[object] = _blas().limit(limits=1)
    return limited


def one_openmp_thread() -> AbstractContextManager[object]:
    """Return a context in which OpenMP, which scikit-learn's loops use, has one thread.

    A process that is forked later inherits none of its threads, and its next loop would wait for
    them for ever (GNU libgomp).
    """
    from threadpoolctl import threadpool_limits

    limited: AbstractContextManager[object] = threadpool_limits(limits=1, user_api="openmp")
    return limited


@contextmanager
def own_threads(wanted: bool, most: int | None = None) -> Iterator[None]:
    """Let `share` and `by_rows` use as many threads as BLAS has, if `wanted`.

    Does nothing if BLAS has one thread, or inside another `own_threads`. There are at most `most`:
    to wake a thread takes some 20 µs.
    """
    n = 1
    if wanted and _POOL.get() is None:
        n = max((library.num_threads for library in _blas().lib_controllers), default=1)
    if n == 1:
        yield
        return
    with _blas().limit(limits=1):
        # The caller's own thread is one of the n.
        token = _POOL.set((_pool(n - 1), n if most is None else max(1, min(n, most))))
        try:
            yield
        finally:
            _POOL.reset(token)


def by_rows(
    compute: Callable[..., tuple[FloatArray, ...]], *arrays: FloatArray, n_sums: int = 0
) -> tuple[FloatArray, ...]:
    """Apply `compute` to arrays (..., ·) position by position, spread over the threads.

    Each thread gets some of the rows (n, ·), and the results are concatenated. The last `n_sums`
    results are sums over the rows, and are added up.
    """
    threads = _POOL.get()
    if threads is None:
        return compute(*arrays)
    pool, n = threads
    rows = [array.reshape(-1, array.shape[-1]) for array in arrays]
    edges = [len(rows[0]) * i // n for i in range(n + 1)]
    parts = [[array[start:stop] for array in rows] for start, stop in pairwise(edges)]
    results = _at_once(pool, [partial(compute, *part) for part in parts])
    pieces = list(zip(*results, strict=True))
    leading, n_whole = arrays[0].shape[:-1], len(pieces) - n_sums
    whole = (np.concatenate(piece).reshape(*leading, -1) for piece in pieces[:n_whole])
    return (*whole, *(np.add.reduce(piece) for piece in pieces[n_whole:]))


def share(compute: Callable[[Iterator[Block]], object], blocks: Iterable[Block]) -> None:
    """Compute the blocks; each thread takes the next block as soon as it is done with one."""
    threads = _POOL.get()
    # One iterator for all threads: the lock of the interpreter gives each block to one of them.
    remaining = iter(blocks)
    if threads is None:
        compute(remaining)
        return
    pool, n = threads
    if isinstance(blocks, Sized):
        n = min(n, max(1, len(blocks)))
    _at_once(pool, [partial(compute, remaining)] * n)


def _at_once(pool: ThreadPoolExecutor, calls: Sequence[Callable[[], Result]]) -> list[Result]:
    """Return the results of the calls, made in the threads of the pool and in the caller's."""
    # The context holds numpy's handling of overflow, which a thread would not inherit otherwise.
    futures = [pool.submit(copy_context().run, call) for call in calls[1:]]
    results = [calls[0]()]
    for call, future in zip(calls[1:], futures, strict=True):
        # A call that no thread has started, on a busy machine, is made here instead.
        results.append(call() if future.cancel() else future.result())
    return results
