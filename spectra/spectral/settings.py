"""The settings of the signal pipeline, as a value that fits itself to a signal."""

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Final

from spectra.arrays import Float64Array
from spectra.calibration.scores import Scores
from spectra.calibration.standard import Transform
from spectra.calibration.statistic import Statistic
from spectra.parameters import MOST_ROWS, make_plain, require, require_integer
from spectra.signal.angles import full_turns, unwrapped
from spectra.signal.frames import FrameGrid, require_window
from spectra.signal.loudness import loudness_period
from spectra.signal.period import PERIOD_ROWS, PERIOD_WIDTH, dominant_period
from spectra.signal.scale import constant_channels
from spectra.signal.views import VIEWS, View
from spectra.spectral.coupling import MAX_CHANNELS
from spectra.spectral.model import SpectralModel
from spectra.spectral.plan import Frames, Plan
from spectra.threads import one_blas_thread

# Default frame lengths in rows: a signal need not have a period, and events may be short or long.
# Without 128 and 512 the mean VUS-PR on the development series is 0.01 lower, with 1,024 too 0.008
# lower, with 8 too 0.013 lower, with 32 too the same.
LENGTHS: Final = (16, 64, 128, 256, 512)
# Magnitudes are compared without and with the level of the frame.
MAGNITUDES: Final[tuple[View, tuple[bool, ...]]] = ("magnitude", (False, True))
# The phase is kept by the complex spectrum.
PHASES: Final[tuple[View, tuple[bool, ...]]] = ("complex", (False,))
# Frame lengths around the dominant period, in periods, and their views. With magnitudes of one
# period and phases of two as well the mean VUS-PR on the development series is the same.
PERIODS: Final = ((0.5, (MAGNITUDES, PHASES)), (1.0, (PHASES,)), (2.0, (MAGNITUDES,)))
# Frame lengths, in periods of the signal and of its loudness, that see when in a cycle each band is
# loud. The mean VUS-PR on 618 development series is 0.006 higher with them, told the normal rows
# 0.009, that of UCR 0.06. With half a period as well, or one period alone, it is the same, and
# 0.002 lower; with those of the loudness alone 0.001 lower, told 0.002.
SPECTROGRAMS: Final = (1.0, 2.0)
SPECTROGRAM: Final[tuple[View, tuple[bool, ...]]] = ("spectrogram", (False,))
# Shortest frame length around a period, and of a spectrogram.
SHORTEST: Final = 8
SHORTEST_SPECTROGRAM: Final = 16
# Frames of more than this share of a recording have too few others to be compared with.
LONGEST_SHARE: Final = 0.27
# Rows from one default score to the next.
STEP: Final = 4
# Length of the frames whose amplitude is judged, of those whose differences count the less there is
# of them, and of those whose differences may fall silent. With the second event F1 on 618
# development series is 0.557 instead of 0.545. With the third it and VUS-PR are the same, and a
# value stuck for 32 and 64 rows in six kinds of signals that wander is found in 32 and 47 of 48
# recordings instead of 15 and 24. The third without the second has told VUS-PR 0.001 higher, event
# F1 0.001 lower and 0.04 lower on 42 multichannel series, where one of 16 channels costs a factor
# of 50 in p instead of 21.
AMPLITUDE: Final = 256
QUIET: Final = 64
SILENCES: Final = (16, 64)
# Lengths of the frames whose strongest line is judged. Tones of 1,000 rows that are 26 dB above the
# noise at their frequency are found in 12 of 12 recordings of coloured noise instead of 4, with 256
# alone in 10; those of 20 dB in 7 instead of 0, and in 3. The mean VUS-PR and event F1 on 618
# development series are the same within chance.
LINES: Final = (64, 256, 512)
# Length of the frames whose channels are compared with one another.
COUPLED: Final = 64
# Numbers of nearest normal frames: one, which finds the single odd cycle; and a tenth of the frames
# of a recording that may hold long anomalies, whose frames are each other's nearest.
K_NORMAL: Final = (1.0,)
K_OWN: Final = (1.0, 0.1)


