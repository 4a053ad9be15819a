"""Series in the JSON of programs, against the values they were written from."""

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import inspect, read, read_series

N = 60
TEMP = np.round(np.random.default_rng(3).normal(20, 1, N), 3).tolist()
HUM = np.round(np.random.default_rng(4).normal(50, 4, N), 3).tolist()
STAMPS = pd.date_range("2024-03-01", periods=N, freq="1min", tz="UTC")
ISO = list(STAMPS.strftime("%Y-%m-%dT%H:%M:%SZ"))
UNIX = [int(stamp.timestamp()) for stamp in STAMPS]
MILLIS = [1000 * seconds for seconds in UNIX]


def frame(values: list[float], sensor: str) -> dict[str, Any]:
    """Return a data frame as Grafana sends it."""
    fields = [{"name": "Time", "type": "time"}, {"name": "Value", "labels": {"sensor": sensor}}]
    return {"schema": {"refId": "A", "fields": fields}, "data": {"values": [MILLIS, values]}}


SERIES = {
    "frames of lists": {"results": {"A": {"frames": [frame(TEMP, "a"), frame(HUM, "b")]}}},
    "values before times": [
        {"target": "a", "datapoints": list(zip(TEMP, UNIX, strict=True))},
        {"target": "b", "datapoints": list(zip(HUM, UNIX, strict=True))},
    ],
    "times before values": {
        "series": [
            {"metric": "m", "scope": "a", "pointlist": list(zip(MILLIS, TEMP, strict=True))},
            {"metric": "m", "scope": "b", "pointlist": list(zip(MILLIS, HUM, strict=True))},
        ]
    },
    "maps from times": [
        {"metric": "m", "tags": {"host": "a"}, "dps": dict(zip(UNIX, TEMP, strict=True))},
        {"metric": "m", "tags": {"host": "b"}, "dps": dict(zip(UNIX, HUM, strict=True))},
    ],
    "lists of times and values": {
        "MetricDataResults": [
            {"Label": "a", "Timestamps": ISO[::-1], "Values": TEMP[::-1], "StatusCode": "Complete"},
            {"Label": "b", "Timestamps": ISO[::-1], "Values": HUM[::-1], "StatusCode": "Complete"},
        ]
    },
    "traces": {"data": [{"x": ISO, "y": TEMP, "name": "a"}, {"x": ISO, "y": HUM, "name": "b"}]},
}


@pytest.mark.parametrize("way", SERIES)
def test_series_with_a_time_each_are_told_apart_by_the_texts_that_differ(way: str) -> None:
    found = read_series(io.BytesIO(json.dumps(SERIES[way]).encode()))
    assert list(found) == ["a", "b"]
    for one, values in zip(found.values(), (TEMP, HUM), strict=True):
        np.testing.assert_array_equal(one.values[:, 0], values)
        assert (one.fs, one.index[0]) == (pytest.approx(1 / 60), STAMPS[0])
    assert inspect(io.BytesIO(json.dumps(SERIES[way]).encode())).rows == N


RECORDS = pd.DataFrame({"temp": TEMP, "hum": HUM}, index=STAMPS.tz_localize(None))
TABLES = {
    "columns beside rows": {
        "results": [
            {
                "series": [
                    {
                        "name": "cpu",
                        "columns": ["time", "temp", "hum"],
                        "values": list(zip(ISO, TEMP, HUM, strict=True)),
                    }
                ]
            }
        ]
    },
    "names in objects beside rows": {
        "tables": [
            {
                "name": "Result",
                "columns": [{"name": name} for name in ("TimeGenerated", "temp", "hum")],
                "rows": list(zip(ISO, TEMP, HUM, strict=True)),
            }
        ]
    },
    "sets of a chart": {
        "labels": ISO,
        "datasets": [{"label": "temp", "data": TEMP}, {"label": "hum", "data": HUM}],
    },
    "streams": {"time": {"data": ISO}, "temp": {"data": TEMP}, "hum": {"data": HUM}},
    "records of a key": {
        key: [{"ts": ts, "value": str(value)} for ts, value in zip(MILLIS, values, strict=True)]
        for key, values in (("temp", TEMP), ("hum", HUM))
    },
    "records of an instant": {
        "about": {"1. zone": "UTC", "2. symbol": "x"},
        "series": {iso: {"temp": a, "hum": b} for iso, a, b in zip(ISO, TEMP, HUM, strict=True)},
    },
    "split": json.loads(RECORDS.to_json(orient="split", date_format="iso")),
    "columns": json.loads(RECORDS.to_json(date_format="iso")),
    "index": json.loads(RECORDS.to_json(orient="index", date_format="iso")),
}


