"""Faults put into the code on purpose: how many of them do the tests notice?

Run: python tests/mutate.py [--every N] [ROOM ...]

Each mutant of a room (calibration, signal, metrics) has one operator, comparison, number or truth
value exchanged. It is tested by the tests that run its line, the fastest first, in a process of its
own; a mutant that no test fails for has survived. Error messages, docstrings, types and texts are
not mutated, nor what changes the costs alone. Those that are known to survive are listed with the
reason in mutants.tsv, others are printed. The status is 1 where there are others, or less than 85 %
of a room's are noticed. `--every N` takes every Nth mutant.
"""

import argparse
import ast
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any
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
                    "calibration_values"],
    "signal": ["frames", "period", "spectrum", "scale", "steps", "views", "distance", "evidence",
               "points", "comparison", "base_scores", "normal", "amplitude", "signal_values"],
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
        around = [
            node.name for node in functions if node.lineno <= self.line <= (node.end_lineno or 0)
        ]
        self.function = around[-1] if around else ""
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


def recorded(room: str) -> tuple[dict[Path, dict[int, set[str]]], dict[str, float]]:
    """Return the tests that run each line of a room, and the seconds of each test."""
    reading, writing = os.pipe()
    if not os.fork():
        recorder = Recorder(room)
        recorder.measured.start()
        status = run([*files_of(room)], [recorder])
        recorder.measured.stop()
        data = recorder.measured.get_data()
        lines = {
            path: {line: set(tests) for line, tests in data.contexts_by_lineno(path).items()}
            for path in data.measured_files()
        }
        with os.fdopen(writing, "w") as file:
            file.write(repr((status, lines, recorder.seconds)))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        status, lines, seconds = ast.literal_eval(file.read())
    os.wait()
    if status:
        raise SystemExit(f"The tests of {room} fail without a fault: {status}.")
    return {Path(path): found for path, found in lines.items()}, seconds


def files_of(room: str) -> list[str]:
    """Return the files of the tests of a room, and the room itself for its examples."""
    return [*(f"tests/test_{name}.py" for name in TESTS[room]), f"spectra/{room}"]


def started(mutant: Mutant, tests: list[str], seconds: float) -> int:
    """Run the tests of a mutant in a process of its own; return its number.

    It fails if a test fails, or takes far too long.
    """
    number = os.fork()
    if number:
        return number
    limit = int(5 * seconds + PATIENCE)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    mutant.install()
    os._exit(run(tests, []))


def mutants(room: str, every: int) -> Iterator[tuple[Mutant, list[str], float]]:
    """Yield every Nth mutant of a room, its tests, the fastest first, and their seconds."""
    lines, seconds = recorded(room)
    for path in sorted((ROOT / "spectra" / room).glob("*.py")):
        known = lines.get(path, {})
        whole = set().union(*known.values()) - {""} if known else set()
        for index in range(sum(1 for _ in sites(ast.parse(path.read_text(encoding="utf-8"))))):
            if (index + len(path.name)) % every:
                continue
            mutant = Mutant(path, index)
            tests = known.get(mutant.line, set()) - {""} or whole
            ordered = sorted(tests, key=lambda name: seconds.get(name, 0.0))
            yield mutant, ordered, sum(seconds.get(name, 0.0) for name in ordered)


def survivors(room: str, every: int, jobs: int) -> Iterator[Mutant | None]:
    """Yield each mutant of a room that no test notices, and None for each of the others."""
    running: dict[int, Mutant] = {}
    for mutant, tests, seconds in mutants(room, every):
        if not tests:
            yield mutant
            continue
        if len(running) == jobs:
            yield _finished(running)
        running[started(mutant, tests, seconds)] = mutant
    while running:
        yield _finished(running)


def _finished(running: dict[int, Mutant]) -> Mutant | None:
    """Wait for one of the mutants that are tested; return it if it has survived."""
    number, status = os.wait()
    mutant = running.pop(number)
    return mutant if status == 0 else None


def reasons() -> dict[str, str]:
    """Return why mutants that are known survive, by their place and change."""
    lines = SURVIVORS.read_text(encoding="utf-8").splitlines()
    rows = (line.rpartition("\t") for line in lines if not line.startswith("#"))
    return {mutant: reason for mutant, _, reason in rows}


def mutate(room: str, every: int, jobs: int) -> bool:
    """Print the mutants of a room that survive for no known reason, and the share that does not.

    Returns True if there are none of the former, and the latter is large enough.
    """
    begun, count, known = time.monotonic(), 0, reasons()
    survived: list[str] = []
    for mutant in survivors(room, every, jobs):
        count += 1
        if mutant is not None:
            survived.append(f"{room}/{mutant.path.name}\t{mutant.function}\t{mutant.change}")
            if survived[-1] not in known:
                sys.stdout.write(survived[-1] + "\n")
                sys.stdout.flush()
    noticed, seconds = 1 - len(survived) / count, time.monotonic() - begun
    unknown = [mutant for mutant in survived if mutant not in known]
    sys.stdout.write(
        f"{room}: {count - len(survived)} of {count} mutants noticed, {noticed:.1%}, and of the "
        f"others {len(unknown)} for no reason in {SURVIVORS.name}; {seconds:.0f} s\n"
    )
    sys.stdout.flush()
    return not unknown and noticed >= LEAST


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("rooms", nargs="*", choices=[*TESTS, []], default=[])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    given = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    os.environ["OMP_NUM_THREADS"] = "1"
    results = [mutate(name, given.every, given.jobs) for name in given.rooms or TESTS]
    sys.exit(not all(results))
