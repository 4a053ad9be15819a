"""Damaged files, altered models and states, random options: one sentence each, in time and memory.

`make fuzz SECONDS=600` runs it for longer, on all processors:
python tests/fuzz.py SECONDS [FIRST SEED] [TARGET ...] [--processes N]
A target such as read_binary or load_altered runs alone. A seed makes the same input each time. A
process of its own runs each BATCH of them, so that one that ends the interpreter is found too.
Formats whose libraries are not installed are left out, by name.
"""

import argparse
import contextlib
import gc
import mmap
import os
import resource
import signal
import struct
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import numpy as np
from click.testing import CliRunner

import spectra
from altered_models import altered, members
from fuzz_corpus import ROWS, TEXTS, beside, composed, corpus, damaged, left_out
from spectra.cli import main
from spectra.datasets import inspect, read_series
from spectra.datasets.raw import Request
from spectra.errors import DataError
from spectra.stream.feed import Choices, Feed

# Seconds of the processor, and bytes of memory beyond those of the batch, that one input may take,
# and a model or a state with a few hundred rows that are scored.
LIMITS = {"load_altered": (1.0, 200e6), "restore_altered": (1.0, 200e6)}
LIMIT = (5.0, 1e9)
BATCH = 2000
# Seconds after which a batch is killed whose input does not end.
STUCK = 120.0
# Seconds between looks at whether a batch has ended.
PAUSE = 0.05
OPTIONS = [
    "--channels", "--time", "--label", "--fs", "--resample", "--series", "--repeats", "--sheet",
    "--variable", "--dates", "--delimiter", "--max-bytes", "--nperseg", "--k", "--view", "--alpha",
    "--normal-rows", "--format", "--method", "--false-alarms", "--fdr", "--top", "--sort",
    "--epochs", "--buffer", "--score", "--threshold", "--learn-rows", "--every", "--adapt",
    "--save-every", "--alarm", "--rpm", "--bearing", "--tokens", "--vocabulary", "--length",
    "--features", "--heads", "--feed-forward", "--layers", "--positions", "--seed",
]  # fmt: skip
FLAGS = ["--all", "--causal", "--fail-on-anomaly", "--keep-formulas", "-q", "-v", "--strict"]
VALUES = [
    "", "²", "9" * 5000, "0", "1", "-1", "1e-320", "1e-300", "1e-17", "1e400", "nan", "inf", "none",
    "a", "a,b", ",", "auto", "5min", "0.5", "\x1b[2J", "\udcff", "0:100", ":", "-5:", "5:-5", "tab",
    ";", "é", "mean", "first", "day-first", "json", "jsonl", "csv", "level", "residual", "sequence",
    "16", "64", "2", "1/day", "1/recording", "1e300/hour", "time", "label", "b", "a [mV]", "8:9",
    "6205", "100", "p", "2147483648", "9223372036854775808", "0x10", "1_0", " 5", "1,2,3",
]  # fmt: skip
COMMANDS = ["detect", "detect", "detect", "inspect", "fit", "evaluate", "score", "benchmark",
            "explain", "calibrate", "stream", "transformer"]  # fmt: skip


@cache
def models() -> list[dict[str, bytes]]:
    """Return the members of a model file of each kind."""
    x = np.random.default_rng(0).normal(size=(700, 2))
    methods = [
        spectra.Spectral(nperseg=24),
        spectra.Spectral(),
        spectra.Sequence(),
        spectra.Sequence(epochs=1),
    ]
    found = []
    for method in methods:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.model"
            spectra.learn(x, method=method).save(path)
            found.append(members(path.read_bytes()))
    return found


@cache
def whole_models() -> list[spectra.Model]:
    """Return the models that were not altered."""
    x = np.random.default_rng(0).normal(size=(700, 2))
    return [
        spectra.learn(x, method=spectra.Spectral(nperseg=24)),
        spectra.learn(x, method=spectra.Sequence()),
    ]


