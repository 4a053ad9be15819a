"""Dates that contradict the order of day and month that is asked for are refused."""

import io

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import read
from spectra.errors import DataError

STAMPS = pd.date_range("2024-03-11", periods=200, freq="8h")


def _recording(form: str, order: str | None) -> pd.Index:
    rows = [f"{stamp:{form}},{i}" for i, stamp in enumerate(STAMPS)]
    return read(io.BytesIO("\n".join(["time,v", *rows]).encode()), dates=order).index


@pytest.mark.parametrize(
    ("form", "order", "cell"),
    [
        ("%d/%m/%Y %H:%M", "month-first", "13/03/2024 00:00"),
        ("%d/%m/%y %H:%M", "month-first", "13/03/24 00:00"),
        ("%d.%m.%Y %H:%M:%S", "month-first", "13.03.2024 00:00:00"),
        ("%m/%d/%Y %H:%M", "day-first", "03/13/2024 00:00"),
        ("%m-%d-%Y %I:%M %p", "day-first", "03-13-2024 12:00 AM"),
    ],
)
def test_a_month_above_12_is_refused_with_its_line(form: str, order: str, cell: str) -> None:
    fits = "month-first" if order == "day-first" else "day-first"
    with pytest.raises(DataError) as caught:
        _recording(form, order)
    assert str(caught.value) == (
        f"stdin, line 8, column 'time': '{cell}' has no month 13: leave --dates {order} out, "
        f"or give --dates {fits}."
    )


@pytest.mark.parametrize(
    ("form", "order"),
    [
        ("%d/%m/%Y %H:%M", "day-first"),
        ("%m/%d/%Y %H:%M", "month-first"),
        ("%Y-%m-%d %H:%M", "month-first"),
        ("%Y/%m/%d %H:%M", "day-first"),
        ("%d-%b-%Y %H:%M", "month-first"),
    ],
)
def test_dates_of_the_order_or_of_none_are_read(form: str, order: str) -> None:
    assert np.array_equal(_recording(form, order).to_numpy(), STAMPS.to_numpy())


def test_a_year_of_two_digits_is_no_month() -> None:
    assert np.array_equal(_recording("%y/%m/%d %H:%M", "month-first").to_numpy(), STAMPS.to_numpy())
