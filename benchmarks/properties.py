"""Properties of the detector on generated data: what is demanded beside what is measured.

    python benchmarks/properties.py [--seeds 8] [--only ends rhythms]

Eight properties, each a function that returns its figures:

hidden       a place that one frame length alone finds improbable stays so when all are combined
silenced     one glitch, or one dead stretch, changes no p-value elsewhere
directions   louder and quieter, a new and a lost tone, more and less regular: found alike
ends         the first and last rows are judged like those in the middle
length       the same event needs the same size in 240 and in 240,000 rows
channels     one odd channel among many is found and named; on/off channels drown nothing
rhythms      a missing, doubled, flat or shifted cycle, day, or Monday is found with nothing set
order        the default finds frames in the wrong order; exact repeats raise no alarm

Found means that an alarm at the default alpha touches the event; "top" is the number of seeds in
which the highest score lies within 64 rows of the event, which does not depend on the threshold.
The size needed is the smallest of a grid with steps of √2 at which most seeds are found.
"""

import argparse
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import machine
import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

import spectra
from spectra import metrics
from spectra.datasets.generators import order_anomalies

Floats = NDArray[np.float64]
Rows = tuple[int, int]
# Rows on either side of an event that still count as its place for the highest score.
NEAR = 64
# Below it p-values are not compared: no recording of these lengths supports so small a one.
SMALLEST_P = 1e-6
ALPHA = 0.001


@dataclass(frozen=True)
class Figure:
    """A measured figure beside the demanded one."""

    name: str
    demanded: str
    measured: str
    met: bool


@dataclass(frozen=True)
class Found:
    """One event: touched by an alarm, highest score near it, its smallest p."""

    alarm: bool
    top: bool
    p: float


def found(result: Any, rows: Rows) -> Found:
    """Return what a detection says of the event in rows first to last."""
    first, last = rows
    table = result.scores
    score = np.nan_to_num(table["anomaly_score"].to_numpy(), nan=-np.inf)
    alarm = table["alarm"].to_numpy() == 1
    at = int(score.argmax())
    p = float(np.nanmin(table["p_value"].to_numpy()[first : last + 1], initial=1.0))
    return Found(
        bool(alarm[first : last + 1].any()), first - NEAR <= at <= last + NEAR, max(p, SMALLEST_P)
    )


def of_one_length(nperseg: int) -> dict[str, Any]:
    """Return the arguments of `detect` for a single frame length."""
    if hasattr(spectra, "Spectral"):
        return {"method": spectra.Spectral(nperseg=nperseg)}
    return {"nperseg": nperseg}


def share(name: str, outcomes: Sequence[Found], least: float = 1.0) -> Figure:
    """Return how many events were found, of which at least a share must be."""
    n, hits = len(outcomes), sum(one.alarm for one in outcomes)
    top = sum(one.top for one in outcomes)
    needed = math.ceil(least * n)
    return Figure(name, f"{needed}/{n} found", f"{hits}/{n}, top {top}/{n}", hits >= needed)


def at_most(name: str, value: float, limit: float, unit: str = "") -> Figure:
    """Return a figure that must not exceed a limit."""
    return Figure(name, f"≤ {limit:g}{unit}", f"{value:.3g}{unit}", value <= limit)


def at_least(name: str, value: float, limit: float) -> Figure:
    """Return a figure that must reach a limit."""
    return Figure(name, f"≥ {limit:g}", f"{value:.3f}", value >= limit)


def needed(is_found: Callable[[float, int], bool], sizes: Sequence[float], seeds: int) -> float:
    """Return the smallest size found in most seeds, by bisection; infinity for none."""
    low, high = -1, len(sizes)
    while high - low > 1:
        middle = (low + high) // 2
        if 2 * sum(is_found(sizes[middle], seed) for seed in range(seeds)) > seeds:
            high = middle
        else:
            low = middle
    return sizes[high] if high < len(sizes) else math.inf


def geometric(first: float, last: float) -> list[float]:
    """Return sizes from first to last or just beyond, each √2 times the one before it."""
    n = math.ceil(2 * math.log2(last / first)) + 1
    return [first * 2 ** (i / 2) for i in range(n)]


def white(seed: int, n: int, channels: int | None = None) -> Floats:
    """Return white noise of variance 1."""
    return np.random.default_rng([seed, n]).standard_normal(
        n if channels is None else (n, channels)
    )