@pytest.mark.parametrize("way", TABLES)
def test_lists_of_one_time_are_channels_by_their_names(way: str) -> None:
    found = read(io.BytesIO(json.dumps(TABLES[way]).encode()))
    assert found.channels == ("temp", "hum")
    np.testing.assert_array_equal(found.values, np.column_stack([TEMP, HUM]))
    assert found.fs == pytest.approx(1 / 60)
    assert found.index[0].tz_localize(None) == STAMPS[0].tz_localize(None)


def test_messages_that_follow_one_another_are_one_series() -> None:
    rows = list(zip(UNIX, TEMP, strict=True))
    messages = [{"device": "a", "samples": rows[i : i + 20]} for i in range(0, N, 20)]
    found = read(io.BytesIO("\n".join(map(json.dumps, messages)).encode()))
    np.testing.assert_array_equal(found.values[:, 0], TEMP)


def test_names_that_stand_beside_the_records_are_those_of_the_channels() -> None:
    feeds = [{"created_at": t, "field1": a} for t, a in zip(ISO, TEMP, strict=True)]
    about = {"name": "hall", "field1": "Temperature", "created_at": "2024-01-01T00:00:00Z"}
    found = read(io.BytesIO(json.dumps({"channel": about, "feeds": feeds}).encode()))
    assert found.channels == ("Temperature",)


def test_units_that_stand_beside_the_lists_are_those_of_the_channels() -> None:
    value = {
        "hourly_units": {"time": "iso8601", "temp": "°C"},
        "hourly": {"time": ISO, "temp": TEMP},
    }
    found = read(io.BytesIO(json.dumps(value).encode()))
    assert (found.channels, found.units) == (("temp (°C)",), ("°C",))


def test_a_list_of_one_value_is_that_value() -> None:
    rows = [{"v": a, "sort": [ms]} for a, ms in zip(TEMP, MILLIS, strict=True)]
    found = read(io.BytesIO(json.dumps({"hits": rows}).encode()))
    assert (found.channels, found.fs) == (("v",), pytest.approx(1 / 60))


@pytest.mark.parametrize("status", ["ok", "field"])
def test_a_text_beside_records_is_no_name_of_theirs(status: str) -> None:
    rows = [{"ts": t, "status": a} for t, a in zip(ISO, TEMP, strict=True)]
    found = read(io.BytesIO(json.dumps({"status": status, "data": rows}).encode()))
    assert found.channels == ("status",)


@pytest.mark.parametrize("nested", [False, True])
def test_objects_in_the_cells_of_a_table_are_columns(nested: bool) -> None:
    rows = []
    for i, (ms, temp, hum) in enumerate(zip(MILLIS, TEMP, HUM, strict=True)):
        inside: dict[str, Any] = {"temp": temp, "hum": None if i == 7 else hum, "fw": "1.2"}
        text = json.dumps({"m": inside} if nested else inside).replace('"', '""')
        rows.append(f'{ms},d1,"{text}"\n')
    found = read(io.BytesIO(("ts,device,payload\n" + "".join(rows)).encode()))
    names = ("m.temp", "m.hum") if nested else ("temp", "hum")
    assert found.channels[:2] == names
    np.testing.assert_array_equal(found.values[:, 0], TEMP)
    assert found.interpolated[7]
    assert any("'payload' holds JSON" in note for note in found.notes)


