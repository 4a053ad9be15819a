"""The maxima of blocks of steps: their distribution, and the bounds that it gives.

- The statistic that less than one normal step is expected to exceed (Chauvenet's criterion). Block
  maxima follow a Gumbel distribution (Fisher & Tippett 1928). Its location and scale come from two
  low quantiles, which anomalous blocks hardly move.
- The valley between two populations, where the maxima have two modes. A mixture of two Gaussians is
  fitted to their logarithms by expectation maximisation (Dempster, Laird & Rubin 1977). There are
  two modes where the BIC prefers it (Schwarz 1978) and the components lie apart (Ashman, Bird &
  Zepf 1994). The first bound is then that of the maxima below
  the valley: many steps of an anomalous block lie below its maximum. Blocks of the second mode that
  come in stretches instead of at random (the runs of Wald & Wolfowitz 1940) are a state of the
  signal, such as another loudness, and no anomalies.
"""

from typing import Final

import numpy as np

from spectra.arrays import BoolArray, Float64Array, FloatArray
from spectra.runs import true_runs

# Fewest blocks of steps whose maxima are taken.
MIN_BLOCKS: Final = 50
# Quantiles of the block maxima that location and scale come from: the median, and one σ of a
# Gaussian below it. With 10 and 40 %, 16 and 50 %, and 25 and 50 % event F1 on 250 development
# series is 0.47, 0.47 and 0.46; the false-alarm rate at 0.001 of signals that switch on and off is
# 1.4, 1.2 and 13 times alpha, and 64, 67 and 67 % of the ectopic beats in 16 ECG records are found.
QUANTILES: Final = (0.1587, 0.5)
# Expected number of normal steps beyond the bound. Chauvenet (1863) has 0.5; with 0.1, 0.5 and 2
# event F1 on 250 development series is 0.49, and the false-alarm rate at 0.001 of noise that
# wanders (AR(1) with coefficient 0.999) 1.9, 3.1 and 5.4 times alpha.
EXPECTED: Final = 0.1
# Smallest gain in BIC, "very strong" evidence (Kass & Raftery 1995), and smallest distance of the
# components over their common spread, for two modes. With a distance of 2, 2.5 and 3 the false
# alarms in 16 ECG records are 1.9, 1.5 and 1.0 a minute, the ectopic beats found 64, 64 and 58 %.
BIC_GAIN: Final = 10.0
ASHMAN: Final = 2.5
# Share of the blocks with the smallest maxima that the mixture is not fitted to: quiet stretches
# would be the second mode.
QUIET: Final = 0.1
# Largest share of the blocks in the second mode: most of a recording is normal, and of two modes of
# nearly one size either may be the normal one. Of the blocks of three ECG records with ectopic
# beats it is 0.35 to 0.4. In signals that switch on and off at random, unusual lengths are in 0.43
# to 0.53 of the blocks of 17 of 20; these have 29 alarms in the median of 100,000 rows, and 220
# without the limit.
MOST: Final = 0.42
# Mean number of blocks in a run of the second mode, over that in random order, from which it comes
# in stretches, and fewest runs that tell. Told nothing event F1 on 618 development series is 0.572,
# and 0.569 without; with 1.5, 1.7 and 2.1 it is 0.570. White noise that is 1.3 to 2 times as loud
# in a tenth to a third of its time has 8 alarms in the mean of 72 recordings, and 18 without.
IN_STRETCHES: Final = 1.6
FEWEST_RUNS: Final = 4
# Smallest spread of the logarithms of normal maxima of which this is said. Those of noise have 0.12
# to 0.24, those of a signal that repeats itself, such as heart beats, 0.05 to 0.08: its odd cycles
# may come one after another.
NOISE: Final = 0.1
# Smallest spread of a component of the logarithms: smaller ones are those of a signal that repeats
# itself exactly.
MIN_SPREAD: Final = 0.01
# Smallest maximum, so that it has a logarithm.
MIN_MAXIMUM: Final = 0.05
ROUNDS: Final = 100


