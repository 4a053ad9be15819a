"""Units, rates and times in JSON stand beside the values of a channel, of a record, or apart."""

import io
import json
from typing import Any

import numpy as np
import pytest

from spectra.datasets import read
from spectra.datasets.recording import Recording
from spectra.errors import DataError

N = 30
TIMES = [f"2024-01-01T00:00:{i:02d}" for i in range(N)]
LEFT = [i * i % 7 + 0.5 for i in range(N)]
RIGHT = [i * i % 11 + 0.25 for i in range(N)]


def found_in(value: Any, **layout: Any) -> Recording:
    found = read(io.BytesIO(json.dumps(value, **layout).encode()))
    np.testing.assert_array_equal(found.values, np.column_stack([LEFT, RIGHT]))
    assert found.fs == 1
    return found


@pytest.mark.parametrize("key", ["unit", "units"])
@pytest.mark.parametrize("ok", [False, True])
def test_unit_beside_the_value_in_each_record(key: str, ok: bool) -> None:
    records: list[dict[str, Any]] = [
        {"time": t, "pump": {"power": {"value": x, key: "kW"}}, "flow": {"v": y, key: "l/min"}}
        for t, x, y in zip(TIMES, LEFT, RIGHT, strict=True)
    ]
    records = [{**one, "ok": True} for one in records] if ok else records
    found = found_in(records)
    assert found.units == ("kW", "l/min")
    assert found.channels == ("pump.power [kW]", "flow [l/min]")
    assert any("'ok' is one number throughout" in note for note in found.notes) == ok


@pytest.mark.parametrize("unit", [["kW"], 3, "none such", None])
def test_what_is_no_unit_leaves_names_as_they_are(unit: Any) -> None:
    records = [
        {"time": t, "power": {"value": x, "unit": unit}, "flow": {"value": y}}
        for t, x, y in zip(TIMES, LEFT, RIGHT, strict=True)
    ]
    found = read(io.BytesIO(json.dumps(records).encode()))
    assert found.channels[0] == "power.value"
    assert found.channels[-1] == "flow.value"


@pytest.mark.parametrize("records", [False, True])
def test_unit_beside_the_list_of_a_channel(records: bool) -> None:
    def samples(values: list[float]) -> Any:
        pairs = zip(TIMES, values, strict=True)
        return [{"time": t, "value": x} for t, x in pairs] if records else values

    channels = {
        "co2": {"unit": "ppm", "data": samples(LEFT)},
        "flow": {"unit": "l/min", "data": samples(RIGHT)},
    }
    value = {"channels": channels} if records else {"time": {"data": TIMES}, **channels}
    found = found_in(value)
    assert found.units == ("ppm", "l/min")
    assert not found.notes


@pytest.mark.parametrize("layout", ["inside", "values", "columns", "plain"])
def test_units_in_an_object_of_their_own(layout: str) -> None:
    units = {"power": "kW", "flow": "l/min"}
    rows = list(zip(TIMES, LEFT, RIGHT, strict=True))
    inside = [{"t": t, "sensors": {"power": x, "flow": y}} for t, x, y in rows]
    values = [{"t": t, "power": {"value": x}, "flow": {"value": y}} for t, x, y in rows]
    value: dict[str, Any] = {
        "inside": {"data": inside},
        "values": {"data": values},
        "columns": {"timestamps": TIMES, "values": {"power": LEFT, "flow": RIGHT}},
        "plain": {"data": [{"t": t, "power": x, "flow": y} for t, x, y in rows]},
    }[layout]
    assert found_in({"units": units, **value}).units == ("kW", "l/min")


@pytest.mark.parametrize("indent", [None, 1, 4])
def test_lists_may_stand_on_lines_of_their_own(indent: int | None) -> None:
    rows = [["time", "left", "right"], *map(list, zip(TIMES, LEFT, RIGHT, strict=True))]
    assert found_in(rows, indent=indent).channels == ("left", "right")


@pytest.mark.parametrize("time", ["time", "when"])
@pytest.mark.parametrize("begin", [0, 17])
def test_frame_whose_rows_have_numbers_is_read(time: str, begin: int) -> None:
    columns = {time: TIMES, "left": LEFT, "right": RIGHT}
    value = {
        name: {str(begin + i): cell for i, cell in enumerate(cells)}
        for name, cells in columns.items()
    }
    assert found_in(value).channels == ("left", "right")
    value["right"].popitem()
    with pytest.raises(DataError):
        read(io.BytesIO(json.dumps(value).encode()))


def test_instants_are_no_names_of_lists_that_are_as_long() -> None:
    value = {"t": TIMES, "y": [LEFT, RIGHT], "names": ["left", "right"]}
    assert found_in(value).channels == ("left", "right")


def test_rows_of_one_value_have_the_times_beside_them() -> None:
    value = {"columns": ["left"], "index": TIMES, "data": [[x] for x in LEFT]}
    found = read(io.BytesIO(json.dumps(value).encode()))
    assert (found.channels, found.fs) == (("left",), 1)
    np.testing.assert_array_equal(found.values[:, 0], LEFT)


@pytest.mark.parametrize("other", [50.0, 25.0])
def test_rate_that_all_signals_give_is_that_of_the_recording(other: float) -> None:
    signals = [
        {"label": "left", "fs": 50.0, "gain": 1, "samples": LEFT},
        {"label": "right", "fs": other, "gain": 2, "samples": RIGHT},
    ]
    found = read(io.BytesIO(json.dumps({"signals": signals}).encode()))
    assert found.channels == ("left", "right")
    assert found.fs == (50 if other == 50 else None)


@pytest.mark.parametrize("second", [1, 1000, 10**9])
def test_numbers_of_rows_may_be_instants(second: int) -> None:
    times = [str((1_700_000_000 + i) * second) for i in range(N)]
    columns = {"left": LEFT, "right": RIGHT}
    value = {name: dict(zip(times, cells, strict=True)) for name, cells in columns.items()}
    assert found_in(value).channels == ("left", "right")


def test_numbers_in_quotes_are_no_names_of_others() -> None:
    rows = zip(TIMES, LEFT, RIGHT, strict=True)
    assert found_in({t: {"co2": str(x), "flow": str(y)} for t, x, y in rows}).channels == (
        "co2",
        "flow",
    )


@pytest.mark.parametrize("nothing", ["", None])
def test_measurement_without_a_value_is_missing(nothing: Any) -> None:
    records = [
        {"time": t, "data": [{"name": "left", "value": x}, {"name": "right", "value": y}]}
        for t, x, y in zip(TIMES, LEFT, RIGHT, strict=True)
    ]
    records[5]["data"][0]["value"] = nothing
    found = read(io.BytesIO(json.dumps(records).encode()))
    assert [name.rpartition(".")[2] for name in found.channels] == ["left", "right"]
    np.testing.assert_array_equal(np.flatnonzero(found.interpolated), [5])
    np.testing.assert_array_equal(np.delete(found.values[:, 0], 5), np.delete(LEFT, 5))


def test_values_that_rise_from_channel_to_channel_are_no_times() -> None:
    value = {
        name: {t: low + i * i % 7 for i, t in enumerate(TIMES)}
        for name, low in (("left", 10), ("middle", 20), ("right", 30))
    }
    found = read(io.BytesIO(json.dumps(value).encode()))
    assert (found.channels, found.fs) == (("left", "middle", "right"), 1)
