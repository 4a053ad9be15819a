"""Which column of a table is the time, and what instants it says."""

import re
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.tseries.api import guess_datetime_format

from spectra.arrays import BoolArray, Float64Array
from spectra.datasets.readers.columns import Table, is_plain, numbers, quoted
from spectra.datasets.readers.dialect import MISSING, MONTH
from spectra.errors import DataError

_TIME_WORDS = {
    "time",
    "timestamp",
    "timestamps",
    "date",
    "datetime",
    "epoch",
    "ts",
    "unix",
    "elapsed",
    "utc",
    "t",
}
_SECONDS = {
    "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0,
    "ms": 1e-3, "msec": 1e-3, "milliseconds": 1e-3,
    "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "microseconds": 1e-6,
    "ns": 1e-9, "nanoseconds": 1e-9, "min": 60.0, "minutes": 60.0, "h": 3600.0, "hours": 3600.0,
}  # fmt: skip
_EPOCH_SCALES = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
_DATE = re.compile(
    r"\s*(\d{4}-?\d\d-?\d\d|\d{4}-\d{3}|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"
    rf"|\d{{1,2}}[- ]{MONTH}[- ]\d{{2,4}}|{MONTH} \d{{1,2}},? \d{{4}})([T ].*)?",
    re.IGNORECASE,
)
_MONTH = re.compile(r"\s*\d{4}-\d\d\s*")
_CLOCK = re.compile(r"['\s]*\d{1,4}:\d\d(:\d\d)?([.,]\d+)?['\s]*")
_DAY_MONTH_YEAR = re.compile(r"%([dm])(\W)%[dm]\2%Y( %H:%M(:%S(\.%f)?)?)?")
_A_FEW, _ENOUGH = 20, 2000


@dataclass(frozen=True)
class TimeColumn:
    """The columns that hold the time, and the instant of every row.

    `index` is a DatetimeIndex, a TimedeltaIndex, or an index of float seconds; it need not be
    regular or sorted.
    """

    columns: frozenset[int]
    index: pd.Index
    notes: tuple[str, ...] = ()


def find_time(table: Table, wanted: str | None, taken: frozenset[int]) -> TimeColumn | None:
    """The time of every row: from the column `wanted`, or from the first one that looks like time;
    None without one.

    Raises DataError where the wanted column is no time, or where one that is has a row that is not.
    """
    if wanted is not None:
        column = table.find(wanted, "time")
        found = _instants(table, column, named=True, clocks=True)
        if found is None:
            cell = table.frame.iloc[0, column]
            raise DataError(
                f"{table.place(0)}, {table.label(column)}: {quoted(cell)} is not a time; ISO 8601 "
                "dates, epoch seconds "
                "(or ms, µs, ns) and seconds are read."
            )
        return found
    free = [column for column in range(len(table.names)) if column not in taken]
    if (found := _calendar(table, free)) is not None:
        return found
    # A name says more than values do, so those that are called time go first; a date says more than
    # a clock.
    free.sort(key=lambda column: not _words(table.names[column]) & _TIME_WORDS)
    for clocks in (False, True):
        for column in _worth_a_look(table, free):
            found = _instants(table, column, named=False, clocks=clocks, alone=len(free) == 1)
            if found is not None:
                return found
    return None


def _worth_a_look(table: Table, free: list[int]) -> list[int]:
    """The columns that may be time; there may be thousands that are not, as a glance at the first
    row tells.
    """
    first = table.frame.iloc[0].to_numpy(dtype=object)
    return [
        column
        for column in free
        if not isinstance(first[column], (float, np.floating))
        or np.isnan(first[column])
        or abs(first[column]) >= 1e9
        or _words(table.names[column]) & (_TIME_WORDS | _SECONDS.keys())
    ]


def _calendar(table: Table, free: list[int]) -> TimeColumn | None:
    """The instants of columns called year, month, day and perhaps hour, minute and second; or of
    years alone.
    """
    names = {(table.names[column] or "").strip().casefold(): column for column in free}
    parts = {
        part: names[part]
        for part in ("year", "month", "day", "hour", "minute", "second")
        if part in names
    }
    values = {part: table.frame.iloc[:, column] for part, column in parts.items()}
    if "year" not in parts or not all(is_plain(one) for one in values.values()):
        return None
    if "month" in parts and "day" in parts:
        dates = pd.to_datetime(pd.DataFrame(values), errors="coerce")
        return (
            None
            if dates.isna().any()
            else TimeColumn(frozenset(parts.values()), pd.DatetimeIndex(dates))
        )
    years = values["year"].to_numpy(dtype=np.float64, na_value=np.nan)
    if len(parts) > 1 or not (
        years[0] >= 1000 and years[-1] < 3000 and (np.diff(years) == 1).all()
    ):
        return None
    starts = (years.astype(np.int64) - 1970).view("datetime64[Y]").astype("datetime64[s]")
    return TimeColumn(frozenset(parts.values()), pd.DatetimeIndex(starts))


