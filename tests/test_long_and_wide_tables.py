"""Long tables with a row a value, and wide ones with a day, month or year a row."""

import io

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import read, read_series
from spectra.datasets.recording import Recording
from spectra.errors import DataError

N = 40
RNG = np.random.default_rng(59)
SPEED = np.round(1450 + RNG.normal(size=N), 1)
POWER = np.round(11 + RNG.normal(size=N), 2)
TIMES = pd.date_range("2024-03-01 08:00", periods=N, freq="1min").strftime("%Y-%m-%d %H:%M:%S")
PAIRS = list(zip(TIMES, SPEED, strict=True))
TWO = {"speed": SPEED, "power": POWER}


def series(*lines: str) -> dict[str, Recording]:
    found = read_series(io.BytesIO("".join(f"{line}\n" for line in lines).encode()))
    assert all(isinstance(one, Recording) for one in found.values()), found
    return {key: one for key, one in found.items() if isinstance(one, Recording)}


def are_read(found: dict[str, Recording], expected: dict[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    for key, values in expected.items():
        np.testing.assert_array_equal(found[key].values[:, -1], values)
        assert found[key].fs == pytest.approx(1 / 60)


def rows(names: tuple[str, str] = ("speed", "power")) -> list[str]:
    """Rows of two sensors that take turns."""
    return [
        f"{t},{name},{x}"
        for i, t in enumerate(TIMES)
        for name, x in zip(names, (SPEED[i], POWER[i]), strict=True)
    ]


@pytest.mark.parametrize("every", [30, 13, 9])
@pytest.mark.parametrize("names", [("speed", "power"), ("101", "102")])
def test_rows_that_were_sent_twice_leave_series_apart(names: tuple[str, str], every: int) -> None:
    lines = [line for i, line in enumerate(rows(names)) for line in [line] * (1 + (i % every == 5))]
    found = series("time,sensor_id,value", *lines)
    are_read(found, dict(zip(names, TWO.values(), strict=True)))
    notes = [note for one in found.values() for note in one.notes]
    assert any("of an" in note and ("merged" in note or "left out" in note) for note in notes)


def test_numbers_of_points_tell_series_apart() -> None:
    found = series("time,point,value", *rows(("101", "102")))
    are_read(found, {"101": SPEED, "102": POWER})
    pairs = rows(("101", "102"))
    mixed = [one for i in range(0, 2 * N, 2) for one in pairs[i : i + 2][:: 1 - i % 4]]
    are_read(series("time,point,value", *mixed), {"101": SPEED, "102": POWER})
    dew = [f"{t},{i % 2 + 7},{x}" for i, (t, x) in enumerate(zip(TIMES, SPEED, strict=True))]
    assert series("time,dew point,value", *dew)[""].channels == ("dew point", "value")


def test_delimiters_at_the_ends_of_lines_leave_clocks_whole() -> None:
    clocks = pd.date_range("2024-03-13 08:00", periods=N, freq="1min").strftime(
        "%m/%d/%Y %I:%M:%S %p"
    )
    lines = [f"{t},{x},{y},rpm," for t, x, y in zip(clocks, SPEED, POWER, strict=True)]
    found = series("time,speed,power,unit,", *lines)[""]
    assert found.channels == ("speed", "power")
    assert found.index[0] == pd.Timestamp("2024-03-13 08:00")


def test_cells_that_say_good_and_bad_without_a_name_are_believed() -> None:
    lines = [f"{t},{x},{'bad' if i == 7 else 'good'}" for i, (t, x) in enumerate(PAIRS)]
    found = series(*lines)[""]
    assert list(np.flatnonzero(found.interpolated)) == [7]


def test_units_without_a_name_tell_series_apart_behind_their_names() -> None:
    lines = [f"{line},{'kW' if i % 2 else 'rpm'}" for i, line in enumerate(rows())]
    turned = [",".join((one.split(",")[i]) for i in (0, 2, 3, 1)) for one in lines]
    are_read(series(*turned), TWO)


@pytest.mark.parametrize("name", ["Tagname", "sensorName", "sensor", "Sensor-ID"])
@pytest.mark.parametrize("names", [("speed", "power"), ("101", "102")])
def test_series_that_are_sent_in_bursts_may_have_rows_twice(
    names: tuple[str, str], name: str
) -> None:
    if name.endswith("ame") and names[0].isdigit():
        return
    lines = rows(names)
    lines = [
        line
        for i in range(0, 2 * N, 10)
        for line in lines[i : i + 10 : 2] + lines[i + 1 : i + 10 : 2]
    ]
    lines.insert(20, lines[20])
    are_read(series(f"time,{name},value", *lines), dict(zip(names, TWO.values(), strict=True)))


@pytest.mark.parametrize("names", [("speed", "power"), ("101", "102")])
def test_names_tell_series_apart_before_units(names: tuple[str, str]) -> None:
    lines = [
        f"{t},{x},{unit},{name}"
        for i, t in enumerate(TIMES)
        for name, x, unit in zip(names, (SPEED[i], POWER[i]), ("rpm", "kW"), strict=True)
    ]
    found = series("time,value,unit,sensor", *lines)
    are_read(found, dict(zip(names, TWO.values(), strict=True)))
    assert [one.units for one in found.values()] == [("rpm",), ("kW",)]


@pytest.mark.parametrize("names", [("speed", "power"), ("101", "102")])
@pytest.mark.parametrize("kind", ["burst", "stacked"])
def test_sensors_of_two_stations_are_series_of_their_own(names: tuple[str, str], kind: str) -> None:
    size = N if kind == "stacked" else 5
    values = np.arange(4 * N).reshape(2, 2, N)
    lines = [
        f"{TIMES[i]},{site},{name},{values[j, k, i]}"
        for begin in range(0, N, size)
        for j, site in enumerate(("north", "south"))
        for k, name in enumerate(names)
        for i in range(begin, begin + size)
    ]
    are_read(
        series("time,site,sensor,value", *lines),
        {
            f"{site} / {name}": values[j, k]
            for j, site in enumerate(("north", "south"))
            for k, name in enumerate(names)
        },
    )


def test_days_of_months_that_are_written_with_their_year_are_one_channel() -> None:
    days = pd.date_range("2023-01-01", "2023-12-31", freq="D")
    values = np.round(12 + RNG.normal(size=len(days)), 2)
    lines = [
        ",".join([f"2023-{month:02d}", *map(str, values[days.month == month]), *[""] * short])
        for month in range(1, 13)
        for short in (31 - int((days.month == month).sum()),)
    ]
    found = series(",".join(["Month", *map(str, range(1, 32))]), *lines)[""]
    np.testing.assert_array_equal(found.values[:, 0], values)
    assert found.index[0] == days[0]


@pytest.mark.parametrize("months", ["{:02d}", "{}"])
@pytest.mark.parametrize("year", ["Year", "Jahr"])
def test_months_that_are_numbered_behind_years_are_one_channel(months: str, year: str) -> None:
    values = np.round(12 + RNG.normal(size=(9, 12)), 2)
    names = [months.format(month) for month in range(1, 13)]
    lines = [",".join([str(1990 + i), *map(str, row)]) for i, row in enumerate(values)]
    found = series(",".join([year, *names]), *lines)[""]
    np.testing.assert_array_equal(found.values[:, 0], values.ravel())
    assert found.index[0] == pd.Timestamp("1990-01-01")
    assert series(",".join(["Probe", *names]), *lines)[""].n_channels == 13


@pytest.mark.parametrize("above", [[], ["Station: North"], ["Station: North", "Operator: AB"]])
@pytest.mark.parametrize("beside", ["Total", "Remark"])
def test_hours_that_are_counted_name_columns_below_lines_of_text(
    above: list[str], beside: str
) -> None:
    values = np.round(5 + RNG.normal(size=(9, 24)), 2)
    days = pd.date_range("2023-07-11", periods=9, freq="D").strftime("%Y-%m-%d")
    last = [f"{row.sum():.2f}" if beside == "Total" else "" for row in values]
    lines = [
        ",".join([day, "kWh", *map(str, row), end])
        for day, row, end in zip(days, values, last, strict=True)
    ]
    found = series(*above, ",".join(["Date", "Unit", *map(str, range(1, 25)), beside]), *lines)[""]
    np.testing.assert_array_equal(found.values[:, 0], values.ravel())
    assert found.units == ("kWh",)
    assert found.fs == pytest.approx(1 / 3600)


@pytest.mark.parametrize("end", ["", ","])
@pytest.mark.parametrize("units", [("V", "A"), ("V", "V"), None])
@pytest.mark.parametrize("name", ["", "Sensor"])
def test_sensors_a_row_have_units_and_may_end_in_a_delimiter(
    name: str, units: tuple[str, str] | None, end: str
) -> None:
    days = pd.date_range("2023-10-01", periods=N, freq="D").strftime("%Y-%m-%d")
    heads = [[name, "Unit"], ["left", "V"], ["right", "A"]]
    if units is None:
        heads = [head[:1] for head in heads]
    else:
        heads[1][1], heads[2][1] = units
    lines = [
        ",".join([*head, *map(str, cells)]) + end
        for head, cells in zip(heads, (days, SPEED, POWER), strict=True)
    ]
    found = series(*lines)[""]
    assert found.channels == (("left", "right") if units is None else found.channels)
    assert [one.split()[0] for one in found.channels] == ["left", "right"]
    assert found.units == units
    np.testing.assert_array_equal(found.values, np.column_stack([SPEED, POWER]))
    assert found.index[0] == pd.Timestamp("2023-10-01")


def test_hours_that_are_counted_may_stand_above_a_total() -> None:
    values = np.round(5 + RNG.normal(size=(9, 24)), 2)
    days = pd.date_range("2023-07-11", periods=9, freq="D").strftime("%Y-%m-%d")
    lines = [",".join([day, *map(str, row)]) for day, row in zip(days, values, strict=True)]
    lines += [",".join(["Total", *(f"{total:.2f}" for total in values.sum(axis=0))])]
    found = series(",".join(["Date", *map(str, range(1, 25))]), *lines)[""]
    np.testing.assert_array_equal(found.values[:, 0], values.ravel())


@pytest.mark.parametrize("count", ["{},,", ",{},", ",,{}", "{}"])
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (0, 2, 1)])
def test_a_last_row_that_counts_those_above_it_is_left_out(
    count: str, order: tuple[int, ...]
) -> None:
    table = [line.split(",") for line in ["time,sensor,value", *rows(("3", "7"))]]
    lines = [",".join(row[i] for i in order) for row in table]
    found = series(*lines, count.format(2 * N))
    are_read(found, {"3": SPEED, "7": POWER})
    assert all(one.n_rows == N for one in found.values())


