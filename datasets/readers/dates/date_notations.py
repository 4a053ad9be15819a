"""Names of months in many languages, and notations of dates that are rewritten before others."""

import re
from collections.abc import Callable
from datetime import date
from functools import cache, lru_cache

import numpy as np
import pandas as pd

_MONTHS = {
    "jan": "jan", "feb": "feb", "mar": "mar", "apr": "apr", "may": "may", "jun": "jun",
    "jul": "jul", "aug": "aug", "sep": "sep", "oct": "oct", "nov": "nov", "dec": "dec",
    "ene": "jan", "gen": "jan", "fév": "feb", "fev": "feb", "mär": "mar", "mrz": "mar",
    "maa": "mar", "mrt": "mar", "avr": "apr", "abr": "apr", "mai": "may", "mag": "may",
    "mei": "may", "maj": "may", "juin": "jun", "giu": "jun", "juil": "jul", "lug": "jul",
    "aoû": "aug", "ago": "aug", "set": "sep", "okt": "oct", "out": "oct", "ott": "oct",
    "dez": "dec", "dic": "dec", "déc": "dec", "des": "dec",
    "sty": "jan", "lut": "feb", "kwi": "apr", "cze": "jun", "lip": "jul", "sie": "aug",
    "wrz": "sep", "paź": "oct", "lis": "nov", "gru": "dec",
    "már": "mar", "ápr": "apr", "máj": "may", "jún": "jun", "júl": "jul", "sze": "sep",
    "oca": "jan", "şub": "feb", "nis": "apr", "haz": "jun", "tem": "jul", "ağu": "aug",
    "eyl": "sep", "eki": "oct", "kas": "nov", "ara": "dec",
    "янв": "jan", "фев": "feb", "мар": "mar", "апр": "apr", "май": "may", "мая": "may",
    "июн": "jun", "июл": "jul", "авг": "aug", "сен": "sep", "окт": "oct", "ноя": "nov",
    "дек": "dec",
    "led": "jan", "úno": "feb", "bře": "mar", "dub": "apr", "kvě": "may", "čvn": "jun",
    "červenec": "jul", "července": "jul", "čvc": "jul", "čer": "jun", "srpen": "aug",
    "srpna": "aug", "srp": "aug", "zář": "sep", "říj": "oct", "pro": "dec",
    "tammi": "jan", "helmi": "feb", "huhti": "apr", "touko": "may", "kesä": "jun",
    "heinä": "jul", "elo": "aug", "syys": "sep", "loka": "oct", "marras": "nov", "joulu": "dec",
    "ιαν": "jan", "φεβ": "feb", "μαρ": "mar", "μάρ": "mar", "απρ": "apr", "μαΐ": "may",
    "μαϊ": "may", "μάι": "may", "ι\u03bfυν": "jun", "ιούν": "jun", "ι\u03bfυλ": "jul",
    "ιούλ": "jul",
    "αυγ": "aug", "αύγ": "aug", "σεπ": "sep", "οκτ": "oct", "νοε": "nov", "νοέ": "nov",
    "δεκ": "dec",
}  # fmt: skip
_KEYS = (8, 5, 4, 3)
"""Letters by which a month is known, the most first: červen and červenec are two."""
_LETTER = r"[^\W\d_]"
MONTH = rf"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))}){_LETTER}*\.?"
_MORNINGS = r"de|öö|sa|ص|ق\.?ظ|e paradites"
_AFTERNOONS = r"du|ös|ch|م|ب\.?ظ|e pasdites"
"""Halves of the day behind a clock: in Hungary, Turkey, Vietnam, Arabic, Persian, Albania."""
_DAY_WORD = rf"{_LETTER}{{3,10}}-feira|mar(?:di|tes|tedì)?\b"
"""Days with a hyphen, and Tuesdays, which begin like March."""
_BEFORE_CLOCKS = (
    r"à|at|um|kl\.?|klo|godz\.?|(?:alle )?ore|alle|om|ob|a las|às|saat"
    "|pazartesi|sal\u0131|çarşamba|perşembe|cuma|cumartesi|pazar"
)
"""Words between a date and its time of day, and the days of Turkey, which stand there."""
_HALVES: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (rf"(?<=:\d\d)\s?(?:({_MORNINGS})|(?:{_AFTERNOONS}))\.?$",
     lambda match: " AM" if match[1] else " PM"),
    (r"(?<=\d)\s?([πμ])\.?\s?μ\.?$", lambda match: " AM" if match[1] == "π" else " PM"),
    (r"(?<=:\d\d)\s?([vn])\.\s?m\.$", lambda match: " AM" if match[1] in "vV" else " PM"),
)  # fmt: skip
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
"""Months in the countries that number them so between day and year."""
_WEEK = r"0?[1-9]|[1-4]\d|5[0-3]"
_WEEK_WORD = r"(?:KW|CW|week|wk|woche|semaine|sem|semana|settimana|vecka|uge|uke|viikko)"
SIMPLER: tuple[tuple[str, "str | Callable[[re.Match[str]], str]"], ...] = (
    (r"[\u00a0\u2007\u2009\u202f]", " "),
    (r"\s?[(\uff08][月火水木金土日월화수목금토일][)\uff09]", ""),
    (r"(?<=\d)\s?(?:星期|周|週)[一二三四五六日天]\s?(?=\d|$)", " "),
    (r"(?<=\d{4})\s?\u0433\.?(?=$|,?\s)", ""),
    (r"(?<=\d)(?:st|nd|rd|th)\b", ""),
    (rf"^(.{{0,20}}\b\d{{1,2}}) de ({_LETTER}{{3,12}}) del? (?=\d{{4}})", r"\1 \2 "),
    (rf"^{_LETTER}{{2,10}}(?:-feira)?[.,]{{0,2}}\s+(?=\d{{1,4}}([-/.])\d{{1,2}}\1\d{{1,4}}\b)", ""),
    (rf"^(?:{_DAY_WORD})[.,]{{0,2}}\s+(?=\d{{1,2}}\s(?:de\s)?{MONTH})", ""),
    (r"(?:(?<=Z)|(?<=[+-]\d\d:\d\d))(?:\[\w+(?:/\w+)*\]?|\s[a-z]{3,}(?:_[a-z]+)*)$", ""),
    (r"(?<=\d)\[(\w+/\w+)\]?$", r" \1"),
    (rf"(?<=\d\d)\s+(?:{_BEFORE_CLOCKS}),?\s+(?=\d{{1,2}}[:.h]\d\d)", " "),
    (r"(?<=\d{4}-\d\d-\d\d )(\d{1,2})\.(\d\d)$", r"\1:\2:00"),
    (r"^(\d{4}-\d\d-\d\d)-(\d\d)\.(\d\d)\.(\d\d)(?=\.|$)", r"\1 \2:\3:\4"),
    *_HALVES,
    (r"(?<=\d:\d\d:\d\d) (\d{3})$", r".\1"),
    (rf"^({MONTH})[- ](\d{{4}})$|^({MONTH})-(\d\d)$", lambda match: _of_month(match)),
    (r"^L?DT#(\d{4}-\d\d?-\d\d?)-(?=\d)", r"\1 "),
    (rf"^(\d{{4}})[-/ ]({MONTH})[-/ ](\d{{1,2}})(?=$|[T:_ ])",
     lambda match: f"{match[1]}-{month_number(match[2]) or 0:02d}-{int(match[3]):02d}"),
    (r"^(0?[1-9]|1[0-2])[/.](\d{4})$", lambda match: f"{match[2]}-{int(match[1]):02d}"),
    (r"^(\d{4})-?W(\d\d)$", r"\1-W\2-1"),
    (rf"^{_WEEK_WORD}[. ]*({_WEEK})[-/, ]{{1,3}}(\d{{4}})$",
     lambda match: f"{match[2]}-W{int(match[1]):02d}-1"),
    (rf"^(\d{{4}})[-/, ]{{0,3}}{_WEEK_WORD}[. ]*({_WEEK})$",
     lambda match: f"{match[1]}-W{int(match[2]):02d}-1"),
    (r"(?<=\d[日일])(?=\d)", " "),
    (r"(?<=[日일] )(\d{1,2})[時时시]$", r"\1:00"),
    (r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]", ""),
    (r"(?<=\d)\s?(?:uhr|hrs)$|(?<=:\d\d)\s?(?:h|local(?: time)?|hora local|ora locale)$", ""),
    (r"(?<![+-]\d{4})(?<=\d)\s\(?(?:coordinated universal|greenwich mean) time\)?$", "Z"),
    (r"\s+GMT([+-]\d{4})\s\(.{3,60}\)$", r" \1"),
    (r"^/?Date\((\d{9,14})(?:[+-]\d{4})?\)/?$", lambda match: f"{_from_1970(match[1])}Z"),
    (r"^(\d{4})\. ?(\d{1,2})\. ?(\d{1,2})\.?(?=$|\s)", r"\1-\2-\3"),
    (rf"^(\d{{4}})\. ?({_LETTER}{{3,12}}\.?) (\d{{1,2}})\.?(?=$|\s)", r"\3 \2 \1"),
    (r"(?<!\d)(\d{1,2})\. (\d{1,2})\. (?=\d{4}(?!\d))", r"\1.\2."),
    (r"(?:(?<=[a-zäåéû.] \d{4} )|(?<=\d[./-]\d{4} )|(?<=\d[./-]\d\d[./-]\d\d ))"
     r"(\d{1,2})\.(\d\d)(?:\.(\d\d))?$",
     lambda match: f"{match[1]}:{match[2]}:{match[3] or '00'}"),
    (rf"^(\d{{1,2}})({_LETTER}{{3}})(\d\d|\d{{4}}):(?=\d\d:\d\d)", r"\1-\2-\3 "),
    (r"^(\d{4})([-_])(\d\d)\2(\d\d)[-_T ](\d\d)[-_](\d\d)[-_](\d\d)[-_](\d{6}|\d{3})$",
     r"\1-\3-\4 \5:\6:\7.\8"),
    (r"^(\d{1,2})\. ?(I{1,3}|IV|VI{0,3}|IX|XI{0,2})\. ?(\d{4})(?=$|\s)",
     lambda match: f"{match[3]}-{_ROMAN.index(match[2].upper()) + 1:02d}-{int(match[1]):02d}"),
    (r"^(\d{4})-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)(?!\d)", r"\1-\2-\3 \4:\5:\6"),
    (r"^(\d{1,4})_(\d\d)_(\d\d|\d{4})(?=$|[ T])", r"\1-\2-\3"),
    (rf"^(\d{{1,2}}/{_LETTER}{{3}}/\d{{4}}):(?=\d\d:\d\d)", r"\1 "),
    (r"^(\d{4})[- ]?Q([1-4])$", lambda match: f"{match[1]}-{3 * int(match[2]) - 2:02d}-01"),
    (r"^(\d{4})(?:[- ]?H|-S)([12])$", lambda match: f"{match[1]}-{6 * int(match[2]) - 5:02d}-01"),
    (r"^((?:19|20)\d\d)(\d\d)(\d\d)(\d\d):(?=[0-5]\d$)", r"\1-\2-\3 \4:"),
    (r"^(\d{4})M(0[1-9]|1[0-2])$", r"\1-\2-01"),
    (r"^(\d{4})-?(\d{3})(?=[T ]\d\d:)", lambda match: _of_year(match[1], match[2])),
    (r"(?<=\d[-/.]\d{4}) - (?=\d{1,2}:\d\d)", " "),
    (r"^(\d{1,2}:\d\d(?::\d\d)?) (\d{1,2}([-/.])\d{1,2}\3\d\d)$", r"\2 \1"),
    (r"^((?:19|20)\d\d) (\d\d) (\d\d) (\d\d) (\d\d)(?: (\d\d))?$",
     lambda match: "{}-{}-{} {}:{}:{}".format(*match.groups("00"))),
    (r"^((?:19|20)\d\d)\.(\d{3})\.(\d\d)\.(\d\d)\.(\d\d)$",
     lambda match: f"{_of_year(match[1], match[2])} {match[3]}:{match[4]}:{match[5]}"),
    (r"^(\d{4})[:,./ -](\d{3})[:,./ T-](?=\d\d:\d\d(?!\d))",
     lambda match: f"{_of_year(match[1], match[2])} "),
)  # fmt: skip
"""Notations of programs and countries, and what they are in the notations that follow."""

