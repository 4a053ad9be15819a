"""The frames, views and references that are compared, and the base scores made of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from spectra.arrays import Float64Array, IntArray
from spectra.calibration.standard import Transform
from spectra.errors import DataError
from spectra.signal.distance import Targets
from spectra.signal.frames import FrameGrid
from spectra.signal.loudness import silences
from spectra.signal.scale import Scale
from spectra.signal.spectrum import with_mean
from spectra.signal.views import View, n_bands
from spectra.spectral import coupling
from spectra.spectral.amplitude import Amplitude
from spectra.spectral.base_scores import BaseScores
from spectra.spectral.comparison import Comparison, gathered_spectra, view_features
from spectra.spectral.lines import Lines
from spectra.spectral.normal import (
    Neighbours,
    NormalSpectra,
    bank_size,
    draw_starts,
    usable_neighbours,
)
from spectra.spectral.points import Points
from spectra.threads import one_blas_thread

# Share of the normal rows around a frame that it is not compared with.
LEFT_OUT: Final = 0.1
# Views that see where in the frame an event lies.
KEEP_PHASES: Final[tuple[View, ...]] = ("complex", "spectrogram")


class Frames(NamedTuple):
    """Frames of one length, their views without or with the level, and their amplitudes.

    Each amplitude is the transform of its standard, and whether it is that of differences of rows.
    `lines` says whether the strongest line is judged.
    """

    grid: FrameGrid
    views: tuple[tuple[View, tuple[bool, ...]], ...]
    amplitudes: tuple[tuple[Transform, bool], ...] = ()
    lines: bool = False


@dataclass(frozen=True)
class Plan:
    """The frames, views and references that are compared.

    Attributes
    ----------
    frames : tuple of Frames
    ks : tuple of float
        Numbers of nearest frames of the whole signal, below 1 shares of them; none where all of the
        signal is known to be normal.
    normal_ks : tuple of float
        Those of the rows known to be normal.
    window : str or tuple
    step : int
        Rows of a step.
    points : bool
        Score single rows too.
    period : int or None
        Dominant period in rows, None where there is none.
    causal : bool
        Judge rows by frames that end before them.
    turns : ndarray (n_channels,), optional
        Full turns of channels that are angles, 0 for others, by default all.
    """

    frames: tuple[Frames, ...]
    ks: tuple[float, ...]
    normal_ks: tuple[float, ...]
    window: str | tuple[str, float]
    step: int
    points: bool
    period: int | None
    causal: bool = False
    turns: Float64Array | None = None


def planned_base_scores(
    signal: Float64Array, scale: Scale, plan: Plan, normal_rows: slice | None
) -> BaseScores:
    """Return the base scores of a plan, with normal spectra of a signal (n_samples, n_channels).

    Raises DataError for a signal too short to compare its frames.
    """
    # The threads of BLAS sum in another order: the model does not depend on their number.
    with one_blas_thread():
        comparisons = tuple(_comparisons(signal, scale, plan, normal_rows))
        points = Points.fit(signal, scale) if plan.points else None
    if not comparisons:
        n, c = signal.shape
        if c > n:
            raise DataError(
                f"The {n} rows are too few to compare frames, and there are {c:,} channels: rows "
                "are instants, give the transpose of an array whose rows are channels."
            )
        raise DataError(
            f"The {len(signal)} rows hold too few frames of {plan.frames[0].grid.nperseg} "
            "without gaps to compare with one another: give a longer recording or a smaller "
            "nperseg."
        )
    return BaseScores(comparisons, plan.step, points, plan.causal, scale.spreads_of_turns)


def _comparisons(
    signal: Float64Array, scale: Scale, plan: Plan, normal_rows: slice | None
) -> Iterator[Comparison | Amplitude | Lines]:
    """Yield the comparisons of all frame lengths that the signal is long enough for."""
    for frames in plan.frames:
        grid = frames.grid
        banks = [
            *_bank(signal, grid, plan.ks, None),
            *(() if normal_rows is None else _bank(signal, grid, plan.normal_ks, normal_rows)),
        ]
        if banks:
            yield from _of_one_length(signal, scale, frames, plan.window, banks)


class _Bank(NamedTuple):
    """First rows of normal frames, their margin, and the numbers of nearest ones."""

    starts: IntArray
    margin: int
    neighbours: tuple[Neighbours, ...]
    declared: bool


def _bank(
    signal: Float64Array, grid: FrameGrid, ks: tuple[float, ...], rows: slice | None
) -> Iterator[_Bank]:
    """Yield a bank drawn from the signal or from its normal rows, none where frames are few.

    What is normal is met at other times than it was learned at. Frames of rows known to be normal
    are therefore compared with those of other times only (blocked leave-out): a tenth of the rows
    around each is left out. In a recording that is its own reference, frames that do not overlap
    are compared.
    """
    margin = grid.nperseg
    if rows is not None:
        margin = max(margin, round(LEFT_OUT * (rows.stop - rows.start) / 2))
    starts = draw_starts(signal, grid, bank_size(grid.nperseg), rows)
    usable = (usable_neighbours(starts, margin, k) for k in ks)
    neighbours = tuple(dict.fromkeys(each for each in usable if each is not None))
    if neighbours:
        yield _Bank(starts, margin, neighbours, rows is not None)


def _of_one_length(
    signal: Float64Array,
    scale: Scale,
    frames: Frames,
    window: str | tuple[str, float],
    banks: list[_Bank],
) -> Iterator[Comparison | Amplitude | Lines]:
    """Yield the comparison of each view, with a reference a bank."""
    nperseg = frames.grid.nperseg
    transformed = [gathered_spectra(signal, scale, bank.starts, nperseg, window) for bank in banks]
    for view, levels in frames.views:
        whitening = silence = None
        if view == "residual":
            whitening = coupling.whitening_matrices(with_mean(*transformed[-1], window, nperseg))
        if view == "spectrogram":
            powers = view_features(*transformed[-1], view, window, nperseg)
            silence = silences(powers, n_bands(nperseg // 2 + 1))
        references = tuple(
            NormalSpectra(
                Targets.of(view_features(X, means, view, window, nperseg, whitening, silence)),
                means,
                bank.starts,
                nperseg,
                bank.margin,
                # A tenth of the frames has all phases: no reference for views that keep them.
                bank.neighbours[:1] if view in KEEP_PHASES else bank.neighbours,
                bank.declared,
            )
            for bank, (X, means) in zip(banks, transformed, strict=True)
        )
        yield Comparison(frames.grid, view, levels, window, references, whitening, silence)
    for transform, differences in frames.amplitudes:
        yield Amplitude(frames.grid, window, transform, differences)
    if frames.lines:
        X, _ = transformed[-1]
        yield Lines.of(frames.grid, window, X)
