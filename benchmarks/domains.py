"""Recordings of 42 kinds, of machines, people, computers, plants and the weather, nothing set.

    python benchmarks/domains.py [--kinds NAME ...] [--seeds 3] [--rows 2000 10000 50000]

The makers stand in `domain_machines.py` and the modules beside it, one of each subject. A kind
makes recordings with nothing odd, and with each of one to five things that are odd.

Nothing odd: alarms of `spectra.detect` in recordings of 2,000, 10,000 and 50,000 rows, and
("learned") of `spectra.score` in 10,000 rows after `spectra.learn` of the 10,000 before them.

Something odd, in the second half of 20,000 rows (60,000 where every fifth beat is ectopic):
`detect` is given the second half alone, `score` has learned from the first half. Printed are

found         share of the odd stretches that an alarm touches
false alarms  alarms of a recording that are further from each odd stretch than half its length
              and 64 rows
channel       share in which the alarm of smallest p-value of those that touch an odd stretch names
              a channel that is odd; of recordings with several channels
band          share in which the band of that alarm overlaps with that of what is odd, where that
              has one

A mean of a kind or of all is over recordings. Last comes the share of recordings with nothing odd
that have 10 alarms or more.
"""

import argparse
import zlib

import domain_ecg
import domain_machines
import domain_medical
import domain_metrics
import domain_outdoors
import domain_process
import domain_random
import machine
import numpy as np
import pandas as pd
from domain_signals import Kind, Made, Rng, size

import spectra
from spectra.detection import Detection

KINDS: dict[str, Kind] = (
    domain_machines.KINDS
    | domain_ecg.KINDS
    | domain_medical.KINDS
    | domain_metrics.KINDS
    | domain_process.KINDS
    | domain_outdoors.KINDS
    | domain_random.KINDS
)
ROWS = (2_000, 10_000, 50_000)
LEARNED = 10_000
# Seeds of the recordings that are learned from begin here: they share none with the others.
FIRST_LEARNED = 100
# Alarms this many rows from an odd stretch, or half its length, belong to it.
NEAR = 64
MANY = 10
FIGURES = ("found", "false alarms", "channel", "band")
WAYS = ("detect", "score")


def generator(name: str, odd: str | None, seed: int, n: int) -> Rng:
    """Return the random numbers of one recording, the same whatever else is measured."""
    return np.random.default_rng([zlib.crc32(f"{name}/{odd}".encode()), seed, n])


def alarms_of(detection: Detection) -> pd.DataFrame:
    """Return the alarms, with their rows from first to last."""
    intervals = detection.intervals
    return detection.alarms.assign(first=intervals.first, last=intervals.last)


def learned(recording: Made, fs: float) -> Detection:
    """Return what is found in the second half after the first has been learned."""
    half = len(recording.values) // 2
    model = spectra.learn(recording.values[:half], fs=fs)
    return spectra.score(model, recording.values[half:])


def clean(names: list[str], seeds: int, lengths: list[int]) -> pd.DataFrame:
    """Return a row for each recording with nothing odd: kind, length or "learned", alarms."""
    rows: list[dict[str, object]] = []
    for name in names:
        kind = KINDS[name]
        for n in lengths:
            for seed in range(seeds):
                recording = kind.make(generator(name, None, seed, n), n, None)
                found = spectra.detect(recording.values, fs=kind.fs)
                rows.append({"kind": name, "rows": f"{n:,}", "alarms": len(found.alarms)})
        n = 2 * LEARNED
        for seed in range(FIRST_LEARNED, FIRST_LEARNED + seeds):
            recording = kind.make(generator(name, None, seed, n), n, None)
            found = learned(recording, kind.fs)
            rows.append({"kind": name, "rows": "learned", "alarms": len(found.alarms)})
    return pd.DataFrame(rows)


def second_half(recording: Made) -> Made:
    """Return the second half, with the odd rows in it counted from its start."""
    half = len(recording.values) // 2
    rows = [slice(max(0, each.start - half), each.stop - half) for each in recording.rows]
    late = [each for each in rows if each.stop > 0]
    return Made(recording.values[half:], late, recording.channels, recording.band)


