"""Numbers between the words of other programs: waves of Igor, arrays of C, samples of EyeLink."""

import re
from itertools import zip_longest

from spectra.datasets.readers.cells.time_units import SECONDS

_WAVES = re.compile(r"\s*WAVES\S{0,40}\s+(\S.{0,2000})", re.IGNORECASE)
_WAVE_NAME = re.compile(r"'[^'\r\n]{1,99}'|[^\s,]{1,99}")
_STEP = re.compile(
    r"SetScale\s*/P\s{0,9}x,?\s{0,9}[-+.\deE]{1,30}\s{0,9},\s{0,9}([+.\deE-]{1,30})\s{0,9},"
    r'\s{0,9}"(\w{1,9})"',
    re.IGNORECASE,
)
"""The step and the unit of time of a wave: X SetScale/P x 0,0.001,"s", wave0."""
_UNIT = re.compile(
    r'SetScale\s{0,9}[yd],?[^;"\r\n]{0,80}"([^"\r\n]{1,20})"\s{0,9},\s{0,9}([^;\r\n]{1,2000})',
    re.IGNORECASE,
)
"""The unit of the values of waves: SetScale d 0,0,"V", wave0."""
_ARRAY = re.compile(
    r"^[^={}\[\]\r\n#\"',;]{0,120}?(?<!\w)(\w{1,80})[ \t]{0,9}\[[^\]\r\n]{0,40}\]"
    r"[^={}\[\]\r\n]{0,40}=\s{0,9}\{([^{}]*)\}\s{0,9};?",
    re.MULTILINE,
)
_ARRAY_BEGINS = re.compile(
    r"^[^={}\[\]\r\n#\"',;]{0,120}?(?<!\w)\w{1,80}[ \t]{0,9}(?:\[[^\]\r\n]{0,40}\]){1,4}"
    r"[^={}\[\]\r\n]{0,40}=\s{0,9}\{",
    re.MULTILINE,
)
_C_COMMENT = re.compile(r"/\*[^*]*\*/|//[^\r\n]*")
_C_NUMBER = re.compile(r"([-+]?(?:0[xX][\dA-Fa-f]+|\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+))[fFlLuU]{0,3}")
_REPLY = re.compile(
    r"(?:\[(\d{9,10}\.\d{1,9})\] )?\d{1,6} bytes from \S.{0,120}?: icmp_seq=(\d{1,9}) "
    r"ttl=(\d{1,3}) time=([\d.]{1,12}) ms\s*"
)
"""A line of ping, with the time that its option -D writes or without."""
_ATF = re.compile(r"ATF\s{1,9}\d\.\d\s*")
_TWO_COUNTS = re.compile(r"\d{1,5}\s{1,9}\d{1,5}\s*")
"""The numbers of lines and of columns below it."""
_EYES = re.compile(r"^SAMPLES\t(?:GAZE|HREF|PUPIL)\t[^\r\n]{0,200}", re.MULTILINE)
"""Words of EyeLink on its samples, above them."""
_EYE = re.compile(r"\b(?:LEFT|RIGHT)\b")
_NUMBER_OR_NONE = re.compile(r"[-+]?\d[\d.]{0,20}(?:e[-+]?\d{1,3})?|\.", re.IGNORECASE)
_MOST_LINES = 200


def is_waves(lines: list[str]) -> bool:
    """Return True for the beginning of a text of Igor (ITX)."""
    return bool(lines) and lines[0].strip().upper() == "IGOR"


def has_array(head: str) -> bool:
    """Return True for a text that has an array of C among its first lines."""
    lines = head.split("\n")[:_MOST_LINES]
    # The brace may stand in a line of its own.
    return any(
        "[" in line and "=" in line and _ARRAY_BEGINS.match(line + below) is not None
        for line, below in zip_longest(lines, lines[1:], fillvalue="")
    )