def _words(name: str | None) -> set[str]:
    """The words of a column's name, in lower case."""
    return set(re.findall(r"[^\W\d_]+", (name or "").casefold()))


def _instants(
    table: Table, column: int, *, named: bool, clocks: bool, alone: bool = False
) -> TimeColumn | None:
    """The instants a column says, None where it is no time; `named` if a person said it is.

    `clocks` tells whether times of day count, which leave open what day it is.
    """
    series = table.frame.iloc[:, column]
    columns = frozenset({column})
    if isinstance(series.dtype, pd.DatetimeTZDtype) or series.dtype.kind in "mM":
        _refuse_missing(table, column, series.isna().to_numpy())
        return TimeColumn(columns, pd.Index(series))
    if is_plain(series):
        return (
            None
            if series.dtype.kind == "b"
            else _from_numbers(table, column, named=named, alone=alone)
        )
    shapes = series.dropna().iloc[:_A_FEW].astype("str")
    called = named or column == 0 or bool(_words(table.names[column]) & _TIME_WORDS)
    dates = shapes.str.fullmatch(_DATE) | (called & shapes.str.fullmatch(_MONTH))
    if len(shapes) and dates.mean() > 0.5:
        return _from_dates(table, column)
    if clocks and called and len(shapes) and shapes.str.fullmatch(_CLOCK).mean() > 0.5:
        return TimeColumn(columns, _clock(table, column))
    return (
        _from_numbers(table, column, named=True)
        if named and numbers(table, column) is not None
        else None
    )


def _refuse_missing(table: Table, column: int, missing: BoolArray) -> None:
    """Raise DataError for the first row without a time."""
    if missing.any():
        row = int(np.argmax(missing))
        raise DataError(
            f"{table.place(row)}, {table.label(column)}: the time is missing; every row needs one."
        )


def _from_numbers(
    table: Table, column: int, *, named: bool, alone: bool = False
) -> TimeColumn | None:
    """The instants of a column of numbers: epoch stamps, dates such as 20240131, or seconds."""
    words = _words(table.names[column])
    called = bool(words & (_TIME_WORDS | {"seconds", "sec", "secs"}))
    values = _candidate(table, column, called=called or named, alone=alone)
    if values is None:
        return None
    # "time_ms" is nothing but time; "response_time_ms" may well be what was measured.
    surely = called and words <= _TIME_WORDS | _SECONDS.keys()
    steady = _is_steady(values)
    columns = frozenset({column})
    if named or surely:
        dates = _written_dates(values)
        if dates is None:
            dates = _epoch(table.frame.iloc[:, column], values, lowest=1e8)
        if dates is not None:
            _refuse_missing(table, column, np.isnan(values))
            return TimeColumn(columns, dates)
        steps = np.diff(values)
        onward = bool(np.mean(steps >= 0) > 0.9 or np.mean(steps <= 0) > 0.9) and bool(
            np.any(steps)
        )
        if not named and not (steady if words == {"t"} else onward):
            return None
    elif not steady:
        return None
    elif not called:
        dates = _epoch(table.frame.iloc[:, column], values, lowest=1e9)
        return None if dates is None else TimeColumn(columns, dates)
    _refuse_missing(table, column, np.isnan(values))
    unit = next((word for word in words if word in _SECONDS), None)
    notes = () if unit else (f"{table.label(column)} is taken as the time in seconds.",)
    return TimeColumn(columns, pd.Index(values * _SECONDS[unit or "s"]), notes)


def _candidate(table: Table, column: int, *, called: bool, alone: bool) -> Float64Array | None:
    """The numbers of a column that may be time, by a look that costs nothing where there are
    thousands of columns.
    """
    series = table.frame.iloc[:, column]
    if not called and (
        alone or series.dtype.kind not in "iuf" or not abs(float(series.iloc[0])) >= 1e9
    ):
        return None
    values = numbers(table, column, required=True)
    return None if values is None or np.isnan(values).all() or np.isinf(values).any() else values


