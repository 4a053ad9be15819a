"""Cells of text that hold numbers: missing values, units, signs between thousands."""

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd

from spectra.arrays import BoolArray, Float64Array
from spectra.datasets.readers.cells.absent_words import BESIDE_RANGE, CODED, MISSING, MISSING_WORDS

_TRUE_WORDS = frozenset(
    {"true", "wahr", "vrai", "verdadero", "verdadeiro", "vero", "waar", "prawda", "истина"}
)
_FALSE_WORDS = frozenset({"false", "falsch", "faux", "falso", "onwaar", "fałsz", "ложь"})
"""Words, in lower case, that workbooks write for what is true and for what is not."""
NUMBER_WORDS = _TRUE_WORDS | _FALSE_WORDS | {"inf", "+inf", "infinity"}
"""Words, in lower case, that are read as numbers or refused as infinite."""
_LIMIT = re.compile(r"[<>≤≥]=?\s*[+-]?\d[\d.,]*(\s*[^\d\s].*)?")
_GROUPS = "[+-]?[1-9]\\d{{0,2}}({0})\\d{{3}}(?:\\1\\d{{3}})*({1}\\d+)?"
GROUPED = {
    ".": re.compile(
        _GROUPS.format("[, '\u00a0\u202f’]", "\\.") + r"|[+-]?[1-9]\d?(,\d\d)+,\d{3}(\.\d+)?"
    ),
    ",": re.compile(_GROUPS.format("[. '\u00a0\u202f’]", ",")),
}
"""Numbers with signs between their thousands, by the decimal sign: 1,234.5 and 1.234,5; India
writes 12,34,567.5."""

_NUMBER = r"[+-]?(?:\d[\d.,'\u00a0\u202f]*|[.,]\d+)(?:[eE][+-]?\d+)?"
WITH_UNIT = re.compile(
    rf"({_NUMBER})\s*([^\W\d_]{{0,3}}[^\s\d.,;:+'\"\]}}-][^\d\s;:\"]{{0,10}}\d?"
    r"(?: (?:AC|DC|rms|RMS)|(?<=deg) [CF]|(?<=degrees) [CF]|(?<=%) (?:RH|rH|rF|rh))?)"
)
"""A number and its unit, such as "12.51 °C" and "0.21 V DC"."""
_DURATION = re.compile(
    r"(?=\d+ ?[a-z]+ ?\d)(?:\d+ ?d(?:ays?)? ?)?(?:\d+ ?h(?:r|ours?)? ?)?"
    r"(?:\d+ ?m(?:in(?:utes?)?)? ?)?(?:\d+(?:\.\d+)? ?s(?:ec(?:onds?)?)?)?"
)
"""A duration of several units: 1m30.5s, 1h 2min 5s."""
_MARK = r"(?:[*#!?†‡^]{1,2}|[ABDEFHJLQRSUXbefprz])"
"""Marks behind a number, less letters that are units or prefixes of them: K, M, G, P, T. Statistics
of Europe write small ones: 58.8 p is provisional."""
_ANY_MARK = r"(?:[*#!?†‡^]{1,2}|[A-Za-z])"
_REMARK = r"(?<=\s)\s{0,3}(?:#+|//+|<-+)\s?[^\W\d].*"
"""Words of a person behind a number, at a comment sign or an arrow: 63.1 # door open."""
_RARE = 0.02
"""Share of the cells up to which any letter is a mark: prefixes stand in more of them."""
_PREFIX_ALONE = frozenset("kKMG")
"""Letters that stand for a factor where other numbers of the column have none: 950, 1.1K."""
_SMALL_ALONE = frozenset("mµun")
"""Letters that may stand for a factor below 1 there: 1.2, 950m."""
WITH_CURRENCY = re.compile(rf"([€$£¥])\s*({_NUMBER})")
_AMOUNT = re.compile(r"^(?=\(.*\)$|-)[(-]\s?([€$£¥])\s?(\d[\d.,'\u00a0\u202f]*)\)?$")
"""An amount below zero with its sign, or parentheses, around the currency."""
BLANKS_IN_UNITED = re.compile(
    r"(?<=\d) (?=\d{3}(?:(?: \d{3})*(?:[.,]\d+)?)\s?(?:[€$£¥%]|[^\W\d_]{1,6}[²³]?)$)"
)
"""A blank between thousands with a unit behind them: 2 000 014,50 €."""