def plain_waves(text: str) -> str:
    """Return the only block of waves of a text of Igor as a table, others as they are."""
    lines = text.split("\n")
    marks = [line.strip().upper() for line in lines]
    if marks.count("BEGIN") != 1 or "END" not in marks:
        return text
    begin, end = marks.index("BEGIN"), marks.index("END")
    waves = next((match for line in lines[:begin] if (match := _WAVES.match(line))), None)
    if waves is None or end < begin:
        return text
    commands = "\n".join(lines[end + 1 :])
    units = {
        name.strip("'"): unit
        for unit, names in _UNIT.findall(commands)
        for name in _WAVE_NAME.findall(names)
    }
    names = [name.strip("'") for name in _WAVE_NAME.findall(waves[1])]
    titles = (f"{name} [{units[name]}]" if name in units else name for name in names)
    step = _STEP.search(commands)
    known = step is not None and step[2].casefold() in SECONDS
    said = f"# Sample interval: {step[1]} {step[2]}" if step is not None and known else "#"
    return "\n".join([said, *["#"] * (begin - 1), "\t".join(titles), *lines[begin + 1 : end]])


def plain_array(text: str) -> str:
    """Return the numbers of the only array of a text of C, one a line; others as they are."""
    bare = _C_COMMENT.sub("", text)
    found = _ARRAY.findall(bare)
    if len(found) != 1 or len(_ARRAY_BEGINS.findall(bare)) != 1:
        return text
    name, inside = found[0]
    cells = [cell for part in inside.split(",") if (cell := part.strip())]
    numbers = [_C_NUMBER.fullmatch(cell) for cell in cells]
    if not all(numbers):
        return text
    defined = [line.replace("\t", " ") for line in bare.split("\n") if line.startswith("#define")]
    return "\n".join([*defined, name, *(match[1] for match in numbers if match)])


def are_replies(lines: list[str]) -> bool:
    """Return True if most of the lines are replies to ping."""
    return 2 * sum(map(bool, map(_REPLY.fullmatch, lines))) > len(lines)


def plain_replies(text: str) -> str:
    """Return the replies to ping as a table of their times, with comments for other lines."""
    rows, timed = [], False
    for line in text.split("\n"):
        match = _REPLY.fullmatch(line)
        timed = timed or bool(match and match[1])
        rows.append(f"# {line}" if match is None else ",".join(filter(None, match.groups())))
    # The first line says who is asked, unless it was cut off.
    names = ("time," if timed else "") + "icmp_seq,ttl,round trip (ms)"
    return "\n".join([names, *(rows[1:] if rows[0].startswith("#") else rows)])


def is_atf(lines: list[str]) -> bool:
    """Return True for the beginning of a text of Axon (ATF)."""
    return len(lines) > 1 and bool(_ATF.fullmatch(lines[0]) and _TWO_COUNTS.fullmatch(lines[1]))


def plain_atf(text: str) -> str:
    """Return a text of Axon with its version and its counts of lines and columns as comments."""
    first, second, rest = text.split("\n", 2)
    return f"# {first}\n# {second}\n{rest}"


def has_samples_of_eyes(head: str) -> bool:
    """Return True for a text of EyeLink, which says what samples stand in it."""
    return _EYES.search(head) is not None


def plain_samples_of_eyes(text: str) -> str:
    """Return the samples of a text of EyeLink as a table, with comments for events and messages.

    A sample without a place of the eye has no size of the pupil.
    """
    lines = text.split("\n")
    rows = [_sample_of_eyes(line) if line[:1].isdigit() else None for line in lines]
    widths = {len(row) for row in rows if row is not None}
    said = _EYES.search(text)
    eyes = [eye.casefold() for eye in _EYE.findall(said[0] if said is not None else "")]
    names = [f"{eye} {of}" for eye in eyes for of in ("x", "y", "pupil")]
    if len(widths) != 1 or rows[0] is not None:
        return text
    width = widths.pop()
    names = [*names[: width - 1], *[""] * (width - 1 - len(names))]
    written = ["#" if row is None else "\t".join(row) for row in rows]
    return "\n".join(["\t".join(["time (ms)", *names]), *written[1:]])


def _sample_of_eyes(line: str) -> list[str]:
    """Return the time and the numbers of a sample, without marks behind them."""
    cells = line.split("\t") if "\t" in line else line.split()
    cells = [cell.strip() for cell in cells]
    while cells and not _NUMBER_OR_NONE.fullmatch(cells[-1]):
        cells.pop()
    time, *values = cells or [""]
    for i in range(0, len(values) - 2, 3):
        if values[i] == values[i + 1] == ".":
            values[i + 2] = "."
    return [time, *("" if cell == "." else cell for cell in values)]
