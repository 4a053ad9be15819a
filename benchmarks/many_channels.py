"""Faults in several channels, and the cost of many channels.

    python benchmarks/many_channels.py [N_SEEDS]

The recordings are generated, with known truth, 20 seeds each. Printed are

- for a fault in one of 100 channels: VUS-PR, and how often the strongest alarm names its channel;
- for two channels that lose their coupling while each keeps its spectrum: VUS-PR of both together,
  and of each by itself;
- for a dead channel, and for one at a million times its scale: the rank correlation of the scores
  with those without it.

Times are of one process, in one run.
"""

import sys
import time
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from spectra.datasets import Recording
from spectra.datasets.generators import decoupled, fault_of_many
from spectra.detection import Detection
from spectra.metrics import vus_pr
from spectra.pipeline import detect

# The official buffer is the dominant period; noise has none, and 125 is what the protocol then
# takes.
BUFFER = 125


def score(recording: Recording) -> Detection:
    """Return what is found, without any setting."""
    return detect(recording)


def accuracy(recording: Recording, found: Detection) -> float:
    """Return VUS-PR of the scores."""
    assert recording.labels is not None
    return vus_pr(recording.labels, found.scores["anomaly_score"].to_numpy(), BUFFER)


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ranks from 0."""
    return np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(np.float64)


def one_of_many(seeds: range) -> None:
    """Print the accuracy for a fault in one of 100 channels, and the cost of 100 channels."""
    found, named, many, one = [], [], [], []
    for seed in seeds:
        recording = fault_of_many(np.random.default_rng(seed))
        begin = time.perf_counter()
        detection = score(recording)
        many.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        score(Recording.from_array(recording.values[:, :1], fs=recording.fs))
        one.append(time.perf_counter() - begin)
        found.append(accuracy(recording, detection))
        strongest = detection.alarms.sort_values("score")["channel"]
        named.append(len(strongest) > 0 and str(strongest.iloc[-1]).endswith("(faulty)"))
    print(f"a fault in one of 100 channels     VUS-PR {fmean(found):.3f} (least {min(found):.3f})")
    print(f"  its channel is named             {100 * fmean(named):.0f} %")
    print(
        f"  100 channels take                {sum(many) / sum(one):.0f} times as long as one "
        f"({fmean(many):.1f} s)"
    )


def coming_apart(seeds: range) -> None:
    """Print the accuracy for two channels that lose their coupling, together and one by one."""
    both, single = [], []
    for seed in seeds:
        recording = decoupled(np.random.default_rng(seed))
        both.append(accuracy(recording, score(recording)))
        for column in range(2):
            alone = Recording.from_array(
                recording.values[:, [column]], fs=recording.fs, labels=recording.labels
            )
            single.append(accuracy(alone, score(alone)))
    print(f"two channels lose their coupling   VUS-PR {fmean(both):.3f} (least {min(both):.3f})")
    print(f"  each looked at alone             VUS-PR {fmean(single):.3f}")


def disturbed(seeds: range) -> None:
    """Print what a dead channel, and a change of scale, do to the scores of the rest."""
    dead, scaled = [], []
    for seed in seeds:
        values = fault_of_many(np.random.default_rng(seed), n_channels=10).values
        plain = ranks(score(Recording.from_array(values)).step_scores.z)
        with_dead = np.column_stack([values, np.zeros(len(values))])
        dead.append(
            np.corrcoef(plain, ranks(score(Recording.from_array(with_dead)).step_scores.z))[0, 1]
        )
        large = values * np.where(np.arange(10) == 3, 1e6, 1.0)
        scaled.append(
            np.corrcoef(plain, ranks(score(Recording.from_array(large)).step_scores.z))[0, 1]
        )
    print(
        f"rank correlation of all scores     with a dead channel {min(dead):.6f}, one scaled by "
        f"1e6 {min(scaled):.6f} (least)"
    )


def main() -> None:
    """Print all figures."""
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
    coming_apart(seeds)
    disturbed(seeds)
    one_of_many(seeds)


if __name__ == "__main__":
    main()
