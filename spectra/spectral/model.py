"""What is normal, learned from a signal; and how improbable each stretch of a signal is under
it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Self

import numpy as np

from spectra.arrays import Float32Array, Float64Array, FloatArray, IntArray
from spectra.calibration.gaussian import GaussianThreshold
from spectra.calibration.largest import without_long_excursions
from spectra.calibration.scores import MAX_LOOKS, Looks, Role, Scores
from spectra.errors import DataError
from spectra.signal import frames
from spectra.signal.views import by_bin
from spectra.spectral.comparison import Comparison, Points, Scale, Settings, distances, learned


@dataclass(frozen=True)
class SpectralModel:
    """A fitted model: its comparisons, and the calibration of the largest of their scores."""

    settings: Settings
    scale: Scale
    comparisons: tuple[Comparison, ...]
    points: Points
    calibration: GaussianThreshold

    @classmethod
    def fit(
        cls,
        signal: Float64Array,
        settings: Settings,
        normal_rows: slice | None = None,
        normal_ks: tuple[float, ...] = (),
    ) -> "tuple[Self, Scores]":
        """Learn from a (n_samples, n_channels) signal that is normal for the most part, and score
        it; NaN marks gaps.

        Frames are compared with the others of the signal and, where `normal_rows` are given, also
        with those of these rows alone, the `normal_ks` nearest. Raises DataError for a signal too
        short to compare its frames.
        """
        scale = Scale.fit(signal)
        scaled = scale(signal)
        step = settings.cut.step
        rows = slice(0, signal.shape[0]) if normal_rows is None else normal_rows
        normal_steps = slice(rows.start // step, rows.stop // step + 1)
        comparisons: list[Comparison] = []
        looks = Looks(signal.shape[0], step)
        for group in learned(scaled, settings, normal_rows, normal_ks):
            for comparison, D in zip(group, distances(group, scaled, step, own=True), strict=True):
                role = _role(settings, comparison)
                fitted = comparison.calibrated(D, normal_steps, step, weighed=role == "short")
                looks.take(_live(fitted.z(D), scaled), fitted.weight, role, len(comparisons))
                comparisons.append(fitted)
        points = Points.fit(scaled, step)
        if settings.points:
            looks.take(_live(points.z(scaled, step), scaled), points.weight[None], "short", -1)
        if not comparisons or np.isnan(looks.statistic).all():
            raise DataError(
                f"The {signal.shape[0]} rows hold too few frames of {settings.cut.npersegs[0]} "
                "without gaps to compare with "
                "one another: give a longer recording or a smaller nperseg."
            )
        independent = step * len(settings.cut.npersegs) / sum(settings.cut.npersegs)
        one_event_once = without_long_excursions(
            looks.statistic, -(-settings.cut.npersegs[-1] // step)
        )
        calibration = GaussianThreshold.fit(one_event_once, min(independent, 1.0))
        model = cls(settings, scale, tuple(comparisons), points, calibration)
        return model, looks.scores(calibration)

    def score(self, signal: Float64Array) -> Scores:
        """Score a (n_samples, n_channels) signal other than that the model was learned from.

        Raises DataError for one shorter than the shortest frame.
        """
        frames.frame_starts(signal.shape[0], self.comparisons[0].nperseg, self.comparisons[0].hop)
        scaled = self.scale(signal)
        step = self.settings.cut.step
        looks = Looks(signal.shape[0], step)
        number = 0
        for nperseg, group in groupby(self.comparisons, lambda one: one.nperseg):
            looked = list(group)
            if nperseg <= signal.shape[0]:
                for place, D in enumerate(distances(looked, scaled, step, own=False)):
                    one = looked[place]
                    looks.take(one.z(D), one.weight, _role(self.settings, one), number + place)
            number += len(looked)
        if self.settings.points:
            looks.take(self.points.z(scaled, step), self.points.weight[None], "short", -1)
        return looks.scores(self.calibration)

    def excess(
        self, scaled: Float32Array, scores: Scores, numbers: IntArray, *, own: bool
    ) -> Iterator[tuple[int, Float64Array]]:
        """For each of the steps `numbers` the frame length that shows best what is odd there, and
        the excess of each bin.

        The excess (n_bins,) is how much farther from normal the bin is than is usual. What single
        samples show is told by the shortest frames.
        """
        usual: dict[tuple[int, int], Float64Array] = {}
        for number in numbers.tolist():
            place, channel = max(int(scores.look[number]), 0), int(scores.channel[number])
            comparison, look = self.comparisons[place // MAX_LOOKS], place % MAX_LOOKS
            if (place, channel) not in usual:
                usual[place, channel] = comparison.usual_parts(look, channel)
            oddest = comparison.oddest_parts(scaled, look, channel, number, scores.step, own=own)
            excess = np.nan_to_num(np.maximum(oddest - usual[place, channel], 0.0))
            yield (
                comparison.nperseg,
                by_bin(excess, comparison.view, comparison.nperseg // 2 + 1).astype(np.float64),
            )


def _live(z: FloatArray, scaled: Float32Array) -> FloatArray:
    """Scores without those of channels that never change: 0 throughout, they would hide what is
    normal in the others.
    """
    with np.errstate(invalid="ignore"):
        changing = np.fmax.reduce(scaled, axis=1) > np.fmin.reduce(scaled, axis=1)
    return np.where(changing[:, None], z, np.nan) if changing.any() else z


def _role(settings: Settings, comparison: Comparison) -> Role:
    """The role of a comparison's looks. The residual has one frame length only: what it sees,
    longer frames do not.
    """
    if comparison.nperseg == settings.cut.npersegs[-1]:
        return "longest"
    return "apart" if comparison.view == "residual" else "short"
