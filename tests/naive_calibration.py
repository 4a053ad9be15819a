"""The fusion of base scores and the standard of distances by their definitions, in plain loops."""

from math import exp, expm1, fsum, inf, isnan, log, log1p, nan, sqrt
from statistics import NormalDist, mean, median, stdev

from scipy.stats import t as student


def surprisal_mean(scores, degrees, weights=None, exponent=2.0):
    """The score whose surprisal is the power mean of those of the scores there are.

    The surprisal is log(1 + max(z, 0)²/degrees), that of a Student t distribution but for a factor.
    """
    weights = weights or [1.0] * len(scores)
    kept = [(w, score) for w, score in zip(weights, scores, strict=True) if not isnan(score)]
    if not kept:
        return nan
    surprisals = [(w, log1p(max(score, 0.0) ** 2 / degrees)) for w, score in kept]
    mean = fsum(w * one**exponent for w, one in surprisals) / fsum(w for w, _ in kept)
    return sqrt(degrees * expm1(mean ** (1 / exponent)))


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

    def gumbel(p):
        return -log(-log(p))

    low, high = quantiles
    lower, upper = quantile(maxima, low), quantile(maxima, high)
    scale = (upper - lower) / (gumbel(high) - gumbel(low))
    location = upper - scale * gumbel(high)
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


def quantile(ordered, p):
    """The quantile of values in order, linear between neighbours."""
    at = p * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


