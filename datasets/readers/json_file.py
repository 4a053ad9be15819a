"""JSON: a record a line, a list of records, columns of one length, or series of programs."""

import codecs
import json
import re
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from spectra.arrays import IntArray
from spectra.datasets.memory import largest_bytes, refuse_mostly_empty, refuse_too_large
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.delimiter import is_value
from spectra.datasets.readers.cells.header import NO_HEADER, read_header
from spectra.datasets.readers.cells.keyed_cells import numeric
from spectra.datasets.readers.dates.dates import is_date
from spectra.datasets.readers.foreign.plain_text import is_printed
from spectra.datasets.readers.heading.decimal_sign import decimal_of
from spectra.datasets.readers.json.json_blocks import samples_of
from spectra.datasets.readers.json.json_lists import Records, length_of, note_on_others, records_in
from spectra.datasets.readers.json.json_matrix import with_channels
from spectra.datasets.readers.json.json_named import with_names_as_keys, with_units
from spectra.datasets.readers.json.json_part import shortened
from spectra.datasets.readers.json.json_series import series_in
from spectra.datasets.readers.json.json_texts import refuse_table_in_text, texts_in, titles_in
from spectra.datasets.readers.json.json_values import (
    object_of,
    values_in,
    without_cut_line,
    without_words_below,
)
from spectra.datasets.readers.json.json_vectors import vectors_of
from spectra.datasets.readers.json.json_wrapped import is_flat, plain_json
from spectra.datasets.readers.tables.table import raw_from_table
from spectra.datasets.readers.text.json_cells import with_json_cells
from spectra.datasets.source import Source
from spectra.errors import DataError
from spectra.text import well_formed

_STARTS = (b"{", b"[{", b"[[", b"[\n", b"[\r", b"[ ")
_OF_LISTS = re.compile(rb"\[\s*\[")
_BYTES_A_RECORD = 400
"""Bytes that a record takes at most, where only so many records are wanted."""
_WHOLE_LEVELS = 6
"""Levels of a record that become columns: {"a": {"b": 1}} is a.b."""
_LONGEST_NAME = 1000
"""Letters of the name of a series, which each of its samples repeats."""
_A_FEW = 20
"""Records that show whether a key holds dates."""
_ORDERED = 0.5
"""Share of the steps, less those that go the other way, from which on records have an order."""
_MOST_TEXTS = 200
"""Texts beside the records that are searched for their rate and start."""
_REMEDY = "save it as CSV, a reading a row"


def is_json(head: bytes, name: str) -> bool:
    """Return whether the content begins like JSON, and goes on like it."""
    text = _decoded(head, errors="ignore").lstrip().encode()
    if is_flat(text):
        return True
    if not text.startswith(_STARTS) or is_printed(text):
        return False
    inner = text.lstrip(b"[ \t\r\n")
    of_objects = inner[:1] == b"{" and inner[1:].lstrip()[:1] in (b'"', b"}")
    return of_objects or _OF_LISTS.match(text) is not None


