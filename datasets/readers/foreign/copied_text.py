"""Texts that were copied: quoted in a mail, with numbers of lines, of a terminal, or typeset."""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

_MOST = 0.8
"""Share of the lines from which on what they begin with was put there by a program."""
_BROKEN = 0.3
"""Share of the lines that are a break, or end with one, in a page with a break a row."""
_FEWEST = 5
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
"""Colours and other orders to a terminal."""
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_HYPHENS = "\u2010\u2011\u2012"
_TYPESET = re.compile(
    rf"[{_INVISIBLE}\u2007-\u200a{_HYPHENS}]|\d[\u2013\u2212]\d\d[\u2013\u2212]|[\uff10-\uff19]"
    r"|^[“”„][^“”„\"]*[“”](?=[,;\t])",
    re.MULTILINE,
)
"""Signs that typesetters, pages and phones write in place of those of ASCII."""
_SIGNS = str.maketrans(
    {
        **dict.fromkeys(_INVISIBLE, ""),
        **dict.fromkeys(_HYPHENS, "-"),
        **dict.fromkeys("\u2007\u2008\u2009\u200a", "\u00a0"),
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
    }
)
_IN_DATE = re.compile(r"(?<=\d)[\u2013\u2212](?=\d\d(?:\D|$))")
_WIDE_POINT = re.compile(r"(?<=\d)[\uff0e\uff0c](?=\d)")
_WIDE_MINUS = re.compile(r"\uff0d(?=\d)")
_CURLY = re.compile(r"(^|[,;\t] ?)[“”„]([^“”„\"\n]*)[“”](?=[,;\t]|$)", re.MULTILINE)
_BREAK = re.compile(r"(?i)\s*<br\s*/?>\s*$")
_QUOTED = re.compile(r"(?:> ?)+")
_COUNTED = re.compile(r"[ \t]*(\d{1,9})(?:\t|[:.)|] ?| {1,2})(?=\S|$)")
_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@")
_NAMED = re.compile(r"[\"'#]*\s*[^\W\d]")
_HAS_NUMBER = re.compile(r"(?:^|[\s,;|])[-+]?\d")
_VALUED = re.compile(r"[\"']?[-+.]?\d")
Rewrite = Callable[[str], str]


def cleaning(head: str) -> Rewrite | None:
    """Return what makes the original of a copied text by its first characters, None for others.

    Lines stay lines, so that a message names the line of the file.
    """
    steps: list[Rewrite] = []
    if "\x1b[" in head:
        steps.append(_without_orders)
    if not head.isascii() and _TYPESET.search(head):
        steps.append(_plainly_set)
    lines = [line for line in head.splitlines()[:-1] if line.strip()]
    if len(lines) >= _FEWEST:
        plain = [_ANSI.sub("", line) for line in lines]
        steps += [one for fits, one in _BEFORE if fits(plain)][:1]
    return (lambda text: _in_turn(steps, text)) if steps else None


def _in_turn(steps: Sequence[Rewrite], text: str) -> str:
    for step in steps:
        text = step(text)
    return text


def _without_orders(text: str) -> str:
    """Return a text without the orders to a terminal."""
    return _ANSI.sub("", text)


def _plainly_set(text: str) -> str:
    """Return a text with signs of ASCII in place of those of typesetters."""
    text = _CURLY.sub(r'\1"\2"', text.translate(_SIGNS))
    text = _WIDE_MINUS.sub("-", _IN_DATE.sub("-", text))
    return _WIDE_POINT.sub(lambda match: "." if match[0] == "\uff0e" else ",", text)


def _are_quoted(lines: Sequence[str]) -> bool:
    """Return True if nearly all lines begin with the sign of a mail that is quoted."""
    return sum(line.startswith(">") for line in lines) > _MOST * len(lines)


def _without_quotes(text: str) -> str:
    """Return what a mail quotes; lines that it says itself are empty."""
    return "\n".join(
        line[match.end() :] if (match := _QUOTED.match(line)) else "" for line in text.split("\n")
    )


def _is_difference(lines: Sequence[str]) -> bool:
    """Return True for the difference of one file to another one in the format of diff -u."""
    files = sum(line.startswith("+++ ") for line in lines)
    return files == 1 and any(map(_HUNK.match, lines))


def _newer(text: str) -> str:
    """Return the lines of the newer file in a difference."""
    lines = text.split("\n")
    first = next(i for i, line in enumerate(lines) if _HUNK.match(line))
    return "\n".join(
        line[1:] if i > first and line[:1] in ("+", " ") else "" for i, line in enumerate(lines)
    )


def _are_counted(lines: Sequence[str]) -> bool:
    """Return True if lines are numbered, also those with the names of the columns.

    The days of a month are no numbers of lines: names stand behind all of them.
    """
    found = [_COUNTED.match(line) for line in lines]
    if not all(found):
        return False
    numbers = [int(match[1]) for match in found if match]
    if any(b - a not in (1, 2) for a, b in pairwise(numbers)):
        return False
    rest = [line[match.end() :] for line, match in zip(lines, found, strict=True) if match]
    valued = sum(bool(_VALUED.match(one)) for one in rest)
    names = bool(_NAMED.match(rest[0])) and not _HAS_NUMBER.search(rest[0])
    return names and valued > _MOST * (len(rest) - 1)


def _without_numbers(text: str) -> str:
    """Return a text without the numbers of its lines."""
    return "\n".join(
        line[match.end() :] if (match := _COUNTED.match(line)) else line
        for line in text.split("\n")
    )


def _are_broken(lines: Sequence[str]) -> bool:
    """Return True if many lines are, or end with, a break of a page of HTML and no other tag."""
    broken = sum(bool(_BREAK.search(line)) for line in lines)
    return broken > _BROKEN * len(lines) and not any("<" in _BREAK.sub("", line) for line in lines)


def _without_breaks(text: str) -> str:
    """Return a text without the breaks of HTML at the ends of its lines."""
    return "\n".join(_BREAK.sub("", line) for line in text.split("\n"))


_BEFORE: tuple[tuple[Callable[[Sequence[str]], bool], Rewrite], ...] = (
    (_are_quoted, _without_quotes),
    (_is_difference, _newer),
    (_are_counted, _without_numbers),
    (_are_broken, _without_breaks),
)
"""Tests for signs before the lines of a copied text, and the functions that take them off."""
