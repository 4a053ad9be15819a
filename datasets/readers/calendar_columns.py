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
    "doy": "day of year", "jday": "day of year", "julian": "day of year", "yday": "day of year",
    "dayofyear": "day of year", "day_of_year": "day of year", "jd": "day of year",
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
    if "day of year" in parts:
        return _by_day_of_year(parts, values)
    years = values["year"].to_numpy(dtype=np.float64, na_value=np.nan)
    if len(parts) > 1 or not (
        years[0] >= 1000 and years[-1] < 3000 and (np.diff(years) == 1).all()
    ):
        return None
    starts = (years.astype(np.int64) - 1970).view("datetime64[Y]").astype("datetime64[s]")
    return frozenset(parts.values()), pd.DatetimeIndex(starts)


def _by_day_of_year(
    parts: dict[str, int], values: "dict[str, pd.Series[float]]"
) -> tuple[frozenset[int], pd.DatetimeIndex] | None:
    """Return the dates of years and days counted from 1, with hours, minutes and seconds."""
    names = [part for part in ("year", "day of year", *_PARTS[3:]) if part in parts]
    numbers = {name: values[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in names}
    years, days = numbers["year"], numbers["day of year"]
    if any(np.isnan(one).any() for one in numbers.values()):
        return None
    if not (years.min() >= 1000 and years.max() < 3000 and days.min() >= 0 and days.max() < 367):
        return None
    seconds = (days - 1) * 86400
    for name, length in (("hour", 3600), ("minute", 60), ("second", 1)):
        seconds = seconds + numbers.get(name, np.zeros(len(years))) * length
    starts = (years.astype(np.int64) - 1970).view("datetime64[Y]").astype("datetime64[ms]")
    late = np.rint(seconds * 1000).astype(np.int64).view("timedelta64[ms]")
    return frozenset(parts[name] for name in names), pd.DatetimeIndex(starts + late)
