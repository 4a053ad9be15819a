"""Written dates and clock times: recognised in any common notation, and read as instants."""

import re
import warnings
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pandas as pd
from pandas.tseries.api import guess_datetime_format

from spectra.datasets.instants import counts_of
from spectra.datasets.readers.dates.date_notations import (
    MONTH,
    SIMPLER,
    english_halves,
    english_month,
    of_week,
    simpler,
    with_english_halves,
    with_midnights,
)
from spectra.datasets.readers.dates.fixed_dates import fixed_dates
from spectra.datasets.readers.dates.interval_ends import part_of, without_ends

ZONES = {
    "z": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "mez": 1, "cest": 2,
    "mesz": 2, "eet": 2, "eest": 3, "msk": 3, "est": -5, "edt": -4, "cst": -6, "cdt": -5,
    "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "hst": -10, "jst": 9, "kst": 9,
    "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13, "brt": -3, "sast": 2,
}  # fmt: skip
"""Hours ahead of UTC of the zones that loggers name; others are left out with a note."""

CLOCK_ZONE = (
    r"\s*(?:\+\d\d:?[0-5]\d|-\d{4}|(?<=:\d\d:\d\d)-\d\d:[0-5]\d(?!:)"
    rf"|(?:{'|'.join(ZONES)})\b)"
)
"""A zone behind a time of day: Z, CET, +01:00, -0500; 08:00-09:00 is an interval."""

_DAY = (
    rf"\d{{4}}-?\d\d-?\d\d|\d{{4}}-\d{{3}}|(?!\d[-/.]\d{{1,2}}[-/.]\d(?!\d))\d{{1,4}}([-/.])\d{{1,2}}\1\d{{1,4}}"
    r"|\d{4}:\d\d:\d\d(?!\d)|\d\d:\d\d:\d{4}(?!\d)|\d\d \d\d \d{4}|\d{4} \d\d \d\d"
    r"|\d{4}-?W\d\d-?[1-7]"
    rf"|\d{{1,2}}{MONTH}\d{{4}}|\d{{1,2}}\.?[- /]{MONTH},?[- /]\d{{2,4}}"
    rf"|{MONTH}[- ]\d{{1,2}},?[- ]\d{{2,4}}|\d{{4}}[-/ ]{MONTH}[-/ ]\d{{1,2}}"
    r"|\d{4}[年년]\s?\d{1,2}[月월]\s?\d{1,2}[日일]"
)
_CLOCK_FIRST = (
    r"(\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s?[ap]m)?)[\s,]+"
    rf"(\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}|{MONTH} \d{{1,2}},? \d{{4}}"
    rf"|\d{{1,2}} {MONTH} \d{{4}})"
)
"""A time of day before its date: 10:00:00 12/03/2020, 10:00:00 Mar 12 2020."""
_HALF = {"上午": "AM", "午前": "AM", "오전": "AM", "下午": "PM", "午後": "PM", "오후": "PM"}
"""Halves of the day, which stand before the time of day."""
_HALVES = "|".join(_HALF)
_WEEKDAY = rf"(?:(?!{MONTH}\b)[^\W\d_]{{2,10}}[.,]{{0,2}}\s+(?=\d|{MONTH}))?"
_LETTERED = r"\d{1,2}\s?h\s?\d\d(?:\s?m(?:in)?(?:\s?\d\d\s?s?)?)?"
"""A time of day with letters between its parts: 8h05, 08h05m00s."""
_HOUR = (
    rf"(?:(?:(?:{_HALVES})\s?)?\d{{1,2}}:\d\d(?::\d\d(?:[.,:]\d+)?)?(?:\s*[ap]\.?\s?m\.?)?|{_LETTERED}"
    r"|\d\d\.\d\d\.\d\d(?:\.\d+)?(?:\s*[ap]m)?"
    r"|(?<=[_T])\d\d-\d\d-\d\d|\d{1,2}[時时시]\s?\d{1,2}[分분](?:\s?\d{1,2}[秒초])?)"
)
_ZONE = (
    r"\s*(?:[+-]\d\d(?::?\d\d)?|\(?[A-Za-z]{1,5}(?:[+-]\d{1,2}(?::?\d\d)?)?\)?"
    r"|[A-Z][a-z]+/[A-Za-z_]+|\(?(?:[A-Z][A-Za-z]{0,12}\.? ){1,4}Time\)?)?"
)
_BETWEEN = r"(?:\s*[T,;_@ -]\s*|:)"
_YEAR_LAST = (
    rf"(?:{MONTH}\s+\d{{1,2}}|\d{{1,2}}\s+{MONTH})\s+\d{{1,2}}:\d\d:\d\d"
    r"(?:\s+[A-Z]{1,5}(?:[+-]\d\d:?\d\d)?)?\s+\d{4}"
)
"""A date as C and Java write it: Mar 04 08:00:00 CET 2021, or with the day first."""
_TIME = rf"(?:{_HOUR}|\d{{2}}(?:\d\d){{0,2}}(?:\.\d+)?|\d{{9}}){_ZONE}"
_INSTANT = (
    rf"{_WEEKDAY}(?:{_YEAR_LAST}|(?:{_DAY})(?:{_BETWEEN}{_TIME})?"
    rf"|{_CLOCK_FIRST.replace('(', '(?:').replace('(?:?:', '(?:')})"
)
_RANGE = re.compile(
    r"\s+(?:-|–|—|to|bis|tot|until|a|à)\s+|\s*[–—]\s*|(?<=\d)/(?=\d{4}-\d\d-\d\d)"
    r"|(?<=:\d\d:\d\d)-(?=\d\d:\d\d:\d\d$)"
)
_DATE = re.compile(rf"['\s\[]*{_INSTANT}['\s\]]*", re.IGNORECASE)
_CLOCK = re.compile(
    rf"['\s]*{_LETTERED}['\s]*|"
    rf"['\s\[]*(?:(?:{_HALVES})\s?|T?\s?[+-]\s?(?=\d{{1,3}}:\d\d:\d\d)|L?TOD#)?"
    r"(?:\d{1,4}:\d\d(:\d\d)?|\d{1,2}:\d{1,2}:\d{1,2})([.,:;]\d+)?(\s*[ap](?:\.?\s?m)?\.?)?['\s\]]*"
    rf"(\s*[-–]\s*\d{{1,2}}:\d\d(:\d\d)?|{CLOCK_ZONE})?",
    re.IGNORECASE,
)
_MONTH_ONLY = re.compile(r"\s*\d{4}[-/]\d\d\s*")
_PARTS = re.compile(
    r"(\d{1,4}|[^\W\d_]+\.?)([-/. ]+)(\d{1,2}|[^\W\d_]+\.?)(?:,? ?|\2)(\d{1,4})"
    r"(?:[ T](\d{1,2}):(\d\d)(?::(\d\d)(\.\d+)?)?)?(?: ([AP]M))?( ?(?:Z|[+-]\d\d:?\d\d))?"
)
_OF_INTERVALS = "Cells that hold an interval: its start is the time of the row."
_SPANISH = re.compile(r"\b[ap]\.\s[mM]\.$")
_LONGEST = 200
"""Characters of a date or an interval; the time to look for one grows faster than its length."""
_USUAL_YEAR = 2021
"""Year near which dates with two digits for it lie, where three orders read them all."""


