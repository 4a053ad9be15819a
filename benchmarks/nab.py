"""The Numenta Anomaly Benchmark: causal scores, learned from the first 15 % and adapting.

    python benchmarks/nab.py [DIR]

DIR holds `combined_windows.json` and the CSV files of the benchmark, all or some of them. The
standard score is that of Lavin and Ahmad (2015), "Evaluating real-time anomaly detection
algorithms: the Numenta Anomaly Benchmark", ICMLA: 100 for a detector that reports each window at
its first row and nothing else, 0 for one that reports nothing. As there, one threshold for all
files is taken, the one with the best score, and rows of the probationary period (15 %, at most 750
rows) do not count. The scores of thresholds that no label chooses are printed too, those of one
false alarm a day and a week and of the default (alpha = 0.001), and those of the two other
profiles. A score at the best threshold is optimistic: the labels choose it.

The detector is `spectra.Spectral(causal=True)` with its defaults. It learns from all rows so far,
first from those of the probationary period, and again each time they have grown by 15 %. A row is
scored by the model that was learned before it. An alarm is reported once, at its first row, and
ends where the score has stayed below the threshold for 64 rows.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import machine
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, ndtri

import spectra

DIR = Path(__file__).parents[1] / ".." / "shared" / "data" / "nab"
# Probationary period: share of the rows, and the rows of a file of which no more is taken.
PROBATION, MOST_ROWS = 0.15, 5000
# Growth of the rows that are learned from, and the fewest rows between two models.
GROWTH, FEWEST = 1.15, 50
# Rows below the threshold that end an alarm.
QUIET = 64
# Weights of a false alarm and of a missed window; a window that is found counts 1.
PROFILES = {"standard": (0.11, 1.0), "low false alarms": (0.22, 1.0), "low misses": (0.11, 2.0)}
THRESHOLDS = np.arange(0.5, 20.0, 0.25)
ALPHA, RATES = 0.001, ("1/day", "1/week")
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Series:
    """A file of the benchmark: values (n,), rate in Hz, first and last row of each window."""

    name: str
    x: Floats
    fs: float
    windows: list[tuple[int, int]]

    @property
    def n_probation(self) -> int:
        """Rows of the probationary period."""
        return min(int(PROBATION * self.x.size), int(PROBATION * MOST_ROWS))


def load(folder: Path) -> list[Series]:
    """Return the series of a folder that have windows in its list, in order of their names."""
    windows = json.loads((folder / "combined_windows.json").read_text(encoding="utf-8"))
    paths = {path.name: path for path in folder.glob("**/*.csv")}
    found = []
    for name in sorted(windows):
        path = paths.get(name.rpartition("/")[2])
        if path is None:
            continue
        table = pd.read_csv(path, parse_dates=["timestamp"])
        stamps = pd.Index(table["timestamp"])
        edges = [
            (
                int(stamps.searchsorted(pd.Timestamp(start))),
                int(stamps.searchsorted(pd.Timestamp(end), side="right")) - 1,
            )
            for start, end in windows[name]
        ]
        seconds = table["timestamp"].diff().median().total_seconds()
        found.append(Series(name, table["value"].to_numpy(np.float64), 1 / seconds, edges))
    return found


def scores(series: Series) -> tuple[Floats, Floats]:
    """Return a causal z of each row (n,), and the thresholds of RATES, (n_rates, n).

    z is −∞ before the probationary period has ended.
    """
    x, method = series.x, spectra.Spectral(causal=True)
    z, threshold = np.full(x.size, -np.inf), np.zeros((len(RATES), x.size))
    start = series.n_probation
    while start < x.size:
        stop = min(x.size, max(int(start * GROWTH), start + FEWEST))
        model = spectra.learn(x[:start], method=method, fs=series.fs)
        # The longest frame reaches back so many rows from the first one.
        before = max(0, start - max(model.npersegs) - model.step)
        scored = [spectra.score(model, x[before:stop], false_alarms=rate) for rate in RATES]
        found = scored[0].scores["anomaly_score"].to_numpy()
        z[start:stop] = np.where(np.isfinite(found), found, -np.inf)[start - before :]
        threshold[:, start:stop] = -ndtri([[each.alpha] for each in scored])
        start = stop
    return z, threshold


def reported(z: Floats, threshold: float | Floats) -> Rows:
    """Return the first row of each alarm."""
    above = np.flatnonzero(z >= threshold)
    return above[np.diff(above, prepend=-QUIET - 1) > QUIET]


def scaled_sigmoid(position: float) -> float:
    """Return the worth of a report at a position in windows from the end of one, −1 … 1."""
    return -1.0 if position > 3 else 2 * float(expit(-5 * position)) - 1


def score_of(series: Series, rows: Rows, false_alarm: float, miss: float) -> float:
    """Return the sum of a file: the worth of windows found, less false alarms and misses."""
    best = [-miss] * len(series.windows)
    total = 0.0
    for row in rows[rows >= series.n_probation].tolist():
        inside = [i for i, (start, end) in enumerate(series.windows) if start <= row <= end]
        if inside:
            start, end = series.windows[inside[0]]
            worth = scaled_sigmoid(-(end - row + 1) / (end - start + 1)) / scaled_sigmoid(-1)
            best[inside[0]] = max(best[inside[0]], worth)
            continue
        before = [(start, end) for start, end in series.windows if end < row]
        start, end = before[-1] if before else (0, 0)
        position = (row - end) / max(end - start, 1) if before else np.inf
        total += false_alarm * scaled_sigmoid(position)
    return total + sum(best)


def normalised(fleet: list[Series], rows: list[Rows], profile: str) -> float:
    """Return the score of a profile: 100 is perfect, 0 is that of no report at all."""
    false_alarm, miss = PROFILES[profile]
    n_windows = sum(len(series.windows) for series in fleet)
    total = sum(
        score_of(series, each, false_alarm, miss) for series, each in zip(fleet, rows, strict=True)
    )
    return 100 * (total + miss * n_windows) / ((1 + miss) * n_windows)


def found_and_false(series: Series, rows: Rows) -> tuple[int, int]:
    """Return how many windows have a report, and how many reports lie outside of them."""
    counted = rows[rows >= series.n_probation]
    hits = [((counted >= start) & (counted <= end)) for start, end in series.windows]
    inside = np.any(hits, axis=0) if hits else np.zeros(counted.size, dtype=np.bool_)
    return sum(bool(hit.any()) for hit in hits), int((~inside).sum())


def main() -> None:
    """Print the scores."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=DIR, metavar="DIR")
    fleet = load(parser.parse_args().folder)
    print(machine.described())
    z, thresholds = zip(*map(scores, fleet), strict=True)
    for profile in PROFILES:
        by_threshold = [
            normalised(fleet, [reported(each, threshold) for each in z], profile)
            for threshold in THRESHOLDS
        ]
        best = int(np.argmax(by_threshold))
        usual = [reported(each, -float(ndtri(ALPHA))) for each in z]
        at_rates = [
            [reported(each, rates[i]) for each, rates in zip(z, thresholds, strict=True)]
            for i in range(len(RATES))
        ]
        print(
            f"{profile}: {by_threshold[best]:.1f} (one threshold for all files, z = "
            f"{THRESHOLDS[best]:.2f})",
            *(
                f"{normalised(fleet, each, profile):.1f} with false_alarms={rate!r}"
                for rate, each in zip(RATES, at_rates, strict=True)
            ),
            f"{normalised(fleet, usual, profile):.1f} with the default alpha = {ALPHA:g}",
            sep=", ",
        )
        if profile == "standard":
            rows = [reported(each, THRESHOLDS[best]) for each in z]
    counts = pd.DataFrame(
        [
            (
                series.name.partition("/")[0],
                len(series.windows),
                *found_and_false(series, each),
            )
            for series, each in zip(fleet, rows, strict=True)
        ],
        columns=["folder", "windows", "found", "false"],
    )
    by_folder = counts.groupby("folder").sum()
    by_folder.insert(0, "files", counts.groupby("folder").size())
    print(f"with the threshold of the standard score:\n{by_folder.to_string()}")
    total = by_folder.sum()
    print(
        f"{total['files']} files: {total['found']} of {total['windows']} windows found, "
        f"{total['false']} reports outside"
    )


if __name__ == "__main__":
    main()
