"""The time in a column of numbers: epoch stamps, day numbers, 20240131, or elapsed time."""

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array
from spectra.datasets.readers.cells.columns import Table, is_plain, numbers, read_numbers
from spectra.datasets.readers.cells.names import (
    JULIAN_WORDS,
    ends_in_seconds,
    names_date,
    names_only_time,
    names_time,
    names_unit_of_time,
    seconds_in,
    unit_in,
    words,
)
from spectra.datasets.readers.cells.time_units import SECONDS, is_no_second, seconds_behind
from spectra.datasets.readers.times.clock_times import day_fractions, holds_clocks
from spectra.datasets.readers.times.counts_since import counts_since
from spectra.datasets.readers.times.digit_clocks import clock_of_digits, written_clock
from spectra.datasets.readers.times.digit_days import (
    days_with_parts,
    digit_days,
    year_days,
    year_weeks,
)
from spectra.datasets.readers.times.mixed_epochs import mixed_epochs
from spectra.datasets.readers.times.repeated_times import has_each_name
from spectra.datasets.readers.times.time_index import TimeColumn, refuse_missing
from spectra.datasets.readers.times.time_numbers import (
    dates_by_name,
    day_numbers,
    decimal_years,
    digits_of,
    epoch,
    go_one_way,
    goes_on,
    irregularity,
    is_steady,
    is_steady_in_each,
    julian_dates,
    rises_by_parts,
    rises_by_parts_of_days,
    rises_by_thousands,
    whole_years,
    written_dates,
)
from spectra.datasets.readers.times.times_in_dates import one_clock, with_clock

SMALLEST_STAMP = 1e7
"""Numbers below this are neither stamps nor written dates, unless their name says so."""
_ROUNDED = 0.6
"""Share of a step by which times that were written with few decimals are off their line."""
_UNIX = ({"epoch"}, {"epochs"}, {"unix"})
"""Names of seconds since 1970, and of nothing else that is a time."""
_DAYS = ({"day"}, {"days"}, {"tag"}, {"tage"}, {"jour"}, {"jours"}, {"día"}, {"días"})
"""Names of times in days where these have fractions."""
_OF_YEARS = frozenset({"date", "datum", "dato", "fecha", "дата", "period", "periode", "periodo"})
"""Words of names below which whole numbers such as 1960 are years: seconds have no date."""
_SAME_RATE = 0.01
"""Relative difference of two rates below which one is the other, with stamps that are rounded."""
_FUTURE = 2050
"""Year in which nothing was recorded yet."""
_MOST_BLOCKS = 0.02
"""Share of the rows of a time that begin another block."""
_CLOCKS = frozenset({"clock", "uhrzeit", "hora", "heure", "ora", "tod", "klokkeslett", "godzina"})
"""Words of names below which fractions are those of a day: seconds have no such name."""
_ROUNDED_DAY = 0.01
"""Seconds by which the fractions of a day are off whole seconds."""
_PREFIXES_ALONE = {"u": 1e-6, "µ": 1e-6, "μ": 1e-6, "n": 1e-9, "p": 1e-12}
"""Factors that stand behind seconds without their s, as circuit simulators write them: 40u."""
_A_FEW = 20
"""Cells that tell what a column of text holds."""


