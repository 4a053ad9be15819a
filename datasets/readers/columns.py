"""What the columns of a table are: numbers to analyse, labels, row counters, or text."""

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.datasets.readers.dialect import GROUPED, MISSING
from spectra.errors import DataError

# What is said of a column that is named like labels and holds something else.
OTHER_LABELS = "looks like labels other than 0 and 1"

_LABELS = {
    "label",
    "labels",
    "anomaly",
    "anomalies",
    "is_anomaly",
    "is_anomalous",
    "outlier",
    "is_outlier",
    "ground_truth",
    "changepoint",
}
# Beyond this squares and their sums run out of numbers; who writes it means that there is no value.
_LARGEST = 1e100
_COUNTERS = {"", "index", "idx", "id", "row", "no", "nr", "n", "sample", "samples", "unnamed: 0"}
_SAMPLE_CELLS = 1000


@dataclass(frozen=True)
class Table:
    """The columns of a file or of a data frame, as they were found.

    `frame` has columns numbered from 0; `names` has one name a column, None where there is none;
    `place` says where a row lies, for messages ("data.csv, line 17"); `source` is what the whole is
    called in them; `decimal` is the decimal sign of numbers that are still text; `notes` say what
    was left out above the columns.
    """

    frame: pd.DataFrame
    names: tuple[str | None, ...]
    place: Callable[[int], str]
    source: str
    decimal: str = "."
    notes: tuple[str, ...] = ()

    def label(self, column: int) -> str:
        """What messages call a column: by its name or else by its number, counted from 1."""
        name = self.names[column]
        return f"column '{name}'" if name else f"column {column + 1}"

    def find(self, wanted: str, role: str) -> int:
        """The column of that name or number (from 1). Raises DataError where there is none."""
        titles = self.titles()
        for known in (list(self.names), titles, [title.casefold() for title in titles]):
            if wanted in known:
                return known.index(wanted)
        if wanted.casefold() in [title.casefold() for title in titles]:
            return [title.casefold() for title in titles].index(wanted.casefold())
        if wanted.isdigit() and 1 <= int(wanted) <= len(self.names):
            return int(wanted) - 1
        near = difflib.get_close_matches(wanted, titles, n=1) if len(titles) <= 1000 else []
        hint = f"did you mean '{near[0]}'?" if near else f"there are {_listed(titles)}."
        raise DataError(f"{self.source} has no column '{wanted}' for the {role}: {hint}")

    def titles(self) -> list[str]:
        """One distinct title a column: its name, with .1, .2, … where it repeats, or ch1, ch2, … by
        its number.
        """
        seen: dict[str, int] = {}
        titles = []
        for column, name in enumerate(self.names):
            title = name or (f"ch{column + 1}" if name is None else f"column {column + 1}")
            count = seen.get(title, 0)
            seen[title] = count + 1
            titles.append(f"{title}.{count}" if count else title)
        return titles


def quoted(cell: object) -> str:
    """What a cell holds, for a message: on one line, and not all of it where it is long."""
    text = " ".join(str(cell).split())
    return f"'{text}'" if len(text) <= 40 else f"'{text[:40]}…'"


def _listed(titles: Sequence[str]) -> str:
    """The first few titles."""
    shown = ", ".join(f"'{title}'" for title in titles[:8])
    return shown + (f" and {len(titles) - 8} more" if len(titles) > 8 else "")


def is_plain(column: "pd.Series[float]") -> bool:
    """Whether a column holds numbers or booleans already."""
    return pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(
        column.dtype
    )


def cells(column: "pd.Series[float]", decimal: str) -> tuple[Float64Array, BoolArray]:
    """The numbers of a column of texts, (n,) each: the values, NaN where missing; and what is no
    number.
    """
    text = column.astype("str").str.strip()
    lowered = text.str.lower()
    missing = (column.isna() | lowered.isin(MISSING)).to_numpy()
    text = text.mask(lowered == "true", "1").mask(lowered == "false", "0").mask(missing)
    values = _parsed(text)
    bad = np.isnan(values) & ~missing
    if bad.any():
        text = text[bad]
        grouped = text.str.fullmatch(GROUPED[decimal])
        text = text.mask(grouped, text.str.replace(f"[^\\d+{decimal}-]", "", regex=True))
        values[bad] = _parsed(text.str.replace(decimal, ".", regex=False))
    return values, np.isnan(values) & ~missing


