"""How often frames of pure noise fall under α, over α: 1 is right.

A million samples of white, AR(1) (a = 0.9) and 1/f noise, frames and all else as `spectra detect` chooses them; learned
from the recording itself, and from another recording of the same noise, of the same length. The rate is the share of
all frames whose p-value is below α; frames overlap, so their errors come in bursts, and single seeds vary.
"""

from statistics import fmean

import numpy as np

from spectra.datasets import Recording
from spectra.datasets.generators import noise
from spectra.detection import Detection, detect, learn, score

N_SAMPLES = 1_000_000
KINDS = ("white", "ar1", "pink")
ALPHAS = (1e-2, 1e-3)
SEEDS = range(5)


def draw(kind: str, seed: int, part: int) -> Recording:
    """Noise; two parts of one seed are independent."""
    rng = np.random.default_rng([seed, part])
    return noise(rng, n_samples=N_SAMPLES, kind=kind)


def ratios(detection: Detection) -> list[float]:
    """The observed rate over α, for each α."""
    p_value = detection.frame_scores.p_value
    p_value = p_value[np.isfinite(p_value)]
    return [float(np.mean(p_value < alpha)) / alpha for alpha in ALPHAS]


def report(kind: str, source: str, found: list[list[float]]) -> None:
    """Print the mean over the seeds, the smallest and the largest, for each α."""
    cells = [f"{fmean(column):5.2f}  ({min(column):.2f} … {max(column):.2f})" for column in zip(*found, strict=True)]
    print(f"{kind:7}{source:18}" + "".join(f"{cell:26}" for cell in cells).rstrip(), flush=True)


def main() -> None:
    """Print the table."""
    print(f"{'noise':7}{'learned from':18}" + "".join(f"{f'rate/α at α = {alpha:g}':26}" for alpha in ALPHAS).rstrip())
    for kind in KINDS:
        itself, other = [], []
        for seed in SEEDS:
            recording = draw(kind, seed, 0)
            itself.append(ratios(detect(recording)))
            other.append(ratios(score(learn(draw(kind, seed, 1)), recording)))
        report(kind, "itself", itself)
        report(kind, "another recording", other)


if __name__ == "__main__":
    main()
