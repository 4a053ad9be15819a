"""Stacked series: several signals in the same columns, told apart by a text."""

import re
from collections.abc import Set as AbstractSet

import numpy as np
import pandas as pd

from spectra.arrays import IntArray
from spectra.datasets.instants import has_missing
from spectra.datasets.readers.cells.cells import is_number_with_unit
from spectra.datasets.readers.cells.columns import Table, is_plain
from spectra.datasets.readers.cells.names import NAMES, UNIT_NAMES, is_unit, words
from spectra.datasets.readers.tables.counted_series import keys_of_counts, people_in_turn
from spectra.datasets.readers.tables.grouped import LONE, MOST_SERIES, Series, asked, grouped
from spectra.datasets.readers.tables.stamp_order import late_share, out_of_order, stamps_of

ONE_SERIES = "none"
"""Word that a user gives in place of a column to take all rows as one series."""

_COUNTED = frozenset({"gpu", "cpu", "core"})
"""Parts of a computer whose numbers tell series apart where they are counted through."""
_CHANNELS = frozenset({"ch", "chan", "addr", "address", "slave", "port"})
"""Names that are short for a channel, or for the place of a device on a bus."""
_NUMBERED = re.compile(r"\w+?[\s_.-]?id", re.IGNORECASE)
"""A name such as sensor_id; vmstat calls the idle time "id"."""
PLACES = frozenset(
    {"depth", "tiefe", "profondeur", "profundidad", "height", "höhe", "altitude", "layer", "pres"}
)
"""Names of where a sensor is, also by pressure: series where each instant has all of them."""
_COUNTERS = frozenset({"index", "idx"})
"""Words of their numbers where another name has one of these parts: index, utilization.gpu."""
_MOST_KEYS = 12
"""Columns of text of which two together may name series: their pairs are tried one by one."""
_FEWEST_ROWS, _MOST_LONE = 5, 3
_LONE_NAMED = 0.2  # that where a column is called parameter, and stamps repeat: an age among rates
_IN_TURN = 0.9  # of the rows: how many are of the series whose turn it is
_TANGLED = 0.05  # of the rows: how many may repeat a stamp or come late in one series
_UNTANGLED = 0.2  # of the rows that do so in one series: how many may do so in those of a name


def find_series(
    table: Table,
    instants: pd.Index | None,
    wanted: str | None,
    taken: frozenset[int],
    counts: frozenset[int] = frozenset(),
) -> Series | None:
    """Return the series stacked in a table, None where its rows are one.

    `wanted` is the column that tells them apart, "none", or None to find it: where stamps repeat
    or go back, the text column whose every value has stamps that do not; or one named like it, or
    without a name, whose values take turns. `counts` are columns of time in an unknown unit.
    """
    if wanted == ONE_SERIES and ONE_SERIES not in table.titles():
        return None
    if wanted is not None:
        name, _, _ = wanted.partition("=")
        column = table.find(wanted if wanted in table.titles() else name, "series")
        return grouped(table, (column,)) or asked(table, column, wanted)
    if len(table.frame) < 2 * _FEWEST_ROWS or (instants is not None and has_missing(instants)):
        return None
    keys = _keys(table, taken, instants)
    timed = instants is not None
    if not timed:
        found_in = keys_of_counts(table, taken - counts) or people_in_turn(table, taken)
        if found_in is not None:
            return grouped(table, found_in)
    instants = pd.RangeIndex(len(table.frame)) if instants is None else instants
    if not keys and instants.is_monotonic_increasing:
        return None
    tangled = late_share(instants) > _TANGLED
    few = keys[:_MOST_KEYS]
    for columns in [(column,) for column in keys] + [
        (first, second) for i, first in enumerate(few) for second in few[i + 1 :]
    ]:
        listed = tangled and all(_names_series(table.names[column]) for column in columns)
        lone = _LONE_NAMED if listed and len(columns) == 1 else LONE
        found = grouped(table, columns, lone)
        if found is None:
            continue
        title = table.names[columns[0]]
        if len(columns) == 1 and _numbers_parts(table, columns[0]):
            each = tangled and timed and _are_at_all_instants(found, instants)
            if (_take_turns(found) and _are_interleaved(found)) or (
                each and _all_are_runs(found, instants)
            ):
                return found
            continue
        # Without a time a state of a machine may take turns too.
        told = timed or (
            words(title) <= NAMES and not is_plain(table.column(columns[0])) and _take_turns(found)
        )
        named = len(columns) == 1 and (title is None or (told and _names_series(title)))
        if tangled and (
            _all_are_runs(found, instants) or (listed and _are_untangled(table, found, instants))
        ):
            # Trips of a vehicle begin anew, each with a number of its own.
            finer = (
                None
                if _are_whole_runs(found, instants)
                else _by_restarts(table, instants, taken) or _told_further(table, found, instants)
            )
            return finer or found
        text = not is_plain(table.column(columns[0]))
        sure = (text and title is not None) or _take_turns(found)
        if named and not tangled and sure and _are_interleaved(found):
            return found
        if named and text and title is not None and _are_whole_blocks(found, instants):
            return found
    return _by_restarts(table, instants, taken)


