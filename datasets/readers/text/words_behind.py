"""Words behind the last field of a few rows: what a person noted while the table was recorded."""

from spectra.datasets.readers.cells.delimiter import is_value, split
from spectra.datasets.readers.text.dialect import Dialect
from spectra.datasets.readers.text.encoded_text import Text

_MOST = 0.1
"""Share of the rows that have such words: in more of them they are a column without a name."""
_LONGEST = 20
"""Most fields that the words of one row make, where they have blanks or commas."""


def words_behind(text: Text, dialect: Dialect) -> tuple[int, str] | None:
    """Return the number of fields that words behind the last one add, and a note on them.

    None is returned where a row has numbers there, or words in place of the numbers before them:
    its fields may be those of other columns.
    """
    count = rows = most = 0
    first = ""
    for number, line in enumerate(text.lines(), start=1):
        if number <= dialect.above or not line.strip() or number in dialect.repeats:
            continue
        rows += 1
        if line.count(dialect.delimiter) < dialect.width and len(line.split()) <= dialect.width:
            continue
        fields = split([line], dialect.delimiter)[0]
        behind = [field for field in fields[dialect.width :] if field]
        if not behind:
            continue
        if len(behind) > _LONGEST or any(_is_value(field, dialect) for field in behind):
            return None
        count, most = count + 1, max(most, len(fields) - dialect.width)
        first = first or " ".join(behind)
    if not count or count > _MOST * rows:
        return None
    said = "1 row has words" if count == 1 else f"{count} rows have words"
    return most, (
        f"{said} behind the last field ('{first[:40]}'): left out (put them in quotes and into a "
        "column of their own to keep them)."
    )


def _is_value(field: str, dialect: Dialect) -> bool:
    return is_value(field, dialect.decimal) or is_value(field, ".")
