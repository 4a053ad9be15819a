"""Names above the columns of a table of blanks, where a date or a count has none of its own."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from spectra.datasets.readers.cells.delimiter import body_of, is_value, usual_width
from spectra.datasets.readers.dates.dates import is_date

_CLOCK = re.compile(r"\d{1,2}:\d\d(?::\d\d(?:[.,:]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
_DAY_DIGITS = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_CLOCK_DIGITS = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?")
_HALF = re.compile(r"[ap]\.?m\.?", re.IGNORECASE)
_MOST = 0.9
"""Share of the last rows with a date: a footer of as many words stands among them."""
_MOST_ABOVE = 2
_MOST_NAMED = 60
"""Lines at the top that may hold names."""


@dataclass(frozen=True)
class Nameless:
    """The columns of a table of blanks that no name stands above.

    `clock` holds the times behind the dates, and `half` their AM and PM; `counted` says that the
    first column counts the rows.
    """

    width: int
    clock: int | None = None
    half: int | None = None
    counted: bool = False

    @property
    def columns(self) -> list[int]:
        """Return the columns behind a date that are parts of it."""
        return [column for column in (self.clock, self.half) if column is not None]

    def fits(self, count: int) -> bool:
        """Return True if so many names stand above the columns that have one."""
        named = self.width - len(self.columns)
        return bool(self.columns) and count > 0 and count in (named, named - self.counted)

    def spread(self, row: list[str]) -> list[str]:
        """Return a row of names with "" above the columns that have none."""
        both = None not in (self.clock, self.half)
        if both and len(row) == self.width - 1 and not self.counted:
            # The time of day has a name of its own, and only its half has none.
            return replace(self, clock=None).spread(row)
        if not self.fits(len(row)) or any(is_value(field, ".") for field in row):
            return row
        named = self.width - len(self.columns)
        row = [*[""] * (named - len(row)), *row]
        for column in self.columns:
            row = [*row[:column], "", *row[column:]]
        return row


def nameless(rows: list[list[str]]) -> Nameless:
    """Return the columns without a name of a table of blanks, by its last rows."""
    width = usual_width(body_of(rows[1:] or rows))
    body = [row for row in body_of(rows) if len(row) == width]
    clocks = [column for column in range(1, width) if _are_clocks(body, column)]
    halves = [c for c in range(1, width) if _most(bool(_HALF.fullmatch(row[c])) for row in body)]
    if not clocks and len(halves) == 1 and _have_clocks(body, halves[0] - 1):
        return Nameless(width, None, halves[0])
    counts = [row[0].rstrip(":") for row in body]
    firsts = [int(count) for count in counts if count.isdecimal() and len(count) < 10]
    counted = bool(firsts) and len(firsts) >= _MOST * len(body)
    counted = counted and firsts == [*range(firsts[0], firsts[0] + len(firsts))]
    if len(clocks) != 1:
        return Nameless(width, counted=counted)
    (clock,) = clocks
    half, counted = clock + 1, counted and clock > 1
    return Nameless(width, clock, half if half in halves else None, counted)


def _are_clocks(body: list[list[str]], column: int) -> bool:
    """Return True if a column holds times of day, and the one to its left their dates."""
    return _most(
        bool(_CLOCK.fullmatch(row[column])) and is_date(row[column - 1], months=False)
        for row in body
    ) or _most(
        bool(_CLOCK_DIGITS.fullmatch(row[column]) and _DAY_DIGITS.fullmatch(row[column - 1]))
        for row in body
    )


def _have_clocks(body: list[list[str]], column: int) -> bool:
    """Return True if a column holds times of day."""
    return _most(bool(_CLOCK.fullmatch(row[column])) for row in body)


def _most(fits: Iterable[bool]) -> bool:
    """Return True if nearly all of some answers are yes."""
    answers = [*fits]
    return bool(answers) and sum(answers) >= _MOST * len(answers)


def with_index(rows: list[list[str]], width: int) -> list[list[str]]:
    """Return rows whose names have two for the date and the clock, of an index that had none.

    pandas prints the name of the index below the others, or leaves it out. A line such as that of
    a prompt may stand above them.
    """
    for above in range(min(_MOST_ABOVE, len(rows) - 2), -1, -1):
        named = _with_index(rows[above:], width)
        if named != rows[above:]:
            return [*rows[:above], *named]
    return rows


def _with_index(rows: list[list[str]], width: int) -> list[list[str]]:
    """Return rows whose first one has names for the date and the clock of an index."""
    first, below = rows[0], rows[1]
    if not len(first) == width - 2 > 0 or any(is_value(field, ".") for field in first):
        return rows
    if len(below) == 1 and not is_value(below[0], "."):
        names = [below[0], "", *first]
        return [names, names, *rows[2:]]
    return [["", "", *first], *rows[1:]]


def with_wide_names(rows: list[list[str]], sample: Sequence[str]) -> list[list[str]]:
    """Return rows of blanks whose names hold one, and are two blanks apart: "T (s)   Level"."""
    width = usual_width(body_of(rows))
    without = nameless(rows) if width > 2 else Nameless(width)
    named: list[list[str]] = []
    for row, line in zip(rows[:_MOST_NAMED], sample, strict=False):
        wide = re.split(r"\s{2,}|\t", line.strip())
        fits = len(wide) == width > 1 or (
            not without.fits(len(row)) and len(row) != width and without.fits(len(wide))
        )
        named.append(wide if fits and not any(is_value(field, ".") for field in row) else row)
    return [*named, *rows[len(named) :]]
