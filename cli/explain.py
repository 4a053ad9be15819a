"""`spectra explain`: show what an alarm consists of."""

from typing import TYPE_CHECKING, Any

import click

from spectra.cli.files import FileCommand
from spectra.cli.formats import json_text
from spectra.cli.messages import explained, say_notes, show, spoken, step
from spectra.cli.options import (
    STDIN,
    Learning,
    Number,
    Reading,
    ReadPath,
    Verbosity,
    Whole,
    alarm_options,
    bearing_name,
    learning_options,
    reading_options,
    revolutions,
    rows_option,
    text_or_json_option,
    verbosity_options,
)
from spectra.cli.run import check_bearing
from spectra.parameters import MOST_ROWS
from spectra.text import LONGEST_PATH, line, short

if TYPE_CHECKING:
    from spectra.datasets import Recording
    from spectra.detection import Detection
    from spectra.explanation.envelope import Envelope
    from spectra.explanation.explained import Explanation
    from spectra.model import Model

SCHEMA_VERSION = 1
# Alarms that are explained where none is chosen: the strongest, in order of time.
MOST_ALARMS = 10

EPILOG = """\b
JSON: {"schema_version": 1, "file", "fs", "n_alarms", "alarms": [{"alarm",
"start", "end", "first_row", "last_row", "p_value", "peak": {"row", "time",
"channel", "f_low", "f_high", "band"}, "kind", "unit", "sentence", "view",
"nperseg", "channels": [{"channel", "share"}], "bands": [{"f_low", "f_high",
"share", "change_db", "change", "text"}], "similar": {"start", "first_row",
"delay_rows"}, "expected": {"f_expected", "f_came"}}]}

Shares of bands add up to 1, and so do shares of channels. change_db is the power
over the normal power; of the level it is null, and change is its difference in the
unit of the channel. peak is what the table of alarms has, similar the most
similar normal stretch; expected is null but for --method sequence. With --bearing
an alarm also has "bearing": {"defect", "f_low", "f_high", "kurtosis", "seconds",
"lines": [{"name", "part", "frequency", "found", "amplitude", "p_value",
"named"}]}; without alarms it stands beside them.
"""


@click.command(
    "explain",
    cls=FileCommand,
    short_help="Show what an alarm consists of.",
    epilog=EPILOG,
    examples=(
        "spectra explain data.csv --alarm 3",
        "spectra explain pump.wav --rpm 1797 --bearing 6205 --format json",
    ),
)
@click.argument("file", metavar="FILE", type=ReadPath(allow_dash=True))
@click.option(
    "--alarm",
    "numbers",
    type=Whole(1, MOST_ROWS),
    multiple=True,
    metavar="N",
    help="The number of the alarm, from 1 in order of time; may be given several times. "
    f"[default: the {MOST_ALARMS} strongest]",
)
@click.option(
    "--normal",
    metavar="FILE",
    type=ReadPath(allow_dash=True),
    help="Learn from this recording of normal data.",
)
@click.option(
    "--model", metavar="MODEL", type=ReadPath(), help="Score with a model file of spectra fit."
)
@click.option(
    "--rpm",
    type=Number("1797", "revolutions a minute"),
    metavar="RPM",
    callback=revolutions,
    help="Revolutions of the shaft a minute, for --bearing.",
)
@click.option(
    "--bearing",
    metavar="BEARING",
    callback=bearing_name,
    help="Look for defects of a rolling bearing: 6203, 6205, UER204, ZA-2115, or balls, ball "
    "diameter, pitch diameter and contact angle, such as 9,7.94,39.04,0.",
)
@rows_option
@learning_options
@alarm_options
@reading_options
@text_or_json_option
@verbosity_options
def command(
    file: str,
    numbers: tuple[int, ...],
    normal: str | None,
    model: str | None,
    rpm: float | None,
    bearing: str | None,
    normal_rows: tuple[int | None, int | None] | None,
    learning: Learning,
    threshold: dict[str, Any],
    reading: Reading,
    form: str,
    verbosity: Verbosity,
) -> None:
    """Show the bands, channels and kind of alarms in FILE, and the most similar normal stretch.

    FILE is scored as by spectra detect, or with --model as by spectra score; - is standard input.
    """
    if [normal, model, normal_rows].count(None) < 2:
        raise click.UsageError(
            "--normal, --model and --normal-rows exclude each other: give one of them."
        )
    learning.leave_to(model)
    if (rpm is None) != (bearing is None):
        raise click.UsageError("--bearing needs --rpm, and --rpm needs --bearing: give both.")
    if [file, normal].count(STDIN) > 1:
        raise click.UsageError("Standard input can be read only once: give - once.")
    with step(file, verbosity):
        reference = _reference(normal, model, reading)
        with explained(file):
            recording = reading.read(file)
            check_bearing(recording, bearing, rpm)
            found = _found(recording, reference, normal_rows, learning, threshold)
    if not verbosity.quiet:
        say_notes(file, found, verbose=verbosity.verbose)
    chosen = _explanations(found, numbers)
    with explained(file):
        envelopes = _envelopes(found, chosen, bearing, rpm)
    if form == "json":
        show(_json(file, found, chosen, envelopes))
    else:
        show(_text(spoken(file), found, chosen, envelopes))


