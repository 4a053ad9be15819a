"""Stacked series without a time: by a count that starts again, or by people below one another."""

import numpy as np
import pandas as pd

from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.datasets.readers.cells.columns import Table, is_plain
from spectra.datasets.readers.cells.names import words

_GLANCE, _RISING = 64, 0.8
"""Rows at the beginning of which this share rises in a column that counts."""
_FEWEST_ROWS = 5
"""Rows of a series, on average."""
_LEAP = 100
"""Usual steps from which on ticks leap."""
_MOST_KEYS = 3
_ENDS_ALIKE = 0.9
"""Share of the counts that end at one number in a counter that ran full, or a part of a time."""
_RUNS_TEXT = """
    run runs trial trials unit engine simulation subject session experiment test id machine device
    vehicle car battery cell sensor series turbine patient case recording file specimen sequence
"""
_RUNS = frozenset(_RUNS_TEXT.split())
_CALENDAR = frozenset({"year", "yr", "month", "mo", "mnth", "week", "day", "hour", "hr", "minute"})
_PEOPLE_TEXT = """
    id subject subjects participant participants patient person volunteer user driver animal
    engine machine vehicle
"""
_PEOPLE = frozenset(_PEOPLE_TEXT.split())
_FEWEST_OF_EACH = 10
"""Rows of a person or machine, on average, below which a row may be all that is known of one."""
_ALIKE, _MOST = 0.01, 0.98
"""A step is the usual one within this share of it, in this share of the rows."""


def keys_of_counts(table: Table, taken: frozenset[int]) -> tuple[int, ...] | None:
    """Return the columns that tell series apart, by a count that starts again with each.

    The cycles of an engine are counted from 1, beside the number of the engine; samples are
    counted in each trial. Between two starts the columns stay as they are, and one of them, or
    all together, change exactly there. None is returned without such columns.
    """
    free = [column for column in range(len(table.names)) if column not in taken]
    kinds = table.kinds()
    keys: dict[int, BoolArray] | None = None
    for count in [column for column in free if kinds[column] in "iuf"]:
        back = _restarts(table, count)
        if back is None:
            continue
        keys = _changes(table, free) if keys is None else keys
        inside = {key: change for key, change in keys.items() if not (change & ~back).any()}
        full = _runs_full(table, count, back)
        whole = [
            key
            for key, change in inside.items()
            if (change == back).all() and (not full or _tells_runs(table, key))
        ]
        if whole:
            # A person may come again in another trial.
            return (max(whole, key=lambda key: int(table.column(key).nunique())),)
        if not full and 1 < len(inside) <= _MOST_KEYS and _all_change(inside, back):
            return tuple(inside)
    return None


def people_in_turn(table: Table, taken: frozenset[int]) -> tuple[int, ...] | None:
    """Return the column that names or numbers people or machines whose rows lie together."""
    for column, name in enumerate(table.names):
        series = table.column(column)
        if column in taken or (is_plain(series) and series.dtype.kind not in "iu"):
            continue
        called = "_".join(sorted(words(name) - {"id", "number", "no", "nr"})) or name or ""
        if called.casefold().removesuffix("id") not in _PEOPLE and called.casefold() != "id":
            continue
        codes, found = pd.factorize(series)
        if is_plain(series) and {*found.tolist()} <= {0, 1}:
            # An engine or machine that is switched on once.
            continue
        changes = int(np.count_nonzero(np.diff(codes)))
        few = len(series) >= _FEWEST_OF_EACH * len(found)
        if len(found) > 1 and changes == len(found) - 1 and few and codes.min() >= 0:
            return (column,)
    return None


def risen_in_each(table: Table, codes: IntArray, taken: frozenset[int]) -> list[int]:
    """Return the columns of numbers that rise by one step within each of several series."""
    order = np.argsort(codes, kind="stable")
    within = (np.diff(codes[order]) == 0) & (codes[order][1:] >= 0)
    found = []
    for column, kind in enumerate(table.kinds()):
        if column in taken or kind not in "iuf":
            continue
        values = table.column(column).to_numpy(dtype=np.float64, na_value=np.nan)
        steps = np.diff(values[order])[within]
        if not len(steps):
            continue
        usual = float(np.median(steps))
        alike = np.mean(np.abs(steps - usual) <= _ALIKE * abs(usual))
        if usual > 0 and alike >= _MOST:
            found.append(column)
    return found


def notes_on_risen(table: Table, columns: list[int]) -> list[str]:
    """Return a note on each column that rises by one step within each series."""
    titles = table.titles()
    return [
        f"{table.label(column)} rises by the same step in each series: left out (--time "
        f"'{titles[column]}' takes it as the time, --channels '{titles[column]}' analyses it)."
        for column in columns
    ]


def _restarts(table: Table, column: int) -> BoolArray | None:
    """Return at which rows, from the second, a count starts again; None for any other column.

    It falls, or leaps where ticks go on between two recordings.
    """
    series = table.column(column)
    first = np.diff(series.iloc[:_GLANCE].to_numpy(dtype=np.float64, na_value=np.nan))
    if not len(first) or np.mean(first > 0) < _RISING:
        return None
    steps = np.diff(series.to_numpy(dtype=np.float64, na_value=np.nan))
    back: BoolArray = np.asarray((steps < 0) | (steps > _LEAP * float(np.median(steps))))
    if not back.any() or np.mean(back) > 1 / _FEWEST_ROWS or not (steps[~back] > 0).all():
        return None
    return back


def _changes(table: Table, free: list[int]) -> dict[int, BoolArray]:
    """Return where the columns of words and of whole numbers that name things change."""
    found = {}
    for column in free:
        series = table.column(column)
        if (is_plain(series) and series.dtype.kind not in "iu") or series.isna().any():
            continue
        if words(table.names[column]) & _CALENDAR:
            continue
        codes = pd.factorize(series)[0]
        change: BoolArray = np.asarray(np.diff(codes) != 0)
        if change.any():
            found[column] = change
    return found


def _all_change(changes: dict[int, BoolArray], back: BoolArray) -> bool:
    """Return True if at each start one column changes at least."""
    return bool((np.logical_or.reduce([*changes.values()]) == back).all())


def _runs_full(table: Table, column: int, back: BoolArray) -> bool:
    """Return True if a count goes from 0 or 1 to one number: packets, or the second of a minute."""
    values: Float64Array = table.column(column).to_numpy(dtype=np.float64)
    ends, starts = values[:-1][back], values[1:][back]
    return bool(np.mean((ends == ends.max()) & (starts <= 1)) >= _ENDS_ALIKE)


def _tells_runs(table: Table, column: int) -> bool:
    """Return True for words, and for numbers that are named like those of runs or machines."""
    name = table.names[column] or ""
    named = bool(words(name) & _RUNS) or name.casefold().endswith("id")
    return named or not is_plain(table.column(column))
