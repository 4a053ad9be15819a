"""Quotes that are opened and not closed, so that rows become a part of a text."""

import pandas as pd

from spectra.datasets.readers.cells.columns import is_plain
from spectra.datasets.readers.cells.delimiter import BLANKS, is_value, split
from spectra.datasets.readers.dates.dates import looks_like_date
from spectra.datasets.readers.text.line_numbers import line_of_row
from spectra.datasets.readers.text.parsed_text import Parsed
from spectra.errors import DataError

_MOST = 20
"""Texts of several lines that are looked at."""


def refuse_open_quotes(parsed: Parsed) -> None:
    """Raise DataError for a text in quotes that has rows of the table in it."""
    frame, dialect = parsed.frame, parsed.dialect
    if dialect.delimiter == BLANKS:
        return
    for column, kind in enumerate(frame.dtypes):
        if not column or not isinstance(kind, pd.StringDtype):
            continue
        series = frame.iloc[:, column]
        several = series.str.contains("\n", regex=False, na=False).to_numpy(dtype="bool")
        for row in several.nonzero()[0][:_MOST]:
            lines = str(series.iloc[row]).splitlines()[1:]
            held = next((line for line in lines if _is_row(line, column, parsed)), None)
            if held is None:
                continue
            name = dialect.names[column] or str(column + 1)
            raise DataError(
                f"{parsed.text.name}, line {line_of_row(parsed.text, dialect, int(row))}, column "
                f"'{name}': the text in quotes that ends here has rows of the table in it "
                f"('{held[:40]}'): close the quote where its text ends, or delete it."
            )


def _is_row(line: str, column: int, parsed: Parsed) -> bool:
    """Return True if a line in a text goes on to its column as the rows of the table do."""
    fields = split([line], parsed.dialect.delimiter)[0]
    if len(fields) <= column:
        return False
    decimal = parsed.dialect.decimal
    return all(
        is_value(field, decimal) or looks_like_date(field)
        for place, field in enumerate(fields[:column])
        if place == 0 or is_plain(parsed.frame.iloc[:, place])
    )
