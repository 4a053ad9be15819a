"""Days in six digits, such as 240314, beside times of day in digits."""

import pandas as pd

from spectra.arrays import Float64Array
from spectra.datasets.readers.clock_times import written_clock
from spectra.datasets.readers.columns import Table
from spectra.datasets.readers.names import names_date
from spectra.datasets.readers.time_index import TimeColumn
from spectra.datasets.readers.time_numbers import irregularity

_FORMS = ("%y%m%d", "%d%m%y", "%m%d%y")
_SMALLEST, _LARGEST = 10_100, 999_999


def digit_days(table: Table, column: int, values: Float64Array) -> TimeColumn | None:
    """Return the instants of a date in six digits and the clock beside it; None for others.

    Of the forms of a date in which both go on together the one of the shortest span is taken.
    """
    series = table.frame.iloc[:, column]
    named = names_date(table.names[column]) and series.dtype.kind in "iu"
    if not named or values.min() < _SMALLEST or values.max() > _LARGEST:
        return None
    texts = series.astype("str").str.zfill(6)
    for beside in (column + 1, column - 1):
        if not 0 <= beside < len(table.names):
            continue
        clock = written_clock(table.frame.iloc[:, beside], table.names[beside])
        if clock is None:
            continue
        forms = [pd.to_datetime(texts, format=form, errors="coerce") for form in _FORMS]
        found = [pd.DatetimeIndex(days) for days in forms if not days.isna().any()]
        found = [days for days in found if irregularity(days + clock) <= 1]
        if found:
            days = min(found, key=lambda one: one.max() - one.min())
            said = f"{table.label(column)}: {texts.iloc[0]} is read as {days[0]:%Y-%m-%d}"
            note = f"{said} (write it with four digits of the year if it is another day)."
            index = (days + clock).rename(table.names[column])
            return TimeColumn(frozenset({column, beside}), index, (note,))
    return None