def judged(recording: Made, alarms: pd.DataFrame) -> dict[str, float]:
    """Return the figures of a recording with something odd; NaN for those it cannot have."""
    first, last = alarms["first"].to_numpy(), alarms["last"].to_numpy()
    hits = []
    touching, near = np.zeros(len(alarms), np.bool_), np.zeros(len(alarms), np.bool_)
    for rows in recording.rows:
        margin = max(size(rows) // 2, NEAR)
        touches = (first < rows.stop) & (last >= rows.start)
        hits.append(touches.any())
        touching |= touches
        near |= (first < rows.stop + margin) & (last >= rows.start - margin)
    figures = {"found": float(np.mean(hits)), "false alarms": float((~near).sum())}
    figures |= {"channel": np.nan, "band": np.nan}
    if not touching.any():
        return figures
    strongest = alarms[touching].sort_values("p_value").iloc[0]
    if recording.values.ndim == 2:
        names = [f"ch{channel + 1}" for channel in recording.channels]
        figures["channel"] = float(strongest["channel"] in names)
    if recording.band is not None:
        low, high = recording.band
        figures["band"] = float(strongest["f_low"] <= high and strongest["f_high"] >= low)
    return figures


def odd(names: list[str], seeds: int) -> pd.DataFrame:
    """Return two rows for each recording with something odd, one a way, with its figures."""
    rows: list[dict[str, object]] = []
    for name in names:
        kind = KINDS[name]
        for what in kind.odd:
            for seed in range(seeds):
                whole = kind.make(generator(name, what, seed, kind.rows), kind.rows, what)
                half = second_half(whole)
                if not half.rows:
                    continue
                found = (spectra.detect(half.values, fs=kind.fs), learned(whole, kind.fs))
                for way, detection in zip(WAYS, found, strict=True):
                    figures = judged(half, alarms_of(detection))
                    rows.append({"kind": name, "odd": what, "way": way, **figures})
    return pd.DataFrame(rows)


def by_way(results: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return means: found and false alarms of each way, channel and band of both together."""
    groups = results.groupby(by, sort=False)
    each = results.groupby([*by, "way"], sort=False)
    columns = {
        f"{figure}, {way}": each[figure].mean().xs(way, level="way")
        for figure in FIGURES[:2]
        for way in WAYS
    }
    columns |= {figure: groups[figure].mean() for figure in FIGURES[2:]}
    return pd.DataFrame(columns)


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS, metavar="NAME")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS))
    return parser.parse_args()


def main() -> None:
    """Print the tables."""
    given = arguments()
    print(f"{machine.described()}; {len(given.kinds)} kinds, {given.seeds} seeds\n")
    quiet = clean(given.kinds, given.seeds, given.rows)
    alarms = quiet.groupby(["kind", "rows"], sort=False)["alarms"].mean().unstack()
    print(f"nothing odd: alarms of a recording\n{alarms.round(1).to_string()}\n")
    results = odd(given.kinds, given.seeds)
    print("something odd, by what it is")
    print(by_way(results, ["kind", "odd"]).round(2).to_string(na_rep="-") + "\n")
    print("something odd, by kind")
    print(by_way(results, ["kind"]).round(2).to_string(na_rep="-") + "\n")
    print("something odd, all")
    overall = results.groupby("way", sort=False)[list(FIGURES)].mean()
    print(overall.round(3).to_string(na_rep="-") + "\n")
    print("nothing odd, all")
    groups = quiet.groupby("rows", sort=False)["alarms"]
    summary = pd.DataFrame(
        {
            "alarms": groups.mean(),
            f"{MANY} alarms or more": groups.agg(lambda counts: (counts >= MANY).mean()),
            "largest": groups.max(),
        }
    )
    print(summary.round(3).to_string())
    print(f"of all: {(quiet['alarms'] >= MANY).mean():.1%} have {MANY} alarms or more")


if __name__ == "__main__":
    main()