@lru_cache(maxsize=8192)
def looks_like_date(text: str) -> bool:
    """Return True if a text is a date, a clock time, or an interval of either."""
    if text.isdigit() or len(text) > _LONGEST:
        return False
    text = simpler(text)
    return bool(
        _CLOCK.fullmatch(text)
        or _DATE.fullmatch(text)
        or (" " in text and _DATE.fullmatch(_RANGE.split(text)[0]) and _RANGE.search(text))
    )


def is_date(text: str, *, months: bool) -> bool:
    """Return True if a text is a date or an interval of dates; `months` accepts "2024-01" too."""
    if len(text) > _LONGEST:
        return False
    first = _RANGE.split(simpler(text.strip()))[0]
    if months and _MONTH_ONLY.fullmatch(first):
        return True
    return bool(_DATE.fullmatch(first)) and not first.strip().isdigit()


def is_clock(text: str) -> bool:
    """Return True if a text is a time of day or a duration such as 12:59:59."""
    return len(text) <= _LONGEST and bool(_CLOCK.fullmatch(english_halves(text.strip())))


def parse_dates(
    column: "pd.Series[float]", order: str | None = None, *, day_first: bool = False
) -> tuple[pd.DatetimeIndex, tuple[str, ...]]:
    """Return the instants of written dates, NaT where a text is none, and notes.

    They are in their zone, in UTC where zones differ. `order` is "day-first", "month-first" or
    None to decide it over the whole column; `day_first` says what is likelier where that leaves it
    open.
    """
    written, cut = without_ends(column.astype("str"))
    dates, notes = _parse(written, order, day_first=day_first)
    return dates, (_OF_INTERVALS, *notes) if cut else notes


