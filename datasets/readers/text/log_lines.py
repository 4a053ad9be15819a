"""Lines of a log: a time and a message with the names of its values, "temp=21.4 hum=40 %".

Firmware prints such lines (ESP-IDF: "I (1234) main: temp=21.4"), and so do programs that write a
date, a level and a name before the message.
"""

import re
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.text.encoded_text import Text
from spectra.datasets.readers.text.pair_lines import pairs_in
from spectra.errors import DataError

_ESP = re.compile(r"(?:\x1b\[[\d;]*m)?[EWIDV] \((\d+)\) ([^:\s]+): (.*)")
"""A line of the log of ESP-IDF: level, milliseconds since the start, name, message."""
_DATED = re.compile(
    r"[\[(]?((?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:[AP]M )?(?:[A-Z]{3,5} )?"
    r"\d{4}|"
    r"\d{4}-\d\d-\d\d[T _]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?|"
    r"\d{1,2}([./])\d{1,2}\2\d{4},? \d{1,2}:\d\d:\d\d(?:[.,]\d+)?(?: [AP]M)?|"
    r"(?:[A-Z][a-z]{2} [ \d]\d |\d\d-\d\d )?\d\d:\d\d:\d\d(?:[.,]\d+)?)[\])]?[ \t]+(.*)"
)
"""A line that begins with a date and a time, a time, or a date of Unix or of syslog."""
_TAGGED = re.compile(r"\[(\d\d:\d\d:\d\d(?:\.\d+)?)\](?:\[[^\[\]]{1,40}\]){1,4}:?[ \t]+(.*)")
"""A line that begins with a time of day and tags: [10:00:00][D][sensor:094]: and the message."""
_VALUE = r"[+-]?(?:\d++\.?+\d*+|\.\d++)(?:[eE][+-]?\d++)?"
_KEYED = re.compile(
    r"(?<![\w./°])[\d./]*+([^\W\d][\w./]*+(?: (?:[^\W\d][\w./]*+|\d{1,3}(?!\w)))?)"
    rf"\"?\s?[=:]\s?({_VALUE})\s?([^\s\d,;|=:\"}}\]]{{1,6}})?(?=[\s;|}}\]]|,(?!\d)|$)"
)
"""A name, a sign and a number with its unit or without: temp=21.4, Humidity: 40.1 %, "temp":21.4.

The search begins at the start of a word only: a long word would be gone through from each letter.
"""
_QUOTED = re.compile(
    rf"'([^']{{1,60}})': (?:[^\W\d_]{{1,20}} ){{0,3}}({_VALUE})"
    r"\s?([^\s\d,;|=:\"}\]]{1,6})?(?=[\s;|}\]]|,(?!\d)|$)"
)
"""A name in quotes, words and a number: 'Living room': Sending state 21.4 °C."""
_DOTTED = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}")
"""A date of languages that write a comma before fractions."""
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_GROUPED = re.compile(r"(?<![\w.,])[1-9]\d{0,2}(?:,\d{3})+(?!\w|,\d)")
"""A number with commas between its thousands."""
_LEVELS = re.compile(r"(?:^|\s)(?:INFO|DEBUG|WARN|WARNING|ERROR|TRACE|NOTICE)\b:?")
_SAMPLE = 300
_MORE = 1.5
"""Times the lines with one name by which those are more that differ by the first of its words."""
_MOST, _FEWEST = 0.5, 3
"""Share of the sampled lines that have the same names of values, and their smallest number."""


def names_in_log(lines: Sequence[str]) -> tuple[str, ...] | None:
    """Return the names of values that most lines with a time have, None where they are no log."""
    sample = [line for line in lines[:_SAMPLE] if line.strip()]
    found = [one for line in sample if (one := _parsed(line)) is not None]
    if len(found) < max(_FEWEST, _MOST * len(sample)):
        return None
    names, count = _most_common(found)
    shorter, more = _most_common([one.without_device() for one in found])
    if more > _MORE * count:
        names, count = shorter, more
    return names if count >= _FEWEST and len(set(names)) == len(names) else None


@dataclass(frozen=True)
class _Line:
    """A line of a log: its time, the words before its values, names, numbers and units."""

    time: str
    source: str
    values: list[tuple[str, str, str]]

    def without_device(self) -> "_Line":
        """Return the line with the first of two words of its first name before the values."""
        (name, value, unit), *rest = self.values
        device, _, last = name.rpartition(" ")
        return _Line(self.time, f"{self.source} {device}".strip(), [(last, value, unit), *rest])


def _most_common(lines: Sequence[_Line]) -> tuple[tuple[str, ...], int]:
    """Return the names that most lines have, and how many have them."""
    return Counter(tuple(name for name, *_ in one.values) for one in lines).most_common(1)[0]