def _parsed(text: "pd.Series[str]") -> Float64Array:
    """The numbers of plain texts, NaN where one is none."""
    return np.array(
        pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    )


def looks_like_text(column: "pd.Series[float]", decimal: str) -> bool:
    """Whether most of the first cells that hold something are no numbers."""
    if is_plain(column):
        return False
    if not (
        pd.api.types.is_object_dtype(column.dtype) or pd.api.types.is_string_dtype(column.dtype)
    ):
        return True
    first = column.dropna().iloc[:_SAMPLE_CELLS]
    bad = cells(first, decimal)[1]
    return bool(np.mean(bad) > 0.5) if len(bad) else False


def numbers(table: Table, column: int, *, required: bool = False) -> Float64Array | None:
    """The numbers of a column, (n,), NaN where missing; None for a column of text.

    Raises DataError, naming the first such row, where a few cells among numbers are text, or where
    the column is `required` and is text.
    """
    series = table.frame.iloc[:, column]
    if is_plain(series):
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype("str")
    if looks_like_text(series, table.decimal) and not required:
        return None
    values, bad = cells(series, table.decimal)
    if np.mean(bad) > 0.5 and not required:
        return None
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"{table.place(row)}, {table.label(column)}: {quoted(series.iloc[row])} is not a "
            "number; correct it, leave the "
            "cell empty, or choose other columns with --channels."
        )
    return values


@dataclass(frozen=True)
class Labels:
    """The column of labels, its values (n,) 0 or 1, and every column that is never a channel for
    being labels.
    """

    values: IntArray | None
    columns: frozenset[int]
    notes: tuple[str, ...]


def is_label_name(name: str) -> bool:
    """Whether a column of this name is labels, if it holds nothing that speaks against it."""
    return re.sub(r"[\s_-]+", "_", name.strip().casefold()) in _LABELS


def find_labels(table: Table, wanted: str | None, channels: frozenset[int]) -> Labels:
    """The labels: in the column `wanted`, or in one called label, anomaly or is_anomaly that holds
    only 0 and 1.

    Raises DataError where the wanted column holds anything else.
    """
    if wanted is not None:
        column = table.find(wanted, "labels")
        return Labels(_wanted_labels(table, column), frozenset({column}), ())
    found: IntArray | None = None
    columns, notes = set(), []
    for column, name in enumerate(table.names):
        if name is None or not is_label_name(name):
            continue
        values = numbers(table, column)
        if values is not None and (values != np.round(values))[~np.isnan(values)].any():
            continue
        truth = (
            values.astype(np.int64)
            if values is not None and np.isin(values, (0, 1)).all()
            else None
        )
        if truth is not None or column not in channels:
            columns.add(column)
        if truth is not None and found is None:
            found = truth
        elif column not in channels:
            what = OTHER_LABELS if truth is None else "holds labels too"
            notes.append(f"{table.label(column)} {what}: left out.")
    return Labels(found, frozenset(columns), tuple(notes))


def _wanted_labels(table: Table, column: int) -> IntArray:
    """The values of a column that must be labels."""
    series = table.frame.iloc[:, column]
    plain = is_plain(series)
    values = (
        series.to_numpy(dtype=np.float64, na_value=np.nan)
        if plain
        else cells(series, table.decimal)[0]
    )
    wrong = ~np.isin(values, (0, 1))
    if wrong.any():
        row = int(np.argmax(wrong))
        said = f"{values[row]:g}" if not np.isnan(values[row]) else quoted(series.iloc[row])
        said = "missing" if series.isna().iloc[row] else said
        raise DataError(
            f"{table.place(row)}, {table.label(column)}: a label must be 0 or 1, this one is "
            f"{said}."
        )
    return values.astype(np.int64)


def find_counter(table: Table, taken: frozenset[int]) -> int | None:
    """The column that only counts the rows, by its name or, in a file without names, by being the
    first of several.
    """
    for column, name in enumerate(table.names):
        unnamed = name is None and column == 0 and len(table.names) - len(taken) > 1
        title = "" if name is None else name.strip().casefold()
        if column in taken or not (unnamed or (name is not None and title in _COUNTERS)):
            continue
        series = table.frame.iloc[:, column]
        if not pd.api.types.is_integer_dtype(series.dtype) or len(series) < 2:
            continue
        values = series.to_numpy(dtype=np.int64)
        steps = np.diff(values)
        if values[0] in (0, 1) and bool((steps == 1).all()):
            return column
        # An index that was saved after rows had been dropped.
        if name is not None and title in {"", "index", "unnamed: 0"} and bool((steps > 0).all()):
            return column
    return None


