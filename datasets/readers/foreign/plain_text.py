"""Texts whose table stands in other characters: frames, digits of other scripts, quoted lines."""

import re
import unicodedata
from collections.abc import Callable, Sequence

from spectra.datasets.readers.cells.delimiter import is_value
from spectra.datasets.readers.foreign.copied_text import cleaning
from spectra.datasets.readers.foreign.kinds_of_lines import (
    has_kinds_of_lines,
    plain_kinds_of_lines,
)
from spectra.datasets.readers.foreign.lists_in_cells import has_lists_in_cells, plain_lists_in_cells
from spectra.datasets.readers.foreign.markup import (
    are_rows_of_json,
    are_rows_of_latex,
    are_tuples,
    is_org,
    is_printed_row,
    is_wiki,
    plain_latex,
    plain_org,
    plain_printed_row,
    plain_rows,
    plain_tuples,
    plain_vector,
    plain_wiki,
    vectors_in,
)
from spectra.datasets.readers.foreign.ruled_columns import has_ruled_cells, plain_ruled
from spectra.datasets.readers.foreign.stamped_rows import has_stamped_rows, plain_stamped_rows
from spectra.datasets.readers.foreign.text_of_programs import (
    are_replies,
    has_array,
    has_samples_of_eyes,
    is_atf,
    is_waves,
    plain_array,
    plain_atf,
    plain_replies,
    plain_samples_of_eyes,
    plain_waves,
)
from spectra.datasets.readers.foreign.wrapped_array import has_wrapped_array, plain_wrapped_array

_RULES = str.maketrans(
    {
        **dict.fromkeys("─━═┄┅╌", "-"),
        **dict.fromkeys("┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬╞╡╪╒╕╘╛╟╢╤╧╥╨╫╭╮╯╰┏┓┗┛┣┫┳┻╋┡┩╇", "+"),
    }
)
_SIDES = "│┃║┆┇┊┋"
_NUMBERED = re.compile(rf"^\s*\d{{1,9}}\.\s*(?=[{_SIDES}])")
"""The number of a row before its frame, as ClickHouse writes it."""
_NAMED_FRAME = re.compile(r"[^\w\s]+[^\W\d_].*")
"""The upper side of a frame with the names in it, as ClickHouse draws it: ┌─ts─┬─temp─┐."""
_SIGNS = {"\u066b": ".", "\u066c": "", "\u060c": ",", "\u2212": "-"}
"""Decimal sign, thousands sign and comma of Arabic, and the minus of typesetters."""
_WITH_VECTORS = re.compile(r"\s*[-+.\de]+\s+\([-+.\de\s()]*\)\s*")
"""A time and vectors in parentheses, as OpenFOAM writes forces and probes: 0.1 (1 2 3) (4 5 6)."""
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_QUOTED_NAMES = re.compile(r'\s*\((\s*"[^"]{1,200}"(?:\s+"[^"]{1,200}"){1,200})\s*\)\s*')
"""Names in quotes inside parentheses, as Fluent writes them above its reports."""
_BEFORE_JSON = re.compile(r"(?:(\d{9,19}(?:\.\d+)?)\s+)?([^\s{}\"',;]+)\s+(\{.*\})\s*")
"""A Unix time or none, a topic or a key, and an object of JSON, as clients of brokers print it."""
_SINGLE = re.compile(r"(?:^|(?<=[,;\t|]))[ ]?'([^'\r\n]*)'(?=[ ]?(?:[,;\t|]|$))", re.MULTILINE)
"""A cell in single quotes, as programs for data mining and databases write texts."""
_MOST_QUOTED = 0.8
_MONTHS = 12
_MOST_LINES = 200
_FEWEST_LINES = 3

_PRINTED = re.compile(rb"\s*\[\[\s*-?[\d.]+(?:e[+-]?\d+)?\s+-?\d", re.IGNORECASE)
"""The beginning of a matrix as NumPy prints it, with blanks between the numbers."""
Rewrite = Callable[[str], str]


def is_printed(head: bytes) -> bool:
    """Return True for the beginning of a matrix as NumPy prints it, which is no JSON."""
    return bool(_PRINTED.match(head))