def _json(
    name: str, found: "Detection", chosen: "list[Explanation]", envelopes: "list[Envelope]"
) -> str:
    """Return the explanations as JSON."""
    alarms = [one.to_dict() for one in chosen]
    for alarm, envelope in zip(alarms, envelopes, strict=False):
        alarm["bearing"] = envelope.to_dict()
    document: dict[str, object] = {
        "schema_version": SCHEMA_VERSION,
        "file": name,
        "fs": found.fs,
        "n_alarms": len(found.intervals.first),
        "alarms": alarms,
    }
    if envelopes and not chosen:
        document["bearing"] = envelopes[0].to_dict()
    return json_text(document)


def _text(
    name: str, found: "Detection", chosen: "list[Explanation]", envelopes: "list[Envelope]"
) -> str:
    """Return the explanations as text."""
    lines = [click.style(short(name, LONGEST_PATH), bold=True) + f"  {line(found.verdict)}"]
    for number, one in enumerate(chosen):
        details = dict(one.details)
        if envelopes:
            details["bearing"] = envelopes[number].text
        lines += ["", f"alarm {one.number}: {line(one.sentence)}"]
        lines += [f"  {part:<9} {line(text)}" for part, text in details.items()]
    if envelopes and not chosen:
        lines.append(f"  bearing   {envelopes[0].text}")
    return "\n".join(lines)


def _envelopes(
    found: "Detection", chosen: "list[Explanation]", bearing: str | None, rpm: float | None
) -> "list[Envelope]":
    """Return the test of a bearing for each alarm, without alarms for the whole recording."""
    if bearing is None or rpm is None:
        return []
    if not chosen:
        return [found.bearing(bearing, rpm)]
    return [found.bearing(bearing, rpm, one.number) for one in chosen]


def _reference(
    normal: str | None, model: str | None, reading: Reading
) -> "Model | Recording | None":
    """Return the model or the normal data that is given."""
    if model is not None:
        from spectra.model import Model

        return Model.load(model)
    if normal is None:
        return None
    with explained(normal):
        return reading.read(normal)


def _found(
    recording: "Recording",
    reference: "Model | Recording | None",
    normal_rows: tuple[int | None, int | None] | None,
    learning: Learning,
    threshold: dict[str, Any],
) -> "Detection":
    """Return the detection of the recording."""
    from spectra.model import Model
    from spectra.pipeline import detect, score

    if isinstance(reference, Model):
        return score(reference, recording, **threshold)
    return detect(
        recording,
        normal=reference,
        normal_rows=None if normal_rows is None else slice(*normal_rows),
        method=learning.settings(),
        **threshold,
    )


def _explanations(found: "Detection", numbers: tuple[int, ...]) -> "list[Explanation]":
    """Return the explanations of the chosen alarms, or of the strongest."""
    if not numbers:
        scores = found.alarms["score"].to_numpy()
        numbers = tuple(sorted((-scores).argsort(kind="stable")[:MOST_ALARMS] + 1))
    try:
        return [found.explain(int(number)) for number in numbers]
    except ValueError as error:
        raise click.UsageError(str(error)) from error
