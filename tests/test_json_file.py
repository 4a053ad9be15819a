"""JSON as programs write it, against the records it was written from."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra.datasets import inspect, read, read_series
from spectra.errors import DataError

N = 60
Record = dict[str, Any]


def records() -> list[Record]:
    """Return one record a minute, with a measured value and a text."""
    values = np.random.default_rng(0).normal(size=N).round(3).tolist()
    stamps = pd.date_range("2024-03-01", periods=N, freq="1min").strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        {"ts": stamp, "temp": value, "where": "hall"}
        for stamp, value in zip(stamps, values, strict=True)
    ]


def columns(rows: list[Record]) -> Record:
    """Return records as a list a key."""
    return {key: [row[key] for row in rows] for key in rows[0]}


WAYS: dict[str, Callable[[list[Record]], str]] = {
    "a line each": lambda rows: "\n".join(map(json.dumps, rows)),
    "a list": json.dumps,
    "a list on many lines": lambda rows: json.dumps(rows, indent=2),
    "inside": lambda rows: json.dumps({"status": "ok", "data": {"rows": rows}}),
    "columns": lambda rows: json.dumps(columns(rows)),
    "columns inside": lambda rows: json.dumps({"id": 7, "hourly": columns(rows)}),
    "a list of a list": lambda rows: json.dumps([rows]),
    "behind a mark": lambda rows: "\ufeff" + json.dumps(rows),
    "before zeros": lambda rows: "\n".join(map(json.dumps, rows)) + "\n" + "\0" * 512,
}


@pytest.mark.parametrize("way", WAYS)
def test_records_are_read_however_they_are_nested(way: str) -> None:
    """Compare values, rate and start with the records."""
    rows = records()
    found = read(io.BytesIO(WAYS[way](rows).encode()))
    assert found.channels == ("temp",)
    assert found.fs == pytest.approx(1 / 60)
    assert found.index[0] == pd.Timestamp("2024-03-01T00:00Z")
    np.testing.assert_array_equal(found.values[:, 0], [row["temp"] for row in rows])


def test_values_inside_a_record_are_channels_by_their_path() -> None:
    """Nest two values in an object of each record."""
    text = "\n".join(
        json.dumps({"t": i / 10, "m": {"a": i * 3 % 7, "b": -(i * 2 % 5)}}) for i in range(N)
    )
    found = read(io.BytesIO(text.encode()))
    assert (found.channels, found.fs) == (("m.a", "m.b"), 10.0)


@pytest.mark.parametrize("way", ["a line each", "inside"])
def test_json_of_two_bytes_a_letter_is_read(way: str) -> None:
    """Write UTF-16 with its mark."""
    found = read(io.BytesIO(WAYS[way](records()).encode("utf-16")))
    np.testing.assert_array_equal(found.values[:, 0], [row["temp"] for row in records()])


@pytest.mark.parametrize("names", [("up",), ("up", "down"), ("a", "b", "c")])
def test_each_metric_of_prometheus_is_a_series(names: tuple[str, ...]) -> None:
    """Write the answer to a query of a range, whose values are texts."""
    result = [
        {
            "metric": {"__name__": name, "job": "x"},
            "values": [[1.7e9 + 15 * i, str(i * 4 % 9 + k)] for i in range(N)],
        }
        for k, name in enumerate(names)
    ]
    text = json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})
    found = read_series(io.BytesIO(text.encode()))
    keys = [f"{name}{{job=x}}" for name in names] if len(names) > 1 else [""]
    assert list(found) == keys
    for k, key in enumerate(keys):
        np.testing.assert_array_equal(found[key].values[:, 0], np.arange(N) * 4 % 9 + k)
        assert found[key].fs == pytest.approx(1 / 15)


@settings(max_examples=60)
@given(st.sampled_from(list(WAYS)), st.floats(0.05, 0.95), st.booleans())
def test_json_that_is_cut_off_is_refused_in_one_sentence(
    way: str, share: float, inspected: bool
) -> None:
    """Cut the text anywhere: whole lines may be left, anything else is named with its line."""
    text = WAYS[way](records())
    cut = text[: int(share * len(text))].encode()
    said = ""
    try:
        (inspect if inspected else read)(io.BytesIO(cut))
    except DataError as error:
        said = str(error)
    assert "\n" not in said


@pytest.mark.parametrize("text", ["{}", "[[]]", '{"a": 1}', '[{"a": "x"}, {"a": "y"}]', "[[1], 2]"])
def test_json_without_numbers_in_records_is_refused(text: str) -> None:
    """Offer objects and lists that hold no table."""
    with pytest.raises(DataError, match=r"JSON|no column of numbers|only one row|no numbers"):
        read(io.BytesIO(text.encode()))


def test_of_a_long_file_only_the_first_records_are_inspected() -> None:
    """Let the sample be shorter than the file: its end is not needed."""
    rows = [{"t": i, "x": i % 13} for i in range(5000)]
    assert inspect(io.BytesIO(json.dumps(rows).encode())).rows == 5000
    assert read(io.BytesIO(json.dumps(rows).encode()), nrows=50).n_samples == 50


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
ANYTHING = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=80)
@given(st.lists(ANYTHING, min_size=1, max_size=5), st.integers(1, 6), st.booleans())
def test_any_json_is_read_or_refused(values: list[Any], times: int, lines: bool) -> None:
    """Write any values as a list, or as a line each."""
    rows = values * times
    text = "\n".join(map(json.dumps, rows)) if lines else json.dumps(rows)
    said = ""
    try:
        read(io.BytesIO(text.encode()))
    except DataError as error:
        said = str(error)
    assert "\n" not in said


@pytest.mark.parametrize("write", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("half", ["\ud800", "a\udc80b"])
def test_halves_of_surrogate_pairs_in_keys_and_texts_are_read(
    write: Callable[[list[Record]], str], half: str, tmp_path: Path
) -> None:
    rows = [{**row, half: 2 * row["temp"], "where": half} for row in records()]
    path = tmp_path / "records.json"
    path.write_text(write(rows), encoding="utf-8")
    found = read(path)
    assert found.n_channels == 2
    np.testing.assert_allclose(found.values[:, 1], 2 * found.values[:, 0])
    assert all(name.isprintable() for name in found.channels)
    assert inspect(path)


@pytest.mark.parametrize("key", ["channels", "ch_names", "names", "other", None])
@pytest.mark.parametrize("turned", [True, False])
def test_a_matrix_has_a_channel_a_list_where_its_lists_are_few(
    key: str | None, turned: bool
) -> None:
    """Write a list a channel, and a list an instant, with names beside them and without."""
    matrix = np.random.default_rng(1).normal(size=(N, 2)).round(3)
    value = {"fs": 250, "data": (matrix.T if turned else matrix).tolist()}
    beside = value if key is None else {**value, key: ["left", "right"]}
    found = read(io.BytesIO(json.dumps(beside).encode()))
    named = key not in ("other", None)
    assert found.channels == (("left", "right") if named else ("ch1", "ch2"))
    assert found.fs == 250
    np.testing.assert_array_equal(found.values, matrix)
    assert turned == any("one channel a list" in note for note in found.notes)


@pytest.mark.parametrize("matrix", [[[1, 2, 3], [4, 5]], [[1, "a", 3], [4, "b", 6]]])
def test_lists_of_other_lengths_or_of_texts_are_rows(matrix: list[list[Any]]) -> None:
    found = read(io.BytesIO(json.dumps({"data": [*matrix, *matrix]}).encode()))
    assert found.n_samples == 4