def read_json(source: Source, request: Request) -> Raw:
    """Read the records of a JSON file as a table, whose columns may be named a.b.

    Raises DataError, naming the line, for what is no JSON, and for JSON without records.
    """
    records, unread, value, below = _sampled(source, request.nrows) or _all(source)
    records, turned = with_channels(records, value)
    frame, turned = vectors_of(*samples_of(_frame(records, source.name), turned))
    if request.nrows is not None and len(frame) > request.nrows:
        unread += len(frame) - request.nrows
        frame = frame.iloc[: request.nrows]
    if not frame.shape[1]:
        raise DataError(f"{source.name} is JSON whose records hold nothing: {_REMEDY}.")
    frame = _with_base_time(frame)
    order, sorted_note = _order(frame) if request.time is None else (None, ())
    if order is not None:
        frame = frame.iloc[order].reset_index(drop=True)
    keys: list[object] = list(frame.columns)
    titles = titles_in(value, [key for key in keys if isinstance(key, str)])
    names = tuple(None if isinstance(key, int) else titles.get(str(key), str(key)) for key in keys)
    columns = [_plain(frame.iloc[:, i]) for i in range(frame.shape[1])]
    plain = pd.concat(columns, axis=1).set_axis(pd.RangeIndex(len(columns)), axis=1)
    table = Table(
        plain,
        names,
        lambda row: f"{source.name}, record {row + 1 if order is None else int(order[row]) + 1}",
        source.name,
        _decimal(plain),
        notes=(*below, *turned, *sorted_note, *note_on_others(value, records)),
        has_fill_values=not request.as_is,
    )
    table = with_json_cells(table)
    raw = raw_from_table(table, request)
    if raw.units is None and len(raw.channels) == 1 and isinstance(value, dict):
        unit = read_header(islice(texts_in(value), _MOST_TEXTS)).unit
        raw = replace(raw, units=(unit,) if unit else None)
    if raw.instants is None and request.time is None and isinstance(value, dict):
        # Samples without times may have their rate and start beside them.
        header = read_header(islice(texts_in(value), _MOST_TEXTS))
        raw = raw if header == NO_HEADER else raw_from_table(replace(table, header=header), request)
    return replace(raw, unread=unread)


def _with_base_time(frame: pd.DataFrame) -> pd.DataFrame:
    """Return records of SenML with the times that theirs count from; others as they are."""
    if not {"bt", "v"} <= {*frame.columns}:
        return frame
    since = frame["t"] if "t" in frame.columns else pd.Series(np.nan, index=frame.index)
    base, since = (pd.to_numeric(one, errors="coerce") for one in (frame["bt"], since))
    times = base.ffill().fillna(0.0) + since.fillna(0.0)
    return frame.drop(columns="bt").assign(t=times)


def _decimal(frame: pd.DataFrame) -> str:
    """Return the decimal sign of numbers that are written as texts."""
    texts = frame.iloc[:_A_FEW].select_dtypes(exclude=["number", "bool"]).astype("str")
    return decimal_of(texts.fillna("").to_numpy(object).tolist(), ",")


def _order(frame: pd.DataFrame) -> tuple[IntArray | None, tuple[str, ...]]:
    """Return the order in time of records that come in none, and a note; None for any others.

    A list of records has no order of its own, and some services send it in none. Each instant
    occurs once: else the records may be of several series.
    """
    for key in frame.columns:
        column = frame[key]
        first = [cell for cell in column.iloc[:_A_FEW] if isinstance(cell, str)]
        if len(first) < _A_FEW or not all(is_date(cell, months=False) for cell in first):
            continue
        stamps = pd.to_datetime(column.astype("str"), errors="coerce", format="ISO8601", utc=True)
        if stamps.isna().any() or not stamps.is_unique:
            return None, ()
        steps = np.sign(np.diff(stamps.astype("int64").to_numpy()))
        if abs(steps.mean()) > _ORDERED:
            return None, ()
        note = (
            f"The records come in no order of time: sorted by '{key}' (--time none keeps their "
            "order)."
        )
        return np.argsort(stamps.astype("int64").to_numpy(), kind="stable"), (note,)
    return None, ()


