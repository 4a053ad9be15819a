"""Columns that were not measured: row counters, steady ramps, identifiers."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.names import words
from spectra.datasets.readers.tables.fill_values import is_fill_value

_COUNTERS = {
    "", "#", "index", "idx", "id", "row", "rows", "no", "no.", "nr", "nr.", "n", "n°", "sample",
    "samples", "unnamed: 0", "record", "seq", "counter", "lfd. nr.", "point", "line", "frame",
}  # fmt: skip
_IDENTIFIERS = frozenset(
    {
        "id",
        "serial",
        "number",
        "no",
        "nr",
        "code",
        "ean",
        "sn",
        "account",
        "meter",
        "site",
        "table",
        "station",
        "stations",
        "poste",
        "grade",
        "device",
        "node",
        "record",
        "type",
        "poc",
        "stn",
        "mprn",
        "mpan",
        "cups",
        "prm",
        "pod",
        "icp",
        "esiid",
        "parameter",
        "mdl",
        "location",
        "version",
        "ver",
        "firmware",
        "fw",
        "hw",
        "schema",
        "protocol",
        "proto",
        "revision",
        "lat",
        "latitude",
        "lon",
        "lng",
        "longitude",
        "elevation",
        "altitude",
        "alti",
        "altitud",
        "mmsi",
        "imo",
        "group",
        "decimals",
        "mult",
        "satellite",
        "pollutant",
        "step",
        "cycle",
        "verification",
        "source",
        "typ",
        "tipo",
        "indicativo",
        "código",
        "kennung",
        "slave",
        "addr",
        "address",
        "tunnus",
        "tyyppi",
        "interval",
        "period",
        "week",
        "span",
        "session",
        "digits",
        "mode",
        "sta",
        "wmo",
        "key",
        "rack",
        "shelf",
        "timezone",
        "tz",
        "지점",
        "站号",
        "站点",
        "观测站",
        "観測所",
        "地点",
    }
)
_IDENTIFIERS_ALONE = frozenset(
    map(frozenset, ({"index"}, {"sensor", "index"}, {"tag", "index"}, {"cell"}, {"test"}))
)
"""Words that name no measurement where nothing stands beside them."""
_KINDS = frozenset({"recordtype", "aufzeichnungstyp"})
_ID_OF = re.compile(r".+[\s_.-](?i:id)|.*[a-z]I[dD]")
_ENDS_IN_ID = re.compile(r"(?i)(?:id|nummer|numer|n[úu]mero)$")
_RATES_ANOTHER = re.compile(
    r"(?i)(?P<of>.+?)[\s_.-]+(?:qc|qf|flags?|quality|qcode)|(?:qc?|qf|cq|flag|quality)[\s_.-]+(?P<on>.+)"
)
_RATES_LEFT = re.compile(r"Q([A-Z]\w*)")
"""A name such as QRR1, the grade of RR1 to its left; QT may be an interval of the heart."""
"""A name such as TA_QC and CQ_AF3, where another column is called TA or AF3."""
_CHECKSUM = re.compile(
    r"(?i)[\s_]*(?:(?:\w{1,10}[\s_])?(?:check|chk|ck)[\s_]?sum|crc[\s_-]?\d{0,2}|fcs|prüfsumme)[\s_]*"
)
_MOST_GRADES = 20
_QUALITY_OF = re.compile(r"(?i)q[_-]\w+$")
"""A name such as Q_TG, the quality of TG; Q alone is a flow."""
_QUALITIES_TEXT = """
    qcode qf qual quality qualität calidad qualité kwaliteit qualità jakość качество
    质量 品质 品質 qn qc flag flags status validity valid opc alarm alarms good
    verified questionable substituted annotated interpolated confidence integrity
    dataintegrity qualitätscode 品質情報 均質番号 現象なし情報
