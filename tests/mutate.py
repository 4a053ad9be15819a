"""Faults put into the code on purpose: how many of them do the tests notice?

Run: python tests/mutate.py [--every N] [--offset K] [--processes N] [--log FILE] [ROOM ...]

Each mutant of a room (calibration, signal, metrics, or one module of it: signal/period) has one
operator, comparison, number or truth value exchanged. It is tested by the tests that run its line,
the fastest first, in a process of its own; a mutant that no test fails for has survived. Error
messages, docstrings, types and texts are not mutated, nor what changes the costs alone. Those that
are known to survive are listed with the reason in mutants.tsv, others are printed. The status is 1
where there are others, or less than 85 % of a room's are noticed.

`--every N --offset K` takes every Nth mutant from the Kth on. `--log FILE` keeps a line for each
mutant that was tested; with the same file, a run that was stopped goes on.
"""

import argparse
import ast
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib.machinery import SourceFileLoader
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from unittest import mock

import coverage
import hypothesis
import numpy
import pandas
import pytest
import scipy.special
import scipy.stats
import sklearn.base

# What all mutants import is imported once, before their processes are forked.
LOADED = (hypothesis, numpy, pandas, scipy.special, scipy.stats, sklearn.base)
ROOT = Path(__file__).resolve().parent.parent
# The files whose tests a room has to survive on its own.
TESTS = {
    "calibration": ["gaussian", "standard", "contamination", "fusion", "rates", "scores", "alarms",
                    "calibration_values", "declared"],
    "signal": ["frames", "period", "spectrum", "scale", "steps", "views", "distance", "evidence",
               "points", "comparison", "base_scores", "normal", "amplitude", "signal_values",
               "repetition", "trend"],
    "metrics": ["affiliation", "agreement", "vus"],
}  # fmt: skip
# Mutants that survive, each with the reason: tab-separated file, function, change and reason.
SURVIVORS = ROOT / "tests" / "mutants.tsv"
# Smallest share of mutants that tests notice.
LEAST = 0.85
# Arguments that change the memory or the time alone.
COSTS = ("overwrite_input", "copy")
# Seconds of a processor that a mutant may take beyond five times what its tests take.
PATIENCE = 10.0
OTHER: dict[type[ast.AST], type[Any]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div, ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
Site = tuple[int, Callable[[], None]]


def sites(node: ast.AST) -> Iterator[Site]:
    """Yield the line of each place that can be mutated in place, and a function that does it."""
    yield from _own(node)
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "type_comment"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_left_out(child):
                yield from sites(child)


def _is_left_out(node: ast.AST) -> bool:
    """Return True for errors, imports, docstrings, texts, types and what changes costs alone."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.keyword):
        return node.arg in COSTS
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ("cast", "TypeVar", "require", "require_integer")
    left_out = (ast.Raise, ast.Import, ast.ImportFrom, ast.JoinedStr, ast.Assert)
    return isinstance(node, left_out)


def _own(node: ast.AST) -> Iterator[Site]:
    """Yield the mutations of a node itself."""

    def put(name: str, value: object) -> Callable[[], None]:
        return lambda: setattr(node, name, value)

    if isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            changed = [*node.ops[:i], OTHER[type(op)](), *node.ops[i + 1 :]]
            yield node.lineno, put("ops", changed)
    elif isinstance(node, (ast.BinOp, ast.BoolOp, ast.AugAssign)):
        if type(node.op) in OTHER:
            yield node.lineno, put("op", OTHER[type(node.op)]())
    elif isinstance(node, ast.UnaryOp):
        if isinstance(node.op, ast.USub):
            yield node.lineno, put("op", ast.UAdd())
        else:
            yield node.lineno, put("operand", ast.UnaryOp(node.op, node.operand))
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield node.lineno, put("value", not node.value)
        elif isinstance(node.value, (int, float)):
            yield node.lineno, put("value", node.value + 1)


class Mutant:
    """A module with one fault.

    Parameters
    ----------
    path : Path
    index : int
        Number of the place in the module.
    """

    def __init__(self, path: Path, index: int) -> None:
        self.path, self.index = path, index
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        found = [*sites(self.tree)]
        self.line, change = found[index]
        functions = (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef))
        around = [node for node in functions if node.lineno <= self.line <= (node.end_lineno or 0)]
        self.function = around[-1].name if around else ""
        # What stands outside functions, and the defaults of their arguments.
        self.is_run_by_import = not around or self.line < around[-1].body[0].lineno
        before = ast.unparse(self.tree).splitlines()
        change()
        after = ast.unparse(self.tree).splitlines()
        changed = [(a, b) for a, b in zip(before, after, strict=False) if a != b]
        self.change = "  →  ".join(text.strip() for text in changed[0])

    def install(self) -> None:
        """Let the module be imported with its fault."""
        plain, path, tree = SourceFileLoader.get_code, str(self.path), self.tree

        def get_code(loader: SourceFileLoader, name: str) -> Any:
            if os.path.realpath(loader.path) == path:
                return compile(ast.fix_missing_locations(tree), path, "exec")
            return plain(loader, name)

        mock.patch.object(SourceFileLoader, "get_code", get_code).start()


class Recorder:
    """Plugin of pytest that notes the lines and the seconds of each test."""

    def __init__(self, room: str) -> None:
        self.measured = coverage.Coverage(
            data_file=None, source=[str(ROOT / "spectra" / room)], config_file=False
        )
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Run a test in a context of its own."""
        name = item.nodeid.partition("[")[0]
        self.measured.switch_context(name)
        begun = time.process_time()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - begun


def run(arguments: list[str], plugins: list[Any]) -> int:
    """Run pytest without a word, and return its status."""
    # Rewritten by pytest, a file that is named would be imported without its fault. One failure is
    # enough, so that hypothesis does not look for the smallest.
    first = (hypothesis.Phase.explicit, hypothesis.Phase.reuse, hypothesis.Phase.generate)
    plain = hypothesis.settings(deadline=None, derandomize=True, database=None, phases=first)
    hypothesis.settings.register_profile("mutants", plain)
    options = ["--hypothesis-profile=mutants", "--assert=plain", "-p", "no:cacheprovider"]
    options += ["-p", "no:terminalreporter", "-p", "no:unraisableexception", "-W", "ignore"]
    return int(pytest.main(["-q", "-x", *options, *arguments], plugins))


class Recorded(NamedTuple):
    """The status of a file of tests, the tests that run each line, and the seconds of each."""

    status: int
    lines: dict[str, dict[int, set[str]]]
    seconds: dict[str, float]


def record(room: str, tests: str, path: Path) -> None:
    """Write what a file of tests runs of a room."""
    recorder = Recorder(room)
    recorder.measured.start()
    status = run([tests], [recorder])
    recorder.measured.stop()
    data = recorder.measured.get_data()
    lines = {
        path: {line: {*tests} - {""} for line, tests in data.contexts_by_lineno(path).items()}
        for path in data.measured_files()
    }
    path.write_text(repr((status, lines, recorder.seconds)))


def recorded(rooms: list[str], processes: int) -> dict[str, list[Recorded]]:
    """Return what each file of the tests of each room runs."""
    jobs = [(room, tests) for room in rooms for tests in files_of(room)]
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / str(number) for number in range(len(jobs))]
        waiting = [partial(record, *job, path) for job, path in zip(jobs, paths, strict=True)]
        for number, status in in_processes(waiting, processes):
            if status:
                raise SystemExit(f"{jobs[number][1]} could not be run: {status}.")
        found = [Recorded(*ast.literal_eval(path.read_text())) for path in paths]
    for (_, tests), one in zip(jobs, found, strict=True):
        if one.status not in (0, pytest.ExitCode.NO_TESTS_COLLECTED):
            raise SystemExit(f"{tests} fails without a fault: {one.status}.")
    return {
        room: [one for (its_room, _), one in zip(jobs, found, strict=True) if its_room == room]
        for room in rooms
    }


