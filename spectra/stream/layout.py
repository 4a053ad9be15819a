"""Layout of the lines of a stream: found once in the first ones, then applied line by line.

The first lines are read as a file would be, so that delimiter, decimal sign, header, time and
channels are those of a file. A line of a stream is then split and converted by itself.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import isfinite, nan
from typing import Any, Final, Literal, Self

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array
from spectra.datasets.instants import resolution_of, seconds_of
from spectra.datasets.raw import Raw, Request, quiet
from spectra.datasets.readers.cells import MISSING_WORDS
from spectra.datasets.readers.columns import Table
from spectra.datasets.readers.csv_file import read_table
from spectra.datasets.readers.dates import parse_dates
from spectra.datasets.readers.delimiter import BLANKS
from spectra.datasets.readers.dialect import sniff
from spectra.datasets.readers.table import raw_from_table
from spectra.datasets.readers.time_column import find_times
from spectra.datasets.source import Source
from spectra.errors import DataError
from spectra.parameters import shown

Kind = Literal["none", "numbers", "dates", "clock"]

_CLOCK: Final = re.compile(r"\s*(\d+):(\d\d)(?::(\d\d(?:[.,]\d+)?))?\s*")
# Seconds that the time of a day goes back by at midnight, or more.
_HALF_DAY: Final = 43_200.0
# Largest difference of a time from that of the reader, in seconds and relative to the span.
_SAME: Final = 1e-6
# Levels of objects within objects of JSON that are read.
_DEEPEST: Final = 8


class BadLineError(ValueError):
    """Error in one line of a stream, which is left out."""


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
        text, keys = _table_of(full) if is_json else ("\n".join(lines) + "\n", ())
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
            **_time_of(table, raw, time, request),
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
        absent: tuple[int, ...] = ()
        if self.is_json:
            cells, absent = self._json_cells(text)
        else:
            cells = self._cells(text)
        try:
            values = tuple(self._value(cells[column]) for column in self.channels)
            return Row(self._seconds([cells[column] for column in self.time]), values, absent)
        except BadLineError:
            if self._is_header(cells):
                raise DataError(
                    f"The header changes to {shown(text)}: begin another stream for it."
                ) from None
            raise

    def _cells(self, text: str) -> list[str]:
        """Return the fields of a line; raise BadLineError for more or fewer than the columns."""
        if self.delimiter == BLANKS:
            cells = text.split()
        elif '"' in text:
            try:
                cells = next(csv.reader([text], delimiter=self.delimiter), [])
            except csv.Error as error:
                raise BadLineError(f"quotes that cannot be read ({error})") from error
        else:
            cells = text.split(self.delimiter)
        if len(cells) == len(self.titles) + 1 and not cells[-1].strip():
            cells = cells[:-1]
        if len(cells) != len(self.titles):
            if self._is_header(cells):
                raise DataError(
                    f"The header changes to {shown(text)}: begin another stream for it."
                )
            raise BadLineError(f"{len(cells)} fields in place of {len(self.titles)}")
        return cells

    def _json_cells(self, text: str) -> tuple[list[str], tuple[int, ...]]:
        """Return the values of an object, and the channels whose key it lacks."""
        found = dict(_flat(_object(text)))
        keys = [self.titles[column] for column in self.channels]
        absent = tuple(i for i, key in enumerate(keys) if key not in found)
        if len(absent) == len(keys) or (self.time and not self._has_time(found)):
            missing = keys[absent[0]] if absent else self.titles[self.time[0]]
            raise BadLineError(f"no key {shown(missing)}")
        return [found.get(key, "") for key in self.titles], absent

    def _has_time(self, found: dict[str, str]) -> bool:
        return all(self.titles[column] in found for column in self.time)

    def _is_header(self, cells: Sequence[str]) -> bool:
        """Return whether fields are names: none is a number, and one is that of a column."""
        stripped = [cell.strip().strip('"') for cell in cells]
        if self.is_json or any(_is_number(cell) or ":" in cell for cell in stripped):
            return False
        return bool({*self.titles, *self.names} & set(stripped))

    def _value(self, cell: str) -> float:
        """Return the number in a cell, NaN where it is missing; raise BadLineError otherwise."""
        text = cell.replace(",", ".") if self.decimal == "," else cell
        try:
            value = float(text)
        except ValueError:
            if text.strip().lower() in MISSING_WORDS or not text.strip():
                return nan
            raise BadLineError(f"{shown(cell)} is no number") from None
        if "_" in text or value in (float("inf"), float("-inf")):
            raise BadLineError(f"{shown(cell)} is no finite number")
        return value

    def _seconds(self, cells: list[str]) -> float | None:
        """Return the seconds since the first row; raise BadLineError for what is no time."""
        if self.kind == "none":
            return None
        text = " ".join(cells).strip()
        if self.kind == "numbers":
            number = self._value(text)
            if not isfinite(number):
                raise BadLineError("the time is missing")
            return (number - self.first) * self.scale
        if self.kind == "clock":
            match = _CLOCK.fullmatch(text)
            if match is None:
                raise BadLineError(f"{shown(text)} is no time of day")
            last = (match[3] or "0").replace(",", ".")
            return int(match[1]) * 3600 + int(match[2]) * 60 + float(last) - self.first
        return (_instant(text, self.order) - pd.Timestamp(self.start)) / pd.Timedelta(seconds=1)

    def later(self, seconds: float, last: float) -> float:
        """Return the seconds of a time of day counted on over midnight."""
        while self.kind == "clock" and seconds < last - _HALF_DAY:
            seconds += 86_400.0
        return seconds

    def instant(self, seconds: float) -> str | float:
        """Return the instant at seconds after the first row, as JSON holds it."""
        # ISO 8601 has a T in dates and in durations.
        if "T" not in self.start:
            return round(float(self.start) + seconds, 9)
        micros = pd.Timedelta(round(seconds * 1e6), unit="us")
        if self.start.startswith(("P", "-P")):
            return (pd.Timedelta(self.start) + micros).isoformat()
        return (pd.Timestamp(self.start) + micros).isoformat()

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
        names = ", ".join(map(shown, wanted))
        found = ", ".join(map(shown, raw.channels))
        remedy = "give the channels of the model"
        if not any(table.names):
            remedy = "without a header, choose its columns with --channels 2,3"
        raise DataError(
            f"{table.source} has the channels {found}, but the model {names}: {remedy}."
        )
    chosen = Request(
        request.time, wanted, request.label, dates=request.dates, delimiter=request.delimiter
    )
    return raw_from_table(table, chosen), titles


def _numbers(table: Table, column: int) -> Float64Array:
    return np.asarray(pd.to_numeric(table.frame.iloc[:, column], errors="coerce"), dtype=np.float64)


def _time_of(table: Table, raw: Raw, time: tuple[int, ...], request: Request) -> dict[str, Any]:
    """Return the notation of a time by its columns and the instants that the reader found."""
    none = {"kind": "none", "first": 0.0, "scale": 1.0, "start": "", "order": "", "resolution": 0.0}
    if not time or raw.instants is None:
        return none
    instants = raw.instants
    found = {**none, "start": _written(instants[0]), "resolution": resolution_of(instants)}
    cells = table.frame.iloc[:, time[0]]
    if len(time) == 1 and pd.api.types.is_numeric_dtype(cells.dtype):
        numbers, seconds = cells.to_numpy(dtype=np.float64), seconds_of(instants)
        span = numbers[-1] - numbers[0]
        scale = float(seconds[-1] / span) if span else 1.0
        return {**found, "kind": "numbers", "first": float(numbers[0]), "scale": scale}
    if isinstance(instants, pd.TimedeltaIndex):
        return {**found, "kind": "clock", "first": float(instants[0].total_seconds())}
    return {**found, "kind": "dates", "order": _order_of(cells, request)}


def _order_of(cells: "pd.Series[float]", request: Request) -> str:
    """Return the order of day and month of written dates, "" where both are the same."""
    if request.dates is not None:
        return request.dates
    expected = parse_dates(cells)[0]
    for order in ("day-first", "month-first"):
        if not parse_dates(cells, order)[0].equals(expected):
            return "month-first" if order == "day-first" else "day-first"
    return ""


def _written(instant: Any) -> str:
    if isinstance(instant, (pd.Timestamp, pd.Timedelta)):
        return instant.isoformat()
    return repr(float(instant))


def _instant(text: str, order: str) -> pd.Timestamp:
    """Return the instant of a written date; raise BadLineError for what is none."""
    try:
        if text[4:5] == "-":
            return pd.Timestamp(datetime.fromisoformat(text))
    except ValueError:
        pass
    try:
        dates = parse_dates(pd.DataFrame({"time": [text]}).iloc[:, 0], order or None)[0]
    except (DataError, ValueError, IndexError, OverflowError):
        raise BadLineError(f"{shown(text)} is no time") from None
    if dates.hasnans:
        raise BadLineError(f"{shown(text)} is no time")
    return dates[0]


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


def _table_of(lines: Sequence[str]) -> tuple[str, list[str]]:
    """Return JSON objects as a text table with their keys as header, and the keys."""
    objects = []
    for line in lines:
        try:
            objects.append(dict(_flat(_object(line))))
        except BadLineError:
            continue
    keys = list(dict.fromkeys(key for each in objects for key in each))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(keys)
    writer.writerows([each.get(key, "") for key in keys] for each in objects)
    return text.getvalue(), keys


def _object(text: str) -> dict[str, Any]:
    """Return the JSON object in a line; raise BadLineError for anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise BadLineError("no JSON object") from None
    if not isinstance(found, dict):
        raise BadLineError("no JSON object")
    return found


def _flat(found: dict[str, Any], lead: str = "", depth: int = 0) -> Iterable[tuple[str, str]]:
    """Yield the cells of a JSON object; those of objects inside have names such as "a.b"."""
    for key, value in found.items():
        name = f"{lead}{key}"
        if isinstance(value, dict):
            if depth < _DEEPEST:
                yield from _flat(value, f"{name}.", depth + 1)
        elif value is None:
            yield name, ""
        elif isinstance(value, bool):
            yield name, str(int(value))
        elif isinstance(value, (int, float, str)):
            yield name, _short(value)


def _short(value: float | str) -> str:
    """Return a value of JSON as text; an integer of thousands of digits has none."""
    try:
        return str(value)
    except ValueError:
        return "inf"


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True
