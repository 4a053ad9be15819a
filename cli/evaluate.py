"""`spectra evaluate`: compare scores and alarms with known anomalies."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from spectra.cli.files import FileCommand
from spectra.cli.formats import SCHEMA_VERSION, finite, json_text
from spectra.cli.messages import explained, say_each, say_notes, show, step
from spectra.cli.options import (
    STDIN,
    Learning,
    Number,
    Reading,
    ReadPath,
    Verbosity,
    Whole,
    learning_options,
    reading_options,
    rows_option,
    table_or_json_option,
    usual_alpha_option,
    verbosity_options,
)
from spectra.errors import DataError
from spectra.text import LONGEST_PATH, short

if TYPE_CHECKING:
    from spectra.arrays import BoolArray, Float64Array, IntArray
    from spectra.datasets import Recording
    from spectra.detection import Detection

EPILOG = """\b
JSON: {"schema_version": 2, "file", "n_samples", "events", "anomalous_rows",
"fs", "scores", "threshold", "threshold_from", "buffer", "metrics": {"VUS-PR",
"VUS-ROC", "AUC-PR", "AUC-ROC", "precision", "recall", "F1", "range_…",
"affiliation_…", "composite_F1", "point_adjusted_F1", "alarms", "event_…",
"false_alarm_share", "detection_delay", "false_alarms_per_hour", "oracle_F1",
"oracle_event_F1"}}

