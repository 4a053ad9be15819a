"""Text tables that lie on their side: a channel a row, an instant a column."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, pairwise

from spectra.datasets.readers.cells.absent_words import MISSING_WORDS
from spectra.datasets.readers.cells.delimiter import BLANKS, is_value, split
from spectra.datasets.readers.cells.names import UNIT_NAMES, is_unit, words
from spectra.datasets.readers.dates.dates import is_date, looks_like_date
from spectra.datasets.readers.text.encoded_text import Text
from spectra.errors import DataError

_MOST_ROWS, _MOST_BARE_ROWS, _MOST_DATED = 300, 64, 5000
"""Rows of a table on its side: with a name each, without any, and below dates."""
_FEWEST_COLUMNS, _SHAPE, _BARE_SHAPE = 40, 4, 8
"""Columns of such a table, and how many times the rows they are: with names, and without any."""
_PERIOD = re.compile(
    r"((?:1[6-9]|20)[0-9]{2})(?:-?(?:Q([1-4])|M(0[1-9]|1[0-2]))|-(0[1-9]|1[0-2])| \[YR\1\])?"
)
"""A year, a quarter or a month: 2021, 2021 [YR2021], 2021-Q4, 2021M12, 2021-12."""
_FEWEST_PERIODS = 10
"""Years, months or dates above the columns that tell such a table, whatever its shape."""
_MOST_TEXTS, _MOST_KEYS = 4, 12
"""Columns that tell what a row holds, its name and its unit; and those before such periods."""
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
_MIDNIGHT = re.compile(r"(?<=\d)[ T]0?0:00(?::00)?$")
_EIGHT_DIGITS = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_HEAD = 4000
"""Signs of a line that are searched for dates."""
_VALUES = 0.9
"""Share of the other fields of a row that are numbers, dates or missing."""


def turned(text: Text, lines: Sequence[str], forced: str | None) -> tuple[str, int, int] | None:
    """Return the text of a table on its side with an instant a row, and the number of channels.

    The number is 0 where a row is a time of day, and a column a day. Behind it stands the number of
    lines above what was the first column: comments with the short lines around the table.

    None is returned for any other text. `lines` are its first ones, `forced` is the delimiter that
    the user names.
    """
    short = max(map(len, lines), default=0) < 2 * _FEWEST_COLUMNS
    if len(lines) > _MOST_ROWS or (short and not _has_dates_above(lines, _FEWEST_DAYS)):
        return None
    readable = replace(text, errors="ignore")
    most = _MOST_DATED if _has_dates_above(lines) else _MOST_ROWS
    every = [line for line in islice(readable.lines(), most + 1) if line.strip()]
    if len(every) > most:
        return None
    more, count, around = 0, None, list[str]()
    for delimiter in (forced,) if forced else ("\t", ";", "|", ",", BLANKS):
        rows = split(every, delimiter)
        if not rows or not all(rows):
            continue
        if all(len(row) > 1 and not row[-1] for row in rows):
            # A delimiter at the end of each line.
            rows = [row[:-1] for row in rows]
        if short:
            if (by_days := _from_days(rows)) is None:
                continue
            rows, count = by_days, 0
            break
        if (by_periods := _from_periods(rows)) is not None and _are_few(by_periods[0]):
            rows, more = by_periods
            break
        if (by_days := _from_days(rows)) is not None:
            rows, count = by_days, 0
            break
        by_dates = _from_dates(rows)
        by_dates = by_dates if by_dates is not None and _are_few(by_dates[0]) else None
        named = by_dates is None or len({row[0] for row in rows}) == len(rows)
        if len(rows) <= _MOST_ROWS and named:
            _refuse_blocks(rows, text.name)
            inside, other = _without_short_lines(rows, every)
            if (found := _on_their_side(inside, bare=not other)) is not None:
                rows, around = _with_day(found), other
                break
        if by_dates is not None:
            rows, more = by_dates
            break
    else:
        return None
    written = io.StringIO()
    mark = "\t" if delimiter == BLANKS else delimiter
    writer = csv.writer(written, delimiter=mark, lineterminator="\n")
    columns = list(zip(*rows, strict=True))
    # Blank lines keep the numbers of columns, which messages name, where texts became one name.
    written.write("\n" * more)
    written.writelines(f"# {line.strip()}\n" for line in around)
    # What a row is called and its unit stand above its values, in this order.
    writer.writerows(columns)
    return written.getvalue(), len(rows) if count is None else count, len(around)


def _has_dates_above(lines: Sequence[str], fewest: int = _FEWEST_PERIODS) -> bool:
    """Return True if one of the first lines has several periods or dates in it."""
    return any(
        sum(_period(field) is not None or is_date(field, months=True) for field in fields) >= fewest
        for line in lines[:_MOST_TEXTS]
        for fields in [re.split(r"\s*[,;\t|]\s*", line[:_HEAD].replace('"', ""))]
    )


def _are_few(rows: Sequence[list[str]]) -> bool:
    """Return True unless many rows have numbers for names, as days of many years have."""
    return len(rows) <= _MOST_ROWS or not any(is_value(row[0], ".") for row in rows[1:])


def _without_short_lines(
    rows: Sequence[list[str]], lines: Sequence[str]
) -> tuple[list[list[str]], list[str]]:
    """Return the long rows that follow one another, less an empty last field, and other lines.

    All rows are returned where others of half the length, or other long ones, stand among them.
    """
    long, longest = _long_rows(rows)
    begin, end = long[0], long[-1] + 1
    if len(long) < end - begin or end - begin < 2:
        return [*rows], []
    inside = rows[begin:end]
    if all(row[-1:] == [""] for row in inside):
        inside = [row[:longest] for row in inside]
    return [*inside], [*lines[:begin], *lines[end:]]


def _long_rows(rows: Sequence[list[str]]) -> tuple[list[int], int]:
    """Return which rows have half the fields of the longest one at least, and how many that has."""
    filled = [len(row) - next((i for i, field in enumerate(row[::-1]) if field), 0) for row in rows]
    longest = max(filled)
    return [i for i, count in enumerate(filled) if 2 * count >= longest], longest


def _refuse_blocks(rows: Sequence[list[str]], name: str) -> None:
    """Raise DataError where short lines divide several tables on their sides."""
    long, _ = _long_rows(rows)
    ends = [i for i, (row, below) in enumerate(pairwise(long), start=1) if below > row + 1]
    edges = [0, *ends, len(long)]
    blocks = [[rows[i] for i in long[begin:end]] for begin, end in pairwise(edges)]
    if len(blocks) < 2 or any(len(block) < 2 for block in blocks):
        return
    if all(_on_their_side(block, bare=False) is not None for block in blocks):
        raise DataError(
            f"{name} holds {len(blocks)} tables with an instant a column, one below another: write "
            "each of them into a file of its own."
        )


def _on_their_side(rows: Sequence[list[str]], *, bare: bool) -> list[list[str]] | None:
    """Return few long rows of values with a name each, or where `bare` without any; else None.

    Several texts before the values are one name where the first of them does not differ.
    """
    rows = [row for row in rows if not _repeats_a_word(row)]
    widths = {len(row) for row in rows}
    width = widths.pop() if len(widths) == 1 else 0
    if width < max(_FEWEST_COLUMNS, _SHAPE * len(rows)):
        return None
    if all(_is_of_values(row, 0) for row in rows):
        dated = any(any(map(looks_like_date, row[:2])) for row in rows)
        wide = width >= _BARE_SHAPE * len(rows)
        return [*rows] if bare and wide and not dated and len(rows) <= _MOST_BARE_ROWS else None
    begins = range(1, _MOST_TEXTS + 1)
    begin = next((i for i in begins if all(_is_of_values(row, i) for row in rows)), None)
    if begin is None:
        return None
    clocks = all(map(_TIME_OF_DAY.fullmatch, rows[0][begin:]))
    if clocks and all(any(map(_is_day, row[:begin])) for row in rows[1:]):
        # A day a row, behind the number of its meter.
        return None
    if len({row[0] for row in rows}) < len(rows):
        rows = [[" ".join(filter(None, row[:begin])), *row[begin:]] for row in rows]
    names = [row[0] for row in rows]
    # What stands before times of day may be their date.
    telling = names[1:] if all(map(_TIME_OF_DAY.fullmatch, rows[0][1:])) else names
    if len({*names}) < len(names) or any(map(_is_value, filter(None, telling))):
        return None
    return [*rows]


def _is_day(field: str) -> bool:
    """Return True for a date without a time of day, which may be of eight digits."""
    digits = _EIGHT_DIGITS.fullmatch(field) is not None
    return digits or (is_date(field, months=False) and ":" not in field)


def _repeats_a_word(row: Sequence[str]) -> bool:
    """Return True for a row that says the same of each column: Raw Data (600)."""
    behind = {*row[_MOST_TEXTS:]}
    return len(behind) == 1 and not _holds_values([*behind])


def _with_day(rows: list[list[str]]) -> list[list[str]]:
    """Return rows with the day before the times of day in the first one, where that names it."""
    name, *clocks = rows[0]
    if not all(map(_TIME_OF_DAY.fullmatch, clocks)):
        return rows
    day = (name.split() or [""])[-1]
    dated = is_date(day, months=False) and ":" not in day
    return [["Time", *(f"{day} {clock}" if dated else clock for clock in clocks)], *rows[1:]]


def _from_periods(rows: Sequence[list[str]]) -> tuple[list[list[str]], int] | None:
    """Return the years or months above the columns, the rows below, and how many texts are a name.

    None is returned for rows without such periods above them, which follow one another up or down.
    They name nothing, whatever the shape of the table.
    """
    for top, row in enumerate(rows[:_MOST_TEXTS]):
        found = [(i, period) for i, field in enumerate(row) if (period := _period(field))]
        begin = found[0][0] if found else 0
        periods = [period for i, (at, period) in enumerate(found) if at == begin + i]
        steps = {(after[0], after[1] - one[1]) for one, after in pairwise(periods)}
        if len(periods) < _FEWEST_PERIODS or len(steps) > 1 or abs(steps.pop()[1]) != 1:
            continue
        title = "Year" if periods[0][0] == 1 else "Time"
        return _named(rows, top, begin, [title, *(written for _, _, written in periods)])
    return None


def _period(field: str) -> tuple[int, int, str] | None:
    """Return how many of a period make a year, its number, and its date; None for other texts."""
    if (match := _PERIOD.fullmatch(field)) is None:
        return None
    year, quarter, month = match[1], match[2], match[3] or match[4]
    if quarter:
        return 4, 4 * int(year) + int(quarter), f"{year}-{3 * int(quarter) - 2:02d}-01"
    return (
        (12, 12 * int(year) + int(month), f"{year}-{month}-01") if month else (1, int(year), year)
    )


def _from_dates(rows: Sequence[list[str]]) -> tuple[list[list[str]], int] | None:
    """Return the dates above all columns but the first few, as `_from_periods` returns years."""
    row = rows[0]
    begin = next((i for i, field in enumerate(row) if is_date(field, months=True)), len(row))
    dates = row[begin:]
    if len(dates) < _FEWEST_PERIODS or len({*dates}) < len(dates):
        return None
    # Below them may be times of day.
    if any(looks_like_date(one[0]) for one in rows[1:] if one):
        return None
    if not all(is_date(field, months=True) for field in dates):
        return None
    return _named(rows, 0, begin, ["Date", *dates])


def _named(
    rows: Sequence[list[str]], top: int, begin: int, above: list[str]
) -> tuple[list[list[str]], int] | None:
    """Return a row and the values below it behind one name each, and how many texts became it.

    None is returned where the rows below hold other things than values.
    """
    end = begin + len(above) - 1
    below = [*rows[top + 1 :]]
    while below and len(below[-1]) == 1:
        # A line below the table.
        below.pop()
    if not 0 < begin <= _MOST_KEYS or not below:
        return None
    if not all(len(row) == len(rows[top]) and _holds_values(row[begin:end]) for row in below):
        return None
    # Of country, code and quantity those are the name that differ from row to row; and a place,
    # beside texts that tell all rows apart, is none of it.
    texts = [i for i in range(begin) if not all(_is_value(row[i]) for row in below if row[i])]
    if len({tuple(row[i] for i in texts) for row in below}) < len(below):
        texts = [*range(begin)]
    differ = [i for i in texts if len({row[i] for row in below}) > 1] or [0]
    unit = next((i for i in range(1, begin) if words(rows[top][i]) & UNIT_NAMES), 0)
    united = unit > 0 and all(is_unit(row[unit]) for row in below if row[unit])
    told = [i for i in differ if not united or i != unit] or [0]
    units = [f"[{row[unit]}]" if united and row[unit] else "" for row in below]
    names = (
        " ".join(filter(None, (*(row[i] for i in told), end)))
        for row, end in zip(below, units, strict=True)
    )
    named = ([name, *row[begin:end]] for name, row in zip(names, below, strict=True))
    return [above, *named], begin - 1


def _from_days(rows: Sequence[list[str]]) -> list[list[str]] | None:
    """Return the days above the columns, and rows that begin with times of day; None for others."""
    for top, above in enumerate(rows[:_MOST_TEXTS]):
        row = [_MIDNIGHT.sub("", field) for field in above]
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
