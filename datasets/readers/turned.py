"""Text tables that lie on their side: a channel a row, an instant a column."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, pairwise

from spectra.datasets.readers.absent_words import MISSING_WORDS
from spectra.datasets.readers.dates import is_date, looks_like_date
from spectra.datasets.readers.delimiter import BLANKS, is_value, split
from spectra.datasets.readers.encoded_text import Text

_MOST_ROWS, _MOST_BARE_ROWS = 300, 64
"""Rows of a table on its side: with a name each, and without any."""
_FEWEST_COLUMNS, _SHAPE, _BARE_SHAPE = 40, 4, 8
"""Columns of such a table, and how many times the rows they are: with names, and without any."""
_YEAR = re.compile("(?:1[6-9]|20)[0-9]{2}")
_FEWEST_YEARS = 10
"""Years above the columns that tell such a table, whatever its shape."""
_MOST_TEXTS = 4
"""Columns that tell what a row holds: its name, its unit."""
_FEWEST_DAYS = 3
_PER_DAY = frozenset({24, 48, 72, 96, 144, 288})
"""Days above the columns, and rows below them, of a table with a time of day a row."""
_HOURS = tuple(
    [f"{hour:{form}}" for hour in range(begin, begin + 24)]
    for begin in (0, 1)
    for form in ("d", "02d")
)
"""Hours that are counted from 0, or from 1."""
_TIME_OF_DAY = re.compile(r"\d{1,2}[:.h]\d\d(?::\d\d)?")
_VALUES = 0.9
"""Share of the other fields of a row that are numbers, dates or missing."""


def turned(text: Text, lines: Sequence[str], forced: str | None) -> tuple[str, int] | None:
    """Return the text of a table on its side with an instant a row, and the number of channels.

    The number is 0 where a row is a time of day, and a column a day.

    None is returned for any other text. `lines` are its first ones, `forced` is the delimiter that
    the user names.
    """
    if len(lines) > _MOST_ROWS or max(map(len, lines), default=0) < 2 * _FEWEST_COLUMNS:
        return None
    readable = replace(text, errors="ignore")
    every = [line for line in islice(readable.lines(), _MOST_ROWS + 1) if line.strip()]
    if len(every) > _MOST_ROWS:
        return None
    more, count = 0, None
    for delimiter in (forced,) if forced else ("\t", ";", "|", ",", BLANKS):
        rows = split(every, delimiter)
        if (by_years := _from_years(rows)) is not None:
            rows, more = by_years
            break
        if (by_days := _from_days(rows)) is not None:
            rows, count = by_days, 0
            break
        if _lie_on_their_side(rows):
            break
    else:
        return None
    written = io.StringIO()
    mark = "\t" if delimiter == BLANKS else delimiter
    writer = csv.writer(written, delimiter=mark, lineterminator="\n")
    columns = list(zip(*rows, strict=True))
    # Blank lines keep the numbers of columns, which messages name, where texts became one name.
    written.write("\n" * more)
    # What a row is called and its unit stand above its values, in this order.
    writer.writerows(columns)
    return written.getvalue(), len(rows) if count is None else count


def _lie_on_their_side(rows: Sequence[list[str]]) -> bool:
    """Return True for few long rows of values, with a name each or without any."""
    widths = {len(row) for row in rows}
    width = widths.pop() if len(widths) == 1 else 0
    if width < max(_FEWEST_COLUMNS, _SHAPE * len(rows)):
        return False
    if all(_is_of_values(row, 0) for row in rows):
        dated = any(any(map(looks_like_date, row[:2])) for row in rows)
        wide = width >= _BARE_SHAPE * len(rows)
        return wide and not dated and len(rows) <= _MOST_BARE_ROWS
    names = [row[0] for row in rows]
    if len({*names}) < len(names) or any(map(_is_value, filter(None, names))):
        return False
    begins = range(1, _MOST_TEXTS + 1)
    return any(all(_is_of_values(row, begin) for row in rows) for begin in begins)


def _from_years(rows: Sequence[list[str]]) -> tuple[list[list[str]], int] | None:
    """Return the years above the columns and the rows below, and how many texts became one name.

    None is returned for rows without years above them. Such years name nothing, whatever the shape
    of the table.
    """
    for top, row in enumerate(rows[:_MOST_TEXTS]):
        years = [field for field in row if _YEAR.fullmatch(field)]
        following = all(int(after) == int(year) + 1 for year, after in pairwise(years))
        if len(years) < _FEWEST_YEARS or not following:
            continue
        begin = row.index(years[0])
        end = begin + len(years)
        below = rows[top + 1 :]
        if not 0 < begin <= _MOST_TEXTS or not below:
            return None
        if not all(len(each) == len(row) and _holds_values(each[begin:end]) for each in below):
            return None
        # Of country, code and quantity those are the name that differ from row to row.
        differ = [i for i in range(begin) if len({each[i] for each in below}) > 1] or [0]
        names = (" ".join(each[i] for i in differ) for each in below)
        named = ([name, *each[begin:end]] for name, each in zip(names, below, strict=True))
        return [["Year", *years], *named], begin - 1
    return None


def _from_days(rows: Sequence[list[str]]) -> list[list[str]] | None:
    """Return the days above the columns, and rows that begin with times of day; None for others."""
    for top, row in enumerate(rows[:_MOST_TEXTS]):
        days = row[1:]
        below = [each for each in rows[top + 1 :] if any(each)]
        # The means and totals of the days may stand below.
        below = below[
            : next((i for i, each in enumerate(below) if not each[0][:1].isdigit()), None)
        ]
        if len(days) < _FEWEST_DAYS or len({*days}) < len(days) or len(below) not in _PER_DAY:
            continue
        if not all(is_date(day, months=False) and ":" not in day for day in days):
            continue
        clocks = [each[0] for each in below]
        if clocks in _HOURS:
            clocks = [f"{hour:02d}:00" for hour in range(24)]
        if not all(map(_TIME_OF_DAY.fullmatch, clocks)) or len({*clocks}) < len(clocks):
            return None
        if not all(len(each) == len(row) and _holds_values(each[1:]) for each in below):
            return None
        return [row, *([at, *each[1:]] for at, each in zip(clocks, below, strict=True))]
    return None


def _is_of_values(row: Sequence[str], begin: int) -> bool:
    """Return True if nearly all fields of a row are values, and the first few of them too."""
    fields = row[begin:]
    return _is_value(fields[0]) and _holds_values(fields) and any(map(_is_value, fields))


def _holds_values(fields: Sequence[str]) -> bool:
    """Return True if nearly all fields are numbers, dates or missing."""
    good = sum(_is_value(field) or field.lower() in MISSING_WORDS for field in fields)
    return good >= _VALUES * len(fields)


def _is_value(field: str) -> bool:
    """Return True if a field is a number with a decimal point or comma, or a date."""
    return is_value(field, ".") or is_value(field, ",")
