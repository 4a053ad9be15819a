"""Names of columns that are listed above a table, one a line or behind a key."""

import re
from collections.abc import Sequence
from itertools import takewhile

from spectra.datasets.readers.dates.dates import looks_like_date

_ATTRIBUTE = re.compile(r"\s*@attribute\s+('[^']{1,99}'|\"[^\"]{1,99}\"|\S{1,99})", re.IGNORECASE)
"""A line of the header of an ARFF file."""
_NUMBERED = re.compile(
    r"[#%;/\s]{0,20}(?:(?:column|col|channel|ch|field|name|kanal|spalte|canal|colonne|sig|signal|var|variable|trace)[\s_.#]{0,3})?"
    r"(\d{1,3})(?:\s{0,5}[:=.)-]\s{0,20}|\s{1,20})([^\W\d].{0,200})",
    re.IGNORECASE,
)
"""A line such as "# 1: time [s]", "Column 2 = pressure" and "#  3 MAG  Magnitude"."""
_LEGEND = re.compile(r'@\s{0,9}s(\d{1,3})\s{1,9}legend\s{1,9}"([^"]{1,200})"')
"""The name of a curve of xmgrace: @ s0 legend "Potential"."""
_FIELDS = re.compile(r"#!\s*FIELDS\s+(\S.{0,10000})")
"""The line of names of PLUMED, which others follow: #! FIELDS time d1."""
_KEYED = re.compile(r"\blabels\s?[:=]\s?([^,;\t]{1,10000})", re.IGNORECASE)
_DIVIDED = re.compile(
    r"\W{0,9}(?:channel|signal|column|electrode)\s?(?:names?|labels?)\s?[:=]\s?(\S.{1,10000})",
    re.IGNORECASE,
)
"""Names behind a key, with a sign between them: ChannelNames=Fp1,Fp2."""
_LISTED = re.compile(
    r"\W{0,9}(?:channels?|columns?|fields|signals|electrodes|leads|variables)"
    r"(?:\s?(?:names?|labels?|list|order))?\s?[:=]\s?([^\W\d].{1,10000})",
    re.IGNORECASE,
)
"""Names behind a key, which blanks or commas may divide: Channels: Fz Cz Pz."""
_TECPLOT = re.compile(r"\s*VARIABLES\s*=\s*(.*)", re.IGNORECASE)
"""The line of the names in a text of Tecplot, which go on in the lines below."""
_QUOTED = re.compile(r"\s*\"[^\"]{0,200}\"")
_ONE_KEYED = re.compile(
    r"\W{0,9}((?:signal|channel)[\s_-]?(?:id|name|label)|identification)\s{0,40}[:=]\s?(\D.{0,200})",
    re.IGNORECASE,
)
"""A line that names one channel: Signal ID: SPO2."""
_RANGE = re.compile(r"[-+\d.,]{1,30}(?:e[-+]?\d{1,3})?\s{1,9}(\S.{0,30})", re.IGNORECASE)
_COUNTED = re.compile(r"(\d{1,3}) channels", re.IGNORECASE)
"""The line of AcqKnowledge above a name and a unit in turn, a line each."""
_MOST_LINES = 2000


def listed_names(
    lines: Sequence[str], width: int, names: Sequence[str | None], row: Sequence[str]
) -> tuple[str | None, ...] | None:
    """Return the names that lines above a table list for its columns, None without a list.

    `row` is one of the table. A list has a name for each column, or for each but the first, which
    is the time. A numbered list counts where there are no `names` of another kind: words of one of
    its lines are none.
    """
    lines = lines[:_MOST_LINES]
    found = [match[1].strip("'\"") for line in lines if (match := _ATTRIBUTE.match(line))]
    if len(found) == width:
        return tuple(found)
    if (variables := _variables(lines)) and len(variables) == width:
        return variables
    legends = [match[2] for line in lines if (match := _LEGEND.match(line.strip()))]
    if width > 1 and len(legends) == width - 1:
        return (None, *legends)
    fields = next((match[1].split() for line in lines if (match := _FIELDS.match(line))), [])
    if len(fields) == width > 1:
        return tuple(fields)
    for line in lines:
        match = _KEYED.search(line[:20_000])
        if match is not None and len(words := match[1].split()) == width > 1:
            return tuple(words)
    if not any(names) and (one := _divided(lines, width) or _one_by_one(lines, row)) is not None:
        return one
    return _numbered(lines, width, names) if width > 1 else None


