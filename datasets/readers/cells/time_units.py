"""Units of time: their lengths, with a factor, and units of time that are no seconds."""

import re

SECONDS = {
    "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "sekunden": 1.0,
    "segundos": 1.0, "secondes": 1.0, "secondi": 1.0,
    "ms": 1e-3, "msec": 1e-3, "msecs": 1e-3, "millis": 1e-3, "millisec": 1e-3, "millisecs": 1e-3,
    "millisecond": 1e-3, "milliseconds": 1e-3,
    "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "usec": 1e-6, "usecs": 1e-6, "µsec": 1e-6, "μsec": 1e-6,
    "micros": 1e-6, "microsec": 1e-6, "microsecond": 1e-6, "microseconds": 1e-6,
    "ns": 1e-9, "nsec": 1e-9, "nanos": 1e-9, "nanosecond": 1e-9, "nanoseconds": 1e-9,
    "min": 60.0, "mins": 60.0, "minute": 60.0, "minutes": 60.0, "minuten": 60.0,
    "h": 3600.0, "hr": 3600.0, "hrs": 3600.0, "hour": 3600.0, "hours": 3600.0, "stunden": 3600.0,
    "d": 86400.0, "days": 86400.0,
}  # fmt: skip
"""Units of time, wherever they stand, and their length in seconds."""
_SECONDS_BEHIND = SECONDS | {
    "\u0441": 1.0, "сек": 1.0, "秒": 1.0, "초": 1.0, "мс": 1e-3, "毫秒": 1e-3, "cs": 1e-2,
    "m": 60.0, "minutos": 60.0, "minuti": 60.0, "minuter": 60.0, "minuty": 60.0, "мин": 60.0,
    "分": 60.0, "分钟": 60.0, "분": 60.0,
    "std": 3600.0, "horas": 3600.0, "heures": 3600.0, "ore": 3600.0, "uur": 3600.0,
    "uren": 3600.0, "timmar": 3600.0, "timer": 3600.0, "tuntia": 3600.0, "godz": 3600.0,
    "hod": 3600.0, "ч": 3600.0, "час": 3600.0, "小时": 3600.0, "小時": 3600.0, "時間": 3600.0,
    "시간": 3600.0,
    "tage": 86400.0, "días": 86400.0, "dias": 86400.0, "jours": 86400.0, "giorni": 86400.0,
    "dagen": 86400.0, "dagar": 86400.0, "дней": 86400.0, "天": 86400.0, "日": 86400.0,
    "week": 604_800.0, "weeks": 604_800.0, "wochen": 604_800.0,
}  # fmt: skip
"""The same with words that are units only behind a name of time: m is a metre, timer a device."""
_OTHERS_TEXT = """
    ps fs ka ma ga kyr myr gyr yr yrs year years jahre bc bp month months monate tick ticks frame
    frames sample samples cycle cycles clocks jiffies tenths beats rev turns rounds
"""
_OTHERS = frozenset(_OTHERS_TEXT.split())
"""Units of a time that are no number of seconds, or of which only a program knows how many."""
_SCALED = re.compile(
    r"(?:[x×*]\s?)?(?:(?P<factor>\d{1,6}(?:[.,]\d{1,6})?)|1/(?P<part>[1-9]\d{0,5})"
    r"|10\^(?P<power>-?\d{1,2}))?\s?(?P<unit>[^\W\d_]{1,10})\.?",
    re.IGNORECASE,
)
_MULTIPLIED = re.compile(r"[^\W\d_]{1,10}\s?[x×*]\s?\d{1,6}", re.IGNORECASE)
"""Seconds x 10: numbers of ten seconds, or of tenths."""
_BRACKETED = re.compile(r"[\[(\uff08]\s*([^\[\]()\uff08\uff09]{1,14}?)\s*[\])\uff09]\s*$")
_BEHIND = re.compile(r"(?:,\s*|\s*/\s*|_)([^\W\d_]{1,10})\s*$")


def seconds_behind(name: str, unit: str) -> float | None:
    """Return the seconds of the unit behind a name of time or in a row of units; None for none."""
    for text in (unit.strip("[]() "), *_BRACKETED.findall(name), *_BEHIND.findall(name)):
        match = _SCALED.fullmatch(text.strip().casefold())
        seconds = None if match is None else _SECONDS_BEHIND.get(match["unit"])
        if match is not None and seconds is not None:
            factor = float((match["factor"] or "1").replace(",", "."))
            return seconds * factor / int(match["part"] or 1) * 10.0 ** int(match["power"] or 0)
    return None


def is_no_second(name: str, unit: str) -> bool:
    """Return True if the unit behind a name of time is none of seconds: frames, ticks, years."""
    texts = (unit.strip("[]() "), *_BRACKETED.findall(name), *_BEHIND.findall(name))
    return any(
        text.strip().casefold() in _OTHERS or _MULTIPLIED.fullmatch(text.strip()) for text in texts
    )


def is_unit_of_time(unit: str) -> bool:
    """Return True for a unit such as ms or hours."""
    return unit.strip("[]() ").casefold() in SECONDS
