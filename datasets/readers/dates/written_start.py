"""The start of a recording in the lines around a table: a date and a time, together or apart."""

import re
from collections.abc import Sequence

import pandas as pd

from spectra.datasets.readers.dates.date_notations import month_number

_DATE = re.compile(
    r"(?<![\d.])(?:(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{1,2})([-/.])(\d{1,2})\5(\d{4}|\d\d))(?![\d.])"
)
_NAMED_DATE = re.compile(
    r"(?<![\w.])(?:(\d{1,2})\.?[-/ ]([^\W\d_]{3,9})\.?[-/ ,]{1,2}(\d{4}|(?<=-)\d\d)"
    r"|([^\W\d_]{3,9})\.? (\d{1,2}),? (\d{4}))(?!\w)"
)
"""A date with the name of its month: 4 March 2021, 04-Mar-2021, 04-Mar-21, Mar 04 2021."""
_ASCTIME = re.compile(
    r"\b([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d) (?:[A-Z]{2,5} |[+-]\d{4} )?(\d{4})\b"
)
"""A date around a time, as C writes it: Tue Mar 05 06:00:00 CET 2024; the zone is left out."""
_TIME = re.compile(
    r"(?<![\d:])(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,:](\d{1,24}))?)?\s*([ap]\.?m\.?)?"
    r"\s*(Z\b|UTC\b|GMT\b|[+-]\d\d:?\d\d)?(?![\d:])",
    re.IGNORECASE,
)
_JOINED = re.compile(
    r"(\W*(?:(?:start\w*|record\w*)[\s_-]?)?(?:date|datum|fecha|data)\W{1,5})((?:19|20)\d\d)(\d\d)(\d\d)",
    re.IGNORECASE,
)
"""A line of a date without signs between its parts: Date=20240314."""
_IN_DIGITS = re.compile(
    r"(?<![\d.])((?:19|20)\d\d)([01]\d)([0-3]\d)[_T -]([0-2]\d)([0-5]\d)([0-5]\d)(?!\d)"
)
"""An instant in digits: 20240305_060000.000."""
_OF_YEAR = re.compile(r"(?<![\d.])((?:19|20)\d\d)[:,-]([0-3]\d\d)[:,T ](?=\d\d:\d\d:\d\d)")
"""A year and a day of it before a time of day: 2024:065:06:00:00."""
_DAY_NUMBER = re.compile(
    r"excel[\s_]?(?:date[\s_]?time|date|time)[\s=:,;\t]{1,5}(\d{1,2}(?:[.,]\d{1,20}e\+?0*4|\d{3}[.,]\d{1,20}))",
    re.IGNORECASE,
)
"""A start as the number of a day, as workbooks count them: ExcelDateTime= 45356.25."""
_EPOCH, _FIRST_DAY, _LAST_DAY = pd.Timestamp("1899-12-30"), 29221.0, 73050.0
_DIGITS_OF_SECONDS = 10
"""Digits of such a number from which on it has the time of day."""
_MONTH_FIRST = re.compile(r"\bM{1,2}[-/.]d{1,2}[-/.]y", re.IGNORECASE)
_DAY_FIRST = re.compile(r"\bd{1,2}[-/.]M{1,2}[-/.]y", re.IGNORECASE)


def written_order(text: str) -> str | None:
    """Return the order of day and month in a form such as dd/mm/yyyy, None without one."""
    if _DAY_FIRST.search(text):
        return "day-first"
    return "month-first" if _MONTH_FIRST.search(text) else None


def written_start(lines: Sequence[str], all_lines: Sequence[str]) -> pd.Timestamp | None:
    """Return the first date in the lines at the first time in them, None without both.

    `all_lines` may say in which order day and month are written. A date that leaves it open is
    none: a wrong month would be worse than no date.
    """
    lines = [_NAMED_DATE.sub(_in_digits, _ASCTIME.sub(r"\1 \2, \4 \3", line)) for line in lines]
    lines = [_IN_DIGITS.sub(r"\1-\2-\3 \4:\5:\6", line) for line in lines]
    lines = [_OF_YEAR.sub(_from_day_of_year, line) for line in lines]
    lines = [
        line if (match := _JOINED.fullmatch(line)) is None else "{}{}-{}-{}".format(*match.groups())
        for line in lines
    ]
    together = [line for line in lines if _DATE.search(line) and _TIME.search(line)]
    date = _first(_DATE, together or lines)
    time = _first(_TIME, [_DATE.sub(" ", line) for line in together or lines])
    if date is None or time is None:
        return None
    half = (time[5] or "").casefold()[:1]
    parts = _year_month_day(date, _order(all_lines, american=bool(half)))
    if parts is None:
        return None
    hour = int(time[1]) % 12 + 12 * (half == "p") if half else int(time[1])
    fraction = (time[4] or "0").ljust(9, "0")[:9]
    zone = (time[6] or "").upper().replace("UTC", "Z").replace("GMT", "Z")
    year, month, day = parts
    text = f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{time[2]}:{time[3] or '00'}.{fraction}"
    try:
        return pd.Timestamp(text + zone)
    except ValueError:
        return None


def numbered_start(lines: Sequence[str]) -> pd.Timestamp | None:
    """Return the instant of the first day number with its time of day, None without one."""
    match = _first(_DAY_NUMBER, lines)
    if match is None or sum(map(str.isdigit, match[1])) < _DIGITS_OF_SECONDS:
        return None
    days = float(match[1].replace(",", "."))
    inside = _FIRST_DAY < days < _LAST_DAY
    return (_EPOCH + pd.Timedelta(days, "D")).round("10us") if inside else None


def _from_day_of_year(match: re.Match[str]) -> str:
    """Return the date of a day of a year with a blank behind it, and other numbers as they are."""
    date = pd.to_datetime(f"{match[1]}{match[2]}", format="%Y%j", errors="coerce")
    return match[0] if pd.isna(date) else f"{date:%Y-%m-%d} "


def _in_digits(match: re.Match[str]) -> str:
    """Return a date with the name of a month in digits, and any other text as it is."""
    day, name, year = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
    month = month_number(name)
    year = year if len(year) == 4 else f"20{year}"
    return match[0] if month is None else f"{year}-{month:02d}-{int(day):02d}"


def _first(pattern: re.Pattern[str], lines: Sequence[str]) -> re.Match[str] | None:
    """Return the first place at which a pattern is found."""
    return next((match for line in lines if (match := pattern.search(line))), None)


def _order(lines: Sequence[str], *, american: bool) -> str:
    """Return "month" or "day", whichever is said to come first, or "" where nothing is said."""
    if american or any(map(_MONTH_FIRST.search, lines)):
        return "month"
    return "day" if any(map(_DAY_FIRST.search, lines)) else ""


def _year_month_day(date: re.Match[str], order: str) -> tuple[int, int, int] | None:
    """Return the parts of a date, None where day and month cannot be told apart."""
    if date[1]:
        return int(date[1]), int(date[2]), int(date[3])
    left, right, year = int(date[4]), int(date[6]), int(date[7])
    if date[5] == "-" and year < 32 and left > 12 >= right and not order:
        # 24-03-15 begins with the day or with the year.
        return None
    year += 2000 if year < 100 else 0
    if date[5] == "." or left > 12:
        order = "day"
    elif right > 12:
        order = "month"
    if not order:
        return None
    return (year, left, right) if order == "month" else (year, right, left)
