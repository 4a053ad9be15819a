"""Recordings of machines, services and people, as a user would give them; nothing tuned.

    python benchmarks/field.py [DIR] [--only skab nab cwru bonn]

skab  recordings of a water loop with eight sensors, `normal_rows=(0, 400)`: precision, recall and
      F1 of the rows after these, pooled over the recordings with a fault, beside the F1 of an alarm
      on every row; and for the recording without a fault the share of rows in alarm, over alpha
nab   series of the Numenta Anomaly Benchmark on a regular grid, nothing set: the share of labelled
      windows that an alarm touches, and the share of alarms that touch no window
cwru  a healthy bearing, its first half learned: the share of rows of its second half in alarm, over
      alpha, and that of three faulty bearings. Rates differ, so the healthy one is decimated to
      12 kHz, and the second half is also counted at its own 48 kHz
bonn  EEG: five segments between seizures learned, five others and ten of seizures scored: the share
      of rows in alarm of each, and the area under the ROC curve of segments ranked by that share;
      and, nothing set, four seconds of seizure between segments without: found, and alarms outside
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import machine
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.io import loadmat
from scipy.signal import decimate

from spectra import detect, learn, metrics, score
from spectra.datasets import read

DIR = Path(__file__).parents[1] / ".." / "shared" / "data"
ALPHA = 0.001
SKAB_NORMAL = 400
CWRU_HZ, CWRU_NORMAL_HZ = 12_000, 48_000
BONN_HZ = 173.61
# Seconds of a seizure that are put between segments without.
SEIZURE = 4.0
Floats = NDArray[np.float64]


def alarms_of(found: Any) -> NDArray[np.bool_]:
    """Return the rows in alarm."""
    return np.asarray(found.scores["alarm"].to_numpy() == 1)


def skab(folder: Path) -> None:
    """Print precision, recall and F1 over the rows of the water loop's recordings."""
    pooled = []
    print("SKAB, the first 400 rows declared normal, the rows after them counted")
    for path in sorted((folder / "skab").glob("*/*.csv.gz")):
        table = pd.read_csv(path, sep=";")
        channels = [name for name in table.columns[1:] if name not in ("anomaly", "changepoint")]
        recording = read(path, channels=channels)
        found = detect(recording, normal_rows=(0, SKAB_NORMAL))
        alarm = alarms_of(found)[SKAB_NORMAL:]
        name = f"{path.parent.name}/{path.name.split('.')[0]}"
        if "anomaly" not in table:
            print(
                f"  {name}: {alarm.mean() / ALPHA:.0f} × alpha of the rows in alarm, no fault in it"
            )
            continue
        truth = table["anomaly"].to_numpy()[SKAB_NORMAL:] == 1
        pooled.append((truth, alarm))
        one = metrics.standard(truth.astype(np.int64), alarm)
        print(f"  {name:12} F1 {one.f1:.3f}, {len(found.alarms)} alarms")
    truth, alarm = (np.concatenate(part) for part in zip(*pooled, strict=True))
    every = metrics.standard(truth.astype(np.int64), np.ones_like(alarm))
    total = metrics.standard(truth.astype(np.int64), alarm)
    print(
        f"SKAB: F1 {total.f1:.3f}, precision {total.precision:.3f}, recall {total.recall:.3f}; an "
        f"alarm on every row has F1 {every.f1:.3f}\n"
    )


def nab(folder: Path) -> None:
    """Print how many labelled windows are hit, and how many alarms lie outside, by kind."""
    windows = json.loads((folder / "nab" / "combined_windows.json").read_text())
    rows = []
    for path in nab_files(folder / "nab"):
        kind = next(key for key in windows if key.endswith(f"/{path.name}"))
        edges = pd.DataFrame(windows[kind], columns=["start", "end"]).apply(pd.to_datetime)
        alarms = detect(read(path, resample=True)).alarms
        common = (alarms["start"].to_numpy()[:, None] <= edges["end"].to_numpy()) & (
            alarms["end"].to_numpy()[:, None] >= edges["start"].to_numpy()
        )
        rows.append(
            {
                "kind": kind.partition("/")[0],
                "files": 1,
                "windows": len(edges),
                "hit": int(common.any(axis=0).sum()),
                "alarms": len(alarms),
                "outside": int((~common.any(axis=1)).sum()),
            }
        )
    table = pd.DataFrame(rows).groupby("kind").sum()
    total = table.sum()
    print(f"NAB, nothing set\n{table.to_string()}")
    print(
        f"NAB: {total['hit']} of {total['windows']} labelled windows hit "
        f"({100 * total['hit'] / total['windows']:.0f} %), {total['outside']} of {total['alarms']} "
        f"alarms outside ({100 * total['outside'] / max(total['alarms'], 1):.0f} %)\n"
    )


