"""What is printed of each file, in the three forms of --format; the schema of the JSON stands in
`spectra.cli`.
"""

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from spectra.cli.table import table

if TYPE_CHECKING:
    from spectra.detection import Detection

Results = Iterable[tuple[str, "Detection"]]

SCHEMA_VERSION = 2
ALARM = ("start", "end", "peak", "score", "p_value", "channel", "f_low", "f_high")


def tables(results: Results) -> Iterator[str]:
    """A table a file, as soon as the file is done, with an empty line between two."""
    for number, (file, detection) in enumerate(results):
        yield "\n" * (number > 0) + table(file, detection)


def json_document(results: Results) -> Iterator[str]:
    """One JSON object, when all files are done."""
    files = [_file(name, detection) for name, detection in results]
    document = {"schema_version": SCHEMA_VERSION, "files": files}
    yield json.dumps(document, indent=2, allow_nan=False) + "\n"


def csv_table(results: Results) -> Iterator[str]:
    """One tidy table of the alarms of all files, as soon as each is done; f_low and f_high as in
    the JSON.
    """
    yield ",".join(("file", *ALARM)) + "\n"
    for name, detection in results:
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerows((name, *alarm.values()) for alarm in _alarms(detection))
        yield text.getvalue()


FORMATS: Final[dict[str, Callable[[Results], Iterator[str]]]] = {
    "table": tables,
    "json": json_document,
    "csv": csv_table,
}


def _file(name: str, detection: "Detection") -> dict[str, object]:
    """What the JSON says of one file."""
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
            "transform": fit.transform,
            "power": finite(fit.power),
            "threshold": finite(detection.threshold),
            "ks_statistic": finite(fit.ks_statistic),
            "ks_p_value": finite(fit.ks_p_value),
        },
        "notes": list(detection.notes),
        "alarms": _alarms(detection),
    }


def _alarms(detection: "Detection") -> list[dict[str, object]]:
    """The alarms in plain Python values."""
    instants, numbers = {"start", "end", "peak"}, {"score", "p_value", "f_low", "f_high"}

    def plain(name: str, value: Any) -> object:
        if name in instants:
            return _instant(value)
        return finite(value) if name in numbers else str(value)

    rows = zip(*(detection.alarms[name] for name in ALARM), strict=True)
    return [
        {name: plain(name, value) for name, value in zip(ALARM, row, strict=True)} for row in rows
    ]


def _instant(value: object) -> object:
    """An instant as ISO 8601, or as the number it is."""
    import numpy as np
    import pandas as pd

    if isinstance(value, (pd.Timestamp, pd.Timedelta)):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value


def finite(number: float) -> float | None:
    """A number that JSON can hold; None for one it cannot."""
    return float(number) if math.isfinite(number) else None
