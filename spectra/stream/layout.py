"""Layout of the lines of a stream: found once in the first ones, then applied line by line.

The first lines are read as a file would be, so that delimiter, decimal sign, header, time and
channels are those of a file. A line of a stream is then split and converted by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Final, Self

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array
from spectra.datasets.instants import seconds_of
from spectra.datasets.raw import Raw, Request, quiet
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.csv_file import read_table
from spectra.datasets.readers.tables.table import raw_from_table
from spectra.datasets.readers.text.dialect import sniff
from spectra.datasets.readers.times.time_column import find_times
from spectra.datasets.source import Source
from spectra.errors import DataError
from spectra.formatting import counted, named
from spectra.parameters import shown
from spectra.stream.cells import BadLineError, number_in
from spectra.stream.json_lines import cells_of, table_of
from spectra.stream.stamps import (
    Kind,
    instant_after,
    instant_in,
    notation_of,
    past_midnight,
    time_of_day,
)
from spectra.stream.text_lines import fields_of, is_header

# Largest difference of a time from that of the reader, in seconds and relative to the span.
_SAME: Final = 1e-6


@dataclass(frozen=True)
class Row:
    """A line.

    Attributes
    ----------
    seconds : float or None
        Since the first row; None without a time.
    values : tuple of float
        Those of the channels.
    absent : tuple of int
        Indices of the channels whose key a JSON object lacks.
    """

    seconds: float | None
    values: tuple[float, ...]
    absent: tuple[int, ...] = ()


@dataclass(frozen=True)
class Layout:
    """Columns of the lines of a stream.

    Attributes
    ----------
    is_json : bool
        Each line is a JSON object; else the fields of a text table.
    delimiter, decimal, comment, header : str
        Of a text table; the header is its line of names, "" without one.
    titles : tuple of str
        One a column; the keys of a JSON object.
    channels, time : tuple of int
        Columns of the channels in the order of the model, and of the time.
    names : tuple of str
        Names of the channels.
    kind : str
        Notation of the time.
    first, scale : float
        Number of the first row, and seconds of one unit, of a time of numbers; for times of day
        `first` is in seconds.
    start : str
        Instant of the first row: an ISO 8601 date, an ISO 8601 duration, a number of seconds; ""
        without a time.
    order : str
        Order of day and month, "" where it is not needed.
    resolution : float
        Seconds that the times are rounded to.
    """

    is_json: bool
    delimiter: str
    decimal: str
    comment: str
    header: str
    titles: tuple[str, ...]
    channels: tuple[int, ...]
    time: tuple[int, ...]
    names: tuple[str, ...]
    kind: Kind
    first: float
    scale: float
    start: str
    order: str
    resolution: float

    def __post_init__(self) -> None:
        columns = (*self.channels, *self.time)
        if not self.channels or not all(0 <= one < len(self.titles) for one in columns):
            raise ValueError("The columns of a layout are those of its titles.")
        if len(self.names) != len(self.channels) or bool(self.time) != (self.kind != "none"):
            raise ValueError("Each channel has a name, and a time has columns.")

    @classmethod
    @quiet
    def of(
        cls, lines: Sequence[str], request: Request, wanted: tuple[str, ...] | None, name: str
    ) -> tuple[Self, Raw]:
        """Return the layout of the first lines of a stream, and what they hold.

        `wanted` are the channels of a model. Raises DataError where the lines hold no such
        channels, or cannot be read one by one.
        """
        full = [line for line in lines if line.strip()]
        is_json = bool(full) and full[0].lstrip().startswith("{")
        text, keys = table_of(full) if is_json else ("\n".join(lines) + "\n", ())
        table = read_table(Source(name, None, text.encode()), request)
        raw, titles = _raw_of(table, request, wanted)
        if not set(raw.channels) <= set(titles):
            raise _not_by_lines(raw.source)
        channels = [titles.index(one) for one in raw.channels]
        # Columns that are chosen are no time; without a choice the reader finds the time first.
        taken = frozenset(channels) if request.channels else frozenset[int]()
        times = find_times(table, request.time, taken, request.dates).axis
        dialect = sniff(text.splitlines()[: len(lines) + 1], None if not is_json else ",")
        assert dialect is not None
        above = [line for line in text.splitlines()[: dialect.above] if line.strip()]
        named = wanted if wanted is not None else raw.channels
        order = [raw.channels.index(one) for one in named]
        time = () if times is None or raw.instants is None else tuple(sorted(times.columns))
        layout = cls(
            is_json=is_json,
            delimiter=dialect.delimiter,
            decimal=dialect.decimal,
            comment=dialect.comment or "",
            header=above[-1].strip() if above and any(dialect.names) and not is_json else "",
            titles=tuple(keys or titles),
            channels=tuple(channels[index] for index in order),
            time=time,
            names=named,
            **notation_of(table, raw, time, request),
        )
        layout._check(full if is_json else lines[dialect.above :], raw, order)
        return layout, raw

    def row(self, line: str) -> Row | None:
        """Return what a line holds, None for an empty one, a comment and a repeated header.

        Raises BadLineError for a line that cannot be read, DataError for another header.
        """
        text = line.strip("\r\n\ufeff")
        if not text.strip() or (self.comment and text.lstrip().startswith(self.comment)):
            return None
        if self.header and text.strip() == self.header:
            return None
        cells, absent = self._json_cells(text) if self.is_json else (self._fields(text), ())
        try:
            values = tuple(number_in(cells[column], self.decimal) for column in self.channels)
            return Row(self._seconds([cells[column] for column in self.time]), values, absent)
        except BadLineError:
            self._refuse_header(cells, text)
            raise

    def _fields(self, text: str) -> list[str]:
        """Return the fields of a line; raise BadLineError for more or fewer than the columns."""
        fields = fields_of(text, self.delimiter)
        if len(fields) == len(self.titles) + 1 and not fields[-1].strip():
            fields = fields[:-1]
        if len(fields) != len(self.titles):
            self._refuse_header(fields, text)
            raise BadLineError(f"{counted(len(fields), 'field')} in place of {len(self.titles)}")
        return fields

    def _json_cells(self, text: str) -> tuple[list[str], tuple[int, ...]]:
        """Return the values of an object, and the channels whose key it lacks."""
        found = cells_of(text)
        keys = [self.titles[column] for column in self.channels]
        absent = tuple(i for i, key in enumerate(keys) if key not in found)
        if len(absent) == len(keys) or (self.time and not self._has_time(found)):
            missing = keys[absent[0]] if absent else self.titles[self.time[0]]
            raise BadLineError(f"no key {shown(missing)}")
        return [found.get(key, "") for key in self.titles], absent

    def _has_time(self, found: dict[str, str]) -> bool:
        return all(self.titles[column] in found for column in self.time)

    def _refuse_header(self, cells: Sequence[str], text: str) -> None:
        """Raise DataError for a line of a text table that is another header."""
        if not self.is_json and is_header(cells, (*self.titles, *self.names)):
            raise DataError(
                f"The header changes to {shown(text)}: begin another stream for it."
            ) from None

    def _seconds(self, cells: list[str]) -> float | None:
        """Return the seconds since the first row; raise BadLineError for what is no time."""
        if self.kind == "none":
            return None
        text = " ".join(cells).strip()
        if self.kind == "numbers":
            number = number_in(text, self.decimal)
            if not isfinite(number):
                raise BadLineError("the time is missing")
            return (number - self.first) * self.scale
        if self.kind == "clock":
            return time_of_day(text) - self.first
        instant = instant_in(text, self.order)
        return (instant - pd.Timestamp(self.start)) / pd.Timedelta(seconds=1)

    def later(self, seconds: float, last: float) -> float:
        """Return the seconds of a time of day counted on over midnight."""
        return past_midnight(seconds, last) if self.kind == "clock" else seconds

    def instant(self, seconds: float) -> str | float:
        """Return the instant at seconds after the first row, as JSON holds it."""
        return instant_after(self.start, seconds)

    def _check(self, lines: Iterable[str], raw: Raw, order: list[int]) -> None:
        """Raise DataError unless most lines by themselves hold what the reader found in them."""
        rows: list[Row] = []
        bad = 0
        for line in lines:
            try:
                row = self.row(line)
            except BadLineError:
                bad += 1
                continue
            if row is not None:
                rows.append(row)
        values = np.array([row.values for row in rows]).reshape(len(rows), len(self.channels))
        expected = raw.values[:, order]
        alike = bad < len(rows)
        if alike and values.shape == expected.shape:
            alike = bool(np.array_equal(values, expected, equal_nan=True))
            if alike and raw.instants is not None and self.kind != "none":
                alike = _same_times(rows, raw, self)
        if not alike:
            raise _not_by_lines(raw.source)


def _not_by_lines(source: str) -> DataError:
    """Return the error for what the reader finds in a file, but not in its lines."""
    return DataError(
        f"{source} cannot be read line by line: give a plain text table or JSON objects, and name "
        "its columns with --time, --channels and --delimiter."
    )


def _raw_of(
    table: Table, request: Request, wanted: tuple[str, ...] | None
) -> tuple[Raw, list[str]]:
    """Return the samples of the first lines and the titles of their columns."""
    titles = table.titles()
    raw = raw_from_table(table, request)
    if raw.channels == ("value",) and "value" not in titles:
        # A single column without a name.
        columns = (
            column
            for column in range(len(titles))
            if np.array_equal(_numbers(table, column), raw.values[:, 0], equal_nan=True)
        )
        if (column := next(columns, None)) is None:
            raise _not_by_lines(table.source)
        titles[column] = "value"
    if wanted is None or sorted(raw.channels) == sorted(wanted):
        return raw, titles
    unnamed = not any(table.names) and set(raw.channels) <= set(titles)
    if unnamed and len(raw.channels) == len(wanted):
        # Without a header the columns are in the order of the model's channels.
        for old, new in zip(raw.channels, wanted, strict=True):
            titles[titles.index(old)] = new
        return replace(raw, channels=wanted), titles
    if request.channels is not None or not set(wanted) <= set(titles):
        remedy = "give the channels of the model"
        if not any(table.names):
            remedy = "without a header, choose its columns with --channels 2,3"
        raise DataError(
            f"{table.source} has {named(raw.channels)}, but the model has {named(wanted)}: "
            f"{remedy}."
        )
    chosen = Request(
        request.time, wanted, request.label, dates=request.dates, delimiter=request.delimiter
    )
    return raw_from_table(table, chosen), titles


def _numbers(table: Table, column: int) -> Float64Array:
    return np.asarray(pd.to_numeric(table.frame.iloc[:, column], errors="coerce"), dtype=np.float64)


def _same_times(rows: list[Row], raw: Raw, layout: Layout) -> bool:
    """Return whether the times of lines by themselves are those of the reader."""
    assert raw.instants is not None
    seconds, last = [], 0.0
    for row in rows:
        last = layout.later(row.seconds or 0.0, last)
        seconds.append(last)
    expected = seconds_of(raw.instants)
    tolerance = max(_SAME, _SAME * float(np.abs(expected).max(initial=0.0)))
    return bool((np.abs(np.array(seconds) - expected) <= tolerance).all())
