"""The row above the data that names the columns, among other rows of text."""

import re
from itertools import pairwise

from spectra.datasets.readers.cells.absent_words import MISSING, MISSING_WORDS
from spectra.datasets.readers.cells.cells import is_number_with_unit
from spectra.datasets.readers.cells.delimiter import BLANKS, is_value
from spectra.datasets.readers.cells.names import (
    UNIT_NAMES,
    completes,
    is_unit,
    is_unit_row,
    names_only_time,
    names_time,
    seconds_in,
    words,
)
from spectra.datasets.readers.cells.time_units import SECONDS
from spectra.datasets.readers.dates.dates import is_date, looks_like_date
from spectra.datasets.readers.heading.band_names import names_bands
from spectra.datasets.readers.heading.decimal_sign import DECIMAL_POINT

_SURELY_COUNTED = 8
"""Numbers 0, 1, 2, … that stand above whole numbers as the names of columns."""
_NEVER_NAMES = MISSING - {"", "-", "--", "?", "na"}
"""Of those words the ones that no column is called; Na is sodium."""
_MOST_DIGITS = 19
"""Most digits of a number that is a name: wavelengths, sensors, dates, instants in nanoseconds."""
_HALF_A_DAY = 12
"""Times of day above the columns that a number may stand beside: 25, the hour of autumn."""
_CLOCKS = re.compile(
    r"\d{1,2}:\d\d(:\d\d)?(\s*[ap]\.?m\.?)?(\s*[-–]\s*\d{1,2}:\d\d(:\d\d)?)?", re.IGNORECASE
)
_SAID = re.compile(r"[^:=]{2,}[:=]\s*\S")
"""A line such as "FILTER: HIGH PASS", which says something and names no column."""
_ASSIGNED = re.compile(r"[^\W\d]\w*\s?=\s?\S")
"""The beginning of a line such as "channels=Ex Ey", which gives a value to a word."""
_ASSIGNED_IN_ALL = re.compile(r"([^\W\d]\w*)\s?=\s?[\d.,]+(?:\s?[^\W\d_]{1,5})?")
"""A setting of one channel: Rate=50 Hz."""
_KIND_OF_SIGNAL = re.compile(r"(?:type|interp|blockpath|port|sid|tz):\s", re.IGNORECASE)
"""The beginning of what the Simulation Data Inspector says of each signal: type: double."""
_DATA_BELOW = re.compile(
    r"\[\s*(?:data|daten|values|measurements|samples|messwerte)\s*\]|\$\$SOE", re.IGNORECASE
)
"""A title between the names and the rows: [data], $$SOE."""
_TITLE_OF_DATA = re.compile(
    r"(?:waveform|raw|measured)?\s*(?:data|daten|values|samples)\s*:?", re.IGNORECASE
)
"""A line of one word between settings, a key and its value each, and the rows: Waveform Data."""
_IN_PLACE = MISSING_WORDS - {"na"}
_KEYS_OF_NAMES = {"name", "names", "label", "labels", "channel", "signal"}
_FEWEST_TIMES = 24
"""Times of a day, counted from 0 or 1, that name columns."""


def row_of_names(rows: list[list[str]], width: int, delimiter: str, decimal: str) -> int | None:
    """Return which of the rows above the data has the names of the columns, None without one."""
    named = _by_its_place(rows, width, decimal)
    if named is not None and words(rows[named][0]) & UNIT_NAMES and width > 1:
        # "Unit, Percent, Bytes" stands below a row of names, which may have a key of its own.
        above = rows[named - 1] if named else []
        both = [named + 1 < len(rows) and words(rows[named + 1][0]) & UNIT_NAMES, not above]
        alone = width == len(rows[named]) == 2 and is_unit(rows[named][1])
        if (alone and (any(both) or not _names_columns(above, width, decimal))) or any(
            len(row) >= width and words(row[0]) & _KEYS_OF_NAMES for row in rows
        ):
            named = None
        elif (
            above
            and all(above[:width])
            and _names_columns(above, width, decimal)
            and not any(map(names_time, rows[named][1:]))
        ):
            named -= 1
            while named > 0 and _says_the_same(rows[named]):
                named -= 1
    if named is None and delimiter != BLANKS:
        named = next((i for i, row in enumerate(rows) if _names_all(row, width, decimal)), None)
    return named


