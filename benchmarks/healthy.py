"""The false-alarm rate on normal parts of real recordings, and `--normal` beside `--normal-rows`.

    python benchmarks/healthy.py [DIR] [--every 4] [--only prefixes]

prefixes   The rows that are known to be normal of the development series: the first half learned,
           the second half scored. Printed: the share of the series that are called different from
           what was learned, of all, of those with more than 3 and 10 times as many rows with a
           p-value below alpha = 0.01 as alpha says, and of those with 0.33 to 3 times; of those
           that are not called different the median rate over alpha, the shares within 0.33 to 3,
           below and above, and the share in which the 95 % interval of Clopper and Pearson of the
           independent scores reaches into that range; the share that would be within it if the
           independent scores beyond the threshold were a Poisson number of mean alpha; and, with
           the halves exchanged, how often a rate above 3 becomes one below 0.33, and the reverse.
           A series of fewer than 500 normal rows is left out. Its halves are stationary where the
           means of 20 blocks of each half do not differ by the test of Mann and Whitney, nor their
           standard deviations (p < 0.01).
agreement  The same series, learned from their normal rows by `normal_rows`, and from a recording of
           these rows alone by `normal`. Printed for the rows after them: the median of the rank
           correlation of the p-values, the share of rows flagged at alpha = 0.01 by one of the two
           that both flag, and how far the shares of flagged rows differ; then the same of the
           series that neither calls different from the normal rows.
kinds      50,000 rows of each of the ten kinds of normal data of `calibration.py` learned, parts of
           the 50,000 rows after them scored. Printed: the share of the parts of each length that
           are called different.
bearing    The first half of a healthy bearing (CWRU 97) learned, the second half scored.
skab       The first 400 rows of the recording of a water loop without a fault learned.

For `bearing` and `skab`: the share of rows with a p-value below alpha = 0.01 and 0.001, over alpha,
and whether the recording is called different.
"""

import argparse
from collections.abc import Callable, Iterator
from math import ceil, floor
from pathlib import Path

import machine
import numpy as np
import pandas as pd
from calibration import KINDS
from development import UNIVARIATE
from field import DIR, SKAB_NORMAL, drive_end
from numpy.typing import NDArray
from scipy.stats import binomtest, mannwhitneyu, poisson, spearmanr

from spectra import Detection, detect, learn, score
from spectra.benchmark import normal_rows_of
from spectra.datasets import read

Floats = NDArray[np.float64]
ALPHA = 1e-2
LOWEST, HIGHEST, FAR = 0.33, 3.0, 10.0
SHORTEST = 500
BLOCKS = 20
SAME = 0.01
LONG = 20_000
LEARNED = 50_000
LENGTHS = (250, 500, 1000, 3000, 10_000, 50_000)
PARTS_OF_A_RECORDING = 5
SEEDS = 4


def p_values(found: Detection, start: int = 0) -> Floats:
    """Return the p-values of the rows from `start` on."""
    return found.scores["p_value"].to_numpy()[start:]


def over_alpha(p: Floats, alpha: float = ALPHA) -> float:
    """Return the share of p-values below alpha, over alpha."""
    return float(np.mean(p[np.isfinite(p)] < alpha)) / alpha


def is_different(found: Detection) -> bool:
    """Return whether a note says that the recording differs as a whole."""
    return any("as a whole" in note for note in found.notes)


def independent_of(found: Detection) -> int:
    """Return the number of independent scores."""
    calibration = found.fusion.calibration
    share = calibration.n_independent / calibration.n
    return max(1, round(found.step_scores.statistic.size * share))


def reaches(n: int, ratio: float) -> bool:
    """Return whether the interval of Clopper and Pearson of a rate reaches into the range."""
    hits = min(round(ratio * ALPHA * n), n)
    found = binomtest(hits, n).proportion_ci(0.95, method="exact")
    return bool(found.low <= HIGHEST * ALPHA and found.high >= LOWEST * ALPHA)


def attainable(n: int) -> float:
    """Return the chance that a Poisson number of mean alpha·n lies in the range."""
    low, high = ceil(LOWEST * ALPHA * n), floor(HIGHEST * ALPHA * n)
    return float(poisson.cdf(high, ALPHA * n) - poisson.cdf(low - 1, ALPHA * n))


def is_stationary(x: Floats) -> bool:
    """Return whether the blocks of both halves have means and deviations of one distribution."""
    blocks = np.array_split(x, 2 * BLOCKS)
    for measure in (np.nanmean, np.nanstd):
        values = [float(measure(block)) for block in blocks]
        if mannwhitneyu(values[:BLOCKS], values[BLOCKS:]).pvalue < SAME:
            return False
    return True


