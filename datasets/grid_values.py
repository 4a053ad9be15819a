"""Values put on a regular grid, and short gaps in them filled by straight lines."""

from typing import Literal

import numpy as np

from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.runs import true_runs

LONGEST_FILL = 5
"""Longest gap, in samples, that is filled by a straight line; longer ones stay without values."""


Choice = Literal["first", "last", "max", "min", "mean"]
"""Treatment of several values at one instant."""


def place_values(
    values: Float64Array, rows: IntArray, n: int, choice: Choice = "mean"
) -> Float64Array:
    """Return the values (n_input, c) at positions `rows` of a grid, (n, c), NaN between.

    Where rows meet, `choice` says which of their values is taken; missing ones never are.
    """
    if n == len(values) and bool((np.diff(rows) == 1).all()):
        return values
    order = np.argsort(rows, kind="stable")
    positions, starts = np.unique(rows[order], return_index=True)
    placed = np.full((n, values.shape[1]), np.nan)
    if len(positions) == len(order):
        placed[rows] = values
        return placed
    if choice in ("first", "last"):
        # Of several assignments to one place the last one stays.
        turned = slice(None, None, -1 if choice == "first" else 1)
        for channel in range(values.shape[1]):
            known = ~np.isnan(values[:, channel])
            placed[rows[known][turned], channel] = values[known, channel][turned]
        return placed
    if choice in ("max", "min"):
        fold = np.fmax if choice == "max" else np.fmin
        placed[positions] = fold.reduceat(values[order], starts, axis=0)
        return placed
    known = ~np.isnan(values[order])
    sums = np.add.reduceat(np.where(known, values[order], 0.0), starts, axis=0)
    counts = np.add.reduceat(known.astype(np.float64), starts, axis=0)
    placed[positions] = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    return placed


def place_labels(labels: IntArray, rows: IntArray, n: int) -> IntArray:
    """Return the labels on a grid, (n,): 1 where any row there has it.

    A gap between two rows of 1 is 1 too.
    """
    found = np.full(n, -1, dtype=np.int64)
    np.maximum.at(found, rows, labels)
    known = np.flatnonzero(found >= 0)
    everywhere = np.arange(n)
    before = known[np.clip(np.searchsorted(known, everywhere, side="right") - 1, 0, None)]
    after = known[np.clip(np.searchsorted(known, everywhere), None, len(known) - 1)]
    return np.minimum(found[before], found[after])


def resample_values(
    values: Float64Array, seconds: Float64Array, step: float, n: int
) -> tuple[Float64Array, BoolArray]:
    """Return values interpolated in time, and where gaps were bridged.

    The instants are 0, `step`, 2 `step`, …, (n,), and `seconds` (n_input,) the times of the rows;
    rows with one time are averaged. A gap is where rows are further apart than usual by half; one
    of more than LONGEST_FILL samples has no values.
    """
    times, group = np.unique(seconds, return_inverse=True)
    merged = place_values(values, group, len(times))
    instants = np.arange(n) * step
    placed = np.full((n, values.shape[1]), np.nan)
    bridged = np.zeros(n, dtype=np.bool_)
    usual = max(step, float(np.median(np.diff(times))))
    for channel in range(values.shape[1]):
        known = ~np.isnan(merged[:, channel])
        if known.any():
            where, line = times[known], merged[known, channel]
            left = np.clip(np.searchsorted(where, instants, side="right") - 1, 0, None)
            right = np.clip(np.searchsorted(where, instants), None, len(where) - 1)
            width = where[right] - where[left]
            inside = (
                (instants >= where[0])
                & (instants <= where[-1])
                & (width <= (LONGEST_FILL + 1.5) * usual)
            )
            placed[inside, channel] = np.interp(instants[inside], where, line)
            bridged |= inside & (width > 1.5 * usual)
    return placed, bridged


def fill_short_gaps(
    values: Float64Array, *, complete: bool = False
) -> tuple[Float64Array, BoolArray, tuple[str, ...]]:
    """Fill gaps of at most LONGEST_FILL samples by straight lines; none if `complete`.

    Returned are the values (n, c), where any was filled, (n,), and notes on both kinds of gaps.
    What is missing at either end stays missing: there is nothing to draw a line to.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        # A finite sum has finite parts, and takes no memory.
        complete = complete or bool(np.isfinite(values.sum())) or bool(np.isfinite(values).all())
    if complete:
        # One value for all rows: a mask of millions would take memory for nothing.
        return values, np.broadcast_to(np.False_, len(values)), ()
    filled = np.zeros(len(values), dtype=np.bool_)
    values = values.copy()
    left_open = np.zeros(len(values), dtype=np.bool_)
    for channel in np.flatnonzero(np.isnan(values).any(axis=0)):
        column = values[:, channel]
        missing = np.isnan(column)
        starts, ends = true_runs(missing)
        short = (ends - starts <= LONGEST_FILL) & (starts > 0) & (ends < len(values))
        fill = missing & np.repeat(short, ends - starts).astype(np.bool_)[np.cumsum(missing) - 1]
        known = np.flatnonzero(~missing)
        if len(known):
            values[fill, channel] = np.interp(np.flatnonzero(fill), known, column[known])
        filled |= fill
        left_open |= missing & ~fill
    n_open = int(left_open.sum())
    return values, filled, gap_notes(int(filled.sum()), n_open, int(np.argmax(left_open)))


def gap_notes(n_filled: int, n_open: int, first: int) -> tuple[str, ...]:
    """Return notes on the numbers of samples that were filled and that have no value.

    `first` is the row of the first without a value, from 0.
    """
    notes = []
    if n_filled:
        notes.append(
            f"{_samples(n_filled)} missing in gaps of at most {LONGEST_FILL}: filled by straight "
            "lines and marked."
        )
    if n_open:
        notes.append(
            f"{_samples(n_open)} missing in longer gaps or at the ends, the first at row "
            f"{first:,}: what covers them has no score."
        )
    return tuple(notes)


def _samples(count: int) -> str:
    """Format a number of samples with its noun."""
    return "1 sample" if count == 1 else f"{count:,} samples"
