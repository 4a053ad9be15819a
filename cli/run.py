"""The common part of detect and score: read and score each file, and print its alarms."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from spectra.cli.files import write_scores, write_stored_scores
from spectra.cli.formats import parquet_table, rendered
from spectra.cli.messages import (
    explained,
    on_terminal,
    say,
    say_notes,
    show,
    show_bytes,
    step,
    terminal_width,
)
from spectra.cli.options import Output, Reading, Verbosity
from spectra.cli.pictures import command_line, write_picture
from spectra.errors import DataError, NeedsMemoryError
from spectra.text import few_of

if TYPE_CHECKING:
    import pandas as pd

    from spectra.datasets import Recording
    from spectra.detection import Detection

# Exit statuses: a file could not be used; an alarm was found with --fail-on-anomaly. 2 is that of a
# wrong command line (click).
BAD_DATA, ANOMALY = 1, 3
# What to do with several files in place of options that write one.
MANY = {
    "-o": "spectra batch --scores writes those of many",
    "--plot": "run the command once for each",
    "--report": "spectra batch --report writes those of many",
}


@dataclass
class Tally:
    """Record of whether a file failed so far, and whether one has an alarm."""

    failed: bool = False
    alarmed: bool = False


def run_files(
    files: Sequence[str],
    ready: "Callable[[], Callable[[Recording], Detection]]",
    reading: Reading,
    output: Output,
    verbosity: Verbosity,
) -> None:
    """Print the alarms of each file, and exit with the status of all of them.

    `ready` returns the function that is called with each recording. It imports the slow modules,
    so that the options are checked first. A file that cannot be used is named on standard error,
    and the command goes on with the next.
    """
    for option in output.files:
        if len(files) > 1:
            what = "scores" if option == "-o" else "results"
            raise click.UsageError(f"{option} writes the {what} of one FILE: {MANY[option]}.")
    tally = Tally()
    if output.format == "parquet" and on_terminal():
        raise click.UsageError("Parquet is no text: write it to a file, with > alarms.parquet.")
    results = _results(files, ready(), reading, output, verbosity, tally)
    if output.format == "parquet":
        show_bytes(parquet_table(results, output))
    else:
        for text in rendered(results, output, terminal_width()):
            show(text)
    if tally.failed:
        click.get_current_context().exit(BAD_DATA)
    if tally.alarmed and output.fail_on_anomaly:
        click.get_current_context().exit(ANOMALY)


def _results(
    files: Sequence[str],
    find: "Callable[[Recording], Detection]",
    reading: Reading,
    output: Output,
    verbosity: Verbosity,
    tally: Tally,
) -> "Iterator[tuple[str, Detection]]":
    """Yield each file that can be used with its result."""
    for number, file in enumerate(files, start=1):
        place = f"{number}/{len(files)} {file}" if len(files) > 1 else file
        try:
            with step(place, verbosity):
                with explained(file):
                    found = _detections(file, find, reading, output, verbosity, tally)
                # Scores are written before the alarms are printed: they are not lost where
                # standard output fails.
                _write(found, output)
        except DataError as error:
            tally.failed = True
            say(f"Error: {error}")
            continue
        for series, detection in found.items():
            name = _series_name(file, series)
            tally.alarmed |= not detection.alarms.empty
            if not verbosity.quiet:
                say_notes(name, detection, verbose=verbosity.verbose)
            yield name, detection


def _write(found: "dict[str, Detection]", output: Output) -> None:
    """Write the files that are asked for: none where no series could be scored."""
    if not found:
        return
    if output.scores is not None:
        (first, *_) = found.values()
        if first.is_stored:
            write_stored_scores(first, output.scores)
        else:
            write_scores(scores_of(found), output.scores, keep_formulas=output.keep_formulas)
    if not (output.plot or output.report):
        return
    (detection,) = found.values()
    if output.plot is not None:
        from spectra.plots import plot

        write_picture(plot(detection), output.plot)
    if output.report is not None:
        from spectra.html_report import write_report

        write_report(
            detection,
            output.report,
            command=command_line(),
            bearing=output.bearing,
            rpm=output.rpm,
        )


def _detections(
    file: str,
    find: "Callable[[Recording], Detection]",
    reading: Reading,
    output: Output,
    verbosity: Verbosity,
    tally: Tally,
) -> "dict[str, Detection]":
    """Return the result of each series of a file, by its name; "" for a single one."""
    found = {}
    there = reading.read_series(file, progress=verbosity.progress)
    _refuse_several(file, there, output)
    for series, recording in there.items():
        try:
            if isinstance(recording, DataError):
                raise recording
            found[series] = _detection(file, recording, find, reading, output)
        except DataError as error:
            if not series:
                raise
            tally.failed = True
            say(f"Error: {_series_name(file, series)}: {error}")
    return found


def _detection(
    file: str,
    recording: "Recording",
    find: "Callable[[Recording], Detection]",
    reading: Reading,
    output: Output,
) -> "Detection":
    """Return the result for a recording, read into memory where nothing else will do."""
    try:
        _refuse_pictures(file, recording, output)
        check_bearing(recording, output.bearing, output.rpm)
        return find(recording)
    except NeedsMemoryError:
        smaller = reading.in_memory(file)
        if smaller is None:
            raise
        return find(smaller)


def check_bearing(recording: "Recording", bearing: str | None, rpm: float | None) -> None:
    """Raise DataError for a recording in which no bearing can be tested, where one is named."""
    if bearing is None or rpm is None:
        return
    from spectra.explanation.bearings import Bearing
    from spectra.explanation.envelope import require_testable

    require_testable(len(recording.values), recording.fs, Bearing.of(bearing), rpm)


def _refuse_several(
    file: str, series: "Mapping[str, Recording | DataError]", output: Output
) -> None:
    """Raise DataError where a picture or a page of several series is asked for."""
    names = [name for name, each in series.items() if not isinstance(each, DataError)]
    if (output.plot or output.report) and len(names) > 1:
        raise DataError(
            f"{file} holds {len(names)} series ({few_of(names, 4)}), and a picture or page shows "
            "one: choose one with --series COLUMN=VALUE; spectra batch --report writes a page of "
            "each."
        )


def _refuse_pictures(file: str, recording: "Recording", output: Output) -> None:
    """Raise NeedsMemoryError where a picture or a page of a recording in files is asked for."""
    from spectra.stored import is_stored

    if is_stored(recording.values) and (output.plot or output.report):
        option = "--plot" if output.plot else "--report"
        raise NeedsMemoryError(
            f"{file} is too large for {option}, which shows a recording in memory: leave it out, "
            "or cut the stretch to show out of the file."
        )


def _series_name(file: str, series: str) -> str:
    """Return the name of a series of a file, or of a file with a single one."""
    return f"{file} [{series}]" if series else file


def scores_of(found: "dict[str, Detection]") -> "pd.DataFrame":
    """Return the scores of a file, those of stacked series below one another."""
    import pandas as pd

    tables = [detection.scores for detection in found.values()]
    if len(tables) == 1:
        return tables[0]
    for series, table in zip(found, tables, strict=True):
        table.insert(0, "series", series)
    return pd.concat(tables)
