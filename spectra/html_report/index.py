"""A page over many reports: the worst recording first, with its score as a small line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from os import PathLike
from pathlib import Path
from re import sub
from typing import Final
from urllib.parse import quote

import numpy as np
from scipy.special import ndtri

from spectra import __version__, formatting
from spectra.atomic import replacing
from spectra.detection import Detection
from spectra.errors import DataError
from spectra.html_report.numbers import maxima_of_columns
from spectra.html_report.page import MEDICAL, document, resource, write_report
from spectra.parameters import require
from spectra.text import LONGEST_PATH, printable, short

# Columns of a small line, and its size in pixels.
LINE_COLUMNS: Final = 120
LINE_WIDTH, LINE_HEIGHT = 240, 36
# Size of the chart of the medians, in units of its view box.
TREND_WIDTH, TREND_HEIGHT = 1000, 170
# Letters of the name of a file.
LONGEST_FILE: Final = 60


@dataclass(frozen=True)
class Entry:
    """One recording of an index.

    Attributes
    ----------
    name : str
    link : str
        Address of its report, relative to the index.
    alarms : int
    share : float
        Share of its scores beyond the threshold.
    median : float
        Median of its standard scores.
    strongest : float
        Its largest standard score.
    threshold : float
        Standard score of the threshold.
    line : tuple of float
        The largest score in each of 120 columns, NaN in gaps.
    """

    name: str
    link: str
    alarms: int
    share: float
    median: float
    strongest: float
    threshold: float
    line: tuple[float, ...]

    @classmethod
    def of(cls, detection: Detection, link: str, name: str = "") -> "Entry":
        """Return the entry of a detection whose report lies at a link."""
        z = detection.step_scores.z
        known = z[np.isfinite(z)]
        threshold = -float(ndtri(detection.alpha))
        return cls(
            name or detection.recording.name,
            link,
            detection.intervals.first.size,
            float((known > threshold).mean()) if known.size else 0.0,
            float(np.median(known)) if known.size else float("nan"),
            float(known.max()) if known.size else float("nan"),
            threshold,
            tuple(maxima_of_columns(z, LINE_COLUMNS).tolist()),
        )


def report_index(
    detections: Mapping[str, Detection] | Iterable[Detection], folder: str | PathLike[str]
) -> Path:
    """Write the report of each detection into a folder, and an index of them.

    Parameters
    ----------
    detections : dict by name, or iterable of Detection
        Of a generator, one detection at a time is kept.
    folder : str or path
        It is made if it is not there. Reports of the same names are replaced.

    Returns
    -------
    pathlib.Path
        The index, `index.html`.

    Raises
    ------
    TypeError
        For a parameter of another type.
    ValueError
        For an array.
    DataError
        Where a page cannot be written, and without any detection.

    Notes
    -----
    The recording of the alarm with the largest score is first. The chart above the table has the
    recordings in the order given: with one model for all of them, wear shows as a rise of their
    median scores.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import spectra
    >>> rng = np.random.default_rng(0)
    >>> model = spectra.learn(rng.normal(size=4000))
    >>> days = {f"day {i}": spectra.score(model, rng.normal(size=4000)) for i in (1, 2)}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     spectra.report_index(days, folder).name
    'index.html'
    """
    must = "must be an iterable of Detection, or a dict of them by name"
    require("detections", detections, Iterable, must, lambda v: not isinstance(v, np.ndarray))
    require("folder", folder, (str, PathLike), "must be a path")
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{place} cannot be made: {error.strerror}.") from error
    named = (
        detections.items()
        if isinstance(detections, Mapping)
        else (("", detection) for detection in detections)
    )
    entries: list[Entry] = []
    for name, detection in named:
        require("detections", detection, Detection, must)
        file = _file_name(name or detection.recording.name, len(entries) + 1)
        write_report(detection, place / file)
        entries.append(Entry.of(detection, quote(file), name))
    if not entries:
        raise DataError("There is no detection to report: give at least one.")
    path = place / "index.html"
    write_index(entries, path)
    return path


def write_index(entries: list[Entry], path: Path, n_failed: int = 0) -> None:
    """Write the index of reports that are written already; `n_failed` recordings have none."""
    with replacing(path) as file:
        file.write(index_page(entries, n_failed).encode("utf-8"))


def index_page(entries: list[Entry], n_failed: int = 0) -> str:
    """Return the index as one HTML page."""
    ranked = sorted(range(len(entries)), key=lambda i: (*_badness(entries[i]), i))
    rows = "".join(_row(i + 1, entries[i]) for i in ranked)
    found = sum(entry.alarms > 0 for entry in entries)
    count = formatting.counted(len(entries), "recording")
    failed = f" {n_failed:,} more could not be used: the summary has the reasons." * (n_failed > 0)
    headings = "".join(
        f'<th scope="col"><button type="button">{name}</button></th>'
        for name in (
            "no.",
            "recording",
            "alarms",
            "beyond the threshold",
            "median score",
            "largest score",
        )
    )
    body = f"""<h1>{count}</h1>
