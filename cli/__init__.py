"""The command `spectra`: one file for each command.

Each command opens files, calls one function of the library and prints the result. Results go to
standard output; notes, errors and progress go to standard error.

Exit status:

- 0: the command ran.
- 1: a file could not be used.
- 2: the arguments were not understood.
- 3: an alarm was found and --fail-on-anomaly was given.
- 130: the command was interrupted; 141: nobody read on; 143, 129: it was terminated or hung up.

JSON (`--format json`) is one object:

- `schema_version`: 2. The version changes when a key changes its meaning or is removed, not when a
  key is added.
- `files`: one object for each file that could be used, in the order given. A file that could not is
  named on standard error.

Each object of `files` has these keys:

- `file`: name as it was given; "-" for standard input. If the file holds several series, the name
  is followed by that of the series in brackets.
- `fs`: sampling rate in Hz, null if it is unknown.
- `nperseg`: rows of a frame: the length nearest to the dominant period, without a period the
  middle one.
- `npersegs`: rows of a frame, for each frame length, from short to long.
- `step`: rows from one score to the next.
- `alpha`: false-alarm probability per score.
- `n_samples`: rows of the regular grid that the file was put on.
- `channels`: names of the channels.
- `learned_from`: name of the normal data.
- `period`: dominant period in rows of the normal data, null if there is none.
- `calibration`: how the statistic of a step becomes a probability.
  - `threshold`: value that the statistic must exceed for a p-value below `alpha`. Steps are flagged
    by this threshold.
  - `suspected`: share of the steps of the normal data that were taken for anomalous and left out.
  - `smallest_p`: smallest probability that the normal data supports. Smaller p-values rank alarms,
    but are no probabilities.
  - `tail_p`: probability from which on p-values come from the fitted tail.
  - `scale`, `shape`: of that tail, a generalised Pareto distribution; a shape of 0 is an
    exponential tail.
  - `ks_statistic`, `ks_p_value`: goodness of fit of the tail (Kolmogorov–Smirnov).
- `notes`: sentences on rows that were left out, filled, sorted or resampled.
- `n_alarms`: number of alarms, also of those that --top leaves out.
- `alarms`: one object for each alarm, in order of time.
  - `start`, `end`, `peak`: first, last and most anomalous row of the alarm. An ISO 8601 date; an
    ISO 8601 duration for times since the start; a number of seconds where the file has seconds; the
    index of the row, from 0, where it has no time.
  - `score`, `p_value`: largest standard score, larger = more anomalous, and its probability
    under normality.
  - `channel`: name of the channel that differs most from normal at the peak.
  - `f_low`, `f_high`: band of frequencies in which it differs most, in Hz; in cycles per row where
    `fs` is null.
  - `first_row`, `last_row`, `peak_row`: rows of the grid, from 0.
  - `start_time`, `end_time`, `peak_time`: the same instants as text, h:mm:ss.mmm since the start or
    a date; null where no time is known.
  - `duration`: seconds, null where `fs` is null.

Version 2 differs from version 1 in two keys. `step` was called `hop`. `threshold` was that of an
intermediate score; it is now the threshold that is applied.
"""

import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType
from typing import Any, NoReturn

import click

import spectra
from spectra.cli import (
    batch,
    benchmark,
    calibrate,
    datasets,
    detect,
    doctor,
    evaluate,
    explain,
    fit,
    foundations,
    inspect,
    score,
    stream,
    transformer,
)
from spectra.cli.pictures import ARGUMENTS
from spectra.cli.run import BAD_DATA
from spectra.errors import DataError
from spectra.text import line

# Status that a shell reports for a program stopped by Ctrl-C: 128 + SIGINT.
INTERRUPTED = 130
# Status that a shell reports for a program stopped by a closed pipe: 128 + SIGPIPE.
PIPE_CLOSED = 141


