"""The values of a text of JSON, one after another, and the words that programs add below them."""

import json
import re
from collections.abc import Iterator
from typing import Any

from spectra.datasets.readers.foreign.listings import refuse_shell
from spectra.errors import DataError

_HEAD = 1 << 16
"""Characters in which calls of a shell are looked for."""
_KINDS_OF_MONGO = frozenset(
    f"${kind}"
    for kind in ("date", "oid", "numberInt", "numberLong", "numberDouble", "numberDecimal")
)
_KIND = re.compile(
    r":\s{0,9}\{\s{0,9}\"(?:\$(?:date|oid|number[A-Z]\w{2,6})|N|S|NULL|BOOL)\"\s{0,9}:"
)
"""The kind of a value, as MongoDB and DynamoDB write it around each."""
_BELOW = re.compile(
    r"(?<=[}\]])[ \t]*\r?\n"
    r"((?:[^\S\n]*(?:[^\s{}\[\]\"\d,-]|\d{1,9} (?=[^\W\d_]))[^\n{}\"]{0,200}(?:\n|\Z)){1,3})\s*\Z"
)
"""Up to three lines of words below the last value: Processed a total of 60 messages."""
_TAIL = 1000


def _decoder(text: str) -> json.JSONDecoder:
    """Return a decoder that reads a value behind the name of its kind as that value."""
    return json.JSONDecoder(object_hook=_bare if _KIND.search(text[:_HEAD]) else None)


def _bare(value: dict[str, Any]) -> Any:
    """Return the value in an object that has it behind its kind: {"$date": …}, {"N": "20.61"}."""
    if len(value) != 1:
        return value
    ((kind, inner),) = value.items()
    if kind in _KINDS_OF_MONGO or (kind in ("N", "S") and isinstance(inner, str)):
        return inner
    if kind in ("NULL", "BOOL") and isinstance(inner, bool):
        return inner if kind == "BOOL" else None
    return value


def object_of(data: bytes) -> Any:
    """Return the only value of a text of JSON; raise ValueError for what is none."""
    text = data.decode("utf-8-sig", "ignore")
    return _decoder(text).decode(text)


def values_in(text: str, name: str, *, whole: bool = True) -> Iterator[Any]:
    """Yield the values of the text, one after another, or the elements of its only list."""
    decoder = _decoder(text)
    at = _after_blanks(text, 0)
    is_list = text[at : at + 1] == "["
    first = at = at + is_list
    while (at := _after_blanks(text, at)) < len(text):
        # Lines that were taken out of a list keep their commas.
        if (text[at] in "]," and is_list) or (text[at] == "," and at > first):
            at += 1
            continue
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            if not whole:
                return
            refuse_shell(text[:_HEAD], name)
            line = text.count("\n", 0, getattr(error, "pos", at)) + 1
            said = getattr(error, "msg", "it is nested too deeply")
            raise DataError(
                f"{name}, line {line}: not complete JSON ({said}); correct the line, or save the "
                "file again."
            ) from error
        yield value


def _after_blanks(text: str, at: int) -> int:
    """Return the first place from one on that holds no blank."""
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def without_cut_line(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a value of JSON a line without a last line that ends early, and a note."""
    rest, end, last = text.rpartition("\n")
    first = rest.partition("\n")[0]
    if not end or not last.startswith("{") or not _is_whole(first) or _is_whole(last):
        return text, ()
    return rest, ("The last line is cut: left out (end it as the others do to keep it).",)


def _is_whole(line: str) -> bool:
    """Return True for a line that is an object of JSON."""
    try:
        return isinstance(json.loads(line.rstrip(", \r")), dict)
    except (ValueError, RecursionError):
        return False


def without_words_below(text: str) -> tuple[str, tuple[str, ...]]:
    """Return JSON without the words that a program writes below its last value, and a note."""
    tail = text[-_TAIL:]
    found = _BELOW.search(tail)
    if found is None:
        return text, ()
    said = found[1].strip().split("\n")[0]
    rest = text[: len(text) - len(tail) + found.start(1)]
    return rest, (f"The words below the last record ('{said[:60]}') are no data: left out.",)