def rewriting(head: str) -> Rewrite | None:
    """Return what makes a plain table of a text by its first characters, None for a plain one.

    Lines stay lines, so that a message names the line of the file.
    """
    clean = cleaning(head)
    if clean is None:
        return _rewriting(head)
    inner = _rewriting(clean(head))
    return clean if inner is None else lambda text: inner(clean(text))


def _rewriting(head: str) -> Rewrite | None:
    """Return the same for a text that was not copied."""
    lines = [line for line in head.splitlines()[:_MOST_LINES] if line.strip()]
    if has_array(head):
        return plain_array
    if is_printed_row(head):
        return plain_printed_row
    if len(lines) < _FEWEST_LINES:
        return None
    if (marked := _of_markup(lines)) is not None:
        return marked
    if has_ruled_cells(lines):
        return plain_ruled
    if is_waves(lines):
        return plain_waves
    if are_replies(lines):
        return plain_replies
    if is_atf(lines):
        return plain_atf
    if has_samples_of_eyes(head):
        return plain_samples_of_eyes
    if has_lists_in_cells(lines[:-1]):
        return plain_lists_in_cells
    if any(map(_QUOTED_NAMES.fullmatch, lines[:_FEWEST_LINES])):
        return _without_outer_parentheses
    if has_wrapped_array(lines[:-1]):
        return plain_wrapped_array
    if has_kinds_of_lines(lines[:-1]):
        return plain_kinds_of_lines
    if has_stamped_rows(lines[:-1]):
        return plain_stamped_rows
    if not head.isascii():
        if 2 * sum(any(side in line for side in _SIDES) for line in lines) > len(lines):
            return _without_frames
        foreign = {sign for sign in {*head} if not sign.isascii() and sign.isdecimal()}
        if foreign and sum(map(head.count, foreign)) > sum(map(head.count, "0123456789")):
            return _with_ascii_digits
    rows = [line for line in lines[:-1] if not line.lstrip().startswith("#")]
    if rows and all(map(_WITH_VECTORS.fullmatch, rows)):
        return _without_parentheses
    if is_printed(head[:200].encode()):
        return _without_brackets
    if _are_years(lines):
        return _with_comments_around
    # The last line of the head may be cut.
    if all(map(_BEFORE_JSON.fullmatch, lines[:-1])):
        return _with_json_in_cells
    if "'" in lines[-2] and _have_single_quotes(lines[:-1]):
        return _with_double_quotes
    return _without_quotes if _are_quoted(lines[:-1]) else None


def _of_markup(lines: Sequence[str]) -> Rewrite | None:
    """Return what makes a plain table of lines of LaTeX, a wiki, lists of JSON or a vector."""
    if are_rows_of_latex(lines):
        return plain_latex
    if is_wiki(lines):
        return plain_wiki
    if is_org(lines):
        return plain_org
    # The last line of the head may be cut.
    if are_rows_of_json(lines[:-1]):
        return plain_rows
    if are_tuples(lines[:-1]):
        return plain_tuples
    return plain_vector if vectors_in(lines) else None


def _without_brackets(text: str) -> str:
    """Return a text without the brackets around its rows."""
    return re.sub(r"[\[\]]", " ", text)


def _without_parentheses(text: str) -> str:
    """Return a text without the parentheses around the vectors in its rows."""
    return re.sub(r"^(?![ \t]*#).*$", _spread, text, flags=re.MULTILINE)


def _without_outer_parentheses(text: str) -> str:
    """Return a text without the parentheses around a line of names in quotes."""
    lines = text.split("\n")
    return "\n".join(
        match[1] if (match := _QUOTED_NAMES.fullmatch(line)) else line for line in lines
    )


def _spread(line: re.Match[str]) -> str:
    return " ".join(re.sub("[()]", " ", line[0]).split())


def _have_single_quotes(lines: Sequence[str]) -> bool:
    """Return True if most lines have cells in single quotes, and no other quotes."""
    if any('"' in line for line in lines):
        return False
    quoted = [2 * len(_SINGLE.findall(line)) == line.count("'") > 0 for line in lines]
    return sum(quoted) > _MOST_QUOTED * len(lines)


def _with_double_quotes(text: str) -> str:
    """Return a text with double quotes around the cells that have single ones."""
    return _SINGLE.sub(r'"\1"', text)


