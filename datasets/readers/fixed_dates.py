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
    r"(?P<z>Z|[+-]\d\d:\d\d)?"
)
_LAYOUTS = {
    "year-first": re.compile(r"(?P<Y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)" + _CLOCK),
    "day-first": re.compile(r"(?P<d>\d\d)[-/.](?P<m>\d\d)[-/.](?P<Y>\d{4})" + _CLOCK),
    "month-first": re.compile(r"(?P<m>\d\d)[-/.](?P<d>\d\d)[-/.](?P<Y>\d{4})" + _CLOCK),
}
_DATE_LENGTH = 10
_WIDTH = 8
"""Characters in a number of 64 bits."""
_BLOCK = 1 << 14
"""Rows at a time: their numbers of 64 bits, 128 kB, stay in the cache of a core."""
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
    first = str(text.iloc[0])
    found = {order: one.fullmatch(first) for order, one in _LAYOUTS.items()}
    matches = {order: match for order, match in found.items() if match is not None}
    if not matches:
        return {}
    parts = []
    for characters, n in _parts(text):
        if characters is None or len(characters) != n * len(first):
            return {}
        parts.append(np.frombuffer(characters, dtype=np.uint8).reshape(n, len(first)))
    counts = _in_threads(partial(_counts, first=first, matches=matches), parts)
    match = next(iter(matches.values()))
    return {
        order: _index(np.concatenate([part[order] for part in counts]), match)
        for order in matches
        if all(order in part for part in counts)
    }


def _in_threads(
    compute: Callable[[NDArray[np.uint8]], dict[str, IntArray]], parts: list[NDArray[np.uint8]]
) -> list[dict[str, IntArray]]:
    """Return the results for the parts, computed by as many threads as there are cores.

    pandas reads the file with several threads: with one, these dates would take as long again.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = min(len(parts), cores or 1, _MOST_THREADS)
    if threads < 2:
        return list(map(compute, parts))
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(compute, parts))


def _parts(text: "pd.Series[str]") -> Iterator[tuple["bytes | memoryview | None", int]]:
    """Yield the characters of the texts, part by part, and how many texts a part has.

    The characters are None where some texts are missing or not ASCII.
    """
    if hasattr(text.array, "__arrow_array__") and not bool(text.isna().any()):
        # Arrow has them side by side already; letters of several bytes make the whole too long.
        arrow = text.array.__arrow_array__()
        chunks = getattr(arrow, "chunks", [arrow])
        if all(str(chunk.type) == "large_string" for chunk in chunks):
            for chunk in chunks:
                yield _bytes_of(chunk), len(chunk)
            return
    cells = text.to_numpy(dtype=object)
    for start in range(0, len(cells), _PART):
        part = cells[start : start + _PART].tolist()
        try:
            yield "".join(part).encode("ascii"), len(part)
        except (TypeError, UnicodeEncodeError):
            yield None, len(part)


def _counts(
    rows: NDArray[np.uint8], first: str, matches: dict[str, re.Match[str]]
) -> dict[str, IntArray]:
    """Return the instants of rows as whole numbers of their unit, by the order of the date."""
    match = next(iter(matches.values()))
    spans = _spans(match)
    if "z" in spans and not _has_zone(rows, match):
        return {}
    # The mark between date and clock belongs to what changes with the date.
    head = spans["H"][0] if "H" in spans else _DATE_LENGTH
    starts = _changes(rows, 0, head)
    days = {
        order: found
        for order, one in matches.items()
        if (found := _days(rows[starts], first[:head], _spans(one))) is not None
    }
    clock = _clock(rows, first, spans) if days else None
    if clock is None:
        return {}
    lengths = np.diff([*starts, len(rows)])
    _, digits = _unit(match)
    seconds, fraction = clock
    instants = {}
    for order, one in days.items():
        if digits == _NANO and not (_DAYS_IN_NS[0] < one.min() and one.max() < _DAYS_IN_NS[1]):
            continue
        counts = np.repeat(one * 86400, lengths)
        counts += seconds
        if digits:
            counts *= 10**digits
            counts += fraction
        instants[order] = counts
    return instants


def _spans(match: re.Match[str]) -> dict[str, tuple[int, int]]:
    """Return where the parts of a date and time stand."""
    return {name: match.span(name) for name in match.groupdict() if match[name]}


def _unit(match: re.Match[str]) -> tuple[str, int]:
    """Return the unit that holds the fraction of a second, and its number of digits."""
    return _UNITS[max(least for least in _UNITS if least <= len(match["f"] or ""))]


def _has_zone(rows: NDArray[np.uint8], match: re.Match[str]) -> bool:
    """Return True if all rows have the zone of the first text."""
    begin, end = match.span("z")
    return bytes(rows[0, begin:end]) == match["z"].encode() and len(_changes(rows, begin, end)) == 1


def _index(counts: IntArray, match: re.Match[str]) -> pd.DatetimeIndex:
    """Return instants in their unit and zone."""
    index = pd.DatetimeIndex(counts.view(f"datetime64[{_unit(match)[0]}]"))
    zone = match["z"]
    if not zone:
        return index
    if zone == "Z":
        return index.tz_localize("UTC")
    return index.tz_localize(pd.Timestamp(f"2000-01-01T00:00{zone}").tz)


def _bytes_of(chunk: Any) -> memoryview:
    """Return the characters of a chunk of Arrow strings."""
    _, offsets, data = chunk.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)
    first = chunk.offset
    return memoryview(data)[int(ends[first]) : int(ends[first + len(chunk)])]


def _window(rows: NDArray[np.uint8], begin: int) -> NDArray[np.uint64]:
    """Return the eight characters of each row from one position on, as one number a row."""
    return np.ndarray((len(rows),), "<u8", rows, begin, (rows.shape[1],))


def _changes(rows: NDArray[np.uint8], begin: int, end: int) -> IntArray:
    """Return the first row and those whose characters between two positions differ from above."""
    changed = np.zeros(len(rows) - 1, dtype=np.bool_)
    last = rows.shape[1] - _WIDTH
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
) -> "tuple[IntArray, IntArray] | None":
    """Return the seconds of the day and the fractions of a second, None for another layout."""
    none = np.zeros(1, dtype=np.int64)
    if "H" not in spans:
        return none, none
    digits = []
    for name, length in (("H", 3600), ("M", 60), ("S", 1)):
        if name in spans:
            begin, (tens, ones) = spans[name][0], _LIMITS[name]
            digits += [_Digit(begin, 10 * length, tens), _Digit(begin + 1, length, ones)]
    seconds = _weighed(rows, digits, first)
    if seconds is None or int(seconds.max()) >= 86400:
        return None
    if "f" not in spans:
        return seconds, none
    begin, end = spans["f"]
    places = max(digits for least, (_, digits) in _UNITS.items() if least <= end - begin)
    fraction = np.zeros(len(rows), dtype=np.int64)
    # The mark before the fraction, and seven digits at most, fit one number.
    for at in range(begin, end, _WIDTH - 1):
        part = range(at, min(at + _WIDTH - 1, end))
        weighed = _weighed(rows, [_Digit(i, 10 ** (places - 1 - i + begin)) for i in part], first)
        if weighed is None:
            return None
        fraction += weighed
    mark = rows[:, begin - 1]
    return None if bool((mark != mark[0]).any()) else (seconds, fraction)


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