def _is_steady(values: Float64Array) -> bool:
    """Whether nearly all steps go one way and are of one length, as those of a clock."""
    steps = np.diff(values)
    usual = float(np.median(steps))
    return usual != 0 and bool(np.mean(np.abs(steps - usual) <= 0.2 * abs(usual)) >= 0.9)


def _epoch(
    column: "pd.Series[float]", values: Float64Array, lowest: float
) -> pd.DatetimeIndex | None:
    """UTC instants where the values count seconds, ms, µs or ns since 1970; `lowest` in seconds
    (1e8 is 1973).
    """
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    for unit, scale in _EPOCH_SCALES.items():
        if lowest * scale <= low and high < (2e9 if lowest >= 1e9 else 4e9) * scale:
            if column.dtype.kind in "iu":
                # Nanoseconds need all 64 bits: a float would round them to some 200 ns.
                counts = column.to_numpy(dtype=np.int64)
                return pd.DatetimeIndex(counts.view(f"datetime64[{unit}]")).tz_localize("UTC")
            whole = np.rint(np.nan_to_num(values) * (1e6 / scale)).astype(np.int64)
            return pd.DatetimeIndex(whole.view("datetime64[us]")).tz_localize("UTC")
    return None


def _written_dates(values: Float64Array) -> pd.DatetimeIndex | None:
    """Instants where each value is written as 20240131 or 20240131235959."""
    for lowest, highest, form in ((19e6, 22e6, "%Y%m%d"), (19e12, 22e12, "%Y%m%d%H%M%S")):
        if bool(((values >= lowest) & (values < highest) & (values == np.rint(values))).all()):
            dates = pd.to_datetime(
                pd.Series(values.astype(np.int64).astype("str")), format=form, errors="coerce"
            )
            if not dates.isna().any():
                return pd.DatetimeIndex(dates)
    return None


def _from_dates(table: Table, column: int) -> TimeColumn | None:
    """The instants of a column of written dates, joined with the clock times in the column after
    it, if any.
    """
    series = table.frame.iloc[:, column]
    parsed, notes = _dates(series)
    # A copy, for the index keeps the array it hands out.
    missing = np.array(parsed.isna())
    # Only cells that are no date are looked at one by one: there may be millions.
    unread = series[missing]
    missing[missing] = unread.isna() | unread.astype("str").str.strip().str.lower().isin(MISSING)
    bad = np.asarray(parsed.isna()) & ~missing
    if np.mean(bad) > 0.5:
        return None
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"{table.place(row)}, {table.label(column)}: {quoted(series.iloc[row])} is not a date "
            "like those above and below."
        )
    _refuse_missing(table, column, missing)
    if parsed.has_duplicates and bool((parsed == parsed.normalize()).all()):
        for beside in (column + 1, column - 1):
            if 0 <= beside < len(table.names) and _is_clock(table.frame.iloc[:, beside]):
                return TimeColumn(
                    frozenset({column, beside}), parsed + _clock(table, beside, unwrap=False), notes
                )
    return TimeColumn(frozenset({column}), parsed, notes)


def _is_clock(column: "pd.Series[float]") -> bool:
    """Whether the first cells are all times of day."""
    return not is_plain(column) and bool(
        column.iloc[:_A_FEW].astype("str").str.fullmatch(_CLOCK).all()
    )


def _dates(column: "pd.Series[float]") -> tuple[pd.DatetimeIndex, tuple[str, ...]]:
    """The instants of written dates, NaT where one is not; in their zone, or in UTC where zones
    differ.
    """
    written = column.astype("str")
    if not _parsed(_part(written), "ISO8601").isna().all():
        iso = _parsed(written, "ISO8601")
        if not iso.isna().any():
            return iso, ()
    text = written.str.strip()
    first = str(text.dropna().iloc[0])
    if re.fullmatch(r"\d{4}-\d{3}", first):
        return _parsed(text, "%Y-%j"), ()
    if re.match(r"\d{4}", first):
        # ISO 8601 allows a decimal comma, and "UTC" is as common as Z: pandas reads neither.
        text = text.str.replace(",", ".").str.replace(r"\s*UTC$", "Z", regex=True)
        iso = _parsed(text, "ISO8601")
        if not iso.isna().all():
            return iso, ()
    return _in_order(text, first)