_MOST_BARE = 0.5
"""Share of dates without a time of day among others, from which on they are no midnights."""
_DAY_AND_CLOCK = re.compile(
    r"^(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})(?: (\d{1,2}:\d\d(?::\d\d)?(?: [AP]M)?))?$"
)


def month_number(name: str) -> int | None:
    """Return the number of a month by its name or short name, None for another word."""
    lowered = name.casefold().rstrip(".")
    english = next((_MONTHS[key] for n in _KEYS if (key := lowered[:n]) in _MONTHS), None)
    return None if english is None else list(dict.fromkeys(_MONTHS.values())).index(english) + 1


def with_midnights(text: "pd.Series[str]") -> "pd.Series[str]":
    """Return dates with 0:00 behind the first of a day where that alone has no time of day.

    Some programs leave out midnight.
    """
    bare = ~text.str.contains(":", regex=False, na=True)
    if not bare.any() or bare.mean() > _MOST_BARE:
        return text
    parts = text.str.extract(_DAY_AND_CLOCK)
    clock = parts[1].dropna()
    days_begin = bool((parts[0] != parts[0].shift())[bare].all())
    if parts[0].isna().any() or len(clock) + int(bare.sum()) < len(text) or not days_begin:
        return text
    first = str(clock.iloc[0])
    hour = "12:00" if first[-1] in "Mm" else "00:00"
    midnight = hour + ":00" * (first.count(":") - 1) + " AM" * (first[-1] in "Mm")
    return text.where(~bare, text + f" {midnight}")