def tone(length: int, cycles: float = 0.2) -> Floats:
    """Return a tone of amplitude 1; `cycles` is its frequency in cycles a row."""
    return np.asarray(np.sin(2 * np.pi * cycles * np.arange(length) + 0.7))


def hidden(seeds: int) -> list[Figure]:
    """Compare the p-value of all frame lengths with that of the one that fits the event.

    The tone is as loud as makes the single frame length say p < 1e-4. Twenty base scores and a
    factor of 10 allow a ratio of 200.
    """
    figures = []
    for nperseg in (32, 64, 128, 256):
        ratios = []
        for seed in range(seeds):
            for amplitude in geometric(0.5, 8):
                x = white(seed, 6000)
                x[3000 : 3000 + nperseg] += amplitude * tone(nperseg)
                rows = (3000, 3000 + nperseg - 1)
                alone = found(spectra.detect(x, **of_one_length(nperseg)), rows)
                if alone.p < 1e-4:
                    break
            ratios.append(found(spectra.detect(x), rows).p / alone.p)
        name = f"tone of {nperseg} rows: p of all / p of frames of {nperseg} rows"
        figures.append(at_most(name, float(np.median(ratios)), 200))
    hits, hits_alone, n = 0, 0, 0
    for seed in range(seeds):
        x, places, _ = beats(np.random.default_rng(seed), 300, 0.1)
        normal, _, _ = beats(np.random.default_rng(seed + 999), 300, 0.0)
        for own, arguments in ((False, {}), (True, of_one_length(64))):
            result = spectra.detect(x, normal=normal, **arguments)
            alarm = result.scores["alarm"].to_numpy() == 1
            count = sum(alarm[at - 10 : at + 10].any() for at in places)
            hits, hits_alone = hits + count * (not own), hits_alone + count * own
        n += len(places)
    share_alone = hits_alone / n
    figures.append(
        at_least("odd beats, normal ones learned, 64 rows alone: recall", share_alone, 0.9)
    )
    figures.append(at_least("  all frame lengths: recall", hits / n, 0.9))
    return figures


def beats(rng: np.random.Generator, count: int, odd: float) -> tuple[Floats, list[int], list[int]]:
    """Return beats of jittering period (about 80 rows), and the rows of the odd and other ones.

    A beat is a narrow peak and a broad one after it; an odd beat, which never comes first, has a
    wide peak of the same height.
    """
    at = 60 + np.cumsum(np.round(80 * (1 + 0.06 * rng.standard_normal(count)))).astype(np.int64)
    is_odd = rng.random(count) < odd
    is_odd[0] = False
    t = np.arange(at[-1] + 100)
    x = 0.05 * rng.standard_normal(t.size)
    for center, wide in zip(at, is_odd, strict=True):
        rows = slice(center - 40, center + 40)
        own = t[rows] - center
        x[rows] += np.exp(-0.5 * (own / (7 if wide else 2.5)) ** 2)
        x[rows] += (-0.3 if wide else 0.25) * np.exp(-0.5 * ((own - 22) / 6) ** 2)
    return x, at[is_odd].tolist(), at[~is_odd].tolist()


def silenced(seeds: int) -> list[Figure]:
    """Compare p-values with and without one disturbance elsewhere."""

    def burst(seed: int) -> Floats:
        x = white(seed, 6000)
        x[4000:4200] += 1.5 * tone(200)
        return x

    def glitch(x: Floats, size: float) -> None:
        x[1000] += size

    def dead(x: Floats, length: float) -> None:
        x[1000 : 1000 + int(length)] = 0.0

    figures = []
    cases: list[tuple[str, Callable[[Floats, float], None], float]] = [
        *((f"one row + {size:g} σ", glitch, size) for size in (10.0, 1e3, 1e6, 1e12)),
        *((f"{length} rows of 0", dead, float(length)) for length in (128, 600)),
    ]
    for name, disturb, size in cases:
        outcomes, ratios, elsewhere = [], [], []
        for seed in range(seeds):
            clean, x = burst(seed), burst(seed)
            disturb(x, size)
            results = spectra.detect(clean), spectra.detect(x)
            before, after = (found(one, (4000, 4199)) for one in results)
            outcomes.append(after)
            ratios.append(after.p / before.p)
            p = [np.clip(one.scores["p_value"].to_numpy(), SMALLEST_P, 1) for one in results]
            far = (np.abs(np.arange(6000) - 1000) > 1200) & (p[0] < 0.05)
            elsewhere.append(float(np.nanmedian(np.abs(np.log(p[1][far] / p[0][far])))))
        figures.append(share(f"{name}: the tone burst far from it", outcomes))
        figures.append(at_most("  its p, over that without", float(np.median(ratios)), 3))
        change = math.exp(float(np.median(elsewhere)))
        figures.append(at_most("  factor of p on rows with p < 0.05, elsewhere", change, 3))
    return figures


