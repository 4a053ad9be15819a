"""Work shared by threads of our own, in place of those of BLAS.

BLAS uses several threads for products only, and leaves exponentials, half of the work of attention,
to one; its threads also keep waiting for the next product for a while, in the way of others. So
BLAS gets one thread while ours are at work.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import lru_cache, partial
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from spectra.arrays import FloatArray

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

Block = TypeVar("Block")
Result = TypeVar("Result")

# The threads at work, and how many there are.
_POOL: ContextVar[tuple[ThreadPoolExecutor, int] | None] = ContextVar("pool", default=None)


@lru_cache(maxsize=1)
def _blas() -> "ThreadpoolController":
    """The BLAS that numpy multiplies matrices with."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


@lru_cache(maxsize=1)
def _pool(n: int) -> ThreadPoolExecutor:
    """Threads that stay: on a busy machine starting one takes as long as a layer."""
    return ThreadPoolExecutor(n, thread_name_prefix="spectra")


if hasattr(os, "register_at_fork"):
    # A forked process has the pool, but none of its threads.
    os.register_at_fork(after_in_child=_pool.cache_clear)


@contextmanager
def own_threads(wanted: bool) -> Iterator[None]:
    """As many threads as BLAS has, for `share`; unless none are wanted, or there are some already,
    or BLAS has one.
    """
    n = 1
    if wanted and _POOL.get() is None:
        n = max((library.num_threads for library in _blas().lib_controllers), default=1)
    if n == 1:
        yield
        return
    with _blas().limit(limits=1):
        # The caller's own thread takes a part too.
        token = _POOL.set((_pool(n - 1), n))
        try:
            yield
        finally:
            _POOL.reset(token)


def by_rows(
    compute: Callable[..., tuple[FloatArray, ...]], *arrays: FloatArray, n_sums: int = 0
) -> tuple[FloatArray, ...]:
    """What `compute` makes of arrays (..., ·), position by position, on the threads there are.

    Each takes some of the rows (n, ·), and what it returns is put together again; the last `n_sums`
    of its results are sums over the rows, and are added up.
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
    """Compute the blocks: each of the threads there are takes the next one whenever it is done with
    one.
    """
    threads = _POOL.get()
    # Threads may take turns with this: under the lock of the interpreter each block goes to one of
    # them.
    remaining = iter(blocks)
    if threads is None:
        compute(remaining)
        return
    pool, n = threads
    _at_once(pool, [partial(compute, remaining)] * n)


def _at_once(pool: ThreadPoolExecutor, calls: Sequence[Callable[[], Result]]) -> list[Result]:
    """What the calls return, made in the threads of the pool and in the caller's own."""
    # The context has numpy's handling of overflow, which a thread would otherwise not share with
    # its caller.
    others = [pool.submit(copy_context().run, call) for call in calls[1:]]
    results = [calls[0]()]
    for call, other in zip(calls[1:], others, strict=True):
        # A thread that has not come to it, on a busy machine, need not be waited for.
        results.append(call() if other.cancel() else other.result())
    return results