def test_a_time_without_values_is_no_count_of_rows() -> None:
    lines = ["t_s,speed,power", *(f"{i},{SPEED[i]},{POWER[i]}" for i in range(N)), f"{N},,"]
    found = read(io.BytesIO("\n".join(lines).encode()))
    assert found.n_rows == N + 1


def test_a_count_of_rows_is_kept_as_it_is() -> None:
    lines = ["speed,power", *(f"{SPEED[i]},{POWER[i]}" for i in range(N)), f",{N}"]
    text = "\n".join(lines).encode()
    assert read(io.BytesIO(text), fs=1.0).n_rows == N
    assert read(io.BytesIO(text), fs=1.0, as_is=True).n_rows == N + 1


@pytest.mark.parametrize("header", ["t,sensor,value", "sensor,t,value"])
def test_a_short_name_of_time_is_one_where_each_sensor_has_it(header: str) -> None:
    cells = [
        {"t": i, "sensor": sensor, "value": value}
        for i in range(N)
        for sensor, value in ((3, SPEED[i]), (7, POWER[i]))
    ]
    lines = [",".join(str(row[key]) for key in header.split(",")) for row in cells]
    found = series(header, *lines)
    assert [*found] == ["3", "7"]
    np.testing.assert_array_equal(found["7"].values[:, 0], POWER)
    assert all(one.fs == 1 and one.channels == ("value",) for one in found.values())