def _are_years(lines: Sequence[str]) -> bool:
    """Return True for a first and a last year above rows of a year and its twelve months."""
    years, first = lines[0].split(), lines[1].split()
    return (
        len(years) == 2
        and all(len(year) == 4 and year.isdecimal() for year in years)
        and len(first) == 1 + _MONTHS
        and first[0] == years[0] <= years[1]
    )


def _with_comments_around(text: str) -> str:
    """Return rows of years and months with comments for the lines above and below them.

    The first line below them is the number that stands for a missing month.
    """
    lines = text.split("\n")
    rows = [i for i, line in enumerate(lines) if len(line.split()) == 1 + _MONTHS]
    below = [line.strip() for line in lines[rows[-1] + 1 :] if line.strip()]
    missing = f"# missing value: {below[0]}" if below and is_value(below[0], ".") else "#"
    top = next(i for i, line in enumerate(lines) if line.strip())
    lines[top] = missing
    return "\n".join(
        f"#{line}" if line.strip() and i != top and i > rows[-1] else line
        for i, line in enumerate(lines)
    )


def _without_frames(text: str) -> str:
    """Return a text with lines of ASCII in place of the frames around its cells."""
    lines = [_NUMBERED.sub("", line) for line in text.split("\n")]
    for i, line in enumerate(lines[:_MOST_LINES]):
        if line.lstrip()[:1] in ("┌", "┏") and _NAMED_FRAME.match(line.strip()):
            lines[i] = re.sub("[─━]", " ", re.sub("[┌┐┬┏┓┳]", "|", line))
    framed = sum(line.lstrip()[:1] in ("|", *_SIDES) for line in lines[:_MOST_LINES])
    rows = any(re.match(rf"\s*Row\s*[{_SIDES}]", line) for line in lines[:_MOST_LINES])
    if rows and 2 * framed < len(lines[:_MOST_LINES]):
        # Julia draws one line between the numbers of the rows and the columns, which blanks divide.
        return "\n".join(lines).translate({ord(side): " " for side in _SIDES} | _RULES)
    return "\n".join(lines).translate({ord(side): "|" for side in _SIDES} | _RULES)


def _with_json_in_cells(text: str) -> str:
    """Return a text with the time, the topic and the object of JSON of each line in cells."""
    return "\n".join(map(_in_cells, text.split("\n")))


def _in_cells(line: str) -> str:
    """Return the parts of a line with JSON as cells with commas between."""
    match = _BEFORE_JSON.fullmatch(line)
    if match is None:
        return line
    quoted = '"' + match[3].replace('"', '""') + '"'
    return ",".join(filter(None, (match[1], match[2], quoted)))


def _with_ascii_digits(text: str) -> str:
    """Return a text with the digits and signs of ASCII for those of other scripts and widths."""
    table: dict[int, str] = {}
    for sign in {*text}:
        if sign.isascii():
            continue
        if sign.isdecimal():
            table[ord(sign)] = str(unicodedata.decimal(sign))
        elif "\uff01" <= sign <= "\uff5e" and not sign.isalpha():
            table[ord(sign)] = chr(ord(sign) - 0xFEE0)
        elif sign in _SIGNS:
            table[ord(sign)] = _SIGNS[sign]
    return text.translate(table)


def _are_quoted(lines: Sequence[str]) -> bool:
    """Return True if each line is one quoted cell with several fields in it, as many as others."""
    if len(lines) < _FEWEST_LINES or not all(_QUOTED.fullmatch(line.strip()) for line in lines):
        return False
    inside = [_unquoted(line) for line in lines]
    for sign, fewest in ((";", 1), ("\t", 1), (",", 2)):
        counts = {line.count(sign) for line in inside}
        if len(counts) == 1 and counts.pop() >= fewest:
            return not any(is_value(line.strip(), ".") for line in inside)
    return False


def _unquoted(line: str) -> str:
    """Return a line that is one quoted cell without its quotes."""
    stripped = line.strip()
    return stripped[1:-1].replace('""', '"') if _QUOTED.fullmatch(stripped) else line


def _without_quotes(text: str) -> str:
    """Return a text of lines that are quoted as a whole without these quotes."""
    return "\n".join(map(_unquoted, text.split("\n")))
