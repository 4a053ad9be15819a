"""Alarms in recordings that are their own reference and hold nothing odd, or one odd cycle.

    python benchmarks/clean.py [--seeds 20]

Nothing is set. First the ten kinds of normal data of `calibration.py`, in recordings of 1,000,
4,000 and 20,000 rows: the alarms of a recording, mean over seeds. The default alpha is that of half
a false alarm in a short recording; as the most unusual stretch of any recording lies near that
threshold, more than half of them have one.

Then rhythms of 5 to 19 cycles of 300 to 672 rows: a square, a sine, two peaks or a random walk that
repeats itself, its amplitude 5 % larger or smaller from cycle to cycle, in noise. In some a cycle
is odd: at its lowest value throughout, at 0.4 of its size, a quarter of a cycle late, or at twice
the pace. Printed are the share of odd cycles that an alarm touches, and the alarms elsewhere.
"""

import argparse

import machine
import numpy as np
import pandas as pd
from calibration import KINDS
from numpy.typing import NDArray

from spectra import detect

Floats = NDArray[np.float64]
ROWS = (1_000, 4_000, 20_000)
PERIODS, CYCLES = (300, 360, 480, 672), (5, 20)
NOISES = (0.03, 0.1, 0.2)
MODULATION = 0.05
ODD = ("none", "flat", "small", "late", "doubled")


def shape(rng: np.random.Generator, period: int) -> Floats:
    """Return a cycle of one of four shapes, (period,)."""
    t = np.arange(period) / period
    walk = np.cumsum(rng.normal(size=period))
    walk -= np.linspace(walk[0], walk[-1], period)
    shapes = (
        ((t > 0.3) & (t < 0.7)).astype(np.float64),
        np.sin(2 * np.pi * t),
        np.exp(-(((t - 0.3) / 0.05) ** 2)) + 0.7 * np.exp(-(((t - 0.6) / 0.08) ** 2)),
        walk / walk.std(),
    )
    return shapes[rng.integers(len(shapes))]


def odd_cycle(cycle: Floats, kind: str) -> Floats:
    """Return a cycle that is odd in one of the ways of ODD."""
    if kind == "flat":
        return np.full_like(cycle, cycle.min())
    if kind == "small":
        return 0.4 * cycle
    if kind == "late":
        return np.roll(cycle, cycle.size // 4)
    return np.tile(cycle[::2], 2)[: cycle.size] if kind == "doubled" else cycle


def rhythm(rng: np.random.Generator, kind: str) -> tuple[Floats, int, int]:
    """Return a recording, and the first row of its odd cycle and of the one after it."""
    period, n_cycles = int(rng.choice(PERIODS)), int(rng.integers(*CYCLES))
    cycles = np.tile(shape(rng, period), (n_cycles, 1))
    cycles *= 1.0 + MODULATION * rng.normal(size=(n_cycles, 1))
    odd = int(rng.integers(2, n_cycles - 1))
    cycles[odd] = odd_cycle(cycles[odd], kind)
    x = cycles.ravel() + rng.choice(NOISES) * rng.normal(size=cycles.size)
    return x, odd * period, (odd + 1) * period


def rhythms(seeds: int) -> pd.DataFrame:
    """Return the share of odd cycles found and the alarms elsewhere, a row a kind."""
    rows = []
    for kind in ODD:
        for seed in range(seeds):
            x, start, stop = rhythm(np.random.default_rng([seed, ODD.index(kind)]), kind)
            alarms, margin = detect(x).intervals, (stop - start) // 2
            touching = (alarms.first < stop) & (alarms.last >= start)
            near = (alarms.first < stop + margin) & (alarms.last >= start - margin)
            away = alarms.first.size if kind == "none" else int((~near).sum())
            found = np.nan if kind == "none" else float(touching.any())
            rows.append({"odd cycle": kind, "found": found, "alarms elsewhere": away})
    return pd.DataFrame(rows).groupby("odd cycle", sort=False).mean()


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    seeds = parser.parse_args().seeds
    print(machine.described())
    alarms = {
        f"{n:,} rows": {
            name: np.mean(
                [
                    detect(make(np.random.default_rng([seed, n]), n)).intervals.first.size
                    for seed in range(seeds)
                ]
            )
            for name, make in KINDS.items()
        }
        for n in ROWS
    }
    table = pd.DataFrame(alarms)
    table.loc["mean"] = table.mean()
    print(f"alarms in a recording without anything odd\n{table.round(2).to_string()}\n")
    print(f"rhythms\n{rhythms(5 * seeds).round(2).to_string()}")


if __name__ == "__main__":
    main()
