"""`spectra datasets`: recordings to try things on."""

import gzip
import inspect
import sys
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from spectra.cli.files import check_output, replacing


@click.group("datasets", short_help="Recordings to try things on.")
def command() -> None:
    """Recordings with known anomalies: real samples, and signals made to measure."""


def _known() -> dict[str, str]:
    """Return every name with what it is."""
    from spectra.datasets.generators import GENERATORS
    from spectra.datasets.samples import describe, sample_names

    made = {name: (inspect.getdoc(make) or "").split("\n")[0] for name, make in GENERATORS.items()}
    return {name: describe(name) for name in sample_names()} | made


def _complete(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    return [
        CompletionItem(name, help=about)
        for name, about in _known().items()
        if name.startswith(incomplete)
    ]


@command.command("list")
def list_names() -> None:
    """List the names that write takes, with what each is."""
    known = _known()
    width = max(map(len, known)) + 2
    for name, about in known.items():
        click.echo(f"{name:{width}}{about}")


@command.command("write", short_help="Write one of them as a CSV file.")
@click.argument("name", metavar="NAME", shell_complete=_complete)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The file; else standard output.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Another seed makes another signal; a sample has none.",
)
def write(name: str, output: Path | None, seed: int | None) -> None:
    """Write the recording NAME (see list) as CSV: time_s, channels, label; gzipped where FILE ends
    in .gz.
    """
    if name not in (known := _known()):
        raise click.BadParameter(
            f"There is no '{name}'; there are {', '.join(known)}.", param_hint="NAME"
        )
    from spectra.datasets.samples import sample_names, sample_path

    sample = name in sample_names()
    if sample and seed is not None:
        raise click.UsageError(f"{name} was recorded, not made: it has no seed.")
    if output is not None:
        check_output(output, [])
    content = gzip.decompress(sample_path(name).read_bytes()) if sample else _made(name, seed or 0)
    if output is None:
        rest = memoryview(content)
        # Unbuffered output (python -u) may take a part only.
        while rest:
            rest = rest[sys.stdout.buffer.write(rest) :]
        sys.stdout.buffer.flush()
        return
    with replacing(output) as file:
        # Without the time in its header the same recording is the same file.
        file.write(gzip.compress(content, mtime=0) if output.suffix == ".gz" else content)


def _made(name: str, seed: int) -> bytes:
    """Return the CSV of a signal made from a seed."""
    import numpy as np

    from spectra.datasets.generators import GENERATORS

    recording = GENERATORS[name](np.random.default_rng(seed))
    table = recording.to_frame()
    if recording.fs is not None:
        table.insert(0, "time_s", recording.index.to_numpy() / recording.fs)
    if recording.labels is not None:
        table["label"] = recording.labels
    return table.to_csv(index=False, lineterminator="\n", float_format="%.9g").encode()
