"""The roles of a table's columns: time, labels, series, row counters, channels."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from spectra.arrays import BoolArray, IntArray
from spectra.datasets.instants import later, seconds_of
from spectra.datasets.raw import Raw, Request, Stack, without_empty
from spectra.datasets.readers.cells.absent_words import MISSING_WORDS
from spectra.datasets.readers.cells.cells import read_cells
from spectra.datasets.readers.cells.columns import (
    Table,
    is_plain,
    listed,
)
from spectra.datasets.readers.cells.names import UNIT_NAMES, is_unit, words
from spectra.datasets.readers.tables.channels import Channels, read_channels
from spectra.datasets.readers.tables.counted_series import notes_on_risen, risen_in_each
from spectra.datasets.readers.tables.counters import find_counters
from spectra.datasets.readers.tables.grouped import choose_series
from spectra.datasets.readers.tables.labels import find_labels
from spectra.datasets.readers.tables.quality import without_bad
from spectra.datasets.readers.tables.series import find_series, lone_rows, same_in_each
from spectra.datasets.readers.tables.word_series import rows_of_words
from spectra.datasets.readers.times.calendar_columns import parts_of_axis
from spectra.datasets.readers.times.time_column import Times, find_times
from spectra.datasets.readers.times.time_index import MissingTimeError, TimeColumn
from spectra.errors import DataError

_A_FEW = 20
"""Cells that tell what a column of text holds."""
_MOST_ABOVE = 50
"""Rows without a time above all others that are left out with the values in them."""
_LONGEST_ELAPSED = 1e8
"""Seconds since the start of a recording, three years; what is larger counts from elsewhere."""
_DAY = 86400.0
_MOST_UNITS = 8
"""Texts below a name such as unit from which on they name something else."""
_DAY_OF_YEAR = frozenset({"julian", "doy", "yday"})
"""Words of a time that counts from the begin of the year, whenever the recording started."""


def refuse_too_few(table: Table) -> None:
    """Raise DataError for fewer than two rows."""
    if len(table.frame) >= 2:
        return
    first: Any = table.frame.iloc[:1].to_numpy(dtype=object).ravel()
    cells = pd.Series(first).dropna()
    if len(cells) and np.isnan(read_cells(cells, table.decimal).values).all():
        names = [name for name in table.names if name]
        below = f" below {listed(names)}" if names else ""
        raise DataError(
            f"{table.source} is no table of numbers: its only row is {listed([*map(str, cells)])}"
            f"{below}, where at least two rows with numbers are expected."
        )
    count = "only one row" if len(table.frame) else "no rows"
    raise DataError(f"{table.source} has {count}: a recording needs at least two.")


def raw_from_table(table: Table, request: Request, index: pd.Index | None = None) -> Raw:
    """Return the samples in the columns of a table.

    `index` is what a data frame has beside its columns. Raises DataError where a column that the
    user names is missing or cannot be what it is named for, and where no numbers are left.
    """
    refuse_too_few(table)
    wanted = _wanted(table, request.channels)
    labels = find_labels(table, request.label, frozenset(wanted or ()))
    if wanted is not None and (clash := labels.columns & set(wanted)):
        raise DataError(
            f"{table.source}: {table.label(min(clash))} holds the labels and can be no channel."
        )
    taken = labels.columns | frozenset(wanted or ())
    try:
        times = _times(table, request, taken, index)
    except MissingTimeError as error:
        kept = ~error.rows
        count = int(error.rows.sum())
        said, s = ("1 row has", "") if count == 1 else (f"{count} rows have", "s")
        if _have_no_values(table, wanted, error):
            said += " neither a time nor a value"
        elif _MOST_ABOVE > count == int(np.argmin(error.rows)):
            # Programs write the person, the device and its settings as first rows of the table.
            said = f"The first {said[2:] if count == 1 else said} no time"
        else:
            raise
        note = f"{said}: left out (--time none keeps the row{s})."
        rest = replace(table.rows(kept), notes=(*table.notes, note))
        return raw_from_table(rest, request, None if index is None else index[kept])
    instants = instants_of(times, table, request)
    taken |= times.spare | (frozenset() if times.axis is None else times.axis.columns)
    notes = [*table.notes, *labels.notes, *(times.axis.notes if times.axis else ()), *times.notes]
    counts = times.spare if times.axis is None else frozenset[int]()
    series = find_series(table, instants, request.series, taken, counts)
    lone = lone_rows(table, taken) if series is None and request.series is None else ()
    if len(lone):
        said = "1 row has" if len(lone) == 1 else f"{len(lone)} rows have"
        note = f"{said} the name of another series than all others: left out (--series none: kept)."
        kept = np.delete(np.arange(len(table.frame)), lone)
        rest = replace(table.rows(kept), notes=(*table.notes, note))
        return raw_from_table(rest, request, None if index is None else index[kept])
    if series is not None and choose_series(series, table, request.series) is None:
        of_words, note = rows_of_words(table, series, taken | {*series.columns})
        if of_words:
            kept = np.delete(np.arange(len(table.frame)), of_words)
            rest = replace(table.rows(kept), notes=(*table.notes, note))
            return raw_from_table(rest, request, None if index is None else index[kept])
    apart = taken
    taken |= frozenset(() if series is None else (*series.columns, *same_in_each(series, table)))
    if series is not None and (others := int(np.sum(series.codes < 0))):
        said = "1 row belongs" if others == 1 else f"{others} rows belong"
        notes.append(f"{said} to none of the series: left out (--series none keeps all).")
    if wanted is None:
        if series is not None and instants is None:
            risen = risen_in_each(table, series.codes, taken)
            taken |= frozenset(risen)
            notes += notes_on_risen(table, risen)
        free = [column for column in range(len(table.names)) if column not in taken]
        parts = parts_of_axis(table, instants, free)
        if len(parts) < len(free):
            taken |= frozenset(parts)
            notes += _part_notes(table, parts)
        counters = find_counters(table, taken)
        taken |= counters.columns
        notes += counters.notes
    chosen = read_channels(table, wanted, taken)
    if table.has_fill_values:
        chosen = without_bad(table, chosen, wanted)
    if series is None and request.series is None:
        _refuse_units(table, chosen, taken)
    units = _with_unit_columns(table, chosen, taken)
    raw = Raw(
        values=chosen.values,
        channels=chosen.titles,
        labels=labels.values,
        instants=instants,
        plain=pd.RangeIndex(len(table.frame)) if index is None else index,
        place=table.place,
        source=table.source,
        notes=(*notes, *chosen.notes),
        fs=table.header.fs,
        start=table.header.start,
        units=units if any(units) else None,
        fs_text=table.header.rate_text,
        complete=chosen.complete,
    )
    if series is not None:
        one = choose_series(series, table, request.series)
        if one is not None:
            found = _units_of_each(table, chosen, apart, {one: series.rows(one)})
            raw = replace(raw, units=found.get(one, raw.units))
            return replace(without_empty(raw.take(series.rows(one))), series=one)
        column = " and ".join(table.titles()[column] for column in series.columns)
        rows = {name: series.rows(name) for name in series.names}
        return replace(raw, stack=Stack(column, rows, _units_of_each(table, chosen, apart, rows)))
    return raw if request.as_is else _without_events(raw, table, taken, index)


def _part_notes(table: Table, parts: list[int]) -> list[str]:
    """Return a note on columns that are parts of the date of each row."""
    titles = [table.titles()[column] for column in parts]
    if len(parts) > 1:
        return [
            f"{len(parts)} columns are parts of the date of each row: left out ({listed(titles)})."
        ]
    undo = f"left out (--channels '{titles[0]}' analyses it)" if parts else ""
    return [f"{table.label(parts[0])} is a part of the date of each row: {undo}."] if parts else []


def _have_no_values(table: Table, wanted: list[int] | None, error: MissingTimeError) -> bool:
    """Return True if no channel has a number in the rows without a time, and these are few."""
    if error.rows.mean() > 0.9:
        return False
    rows = table.frame[error.rows]
    counters = find_counters(table, frozenset({error.column})).columns
    others = set(range(len(table.names))) - {error.column} - counters
    for column in others if wanted is None else wanted:
        series = rows.iloc[:, column]
        if not is_plain(series) and _is_text(table.frame.iloc[:_A_FEW, column], table.decimal):
            # A word or a number of a footer below a text.
            continue
        empty = (
            series.isna()
            if is_plain(series)
            else np.isnan(read_cells(series, table.decimal).values)
        )
        if not bool(np.all(empty)):
            return False
    return True


def _is_text(column: "pd.Series[float]", decimal: str) -> bool:
    """Return True if the first cells of a column are all words."""
    return not is_plain(column) and bool(np.isnan(read_cells(column, decimal).values).all())


def _units_of_each(
    table: Table, chosen: Channels, taken: frozenset[int], rows: dict[str, IntArray]
) -> dict[str, tuple[str, ...]]:
    """Return the units of the channels in each series, where a column gives them."""
    names = [name for i, name in enumerate(table.names) if i not in taken]
    if not any(words(name) & UNIT_NAMES for name in names):
        return {}
    found = {
        name: _with_unit_columns(table.rows(each), chosen, taken) for name, each in rows.items()
    }
    return {name: units for name, units in found.items() if any(units)}


def _with_unit_columns(table: Table, chosen: Channels, taken: frozenset[int]) -> tuple[str, ...]:
    """Return the units of channels, also those that a column gives with one text in every row.

    Such a column goes with the channel that it is called like, with the value of a record, with
    the channel to its left, or with the only one.
    """
    titles, units = table.titles(), list(chosen.units)
    called = [words(title) for title in chosen.titles]
    for column, name in enumerate(table.names):
        if column in taken or not words(name) & UNIT_NAMES:
            continue
        texts = table.column(column).dropna().unique()
        if len(texts) != 1 or not isinstance(texts[0], str):
            continue
        left = titles[column - 1] if column else ""
        what = (words(name) - UNIT_NAMES) or {"value"}
        alike = [i for i, one in enumerate(called) if what <= one]
        beside = chosen.titles.index(left) if left in chosen.titles else None
        channel = 0 if len(units) == 1 else alike[0] if alike else beside
        if channel is not None and not units[channel]:
            units[channel] = texts[0].strip()
    return tuple(units)


def _refuse_units(table: Table, chosen: Channels, taken: frozenset[int]) -> None:
    """Raise DataError where the unit of a channel changes from row to row, as from V to mV."""
    for column, name in enumerate(table.names):
        series = table.column(column)
        if column in taken or is_plain(series) or not words(name) & UNIT_NAMES:
            continue
        texts = [str(text).strip() for text in series.dropna().unique()[:_MOST_UNITS]]
        if not 1 < len(texts) < _MOST_UNITS or not all(map(is_unit, texts)):
            continue
        row = int(np.argmax((series.astype("str").str.strip() == texts[1]).to_numpy(np.bool_)))
        raise DataError(
            f"{table.place(row)}, {table.label(column)}: the unit changes from '{texts[0]}' to "
            f"'{texts[1]}'; convert the values of {listed(chosen.titles)} to one unit (--series "
            "none reads them as they are)."
        )


def _times(table: Table, request: Request, taken: frozenset[int], index: pd.Index | None) -> Times:
    """Return the time of a table's rows: that of a data frame's index, or of its columns."""
    if request.time is None and isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        return Times(TimeColumn(frozenset(), index))
    return find_times(table, request.time, taken, request.dates)


def instants_of(times: Times, table: Table, request: Request) -> pd.Index | None:
    """Return the instant of each row, None without a time; dates where the file says the start."""
    _refuse_blocks(times, table)
    if times.axis is None or request.time is not None:
        return None if times.axis is None else times.axis.index
    return _from_start(times.axis.index, table.header.start)


def _refuse_blocks(times: Times, table: Table) -> None:
    """Raise DataError where rows without dates are of several blocks, each with its own start."""
    again = table.header.again
    index = None if times.axis is None else times.axis.index
    if again is None or isinstance(index, pd.DatetimeIndex):
        return
    if index is None or bool(np.any(np.diff(seconds_of(index)) < 0)):
        raise DataError(
            f"{table.source}, line {again}: another block begins here, with a start of its own, "
            "and its rows have no dates: write each block, with its header, into a file of its own."
        )


def _from_start(instants: pd.Index, start: pd.Timestamp | None) -> pd.Index:
    """Return elapsed times and times of day as dates, where the file says when they began."""
    if start is not None and isinstance(instants, pd.TimedeltaIndex):
        return _clocks_from_start(instants, start)
    dated = isinstance(instants, pd.DatetimeIndex)
    if start is None or dated or abs(float(instants[0])) > _LONGEST_ELAPSED:
        return instants
    seconds = instants.to_numpy(dtype=np.float64)
    if words(str(instants.name)) & _DAY_OF_YEAR and seconds[0] >= _DAY:
        # The first of January is day 1.
        start, seconds = pd.Timestamp(start.year, 1, 1, tz=start.tz), seconds - _DAY
    return later(start, seconds, "ns").rename(instants.name)


def _clocks_from_start(times: pd.TimedeltaIndex, start: pd.Timestamp) -> pd.Index:
    """Return times of day that begin at a start, or lengths of time since then, as dates.

    The first row may come a step late; other times, which have another origin, stay as they are.
    """
    if len(times) < 2:
        return times
    late = pd.Timedelta(max(abs((times[1] - times[0]).total_seconds()), 1.0), "s")
    for origin in (start.normalize(), start):
        if pd.Timedelta(0) <= origin + times[0] - start.floor("s") <= late:
            return (origin + times).rename(times.name)
    return times


def _without_events(raw: Raw, table: Table, taken: frozenset[int], index: pd.Index | None) -> Raw:
    """Return the samples less the rows that have a word in a column of text and no value."""
    channels = set(raw.channels)
    texts = [
        table.column(column)
        for column, (title, kind) in enumerate(zip(table.titles(), table.kinds(), strict=True))
        if kind not in "iufb" and column not in taken and title not in channels
    ]
    if raw.instants is None or not texts:
        return raw
    empty: BoolArray = np.asarray(np.isnan(raw.values).all(axis=1))
    if not empty.any():
        return raw
    rows = np.flatnonzero(empty)
    words = np.zeros(len(rows), dtype=np.bool_)
    for series in texts:
        text = series.astype("str").str.strip().str.lower()
        full = (series.notna() & ~text.isin(MISSING_WORDS)).to_numpy(np.bool_)
        # What has a word in every row, such as the name of a sensor, tells of no event.
        if np.mean(full[~empty]) < 0.5:
            words |= full[rows]
    events = rows[words]
    if not len(events) or len(events) > 0.5 * len(empty):
        return raw
    count, them = (f"{len(events)} rows", "them") if len(events) > 1 else ("1 row", "it")
    # A data frame, which has an index, is not read with options.
    undo = "--as-is keeps" if index is None else "leave the words out to keep"
    kept = np.delete(np.arange(len(empty)), events)
    less = raw.take(kept)
    note = f"{count} with the word of an event and no value: left out ({undo} {them})."
    return replace(less, notes=(*less.notes, note))


def _wanted(table: Table, channels: str | Sequence[str] | None) -> list[int] | None:
    """Return the columns of the named channels; a single text may name several, with commas."""
    if channels is None:
        return None
    given = [channels] if isinstance(channels, str) else list(channels)
    if isinstance(channels, str) and channels not in table.titles():
        given = [part.strip() for part in channels.split(",") if part.strip()]
    if not given:
        raise DataError("No channel is named: leave the choice of channels out to analyse all.")
    return list(dict.fromkeys(table.find(str(one), "channels") for one in given))
