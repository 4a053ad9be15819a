"""Dates that are all written alike, against pandas, which reads each of them by itself."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra.datasets.readers.dates import fixed_digits
from spectra.datasets.readers.dates.fixed_dates import fixed_dates

FORMS = {
    "%Y-%m-%d": "year-first",
    "%Y-%m-%dT%H:%M": "year-first",
    "%Y-%m-%dT%H:%M:%S": "year-first",
    "%Y-%m-%d %H:%M:%S.%f": "year-first",
    "%Y-%m-%dT%H:%M:%SZ": "year-first",
    "%Y-%m-%dT%H:%M:%S.%f+02:00": "year-first",
    "%d.%m.%Y %H:%M:%S": "day-first",
    "%d/%m/%Y %H:%M:%S.%f": "day-first",
    "%m/%d/%Y %I:%M:%S %p": "month-first",
    "%m-%d-%Y %I:%M %p": "month-first",
}
CHARACTERS = st.sampled_from(list("0123456789:-/.TAPMZ +x"))


def written(rows: list[tuple[int, int]], form: str) -> pd.Series:
    """Return instants in a notation: each so many units after the one before, in runs."""
    steps = np.concatenate([np.full(count, step) for step, count in rows])
    start = pd.Timestamp("2023-12-28 22:59:57.25")
    instants = start + pd.to_timedelta(np.cumsum(steps), unit="ms")
    return pd.Series(instants.strftime(form))


def zoned(form: str) -> str:
    """Return a notation with its zone as a directive, by which pandas reads it."""
    return form.replace("+02:00", "%z").replace("SZ", "S%z")


RUNS = st.lists(
    st.tuples(
        st.sampled_from([1, 250, 1000, 60_000, 3_600_000, -86_400_000, 0]), st.integers(1, 9)
    ),
    min_size=1,
    max_size=6,
)


@given(RUNS, st.sampled_from(list(FORMS)), st.integers(1, 12))
def test_dates_are_those_that_pandas_reads_one_by_one(
    rows: list[tuple[int, int]], form: str, block: int
) -> None:
    """Compare instants and zone, for blocks of any number of rows."""
    text = written(rows, form)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fixed_digits, "_BLOCK", block)
        found = fixed_dates(text)
    expected = pd.to_datetime(text, format=zoned(form))
    pd.testing.assert_series_equal(
        pd.Series(found[FORMS[form]]), expected, check_dtype=False, check_names=False
    )


@given(RUNS, st.sampled_from(list(FORMS)), st.data(), st.integers(1, 12))
def test_a_damaged_date_is_never_read_as_another(
    rows: list[tuple[int, int]], form: str, data: st.DataObject, block: int
) -> None:
    """Replace a character of one text: it is read as pandas does, or not at all."""
    text = written(rows, form)
    row = data.draw(st.integers(0, len(text) - 1))
    at = data.draw(st.integers(0, len(text[row]) - 1))
    text[row] = text[row][:at] + data.draw(CHARACTERS) + text[row][at + 1 :]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fixed_digits, "_BLOCK", block)
        found = fixed_dates(text)
    expected = pd.to_datetime(text, format=zoned(form), errors="coerce", utc=True)
    if FORMS[form] in found:
        assert (pd.to_datetime(found[FORMS[form]], utc=True) == expected).all()