def in_processes(jobs: Iterable[Callable[[], int | None]], most: int) -> Iterator[tuple[int, int]]:
    """Run each job in a process of its own; yield its number and status as it ends."""
    running: dict[int, int] = {}
    for number, job in enumerate(jobs):
        if len(running) == most:
            ended, status = os.wait()
            yield running.pop(ended), status
        child = os.fork()
        if not child:
            for stream in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
            os._exit(job() or 0)
        running[child] = number
    while running:
        ended, status = os.wait()
        yield running.pop(ended), status


def files_of(room: str) -> list[str]:
    """Return the files of the tests of a room, and the room itself for its examples."""
    return [*(f"tests/test_{name}.py" for name in TESTS[room]), f"spectra/{room}"]


class Trial(NamedTuple):
    """A mutant, its tests, the fastest first, and the seconds that these take."""

    room: str
    mutant: Mutant
    tests: list[str]
    seconds: float

    @property
    def name(self) -> str:
        """The place and the change, as they are listed."""
        mutant = self.mutant
        return f"{self.room}/{mutant.path.name}\t{mutant.function}\t{mutant.change}"

    def __call__(self) -> int:
        """Run the tests; return the status of pytest.

        It fails if a test fails, or takes far too long.
        """
        if not self.tests:
            return 0
        limit = int(5 * self.seconds + PATIENCE)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
        self.mutant.install()
        return run(self.tests, [])


