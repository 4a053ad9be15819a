"""Tables as lines of text, and what is read of them."""

import io
from typing import Any

import numpy as np
import pandas as pd

from spectra.datasets import Recording, read

# Rows of a table.
N = 60


def recording(*rows: str, **options: Any) -> Recording:
    """Return the recording in lines of text."""
    return read(io.BytesIO("\n".join(rows).encode()), **options)


def stamps(form: str, step: float = 60, start: str = "2024-03-14 08:00") -> list[str]:
    """Return stamps so many seconds apart in a notation."""
    return list(pd.date_range(start, periods=N, freq=f"{round(step * 1e6)}us").strftime(form))


def is_read(found: Recording, *values: np.ndarray) -> None:
    """Check the values of all channels."""
    np.testing.assert_array_equal(found.values, np.column_stack(values))
