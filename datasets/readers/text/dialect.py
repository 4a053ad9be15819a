"""Dialect of a text table by its first lines: delimiter, decimal sign, header."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from spectra.datasets.readers.cells.delimiter import (
    BLANKS,
    FEWEST_ROWS,
    are_cut_decimals,
    body_of,
    has_words,
    is_split_decimal,
    is_value,
    rows_of,
    split,
    usual_width,
)
from spectra.datasets.readers.cells.header import NO_HEADER, Header, read_header
from spectra.datasets.readers.cells.keyed_cells import keys_of, without_arrows, without_keys
from spectra.datasets.readers.cells.missing_words import ALL_WORDS, words_of
from spectra.datasets.readers.cells.names import names_time
from spectra.datasets.readers.foreign.cut_seconds import with_cut_seconds
from spectra.datasets.readers.heading.blank_names import Nameless, nameless, with_wide_names
from spectra.datasets.readers.heading.comment_lines import (
    COMMENT,
    COMMENTS,
    is_comment,
    lines_of_table,
    names_in_comment,
)
from spectra.datasets.readers.heading.decimal_sign import THOUSANDS, decimal_of
from spectra.datasets.readers.heading.heading import Heading, heading_of, named_numbers
from spectra.datasets.readers.heading.json_comment import dates_in_json
from spectra.datasets.readers.heading.las_curves import curves, without_mark
from spectra.datasets.readers.heading.listed_names import (
    listed_names,
    units_in_turn,
    units_of_ranges,
)

_MOST_LINES = 500
"""Lines above the data in which the rate, the start and the unit are looked for."""
_DOTTED_DATE = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}(?!\d)")
_MAYBE_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")
_FEW_BLANKS = 0.3
"""Share of blank lines below which they do not merely divide the others, as every second one."""
_FEWEST_STARS = 4
"""Stars or signs of equality of a line from which on it divides, and marks no missing value."""
_FEWEST_DASHES = 20
"""Dashes of a line from which on it divides: a few of them are a missing value."""
_MOST_ROWS, _MOST_CHARACTERS = 200, 100_000
"""Lines that tell the dialect, and the characters beyond which five of them are enough."""


@dataclass(frozen=True)
class Dialect:
    """Dialect of a text table.

    `above` counts the lines of the file above the first row of data, and `skip` the same with a
    field that goes on over several lines counted as one, which is how pandas counts; `names` has
    one name a column, None where the file gives none; `notes` say what else was found above the
    data; `units` has the unit of each column where a row gives them; `header` is what the lines
    above the data say in words; `rows` is the number of rows to read, None for all; `spaced` says
    that blanks stand behind delimiters; `keys` has the name that stands in each cell of a column,
    and `arrows` says that one divides the first field of each row; `missing` are the words that
    pandas is to read as missing values at first; `repeats` are the numbers, from 1, of lines of a
    header that stands among the data again.
    """

    delimiter: str
    decimal: str
    comment: str | None
    above: int
    skip: int
    names: tuple[str | None, ...]
    notes: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    header: Header = NO_HEADER
    rows: int | None = None
    spaced: bool = True
    keys: tuple[str | None, ...] = ()
    arrows: bool = False
    missing: Sequence[str] = ALL_WORDS
    repeats: frozenset[int] = frozenset()

    @property
    def width(self) -> int:
        """Return the number of fields of a row, as the file has them."""
        return len(self.names) - self.arrows


def is_rule(line: str) -> bool:
    """Return True if a line only divides names from rows: +-----+-----+, |-----|----:|, --- ---."""
    line = line[:1000].strip()
    signs = set(line)
    if signs in ({"*"}, {"="}) and len(line) > _FEWEST_STARS:
        return True
    if signs == {"-"} and len(line) >= _FEWEST_DASHES:
        return True
    if signs <= {*"-= \t"} and re.search(r"-{3,}\s+-{3,}|={3,}\s+={3,}", line):
        return True
    return signs <= {*"+|-=: \t"} and bool(signs & {*"+|"}) and ("---" in line or "===" in line)


def sniff(lines: Sequence[str], delimiter: str | None = None) -> Dialect | None:
    """Return the dialect of a table by its first complete lines, None where they hold no row.

    `delimiter` is the one that the user names.
    """
    kept = lines_of_table(lines)
    top, forced = _top_of_table(lines, kept)
    comment, numbers = _rows_below(lines, top, kept)
    if not numbers:
        return None
    sample = _sample([lines[i] for i in numbers])
    rows, delimiter = rows_of(sample, forced if delimiter is None else delimiter)
    rows = without_mark(rows)
    rows = with_wide_names(rows, sample) if delimiter == BLANKS else rows
    divided = without_arrows(rows)
    rows = rows if divided is None else divided
    keys = keys_of(body_of(rows), usual_width(body_of(rows)))
    if any(keys):
        rows = without_keys(rows, keys)
    decimal = decimal_of(body_of(rows), delimiter, rows)
    heading = heading_of(rows, lines[:top], delimiter, decimal)
    used = _lines_used(sample, delimiter, heading.rows)
    above = numbers[used] if used < len(numbers) else numbers[-1] + 1
    if comment is not None:
        hidden = [line for line in lines[top:above] if is_comment(line, comment)]
        heading = _with_names_in_comment(heading, hidden, delimiter, rows)
    if comment is not None and not any(is_comment(line, comment) for line in lines[above:]):
        # Without comments among the rows a first cell such as #N/A is none either.
        comment = None
    notes = (
        *heading.notes,
        *_thousands_note(rows, decimal, delimiter),
        *_fractions_note(rows, decimal, delimiter),
    )
    if len(heading.names) == 1:
        notes += _blanks_note(lines, above)
    if delimiter in (";", ",") and is_split_decimal(split(sample[-len(body_of(rows)) :], ",")):
        notes += (_split_decimal_note(delimiter, sample[-1]),)
    lowest = rows[heading.rows - 1] if heading.rows else []
    if delimiter == "," and lowest and are_cut_decimals(lowest, body_of(rows)):
        notes += (_cut_decimals_note(sample[-1]),)
    elif _lacks_a_name(heading.names, body_of(rows)):
        notes += (_nameless_note(sample[-1]),)
    names = heading.names
    width = usual_width(body_of(rows))
    if delimiter != BLANKS and len(lowest) > width and all(lowest):
        notes += (_names_note(len(lowest), width, delimiter),)
    full = next(row for row in body_of(rows) if len(row) == width)
    listed = listed_names(lines[:above], width, names, full)
    names = names if listed is None else listed
    defined = curves(lines[:above], width)
    names, units = defined or (names, heading.units or units_in_turn(lines[:above], full))
    units = units or units_of_ranges(lines[:above], full)
    names = with_cut_seconds(body_of(rows), names, delimiter)
    named = tuple(key or name for key, name in zip(keys, names, strict=False))
    said = [*_said_above(lines, top, above), *named_numbers(rows[: heading.rows])]
    return Dialect(
        delimiter,
        decimal,
        comment,
        above,
        above - (used - heading.rows),
        named if any(keys) and len(keys) == len(names) else names,
        notes,
        units,
        heading.header or read_header(said, decimal),
        keys=keys if any(keys) else (),
        arrows=divided is not None,
        missing=words_of(rows[heading.rows :]),
        spaced=delimiter == BLANKS or any(f"{delimiter} " in line for line in sample),
    )


def _rows_below(
    lines: Sequence[str], top: int, kept: frozenset[int]
) -> tuple[str | None, list[int]]:
    """Return the mark of comments below the top, and the numbers of the first lines with a row."""
    below = lines[top:]
    # The lines are looked through one by one only for a mark that stands in one of them.
    joined = "\n".join(below)
    comment = next(
        (
            mark
            for mark in COMMENTS
            if mark in joined
            and any(
                is_comment(line, mark) and i not in kept for i, line in enumerate(below, start=top)
            )
        ),
        None,
    )
    # Between tabs a row may hold nothing at all.
    tabs = "\t" in joined and any("\t" in line.strip() for line in below)
    blanks = " " if tabs else None
    full = (
        i
        for i, line in enumerate(below, start=top)
        if line.strip(blanks) and (i in kept or not is_comment(line, comment)) and not is_rule(line)
    )
    return comment, list(islice(full, _MOST_ROWS))


def _with_names_in_comment(
    heading: Heading, hidden: Sequence[str], delimiter: str, rows: list[list[str]]
) -> Heading:
    """Return a heading with the names that stand behind a mark of comments below other lines.

    pidstat writes them there, below a title. Where both name columns, those with a time do.
    """
    without = nameless(rows) if delimiter == BLANKS else Nameless(0)
    named, _ = names_in_comment(hidden, delimiter, len(heading.names), without)
    timed = any(map(names_time, named)) and not any(map(names_time, heading.names))
    return replace(heading, names=named) if timed or not any(heading.names) else heading


def _said_above(lines: Sequence[str], top: int, above: int) -> list[str]:
    """Return the lines above the data that may give the rate, the start and the unit."""
    around = (
        lines[:above] if above < _MOST_LINES else [*lines[:_MOST_LINES], *lines[above - 50 : above]]
    )
    return [*dates_in_json(lines[:top]), *around]


def _blanks_note(lines: Sequence[str], first: int) -> tuple[str, ...]:
    """Return a note on a few blank lines among those of one column, which may be missing values."""
    full = [i for i in range(first, len(lines)) if lines[i].strip()]
    blank = sorted({*range(first, full[-1])}.difference(full)) if full else []
    if not 0 < len(blank) < _FEW_BLANKS * len(full):
        return ()
    said = f"Blank lines, such as line {blank[0] + 1}, are left out"
    return (f"{said} (write NaN into them if a value is missing there).",)


def _split_decimal_note(delimiter: str, line: str) -> str:
    """Return a note on how a line such as "-265,868" is read, and on the option for the other."""
    line = line.strip()
    return (
        f"'{line}' is one number with a decimal comma (--delimiter , reads two columns)."
        if delimiter == ";"
        else f"'{line}' is read as two columns (--delimiter ';' reads one, with decimal commas)."
    )


def _cut_decimals_note(line: str) -> str:
    """Return a note on rows of more fields than names, which decimal commas may have cut."""
    return (
        f"'{line.strip()[:60]}' has more fields than there are names: if it has decimal commas, "
        "write points, or semicolons between the numbers."
    )


def _lacks_a_name(names: Sequence[str | None], rows: list[list[str]]) -> bool:
    """Return True if rows with a text have a value behind the last name.

    A comma inside the text may have moved the fields behind it.
    """
    full = [row for row in rows if len(row) == len(names) > 2]
    return (
        names[-1:] == ("",)
        and all(names[:-1])
        and bool(full)
        and all(is_value(row[-1], ".") and has_words(row[1:]) for row in full)
    )


def _names_note(names: int, width: int, delimiter: str) -> str:
    """Return a note on more names than fields: one with a delimiter inside moves those behind."""
    sign = "tab" if delimiter == "\t" else f"'{delimiter}'"
    return (
        f"The header has {names} names and most rows have {width} fields: a name with a {sign} "
        "inside moves those behind it (put it in quotes)."
    )


def _nameless_note(line: str) -> str:
    """Return a note on rows of more fields than names, which a text may have divided."""
    return (
        f"'{line.strip()[:60]}' has more fields than there are names, which may stand above others "
        "(put texts with the delimiter inside in quotes)."
    )


def _lines_used(sample: Sequence[str], delimiter: str, rows: int) -> int:
    """Return how many of the lines the first rows take: a quoted field may span several."""
    if delimiter == BLANKS or rows == 0:
        return rows
    reader = csv.reader(sample, delimiter=delimiter, skipinitialspace=True)
    try:
        for _ in islice(reader, rows):
            pass
    except csv.Error:
        return rows
    return reader.line_num


def _top_of_table(lines: Sequence[str], kept: frozenset[int]) -> tuple[int, str | None]:
    """Return where the table starts, and the delimiter where a line `sep=;` gives it.

    Blank and comment lines stand above it.
    """
    forced = None
    for i, line in enumerate(lines):
        if match := re.fullmatch(r'"?sep=(.)"?', line.strip(" ")):
            forced = match[1]
        elif line.lstrip().startswith(";"):
            # pandas writes ";value" above an index without a name.
            below = next(
                (other for other in lines[i + 1 :] if not other.lstrip().startswith(";")), ""
            )
            if ";" in below:
                return i, forced
        elif line.strip(" ") and (
            i in kept or not (COMMENT.match(line.lstrip()) or line.lstrip().startswith("//"))
        ):
            return i, forced
    return len(lines), forced


def _sample(lines: Sequence[str]) -> list[str]:
    """Return as many of the lines as are needed to find the dialect."""
    total = 0
    for count, line in enumerate(lines):
        total += len(line)
        if total > _MOST_CHARACTERS and count >= FEWEST_ROWS:
            return list(lines[:count])
    return list(lines)


def _fractions_note(rows: list[list[str]], decimal: str, delimiter: str) -> tuple[str, ...]:
    """Return a note on numbers such as 14.065 where commas would be expected in fractions.

    Semicolons and dates with dots are of countries where such a point stands between thousands.
    """
    body = [row for row in body_of(rows) if len(row) == usual_width(body_of(rows))]
    if (
        decimal == ","
        or delimiter != ";"
        or not any(map(_DOTTED_DATE.match, filter(None, body[-1])))
    ):
        return ()
    for fields in zip(*body, strict=True):
        if all(map(_MAYBE_THOUSANDS.fullmatch, fields)) and len({*fields}) > 1:
            return (
                f"Numbers such as {fields[0]} are read as fractions (write them without the point "
                "if they are thousands).",
            )
    return ()


def _thousands_note(rows: list[list[str]], decimal: str, delimiter: str) -> tuple[str, ...]:
    """Return a note on numbers such as 1,234, which another writer means otherwise."""
    sign = "," if decimal == "." else "."
    if decimal == delimiter == ",":
        commas = [field for row in body_of(rows) for field in row if "," in field]
        if commas and all(map(THOUSANDS.fullmatch, commas)):
            said = f"Numbers such as {commas[0]} are fractions in the language of the names"
            return (f"{said} (write them without the comma if they are thousands).",)
    found = (
        field
        for row in rows
        for field in row
        if sign in field and THOUSANDS.fullmatch(field.replace(sign, ","))
    )
    first = next(found, None)
    return (
        ()
        if first is None
        else (f"Numbers such as {first} are read with signs between their thousands.",)
    )
