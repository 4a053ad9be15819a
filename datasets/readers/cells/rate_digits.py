"""Rates in hertz with signs between their thousands, in the words around a table."""

import re
from collections.abc import Sequence

_GROUPED_HERTZ = {
    decimal: re.compile(
        rf"(?:(?<![\d.])(?<!\d,)[1-9]\d{{0,2}}(?:{other}\d{{3}})+"
        # Blanks only behind a key: the number of a channel may stand before its rate.
        r"|(?:(?<=[:=])|(?<=[:=]\s))[1-9]\d{0,2}(?:[ \u00a0\u202f']\d{3})+)"
        r"(?=\s?(?:[kMG]?(?:Hz|Sa?/s|SPS)|Hertz)\b)",
        re.IGNORECASE,
    )
    for decimal, other in ((".", ","), (",", "\\."))
}
_GROUPED_BEHIND = {
    decimal: re.compile(
        rf"(?<=Hz[\])])(?:\s?[:=]\s?|[;\t])[1-9]\d{{0,2}}(?:{other}\d{{3}})+(?![\d.,])",
        re.IGNORECASE,
    )
    for decimal, other in ((".", ","), (",", "\\."))
}
"""Such numbers behind the unit: Sample rate (Hz): 1,000."""
_BOTH_SIGNS = re.compile(
    r"(?<![\d.,])([1-9]\d{0,2}(?:\.\d{3})+(?=,)|[1-9]\d{0,2}(?:,\d{3})+(?=\.))[.,](\d{1,6})(?![\d.,])"
    r"(?=\s?(?:[kMG]?(?:Hz|Sa?/s|SPS)|Hertz)\b)",
    re.IGNORECASE,
)
"""Numbers with signs between thousands and before fractions: 1.000,00 Hz."""


def without_thousands(texts: Sequence[str], decimal: str) -> list[str]:
    """Return lines whose rates have lost the signs between thousands.

    Where the `decimal` sign of the table is known, the other stands between thousands of hertz.
    """
    plain = [_BOTH_SIGNS.sub(_plainly, text) for text in texts]
    for pattern in (_GROUPED_BEHIND, _GROUPED_HERTZ) if decimal else ():
        plain = [pattern[decimal].sub(_without_signs, text) for text in plain]
    return plain


def _plainly(match: re.Match[str]) -> str:
    """Return a number with both signs without those between its thousands."""
    return f"{re.sub(r'[.,]', '', match[1])}.{match[2]}"


def _without_signs(match: re.Match[str]) -> str:
    """Return a number without the signs between its thousands, and what stands before it."""
    return re.sub(r"(?<=\d)\D(?=\d)", "", match[0])