def usable_block(statistic: FloatArray, block: int) -> int:
    """Return the steps of a block, fewer where there would not be MIN_BLOCKS of them."""
    return int(np.clip(statistic.size // MIN_BLOCKS, 1, block))


def block_maxima(statistic: FloatArray, block: int) -> Float64Array:
    """Return the largest statistic of each block that has one, (n_blocks,)."""
    maxima = stretch_maxima(statistic, usable_block(statistic, block))
    return maxima[np.isfinite(maxima)]


def stretch_maxima(statistic: FloatArray, length: float) -> Float64Array:
    """Return the largest statistic of each stretch, NaN for none, (n_stretches,)."""
    begins = (np.arange(np.ceil(statistic.size / length)) * length).astype(np.int64)
    return np.asarray(np.fmax.reduceat(statistic, begins).astype(np.float64))


def cluster_size(statistic: FloatArray, level: float, block: int) -> float:
    """Return the median number of steps above a level in blocks that have any, at least 1."""
    begins = np.arange(0, statistic.size, usable_block(statistic, block))
    with np.errstate(invalid="ignore"):
        exceeding = np.add.reduceat(statistic > level, begins, dtype=np.int32)
    return float(np.median(exceeding[exceeding > 0])) if exceeding.any() else 1.0


def bound_of(
    maxima: Float64Array,
    short: Float64Array,
    statistic: FloatArray,
    block: int,
    smallest_scale: float,
) -> float:
    """Return the lower of the two bounds of block maxima.

    `short` are the maxima of blocks that need not hold a period. What is in most of the periods is
    no second population of their maxima.
    """
    valley = _valley(short)
    if valley <= float(np.median(maxima)):
        valley = float("inf")
    normal = maxima[maxima < valley]
    cluster = cluster_size(statistic, float(np.median(normal)), block)
    share, suspect = cluster / usable_block(statistic, block), EXPECTED / statistic.size
    return min(gumbel_bound(normal, share, suspect, smallest_scale), valley)


def gumbel_bound(
    maxima: Float64Array, share: float, suspect: float, smallest_scale: float
) -> float:
    """Return the statistic that normal steps exceed with the probability `suspect`.

    Steps of one event exceed a threshold together. With P_b the probability that a block has a
    larger maximum, a step has the p-value 1 − (1 − P_b)^share, where `share` is the fraction of its
    block that a cluster of exceedances holds (the extremal index of Leadbetter 1983, over the
    length of the block).
    """
    location, scale = gumbel_law(maxima, smallest_scale)
    log_below = np.log1p(-suspect) / share
    return location - scale * float(np.log(-log_below))


def gumbel_law(maxima: Float64Array, smallest_scale: float) -> tuple[float, float]:
    """Return location and scale of the Gumbel distribution of block maxima (n,)."""
    low, middle = np.quantile(maxima, QUANTILES)
    width = _gumbel(QUANTILES[1]) - _gumbel(QUANTILES[0])
    scale = max(float(middle - low) / width, smallest_scale)
    return float(middle) - scale * _gumbel(QUANTILES[1]), scale


def _valley(maxima: Float64Array) -> float:
    """Return the statistic between two modes of the block maxima (n,), ∞ where there is one."""
    x = np.log(np.maximum(maxima, MIN_MAXIMUM))
    if float(x.std()) < MIN_SPREAD:
        return float("inf")
    mean, spread, weight, gain = _two_gaussians(np.sort(x)[int(QUIET * x.size) :])
    apart = np.sqrt(2.0) * (mean[1] - mean[0]) / np.hypot(*spread)
    share = weight[1] * (1.0 - QUIET)
    if not (gain > BIC_GAIN and apart > ASHMAN and share <= MOST):
        return float("inf")
    between = np.linspace(mean[0], mean[1], 400)
    density = _log_densities(between, mean, spread, weight)
    valley = float(np.exp(between[int(np.argmax(density[:, 1] > density[:, 0]))]))
    is_state = spread[0] >= NOISE and _in_stretches(maxima > valley)
    return float("inf") if is_state else valley


def _in_stretches(odd: BoolArray) -> bool:
    """Return whether odd blocks (n,) come in stretches: in longer runs than in random order.

    The mean length of a run is then 1 / (1 − share of the odd ones).
    """
    begins, ends = true_runs(odd)
    return begins.size >= FEWEST_RUNS and (ends - begins).mean() * (~odd).mean() > IN_STRETCHES


def _two_gaussians(
    x: Float64Array,
) -> tuple[Float64Array, Float64Array, Float64Array, float]:
    """Return means, spreads and weights of two Gaussians in sorted values, and the gain in BIC.

    Two Gaussians have three parameters more than one.
    """
    start = 3 * x.size // 4
    mean = np.array([x[:start].mean(), x[start:].mean()])
    spread, weight = np.full(2, max(float(x.std()) / 2, MIN_SPREAD)), np.array([0.75, 0.25])
    likelihood = -np.inf
    for _ in range(ROUNDS):
        density = _log_densities(x, mean, spread, weight)
        largest = density.max(axis=1, keepdims=True)
        part = np.exp(density - largest)
        total = part.sum(axis=1, keepdims=True)
        likelihood = float((largest + np.log(total)).sum())
        part /= total
        count = np.maximum(part.sum(axis=0), np.finfo(float).tiny)
        weight, mean = count / x.size, (part * x[:, None]).sum(axis=0) / count
        variance = (part * (x[:, None] - mean) ** 2).sum(axis=0) / count
        spread = np.maximum(np.sqrt(variance), MIN_SPREAD)
        weight = np.maximum(weight, np.finfo(float).tiny)
    alone = -x.size * (np.log(max(float(x.std()), MIN_SPREAD)) + 0.5)
    gain = 2.0 * (likelihood - alone) - 3.0 * float(np.log(x.size))
    return mean, spread, weight, gain


def _log_densities(
    x: Float64Array, mean: Float64Array, spread: Float64Array, weight: Float64Array
) -> Float64Array:
    """Return the logarithm of the weighted density of each component at x, (n, 2).

    The factor 1/√(2π), the same everywhere, is left out.
    """
    return np.asarray(np.log(weight) - np.log(spread) - 0.5 * ((x[:, None] - mean) / spread) ** 2)


def _gumbel(probability: float) -> float:
    """Return the quantile of the standard Gumbel distribution."""
    return float(-np.log(-np.log(probability)))
