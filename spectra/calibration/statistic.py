"""Many base scores to one statistic.

Each base score (one frame length, one view, one reference) is standardised, z ~ N(0, 1) for most
normal steps; its largest values are those of a heavier tail. The surprisal of z under a Student t
distribution with ν degrees of freedom grows with f(z) = log(1 + max(z, 0)²/ν). The statistic of a
step is the quasi-arithmetic mean (Kolmogorov 1930) of its z over the base scores of a channel, made
by the power mean of f with an exponent k, and the largest over channels in units u_c of their own:

    T = max_c f⁻¹( (mean_b f(z_bc)^k)^(1/k) ) / u_c

It is in units of z, and base scores may have weights in the mean. ν = ∞ is the power mean of z with
exponent 2k, which follows the base scores with the largest z; with a finite ν a huge z counts
little more than a large one, and base scores that agree count more.
"""

from dataclasses import dataclass, fields
from itertools import accumulate, chain
from typing import Final, Self

import numpy as np

from spectra.arrays import BoolArray, Float32Array, FloatArray, IntArray

# Degrees of freedom ν. With 20, 50, 100 and ∞ the mean VUS-PR on 618 development series is 0.669,
# 0.670, 0.669 and 0.667 told nothing, and 0.671, 0.670, 0.669 and 0.666 told the normal rows. On 42
# multichannel ones it is 0.78 with 20 and 50, and 0.74 with ∞. With 20 and 30 an event that one
# base score sees, and a quiet one, are found less often (`benchmarks/properties.py`).
DEGREES: Final = np.float32(50.0)
# Exponent of the mean of surprisals, and that where rows are known to be normal: fewer base scores
# are large by chance there, and those that agree count more. With 1.5, 1.75 and 2 the mean VUS-PR
# on 618 development series told the normal rows is 0.690, 0.689 and 0.687, and event F1 0.538,
# 0.538 and 0.531; of what is scored by a model of these rows alone VUS-PR is 0.650, 0.644 and
# 0.640, event F1 0.461, 0.466 and 0.471. With 1.5 an offset in a fifth of what follows is found in
# 2 of 6 recordings, else in 5. Told nothing event F1 is 0.004 lower with 1.5 and on 42 multichannel
# series 0.07.
EXPONENT: Final = 2.0
DECLARED: Final = 1.75
# Smallest median statistic of a channel over that of the middle one. VUS-PR on 42 multichannel
# development series is 0.778 with the normal rows given and 0.678 without where channels have the
# same unit, and F1 on SKAB, 400 normal rows, 0.47; in units of their own 0.786, 0.687 and 0.62.
# With a smallest one of 0.25 it is 0.786, 0.685 and 0.62, with 0.75 0.786, 0.692 and 0.54.
LEAST_USUAL: Final = 0.5
# Base scores are clipped at this z, so that their squares fit float32.
LARGEST_Z: Final = 1e6
# Largest z of groups, which are kept in half precision to find the edges of alarms.
LARGEST_GROUP: Final = 6e4


class SurprisalMean:
    """Quasi-arithmetic mean of base scores over all that are added.

    Parameters
    ----------
    shape : (n_channels, n_steps)
    n_groups : int
        Number of groups of base scores, such as frame lengths, whose largest z is kept.
    weights : ndarray (n_scores,), optional
        Weight of each base score that will be added, by default all alike.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        n_groups: int,
        weights: Float32Array | None = None,
        exponent: float = EXPONENT,
    ) -> None:
        self._weights, self._exponent = weights, exponent
        self._z: list[FloatArray] = [np.empty((0, *shape), dtype=np.float32)]
        self._members: list[list[int]] = [[] for _ in range(n_groups)]
        self._sources: list[int] = []

    def add(self, z: FloatArray, group: int, first_source: int) -> None:
        """Add base scores z (n_scores, n_channels, n_steps), numbered from `first_source`.

        NaN stands for no score and is left out.
        """
        self._z.append(z)
        self._members[group] += range(len(self._sources), len(self._sources) + len(z))
        self._sources += range(first_source, first_source + len(z))

    def by_channel(self) -> "ByChannel":
        """Return the mean of each channel at each step, and its sources."""
        z, mean = self._means()
        return ByChannel(mean, *self._sources_of(z))

    def result(
        self, compared: BoolArray | None = None, usual: Float32Array | None = None
    ) -> "Fused":
        """Return the statistic of each step and its sources.

        `compared` (n_channels,) are the channels it may come from, by default all, and `usual`
        (n_channels,) the units of their means, by default 1.
        """
        z, mean = self._means()
        statistic, channel = _largest_of(mean, compared, usual)
        own = z[:, 0] if z.shape[1] == 1 else z[:, channel, np.arange(channel.size)]
        return Fused(statistic, channel, *self._sources_of(own))

    def _means(self) -> tuple[FloatArray, FloatArray]:
        """Return all base scores, −inf where there is none, and their mean in each channel."""
        z = np.concatenate(self._z, dtype=np.float32)
        weights = np.ones(len(z), dtype=np.float32) if self._weights is None else self._weights
        weights = weights[:, None, None]
        scored = np.isfinite(z)
        weight = weights.sum(axis=0)
        if not scored.all():
            weight = (weights * scored).sum(axis=0)
            z = np.where(scored, z, np.float32(-np.inf))
        return z, _mean(z, weights, weight, self._exponent)

    def _sources_of(self, z: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return the number of the largest base score (n_scores, …), and the largest of each group.

        The shapes are (…) and (n_groups, …). A group without a score is NaN.
        """
        source = np.array(self._sources, dtype=np.int16)[z.argmax(axis=0)]
        groups = np.full((len(self._members), *z.shape[1:]), -np.inf, dtype=np.float32)
        filled = [bool(members) for members in self._members]
        firsts = [0, *accumulate(len(members) for members in self._members if members)][:-1]
        order = list(chain.from_iterable(self._members))
        if order != sorted(order):
            z = z[order]
        groups[filled] = np.maximum.reduceat(z, firsts, axis=0)
        groups[groups == -np.inf] = np.nan
        np.minimum(groups, LARGEST_GROUP, out=groups)
        return source, groups.astype(np.float16)