GRADED = re.compile(r"([+-]?\d{4,6}),[0-9A-Z]")
GRADED_SIGNED = re.compile(r"[+-]\d{4,6},[0-9A-Z]")
"""Whole numbers of a fixed width with a grade behind a comma, as weather stations send them."""
HEXADECIMAL = re.compile(r"[+-]?0[xX][0-9a-fA-F]{1,15}")
_SIGNED = re.compile(r"^([+-])\s+(?=[\d.,])")
_ALONE = re.compile(r"^\[\s*(.*?)\s*\]$")
"""A list of one number: [60]."""
_NOTATIONS = (
    (_ALONE, r"\1"),
    (_SIGNED, r"\1"),
    (re.compile(r"(?<=\d);$"), ""),
    (re.compile(r'^="([^"]*)"$'), r"\1"),
)
"""Notations of numbers and what they stand for: [60], "+  5", a semicolon that ends a row, and
="60", which keeps a workbook from changing it."""
_UNSIGNED = re.compile(r"\d[\d.,' ]*")
_ACCOUNTED = re.compile(r"^\(([\d.,' ]+)\)$")
_SIGN_BEHIND = re.compile(r"^(\d[\d.,' ]*)-$")
_FILLED = re.compile(r"[xX]{2,}(?:[.,][xX]+)?|#{2,}|#¡?[^\W\d_][\w/. ]{0,14}[!?]?")
"""Letters in the place of digits: XXX,XXX, ##### of a narrow column, and errors of workbooks in any
language: #DIV/0!, #NV, #¡VALOR!."""
_DASHES = re.compile(r"[-–—. ]*")

PREFIXES = {
    "G": 1e9,
    "M": 1e6,
    "k": 1e3,
    "K": 1e3,
    "": 1.0,
    "m": 1e-3,
    "µ": 1e-6,
    "u": 1e-6,
    "n": 1e-9,
    "Ti": 1024.0**4,
    "Gi": 1024.0**3,
    "Mi": 1024.0**2,
    "Ki": 1024.0,
    "T": 1e12,
}
_REPEATED, _DISTINCT = 3, 5
_ENOUGH = 1000
_SHORT = 3000
"""Cells up to which Python's own texts are faster: each operation of Arrow begins with half a
millisecond."""


@dataclass(frozen=True)
class Cells:
    """Numbers in a column of text.

    `values` (n,) are NaN where a value is missing; `bad` (n,) marks what is no number; `missing`
    counts the words that were taken as missing; `unit` stood behind the numbers; `marked` counts
    the numbers that were read without a mark behind them; `hexadecimal` says that they were written
    like 0x1F; `prefix` stood behind some of them in place of zeros.
    """

    values: Float64Array
    bad: BoolArray
    missing: dict[str, int] = field(default_factory=dict)
    unit: str = ""
    marked: int = 0
    hexadecimal: bool = False
    prefix: str = ""

    def count_words(self) -> int:
        """Return how many cells hold a word; dashes and dots are none."""
        words = sum(n for word, n in self.missing.items() if not _DASHES.fullmatch(word))
        return int(np.sum(self.bad)) + words


