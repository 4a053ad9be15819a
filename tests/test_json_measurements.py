"""Named measurements, vectors, grids and units in JSON are read as they were written."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import read, read_series
from spectra.errors import DataError

N = 90
EPOCH = 1709596800
START = pd.Timestamp("2024-03-05", tz="UTC")
RNG = np.random.default_rng(5)
A = np.round(20 + RNG.normal(0, 1, N), 2).tolist()
B = np.round(55 + RNG.normal(0, 3, N), 2).tolist()
STAMPS = [(START + pd.Timedelta(minutes=i)).isoformat() for i in range(N)]


def lines(path: Path, records: list[Any]) -> Path:
    path.write_text("\n".join(map(json.dumps, records)))
    return path


def whole(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value))
    return path


@pytest.mark.parametrize(
    ("name", "value"),
    [("name", "value"), ("comp", "value"), ("measurand", "value"), ("sensor", "v"), ("n", "v")],
)
def test_lists_of_named_measurements_are_a_column_a_name(
    tmp_path: Path, name: str, value: str
) -> None:
    records = [
        {"ts": t, "data": [{name: "temp", value: a, "unit": "°C"}, {name: "hum", value: str(b)}]}
        for t, a, b in zip(STAMPS, A, B, strict=True)
    ]
    recording = read(lines(tmp_path / "a.jsonl", records))
    assert recording.channels == ("data.temp [°C]", "data.hum")
    assert recording.units == ("°C", "")
    assert recording.fs == pytest.approx(1 / 60)
    np.testing.assert_array_equal(recording.values, np.column_stack([A, B]))


def test_measurements_of_one_name_are_told_apart_by_their_phase(tmp_path: Path) -> None:
    def value(phase: str, number: float) -> dict[str, Any]:
        return {"value": str(number), "measurand": "Current", "unit": "A", "phase": phase}

    records = [
        {"meterValue": [{"timestamp": t, "sampledValue": [value("L1", a), value("L2", b)]}]}
        for t, a, b in zip(STAMPS, A, B, strict=True)
    ]
    recording = read(lines(tmp_path / "a.jsonl", records))
    ends = [name.rpartition(".")[2] for name in recording.channels]
    assert ends == ["Current L1 [A]", "Current L2 [A]"]
    np.testing.assert_array_equal(recording.values, np.column_stack([A, B]))


def test_short_lists_are_vectors(tmp_path: Path) -> None:
    records = [{"ts": EPOCH + i, "acc": [A[i], B[i], i % 7]} for i in range(N)]
    recording = read(lines(tmp_path / "a.jsonl", records))
    assert recording.channels == ("acc_1", "acc_2", "acc_3")
    assert recording.values[5].tolist() == [A[5], B[5], 5]


def test_rate_beside_lists_says_that_they_are_samples(tmp_path: Path) -> None:
    blocks = np.round(RNG.normal(size=(60, 50)), 3)
    records = [{"ts": EPOCH + i, "fs": 50, "acc": block.tolist()} for i, block in enumerate(blocks)]
    recording = read(lines(tmp_path / "a.jsonl", records))
    assert recording.channels == ("acc",)
    assert recording.fs == pytest.approx(50)
    np.testing.assert_array_equal(recording.values[:, 0], blocks.ravel())


def test_map_from_times_to_lists(tmp_path: Path) -> None:
    body = {str(EPOCH + 60 * i): [A[i], B[i]] for i in range(N)}
    recording = read(whole(tmp_path / "a.json", {"body": body, "status": "ok"}))
    assert recording.fs == pytest.approx(1 / 60)
    assert recording.index[0] == START
    np.testing.assert_array_equal(recording.values, np.column_stack([A, B]))


@pytest.mark.parametrize(
    ("around", "seconds"),
    [
        ({"beg_time": EPOCH, "step_time": 300}, 300),
        ({"pointStart": EPOCH * 1000, "pointInterval": 60_000}, 60),
        ({"ts": EPOCH, "period": 60}, 60),
        ({"start": "2024-03-05T00:00:00Z", "interval": "5m"}, 300),
        ({"start": "2024-03-05T00:00:00Z", "interval": "PT15M"}, 900),
        ({"start": EPOCH, "step": 10}, 10),
    ],
)
def test_start_and_step_beside_values(
    tmp_path: Path, around: dict[str, Any], seconds: float
) -> None:
    recording = read(whole(tmp_path / "a.json", {**around, "values": A}))
    assert recording.fs == pytest.approx(1 / seconds)
    assert recording.index[0] == START
    assert recording.values[:, 0].tolist() == A


@pytest.mark.parametrize(("unit", "seconds"), [("s", 1), ("ms", 1e-3), ("min", 60)])
def test_units_in_what_describes_the_columns(tmp_path: Path, unit: str, seconds: float) -> None:
    columns = [{"name": "time", "unit": unit}, {"name": "temp", "unit": "degC"}]
    value = {"cols": columns, "rows": [[20 * i, a] for i, a in enumerate(A)]}
    recording = read(whole(tmp_path / "a.json", value))
    assert recording.fs == pytest.approx(1 / (20 * seconds))
    assert recording.units == ("degC",)


def test_lists_of_one_key_in_several_objects_are_channels(tmp_path: Path) -> None:
    around = {"interval": 300.0, "timestamp": "2024-03-05T00:00:00+00:00"}
    day = {"heart": {**around, "items": A}, "variability": {**around, "items": B}}
    recording = read(whole(tmp_path / "a.json", {"data": [day]}))
    assert recording.channels == ("heart", "variability")
    assert recording.fs == pytest.approx(1 / 300)
    np.testing.assert_array_equal(recording.values, np.column_stack([A, B]))


def test_cut_last_line_is_left_out_with_a_note(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", [{"ts": t, "x": a} for t, a in zip(STAMPS, A, strict=True)])
    path.write_text(path.read_text()[:-8])
    recording = read(path)
    assert recording.n_samples == N - 1
    assert "The last line is cut: left out (end it as the others do to keep it)." in recording.notes


def test_unit_beside_the_values_of_one_signal(tmp_path: Path) -> None:
    values = [{"date": t, "value": a} for t, a in zip(STAMPS, A, strict=True)]
    path = whole(tmp_path / "a.json", {"power": {"unit": "W", "values": values}})
    assert read(path).units == ("W",)


def test_unit_of_each_series_is_its_own(tmp_path: Path) -> None:
    records = [
        {"ts": t, "name": name, "value": value, "unit": unit}
        for t, a, b in zip(STAMPS, A, B, strict=True)
        for name, value, unit in (("temp", a, "°C"), ("hum", b, "%"))
    ]
    path = lines(tmp_path / "a.jsonl", records)
    found = [one for one in read_series(path).values() if not isinstance(one, Exception)]
    assert [one.units for one in found] == [("°C",), ("%",)]
    assert read(path, series="name=hum").units == ("%",)


def test_unit_goes_with_the_channel_that_it_is_called_like(tmp_path: Path) -> None:
    records = [
        {"t": t, "value": a, "trendRate": b, "unit": "mg/dL", "rateUnit": "mg/dL/min"}
        for t, a, b in zip(STAMPS, A, B, strict=True)
    ]
    recording = read(lines(tmp_path / "a.jsonl", records))
    assert recording.channels == ("value", "trendRate")
    assert recording.units == ("mg/dL", "mg/dL/min")


def test_date_of_a_service_without_slashes(tmp_path: Path) -> None:
    records = [{"WT": f"Date({(EPOCH + 300 * i) * 1000})", "Value": 100 + i % 9} for i in range(N)]
    recording = read(whole(tmp_path / "a.json", records[::-1]))
    assert recording.fs == pytest.approx(1 / 300)
    assert recording.values[:, 0].tolist() == [100 + i % 9 for i in range(N)]


def test_a_table_in_a_text_is_told_of() -> None:
    text = json.dumps({"device": "a", "csv": "t,v\n" + "\n".join(f"{i},{i % 7}" for i in range(9))})
    with pytest.raises(DataError, match="10 lines as one text below 'csv': save that text"):
        read(io.BytesIO(text.encode()))


@pytest.mark.parametrize("key", ["schema", "schemaVersion", "fw", "protocol"])
def test_numbers_of_versions_are_no_channels(key: str) -> None:
    records = [{key: 2, "ts": 1709280000 + i, "temp": 20 + i % 7} for i in range(40)]
    assert read(io.BytesIO(json.dumps(records).encode())).channels == ("temp",)


@pytest.mark.parametrize("count", [60, 150])
def test_instants_with_fractions_are_keys(count: int) -> None:
    records = {f"{EPOCH + i / 10:.1f}": {"a": A[i % N]} for i in range(count)}
    found = read(io.BytesIO(json.dumps(records).encode()))
    assert found.fs == pytest.approx(10)
    assert found.channels == ("a",)
    assert found.index[0] == pd.Timestamp(EPOCH, unit="s", tz="UTC")
