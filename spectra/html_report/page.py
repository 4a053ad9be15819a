"""The page of a report: everything in one file, and nothing from a network.

The charts are drawn as SVG by a script of the page, from numbers in the page, so that a recording
of ten million rows takes a megabyte. A Content-Security-Policy allows this script and this style by
their hashes and nothing else. Texts from files are escaped here, and set as text by the script.
"""

import base64
import hashlib
import json
import platform
import re
from html import escape
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import scipy

from spectra import __version__, formatting
from spectra.atomic import replacing
from spectra.detection import Detection
from spectra.explanation.bearings import Bearing
from spectra.html_report.content import (
    MOST_CHANNELS,
    MOST_EXPLAINED,
    MOST_LISTED,
    Shaft,
    content,
    shown_channels,
)
from spectra.html_report.smallest import (
    BURST,
    ENOUGH,
    MOST_TRIED,
    PLACES,
    SIZES,
    smallest_burst,
)
from spectra.parameters import require
from spectra.text import printable

MEDICAL: Final = (
    "spectra is not a medical device. An alarm is a stretch that differs from normal data. It is "
    "no diagnosis, and no alarm does not mean that all is well."
)

_OPTION: Final = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def write_report(
    detection: Detection,
    path: str | PathLike[str],
    *,
    command: str | None = None,
    bearing: Bearing | str | None = None,
    rpm: float | None = None,
) -> None:
    """Write a detection as one HTML page, whole or not at all.

    Parameters
    ----------
    detection : Detection
    path : str or path
    command : str, optional
        Command that repeats the detection; by default the call in Python.
    bearing : Bearing or str, optional
    rpm : float, optional
        Bearing and speed of the shaft, as in `Detection.bearing`: the report tests each alarm that
        it explains for defects. Without any alarm it tests the whole recording.

    Raises
    ------
    TypeError
        For a parameter of another type.
    ValueError
        For a bearing without rpm, and for rpm without a bearing.
    DataError
        Where the page cannot be written, or the bearing cannot be tested.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np
    >>> import spectra
    >>> found = spectra.detect(np.random.default_rng(0).normal(size=4000))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     spectra.write_report(found, os.path.join(folder, "report.html"))
    """
    require("detection", detection, Detection, "must be a Detection, made by detect or score")
    require("path", path, (str, PathLike), "must be a path")
    if command is not None:
        require("command", command, str, "must be a text or None")
    if (bearing is None) != (rpm is None):
        raise ValueError("bearing needs rpm, and rpm needs bearing: give both.")
    shaft = None if bearing is None or rpm is None else (bearing, rpm)
    page = report(detection, command=command, shaft=shaft)
    with replacing(Path(path)) as file:
        file.write(page.encode("utf-8"))


def report(detection: Detection, *, command: str | None = None, shaft: Shaft | None = None) -> str:
    """Return a detection as one HTML page.

    Parameters
    ----------
    detection : Detection
    command : str, optional
        Command that repeats the detection; by default the call in Python.
    shaft : (Bearing or str, float), optional
        A bearing, and the revolutions of its shaft a minute.
    """
    name = escape(printable(detection.recording.name))
    numbers = json.dumps(content(detection, shaft), allow_nan=False, separators=(",", ":"))
    # No text of a file can end the script element.
    numbers = numbers.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    body = f"""{_head(detection, name)}{_bearing(detection, shaft)}
{_signal(detection)}
{_table(detection)}
{_explanations(detection)}
{_calibration(detection)}
{_settings(detection, command)}"""
    return document(f"{name}: spectra", body, resource("page.js"), numbers)


def document(title: str, body: str, script: str, numbers: str = "") -> str:
    """Return a page of HTML that runs one script and asks for nothing.

    `title` and `body` are HTML, `numbers` is JSON that the script reads.
    """
    style = resource("page.css")
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    data = f'<script type="application/json" id="data">{numbers}</script>\n' if numbers else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
{data}<script>{script}</script>
</body>
</html>
"""


def resource(name: str) -> str:
    """Return the text of a script or a style of the pages."""
    return files("spectra.html_report").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")


def _head(detection: Detection, name: str) -> str:
    """Return the name, the verdict in words, and the notes."""
    notes = "".join(f"<li>{_note(note)}</li>" for note in detection.notes)
    return f"""<h1>{name}</h1>
