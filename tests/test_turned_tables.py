"""Text tables with a channel a row, against the same tables with an instant a row."""

import io

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import Recording, inspect, read
from spectra.errors import DataError

N = 150
VALUES = np.round(np.random.default_rng(2).normal(20, 3, (3, N)), 2)
DATES = pd.date_range("2024-03-15 10:00", periods=N, freq="10min")


def recording(rows: list[list[object]], mark: str = ",", **options: str) -> Recording:
    text = "\n".join(mark.join(map(str, row)) for row in rows)
    return read(io.BytesIO(text.encode()), **options)


def named(*before: str) -> list[list[object]]:
    """Return rows of values behind a name, and texts that all have in common."""
    return [[f"T{k}", *before, *row] for k, row in enumerate(VALUES)]


@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p"])
@pytest.mark.parametrize("units", [False, True])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_channel_a_row_is_read_like_a_channel_a_column(form: str, units: bool, mark: str) -> None:
    header = ["Parameter", *(["Unit"] if units else []), *DATES.strftime(form)]
    found = recording([header, *named(*(["°C"] if units else []))], mark)
    assert found.channels == ("T0", "T1", "T2")
    np.testing.assert_array_equal(found.values, VALUES.T)
    assert (found.index[0], found.fs) == (DATES[0], pytest.approx(1 / 600))
    assert found.units == (("°C",) * 3 if units else None)
    assert any("3 rows of numbers" in note or "4 rows of numbers" in note for note in found.notes)


def test_elapsed_times_in_the_first_row_are_the_time() -> None:
    found = recording([["time [s]", *(f"{i / 50:.2f}" for i in range(N))], *named()])
    np.testing.assert_array_equal(found.values, VALUES.T)
    assert found.fs == 50


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("mark", [",", " "])
def test_rows_behind_a_name_each_are_channels(count: int, mark: str) -> None:
    found = recording(named()[:count], mark)
    assert found.channels == ("T0", "T1", "T2")[:count]
    np.testing.assert_array_equal(found.values, VALUES.T[:, :count])


def test_a_few_long_rows_of_numbers_are_channels() -> None:
    found = recording([list(row) for row in VALUES])
    np.testing.assert_array_equal(found.values, VALUES.T)
    text = "\n".join(",".join(map(str, row)) for row in VALUES)
    assert inspect(io.BytesIO(text.encode())).rows == N


def test_decimal_commas_and_missing_values_are_read_in_turned_tables() -> None:
    rows = [[str(cell).replace(".", ",") for cell in row] for row in named()]
    rows[1][7] = ""
    found = recording([list(row) for row in rows], ";")
    np.testing.assert_array_equal(found.values[:, 2], VALUES[2])
    assert found.interpolated[6]


def test_messages_on_turned_tables_name_the_column() -> None:
    rows = named()
    rows[1][80] = "broken"
    with pytest.raises(DataError, match="column 81, column 'T1': 'broken'"):
        recording(rows)


@pytest.mark.parametrize("rows", [2, 20])
def test_wide_tables_with_a_row_of_names_stay_as_they_are(rows: int) -> None:
    names = [f"c{k}" for k in range(N)]
    values = np.random.default_rng(5).normal(size=(rows, N)).round(3)
    assert recording([names, *values.tolist()]).channels == tuple(names)


@pytest.mark.parametrize("texts", [["A"], ["A", "AA", "Growth", "NY"]])
def test_years_above_the_columns_turn_a_table_of_any_shape(texts: list[str]) -> None:
    years = [*range(1990, 2004)]
    rows = [[*texts[:-1], f"{texts[-1]}{k}", *VALUES[0][14 * k : 14 * k + 14]] for k in range(8)]
    written: list[list[object]] = [[*["Country"] * len(texts), *years], *map(list, rows)]
    written[2][len(texts) + 3] = ":"
    written[3][len(texts) + 5] = f"{VALUES[0][33]} p"
    found = recording(written)
    expected = VALUES[0][:112].reshape(8, 14).T
    assert found.channels == tuple(f"{texts[-1]}{k}" for k in range(8))
    assert found.index[0] == pd.Timestamp("1990-01-01")
    assert np.argwhere(found.values != expected).tolist() == [[3, 1]]
    written[2][len(texts) + 3] = "broken"
    with pytest.raises(DataError, match=f"column {len(texts) + 4}, "):
        recording(written)
