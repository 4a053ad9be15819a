"""Alarms of `spectra detect` in the two samples, without any setting; `make detect`.

A labelled window is hit where an alarm and the window have a row in common; an alarm is outside
where it has none in common with any window. An ectopic beat is found where an alarm lies within
150 ms of its annotation, the R peak; an alarm is false where no ectopic beat is so near. Within
150 ms ANSI/AAMI EC57 matches beats.
"""

import click
import numpy as np
from numpy.typing import NDArray

from spectra.datasets import read
from spectra.datasets.samples import ecg_beats, sample_path
from spectra.detection import Detection
from spectra.pipeline import detect

ECTOPIC = "V"
# Seconds between an annotation and a detection that match (ANSI/AAMI EC57).
MATCH = 0.15


def found_in(name: str) -> Detection:
    """Return the detection of a sample, and print its table."""
    path = sample_path(name)
    detection = detect(read(path))
    click.echo(f"{path.name}\n{detection}")
    return detection


def alarm_rows(detection: Detection) -> NDArray[np.int64]:
    """Return the first and the last row of each alarm on the regular grid, (n_alarms, 2)."""
    index = detection.recording.index
    return np.stack(
        [index.get_indexer(detection.alarms[edge]) for edge in ("start", "end")], axis=1
    )


def windows(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first and the last row of each run of ones, (n_windows, 2)."""
    edges = np.diff(np.concatenate([[0], labels, [0]]))
    return np.stack([np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1], axis=1)


def in_common(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which intervals of rows have a row in common, (n_left, n_right)."""
    return (left[:, :1] <= right[:, 1]) & (right[:, 0] <= left[:, 1:])


def machine_temperature() -> None:
    """Print how many labelled windows are hit, and how many alarms lie outside of them."""
    detection = found_in("machine-temperature")
    assert detection.recording.labels is not None
    labelled = windows(detection.recording.labels)
    common = in_common(labelled, alarm_rows(detection))
    print(
        f"Labelled windows hit (an alarm has a row in common): {common.any(axis=1).sum()} of "
        f"{len(labelled)}.\n"
        f"Alarms outside the windows: {(~common.any(axis=0)).sum()} of {common.shape[1]}.\n"
    )


def ecg() -> None:
    """Print the recall of ectopic beats and the false alarms per minute."""
    detection = found_in("ecg")
    assert detection.fs is not None
    beats = ecg_beats()
    ectopic = beats.loc[beats["symbol"] == ECTOPIC, "sample"].to_numpy()
    alarms = alarm_rows(detection)
    reach = round(MATCH * detection.fs)
    inside = in_common(np.stack([ectopic - reach, ectopic + reach], axis=1), alarms)
    hits, false = inside.any(axis=1).sum(), (~inside.any(axis=0)).sum()
    minutes = detection.recording.n_samples / detection.fs / 60
    covered = (alarms[:, 1] - alarms[:, 0] + 1).sum() / detection.recording.n_samples
    print(
        f"Ectopic beats found (an alarm within 150 ms of the R peak): {hits} of {len(ectopic)}, "
        f"recall {hits / len(ectopic):.3f}.\n"
        f"False alarms (no ectopic beat within 150 ms): {false} of {len(alarms)}, "
        f"{false / minutes:.2f} a minute.\n"
        f"Share of the time that is in alarms: {100 * covered:.1f} %, of all beats that are "
        "ectopic: "
        f"{100 * len(ectopic) / len(beats):.1f} %."
    )


if __name__ == "__main__":
    machine_temperature()
    ecg()