def _by_its_place(rows: list[list[str]], width: int, decimal: str) -> int | None:
    """Return which row has names by where it stands, None without one.

    It stands lowest but for rows of units, and its fields differ more than those of its
    neighbours.
    """
    if width == 1:
        return _name_of_one(rows)
    names = _block_of_names(rows, width, decimal)
    names = [i for i in names if i - 1 not in names or not _divides(rows[i - 1], rows[i])]
    names = [i for i in names if i + 1 not in names or not completes(rows[i + 1], rows[i], width)]
    above_units = [
        i
        for i in names
        if i + 1 < len(rows)
        and _has_units_below(rows, i, width)
        and not words(rows[i + 1][0]) & UNIT_NAMES
    ]
    if above_units and max(names) > above_units[0]:
        # Units stand right below names; further rows say what the channels are connected to.
        return above_units[0]
    return max(
        names,
        key=lambda i: (len(rows[i]) <= width + 1, len(set(filter(None, rows[i][:width]))), i),
        default=None,
    )


def _has_units_below(rows: list[list[str]], i: int, width: int) -> bool:
    """Return True if most fields below a row are units, or some where both rows name a time."""
    row, below = rows[i], rows[i + 1]
    units = [column for column, field in enumerate(below) if is_unit(field)]
    if 2 * len(units) > width and _are_units(rows, i + 1):
        return True
    both = any(names_time(up) and names_time(low) for up, low in zip(row, below, strict=False))
    return both and sum(not is_unit(row[column]) for column in units if column < len(row)) > 1


def _name_of_one(rows: list[list[str]]) -> int | None:
    """Return which row names the only column: the lowest, unless it says something else."""
    above = [
        i
        for i, row in enumerate(rows)
        if row and row[0] and not is_unit_row(row) and not _DATA_BELOW.fullmatch(row[0].strip())
    ]
    # Below a name stands a word in place of the first value.
    named = [i for i in above if rows[i][0].casefold() not in _IN_PLACE]
    lowest = named[-1] if named else above[-1] if above else None
    if lowest is None or len(rows[lowest]) > 1:
        return None
    said = len(rows) > 1 and ({*",;"} & {*rows[lowest][0]} or _SAID.match(rows[lowest][0]))
    return None if said else lowest


def _are_units(rows: list[list[str]], i: int) -> bool:
    """Return True if a row holds units and no names: "Time, V, A" below other words has names."""
    above = rows[i - 1] if i else []
    if _has_unit_of_time(above, rows[i]):
        return True
    if not is_unit_row(rows[i]):
        return False
    times = [
        column
        for column, field in enumerate(rows[i])
        if names_only_time(field) and not is_unit_row([field]) and seconds_in(None, field) is None
    ]
    # Below a name of time stands UTC; a blank stands beside other names.
    beside = any(above) and not is_unit_row(above)
    return not times or any(
        (beside and not above[c]) or names_time(above[c]) for c in times if c < len(above)
    )


def _has_unit_of_time(above: list[str], row: list[str]) -> bool:
    """Return True if a row begins with a unit of time below a name of it, and names above it.

    Others of its units may be unknown.
    """
    if not 1 < len(row) <= len(above) or not names_only_time(above[0]):
        return False
    unit = row[0].strip("[]() ").casefold()
    return unit in SECONDS and all(above[: len(row)]) and len({*above}) == len(above)


def _are_settings(row: list[str], decimal: str) -> bool:
    """Return True for settings below their names: most are numbers, but no channels in order."""
    full = [*filter(None, row)]
    values = [field for field in full if is_value(field, decimal)]
    if 2 * len(values) <= len(full):
        return False
    numbered = all(field.isdecimal() for field in values)
    return not (numbered and all(int(a) < int(b) for a, b in pairwise(values)))


