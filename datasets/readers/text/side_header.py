"""The header that an oscilloscope writes beside the first rows of its table."""

from dataclasses import replace

import numpy as np
import pandas as pd

from spectra.datasets.readers.cells.header import read_header
from spectra.datasets.readers.text.parsed_text import Parsed

_LONGEST = 40
"""Rows beside which such a header stands."""


def without_side(parsed: Parsed) -> Parsed:
    """Return a table without the header that an oscilloscope writes beside its first rows.

    Its columns come first, begin with a text, and are empty from some row on.
    """
    frame, dialect = parsed.frame, parsed.dialect
    if pd.api.types.is_numeric_dtype(frame[0].dtype) or any(dialect.names):
        return parsed
    if len(frame) < 3 * _LONGEST or bool(frame[0].iloc[_LONGEST:].notna().any()):
        return parsed
    filled = frame.iloc[_LONGEST:].notna().any().to_numpy()
    if not filled.any():
        return parsed
    count = int(np.argmax(filled))
    side = frame.iloc[:_LONGEST, :count]
    lines = [",".join(str(cell) for cell in row if cell == cell) for row in side.to_numpy(object)]
    header = read_header(lines).with_rate_of([dialect.header.rate_text])
    rest = frame.iloc[:, count:].set_axis(pd.RangeIndex(len(frame.columns) - count), axis=1)
    names = tuple(dialect.names[count:])
    return replace(parsed, frame=rest, dialect=replace(dialect, names=names, header=header))
