"""What detect and score have in common: each file is read and scored, what was found is printed."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from spectra.cli.files import check_output, write_scores
from spectra.cli.formats import FORMATS
from spectra.cli.options import STDIN, Output, Reading, Words
from spectra.cli.text import printable
from spectra.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from spectra.datasets import Recording
    from spectra.detection import Detection

BAD_DATA, ANOMALY = 1, 3
CLEAR_LINE = "\r\x1b[2K"


@dataclass
class Tally:
    """What became of the files so far."""

    failed: bool = False
    alarmed: bool = False


def run_files(
    files: Sequence[str],
    ready: "Callable[[], Callable[[Recording], Detection]]",
    reading: Reading,
    output: Output,
    words: Words,
) -> None:
    """Print what is found in each file, and exit with what became of them all.

    `ready` makes what is called with each recording; it imports what is slow, so the options are
    checked before it. A file that cannot be used is named on standard error, and the others go on.
    """
    if output.scores is not None:
        if len(files) > 1:
            raise click.UsageError(
                "-o writes the scores of one FILE: run the command once for each."
            )
        check_output(output.scores, files)
    tally = Tally()
    results = _results(files, ready(), reading, output, words, tally)
    for text in FORMATS[output.format](results):
        click.echo(text, nl=False)
    if tally.failed:
        click.get_current_context().exit(BAD_DATA)
    if tally.alarmed and output.fail_on_anomaly:
        click.get_current_context().exit(ANOMALY)


def _results(
    files: Sequence[str],
    find: "Callable[[Recording], Detection]",
    reading: Reading,
    output: Output,
    words: Words,
    tally: Tally,
) -> "Iterator[tuple[str, Detection]]":
    """Each file that can be used, with what was found in it."""
    for number, file in enumerate(files, start=1):
        place = f"{number}/{len(files)} {file}" if len(files) > 1 else file
        try:
            with step(place, words), explained(file):
                found = _detections(file, find, reading, tally)
                # A table of scores goes by its own name, so it is not lost where the alarms cannot
                # be printed.
                if output.scores is not None:
                    write_scores(_scores(found), output.scores)
        except DataError as error:
            tally.failed = True
            say(f"Error: {error}")
            continue
        for name, detection in found:
            tally.alarmed |= not detection.alarms.empty
            if not words.quiet:
                say_notes(name, detection, verbose=words.verbose)
            yield name, detection


def _detections(
    file: str, find: "Callable[[Recording], Detection]", reading: Reading, tally: Tally
) -> "list[tuple[str, Detection]]":
    """Return what is found in each series of a file, by the name of the file and the series."""
    found = []
    for series, recording in reading.read_series(file).items():
        name = f"{file} [{series}]" if series else file
        try:
            if isinstance(recording, DataError):
                raise recording
            found.append((name, find(recording)))
        except DataError as error:
            if not series:
                raise
            tally.failed = True
            say(f"Error: {name}: {error}")
    return found


def _scores(found: "list[tuple[str, Detection]]") -> "pd.DataFrame":
    """Return the scores of a file, those of stacked series below one another."""
    import pandas as pd

    if len(found) == 1:
        return found[0][1].scores
    tables = []
    for name, detection in found:
        table = detection.scores
        table.insert(0, "series", name[name.index("[") + 1 : -1])
        tables.append(table)
    return pd.concat(tables)


def say_notes(file: str, detection: "Detection", *, verbose: bool) -> None:
    """What a person should know of how the result came about."""
    for note in detection.notes:
        say(f"{file}: {note}")
    if verbose:
        from spectra.formatting import counted

        fit = detection.calibration
        period = (
            f"dominant period {counted(detection.period, 'row')}"
            if detection.period
            else "no dominant period"
        )
        lengths = ", ".join(map(str, detection.npersegs))
        say(
            f"{file}: calibrated on the {fit.transform} of the scores (power {fit.power:.3g}); "
            "Kolmogorov–Smirnov "
            f"{fit.ks_statistic:.3g}, p = {fit.ks_p_value:.2g}; {period}; frames of {lengths} "
            "rows, a score every "
            f"{detection.hop}."
        )


def say(text: str) -> None:
    """A line on standard error."""
    click.echo(printable(text), err=True)


@contextmanager
def explained(file: str) -> Iterator[None]:
    """Put the name of the file before an error that does not name it."""
    name = "stdin" if file == STDIN else file
    try:
        yield
    except DataError as error:
        raise error if name in str(error) else DataError(f"{name}: {error}") from error


@contextmanager
def step(what: str, words: Words) -> Iterator[None]:
    """Show on a terminal what is being done, and wipe it away when it is done."""
    shown = words.progress and sys.stderr.isatty()
    if shown:
        click.echo(f"{printable(what)} …", nl=False, err=True)
    try:
        yield
    finally:
        if shown:
            click.echo(CLEAR_LINE, nl=False, err=True)
