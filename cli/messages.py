"""Everything that is printed: results, and messages and progress on standard error."""

import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra.atomic import writing
from spectra.cli.options import STDIN, Verbosity
from spectra.errors import DataError
from spectra.text import LONGEST_PATH, line, page, short

if TYPE_CHECKING:
    from spectra.calibration.fusion import Fusion
    from spectra.detection import Detection
    from spectra.model import Model

# Columns of a terminal that says that it has fewer.
NARROWEST = 40
# Carriage return and the escape sequence that clears a line of a terminal.
CLEAR_LINE = "\r\x1b[2K"


def show(text: str) -> None:
    """Print lines of a result on standard output; raise DataError where that fails."""
    with output():
        click.echo(page(text), nl=not text.endswith("\n"))


def show_bytes(content: bytes) -> None:
    """Write a result that is no text on standard output; raise DataError where that fails."""
    with output():
        rest = memoryview(content)
        # Unbuffered output (python -u) may accept only a part.
        while rest:
            rest = rest[sys.stdout.buffer.write(rest) :]
        sys.stdout.buffer.flush()


def on_terminal() -> bool:
    """Return whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def terminal_width() -> int | None:
    """Return the columns of the terminal of standard output, None for a file or a pipe."""
    return max(NARROWEST, shutil.get_terminal_size().columns) if on_terminal() else None


@contextmanager
def output() -> Iterator[None]:
    """Raise DataError where standard output is closed or cannot be written."""
    if sys.stdout is None:
        raise DataError("standard output is closed: open it, or write a file with -o.")
    with writing("standard output"):
        yield


def say(text: str) -> None:
    """Print a line on standard error."""
    click.echo(line(text), err=True)


def show_progress(task: str) -> None:
    """Show a task on a terminal, in the place of the task before it."""
    click.echo(f"{CLEAR_LINE}{short(task, LONGEST_PATH)} …", nl=False, err=True)


def clear_progress() -> None:
    """Clear the line of the task."""
    click.echo(CLEAR_LINE, nl=False, err=True)


def say_notes(file: str, detection: "Detection", *, verbose: bool) -> None:
    """Print the notes on a result and, if asked for, its calibration."""
    say_each(file, detection.notes)
    if verbose:
        say_each(file, [calibration_text(detection.model, detection.fusion)])


def say_each(file: str, notes: Iterable[str]) -> None:
    """Print notes behind the name of their file."""
    name = spoken(file)
    for note in notes:
        say(f"{name}: {note}")


def spoken(file: str) -> str:
    """Return the name of a file in a sentence, "stdin" for standard input."""
    return "stdin" if file == STDIN else file


def calibration_text(model: "Model", fusion: "Fusion") -> str:
    """Return the calibration, the period and the frames in two sentences."""
    from spectra.formatting import counted

    fit = fusion.calibration
    period = (
        f"Dominant period {counted(model.period, 'row')}" if model.period else "No dominant period"
    )
    lengths = ", ".join(map(str, model.npersegs))
    return (
        f"{counted(fit.n, 'normal score')}, the largest {100 * fit.tail_p:.3g} % as a generalised "
        f"Pareto tail of scale {fit.scale:.3g} and shape {fit.shape:.2g}: Kolmogorov–Smirnov "
        f"statistic {fit.ks_statistic:.3g}, p = {fit.ks_p_value:.2g}. "
        f"{period}; frames of {lengths} rows, a score every {counted(model.step, 'row')}."
    )


@contextmanager
def explained(file: str) -> Iterator[None]:
    """Put the name of the file before an error that does not name it."""
    name = spoken(file)
    try:
        yield
    except DataError as error:
        # What reads the file has its path without "./".
        named = name in str(error) or str(Path(name)) in str(error)
        raise error if named else DataError(f"{name}: {error}") from error


@contextmanager
def step(task: str, verbosity: Verbosity) -> Iterator[None]:
    """Show a task on a terminal while it is done, and clear the line afterwards."""
    shown = verbosity.progress and sys.stderr.isatty()
    if shown:
        show_progress(task)
    try:
        yield
    finally:
        if shown:
            clear_progress()
