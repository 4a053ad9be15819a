"""`spectra datasets`: sample recordings and generated signals."""

import gzip
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from spectra.cli.files import FileCommand, check_output, csv_file
from spectra.cli.help import Command
from spectra.cli.messages import show, show_bytes
from spectra.cli.options import Whole, WrittenPath


@click.group("datasets", short_help="List and write recordings with known anomalies.")
def command() -> None:
    """List and write recordings with known anomalies: real samples and generated signals."""


def _known() -> dict[str, str]:
    """Return every name with its description."""
    from spectra.datasets import generators, samples

    return {name: samples.describe(name) for name in samples.sample_names()} | {
        name: generators.describe(name) for name in generators.GENERATORS
    }


def _complete(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    return [
        CompletionItem(name, help=about)
        for name, about in _known().items()
        if name.startswith(incomplete)
    ]


@command.command(
    "list",
    cls=Command,
    examples=(
        "spectra datasets list",
        "spectra datasets list | grep bearing",
    ),
)
def list_names() -> None:
    """List the names of the recordings, with a description of each."""
    known = _known()
    width = max(map(len, known)) + 2
    for name, about in known.items():
        show(f"{name:{width}}{about}")


@command.command(
    "write",
    cls=FileCommand,
    short_help="Write a recording as a CSV file.",
    examples=(
        "spectra datasets write ecg -o ecg.csv",
        "spectra datasets write tones --seed 7 | spectra detect -",
    ),
)
@click.argument("name", metavar="NAME", shell_complete=_complete)
@click.option(
    "-o",
    "--output",
    type=WrittenPath("csv"),
    metavar="FILE",
    help="File to write; by default standard output.",
)
@click.option(
    "--seed",
    type=Whole(0),
    help="Seed of a generated signal. [default: 0]",
)
def write(name: str, output: Path | None, seed: int | None) -> None:
    """Write the recording NAME (see list) as CSV with the columns time_s, channels and label.

    The output is gzipped if FILE ends in .gz.
    """
    if name not in (known := _known()):
        raise click.BadParameter(
            f"There is no recording '{name}': choose one of {', '.join(known)}.", param_hint="NAME"
        )
    from spectra.datasets.samples import sample_names, sample_path

    sample = name in sample_names()
    if sample and seed is not None:
        raise click.UsageError(f"{name} is a real recording and has no seed: leave --seed out.")
    if sample and output is not None:
        check_output(output, [str(sample_path(name))])
    content = gzip.decompress(sample_path(name).read_bytes()) if sample else _made(name, seed or 0)
    if output is None:
        show_bytes(content)
        return
    with csv_file(output) as file:
        file.write(content)


def _made(name: str, seed: int) -> bytes:
    """Return the CSV of a generated signal."""
    import numpy as np

    from spectra.datasets.generators import GENERATORS

    recording = GENERATORS[name](np.random.default_rng(seed))
    table = recording.to_frame()
    if recording.fs is not None:
        table.insert(0, "time_s", recording.index.to_numpy() / recording.fs)
    if recording.labels is not None:
        table["label"] = recording.labels
    return table.to_csv(index=False, lineterminator="\n", float_format="%.9g").encode()