def time_in_numbers(
    table: Table, column: int, *, named: bool, alone: bool = False
) -> TimeColumn | None:
    """Return the instants of numbers: epoch stamps, day numbers, 20240131, or elapsed time."""
    name, columns = table.names[column], frozenset({column})
    if (parts := days_with_parts(table.column(column), name)) is not None:
        return TimeColumn(columns, parts.rename(name))
    behind = seconds_behind(name or "", table.unit(column)) if names_time(name) else None
    other = is_no_second(name or "", table.unit(column))
    unit = None if other else behind or seconds_in(name, table.unit(column))
    values = _candidate(table, column, named=named, alone=alone)
    if values is None:
        return None
    unit = _unit_in_cells(table, column) if unit is None and not other else unit
    by_unit = seconds_in(None, table.unit(column)) is not None
    called = names_time(name) or names_unit_of_time(name) or by_unit
    first = (name or "").strip().casefold() in SECONDS or ends_in_seconds(name)
    called |= column == 0 and first
    surely = named or names_only_time(name) or by_unit
    dates = _dates_in_numbers(table, column, values, called=surely, unit=unit)
    if dates is not None:
        refuse_missing(table, column, np.isnan(values))
        days = dates.tz is None or words(name) & JULIAN_WORDS
        if (
            days
            and bool((dates == dates.normalize()).all())
            and (
                dates.has_duplicates
                or _has_digits_beside(table, column)
                or one_clock(table, column, dates) is not None
            )
        ):
            return with_clock(table, column, dates)
        return TimeColumn(columns, dates.rename(name))
    if (since := counts_since(table, column, values)) is not None:
        return since
    if (digits := digit_days(table, column, values)) is not None:
        return digits
    if names_date(name) and (one := _one_day(table, column, values)) is not None:
        return one
    if (called or column == 0) and (
        mixed := mixed_epochs(table, column, values, called=called)
    ) is not None:
        return mixed
    if column == 0 and words(name) in _DAYS and rises_by_parts(values):
        note = f"{table.label(column)} is taken as the time in days (--time none leaves it out)."
        return TimeColumn(columns, pd.Index(values * SECONDS["d"]).rename(name), (note,))
    if not named and words(name) in _UNIX:
        # Epochs that are no instants count rounds.
        return None
    if (
        surely
        and not named
        and unit is None
        and (clock := clock_of_digits(table, column, values)) is not None
    ):
        return TimeColumn(columns, clock.rename(name))
    if not named and unit is None and (clock := _fractions_of_day(name, values)) is not None:
        return TimeColumn(columns, clock.rename(name))
    if not (called or named):
        return _unnamed_seconds(table, column, values, alone=alone)
    if not named:
        rises = column == 0 and name == "t" and bool(np.all(np.diff(values) > 0))
        steady = is_steady if (words(name) == {"t"} and not rises) or not surely else goes_on
        if not steady(values) and not has_each_name(table, values):
            return None
    if not np.isfinite(values.sum()):
        refuse_missing(table, column, np.isnan(values))
    notes: tuple[str, ...] = ()
    unit = _unit_by_rate(values, table.header.fs) if unit is None else unit
    counted = _counts_samples(values, table.header.fs)
    if not unit and not named and (other or counted or rises_by_thousands(values)):
        return TimeColumn(columns, pd.Index(values).rename(name), is_scaled=False)
    if not unit:
        said = f"{table.label(column)} is taken as the time in seconds"
        notes = (f"{said} (--fs gives the rate if it counts something else).",)
    series = table.column(column)
    if series.dtype.kind in "iu" and abs(values[0]) > 2**53:
        # A float would round a count of nanoseconds since the start of a device to some 100 ns.
        values = (series - series.iloc[0]).to_numpy(dtype=np.float64)
    values = values if unit in (None, 1.0) else values * (unit or 1.0)
    return TimeColumn(columns, pd.Index(values).rename(name), notes)


def _fractions_of_day(name: str | None, values: Float64Array) -> pd.TimedeltaIndex | None:
    """Return times of day in fractions of a day, as workbooks keep them, below a name of clocks."""
    clock = words(name)
    if not (clock & _CLOCKS or {"time", "day"} <= clock) or np.isnan(values).any():
        return None
    seconds = values * SECONDS["d"]
    inside = len(values) > 1 and bool(((values >= 0) & (values < 1)).all())
    if not inside or np.abs(seconds - np.rint(seconds)).max() > _ROUNDED_DAY:
        return None
    return pd.TimedeltaIndex(np.rint(seconds).astype(np.int64).view("timedelta64[s]"))


def _has_digits_beside(table: Table, column: int) -> bool:
    """Return True if the next column is called HHMMSS or HHMM: all days at one time of it."""
    return column + 1 < len(table.names) and bool(
        words(table.names[column + 1]) & {"hhmmss", "hhmm"}
    )


def _unit_in_cells(table: Table, column: int) -> float | None:
    """Return the seconds of the unit that stands in each cell of a time, None without one."""
    if is_plain(table.column(column)):
        return None
    found = read_numbers(table, column, required=True)
    if found is None or not found.unit:
        return None
    return seconds_behind("", found.unit) or _PREFIXES_ALONE.get(found.unit)


def _one_day(table: Table, column: int, values: Float64Array) -> TimeColumn | None:
    """Return the instants of one day number throughout, with fractions of the day to its right."""
    if column + 1 >= len(table.names) or np.ptp(values) != 0:
        return None
    clock = day_fractions(table.column(column + 1), table.names[column + 1])
    # One day number has no steps to be told by: the days before it give some.
    days = day_numbers(np.arange(values[0] - 1, values[0] + 1), dated=True)
    if clock is None or days is None:
        return None
    return TimeColumn(
        frozenset({column, column + 1}), (days[-1] + clock).rename(table.names[column])
    )