<p class="verdict">{found:,} of them {"has" if found == 1 else "have"} an alarm.{failed}</p>
<p class="medical">{MEDICAL}</p>
<h2>In the order given</h2>
<div class="scroll">{_trend(entries)}</div>
<p class="soft">Line: median score of each recording, in standard deviations of normal scores; bars:
its number of alarms. If one model scored them all, a rise of the line is wear.</p>
<h2>Worst first</h2>
<p class="soft">The alarm with the largest score comes first; click a heading to sort. The small
line is the largest score over time; dashed: the threshold.</p>
<div class="scroll"><table><thead><tr>{headings}<th scope="col">score over time</th></tr></thead>
<tbody>{rows}</tbody></table></div>
<p class="soft">spectra {__version__}</p>"""
    return document(f"{count}: spectra", body, resource("index.js"))


def _badness(entry: Entry) -> tuple[bool, float]:
    """Return what the recordings are sorted by: an alarm, and the largest score.

    The table of `spectra batch` has the same order.
    """
    return entry.alarms == 0, -entry.strongest if np.isfinite(entry.strongest) else np.inf


def _row(number: int, entry: Entry) -> str:
    """Return the row of a recording; `data-value` is what its cells are sorted by."""
    share = escape(formatting.percent_text(entry.share, 2))
    name = escape(short(entry.name, LONGEST_PATH))
    cells = [
        (str(number), str(number)),
        (name, f'<a href="{escape(entry.link)}">{name}</a>'),
        (str(entry.alarms), f"{entry.alarms:,}"),
        (repr(entry.share), share),
        (repr(entry.median), _number(entry.median)),
        (repr(entry.strongest), _number(entry.strongest)),
    ]
    texts = "".join(f'<td data-value="{value}">{text}</td>' for value, text in cells)
    return f"<tr>{texts}<td>{_small_line(entry)}</td></tr>\n"


def _number(value: float) -> str:
    return f"{value:z.2f}" if np.isfinite(value) else "none"


def _path(x: np.ndarray, y: np.ndarray) -> str:
    """Return the path through points, with a gap where y is NaN."""
    text, pen = [], False
    for at, value in zip(x.tolist(), y.tolist(), strict=True):
        if np.isfinite(value):
            text.append(f"{'L' if pen else 'M'}{at:.1f} {value:.1f}")
        pen = bool(np.isfinite(value))
    return "".join(text) or "M0 0"


def _small_line(entry: Entry) -> str:
    """Return the score over time as a small picture."""
    line = np.array(entry.line)
    top = float(np.nanmax(np.append(line, 1.5 * entry.threshold)))
    low = min(0.0, float(np.nanmin(np.append(line, 0.0))))
    x = np.linspace(0, LINE_WIDTH, line.size)

    def y(value: np.ndarray) -> np.ndarray:
        return LINE_HEIGHT - 1 - (value - low) / (top - low) * (LINE_HEIGHT - 2)

    at = float(y(np.array(entry.threshold)))
    return (
        f'<svg width="{LINE_WIDTH}" height="{LINE_HEIGHT}" role="img" aria-label="score over time">'
        f'<path class="score" d="{_path(x, y(line))}"/>'
        f'<line class="threshold" x1="0" x2="{LINE_WIDTH}" y1="{at:.1f}" y2="{at:.1f}"/></svg>'
    )


def _trend(entries: list[Entry]) -> str:
    """Return the medians and the numbers of alarms in the order given, as a picture."""
    medians = np.array([entry.median for entry in entries])
    counts = np.array([entry.alarms for entry in entries])
    left, right, top, bottom = 60, TREND_WIDTH - 60, 24, TREND_HEIGHT - 24
    known = medians[np.isfinite(medians)]
    low = min(0.0, float(known.min(initial=0.0)))
    high = max(1.0, float(known.max(initial=0.0)))
    width = (right - left) / len(entries)
    x = left + (np.arange(len(entries)) + 0.5) * width

    def y(value: float | np.ndarray) -> np.ndarray:
        return np.asarray(bottom - (value - low) / (high - low) * (bottom - top))

    most = max(1, int(counts.max()))
    bars = "".join(
        f'<rect class="alarm" x="{at - 0.35 * width:.1f}" width="{0.7 * width:.1f}" '
        f'y="{bottom - count / most * (bottom - top):.1f}" '
        f'height="{count / most * (bottom - top):.1f}"><title>{number}: '
        f"{escape(short(entry.name))}, {formatting.counted(entry.alarms, 'alarm')}</title></rect>"
        for number, (at, count, entry) in enumerate(zip(x, counts, entries, strict=True), start=1)
    )
    dots = "".join(
        f'<circle class="dot" r="3" cx="{at:.1f}" cy="{float(y(value)):.1f}"/>'
        for at, value in zip(x, medians, strict=True)
        if np.isfinite(value)
    )
    texts = [
        (2, 13, "title", "median score"),
        (TREND_WIDTH - 2, 13, "title end", "alarms"),
        (left - 6, float(y(low)) + 4, "tick end", f"{low:z.1f}"),
        (left - 6, top + 4, "tick end", f"{high:z.1f}"),
        (right + 6, bottom + 4, "tick", "0"),
        (right + 6, top + 4, "tick", f"{most:,}"),
        (left, TREND_HEIGHT - 6, "tick", "no. 1"),
        (right, TREND_HEIGHT - 6, "tick end", f"no. {len(entries)}"),
    ]
    labels = "".join(
        f'<text x="{at}" y="{line:.1f}" class="{kind}">{text}</text>'
        for at, line, kind, text in texts
    )
    return (
        f'<svg class="trend" viewBox="0 0 {TREND_WIDTH} {TREND_HEIGHT}" role="img" '
        f'aria-label="median score and alarms by recording">{bars}'
        f'<line class="axis" x1="{left}" x2="{right}" y1="{bottom}" y2="{bottom}"/>'
        f'<path class="signal" d="{_path(x, y(medians))}"/>{dots}{labels}</svg>'
    )


def _file_name(name: str, number: int) -> str:
    """Return a file name of letters, digits and hyphens, which no other recording has."""
    plain = sub(r"[^\w.-]+", "-", printable(name)).strip("-.")[-LONGEST_FILE:]
    return f"{number:04d}-{plain or 'recording'}.html"