def series(folder: Path, every: int) -> Iterator[tuple[Floats, int]]:
    """Yield the values of the development series, and the number of their normal rows."""
    for name in UNIVARIATE:
        for path in sorted((folder / name).glob("*.csv*"))[::every]:
            x = read(path, name=path.name).values[:, 0]
            n = normal_rows_of(path.name, x.size)
            if n >= SHORTEST and np.isfinite(x[:n]).all() and np.ptp(x[: n // 2]) > 0:
                yield x, n


def prefixes(folder: Path, every: int) -> None:
    """Print the rates of the second halves of normal rows."""
    rows = []
    for x, n in series(folder, every):
        first, second = x[: n // 2], x[n // 2 : n]
        found = score(learn(first), second, alpha=ALPHA)
        independent, ratio = independent_of(found), over_alpha(p_values(found))
        exchanged = (
            over_alpha(p_values(score(learn(second), first))) if np.ptp(second) else float("nan")
        )
        rows.append(
            {
                "rows": n,
                "stationary": is_stationary(x[:n]),
                "different": is_different(found),
                "ratio": ratio,
                "reaches": reaches(independent, ratio),
                "attainable": attainable(independent),
                "exchanged": exchanged,
            }
        )
    table = pd.DataFrame(rows)
    for name, part in (
        ("not stationary", table[~table["stationary"]]),
        ("stationary", table[table["stationary"]]),
        ("long and stationary", table[table["stationary"] & (table["rows"] >= LONG)]),
    ):
        show_prefixes(name, part)


def percent(values: "pd.Series[bool]") -> str:
    """Return a share as a text."""
    return f"{100 * values.mean():.0f} %" if len(values) else "none"


def show_prefixes(name: str, part: pd.DataFrame) -> None:
    """Print the rates of some of the series."""
    ratio, exchanged = part["ratio"], part["exchanged"]
    inside, above, below = ratio.between(LOWEST, HIGHEST), ratio > HIGHEST, ratio < LOWEST
    called, rest = part["different"], part[~part["different"]]
    kept = rest["ratio"]
    print(
        f"prefixes, {name}: {len(part)} series; called different {percent(called)}, of those above "
        f"3 {percent(called[above])}, above 10 {percent(called[ratio > FAR])}, of those of 0.33 to "
        f"3 {percent(called[inside])}\n"
        f"  not called different: {len(rest)} series, median {kept.median():.2f}, 0.33 to 3 in "
        f"{percent(kept.between(LOWEST, HIGHEST))}, below in {percent(kept < LOWEST)}, above in "
        f"{percent(kept > HIGHEST)}, the interval reaches 0.33 to 3 in {percent(rest['reaches'])}, "
        f"attainable {100 * rest['attainable'].mean():.0f} %\n"
        f"  halves exchanged: above 3 becomes below 0.33 in {percent(exchanged[above] < LOWEST)}, "
        f"below 0.33 becomes above 3 in {percent(exchanged[below] > HIGHEST)}"
    )


def agreement(folder: Path, every: int) -> None:
    """Print how far the same normal rows agree, given as rows and as a recording."""
    rows = []
    for x, n in series(folder, every):
        if x.size - n < SHORTEST:
            continue
        found = detect(x, normal_rows=(0, n)), detect(x[n:], normal=x[:n])
        one, other = p_values(found[0], n), p_values(found[1])
        known = np.isfinite(one) & np.isfinite(other)
        by_one, by_other = one[known] < ALPHA, other[known] < ALPHA
        either = (by_one | by_other).sum()
        rows.append(
            {
                "different": any(is_different(each) for each in found),
                "rank": spearmanr(one[known], other[known]).statistic,
                "both": (by_one & by_other).sum() / either if either else 1.0,
                "difference": abs(by_one.mean() - by_other.mean()),
            }
        )
    table = pd.DataFrame(rows)
    for name, part in (("all", table), ("not called different", table[~table["different"]])):
        print(
            f"agreement, {name}: {len(part)} series; median rank correlation of the p-values "
            f"{part['rank'].median():.2f}; flagged by both of those flagged by one: median "
            f"{100 * part['both'].median():.0f} %; shares of flagged rows differ by "
            f"{100 * part['difference'].median():.1f} % in the median, by more than 20 % in "
            f"{percent(part['difference'] > 0.2)} of the series"
        )


def kinds(_folder: Path, _every: int) -> None:
    """Print how often parts of normal recordings are called different."""
    called: dict[int, list[bool]] = {length: [] for length in LENGTHS}
    for number, make in enumerate(KINDS.values()):
        for seed in range(SEEDS):
            x = make(np.random.default_rng([seed, number, 9]), 2 * LEARNED)
            model = learn(x[:LEARNED])
            for length in LENGTHS:
                for part in range(min(PARTS_OF_A_RECORDING, LEARNED // length)):
                    start = LEARNED + part * (LEARNED // PARTS_OF_A_RECORDING)
                    called[length].append(is_different(score(model, x[start : start + length])))
    texts = ", ".join(
        f"{length:,} rows {100 * np.mean(each):.1f} % of {len(each)}"
        for length, each in called.items()
    )
    print(f"kinds, called different: {texts}")


def show(name: str, found: Detection, start: int = 0) -> None:
    """Print the rates of one recording."""
    p = p_values(found, start)
    print(
        f"{name}: {over_alpha(p):.1f} × alpha at 0.01, {over_alpha(p, 1e-3):.1f} × at 0.001, "
        f"{'' if is_different(found) else 'not '}called different"
    )


def bearing(folder: Path, _every: int) -> None:
    """Print the rates of the second half of a healthy bearing."""
    x = drive_end(next((folder / "cwru").glob("normal*.mat")))
    show("bearing", score(learn(x[: x.size // 2]), x[x.size // 2 :]))


def skab(folder: Path, _every: int) -> None:
    """Print the rates of a water loop without a fault after its first rows."""
    (path,) = (folder / "skab" / "anomaly-free").glob("*.csv*")
    table = pd.read_csv(path, sep=";", index_col="datetime", parse_dates=True)
    found = detect(table, normal_rows=(0, SKAB_NORMAL))
    show("SKAB, no fault, 400 rows learned", found, SKAB_NORMAL)


PARTS: dict[str, Callable[[Path, int], None]] = {
    "prefixes": prefixes,
    "agreement": agreement,
    "kinds": kinds,
    "bearing": bearing,
    "skab": skab,
}


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=DIR, metavar="DIR")
    parser.add_argument("--every", type=int, default=1, help="take every N-th series")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    return parser.parse_args()


def main() -> None:
    given = arguments()
    print(f"{machine.described()}\n")
    for name in given.only:
        PARTS[name](given.folder, given.every)


if __name__ == "__main__":
    main()
