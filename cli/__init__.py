"""The command `spectra`: one file a command, each of which opens files, calls one function and
prints its result.

Results go to standard output; notes, errors and progress to standard error. Exit status: 0 it ran,
1 a file could not be used, 2 the command was not understood, 3 an alarm was found and
--fail-on-anomaly given, 130 interrupted.

JSON (`--format json`) is one object, schema_version 1:

- `schema_version`: 1; it grows when a key changes its meaning or goes, not when one is added. -
`files`: one object a file that could be used, in the order given; a file that could not is named on
standard error.
  - `file`: as it was given; "-" for standard input. - `fs`: sampling rate in Hz, null where it is
  unknown. - `npersegs`: rows of a frame, for each of the frame lengths, from short to long. -
  `nperseg`: the one of them nearest to the dominant period; without a period the middle one. -
  `hop`: rows from one score to the next. - `alpha`: the false-alarm probability of a score. -
  `n_samples`, `channels`: rows of the regular grid the file was put on, names of the channels. -
  `learned_from`: what the normal spectra were learned from. - `period`: rows of the dominant period
  of what was learned from, null where there is none. - `calibration`, how the largest standard
  score of all looks at a stretch becomes a probability: `transform` ("log",
    "cube-root", "box-cox") and its `power`; `threshold`, what that largest score has to exceed for
    a p-value below alpha; `ks_statistic`, `ks_p_value`, the goodness of fit of the bulk
    (Kolmogorov–Smirnov).
  - `notes`: sentences on what was left out, filled, sorted or resampled.
  - `alarms`: one object an alarm, in the order of time.
    - `start`, `end`, `peak`: first, last and most anomalous row of the alarm. ISO 8601 dates or,
    for times since the
      start, ISO 8601 durations; a number of seconds where the file has seconds; the number of the
      row, from 0, where it has no time.
    - `score`, `p_value`: the standard score at the peak, larger = more anomalous, and its
    probability under normality. - `channel`, `f_low`, `f_high`: where the frame around the peak
    differs most; the band in Hz, in cycles per row where
      `fs` is null.
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
    fit,
    foundations,
    inspect,
    score,
    transformer,
)
from spectra.errors import DataError

INTERRUPTED = 130
# What a shell reports of a program that a closed pipe stopped.
PIPE_CLOSED = 141


class Commands(click.Group):
    """A group whose commands fail in one sentence, stop quietly when interrupted, and may be piped
    into `head`.
    """

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is called; raises UsageError for an option given twice."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            own = click.Context(command, parent=ctx, info_name=name, resilient_parsing=True)
            _, _, order = command.make_parser(own).parse_args(list(rest))
            for option in {param for param in order if order.count(param) > 1}:
                if isinstance(option, click.Option) and not (option.multiple or option.is_flag):
                    raise click.UsageError(f"{option.opts[-1]} is given twice: give it once.", own)
        return name, command, rest

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what a person did wrong becomes click's one-line error with exit status
        1.
        """
        try:
            return super().invoke(ctx)
        except DataError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            click.echo(err=True)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # The interpreter flushes standard output on its way out, and must not meet the closed
            # pipe again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(PIPE_CLOSED)


COMPLETION = """\b
Completion of commands, options and file names, for the rest of the session:
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

    Nothing to hand? spectra datasets write ecg -o ecg.csv
    """
    if os.environ.get("NO_COLOR"):
        ctx.color = False
    for stream in (sys.stdout, sys.stderr):
        # A name with a letter the terminal has no code for is no reason to stop.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


for command in (
    inspect.command,
    detect.command,
    fit.command,
    score.command,
    evaluate.command,
    benchmark.command,
    datasets.command,
    transformer.command,
    foundations.command,
):
    main.add_command(command)
