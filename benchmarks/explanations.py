"""Faults of known kind, channel and band, and how many explanations name them.

Each fault lies in one of five families of signals with a random sampling rate, number of channels,
scale and offset: harmonics of a machine in coloured noise, resonances of noise, cycles of pulses, a
metric with days and weeks, and a slow process. The size, length and place of each fault are drawn
too. An explanation is that of the alarm with the smallest p-value among those that overlap the
fault; faults without an alarm are counted apart and drawn anew.

Printed: the share of explanations whose first channel is the faulty one, whose first band overlaps
the true one (of the faults that have a band: tones and bursts), and whose kind is right, with the
confusion table. Then bearing recordings made from geometry: the share in which the right defect is
named, and of healthy ones in which none is.
"""

import sys
from collections import Counter
from dataclasses import dataclass

import numpy as np

from spectra.datasets import Recording
from spectra.detection import Detection
from spectra.explanation.bearings import Bearing
from spectra.explanation.envelope import envelope_of
from spectra.pipeline import detect

KINDS = (
    "level",
    "drift",
    "burst",
    "dropout",
    "new tone",
    "lost tone",
    "changed shape",
    "order",
    "coupling lost",
)
N_FAULTS = 200
# Chance alarms are rare at it: an alarm that overlaps a fault is one of the fault.
ALPHA = 1e-4
N_ROWS = (8_000, 16_000)


@dataclass(frozen=True)
class Fault:
    """A recording with one fault.

    `rows` are its first and last, `band` its lowest and highest frequency in cycles per row.
    """

    kind: str
    recording: Recording
    channel: int
    rows: tuple[int, int]
    band: tuple[float, float] | None


def machine(rng: np.random.Generator, n: int) -> np.ndarray:
    """Harmonics of a shaft with random amplitudes, and noise whose power falls with frequency."""
    f0 = rng.uniform(0.01, 0.05)
    orders = np.arange(1, rng.integers(3, 7))
    sizes = rng.uniform(0.3, 1.0, orders.size) / orders**0.5
    phases = rng.uniform(0, 2 * np.pi, orders.size)
    drift = 2 * np.pi * f0 * np.arange(n) + 0.02 * np.cumsum(rng.standard_normal(n))
    waves = sizes[:, None] * np.sin(orders[:, None] * drift + phases[:, None])
    return waves.sum(axis=0) + coloured(rng, n, -0.5) * rng.uniform(0.2, 0.5)


def resonances(rng: np.random.Generator, n: int) -> np.ndarray:
    """Noise through two resonances, and white noise."""
    from scipy.signal import lfilter

    total = 0.3 * rng.standard_normal(n)
    for _ in range(2):
        f, r = rng.uniform(0.03, 0.4), rng.uniform(0.9, 0.98)
        part = lfilter([1.0], [1, -2 * r * np.cos(2 * np.pi * f), r * r], rng.standard_normal(n))
        total += part / part.std()
    return total


def cycles(rng: np.random.Generator, n: int, odd: tuple[int, int] | None = None) -> np.ndarray:
    """Pulses of three parts, with a period that varies by 2 %; those in `odd` have another form."""
    period = rng.uniform(60, 140)
    centres = np.cumsum(rng.normal(period, 0.02 * period, int(n / period) + 3))
    places, widths = rng.uniform(-0.25, 0.25, 3), rng.uniform(0.02, 0.08, 3)
    heights = rng.choice([-1, 1], 3) * rng.uniform(0.4, 1.5, 3)
    other = (places + rng.choice([-1, 1], 3) * 0.15, widths * 2.5, -heights[::-1])
    rows, total = np.arange(n), rng.normal(0, 0.05, n)
    for centre in centres:
        of_odd = odd is not None and odd[0] <= centre <= odd[1]
        for place, width, height in zip(
            *(other if of_odd else (places, widths, heights)), strict=True
        ):
            total += height * np.exp(
                -0.5 * ((rows - centre - place * period) / (width * period)) ** 2
            )
    return total


