"""The fusion of base scores and the standard of distances by their definitions, in plain loops."""

from math import fsum, isnan, nan, sqrt
from statistics import median


def power_mean(scores, power):
    """(mean of max(z, 0)^power)^(1/power) over the scores there are."""
    kept = [score for score in scores if not isnan(score)]
    if not kept:
        return nan
    return (fsum(max(score, 0.0) ** power for score in kept) / len(kept)) ** (1 / power)


def largest(scores):
    """The largest of the scores there are, NaN for none."""
    return max((score for score in scores if not isnan(score)), default=nan)


def block_maxima(values, block):
    """The largest of each block of values, of those blocks that have one."""
    maxima = [largest(values[start : start + block]) for start in range(0, len(values), block)]
    return [value for value in maxima if not isnan(value)]


def cluster_share(values, block):
    """The median share of a block above the median maximum.

    Blocks without a value above it are left out.
    """
    middle = median(block_maxima(values, block))
    counts = [
        sum(value > middle for value in values[start : start + block])
        for start in range(0, len(values), block)
    ]
    return median([count for count in counts if count] or [1]) / block


def deviation(values):
    mean = fsum(values) / len(values)
    return sqrt(fsum((value - mean) ** 2 for value in values) / len(values))


def winsorised(values, start, bound, rounds, smallest):
    """Mean and standard deviation of values clipped at `bound` deviations from the mean.

    `start` are the mean and the standard deviation to begin with.
    """
    mean, sigma = start
    for _ in range(rounds):
        clipped = [min(max(v, mean - bound * sigma), mean + bound * sigma) for v in values]
        mean = fsum(clipped) / len(clipped)
        sigma = max(deviation(clipped), smallest)
    return mean, sigma
