"""Tables in the markup of pages and papers: HTML, LaTeX, wikis; vectors and rows of programs."""

import csv
import html
import io
import json
import re
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise

from spectra.datasets.readers.cells.delimiter import is_value

_MOST_LINES = 200
_FEWEST_LINES = 3
_MOST = 0.5
_TAG = re.compile(r"<(/?)(table|tr|td|th)\b([^<>]*)>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^<>]*>|<!--")
_LATEX_ROW = re.compile(
    r"(.*?)\\\\(?:\[[^\]]{0,20}\])?\s*"
    r"(?:\\(?:hline|midrule|toprule|bottomrule|addlinespace)\s*)*(?:%.*)?"
)
_LATEX_CALL = re.compile(
    r"\\(?:text\w{0,2}|math\w{0,2}|num|emph|multicolumn\{1\}\{[^{}]*\})\s?\{([^{}]*)\}"
)
_VECTOR = re.compile(r"\s*\[(\d{1,9})\]((?:\s+(?:[-+]?[\d.]+(?:e[-+]?\d+)?|NA|NaN|-?Inf))+)\s*")
"""A line of a vector as R prints it, with the place of its first number: [9] 20.1 20.4."""
_STAMP = re.compile(r"[\[<](\d{4}-\d\d-\d\d) [^\W\d_]{2,10}\.?( \d{1,2}:\d\d)?[\]>]")
_CELLS = r"(?=[-+.\d'\"nN])[^(){}\[\]\"',;:]*(?:'[^'\"]*')?(?:,[^(){}\[\]\"',;]*(?:'[^'\"]*')?)+"
_TUPLE = re.compile(rf"\s*\(({_CELLS})\)\s*,?\s*")
"""A tuple of Python."""
_NUMPY_SIGNS = frozenset("0123456789.+-einaf \n\t[]")


def html_table(text: str) -> str | None:
    """Return the only long table of a page as a table of commas, None where it has none or several.

    A cell that spans several rows or columns leaves open which of them it is in.
    """
    tables: list[list[list[str]]] = []
    cell: int | None = None
    for tag in chain(_TAG.finditer(text), (None,)):
        if cell is not None and tables and tables[-1]:
            inside = text[cell:] if tag is None else text[cell : tag.start()]
            tables[-1][-1].append(" ".join(html.unescape(_ANY_TAG.sub(" ", inside)).split()))
        cell = None
        if tag is None or tag[1] == "/":
            continue
        name = tag[2].casefold()
        if name == "table":
            tables.append([])
        elif name == "tr":
            # SQLite writes the rows alone.
            tables = tables or [[]]
            tables[-1].append([])
        elif "span" in tag[3].casefold():
            return None
        else:
            cell = tag.end()
    tables.sort(key=len, reverse=True)
    if not tables or len(tables[0]) < _FEWEST_LINES:
        return None
    if len(tables) > 1 and 2 * len(tables[1]) > len(tables[0]):
        return None
    return _with_commas(tables[0])