def directions(seeds: int) -> list[Figure]:
    """Compare the size in dB at which an event and its opposite are found."""
    n, rows = 6000, (3000, 3255)
    event = slice(rows[0], rows[1] + 1)

    def gain(sign: int) -> Callable[[float, int], bool]:
        def is_found(decibel: float, seed: int) -> bool:
            x = white(seed, n)
            x[event] *= 10 ** (sign * decibel / 20)
            return found(spectra.detect(x), rows).alarm

        return is_found

    def tone_gain(sign: int) -> Callable[[float, int], bool]:
        def is_found(decibel: float, seed: int) -> bool:
            size = np.ones(n)
            size[event] = 10 ** (sign * decibel / 20)
            x = white(seed, n) + size * tone(n, 0.11)
            return found(spectra.detect(x), rows).alarm

        return is_found

    figures = []
    # Beyond 40 dB there is nothing left that could fall.
    sizes = geometric(1, 40)
    for name, of in (("noise, 256 rows", gain), ("a tone in noise, 256 rows", tone_gain)):
        up, down = needed(of(1), sizes, seeds), needed(of(-1), sizes, seeds)
        figures.append(at_most(f"{name}: dB needed louder", up, 12, " dB"))
        figures.append(at_most("  dB needed quieter, over that", down / up, 2))
    figures += [
        share(name, [found(spectra.detect(make(seed)), rows) for seed in range(seeds)])
        for name, make in CHANGES.items()
    ]
    for name, memory in (("a random walk", 1.0), ("mean-reverting noise", 0.95)):
        results = (spectra.detect(_stuck(seed, memory)) for seed in range(seeds))
        outcomes = [found(result, (3000, 3063)) for result in results]
        figures.append(share(f"{name}, stuck for 64 rows", outcomes))
    for name, poles, size in COLOURS:
        results = (spectra.detect(_hum(seed, poles, size)) for seed in range(seeds))
        outcomes = [found(result, (10_000, 10_999)) for result in results]
        figures.append(share(f"{name}, a tone 26 dB above its noise", outcomes))
    return figures


def _changed(event: Callable[[Floats, np.random.Generator], Floats]) -> Callable[[int], Floats]:
    """Return a maker of a noisy sine, of which 256 rows go through `event`."""

    def make(seed: int) -> Floats:
        rng = np.random.default_rng(seed)
        x = tone(6000, 1 / 40) + 0.2 * rng.standard_normal(6000)
        x[3000:3256] = event(x[3000:3256], rng)
        return x

    return make


CHANGES: dict[str, Callable[[int], Floats]] = {
    "a sine loses its tone": _changed(lambda x, rng: 0.2 * rng.standard_normal(x.size)),
    "a second tone": _changed(lambda x, rng: x + 0.4 * tone(x.size, 0.23)),
    "more regular: no noise": _changed(lambda x, rng: tone(3256, 1 / 40)[3000:]),
    "less regular: three times the noise": _changed(
        lambda x, rng: x + 0.57 * rng.standard_normal(x.size)
    ),
    "stuck at its last value": _changed(lambda x, rng: np.full(x.size, x[0])),
    "stuck at its mean": _changed(lambda x, rng: np.zeros(x.size)),
    "white noise falls to a third": lambda seed: _scaled(seed, 1 / 3),
    "white noise falls to 0": lambda seed: _scaled(seed, 0.0),
}


def _stuck(seed: int, memory: float) -> Floats:
    """Return autoregressive noise with a value that is stuck for 64 rows."""
    x = np.asarray(lfilter([1.0], [1.0, -memory], white(seed, 6000)))
    x[3000:3064] = x[3000]
    return x


