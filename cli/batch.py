"""`spectra batch`: find the anomalies in many recordings, and go on where it was stopped."""

import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from spectra.atomic import replacing, writing
from spectra.cli.batch_files import claim, files_of, refuse_in_data_set
from spectra.cli.batch_records import (
    INDEX,
    MODEL,
    SUMMARY,
    Item,
    Outcome,
    Settings,
    Task,
    file_name_of,
    finished_of,
    place_of,
    state_of,
    state_of_input,
)
from spectra.cli.batch_results import work
from spectra.cli.batch_summary import (
    summary_content,
    summary_rows,
    table_of_worst,
    write_pages_index,
)
from spectra.cli.files import FileCommand, check_output
from spectra.cli.messages import clear_progress, explained, say, show, show_progress, step
from spectra.cli.options import (
    Advanced,
    Learning,
    Output,
    Reading,
    ReadPath,
    Verbosity,
    WrittenFolder,
    WrittenPath,
    alarm_options,
    jobs_option,
    keep_formulas_option,
    learning_options,
    reading_options,
)
from spectra.cli.pictures import ARGUMENTS
from spectra.cli.run import ANOMALY, BAD_DATA
from spectra.errors import DataError
from spectra.text import few_of

EPILOG = """\b
DIR gets, for each recording, NAME.json (or the form of --format) with what spectra
detect prints, NAME.scores.csv with --scores, NAME.html with --report; and
  summary.csv   one line for each recording: recording, result (its file),
                n_samples, n_channels, fs, nperseg, n_alarms, smallest_p, the
                smallest probability that its normal data supports; start, end, peak,
                start_time, score, p_value, channel, f_low, f_high, first_row,
                last_row and duration of its worst alarm, as in the JSON of spectra
                detect; error, the reason where it failed
  index.html    with --report: a page over all pages, the worst first
  normal.model  with --normal: the model
A folder of Parquet files is a data set in long format: each of its sensors is a
recording. Results do not depend on the workers. Run again, the command does what is
not finished or has changed (size, time and first bytes of a file, settings).

\b
Exit status: 0 the command ran, 1 a recording failed, 2 the arguments were not
understood, 3 an alarm was found and --fail-on-anomaly was given.
"""


