"""Columns that say how good the values beside them are: rows that are called bad have no value."""

import re
from collections.abc import Sequence

import numpy as np

from spectra.arrays import BoolArray
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.names import words
from spectra.datasets.readers.tables.channels import Channels

_NAMES = frozenset(
    {"quality", "qualität", "qualitätscode", "calidad", "qualité", "kwaliteit", "opc", "validity"}
    | {"qualità", "qualidade", "jakość", "kvalita", "kvalitet", "kalite", "ποιότητα", "качество"}
)
_TRUTHS = frozenset({"good", "valid", "ok", "gut", "gültig", "válido", "valide"})
"""Names of a column of true and false that says whether the values are good."""
_STATUS = frozenset({"status", "code"})
_GOOD = (
    *("good", "ok", "valid", "gut", "gültig", "0x00", "0x40", "bon", "buen", "buon", "bom", "boa"),
    *("goed", "dobr", "iyi", "καλ", "хорош", "достовер", "良"),
)
_BAD = (
    *("mauvais", "mal", "mau", "cattiv", "slecht", "zł", "špatn", "kötü", "κακ", "плох", "ruim"),
    *("недостовер", "不良"),
    *("bad", "invalid", "not valid", "schlecht", "ungültig", "error", "fail", "stale", "0x8"),
)
"""Beginnings of words, in lower case: Good, Good [Non-Specific], BAD_NOT_CONNECTED, and the status
codes of OPC UA, whose first two bits say good, uncertain or bad."""
_QUALITY = re.compile(rf"(?:{'|'.join(_NAMES)})\W*$", re.IGNORECASE)
_OPC = re.compile(r"0x(?:[0-9a-f]{2,4}|0000[0-9a-f]{4})", re.IGNORECASE)
"""Codes of OPC in as few or as many digits as a program writes."""
_CODE = re.compile(r"0x(?:[0-9a-f]{2,4}|0000[0-9a-f]{4}|[048c][0-9a-f]{7})$", re.IGNORECASE)
_WORD = re.compile(
    r"[\[<{ ]*(?:good|bad|uncertain|questionable|valid|invalid|not valid)(?![a-z])", re.IGNORECASE
)
"""Words of historians."""
_SHORT = frozenset({"q", "qual", "qc", "status", "valid", "flag", "质量", "品质", "品質"})
"""Names that may be those of a quality, where the cells are such words or codes."""
_OPC_CODES = frozenset({*range(0, 33, 4), 64, 68, 80, 84, 88, 192, 216})
_EEA = (-99, -1, 1, 2, 3, 4)
"""Codes of the European Environment Agency, of which those below 0 are not valid."""
_MOST_WORDS = 50
_SHARES = (0, 100)
"""Shares of good samples in %, as historians give them for raw ones."""
_GOOD_CODE, _BAD_CODE = 192, 64
"""The quality of OPC that is good, and the one below which it is bad."""
_MOST_BAD, _KNOWN = 0.5, 0.99
"""Share of the rows that may be bad, and that of those whose word is known."""


def without_bad(table: Table, chosen: Channels, wanted: Sequence[int] | None) -> Channels:
    """Return channels without the values that a column calls bad, with a note.

    Such a column is no channel but where it is wanted. It goes with the channel whose name it
    begins with, or else with all channels.
    """
    kinds, titles = table.kinds(), table.titles()
    named = [i for i in range(len(kinds)) if _tells_quality(table, i, kinds[i])]
    found = {
        column: bad
        for column in named
        if column not in (wanted or ())
        and (bad := _bad_rows(table, column, kinds[column])) is not None
    }
    none = {titles[column] for column in found}
    kept = [i for i, title in enumerate(chosen.titles) if title not in none]
    if not found or not kept:
        return chosen
    names = [chosen.titles[i] for i in kept]
    values, notes = chosen.values[:, kept], list[str]()
    for column, bad in found.items():
        rows = np.flatnonzero(bad)
        for channel in _channels_of(titles[column], names):
            values[rows, channel] = np.nan
        cell = str(table.frame.iloc[int(rows[0]), column])
        said = "1 row has" if len(rows) == 1 else f"{len(rows)} rows have"
        notes.append(
            f"{said} '{cell}' or the like in {table.label(column)}: without a value (--as-is "
            "keeps it)."
        )
    units = tuple(chosen.units[i] for i in kept)
    return Channels(tuple(names), values, (*chosen.notes, *notes), units)


def _tells_quality(table: Table, column: int, kind: str) -> bool:
    """Return True if a column says how good values are, by its name and its cells."""
    name, series = words(table.names[column]), table.column(column)
    if name & _NAMES or (kind == "b" and name & _TRUTHS):
        return True
    if kind in "iu":
        if name & _TRUTHS and bool(series.isin((0, 1)).all()):
            return True
        return bool(
            name & (_SHORT | _TRUTHS) and series.isin(_OPC_CODES).all() and series.median() == 192
        )
    if kind != "O" or (name and not name & _SHORT):
        return False
    seen = [str(cell) for cell in series.dropna().unique()[:_MOST_WORDS]]
    forms = (_WORD, _CODE) if name else (_WORD,)
    return name >= _STATUS or any(all(map(form.match, seen)) for form in forms)


def _bad_rows(table: Table, column: int, kind: str) -> BoolArray | None:
    """Return the rows that a column calls bad, None where it calls none so."""
    series = table.column(column)
    if kind == "O" and all(map(_OPC.fullmatch, map(str, series.unique()))):
        series, kind = series.map(lambda code: int(code, 16)), "i"
    if kind in "iu" and words(table.names[column]) & _TRUTHS and bool(series.isin((0, 1)).all()):
        series, kind = series == 1, "b"
    if (kind in "iu" and "validity" in words(table.names[column]) and series.isin(_EEA).all()) or (
        kind in "iu" and series.isin(_SHARES).all()
    ):
        good = series.to_numpy() > 0
        bad = ~good
    elif kind in "iu":
        codes = series.to_numpy(dtype=np.int64)
        good, bad = codes >= _GOOD_CODE, (codes >= 0) & (codes < _BAD_CODE)
    elif kind == "b":
        good = series.to_numpy(dtype=np.bool_)
        bad = ~good
    elif kind == "O":
        texts = series.astype("str").str.strip(" []<>{}").str.lower()
        good = texts.str.startswith(_GOOD, na=False).to_numpy(dtype=np.bool_)
        bad = texts.str.startswith(_BAD, na=False).to_numpy(dtype=np.bool_)
    else:
        return None
    known = float(np.mean(good | bad | series.isna().to_numpy()))
    if not bad.any() or np.mean(bad) > _MOST_BAD or known < _KNOWN or not good.any():
        return None
    return np.asarray(bad, dtype=np.bool_)


def _channels_of(name: str, titles: Sequence[str]) -> list[int]:
    """Return the channels that a column of quality is of."""
    lower = [title.casefold() for title in titles]
    own = [i for i, title in enumerate(lower) if name.casefold().startswith(title)]
    # "TI1 Quality" is that of "TI1 Value".
    stem = _QUALITY.sub("", name.casefold()).rstrip(" _.:-")
    own = own or [i for i, title in enumerate(lower) if stem and title.startswith(stem)]
    return own or list(range(len(titles)))
