"""`spectra stream`: find the anomalies in lines as they come."""

import shlex
import shutil
import subprocess
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from spectra.atomic import replacing
from spectra.cli.files import FileCommand
from spectra.cli.follow import LineSource, Stop, stopped_by_signals
from spectra.cli.formats import json_text
from spectra.cli.messages import say, show
from spectra.cli.options import (
    Hertz,
    Learning,
    Number,
    ReadPath,
    Whole,
    WrittenPath,
    above_zero,
    alpha_option,
    learning_options,
    sampling_rate,
)
from spectra.cli.options.values import delimiter_sign
from spectra.errors import DataError
from spectra.parameters import MOST_ROWS

if TYPE_CHECKING:
    from spectra.stream.feed import Choices, Event, Feed

# Rows from one scoring to the next, and the most: EVERY and MOST_EVERY of spectra.stream.stream,
# whose import would make --help slow.
EVERY: Final = 128
MOST_EVERY: Final = 2**20
SAVE_EVERY: Final = 60.0
# Fewest lines to learn from: two of the shortest frames.
FEWEST: Final = 32


def rate_in_time(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Return the text of a rate of false alarms in a time; raise BadParameter for any other."""
    if value is not None:
        from spectra.calibration.rates import RECORDING, AlarmRate

        try:
            rate = AlarmRate.parse(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error
        if rate.unit == RECORDING:
            raise click.BadParameter(f"'{value}' must name a time, such as 1/day.")
    return value


def command_of(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    """Return the arguments of a command; raise BadParameter for one that there is not."""
    if value is None:
        return None
    try:
        arguments = tuple(shlex.split(value))
    except ValueError as error:
        raise click.BadParameter(f"{str(error).rstrip('.')}.") from error
    if not arguments or shutil.which(arguments[0]) is None:
        raise click.BadParameter(f"there is no command '{value}'.")
    return arguments


@click.command(
    "stream",
    cls=FileCommand,
    short_help="Find the anomalies in lines as they come, without end.",
    examples=(
        "tail -F machine.csv | spectra stream normal.model --state machine.state",
        "spectra stream --learn-rows 10000 --follow machine.csv --fs 10",
    ),
    instead="lines come from standard input, or from a file with --follow",
)
@click.argument("model", required=False, type=ReadPath())
@click.option(
    "--learn-rows",
    type=Whole(FEWEST, MOST_ROWS, of="rows", such_as=10_000),
    metavar="N",
    help="Without a MODEL: learn from the first N lines, which must be normal.",
)
@click.option(
    "--follow",
    metavar="FILE",
    type=ReadPath(),
    help="Read a file that grows, in place of standard input; one that takes its name is read "
    "after it.",
)
@click.option(
    "--state",
    type=WrittenPath(),
    metavar="FILE",
    help="Save the state at the end, at an interrupt and regularly, and go on from it.",
)
@click.option(
    "--save-every",
    type=Number("60", "seconds"),
    default=SAVE_EVERY,
    show_default=True,
    metavar="SECONDS",
    callback=above_zero,
    help="With --state: time from one saving to the next.",
)
@click.option(
    "--on-alarm",
    metavar="COMMAND",
    callback=command_of,
    help="Run a command for each event but updates, with the event on its standard input; no shell "
    "reads it.",
)
@click.option(
    "--early",
    is_flag=True,
    help="With --learn-rows: open alarms as soon as causal scores see them, and confirm or "
    "withdraw them later. A MODEL of spectra fit --early does so by itself.",
)
@click.option("--strict", is_flag=True, help="End at a line that cannot be read.")
@click.option(
    "--every",
    type=Whole(1, MOST_EVERY, of="rows", such_as=16),
    default=EVERY,
    show_default=True,
    metavar="ROWS",
    help="Rows from one scoring to the next: few show an alarm sooner, many take less time.",
)
@click.option(
    "--adapt",
    type=Whole(1, MOST_ROWS, of="rows", such_as=3600),
    metavar="HALF-LIFE",
    help="Follow a drift of level and spread, with a half-life in rows; alarms are not learned "
    "from.",
)
@alpha_option
@click.option(
    "--false-alarms",
    metavar="RATE",
    callback=rate_in_time,
    help="Number of false alarms, in place of --alpha: 1/day, 2/hour.",
)
@click.option(
    "--time",
    "time_column",
    metavar="COLUMN",
    help="The column or key of the time, or none; by default it is recognised.",
)
@click.option(
    "--channels",
    metavar="A,B,…",
    help="The columns or keys to analyse; by default those of the MODEL.",
)
@click.option(
    "--fs",
    type=Hertz(),
    metavar="HZ",
    callback=sampling_rate,
    help="The sampling rate; by default that of the MODEL or of the times.",
)
@click.option(
    "--delimiter",
    metavar="SIGN",
    callback=delimiter_sign,
    help="The delimiter: one sign, tab or blank.",
)
@click.option(
    "--dates",
    type=click.Choice(["day-first", "month-first"]),
    help="The order of day and month in dates.",
)
@learning_options
@click.option("-q", "--quiet", is_flag=True, help="Print only errors on standard error.")
def command(
    model: str | None,
    follow: str | None,
    state: Path | None,
    save_every: float,
    on_alarm: tuple[str, ...] | None,
    early: bool,
    learning: Learning,
    quiet: bool,
    **options: Any,
) -> None:
    """Find the anomalies in lines from standard input, or in a file that grows.

    The lines are a text table or JSON objects. Each alarm is printed as JSON, one line when it
    opens, when it changes much, and when it closes. [MODEL] is a file written by spectra fit;
    without one, --learn-rows says how many lines to learn from.
    """
    begun = state is not None and state.exists()
    if model is not None and options["learn_rows"] is not None:
        raise click.UsageError("Give MODEL or --learn-rows, not both.")
    if model is None and options["learn_rows"] is None and not begun:
        raise click.UsageError("Give a MODEL, or --learn-rows N to learn from the first N lines.")
    if model is not None and early:
        raise click.UsageError(
            "--early goes with --learn-rows: make MODEL with spectra fit --early."
        )
    if state is None and save_every != SAVE_EVERY:
        raise click.UsageError("--save-every goes with --state: give both.")
    learning.leave_to(model)
    learning.check_early(early=early)
    arguments = (model, follow or "stdin", state if begun else None, learning)
    feed = _feed(*arguments, _choices(options), early=early)
    source = LineSource(follow, feed.position, feed.file)
    with stopped_by_signals() as stop:
        _run(feed, source, stop, state, save_every, on_alarm, quiet=quiet)
    if not quiet:
        say(_summary(feed))
    if stop.number:
        click.get_current_context().exit(128 + stop.number)


def _choices(options: dict[str, Any]) -> "Choices":
    """Return the choices of a stream; raise UsageError for two thresholds."""
    from spectra.datasets.raw import Request
    from spectra.stream.feed import Choices

    if options["false_alarms"] is not None and options["alpha"] is not None:
        raise click.UsageError("--alpha and --false-alarms exclude each other: give one of them.")
    return Choices(
        Request(
            options["time_column"],
            options["channels"],
            delimiter=options["delimiter"],
            dates=options["dates"],
        ),
        options["fs"],
        options["learn_rows"] or FEWEST,
        {name: options[name] for name in ("alpha", "false_alarms", "adapt")},
        options["every"],
        options["strict"],
    )


def _feed(
    model: str | None,
    name: str,
    state: Path | None,
    learning: Learning,
    choices: "Choices",
    *,
    early: bool,
) -> "Feed":
    """Return a new feed, or the one that a state file continues."""
    from spectra.model import Model
    from spectra.pipeline import learn
    from spectra.stream.feed import Feed

    given = None if model is None else Model.load(model)
    learned = partial(learn, method=learning.settings(), early=early)
    arguments = (name, choices, given, learned)
    return Feed(*arguments) if state is None else Feed.restored(str(state), *arguments)


def _run(
    feed: "Feed",
    source: LineSource,
    stop: Stop,
    state: Path | None,
    save_every: float,
    on_alarm: tuple[str, ...] | None,
    *,
    quiet: bool,
) -> None:
    """Take the lines of a source to its end, or until a signal stops it."""
    saved = time.monotonic()
    for lines in source.blocks(stop):
        for line in lines:
            events = _events_of(line.text, feed, state)
            feed.position, feed.file = line.position, source.file_after(line)
            _report(events, on_alarm)
            if stop.number:
                break
        _say_notes(feed, quiet=quiet)
        if state is not None and time.monotonic() - saved >= save_every:
            _save(feed, state)
            saved = time.monotonic()
    if state is not None:
        # The stream goes on from here the next time.
        _save(feed, state)
    elif not stop.number:
        _report(list(feed.finish()), on_alarm)


def _say_notes(feed: "Feed", *, quiet: bool) -> None:
    """Print what was found in the first lines, once."""
    if not quiet:
        for note in feed.notes:
            say(f"{feed.name}: {note}")
    feed.notes.clear()


def _events_of(line: str, feed: "Feed", state: Path | None) -> "list[Event]":
    """Return the events of a line; save the state before an error leaves."""
    try:
        return list(feed.take(line))
    except DataError:
        if state is not None:
            _save(feed, state)
        raise


def _save(feed: "Feed", state: Path) -> None:
    """Write the state file, whole or not at all."""
    with replacing(state) as file:
        file.write(feed.to_bytes())


def _report(events: "list[Event]", on_alarm: tuple[str, ...] | None) -> None:
    """Print events, and run the command for each but those of an alarm that goes on."""
    for event in events:
        text = json_text(event, indent=None)
        show(f"{text}\n")
        if on_alarm is not None and event["event"] != "updated":
            # What the command prints is no event.
            result = subprocess.run(on_alarm, input=f"{text}\n".encode(), stdout=2, check=False)
            if result.returncode:
                say(f"The command of --on-alarm ended with status {result.returncode}.")


def _summary(feed: "Feed") -> str:
    """Return the number of lines, of bad ones, and of events in a sentence."""
    from spectra.formatting import counted

    bad = f", {counted(feed.n_bad, 'bad line')} left out" if feed.n_bad else ""
    return f"{counted(feed.n_lines, 'line')}{bad}, {counted(feed.n_events, 'event')}."
