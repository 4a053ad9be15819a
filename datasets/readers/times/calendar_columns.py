"""Dates in a column for each part: year, month, day, hour, minute, second."""

from typing import Any

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array, IntArray
from spectra.datasets.readers.cells.columns import Table, is_plain
from spectra.datasets.readers.cells.names import TIME_WORDS, words
from spectra.datasets.readers.dates.date_notations import month_number
from spectra.datasets.readers.times.time_numbers import irregularity

_PARTS = ("year", "month", "day", "hour", "minute", "second")
_CALENDAR = {
    **{part: part for part in _PARTS},
    "YY": "year", "YYYY": "year", "yyyy": "year", "yr": "year", "jahr": "year", "año": "year",
    "anno": "year", "année": "year", "annee": "year", "jaar": "year", "ano": "year",
    "vuosi": "year", "år": "year", "rok": "year", "год": "year", "aasta": "year",
    "年": "year", "년": "year",
    "MM": "month", "mo": "month", "mnth": "month", "mon": "month",
    "monat": "month", "mes": "month", "mois": "month",
    "mese": "month", "maand": "month",
    "kuukausi": "month", "kuu": "month", "kk": "month", "måned": "month", "månad": "month",
    "miesiąc": "month", "měsíc": "month", "месяц": "month", "mês": "month", "月": "month",
    "월": "month",
    "DD": "day", "dd": "day", "dy": "day", "tag": "day", "día": "day", "dia": "day", "jour": "day",
    "giorno": "day", "dag": "day", "päivä": "day", "päev": "day", "dzień": "day", "den": "day",
    "pv": "day", "da": "day",
    "день": "day", "gün": "day", "日": "day", "일": "day",
    "hh": "hour", "HH": "hour", "hr": "hour", "stunde": "hour", "hora": "hour", "heure": "hour",
    "ora": "hour", "uur": "hour", "godzina": "hour", "час": "hour", "saat": "hour",
    "tunti": "hour", "時": "hour", "时": "hour", "시": "hour",
    "mm": "minute", "mn": "minute", "min": "minute", "minuto": "minute",
    "doy": "day of year", "jul": "day of year", "jday": "day of year", "julian": "day of year",
    "yday": "day of year",
    "dayofyear": "day of year", "day_of_year": "day of year", "jd": "day of year",
    "week": "week", "woche": "week", "KW": "week", "semaine": "week", "semana": "week",
    "isoweek": "week",
    "YYY": "year", "hh.h": "hour",
    "ss": "second", "SS": "second", "sec": "second",
    "y\u0131l": "year", "év": "year", "an": "year", "anul": "year", "έτος": "year", "leto": "year",
    "godina": "year", "metai": "year", "gads": "year", "tahun": "year", "năm": "year",
    "рік": "year", "연도": "year",
    "ay": "month", "hónap": "month", "luna": "month", "μήνας": "month", "mesec": "month",
    "mjesec": "month", "mesiac": "month", "mėnuo": "month", "mēnesis": "month", "bulan": "month",
    "tháng": "month", "місяць": "month",
    "nap": "day", "zi": "day", "ziua": "day", "ημέρα": "day", "dan": "day", "deň": "day",
    "diena": "day", "hari": "day", "tanggal": "day", "ngày": "day",
    "óra": "hour", "ώρα": "hour", "sat": "hour", "ura": "hour", "hodina": "hour", "timme": "hour",
    "timma": "hour", "valanda": "hour", "jam": "hour", "giờ": "hour",
    "dakika": "minute", "perc": "minute", "minuta": "minute", "минута": "minute",
    "menit": "minute", "phút": "minute", "分": "minute", "분": "minute", "λεπτό": "minute",
    "saniye": "second", "segundo": "second", "seconde": "second", "secondo": "second",
    "sekunde": "second", "sekund": "second", "секунда": "second", "秒": "second", "초": "second",
}  # fmt: skip
"""Names of columns that hold parts of a date; MM and mm differ, other names by no case."""

_LETTERS = {
    "Y": "year",
    "M": "month",
    "D": "day",
    "H": "hour",
    "h": "hour",
    "m": "minute",
    "S": "second",
    "s": "second",
}
"""Letters alone, where year, month and day all have one."""