def nab_files(folder: Path) -> list[Path]:
    """Return the series, each name once: some lie in the folder itself and below it."""
    return sorted({path.name: path for path in folder.glob("**/*.csv")}.values())


def drive_end(path: Path) -> Floats:
    """Return the acceleration at the drive end."""
    content = loadmat(path)
    name = next(name for name in content if name.endswith("_DE_time"))
    return np.asarray(content[name][:, 0], dtype=np.float64)


def cwru(folder: Path) -> None:
    """Print the share of rows in alarm of a healthy bearing's second half, and of faulty ones."""
    healthy = drive_end(next((folder / "cwru").glob("normal*.mat")))
    print("CWRU bearings, the first half of the healthy one learned")
    decimated = decimate(healthy, CWRU_NORMAL_HZ // CWRU_HZ)
    for fs, x in ((CWRU_NORMAL_HZ, healthy), (CWRU_HZ, decimated)):
        model, rest = learn(x[: x.size // 2], fs=fs), x[x.size // 2 :]
        found = score(model, rest, fs=fs)
        rate = alarms_of(found).mean() / ALPHA
        p = np.nanmean(found.scores["p_value"].to_numpy() < ALPHA) / ALPHA
        print(
            f"  healthy, second half at {fs} Hz: {rate:.1f} × alpha of the rows in alarm, "
            f"{p:.1f} × alpha with p below it, {len(found.alarms)} alarms"
        )
    for path in sorted((folder / "cwru").glob("12k*.mat")):
        found = score(model, drive_end(path), fs=CWRU_HZ)
        print(f"  {path.stem}: {100 * alarms_of(found).mean():.1f} % of the rows in alarm")
    print()


def bonn(folder: Path) -> None:
    """Print the share of rows in alarm of EEG with and without seizures."""
    calm, seizure = (
        [np.loadtxt(path) for path in sorted((folder / "bonn_eeg").glob(f"{letter}*.txt"))]
        for letter in "FS"
    )
    gap = np.full(200, np.nan)
    model = learn(np.concatenate([part for one in calm[:5] for part in (one, gap)]), fs=BONN_HZ)
    shares = [
        [float(alarms_of(score(model, one, fs=BONN_HZ)).mean()) for one in group]
        for group in (calm[5:], seizure)
    ]
    print("Bonn EEG, five segments between seizures learned: share of rows in alarm, in %")
    for name, group in zip(("between seizures", "seizures"), shares, strict=True):
        print(f"  {name:16} " + " ".join(f"{100 * share:5.1f}" for share in group))
    truth = np.repeat([0, 1], [len(group) for group in shares])
    area = metrics.auc_roc(truth, np.concatenate(shares))
    hits = outside = 0
    n = round(SEIZURE * BONN_HZ)
    for i, one in enumerate(seizure):
        before, after = calm[i % 10], calm[(i + 1) % 10]
        found = detect(np.concatenate([before, one[:n], after]), fs=BONN_HZ)
        first, last = metrics.runs(alarms_of(found))
        touching = (first < before.size + n) & (last >= before.size)
        hits, outside = hits + touching.any(), outside + (~touching).sum()
    print(
        f"Bonn: area under the ROC curve of segments {area:.3f}; nothing set, {SEIZURE:g} s of "
        f"seizure in 51 s found {hits} of {len(seizure)}, {outside} alarms outside\n"
    )


SOURCES: dict[str, Callable[[Path], None]] = {"skab": skab, "nab": nab, "cwru": cwru, "bonn": bonn}


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=DIR, metavar="DIR")
    parser.add_argument("--only", nargs="+", choices=list(SOURCES), default=list(SOURCES))
    return parser.parse_args()


def main() -> None:
    given = arguments()
    print(f"{machine.described()}\n")
    for name in given.only:
        SOURCES[name](given.folder)


if __name__ == "__main__":
    main()
