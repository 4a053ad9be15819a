"""Dates that are all written alike, read by the positions of their characters.

Dates are read where they change, times in every row.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spectra.arrays import IntArray
from spectra.datasets.readers.dates.fixed_digits import WIDTH, Digit, one_pass, weighed_sum
from spectra.datasets.readers.dates.text_chunks import arrow_chunks, lengths_of

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
_LIMITS = {"H": (2, 9), "M": (5, 9), "S": (5, 9)}
"""The largest first and second digit of an hour, a minute and a second."""
_UNITS = {0: ("s", 0), 1: ("ms", 3), 4: ("us", 6), 7: ("ns", 9)}
"""Unit that holds a fraction of so many digits or more, and its own number of digits."""
_MOST_THREADS = 6
_PART = 1 << 16
"""Texts that are put side by side at a time, where they do not lie so."""
_DAYS_IN_NS = (-106_000, 106_000)
"""Days since 1970 between which nanoseconds fit 64 bits."""


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
        lambda rows, into: one_pass(rows, first, groups, into), zip(parts, pieces, strict=True)
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


def _last_digits(last: str, match: re.Match[str]) -> list[list[Digit]]:
    """Return the digits of the last part of the clock, as many at a time as one number holds."""
    begin, end = match.span(last)
    _, places = _unit(match)
    if last != "f":
        length, (tens, ones) = 10**places * {"H": 3600, "M": 60, "S": 1}[last], _LIMITS[last]
        return [[Digit(begin, 10 * length, tens), Digit(begin + 1, length, ones)]]
    return [
        [Digit(i, 10 ** (places - 1 - i + begin)) for i in range(at, min(at + WIDTH - 1, end))]
        for at in range(begin, end, WIDTH - 1)
    ]


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
        weighed = weighed_sum(rows, [Digit(i, 10 ** (end - 1 - i)) for i in range(begin, end)], "")
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
            digits += [Digit(begin, 10 * length, tens), Digit(begin + 1, length, ones)]
    marks = [
        i for i in range(_DATE_LENGTH, len(first)) if i == _DATE_LENGTH or not first[i].isalnum()
    ]
    if any(bool((rows[:, i] != ord(first[i])).any()) for i in marks):
        return None
    seconds = weighed_sum(rows, digits, first) if digits else np.zeros(len(rows), dtype=np.int64)
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