@pytest.mark.parametrize("cell", ["{{x{0}", '{{""k{0}"": {0}, ""l{0}"": {{""m"": 1}}}}'])
def test_cells_that_are_no_objects_of_the_same_keys_stay_texts(cell: str) -> None:
    rows = [f'{UNIX[0] + i},"{cell.format(i)}",{TEMP[i % N]}\n' for i in range(10 * N)]
    found = read(io.BytesIO(("ts,name,temp\n" + "".join(rows)).encode()))
    assert found.channels == ("temp",)


def test_records_in_no_order_of_time_are_sorted() -> None:
    order = np.random.default_rng(5).permutation(N)
    points = [{"Timestamp": ISO[i], "Average": TEMP[i], "Unit": "Percent"} for i in order]
    text = json.dumps({"Label": "CPUUtilization", "Datapoints": points}).encode()
    found = read(io.BytesIO(text))
    np.testing.assert_array_equal(found.values[:, 0], TEMP)
    assert (found.fs, found.index[0]) == (pytest.approx(1 / 60), STAMPS[0])
    assert any("sorted by 'Timestamp'" in note for note in found.notes)
    kept = read(io.BytesIO(text), time="none")
    np.testing.assert_array_equal(kept.values[:, 0], np.array(TEMP)[order])


def test_names_may_stand_in_the_first_of_a_list_of_rows() -> None:
    stamps = [f"2021-03-14 08:{i // 60:02d}:{i % 60:02d}.000" for i in range(100)]
    rows = [[stamp, str(i % 7 + 0.5), i * i % 11] for i, stamp in enumerate(stamps)]
    found = read(io.BytesIO(json.dumps([["time_tag", "density", "speed"], *rows]).encode()))
    assert (found.channels, found.fs, found.n_samples) == (("density", "speed"), 1.0, 100)
    bare = read(io.BytesIO(json.dumps(rows).encode()))
    assert (bare.n_samples, bare.fs) == (100, 1.0)


@pytest.mark.parametrize("key", ["type", "name"])
def test_objects_of_a_name_and_a_list_are_channels(key: str) -> None:
    lists = {"time": list(range(100)), "watts": [i * i % 17 for i in range(100)], "bpm": [60] * 100}
    value = [{key: name, "data": each, "original_size": 100} for name, each in lists.items()]
    found = read(io.BytesIO(json.dumps(value).encode()))
    assert (found.channels, found.fs) == (("watts", "bpm"), 1.0)
    np.testing.assert_array_equal(found.values[:, 0], lists["watts"])


@pytest.mark.parametrize("lost", [[0], [0, 7, 8], [5]])
def test_a_record_without_a_value_may_lack_its_key(lost: list[int]) -> None:
    meters = [
        {
            "type": kind,
            "values": [
                {"date": stamp} if i in lost else {"date": stamp, "value": value}
                for i, (stamp, value) in enumerate(zip(ISO, values, strict=True))
            ],
        }
        for kind, values in (("Production", TEMP), ("Consumption", HUM))
    ]
    text = json.dumps({"power": {"timeUnit": "MINUTE", "unit": "W", "meters": meters}}).encode()
    found = read_series(io.BytesIO(text))
    assert [*found] == ["Production", "Consumption"]
    for one, values in zip(found.values(), (TEMP, HUM), strict=True):
        assert not isinstance(one, Exception)
        known = ~one.interpolated & ~np.isnan(one.values[:, 0])
        np.testing.assert_array_equal(np.flatnonzero(~known), lost)
        np.testing.assert_array_equal(one.values[known, 0], np.array(values)[known])


@pytest.mark.parametrize("depth", [1, 3, 5])
def test_values_deep_inside_records_are_channels(depth: int) -> None:
    def inside(value: float) -> Any:
        held: Any = value
        for level in range(depth, 0, -1):
            held = {f"k{level}": held}
        return held

    hits = [
        {"_score": None, "_source": {"@timestamp": stamp, "system": inside(value)}}
        for stamp, value in zip(ISO, TEMP, strict=True)
    ]
    found = read(io.BytesIO(json.dumps({"took": 5, "hits": {"hits": hits}}).encode()))
    path = ".".join(f"k{level}" for level in range(1, depth + 1))
    assert found.channels == (f"_source.system.{path}",)
    np.testing.assert_array_equal(found.values[:, 0], TEMP)
