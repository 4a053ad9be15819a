"""`spectra fit`: what is normal, learned once and kept in a file."""

from pathlib import Path

import click

from spectra.cli.files import check_output, writing
from spectra.cli.options import (
    Learning,
    Reading,
    Words,
    learning_options,
    reading_options,
    word_options,
)
from spectra.cli.run import explained, say, step


@click.command("fit", short_help="Learn what is normal, and keep it in a model file.")
@click.argument("normal", metavar="NORMAL", type=click.Path(allow_dash=True))
@click.option(
    "-o",
    "--output",
    "model",
    metavar="MODEL",
    required=True,
    type=click.Path(path_type=Path),
    help="The file to write.",
)
@learning_options
@reading_options
@word_options
def command(
    normal: str,
    model: Path,
    learning: Learning,
    reading: Reading,
    words: Words,
) -> None:
    """Learn what is normal from NORMAL, a CSV file (- is standard input), and keep it in a MODEL
    for spectra score.
    """
    check_output(model, [normal])
    from spectra.formatting import counted, span_text
    from spectra.pipeline import learn

    with step(normal, words), explained(normal):
        recording = reading.read(normal)
        learned = learn(recording, method=learning.settings())
    with writing(model):
        learned.save(model)
    if not words.quiet:
        for note in recording.notes:
            say(f"{normal}: {note}")
        frame = span_text(min(learned.npersegs), max(learned.npersegs), None)
        say(
            f"{model}: {counted(len(learned.channels), 'channel')}, frames of {frame}, learned "
            f"from {normal}."
        )