@cache
def states() -> list[dict[str, bytes]]:
    """Return the members of the state of a stream of each model, after 300 rows."""
    found = []
    for model, adapt in zip(whole_models(), (50, None), strict=True):
        stream = spectra.Stream(model, adapt=adapt)
        stream.update(np.random.default_rng(1).normal(size=(300, 2)))
        found.append(members(stream.state()))
    return found


THRESHOLD = {"alpha": 0.01, "false_alarms": None, "adapt": None}
CHOICES = Choices(Request(), None, 32, THRESHOLD, 16, strict=False)


def feed() -> Feed:
    """Return a stream of lines of two channels with a small model."""
    return Feed("stdin", CHOICES, whole_models()[0], spectra.learn)


def restored(folder: Path, content: bytes) -> Feed:
    """Return the stream of lines that a state file continues."""
    path = folder / "a.state"
    path.write_bytes(content)
    return Feed.restored(str(path), "stdin", CHOICES, whole_models()[0], spectra.learn)


@cache
def feed_state() -> dict[str, bytes]:
    """Return the members of the state file of `spectra stream`, after 60 lines."""
    lines = feed()
    for row in np.random.default_rng(1).normal(size=(60, 2)):
        list(lines.take(f"{row[0]:.3f},{row[1]:.3f}\n"))
    return members(lines.to_bytes())


def choices_of(rng: np.random.Generator) -> dict[str, Any]:
    """Return random arguments of the function that reads files, most often none."""
    if rng.random() < 0.7:
        return {}
    texts = ["none", "time", "label", "a", "b", "1", "2", "99", "who", "/a", "s.x", "a,b", "", "é"]
    options: dict[str, list[Any]] = {
        "time": texts, "channels": texts, "label": texts, "series": texts, "variable": texts,
        "sheet": texts, "fs": [1e-15, 0.1, 100.0, 1e15], "resample": [True, "1s", "1ns", "1D"],
        "repeats": ["first", "last", "max", "min", "mean"], "dates": ["day-first", "month-first"],
        "delimiter": [",", ";", "tab", "blank", "é"], "nrows": [2, 3, 10], "max_bytes": [1, 5000],
    }  # fmt: skip
    chosen = rng.choice([*options], int(rng.integers(1, 4)), replace=False)
    return {name: options[name][int(rng.integers(len(options[name])))] for name in map(str, chosen)}


# Formats whose files are read in a millisecond, and the one that a process of its own reads, which
# takes a tenth of a second to start.
BINARY = (".npy", ".npz", ".wav", ".mat", ".parquet", ".feather", ".arrow", ".edf", ".bdf")
HDF5 = "a.h5"


def read_binary(folder: Path, rng: np.random.Generator) -> None:
    """Read a damaged file of numbers."""
    _read_damaged(folder, str(rng.choice([*filter(_is_binary, corpus())])), rng)


def read_text(folder: Path, rng: np.random.Generator) -> None:
    """Read a damaged file of texts, one that is compressed, a sheet or a record."""
    _read_damaged(folder, str(rng.choice([*filter(_is_text, corpus())])), rng)


def read_hdf5(folder: Path, rng: np.random.Generator) -> None:
    """Read a damaged HDF5 file."""
    _read_damaged(folder, HDF5, rng)


def _is_binary(name: str) -> bool:
    return name.endswith(BINARY)


def _is_text(name: str) -> bool:
    return not _is_binary(name) and name != HDF5


def _read_damaged(folder: Path, name: str, rng: np.random.Generator) -> None:
    """Read a damaged file of the corpus."""
    path = folder / name
    path.write_bytes(damaged(name, rng))
    if name.endswith(".hea"):
        for other, content in beside().items():
            if other != name and rng.random() < 0.97:
                (folder / other).write_bytes(content)
    _read(path, rng)


def read_composed(folder: Path, rng: np.random.Generator) -> None:
    """Read a text table of random columns."""
    path = folder / "composed.csv"
    path.write_bytes(composed(rng))
    _read(path, rng)


