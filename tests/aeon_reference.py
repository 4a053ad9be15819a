"""Range-based precision and recall by aeon, kept in aeon_reference.json.

    python tests/aeon_reference.py          makes the file anew

Needs aeon 1.6, nothing of spectra; the tests need the file only. aeon's areas are others: its
AUC-PR is by trapezoids and its VUS has another buffer than that of TSB-AD.
"""

import json
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_suffix(".json")
EXISTENCE = (0.0, 0.2, 1.0)


def case(seed: int) -> tuple[list[int], list[int]]:
    """Labels and alarms of some hundred rows, one of each at least."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(100, 500))
    labels, alarms = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for rows in (labels, alarms):
        for start in rng.integers(0, n - 1, int(rng.integers(1, 7))):
            rows[start : start + int(rng.integers(1, 40))] = 1
    return labels.tolist(), alarms.tolist()


def main() -> None:
    """Write the file."""
    from aeon.benchmarking.metrics.anomaly_detection import range_precision, range_recall

    cases = []
    for seed in range(12):
        labels, alarms = case(seed)
        pair = np.array(labels), np.array(alarms)
        recall = {
            str(existence): float(range_recall(*pair, alpha=existence)) for existence in EXISTENCE
        }
        cases.append(
            {
                "labels": labels,
                "alarms": alarms,
                "precision": float(range_precision(*pair)),
                "recall": recall,
            }
        )
    FILE.write_text(json.dumps(cases) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