def summary_file(_ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    """Return the name of a table; raise BadParameter for a form that is not written."""
    if value is not None and value.suffix.lower() not in (".csv", ".parquet"):
        raise click.BadParameter(f"'{value}' must end in .csv or .parquet.")
    return value


@click.command(
    "batch",
    cls=FileCommand,
    short_help="Find the anomalies in many recordings.",
    epilog=EPILOG,
    examples=(
        "spectra batch 'recordings/*.csv' -o results --report",
        "spectra batch fleet --normal quiet.csv -j -1 -o results",
    ),
)
@click.argument("patterns", metavar="PATTERN...", nargs=-1, required=True, type=ReadPath())
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="DIR",
    required=True,
    type=WrittenFolder(),
    help="The folder of the results; it is made if it is not there.",
)
@click.option("--model", metavar="MODEL", type=ReadPath(), help="Use this model of spectra fit.")
@click.option(
    "--normal", metavar="FILE", type=ReadPath(), help="Learn from this recording of normal data."
)
@jobs_option
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Use the workers of this Dask scheduler, such as tcp://host:8786. They read and write the "
    "files at the same paths.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "jsonl", "csv", "parquet"]),
    default="json",
    show_default=True,
    help="Format of the result of each recording.",
)
@click.option("--scores", is_flag=True, help="Also write the scores of all rows.")
@click.option("--report", is_flag=True, help="Also write a page for each recording, and an index.")
@click.option(
    "--summary",
    metavar="TABLE",
    type=WrittenPath(),
    callback=summary_file,
    help="The summary, a .csv or .parquet file. [default: DIR/summary.csv]",
)
@click.option("--fail-on-anomaly", is_flag=True, help="Exit with status 3 if there is an alarm.")
@learning_options
@alarm_options
@reading_options
@keep_formulas_option
@click.option("-q", "--quiet", is_flag=True, help="Print only errors on standard error.")
@click.option(
    "--no-progress", cls=Advanced, is_flag=True, help="Do not show progress on a terminal."
)
def command(
    patterns: tuple[str, ...],
    folder: Path,
    model: str | None,
    normal: str | None,
    jobs: int,
    scheduler: str | None,
    form: str,
    scores: bool,
    report: bool,
    summary: Path | None,
    fail_on_anomaly: bool,
    learning: Learning,
    threshold: dict[str, Any],
    reading: Reading,
    keep_formulas: bool,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Find the anomalies in the recordings of each PATTERN, and write a result file for each.

    PATTERN is a file, a pattern such as 'data/**/*.csv', or a Parquet data set. A recording that
    fails is named, and the others go on.
    """
    if model is not None and normal is not None:
        raise click.UsageError("--model and --normal exclude each other: give one of them.")
    learning.leave_to(model)
    if scheduler is not None and jobs != 1:
        raise click.UsageError("--jobs and --scheduler exclude each other: give one of them.")
    if form == "parquet" or (summary is not None and summary.suffix.lower() == ".parquet"):
        _require_pyarrow()
    verbosity = Verbosity(quiet, verbose=False, progress=not (quiet or no_progress))
    # The exit status changes no result.
    output = Output(form, None, None, None, False, keep_formulas)
    files = files_of(patterns, folder)
    table = folder / SUMMARY if summary is None else summary
    inputs = [*files, *(name for name in (model, normal) if name is not None)]
    refuse_in_data_set(table, folder, files)
    _make(folder)
    written = [table, *([folder / INDEX] if report else []), *([folder / MODEL] if normal else [])]
    for path in written:
        check_output(path, [name for name in inputs if not Path(name).is_dir()], "-o")
    method = learning.settings()
    tasks = _tasks(files, reading)
    own = [path for path in written if path.parent == folder]
    claim(folder, own, [item.place for task in tasks for item in _items(task)])
    if normal is not None:
        model = str(_learned(normal, folder / MODEL, method, reading, verbosity))
    settings = Settings(
        str(folder.resolve()),
        None if model is None else os.path.abspath(model),
        "" if model is None else _hash(model),
        method,
        threshold,
        reading,
        output,
        scores,
        report,
        _repeated(),
    )
    outcomes = _outcomes(tasks, settings, jobs, scheduler, verbosity)
    rows = [row for outcome in outcomes for row in summary_rows(outcome)]
    with replacing(table) as file:
        file.write(summary_content(rows, table, keep_formulas=keep_formulas))
    if report:
        write_pages_index(outcomes, folder / INDEX, sum(bool(row["error"]) for row in rows))
    show(table_of_worst(rows, table))
    if any(row["error"] for row in rows):
        click.get_current_context().exit(BAD_DATA)
    if fail_on_anomaly and any(row["n_alarms"] for row in rows):
        click.get_current_context().exit(ANOMALY)


def _make(folder: Path) -> None:
    """Make the folder of the results; raise DataError where it cannot be."""
    above = Path(os.path.abspath(folder)).parent
    if not above.is_dir():
        raise DataError(f"{folder} cannot be written: there is no folder {above}.")
    with writing(folder):
        folder.mkdir(exist_ok=True)


def _require_pyarrow() -> None:
    from importlib.util import find_spec

    if find_spec("pyarrow") is None:
        raise click.UsageError("parquet needs pyarrow: pip install 'spectra-anomaly[parquet]'.")


def _learned(normal: str, path: Path, method: Any, reading: Reading, verbosity: Verbosity) -> Path:
    """Learn from normal data, and return the path of the model."""
    from spectra.pipeline import learn

    with step(f"learning from {normal}", verbosity), explained(normal):
        learn(reading.read(normal), method=method).save(path)
    return path


def _hash(model: str) -> str:
    """Return the hash of a model file, which is read once to see that it is one."""
    from spectra.model import Model

    Model.load(model)
    with open(model, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _repeated() -> str:
    """Return the command that was typed, without its workers: they change no result."""
    import shlex

    kept, skipped = ["spectra"], False
    for word in click.get_current_context().meta[ARGUMENTS]:
        own = word in ("-j", "--jobs", "--scheduler")
        joined = word.startswith(("--jobs=", "--scheduler=")) or (
            word.startswith("-j") and word[2:].lstrip("-").isdigit()
        )
        if not (skipped or own or joined):
            kept.append(word)
        skipped = own
    return shlex.join(kept)


def _items(task: Task | Outcome) -> tuple[Item, ...]:
    """Return the recordings of a task, or that of an outcome."""
    return task.items if isinstance(task, Task) else (task.item,)


def _tasks(files: Sequence[str], reading: Reading) -> list[Task | Outcome]:
    """Return a task for each file and for each group of sensors; an outcome for bad data sets."""
    from spectra.datasets.sensors import SensorData, is_data_set

    paths = {file: os.path.abspath(file) for file in files}
    root = os.path.commonpath([os.path.dirname(path) for path in paths.values()])
    tasks: list[Task | Outcome] = []
    for file, path in paths.items():
        place = place_of(os.path.relpath(path, root))
        if not is_data_set(path):
            tasks.append(Task(path, (Item(file, place, state_of_input(path)),)))
            continue
        column, _, chosen = (reading.series or "").partition("=")
        try:
            data = SensorData.open(path, column or None).of(chosen or None)
        except DataError as error:
            reason = str(error).replace(path, file)
            tasks.append(Outcome(Item(file, place, ""), None, reason))
            continue
        if data.n_nameless:
            say(f"{file}: {data.n_nameless:,} rows name no sensor: left out.")
        if data.others:
            say(
                f"{file} is read as a data set of Parquet files: {few_of(data.others, 3)} in it "
                f"{'is' if len(data.others) == 1 else 'are'} left out."
            )
        states = {names: state_of(names) for names in set(data.files.values())}
        for group in data.groups(data.names):
            items = tuple(
                Item(f"{file} [{name}]", f"{place}/{file_name_of(name)}", states[data.files[name]])
                for name in group.names
            )
            tasks.append(Task(group, items))
    return tasks


def _outcomes(
    tasks: Sequence[Task | Outcome],
    settings: Settings,
    jobs: int,
    scheduler: str | None,
    verbosity: Verbosity,
) -> list[Outcome]:
    """Return the outcomes of all recordings in their order, after doing what is not finished."""
    from dataclasses import replace

    known: dict[str, Outcome] = {}
    order: list[str] = []
    pending: list[Task] = []
    for task in tasks:
        if isinstance(task, Outcome):
            order.append(task.item.place)
            known[task.item.place] = task
            say(f"Error: {task.error}")
            continue
        order += [item.place for item in task.items]
        for item in task.items:
            if (finished := finished_of(item, settings)) is not None:
                known[item.place] = Outcome(item, finished)
        left = tuple(item for item in task.items if item.place not in known)
        if left and not isinstance(task.source, str):
            names = [
                name
                for name, item in zip(task.source.names, task.items, strict=True)
                if item in left
            ]
            pending.append(Task(replace(task.source, names=tuple(names)), left))
        elif left:
            pending.append(Task(task.source, left))
    done = sum(outcome.finished is not None for outcome in known.values())
    if done and not verbosity.quiet:
        say(f"{done:,} of {len(order):,} recordings are finished: only the others are done.")
    for outcome in _done(pending, settings, jobs, scheduler, verbosity):
        known[outcome.item.place] = outcome
        for row in summary_rows(outcome):
            if row["error"]:
                say(f"Error: {row['error']}")
    return [known[place] for place in order]


def _done(
    tasks: Sequence[Task],
    settings: Settings,
    jobs: int,
    scheduler: str | None,
    verbosity: Verbosity,
) -> Iterator[Outcome]:
    """Do the tasks, and yield the outcome of each recording when it is done."""
    from spectra.parallel import completed, connected

    shown = verbosity.progress and sys.stderr.isatty()
    count, total = 0, sum(len(task.items) for task in tasks)
    with ExitStack() as stack:
        if shown:
            stack.callback(clear_progress)
        client = None
        if scheduler is not None and tasks:
            client = stack.enter_context(connected(scheduler))
        for i, result in completed(work, tasks, settings, n_jobs=jobs, client=client):
            if isinstance(result, DataError):
                result = [Outcome(item, None, f"{item.name}: {result}") for item in tasks[i].items]
            for outcome in result:
                count += 1
                if shown:
                    show_progress(f"{count:,}/{total:,} {outcome.item.name}")
                yield outcome