def _read(path: Path, rng: np.random.Generator) -> None:
    """Read or inspect a file; warnings are errors."""
    function: Callable[..., Any] = read_series if rng.random() < 0.8 else inspect
    with warnings.catch_warnings(), contextlib.suppress(DataError):
        warnings.simplefilter("error")
        # An extension of a library may close its file late; that is no fault of the reader.
        warnings.simplefilter("ignore", ResourceWarning)
        options = choices_of(rng)
        if function is inspect:
            options.pop("nrows", None)
        function(path, **options)


def load_altered(folder: Path, rng: np.random.Generator) -> None:
    """Load an altered model, and score with it if that works."""
    path = folder / "a.model"
    with not_counted():
        path.write_bytes(altered(models()[int(rng.integers(len(models())))], rng))
    with contextlib.suppress(DataError), np.errstate(all="ignore"):
        model = spectra.Model.load(path)
        repr(spectra.score(model, np.random.default_rng(0).normal(size=(300, 2))))


def restore_altered(folder: Path, rng: np.random.Generator) -> None:
    """Restore an altered state of a stream, and go on if that works."""
    with contextlib.suppress(DataError), np.errstate(all="ignore"):
        chosen = int(rng.integers(3))
        with not_counted():
            state = altered(feed_state() if chosen == 2 else states()[chosen], rng)
        if chosen == 2:
            lines = restored(folder, state)
            for row in np.random.default_rng(1).normal(size=(60, 2)):
                list(lines.take(f"{row[0]:.3f},{row[1]:.3f}\n"))
            list(lines.finish())
            return
        stream = spectra.Stream.restore(whole_models()[chosen], state)
        repr(stream.update(np.random.default_rng(1).normal(size=(200, 2))))
        repr(stream.finish())


def take_lines(folder: Path, rng: np.random.Generator) -> None:
    """Stream damaged lines."""
    name = str(rng.choice(["comma.csv", "plain.txt", "blanks.txt", "semicolon.csv", "json", "new"]))
    if name == "json":
        rows = np.random.default_rng(0).normal(size=(ROWS, 2))
        text = "".join(f'{{"a": {a}, "b": {b}, "time": {i}}}\n' for i, (a, b) in enumerate(rows))
        data = bytearray(text.encode())
        for _ in range(int(rng.integers(1, 6))):
            place = int(rng.integers(len(data)))
            data[place : place + int(rng.integers(3))] = TEXTS[int(rng.integers(len(TEXTS)))]
        content = bytes(data)
    else:
        content = composed(rng) if name == "new" else damaged(name, rng)
    lines = feed()
    with contextlib.suppress(DataError):
        for line in content.decode(errors="replace").split("\n"):
            list(lines.take(line))
            if rng.random() < 0.005:
                lines = restored(folder, lines.to_bytes())
        list(lines.finish())


