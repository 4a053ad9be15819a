"""The command `spectra`: one file for each command.

Each command opens files, calls one function of the library and prints the result. Results go to
standard output; notes, errors and progress go to standard error.

Exit status:

- 0: the command ran.
- 1: a file could not be used.
- 2: the arguments were not understood.
- 3: an alarm was found and --fail-on-anomaly was given.
- 130: the command was interrupted.

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
  - `transform`: "gumbel", and its `power`, 0.
  - `threshold`: value that the statistic must exceed for a p-value below `alpha`. Steps are flagged
    by this threshold.
  - `ks_statistic`, `ks_p_value`: goodness of fit (Kolmogorov–Smirnov).
- `notes`: sentences on rows that were left out, filled, sorted or resampled.
- `alarms`: one object for each alarm, in order of time.
  - `start`, `end`, `peak`: first, last and most anomalous row of the alarm. An ISO 8601 date; an
    ISO 8601 duration for times since the start; a number of seconds where the file has seconds; the
    index of the row, from 0, where it has no time.
  - `score`, `p_value`: largest standard score, larger = more anomalous, and its probability
    under normality.
  - `channel`: name of the channel that differs most from normal at the peak.
  - `f_low`, `f_high`: band of frequencies in which it differs most, in Hz; in cycles per row where
    `fs` is null.

Version 2 differs from version 1 in two keys. `step` was called `hop`. `threshold` was that of an
intermediate score; it is now the threshold that is applied.
"""

import io
import os
import sys

import click

import spectra
from spectra.cli import (
    benchmark,
    datasets,
    detect,
    evaluate,
    explain,
    fit,
    foundations,
    inspect,
    score,
    transformer,
)
from spectra.cli.pictures import ARGUMENTS
from spectra.errors import DataError

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
        """Run the command; a DataError becomes an error message of one line and exit status 1."""
        try:
            return super().invoke(ctx)
        except DataError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            click.echo(err=True)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # The interpreter flushes standard output when it exits, which would fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(PIPE_CLOSED)


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
    for stream in (sys.stdout, sys.stderr):
        # A name may hold letters that the encoding of the terminal lacks.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


for command in (
    inspect.command,
    detect.command,
    fit.command,
    score.command,
    explain.command,
    evaluate.command,
    benchmark.command,
    datasets.command,
    transformer.command,
    foundations.command,
):
    main.add_command(command)
