"""A column beside that of the time with the zone of each row: CET and CEST, +0100 and +0200."""

import re
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.names import words
from spectra.datasets.readers.dates.dates import CLOCK_ZONE, ZONES
from spectra.datasets.readers.times.time_index import TimeColumn
from spectra.datasets.readers.times.time_numbers import irregularity

_NAMES = frozenset({"tz", "zone", "timezone", "zeitzone", "offset", "utcoffset", "fuseau", "fuso"})
_OFFSET = re.compile(r"(?:utc|gmt)?([+-]?\d{1,2}):?([0-5]\d)?", re.IGNORECASE)
_A_FEW = 20
_FARTHEST = 14
"""Hours ahead of UTC of the zone that is farthest from it."""
_MOST_ZONES = 4
"""Different zones of a clock: those of summer and winter, at two places."""


def in_zones_beside(table: Table, axis: TimeColumn) -> TimeColumn:
    """Return an axis of local times in UTC, where a column gives the zones, which change.

    One zone throughout changes nothing but the name of the axis.
    """
    if not isinstance(axis.index, pd.DatetimeIndex) or axis.index.tz is not None:
        return axis
    for column, name in enumerate(table.names):
        series = table.column(column)
        beside = column == max(axis.columns) + 1 and series.dtype.kind not in "iuf"
        if column in axis.columns or not (beside or words(name) & _NAMES):
            continue
        if _hours([str(one).strip() for one in series.iloc[:_A_FEW].unique()]) is None:
            continue
        found = series.unique()
        hours = _hours([str(one).strip() for one in found[: _MOST_ZONES + 1]])
        if hours is None or not 1 < len(found) <= _MOST_ZONES:
            continue
        moved = _moved(axis.index, series, dict(zip(found, hours, strict=True)))
        if irregularity(moved) <= irregularity(axis.index):
            note = f"{table.label(column)} is the zone of each row: the times are in UTC."
            return replace(
                axis,
                columns=axis.columns | {column},
                index=moved.tz_localize("UTC").rename(axis.index.name),
                notes=(*axis.notes, note),
            )
    return axis


def in_zones_behind(index: pd.DatetimeIndex, clocks: "pd.Series[float]") -> pd.DatetimeIndex:
    """Return instants in the zone that stands behind each time of day, in UTC where it changes."""
    if not re.search(rf"{CLOCK_ZONE}\s*$", str(clocks.iloc[0]), re.IGNORECASE):
        return index
    zones = clocks.astype("str").str.extract(rf"({CLOCK_ZONE})\s*$", flags=re.IGNORECASE)[0]
    found = zones.unique()
    hours = _hours([str(one).strip() for one in found])
    if hours is None:
        return index
    if len(found) == 1:
        return index.tz_localize(timezone(timedelta(hours=float(hours[0]))))
    return _moved(index, zones, dict(zip(found, hours, strict=True))).tz_localize("UTC")


def _moved(
    index: pd.DatetimeIndex, zones: "pd.Series[float]", hours: dict[Any, float]
) -> pd.DatetimeIndex:
    """Return local times less the hours that the zone of each is ahead of UTC."""
    ahead = zones.map(hours).to_numpy(dtype=np.float64)
    moved: pd.DatetimeIndex = index - pd.to_timedelta(np.rint(ahead * 3600), unit="s")
    return moved


def _hours(zones: list[str]) -> Float64Array | None:
    """Return the hours ahead of UTC of names and offsets of zones, None where one is neither."""
    named = [ZONES.get(zone.casefold()) for zone in zones]
    if None not in named:
        return np.array(named, dtype=np.float64)
    if all(re.fullmatch(r"-?\d{1,5}", zone) for zone in zones):
        counts = np.array([int(zone) for zone in zones], dtype=np.float64)
        # Hours, 200 for +0200, minutes, or seconds.
        whole = bool(np.isin(np.abs(counts) % 100, (0, 15, 30, 45)).all())
        most = np.abs(counts).max()
        scale = 1 if most <= _FARTHEST else 60 if most <= 60 * _FARTHEST else 3600
        if whole and _FARTHEST < most <= 100 * _FARTHEST:
            return np.asarray(np.fix(counts / 100) + np.fmod(counts, 100) / 60)
        return np.asarray(counts / scale) if most <= _FARTHEST * scale else None
    parts = [_OFFSET.fullmatch(zone) for zone in zones]
    if any(part is None for part in parts):
        return None
    signs = [-1 if part and part[1].startswith("-") else 1 for part in parts]
    hours = np.array(
        [
            int(part[1]) + sign * int(part[2] or 0) / 60
            for part, sign in zip(parts, signs, strict=True)
            if part
        ]
    )
    return hours if np.abs(hours).max() <= _FARTHEST else None
