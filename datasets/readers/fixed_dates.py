"""Dates that are all written alike, read by the positions of their characters.

The characters of a row are read eight at a time, as whole numbers of 64 bits: a few operations on
these check and weigh all digits at once. Dates are read where they change, times in every row.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spectra.arrays import IntArray

_CLOCK = (
    r"(?:[T ](?P<H>\d\d):(?P<M>\d\d)(?::(?P<S>\d\d)(?:[.,](?P<f>\d{1,9}))?)?)?"
    r"(?: ?(?P<p>[AaPp])[Mm]|(?P<z>Z|[+-]\d\d:\d\d))?"
)
_LAYOUTS = {
    "year-first": re.compile(r"(?P<Y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)" + _CLOCK),
    "day-first": re.compile(r"(?P<d>\d\d)[-/.](?P<m>\d\d)[-/.](?P<Y>\d{4})" + _CLOCK),
    "month-first": re.compile(r"(?P<m>\d\d)[-/.](?P<d>\d\d)[-/.](?P<Y>\d{4})" + _CLOCK),
}
_LONE = re.compile(r"(?<!\d)(?<!:\d\d[.,])(?=\d(?!\d))")
"""The place before a digit that stands alone, as in 1/5/2024 9:05, but for one of a fraction."""
_MOST_SHAPES = 64
"""Places of such digits that the texts of a column may have: six parts make as many."""
_DATE_LENGTH = 10
_WIDTH = 8
"""Characters in a number of 64 bits."""
_BLOCK = 1 << 16
"""Rows at a time: their numbers of 64 bits, 512 kB, stay in the cache of a core."""
_LIMITS = {"H": (2, 9), "M": (5, 9), "S": (5, 9)}
"""The largest first and second digit of an hour, a minute and a second."""
_UNITS = {0: ("s", 0), 1: ("ms", 3), 4: ("us", 6), 7: ("ns", 9)}
"""Unit that holds a fraction of so many digits or more, and its own number of digits."""
_ALL = np.uint64(2**64 - 1)
"""A mask of all characters of a number."""
_PAIRING = np.uint64(10 << 8 | 1)
"""A factor that adds to each byte of a number ten times the byte below it."""
_MOST_THREADS = 6
_PART = 1 << 16
"""Texts that are put side by side at a time, where they do not lie so."""
_DAYS_IN_NS = (-106_000, 106_000)
"""Days since 1970 between which nanoseconds fit 64 bits."""


class _Digit(NamedTuple):
    """A digit of a row: its position, its weight in the sum, and the largest it may be."""

    at: int
    weight: int
    limit: int = 9


def fixed_dates(text: "pd.Series[str]") -> dict[str, pd.DatetimeIndex]:
    """Return the instants of texts that all have the layout of the first one, by the order.

    The order is "year-first", "day-first" or "month-first"; the last two are both there where no
    date tells them apart, and none is where a text has another layout.
    """
    first = _LONE.sub("0", str(text.iloc[0]))
    found = {order: one.fullmatch(first) for order, one in _LAYOUTS.items()}
    matches = {order: match for order, match in found.items() if match is not None}
    if not matches:
        return {}
    parts = []
    for characters, ends in _parts(text):
        rows = None if characters is None else _side_by_side(characters, ends, len(first))
        if rows is None:
            return {}
        parts.append(rows)
    match = next(iter(matches.values()))
    instants = np.empty(sum(map(len, parts)), dtype=np.int64)
    pieces = np.split(instants, np.cumsum([*map(len, parts)])[:-1])
    last = next((name for name in "fSMH" if match.groupdict()[name]), None)
    groups = [] if last is None else _last_digits(last, match)
    starts = _in_threads(
        lambda rows, into: _one_pass(rows, first, groups, into), zip(parts, pieces, strict=True)
    )
    known = [one for one in starts if one is not None]
    if len(known) < len(starts):
        return {}
    bases = _bases([rows[one] for rows, one in zip(parts, known, strict=True)], first, matches)
    lengths = [np.diff(one, append=len(rows)) for rows, one in zip(parts, known, strict=True)]
    indices = {}
    for number, (order, base) in enumerate(bases.items(), start=1):
        total = instants if number == len(bases) else instants.copy()
        into = np.split(total, np.cumsum([*map(len, parts)])[:-1])
        # This takes 0.4 ms for a million rows, as long as to start threads.
        for piece, start, length in zip(into, base, lengths, strict=True):
            _add(piece, start, length)
        indices[order] = _index(total, match)
    return {order: indices[order] for order in matches if order in indices}


_Result = TypeVar("_Result")


def _in_threads(
    function: Callable[..., _Result], arguments: Iterable[tuple[Any, ...]]
) -> list[_Result]:
    """Return the results for all arguments, found by as many threads as there are cores.

    pandas reads the file with several threads: with one, these dates would take as long again.
    """
    calls = list(arguments)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = min(len(calls), cores or 1, _MOST_THREADS)
    if threads < 2:
        return [function(*one) for one in calls]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda one: function(*one), calls))


def _parts(text: "pd.Series[str]") -> Iterator[tuple["bytes | memoryview | None", IntArray]]:
    """Yield the characters of the texts, part by part, and where each text ends in them.

    The characters are None where some texts are missing or not ASCII.
    """
    chunks = arrow_chunks(text)
    if chunks is not None:
        # Letters of several bytes are none of a date.
        yield from chunks
        return
    cells = text.to_numpy(dtype=object)
    for start in range(0, len(cells), _PART):
        part = cells[start : start + _PART].tolist()
        try:
            characters = "".join(part).encode("ascii")
        except (TypeError, UnicodeEncodeError):
            yield None, np.empty(0, np.int64)
            return
        yield characters, np.cumsum(np.fromiter(map(len, part), np.int64, len(part)))


def _side_by_side(
    characters: "bytes | memoryview", ends: IntArray, width: int
) -> NDArray[np.uint8] | None:
    """Return one row of characters a text, (n, width); None where they have no such layout.

    Days, months and hours of one digit get a zero before them.
    """
    flat = np.frombuffer(characters, dtype=np.uint8)
    lengths = lengths_of(ends)
    if len(lengths) and int(lengths.min()) == int(lengths.max()) == width:
        return flat.reshape(len(ends), width)
    rows = np.empty((len(ends), width), dtype=np.uint8)
    for length in np.unique(lengths).tolist():
        if not 0 < length <= width:
            return None
        same = np.flatnonzero(lengths == length)
        texts = flat[(ends[same] - length)[:, np.newaxis] + np.arange(length)]
        for shape, members in _by_shape(texts):
            # A shape has one place for each zero: index 0 of the padded text is the zero itself.
            places = [i for i in range(length) for _ in range(1 + (i in shape))]
            if len(places) != width:
                return None
            padded = texts[members][:, places]
            for i, place in enumerate(places):
                if i + 1 < width and places[i + 1] == place:
                    padded[:, i] = ord("0")
            rows[same[members]] = padded
    return rows


def _by_shape(texts: NDArray[np.uint8]) -> Iterator[tuple[set[int], IntArray]]:
    """Yield the places of lone digits and the texts that have them there, for all such places."""
    marks = (texts < ord("0")) | (texts > ord("9"))
    code = np.zeros(len(texts), dtype=np.int64)
    for column in range(min(texts.shape[1], 62)):
        code += marks[:, column].astype(np.int64) << column
    codes, first, which = np.unique(code, return_index=True, return_inverse=True)
    for number in range(min(len(codes), _MOST_SHAPES)):
        text = texts[first[number]].tobytes().decode("latin-1")
        yield {match.start() for match in _LONE.finditer(text)}, np.flatnonzero(which == number)


def _bases(
    rows: Sequence[NDArray[np.uint8]], first: str, matches: dict[str, re.Match[str]]
) -> dict[str, list[IntArray]]:
    """Return the instants of parts of rows less the last part of the clock, by the order.

    They are whole numbers of their unit. Orders that a row does not fit are left out.
    """
    slow = np.concatenate(rows)
    match = next(iter(matches.values()))
    spans, scale = _spans(match), 10 ** _unit(match)[1]
    last = next((name for name in "fSMH" if name in spans), None)
    seconds = _clock(slow, first, {name: spans[name] for name in spans if name != last})
    if seconds is None or ("z" in spans and not _has_zone(slow, match)):
        return {}
    found = {}
    for order, one in matches.items():
        days = _days(slow, first[:_DATE_LENGTH], _spans(one))
        if days is None:
            continue
        if scale == 1e9 and not (_DAYS_IN_NS[0] < days.min() and days.max() < _DAYS_IN_NS[1]):
            continue
        base = (days * 86400 + seconds) * scale
        found[order] = np.split(base, np.cumsum([*map(len, rows)])[:-1])
    return found


def _add(total: IntArray, base: IntArray, lengths: IntArray) -> None:
    """Add to each row the number of the run of rows that it belongs to."""
    total += base if len(base) == 1 else np.repeat(base, lengths)


def _last_digits(last: str, match: re.Match[str]) -> list[list[_Digit]]:
    """Return the digits of the last part of the clock, as many at a time as one number holds."""
    begin, end = match.span(last)
    _, places = _unit(match)
    if last != "f":
        length, (tens, ones) = 10**places * {"H": 3600, "M": 60, "S": 1}[last], _LIMITS[last]
        return [[_Digit(begin, 10 * length, tens), _Digit(begin + 1, length, ones)]]
    return [
        [_Digit(i, 10 ** (places - 1 - i + begin)) for i in range(at, min(at + _WIDTH - 1, end))]
        for at in range(begin, end, _WIDTH - 1)
    ]


def _one_pass(
    rows: NDArray[np.uint8], first: str, groups: Sequence[Sequence[_Digit]], into: IntArray
) -> IntArray | None:
    """Write the weighed digits of each row; return the rows whose other characters change.

    The first row is one of them. None is returned where a digit is none.
    """
    fields = [_Field.of(digits, rows.shape[1], first) for digits in groups]
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


def _windows(width: int, fields: Sequence["_Field"]) -> list[int]:
    """Return where the numbers of eight characters begin that hold all characters of a row."""
    begins = [field.begin for field in fields]
    low, high = (begins[0], begins[-1] + _WIDTH) if begins else (width - _WIDTH, width)
    before = [*range(0, low - _WIDTH, _WIDTH), max(low - _WIDTH, 0)] if low else []
    behind = [*range(high, width - _WIDTH, _WIDTH), width - _WIDTH] if high < width else []
    return list(dict.fromkeys((*before, low, *begins, *behind)))


def _others(at: int, read: set[int]) -> np.uint64:
    """Return a mask of the characters of a window that are not among those read in every row."""
    return np.uint64(sum(0xFF << 8 * i for i in range(_WIDTH) if at + i not in read))


def _spans(match: re.Match[str]) -> dict[str, tuple[int, int]]:
    """Return where the parts of a date and time stand."""
    return {name: match.span(name) for name in match.groupdict() if match[name]}


def _unit(match: re.Match[str]) -> tuple[str, int]:
    """Return the unit that holds the fraction of a second, and its number of digits."""
    return _UNITS[max(least for least in _UNITS if least <= len(match["f"] or ""))]


def _has_zone(rows: NDArray[np.uint8], match: re.Match[str]) -> bool:
    """Return True if all rows have the zone of the first text."""
    zone = np.frombuffer(match["z"].encode(), dtype=np.uint8)
    return bool((rows[:, slice(*match.span("z"))] == zone).all())


def _index(counts: IntArray, match: re.Match[str]) -> pd.DatetimeIndex:
    """Return instants in their unit and zone."""
    index = pd.DatetimeIndex(counts.view(f"datetime64[{_unit(match)[0]}]"), copy=False)
    zone = match["z"]
    if not zone:
        return index
    if zone == "Z":
        return index.tz_localize("UTC")
    return index.tz_localize(pd.Timestamp(f"2000-01-01T00:00{zone}").tz)


def arrow_chunks(text: "pd.Series[str]") -> list[tuple[memoryview, IntArray]] | None:
    """Return the characters of texts, side by side, and where each ends in them, in parts.

    None is returned for texts that are not in Arrow, and where one is missing.
    """
    if getattr(text.dtype, "storage", "") != "pyarrow":
        return None
    array: Any = text.array
    arrow = array.__arrow_array__()
    chunks = getattr(arrow, "chunks", [arrow])
    if arrow.null_count or any(str(chunk.type) != "large_string" for chunk in chunks):
        return None
    return [_bytes_of(chunk) for chunk in chunks if len(chunk)]


def lengths_of(ends: IntArray) -> IntArray:
    """Return the lengths of texts that end at these places; np.diff takes twice the time."""
    lengths = np.empty_like(ends)
    lengths[:1] = ends[:1]
    np.subtract(ends[1:], ends[:-1], out=lengths[1:])
    return lengths


def _bytes_of(chunk: Any) -> tuple[memoryview, IntArray]:
    """Return the characters of a chunk of Arrow strings, and where each text ends in them."""
    _, offsets, data = chunk.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)
    ends = ends[chunk.offset : chunk.offset + len(chunk) + 1]
    characters = memoryview(data or b"")[int(ends[0]) : int(ends[-1])]
    return characters, np.asarray(ends[1:] - ends[0] if ends[0] else ends[1:])


def _window(rows: NDArray[np.uint8], begin: int) -> NDArray[np.uint64]:
    """Return the eight characters of each row from one position on, as one number a row."""
    return np.ndarray((len(rows),), "<u8", rows, begin, (rows.shape[1],))


def _days(
    rows: NDArray[np.uint8], first: str, spans: dict[str, tuple[int, int]]
) -> IntArray | None:
    """Return the days since 1970 of rows, None where one has another layout or is no date."""
    parts: dict[str, IntArray] = {}
    digits = {i for name in "Ymd" for i in range(*spans[name])}
    for i in set(range(len(first))) - digits:
        if (rows[:, i] != ord(first[i])).any():
            return None
    for name in "Ymd":
        begin, end = spans[name]
        weighed = _weighed(rows, [_Digit(i, 10 ** (end - 1 - i)) for i in range(begin, end)], "")
        if weighed is None:
            return None
        parts[name] = weighed
    if not (parts["m"].min() >= 1 and parts["m"].max() <= 12):
        return None
    if not (parts["d"].min() >= 1 and parts["d"].max() <= 31):
        return None
    months = (parts["Y"] - 1970) * 12 + parts["m"] - 1
    days = months.view("datetime64[M]").astype("datetime64[D]") + (parts["d"] - 1)
    exist = days.astype("datetime64[M]").view(np.int64) == months
    return np.asarray(days.view(np.int64)) if bool(exist.all()) else None


def _clock(
    rows: NDArray[np.uint8], first: str, spans: dict[str, tuple[int, int]]
) -> IntArray | None:
    """Return the seconds of the day without the last part of the clock, None for another layout.

    The marks between the parts, before the fraction and around AM and PM are those of the first.
    """
    digits = []
    for name, length in (("H", 3600), ("M", 60), ("S", 1)):
        if name in spans:
            begin, (tens, ones) = spans[name][0], _LIMITS[name]
            digits += [_Digit(begin, 10 * length, tens), _Digit(begin + 1, length, ones)]
    marks = [
        i for i in range(_DATE_LENGTH, len(first)) if i == _DATE_LENGTH or not first[i].isalnum()
    ]
    if any(bool((rows[:, i] != ord(first[i])).any()) for i in marks):
        return None
    seconds = _weighed(rows, digits, first) if digits else np.zeros(len(rows), dtype=np.int64)
    if seconds is not None and "p" in spans:
        seconds = _in_halves(rows, seconds, spans)
    return None if seconds is None or int(seconds.max()) >= 86400 else seconds


def _in_halves(
    rows: NDArray[np.uint8], seconds: IntArray, spans: dict[str, tuple[int, int]]
) -> IntArray | None:
    """Return the seconds of the day of times with AM and PM, None where letters are others."""
    half, letter = rows[:, spans["p"][0]] & 0xDF, rows[:, spans["p"][0] + 1] & 0xDF
    if bool((letter != ord("M")).any()) or not bool(np.isin(half, (ord("A"), ord("P"))).all()):
        return None
    if int(seconds.max()) >= 13 * 3600 or int(seconds.min()) < 3600:
        return None
    noon = seconds >= 12 * 3600
    return np.asarray(seconds + 43200 * ((half == ord("P")).astype(np.int64) - noon))


def _weighed(rows: NDArray[np.uint8], digits: Sequence[_Digit], first: str) -> IntArray | None:
    """Return the sum of the digits of each row by their weights, None where one is no digit."""
    field = _Field.of(digits, rows.shape[1], first)
    total = np.empty(len(rows), dtype=np.int64)
    fits = field.weigh(_window(rows, field.begin), total.view(np.uint64))
    return total if fits else None


class _Field(NamedTuple):
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
    def of(cls, digits: Sequence[_Digit], width: int, first: str) -> "_Field":
        """Return the masks of digits in rows of a width, and of the marks of the first between."""
        begin = min(digits[0].at, width - _WIDTH)
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


def _in_pairs(digits: Sequence[_Digit]) -> Iterator[tuple[int, int, bool]]:
    """Yield the position and weight of pairs of digits, and of a digit without a neighbour."""
    rest = list(digits)
    while rest:
        first = rest.pop(0)
        if rest and (rest[0].at, 10 * rest[0].weight) == (first.at + 1, first.weight):
            yield first.at, rest.pop(0).weight, True
        else:
            yield first.at, first.weight, False