<p class="soft">{escape(printable(detection.headline))}</p>
<p class="verdict">{escape(verdict(detection))}</p>
<p class="medical">{MEDICAL}</p>
{f'<ul class="notes">{notes}</ul>' if notes else ""}
<noscript><p>The charts and the table need the script of this page.</p></noscript>"""


def _note(note: str) -> str:
    """Return a note as HTML in which no line breaks within the name of an option."""
    return _OPTION.sub(r'<span class="option">\g<0></span>', escape(printable(note)))


def _bearing(detection: Detection, shaft: Shaft | None) -> str:
    """Return the test of a bearing of a recording without alarms, which has no explanations."""
    if shaft is None or detection.intervals.first.size:
        return ""
    return f"\n<p>Bearing: {escape(detection.bearing(*shaft).text)}.</p>"


def verdict(detection: Detection) -> str:
    """Return the verdict in words: the number of alarms, their share, and the strongest."""
    intervals, recording = detection.intervals, detection.recording
    count = intervals.first.size
    if not count:
        return (
            "No alarm: no stretch differs from normal data by more than a normal stretch does, at "
            f"a false-alarm probability of {detection.alpha:.3g} per score.{_smallest(detection)}"
        )
    rows = int((intervals.last - intervals.first + 1).sum())
    strongest = int(detection.alarms["score"].argmax()) + 1
    share = rows / recording.n_samples
    amount = formatting.percent_text(share, 2) if share >= 5e-5 else formatting.counted(rows, "row")
    return (
        f"{formatting.counted(count, 'alarm')} in {amount} of the recording, at a false-alarm "
        f"probability of {detection.alpha:.3g} per score. The strongest is alarm {strongest}: "
        f"{printable(detection.explain(strongest).sentence)}"
    )


def _smallest(detection: Detection) -> str:
    """Return a sentence on the smallest burst that would have been found, in a few channels."""
    recording = detection.recording
    if recording.n_samples < BURST:
        return ""
    sizes = []
    for channel in shown_channels(detection)[:MOST_TRIED]:
        size = smallest_burst(detection, channel)
        if size is not None:
            unit = recording.units[channel] if recording.units else ""
            number = f"{float(f'{size:.2g}'):,g}"
            sizes.append(f"{number} {unit}".rstrip() + f" ({recording.channels[channel]})")
    lasting = "" if detection.fs is None else f" ({formatting.duration_text(BURST / detection.fs)})"
    burst = f"burst of noise of {BURST} rows{lasting}"
    if not sizes:
        return f" No {burst} is sure to be found, up to {SIZES[-1]:g} times the usual spread."
    return (
        f" A {burst} would have been found from a standard deviation of "
        f"{printable(', '.join(sizes))} on, at {ENOUGH} of {PLACES} places tried."
    )


def _signal(detection: Detection) -> str:
    """Return the place of the charts of signal and score."""
    n_channels = detection.recording.n_channels
    hidden = (
        f"The {MOST_CHANNELS} of {n_channels} channels with the strongest alarms are drawn. "
        if n_channels > MOST_CHANNELS
        else ""
    )
    return f"""<h2 id="signal">Signal, score and spectrogram</h2>
<div class="tools">
<button type="button" id="before" aria-label="earlier">◀</button>
<button type="button" id="after" aria-label="later">▶</button>
<button type="button" id="in" aria-label="zoom in">+</button>
<button type="button" id="out" aria-label="zoom out">−</button>
<button type="button" id="whole">all</button>
<span class="soft" id="span"></span>
</div>
<div id="signals"></div>
<p class="legend" id="colours"></p>
<p class="soft">{hidden}Shaded: alarms.
<span class="hint">Drag to zoom, double-click for all, Ctrl and wheel to zoom; click an alarm to
choose it.</span></p>"""


def _table(detection: Detection) -> str:
    """Return the place of the table of alarms."""
    count = detection.intervals.first.size
    if not count:
        return ""
    some = (
        f"The {MOST_LISTED:,} strongest of {count:,} alarms are listed and shaded."
        if count > MOST_LISTED
        else ""
    )
    return f"""<h2>Alarms</h2>
<p class="soft">{some} <span class="hint">Click a heading to sort, an alarm to see its
place.</span></p>
<div class="scroll" id="table"></div>"""


def _explanations(detection: Detection) -> str:
    """Return the place of the explanations."""
    count = detection.intervals.first.size
    if not count:
        return '<div id="explained"></div>'
    which = (
        f"The {MOST_EXPLAINED} strongest of {count:,} alarms. " if count > MOST_EXPLAINED else ""
    )
    return f"""<h2>Explanations</h2>
<p class="soft">{which}Shares of bands, and of channels, add up to 100 %.</p>
<div id="explained"></div>"""


def _calibration(detection: Detection) -> str:
    """Return the place of the charts of the calibration."""
    fit = detection.fusion.calibration
    return f"""<h2>Calibration</h2>
<p class="soft">Left: the scores of normal steps lie on the dashed line (Kolmogorov–Smirnov p of
the tail = {fit.ks_p_value:.2g}). Right: the share of steps below each p-value.</p>
<div class="pair">
<div class="chart" id="quantiles"></div>
<div class="chart" id="rates"></div>
</div>"""


def _settings(detection: Detection, command: str | None) -> str:
    """Return settings, versions, the hash of the input, and the command that repeats it."""
    again = (
        command or f"spectra.detect(…, method={detection.model.method!r}, alpha={detection.alpha})"
    )
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(printable(text))}</dd>"
        for name, text in settings(detection).items()
    )
    return f"""<h2>Settings</h2>
<p>This repeats the analysis:</p>
<pre>{escape(printable(again))}</pre>
<details class="settings" open><summary>All settings, versions and the hash of the input</summary>
<dl>{rows}</dl></details>"""


def settings(detection: Detection) -> dict[str, str]:
    """Return the settings, versions and the hash of the input as texts by their names."""
    recording, model = detection.recording, detection.model
    lengths = ", ".join(map(str, detection.npersegs))
    return {
        "method": repr(model.method),
        "alpha": f"{detection.alpha:g}",
        "learned from": detection.learned_from,
        "sampling rate": formatting.rate_text(detection.fs),
        "rows": f"{recording.n_samples:,}",
        "channels": ", ".join(recording.title(i) for i in range(recording.n_channels)),
        "frames": f"{lengths} rows",
        "a score every": formatting.counted(detection.step, "row"),
        "dominant period": "none"
        if detection.period is None
        else formatting.counted(detection.period, "row"),
        "threshold of the statistic": f"{detection.threshold:.4g}",
        "versions": f"spectra {__version__}, numpy {np.__version__}, scipy {scipy.__version__}, "
        f"pandas {pd.__version__}, Python {platform.python_version()}",
        "SHA-256 of the values": values_hash(detection),
    }


def values_hash(detection: Detection) -> str:
    """Return the SHA-256 of the values that were scored, (n_samples, n_channels) as float64."""
    values = np.ascontiguousarray(detection.recording.values, dtype="<f8")
    return hashlib.sha256(values.data).hexdigest()