@dataclass(frozen=True)
class Channels:
    """The columns to analyse: their titles, their values (n, c), and what was left out."""

    titles: tuple[str, ...]
    values: Float64Array
    notes: tuple[str, ...]


def read_channels(table: Table, wanted: Sequence[int] | None, taken: frozenset[int]) -> Channels:
    """The values of the wanted columns, or of every column of numbers that is not taken for
    something else.

    Raises DataError for text among numbers, for an infinity, and where no numbers are left.
    """
    chosen = (
        [column for column in range(len(table.names)) if column not in taken]
        if wanted is None
        else wanted
    )
    chosen, values, text = _values(table, chosen, required=wanted is not None)
    notes = _left_out(table, text, "text")
    _refuse_too_large(table, chosen, values)
    void: BoolArray = np.asarray(np.isnan(values).all(axis=0))
    if chosen and (void.all() or (void.any() and wanted is not None)):
        which = (
            table.source
            if void.all()
            else f"{table.source}, {table.label(chosen[int(np.argmax(void))])}"
        )
        raise DataError(f"{which} has no numbers: every value is missing.")
    if void.any():
        empty = [column for column, nothing in zip(chosen, void, strict=True) if nothing]
        # A delimiter at the end of every line makes a column without a name: not worth a word.
        notes += _left_out(table, [column for column in empty if table.names[column]], "nothing")
        chosen = [column for column, nothing in zip(chosen, void, strict=True) if not nothing]
        values = values[:, ~void]
    if not chosen:
        reason = "; ".join(notes).rstrip(".") or "no column is left beside time and labels"
        raise DataError(f"{table.source} has no column of numbers to analyse: {reason}.")
    titles = table.titles()
    alone = len(chosen) == 1 and wanted is None and table.names[chosen[0]] is None
    return Channels(
        ("value",) if alone else tuple(titles[column] for column in chosen), values, tuple(notes)
    )


def _values(
    table: Table, chosen: Sequence[int], *, required: bool
) -> tuple[list[int], Float64Array, list[int]]:
    """The columns that hold numbers, their values (n, c), and the columns that hold text."""
    frame = table.frame.iloc[:, list(chosen)] if len(chosen) < len(table.names) else table.frame
    if chosen and all(
        isinstance(kind, np.dtype) and kind.kind in "fiub" for kind in frame.dtypes.unique()
    ):
        return list(chosen), frame.to_numpy(dtype=np.float64), []
    found = {column: numbers(table, column, required=required) for column in chosen}
    kept = {column: values for column, values in found.items() if values is not None}
    text = [column for column, values in found.items() if values is None]
    values = np.column_stack(list(kept.values())) if kept else np.empty((len(table.frame), 0))
    return list(kept), values, text


def _left_out(table: Table, columns: Sequence[int], what: str) -> list[str]:
    """A note on columns that hold no numbers."""
    if not columns:
        return []
    if len(columns) == 1:
        return [f"{table.label(columns[0])} holds {what}: left out."]
    return [
        f"{len(columns)} columns hold {what}: left out "
        f"({_listed([table.titles()[i] for i in columns])})."
    ]


def _refuse_too_large(table: Table, chosen: Sequence[int], values: Float64Array) -> None:
    """Raise DataError for the first infinite value or one as good as that, if there is one."""
    # The extremes take no memory; NaN is none of them.
    high, low = (
        np.fmax.reduce(values, axis=None, initial=0.0),
        np.fmin.reduce(values, axis=None, initial=0.0),
    )
    if max(high, -low) <= _LARGEST:
        return
    row, column = map(int, np.argwhere(np.abs(values) > _LARGEST)[0])
    value = values[row, column]
    what = f"{value:.3g} is too large to be one" if np.isfinite(value) else "is infinite"
    raise DataError(
        f"{table.place(row)}, {table.label(chosen[column])}: the value {what}; leave the cell "
        "empty if there "
        "was no measurement, or put the largest value the sensor can give."
    )