def _largest_of(
    mean: FloatArray, compared: BoolArray | None, usual: Float32Array | None
) -> tuple[FloatArray, IntArray]:
    """Return the largest mean (n_channels, n_steps) of each step, in units, and its channel."""
    if usual is not None:
        mean = mean / usual[:, None]
    if compared is not None and not compared.all():
        mean = np.where(compared[:, None], mean, np.float32(np.nan))
    if len(mean) == 1:
        return mean[0], np.zeros(mean.shape[1], dtype=np.int16)
    channel = np.where(np.isnan(mean), -1.0, mean).argmax(axis=0)
    return mean[channel, np.arange(channel.size)], channel.astype(np.int16)


def _mean(z: FloatArray, weights: FloatArray, weight: FloatArray, exponent: float) -> FloatArray:
    """Return the mean of scores (n_scores, …); NaN where the `weight` of those there are is 0."""
    surprisal = np.clip(z, np.float32(0.0), np.float32(LARGEST_Z))
    np.square(surprisal, out=surprisal)
    surprisal /= DEGREES
    np.log1p(surprisal, out=surprisal)
    surprisal **= np.float32(exponent)
    surprisal *= weights
    total = surprisal.sum(axis=0)
    none = np.full_like(total, np.nan)
    mean = np.divide(total, weight, out=none, where=np.not_equal(weight, 0))
    return np.asarray(np.sqrt(DEGREES * np.expm1(mean ** np.float32(1 / exponent))))


@dataclass(frozen=True)
class Statistic:
    """The statistic of steps: all that a long signal keeps of them.

    Attributes
    ----------
    statistic : ndarray (n_steps,)
        High = anomalous; NaN where there is no base score.
    channel : ndarray (n_steps,)
        Index of the channel that has the statistic.
    source : ndarray (n_steps,)
        Index of that channel's largest base score.
    """

    statistic: FloatArray
    channel: IntArray
    source: IntArray

    @classmethod
    def unscored(cls, n_steps: int) -> "Statistic":
        """Return room for the statistic of `n_steps`, to be filled by `put`."""
        statistic = np.full(n_steps, np.nan, dtype=np.float32)
        return Statistic(statistic, *np.zeros((2, n_steps), dtype=np.int16))

    def part(self, start: int, stop: int) -> Self:
        """Return the scores of the steps `start` … `stop` − 1."""
        return type(self)(*(getattr(self, one.name)[..., start:stop] for one in fields(self)))

    def put(self, start: int, part: "Statistic") -> int:
        """Write the scores of the steps from `start` on; return the step after the last."""
        stop = start + part.statistic.size
        for one in fields(self):
            getattr(self, one.name)[..., start:stop] = getattr(part, one.name)
        return stop


@dataclass(frozen=True)
class Fused(Statistic):
    """The statistic of steps, and what the groups of base scores are in its channel.

    Attributes
    ----------
    groups : ndarray (n_groups, n_steps)
        Largest z of each group; NaN where there is none.
    """

    groups: FloatArray

    @classmethod
    def empty(cls, n_groups: int, n_steps: int) -> "Fused":
        """Return room for the fused scores of `n_steps`, to be filled by `put`."""
        steps = Statistic.unscored(n_steps)
        return Fused(
            steps.statistic,
            steps.channel,
            steps.source,
            np.full((n_groups, n_steps), np.nan, dtype=np.float16),
        )


@dataclass(frozen=True)
class ByChannel:
    """The mean of the base scores of each channel, before the largest is taken.

    Attributes
    ----------
    mean : ndarray (n_channels, n_steps)
        High = anomalous; NaN where there is no base score.
    source : ndarray (n_channels, n_steps)
        Index of the largest base score.
    groups : ndarray (n_groups, n_channels, n_steps)
        Largest z of each group; NaN where there is none.
    """

    mean: FloatArray
    source: IntArray
    groups: FloatArray

    @classmethod
    def empty(cls, n_groups: int, n_channels: int, n_steps: int) -> Self:
        """Return room for the means of steps, to be filled by `put`."""
        shape = (n_channels, n_steps)
        return cls(
            np.empty(shape, dtype=np.float32),
            np.empty(shape, dtype=np.int16),
            np.empty((n_groups, *shape), dtype=np.float16),
        )

    def put(self, channels: slice, start: int, part: "ByChannel") -> None:
        """Write those of some channels at the steps from `start` on."""
        steps = slice(start, start + part.mean.shape[1])
        for one in fields(self):
            getattr(self, one.name)[..., channels, steps] = getattr(part, one.name)

    def largest(self, compared: BoolArray, usual: Float32Array) -> Fused:
        """Return the statistic of each step, as `SurprisalMean.result` does."""
        statistic, channel = _largest_of(self.mean, compared, usual)
        steps = np.arange(channel.size)
        return Fused(
            statistic, channel, self.source[channel, steps], self.groups[:, channel, steps]
        )