def _in_order(text: "pd.Series[str]", first: str) -> tuple[pd.DatetimeIndex, tuple[str, ...]]:
    """The instants of dates such as the first, with the day before the month or after it, whichever
    reads more of them.

    Where both read all, the one with the smaller steps; to parse a million dates takes seconds, so
    a part decides.
    """
    tried = [(order, form, _parsed(_part(text), form)) for order, form in _formats(first)]
    tried = [one for one in tried if not one[2].isna().all()]
    tried.sort(key=lambda one: (int(np.sum(np.asarray(one[2].isna()))), _longest_step(one[2])))
    dates = pd.DatetimeIndex([pd.NaT] * len(text))
    for order, form, _ in tried:
        dates = _parsed(text, form)
        if not dates.isna().any():
            sure = (
                len(tried) < 2
                or any(one[2].isna().any() for one in tried)
                or tried[0][2].equals(tried[1][2])
            )
            return dates, () if sure else (f"Dates such as {first} are taken as {order}.",)
    return (_parsed(text, tried[0][1]) if tried else dates), ()


def _part(text: "pd.Series[str]") -> "pd.Series[str]":
    """Enough rows to tell a format by, from all over the column."""
    return text.iloc[np.unique(np.linspace(0, len(text) - 1, _ENOUGH).astype(np.int64))]


def _longest_step(dates: pd.DatetimeIndex) -> float:
    """The longest time from one date to the next, in seconds."""
    seconds = dates.dropna().to_numpy().astype("datetime64[s]").astype(np.int64)
    return float(np.abs(np.diff(seconds)).max(initial=0))


def _formats(first: str) -> list[tuple[str, str]]:
    """The formats a written date may have, the likelier order of day and month first."""
    found = []
    # Where a dot stands between them, the day comes first; with a slash it is anybody's guess.
    for day_first in sorted((False, True), reverse="." in first[:3]):
        with warnings.catch_warnings():
            # A first number above 12 makes pandas say that it must be the day: the other order then
            # fits no row.
            warnings.simplefilter("ignore", UserWarning)
            form = guess_datetime_format(first, dayfirst=day_first)
        if form is None and re.search("[AP]M$", first, re.IGNORECASE):
            seconds = ":%S" if first.count(":") == 2 else ""
            form = f"{'%d/%m' if day_first else '%m/%d'}/%Y %I:%M{seconds} %p"
        if form is not None:
            found.append(("day/month" if day_first else "month/day", form))
    return found


def _parsed(text: "pd.Series[str]", form: str) -> pd.DatetimeIndex:
    """The instants of texts in one format, NaT where one is not."""
    if len(text) > _ENOUGH and (found := _DAY_MONTH_YEAR.fullmatch(form)):
        # Turned round into ISO 8601, which pandas reads several times faster than any other format.
        first, second = text.str[:2], text.str[3:5]
        day_month = second + "-" + first if found[1] == "d" else first + "-" + second
        dates = _parsed(text.str[6:10] + "-" + day_month + text.str[10:], "ISO8601")
        if not dates.isna().any():
            return dates
    with warnings.catch_warnings():
        # pandas 2 warns of zones that differ, pandas 3 raises.
        warnings.simplefilter("error", FutureWarning)
        try:
            return pd.DatetimeIndex(pd.to_datetime(text, format=form, errors="coerce"))
        except (ValueError, FutureWarning):
            return pd.DatetimeIndex(pd.to_datetime(text, format=form, errors="coerce", utc=True))


def _clock(table: Table, column: int, *, unwrap: bool = True) -> pd.TimedeltaIndex:
    """Clock times, h:mm, h:mm:ss or m:ss.fff, counted on over midnight."""
    text = table.frame.iloc[:, column].astype("str")
    parts = text.str.extract(r"(\d+):(\d\d)(?::(\d\d))?(?:[.,](\d+))?")
    bad = parts[0].isna().to_numpy()
    if bad.any():
        row = int(np.argmax(bad))
        cell = table.frame.iloc[row, column]
        raise DataError(
            f"{table.place(row)}, {table.label(column)}: {quoted(cell)} is not a clock time such "
            "as 12:59:59."
        )
    first, second, third = (parts[i].fillna("0").to_numpy(dtype=np.float64) for i in range(3))
    fraction = ("0." + parts[3].fillna("0")).to_numpy(dtype=np.float64)
    minutes_first = bool(parts[2].isna().all() and parts[3].notna().any())
    seconds = first * 60 + second if minutes_first else first * 3600 + second * 60 + third
    seconds = seconds + fraction
    if unwrap and not minutes_first and seconds.max() < 86400:
        seconds = seconds + 86400 * np.concatenate([[0], np.cumsum(np.diff(seconds) < -43200)])
    return pd.TimedeltaIndex(np.rint(seconds * 1e6).astype(np.int64).view("timedelta64[us]"))
