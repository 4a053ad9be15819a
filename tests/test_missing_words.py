"""Words for a missing value, wherever they stand in a table."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra.datasets import read
from spectra.datasets.readers.missing_words import ALL_WORDS


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
