"""Instants with the end of an interval behind them, which is no distance from UTC."""

import re

import numpy as np
import pandas as pd

_ENDS = re.compile(r"^(.*\d[T ]\d{1,2}:\d\d)-(\d{1,2}:\d\d)$")
"""An instant and the end of its interval, or its distance from UTC."""
_MOST_OFFSETS = 3
"""Distances from UTC that the times of one column may have."""
_MOST_OTHERS = 0.5
"""Share of the texts that may be written otherwise."""
_ENOUGH = 2000
"""Rows of a column by which a notation is told."""


def part_of(text: "pd.Series[str]") -> "pd.Series[str]":
    """Return enough rows to tell a notation by, from all over the column."""
    return text.iloc[np.unique(np.linspace(0, len(text) - 1, _ENOUGH).astype(np.int64))]


def without_ends(text: "pd.Series[str]") -> tuple["pd.Series[str]", bool]:
    """Return instants without the ends of their intervals behind them, and whether there are any.

    What follows a time of day after a hyphen is an end, and no distance from UTC, where it changes
    with the rows: 15.02.2024 08:00-08:30.
    """
    parts = part_of(text).str.extract(_ENDS)
    if parts[1].nunique() <= _MOST_OFFSETS or parts[1].isna().mean() > _MOST_OTHERS:
        return text, False
    return text.str.replace(_ENDS, r"\1", regex=True), True