def _decoded(data: bytes, errors: str = "strict") -> str:
    """Return the text of bytes in UTF-8, or as their mark says; zeros behind it are no text."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors)
    return plain_json(data.rstrip(b"\0")).decode("utf-8-sig", errors)


def _all(source: Source) -> tuple[Records, int, Any, tuple[str, ...]]:
    """Return the records of the whole text, none that is unread, and the value they are in."""
    with source.open() as content:
        data = content.read()
    refuse_too_large(source.name, len(data), "save a part of it", bytes_each=20)
    try:
        text = _decoded(data)
    except UnicodeDecodeError as error:
        raise DataError(f"{source.name} is no JSON: its text is no UTF-8; {_REMEDY}.") from error
    text, below = without_words_below(text)
    text, cut = without_cut_line(text)
    values = list(values_in(text, source.name))
    records = _records(values, source.name)
    _refuse_mostly_empty(records, source.name, len(data))
    return records, 0, values[0] if len(values) == 1 else None, (*below, *cut)


def _sampled(source: Source, nrows: int | None) -> tuple[Records, int, Any, tuple[str, ...]] | None:
    """Return the first records of a list or of lines, about how many more, and what they are in.

    None is returned where all of the text is needed, as for an object that holds the records.
    """
    if nrows is None:
        return None
    with source.open() as content:
        data = content.read(nrows * _BYTES_A_RECORD)
        if not content.read(1):
            return None
        size = max(source.path.stat().st_size if source.path else len(source.data), len(data))
    text = _decoded(data, errors="ignore")
    is_object = text.lstrip().startswith("{")
    if is_object and (one := _beginning_of_object(source, nrows)) is not None:
        return one
    found = list(islice(values_in(text, source.name, whole=False), nrows + 1))
    if len(found) < 2 or not all(isinstance(value, dict) for value in found):
        return None
    if series_in(found) is not None:
        return None
    share = len(json.dumps(found, ensure_ascii=False).encode()) / size
    return found[:nrows], max(1, round(len(found) / share) - nrows), None, ()


def _beginning_of_object(
    source: Source, nrows: int
) -> tuple[Records, int, Any, tuple[str, ...]] | None:
    """Return the first records of an object that holds them all, about how many more, and it.

    None is returned where the text is no such object.
    """
    with source.open() as content:
        data = content.read(largest_bytes())
    shorter, share = shortened(data, nrows)
    try:
        found = object_of(shorter)
        records = _records([found], source.name) if isinstance(found, dict) else []
    except (ValueError, RecursionError, DataError):
        return None
    length = length_of(records) if records else 0
    more = max(1, round(length * share) - length)
    return (records, more, found, ()) if length > 1 else None


def _records(values: list[Any], name: str) -> Records:
    """Return the rows among values: the values themselves, or those of the longest list inside."""
    if len(values) == 1 and isinstance(values[0], (dict, list)):
        _refuse_instants(values[0], name)
        found = _prometheus(values[0]) or records_in(values[0])
        if found is not None:
            return found
    if len(values) > 1 and (series := series_in(values)) is not None:
        return series
    if len(values) > 1 and all(one is None or type(one) in (int, float) for one in values):
        return {"value": values}
    if values and all(isinstance(value, list) for value in values):
        inner = [row for value in values for row in value]
        # The history of Home Assistant is a list of records for each entity.
        return inner if inner and all(isinstance(row, dict) for row in inner) else values
    if len(values) > 1:
        return values
    refuse_table_in_text(values, name)
    raise DataError(f"{name} is JSON without a list of records: {_REMEDY}.")


def _refuse_mostly_empty(records: Records, name: str, size: int) -> None:
    """Raise DataError for records whose keys, or lists whose lengths, differ widely."""
    if isinstance(records, dict):
        return
    dicts = [one for one in records if isinstance(one, dict)]
    widest = max((len(one) for one in records if isinstance(one, list)), default=0)
    refuse_mostly_empty(name, len(records), max(_n_keys(dicts), widest), size)


def _n_keys(records: list[dict[str, Any]], level: int = 0) -> int:
    """Return the number of different keys of records, with those of the records inside."""
    plain: set[str] = set()
    inside: dict[str, list[dict[str, Any]]] = {}
    for one in records:
        for key, value in one.items():
            if isinstance(value, dict) and level < _WHOLE_LEVELS:
                inside.setdefault(key, []).append(value)
            else:
                plain.add(key)
    return len(plain) + sum(_n_keys(each, level + 1) for each in inside.values())


def _plain(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a column of numbers, or of texts: a list of one value is that, others their text."""
    if column.dtype != object:
        return numeric(column)
    if isinstance(column.iloc[0], list):
        lone = [cell[0] if isinstance(cell, list) and len(cell) == 1 else cell for cell in column]
        column = pd.Series(lone, index=column.index, dtype=object)
    return numeric(column.astype("str"))


