"""Days whose values stand in a row: marks between the values, and several meters on a day."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd

from spectra.datasets.instants import seconds_of
from spectra.datasets.readers.cells.columns import Table, is_plain
from spectra.datasets.readers.dates.dates import is_date, parse_dates
from spectra.datasets.readers.times.calendar_columns import calendar_dates

_NUMBERED = re.compile(r"(\D{0,12}?)0*(\d{1,4})")
_TIMES_TEXT = "h hh hr hour hora ora heure stunde std uur v val value kwh p period interval t slot"
_TIMES = frozenset({"", *_TIMES_TEXT.split()})
"""Words before the numbers of the times of a day, in lower case."""
_MOST_MARKS = 8
"""Different whole numbers that may be marks."""
_LETTERS = {"V": "valid", "N": "not valid"}
"""Marks of networks of stations, which mean this where there are no others."""
_DAY = 86400.0
_MOST_KEYS = 8
"""Columns of which two together may tell the rows of a day apart."""


def stamps_of(table: Table, column: int, *, months: bool = False) -> pd.DatetimeIndex | None:
    """Return the dates in a column, None where it holds anything else.

    With `months` those such as 2024-03 are the first days of them.
    """
    series = table.column(column)
    if isinstance(series.dtype, pd.DatetimeTZDtype) or series.dtype.kind == "M":
        return pd.DatetimeIndex(series)
    text = series.astype("str")
    if series.dtype.kind in "iu":
        dates = pd.DatetimeIndex(pd.to_datetime(text, format="%Y%m%d", errors="coerce"))
        return None if dates.isna().any() else dates
    if series.isna().any() or not all(is_date(cell, months=months) for cell in text):
        return None
    dates, _ = parse_dates(series)
    return None if dates.isna().any() else dates


def days_of(
    table: Table, end: int, in_parts: bool
) -> tuple[frozenset[int], pd.DatetimeIndex] | None:
    """Return the columns before one that hold days, in parts too if they may, and the days.

    None is returned for instants at several times of the day, each of which has channels.
    """
    single = ((i, dates) for i in range(end) if (dates := stamps_of(table, i)) is not None)
    found = next(single, None)
    if found is not None:
        column, dates = found
        return (frozenset({column}), dates) if len({*(dates - dates.normalize())}) == 1 else None
    parts = calendar_dates(table, [*range(end)]) if in_parts else None
    if parts is None:
        return None
    steps = np.diff(np.unique(seconds_of(parts[1])))
    return parts if len(steps) and float(steps.min()) == _DAY else None


def between_marks(table: Table, counts: AbstractSet[int]) -> tuple[list[int], list[int]]:
    """Return the times of a day whose columns take turns with marks of their values, and these.

    A day has so many times as one of the counts. The marks are words, or a few whole numbers; []
    is returned twice for any other table.
    """
    runs = {word: run for word, run in _numbered_apart(table).items() if len(run) in counts}
    values = [run for word, run in runs.items() if _names_times(word)]
    values = [run for run in values if not _is_of_marks(table, run)] or values
    marks = [run for run in runs.values() if run not in values]
    if len(values) != 1 or len(marks) > 1 or not all(_is_of_marks(table, run) for run in marks):
        return [], []
    if marks and len(marks[0]) != len(values[0]):
        return [], []
    return values[0], marks[0] if marks else []


def name_times(names: Sequence[str]) -> bool:
    """Return True if all names are numbers of the times of a day."""
    found = [_NUMBERED.fullmatch(name.strip()) for name in names]
    return all(match is not None and _names_times(match[1]) for match in found)


def _names_times(word: str) -> bool:
    """Return True if numbers behind a word are those of the times of a day."""
    return word.strip(" _.-:").casefold() in _TIMES


def keys_of_days(table: Table, dates: pd.DatetimeIndex, columns: Sequence[int]) -> list[int]:
    """Return the columns that tell apart the rows of each day, such as the number of a meter.

    [] is returned where neither one column nor two of them do.
    """
    days = pd.Series(dates)
    free: list[int] = []
    codes: dict[int, pd.Series[int]] = {}
    for column in columns:
        series = table.column(column)
        if is_plain(series) and series.dtype.kind not in "iu":
            continue
        found = pd.Series(pd.factorize(series)[0])
        if 1 < found.nunique() <= len(found) // 2:
            free.append(column)
            codes[column] = found
    free.sort(key=lambda column: int(codes[column].nunique()))
    free = free[:_MOST_KEYS]
    for keys in [(column,) for column in free] + [*combinations(free, 2)]:
        rows = pd.DataFrame({"day": days, **{str(key): codes[key] for key in keys}})
        if not bool(np.any(rows.duplicated())):
            return [*keys]
    return []


def with_beside(
    table: Table, long: Table, keys: Sequence[int], marks: Sequence[int], per_row: int
) -> Table:
    """Return a column of values with what tells its series apart, and the marks of its values."""
    frame, names = long.frame.copy(), [*long.names]
    if not keys:
        return _with_marks(table, long, marks)
    told = table.column(keys[0])
    for key in keys[1:]:
        told = told.astype("str") + " / " + table.column(key).astype("str")
    frame[len(names)] = told.repeat(per_row).to_numpy()
    names.append(" / ".join(table.titles()[key] for key in keys))
    marked = _with_marks(table, replace(long, frame=frame, names=tuple(names)), marks)
    # One series follows another, as days of several meters may take turns.
    order = np.argsort(pd.factorize(told.repeat(per_row))[0], kind="stable")

    def place(row: int) -> str:
        return long.place(int(order[row]))

    return replace(marked, frame=marked.frame.iloc[order].reset_index(drop=True), place=place)


def _with_marks(table: Table, long: Table, marks: Sequence[int]) -> Table:
    """Return a column of values with the marks beside them, which say how good these are."""
    if not marks:
        return long
    cells = pd.Series(table.frame.iloc[:, [*marks]].to_numpy().ravel())
    if {*cells.dropna()} == {*_LETTERS}:
        cells = cells.map(_LETTERS)
    frame = long.frame.assign(marks=cells).set_axis(pd.RangeIndex(len(long.names) + 1), axis=1)
    return replace(long, frame=frame, names=(*long.names, "quality"))


def _numbered_apart(table: Table) -> dict[str, list[int]]:
    """Return the columns whose names are numbered from 0 or 1 on, by the word they share.

    The columns of several words may take turns: H01, V01, H02, V02.
    """
    runs: dict[str, list[int]] = {}
    counts: dict[str, int] = {}
    for column, name in enumerate(table.names):
        match = _NUMBERED.fullmatch((name or "").strip())
        if match is None:
            continue
        word, number = match[1], int(match[2])
        if word in runs and number == counts[word] + 1:
            runs[word].append(column)
        elif word not in counts and number in (0, 1):
            runs[word] = [column]
        else:
            runs.pop(word, None)
            number = -1
        counts[word] = number
    return runs


def _is_of_marks(table: Table, columns: Sequence[int]) -> bool:
    """Return True if columns hold words or nothing, or a few different whole numbers in all."""
    cells = table.frame.iloc[:, [*columns]]
    plain = [is_plain(cells.iloc[:, i]) for i in range(cells.shape[1])]
    if not any(plain):
        return True
    whole = all(series.dtype.kind in "iub" or series.isna().all() for _, series in cells.items())
    return whole and len(np.unique(cells.to_numpy(dtype=np.float64))) <= _MOST_MARKS
