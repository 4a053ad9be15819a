"""False alarms and anomalies found where a recording that holds anomalies is its own reference.

    python benchmarks/contaminated.py [--seeds 10] [--rows 50000]

The fused scores of four kinds of normal data of `calibration.py` are those of `spectra.detect`. In
0, 0.1, 1, 5 and 15 % of the steps, in events of at most 256 rows, they are replaced by scores of 6
standard deviations (± 0.5), as the calibration of the clean data has them. The fused scores are
calibrated again, with the anomalies in them. Printed for each share, as medians over the seeds: the
share of the normal steps below alpha = 0.001, over alpha; the share of the anomalous steps below
it, over that which the calibration of the clean data finds; and the share of the seeds with 0.33 to
3 times alpha, and with 80 % found.
"""

import argparse

import machine
import numpy as np
import pandas as pd
from calibration import KINDS
from numpy.typing import NDArray

from spectra import detect
from spectra.calibration.fusion import Fusion

ALPHA = 1e-3
SHARES = (0.0, 0.001, 0.01, 0.05, 0.15)
SIGMA, SPREAD = 6.0, 0.5
# Steps of an event.
EVENT = 64
ASKED = ("white", "ar1", "t3", "poisson5")


def places(rng: np.random.Generator, n: int, share: float) -> NDArray[np.bool_]:
    """Return which of n steps are anomalous, in events that do not touch one another."""
    total = round(share * n)
    anomalous = np.zeros(n, dtype=np.bool_)
    if total:
        length = min(EVENT, total)
        n_events = round(total / length)
        room = n // n_events
        for event in range(n_events):
            begin = event * room + int(rng.integers(1, room - length))
            anomalous[begin : begin + length] = True
    return anomalous


def figures(kind: str, seed: int, rows: int) -> list[dict[str, object]]:
    """Return false alarms over alpha and the share found, for each share of anomalies."""
    rng = np.random.default_rng([seed, list(KINDS).index(kind), 2])
    found = detect(KINDS[kind](rng, rows))
    clean, normal = found.fusion, found.step_scores.statistic
    groups = found.step_scores.detail(0, normal.size).groups
    high = [clean.calibration.inverse(z) for z in rng.normal(SIGMA, SPREAD, normal.size)]
    records: list[dict[str, object]] = []
    for share in SHARES:
        anomalous = places(rng, normal.size, share)
        statistic = np.where(anomalous, np.float32(high), normal)
        fusion = Fusion.fit(statistic, groups, found.npersegs, EVENT, clean=False)
        flagged = statistic > fusion.threshold(ALPHA)
        best = (statistic > clean.threshold(ALPHA))[anomalous].mean() if share else 1.0
        records.append(
            {
                "anomalies": f"{100 * share:g} %",
                "kind": kind,
                "false": flagged[~anomalous].mean() / ALPHA,
                "found": flagged[anomalous].mean() / best if share else 1.0,
            }
        )
    return records


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--only", nargs="+", choices=ASKED, default=list(ASKED))
    return parser.parse_args()


def main() -> None:
    given = arguments()
    print(f"{machine.described()}; {given.seeds} seeds, {given.rows:,} rows\n")
    results = pd.DataFrame(
        record
        for kind in given.only
        for seed in range(given.seeds)
        for record in figures(kind, seed, given.rows)
    )
    by_share = results.groupby("anomalies", sort=False)
    medians = results.pivot_table(
        index="anomalies", columns="kind", values=["false", "found"], aggfunc="median", sort=False
    )
    print(medians.round(2).to_string() + "\n")
    for name, one in by_share:
        print(
            f"{name:6}: 0.33 to 3 times alpha in {100 * one['false'].between(0.33, 3).mean():.0f} "
            f"% of the seeds, 80 % found in {100 * (one['found'] >= 0.8).mean():.0f} %"
        )


if __name__ == "__main__":
    main()
