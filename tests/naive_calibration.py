"""The fusion of base scores and the standard of distances by their definitions, in plain loops."""

from math import fsum, isnan, log, nan, sqrt
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


def cluster_size(values, level, block):
    """The median number of values above a level in blocks that have any, at least 1.

    A block is shorter where there would be fewer than 50.
    """
    block = min(max(len(values) // 50, 1), block)
    counts = [
        sum(value > level for value in values[start : start + block])
        for start in range(0, len(values), block)
    ]
    return max(median([count for count in counts if count] or [1]), 1)


def gumbel_bound(values, block, quantiles, probability):
    """The value a step exceeds with a probability, by a Gumbel law through two quantiles."""
    maxima = sorted(block_maxima(values, block))
    share = cluster_size(values, median(maxima), block) / block

    def quantile(p):
        at = p * (len(maxima) - 1)
        low = int(at)
        high = min(low + 1, len(maxima) - 1)
        return maxima[low] + (at - low) * (maxima[high] - maxima[low])

    def gumbel(p):
        return -log(-log(p))

    low, high = quantiles
    scale = (quantile(high) - quantile(low)) / (gumbel(high) - gumbel(low))
    location = quantile(high) - scale * gumbel(high)
    return location + scale * gumbel((1 - probability) ** (1 / share))


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
