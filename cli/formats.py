"""The output of detect and score in the three forms of --format.

The schema of the JSON is documented in `spectra.cli`.
"""

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import click

from spectra.cli.options import STDIN, Output
from spectra.text import LONGEST_PATH, cell, line, short, well_formed

if TYPE_CHECKING:
    from spectra.detection import Detection

Results = Iterable[tuple[str, "Detection"]]

# Version of the JSON of detect, score and evaluate; it rises when a key changes its meaning.
SCHEMA_VERSION: Final = 2
ALARM: Final = (
    "start", "end", "peak", "score", "p_value", "channel", "f_low", "f_high",
    "first_row", "last_row", "peak_row", "start_time", "end_time", "peak_time", "duration",
)  # fmt: skip
# Blanks between the name of a file and its description.
GAP: Final = "  "


def tables(results: Results) -> Iterator[str]:
    """Yield a table for each file, with an empty line between two."""
    for number, (file, detection) in enumerate(results):
        yield "\n" * (number > 0) + table(file, detection)


def table(file: str, detection: "Detection") -> str:
    """Return the table of a file: a heading, one line for each alarm, and their number."""
    from spectra.formatting import aligned

    name = "stdin" if file == STDIN else short(file, LONGEST_PATH)
    rows = detection.table
    rows["channel"] = rows["channel"].map(short)
    lines = [
        click.style(name, bold=True) + GAP + line(detection.headline),
        *aligned(rows),
        detection.verdict,
    ]
    return "\n".join(lines) + "\n"


def json_document(results: Results) -> Iterator[str]:
    """Yield one JSON object once all files are done."""
    files = [_file(name, detection) for name, detection in results]
    document = {"schema_version": SCHEMA_VERSION, "files": files}
    yield json_text(document) + "\n"


def json_text(document: Any, indent: int | None = 2) -> str:
    """Return a document as JSON in ASCII, which any terminal shows as it is."""
    return json.dumps(_well_formed(document), indent=indent, allow_nan=False)


def _well_formed(value: Any) -> Any:
    """Return a document whose texts are all well-formed."""
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, dict):
        return {well_formed(name): _well_formed(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_well_formed(inner) for inner in value]
    return value


def csv_table(results: Results, *, keep_formulas: bool) -> Iterator[str]:
    """Yield one table of the alarms of all files, as soon as each is done.

    The bands `f_low` and `f_high` are those of the JSON.
    """

    def plain(value: object) -> object:
        return cell(value, keep_formulas=keep_formulas) if isinstance(value, str) else value

    yield ",".join(("file", *ALARM)) + "\n"
    for name, detection in results:
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerows(map(plain, (name, *alarm.values())) for alarm in _alarms(detection))
        yield text.getvalue()


def rendered(results: Results, output: Output) -> Iterator[str]:
    """Return the texts to print, in the form that the user chose."""
    if output.format == "csv":
        return csv_table(results, keep_formulas=output.keep_formulas)
    return json_document(results) if output.format == "json" else tables(results)


def _file(name: str, detection: "Detection") -> dict[str, object]:
    """Return the JSON object of one file."""
    fit = detection.fusion.calibration
    return {
        "file": name,
        "fs": detection.fs,
        "nperseg": detection.nperseg,
        "npersegs": list(detection.npersegs),
        "step": detection.step,
        "alpha": detection.alpha,
        "n_samples": detection.recording.n_samples,
        "channels": list(detection.recording.channels),
        "learned_from": detection.learned_from,
        "period": detection.period,
        "calibration": {
            "threshold": finite(detection.threshold),
            "suspected": finite(detection.fusion.suspected),
            "tail_p": finite(fit.tail_p),
            "scale": finite(fit.scale),
            "shape": finite(fit.shape),
            "ks_statistic": finite(fit.ks_statistic),
            "ks_p_value": finite(fit.ks_p_value),
        },
        "notes": list(detection.notes),
        "alarms": _alarms(detection),
    }


def _alarms(detection: "Detection") -> list[dict[str, object]]:
    """Return the alarms as plain Python values."""

    def plain(name: str, value: Any) -> object:
        if name in ("start", "end", "peak"):
            return _instant(value)
        if name in ("first_row", "last_row", "peak_row"):
            return int(value)
        if name.endswith("_time") or name == "channel":
            return None if value is None else str(value)
        return finite(value)

    table = detection.to_frame()
    rows = zip(*(table[name] for name in ALARM), strict=True)
    return [
        {name: plain(name, value) for name, value in zip(ALARM, row, strict=True)} for row in rows
    ]


def _instant(value: object) -> object:
    """Return an instant in ISO 8601, or a plain number."""
    import numpy as np
    import pandas as pd

    if isinstance(value, (pd.Timestamp, pd.Timedelta)):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value


def finite(number: float) -> float | None:
    """Return the number, or None for one that JSON cannot hold."""
    return float(number) if math.isfinite(number) else None