def _by_restarts(table: Table, instants: pd.Index, taken: frozenset[int]) -> Series | None:
    """Return the series by whole numbers that change exactly where the time starts again.

    They number engines, runs or trials, whatever the column is called.
    """
    back = np.diff(stamps_of(instants)) < 0
    if not back.any() or np.mean(back) > 1 / _FEWEST_ROWS:
        return None
    for column in range(len(table.names)):
        series = table.column(column)
        if column in taken or series.dtype.kind not in "iu":
            continue
        if np.array_equal(np.diff(series.to_numpy(dtype=np.int64)) != 0, back):
            found = grouped(table, (column,))
            # Sensors of two stations may have the same numbers in each.
            if found is None or _are_whole_runs(found, instants):
                return found
    return None


def _told_further(table: Table, series: Series, instants: pd.Index) -> Series | None:
    """Return the series by one more column, which changes where their times start again.

    The quantities of a station may stand one below another.
    """
    order = np.argsort(series.codes, kind="stable")
    codes = series.codes[order]
    within = (np.diff(codes) == 0) & (codes[1:] >= 0)
    back = np.diff(stamps_of(instants)[order])[within] < 0
    for column in range(len(table.names)):
        values = table.column(column)
        fraction = is_plain(values) and values.dtype.kind not in "iu"
        if column in series.columns or fraction or not 1 < values.nunique() <= MOST_SERIES:
            continue
        told = pd.factorize(values)[0][order]
        if np.array_equal((np.diff(told) != 0)[within], back):
            return grouped(table, (*series.columns, column))
    return None


def lone_rows(table: Table, taken: frozenset[int]) -> IntArray:
    """Return the few rows whose text differs from that of all others, which name one series.

    WinCC marks the start and the end of an archive so.
    """
    for column, name in enumerate(table.names):
        if column in taken or not _names_series(name):
            continue
        series = table.column(column)
        if is_plain(series):
            continue
        codes, _ = pd.factorize(series)
        counts = np.bincount(codes[codes >= 0])
        if 1 < len(counts) <= 1 + _MOST_LONE and np.sort(counts)[-2] == 1 and counts.max() > 50:
            return np.flatnonzero(counts[codes] == 1)
    return np.empty(0, dtype=np.int64)


def same_in_each(series: Series, table: Table) -> list[int]:
    """Return the columns of whole numbers, named like an identifier, that number the series."""
    found = []
    for column in range(len(table.names)):
        values = table.column(column)
        named = _names_series(table.names[column])
        if (
            column not in series.columns
            and values.dtype.kind in "iu"
            and named
            and bool((values.groupby(series.codes).nunique() == 1).all())
        ):
            found.append(column)
    return found