def read_cells(column: "pd.Series[float]", decimal: str) -> Cells:
    """Read the numbers in a column of text."""
    text = column.astype("str").str.strip()
    if len(text) <= _SHORT:
        text = text.astype(object)
    text = _plainly_grouped(text)
    lowered = text.str.lower()
    void = (column.isna() | lowered.isin(MISSING)).to_numpy()
    text = text.mask(lowered.isin(_TRUE_WORDS), "1").mask(lowered.isin(_FALSE_WORDS), "0")
    text = text.mask(void)
    if (hexadecimal := _from_hexadecimal(text)) is not None:
        return Cells(hexadecimal, np.isnan(hexadecimal) & ~void, hexadecimal=True)
    unit, values = _with_one_unit(text, decimal) or ("", _numbers(text, decimal))
    bad = np.isnan(values) & ~void
    if not bad.any():
        return Cells(values, bad, unit=unit)
    marked, prefix = 0, ""
    if not unit:
        values[bad] = _marked(text[bad], decimal, int(np.sum(~np.isnan(values))))
        marked = int(np.sum(~np.isnan(values[bad])))
        bad = np.isnan(values) & ~void
    if not unit and bad.any():
        unit, scaled = _with_unit(text[bad], decimal)
        if _is_factor(unit, scaled, values):
            if _are_marks(scaled, values) or _are_printed_alike(text[bad], text[~bad], decimal):
                marked = len(scaled)
            else:
                prefix, scaled = unit, scaled * PREFIXES[unit]
            unit = ""
        values[np.flatnonzero(bad)[scaled.index]] = scaled.to_numpy()
        bad = np.isnan(values) & ~void
    if not unit and bad.any() and _are_printed_alike(text[bad], text[~bad], decimal):
        values[bad] = _numbers(_parts(text[bad], rf"({_NUMBER})\s?{_ANY_MARK}")[0], decimal)
        marked += int(np.sum(~np.isnan(values[bad])))
        bad = np.isnan(values) & ~void
    words = text[bad]
    absent = _absent(words, int(np.sum(~np.isnan(values))))
    found = Counter(words[absent].tolist())
    bad[np.flatnonzero(bad)[absent]] = False
    return Cells(values, bad, dict(found), unit, marked, prefix=prefix)


def _plainly_grouped(text: "pd.Series[str]") -> "pd.Series[str]":
    """Return texts with the sign of an amount before its number, and no blanks in numbers.

    ($1,000.50) and -$1,000.50 are $-1,000.50, and 1 000,50 kWh is 1000,50 kWh.
    """
    first = text.iloc[:_ENOUGH]
    if first.str.fullmatch(_AMOUNT).any():
        text = text.str.replace(_AMOUNT, r"\1-\2", regex=True)
    if first.str.contains(BLANKS_IN_UNITED, regex=True).any():
        text = text.str.replace(BLANKS_IN_UNITED, "", regex=True)
    return text


def _from_hexadecimal(text: "pd.Series[str]") -> Float64Array | None:
    """Return the numbers of texts such as 0x1F, NaN for others; None where few are such."""
    known = text.dropna()
    if not len(known) or not HEXADECIMAL.fullmatch(str(known.iloc[0])):
        return None
    fits = text.str.fullmatch(HEXADECIMAL).fillna(False).to_numpy(dtype=np.bool_)
    if 2 * fits.sum() < len(known):
        return None
    values = np.full(len(text), np.nan)
    values[fits] = [int(cell, 16) for cell in text[fits]]
    return values


def _parts(text: "pd.Series[str]", pattern: str) -> pd.DataFrame:
    """Return the groups of a pattern that whole texts fit, a column each, NaN for other texts."""
    places, distinct = pd.factorize(text)
    return pd.Series(distinct).str.extract(f"^{pattern}$").take(places).set_axis(text.index)


def _marked(text: "pd.Series[str]", decimal: str, n_numbers: int) -> Float64Array:
    """Return the numbers of cells such as 20.4* and 55.1 H, NaN for other cells.

    A mark behind a number says how good it is: estimated, suspect, higher than it should be. It
    stands at fewer cells than have none.
    """
    rare = len(text) <= _RARE * n_numbers
    parts = _parts(text, rf"({_NUMBER})\s?(?:{_ANY_MARK if rare else _MARK}|{_REMARK})")[0]
    if parts.notna().sum() > n_numbers:
        return np.full(len(text), np.nan)
    return _numbers(parts, decimal)


def _with_one_unit(text: "pd.Series[str]", decimal: str) -> tuple[str, Float64Array] | None:
    """Return the one unit that cells are written with and their numbers, NaN for words.

    None is returned for other cells. To take one ending off all cells is far faster than to divide
    each of them.
    """
    cells = (str(cell) for cell in text.iloc[:_ENOUGH] if cell == cell)
    first = next((cell for cell in cells if cell.lower() not in MISSING_WORDS), "")
    match = WITH_UNIT.fullmatch(first)
    if match is None:
        return None
    ending = first[match.end(1) :]
    with_it = text.str.endswith(ending, na=False)
    if with_it.sum() < _REPEATED or with_it.mean() <= 0.5:
        return None
    plain = text.str.removesuffix(ending).str.rstrip(" \u00a0\u202f")
    values = _numbers(plain, decimal)
    rest = text[np.isnan(values) & text.notna().to_numpy()]
    if match[2] in _PREFIX_ALONE and bool(np.nan_to_num(values[~with_it.to_numpy()]).any()):
        return None
    others = rest.str.fullmatch(WITH_UNIT) | rest.str.fullmatch(WITH_CURRENCY)
    # W and kW in one column are brought to one unit elsewhere.
    return None if others.any() else (match[2], values)


