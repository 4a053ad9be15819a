"""`spectra evaluate`: how well scores and alarms agree with known anomalies."""

import json
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from spectra.cli.formats import SCHEMA_VERSION, finite
from spectra.cli.options import (
    STDIN,
    Reading,
    Words,
    alarm_option,
    check_method,
    learning_options,
    reading_options,
    rows_option,
    word_options,
)
from spectra.cli.run import explained, say, say_notes, step
from spectra.cli.text import printable
from spectra.errors import DataError

if TYPE_CHECKING:
    from spectra.arrays import BoolArray, Float64Array, IntArray
    from spectra.datasets import Recording
    from spectra.detection import Detection
    from spectra.pipeline import Method
    from spectra.signal.views import View

EPILOG = """\b
JSON: {"schema_version": 1, "file", "n_samples", "events", "anomalous_rows",
"fs", "scores", "threshold", "threshold_from", "buffer", "metrics": {"VUS-PR",
"VUS-ROC", "AUC-PR", "AUC-ROC", "precision", "recall", "F1", "range_…",
"affiliation_…", "composite_F1", "point_adjusted_F1", "alarms", "event_…",
"false_alarm_share", "detection_delay", "false_alarms_per_hour", "oracle_F1",
"oracle_event_F1"}}

\b
rows         precision and recall of single rows
events       of alarms and of anomalies: one counts where it touches the other
ranges       how much of each is covered, and in how many pieces (Tatbul et al.)
affiliation  how near each is to the other, chance having ½ (Huet et al.)
composite    precision of rows, recall of events (Garg et al.)
VUS, AUC     of the scores over all thresholds; VUS forgives small shifts in time
delay        from the start of an anomaly to its first alarm, in rows in the JSON
"""


# Options of how detect finds what is judged.
OF_DETECT = ("normal_rows", "nperseg", "k", "view", "method", "epochs", "alpha")


def not_nan(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    """Refuse what no score can be compared with."""
    if value is not None and math.isnan(value):
        raise click.BadParameter("nan is no number.")
    return value


@dataclass(frozen=True)
class Judged:
    """What is compared: labels, scores and alarms (n,), the series (n,) whose period is the buffer
    of VUS, the words.
    """

    labels: "IntArray"
    scores: "Float64Array"
    alarms: "BoolArray"
    series: "Float64Array | None"
    fs: float | None
    source: str
    threshold: float
    threshold_from: str


@click.command("evaluate", short_help="How well scores agree with known anomalies.", epilog=EPILOG)
@click.argument("file", metavar="FILE", type=click.Path(allow_dash=True))
@click.option(
    "--score",
    metavar="COLUMN",
    help="Judge this column, higher = more anomalous, instead of what detect finds.",
)
@click.option(
    "--threshold",
    type=float,
    metavar="T",
    callback=not_nan,
    help="Scores from T on are alarms; else the T with the best event F1.",
)
@click.option(
    "--buffer",
    type=click.IntRange(min=0),
    metavar="ROWS",
    help="The buffer of VUS; else the period of the first channel.",
)
@rows_option
@learning_options
@alarm_option
@reading_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="The form of the result on standard output.",
)
@word_options
def command(
    file: str,
    score: str | None,
    threshold: float | None,
    buffer: int | None,
    normal_rows: tuple[int | None, int | None] | None,
    nperseg: int | None,
    k: float | None,
    view: "View | None",
    method: "Method",
    epochs: int,
    alpha: float,
    reading: Reading,
    form: str,
    words: Words,
) -> None:
    """Compare scores and alarms with the labels in a FILE, 1 on anomalous rows and 0 on others; -
    is standard input.

    The labels are in the column --label, else in one called label. Judged is what detect finds, or
    the column --score.
    """
    given = click.get_current_context().get_parameter_source
    clash = [name for name in OF_DETECT if given(name) is ParameterSource.COMMANDLINE]
    if score is not None and clash:
        name = clash[0].replace("_", "-")
        raise click.UsageError(
            f"--{name} is for what detect finds: leave it out, or leave --score out."
        )
    check_method(method, k, epochs)
    if score is None and threshold is not None:
        raise click.UsageError(
            "--threshold is for --score: the alarms of detect are set by --alpha."
        )

    from spectra.metrics import summary, vus_buffer

    detection = None
    with step(file, words), explained(file):
        if score is None:
            from spectra.pipeline import detect

            recording = _labelled(reading, file)
            rows = None if normal_rows is None else slice(*normal_rows)
            detection = detect(
                recording,
                normal_rows=rows,
                alpha=alpha,
                nperseg=nperseg,
                k=k,
                view=view,
                method=method,
                epochs=epochs,
            )
            judged = _own(detection)
        else:
            chosen = reading.channels and f"{reading.channels},{score}"
            recording = _labelled(replace(reading, channels=chosen), file)
            judged = _column(recording, score, threshold)
        if buffer is None:
            buffer = vus_buffer(judged.labels * 0.0 if judged.series is None else judged.series)
        found = summary(judged.labels, judged.scores, judged.alarms, buffer, judged.fs)
    if not words.quiet and detection is not None:
        say_notes(file, detection, verbose=words.verbose)
    elif not words.quiet:
        for note in recording.notes:
            say(f"{file}: {note}")
    show = _json if form == "json" else _table
    click.echo(show(file, judged, buffer, found))