def _unnamed_seconds(
    table: Table, column: int, values: Float64Array, *, alone: bool
) -> TimeColumn | None:
    """Return the first column of a nameless table as seconds, where steps are fractions.

    Columns that rise by whole numbers count something else.
    """
    if alone or table.names[column] or np.isnan(values).any():
        return None
    if (years := decimal_years(values)) is not None:
        note = f"{table.label(column)} is taken as years (--time none leaves it out)."
        return TimeColumn(frozenset({column}), years, (note,))
    if column:
        return None
    steps = np.diff(values)
    step = float(np.median(steps))
    if not 0 < step < np.inf or step == round(step):
        return None
    fs, mean = table.header.fs, float(values[-1] - values[0]) / len(steps)
    if fs and abs(mean * SECONDS["min"] * fs - 1) <= _SAME_RATE:
        note = f"{table.label(column)} is taken as the time in minutes (--time none leaves it out)."
        return TimeColumn(frozenset({column}), pd.Index(values * SECONDS["min"]), (note,))
    # Each block of a recording may begin at 0.
    back = steps < 0
    exact = bool(np.mean(np.abs(steps[~back] - step) <= 0.01 * step) >= 0.99)
    exact &= bool(np.mean(back) <= _MOST_BLOCKS)
    # 360 Hz in whole milliseconds has steps of 2 and 3 ms, which never add up to more than that.
    line = values[0] + np.arange(len(values)) * (values[-1] - values[0]) / len(steps)
    rounded = bool(steps.min() > 0) and float(np.abs(values - line).max()) <= _ROUNDED * step
    if not exact and not rounded:
        return None
    note = f"{table.label(column)} is taken as the time in seconds (--time none leaves it out)."
    return TimeColumn(frozenset({column}), pd.Index(values), (note,))


def _dates_in_numbers(
    table: Table, column: int, values: Float64Array, *, called: bool, unit: float | None
) -> pd.DatetimeIndex | None:
    """Return the dates that numbers stand for, None where they count elapsed time."""
    name, series = table.names[column], table.column(column)
    if named := words(name) & JULIAN_WORDS:
        julian = julian_dates(values, modified="mjd" in named)
        if julian is not None:
            return julian
    if (dates := dates_by_name(values, words(name))) is not None:
        return dates
    if (dates := year_weeks(name, values)) is not None:
        return dates
    if (dates := year_days(name, values)) is not None:
        return dates
    dates = written_dates(values, series)
    if dates is not None and (
        called
        or go_one_way(dates)
        or _repeat_regularly(dates)
        or _are_days_of_clocks(table, column, dates)
    ):
        return dates
    if words(name) & {"year", "years", "decimal", "yr", "date", "time"}:
        years = decimal_years(values)
        if years is not None:
            return years
    if words(name) & _OF_YEARS and unit is None and (years := whole_years(values)) is not None:
        return years
    if called:
        # A unit beside stamps of before 2000 makes them a count since the logger was started.
        since = words(name) & {"epoch", "unix", "utc"}
        if unit is None and not since and _counts_since_start(values):
            return None
        dates = epoch(series, values, 1e8 if unit is None or since else 946_684_800.0)
        dates = day_numbers(values, names_date(name)) if dates is None else dates
        if dates is None and unit in (None, SECONDS["d"]) and names_only_time(name):
            # A date is no number of seconds.
            sure = names_date(name) or _may_be_julian(values)
            dates = julian_dates(values, modified=False) if sure else None
        return dates
    # A first column without a name that goes on like Unix times counts nothing else.
    steady = goes_on if column == 0 and name is None else is_steady
    repeated = name is None and column > 0 and is_steady_in_each(values)
    if not (steady(values) or repeated) or (unit is not None and names_time(name)):
        return None
    dates = epoch(series, values, 1e9)
    if dates is None and column == 0 and (name is None or _may_be_julian(values)):
        return _unnamed_days(values)
    return day_numbers(values, dated=False) if dates is None and names_time(name) else dates


def _unnamed_days(values: Float64Array) -> pd.DatetimeIndex | None:
    """Return the dates of day numbers in a first column without a name, None for other numbers."""
    dates = day_numbers(values, dated=False)
    if dates is not None and dates.year.max() >= _FUTURE:
        # Those of workbooks would lie ahead, the same modified Julian dates do not.
        return julian_dates(values, modified=True)
    if dates is None and _may_be_julian(values):
        dates = julian_dates(values, modified=False)
    return dates