def test_temperatures_in_steps_are_no_time() -> None:
    cells = [f"{20 + i // 2},{i % 2},{SPEED[i]}" for i in range(N)]
    found = read(io.BytesIO("\n".join(["t,repeat,value", *cells]).encode()), fs=1.0)
    assert found.channels == ("t", "repeat", "value")


@pytest.mark.parametrize("asked", ["value", "3"])
def test_a_column_that_tells_no_series_apart_is_refused(asked: str) -> None:
    text = "\n".join(["time,sensor,value", *rows(("a", "b"))]).encode()
    with pytest.raises(DataError, match=r"'value' tells no series apart, with \d+ values in 80"):
        read(io.BytesIO(text), series=asked)


def test_a_series_that_a_file_does_not_have_is_refused() -> None:
    one = "\n".join(["time,sensor,value", *(f"{t},a,{x}" for t, x in PAIRS)]).encode()
    for asked in ("sensor", "sensor=a", "sensor=A"):
        np.testing.assert_array_equal(read(io.BytesIO(one), series=asked).values[:, 0], SPEED)
    with pytest.raises(DataError, match="no series 'b': there are 'a'"):
        read(io.BytesIO(one), series="sensor=b")


def test_a_series_is_read_beside_names_that_stand_alone() -> None:
    lines = ["time,sensor,value", *(f"{t},a,{x}" for t, x in PAIRS)]
    others = [f"{TIMES[i]},x{i},{POWER[i]}" for i in range(20)]
    text = "\n".join([*lines, *others]).encode()
    found = read(io.BytesIO(text), series="sensor=a")
    np.testing.assert_array_equal(found.values[:, 0], SPEED)


@pytest.mark.parametrize("name", ["id", "sensor_id", "tag"])
@pytest.mark.parametrize("time", ["t", "timestamp"])
@pytest.mark.parametrize("lost", [(), (5, 40)])
def test_sensors_of_an_instant_come_in_any_order(
    name: str, time: str, lost: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(3)
    cells = [
        f"{i if time == 't' else TIMES[i]},{sensor},{value}"
        for i in range(N)
        for sensor, value in rng.permutation([(3, SPEED[i]), (7, POWER[i])]).tolist()
    ]
    cells = [cell.replace(".0,", ",") for i, cell in enumerate(cells) if i not in lost]
    found = series(f"{time},{name},value", *cells)
    assert {*found} == {"3", "7"}
    assert all(one.channels == ("value",) for one in found.values())
    assert all(one.fs == pytest.approx(1 if time == "t" else 1 / 60) for one in found.values())
