"""Blocks that come in the wrong order: VUS-PR with nothing set, and with `method="sequence"`.

    python benchmarks/order.py [--seeds 2] [--rows 20000]

A recording is a cycle of 3, 5 or 8 kinds of blocks of 16, 32, 64 or 128 rows, in five families:

tones     tone bursts between rests (`spectra.datasets.generators.order_anomalies`)
shapes    smooth waveforms that begin and end at zero, exactly alike but for noise
textures  noise of another colour for each kind, so that no two blocks are alike
states    levels with noise, as of a machine that goes through its programme
jitter    shapes whose blocks last up to a tenth longer or shorter

In the second half, six times and at least a cycle apart, two blocks swap places, one is skipped,
one comes twice, or two together come twice; the labels cover the blocks that are out of order. Each
block by itself is normal. Printed are mean VUS-PR by family and length of the block, and by number
of kinds, for both settings, beside the share of labelled rows, which meaningless scores have. Then
alarms on signals without any anomaly: exact repeats and slow square waves.
"""

import argparse
from collections.abc import Callable

import machine
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from properties import repeats, squares
from scipy.signal import lfilter

from spectra import detect, metrics
from spectra.datasets import Recording
from spectra.datasets.generators import order_anomalies

Floats = NDArray[np.float64]
LENGTHS, KINDS = (16, 32, 64, 128), (3, 5, 8)
METHODS: dict[str, dict[str, str]] = {"nothing set": {}, "sequence": {"method": "sequence"}}
N_ANOMALIES = 6
NOISE_STD = 0.1
# How far on in the cycle each block of an anomaly is from the one before it, and which of them
# are out of order: a swap, a skip, a repetition, two blocks that come twice.
PATTERNS = (
    ((2, -1, 2), (True, True, False)),
    ((2,), (True,)),
    ((0,), (True,)),
    ((1, -1, 1), (False, True, True)),
)


