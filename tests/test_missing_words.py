"""Words for a missing value, wherever they stand in a table."""

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra.datasets import read
from spectra.datasets.readers.cells.cells import read_cells
from spectra.datasets.readers.cells.missing_words import ALL_WORDS


def table(words: dict[int, str], n: int) -> bytes:
    """Return a table of dates, numbers and a word in some rows of the second of two columns."""
    rows = [
        f"2024-03-01T00:{row // 60 % 60:02d}:{row % 60:02d},{row * 3 % 7 - 3},"
        f"{words.get(row, f'{(row % 11 - 5) / 4}')}"
        for row in range(n)
    ]
    return "\n".join(["time,a,b", *rows]).encode() + b"\n"


@settings(max_examples=40)
@given(
    st.dictionaries(
        st.integers(5, 1990), st.sampled_from([w for w in ALL_WORDS if w != "?"]), max_size=4
    )
)
def test_a_word_for_a_missing_value_is_one_in_any_row(words: dict[int, str]) -> None:
    """Put words into the rows that are sampled and into those below them."""
    found = read(io.BytesIO(table(words, 2000)))
    expected = np.array([(row % 11 - 5) / 4 for row in range(2000)])
    known = [row for row in range(2000) if row not in words]
    assert found.channels == ("a", "b")
    np.testing.assert_array_equal(found.values[known, 1], expected[known])
    np.testing.assert_array_equal(found.values[:, 0], np.arange(2000) * 3 % 7 - 3)


@pytest.mark.parametrize("word", ["-", "--", "-nan", "-1.#IND", "1.#QNAN"])
def test_a_word_that_begins_like_a_number_leaves_no_sample(word: str) -> None:
    """Let six rows far down have none: a gap that is too long to fill."""
    words = dict.fromkeys(range(1500, 1506), word)
    values = read(io.BytesIO(table(words, 2000))).values
    assert np.flatnonzero(np.isnan(values[:, 1])).tolist() == list(words)
    assert not np.isnan(values[:, 0]).any()


CELLS = [
    "1.5", "-2", "0x1F", "0xZ", "12 V", "3,4", "1,234.5", "1.234,5", "20.4*", "7 H", "true", "n/a",
    "Err", "<0.5", "XXX", "#DIV/0!", "[60]", "'5", "(1.5)", "1.5-", "€ 12", "5k", "250m", "wahr",
    "-", "s0", "ok", "", " 9 ", "1m30.5s", "broken",
]  # fmt: skip


@given(
    cells=st.lists(st.sampled_from([*CELLS, None]), min_size=1, max_size=6),
    counts=st.lists(st.integers(1, 9), min_size=6, max_size=6),
    decimal=st.sampled_from(".,"),
)
def test_a_column_is_read_alike_in_texts_of_python_and_of_arrow(
    cells: list[str | None], counts: list[int], decimal: str
) -> None:
    """Short columns are read in Python's own texts, as that is faster."""
    repeated = [cell for cell, count in zip(cells, counts, strict=False) for _ in range(count)]
    column = pd.Series(repeated, dtype="str")
    short = read_cells(column, decimal)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spectra.datasets.readers.cells.cells._SHORT", 0)
        long = read_cells(column, decimal)
    np.testing.assert_array_equal(short.values, long.values)
    np.testing.assert_array_equal(short.bad, long.bad)
    assert (short.missing, short.unit, short.prefix) == (long.missing, long.unit, long.prefix)
    assert (short.marked, short.hexadecimal) == (long.marked, long.hexadecimal)
