"""Dates that are all written alike, read by the positions of their characters.

The characters of a row are read eight at a time, as whole numbers of 64 bits: a few operations on
these check and weigh all digits at once. Dates are read where they change, times in every row.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

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
_NANO = 9
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
    ends = np.cumsum([0, *map(len, parts)]).tolist()
    instants = {order: np.empty(ends[-1], dtype=np.int64) for order in matches}
    pieces = [
        (rows, {order: whole[start:end] for order, whole in instants.items()})
        for rows, start, end in zip(parts, ends, ends[1:], strict=False)
    ]
    read = _in_threads(partial(_fill, first=first, matches=matches), pieces)
    match = next(iter(matches.values()))
    return {
        order: _index(instants[order], match)
        for order in matches
        if all(order in orders for orders in read)
    }


_Piece = tuple[NDArray[np.uint8], dict[str, IntArray]]


def _in_threads(fill: Callable[[_Piece], set[str]], pieces: list[_Piece]) -> list[set[str]]:
    """Return the orders that fit each piece, found by as many threads as there are cores.

    pandas reads the file with several threads: with one, these dates would take as long again.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = min(len(pieces), cores or 1, _MOST_THREADS)
    if threads < 2:
        return list(map(fill, pieces))
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(fill, pieces))


def _parts(text: "pd.Series[str]") -> Iterator[tuple["bytes | memoryview | None", IntArray]]:
    """Yield the characters of the texts, part by part, and where each text ends in them.

    The characters are None where some texts are missing or not ASCII.
    """
    if getattr(text.dtype, "storage", "") == "pyarrow" and not bool(text.isna().any()):
        # Arrow, where it is installed, has them side by side already; letters of several bytes are
        # none of a date.
        array: Any = text.array
        arrow = array.__arrow_array__()
        chunks = getattr(arrow, "chunks", [arrow])
        if all(str(chunk.type) == "large_string" for chunk in chunks):
            yield from map(_bytes_of, chunks)
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
    lengths = np.diff(ends, prepend=0)
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


def _fill(piece: _Piece, first: str, matches: dict[str, re.Match[str]]) -> set[str]:
    """Fill in the instants of rows as whole numbers of their unit, by the order of the date.

    Only the last part of the clock is read in every row, all before it where it changes. Returned
    are the orders that all rows fit.
    """
    rows, instants = piece
    match = next(iter(matches.values()))
    spans = _spans(match)
    if "z" in spans and not _has_zone(rows, match):
        return set()
    last = next((name for name in "fSMH" if name in spans), None)
    begin, end = (len(first), len(first)) if last is None else spans[last]
    starts = _changes(rows, (0, begin), (end, len(first)))
    slow = rows[starts]
    scale = 10 ** _unit(match)[1]
    seconds = _clock(slow, first, {name: spans[name] for name in spans if name != last})
    fast = None if last is None or seconds is None else _last_part(rows, first, last, match)
    if seconds is None or (last is not None and fast is None):
        return set()
    lengths = np.diff(starts, append=len(rows))
    orders = set()
    for order, one in matches.items():
        days = _days(slow, first[:_DATE_LENGTH], _spans(one))
        if days is None:
            continue
        if scale == 1e9 and not (_DAYS_IN_NS[0] < days.min() and days.max() < _DAYS_IN_NS[1]):
            continue
        base = np.repeat((days * 86400 + seconds) * scale, lengths)
        np.add(base, 0 if fast is None else fast, out=instants[order])
        orders.add(order)
    return orders


def _last_part(
    rows: NDArray[np.uint8], first: str, last: str, match: re.Match[str]
) -> IntArray | None:
    """Return the last part of the clock in each row, in the unit of the instants."""
    begin, end = match.span(last)
    _, places = _unit(match)
    if last != "f":
        length, (tens, ones) = 10**places * {"H": 3600, "M": 60, "S": 1}[last], _LIMITS[last]
        pair = [_Digit(begin, 10 * length, tens), _Digit(begin + 1, length, ones)]
        return _weighed(rows, pair, first)
    fraction: IntArray | None = None
    # Eight digits at most fit one number.
    for at in range(begin, end, _WIDTH - 1):
        part = range(at, min(at + _WIDTH - 1, end))
        weighed = _weighed(rows, [_Digit(i, 10 ** (places - 1 - i + begin)) for i in part], first)
        if weighed is None:
            return None
        fraction = weighed if fraction is None else fraction + weighed
    return fraction


def _spans(match: re.Match[str]) -> dict[str, tuple[int, int]]:
    """Return where the parts of a date and time stand."""
    return {name: match.span(name) for name in match.groupdict() if match[name]}


def _unit(match: re.Match[str]) -> tuple[str, int]:
    """Return the unit that holds the fraction of a second, and its number of digits."""
    return _UNITS[max(least for least in _UNITS if least <= len(match["f"] or ""))]


