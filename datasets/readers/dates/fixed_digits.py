"""Digits at fixed places of rows of characters, checked and weighed.

The characters of a row are read eight at a time, as whole numbers of 64 bits: a few operations on
these check and weigh all digits at once.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spectra.arrays import IntArray

WIDTH = 8
"""Characters in a number of 64 bits."""
_BLOCK = 1 << 16
"""Rows at a time: their numbers of 64 bits, 512 kB, stay in the cache of a core."""
_ALL = np.uint64(2**64 - 1)
"""A mask of all characters of a number."""
_PAIRING = np.uint64(10 << 8 | 1)
"""A factor that adds to each byte of a number ten times the byte below it."""


class Digit(NamedTuple):
    """A digit of a row: its position, its weight in the sum, and the largest it may be."""

    at: int
    weight: int
    limit: int = 9


def weighed_sum(rows: NDArray[np.uint8], digits: Sequence[Digit], first: str) -> IntArray | None:
    """Return the sum of the digits of each row by their weights, None where one is no digit."""
    field = Field.of(digits, rows.shape[1], first)
    total = np.empty(len(rows), dtype=np.int64)
    fits = field.weigh(_window(rows, field.begin), total.view(np.uint64))
    return total if fits else None


def one_pass(
    rows: NDArray[np.uint8], first: str, groups: Sequence[Sequence[Digit]], into: IntArray
) -> IntArray | None:
    """Write the weighed digits of each row; return the rows whose other characters change.

    The first row is one of them. None is returned where a digit is none.
    """
    fields = [Field.of(digits, rows.shape[1], first) for digits in groups]
    read = {at for digits in groups for at in range(digits[0].at, digits[-1].at + 1)}
    windows = [
        (_window(rows, at), _others(at, read), [field for field in fields if field.begin == at])
        for at in _windows(rows.shape[1], fields)
    ]
    changed = np.ones(len(rows), dtype=np.bool_)
    numbers, differ, change = (np.empty(_BLOCK + 1, dtype=np.uint64) for _ in range(3))
    if len(fields) != 1:
        into[:] = 0
    for start in range(0, len(rows), _BLOCK):
        end = min(start + _BLOCK, len(rows))
        above = max(start - 1, 0)
        number, any_change = numbers[: end - above], change[: end - above - 1]
        total = into[start:end].view(np.uint64)
        for i, (window, others, weighed) in enumerate(windows):
            number[:] = window[above:end]
            here = differ[: len(any_change)] if i else any_change
            np.bitwise_xor(number[1:], number[:-1], out=here)
            if others != _ALL:
                here &= others
            if i:
                any_change |= here
            for field in weighed:
                if not field.weigh(number[start - above :], total, add=len(fields) > 1):
                    return None
        changed[above + 1 : end] = any_change != 0
    return np.flatnonzero(changed)


def _windows(width: int, fields: Sequence["Field"]) -> list[int]:
    """Return where the numbers of eight characters begin that hold all characters of a row."""
    begins = [field.begin for field in fields]
    low, high = (begins[0], begins[-1] + WIDTH) if begins else (width - WIDTH, width)
    before = [*range(0, low - WIDTH, WIDTH), max(low - WIDTH, 0)] if low else []
    behind = [*range(high, width - WIDTH, WIDTH), width - WIDTH] if high < width else []
    return list(dict.fromkeys((*before, low, *begins, *behind)))


def _others(at: int, read: set[int]) -> np.uint64:
    """Return a mask of the characters of a window that are not among those read in every row."""
    return np.uint64(sum(0xFF << 8 * i for i in range(WIDTH) if at + i not in read))


def _window(rows: NDArray[np.uint8], begin: int) -> NDArray[np.uint64]:
    """Return the eight characters of each row from one position on, as one number a row."""
    return np.ndarray((len(rows),), "<u8", rows, begin, (rows.shape[1],))


class Field(NamedTuple):
    """Digits in eight characters from `begin` on, and the masks that check and weigh them.

    Eight characters from the first digit on, or the last eight of the row, hold all digits.
    """

    begin: int
    template: np.uint64
    limits: np.uint64
    digits: np.uint64
    tens: np.uint64
    marks: np.uint64
    parts: tuple[tuple[np.uint64, np.uint64, bool], ...]

    @classmethod
    def of(cls, digits: Sequence[Digit], width: int, first: str) -> "Field":
        """Return the masks of digits in rows of a width, and of the marks of the first between."""
        begin = min(digits[0].at, width - WIDTH)
        places = {digit.at for digit in digits}
        between = [at for at in range(digits[0].at, digits[-1].at) if at not in places]
        shifts = {at: 8 * (at - begin) for at in (*places, *between)}
        parts = tuple(
            (np.uint64(8 * (at - begin + paired)), np.uint64(weight), paired)
            for at, weight, paired in _in_pairs(digits)
        )
        return cls(
            begin,
            np.uint64(
                sum(ord("0") << shifts[at] for at in places)
                | sum(ord(first[at]) << shifts[at] for at in between)
            ),
            np.uint64(sum((15 - digit.limit) << shifts[digit.at] for digit in digits)),
            np.uint64(sum(0xFF << shifts[at] for at in places)),
            np.uint64(sum(0xF0 << shifts[at] for at in places)),
            np.uint64(sum(0xFF << shifts[at] for at in between)),
            parts,
        )

    def weigh(
        self, window: NDArray[np.uint64], into: NDArray[np.uint64], *, add: bool = False
    ) -> bool:
        """Write, or add, the weighed digits of each row; return True if all are digits.

        None of them may be above its limit, and the marks between them are those of the first row.
        """
        block = window ^ self.template
        block &= self.digits | self.marks
        above = block + self.limits
        wrong = np.bitwise_or.reduce(block) & (self.tens | self.marks)
        if wrong | (np.bitwise_or.reduce(above) & self.tens):
            return False
        # Each character becomes itself and ten times the one before: two digits at once.
        pairs = np.multiply(block, _PAIRING, out=above)
        for i, (shift, weight, paired) in enumerate(self.parts):
            part = (pairs if paired else block) >> shift
            written = add or i > 0
            part = np.bitwise_and(
                part, np.uint64(0x7F if paired else 15), out=part if written else into
            )
            if weight != 1:
                part *= weight
            if written:
                into += part
        return True


def _in_pairs(digits: Sequence[Digit]) -> Iterator[tuple[int, int, bool]]:
    """Yield the position and weight of pairs of digits, and of a digit without a neighbour."""
    rest = list(digits)
    while rest:
        first = rest.pop(0)
        if rest and (rest[0].at, 10 * rest[0].weight) == (first.at + 1, first.weight):
            yield first.at, rest.pop(0).weight, True
        else:
            yield first.at, first.weight, False
