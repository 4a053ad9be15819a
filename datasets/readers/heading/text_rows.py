"""Rows of text above the data of a table: how many there are, and what their first field names."""

import re
from collections.abc import Callable

from spectra.datasets.readers.cells.absent_words import MISSING, MISSING_WORDS
from spectra.datasets.readers.cells.cells import is_number_with_unit
from spectra.datasets.readers.cells.delimiter import FEWEST_ROWS, MOST_COLUMNS, body_of, is_value
from spectra.datasets.readers.cells.names import is_unit, names_time
from spectra.datasets.readers.dates.dates import is_date, looks_like_date
from spectra.datasets.readers.heading.band_names import names_bands

Test = Callable[[str], bool]

_MOST_FIELDS = 0.7
"""Share of the fields of a column below the header from which the column is of their kind."""
_FEW_ROWS = 20
"""Rows below one of values and a word in which words alone show that it is no data."""
_LOOK_AHEAD = 3
"""Rows below a row of values in which a title such as "data:" shows that the data come later."""
_STAMP = re.compile(r"\d{9,19}(?:\.\d+)?")
"""A count since 1970."""
_WHOSE = (
    r"(?:ch|chan|channels?|traces?|signals?|sensors?|series|columns?|kan[aä]le?|canal(?:es)?)"
    r"[\s_-]*"
)
_WHAT = r"(?:names?|titles?|labels?|namen|noms?|nombres?|nomi)"
_NAMES = re.compile(rf"(?:{_WHOSE}{_WHAT})\s*[:=]*", re.IGNORECASE)
_NAMES_PERHAPS = re.compile(rf"(?:{_WHOSE}|(?:{_WHOSE})?{_WHAT})\s*[:=]*", re.IGNORECASE)
_UNITS = re.compile(
    rf"(?:(?:{_WHOSE}|(?:[vy]|vertical)[\s_-]*)?units?(?:[\s_-]*(?:labels?|names?|text|string))?|einheit(?:en)?|unidades"
    r"|unit[ée]s|unit[àa])\s*[:=]*",
    re.IGNORECASE,
)