def calendar_dates(table: Table, free: list[int]) -> tuple[frozenset[int], pd.DatetimeIndex] | None:
    """Return the columns called year, month, day, hour, … and the dates in them."""
    parts: dict[str, int] = {}
    known = _CALENDAR | _LETTERS if {"Y", "M", "D"} <= {*table.names} else _CALENDAR
    for column in free:
        name = (table.names[column] or "").strip(" #")
        part = known.get(name) or known.get(name.casefold())
        if part is not None:
            parts.setdefault(part, column)
    values = {part: table.column(column) for part, column in parts.items()}
    if "month" in parts:
        values["month"] = _numbered(values["month"])
    if "month" not in parts and "day" in parts and "day of year" not in parts:
        # A day without a month is that of the year.
        parts["day of year"] = parts.pop("day")
        values["day of year"] = values.pop("day")
    if "year" in parts and not {"month", "day of year", "hour"} & parts.keys():
        # MM and mm are the month where nothing else is it.
        parts |= {"month": parts.pop("minute")} if "minute" in parts else {}
        values = {part: table.column(column) for part, column in parts.items()}
    if "year" not in parts or not all(is_plain(one) for one in values.values()):
        return None
    if "month" in parts:
        parts = {part: parts[part] for part in _PARTS if part in parts}
        values = {part: values[part] for part in parts}
        values.setdefault("day", pd.Series(1, index=table.frame.index))
        days = pd.to_datetime(pd.DataFrame(values)[[*_PARTS[:3]]], errors="coerce")
        hours = {part: one for part, one in values.items() if part in _PARTS[3:]}
        clock = _clock_of(hours, len(days))
        if days.isna().any() or clock is None:
            return None
        return frozenset(parts.values()), pd.DatetimeIndex(days) + clock
    if "day of year" in parts:
        return _by_day_of_year(parts, values)
    if parts.keys() == {"year", "week"}:
        weeks = values["year"].astype("str") + " " + values["week"].astype("str") + " 1"
        mondays = pd.DatetimeIndex(pd.to_datetime(weeks, format="%G %V %u", errors="coerce"))
        if not mondays.isna().any():
            return frozenset(parts.values()), mondays
        # KW is also kilowatts.
        del parts["week"]
    years = values["year"].to_numpy(dtype=np.float64, na_value=np.nan)
    if len(parts) > 1 or not (
        years[0] >= 1000 and years[-1] < 3000 and (np.diff(years) == 1).all()
    ):
        return None
    starts = (years.astype(np.int64) - 1970).view("datetime64[Y]").astype("datetime64[s]")
    return frozenset(parts.values()), pd.DatetimeIndex(starts)


