"""Rows at the end or start of a table that are no samples: footers and totals."""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array
from spectra.datasets.readers.cells.absent_words import MISSING, MISSING_WORDS
from spectra.datasets.readers.cells.cells import is_number_with_unit, read_cells
from spectra.datasets.readers.cells.columns import is_plain, may_be_number
from spectra.datasets.readers.cells.delimiter import is_value, split
from spectra.datasets.readers.dates.dates import looks_like_date
from spectra.datasets.readers.text.dialect import Dialect
from spectra.datasets.readers.text.encoded_text import Text

_LONGEST_FOOTER = 12
_SAMPLE, _FEWEST_PARTS = 60, 10
_FEWEST_FIELDS, _MOST_FRAME = 4, 3
"""Fields of a record above a count of them, and rows that this counts too, or not."""
_FEWEST_COUNTED = 3
"""Rows above a count of them."""
_ROUNDING = 1e-9
"""Relative difference of steps of a counter that were written as decimals."""
_CLOSE = 1e-4
"""A total differs from the sum by less than this share of it: the parts were rounded."""


_STAMP = re.compile(r"\d{9,19}(?:\.\d+)?")
"""A count since 1970, which may stand below or above written dates and is no word."""


def footer_rows(frame: pd.DataFrame, decimal: str) -> int:
    """Return how many rows at the end of a table are words in place of samples.

    The first column that holds numbers or dates above has a text there that is neither.
    """
    if all(map(pd.api.types.is_numeric_dtype, frame.dtypes.unique())) or len(frame) < 3:
        return 0
    tail = frame.iloc[-_LONGEST_FOOTER:]
    body = frame.iloc[max(0, len(frame) - _SAMPLE - _LONGEST_FOOTER) : -1]
    if _ends_records(frame, body):
        return 1
    count = 0
    for column in frame.columns[:8]:
        if is_plain(frame[column]):
            # A column of numbers throughout has no word; where it is empty a footer may go on.
            if frame[column].iloc[-1] == frame[column].iloc[-1]:
                return 0
            continue
        usual = _kind_of_values(body[column], decimal)
        if usual is None:
            # Below a column that is empty to its end, such as the header beside a waveform.
            count = max(
                count, int(body[column].isna().all() and bool(_text_of(tail[column].iloc[-1])))
            )
            continue
        # In the last rows a value of the column is none, and no word for a missing one either.
        last = [_text_of(cell) for cell in tail[column]]
        for i in range(len(last) - 1, -1, -1):
            empty = last[i].lower() in MISSING_WORDS
            if not empty and not usual(last[i]) and not _STAMP.fullmatch(last[i]):
                count = max(count, len(last) - i)
            elif not empty:
                break
        if not count and last[-1].lower() in MISSING_WORDS:
            # The word may stand further right, below the times of day.
            continue
        dated = any(_has_date_below(frame[other], body[other]) for other in frame.columns)
        return count if count < len(frame) - 1 and not dated else 0
    return count


def _ends_records(frame: pd.DataFrame, body: pd.DataFrame) -> bool:
    """Return True for a last row of another kind, which says how many records stand above it.

    All others begin with one word and have no empty cell; it has another, a number, and no more.
    """
    if len(frame.columns) < _FEWEST_FIELDS or is_plain(frame.iloc[:, 0]):
        return False
    last = [_text_of(cell) for cell in frame.iloc[-1]]
    kinds = {_text_of(cell) for cell in body.iloc[:, 0]}
    counted = last[1].partition(".")[0].isdigit() and not any(last[2:])
    if not counted or len(kinds) > 1 or last[0] in kinds or body.iloc[:, :3].isna().any(axis=None):
        return False
    return abs(float(last[1]) - len(frame)) <= _MOST_FRAME


def rows_above_footer(text: Text, dialect: Dialect, line: int | None) -> int | None:
    """Return the number of rows above a line with too many fields that begins a footer.

    A few lines at the end are one, where none begins with a number or a date and has as many of
    these as words.
    """
    if line is None or line <= dialect.above or dialect.rows is not None:
        return None
    above, below = [], []
    for number, line_text in enumerate(text.lines(), start=1):
        if number in dialect.repeats:
            continue
        if dialect.above < number < line and line_text.strip():
            above.append(line_text)
        elif number >= line and line_text.strip():
            below.append(line_text)
        if len(below) > _LONGEST_FOOTER:
            return None
    fields = split(below, dialect.delimiter)
    values = [[is_value(field, dialect.decimal) for field in row] for row in fields]
    if len(above) < 2 or any(row and row[0] and 2 * sum(row) >= len(row) for row in values):
        return None
    return len(split(above, dialect.delimiter))


def _has_date_below(column: "pd.Series[float]", above: "pd.Series[float]") -> bool:
    """Return True if a column of dates has one in the last row: that row is a sample.

    Identifiers such as 0E0182 and 0E018A are numbers and words by chance.
    """
    if is_plain(column) or not looks_like_date(_text_of(column.iloc[-1])):
        return False
    return _kind_of_values(above, ".") is looks_like_date