\b
rows         precision and recall of single rows
events       an alarm is true, and an anomaly is found, if the two overlap
ranges       overlap and fragmentation of intervals (Tatbul et al. 2018)
affiliation  distance in time, ½ for random alarms (Huet et al. 2022)
composite    precision of rows, recall of events (Garg et al. 2021)
VUS, AUC     of the scores over all thresholds; VUS tolerates small shifts in time
delay        from the start of an anomaly to its first alarm; in the JSON in rows
"""

# Beginning of the note on annotations of --label that the file has not.
ABSENT = "No annotation is"
# Options of detect, which a column of scores does not need.
OF_DETECT = ("normal_rows", "nperseg", "k", "view", "method", "epochs", "alpha")


def not_nan(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    """Return the value; raise BadParameter for NaN, which no score exceeds."""
    if value is not None and math.isnan(value):
        raise click.BadParameter("nan is not a number: give a finite threshold.")
    return value


@dataclass(frozen=True)
class Evaluated:
    """Labels, scores and alarms to compare, and their description.

    Attributes
    ----------
    labels, scores, alarms : ndarray (n,)
    series : ndarray (n,) or None
        Channel whose dominant period is the default buffer of VUS.
    fs : float or None
        Sampling rate in Hz.
    source : str
        Origin of the scores.
    threshold : float
        False-alarm probability of detect, or the smallest score that is an alarm.
    threshold_from : str
        "alpha", "given" or "labels".
    """

    labels: "IntArray"
    scores: "Float64Array"
    alarms: "BoolArray"
    series: "Float64Array | None"
    fs: float | None
    source: str
    threshold: float
    threshold_from: str


@click.command(
    "evaluate",
    cls=FileCommand,
    short_help="Compare scores and alarms with known anomalies.",
    epilog=EPILOG,
    examples=(
        "spectra evaluate labelled.csv",
        "spectra evaluate scored.csv --score anomaly_score --threshold 4",
    ),
)
@click.argument("file", metavar="FILE", type=ReadPath(allow_dash=True))
@click.option(
    "--score",
    metavar="COLUMN",
    help="Evaluate this column of scores (higher = more anomalous) instead of detect.",
)
@click.option(
    "--threshold",
    type=Number("2.5"),
    metavar="T",
    callback=not_nan,
    help="With --score: scores >= T are alarms. [default: the T with the best event F1]",
)
@click.option(
    "--buffer",
    type=Whole(0, of="rows", such_as=100),
    metavar="ROWS",
    help="Buffer of VUS. [default: the dominant period of the first channel]",
)
@rows_option
@learning_options
@usual_alpha_option
@reading_options
@table_or_json_option
@verbosity_options
def command(
    file: str,
    score: str | None,
    threshold: float | None,
    buffer: int | None,
    normal_rows: tuple[int | None, int | None] | None,
    learning: Learning,
    alpha: float | None,
    reading: Reading,
    form: str,
    verbosity: Verbosity,
) -> None:
    """Compare scores and alarms with the labels in FILE; - is standard input.

    Labels are 1 on anomalous rows and 0 on others, in the column --label or one called label.
    Scores and alarms are those of spectra detect, or the column --score.
    """
    given = click.get_current_context().get_parameter_source
    clash = [name for name in OF_DETECT if given(name) is ParameterSource.COMMANDLINE]
    if score is not None and clash:
        name = clash[0].replace("_", "-")
        raise click.UsageError(
            f"--{name} sets how detect finds anomalies: leave it out, or leave --score out."
        )
    if score is None and threshold is not None:
        raise click.UsageError(
            "--threshold belongs to --score: the alarms of detect are set by --alpha."
        )

    from spectra.metrics import summary, vus_buffer

    detection = None
    with step(file, verbosity), explained(file):
        if score is None:
            from spectra.pipeline import detect

            recording = _labelled(reading, file)
            rows = None if normal_rows is None else slice(*normal_rows)
            detection = detect(
                recording,
                normal_rows=rows,
                alpha=alpha,
                method=learning.settings(),
            )
            evaluated = _own(detection)
        else:
            chosen = reading.channels and f"{reading.channels},{score}"
            recording = _labelled(replace(reading, channels=chosen), file)
            evaluated = _column(recording, score, threshold)
        if buffer is None:
            buffer = vus_buffer(
                evaluated.labels * 0.0 if evaluated.series is None else evaluated.series
            )
        try:
            found = summary(
                evaluated.labels, evaluated.scores, evaluated.alarms, buffer, evaluated.fs
            )
        except ValueError as error:
            raise DataError(str(error)) from error
    if not verbosity.quiet and detection is not None:
        say_notes(file, detection, verbose=verbosity.verbose)
    elif not verbosity.quiet:
        say_each(file, recording.notes)
    written = _json if form == "json" else _table
    show(written(file, evaluated, buffer, found))


def _labelled(reading: Reading, file: str) -> "Recording":
    """Return the recording in a file; raise DataError where no row of it is labelled."""
    recording = reading.read(file)
    if recording.labels is None:
        raise DataError("there are no labels of 0 and 1: name their column with --label.")
    if not recording.labels.any():
        absent = [note for note in recording.notes if note.startswith(ABSENT)]
        raise DataError((absent or ["The labels hold no anomaly: label at least one row 1."])[0])
    return recording


def _own(detection: "Detection") -> Evaluated:
    """Return the scores and alarms of detect."""
    recording, table = detection.recording, detection.scores
    assert recording.labels is not None
    return Evaluated(
        labels=recording.labels[recording.rows],
        scores=table["anomaly_score"].to_numpy(),
        alarms=table["alarm"].to_numpy() == 1,
        series=recording.values[recording.rows, 0],
        fs=detection.fs,
        source=f"spectra detect, {detection.learned_from_text}",
        threshold=detection.alpha,
        threshold_from="alpha",
    )


def _column(recording: "Recording", score: str, threshold: float | None) -> Evaluated:
    """Return a column of scores; the series is the first other channel."""
    import numpy as np

    from spectra.metrics import best_event_based, without_gaps

    assert recording.labels is not None
    titles = [title.casefold() for title in recording.channels]
    if score.casefold() not in titles:
        there = ", ".join(f"'{short(title)}'" for title in recording.channels)
        raise DataError(
            f"there is no column '{short(score)}' of numbers for the scores: choose one of {there}."
        )
    column = titles.index(score.casefold())
    values, labels = recording.values[recording.rows], recording.labels[recording.rows]
    scores = without_gaps(values[:, column])
    others = np.delete(np.arange(values.shape[1]), column)
    best = best_event_based(labels, scores).threshold if threshold is None else threshold
    return Evaluated(
        labels=labels,
        scores=scores,
        alarms=scores >= best,
        series=values[:, others[0]] if others.size else None,
        fs=recording.fs,
        source=f"column '{recording.channels[column]}'",
        threshold=best,
        threshold_from="labels" if threshold is None else "given",
    )


def _json(file: str, evaluated: Evaluated, buffer: int, found: dict[str, float]) -> str:
    """Return the JSON document, whose schema is in the epilog."""
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "file": file,
        "n_samples": int(evaluated.labels.size),
        "events": _events(evaluated),
        "anomalous_rows": int(evaluated.labels.sum()),
        "fs": evaluated.fs,
        "scores": evaluated.source,
        "threshold": finite(evaluated.threshold),
        "threshold_from": evaluated.threshold_from,
        "buffer": buffer,
        "metrics": {
            name: value if isinstance(value, int) else finite(value)
            for name, value in found.items()
        },
    }
    return json_text(document)


def _events(evaluated: Evaluated) -> int:
    from spectra.metrics import runs

    return len(runs(evaluated.labels == 1)[0])


def _table(file: str, evaluated: Evaluated, buffer: int, found: dict[str, float]) -> str:
    """Return the result as a table."""
    import pandas as pd

    from spectra.formatting import aligned, counted, percent_text

    n, marked = evaluated.labels.size, int(evaluated.labels.sum())
    name = "stdin" if file == STDIN else short(file, LONGEST_PATH)
    size = f"{counted(n, 'row')} · {counted(_events(evaluated), 'event')}"
    size += f", {percent_text(marked / n, 2)} of rows"
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
            f"{click.style(name, bold=True)}  {size} · scores: {evaluated.source}",
            f"Scores over all thresholds (VUS with buffers of 0 … {buffer} rows):",
            *aligned(pd.DataFrame(ranking, dtype=object)),
            _alarm_line(evaluated, found),
            *aligned(agreement),
            f"Best possible F1, with thresholds chosen by the labels: {found['oracle_F1']:.3f} "
            f"(rows), {found['oracle_event_F1']:.3f} (events).",
        ]
    )


def _text(value: float) -> str:
    return "–" if value != value else f"{value:.3f}"


def _alarm_line(evaluated: Evaluated, found: dict[str, float]) -> str:
    """Return a line on the alarms: number, threshold, false alarms and delay."""
    from spectra.formatting import counted, percent_text, samples_text

    if math.isinf(evaluated.threshold):
        return "No alarms: no threshold finds an event without flagging a tenth of the normal rows."
    where = {
        "alpha": f"(false-alarm probability {evaluated.threshold:.3g} per score)",
        "given": f"(scores >= {evaluated.threshold:g})",
        "labels": f"(scores >= {evaluated.threshold:g}, the best threshold by the labels)",
    }[evaluated.threshold_from]
    parts = [
        f"{counted(int(found['alarms']), 'alarm')} {where}",
        f"{percent_text(found['false_alarm_share'], 2)} of the normal rows",
    ]
    if "false_alarms_per_hour" in found:
        rate = found["false_alarms_per_hour"]
        parts.append(f"{rate:,.0f}" if rate >= 1000 else f"{rate:.3g}")
        parts[-1] += " false alarms per hour"
    if found["detection_delay"] == found["detection_delay"]:
        parts.append(f"mean delay {samples_text(found['detection_delay'], evaluated.fs)}")
    return "; ".join(parts) + ":"
