"""Rows of totals and means among the rows of a table, such as one at the end of each month."""

import re
from dataclasses import replace

import numpy as np

from spectra.datasets.readers.cells.columns import Table, is_plain, quoted
from spectra.datasets.readers.cells.keyed_cells import numeric
from spectra.datasets.readers.dates.dates import looks_like_date

_MOST = 0.2
"""Share of the rows that may be totals."""
_FEWEST_DATES = 0.7
"""Share of the other cells of a column of times that are dates."""
_A_FEW = 50
_SUMMARY = re.compile(
    r"\W*(?:(?:sub|grand|overall|daily|monthly|weekly|yearly|annual|hourly|day|month|week|year)[\s_-]?)?"
    r"(?:totals?|subtotals?|sums?|averages?|avg|means?|min(?:imum)?|max(?:imum)?|median|st\.?d(?:ev|\.)?"
    r"|(?:zwischen|tages|wochen|monats|jahres|gesamt)?(?:summe|mittel(?:wert)?|ergebnis)|mittelwert|durchschnitt|gesamt"
    r"|somme|totaux|soma|moyenne|sous-total|suma|promedio|media|m[eé]dia|totale|subtotale|somma|totaal|gemiddelde"
    r"|summa|medel(?:v[aä]rde)?|snitt|gjennomsnitt|yhteensä|keskiarvo|razem|średnia|итого|среднее"
    r"|[合小][计計]|平均|소계|합계|평균)(?!\w).{0,40}",
    re.IGNORECASE,
)
"""Name of a total, a mean or a limit of rows, with the time that it is of behind it."""


def without_summaries(table: Table) -> Table:
    """Return a table without rows that have the name of a total or mean in place of a time."""
    column = next((i for i in range(min(2, len(table.names))) if _holds_dates(table, i)), None)
    if column is None:
        return table
    cells = table.column(column)
    texts = cells.astype("str").str.strip()
    found = texts.str.fullmatch(_SUMMARY).to_numpy(dtype=np.bool_, na_value=False)
    count = int(found.sum())
    if not count or count > _MOST * len(cells):
        return table
    rest = table.rows(~found)
    frame = rest.frame.copy()
    for other in range(frame.shape[1]):
        if other != column and not is_plain(rest.column(other)):
            frame.isetitem(other, numeric(rest.column(other)).array)
    said, them = ("1 row is", "it") if count == 1 else (f"{count} rows are", "them")
    note = (
        f"{said} called like a total or mean of others ({quoted(texts[found].iloc[0])}): left out "
        f"(write a time into {them} to keep {them})."
    )
    return replace(rest, frame=frame, notes=(*rest.notes, note))


def _holds_dates(table: Table, column: int) -> bool:
    """Return True if most of the first cells of a column of text are dates."""
    if is_plain(table.column(column)):
        return False
    first = [str(cell).strip() for cell in table.column(column).iloc[:_A_FEW].dropna()]
    return sum(map(looks_like_date, first)) > _FEWEST_DATES * len(first)