def _with_commas(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as a table of commas."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()


def are_rows_of_latex(lines: Sequence[str]) -> bool:
    """Return True if most lines are rows of LaTeX: 0.5 & 20.61 \\\\."""
    rows = sum("&" in line and bool(_LATEX_ROW.fullmatch(line)) for line in lines)
    return rows > _MOST * len(lines)


def plain_latex(text: str) -> str:
    """Return rows of LaTeX with tabs between their cells, other lines as comments."""
    return "\n".join(map(_latex_row, text.split("\n")))


def _latex_row(line: str) -> str:
    match = _LATEX_ROW.fullmatch(line) if "&" in line else None
    if match is None:
        return f"# {line}"
    cells = re.split(r"(?<!\\)&", match[1])
    plain = (_LATEX_CALL.sub(r"\1", cell).replace("$", "").strip() for cell in cells)
    return "\t".join(re.sub(r"\\([%_&#])", r"\1", cell) for cell in plain)


def is_wiki(lines: Sequence[str]) -> bool:
    """Return True for a table of a wiki, whose names stand between marks of their own."""
    first = lines[0].strip()
    below = all(line.strip()[:1] == line.strip()[-1:] == "|" for line in lines[1:-1])
    return below and any(
        first.startswith(mark) and first.endswith(mark) and first.count(mark) > 2
        for mark in ("||", "^")
    )


def plain_wiki(text: str) -> str:
    """Return a table of a wiki with one sign between the names."""
    first, *rest = text.lstrip().split("\n")
    return "\n".join([first.replace("||", "|").replace("^", "|"), *rest])


def is_org(lines: Sequence[str]) -> bool:
    """Return True if most lines have an instant as Org writes it: [2024-03-01 Fri 08:00]."""
    return sum(bool(_STAMP.search(line)) for line in lines) > _MOST * len(lines)


def plain_org(text: str) -> str:
    """Return a text with plain dates for the instants of Org."""
    return _STAMP.sub(r"\1\2", text)


def are_rows_of_json(lines: Sequence[str]) -> bool:
    """Return True if each line is a list of JSON with two plain values or more."""
    if not all(line.strip()[:1] == "[" and line.strip(" \t,")[-1:] == "]" for line in lines):
        return False
    return all(len(_row_of_json(line) or ()) > 1 for line in lines)


def are_tuples(lines: Sequence[str]) -> bool:
    """Return True if each line is a tuple of two plain values or more: (0.5, 20.61)."""
    return all(map(_TUPLE.fullmatch, lines))


def plain_tuples(text: str) -> str:
    """Return tuples, one a line, without the brackets around them."""
    lines = text.split("\n")
    found = map(_TUPLE.fullmatch, lines)
    return "\n".join(
        line if match is None else match[1].replace("'", '"')
        for line, match in zip(lines, found, strict=True)
    )


def plain_rows(text: str) -> str:
    """Return lists of JSON, one a line, as a table of commas; other lines as they are."""
    lines = text.split("\n")
    rows = [_row_of_json(line) for line in lines]
    return "\n".join(
        line if row is None else _with_commas([row]).rstrip("\n")
        for line, row in zip(lines, rows, strict=True)
    )


def _row_of_json(line: str) -> list[object] | None:
    """Return the plain values of a list of JSON, None for anything else."""
    try:
        row = json.loads(line.strip(" \t\r,"))
    except (ValueError, RecursionError):
        return None
    plain = isinstance(row, list) and not any(isinstance(cell, (list, dict)) for cell in row)
    return row if plain else None


def vectors_in(lines: Sequence[str]) -> int:
    """Return how many vectors are printed as R does, one below another; 0 for other text.

    Each line but the last of a vector says where the next one goes on.
    """
    found = [match for line in lines if (match := _VECTOR.fullmatch(line)) is not None]
    begins = [int(match[1]) for match in found]
    ends = [begin + len(match[2].split()) for begin, match in zip(begins, found, strict=True)]
    if len(found) < _FEWEST_LINES or len(found) <= _MOST * len(lines) or begins[0] != 1:
        return 0
    steps = [(end, begin) for (end, _), (_, begin) in pairwise(zip(ends, begins, strict=True))]
    if not all(begin in (end, 1) for end, begin in steps) or ends[0] == 2:
        return 0
    return begins.count(1)


def plain_vector(text: str) -> str:
    """Return the numbers of the first vector that R prints, one a line; others as they are."""
    cells, others = ["value"], list[str]()
    for line in text.split("\n"):
        match = _VECTOR.fullmatch(line)
        if match is not None and (int(match[1]) > 1 or len(cells) == 1) and not others:
            cells += match[2].split()
        elif len(cells) > 1 and line.strip():
            others.append(line)
    return "\n".join([*cells, *others])


def is_printed_row(head: str) -> bool:
    """Return True for the beginning of an array of one axis as NumPy prints it, in brackets."""
    words = head.strip().lstrip("[").split()
    return (
        head.lstrip()[:1] == "["
        and head.count("[") == 1
        and head.count("]") <= 1
        and {*head} <= _NUMPY_SIGNS
        and len(words) > 1
        and all(is_value(word, ".") or word == "nan" for word in words[:2])
    )


def plain_printed_row(text: str) -> str:
    """Return the numbers of an array as NumPy prints it, one a line."""
    return "\n".join(["value", *text.strip().strip("[]").split()])