def rows_of_text(rows: list[list[str]], width: int, decimal: str) -> int:
    """Return how many rows at the top are no data.

    The columns that hold numbers or dates further down have words there.
    """
    body = body_of(rows) if len(rows) > FEWEST_ROWS + 1 else rows[len(rows) // 2 :]
    below = [row for row in body if len(row) == width]
    columns = range(min(width, MOST_COLUMNS))
    tests = {column: _kind(below, column, decimal) for column in columns}
    full = [column for column, test in tests.items() if test is not None]
    if not full:
        return 0
    # A column that is empty in all rows of data may have words above them.
    void = [column for column in columns if below and _is_void(below, column)]
    count = 0
    for i, row in enumerate(rows[:-2]):
        here = [(column, row[column]) for column in full if column < len(row)]
        values = sum(_holds(tests[column], field) for column, field in here)
        # Beside a value "unavailable" is a missing one; above the data it may be a name.
        missing = MISSING_WORDS if values else MISSING
        words = sum(
            not _holds(tests[column], field) and field.lower() not in missing
            for column, field in here
        )
        beside = sum(
            row[column].lower() not in MISSING and not is_value(row[column], decimal)
            for column in void
            if column < len(row)
        )
        # Beside its first rows an oscilloscope writes what it is set to.
        words += 0 if values == len(full) > 1 and len(row) == width else beside
        # A line such as "Start,03/30/2024" above the table has values too, but not most.
        first = bool(here) and (
            _holds(tests[here[0][0]], here[0][1]) or here[0][1].lower() in missing
        )
        first |= _are_dated(rows[i : i + _LOOK_AHEAD], full, width, tests)
        if first and values < len(full):
            # Units may stand behind the numbers of the first rows only.
            united = sum(
                not _holds(tests[column], field) and is_number_with_unit(field)
                for column, field in here
            )
            values, words = values + united, words - united
        if (
            first
            and (values > words or (values == words and _is_dated_row(rows, i, count, width)))
            and not (beside and len(row) > width)
            and not (names_bands(row) and any(names_time(field) for _, field in here))
            # A line such as "40.125 -105.237 1689 m" says where the station is.
            and not (words and 2 * len(row) <= width)
            and not (0 in void and row[0] and _are_words_below(rows, i, tests))
            and not _is_row_of_counts(
                row, full, texts_above=count == i > 0, fractions_below=_have_fractions(below, full)
            )
            and not _has_title_below(rows, i, width, decimal)
            and not (
                (_is_headless(row, width, full) or (i == count > 0 and _has_word(here, tests)))
                and _have_names_below(rows, i, full, tests)
            )
        ):
            return count
        if words or len(row) != width or values:
            count = i + 1
    return count


def _has_word(here: list[tuple[int, str]], tests: dict[int, Test | None]) -> bool:
    """Return True if one of the fields in columns of numbers is neither a value nor missing."""
    return any(
        not _holds(tests[column], field) and field.lower() not in MISSING for column, field in here
    )


def _is_dated_row(rows: list[list[str]], i: int, count: int, width: int) -> bool:
    """Return True for a row right below the first line that has a date, as those below it have.

    The word beside it stands in place of a value: no row of units has a date.
    """
    return count == i == 1 and all(
        len(row) == width and is_date(row[0], months=False) for row in rows[i : i + 1 + _LOOK_AHEAD]
    )


def _are_dated(
    rows: list[list[str]], full: list[int], width: int, tests: dict[int, Test | None]
) -> bool:
    """Return True if rows have a date in place of a number, or the other way round, and values.

    Further down the time is written in another way.
    """
    return len(full) > 1 and all(
        len(row) == width
        and (looks_like_date(row[full[0]]) or _STAMP.fullmatch(row[full[0]]))
        and all(_holds(tests[column], row[column]) for column in full[1:])
        for row in rows
    )


def _kind(rows: list[list[str]], column: int, decimal: str) -> Test | None:
    """Return the test that tells the values of a column of numbers or dates; None for text."""

    def value(field: str) -> bool:
        return is_value(field, decimal)

    def number(field: str) -> bool:
        return value(field) and not looks_like_date(field)

    def united(field: str) -> bool:
        return value(field) or is_number_with_unit(field)

    tests = (number, looks_like_date, value, united)
    return next((test for test in tests if _share(rows, column, test) >= _MOST_FIELDS), None)


def _holds(test: Test | None, field: str) -> bool:
    """Return True if a field is of the kind of its column, or a limit of it such as <0.5."""
    return test is not None and (
        test(field) or (field[:1] in ("<", ">") and test(field[1:].strip()))
    )


def _share(rows: list[list[str]], column: int, holds: Test) -> float:
    """Return the share of a column's fields that are values, 0 where many are missing."""
    fields = [row[column] for row in rows if row[column].lower() not in MISSING_WORDS]
    if not fields or len(fields) < _MOST_FIELDS * len(rows):
        return 0.0
    return sum(map(holds, fields)) / len(fields)


def _is_void(rows: list[list[str]], column: int) -> bool:
    """Return True if a column is empty in all rows."""
    return all(row[column] == "" for row in rows)


def _is_row_of_counts(
    row: list[str], full: list[int], *, texts_above: bool, fractions_below: bool
) -> bool:
    """Return True if a row below texts has the number of samples of each channel, or of itself.

    All have one number, and the time has none; of columns without a time two are alike by chance.
    """
    if not texts_above or len(full) < 2:
        return False
    if len(row) > 2 and row == [str(number) for number in range(1, len(row) + 1)]:
        return True
    timed = row[full[0]] == ""
    counts = {row[column] for column in full[timed:] if column < len(row)}
    return len(counts) == 1 and counts.pop().isdigit() and (timed or fractions_below)


def _are_words_below(rows: list[list[str]], i: int, tests: dict[int, Test | None]) -> bool:
    """Return True if a row soon below has a word in every column of numbers, as units are."""
    full = [column for column, test in tests.items() if test is not None]
    return any(
        len(full) > 1
        and all(
            column < len(row) and row[column] and not _holds(tests[column], row[column])
            for column in full
        )
        for row in rows[i + 1 : i + 1 + _FEW_ROWS]
    )


def _is_headless(row: list[str], width: int, full: list[int]) -> bool:
    """Return True if a row is short, or has nothing where rows of data begin with a value."""
    return _is_short(row, width) or (full[0] == 0 and not row[0])


def _is_short(row: list[str], width: int) -> bool:
    """Return True if a row has another number of fields than the rows of data, or hardly any."""
    return len(row) != width or (width > 2 and sum(map(bool, row)) < 2)


def _have_names_below(
    rows: list[list[str]], i: int, full: list[int], tests: dict[int, Test | None]
) -> bool:
    """Return True if a row soon below has words, and no value, in the columns of numbers.

    A header that stands above the row too is that of a logger that started again.
    """
    for row in rows[i + 1 : i + 1 + _FEW_ROWS]:
        if row in rows[:i]:
            return False
        here = [row[column] for column in full if column < len(row)]
        words = sum(
            bool(row[column]) and not _holds(tests[column], row[column])
            for column in full
            if column < len(row)
        )
        if len(here) == len(full) > 1 and words > 1 and 2 * words >= len(full):
            return True
    return False


def _have_fractions(rows: list[list[str]], columns: list[int]) -> bool:
    """Return True if most values of each of the columns have a decimal sign."""
    return all(
        2 * sum("." in row[column] or "," in row[column] for row in rows) > len(rows)
        for column in columns
    )


def _has_title_below(rows: list[list[str]], i: int, width: int, decimal: str) -> bool:
    """Return True if a row of a single word follows soon, as "data:" does."""
    for row in rows[i + 1 : i + 1 + _LOOK_AHEAD]:
        words = [field for field in row if field]
        if (
            len(words) == 1
            and words[0] == row[0]
            and (width > 1 or words[0].endswith(":"))
            and words[0].lower() not in MISSING_WORDS
            and not is_value(words[0], decimal)
        ):
            return True
    return False


def keyed_names(
    rows: list[list[str]], count: int, width: int, *, sure: bool
) -> tuple[str | None, ...] | None:
    """Return the names of columns in a row that begins with "channel names" or the like.

    The first `count` rows stand above the data. The names may stand in the row below the key.
    Where other names are `sure`, only the plainest key counts.
    """
    found = _keyed(rows, count, width, _NAMES)
    if found is None and not sure:
        # "Name, Jane Doe" names a person.
        perhaps = _keyed(rows, count, width, _NAMES_PERHAPS)
        found = perhaps if perhaps is not None and sum(map(bool, perhaps)) > 1 else None
    return None if found is None else tuple(name or None for name in without_commas(found))


def without_commas(names: list[str]) -> list[str]:
    """Return names without the commas that divide them where blanks divide the rows."""
    divided = len(names) > 1 and all(name[-1:] == "," for name in names[:-1])
    return [name.rstrip(",") for name in names] if divided else names


def keyed_units(rows: list[list[str]], count: int, width: int) -> list[str]:
    """Return the units of columns in a row that begins with "units" or the like.

    Words of which none is a unit, and of which several are alike, are names of machines.
    """
    found = _keyed(rows, count, width, _UNITS) or []
    words = [field for field in found if field]
    known = len({*words}) == len(words) or any(map(is_unit, words))
    return found if known or len({*words}) == 1 else []


def _keyed(rows: list[list[str]], count: int, width: int, key: re.Pattern[str]) -> list[str] | None:
    """Return the fields behind a key, one a column; the time in the first columns may have none."""
    body = [row for row in body_of(rows) if len(row) == width > 2]
    divided = bool(body) and all(map(looks_like_date, (row[i] for row in body for i in (0, 1))))
    widths = (width, width - 1, *([width - 2] if divided else []))
    for i, row in enumerate(rows[:count]):
        if not row or not key.fullmatch(row[0]):
            continue
        below = rows[i + 1] if i + 1 < len(rows) else []
        if 0 < sum(is_value(field, ".") for field in below) < sum(map(bool, below)):
            # "Probe Type,0" is the next setting.
            below = []
        for fields in (row[1:], [] if any(row[1:]) else below):
            while len(fields) > widths[-1] and fields and not fields[-1]:
                fields = fields[:-1]
            if any(fields) and len(fields) in widths:
                return [*[""] * (width - len(fields)), *fields]
    return None
