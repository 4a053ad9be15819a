"""Put what a reader returns on a regular grid in time."""

from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
import pandas as pd

from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.datasets.grid_fit import even_step
from spectra.datasets.grid_values import Choice, place_labels, place_values, resample_values
from spectra.datasets.instants import (
    OUTSIDE,
    Resolution,
    counts_of,
    has_missing,
    is_autumn,
    is_far,
    later,
    parse_period,
    seconds_of,
)
from spectra.datasets.raw import Raw
from spectra.datasets.readers.cells.names import words
from spectra.datasets.readers.tables.series import PLACES
from spectra.datasets.restarts import counted_on
from spectra.datasets.stamp_rate import StampRate, rate_of_bursts
from spectra.datasets.time_axis import REPEAT_SHARE, Grid, regular_grid, resampled_grid
from spectra.errors import DataError
from spectra.parameters import require, require_rate, shown

_NO_RATE = "No sampling rate is known (--fs gives one): frequencies are in cycles per sample."
_MOST_COUNTS = float(2**63 - 2**12)
"""Instants are counted in 64 bits; a little less, as the check is made in double precision."""
_SAME_RATE = 0.02
"""Two rates that differ by less than this share are one rate, measured twice."""


_REGULAR = 0.95
"""Share of the steps of stamps that agree with a rate."""


@dataclass(frozen=True)
class OnGrid:
    """Samples on a regular grid.

    `rows` (n_input,) is the sample that holds each input row; None where the rows are the samples,
    in order.
    """

    values: Float64Array
    labels: IntArray | None
    index: pd.Index
    fs: float | None
    rows: IntArray | None
    bridged: BoolArray | None
    notes: tuple[str, ...]


def on_grid(
    raw: Raw, fs: float | None, resample: str | bool | None, repeats: Choice | None = None
) -> OnGrid:
    """Return samples on the regular grid of their instants, or as they are without instants.

    `fs` in Hz is what the user says and goes before the file; `resample` is a period, or True for
    the median step; `repeats` says which of several rows at one instant is taken. Raises DataError,
    naming the row, where the instants have no grid.
    """
    require_rate(fs)
    if repeats is not None:
        must = f"must be one of {', '.join(get_args(Choice))}"
        require("repeats", repeats, str, must)
        if repeats not in get_args(Choice):
            raise DataError(f"repeats={shown(repeats)} {must}.")
    if raw.instants is None:
        if resample:
            raise DataError(f"{raw.source} has no time column to resample by: name it with --time.")
        return without_instants(raw, fs)
    if has_missing(raw.instants):
        row = int(np.argmax(raw.instants.isna()))
        raise DataError(f"{raw.place(row)}: the time is missing; every row needs one.")
    if (far := is_far(raw.instants)).any():
        raise DataError(f"{raw.place(int(np.argmax(far)))}: the time {OUTSIDE}.")
    if resample:
        return _resampled(raw, fs, resample)
    if fs is not None:
        return _at_given_rate(raw, fs, repeats)
    return _by_stamps(raw, repeats)


def _with_notes(grid: OnGrid, notes: tuple[str, ...]) -> OnGrid:
    """Return samples on a grid with notes before their own."""
    return replace(grid, notes=(*notes, *grid.notes))


def without_instants(raw: Raw, fs: float | None) -> OnGrid:
    """Return rows one sample apart, at the rate of the user, of the file, or at none."""
    rate = raw.fs if fs is None else fs
    notes: tuple[str, ...] = () if rate else (_NO_RATE,)
    if fs is None and raw.fs is not None and raw.fs_text:
        notes = (_file_rate_note(raw),)
    index = raw.plain
    if rate and raw.start is not None:
        start = pd.DatetimeIndex([raw.start])
        index = index_from(start, np.arange(len(raw.values)), rate)
    return OnGrid(raw.values, raw.labels, index, rate, None, None, notes)


def _file_rate_note(raw: Raw) -> str:
    """Return a note on a rate that stands in the file."""
    return f"The file gives {raw.fs:.10g} Hz ('{raw.fs_text}'; --fs gives another)."