def _refuse_instants(value: Any, name: str) -> None:
    """Raise DataError for an answer of Prometheus that has one instant."""
    data = value.get("data") if isinstance(value, dict) else None
    if isinstance(data, dict) and data.get("resultType") in ("vector", "scalar"):
        raise DataError(
            f"{name} has one instant of each metric: ask Prometheus for a range (query_range)."
        )


def _prometheus(value: Any) -> list[Any] | None:
    """Return a record for each sample of a result of Prometheus, None for anything else."""
    result = value.get("data") if isinstance(value, dict) else None
    series = result.get("result") if isinstance(result, dict) else None
    if not isinstance(series, list) or not all(
        isinstance(one, dict) and isinstance(one.get("values"), list) for one in series
    ):
        return None
    return [
        {"series": _labels(one.get("metric")), "time": pair[0], "value": pair[1]}
        for one in series
        for pair in one["values"]
        if isinstance(pair, list) and len(pair) == 2
    ]


def _labels(metric: Any) -> str:
    """Return the name of a metric with its labels: up{instance=a}."""
    if not isinstance(metric, dict):
        return "value"
    labels = ",".join(f"{key}={text}" for key, text in metric.items() if key != "__name__")
    name = f"{metric.get('__name__', '')}{{{labels}}}" if labels else str(metric.get("__name__"))
    return name[:_LONGEST_NAME]


def _names(rows: list[list[Any]]) -> bool:
    """Return True if the first row has a name for each column, and the second one has values."""
    first = rows[0]
    if len(rows) < 3 or not all(isinstance(name, str) for name in first):
        return False
    values = any(is_value(str(cell), ".") for cell in rows[1])
    return values and len({*first}) == len(first) and not any(is_value(cell, ".") for cell in first)


def _frame(records: Records, name: str) -> pd.DataFrame:
    """Return records as a frame, a column a key, or a column a place in lists."""
    try:
        return _columns(records, name)
    except UnicodeEncodeError:
        # JSON can name half of a surrogate pair, which pandas cannot keep as UTF-8.
        return _columns(_encodable(records), name)


def _encodable(value: Any) -> Any:
    """Return a value of JSON with halves of surrogate pairs in its texts and keys escaped."""
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, list):
        return [_encodable(each) for each in value]
    if isinstance(value, dict):
        return {_encodable(key): _encodable(each) for key, each in value.items()}
    return value


def _plainly(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return records with None for the few objects that say why a number is missing.

    A list of a single object is that object.
    """
    lone = {key for key, one in records[0].items() if _is_lone(one)}
    if lone and all(_is_lone(record.get(key)) for record in records for key in lone):
        records = [
            {key: one[0] if key in lone else one for key, one in record.items()}
            for record in records
        ]
    found: dict[str, list[int]] = {}
    for record in records:
        for key, value in record.items():
            counts = found.setdefault(key, [0, 0])
            counts[0] += isinstance(value, int | float)
            counts[1] += isinstance(value, dict)
    mixed = {key for key, (plain, objects) in found.items() if plain > objects > 0}
    if not mixed:
        return records
    return [
        {
            key: None if key in mixed and isinstance(value, dict) else value
            for key, value in record.items()
        }
        for record in records
    ]


def _is_lone(value: Any) -> bool:
    """Return True for a list of a single object."""
    return isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict)


def _columns(records: Records, name: str) -> pd.DataFrame:
    """Return records as a frame; raise UnicodeEncodeError for halves of surrogate pairs."""
    if isinstance(records, dict):
        return pd.DataFrame(records)
    dicts = [one for one in records if isinstance(one, dict)]
    if len(dicts) > 0.5 * len(records):
        plain = _plainly(with_names_as_keys(dicts))
        return with_units(pd.json_normalize(plain, max_level=_WHOLE_LEVELS))
    lists = [one for one in records if isinstance(one, list)]
    if len(lists) > 0.5 * len(records) and any(lists):
        width = max(map(len, lists))
        rows = [[*row, *[None] * (width - len(row))] for row in lists]
        return pd.DataFrame(rows[1:], columns=rows[0]) if _names(rows) else pd.DataFrame(rows)
    raise DataError(f"{name} is JSON without a list of records: {_REMEDY}.")
