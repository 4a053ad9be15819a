"""Resolution: is an event found, and placed, in a long recording as well as in a short one?

    python benchmarks/resolution.py [--longest 1e7] [--seeds 10]

The signal is a sine of amplitude 1 and period 100 rows in AR(1) noise (coefficient 0.8, standard
deviation 0.3). Events are put into the middle half of a recording: one a recording, and in those of
1,000,000 rows and more, one of each kind for every 1,000,000 rows:

- bursts of 1, 8, 40, 200 and 1,000 rows. That of one row is a spike of 3.0, ten standard deviations
  of the noise; the others are a tone of period 4 rows and amplitude 1.2, four standard deviations
  (in a plot of some hundred rows around it a person sees it at once);
- a shift of the level by 1.5, five standard deviations, for 5,000 rows.

Printed for each length of the recording: recall (an alarm touches the event), the median width of
that alarm over the width of the event, the median distance in rows of its edges from those of the
event, the median distance in rows of its peak from the event (0: it lies on it), and, over all
recordings of that length, false alarms (touching no event) per 100,000 rows. Seeds are `--seeds` up
to 200,000 rows, five at 1,000,000 and one at 10,000,000.
"""

import argparse
import time
from dataclasses import dataclass
from statistics import median

import machine
import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from spectra import detect

LENGTHS = (20_000, 200_000, 1_000_000, 10_000_000)
BURSTS = (1, 8, 40, 200, 1000)
SHIFT = 5000
PERIOD, NOISE_STD, COEFFICIENT = 100, 0.3, 0.8
SPIKE, TONE, TONE_PERIOD, STEP = 3.0, 1.2, 4, 1.5
# From this length on a recording holds all kinds of events, far from each other, once in a million
# rows each: 0.6 % of its rows are anomalous. Shorter ones hold one event each.
TOGETHER_FROM = 1_000_000
# Recordings of these lengths.
SEVERAL = {1_000_000: 5, 10_000_000: 1}
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Event:
    """An event, rows first to last, and what was found of it; None where nothing was."""

    kind: str
    width: int
    found: tuple[float, float, float] | None
    """Width ratio, distance of the edges and of the peak in rows."""


def signal(rng: np.random.Generator, n: int) -> Floats:
    """Return a sine in AR(1) noise."""
    white = NOISE_STD * np.sqrt(1 - COEFFICIENT**2) * rng.standard_normal(n)
    noise: Floats = lfilter([1.0], [1.0, -COEFFICIENT], white)
    return noise + np.sin(2 * np.pi * np.arange(n) / PERIOD)


def add_event(x: Floats, kind: str, first: int, width: int) -> None:
    """Put an event into the signal."""
    rows = slice(first, first + width)
    if kind == "shift":
        x[rows] += STEP
    elif width == 1:
        x[first] += SPIKE
    else:
        # A phase of 45° so that no row of the tone is zero.
        x[rows] += TONE * np.sqrt(2) * np.sin(2 * np.pi * np.arange(width) / TONE_PERIOD + 0.785)


def judge(x: Floats, events: list[tuple[str, int, int]]) -> tuple[list[Event], int]:
    """Return what the default settings find of each event, and the number of false alarms."""
    alarms = detect(x).alarms
    start, end, peak = (alarms[name].to_numpy(dtype=np.int64) for name in ("start", "end", "peak"))
    score = alarms["score"].to_numpy()
    false = np.ones(start.size, dtype=np.bool_)
    judged = []
    for kind, first, width in events:
        last = first + width - 1
        touching = np.flatnonzero((start <= last) & (end >= first))
        false[touching] = False
        found = None
        if touching.size:
            at = touching[np.argmax(score[touching])]
            low, high = start[touching].min(), end[touching].max()
            edges = (abs(low - first) + abs(high - last)) / 2
            off = max(first - peak[at], peak[at] - last, 0)
            found = ((high - low + 1) / width, float(edges), float(off))
        judged.append(Event(kind, width, found))
    return judged, int(false.sum())


def recordings(n: int, n_seeds: int) -> list[list[tuple[str, int]]]:
    """Return the events of each recording of a length, kind and width."""
    kinds = [("burst", width) for width in BURSTS] + [("shift", SHIFT)]
    if n >= TOGETHER_FROM:
        return [kinds * (n // TOGETHER_FROM)] * min(n_seeds, SEVERAL[n])
    return [[kind] for kind in kinds for _ in range(n_seeds)]


def places(rng: np.random.Generator, n: int, kinds: list[tuple[str, int]]) -> list[int]:
    """Return the first rows of the events, drawn from equal parts of the middle half."""
    part = n // 2 // len(kinds)
    order = rng.permutation(len(kinds))
    return [
        n // 4 + int(at) * part + int(rng.integers(max(1, part - width)))
        for at, (_, width) in zip(order, kinds, strict=True)
    ]


def report(n: int, events: list[Event], false: int, rows: int, seconds: float) -> None:
    """Print the lines of one length of the recording."""
    for kind, width in dict.fromkeys((event.kind, event.width) for event in events):
        own = [event.found for event in events if (event.kind, event.width) == (kind, width)]
        found = [one for one in own if one is not None]
        cells = [f"{median(column):10.1f}" for column in zip(*found, strict=True)] or [
            "         –"
        ] * 3
        print(f"{n:>11,}  {kind:5} {width:>6,}  {len(found):>3}/{len(own):<3}" + "".join(cells))
    print(
        f"{n:>11,}  false alarms per 100,000 rows {1e5 * false / rows:.2f}, "
        f"{1e6 * seconds / rows:.2f} s a million rows\n",
        flush=True,
    )


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--longest", type=float, default=1e7, metavar="ROWS")
    parser.add_argument("--seeds", type=int, default=10)
    return parser.parse_args()


def main() -> None:
    given = arguments()
    print(f"{machine.described()}\n")
    print("       rows  event  width   recall     width     edges      peak")
    print("                                     × event  rows off  rows off")
    for n in (n for n in LENGTHS if n <= given.longest):
        events: list[Event] = []
        false, rows, seconds = 0, 0, 0.0
        for seed, kinds in enumerate(recordings(n, given.seeds)):
            rng = np.random.default_rng([n, seed])
            x = signal(rng, n)
            put = [
                (kind, first, width)
                for (kind, width), first in zip(kinds, places(rng, n, kinds), strict=True)
            ]
            for kind, first, width in put:
                add_event(x, kind, first, width)
            begin = time.perf_counter()
            judged, wrong = judge(x, put)
            seconds += time.perf_counter() - begin
            events, false, rows = events + judged, false + wrong, rows + n
        report(n, events, false, rows, seconds)


if __name__ == "__main__":
    main()