def english_month(match: re.Match[str]) -> str:
    """Return the English name of a month, as strptime reads it."""
    name = match[0].rstrip(".").casefold()
    key = next(key for n in _KEYS if (key := name[:n]) in _MONTHS)
    return _MONTHS[key].capitalize()


@cache
def _compiled() -> "tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]":
    """Return the simpler notations with their patterns compiled, once they are asked for."""
    return tuple((re.compile(pattern, re.IGNORECASE), by) for pattern, by in SIMPLER)


@lru_cache(maxsize=8192)
def simpler(text: str) -> str:
    """Return a date in a notation that is looked for, by the first that it is written in."""
    for pattern, by in _compiled():
        text = pattern.sub(by, text)
    return text


def english_halves(text: str) -> str:
    """Return a time of day with AM or PM behind it for what other languages write there."""
    for pattern, by in _HALVES:
        text = re.sub(pattern, by, text, flags=re.IGNORECASE)
    return text


def with_english_halves(text: "pd.Series[str]") -> "pd.Series[str]":
    """Return times of day with AM or PM behind them, where the first has another word there."""
    for pattern, by in _HALVES:
        if re.search(pattern, str(text.iloc[0]).strip(), re.IGNORECASE):
            return text.str.strip().str.replace(pattern, by, regex=True, flags=re.IGNORECASE)
    return text


def _from_1970(milliseconds: str) -> str:
    """Return the date and time so many milliseconds after 1970."""
    return str(np.datetime64(int(milliseconds), "ms"))


def _of_year(year: str, day: str) -> str:
    """Return the date of a day of a year, such as 074 of 2024; the text for none."""
    return str(np.datetime64(year, "D") + int(day) - 1) if 1 <= int(day) <= 366 else f"{year}-{day}"


def _of_month(match: re.Match[str]) -> str:
    """Return the year and month of January 1990, or of Jan-90 as Excel writes it."""
    name, year = (match[1], match[2]) if match[1] else (match[3], match[4])
    if len(year) == 2:
        year = f"{19 if int(year) > 68 else 20}{year}"
    return f"{year}-{month_number(name) or 0:02d}"


def of_week(match: re.Match[str]) -> str:
    """Return the date of a day of a week of a year, such as 2024-W11-5; the text for none."""
    try:
        return date.fromisocalendar(*map(int, match.groups())).isoformat()
    except ValueError:
        return match[0]