def _parse(
    written: "pd.Series[str]", order: str | None, *, day_first: bool
) -> tuple[pd.DatetimeIndex, tuple[str, ...]]:
    """Return the instants of written dates and notes, as `parse_dates` does."""
    if (alike := _alike(written, order, day_first=day_first)) is not None:
        return alike
    if not _parsed(part_of(written), "ISO8601").isna().all():
        iso = _parsed(written, "ISO8601")
        if not iso.isna().any():
            return iso, ()
    text = written.str.strip().str.strip("'\"[]")
    first = str(text.dropna().iloc[0])
    # Where halves of the day have other words, or a blank inside them, the day comes first.
    day_first = day_first or english_halves(first) != first or bool(_SPANISH.search(first))
    if re.fullmatch(r"\d{4}-\d{3}", first):
        return _parsed(text, "%Y-%j"), ()
    text, late, notes = _plain(text)
    if (alike := _alike(text, order, day_first=day_first)) is not None:
        return alike[0] + late, (*notes, *alike[1])
    if re.match(r"\d{4}-", str(text.dropna().iloc[0])):
        iso = _parsed(text, "ISO8601")
        if not iso.isna().all():
            return iso + late, notes
    dates, more = _in_order(text, str(text.dropna().iloc[0]), order, day_first=day_first)
    return dates + late, (*notes, *more)


def _alike(
    text: "pd.Series[str]", wanted: str | None, *, day_first: bool
) -> tuple[pd.DatetimeIndex, tuple[str, ...]] | None:
    """Return the instants of dates that are all written alike and a note, None for others."""
    found = fixed_dates(text)
    if not found:
        return None
    if wanted in found:
        return found[str(wanted)], ()
    # Where a dot stands between them, the day comes first; with a slash it is anybody's guess.
    likely = "day-first" if day_first or "." in str(text.iloc[0])[:3] else "month-first"
    order = next(iter(found))
    if len(found) > 1:
        order = min(found, key=lambda one: (_longest_step(found[one]), one != likely))
    sure = len(found) == 1 or all(one.equals(found[order]) for one in found.values())
    return found[order], () if sure else (_order_note(str(text.iloc[0]), order),)


def _plain(
    text: "pd.Series[str]",
) -> tuple["pd.Series[str]", pd.TimedeltaIndex, tuple[str, ...]]:
    """Return dates in a notation that pandas reads, what 24:00 adds to them, and notes.

    The start of an interval counts; weekdays go; zones become offsets.
    """
    notes: list[str] = []
    sample = part_of(text).dropna()

    def replaced(pattern: str, by: "str | Callable[[re.Match[str]], str]") -> None:
        nonlocal text, sample
        if sample.str.contains(pattern, flags=re.IGNORECASE, regex=True).any():
            text = text.str.replace(pattern, by, regex=True, flags=re.IGNORECASE)
            sample = part_of(text).dropna()

    # Groups in a pattern make pandas warn in str.contains: they are all of the kind (?:…) there.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for pattern, by in SIMPLER:
            replaced(pattern, by)
        if sample.str.contains(_RANGE).any():
            text = text.str.split(_RANGE, n=1, regex=True).str[0]
            notes.append(_OF_INTERVALS)
        replaced(
            rf"^{_WEEKDAY}({MONTH})\s+(\d{{1,2}})\s+(\d{{1,2}}:\d\d:\d\d)((?:\s+[A-Z]{{1,5}}(?:[+-]\d\d:?\d\d)?)?)\s+(\d{{4}})$",
            r"\2 \1 \5 \3\4",
        )
        replaced(
            rf"^{_WEEKDAY}(\d{{1,2}})\s+({MONTH})\s+(\d{{1,2}}:\d\d:\d\d)((?:\s+[A-Z]{{1,5}}(?:[+-]\d\d:?\d\d)?)?)\s+(\d{{4}})$",
            r"\1 \2 \5 \3\4",
        )
        replaced(rf"^{_WEEKDAY[:-1]}", "")
        replaced(rf"^(\d{{1,2}})({MONTH})(\d{{4}})", r"\1 \2 \3")
        replaced(r"(?<=\s)(\d\d)\.(\d\d)\.(\d\d)(?=[. ]|$)", r"\1:\2:\3")
        replaced(r"^(\d{4})[年년]\s?(\d{1,2})[月월]\s?(\d{1,2})[日일]", r"\1-\2-\3")
        replaced(
            r"(?<=\s)(\d{1,2})[時时시]\s?(\d{1,2})[分분](?:\s?(\d{1,2})[秒초])?$",
            lambda match: f"{int(match[1]):02d}:{int(match[2]):02d}:{int(match[3] or 0):02d}",
        )
        replaced(
            r"(?<=[\s_T])(\d{1,2})\s?h\s?(\d\d)(?:\s?m(?:in)?\s?(\d\d)\s?s?|\s?m(?:in)?)?",
            lambda match: f"{match[1]}:{match[2]}:{match[3] or '00'}",
        )
        replaced(r"(?<=[_T])(\d\d)-(\d\d)-(\d\d)$", r"\1:\2:\3")
        replaced(r"^(\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4} \d\d)\s?h?$", r"\1:00")
        replaced(r"^(\d{4})(\d\d)(\d\d) (\d\d)(\d\d)(\d\d)(\d{3})$", r"\1-\2-\3 \4:\5:\6.\7")
        replaced(r"^(\d{4}):(\d\d):(\d\d)", r"\1-\2-\3")
        replaced(r"^(\d\d):(\d\d):(\d{4})", r"\3-\2-\1")
        replaced(r"^(\d{4})-?W(\d\d)-?([1-7])", of_week)
        replaced(
            r"^(\d{4})-?(\d\d)-?(\d\d)[:_ -](\d\d)(\d\d)(\d\d)?$",
            lambda match: "{}-{}-{} {}:{}:{}".format(*match.groups("00")),
        )
        replaced(rf"^{_CLOCK_FIRST}$", r"\2 \1")
        text, sample = western_halves(text), western_halves(sample)
        replaced(r"\s*@\s*(?=\d)", " ")
        replaced(r"(?<=\d)z$", "Z")
        replaced(r"^(\d{4})/(\d{1,2})/(\d{1,2})", r"\1-\2-\3")
        replaced(r"^(\d{4})/(\d{1,2})$", r"\1-\2")
        replaced(r"(?<!\d)(\d\d:\d\d:\d\d)[:,](\d{1,9})", r"\1.\2")
        replaced(r"\s*([ap])\.?\s?m\.?(?=$|\s)", lambda match: f" {match[1].upper()}M")
        replaced(r"(\d{2,4})(?:\s*[,;_]\s*|[-:](?=\d\d:\d\d:))(?=\d{1,2}:\d\d)", r"\1 ")
        replaced(rf"(?<![a-zä-ÿ]){MONTH}(?![a-zä-ÿ])", english_month)
        text = with_midnights(_with_offsets(text, sample, notes))
    midnight = text.str.contains(r"(?:^|[T ])24:00(?::00)?(?:\.0+)?", regex=True, na=False)
    if midnight.any():
        text = text.str.replace(r"([T ])24:00", r"\g<1>00:00", regex=True)
    late = pd.to_timedelta(midnight.to_numpy().astype(np.int64), unit="D")
    return text, pd.TimedeltaIndex(late), tuple(notes)