def run_options(folder: Path, rng: np.random.Generator) -> None:
    """Run a command with random options on a file that may be damaged."""
    name = str(rng.choice(["comma.csv", "semicolon.csv", "stacked.csv", "a.npz", "a.wav", "a.hea"]))
    path = folder / name
    path.write_bytes(damaged(name, rng) if rng.random() < 0.3 else corpus()[name])
    if name == "a.hea":
        (folder / "a.dat").write_bytes(beside()["a.dat"])
    command = str(rng.choice(COMMANDS))
    words = [command, os.fspath(folder if command == "benchmark" else path)]
    if command == "transformer":
        words = [command]
    if command == "score" or (command == "stream" and rng.random() < 0.7):
        model = folder / "a.model"
        whole_models()[0].save(model)
        words = [command, os.fspath(model), *words[1:]][: 3 if command == "score" else 2]
    elif command == "stream":
        words = [command, "--learn-rows", "32"]
    known = {option for param in main.commands[command].params for option in param.opts}
    mine = [option for option in OPTIONS if option in known] or OPTIONS
    for _ in range(int(rng.integers(4))):
        option = str(rng.choice(OPTIONS if rng.random() < 0.05 else mine))
        words += [option, VALUES[int(rng.integers(len(VALUES)))]]
    if rng.random() < 0.3:
        words += [str(rng.choice(FLAGS))]
    if command == "fit":
        words += ["-o", os.fspath(folder / "out.model")]
    elif command in ("detect", "score") and rng.random() < 0.2:
        words += ["-o", os.fspath(folder / "out.csv")]
    with open(path, "rb") as stdin:
        # A stream reads the number of the file.
        result = CliRunner().invoke(main, words, input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    if result.exit_code not in (0, 1, 2, 3) or (result.exit_code == 3) != (
        "--fail-on-anomaly" in words and result.exit_code == 3
    ):
        raise AssertionError(f"{words} ended with the status {result.exit_code}.")
    if "Traceback" in result.output:
        raise AssertionError(result.output)


def detect_odd(_folder: Path, rng: np.random.Generator) -> None:
    """Detect in an array of odd values: numbers, or one sentence; no warning."""
    n = int(rng.choice([0, 1, 2, 16, 33, 100, 400]))
    x = rng.normal(size=(n, int(rng.choice([1, 1, 2, 5]))))
    odd = [0.0, -0.0, 1e300, -1e300, 1e-300, 5e-324, 1e38, 1e19, np.nan, np.inf, 1.0, 2.0**53]
    kind = int(rng.integers(7))
    with np.errstate(all="ignore"):
        if kind == 0:
            x = x * 10.0 ** rng.integers(-320, 309) + 10.0 ** rng.integers(-320, 309)
        elif kind == 1:
            x = np.round(x, int(rng.integers(2)))
        elif kind == 2:
            x = np.tile(x[: max(n // 8, 1)], (9, 1))[:n]
        elif kind == 3:
            x[:] = x[:1]
        elif kind == 4:
            x = np.cumsum(np.cumsum(x, axis=0), axis=0)
        if kind >= 4 and x.size:
            share = rng.random(x.shape) < rng.choice([0.01, 0.2, 0.9])
            x[share] = odd[int(rng.integers(len(odd)))]
            x[int(rng.integers(n)), 0] = odd[int(rng.integers(len(odd)))]
        data = x.astype([np.float64, np.float32, np.float64][int(rng.integers(3))]) if kind else x
    method: Any = [
        "spectral", "sequence", spectra.Spectral(nperseg=16), spectra.Spectral(view="residual"),
        spectra.Spectral(view="level", nperseg=8), spectra.Spectral(k=0.3),
    ][int(rng.integers(6))]  # fmt: skip
    alpha = float(rng.choice([0.001, 0.5, 0.1, 1e-17, 1e-300, 5e-324]))
    with contextlib.suppress(DataError):
        found = spectra.detect(data, method=method, alpha=alpha)
        p = found.scores["p_value"].to_numpy()
        assert np.all(np.isnan(p) | ((p >= 0) & (p <= 1)))
        repr(found)


# Each with its share of the inputs, a hundredth at least; those of little cost come more often.
TARGETS = (
    *(read_binary,) * 79, *(read_text,) * 8, *(read_composed,) * 2, *(load_altered,) * 4,
    *(() if HDF5 in left_out() else (read_hdf5,)), restore_altered, take_lines,
    *(run_options,) * 2, *(detect_odd,) * 2,
)  # fmt: skip


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TimeoutError after so many seconds of the processor."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"It took more than {seconds} s.")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def not_counted() -> Iterator[None]:
    """Stop the clock of `limited` while an input is made: 40 MB of zeros take a second to pack."""
    left, _ = signal.setitimer(signal.ITIMER_PROF, 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, left)


def fuzz(seed: int, folder: Path, targets: tuple[Any, ...] = TARGETS) -> str:
    """Run one input, and return the name of its target."""
    rng = np.random.default_rng(seed)
    target = targets[seed % len(targets)]
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        target(folder, rng)
    for path in folder.iterdir():
        path.unlink()
    return str(target.__name__)


class Memory:
    """The memory of this process, whose highest value is counted anew for each input.

    Where the system has no such count, the highest value of the process is taken.
    """

    def __init__(self) -> None:
        try:
            self.reset = os.open("/proc/self/clear_refs", os.O_WRONLY)
            self.status = os.open("/proc/self/status", os.O_RDONLY)
        except OSError:
            self.reset = self.status = -1
        self.before = 0

    def begin(self) -> None:
        """Count from the memory that is held now."""
        if self.reset >= 0:
            os.write(self.reset, b"5")
        self.before = self._highest()

    def taken(self) -> int:
        """Return the most bytes that were held beyond those of the beginning."""
        return self._highest() - self.before

    def _highest(self) -> int:
        if self.status < 0:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return int(os.pread(self.status, 4096, 0).partition(b"VmHWM:")[2].split()[0]) * 1024


class Found(NamedTuple):
    """A summary of batches.

    The seed that comes next, the inputs of each target, the failures, the most bytes and seconds of
    the processor that an input took, and the tracebacks.
    """

    seed: int
    tally: Counter[str]
    failed: int
    largest: int
    longest: float
    said: str

    def with_more(self, more: "Found") -> "Found":
        """Return the summary of these and others."""
        return Found(
            more.seed,
            self.tally + more.tally,
            self.failed + more.failed,
            max(self.largest, more.largest),
            max(self.longest, more.longest),
            self.said + more.said,
        )


class Batch:
    """A process that runs seeds one after another, and what it found.

    Parameters
    ----------
    seeds : range
    targets : tuple of callables
    end : float
        Instant of the monotonic clock at which it stops.
    """

    # An entry of what is shared: the seed now running, the failures, the most bytes and the most
    # microseconds of the processor that an input took, and the number of inputs of each target.
    HEAD = struct.Struct("<q")
    SEED, FAILED, BYTES, TIME, FIRST = range(5)

    def __init__(self, seeds: range, targets: tuple[Any, ...], end: float) -> None:
        self.seeds, self.targets, self.end = seeds, targets, end
        self.names = sorted({target.__name__ for target in targets})
        self.shared = mmap.mmap(-1, self.HEAD.size * (self.FIRST + len(self.names)))
        self.report = mmap.mmap(-1, 1 << 22)

    def _get(self, place: int) -> int:
        return int(self.HEAD.unpack_from(self.shared, place * self.HEAD.size)[0])

    def _set(self, place: int, value: int) -> None:
        self.HEAD.pack_into(self.shared, place * self.HEAD.size, value)

    def start(self) -> None:
        """Begin with the first seed, in a process of its own."""
        self._set(self.SEED, self.seeds.start)
        self.begun, self.seen = time.monotonic(), -1
        self.number = os.fork()
        if not self.number:
            self._child()

    def found(self) -> Found | None:
        """Return what was found, None while it runs; kill it where one input does not end."""
        ended, status = os.waitpid(self.number, os.WNOHANG)
        if not ended:
            if self._get(self.SEED) != self.seen:
                self.seen, self.begun = self._get(self.SEED), time.monotonic()
            elif time.monotonic() - self.begun > STUCK:
                os.kill(self.number, signal.SIGKILL)
            return None
        tally = Counter({name: self._get(self.FIRST + i) for i, name in enumerate(self.names)})
        failed, seed = self._get(self.FAILED), self._get(self.SEED)
        said = self.report[:].rstrip(b"\0").decode(errors="replace")
        if status:
            failed += 1
            said += f"seed {seed}: the process ended with {status}\n"
            seed += 1
        return Found(seed, tally, failed, self._get(self.BYTES), self._get(self.TIME) / 1e6, said)

    def run(self) -> Found:
        """Return what was found, once it has ended."""
        self.start()
        while (found := self.found()) is None:
            time.sleep(PAUSE)
        return found

    def _child(self) -> None:
        """Run the seeds, and end the process."""
        status, memory = 1, Memory()
        try:
            with tempfile.TemporaryDirectory(dir=_quick()) as folder:
                for seed in self.seeds:
                    self._set(self.SEED, seed)
                    if time.monotonic() > self.end:
                        break
                    self._one(seed, Path(folder), memory)
                else:
                    self._set(self.SEED, self.seeds.stop)
            status = 0
        finally:
            os._exit(status)

    def _one(self, seed: int, folder: Path, memory: Memory) -> None:
        name = self.targets[seed % len(self.targets)].__name__
        place = self.FIRST + self.names.index(name)
        longest, most = LIMITS.get(name, LIMIT)
        try:
            memory.begin()
            begun = time.process_time()
            with limited(longest):
                fuzz(seed, folder, self.targets)
            taken, spent = memory.taken(), round(1e6 * (time.process_time() - begun))
            self._set(self.BYTES, max(taken, self._get(self.BYTES)))
            self._set(self.TIME, max(spent, self._get(self.TIME)))
            if taken > most:
                raise MemoryError(f"It took {taken / 1e6:.0f} MB.")
        except Exception:
            self._set(self.FAILED, self._get(self.FAILED) + 1)
            said = f"seed {seed}:\n{traceback.format_exc()}\n".encode(errors="replace")
            self.report.write(said[: len(self.report) - self.report.tell()])
            for path in folder.iterdir():
                path.unlink()
        self._set(place, self._get(place) + 1)


def _quick() -> str | None:
    """Return a folder in memory, where there is one: files are made for each input."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _prepare(targets: tuple[Any, ...]) -> None:
    """Make what the inputs are made from, and import what they need, once for all batches.

    The first seeds are those of the tests.
    """
    with tempfile.TemporaryDirectory(dir=_quick()) as folder:
        for target in dict.fromkeys(targets):
            for seed in range(20):
                fuzz(seed, Path(folder), (target,))
    # What is not collected any more is not copied for each batch.
    gc.freeze()


def fuzz_for(
    seconds: float, first: int, targets: tuple[Any, ...] = TARGETS, processes: int = 1
) -> int:
    """Run inputs for so many seconds; print what fails, and return how much did."""
    for name, missing in left_out().items():
        sys.stdout.write(f"{name} is left out: {missing} is not installed.\n")
    _prepare(targets)
    end = time.monotonic() + seconds
    total = Found(first, Counter(), 0, 0, 0.0, "")
    for found in in_batches(first, targets, processes, end):
        total = total.with_more(found)
        sys.stdout.write(found.said)
        sys.stdout.flush()
    count = total.tally.total()
    seeds = ", ".join(line.split()[1].rstrip(":") for line in total.said.splitlines()
                      if line.startswith("seed "))  # fmt: skip
    sys.stdout.write(
        f"{dict(total.tally)}: {count:,} inputs from seed {first}, {count / seconds:.0f} a second "
        f"in {processes} processes, {total.failed} failed{f' ({seeds})' if seeds else ''}; at most "
        f"{total.largest / 1e6:.0f} MB and {total.longest:.2f} s of the processor\n"
    )
    return total.failed


def in_batches(first: int, targets: tuple[Any, ...], processes: int, end: float) -> Iterator[Found]:
    """Yield what each batch of seeds finds, of which so many processes run at a time."""
    running: list[Batch] = []
    # Seeds that a process which ended has left.
    rest: list[range] = []
    following = first
    while running or time.monotonic() < end:
        while len(running) < processes and time.monotonic() < end:
            if not rest:
                rest.append(range(following, following + BATCH))
                following += BATCH
            running.append(Batch(rest.pop(), targets, end))
            running[-1].start()
        for batch in list(running):
            found = batch.found()
            if found is not None:
                running.remove(batch)
                if found.seed < batch.seeds.stop:
                    rest.append(range(found.seed, batch.seeds.stop))
                yield found
        time.sleep(PAUSE)


if __name__ == "__main__":
    names = [*dict.fromkeys(target.__name__ for target in TARGETS)]
    parser = argparse.ArgumentParser()
    parser.add_argument("seconds", type=float)
    parser.add_argument("seed", type=int, nargs="?", default=0)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(names))
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    given = parser.parse_args()
    if unknown := {*given.targets} - {*names}:
        parser.error(f"no target {', '.join(unknown)}: there are {', '.join(names)}")
    wanted = tuple(target for target in TARGETS if target.__name__ in given.targets) or TARGETS
    sys.exit(fuzz_for(given.seconds, given.seed, wanted, given.processes) > 0)