"""
_QUALITIES = frozenset(_QUALITIES_TEXT.split())
_NINES = frozenset({88888.0, 9999.0, 9999.9, 99999.0, 99999.9, 999999.0, 9999999.0})
"""Numbers that stand for missing values where a column has one of them throughout."""
_NEARLY_ALL = 0.99
"""Share of the rows that have one number in a column which says how good the others are."""
_ALIKE, _MOST = 0.01, 0.98
"""A step is the usual one within this share of it; this share of the steps makes a counter."""
_LONG = 10
"""Steps of whole numbers from which on a difference of one is that of rounding."""
_GLANCE = 64
_FEWEST_ROWS, _MOST_NOTES = 10, 6
_RISES = "rises by the same step in every row"


@dataclass(frozen=True)
class Counters:
    """Columns that only count: those named so, and those that rise by one step throughout."""

    columns: frozenset[int]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Known:
    """Names of all columns, and those that begin with even steps, a fill value, a lone value."""

    names: frozenset[str | None]
    even: set[int]
    fills: set[int]
    lone: set[int]


def find_counters(table: Table, taken: frozenset[int]) -> Counters:
    """Return the columns that count the rows, or rise by the same step in every row.

    The last column left is never one of them: what is alone was measured.
    """
    free = [column for column in range(len(table.names)) if column not in taken]
    titles = table.titles()
    kinds = table.kinds()
    # Columns of words are no measurements that would be left.
    measured = sum(kinds[column] in "iufb" or not _holds_words(table, column) for column in free)
    known = _Known(
        frozenset(table.names),
        _even_starts(table, [column for column in free if kinds[column] in "iuf"]),
        _fill_starts(table, [column for column in free if kinds[column] in "if"]),
        _lone_starts(table, [column for column in free if kinds[column] == "f"]),
    )
    columns: set[int] = set()
    notes: list[str] = []
    for column in free:
        said = _said_of(table, column, known, alone=measured - len(columns) < 2)
        if said is None:
            continue
        columns.add(column)
        undo = f"--channels '{titles[column]}' analyses it"
        if said == _RISES and _goes_one_way(table, column):
            undo += f", --time '{titles[column]}' takes it as the time"
        notes.append(f"{table.label(column)} {said}: left out ({undo}).")
    return Counters(frozenset(columns), _shortened(notes))


def _goes_one_way(table: Table, column: int) -> bool:
    """Return True if a column never comes back to a number that it had, as a full counter does."""
    series = table.column(column)
    return bool(series.is_monotonic_increasing or series.is_monotonic_decreasing)


def _said_of(table: Table, column: int, known: _Known, *, alone: bool) -> str | None:
    """Return what a column is that was not measured, None for one that may have been."""
    if not alone:
        if (of := _rated(table, column, known.names)) is not None:
            return f"says how good '{of}' is"
        if _CHECKSUM.fullmatch(table.names[column] or ""):
            return "checks that rows were sent well"
        if _identifies(table, column):
            few = "one number throughout" if _is_one_number(table, column) else "a few numbers"
            return f"is {few}, and named like no measurement"
        if _numbers_things(table, column):
            return "has the numbers of things, and is called like that"
        if column in known.fills and _is_one_number(table, column):
            value = float(table.column(column).iloc[0])
            return f"is {value:g} throughout, which stands for missing values"
        if column in known.lone and _stands_once(table, column):
            return "has a value in the first row only"
    if _counts_rows(table, column, alone=alone):
        return "only counts the rows"
    steady = not alone and column in known.even and _rises_by_one_step(table, column)
    return _RISES if steady else None


def _holds_words(table: Table, column: int) -> bool:
    """Return whether the first cells of a column are texts without a digit."""
    cells = table.frame.iloc[:_GLANCE, column].dropna()
    texts = [cell for cell in cells if isinstance(cell, str)]
    return len(texts) > 0 and not any(char.isdigit() for text in texts for char in text)


def _shortened(notes: list[str]) -> tuple[str, ...]:
    """Return the first few notes, and how many more columns were left out like these."""
    more = len(notes) - _MOST_NOTES
    if more <= 1:
        return tuple(notes)
    return (*notes[:_MOST_NOTES], f"{more} more columns like these are left out.")


def _even_starts(table: Table, columns: list[int]) -> set[int]:
    """Return which columns of numbers begin with steps that are mostly one length, and not 0."""
    if len(table.frame) < _FEWEST_ROWS or not columns:
        return set()
    steps = np.diff(table.matrix(columns, _GLANCE), axis=0)
    first = steps[0]
    usual = np.median(steps, axis=0)
    same = np.mean(steps == first, axis=0) >= 0.5
    even = np.mean(np.abs(steps - usual) <= _tolerance(usual, steps), axis=0) >= _MOST
    return {column for column, one in zip(columns, same | even, strict=True) if one}


def _rated(table: Table, column: int, known: frozenset[str | None]) -> str | None:
    """Return the column that another of a few whole numbers grades by its name; None without."""
    match = _RATES_ANOTHER.fullmatch(table.names[column] or "")
    of = None if match is None else match["of"] or match["on"]
    series = table.column(column)
    beside = _RATES_LEFT.fullmatch(table.names[column] or "")
    if beside is not None and column and beside[1] == table.names[column - 1]:
        graded = series.dtype.kind in "iuf" and series.min() >= 0 and series.max() <= 9
        of = beside[1] if graded else of
    if of is None or of not in known or series.dtype.kind not in "iuf":
        return None
    grades = series.dropna().unique()
    few = len(grades) <= _MOST_GRADES and bool((grades == np.rint(grades)).all())
    return of if few else None


def _identifies(table: Table, column: int) -> bool:
    """Return True if a column of one number is named like an identifier, place or quality."""
    name = table.names[column] or ""
    named = words(name)
    if named >= {"sub", "frame"}:
        return True
    if named >= {"utc", "offset"} or named >= {"gmt", "offset"}:
        return _is_one_number(table, column)
    identifies = (
        bool(named & _IDENTIFIERS)
        or named in _IDENTIFIERS_ALONE
        or _ENDS_IN_ID.search(name) is not None
    )
    kinds = {"record", "type"} <= named or bool(named & _KINDS)
    rates = bool(named & _QUALITIES) or named == {"ok"} or _QUALITY_OF.match(name) is not None
    if not identifies and not rates and not kinds:
        return False
    series = table.column(column)
    if series.dtype.kind not in "iufb" or not len(series):
        return False
    usual = float(np.mean(series.to_numpy() == series.iloc[0]))
    few = kinds and series.dtype.kind in "iu" and series.nunique() <= _MOST_GRADES
    return usual == 1 or few or (rates and usual >= _NEARLY_ALL)


def _numbers_things(table: Table, column: int) -> bool:
    """Return True for whole numbers that come again in a column called machine_id or VehId."""
    series = table.column(column)
    if series.dtype.kind not in "iu" or not _ID_OF.fullmatch((table.names[column] or "").strip()):
        return False
    return 1 < int(series.nunique()) <= len(series) // 2


def _fill_starts(table: Table, columns: list[int]) -> set[int]:
    """Return which columns of numbers begin with one that stands for a missing value."""
    if not table.has_fill_values or len(table.frame) < _FEWEST_ROWS or not columns:
        return set()
    first = table.matrix(columns, 1)[0]
    found = zip(columns, first, strict=True)
    return {column for column, value in found if value in _NINES or is_fill_value(float(value))}


def _lone_starts(table: Table, columns: list[int]) -> set[int]:
    """Return which columns of numbers have none in their second row."""
    if len(table.frame) < _FEWEST_ROWS or not columns:
        return set()
    second = table.matrix(columns, 2)[1]
    return {column for column, value in zip(columns, second, strict=True) if np.isnan(value)}


def _is_one_number(table: Table, column: int) -> bool:
    """Return True if all values of a column are equal."""
    series = table.column(column)
    return bool((series == series.iloc[0]).all())


def _stands_once(table: Table, column: int) -> bool:
    """Return True if a column has a number in its first row, and in no other."""
    series = table.column(column)
    return bool(series.iloc[1:].isna().all() and not np.isnan(series.iloc[0]))


def _counts_rows(table: Table, column: int, *, alone: bool) -> bool:
    """Return True if a column counts the rows, by its name or as the first one without a name."""
    name = table.names[column]
    title = "" if name is None else name.strip().casefold()
    if (name is None and (column or alone)) or (name is not None and title not in _COUNTERS):
        return False
    series = table.column(column)
    if not pd.api.types.is_integer_dtype(series.dtype) or len(series) < 2:
        return False
    values = series.to_numpy(dtype=np.int64)
    steps = np.diff(values)
    if values[0] in (0, 1) and bool((steps == 1).all()):
        return True
    if title == "frame" and "Sub Frame" in table.names:
        # A frame of cameras has several samples of a force plate.
        return bool((steps >= 0).all())
    # An index that was saved after rows had been dropped, or a counter that was not reset.
    saved = title in {"", "#", "index", "unnamed: 0"} and bool((steps > 0).all())
    return name is not None and (saved or (not alone and bool((steps == 1).all())))


def _rises_by_one_step(table: Table, column: int) -> bool:
    """Return True if a column rises by one step in nearly all rows, or wraps as a counter.

    A counter of packets falls back to its lowest value: 0, 1, …, 255, 0, 1, …
    """
    series = table.column(column)
    values = series.to_numpy(dtype=np.float64)
    steps = np.diff(values)
    if _is_even(steps):
        return True
    usual = float(np.median(steps))
    whole = series.dtype.kind in "iu" and usual > 0
    same = steps == usual
    back = (steps < 0) & (values[1:] <= values.min() + usual)
    wraps = values[:-1][back]
    return bool(
        whole
        and len(wraps) > 0
        and np.mean(same | back) >= _MOST
        and np.mean(same) >= 0.8
        and np.mean(wraps >= values.max() - usual) >= 0.9
    )


def _is_even(steps: Float64Array) -> bool:
    """Return True if nearly all steps are the usual one, and that is not 0."""
    usual = float(np.median(steps))
    return usual != 0 and bool(np.mean(np.abs(steps - usual) <= _tolerance(usual, steps)) >= _MOST)


def _tolerance(usual: Float64Array | float, steps: Float64Array) -> Float64Array:
    """Return by how much steps may differ from the usual one; whole ones are rounded: 33, 34."""
    whole = (steps == np.rint(steps)).all(axis=0) & (np.abs(usual) >= _LONG)
    return np.maximum(_ALIKE * np.abs(usual), np.where(whole, 1.0, 0.0))
