"""Text from files and command lines, made safe and short to print."""

import re
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Final, TypeVar

_T = TypeVar("_T")

LONGEST_NAME: Final = 40
# Longest path in a heading, which has a line of its own.
LONGEST_PATH: Final = 100
# Longest line of an error or a note: a name in it may be as long as a file.
LONGEST_LINE: Final = 1000
# Sequences that terminals act on: control sequences (CSI), strings (OSC, DCS, SOS, PM, APC) up to
# their terminator, and two-character escapes; ECMA-48, sections 5.3 to 5.6.
_ESCAPE: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
# Bold and its end, which spectra itself prints.
_STYLE: Final = re.compile(r"(\x1b\[[01]m)")
# First characters of what a spreadsheet takes for a formula, full-width forms included, and numbers
# that begin with one of them.
_FORMULA: Final = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")


def plain(text: str) -> str:
    """Return the text without escape sequences and without characters that are not printable.

    Those are control, format (also the bidirectional overrides) and unassigned characters. White
    space becomes a blank, and half of a surrogate pair the replacement character.
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable()
        else " " * character.isspace() or "\ufffd" * ("\ud800" <= character <= "\udfff")
        for character in _ESCAPE.sub("", text)
    )


def printable(text: str) -> str:
    """Return plain text with single blanks."""
    return " ".join(plain(text).split())


def short(name: str, longest: int = LONGEST_NAME) -> str:
    """Return a printable name of at most so many characters."""
    return _clipped(printable(name), longest)


def shorts(names: Sequence[str], longest: int = LONGEST_NAME) -> list[str]:
    """Return printable names of at most so many characters that can be told apart.

    Where clipped names would be the same, the words that all of them begin or end with are left
    out.
    """
    clipped = [short(name, longest) for name in names]
    if len(set(clipped)) == len(set(names)):
        return clipped
    whole = [printable(name) for name in names]
    begin = _n_shared(whole)
    end = _n_shared([name[begin:][::-1] for name in whole])
    inner = [name[begin : len(name) - end] for name in whole]
    marks = ("…" if begin else "", "…" if end else "")
    return [_clipped(f"{marks[0]}{name}{marks[1]}", longest) for name in inner]


def line(text: str) -> str:
    """Return a printable line of at most LONGEST_LINE characters."""
    return _clipped(printable(text), LONGEST_LINE)


def page(text: str) -> str:
    """Return lines without anything that a terminal acts on, apart from bold type."""
    return "\n".join(
        "".join(part if i % 2 else plain(part) for i, part in enumerate(_STYLE.split(row)))
        for row in text.split("\n")
    )


def cell(text: str, *, keep_formulas: bool = False) -> str:
    """Return a plain text for a cell of a CSV file.

    An apostrophe is put before what a spreadsheet would run as a formula, unless `keep_formulas`.
    """
    shown = plain(text)
    # A sign alone, such as - for standard input, is no formula.
    begins = shown.lstrip().startswith(_FORMULA) and len(shown.strip()) > 1
    is_formula = begins and not _NUMBER.fullmatch(shown)
    return f"'{shown}" if is_formula and not keep_formulas else shown


def well_formed(text: str) -> str:
    r"""Return the text with half of a surrogate pair written as \\udc80.

    Python decodes a byte of a file name that is not UTF-8 to such a half, which JSON cannot hold.
    """
    return text.encode(errors="backslashreplace").decode()


def few_of(things: Sequence[_T], most: int, written: Callable[[_T], str] = str) -> str:
    """Return the first few things with commas between, and how many more there are."""
    more = len(things) - most
    return ", ".join(map(written, things[:most])) + (f" and {more} more" if more > 0 else "")


def _n_shared(names: Sequence[str]) -> int:
    """Return how many characters of whole words, with what follows them, all names begin with."""
    shared = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return len(re.sub(r"[^\W_]+$", "", "".join(letters[0] for letters in shared)))


def _clipped(text: str, longest: int) -> str:
    """Return the text with its middle left out where it is too long."""
    if len(text) <= longest:
        return text
    end = (longest - 1) // 3
    return text[: longest - 1 - end] + "…" + text[len(text) - end :]