def units_of_ranges(lines: Sequence[str], row: Sequence[str]) -> tuple[str, ...]:
    """Return the units behind the ranges of LabChart, a cell each: Range= 10 mV, 200 mmHg."""
    for line in lines[:_MOST_LINES]:
        key, *cells = line.rstrip("\r\n").split("\t")
        found = [match[1] for cell in cells if (match := _RANGE.fullmatch(cell.strip()))]
        before = len([*filter(None, row)]) - len(found)
        if key.strip() == "Range=" and found and len(found) == len(cells) and before in (0, 1):
            return (*[""] * before, *found)
    return ()


def units_in_turn(lines: Sequence[str], row: Sequence[str]) -> tuple[str, ...]:
    """Return the units that stand in turn with names below the number of channels; () without.

    A column of time may come first in the `row` of the table.
    """
    texts = [line.strip() for line in lines[:_MOST_LINES]]
    for i, text in enumerate(texts):
        match = _COUNTED.fullmatch(text)
        count = int(match[1]) if match is not None else 0
        block = texts[i + 1 : i + 1 + 2 * count]
        before = len([*filter(None, row)]) - count
        if count and before in (0, 1) and len(block) == 2 * count and all(block):
            behind = ("",) * (len(row) - before - count)
            return (*[""] * before, *block[1::2], *behind)
    return ()


def _divided(lines: Sequence[str], width: int) -> tuple[str, ...] | None:
    """Return the names behind a key in one line, as many as there are columns; else None."""
    for line in lines:
        for key, between in ((_DIVIDED, r"[,;\t|]"), (_LISTED, r"[,;\t|]"), (_LISTED, r"[\s,]+")):
            if (match := key.fullmatch(line.strip())) is not None:
                found = [name.strip(" \"'") for name in re.split(between, match[1])]
                if len({*found}) == width > 1 and len(found) == width and all(found):
                    return tuple(found)
    return None


def _variables(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the names in a text of Tecplot, in quotes or divided by blanks and commas."""
    for i, line in enumerate(lines):
        if (match := _TECPLOT.fullmatch(line.rstrip())) is None:
            continue
        below = takewhile(_QUOTED.match, lines[i + 1 :])
        text = " ".join((match[1], *below))
        quoted = re.findall(r'"([^"]{0,200})"', text)
        return tuple(quoted or re.split(r"[\s,]+", text.strip()))
    return ()


def _one_by_one(lines: Sequence[str], row: Sequence[str]) -> tuple[str | None, ...] | None:
    """Return the names behind one key in several lines, one for each channel; else None.

    A date and a time of day may stand before them in the `row`.
    """
    before = 0
    while before < len(row) and looks_like_date(row[before]):
        before += 1
    found: dict[str, list[str]] = {}
    for line in lines:
        if (match := _ONE_KEYED.fullmatch(line.strip())) is not None:
            found.setdefault(match[1].casefold(), []).append(match[2].strip(" \"',;\t"))
    for one in found.values():
        if len({*one}) == len(one) == len(row) - before:
            return (*[None] * before, *one)
    return None


def _numbered(
    lines: Sequence[str], width: int, names: Sequence[str | None]
) -> tuple[str | None, ...] | None:
    """Return the names of the first list of lines that are numbered one after another."""
    run: list[tuple[int, str, str]] = []
    for line in (*lines, ""):
        match = _NUMBERED.fullmatch(line.rstrip())
        number = int(match[1]) if match is not None else -1
        if match is None or not run or number != run[-1][0] + 1:
            found = [name for _, name, _ in run]
            whole = len(run) in (width, width - 1) and len({*found}) == len(run) > 1
            if whole and any(all(name in one for name in names if name) for *_, one in run):
                return (*[None] * (width - len(run)), *found)
            run = []
        if match is not None and (run or number in (0, 1)):
            run.append((number, _name(match[2]), line))
    return None


def _name(text: str) -> str:
    """Return a name without the description that stands behind several blanks."""
    return re.split(r"\s{2,}|\t", text.strip(), maxsplit=1)[0].rstrip(" ,;:")