def _numbers(text: "pd.Series[str]", decimal: str) -> Float64Array:
    """Return the numbers of plain texts, NaN where one is none."""
    values = _parsed(text)
    if decimal == ",":
        # Beside a decimal comma 1.017 is a thousand and more.
        values[text.str.fullmatch(GROUPED[","]).fillna(False).to_numpy(dtype=np.bool_)] = np.nan
    bad = np.isnan(values) & text.notna().to_numpy()
    if bad.any():
        places, distinct = pd.factorize(text[bad])
        rest = pd.Series(distinct)
        values[bad] = _in_notations(rest, decimal, beside=not np.isnan(values).all())[places]
    return values


def _in_notations(text: "pd.Series[str]", decimal: str, *, beside: bool) -> Float64Array:
    """Return numbers in other notations, `beside` plain ones or not, NaN for others."""
    # A minus of typesetters, and the mark by which Excel makes a text of a number.
    text = text.str.replace(r"^'(.*)'$", r"\1", regex=True)
    text = text.str.replace(r"^[−–](?=[\d.,])", "-", regex=True).str.removeprefix("'")
    for pattern, plain in _NOTATIONS:
        text = text.str.replace(pattern, plain, regex=True)
    if beside or text.str.fullmatch(_UNSIGNED).any():
        # Accountants write (1.5) or 1.5- for -1.5, beside numbers that are positive.
        text = text.str.replace(_ACCOUNTED, r"-\1", regex=True)
        text = text.str.replace(_SIGN_BEHIND, r"-\1", regex=True)
    grouped = text.str.fullmatch(GROUPED[decimal])
    text = text.mask(grouped, text.str.replace(f"[^\\d+{decimal}-]", "", regex=True))
    return _parsed(text.str.replace(decimal, ".", regex=False))


def _parsed(text: "pd.Series[str]") -> Float64Array:
    """Return the numbers that pandas reads, NaN where it reads none."""
    return np.array(
        pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    )


def _with_unit(text: "pd.Series[str]", decimal: str) -> tuple[str, "pd.Series[float]"]:
    """Return the common unit of numbers with units, and the numbers by their position.

    Units that differ by an SI prefix only are brought to the one of the first number. Without a
    common unit, or where it stands at fewer than a few cells, nothing is returned.
    """
    none = "", pd.Series(dtype=np.float64)
    text = text.reset_index(drop=True)
    # 1.#INF of C is no number with a unit.
    text = text.mask(text.str.lower().isin(MISSING_WORDS), "")
    if not _may_have_units(text):
        return none
    parts = _parts(text, WITH_UNIT.pattern)
    front = _parts(text, WITH_CURRENCY.pattern)
    parts = parts.where(front[0].isna(), front[[1, 0]].set_axis([0, 1], axis=1))
    parts = parts.dropna()
    units = list(dict.fromkeys(parts[1]))
    factors = _factors(units)
    if len(parts) < _REPEATED or factors is None:
        return none
    values = _numbers(parts[0], decimal) * parts[1].map(factors).to_numpy(dtype=np.float64)
    return units[0], pd.Series(values, index=parts.index)


def _is_factor(unit: str, numbers: "pd.Series[float]", others: Float64Array) -> bool:
    """Return True if what stands behind some numbers is a factor beside others without any.

    Small factors may be units too, such as m: with them the numbers lie nearer to the others.
    """
    if unit not in _PREFIX_ALONE | _SMALL_ALONE or np.isnan(others).all():
        return False
    if unit in _PREFIX_ALONE:
        return True
    usual, other = float(np.nanmedian(np.abs(numbers))), float(np.nanmedian(np.abs(others)))
    return usual > 0 and other > 0 and usual * PREFIXES[unit] > other**2 / usual