def _repeat_regularly(dates: pd.DatetimeIndex) -> bool:
    """Return True for days that rise by one step, several rows a day: a row for each quantity."""
    days = dates.unique()
    return len(days) > 2 and len(days) < len(dates) and irregularity(days.sort_values()) == 0


def _are_days_of_clocks(table: Table, column: int, dates: pd.DatetimeIndex) -> bool:
    """Return True for days that go on, beside a written time of day: 20240131, 08:00:00.

    Without names the times may be digits too, where both together are regular.
    """
    if column + 1 >= len(table.names) or not dates.is_monotonic_increasing:
        return False
    if column == 0 and not any(table.names[:2]):
        clock = written_clock(table.column(1), "time")
        if clock is not None and irregularity(dates + clock) == 0:
            return True
    return dates.equals(dates.normalize()) and holds_clocks(table.column(column + 1))


def _may_be_julian(values: Float64Array) -> bool:
    """Return True for fractions, but where their step is a round number of seconds, not of days."""
    step = float(values[-1] - values[0]) / max(len(values) - 1, 1)
    if not 0 < step < np.inf or step == np.rint(step):
        return False
    return digits_of(step) >= min(3, digits_of(step * SECONDS["d"]))


def _unit_by_rate(values: Float64Array, fs: float | None) -> float | None:
    """Return the unit, a power of ten, in which steps are those of the rate that the file gives."""
    counts = float(np.median(np.diff(values))) * fs if fs and len(values) > 1 else 0.0
    power = round(np.log10(counts)) if 0 < counts < np.inf else 0
    fits = 3 <= power <= 9 and abs(counts / 10.0**power - 1) <= _SAME_RATE
    return 10.0**-power if fits else None


def _counts_samples(values: Float64Array, fs: float | None) -> bool:
    """Return True for numbers that rise by 1 from 0 or 1, where the file gives another rate."""
    first = bool(len(values) > 1 and values[0] in (0, 1))
    return first and fs not in (None, 1.0) and bool((np.diff(values) == 1).all())


def _counts_since_start(values: Float64Array) -> bool:
    """Return True for stamps of before 2000 whose steps are no seconds of people.

    123456789 is an instant of 1973, and two minutes of a clock of microseconds.
    """
    steps = np.diff(values)
    step = float(np.median(steps)) if len(steps) else 0.0
    # Seconds by hundreds are whole half minutes, give or take the jitter of none.
    return bool(values[0] < 946_684_800.0 and step >= 100 and np.any(steps % 30 != 0))


def _candidate(table: Table, column: int, *, named: bool, alone: bool) -> Float64Array | None:
    """Return the numbers of a column that may be time, where a glance does not exclude it."""
    series = table.column(column)
    name = table.names[column]
    called = named or names_time(name) or bool(words(name) & SECONDS.keys())
    called |= seconds_in(None, table.unit(column)) is not None or words(name) in _DAYS
    first_column = not name and column == 0
    if not called and alone:
        return None
    if not called and (
        series.dtype.kind not in "iuf"
        or not (
            abs(float(series.iloc[0])) >= SMALLEST_STAMP
            or first_column
            or _starts_rising(series)
            or _may_be_years(series)
            or (column == 0 and not unit_in(name) and rises_by_parts_of_days(series))
        )
    ):
        return None
    values = numbers(table, column, required=True)
    if values is None or np.isfinite(values.sum()):
        return values
    return None if np.isnan(values).all() or np.isinf(values).any() else values


def _may_be_years(series: "pd.Series[float]") -> bool:
    """Return True if the first rows of a column are years with a fraction, and rise by parts."""
    first = series.iloc[:_A_FEW].to_numpy(dtype=np.float64)
    steps = np.diff(first)
    years = bool((first >= 1600).all() and (first < 2200).all())
    # From 1999.12 to 2000.01 the last month is followed by the first.
    return years and bool(((steps > 0) & ((steps < 0.1) | (np.abs(steps - 0.89) < 1e-6))).all())


def _starts_rising(series: "pd.Series[float]") -> bool:
    """Return True if the first rows of a column are day numbers or dates in digits.

    The newest of them may stand first.
    """
    first = series.iloc[:_A_FEW].to_numpy(dtype=np.float64)
    steps = np.diff(first)
    months = bool(((first >= 19e4) & (first < 22e4)).all() and np.isin(steps, (1, 89)).all())
    return months or bool((first >= 19e6).all() and ((steps > 0).all() or (steps < 0).all()))
