"""Times that come again for each of several series."""

import numpy as np

from spectra.arrays import Float64Array
from spectra.datasets.readers.cells.columns import Table
from spectra.datasets.readers.cells.names import NAMES, words
from spectra.datasets.readers.times.time_numbers import is_steady_in_each


def has_each_name(table: Table, values: Float64Array) -> bool:
    """Return True for numbers at each of which a column called like names has all of its names."""
    if not is_steady_in_each(values):
        return False
    order = np.argsort(values, kind="stable")
    distinct = len(np.unique(values))
    for column, name in enumerate(table.names):
        if words(name) & NAMES:
            cells = table.column(column).to_numpy()[order].reshape(distinct, -1)
            if bool((cells == cells[0]).all()) and len({*cells[0].tolist()}) == cells.shape[1]:
                return True
    return False