def order(
    rng: np.random.Generator, n_kinds: int, n_blocks: int
) -> tuple[NDArray[np.int64], Floats]:
    """Return the kind of each block, (n_blocks,), and which are out of order."""
    steps, odd = np.ones(n_blocks, dtype=np.int64), np.zeros(n_blocks, dtype=np.bool_)
    room = (n_blocks - n_blocks // 2) // N_ANOMALIES
    kinds = rng.permutation(np.arange(N_ANOMALIES) % len(PATTERNS))
    for i, kind in enumerate(kinds.tolist()):
        pattern, out = PATTERNS[kind]
        at = n_blocks // 2 + i * room + int(rng.integers(1, max(2, room - n_kinds - 3)))
        steps[at : at + len(pattern)] = pattern
        odd[at : at + len(pattern)] = out
    return np.cumsum(steps) % n_kinds, odd


def tones(rng: np.random.Generator, n: int, length: int, n_kinds: int) -> Recording:
    """Return a recording of tone bursts, three fifths of each block, between rests."""
    sound = round(0.6 * length)
    cycles = np.linspace(max(0.08, 1.2 / sound), 0.4, n_kinds)
    return order_anomalies(
        rng,
        n_samples=n,
        fs=1.0,
        frequencies=tuple(cycles.tolist()),
        phase_length=sound,
        rest=length - sound,
        n_anomalies=N_ANOMALIES,
        noise_std=NOISE_STD,
    )


def shapes(rng: np.random.Generator, n: int, length: int, n_kinds: int) -> Recording:
    """Return a recording of smooth waveforms."""
    waves = _waves(rng, length, n_kinds)
    return _joined(rng, n, length, n_kinds, lambda kind: waves[kind])


def textures(rng: np.random.Generator, n: int, length: int, n_kinds: int) -> Recording:
    """Return a recording of noise of several colours, by the pole of a resonance."""
    angles = np.linspace(0.3, 2.8, n_kinds)

    def make(kind: int) -> Floats:
        poles = [1.0, -2 * 0.9 * np.cos(angles[kind]), 0.81]
        noise = lfilter([1.0], poles, rng.standard_normal(length + 50))[50:]
        return np.asarray(noise / noise.std())

    return _joined(rng, n, length, n_kinds, make)


def states(rng: np.random.Generator, n: int, length: int, n_kinds: int) -> Recording:
    """Return a recording of levels."""
    levels = rng.permutation(n_kinds) * 1.0
    return _joined(rng, n, length, n_kinds, lambda kind: np.full(length, levels[kind]))


def jitter(rng: np.random.Generator, n: int, length: int, n_kinds: int) -> Recording:
    """Return a recording of smooth waveforms that last up to a tenth longer or shorter."""
    waves = _waves(rng, length, n_kinds)

    def make(kind: int) -> Floats:
        rows = int(rng.integers(round(0.9 * length), round(1.1 * length) + 1))
        return np.interp(np.linspace(0, length - 1, rows), np.arange(length), waves[kind])

    return _joined(rng, n, length, n_kinds, make)


def _waves(rng: np.random.Generator, length: int, n_kinds: int) -> Floats:
    """Return waveforms of the first five sine waves of a block, of one energy."""
    phase = np.pi * (np.arange(length) + 0.5) / length
    basis = np.sin(np.outer(np.arange(1, 6), phase))
    waves = rng.standard_normal((n_kinds, 5)) @ basis
    return np.asarray(waves / waves.std(axis=1, keepdims=True))


def _joined(
    rng: np.random.Generator, n: int, length: int, n_kinds: int, make: Callable[[int], Floats]
) -> Recording:
    """Return blocks one after the other, with noise, and which rows are out of order."""
    kinds, odd = order(rng, n_kinds, n // length)
    blocks = [make(kind) for kind in kinds.tolist()]
    labels = np.repeat(odd, [block.size for block in blocks]).astype(np.int64)
    values = np.concatenate(blocks)
    values = values + NOISE_STD * rng.standard_normal(values.size)
    return Recording.from_array(values, fs=1.0, labels=labels, name="blocks")


FAMILIES: dict[str, Callable[[np.random.Generator, int, int, int], Recording]] = {
    "tones": tones,
    "shapes": shapes,
    "textures": textures,
    "states": states,
    "jitter": jitter,
}


def area(recording: Recording, method: dict[str, str]) -> float:
    """Return the VUS-PR of one setting."""
    assert recording.labels is not None
    scores = metrics.without_gaps(detect(recording, **method).scores["anomaly_score"].to_numpy())
    return metrics.vus_pr(recording.labels, scores, metrics.vus_buffer(recording.values[:, 0]))


def measured(seeds: int, n: int) -> pd.DataFrame:
    """Return a row for each recording: family, length, kinds, labelled share, VUS-PR."""
    rows = []
    for family, make in FAMILIES.items():
        for length in LENGTHS:
            for n_kinds in KINDS:
                for seed in range(seeds):
                    recording = make(
                        np.random.default_rng([seed, length, n_kinds]), n, length, n_kinds
                    )
                    assert recording.labels is not None
                    row: dict[str, object] = {"family": family, "length": length, "kinds": n_kinds}
                    row["labelled"] = float(recording.labels.mean())
                    row |= {name: area(recording, method) for name, method in METHODS.items()}
                    rows.append(row)
    return pd.DataFrame(rows)


def false_alarms() -> None:
    """Print the alarms on signals without any anomaly."""
    for name, signals in (("exact repeats", repeats()), ("slow square waves", squares())):
        counts = {
            title: [len(detect(x, **method).alarms) for x in signals]
            for title, method in METHODS.items()
        }
        print(
            f"alarms, {name}: " + ", ".join(f"{title} {count}" for title, count in counts.items())
        )


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--rows", type=int, default=20_000)
    return parser.parse_args()


def main() -> None:
    given = arguments()
    print(f"{machine.described()}; {given.seeds} seeds, {given.rows:,} rows\n")
    results = measured(given.seeds, given.rows)
    columns = ["labelled", *METHODS]
    for by in (["family", "length"], ["kinds"]):
        print(results.groupby(by, sort=False)[columns].mean().round(3).to_string() + "\n")
    print(results.groupby("family", sort=False)[columns].mean().round(3).to_string())
    means = "   ".join(f"{name} {results[name].mean():.3f}" for name in columns)
    print(f"mean of all: {means}\n")
    false_alarms()


if __name__ == "__main__":
    main()