@dataclass(frozen=True)
class Spectral:
    """The signal pipeline: each frame is compared with the nearest normal spectra.

    Parameters
    ----------
    nperseg : int, optional
        Rows of a frame. By default frames of 16, 64, 128, 256 and 512 rows side by side, frames of
        a half, one and two dominant periods, and of one and two periods of the loudness.
    k : float, optional
        Number of nearest normal spectra, below 1 their share. By default 1, and where a recording
        is its own reference a tenth of its frames too.
    view : str, optional
        Compare this view of the spectra alone: "magnitude", "magnitude-dc", "complex", "aligned",
        "shape", "level", "residual" or "spectrogram". By default magnitudes with and without the
        level, phases of frames around the period, spectrograms of frames around it and around the
        period of the loudness, single rows, and of several channels the residual.
    window : str or (str, float)
        A window that `scipy.signal.get_window` knows.
    causal : bool
        Judge each row by frames that end at or before it, so that no score depends on what comes
        later. By default by the frames around it, which place an anomaly better.

    Raises
    ------
    ValueError
        For a parameter out of range.

    Notes
    -----
    The distance of a frame is ‖φ(X) − φ(X_normal)‖², with φ a view of its spectrum X and the mean
    over the nearest normal spectra (`spectra.spectral.normal`); high is anomalous.

    Examples
    --------
    >>> import numpy as np
    >>> import spectra
    >>> x = np.random.default_rng(0).normal(size=4000)
    >>> x[2000:2064] *= 5
    >>> found = spectra.detect(x, method=spectra.Spectral(nperseg=64))
    >>> found.npersegs
    (64,)
    """

    nperseg: int | None = None
    k: float | None = None
    view: View | None = None
    window: str | tuple[str, float] = "hann"
    causal: bool = False

    def __post_init__(self) -> None:
        if self.nperseg is not None:
            require_integer("nperseg", self.nperseg, 2)
        if self.k is not None:
            must = "must be a number of frames or a share of them below 1"
            require("k", self.k, Real, must, _is_number_or_share)
        if self.view is not None:
            must = f"must be one of {', '.join(VIEWS)}"
            require("view", self.view, str, must, VIEWS.__contains__)
        require_window(self.window)
        require("causal", self.causal, bool, "must be True or False")
        make_plain(self, "nperseg", "k", "window")

    def fit(
        self,
        signal: Float64Array,
        normal_rows: slice | None = None,
        unscored: Callable[[int], Statistic] = Statistic.unscored,
    ) -> tuple[SpectralModel, Scores]:
        """Learn from a signal.

        Parameters
        ----------
        signal : ndarray, shape (n_samples, n_channels)
            NaN in gaps.
        normal_rows : slice, optional
            Rows known to be normal. By default the signal is its own reference, and most of it must
            be normal.
        unscored : callable, optional
            Room for the statistic of a number of steps, by default in memory.

        Returns
        -------
        model : SpectralModel
        scores : Scores
            The scores of the signal itself.

        Raises
        ------
        DataError
            For a signal too short to compare its frames.
        """
        everything_normal = normal_rows == slice(0, len(signal))
        own_ks, normal_ks = (K_OWN, K_NORMAL) if self.k is None else ((self.k,), (self.k,))
        turns = full_turns(signal)
        first = unwrapped(signal[:PERIOD_ROWS], turns)
        # One view or one frame length is asked for to see that one alone.
        alone = self.nperseg is not None or self.view is not None
        with one_blas_thread():
            # A fault has no say in the period of what is normal. The mean VUS-PR on 618 development
            # series told the normal rows is 0.690 instead of 0.689 with that of the whole
            # recording, event F1 0.531 instead of 0.538; with the loudness of the normal rows too,
            # VUS-PR is 0.689.
            parts = [first]
            if normal_rows is not None and not everything_normal:
                begin = normal_rows.start
                stop = min(normal_rows.stop, begin + PERIOD_ROWS)
                parts.insert(0, unwrapped(signal[begin:stop], turns))
            period = next(filter(None, map(dominant_period, parts)), None)
            rhythm = None if alone else loudness_period(first)
        # A channel that never changes tells nothing of the others.
        n_live = int((~constant_channels(first)).sum())
        frames = self._frames((len(signal), n_live), period or 0, rhythm or 0)
        plan = Plan(
            frames=frames,
            ks=() if everything_normal else own_ks,
            normal_ks=normal_ks,
            window=self.window,
            step=min(each.grid.hop for each in frames),
            points=not alone,
            # Bursts of a rhythm are in each of its blocks: 40,000 rows of noise with a burst every
            # 1,000 have 6 alarms then, with blocks of 256 rows 18. What bursts behind the rows
            # declared normal is no rhythm of theirs.
            period=period or (rhythm if normal_rows is None else None),
            causal=self.causal,
            turns=turns if turns.any() else None,
        )
        return SpectralModel.fit(signal, plan, normal_rows, unscored)

    def _frames(self, shape: tuple[int, ...], period: int, rhythm: int) -> tuple[Frames, ...]:
        """Return the frame lengths, by default fixed ones and those around the dominant period.

        `rhythm` is the period of the loudness. Both periods are 0 where there is none.
        """
        alone = None if self.view is None else ((self.view, (False,)),)
        if self.nperseg is not None:
            return (Frames(FrameGrid.of(int(self.nperseg)), alone or (MAGNITUDES,)),)
        n_samples, n_channels = shape
        longest = int(LONGEST_SHARE * n_samples)
        lengths = [nperseg for nperseg in LENGTHS if nperseg <= longest]
        if not lengths:
            grid = FrameGrid.of(max(2, n_samples // 5))
            return (Frames(grid, alone or (MAGNITUDES,)),)
        compared = {nperseg: [MAGNITUDES] for nperseg in lengths}
        for share, of_share in PERIODS if period else ():
            views = compared.setdefault(max(SHORTEST, round(share * period)), [])
            views += [view for view in of_share if view not in views]
        for nperseg in _of_spectrograms(period, rhythm) if alone is None else ():
            compared.setdefault(nperseg, []).append(SPECTROGRAM)
        frames = []
        for nperseg, views in sorted(compared.items()):
            if nperseg > longest:
                continue
            if nperseg == COUPLED and 2 <= n_channels <= MAX_CHANNELS:
                views.append(("residual", (False,)))
            amplitudes = () if alone else _amplitudes(nperseg)
            grid, lines = FrameGrid.of(nperseg, STEP), alone is None and nperseg in LINES
            frames.append(Frames(grid, alone or tuple(views), amplitudes, lines))
        return tuple(frames)


def _amplitudes(nperseg: int) -> tuple[tuple[Transform, bool], ...]:
    """Return the amplitudes of frames of one length that are judged, as those of `Frames`."""
    kinds: tuple[tuple[Transform, bool, bool], ...] = (
        ("two-sided", False, nperseg == AMPLITUDE),
        ("below", True, nperseg == QUIET),
        ("silent", True, nperseg in SILENCES),
    )
    return tuple((transform, differences) for transform, differences, judged in kinds if judged)


def _of_spectrograms(period: int, rhythm: int) -> list[int]:
    """Return the frame lengths of spectrograms around two periods, which are 0 where there is none.

    Periods that differ by less than the width of a peak are one: that of the loudness is taken.
    """
    same = abs(period - rhythm) <= PERIOD_WIDTH * rhythm
    periods = [each for each in ([rhythm] if same else [period, rhythm]) if each]
    lengths = (max(SHORTEST_SPECTROGRAM, round(a * b)) for a in periods for b in SPECTROGRAMS)
    return list(dict.fromkeys(lengths))


def _is_number_or_share(k: float) -> bool:
    """Return whether k is an integer, 1 or more, or a share below 1."""
    return 0 < k < 1 or (1 <= k < MOST_ROWS and k == int(k))