def levels(values):
    """The share of values in the tail, and the 33 levels of the body, from z = −3 up to the tail.

    The tail are the 100 largest of many values and half of few. Equal levels are moved apart by a
    billionth of their range or size.
    """
    ordered = sorted(values)
    n_tail = max(min(100, len(ordered) // 2), 1)
    tail_p = min(n_tail / len(ordered), 0.5)
    law = NormalDist()
    top = -law.inv_cdf(tail_p)
    found = [quantile(ordered, law.cdf(-3 + i * (top + 3) / 32)) for i in range(33)]
    size = max(found[-1] - found[0], *(abs(one) for one in found))
    size = size if 1e-9 * size > 0 else 1.0
    return tail_p, [max(found[: i + 1]) + 1e-9 * size * i for i in range(33)]


def pareto(excess, weight=1.0):
    """Scale and shape of the largest penalised likelihood, of shapes −0.50, −0.48 … 0.50.

    The prior of the shape is a Gaussian of standard deviation 0.2. Of a shape, the scale solves
    Σ (1 + shape)·e / (scale + shape·e) = n. Each excess counts as `weight` of them.
    """
    best = -inf, 0.0, 0.0
    n = len(excess)
    for i in range(51):
        shape = (i - 25) / 50
        low, high = max(0.0, -shape * max(excess)), 10 * max(excess)
        for _ in range(60):
            scale = (low + high) / 2
            # All of them lie inside a tail that ends.
            terms = [(1 + shape) * e / (scale + shape * e) for e in excess if scale + shape * e > 0]
            if len(terms) < n or fsum(terms) > n:
                low = scale
            else:
                high = scale
        if shape:
            lost = fsum((1 + 1 / shape) * log1p(shape * e / high) for e in excess)
        else:
            lost = fsum(excess) / high
        likelihood = -weight * (n * log(high) + lost)
        best = max(best, (likelihood - (shape / 0.2) ** 2 / 2, high, shape))
    return best[1:]


def log_tail(excess, tail_p, scale, shape, n):
    """The logarithm of the p-value of an excess over the last level.

    A tail that ends is continued, from the p-value 1 / (10 n) on, as an exponential one.
    """
    y = excess / scale
    if shape == 0:
        return log(tail_p) - y
    if shape < 0:
        # The excess at which the p-value is 1 / (10 n).
        end = ((tail_p * 10 * n) ** shape - 1) / shape
        if y > end:
            return log(1 / (10 * n)) - (y - end)
    return log(tail_p) - log1p(shape * y) / shape


def in_stretches(odd):
    """True if the mean run of odd blocks is 1.6 times as long as in random order, of four runs."""
    runs = [odd[i] and (i == 0 or not odd[i - 1]) for i in range(len(odd))]
    expected = len(odd) / (len(odd) - sum(odd))
    return sum(runs) >= 4 and sum(odd) / sum(runs) / expected > 1.6


def valley(maxima):
    """The value between two modes of block maxima, ∞ where there is one.

    Nor is there one where the second mode comes in stretches, unless the first is narrow.

    Two Gaussians are fitted to the logarithms without the lowest tenth, by 100 rounds of
    expectation maximisation, from the mean of the highest quarter and that of the others, half of
    the spread, and weights of three to one.
    """
    x = sorted(log(max(value, 0.05)) for value in maxima)
    if deviation(x) < 0.01:
        return inf
    x = x[int(0.1 * len(x)) :]
    n = len(x)
    start = 3 * n // 4
    means = [fsum(x[:start]) / start, fsum(x[start:]) / (n - start)]
    spreads, weights = [max(deviation(x) / 2, 0.01)] * 2, [0.75, 0.25]

    def densities(value):
        parts = zip(means, spreads, weights, strict=True)
        return [log(w) - log(s) - ((value - m) / s) ** 2 / 2 for m, s, w in parts]

    for _ in range(100):
        logs = [densities(value) for value in x]
        shares = [[exp(one - max(pair)) for one in pair] for pair in logs]
        likelihood = fsum(
            max(pair) + log(sum(share)) for pair, share in zip(logs, shares, strict=True)
        )
        shares = [[one / sum(share) for one in share] for share in shares]
        for k in range(2):
            count = max(fsum(share[k] for share in shares), 1e-300)
            mean = fsum(s[k] * v for s, v in zip(shares, x, strict=True)) / count
            square = fsum(s[k] * (v - mean) ** 2 for s, v in zip(shares, x, strict=True)) / count
            means[k], spreads[k], weights[k] = mean, max(sqrt(square), 0.01), count / n
    alone = -n * (log(max(deviation(x), 0.01)) + 0.5)
    gain = 2 * (likelihood - alone) - 3 * log(n)
    apart = sqrt(2) * (means[1] - means[0]) / sqrt(spreads[0] ** 2 + spreads[1] ** 2)
    # Of two modes of nearly one size either may be the normal one.
    if gain <= 10 or apart <= 2.5 or 0.9 * weights[1] > 0.42:
        return inf
    grid = [means[0] + i * (means[1] - means[0]) / 399 for i in range(400)]
    pairs = [densities(value) for value in grid]
    found = exp(next(v for v, (low, high) in zip(grid, pairs, strict=True) if high > low))
    is_state = spreads[0] >= 0.1 and in_stretches([value > found for value in maxima])
    return inf if is_state else found


def steps_of_alarms(values, threshold):
    """Mean number of flagged steps of the runs of raised ones that hold a flagged one.

    Raised are those above the threshold at ten times alpha. The alphas are 0.1, 0.03 … 0.0001;
    below the last with five such runs its mean holds.
    """
    means = []
    for alpha in (0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4):
        runs, last_raised = [], False
        for value in values:
            raised = value > threshold(min(15 * alpha, 0.5))
            if raised and not last_raised:
                runs.append(0)
            if raised:
                runs[-1] += value > threshold(alpha)
            last_raised = raised
        alarms = [run for run in runs if run]
        if len(alarms) < 5:
            break
        means.append(sum(alarms) / len(alarms))
    last = means[-1] if means else 1.0
    return means + [last] * (7 - len(means))


def outliers(x, level, most):
    """Number of upper outliers by the generalised ESD test, as the NIST handbook writes it."""
    x, found = list(x), 0
    for i in range(1, int(most * len(x)) + 1):
        n = len(x)
        largest = max(x)
        r = (largest - mean(x)) / stdev(x)
        quantile_of_t = student.isf(level / n, n - 2)
        if r > (n - 1) * quantile_of_t / sqrt((n - 2 + quantile_of_t**2) * n):
            found = i
        x.remove(largest)
    return found


def widened(excess, scale, shape):
    """The scale at which none of the excesses, 5 of which are as large, has under a third of its p.

    The p-value of an excess rises with the scale, which is sought by halving.
    """
    for e in excess:
        share = sum(other > e * (1 - 1e-3) for other in excess) / len(excess)
        if sum(other >= e for other in excess) < 5:
            continue
        low, high = scale, 1e3 * scale
        for _ in range(100):
            middle = (low + high) / 2
            base = 1 + shape * e / middle
            p = (base ** (-1 / shape) if base > 0 else 0.0) if shape else exp(-e / middle)
            low, high = (middle, high) if p < share / 3 else (low, middle)
        scale = max(scale, low)
    return scale


def clusters_above(expected, size, total):
    """Return P(total or more) of the sum of Poisson many geometric numbers (Panjer 1981)."""
    density = [exp(-expected)]
    for n in range(1, total):
        terms = (
            j * (1 / size) * (1 - 1 / size) ** (j - 1) * density[n - j] for j in range(1, n + 1)
        )
        density.append(expected / n * sum(terms))
    return 1.0 - fsum(density)


def maxima_of_events(statistic, gap, bound):
    """The maximum of each event: steps above a bound, at most `gap` from one to the next."""
    maxima, last = [], None
    for step, value in enumerate(statistic):
        if value > bound:
            if last is not None and step - last <= gap:
                maxima[-1] = max(maxima[-1], value)
            else:
                maxima.append(value)
            last = step
    return maxima