def western_halves(text: "pd.Series[str]") -> "pd.Series[str]":
    """Return times of day with AM or PM behind them for 上午 before them or π.μ. behind."""
    text = with_english_halves(text)
    if not text.iloc[:1].str.contains(_HALVES, regex=True, na=False).any():
        return text
    return text.str.replace(
        rf"({_HALVES})\s?(\d{{1,2}}:[\d:.]+)",
        lambda match: f"{match[2]} {_HALF[match[1]]}",
        regex=True,
    )


def _with_offsets(
    text: "pd.Series[str]", sample: "pd.Series[str]", notes: list[str]
) -> "pd.Series[str]":
    """Return dates with offsets from UTC in place of the names of zones."""
    pattern = (
        r"(?<=\d|[Mm])\s*\(?\b(?![AP]M$)([A-Z]{1,5}|[A-Z][a-z]+/[A-Za-z_]+"
        r"|(?:[A-Z]\w*\.? ){1,4}Time)(?:([+-])(\d{1,2}):?(\d\d)?)?\)?$"
    )
    if not sample.str.contains(r"[A-Za-z_)]$|[A-Z]{3}[+-]\d", regex=True).any():
        return text
    names = text.str.extract(pattern)
    known = sorted(set(names[0].dropna()))
    strange = [name for name in known if name.casefold() not in ZONES]
    if not known:
        return text
    if strange:
        # One zone throughout changes nothing but the name of the axis.
        notes.append(
            f"The zone '{strange[0]}' behind the times is left out (write an offset such as +02:00 "
            "in its place to keep it)."
        )
        return text.str.replace(pattern, "", regex=True)

    def offset(match: re.Match[str]) -> str:
        hours = ZONES[match[1].casefold()] * 60
        if match[2]:
            hours += int(match[2] + "1") * (int(match[3]) * 60 + int(match[4] or 0))
        sign = "-" if hours < 0 else "+"
        return f"{sign}{abs(hours) // 60:02d}:{abs(hours) % 60:02d}" if hours else "Z"

    return text.str.replace(pattern, offset, regex=True)


