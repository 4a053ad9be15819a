"""Ventricular beats of the MIT-BIH records, nothing set, and with normal beats learned.

    python benchmarks/ecg.py [DIR] [--minutes 10] [--leads first] [--method NAME]

DIR is the folder of the records. Printed for each record, at the default alpha:

- nothing set: the recall of ventricular beats, false alarms a minute, the average precision of
  beats ranked by their highest score, and the share of beats that are ventricular;
- five minutes of normal beats learned (what annotations call anything but normal conduction or a
  bundle branch block is left out) and the rest of the 30 minutes judged: the same.

Then the median recall over records, the same with recall 0 where there is more than one false alarm
a minute, the mean recall, and the median of the false alarms. Records with fewer than five
ventricular beats have no recall. `mitdb.Beats` says when a beat is found and an alarm false.
"""

import argparse
from pathlib import Path

import machine
import numpy as np
import pandas as pd
from mitdb import Beats, Judged, Record, normal_part, read_record

from spectra import Detection, detect

DIR = Path(__file__).parents[1] / ".." / "shared" / "data" / "mitdb"
MINUTES = 30
FEWEST = 5
# False alarms a minute up to which recall counts.
TOLERATED = 1.0


def judged(beats: Beats, found: Detection) -> Judged:
    """Return what a detection finds of the beats."""
    table = found.scores
    return beats.judge(table["anomaly_score"].to_numpy(), table["alarm"].to_numpy() == 1)


def nothing_set(record: Record, values: np.ndarray, minutes: float, method: str) -> Judged:
    """Return what is found in the first minutes of a record."""
    n = min(round(minutes * 60 * record.fs), len(values))
    beats = Beats.of(record.places, record.symbols, record.fs, 0, n)
    return judged(beats, detect(values[:n], fs=record.fs, method=method))


def learned(record: Record, values: np.ndarray, method: str) -> Judged:
    """Return what is found after five minutes, of which the normal beats are learned."""
    part = normal_part(values, record.places, record.symbols, record.fs)
    beats = Beats.of(record.places, record.symbols, record.fs, len(part), len(values))
    return judged(beats, detect(values, normal=part, fs=record.fs, method=method))


def line(name: str, found: Judged) -> dict[str, object]:
    """Return the figures of one record."""
    enough = found.ventricular >= FEWEST
    return {
        "record": name,
        "ventricular": found.ventricular,
        "recall": found.recall if enough else np.nan,
        "false a minute": found.false_a_minute,
        "average precision": found.average_precision if enough else np.nan,
    }


def report(title: str, lines: list[dict[str, object]]) -> None:
    """Print a table of the records and the figures over them."""
    table = pd.DataFrame(lines).set_index("record")
    recall, false = table["recall"], table["false a minute"]
    quiet = recall.where((false <= TOLERATED) | recall.isna(), 0.0)
    print(f"{title}\n{table.round(3).to_string(na_rep='–')}")
    print(
        f"median recall {recall.median():.3f}, with 0 above {TOLERATED:g} false alarm a minute "
        f"{quiet.median():.3f}; mean recall {recall.mean():.3f}\n"
        f"median of false alarms a minute {false.median():.2f}, mean {false.mean():.2f}; at most "
        f"{TOLERATED:g} in {(false <= TOLERATED).sum()} of {len(table)} records\n"
        f"median of average precision {table['average precision'].median():.3f}\n",
        flush=True,
    )


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=DIR, metavar="DIR")
    parser.add_argument("--minutes", type=float, default=10, help="seen with nothing set")
    parser.add_argument("--leads", choices=("first", "both"), default="first")
    parser.add_argument("--method", default="spectral")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    print(f"{machine.described()}; {given.leads} lead(s), method {given.method}\n")
    alone, after = [], []
    for path in sorted(given.folder.glob("*.hea")):
        record = read_record(path.with_suffix(""))
        values = record.values if given.leads == "both" else record.values[:, 0]
        alone.append(line(record.name, nothing_set(record, values, given.minutes, given.method)))
        after.append(line(record.name, learned(record, values, given.method)))
    report(f"nothing set, the first {given.minutes:g} minutes", alone)
    report("five minutes of normal beats learned, the rest judged", after)


if __name__ == "__main__":
    main()