def _keys(table: Table, taken: frozenset[int], instants: pd.Index | None) -> list[int]:
    """Return the columns whose values may name series."""
    found: list[int] = []
    # Names say more than numbers, and these more than units: the texts go first.
    order = sorted(
        range(len(table.names)),
        key=lambda i: (_is_of_units(table, i), is_plain(table.column(i))),
    )
    for column in order:
        if column in taken:
            continue
        series = table.column(column)
        plain = is_plain(series)
        # A dew point and a unit are measured; points are numbered.
        named = _names_series(table.names[column], {"point", "unit"})
        named = named or words(table.names[column]) == {"point"}
        placed = plain and bool(words(table.names[column]) & PLACES)
        placed = placed and _counts_each(series, instants)
        if (
            plain
            and not placed
            and not (
                series.dtype.kind in "iu"
                and series.min() >= 0
                and (
                    named
                    or _numbers_parts(table, column)
                    or (_may_number(table, column) and _counts_each(series, instants))
                )
                # A name with a number is that of one channel: Channel 0.
                and not any(map(str.isdigit, table.names[column] or ""))
            )
        ):
            continue
        if not plain and _is_numbers(series) and not _has_all_parts(table, column):
            continue
        count = int(series.nunique())
        if 1 < count <= min(MOST_SERIES, len(series) // 2):
            found.append(column)
    return found


def _is_of_units(table: Table, column: int) -> bool:
    """Return True if a column is called like units, or holds them and has no name."""
    if table.names[column] is not None:
        return bool(words(table.names[column]) & UNIT_NAMES)
    series = table.column(column)
    return not is_plain(series) and all(map(is_unit, map(str, series.unique()[:_MOST_KEYS])))


def _may_number(table: Table, column: int) -> bool:
    """Return True if a column may have the numbers of channels: those from 0 count in a packet."""
    numbered = not table.names[column] and float(table.matrix([column], 1)[0, 0]) != 0
    return numbered or bool(words(table.names[column]) & _CHANNELS)


def _counts_each(series: "pd.Series[float]", instants: pd.Index | None) -> bool:
    """Return True if a column has the same different numbers in the rows of each instant."""
    numbers = series.to_numpy()
    count = int(np.argmax(numbers[1:] == numbers[0])) + 1
    if instants is None or count < 2 or count > MOST_SERIES or len(numbers) % count:
        return False
    stamps, rows = stamps_of(instants).reshape(-1, count), numbers.reshape(-1, count)
    return (
        bool((stamps == stamps[:, :1]).all() and (rows == rows[0]).all())
        and len({*rows[0].tolist()}) == count
    )


def _names_series(name: str | None, less: AbstractSet[str] = frozenset()) -> bool:
    """Return True if a name is one of a column that tells series apart, as tag and tagid are."""
    known = NAMES - less
    return any(
        word in known or word.removesuffix("id").removesuffix("name") in known
        for word in words(name)
    )


def _numbers_parts(table: Table, column: int) -> bool:
    """Return True if a column of whole numbers is called like those of GPUs or processors."""
    if not is_plain(table.column(column)):
        return False
    called = words(table.names[column])
    if called & _COUNTERS:
        return any(words(name) & _COUNTED for name in table.names)
    return bool(called) and called <= _COUNTED | {"id"}


def _has_all_parts(table: Table, column: int) -> bool:
    """Return True for the numbers of processors or the like with a word for all of them."""
    called = words(table.names[column])
    if not called or not called <= _COUNTED | {"id"}:
        return False
    texts = {str(cell).strip() for cell in table.column(column).unique()}
    return [text for text in texts if not text.isdigit()] == ["all"]


def _is_numbers(series: "pd.Series[float]") -> bool:
    """Return True if the first cells of a column of text are mostly numbers, of any unit."""
    first = series.dropna().iloc[:50].astype("str").str.strip()
    values = pd.to_numeric(first.str.replace(",", "."), errors="coerce").notna()
    return bool(len(first) and (values | first.map(is_number_with_unit)).mean() > 0.5)


def _all_are_runs(series: Series, instants: pd.Index) -> bool:
    """Return True if nearly all stamps of every series are different and in one order."""
    return out_of_order(series.codes, instants) <= 0.02


def _are_untangled(table: Table, series: Series, instants: pd.Index) -> bool:
    """Return True if most stamps that repeat or go back do so in other series only.

    The rows that are left may have been sent twice. Numbers have to be called like those of a
    thing, or to occur at nearly all instants.
    """
    called = [_NUMBERED.fullmatch((table.names[i] or "").strip()) for i in series.columns]
    plain = [is_plain(table.column(i)) for i in series.columns]
    numbered = any(number and not name for number, name in zip(plain, called, strict=True))
    if numbered and not _are_at_all_instants(series, instants):
        return False
    return late_share(instants, series.codes) <= _UNTANGLED * late_share(instants)


def _are_at_all_instants(series: Series, instants: pd.Index) -> bool:
    """Return True if each series has a row at nearly all instants."""
    stamps = stamps_of(instants)
    pairs = np.unique(stamps * len(series.names) + series.codes)
    return len(pairs) >= _IN_TURN * len(series.names) * (1 + int(stamps.max()))


def _are_whole_runs(series: Series, instants: pd.Index) -> bool:
    """Return True if no stamp of any series goes back."""
    order = np.argsort(series.codes, kind="stable")
    codes, stamps = series.codes[order], stamps_of(instants)[order]
    return not bool(np.any(np.diff(stamps)[(np.diff(codes) == 0) & (codes[1:] >= 0)] < 0))


def _are_whole_blocks(series: Series, instants: pd.Index) -> bool:
    """Return True if each series stands below another, and its times go on from none of them."""
    changes = np.diff(series.codes) != 0
    back = np.diff(stamps_of(instants)) < 0
    return int(changes.sum()) == len(series.names) - 1 and np.array_equal(changes, back)


def _take_turns(series: Series) -> bool:
    """Return True if the series follow one another in the same order throughout.

    Whole numbers that do not may be measured: vmstat calls the idle time of the processor "id".
    """
    after = len(series.names)
    return bool(np.mean(series.codes[after:] == series.codes[:-after]) >= _IN_TURN)


def _are_interleaved(series: Series) -> bool:
    """Return True if all series have many rows and take turns throughout."""
    counts = np.bincount(series.codes[series.codes >= 0])
    turns = float(np.mean(np.diff(series.codes) != 0))
    return bool(counts.min() >= _FEWEST_ROWS) and turns >= 0.3