def _has_zone(rows: NDArray[np.uint8], match: re.Match[str]) -> bool:
    """Return True if all rows have the zone of the first text."""
    begin, end = match.span("z")
    return (
        bytes(rows[0, begin:end]) == match["z"].encode() and len(_changes(rows, (begin, end))) == 1
    )


def _index(counts: IntArray, match: re.Match[str]) -> pd.DatetimeIndex:
    """Return instants in their unit and zone."""
    index = pd.DatetimeIndex(counts.view(f"datetime64[{_unit(match)[0]}]"), copy=False)
    zone = match["z"]
    if not zone:
        return index
    if zone == "Z":
        return index.tz_localize("UTC")
    return index.tz_localize(pd.Timestamp(f"2000-01-01T00:00{zone}").tz)


def _bytes_of(chunk: Any) -> tuple[memoryview, IntArray]:
    """Return the characters of a chunk of Arrow strings, and where each text ends in them."""
    _, offsets, data = chunk.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)
    ends = ends[chunk.offset : chunk.offset + len(chunk) + 1]
    characters = memoryview(data or b"")[int(ends[0]) : int(ends[-1])]
    return characters, np.asarray(ends[1:] - ends[0])


def _window(rows: NDArray[np.uint8], begin: int) -> NDArray[np.uint64]:
    """Return the eight characters of each row from one position on, as one number a row."""
    return np.ndarray((len(rows),), "<u8", rows, begin, (rows.shape[1],))


def _changes(rows: NDArray[np.uint8], *ranges: tuple[int, int]) -> IntArray:
    """Return the first row and those whose characters in ranges of positions differ from above."""
    changed = np.zeros(len(rows) - 1, dtype=np.bool_)
    last = rows.shape[1] - _WIDTH
    for begin, end in ranges:
        if begin == end:
            continue
        for at in dict.fromkeys((*range(begin, end - _WIDTH, _WIDTH), max(begin, end - _WIDTH))):
            window = _window(rows, min(at, last))
            # A window that reaches further than the part is shifted until it holds only that.
            beyond = min(at, last) + _WIDTH - end
            before = max(begin - min(at, last), 0)
            if beyond > 0 or before:
                window = (window << np.uint64(8 * max(beyond, 0))) >> np.uint64(
                    8 * (max(beyond, 0) + before)
                )
            changed |= window[1:] != window[:-1]
    return np.concatenate([[0], np.flatnonzero(changed) + 1])


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
    marks = [i for i in range(_DATE_LENGTH, len(first)) if not first[i].isalnum()]
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
    """Return the sum of the digits of each row by their weights.

    Eight characters from the first digit on, or the last eight of the row, hold all digits. None is
    returned where one of them is no digit, is above its limit, or where the marks between them are
    not those of the first row.
    """
    begin = min(digits[0].at, rows.shape[1] - _WIDTH)
    template = limits = 0
    for digit in digits:
        shift = 8 * (digit.at - begin)
        template |= ord("0") << shift
        limits |= (15 - digit.limit) << shift
    care = sum(0xFF << 8 * (digit.at - begin) for digit in digits)
    tens = sum(0xF0 << 8 * (digit.at - begin) for digit in digits)
    others = 0
    for at in range(digits[0].at, digits[-1].at):
        if at not in {digit.at for digit in digits}:
            template |= ord(first[at]) << 8 * (at - begin)
            others |= 0xFF << 8 * (at - begin)
    window = _window(rows, begin)
    total = np.empty(len(rows), dtype=np.int64)
    for start in range(0, len(rows), _BLOCK):
        block = window[start : start + _BLOCK] ^ np.uint64(template)
        block &= np.uint64(care | others)
        above = (block & np.uint64(care)) + np.uint64(limits)
        wrong = np.bitwise_or.reduce(block) & np.uint64(tens | others)
        if wrong | (np.bitwise_or.reduce(above) & np.uint64(tens)):
            return None
        # Each character becomes ten times itself and the next one: two digits at once.
        pairs = block * np.uint64(10)
        pairs += block >> np.uint64(8)
        into = total[start : start + _BLOCK].view(np.uint64)
        into[:] = 0
        for at, weight, paired in _in_pairs(digits):
            part = (pairs if paired else block) >> np.uint64(8 * (at - begin))
            part &= np.uint64(0x7F if paired else 15)
            part *= np.uint64(weight)
            into += part
    return total


def _in_pairs(digits: Sequence[_Digit]) -> Iterator[tuple[int, int, bool]]:
    """Yield the position and weight of pairs of digits, and of a digit without a neighbour."""
    rest = list(digits)
    while rest:
        first = rest.pop(0)
        if rest and (rest[0].at, 10 * rest[0].weight) == (first.at + 1, first.weight):
            yield first.at, rest.pop(0).weight, True
        else:
            yield first.at, first.weight, False
