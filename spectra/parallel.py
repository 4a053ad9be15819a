"""Many tasks at once: processes of this machine (joblib), or the workers of a Dask scheduler."""

import ctypes
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib import import_module
from queue import Empty, Queue
from threading import Thread
from typing import Any, Final, TypeVar

import joblib
from joblib.externals.loky.process_executor import TerminatedWorkerError

from spectra.errors import DataError

Task = TypeVar("Task")
Result = TypeVar("Result")

# Seconds in which a scheduler has to answer, and has to have a worker.
PATIENCE: Final = 10.0
# Times that tasks are begun by processes of this machine of which one is stopped, as by Dask.
ATTEMPTS: Final = 4
# Reason of a task that no worker has survived.
KILLED: Final = (
    "each worker that had it was stopped, perhaps as memory ran out: give them more, or split it."
)
# Numbers of two settings of glibc's malloc, and their bytes here. Dask starts its workers with the
# first at 65,536, which also fixes the second at 131,072: each larger array is then given back to
# the system at once, and a fleet takes twice as long for the page faults of the next ones.
TRIM_THRESHOLD: Final = -1, 2**25
MMAP_THRESHOLD: Final = -3, 2**24
# Seconds that a scheduler gets to take leave; it may be gone.
FAREWELL: Final = 2.0


def completed(
    work: Callable[[Task, Any], Result],
    tasks: Sequence[Task],
    shared: Any,
    *,
    n_jobs: int = 1,
    client: Any = None,
) -> Iterator[tuple[int, Result | DataError]]:
    """Yield the index and the result of each task, as they are done.

    Parameters
    ----------
    work : callable
        Called with a task and `shared`. Its result must not depend on the process that calls it.
    tasks : sequence
    shared : object
        What all tasks need, such as a model.
    n_jobs : int
        Number of processes, −1 for one per core.
    client : distributed.Client, optional
        Connection to the scheduler whose workers do the tasks.

    Yields
    ------
    tuple of int and object
        A DataError in place of the result of a task that stopped its workers time and again.

    Raises
    ------
    DataError
        Where the workers or the scheduler are gone. Results that were yielded are whole.
    """
    if client is None:
        yield from _by_processes(work, tasks, shared, n_jobs)
    else:
        yield from _by_client(work, tasks, shared, client)


def _by_processes(
    work: Callable[[Task, Any], Result], tasks: Sequence[Task], shared: Any, n_jobs: int
) -> Iterator[tuple[int, Result]]:
    """Yield the results of processes; where one is stopped, the tasks that are left begin anew."""
    left = dict(enumerate(tasks))
    for attempt in range(ATTEMPTS):
        calls = (joblib.delayed(_numbered)(work, i, task, shared) for i, task in left.items())
        done = []
        try:
            for i, result in joblib.Parallel(n_jobs=n_jobs, return_as="generator_unordered")(calls):
                done.append(i)
                yield i, result
            return
        except TerminatedWorkerError as error:
            if attempt == ATTEMPTS - 1:
                raise DataError(
                    "A process was stopped time and again, perhaps as memory ran out: run the "
                    "command again with fewer processes (-j)."
                ) from error
        left = {i: task for i, task in left.items() if i not in done}


def _numbered(
    work: Callable[[Task, Any], Result], index: int, task: Task, shared: Any
) -> tuple[int, Result]:
    return index, work(task, shared)


def _by_client(
    work: Callable[[Task, Any], Result], tasks: Sequence[Task], shared: Any, client: Any
) -> Iterator[tuple[int, Result | DataError]]:
    """Yield the results of the workers of a Dask scheduler.

    A task whose worker stops is given to another one by the scheduler, up to three times
    (`distributed.scheduler.allowed-failures`).
    """
    distributed = import_module("distributed")
    killed = import_module("distributed.scheduler").KilledWorker
    # A task of its own: what is scattered would be lost with the worker that holds it.
    common = client.submit(_same, shared, pure=False)
    futures = {
        client.submit(_on_worker, work, task, common, pure=False): i for i, task in enumerate(tasks)
    }
    try:
        for future in distributed.as_completed(list(futures), loop=client.loop):
            index = futures[future]
            try:
                yield index, future.result()
            except killed:
                yield index, DataError(KILLED)
            # The scheduler forgets what nobody holds.
            del futures[future]
    except (ImportError, RuntimeError) as error:
        # A worker without spectra, or with another one, cannot even read the task.
        raise DataError(
            f"A worker cannot do its tasks ({str(error).rstrip('.')}): install the same spectra "
            "there."
        ) from error
    except (CancelledError, OSError) as error:
        raise DataError(
            "The scheduler is gone, and what is finished is kept: start it and then this command "
            "again."
        ) from error
    finally:
        with suppress(CancelledError, OSError):
            client.cancel(list(futures))


def _on_worker(work: Callable[[Task, Any], Result], task: Task, shared: Any) -> Result:
    _keep_memory()
    return work(task, shared)


@lru_cache(maxsize=1)
def _keep_memory() -> None:
    """Let malloc, where it is glibc's, keep the memory of freed arrays for the next ones."""
    with suppress(AttributeError, OSError, TypeError):
        set_option = ctypes.CDLL(None).mallopt
        for option in (TRIM_THRESHOLD, MMAP_THRESHOLD):
            set_option(*option)


def _same(value: Any) -> Any:
    return value


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Connect to the Dask scheduler at an address; yields a `distributed.Client`.

    Raises DataError where distributed is missing, where the scheduler does not answer within 10
    seconds, and where it has no worker by then.
    """
    try:
        distributed = import_module("distributed")
    except ImportError as error:
        raise DataError(
            "A scheduler needs distributed: pip install 'spectra-anomaly[distributed]'."
        ) from error
    # What goes wrong is said in one sentence here, not in the log of the library.
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    client = _client(distributed, address)
    try:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise DataError(
                f"The scheduler {address} has no worker: start one with dask worker {address}."
            ) from error
        yield client
    finally:
        with suppress(OSError):
            client.close(timeout=FAREWELL)


def _client(distributed: Any, address: str) -> Any:
    """Return a client of a scheduler; raise DataError where none answers."""
    remedy = "start it with dask scheduler, or give the address that it prints"
    try:
        distributed.comm.get_address_host_port(address, strict=True)
    except (ValueError, KeyError) as error:
        raise DataError(
            f"{address!r} is no address of a scheduler, such as tcp://host:8786: {remedy}."
        ) from error
    answers: Queue[Any] = Queue()

    def connect() -> None:
        try:
            answers.put(distributed.Client(address, timeout=PATIENCE, set_as_default=False))
        except (OSError, TimeoutError) as error:
            answers.put(error)

    # A program that is no scheduler may take the connection and keep silent for ever.
    Thread(target=connect, daemon=True).start()
    with suppress(Empty):
        answer = answers.get(timeout=PATIENCE)
        if not isinstance(answer, Exception):
            return answer
    raise DataError(
        f"The scheduler {address} does not answer within {PATIENCE:g} seconds: {remedy}."
    )
