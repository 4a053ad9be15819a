"""Limits on the threads of BLAS."""

from contextlib import AbstractContextManager
from functools import cache
from typing import Any


def one_blas_thread() -> AbstractContextManager[object]:
    """Return a context in which BLAS has one thread.

    Products with few columns, as distances and short sentences have, do not gain from more threads,
    which wait for each other; and threads sum in another order, which changes the last digits.
    """
    limited: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return limited


@cache
def _controller() -> Any:
    """Return the controller of the libraries that are loaded; finding them takes 4 ms."""
    # scipy.special loads scipy's BLAS: before it there would be one library less to limit.
    import scipy.special  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
