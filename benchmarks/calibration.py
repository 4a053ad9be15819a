"""The measured false-alarm rate over the requested one, alpha, on normal data.

    python benchmarks/calibration.py [--seeds 20] [--first 0] [--only white t3] [--known]

There are ten kinds of normal data. From each, 50,000 rows are learned and the 50,000 rows after
them scored ("learned before"), and the first 50,000 are scored by themselves ("from itself").
Printed for alpha = 0.01 and 0.001: the median over seeds of the share of rows with a p-value below
alpha, over alpha; and the share of seeds in which this ratio lies between 0.33 and 3. Then the
smallest and largest median, and the share of seeds over all kinds.

`--known` prints how well the best of all thresholds could do instead: the threshold is the quantile
of the scores of 500,000 rows after those learned, and the rate is counted in each of ten parts of
them. Slow noise exceeds any threshold in few, long stretches, so that 50,000 rows have none or
several times as many as alpha says.

white, ar1         Gaussian noise, white and of coefficient 0.9
pink               1/f noise
t3                 independent Student t values with three degrees of freedom
calendar           rows of five minutes: a daily rhythm, lower at weekends, in noise
reverting          an AR(1) walk of coefficient 0.999
poisson5, poisson0.2   independent counts of that mean
on_off             0 and 1, the lengths of states drawn (geometric, mean 60)
programme          0 and 1, 40 rows on and 120 off
"""

import argparse
from collections.abc import Callable
from math import sqrt
from typing import Literal

import machine
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import lfilter

from spectra import detect, learn, score
from spectra.datasets.generators import noise

Floats = NDArray[np.float64]
ALPHAS = (1e-2, 1e-3)
LOWEST, HIGHEST = 0.33, 3.0
DAY = 288
PARTS = 10


def coloured(kind: Literal["white", "ar1", "pink"]) -> Callable[[np.random.Generator, int], Floats]:
    """Return a maker of one of spectra's kinds of noise."""

    def make(rng: np.random.Generator, n: int) -> Floats:
        return noise(rng, n_samples=n, kind=kind).values[:, 0]

    return make


def calendar(rng: np.random.Generator, n: int) -> Floats:
    """Return rows of five minutes with a daily rhythm and a step at weekends."""
    row = np.arange(n)
    weekend = (row // DAY) % 7 >= 5
    return np.sin(2 * np.pi * row / DAY) - 1.0 * weekend + 0.3 * rng.standard_normal(n)


def reverting(rng: np.random.Generator, n: int) -> Floats:
    """Return a slowly mean-reverting walk of variance 1, stationary from its first row."""
    driven = sqrt(1 - 0.999**2) * rng.standard_normal(n)
    driven[0] = rng.standard_normal()
    return np.asarray(lfilter([1.0], [1.0, -0.999], driven))


def on_off(rng: np.random.Generator, n: int) -> Floats:
    """Return 0 and 1 in states of drawn lengths."""
    lengths = rng.geometric(1 / 60, n // 20)
    return np.repeat(np.arange(lengths.size) % 2, lengths)[:n].astype(np.float64)


def programme(rng: np.random.Generator, n: int) -> Floats:
    """Return 0 and 1 in states of fixed lengths, from a drawn place on."""
    return ((np.arange(n) + rng.integers(160)) % 160 < 40).astype(np.float64)


KINDS: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "white": coloured("white"),
    "ar1": coloured("ar1"),
    "pink": coloured("pink"),
    "t3": lambda rng, n: rng.standard_t(3, n),
    "calendar": calendar,
    "reverting": reverting,
    "poisson5": lambda rng, n: rng.poisson(5, n).astype(np.float64),
    "poisson0.2": lambda rng, n: rng.poisson(0.2, n).astype(np.float64),
    "on_off": on_off,
    "programme": programme,
}


def ratios(kind: str, seed: int, rows: int) -> dict[str, object]:
    """Return the measured rate over alpha, learned before and from itself, at each alpha."""
    x = KINDS[kind](np.random.default_rng([seed, list(KINDS).index(kind)]), 2 * rows)
    found = {
        "learned before": score(learn(x[:rows]), x[rows:]),
        "from itself": detect(x[:rows]),
    }
    row: dict[str, object] = {"kind": kind}
    for name, one in found.items():
        p = one.scores["p_value"].to_numpy()
        row |= {f"{name}, {alpha:g}": float(np.nanmean(p < alpha)) / alpha for alpha in ALPHAS}
    return row


def known(kind: str, seed: int, rows: int) -> list[dict[str, object]]:
    """Return the rate over alpha in each part of later rows, at their own quantile."""
    x = KINDS[kind](np.random.default_rng([seed, list(KINDS).index(kind)]), (1 + PARTS) * rows)
    statistic = score(learn(x[:rows]), x[rows:]).step_scores.statistic
    parts = np.array_split(statistic, PARTS)
    thresholds = [np.nanquantile(statistic, 1 - alpha) for alpha in ALPHAS]
    return [
        {
            "kind": kind,
            **{
                f"known threshold, {alpha:g}": np.nanmean(part > threshold) / alpha
                for alpha, threshold in zip(ALPHAS, thresholds, strict=True)
            },
        }
        for part in parts
    ]


def report(results: pd.DataFrame) -> None:
    """Print the medians over seeds, and how many seeds are within the range."""
    names = list(results.columns[1:])
    medians = results.groupby("kind", sort=False).median()
    inside = results.set_index("kind").apply(lambda one: one.between(LOWEST, HIGHEST))
    shares = inside.groupby(level=0, sort=False).mean()
    table = pd.concat(
        {name: pd.DataFrame({"median": medians[name], "within": shares[name]}) for name in names},
        axis=1,
    )
    print(table.round(2).to_string(index_names=False) + "\n")
    for name in names:
        print(
            f"{name:22}: medians {medians[name].min():.2f} … {medians[name].max():.2f}, "
            f"0.5 to 2 in {medians[name].between(0.5, 2).sum()} of {len(medians)} kinds; "
            f"{100 * inside[name].mean():.0f} % of seeds in {LOWEST} to {HIGHEST:g}"
        )


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--known", action="store_true", help="thresholds of the later rows")
    parser.add_argument("--only", nargs="+", choices=list(KINDS), default=list(KINDS))
    return parser.parse_args()


def main() -> None:
    given = arguments()
    print(f"{machine.described()}; {given.seeds} seeds, {given.rows:,} rows\n")
    results = [
        row
        for kind in given.only
        for seed in range(given.first, given.first + given.seeds)
        for row in (
            known(kind, seed, given.rows) if given.known else [ratios(kind, seed, given.rows)]
        )
    ]
    report(pd.DataFrame(results))


if __name__ == "__main__":
    main()