def _block_of_names(rows: list[list[str]], width: int, decimal: str) -> list[int]:
    """Return the lowest rows that name columns, from below; of units only where none is else."""
    block: list[int] = []
    for i in range(len(rows) - 1, -1, -1):
        if block and not any(rows[i]):
            continue
        if not block and _DATA_BELOW.fullmatch(" ".join(rows[i]).strip()):
            continue
        if not block and i > 0 and width > 1 and _is_title(rows[i]) and _is_setting(rows[i - 1]):
            break
        if width > 1 and _says_the_same(rows[i]):
            continue
        if block and _are_settings(rows[i], decimal):
            break
        units_below = i + 1 < len(rows) and _are_units(rows, i + 1)
        counts = all(not field or field.isdigit() for field in rows[i]) and i + 1 == len(rows)
        if counts or (_are_units(rows, i) and not _names_columns(rows[i], width, decimal)):
            continue
        # A key that speaks of units stands below other keys, each with its value.
        numbers = units_below and not words(rows[i + 1][0]) & UNIT_NAMES
        if not _names_columns(rows[i], width, decimal) and not (
            numbers and _numbers_columns(rows[i], width)
        ):
            break
        block.append(i)
    return [i for i in block if not _are_units(rows, i)] or block[-1:]


def _says_the_same(row: list[str]) -> bool:
    """Return True for one setting or one instant of all channels: SR=50;SR=50."""
    full = [*filter(None, row)]
    if len(full) < 2:
        return False
    keys = {match[1] for match in map(_ASSIGNED_IN_ALL.fullmatch, full) if match}
    assigned = len(keys) == 1 and all(map(_ASSIGNED_IN_ALL.fullmatch, full))
    assigned = assigned or all(map(_KIND_OF_SIGNAL.match, full))
    return assigned or (len({*full}) == 1 and is_date(full[0], months=False))


def _is_title(row: list[str]) -> bool:
    """Return True for a word in place of names that says that the rows begin."""
    return bool(_TITLE_OF_DATA.fullmatch(row[0].strip())) and not any(row[1:])


def _is_setting(row: list[str]) -> bool:
    """Return True for a key with its value, or without one: no row that names a time."""
    return sum(map(bool, row)) < 3 and not (any(row[1:]) and names_only_time(row[0]))


def _names_all(row: list[str], width: int, decimal: str) -> bool:
    """Return True if a row has a different word for every column."""
    full = row[:width]
    return len(set(full)) == width > 2 and all(full) and _names_columns(row, width, decimal)


def _divides(above: list[str], row: list[str]) -> bool:
    """Return True if words stand only below names that repeat the one to their left."""
    return all(above) and all(
        not field or (column > 0 and above[column] == above[column - 1])
        for column, field in enumerate(row[: len(above)])
    )


def _names_columns(row: list[str], width: int, decimal: str) -> bool:
    """Return True if a row is one of words for the columns."""
    return (
        len(row) >= width
        and any(row)
        and not (width > 1 and _says_something(row) and not _has_key_of_header(row, width))
        and (
            names_bands(row)
            or not any(is_value(field, decimal) and not _CLOCKS.fullmatch(field) for field in row)
        )
    )


def _has_key_of_header(row: list[str], width: int) -> bool:
    """Return True for names behind the word header, above rows with a word such as "Data:"."""
    return len(row) == width and row[0].rstrip(" :").casefold() == "header"


def _says_something(row: list[str]) -> bool:
    """Return True if the first field is a key, with a sign that no other has: Notes: none here.

    One time of day beside a word for it is that of the recording.
    """
    key, *rest = row
    if any(field.startswith(":") for field in rest[:1]):
        return True
    full = [*filter(None, rest)]
    if len(full) == 1 and _CLOCKS.fullmatch(full[0]) and names_only_time(key):
        return True
    if not key.endswith(":") and not _ASSIGNED.match(key):
        return False
    return not names_time(key) and not any(field.endswith(":") or "=" in field for field in rest)


def _numbers_columns(row: list[str], width: int) -> bool:
    """Return True if a row has a word and the numbers of channels behind it: x-axis, 1, 2, MATH."""
    digits = [field for field in row[1:width] if field.isdecimal()]
    if any(len(field) > _MOST_DIGITS for field in digits):
        return False
    numbers = [*map(int, digits)]
    return (
        len(row) >= width > 1
        and not row[0].isdigit()
        and not _says_something(row)
        and all(field and not DECIMAL_POINT.fullmatch(field) for field in row[1:width])
        and row[1].isdecimal()
        and numbers == sorted({*numbers})
    )