def _are_marks(numbers: "pd.Series[float]", others: Float64Array) -> bool:
    """Return True if a letter behind a few numbers, which lie among the others, is no factor."""
    rare = len(numbers) <= 0.1 * np.sum(~np.isnan(others))
    return bool(rare and np.nanmin(others) <= numbers.min() and numbers.max() <= np.nanmax(others))


def _are_printed_alike(marked: "pd.Series[str]", plain: "pd.Series[str]", decimal: str) -> bool:
    """Return True if numbers with a letter lie among those without, with as many decimals.

    One is below 1, which no factor makes shorter; or the others differ by less than a factor of
    ten, and thousands would lie far beyond all of them.
    """
    parts = _parts(marked, rf"({_NUMBER})\s?{_ANY_MARK}")[0].dropna()
    if not len(parts) or len(parts) >= len(plain):
        return False
    first = (*parts.iloc[:_ENOUGH], *plain.dropna().iloc[:_ENOUGH])
    numbers, others = np.abs(_numbers(parts, decimal)), np.abs(_numbers(plain, decimal))
    if len({len(str(cell).partition(decimal)[2]) for cell in first}) != 1:
        return False
    if np.isnan(numbers).any() or np.isnan(others).all():
        return False
    low, high = np.nanmin(others), np.nanmax(others)
    if np.any((numbers > 0) & (numbers < 1)):
        return bool(np.nanmax(numbers) <= high)
    return bool(low > 0 and high < 10 * low and np.all((low < 2 * numbers) & (numbers < 2 * high)))


@lru_cache(maxsize=8192)
def is_number_with_unit(text: str) -> bool:
    """Return True for a number with a unit behind it or a currency before it, or a duration."""
    return any(one.fullmatch(text) for one in (WITH_UNIT, WITH_CURRENCY, _DURATION))


def _may_have_units(text: "pd.Series[str]") -> bool:
    """Return True if most of the first cells are a number and its unit."""
    first = text.iloc[:_ENOUGH]
    hits = first.str.fullmatch(WITH_UNIT) | first.str.fullmatch(WITH_CURRENCY)
    return bool(len(first) >= _REPEATED and hits.mean() > 0.5)


def _factors(units: list[str]) -> dict[str, float] | None:
    """Return the factor from each unit to the first one, None where they measure other things."""
    if len(units) > 1 and _PREFIX_ALONE.issuperset(units):
        return {unit: PREFIXES[unit] / PREFIXES[units[0]] for unit in units}
    shortest = min(units, key=len)
    for start in range(len(shortest) - 1, -1, -1):
        base = shortest[start:]
        prefixes = [unit.removesuffix(base) if unit.endswith(base) else None for unit in units]
        factors = [PREFIXES[prefix] for prefix in prefixes if prefix in PREFIXES]
        if len(factors) == len(units):
            return {unit: one / factors[0] for unit, one in zip(units, factors, strict=True)}
    return {units[0]: 1.0} if len(units) == 1 else None


def _absent(words: "pd.Series[str]", n_numbers: int) -> BoolArray:
    """Return which texts stand for a missing value: known words, limits, words that repeat.

    A text that occurs once, such as "broken", may be a slip of the pen and is none of them.
    """
    places, distinct = pd.factorize(words)
    known = np.array([_is_absent(word) for word in distinct], dtype=np.bool_)[places]
    others = words[~known]
    counts = Counter(others.tolist())
    repeats = len(counts) <= _DISTINCT and all(count >= _REPEATED for count in counts.values())
    wordy = all(re.match(r"[^\W\d]", word) for word in counts)
    if counts and repeats and wordy and len(others) < 0.5 * n_numbers:
        known[:] = True
    return known


def _is_absent(word: str) -> bool:
    """Return True for a known word for a missing value, and for a limit such as <0.5."""
    lowered = word.lower()
    return (
        lowered in MISSING_WORDS
        or lowered.strip("<>[]") in MISSING_WORDS
        or any(one.fullmatch(word) for one in (_LIMIT, _FILLED))
        or any(one.fullmatch(lowered) for one in (BESIDE_RANGE, CODED))
    )