def _numbered(months: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return the numbers of months that are written by their names; others as they are."""
    if is_plain(months):
        return months
    names = [str(name).strip() for name in months.unique()]
    numbers = [month_number(name) if len(name) > 2 else None for name in names[:_MOST_MONTHS]]
    if len(names) > _MOST_MONTHS or None in numbers:
        return months
    return months.astype("str").str.strip().map(dict(zip(names, numbers, strict=True)))


def _clock_of(values: "dict[str, pd.Series[float]]", rows: int) -> pd.TimedeltaIndex | None:
    """Return the time of day of hours, minutes and seconds, 0 without any; None for others.

    Hours from 1 to 24 and minutes that are 60 throughout name the end of an interval.
    """
    numbers = {
        part: one.to_numpy(dtype=np.float64, na_value=np.nan) for part, one in values.items()
    }
    hours, minutes = numbers.get("hour"), numbers.get("minute")
    if minutes is not None and (minutes == 60).all():
        numbers["minute"] = np.zeros_like(minutes)
    if hours is not None and hours.min() == 1 and hours.max() == 24:
        numbers["hour"] = hours - 1
    seconds = np.zeros(rows)
    for part, most, length in (("hour", 24, 3600), ("minute", 59, 60), ("second", 60.999, 1)):
        one = numbers.get(part, np.zeros(rows))
        if not (one.min() >= 0 and one.max() <= most):
            return None
        seconds = seconds + one * length
    return pd.TimedeltaIndex(np.rint(seconds * 1e6).astype(np.int64).view("timedelta64[us]"))


def parts_of_axis(table: Table, instants: pd.Index | None, free: list[int]) -> list[int]:
    """Return the columns that are named like a part of a date and are that of each instant."""
    if not isinstance(instants, pd.DatetimeIndex):
        return []
    found = []
    for column in free:
        name = words(table.names[column])
        if name - _CALENDAR.keys() - TIME_WORDS:
            # Rain in mm, and the min of a temperature.
            name -= _ALSO_UNITS
        known = {_CALENDAR.get(word, word) for word in name}
        known |= {"day of year"} if name >= {"day", "year"} else set()
        series = table.column(column)
        if series.dtype.kind == "f" and _are_years(series.to_numpy(dtype=np.float64), instants):
            found.append(column)
            continue
        if not known & _OF_INSTANT.keys() or series.dtype.kind not in "iuf":
            continue
        values = series.to_numpy(dtype=np.float64)
        parts = (part for each in known & _OF_INSTANT.keys() for part in _OF_INSTANT[each])
        if any(np.array_equal(values, _part_of(instants, part)) for part in parts):
            found.append(column)
    return found


def _are_years(values: Float64Array, instants: pd.DatetimeIndex) -> bool:
    """Return True for years with a fraction, 1990.042, that say the instant of each row again."""
    if not _YEARS[0] < values[0] < _YEARS[1]:
        return False
    years = np.asarray(instants.year + (instants.day_of_year - 1) / 365.25, dtype=np.float64)
    return bool((np.abs(values - years) <= _HALF_A_MONTH).all()) and bool(np.ptp(values) > 0)


def _part_of(instants: pd.DatetimeIndex, part: str) -> IntArray:
    """Return a part of each instant; "+1" behind it counts from one more."""
    if part == "week":
        return np.asarray(instants.isocalendar().week, dtype=np.int64)
    named, _, more = part.partition("+")
    if named == "day_from_sunday":
        return np.asarray((instants.day_of_week + 1) % 7 + int(more or 0), dtype=np.int64)
    return np.asarray(getattr(instants, named), dtype=np.int64) + int(more or 0)


_ALSO_UNITS = frozenset({"h", "hh", "m", "mm", "min", "s", "ss", "d", "dd"})
"""Parts of a date that are units or statistics beside other words."""
_YEARS, _HALF_A_MONTH = (1500.0, 2500.0), 0.05
"""Years with a fraction; that of the middle of a month may stand beside its first day."""
_WEEKDAYS = ("day_of_week", "day_of_week+1", "day_from_sunday", "day_from_sunday+1")
_OF_INSTANT = {
    **{part: (part,) for part in (*_PARTS, "quarter", "week")},
    "hour": ("hour", "hour+1"),
    "day of year": ("day_of_year",),
    "day": ("day", "day_of_year", *_WEEKDAYS),
    **dict.fromkeys(("weekday", "dow", "wochentag"), _WEEKDAYS),
    "kw": ("week",),
}
"""Parts of an instant by the names of columns that hold them."""

_UNNAMED = (
    *(f"{day} {clock}" for clock in ("H M S", "H M", "H") for day in ("Y m d", "m d Y", "d m Y")),
    "Y j m d H M", "Y m d", "Y j H M S", "Y j H M", "Y j HM", "Y j H",
    "Ymd HM", "Ymd H", "Y m", "Y j",
)  # fmt: skip
"""Parts of dates as they stand in columns without names, the longest first."""
_BOUNDS = {
    "Y": (1700, 2199), "m": (1, 12), "d": (1, 31), "j": (1, 366), "H": (0, 24), "M": (0, 60),
    "S": (0, 59), "HM": (0, 2359), "Ymd": (17_000_101, 21_991_231),
}  # fmt: skip
_PARTS_OF_SECOND = {"tenths": 10.0, "hundredths": 100.0, "milliseconds": 1e3, "microseconds": 1e6}
_MOST_MONTHS = 24
"""Different names of months, with and without a capital."""
_FEWEST_ROWS, _MOST = 5, 0.8
"""Rows that tell a date, and the share of their steps that are one length."""


def unnamed_dates(
    table: Table, free: list[int]
) -> tuple[frozenset[int], pd.DatetimeIndex, tuple[str, ...]] | None:
    """Return columns without names whose numbers are the parts of a date, the dates, and a note.

    Only dates on a regular grid are sure enough: they rise by one step, but for gaps.
    """
    if len(table.frame) < _FEWEST_ROWS:
        return None
    kinds = table.kinds()
    for start in [column for column in free if kinds[column] in "iu"][:2]:
        for form in _UNNAMED:
            parts = form.split()
            columns = range(start, start + len(parts))
            if not set(columns) <= set(free) or any(table.names[column] for column in columns):
                continue
            values = [table.column(column) for column in columns]
            if any(one.dtype.kind not in "iu" for one in values):
                continue
            numbers = dict(zip(parts, (one.to_numpy(np.int64) for one in values), strict=True))
            if any(
                one.min() < _BOUNDS[part][0] or one.max() > _BOUNDS[part][1]
                for part, one in numbers.items()
            ):
                continue
            dates = _from_parts(numbers)
            exact = _follow_by_months if form == "Y m" else _has_exact_steps
            if dates is not None and exact(dates) and not _may_be_turned(numbers, dates):
                note = (
                    f"Columns {start + 1} to {start + len(parts)} are the parts of a date: taken "
                    "as the time (--time none leaves it out)."
                )
                return frozenset(columns), dates, (note,)
    return None


def _may_be_turned(numbers: dict[str, IntArray], dates: pd.DatetimeIndex) -> bool:
    """Return True if day and month before a year may be each other: a wrong date is worse."""
    if list(numbers)[:1] not in (["m"], ["d"]) or numbers["d"].max() > _BOUNDS["m"][1]:
        return False
    other = _from_parts({**numbers, "m": numbers["d"], "d": numbers["m"]})
    return other is not None and _has_exact_steps(other) and not other.equals(dates)


def _has_exact_steps(dates: pd.DatetimeIndex) -> bool:
    """Return True if all steps are whole multiples of the smallest one, which most are."""
    steps = np.diff(dates.asi8)
    low = int(steps.min())
    return low > 0 and not (steps % low).any() and bool(np.mean(steps == low) > _MOST)


def unnamed_clock(
    table: Table, free: list[int]
) -> tuple[frozenset[int], pd.TimedeltaIndex, tuple[str, ...]] | None:
    """Return first columns without names that are h, min, s and parts of one, and their times.

    Only times on a regular grid are sure enough, and a note says what was taken.
    """
    columns = free[:4]
    if columns != [0, 1, 2, 3] or any(table.names[:4]) or len(table.frame) < _FEWEST_ROWS:
        return None
    if not all(kind in "iuf" for kind in table.kinds()[:4]):
        return None
    parts = table.matrix(columns)
    whole = bool((parts == np.rint(parts)).all()) and float(parts.min()) >= 0
    if not whole or (parts[:, :3].max(axis=0) >= (24, 60, 60)).any():
        return None
    largest = float(parts[:, 3].max())
    for name, count in _PARTS_OF_SECOND.items():
        if largest >= count or (count == 1e6 and largest < 1e3):
            continue
        micros = parts @ np.array([3.6e9, 6e7, 1e6, 1e6 / count])
        times = pd.TimedeltaIndex(np.rint(micros).astype(np.int64).view("timedelta64[us]"))
        steps = np.diff(times.asi8)
        if irregularity(times) == 0 and (count == 1e6 or len({*steps.tolist()}) == 1):
            note = (
                f"Columns 1 to 4 are hours, minutes, seconds and {name}: taken as the time (--time "
                "none leaves it out)."
            )
            return frozenset(columns), times, (note,)
    return None


def _follow_by_months(dates: pd.DatetimeIndex) -> bool:
    """Return True if each date is a month after the one before."""
    months = np.asarray(12 * dates.year + dates.month, dtype=np.int64)
    return bool((np.diff(months) == 1).all())


def _from_parts(numbers: dict[str, IntArray]) -> pd.DatetimeIndex | None:
    """Return the dates of whole numbers by their directive, None where one does not exist."""
    year, month, day = numbers.get("Y"), numbers.get("m"), numbers.get("d")
    if "Ymd" in numbers:
        year, rest = np.divmod(numbers["Ymd"], 10_000)
        month, day = np.divmod(rest, 100)
    assert year is not None
    if month is not None and day is None:
        day = np.ones_like(month)
    if month is None or day is None:
        starts = (year - 1970).view("datetime64[Y]").astype("datetime64[D]")
        days = starts + (numbers["j"] - 1)
    else:
        if month.min() < 1 or month.max() > 12 or day.min() < 1:
            return None
        starts = ((year - 1970) * 12 + month - 1).view("datetime64[M]").astype("datetime64[D]")
        days = starts + (day - 1)
        if bool((days.astype("datetime64[M]") != starts.astype("datetime64[M]")).any()):
            return None
    hours, minutes = numbers.get("H", np.zeros_like(year)), numbers.get("M", np.zeros_like(year))
    if hours.min() == 1 and hours.max() == 24:
        # The number of an hour, or its end: that hour begins at one less.
        hours = hours - 1
    if (minutes == 60).all():
        minutes = np.zeros_like(year)
    elif minutes.max() > 59:
        return None
    if "HM" in numbers:
        hours, minutes = np.divmod(numbers["HM"], 100)
        # Numbers up to 23 are hours alone.
        if minutes.max() > 59 or numbers["HM"].max() < 24:
            return None
    seconds = hours * 3600 + minutes * 60 + numbers.get("S", np.zeros_like(year))
    return pd.DatetimeIndex(days.astype("datetime64[s]") + seconds)


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
