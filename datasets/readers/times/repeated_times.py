"""Times that come again for each of several series."""

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.names import NAMES, words
from spectra.datasets.readers.times.time_numbers import is_steady

_FEWEST, _NEARLY_ALL = 3, 0.9
"""Numbers that tell a time, and the share of the rows that are there."""


def has_each_name(table: Table, values: Float64Array) -> bool:
    """Return True for numbers at each of which a column called like names has all of its names.

    A few rows may be missing.
    """
    distinct, rows = np.unique(values, return_inverse=True)
    if not _FEWEST <= len(distinct) < len(values) or not is_steady(distinct):
        return False
    for column, name in enumerate(table.names):
        if words(name) & NAMES:
            codes, names = pd.factorize(table.column(column))
            pairs = len(np.unique(rows * len(names) + codes))
            most = len(distinct) * len(names)
            if len(names) > 1 and pairs == len(values) and pairs >= _NEARLY_ALL * most:
                return True
    return False