def _in_order(
    text: "pd.Series[str]", first: str, wanted: str | None, *, day_first: bool
) -> tuple[pd.DatetimeIndex, tuple[str, ...]]:
    """Return the instants of dates in the order of day and month that reads most of them.

    Where several read all, the one with the smallest steps is taken and that is said. A part of
    the rows decides, since parsing a million dates takes seconds.
    """
    part = part_of(text)
    tried = [(order, form, _parsed(part, form)) for order, form in _formats(first)]
    if day_first:
        tried.sort(key=lambda one: one[0] != "day-first")
    tried = [one for one in tried if not one[2].isna().all()]
    if wanted is not None:
        tried = [one for one in tried if one[0] in (wanted, "")] or tried
    tried.sort(
        key=lambda one: (
            int(np.sum(np.asarray(one[2].isna()))),
            _longest_step(one[2]),
            _years_off(one[2]),
        )
    )
    dates = pd.DatetimeIndex([pd.NaT] * len(text))
    for order, form, _ in tried:
        dates = _parsed(text, form)
        if not dates.isna().any():
            others = [one for one in tried if one[0] != order and not one[2].isna().any()]
            sure = wanted is not None or all(one[2].equals(tried[0][2]) for one in others)
            return dates, () if sure else (_order_note(first, order),)
    return (_parsed(text, tried[0][1]) if tried else dates), ()


def _order_note(first: str, order: str) -> str:
    """Return a note on an order of day and month that the dates leave open."""
    said = {"day-first": "day/month", "month-first": "month/day", "year-first": "year/month/day"}
    other = "month-first" if order == "day-first" else "day-first"
    return f"Dates such as {first} are taken as {said[order]} (--dates {other} decides otherwise)."


def _longest_step(dates: pd.DatetimeIndex) -> float:
    """Return the longest time from one date to the next, in seconds."""
    counts, per_second = counts_of(dates.dropna() if dates.hasnans else dates)
    steps = np.diff(counts)
    return max(int(steps.max(initial=0)), -int(steps.min(initial=0))) / per_second


def _years_off(dates: pd.DatetimeIndex) -> int:
    """Return how many years the first date lies from the decade in which most files were made."""
    return abs(int(dates.dropna()[0].year) - _USUAL_YEAR)


def _formats(first: str) -> list[tuple[str, str]]:
    """Return the formats a written date may have with their order, the likelier one first."""
    match = _PARTS.fullmatch(first)
    if match is None:
        return [("", form) for form in [guess_datetime_format(first)] if form is not None]
    left, mark, middle, right, hour, minute, second, fraction, half, zone = match.groups()
    clock = ""
    if hour is not None:
        clock = f" {'%I' if half else '%H'}:%M" + (":%S" if second else "")
        clock += (".%f" if fraction else "") + (" %p" if half else "")
        clock = clock if "T" not in first else clock.replace(" ", "T", 1)
    if zone is not None:
        clock += " %z" if zone.startswith(" ") else "%z"
    del minute
    year = "%Y" if len(right) == 4 else "%y"
    end = first[match.start(4) - (match.start(4) - match.end(3)) : match.start(4)]
    if left[0].isalpha():
        return [("", f"{_month(left)}{mark}%d{end}{year}{clock}")]
    if middle[0].isalpha():
        return [("", f"%d{mark}{_month(middle)}{end}{year}{clock}")]
    if len(left) == 4:
        return [("", f"%Y{mark}%m{end}%d{clock}")]
    orders = [
        ("day-first", f"%d{mark}%m{end}{year}{clock}"),
        ("month-first", f"%m{mark}%d{end}{year}{clock}"),
    ]
    # Where a dot stands between them, the day comes first; with a slash it is anybody's guess.
    orders = orders if mark.startswith(".") else orders[::-1]
    return orders + ([("year-first", f"%y{mark}%m{end}%d{clock}")] if len(right) == 2 else [])


def _month(text: str) -> str:
    """Return the directive for a month by name."""
    return "%b" if len(text) <= 3 else "%B"


def _parsed(text: "pd.Series[str]", form: str) -> pd.DatetimeIndex:
    """Return the instants of texts in one format, NaT where one is not."""
    with warnings.catch_warnings():
        # pandas 2 warns of zones that differ, pandas 3 raises.
        warnings.simplefilter("error", FutureWarning)
        try:
            return pd.DatetimeIndex(pd.to_datetime(text, format=form, errors="coerce"))
        except (ValueError, FutureWarning):
            return pd.DatetimeIndex(pd.to_datetime(text, format=form, errors="coerce", utc=True))
