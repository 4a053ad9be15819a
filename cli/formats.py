"""The output of detect and score in the forms of --format.

The schema of the JSON is documented in `spectra.cli`.
"""

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import click

from spectra.cli.options import STDIN, Output
from spectra.text import LONGEST_PATH, cell, line, short, well_formed

if TYPE_CHECKING:
    from spectra.arrays import IntArray
    from spectra.detection import Detection

Results = Iterable[tuple[str, "Detection"]]

# Version of the JSON of detect, score and evaluate; it rises when a key changes its meaning.
SCHEMA_VERSION: Final = 2
ALARM: Final = (
    "start", "end", "peak", "score", "p_value", "channel", "f_low", "f_high",
    "first_row", "last_row", "peak_row", "start_time", "end_time", "peak_time", "duration",
)  # fmt: skip
ROWS: Final = ("first_row", "last_row", "peak_row")
NUMBERS: Final = ("score", "p_value", "f_low", "f_high", "duration")
# Alarms in a table: more fill several screens.
MOST_SHOWN: Final = 20
# Signs of the score above a table, from low to high, and the most of them.
BLOCKS: Final = "▁▂▃▄▅▆▇█"
WIDEST: Final = 120
# Blanks between the name of a file and its description.
GAP: Final = "  "


def chosenalarm_rows(detection: "Detection", output: Output) -> "IntArray":
    """Return the indices of the alarms that are shown, in the order that was asked for."""
    import numpy as np

    ranked = np.argsort(-detection.alarms["score"].to_numpy(), kind="stable")
    usual = MOST_SHOWN if output.format == "table" and not output.every else None
    strongest = ranked[: output.top or usual]
    return strongest if output.sort == "p" else np.sort(strongest)


def tables(results: Results, output: Output, width: int | None) -> Iterator[str]:
    """Yield a table for each file, with an empty line between two.

    `width` are the columns of the terminal, None for a file or a pipe.
    """
    for number, (file, detection) in enumerate(results):
        yield "\n" * (number > 0) + table(file, detection, output, width)


def table(file: str, detection: "Detection", output: Output, width: int | None) -> str:
    """Return the table of a file: a heading, one line for each alarm, and their number.

    On a terminal the score is drawn above it, and a line that is too wide is folded.
    """
    from spectra.formatting import aligned

    name = "stdin" if file == STDIN else short(file, LONGEST_PATH)
    chosen = chosenalarm_rows(detection, output)
    rows = detection.table.iloc[chosen]
    rows = rows.assign(channel=rows["channel"].map(short))
    lines = [
        click.style(name, bold=True) + GAP + line(detection.headline),
        *([small_line(detection, width)] if width else []),
        *aligned(rows, width),
        detection.verdict + _hidden(chosen.size, len(detection.alarms), output),
    ]
    return "\n".join(lines) + "\n"


def _hidden(shown: int, count: int, output: Output) -> str:
    """Return the end of the verdict where alarms are left out."""
    if shown == count:
        return ""
    rest = "" if output.top else ", --all lists all"
    return f"; the {shown} strongest are shown{rest}" if shown > 1 else f"; the strongest{rest}"


def small_line(detection: "Detection", width: int) -> str:
    """Return the score as a line of blocks, bold where it is beyond the threshold."""
    import numpy as np
    from scipy.special import ndtri

    statistic = detection.step_scores.statistic
    n_columns = max(1, min(width - 2 * len(GAP), len(statistic), WIDEST))
    first = np.linspace(0, len(statistic), n_columns + 1).astype(np.int64).tolist()
    # Part by part: the statistic of a large file lies on the disk.
    highest = [np.fmax.reduce(statistic[low:high]) for low, high in pairwise(first)]
    largest = detection.fusion.z(np.array(highest))
    threshold = -float(ndtri(detection.alpha))
    # The threshold lies at half of the height, where the score exceeds it little.
    top = max(2 * threshold, float(np.nanmax(largest, initial=0.0)))
    height = np.clip(np.nan_to_num(largest, nan=0.0) / top * len(BLOCKS), 0, len(BLOCKS) - 1)
    signs = [
        BLOCKS[int(level)] if np.isfinite(value) else " "
        for level, value in zip(height, largest, strict=True)
    ]
    return GAP + "".join(
        click.style(sign, bold=True) if value > threshold else sign
        for sign, value in zip(signs, largest, strict=True)
    )


def json_document(results: Results, output: Output) -> Iterator[str]:
    """Yield one JSON object once all files are done."""
    files = [_file(name, detection, output) for name, detection in results]
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


def json_lines(results: Results, output: Output) -> Iterator[str]:
    """Yield one line of JSON for each alarm, as soon as each file is done."""
    for name, detection in results:
        lines = ({"file": name, **alarm} for alarm in alarm_rows(detection, output))
        yield "".join(json_text(each, indent=None) + "\n" for each in lines)


def parquet_table(results: Results, output: Output) -> bytes:
    """Return the table of the alarms of all files as Parquet.

    Instants are texts, as in the CSV: those of different files may be dates, seconds or rows.
    """
    import pandas as pd

    rows = [
        {"file": well_formed(name), **alarm}
        for name, detection in results
        for alarm in alarm_rows(detection, output)
    ]
    found = pd.DataFrame(rows, columns=["file", *ALARM])
    for column in found.columns:
        if column in NUMBERS:
            found[column] = found[column].astype("float64")
        elif column in ROWS:
            found[column] = found[column].astype("int64")
        else:
            texts = [None if value is None else well_formed(str(value)) for value in found[column]]
            found[column] = pd.array(texts, dtype="string")
    content = io.BytesIO()
    found.to_parquet(content, index=False)
    return content.getvalue()


def csv_table(results: Results, output: Output) -> Iterator[str]:
    """Yield one table of the alarms of all files, as soon as each is done.

    The bands `f_low` and `f_high` are those of the JSON.
    """

    def plain(value: object) -> object:
        if isinstance(value, str):
            return cell(value, keep_formulas=output.keep_formulas)
        return value

    yield ",".join(("file", *ALARM)) + "\n"
    for name, detection in results:
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerows(
            map(plain, (name, *alarm.values())) for alarm in alarm_rows(detection, output)
        )
        yield text.getvalue()


def rendered(results: Results, output: Output, width: int | None) -> Iterator[str]:
    """Return the texts to print, in the form that the user chose; none of them is empty."""
    if output.format == "table":
        return tables(results, output, width)
    forms = {"csv": csv_table, "json": json_document, "jsonl": json_lines}
    return filter(None, forms[output.format](results, output))


def _file(name: str, detection: "Detection", output: Output) -> dict[str, object]:
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
            "smallest_p": finite(detection.fusion.smallest_p),
            "tail_p": finite(fit.tail_p),
            "scale": finite(fit.scale),
            "shape": finite(fit.shape),
            "ks_statistic": finite(fit.ks_statistic),
            "ks_p_value": finite(fit.ks_p_value),
        },
        "notes": list(detection.notes),
        "n_alarms": len(detection.alarms),
        "alarms": alarm_rows(detection, output),
    }


def alarm_rows(detection: "Detection", output: Output) -> list[dict[str, object]]:
    """Return the alarms as plain Python values."""

    def plain(name: str, value: Any) -> object:
        if name in ("start", "end", "peak"):
            return _instant(value)
        if name in ROWS:
            return int(value)
        if name in NUMBERS:
            return finite(value)
        return None if value is None else str(value)

    table = detection.to_frame().iloc[chosenalarm_rows(detection, output)]
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
