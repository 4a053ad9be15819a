"""Columns of known anomalies, 0 or 1 a row, by their names or by the user's choice."""

import re
from dataclasses import dataclass

import numpy as np

from spectra.arrays import Float64Array, IntArray
from spectra.datasets.readers.cells.cells import read_cells
from spectra.datasets.readers.cells.columns import Table, is_plain, listed, numbers, quoted
from spectra.datasets.readers.cells.names import words
from spectra.datasets.readers.dates.dates import looks_like_date
from spectra.errors import DataError

# The note on a column that is named like labels and holds something else.
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
    "change_point",
    "class",
    "target",
    "anomalous",
    "anomaly_label",
    "is_attack",
    "attack",
    "is_fault",
    "is_event",
    "gt",
    "normal/attack",
    "att_flag",
    "attack_flag",
    "anomaly_flag",
    "fault_flag",
    "outlier_flag",
    "abnormal",
    "is_abnormal",
    "is_failure",
    "anom",
    "is_anom",
    "event",
    "failure",
    "machine_failure",
    "machine_status",
    "machine_state",
    *(
        "anomalie",
        "anomalia",
        "anomalía",
        "anomali",
        "anomálie",
        "аномалия",
        "异常",
        "異常",
        "이상",
    ),
}

_GOOD = frozenset({"normal", "benign", "ok", "healthy", "good", "regular", "nominal", "正常"})
_BAD = frozenset(
    {"attack", "anomaly", "anomalous", "abnormal", "outlier", "fault", "faulty", "failure"}
    | {"broken", "failed", "recovering", "异常", "異常", "故障"}
)
"""Words of labels, without blanks: SWaT has some as A ttack."""
_ALSO_MEASURED = frozenset({"class", "target", "attack", "event", "failure", "state", "status"})
"""Words of names of labels that name other things too, where they have more values than two."""
_CODES = re.compile(r"\(\s*(-?\d+)\s*[:=]\s*([^,;()]+)[,;]\s*(-?\d+)\s*[:=]\s*([^,;()]+)\)")
"""Codes in a name: Attack (1:No Attack, -1:Attack)."""
_MOST_WORDS = 20


@dataclass(frozen=True)
class Labels:
    """Labels (n,), 0 or 1, and every column that is labels and so no channel."""

    values: IntArray | None
    columns: frozenset[int]
    notes: tuple[str, ...]


def is_label_name(name: str) -> bool:
    """Return True if a column of this name is labels, by its name alone."""
    return _plain(name) in _LABELS or re.sub(r"[\s_-]+", "_", name.strip().casefold()) in _LABELS


def _plain(name: str) -> str:
    """Return a name in small letters with underscores between its words: isAnomaly, is-anomaly."""
    divided = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[\s_-]+", "_", divided).casefold()


def find_labels(table: Table, wanted: str | None, channels: frozenset[int]) -> Labels:
    """Return the labels, and the columns that are labels and no channels.

    They are in the column `wanted`, or in one called label, anomaly or the like that holds only 0
    and 1. Raises DataError where the wanted column holds anything else.
    """
    found: IntArray | None = None
    columns, notes = set(), []
    if wanted is not None:
        column = table.find(wanted, "labels")
        found = _wanted_labels(table, column)
        columns.add(column)
    for column, name in enumerate(table.names):
        if name is None or column in columns:
            continue
        named = is_label_name(name) or _plain(name).endswith(("_label", "_labels"))
        coded = _by_codes(table, column, name)
        if not named and coded is None:
            continue
        values = numbers(table, column) if coded is None else coded
        values = _truths(table, column) if values is None else values
        if values is None and looks_like_date(str(table.frame.iloc[-1, column])):
            continue
        if values is not None and (values != np.round(values))[~np.isnan(values)].any():
            continue
        truth = (
            values.astype(np.int64)
            if values is not None and np.isin(values, (0, 1)).all()
            else None
        )
        if truth is None and (words(name) & _ALSO_MEASURED or not is_label_name(name)):
            continue
        if truth is not None or column not in channels:
            columns.add(column)
        if truth is not None and found is None:
            found = truth
        elif column not in channels:
            what = OTHER_LABELS if truth is None else "holds labels too"
            title = table.titles()[column]
            undo = f"--channels '{title}' analyses" if truth is None else f"--label '{title}' takes"
            notes.append(f"{table.label(column)} {what}: left out ({undo} it).")
    parts = [
        column
        for column, name in enumerate(table.names)
        if found is not None and column not in columns | channels and _is_part(table, column, name)
    ]
    if parts:
        titles = listed([table.titles()[column] for column in parts])
        notes.append(f"{titles}: labels of a part, left out (--label takes one).")
    return Labels(found, frozenset({*columns, *parts}), tuple(notes))


def _is_part(table: Table, column: int, name: str | None) -> bool:
    """Return True for labels of a part of a plant, beside those of all: attack_P1."""
    first = re.match(r"(attack|anomaly|fault|label)_\w+", _plain(name or ""))
    if first is None or table.kinds()[column] not in "iufb":
        return False
    return bool(np.isin(table.matrix([column]), (0, 1)).all())


def _by_codes(table: Table, column: int, name: str) -> Float64Array | None:
    """Return 1 where a column has the code that its name calls bad, None without such codes."""
    match = _CODES.search(name)
    values = None if match is None else numbers(table, column)
    if match is None or values is None:
        return None
    said = {float(match[1]): match[2], float(match[3]): match[4]}
    bad = [code for code, word in said.items() if word.strip().casefold() in _BAD]
    if len(bad) != 1 or not np.isin(values, [*said]).all():
        return None
    return np.asarray(values == bad[0], dtype=np.float64)


def _truths(table: Table, column: int) -> Float64Array | None:
    """Return 1 for words such as attack and 0 for words such as normal; None for other words."""
    texts = table.column(column).astype("str").str.replace(" ", "").str.casefold()
    found = {*texts.unique()[:_MOST_WORDS]}
    if not found <= _GOOD | _BAD or not found & _BAD:
        return None
    return np.asarray(texts.isin(_BAD), dtype=np.float64)


def _wanted_labels(table: Table, column: int) -> IntArray:
    """Return the values of a column that must be labels."""
    series = table.column(column)
    plain = is_plain(series)
    values = (
        series.to_numpy(dtype=np.float64, na_value=np.nan)
        if plain
        else read_cells(series, table.decimal).values
    )
    if not plain and (truths := _truths(table, column)) is not None:
        values = truths
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
