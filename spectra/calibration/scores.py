"""The scores of a signal, and how the scores of many looks become one.

The largest of a step's standard scores is its statistic, but what short frames see is no more than
the longest bear out (`WITNESS`); `spectra.calibration.largest` says how probable so large a
statistic is.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from spectra.arrays import Float64Array, FloatArray, IntArray
from spectra.calibration.gaussian import GaussianThreshold, p_from_z
from spectra.calibration.largest import standard_scores

# Of what frames a look is: short ones, for which the longest bear witness; the longest; or ones
# that stand apart, as they see what the longest do not.
Role = Literal["short", "longest", "apart"]

# A short stretch is as odd as its frame looks where the longest frames around it are this odd too,
# and elsewhere up to what is ordinary: of the many short frames some always look odd.
WITNESS: Final = 1.75
ORDINARY: Final = 3.0
# Looks of one comparison are numbered below this.
MAX_LOOKS: Final = 16


@dataclass(frozen=True)
class Scores:
    """Scores of one signal, one a step: step j is the samples j·step … (j + 1)·step − 1 of
    `n_samples`.

    `statistic` is the largest standard score of all looks as far as the longest frames bear it out;
    high statistic and z, low p_value = anomalous; NaN in gaps. `channel` and `look` (n_steps,) are
    the numbers of where the score comes from; a look of −1 is at single samples.
    """

    step: int
    n_samples: int
    statistic: Float64Array
    z: Float64Array
    channel: IntArray
    look: IntArray

    @property
    def p_value(self) -> Float64Array:
        """Probability that a normal step is so unusual or more."""
        return p_from_z(self.z)

    @property
    def sample_z(self) -> Float64Array:
        """z of each sample, (n_samples,)."""
        return np.repeat(self.z, self.step)[: self.n_samples]


class Looks:
    """The largest scores of each step so far, by the role of their looks, and where they come
    from.
    """

    def __init__(self, n_samples: int, step: int) -> None:
        self.n_samples, self.step = n_samples, step
        n_steps = -(-n_samples // step)
        self._largest: dict[Role, _Largest] = {
            role: _Largest(n_steps) for role in ("short", "longest", "apart")
        }

    def take(self, z: FloatArray, weight: Float64Array, role: Role, comparison: int) -> None:
        """Take in scores (n_looks, n_channels, n_steps) of a comparison, by the weight of each look
        in each channel.

        −1 stands for single samples.
        """
        self._largest[role].take(z, weight, comparison)

    @property
    def statistic(self) -> Float64Array:
        """The largest score of each step, (n_steps,), of short frames no more than the longest bear
        out; NaN without any.
        """
        return np.asarray(np.fmax.reduce(self._borne_out("weighed")))

    def scores(self, calibration: GaussianThreshold) -> Scores:
        """The scores of the signal, as the calibration of statistics says; high z = anomalous."""
        values = self._borne_out("weighed")
        largest = np.argmax(np.where(np.isnan(values), -np.inf, values), axis=0)[None]
        roles = self._largest.values()
        channel, look = (
            np.take_along_axis(np.stack([getattr(one, name) for one in roles]), largest, axis=0)[0]
            for name in ("channel", "look")
        )
        statistic, most = self.statistic, np.fmax.reduce(self._borne_out("plain"))
        z = standard_scores(statistic, calibration, most)
        return Scores(self.step, self.n_samples, statistic, z, channel, look)

    def _borne_out(self, which: Literal["weighed", "plain"]) -> Float64Array:
        """The largest scores by role, (3, n_steps); short frames are taken as they are where the
        longest have no score.
        """
        short, longest, apart = (getattr(one, which) for one in self._largest.values())
        return np.stack(
            [np.where(longest <= WITNESS, np.minimum(short, ORDINARY), short), longest, apart]
        )


class _Largest:
    """The largest score of each step so far, by its weight and plain, NaN without any; where the
    one by weight comes from.
    """

    def __init__(self, n_steps: int) -> None:
        self.weighed, self.plain = np.full((2, n_steps), np.nan)
        self.channel = np.zeros(n_steps, dtype=np.int64)
        self.look = np.full(n_steps, -1)

    def take(self, z: FloatArray, weight: Float64Array, comparison: int) -> None:
        n_channels = z.shape[1]
        self.plain = np.fmax(self.plain, np.fmax.reduce(z.reshape(-1, z.shape[2])))
        flat = np.where(np.isnan(z), -np.inf, z * weight[..., None]).reshape(-1, z.shape[2])
        best = flat.argmax(axis=0)
        value = np.take_along_axis(flat, best[None], axis=0)[0]
        larger = (value > self.weighed) | (np.isnan(self.weighed) & np.isfinite(value))
        self.weighed[larger] = value[larger]
        self.channel[larger] = best[larger] % n_channels
        self.look[larger] = (
            -1 if comparison < 0 else comparison * MAX_LOOKS + best[larger] // n_channels
        )