class Commands(click.Group):
    """Group of commands that fail in one sentence and stop quietly.

    An interrupt and a closed pipe (`spectra ... | head`) print nothing.
    """

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is called; raises UsageError for an option given twice."""
        ctx.meta[ARGUMENTS] = list(args)
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            own = click.Context(command, parent=ctx, info_name=name, resilient_parsing=True)
            _, _, order = command.make_parser(own).parse_args(list(rest))
            for option in {param for param in order if order.count(param) > 1}:
                if isinstance(option, click.Option) and not (option.multiple or option.is_flag):
                    raise click.UsageError(f"{option.opts[-1]} is given twice: give it once.", own)
        return name, command, rest

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a closed pipe stops it without a word."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            ctx.exit(PIPE_CLOSED)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the program, and exit with its status.

        What goes wrong is said in one line, whatever was in the text of the error.
        """
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        _open_standard_files()
        with _stopped_by_signals():
            try:
                status = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            except click.ClickException as error:
                _show_error(error)
                status = error.exit_code
            except DataError as error:
                status = _failed(str(error))
            except MemoryError:
                status = _failed("There is not enough memory: give a smaller file, or channels.")
            except (KeyboardInterrupt, click.Abort):
                click.echo(err=True)
                status = INTERRUPTED
            except OSError as error:
                gone = isinstance(error, FileNotFoundError)
                name = error.filename or ("The working folder" if gone else "Standard output")
                status = _failed(f"{name}: {error.strerror or error}.")
        _flush()
        sys.exit(status)


def _open_standard_files() -> None:
    """Prepare standard files that are closed, or whose encoding lacks letters.

    Otherwise the next file that is opened would get the number of a closed one.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    for output in (sys.stdout, sys.stderr):
        # A name may hold letters that the encoding of the terminal lacks.
        if isinstance(output, io.TextIOWrapper):
            output.reconfigure(errors="replace")


def _show_error(error: click.ClickException) -> None:
    """Print an error in one line, with the usage where the command line was wrong."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    # Without any argument click raises an error whose message is the help.
    if context is not None and error.message == context.get_help():
        error.show()
        return
    if context is not None:
        click.echo(context.get_usage(), err=True)
        click.echo(f"Try '{context.command_path} --help' for help.\n", err=True)
    click.echo(f"Error: {line(error.format_message())}", err=True)


def _failed(reason: str) -> int:
    """Print an error and return the status of bad data."""
    click.echo(f"Error: {line(reason)}", err=True)
    return BAD_DATA


def _flush() -> None:
    """Let go of output that cannot be written, which the interpreter would try again to write."""
    for output, number in ((sys.stdout, 1), (sys.stderr, 2)):
        try:
            if output is not None:
                output.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Exit by an exception at SIGTERM and SIGHUP, so that temporary files are removed."""

    def stop(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    known = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
    mine = [
        number
        for number in known
        # A program that ignores one, such as nohup, had its reasons.
        if number is not None and signal.getsignal(number) is signal.SIG_DFL
    ]
    if current_thread() is not main_thread():
        mine = []
    for number in mine:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, signal.SIG_DFL)


COMPLETION = """\b
Complete commands, options and file names in this session:
  bash:  eval "$(_SPECTRA_COMPLETE=bash_source spectra)"
  zsh:   eval "$(_SPECTRA_COMPLETE=zsh_source spectra)"
  fish:  _SPECTRA_COMPLETE=fish_source spectra | source
"""


@click.group(
    cls=Commands, epilog=COMPLETION, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(
    spectra.__version__, "--version", prog_name="spectra", help="Show the version and exit."
)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Find anomalies in sensor and medical signals by comparing spectra.

    Begin with: spectra detect data.csv

    No data at hand? spectra datasets write ecg -o ecg.csv
    """
    if os.environ.get("NO_COLOR"):
        ctx.color = False


for command in (
    inspect.command,
    detect.command,
    calibrate.command,
    fit.command,
    score.command,
    stream.command,
    batch.command,
    explain.command,
    evaluate.command,
    benchmark.command,
    datasets.command,
    transformer.command,
    foundations.command,
    doctor.command,
):
    main.add_command(command)