def index_from(instants: pd.Index, positions: IntArray, fs: float) -> pd.Index:
    """Return the instants at positions of a grid that starts with the first of `instants`."""
    first = instants[0]
    if not isinstance(instants, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        return pd.Index(float(first) + positions / fs).rename(instants.name)
    counts, per_second = counts_of(instants[:1])
    seconds = positions / fs
    longest = abs(float(counts[0]) / per_second) + float(seconds.max(initial=0.0))
    # Nanoseconds where microseconds would round a step by more than a thousandth.
    units: dict[Resolution, float] = {"ns": 1e9, "us": 1e6} if fs > 1e3 or 1e6 % fs else {"us": 1e6}
    unit = next((one for one in units if longest * units[one] < _MOST_COUNTS), None)
    if unit is None:
        raise DataError(
            f"At {fs:g} Hz the last of {len(positions):,} rows would lie {longest:.3g} s from "
            "1970, beyond all dates: give another rate with --fs."
        )
    return later(first, seconds, unit).rename(instants.name)


def _at_given_rate(raw: Raw, fs: float, repeats: Choice | None) -> OnGrid:
    """Return samples at the rate of the user, on the grid of stamps that agree with it.

    Where they do not, the rows follow one another at that rate from the first stamp on.
    """
    assert raw.instants is not None
    try:
        return _on(raw, regular_grid(raw.instants, fs, raw.place), fs, repeats or "first")
    except DataError:
        note = f"The time stamps do not fit {fs:g} Hz: only the first is used (--fs)."
        return _one_after_another(raw, fs, np.arange(len(raw.values)), (note,))


def _one_after_another(raw: Raw, fs: float, positions: IntArray, notes: tuple[str, ...]) -> OnGrid:
    """Return rows at positions of a grid that starts with the first stamp."""
    assert raw.instants is not None
    n = int(positions[-1]) + 1
    index = index_from(raw.instants, np.arange(n), fs)
    labels = None if raw.labels is None else place_labels(raw.labels, positions, n)
    return OnGrid(place_values(raw.values, positions, n), labels, index, fs, positions, None, notes)


def _by_stamps(raw: Raw, repeats: Choice | None) -> OnGrid:
    """Return samples on the grid of their stamps, or at a rate where the stamps have no grid."""
    assert raw.instants is not None
    step = even_step(raw.instants)
    distinct = step is not None or (raw.instants.is_monotonic_increasing and raw.instants.is_unique)
    merged, note = ("first", "") if distinct else _settled(raw, repeats)
    try:
        grid = (
            Grid(raw.instants, step, None)
            if step is not None
            else regular_grid(raw.instants, None, raw.place, merge=merged is not None)
        )
    except DataError as refusal:
        return _without_grid(raw, refusal)
    if merged is None:
        # A few repeats that contradict one another: the first counts.
        merged = "first"
    placed = _on(raw, grid, grid.fs, merged)
    notes: tuple[str, ...] = (note,) if note else ()
    return _with_notes(placed, (*notes, *other_rate_notes(raw, grid.fs)))


def other_rate_notes(raw: Raw, fs: float) -> tuple[str, ...]:
    """Return a note where the file gives another rate than its time stamps, none where not."""
    if raw.fs is None or not raw.fs_text or abs(raw.fs / fs - 1) <= _SAME_RATE:
        return ()
    return (
        f"The file gives {raw.fs:g} Hz ('{raw.fs_text}'), its time stamps {fs:.6g} Hz: the stamps "
        f"are used (--fs {raw.fs:g} uses the other).",
    )


def _on(raw: Raw, grid: Grid, fs: float, choice: Choice) -> OnGrid:
    """Return samples at their positions on a grid."""
    n = len(grid.index)
    if grid.rows is None:
        return OnGrid(raw.values, raw.labels, grid.index, fs, None, None, grid.notes)
    labels = None if raw.labels is None else place_labels(raw.labels, grid.rows, n)
    values = place_values(raw.values, grid.rows, n, choice)
    return OnGrid(values, labels, grid.index, fs, grid.rows, None, grid.notes)


def _without_grid(raw: Raw, refusal: DataError) -> OnGrid:
    """Return samples at the rate of the file or of bursts; raise the refusal without either."""
    assert raw.instants is not None
    bursts = _bursts(raw)
    if raw.fs is not None and _agree_but_for_gaps(raw, raw.instants, raw.fs):
        # Rows one after another would hide how long the gap is, and that the time starts again.
        raise refusal
    if raw.fs is not None:
        agrees = bursts is not None and abs(bursts.fs / raw.fs - 1) < 0.1
        positions = bursts.positions if agrees and bursts else np.arange(len(raw.values))
        notes = (_file_rate_note(raw), "The time stamps are no grid: only the first is used.")
        return _one_after_another(raw, raw.fs, positions, notes)
    if bursts is None:
        raise refusal
    _refuse_profiles(raw)
    return _one_after_another(raw, bursts.fs, bursts.positions, (bursts.note,))


def _bursts(raw: Raw) -> StampRate | None:
    """Return the rate of rows in bursts, None where each of them holds a part of the channels.

    Loggers that ask one sensor after another write rows so: they are no samples one after another.
    """
    assert raw.instants is not None
    known = np.sum(~np.isnan(raw.values), axis=1)
    channels = raw.values.shape[1]
    parts = channels > 1 and 2 * float(np.median(known)) <= channels
    return None if parts else rate_of_bursts(raw.instants)


def _refuse_profiles(raw: Raw) -> None:
    """Raise DataError where the rows of each instant go down or up, by a channel of depths."""
    assert raw.instants is not None
    same = np.diff(seconds_of(raw.instants)) == 0
    for name, values in zip(raw.channels, raw.values.T, strict=True):
        steps = np.diff(values)
        if not words(name) & PLACES or not same.any() or same.all():
            continue
        if any(
            (sign * steps[same] > 0).all() and (sign * steps[~same] < 0).all() for sign in (1, -1)
        ):
            raise DataError(
                f"{raw.source} holds a profile along '{name}' at each instant: choose one level, "
                "or write a row an instant and a column a level (--fs reads the rows one after "
                "another)."
            )


def _agree_but_for_gaps(raw: Raw, instants: pd.Index, fs: float) -> bool:
    """Return True if stamps rise or start again, in steps of a rate but for a few longer ones."""
    steps = np.diff(seconds_of(instants)) * fs
    if np.mean(np.abs(steps - 1) <= _SAME_RATE) <= _REGULAR:
        return False
    return bool(np.all(steps > 0.5)) or counted_on(raw, instants) is not None


def _settled(raw: Raw, repeats: Choice | None) -> tuple[Choice | None, str]:
    """Return which of the rows at one stamp counts, and a note; no choice where that is open.

    Rows that contradict no other are merged. Raises DataError where many contradict one another,
    unless their number a stamp is steady, which gives a rate.
    """
    assert raw.instants is not None
    group = np.unique(seconds_of(raw.instants), return_inverse=True)[1]
    n = int(group.max()) + 1
    count = len(group) - n
    if count == 0:
        return "first", ""
    rows = f"{count} row{'s' if count > 1 else ''} with the time stamp of another"
    if repeats is not None:
        return repeats, f"{rows}: --repeats {repeats}."
    low = place_values(raw.values, group, n, "min")
    high = place_values(raw.values, group, n, "max")
    differ = low != high
    differ &= ~np.isnan(low)
    if not differ.any():
        return "first", f"{rows} and no other value: merged."
    conflict = _conflict(raw, group, int(np.argmax(differ.any(axis=1))))
    choices = "--repeats first, last, max, min or mean"
    if is_autumn(raw.instants):
        note = f"{rows}, as the clock was set back by an hour: the first is used"
        return "first", f"{note} ({choices} decides)."
    if count <= max(1, REPEAT_SHARE * len(group)):
        return None, f"{rows}, such as {conflict}: the first is used ({choices} decides)."
    if rate_of_bursts(raw.instants) is None and raw.fs is None and n > 1:
        raise DataError(
            f"{conflict}; so have {count} of {len(group)} rows in all: choose with {choices}, or "
            "give the sampling rate with --fs."
        )
    return None, ""


def _conflict(raw: Raw, group: IntArray, number: int) -> str:
    """Return a sentence on two rows at one stamp with different values."""
    assert raw.instants is not None
    first, *others = np.flatnonzero(group == number).tolist()
    differs = raw.values[others] != raw.values[first]
    differs &= ~np.isnan(raw.values[others])
    row, channel = map(int, np.argwhere(differs)[0]) if differs.any() else (0, 0)
    second = others[row]
    one, two = raw.values[first, channel], raw.values[second, channel]
    stamp = raw.instants[first]
    return (
        f"{raw.place(second)}, which has the time stamp of {raw.place(first).split(', ')[-1]} "
        f"({stamp}) and in '{raw.channels[channel]}' {two:g} in place of {one:g}"
    )


def _resampled(raw: Raw, fs: float | None, resample: str | bool) -> OnGrid:
    """Return samples resampled by straight lines; as they are where they have that rate."""
    assert raw.instants is not None
    period = parse_period(resample) if isinstance(resample, str) else None
    bursts: StampRate | None = None
    try:
        grid = regular_grid(raw.instants, fs, raw.place)
    except DataError:
        bursts = _bursts(raw)
        grid = None
    instants = raw.instants
    notes: tuple[str, ...] = ()
    if bursts is not None:
        # Rows that share a stamp follow one another; their mean would be another signal.
        instants = index_from(raw.instants, bursts.positions, bursts.fs)
        grid, notes = regular_grid(instants, None, raw.place), (bursts.note,)
    if grid is None or (period is not None and abs(grid.step / period - 1) > 1e-6):
        grid = resampled_grid(instants, period, raw.place)
    if fs is not None and abs(fs * grid.step - 1) > 0.01:
        raise DataError(
            f"Resampled, the recording has {grid.fs:g} Hz, not the {fs:g} Hz given: leave fs out."
        )
    rate = grid.fs if fs is None else fs
    if grid.seconds is None or grid.rows is None:
        return _with_notes(_on(raw, grid, rate, "mean"), notes)
    n = len(grid.index)
    values, bridged = resample_values(raw.values, grid.seconds, grid.step, n)
    labels = None if raw.labels is None else place_labels(raw.labels, grid.rows, n)
    return OnGrid(values, labels, grid.index, rate, grid.rows, bridged, (*notes, *grid.notes))