def is_header(rows: list[list[str]], decimal: str) -> bool:
    """Return True if the first row names the columns."""
    first, body = rows[0], rows[1:]
    # Splunk calls what has no name NULL, beside a column of its own that is the time.
    never = _NEVER_NAMES - {"null"} if "_time" in first else _NEVER_NAMES
    if any(field.lower() in never or field.startswith('{"') for field in first):
        return False
    values = [field for field in first if is_value(field, decimal)]
    clocks = [*filter(_CLOCKS.fullmatch, values)]
    if len(set(clocks)) > 3 and (len(clocks) == len(values) or len(clocks) >= _HALF_A_DAY):
        return True
    words = [field for field in first if field.lower() not in MISSING and field not in values]
    if not values:
        if _goes_on_below(first, body):
            return False
        united = all(map(is_number_with_unit, filter(None, first)))
        return bool(words) and not (united and body and any(map(is_number_with_unit, body[0])))
    if _numbers_sensors(first, body):
        return True
    counted = [str(i) for i in range(len(values))]
    if values == counted and not words:
        # Tables without names of their own are written with 0, 1, 2, … above the columns.
        fractions = any(
            DECIMAL_POINT.fullmatch(field.replace(decimal, "."))
            for row in body[:1]
            for field in row
        )
        surely = fractions or len(values) >= _SURELY_COUNTED
        return (first[0] == "" and len(first) == len(values) + 1) or (len(values) > 2 and surely)
    # Numbers beside a word may be names (wavelengths, sensor numbers) if they are whole and
    # ascending. Of thousands of digits int() makes no number.
    whole = all(value.isdecimal() and len(value) <= _MOST_DIGITS for value in values)
    ascending = whole and sorted(set(map(int, values))) == [*map(int, values)]
    if words and body and names_bands(first) and _stands_above_numbers(first, body, decimal):
        return True
    if not words or not ascending or not body:
        return False
    return _counts_times(values, first, body, decimal) or _stands_above_numbers(
        first, body, decimal
    )


def _counts_times(values: list[str], first: list[str], body: list[list[str]], decimal: str) -> bool:
    """Return True if a row counts the times of a day, or days, beside a word above values."""
    start = int(values[0])
    if len(values) < _FEWEST_TIMES or start > 1:
        return False
    counted = [*map(int, values)] == [*range(start, start + len(values))]
    return (
        counted
        and any(
            not field.isdecimal()
            # A total may stand in the last row.
            and all(
                column < len(row) and _is_value_or_month(row[column], decimal)
                for row in body[:-1] or body
            )
            for column, field in enumerate(first)
            if field and not looks_like_date(field)
        )
    )


def _is_value_or_month(field: str, decimal: str) -> bool:
    """Return True for a value, an instant or a month: 2024-03."""
    return is_value(field, decimal) or is_date(field, months=True)


def counts_times(row: list[str], body: list[list[str]], decimal: str) -> bool:
    """Return True if a row has words, and counts the times of a day, or days, between them."""
    values = [field for field in row if is_value(field, decimal)]
    whole = bool(values) and all(field.isdecimal() and len(field) < 3 for field in values)
    return whole and bool(body) and _counts_times(values, row, body, decimal)


def _numbers_sensors(first: list[str], body: list[list[str]]) -> bool:
    """Return True for different whole numbers behind a blank, above rows that begin with dates."""
    numbers = first[1:]
    return (
        len(numbers) > 1
        and not first[0]
        and len({*numbers}) == len(numbers)
        and all(number.isdecimal() for number in numbers)
        and len(body) > 1
        and all(looks_like_date(row[0]) for row in body)
    )


def _goes_on_below(first: list[str], body: list[list[str]]) -> bool:
    """Return True if a first row of words and of numbers with units is one like those below."""
    below = [row for row in body if len(row) == len(first)]
    same = any(field and all(row[i] == field for row in below) for i, field in enumerate(first))
    return same and any(
        is_number_with_unit(field) and all(is_number_with_unit(row[i]) for row in below)
        for i, field in enumerate(first)
    )


def _stands_above_numbers(first: list[str], body: list[list[str]], decimal: str) -> bool:
    """Return True if each word of the first row has only numbers and dates below it."""
    for column, field in enumerate(first):
        below = [row[column] for row in body if column < len(row)]
        if not is_value(field, decimal) and not all(is_value(other, decimal) for other in below):
            return False
    return True
