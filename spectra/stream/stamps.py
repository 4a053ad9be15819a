"""Times of the lines of a stream: their notation, and the seconds that one line tells."""

import re
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from spectra.datasets.instants import resolution_of, seconds_of
from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.dates.dates import parse_dates
from spectra.datasets.readers.times.asked_order import order_as_read
from spectra.errors import DataError
from spectra.parameters import shown
from spectra.stream.cells import BadLineError

Kind = Literal["none", "numbers", "dates", "clock"]

_CLOCK: Final = re.compile(r"\s*(\d{1,9}):(\d\d)(?::(\d\d(?:[.,]\d+)?))?\s*")
# A date in one word, and a time of day without a zone behind it.
_DATED: Final = re.compile(
    r"([0-9A-Za-z./-]{6,24}) ([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,6}))?)?",
    re.ASCII,
)
# Seconds of a day, and those that the time of day goes back by at midnight, or more.
_DAY: Final = 86_400.0
_HALF_DAY: Final = 43_200.0


def notation_of(table: Table, raw: Raw, time: tuple[int, ...], request: Request) -> dict[str, Any]:
    """Return the notation of a time by its columns and the instants that the reader found."""
    none = {"kind": "none", "first": 0.0, "scale": 1.0, "start": "", "order": "", "resolution": 0.0}
    if not time or raw.instants is None:
        return none
    instants = raw.instants
    found = {**none, "start": _written(instants[0]), "resolution": resolution_of(instants)}
    cells = table.frame.iloc[:, time[0]]
    if len(time) == 1 and pd.api.types.is_numeric_dtype(cells.dtype):
        numbers, seconds = cells.to_numpy(dtype=np.float64), seconds_of(instants)
        span = numbers[-1] - numbers[0]
        scale = float(seconds[-1] / span) if span else 1.0
        return {**found, "kind": "numbers", "first": float(numbers[0]), "scale": scale}
    if isinstance(instants, pd.TimedeltaIndex):
        return {**found, "kind": "clock", "first": float(instants[0].total_seconds())}
    return {**found, "kind": "dates", "order": _order_of(cells, instants, request)}


def _order_of(cells: "pd.Series[float]", instants: pd.Index, request: Request) -> str:
    """Return the order of day and month of written dates, "" where both are the same."""
    if request.dates is not None:
        return request.dates
    read = instants if len(instants) == len(cells) else parse_dates(cells)[0]
    return order_as_read(cells.astype("str"), pd.DatetimeIndex(read))


def _written(instant: Any) -> str:
    if isinstance(instant, (pd.Timestamp, pd.Timedelta)):
        return instant.isoformat()
    return repr(float(instant))


def instant_in(text: str, order: str) -> pd.Timestamp:
    """Return the instant of a written date; raise BadLineError for what is none."""
    try:
        if text[4:5] == "-":
            return pd.Timestamp(datetime.fromisoformat(text))
    except ValueError:
        pass
    match = _DATED.fullmatch(text)
    if match is None:
        return _parsed(text, order)
    # The date alone is parsed, and only once a day.
    date, *clock, fraction = match.groups(default="0")
    hours, minutes, seconds = map(int, clock)
    micros = int(f"{fraction:<06}")
    return _midnight(date, order) + pd.Timedelta(
        hours=hours, minutes=minutes, seconds=seconds, microseconds=micros
    )


@lru_cache(maxsize=8)
def _midnight(date: str, order: str) -> pd.Timestamp:
    """Return the beginning of a written date; raise BadLineError for what is none."""
    return _parsed(f"{date} 00:00:00", order)


def _parsed(text: str, order: str) -> pd.Timestamp:
    """Return the instant of a written date as the readers of files find it."""
    try:
        dates = parse_dates(pd.DataFrame({"time": [text]}).iloc[:, 0], order or None)[0]
    except (DataError, ValueError, IndexError, OverflowError):
        raise BadLineError(f"{shown(text)} is no time") from None
    if dates.hasnans:
        raise BadLineError(f"{shown(text)} is no time")
    return dates[0]


def time_of_day(text: str) -> float:
    """Return the seconds since midnight; raise BadLineError for what is no time of day."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise BadLineError(f"{shown(text)} is no time of day")
    last = (match[3] or "0").replace(",", ".")
    return int(match[1]) * 3600 + int(match[2]) * 60 + float(last)


def past_midnight(seconds: float, last: float) -> float:
    """Return the seconds of a time of day counted on over midnight, after those of the last."""
    while seconds < last - _HALF_DAY:
        seconds += _DAY
    return seconds


def instant_after(start: str, seconds: float) -> str | float:
    """Return the instant at seconds after a start, as JSON holds it."""
    # ISO 8601 has a T in dates and in durations.
    if "T" not in start:
        return round(float(start) + seconds, 9)
    micros = pd.Timedelta(round(seconds * 1e6), unit="us")
    if start.startswith(("P", "-P")):
        return (pd.Timedelta(start) + micros).isoformat()
    return (pd.Timestamp(start) + micros).isoformat()