def metric(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return days of 288 rows with two harmonics, a weekend, and correlated noise."""
    day = 2 * np.pi * np.arange(n) / 288
    weekend = (np.arange(n) // 288 + rng.integers(7)) % 7 >= 5
    shape = np.sin(day + rng.uniform(0, 6)) + 0.4 * np.sin(2 * day + rng.uniform(0, 6))
    return shape * np.where(weekend, 0.7, 1.0) + 0.2 * coloured(rng, n, -0.4)


def slow(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return a slow process that returns to its mean, and the noise of its sensor."""
    from scipy.signal import lfilter

    a = rng.uniform(0.8, 0.95)
    return lfilter(
        [np.sqrt(1 - a * a)], [1, -a], rng.standard_normal(n)
    ) + 0.3 * rng.standard_normal(n)


def coloured(rng: np.random.Generator, n: int, slope: float) -> np.ndarray:
    """Noise of variance 1 whose amplitude goes with frequency to the power `slope`."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    spectrum[1:] *= np.fft.rfftfreq(n)[1:] ** slope
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum, n)
    return noise / noise.std()


FAMILIES = (machine, resonances, cycles, metric, slow)


def band_noise(rng: np.random.Generator, n: int, low: float, high: float) -> np.ndarray:
    """Noise of variance 1 between two frequencies in cycles per row."""
    padded = max(4 * n, 512)
    spectrum = np.fft.rfft(rng.standard_normal(padded))
    frequencies = np.fft.rfftfreq(padded)
    spectrum[(frequencies < low) | (frequencies > high)] = 0
    noise = np.fft.irfft(spectrum, padded)[:n]
    return noise / noise.std()


def drawn(rng: np.random.Generator, kind: str) -> Fault:
    """Return a recording with a fault of a kind."""
    n = int(rng.integers(*N_ROWS))
    n_channels = int(rng.integers(3, 6)) if kind == "coupling lost" else int(rng.integers(1, 5))
    if kind == "order":
        n_channels = 1
    channel = int(rng.integers(n_channels))
    if kind == "coupling lost":
        values, rows = decoupled(rng, n, n_channels, channel)
        band = None
    elif kind == "order":
        values, rows = swapped(rng, n)
        band = None
    else:
        values, rows, band = single(rng, kind, n, n_channels, channel)
    scale, offset = 10 ** rng.uniform(-2, 3, n_channels), rng.normal(0, 100, n_channels)
    fs = float(rng.choice([1 / 300, 1.0, 100.0, 1000.0, 12_000.0]))
    names = [f"sensor {i + 1}" for i in range(n_channels)]
    recording = Recording.from_array(values * scale + offset, fs, names, kind)
    return Fault(kind, recording, channel, rows, band)


def single(
    rng: np.random.Generator, kind: str, n: int, n_channels: int, channel: int
) -> tuple[np.ndarray, tuple[int, int], tuple[float, float] | None]:
    """Independent channels, one of which has a fault."""
    columns = [FAMILIES[rng.integers(5)](rng, n) for _ in range(n_channels)]
    length = int(rng.integers(*LENGTHS[kind]))
    first = int(rng.integers(n // 3, n - length - 200))
    rows = (first, first + length - 1)
    place = slice(first, first + length)
    band = None
    if kind == "changed shape":
        columns[channel] = cycles(rng, n, rows)
        return np.column_stack(columns), rows, None
    x = columns[channel]
    size = x.std()
    if kind == "level":
        x[place] += rng.choice([-1, 1]) * rng.uniform(2.5, 6) * size
    elif kind == "drift":
        x[place] += rng.choice([-1, 1]) * rng.uniform(4, 9) * size * np.linspace(0, 1, length)
    elif kind == "burst":
        width = rng.uniform(0.08, 0.25)
        low = rng.uniform(0.01, 0.48 - width)
        band = (low, low + width)
        x[place] += rng.uniform(2, 5) * size * band_noise(rng, length, *band)
    elif kind == "dropout":
        how = rng.integers(3)
        still = (x[first], x.mean(), x.mean() + 0.02 * (x[place] - x.mean()))[how]
        x[place] = still
    elif kind == "new tone":
        f = rng.uniform(0.02, 0.47)
        band = (f, f)
        x[place] += rng.uniform(1.2, 3) * size * np.sin(2 * np.pi * f * np.arange(length))
    elif kind == "lost tone":
        f = rng.uniform(0.02, 0.47)
        band = (f, f)
        tone = rng.uniform(1, 2) * size * np.sin(2 * np.pi * f * np.arange(n) + rng.uniform(0, 6))
        tone[place] = 0
        x += tone
    return np.column_stack(columns), rows, band


# Fewest and most rows of a fault.
LENGTHS = {
    "level": (100, 900),
    "drift": (300, 1500),
    "burst": (20, 400),
    "dropout": (80, 800),
    "new tone": (100, 1200),
    "lost tone": (200, 1200),
    "changed shape": (100, 400),
}


def decoupled(
    rng: np.random.Generator, n: int, n_channels: int, channel: int
) -> tuple[np.ndarray, tuple[int, int]]:
    """Channels that follow one cause, delayed; one follows another of the same kind for a while."""
    seed = int(rng.integers(2**32))
    family = (resonances, slow)[rng.integers(2)]
    cause = family(np.random.default_rng(seed), n + 20)
    other = family(np.random.default_rng(seed), n + 20)[::-1]
    length = int(rng.integers(300, 900))
    first = int(rng.integers(n // 3, n - length - 200))
    columns = []
    for one in range(n_channels):
        delay = int(rng.integers(0, 8))
        x = cause[delay : delay + n].copy()
        if one == channel:
            x[first : first + length] = other[delay + first : delay + first + length]
        columns.append(rng.uniform(0.5, 3) * x + 0.1 * rng.standard_normal(n))
    return np.column_stack(columns), (first, first + length - 1)


def swapped(rng: np.random.Generator, n: int) -> tuple[np.ndarray, tuple[int, int]]:
    """Return a cycle of different phases, two of which are swapped once."""
    length, rest = int(rng.integers(50, 70)), int(rng.integers(36, 48))
    kinds = int(rng.integers(5, 8))
    cycles_of = rng.permutation(np.linspace(4, 22, kinds))
    t = np.arange(length) / length
    taper = np.sin(np.pi * t) ** 2
    phases = [taper * np.sin(2 * np.pi * c * t) for c in cycles_of]
    count = n // (length + rest)
    order = np.arange(count) % kinds
    at = int(rng.integers(count // 2, count - 3))
    order[[at, at + 1]] = order[[at + 1, at]]
    signal = np.concatenate([np.r_[phases[k], np.zeros(rest)] for k in order])
    signal = signal + 0.08 * rng.standard_normal(signal.size)
    first = at * (length + rest)
    return signal[:, None], (first, first + 2 * (length + rest) - 1)


def alarm_of(fault: Fault, found: Detection) -> int | None:
    """Number of the alarm with the smallest p-value that overlaps the fault, None for none."""
    alarms = found.intervals
    over = (alarms.first <= fault.rows[1]) & (alarms.last >= fault.rows[0])
    if not over.any():
        return None
    scores = np.where(over, found.alarms["score"].to_numpy(), -np.inf)
    return int(scores.argmax()) + 1


def faults(first_seed: int) -> None:
    """Print the shares of explanations that name channel, band and kind."""
    confusion: Counter[tuple[str, str]] = Counter()
    channels, bands, missed, seed = [], [], Counter[str](), first_seed
    for number in range(N_FAULTS):
        kind = KINDS[number % len(KINDS)]
        while True:
            seed += 1
            fault = drawn(np.random.default_rng(seed), kind)
            method = "sequence" if kind == "order" else "spectral"
            found = detect(fault.recording, method=method, alpha=ALPHA)
            alarm = alarm_of(fault, found)
            if alarm is not None:
                break
            missed[kind] += 1
        explained = found.explain(alarm)
        confusion[kind, explained.kind] += 1
        name = fault.recording.channels[fault.channel]
        channels.append(explained.channels[0].channel == name)
        if fault.band is not None:
            fs = fault.recording.fs or 1.0
            low, high = (each * fs for each in fault.band)
            bands.append(
                any(one.f_low <= high and one.f_high >= low for one in explained.bands[:1])
            )
        if VERBOSE and (
            explained.kind != kind or not channels[-1] or (fault.band and not bands[-1])
        ):
            print(seed, kind, fault.rows, fault.channel, fault.band, "\n", explained, flush=True)
    print(f"{N_FAULTS} faults with an alarm; without one: {dict(missed)}")
    print(f"channel right {np.mean(channels):.1%}")
    print(f"band overlaps {np.mean(bands):.1%} of {len(bands)}")
    right = sum(confusion[kind, kind] for kind in KINDS) / N_FAULTS
    print(f"kind right {right:.1%}")
    width = max(map(len, KINDS)) + 2
    print(" " * width + "".join(f"{kind:>{width}}" for kind in KINDS))
    for kind in KINDS:
        cells = "".join(f"{confusion[kind, named] or '·':>{width}}" for named in KINDS)
        print(f"{kind:{width}}{cells}")


VERBOSE = "-v" in sys.argv
DEFECTS = ("BPFO", "BPFI", "BSF", "FTF", "healthy")
N_BEARINGS = 250


def vibration(
    rng: np.random.Generator, defect: str, bearing: Bearing, rpm: float, fs: float, n: int
) -> np.ndarray:
    """Vibration of a bearing with a defect, or without one.

    Strikes come at the rate of the defect, each interval with a deviation of 0.5 to 1.5 %, and
    ring two resonances. Those of the inner race are loudest once a revolution, in the load zone;
    a ball strikes both races in a turn, with unequal strength, loudest once a turn of the cage; a
    broken cage hits once a turn. Unbalance, misalignment, gear teeth and coloured noise are always
    there.
    """
    shaft, t = rpm / 60, np.arange(n) / fs
    x = sum(
        rng.uniform(0.1, 1) / k * np.sin(2 * np.pi * k * shaft * t + rng.uniform(0, 6))
        for k in (1, 2, 3)
    )
    teeth = int(rng.integers(17, 41))
    mesh = 1 + 0.3 * np.sin(2 * np.pi * shaft * t)
    x = x + rng.uniform(0.05, 0.3) * mesh * np.sin(2 * np.pi * teeth * shaft * t)
    noise = 0.5 * coloured(rng, n, -0.3) + 0.5 * rng.standard_normal(n)
    if defect == "healthy":
        return x + noise
    rate = bearing.frequencies(rpm)[defect] * (2 if defect == "BSF" else 1)
    slip = rng.uniform(0.005, 0.015)
    count = int(n / fs * rate) + 2
    at = np.cumsum(rng.normal(1, slip, count)) * fs / rate
    force = rng.uniform(0.8, 1.2, count)
    if defect == "BSF":
        force[::2] *= rng.uniform(0.5, 1)
    load = {"BPFI": shaft, "BSF": bearing.frequencies(rpm)["FTF"]}.get(defect)
    if load is not None:
        force *= 1 + 0.8 * np.cos(2 * np.pi * load * at / fs)
    rows = np.rint(at).astype(int)
    train = np.zeros(n)
    np.add.at(train, rows[rows < n], force[rows < n])
    for _ in range(2):
        f, damping = rng.uniform(0.1, 0.4) * fs, rng.uniform(0.02, 0.08)
        rings = np.arange(int(0.01 * fs)) / fs
        ring = np.exp(-2 * np.pi * damping * f * rings) * np.sin(2 * np.pi * f * rings)
        x = x + rng.uniform(1.0, 3.0) * np.convolve(train, ring)[:n]
    return x + noise


def bearings(first_seed: int) -> None:
    """Print the shares of bearing recordings whose defect is named, and of healthy ones."""
    confusion: Counter[tuple[str, str]] = Counter()
    for number in range(N_BEARINGS):
        rng = np.random.default_rng([first_seed, number])
        defect = DEFECTS[number % len(DEFECTS)]
        pitch = rng.uniform(25, 80)
        ratio, angle = rng.uniform(0.14, 0.28), float(rng.choice([0, 0, 15, 25]))
        bearing = Bearing(int(rng.integers(7, 17)), ratio * pitch, pitch, angle)
        rpm, fs = rng.uniform(900, 3600), float(rng.choice([12_000, 25_600, 48_000]))
        n = int(rng.uniform(2, 5) * fs)
        x = vibration(rng, defect, bearing, rpm, fs, n)
        # The speed is read from a tachometer, to half a percent.
        found = envelope_of(x, fs, bearing, rpm * rng.uniform(0.995, 1.005)).defect
        confusion[defect, "healthy" if found is None else found.name] += 1
    each = N_BEARINGS // len(DEFECTS)
    faulty = sum(confusion[defect, defect] for defect in DEFECTS[:4])
    print(f"\n{N_BEARINGS} bearings, {each} of each kind")
    print(f"defect right {faulty / (4 * each):.1%}")
    print(f"none named in {confusion['healthy', 'healthy'] / each:.1%} of healthy ones")
    print(" " * 9 + "".join(f"{defect:>9}" for defect in DEFECTS))
    for defect in DEFECTS:
        cells = "".join(f"{confusion[defect, named] or '·':>9}" for named in DEFECTS)
        print(f"{defect:9}{cells}")


def main() -> None:
    """Print the figures of faults and of bearings."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    faults(seed)
    bearings(seed)


if __name__ == "__main__":
    main()