# Poles of noise of variance 1, and the amplitude of a tone at 0.33 cycles a row that is 26 dB above
# the noise there in frames of 256 rows.
COLOURS = (
    ("mean-reverting noise", [1.0, -0.97], 0.43),
    ("a resonance", [1.0, -1.94 * math.cos(0.5), 0.97**2], 0.19),
)


def _hum(seed: int, poles: list[float], size: float) -> Floats:
    """Return coloured noise with a tone of 1,000 rows."""
    x = np.asarray(lfilter([1.0], poles, white(seed, 20_000)))
    x /= x.std()
    x[10_000:11_000] += size * np.sin(2 * np.pi * 0.33 * np.arange(1000))
    return x


def _scaled(seed: int, factor: float) -> Floats:
    """Return white noise, 256 rows of which are scaled."""
    x = white(seed, 6000)
    x[3000:3256] *= factor
    return x


def ends(seeds: int) -> list[Figure]:
    """Compare the size needed at the first and last rows with that in the middle."""
    n = 6000

    def size(add: Callable[[Floats, float], None], rows: Rows, short: int | None = None) -> float:
        def is_found(height: float, seed: int) -> bool:
            x = white(seed, n if short is None else short)
            add(x, height)
            if short is None:
                return found(spectra.detect(x), rows).alarm
            return found(spectra.score(spectra.learn(white(seed + 999, n)), x), rows).alarm

        return needed(is_found, geometric(1, 2000), seeds)

    def spike(at: int) -> Callable[[Floats, float], None]:
        def add(x: Floats, height: float) -> None:
            x[at] += height

        return add

    def burst(first: int) -> Callable[[Floats, float], None]:
        def add(x: Floats, height: float) -> None:
            x[first : first + 40] += height * tone(40)

        return add

    figures = []
    middle = size(spike(n // 2), (n // 2, n // 2))
    figures.append(at_most("one row in the middle", middle, 16, " σ"))
    for name, at in (("first", 0), ("second", 1), ("last but one", n - 2), ("last", n - 1)):
        figures.append(at_most(f"  {name} row, over that", size(spike(at), (at, at)) / middle, 2))
    middle = size(burst(3000), (3000, 3039))
    figures.append(at_most("a tone of 40 rows in the middle, amplitude", middle, 4, " σ"))
    for name, at in (("at the beginning", 0), ("at the end", n - 40)):
        figures.append(at_most(f"  {name}, over that", size(burst(at), (at, at + 39)) / middle, 2))
    middle = size(spike(200), (200, 200), 400)
    figures.append(at_most("score of 400 rows: the row in the middle", middle, 16, " σ"))
    for name, at in (("first", 0), ("last", 399)):
        ratio = size(spike(at), (at, at), 400) / middle
        figures.append(at_most(f"  its {name} row, over that", ratio, 2))
    return figures


def length(seeds: int) -> list[Figure]:
    """Compare the size an event needs in short and in long recordings."""
    lengths = (240, 2400, 24_000, 240_000)

    def size(n: int, width: int) -> float:
        def is_found(height: float, seed: int) -> bool:
            x, first = white(seed, n), n * 2 // 3
            x[first : first + width] += height * tone(width)
            return found(spectra.detect(x), (first, first + width - 1)).alarm

        return needed(is_found, geometric(1, 64), min(seeds, 8 if n < 100_000 else 3))

    figures = []
    for width in (1, 24):
        sizes = {n: size(n, width) for n in lengths}
        base = sizes[24_000]
        figures.append(at_most(f"{width} row(s): size needed in 24,000 rows", base, 16, " σ"))
        figures += [
            at_most(f"  in {n:,} rows, over that", sizes[n] / base, 1.5)
            for n in lengths
            if n != 24_000
        ]
    for n in lengths:
        width = n // 10
        outcomes = []
        for seed in range(min(seeds, 8 if n < 100_000 else 3)):
            x, first = white(seed, n), n * 2 // 3
            x[first : first + width] += 3 * tone(width)
            outcomes.append(found(spectra.detect(x), (first, first + width - 1)))
        figures.append(share(f"a tone of 3 σ in a tenth of {n:,} rows", outcomes))
    return figures


def channels(seeds: int) -> list[Figure]:
    """Compare one odd channel alone and among others, and count how often it is named."""
    figures, rows = [], (4000, 4199)
    base = 0.0
    for count in (1, 4, 16, 64):
        p, named = [], 0
        for seed in range(seeds):
            x = np.random.default_rng(seed).standard_normal((6000, count))
            x[4000:4200, 0] += 0.9 * tone(200)
            result = spectra.detect(x)
            p.append(math.log(found(result, rows).p))
            named += _names(result, rows)
        if count == 1:
            base = float(np.median(p))
            continue
        ratio = math.exp(float(np.median(p)) - base)
        figures.append(
            at_most(f"one of {count} channels: its p, over that alone", ratio, 3 * count)
        )
        figures.append(at_least("  named, of those found", _share_named(seeds, count), 0.95))
    outcomes, alone, share_normal = [], [], []
    for seed in range(seeds):
        x, event = _telemetry(seed)
        labels = np.zeros(len(x), dtype=np.int64)
        labels[event[0] : event[1] + 1] = 1
        result = spectra.detect(x, normal_rows=(0, 2000))
        alone.append(found(spectra.detect(x[:, 0], normal_rows=(0, 2000)), event))
        outcomes.append(found(result, event))
        share_normal.append(metrics.false_alarm_share(labels, result.scores["alarm"].to_numpy()))
    figures.append(share("telemetry alone", alone))
    figures.append(share("  beside 24 on/off command channels", outcomes))
    figures.append(at_most("  normal rows in alarm", float(np.mean(share_normal)), 0.03))
    steps, dead, dead_named = [], [], 0
    for seed in range(seeds):
        x = np.random.default_rng(seed).standard_normal((240, 3))
        x[160:, 1] += 50
        steps.append(found(spectra.detect(x), (155, 239)))
        x = np.random.default_rng(seed).standard_normal((6000, 4))
        x[4000:4400, 2] = 0.0
        result = spectra.detect(x)
        dead.append(found(result, (4000, 4399)))
        dead_named += _names(result, (4000, 4399), 2)
    figures.append(share("a step of 50 σ in 1 of 3 channels of 240 rows", steps))
    figures.append(share("a channel dead for 400 rows beside live ones", dead))
    hits = sum(one.alarm for one in dead)
    figures.append(at_least("  named, of those found", dead_named / max(hits, 1), 0.95))
    return figures


def _names(result: Any, rows: Rows, channel: int = 0) -> bool:
    """Return whether the strongest alarm that touches the rows names a channel."""
    alarms = result.alarms
    own = alarms[(alarms["start"] <= rows[1]) & (alarms["end"] >= rows[0])]
    if own.empty:
        return False
    name = own.loc[own["score"].idxmax(), "channel"]
    return bool(name == result.recording.channels[channel])


def _share_named(seeds: int, count: int) -> float:
    """Return how often a plainly odd channel is named where it is found."""
    named = hits = 0
    for seed in range(seeds):
        x = np.random.default_rng(seed).standard_normal((6000, count))
        x[4000:4200, count // 2] += 2 * tone(200)
        result = spectra.detect(x)
        hits += found(result, (4000, 4199)).alarm
        named += _names(result, (4000, 4199), count // 2)
    return named / max(hits, 1)


def _telemetry(seed: int) -> tuple[Floats, Rows]:
    """Return a slow telemetry value beside 24 on/off commands, with one odd stretch."""
    rng = np.random.default_rng(seed)
    n = 8000
    value = tone(n, 1 / 150) + 0.1 * rng.standard_normal(n)
    value[6000:6200] += 0.6 * tone(200, 0.1)
    rates = 10 ** rng.uniform(-4, -1.5, 24)
    commands = (rng.random((n, 24)) < rates).astype(np.float64)
    # Half of the commands stay on for a while.
    held = np.cumsum(commands[:, :12], axis=0) % 2
    return np.column_stack([value, held, commands[:, 12:]]), (6000, 6199)


def rhythms(seeds: int) -> list[Figure]:
    """Count cycles, days and weeks out of rhythm that are found with the defaults."""
    figures = []
    for period in (8, 24, 96, 288, 1000):
        for kind in ("missing", "doubled", "flat", "shifted"):
            outcomes = [found(*_odd_cycle(seed, period, 40, kind)) for seed in range(seeds)]
            figures.append(share(f"period {period}, 40 cycles: {kind}", outcomes, 0.9))
    outcomes = [found(*_odd_cycle(seed, 500, 8, "flat")) for seed in range(seeds)]
    figures.append(share("period 500, 8 cycles: flat", outcomes, 0.9))
    for kind in BURSTS:
        outcomes = [found(*_odd_burst(seed, kind)) for seed in range(seeds)]
        figures.append(share(f"bursts of noise, one {kind}", outcomes, 0.9))
    for name, make in CALENDARS.items():
        outcomes = []
        for seed in range(seeds):
            x, rows = make(np.random.default_rng(seed))
            outcomes.append(found(spectra.detect(x), rows))
        figures.append(share(name, outcomes, 0.9))
    jobs = alarmed = 0
    for seed in range(seeds):
        x, starts = _daily_job(np.random.default_rng(seed))
        alarm = spectra.detect(x, normal_rows=(0, 14 * 288)).scores["alarm"].to_numpy() == 1
        jobs += len(starts)
        alarmed += sum(alarm[at : at + 6].any() for at in starts)
    figures.append(
        at_most("the job at 06:00, in normal rows too: share in alarm", alarmed / jobs, 0.02)
    )
    return figures


def _odd_cycle(seed: int, period: int, n_cycles: int, kind: str) -> tuple[Any, Rows]:
    """Return what is found of a recording with one odd cycle, and the rows of that cycle."""
    rng = np.random.default_rng([seed, period])
    phase = np.arange(period) / period
    cycle = np.sin(2 * np.pi * phase) + 0.5 * np.sin(4 * np.pi * phase + 1)
    odd = {
        "missing": np.full(period, cycle.min()),
        "doubled": np.concatenate([cycle[::2], cycle[1::2]])[:period],
        "flat": np.full(period, cycle.mean()),
        "shifted": np.roll(cycle, period // 4),
    }[kind]
    cycles = np.tile(cycle, (n_cycles, 1))
    at = int(rng.integers(n_cycles // 2, n_cycles - 1))
    cycles[at] = odd
    x = cycles.ravel() + 0.1 * rng.standard_normal(n_cycles * period)
    return spectra.detect(x), (at * period, (at + 1) * period - 1)


# First row and length of the bursts of an odd cycle of 300 rows, in which one of 60 rows begins at
# row 60.
BURSTS: dict[str, list[tuple[int, int]]] = {
    "missing": [],
    "doubled": [(60, 60), (180, 60)],
    "late": [(135, 60)],
    "twice as long": [(60, 120)],
    "half as long": [(60, 30)],
}


def _odd_burst(seed: int, kind: str) -> tuple[Any, Rows]:
    """Return what is found of 40 cycles of noise with a burst, one of them odd, and its rows."""
    rng = np.random.default_rng([seed, 300])
    sizes = np.ones((40, 300))
    sizes[:, 60:120] = 5
    at = int(rng.integers(20, 39))
    sizes[at] = 1
    for first, length in BURSTS[kind]:
        sizes[at, first : first + length] = 5
    x = sizes.ravel() * rng.standard_normal(sizes.size)
    return spectra.detect(x), (at * 300, (at + 1) * 300 - 1)


def _flat_day(rng: np.random.Generator) -> tuple[Floats, Rows]:
    """Return 14 days of 288 rows, on from 8 to 18 o'clock, one of them off throughout."""
    hour = np.arange(288) / 12
    days = np.tile(((hour >= 8) & (hour < 18)).astype(np.float64), (14, 1))
    days[9] = 0
    return days.ravel() + 0.05 * rng.standard_normal(14 * 288), (9 * 288, 10 * 288 - 1)


def _monday(rng: np.random.Generator) -> tuple[Floats, Rows]:
    """Return 10 weeks by the hour, on on working days, one Monday like a Sunday."""
    hour = np.arange(24)
    work = ((hour >= 7) & (hour < 19)).astype(np.float64)
    week = np.array([work] * 5 + [np.zeros(24)] * 2)
    days = np.tile(week, (10, 1))
    days[42] = 0
    return days.ravel() + 0.05 * rng.standard_normal(days.size), (42 * 24, 43 * 24 - 1)


def _dead_days(rng: np.random.Generator) -> tuple[Floats, Rows]:
    """Return a year by the hour with a daily rhythm, three days of it dead."""
    x = np.tile(1 + np.sin(2 * np.pi * np.arange(24) / 24), 365) + 0.2 * rng.standard_normal(8760)
    x[200 * 24 : 203 * 24] = 0
    return x, (200 * 24, 203 * 24 - 1)


def _shifted_day(rng: np.random.Generator) -> tuple[Floats, Rows]:
    """Return 28 days by five minutes, one of them three hours late."""
    hour = np.arange(288) / 12
    day = np.exp(-(((hour - 12) / 3) ** 2))
    days = np.tile(day, (28, 1))
    days[19] = np.roll(day, 36)
    return days.ravel() + 0.05 * rng.standard_normal(days.size), (19 * 288, 20 * 288 - 1)


CALENDARS: dict[str, Callable[[np.random.Generator], tuple[Floats, Rows]]] = {
    "a flat day among 13 square ones": _flat_day,
    "a Monday like a Sunday, 10 weeks by the hour": _monday,
    "three dead days in a year by the hour": _dead_days,
    "a day three hours late among 27": _shifted_day,
}


def _daily_job(rng: np.random.Generator) -> tuple[Floats, list[int]]:
    """Return 28 days by five minutes with a job at 06:00, and the jobs of the second half."""
    hour = np.arange(288) / 12
    day = 1 + 0.5 * np.sin(2 * np.pi * (hour - 9) / 24)
    day[72:78] += 2
    x = np.tile(day, 28) + 0.1 * rng.standard_normal(28 * 288)
    return x, [at * 288 + 72 for at in range(14, 28)]


def order(seeds: int) -> list[Figure]:
    """Measure frames out of order with the defaults, and alarms where there is only repetition."""
    areas = []
    for seed in range(seeds):
        recording = order_anomalies(np.random.default_rng(seed))
        assert recording.labels is not None
        scores = metrics.without_gaps(spectra.detect(recording).scores["anomaly_score"].to_numpy())
        buffer = metrics.vus_buffer(recording.values[:, 0])
        areas.append(metrics.vus_pr(recording.labels, scores, buffer))
    figures = [at_least("phases out of order, default: VUS-PR", float(np.mean(areas)), 0.85)]
    for method in ("spectral", "sequence"):
        for name, signals in (("exact repeats", repeats()), ("slow square waves", squares())):
            count = sum(len(spectra.detect(x, method=method).alarms) for x in signals)
            figures.append(at_most(f"{name}, {method}: alarms in {len(signals)}", count, 0))
    return figures


def repeats() -> list[Floats]:
    """Return signals that repeat exactly: random cycles, sines and saws."""
    rng = np.random.default_rng(0)
    t = np.arange(20_000)
    cycles = (rng.standard_normal(period) for period in (7, 50, 60, 250, 333, 500))
    return [
        *(np.resize(cycle, t.size) for cycle in cycles),
        *(np.sin(2 * np.pi * t / period) for period in (7, 33.3, 40, 48, 50, 300)),
        *(t % period / period for period in (50, 333)),
    ]


def squares() -> list[Floats]:
    """Return square waves of slow periods."""
    return [(np.arange(10_000) // half % 2).astype(np.float64) for half in (100, 500, 1250)]


PROPERTIES: dict[str, Callable[[int], list[Figure]]] = {
    "hidden": hidden,
    "silenced": silenced,
    "directions": directions,
    "ends": ends,
    "length": length,
    "channels": channels,
    "rhythms": rhythms,
    "order": order,
}


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--only", nargs="+", choices=list(PROPERTIES), default=list(PROPERTIES))
    return parser.parse_args()


def main() -> None:
    given = arguments()
    print(f"{machine.described()}; {given.seeds} seeds\n")
    met = total = 0
    for name in given.only:
        begin = time.perf_counter()
        figures = PROPERTIES[name](given.seeds)
        own = sum(figure.met for figure in figures)
        seconds = time.perf_counter() - begin
        print(f"{name}: {own} of {len(figures)} as demanded ({seconds:.0f} s)")
        for one in figures:
            mark = " " if one.met else "×"
            print(f"  {mark} {one.name:58} {one.demanded:>14}   {one.measured}")
        print(flush=True)
        met, total = met + own, total + len(figures)
    print(f"{met} of {total} figures as demanded")


if __name__ == "__main__":
    main()