def _labelled(reading: Reading, file: str) -> "Recording":
    """The recording in a file; raises DataError where it has no labels."""
    recording = reading.read(file)
    if recording.labels is None:
        raise DataError("there are no labels of 0 and 1: name their column with --label.")
    return recording


def _own(detection: "Detection") -> Judged:
    """What detect finds."""
    recording, table = detection.recording, detection.scores
    assert recording.labels is not None
    return Judged(
        labels=recording.labels[recording.rows],
        scores=table["anomaly_score"].to_numpy(),
        alarms=table["alarm"].to_numpy() == 1,
        series=recording.values[recording.rows, 0],
        fs=detection.fs,
        source=f"spectra detect, {detection.learned_from_text}",
        threshold=detection.alpha,
        threshold_from="alpha",
    )


def _column(recording: "Recording", score: str, threshold: float | None) -> Judged:
    """A column of scores; the series beside it is the first other channel."""
    import numpy as np

    from spectra.metrics import best_event_based, without_gaps

    assert recording.labels is not None
    titles = [title.casefold() for title in recording.channels]
    if score.casefold() not in titles:
        there = ", ".join(f"'{printable(title)}'" for title in recording.channels)
        raise DataError(
            f"there is no column '{score}' of numbers for the scores: there are {there}."
        )
    place = titles.index(score.casefold())
    values, labels = recording.values[recording.rows], recording.labels[recording.rows]
    scores = without_gaps(values[:, place])
    others = np.delete(np.arange(values.shape[1]), place)
    best = best_event_based(labels, scores).threshold if threshold is None else threshold
    return Judged(
        labels=labels,
        scores=scores,
        alarms=scores >= best,
        series=values[:, others[0]] if others.size else None,
        fs=recording.fs,
        source=f"column '{recording.channels[place]}'",
        threshold=best,
        threshold_from="labels" if threshold is None else "given",
    )


def _json(file: str, judged: Judged, buffer: int, found: dict[str, float]) -> str:
    """The schema in the epilog."""
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "file": file,
        "n_samples": int(judged.labels.size),
        "events": _events(judged),
        "anomalous_rows": int(judged.labels.sum()),
        "fs": judged.fs,
        "scores": judged.source,
        "threshold": finite(judged.threshold),
        "threshold_from": judged.threshold_from,
        "buffer": buffer,
        "metrics": {
            name: value if isinstance(value, int) else finite(value)
            for name, value in found.items()
        },
    }
    return json.dumps(document, indent=2, allow_nan=False)


def _events(judged: Judged) -> int:
    from spectra.metrics import runs

    return len(runs(judged.labels == 1)[0])


def _table(file: str, judged: Judged, buffer: int, found: dict[str, float]) -> str:
    """What a person reads."""
    import pandas as pd

    from spectra.formatting import aligned, counted

    n, marked = judged.labels.size, int(judged.labels.sum())
    name = "stdin" if file == STDIN else printable(file)
    size = (
        f"{counted(n, 'row')} · {counted(_events(judged), 'event')}, {marked / n:.2%} of the rows"
    )
    ranking = {name: [_text(found[name])] for name in ("VUS-PR", "VUS-ROC", "AUC-PR", "AUC-ROC")}
    kinds = {"rows": "", "events": "event_", "ranges": "range_", "affiliation": "affiliation_"}
    rows = [
        (kind, *(_text(found[f"{prefix}{of}"]) for of in ("precision", "recall", "F1")))
        for kind, prefix in kinds.items()
    ]
    rows.append(
        ("composite", *(_text(found[of]) for of in ("precision", "event_recall", "composite_F1")))
    )
    rows.append(("point-adjusted", "–", "–", _text(found["point_adjusted_F1"])))
    agreement = pd.DataFrame(rows, columns=["", "precision", "recall", "F1"], dtype=object)
    return "\n".join(
        [
            f"{click.style(name, bold=True)}  {size} · scores: {printable(judged.source)}",
            f"Scores, over all thresholds (VUS with buffers of 0 … {buffer} rows):",
            *aligned(pd.DataFrame(ranking, dtype=object)),
            _alarm_line(judged, found),
            *aligned(agreement),
            "The best thresholds, chosen by the labels, would give an F1 of "
            f"{found['oracle_F1']:.3f} for rows and of "
            f"{found['oracle_event_F1']:.3f} for events.",
        ]
    )


def _text(value: float) -> str:
    return "–" if value != value else f"{value:.3f}"


def _alarm_line(judged: Judged, found: dict[str, float]) -> str:
    """How many alarms there are, at which threshold, how many are false, and how late they are."""
    from spectra.formatting import counted, samples_text

    if math.isinf(judged.threshold):
        return (
            "No threshold finds an event without reporting a tenth of the normal rows: no alarms."
        )
    where = {
        "alpha": f"at a false-alarm probability of {judged.threshold:g} a frame",
        "given": f"of scores from {judged.threshold:g} on",
        "labels": f"of scores from {judged.threshold:g} on, the threshold that the labels say is "
        "best",
    }[judged.threshold_from]
    parts = [
        f"{counted(int(found['alarms']), 'alarm')} {where}",
        f"{found['false_alarm_share']:.2%} of the normal rows",
    ]
    if "false_alarms_per_hour" in found:
        parts.append(f"{found['false_alarms_per_hour']:.3g} false alarms an hour")
    if found["detection_delay"] == found["detection_delay"]:
        parts.append(f"mean delay {samples_text(found['detection_delay'], judged.fs)}")
    return "; ".join(parts) + ":"