def _text_of(cell: object) -> str:
    """Return the text of a cell, "" where it is missing."""
    return str(cell).strip() if cell == cell and cell is not None else ""


def _kind_of_values(column: "pd.Series[float]", decimal: str) -> Callable[[str], bool] | None:
    """Return the test that most cells of a column pass: numbers or dates, with units or without.

    None is returned for a column of text.
    """
    cells = [_text_of(cell) for cell in column]

    def plain(cell: str) -> bool:
        # Accountants write (150) for -150.
        cell = cell[1:-1] if cell[:1] + cell[-1:] == "()" else cell
        return is_value(cell, decimal) or is_value(cell, ".")

    def with_unit(cell: str) -> bool:
        return plain(cell) or is_number_with_unit(cell)

    for test in (looks_like_date, plain, with_unit):
        if 2 * sum(map(test, cells)) >= len(cells):
            return test
    return None


def counts_rows(frame: pd.DataFrame) -> bool:
    """Return True if the last row holds nothing but the number of the rows above it.

    A number that goes on from the one above it is the time of a row whose values are missing.
    """
    above = len(frame) - 1
    if len(frame.columns) < 2 or above < _FEWEST_COUNTED:
        return False
    last = [_text_of(cell) for cell in frame.iloc[-1]]
    filled = [column for column, cell in enumerate(last) if cell]
    if len(filled) != 1 or last[filled[0]] not in (f"{above}", f"{above}.0"):
        return False
    before = _text_of(frame.iloc[-2, filled[0]])
    return before not in (f"{above - 1}", f"{above - 1}.0")


def row_text(frame: pd.DataFrame, row: int) -> str:
    """Return the cells of a row for a message."""
    cells = [str(cell).strip() for cell in frame.iloc[row] if cell == cell]
    text = ", ".join(cell for cell in cells if cell.lower() not in MISSING)
    return text if len(text) <= 60 else text[:60] + "…"


def total_row(frame: pd.DataFrame, decimal: str) -> int | None:
    """Return the first or the last row where it is the total of all others, else None.

    In every column of numbers that it fills, and in at least one, the row is the sum of ten or
    more other values, and larger than each of them.
    """
    if len(frame) < 12:
        return None
    sums = {len(frame) - 1: 0, 0: 0}
    for column in frame.columns:
        values = _values(frame[column], decimal)
        if values is None:
            continue
        for row in list(sums):
            total = None if np.isnan(values[row]) else _is_total(values, row)
            if total:
                sums[row] += 1
            elif total is not None:
                del sums[row]
        if not sums:
            return None
    return next((row for row, count in sums.items() if count), None)


def _values(column: "pd.Series[float]", decimal: str) -> Float64Array | None:
    """Return the numbers of a column that is no text, None for text and dates."""
    if is_plain(column):
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    first = [_text_of(cell) for cell in column.iloc[:_SAMPLE]]
    if any(map(looks_like_date, first)) or not any(map(may_be_number, first)):
        return None
    if np.mean(np.isnan(read_cells(column.iloc[:_SAMPLE], decimal).values)) > 0.5:
        return None
    return read_cells(column, decimal).values


def _is_total(values: Float64Array, row: int) -> bool | None:
    """Return True if a value is the sum of the others; None for a column that tells nothing."""
    if _rises_evenly(values):
        return None
    # A few values exclude most totals, at no cost.
    few = values[1:_SAMPLE]
    high, low = np.fmax.reduce(few), np.fmin.reduce(few)
    if not low < values[row] < high:
        high, low = np.fmax.reduce(values), np.fmin.reduce(values)
    if values[row] not in (high, low):
        # The sum of ten values is beyond each of them, but for signs: then there is no total.
        return False
    # A sum beyond all numbers is no total.
    with np.errstate(over="ignore", invalid="ignore"):
        total = float(np.nansum(values)) - values[row]
    if not np.isfinite(total):
        return False
    if abs(values[row] - total) > _CLOSE * max(abs(total), 1e-300):
        return None if high == 0 == low else False
    others = np.delete(values, row)
    if np.sum(np.nan_to_num(others) != 0) < _FEWEST_PARTS:
        return None
    return bool(abs(values[row]) > np.nanmax(np.abs(others)))


def _rises_evenly(values: Float64Array) -> bool:
    """Return True for a counter or a time, by its first rows."""
    steps = np.diff(values[1 : min(_SAMPLE, len(values) - 1)])
    # 0.003 - 0.002 and 0.002 - 0.001 differ in their last digits.
    same = np.abs(steps - steps[:1]) <= _ROUNDING * np.abs(steps[:1])
    return bool(len(steps) and steps[0] != 0 and np.mean(same) > 0.9)
