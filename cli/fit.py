"""`spectra fit`: learn from normal data and write a model file."""

from pathlib import Path

import click

from spectra.cli.files import FileCommand
from spectra.cli.messages import calibration_text, explained, say, say_each, spoken, step
from spectra.cli.options import (
    Learning,
    Reading,
    ReadPath,
    Verbosity,
    WrittenPath,
    learning_options,
    reading_options,
    verbosity_options,
)


@click.command(
    "fit",
    cls=FileCommand,
    short_help="Learn from normal data and write a model file.",
    examples=(
        "spectra fit normal.csv -o normal.model",
        "spectra fit normal.wav --method sequence --epochs 20 -o order.model",
    ),
    instead="join the rows of several into one file",
)
@click.argument("normal", metavar="NORMAL", type=ReadPath(allow_dash=True))
@click.option(
    "-o",
    "--output",
    "model",
    metavar="MODEL",
    required=True,
    type=WrittenPath(),
    help="The file to write.",
)
@click.option(
    "--early",
    is_flag=True,
    help="Calibrate causal scores too: spectra stream then opens alarms as soon as it can, and "
    "confirms or withdraws them later.",
)
@learning_options
@reading_options
@verbosity_options
def command(
    normal: str,
    model: Path,
    early: bool,
    learning: Learning,
    reading: Reading,
    verbosity: Verbosity,
) -> None:
    """Learn from NORMAL, a recording of normal data, and write a MODEL file for spectra score.

    NORMAL is a file in any known format; - is standard input.
    """
    learning.check_early(early=early)

    from spectra.formatting import counted, span_text
    from spectra.model import FORMAT
    from spectra.pipeline import learn

    if not FORMAT.may_replace(model):
        raise click.UsageError(f"-o {model} would overwrite a file that is no model: give another.")

    with step(normal, verbosity), explained(normal):
        recording = (
            reading.open(normal, progress=verbosity.progress)
            if learning.method == "spectral"
            else reading.read(normal)
        )
        learned = learn(recording, method=learning.settings(), early=early)
    learned.save(model)
    if not verbosity.quiet:
        say_each(normal, recording.notes)
        frames = span_text(min(learned.npersegs), max(learned.npersegs), None)
        channels = counted(len(learned.channels), "channel")
        say(f"{model}: {channels}, frames of {frames}, learned from {spoken(normal)}.")
        if verbosity.verbose:
            say(f"{model}: {calibration_text(learned, learned.fitted.fusion)}")
