"""The content of a report as values that JSON holds."""

import base64
from typing import Final, TypeAlias

import numpy as np
import pandas as pd
from scipy.special import ndtri

from spectra import formatting
from spectra.arrays import Float64Array, FloatArray, IntArray
from spectra.detection import Detection
from spectra.explanation.bearings import Bearing
from spectra.explanation.envelope import HARMONICS, Envelope
from spectra.explanation.explained import Explanation
from spectra.goodness import RATES, normal_scores, p_marks, plotted, rates
from spectra.html_report.numbers import extremes, maxima
from spectra.spectrogram import Spectrogram, spectrogram_of

# Columns of all channels together: with two numbers of five digits each about 0.5 MB. All limits
# together keep a page of 8 channels and 10,000 alarms below 3 MB.
COLUMNS: Final = 48_000
# Most columns of one channel and of the score.
MOST_COLUMNS: Final = 12_000
# Channels that are drawn: those with the strongest alarms.
MOST_CHANNELS: Final = 8
# Alarms that are listed, and those that are explained: the strongest.
MOST_LISTED: Final = 10_000
MOST_EXPLAINED: Final = 20
# Points of a spectrum. A frame of 8,192 rows has ten times as many bins.
SPECTRUM_POINTS: Final = 300
# Bins of an envelope spectrum.
MOST_BINS: Final = 1000
# Rows of the signal around an alarm that are drawn one by one, and frames on each side of it.
MOST_ROWS: Final = 1000
AROUND: Final = 2
# Stretches around alarms that are kept apart, where the columns of a long signal are too coarse,
# the columns of each, and the rows on each side of an alarm: those that a click shows.
MOST_SNIPPETS: Final = 300
SNIPPET_COLUMNS: Final = 256
LEAST_AROUND: Final = 128
# Columns of the spectrogram of a channel, of the one around an alarm, the alarms that have one, and
# bands of a decade: together less than 1 MB.
SPECTROGRAM_COLUMNS: Final = 600
AROUND_COLUMNS: Final = 100
MOST_AROUND: Final = 40
BANDS_A_DECADE: Final = 32
# Levels of a pixel: one byte, of which the last stands for a gap.
PIXEL_LEVELS: Final = 254
# Points of the Q–Q plot.
MOST_POINTS: Final = 400


# A bearing, and the revolutions of its shaft a minute.
Shaft: TypeAlias = tuple[Bearing | str, float]