@dataclass
class _Lines:
    """Values of the lines of a log: times, a column a name, the numbers of the lines, units.

    `count` is the number of lines that hold anything; `sources` numbers the words before the values
    and `codes` has the number of each line.
    """

    columns: dict[str, "array[float]"]
    times: list[str] = field(default_factory=list)
    places: "array[int]" = field(default_factory=lambda: array("q"))
    units: dict[str, str] = field(default_factory=dict)
    count: int = 0
    sources: dict[str, int] = field(default_factory=dict)
    codes: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, line: str, place: int) -> None:
        """Add a line, if it has a time like those above and all names."""
        self.count += bool(line.strip())
        parsed = _parsed(line)
        if parsed is None:
            return
        known = {name: value for name, value, _ in parsed.values}
        if not known.keys() >= self.columns.keys():
            parsed = parsed.without_device()
            known = {name: value for name, value, _ in parsed.values}
        if not known.keys() >= self.columns.keys():
            return
        if self.times and _kind(parsed.time) != _kind(self.times[0]):
            return
        for name, column in self.columns.items():
            column.append(float(known[name]))
        for name, _, unit in parsed.values:
            self.units.setdefault(name, unit)
        self.times.append(parsed.time)
        self.codes.append(self.sources.setdefault(parsed.source, len(self.sources)))
        self.places.append(place)


def read_log(text: Text, names: tuple[str, ...], nrows: int | None) -> Table:
    """Return the values of these names in the lines of a log beside their times.

    Lines without a time or one of the names are left out with a note. Raises DataError where fewer
    than two are left.
    """
    found = _Lines({name: array("d") for name in names})
    try:
        for number, line in enumerate(text.lines(), start=1):
            found.add(line, number)
            if len(found.times) == nrows:
                break
    except UnicodeDecodeError:
        return read_log(text.lenient(), names, nrows)
    n = len(found.times)
    if n < 2:
        raise DataError(f"{text.name} is a log with fewer than two lines of values.")
    times = _times(found.times)
    values = [pd.Series(np.frombuffer(column)) for column in found.columns.values()]
    # Several devices may write one log, in lines that differ by the words before their values.
    several = 1 < len(found.sources) <= n / _FEWEST
    texts = [pd.Series([*found.sources])[[*found.codes]].reset_index(drop=True)] if several else []
    frame = pd.concat([times, *texts, *values], axis=1)
    shown = ", ".join(f"'{name}'" for name in names[:4]) + (", …" if len(names) > 4 else "")
    notes = [
        f"Lines of a log: the numbers behind {shown} are read (--delimiter reads it as a table)."
    ]
    if left := found.count - n:
        said = "1 line has" if left == 1 else f"{left} lines have"
        notes.append(
            f"{said} no time or none of these names: left out (--delimiter reads them as rows)."
        )
    return Table(
        frame.set_axis(pd.RangeIndex(frame.shape[1]), axis=1),
        ("time", *(["source"] if several else []), *names),
        lambda row: f"{text.name}, line {found.places[row]}",
        text.name,
        notes=tuple(notes),
        units=(
            "s" if times.dtype.kind == "f" else "",
            *([""] if several else []),
            *map(found.units.__getitem__, names),
        ),
    )


def _kind(time: str) -> str:
    """Return the kind of a time: milliseconds, a date of syslog, of Android, a date, or a clock."""
    if time.isdigit():
        return "milliseconds"
    if time[:1].isalpha():
        return "date" if time[-4:].isdigit() else "syslog"
    if re.match(r"\d{1,2}[./]", time):
        return "date"
    if time[2:3] == "-":
        return "day and month"
    return "date" if time[4:5] == "-" else "clock"


def _times(times: Sequence[str]) -> "pd.Series[Any]":
    """Return times as texts, or in seconds since the start or the first date of syslog."""
    text, kind = pd.Series(times, dtype="str"), _kind(times[0])
    if kind == "milliseconds":
        return pd.to_numeric(text) / 1e3
    if kind != "syslog":
        return text
    # Syslog writes no year; a leap year has every day.
    form = "%Y %b %d %H:%M:%S.%f" if "." in times[0] else "%Y %b %d %H:%M:%S"
    dates = pd.to_datetime("2000 " + text, format=form, errors="coerce")
    return (dates - dates.iloc[0]).dt.total_seconds()


def _with_siblings(found: Sequence[re.Match[str]]) -> list[re.Match[str]]:
    """Return values less those of a lone number: Core 0 and Core 1 are names, and Loop 12 is none.

    A number that no other one stands beside may count the lines.
    """
    numbered = [match[1].rpartition(" ") for match in found]
    series = [word for word, _, number in numbered if word and number.isdigit()]
    return [
        match
        for match, (word, _, number) in zip(found, numbered, strict=True)
        if not number.isdigit() or series.count(word) > 1
    ]


def _parsed(line: str) -> _Line | None:
    """Return the parts of a line, None for one without a time or values."""
    line, tag = line.strip(), ""
    if (pairs := pairs_in(line)) is not None:
        return _Line(pairs.time.replace(",", "."), pairs.source, pairs.values)
    if (esp := _ESP.match(line)) is not None:
        time, tag, message = esp[1], esp[2], esp[3]
    elif (dated := _DATED.match(line)) is not None:
        time, message = dated[1], _LEVELS.sub(" ", dated[3])
    elif (tagged := _TAGGED.match(line)) is not None:
        time, message = tagged[1], tagged[2]
    else:
        return None
    if _DOTTED.match(time):
        message = _DECIMAL_COMMA.sub(".", message)
    message = _GROUPED.sub(lambda match: match[0].replace(",", ""), message)
    found = [*_QUOTED.finditer(message)] or _with_siblings([*_KEYED.finditer(message)])
    if not found:
        return None
    source = f"{tag} {message[: found[0].start()]}".strip(" \t{[\"'")
    values = [(match[1].strip(), match[2], match[3] or "") for match in found]
    return _Line(time.replace(",", "."), source, values)
