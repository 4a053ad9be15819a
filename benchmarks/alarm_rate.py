"""The number of alarms in 100 normal days where one false alarm a day is asked for.

    python benchmarks/alarm_rate.py [--seeds 20] [--days 100] [--only white t3]

Five kinds of normal data of `calibration.py`, a row every five minutes. 50,000 rows are learned,
and the days after them are scored with false_alarms="1/day". Printed for each kind: median,
smallest and largest number of alarms over the seeds, and the share of seeds with half to twice as
many alarms as days; then that share over all kinds.
"""

import argparse

import machine
import numpy as np
import pandas as pd
from calibration import DAY, KINDS

from spectra import learn, score

FS = DAY / 86_400
LEARNED = 50_000
ASKED = ("white", "ar1", "pink", "t3", "calendar")


def n_alarms(kind: str, seed: int, days: int) -> int:
    """Return the number of alarms in normal days."""
    rng = np.random.default_rng([seed, list(KINDS).index(kind), 1])
    x = KINDS[kind](rng, LEARNED + days * DAY)
    model = learn(x[:LEARNED], fs=FS)
    return len(score(model, x[LEARNED:], false_alarms="1/day").alarms)


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--only", nargs="+", choices=ASKED, default=list(ASKED))
    return parser.parse_args()


def main() -> None:
    given = arguments()
    print(f"{machine.described()}; {given.seeds} seeds, {given.days} days\n")
    found = pd.DataFrame(
        {
            kind: [n_alarms(kind, seed, given.days) for seed in range(given.seeds)]
            for kind in given.only
        }
    )
    inside = found.ge(given.days / 2) & found.le(2 * given.days)
    table = found.agg(["median", "min", "max"]).T.assign(within=inside.mean())
    print(table.round(2).to_string())
    print(f"\nhalf to twice as many in {100 * inside.to_numpy().mean():.0f} % of all seeds")


if __name__ == "__main__":
    main()