def trials(room: str, modules: set[str], files: list[Recorded]) -> Iterator[Trial]:
    """Yield the mutants of a room, or of some modules of it."""
    lines: dict[str, dict[int, set[str]]] = {}
    seconds: dict[str, float] = {}
    for one in files:
        seconds |= one.seconds
        for path, found in one.lines.items():
            for line, tests in found.items():
                lines.setdefault(path, {}).setdefault(line, set()).update(tests)
    for path in sorted((ROOT / "spectra" / room).glob("*.py")):
        if modules and path.stem not in modules:
            continue
        known = lines.get(str(path), {})
        whole = set().union(*known.values())
        for index in range(sum(1 for _ in sites(ast.parse(path.read_text(encoding="utf-8"))))):
            mutant = Mutant(path, index)
            # The import is in whichever test comes first.
            tests = (None if mutant.is_run_by_import else known.get(mutant.line)) or whole
            ordered = sorted(tests, key=lambda name: (seconds.get(name, 0.0), name))
            yield Trial(room, mutant, ordered, sum(seconds.get(name, 0.0) for name in ordered))


def reasons() -> dict[str, str]:
    """Return why mutants that are known survive, by their place and change."""
    lines = SURVIVORS.read_text(encoding="utf-8").splitlines()
    rows = (line.rpartition("\t") for line in lines if not line.startswith("#"))
    return {mutant: reason for mutant, _, reason in rows}


def tested(log: Path | None) -> dict[str, bool]:
    """Return which of the mutants of an earlier run have survived, by their place and change."""
    if log is None or not log.exists():
        return {}
    rows = (line.partition("\t") for line in log.read_text(encoding="utf-8").splitlines())
    return {name: outcome == "survived" for outcome, _, name in rows}


def mutate(rooms: list[str], every: int, offset: int, processes: int, log: Path | None) -> bool:
    """Print the mutants that survive for no known reason, and the share that is noticed.

    Returns True if there are none of the former, and the latter is large enough in each room.
    """
    begun, known, before = time.monotonic(), reasons(), tested(log)
    modules: dict[str, set[str]] = {}
    for room, _, module in (name.partition("/") for name in rooms):
        modules.setdefault(room, set()).update({module} - {""})
    files = recorded([*modules], processes)
    chosen = [one for room in modules for one in trials(room, modules[room], files[room])]
    chosen = chosen[offset::every]
    survived = {one.name: before[one.name] for one in chosen if one.name in before}
    # Those that may take longest come first, so that no process waits for one at the end.
    waiting = sorted(
        (one for one in chosen if one.name not in before), key=lambda one: -one.seconds
    )
    for number, status in in_processes(waiting, processes):
        name = waiting[number].name
        survived[name] = not status
        if log is not None:
            with log.open("a", encoding="utf-8") as file:
                file.write(f"{'survived' if not status else 'noticed'}\t{name}\n")
        if not status and name not in known:
            sys.stdout.write(name + "\n")
            sys.stdout.flush()
    good = [
        summed(room, [survived[one.name] for one in chosen if one.room == room]) for room in modules
    ]
    unknown = sum(lives and name not in known for name, lives in survived.items())
    sys.stdout.write(
        f"{unknown} survive for no reason in {SURVIVORS.name}; {time.monotonic() - begun:.0f} s\n"
    )
    return all(good) and not unknown


def summed(room: str, survived: list[bool]) -> bool:
    """Print how many mutants of a room were noticed; return whether these are enough."""
    count, noticed = len(survived), len(survived) - sum(survived)
    sys.stdout.write(f"{room}: {noticed} of {count} mutants noticed, {noticed / count:.1%}\n")
    return noticed >= LEAST * count


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("rooms", nargs="*")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--log", type=Path)
    given = parser.parse_args()
    log_file = given.log and given.log.resolve()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    os.environ["OMP_NUM_THREADS"] = "1"
    wanted = given.rooms or [*TESTS]
    sys.exit(not mutate(wanted, given.every, given.offset, given.processes, log_file))
