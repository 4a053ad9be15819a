"""Dates in a column for each part: year, month, day, hour, minute, second."""

import numpy as np
import pandas as pd

from spectra.datasets.readers.columns import Table, is_plain

_PARTS = ("year", "month", "day", "hour", "minute", "second")
_CALENDAR = {
    **{part: part for part in _PARTS},
    "YY": "year", "YYYY": "year", "yyyy": "year", "yr": "year", "jahr": "year", "año": "year",
    "anno": "year", "année": "year", "annee": "year", "jaar": "year", "ano": "year",
    "MM": "month", "mo": "month", "monat": "month", "mes": "month", "mois": "month",
    "mese": "month", "maand": "month",
    "DD": "day", "dd": "day", "dy": "day", "tag": "day", "día": "day", "dia": "day", "jour": "day",
    "giorno": "day", "dag": "day",
    "hh": "hour", "HH": "hour", "hr": "hour", "stunde": "hour", "hora": "hour", "heure": "hour",
    "ora": "hour", "uur": "hour",
    "mm": "minute", "mn": "minute", "min": "minute", "minuto": "minute",
    "ss": "second", "SS": "second", "sec": "second",
}  # fmt: skip
"""Names of columns that hold parts of a date; MM and mm differ, other names by no case."""


def calendar_dates(table: Table, free: list[int]) -> tuple[frozenset[int], pd.DatetimeIndex] | None:
    """Return the columns called year, month, day, hour, … and the dates in them."""
    parts: dict[str, int] = {}
    for column in free:
        name = (table.names[column] or "").strip(" #")
        part = _CALENDAR.get(name) or _CALENDAR.get(name.casefold())
        if part is not None:
            parts.setdefault(part, column)
    values = {part: table.frame.iloc[:, column] for part, column in parts.items()}
    if "year" not in parts or not all(is_plain(one) for one in values.values()):
        return None
    if "month" in parts:
        parts = {part: parts[part] for part in _PARTS if part in parts}
        values = {part: values[part] for part in parts}
        values.setdefault("day", pd.Series(1, index=table.frame.index))
        dates = pd.to_datetime(pd.DataFrame(values), errors="coerce")
        return None if dates.isna().any() else (frozenset(parts.values()), pd.DatetimeIndex(dates))
    years = values["year"].to_numpy(dtype=np.float64, na_value=np.nan)
    if len(parts) > 1 or not (
        years[0] >= 1000 and years[-1] < 3000 and (np.diff(years) == 1).all()
    ):
        return None
    starts = (years.astype(np.int64) - 1970).view("datetime64[Y]").astype("datetime64[s]")
    return frozenset(parts.values()), pd.DatetimeIndex(starts)
