"""Development recordings: mean VUS-PR by collection, and the difference from a baseline.

    python benchmarks/development.py [DIR] [--no-normal] [--jobs N] [--save CSV]
    python benchmarks/development.py --baseline benchmarks/baseline/first_release.csv.gz
    python benchmarks/development.py --results MINE.csv --baseline OTHER.csv   (runs nothing)

DIR holds the folders tsb_ad_u_dev, dev_extra and tsb_ad_u_tuning (618 univariate series), and for
`--multi` multi_dev (42 multichannel ones). Printed are

- the mean by collection, collections of fewer than ten series pooled as one, and the mean of these
  means: the figure to steer by, in which no collection counts for its size;
- the mean by domain, over series and over collections;
- the mean of means with any one collection left out;
- against a baseline: the number of collections better and worse, and the difference of the mean of
  means with its 95 % interval by bootstrap (series drawn with replacement within each collection,
  the same series on both sides, seed 0);
- with `--multi` or `--only-multi`: the mean over the multichannel series, and the share of normal
  rows in alarm.

`--every N` takes every N-th file of each folder, for a quick estimate. A baseline is a file written
by `--save`, or any CSV file with the columns file, VUS-PR, event_F1 and, where it holds several
settings, learned_from ("normal rows" or "itself").
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

import machine
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spectra.benchmark import benchmark

DIR = Path(__file__).parents[1] / ".." / "shared" / "data"
UNIVARIATE = ("tsb_ad_u_dev", "dev_extra", "tsb_ad_u_tuning")
MULTICHANNEL = "multi_dev"
SPECTRAL = "spectral"
# Collections with fewer series are pooled: the mean of two or three series is mostly chance.
FEWEST = 10
LEAST_POOLED = 3
# A smaller difference is the rounding of a saved file, neither better nor worse.
SAME = 5e-4
POOLED = "(pooled)"
RESAMPLES = 2000
MEASURES = ("VUS-PR", "event_F1")
NORMAL_ROWS, ITSELF = "normal rows", "itself"
# 029_WSD_id_1_WebService_tr_4559_1st_10201.csv.gz
COLLECTION = re.compile(r"^\d+_(.+?)_id_\d+")
DOMAIN = re.compile(r"_id_\d+_([A-Za-z]+)_tr_")


def run(
    folders: list[Path], *, use_normal: bool, detector: str, n_jobs: int, every: int
) -> pd.DataFrame:
    """Return the results of `spectra benchmark`, one row a series of all folders."""
    tables = []
    for folder in folders:
        with tempfile.TemporaryDirectory() as chosen:
            for path in sorted(folder.glob("*.csv*"))[::every]:
                (Path(chosen) / path.name).symlink_to(path.resolve())
            found = benchmark(chosen, use_normal=use_normal, detector=detector, n_jobs=n_jobs)
        for reason in found.failed.values():
            print(f"not scored: {reason}", file=sys.stderr)
        tables.append(found.results.assign(folder=folder.name))
    results = pd.concat(tables, ignore_index=True)
    results.insert(1, "learned_from", NORMAL_ROWS if use_normal else ITSELF)
    return results


def load(path: Path, use_normal: bool) -> pd.DataFrame:
    """Return the saved results of one setting."""
    results = pd.read_csv(path)
    if "folder" not in results:
        results["folder"] = ""
    if "learned_from" in results:
        results = results[results["learned_from"] == (NORMAL_ROWS if use_normal else ITSELF)]
    return results.reset_index(drop=True)


def collection_of(file: "pd.Series[str]", every: int = 1) -> "pd.Series[str]":
    """Return the collection that a file's name begins with, small collections pooled.

    Of every N-th file a collection has about an N-th: it is pooled where the whole would be.
    """
    name = file.str.extract(COLLECTION)[0]
    return name.where(name.map(name.value_counts()) >= max(FEWEST / every, LEAST_POOLED), POOLED)


def mean_of_means(values: "pd.Series[float]", group: "pd.Series[str]") -> float:
    """Return the mean over groups of the mean within each."""
    return float(values.groupby(group).mean().mean())


def bootstrap(
    difference: NDArray[np.float64], group: NDArray[np.str_], n_resamples: int = RESAMPLES
) -> NDArray[np.float64]:
    """Return the mean of group means of series drawn again within each group, (n_resamples,)."""
    rng = np.random.default_rng(0)
    means = []
    for name in np.unique(group):
        own = difference[group == name]
        means.append(own[rng.integers(own.size, size=(n_resamples, own.size))].mean(axis=1))
    return np.mean(means, axis=0)


def summarise(results: pd.DataFrame, measure: str, every: int = 1) -> None:
    """Print the means by collection and domain, and the mean of collection means."""
    group = collection_of(results["file"], every)
    columns = [*MEASURES, *(name for name in ("seconds",) if name in results)]
    table = results.groupby(group)[columns].mean()
    table.insert(0, "series", group.value_counts())
    print(table.round(3).to_string(index_names=False))
    means = "   ".join(f"{name} {mean_of_means(results[name], group):.4f}" for name in MEASURES)
    print(f"mean of collection means:   {means}")
    means = "   ".join(f"{name} {results[name].mean():.4f}" for name in MEASURES)
    print(f"mean of all {len(results)} series:   {means}\n")

    domain = results["file"].str.extract(DOMAIN)[0].fillna("other")
    of_collections = results.groupby([domain, group])[measure].mean().groupby(level=0).mean()
    by_domain = pd.DataFrame(
        {
            "series": domain.value_counts(),
            f"{measure} of series": results.groupby(domain)[measure].mean(),
            "of collections": of_collections,
        }
    )
    print(by_domain.round(3).to_string(index_names=False) + "\n")

    left = {
        name: mean_of_means(results.loc[group != name, measure], group[group != name])
        for name in table.index
    }
    texts = ", ".join(f"{name} {value:.3f}" for name, value in left.items())
    print(f"mean of means of {measure} without: {texts}\n")


def compare(results: pd.DataFrame, baseline: pd.DataFrame, measure: str, every: int = 1) -> None:
    """Print the difference from a baseline by collection, and its 95 % interval."""
    both = results.merge(baseline, on="file", suffixes=("", " before"), validate="one_to_one")
    group = collection_of(both["file"], every)
    before, difference = both[f"{measure} before"], both[measure] - both[f"{measure} before"]
    table = pd.DataFrame(
        {
            "series": group.value_counts(),
            "before": before.groupby(group).mean(),
            "now": both[measure].groupby(group).mean(),
            "difference": difference.groupby(group).mean(),
            "better": (difference > SAME).groupby(group).sum(),
            "worse": (difference < -SAME).groupby(group).sum(),
        }
    )
    print(f"{measure} against the baseline, {len(both)} series in both")
    print(table.round(3).to_string(index_names=False))
    change, n = table["difference"], len(table)
    low, high = np.quantile(
        bootstrap(difference.to_numpy(), group.to_numpy(dtype=np.str_)), [0.025, 0.975]
    )
    print(
        f"{measure}: mean of means {mean_of_means(before, group):.4f} before, "
        f"{mean_of_means(both[measure], group):.4f} now, difference {change.mean():+.4f}, 95 % "
        f"interval {low:+.4f} … {high:+.4f}\n"
        f"collections better {(change > SAME).sum()}, worse {(change < -SAME).sum()} of {n}; "
        f"series better {(difference > SAME).sum()}, worse {(difference < -SAME).sum()}\n"
    )


def summarise_multichannel(results: pd.DataFrame, _measure: str, _every: int) -> None:
    """Print the means over the multichannel series, and the share of normal rows in alarm."""
    measures = [*MEASURES, "false_alarm_share"]
    group = results["file"].str.extract(COLLECTION)[0]
    table = results.groupby(group)[measures].mean()
    table.insert(0, "series", group.value_counts())
    table.loc["all"] = [len(results), *results[measures].mean()]
    print("Multichannel: false_alarm_share is the share of normal rows in alarm")
    print(table.round(3).to_string(index_names=False) + "\n")


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=DIR, metavar="DIR")
    parser.add_argument("--no-normal", action="store_true", help="learn from each series itself")
    parser.add_argument("--multi", action="store_true", help="run multi_dev as well")
    parser.add_argument("--only-multi", action="store_true", help="run multi_dev alone")
    parser.add_argument("--detector", default=SPECTRAL, help="as of `spectra benchmark`")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, help="take every N-th file")
    parser.add_argument("--baseline", type=Path, metavar="CSV")
    parser.add_argument("--save", type=Path, metavar="CSV")
    parser.add_argument("--results", type=Path, metavar="CSV", help="saved ones: run nothing")
    parser.add_argument("--measure", choices=MEASURES, default=MEASURES[0])
    return parser.parse_args()


def main() -> None:
    given = arguments()
    use_normal = not given.no_normal
    print(f"{machine.described()}; learned from {NORMAL_ROWS if use_normal else ITSELF}\n")
    if given.results is not None:
        results = load(given.results, use_normal)
    else:
        chosen = () if given.only_multi else UNIVARIATE
        chosen += (MULTICHANNEL,) if given.multi or given.only_multi else ()
        results = run(
            [given.folder / name for name in chosen],
            use_normal=use_normal,
            detector=given.detector,
            n_jobs=given.jobs,
            every=given.every,
        )
    if given.save is not None:
        results.to_csv(given.save, index=False, float_format="%.6g")
    baseline = None if given.baseline is None else load(given.baseline, use_normal)
    for many, show in ((False, summarise), (True, summarise_multichannel)):
        own = of_kind(results, many)
        if len(own):
            show(own, given.measure, given.every)
            if baseline is not None:
                compare(own, of_kind(baseline, many), given.measure, given.every)


def of_kind(results: pd.DataFrame, many: bool) -> pd.DataFrame:
    """Return the results of the multichannel series, or of the others."""
    return results[(results["folder"] == MULTICHANNEL) == many].reset_index(drop=True)


if __name__ == "__main__":
    main()
