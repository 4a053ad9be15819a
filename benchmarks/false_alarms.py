"""Rate at which pure noise falls under α, over α: 1 is right; and how many alarms that makes.

White, AR(1) (a = 0.9) and 1/f noise, frames and all else as `spectra detect` chooses them; learned
from the recording itself, and from another recording of the same noise, of the same length. The
rate is the share of all steps of the score whose p-value is below α; one odd stretch lies in many
overlapping frames, so steps under α come in bursts, and single seeds vary. Alarms, each a burst,
are those at the default α = 0.001. Beside each mean over the seeds stand the smallest and the
largest.
"""

from statistics import fmean

import numpy as np

from spectra.datasets import Recording
from spectra.datasets.generators import noise
from spectra.detection import Detection
from spectra.pipeline import detect, learn, score

# Rows of a recording, and how many of them are drawn.
SIZES = {100_000: range(20), 1_000_000: range(5)}
KINDS = ("white", "ar1", "pink")
ALPHAS = (1e-2, 1e-3)


def draw(kind: str, n_samples: int, seed: int, part: int) -> Recording:
    """Return noise; two parts of one seed are independent."""
    rng = np.random.default_rng([seed, part])
    return noise(rng, n_samples=n_samples, kind=kind)


def figures(detection: Detection) -> list[float]:
    """Return the observed rate over α, for each α, and the number of alarms."""
    p_value = detection.step_scores.p_value
    p_value = p_value[np.isfinite(p_value)]
    return [
        *(float(np.mean(p_value < alpha)) / alpha for alpha in ALPHAS),
        float(len(detection.alarms)),
    ]


def report(kind: str, source: str, found: list[list[float]]) -> None:
    """Print the mean over the seeds, the smallest and the largest, of each figure."""
    digits = (2,) * len(ALPHAS) + (0,)
    columns = zip(digits, zip(*found, strict=True), strict=True)
    cells = [
        f"{fmean(column):5.2f}  ({min(column):.{n}f} … {max(column):.{n}f})"
        for n, column in columns
    ]
    print(f"{kind:7}{source:19}" + "".join(f"{cell:24}" for cell in cells).rstrip(), flush=True)


def main() -> None:
    """Print a table for each size."""
    titles = [*(f"rate/α at α = {alpha:g}" for alpha in ALPHAS), "alarms a recording"]
    for n_samples, seeds in SIZES.items():
        print(f"{n_samples:,} rows, {len(seeds)} seeds")
        print(
            f"{'noise':7}{'learned from':19}" + "".join(f"{title:24}" for title in titles).rstrip()
        )
        for kind in KINDS:
            itself, other = [], []
            for seed in seeds:
                recording = draw(kind, n_samples, seed, 0)
                itself.append(figures(detect(recording)))
                other.append(figures(score(learn(draw(kind, n_samples, seed, 1)), recording)))
            report(kind, "itself", itself)
            report(kind, "another recording", other)


if __name__ == "__main__":
    main()