def content(detection: Detection, shaft: Shaft | None = None) -> dict[str, object]:
    """Return the content of the report of a detection."""
    recording = detection.recording
    shown = shown_channels(detection)
    columns = min(MOST_COLUMNS, COLUMNS // max(1, len(shown)))
    ranked = np.argsort(-detection.alarms["score"].to_numpy(), kind="stable")
    return {
        "n_rows": recording.n_samples,
        "fs": detection.fs,
        "time": time_axis(detection),
        "names": [str(name) for name in recording.channels],
        "channels": [
            {
                "index": channel,
                "title": recording.title(channel),
                "unit": recording.units[channel] if recording.units else "",
                **extremes(recording.values[:, channel], columns),
            }
            for channel in shown
        ],
        "score": {
            "step": detection.step,
            "threshold": -float(ndtri(detection.alpha)),
            "p": p_marks(detection),
            **maxima(detection.step_scores.z, columns),
        },
        "spectrograms": [
            _pixels(
                channel,
                spectrogram_of(detection, channel, SPECTROGRAM_COLUMNS, BANDS_A_DECADE),
            )
            for channel in shown
        ],
        "finer": [
            finer
            for number in ranked[:MOST_AROUND]
            for finer in _spectrogram_around(detection, int(number), shown)
        ],
        "frequency_unit": formatting.frequency_unit(detection.fs),
        "alarms": alarms(detection),
        "snippets": [
            snippet
            for number in ranked[: MOST_SNIPPETS // (len(shown) + 1)]
            for snippet in _snippets(detection, int(number), shown)
        ],
        "explained": [
            _explained(detection, int(number) + 1, shaft)
            for number in sorted(ranked[:MOST_EXPLAINED])
        ],
        "calibration": _calibration(detection),
    }


def shown_channels(detection: Detection) -> list[int]:
    """Return the channels that are drawn, those with the strongest alarms, in their order."""
    names = detection.recording.channels
    strongest = detection.alarms.groupby("channel")["score"].max()
    ranked = sorted(range(len(names)), key=lambda one: -float(strongest.get(names[one], 0.0)))
    return sorted(ranked[:MOST_CHANNELS])


def time_axis(detection: Detection) -> dict[str, object]:
    """Return the start, in seconds since 1970 or 0, and the seconds of a row.

    Without a sampling rate the axis counts rows.
    """
    index, fs = detection.recording.index, detection.fs
    step = None if fs is None else 1.0 / fs
    if isinstance(index, pd.DatetimeIndex) and step is not None:
        zone = None if index.tz is None else str(index.tz)
        first = index[0] if index.tz is None else index[0].tz_convert("UTC").tz_localize(None)
        start = (first - pd.Timestamp(0)) / pd.Timedelta("1s")
        return {"kind": "date", "start": float(start), "step": step, "zone": zone}
    if isinstance(index, pd.TimedeltaIndex) and step is not None:
        return {"kind": "clock", "start": float(index[0].total_seconds()), "step": step}
    if step is not None:
        start = float(index[0]) if pd.api.types.is_float_dtype(index.dtype) else 0.0
        return {"kind": "clock", "start": start, "step": step}
    return {"kind": "row", "start": 0.0, "step": 1.0}


def alarms(detection: Detection) -> dict[str, list[object]]:
    """Return the table of the strongest alarms by column, in order of time."""
    scores = detection.alarms["score"].to_numpy(dtype=np.float64)
    kept = np.sort(np.argsort(-scores, kind="stable")[:MOST_LISTED])
    intervals, table = detection.intervals, detection.table.iloc[kept]
    found = detection.alarms.iloc[kept]
    index = {name: i for i, name in enumerate(detection.recording.channels)}
    return {
        "number": (kept + 1).tolist(),
        "first": intervals.first[kept].tolist(),
        "last": intervals.last[kept].tolist(),
        "p": list(table["p-value"]),
        "z": np.round(scores[kept], 3).tolist(),
        "channel": [index[name] for name in found["channel"]],
        "band": list(table["strongest at"]),
        "lasting": list(table["duration"]),
        "low": _short(found["f_low"].to_numpy(dtype=np.float64)),
        "high": _short(found["f_high"].to_numpy(dtype=np.float64)),
    }


def _explained(detection: Detection, number: int, shaft: Shaft | None) -> dict[str, object]:
    """Return an alarm with its explanation and its pictures."""
    explained = detection.explain(number)
    envelope = None if shaft is None else detection.bearing(*shaft, number)
    return {
        "number": number,
        "sentence": explained.sentence,
        "unit": explained.unit,
        "details": {**explained.details, **({"bearing": envelope.text} if envelope else {})},
        "channels": [[one.channel, round(one.share, 4)] for one in explained.channels[:8]],
        "bands": [
            [one.text, round(one.share, 4), one.change_db, one.f_low, one.f_high]
            for one in explained.bands
        ],
        "picture": _around(detection, explained),
        "spectrum": _spectrum(explained),
        "envelope": None if envelope is None else _envelope(envelope),
    }


def _around(detection: Detection, explained: Explanation) -> dict[str, object]:
    """Return the signal around an alarm, and the normal stretch laid over it."""
    recording = detection.recording
    channel = explained.channels[0].index
    start, nperseg = explained.frame
    first = max(0, min(start, explained.first_row) - AROUND * nperseg)
    last = max(start + nperseg, explained.last_row + 1) + AROUND * nperseg
    rows = slice(first, min(last, recording.n_samples))
    similar = explained.similar
    return {
        "channel": channel,
        "title": recording.title(channel),
        "row": rows.start,
        **extremes(recording.values[rows, channel], MOST_ROWS),
        "similar": None
        if similar is None
        else {
            "row": start,
            "start": explained.similar_start,
            **extremes(similar.values, MOST_ROWS),
        },
    }


def _snippets(detection: Detection, number: int, shown: list[int]) -> list[dict[str, object]]:
    """Return the channels and the score around an alarm; `page.js` shows as much of them.

    The score has the channel −1.
    """
    recording, intervals = detection.recording, detection.intervals
    first, last = int(intervals.first[number]), int(intervals.last[number])
    around = max(2 * (last - first + 1), LEAST_AROUND) + 2
    rows = slice(max(0, first - around), min(last + around, recording.n_samples))
    step = detection.step
    steps = slice(rows.start // step, -(-rows.stop // step))
    score = maxima(detection.step_scores.z[steps], SNIPPET_COLUMNS)
    return [
        {
            "channel": channel,
            "row": rows.start,
            **extremes(recording.values[rows, channel], SNIPPET_COLUMNS),
        }
        for channel in shown
    ] + [{"channel": -1, "row": steps.start * step, **score}]


def _spectrogram_around(
    detection: Detection, number: int, shown: list[int]
) -> list[dict[str, object]]:
    """Return the spectrogram of the stretch that a click on an alarm shows, in its channel.

    Its frames are as long as the alarm, or the shortest. There is none where the channel is not
    drawn.
    """
    name = detection.alarms["channel"].iloc[number]
    channel = detection.recording.channels.index(name)
    if channel not in shown:
        return []
    first, last = int(detection.intervals.first[number]), int(detection.intervals.last[number])
    around = max(2 * (last - first + 1), LEAST_AROUND) + 2
    rows = slice(max(0, first - around), last + 1 + around)
    held = [each for each in detection.npersegs if each <= last - first + 1]
    nperseg = max(held, default=min(detection.npersegs))
    found = spectrogram_of(detection, channel, AROUND_COLUMNS, BANDS_A_DECADE, rows, nperseg)
    return [_pixels(channel, found)]


def _pixels(channel: int, found: Spectrogram) -> dict[str, object]:
    """Return a spectrogram with a byte for each pixel, column by column from low to high."""
    low, high = found.limits
    level = np.clip((found.decibels - low) / (high - low), 0.0, 1.0) * PIXEL_LEVELS
    level = np.where(np.isnan(level), PIXEL_LEVELS + 1, np.rint(level)).astype(np.uint8)
    return {
        "channel": channel,
        "limits": [round(low, 1), round(high, 1)],
        "rows": np.round(found.rows, 1).tolist(),
        "edges": _short(found.edges),
        "pixels": base64.b64encode(level.T.tobytes()).decode("ascii"),
    }


def _spectrum(explained: Explanation) -> dict[str, object] | None:
    """Return the spectrum of an alarm over the normal one, in dB."""
    found = explained.spectra
    if found is None:
        return None
    parts = np.stack([found.inside, found.normal, found.low, found.high])
    parts = np.maximum(parts, max(parts.max() * 1e-5, np.finfo(float).tiny))
    drawn = _drawn_bins(np.abs(parts[0] - parts[1]))
    inside, normal, low, high = 20 * np.log10(parts[:, drawn])
    return {
        "frequency": _short(found.frequencies[drawn]),
        "inside": _short(inside),
        "normal": _short(normal),
        "low": _short(low),
        "high": _short(high),
    }


def _envelope(found: Envelope) -> dict[str, object]:
    """Return the envelope spectrum up to the last harmonic of a defect, and the defects."""
    highest = max(line.frequency for line in found.lines) * (HARMONICS + 0.2)
    drawn = slice(1, min(int(np.searchsorted(found.frequencies, highest)), MOST_BINS))
    return {
        "frequency": _short(found.frequencies[drawn]),
        "amplitude": _short(found.amplitude[drawn]),
        "harmonics": HARMONICS,
        "lines": [
            [line.name, line.part, line.frequency, line is found.defect] for line in found.lines
        ],
    }


def _drawn_bins(change: Float64Array) -> IntArray:
    """Return up to SPECTRUM_POINTS bins, evenly spaced by log frequency where they are many.

    Of bins that share a point, the one with the largest change is drawn: no line is lost.
    """
    n_bins = change.size
    if n_bins <= SPECTRUM_POINTS:
        return np.arange(n_bins)
    edges = np.geomspace(1, n_bins + 1, SPECTRUM_POINTS + 1).astype(np.int64) - 1
    begins = np.unique(edges[:-1])
    ends = np.append(begins[1:], n_bins)
    return np.array([b + int(change[b:e].argmax()) for b, e in zip(begins, ends, strict=True)])


def _calibration(detection: Detection) -> dict[str, object]:
    """Return the points of the Q–Q plot and the rates."""
    z = normal_scores(detection)
    order, expected = plotted(z.size, MOST_POINTS)
    everywhere, away = rates(detection)
    return {
        "expected": _short(expected),
        "z": _short(z[order - 1]),
        "threshold": -float(ndtri(detection.alpha)),
        "steps": f"{z.size:,} {'normal ' if detection.own else ''}steps",
        "alpha": detection.alpha,
        "asked": _short(RATES),
        "got": _short(everywhere),
        "away": _short(away),
    }


def _short(values: FloatArray) -> list[float]:
    """Return values with five significant digits."""
    return [float(f"{value:.5g}") for value in values.tolist()]
