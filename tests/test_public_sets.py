"""Tables in the layouts of public data sets: engines, trials, cases, labels of their own."""

import io
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from spectra.datasets import Recording, read, read_series
from spectra.errors import DataError
from written import N, recording, stamps

RNG = np.random.default_rng(89)
LEFT = np.round(20 + RNG.normal(size=N), 3)
LENGTHS = (192, 287, 179)
ROWS = sum(LENGTHS)
SENSOR = np.round(518 + RNG.normal(size=ROWS), 2)
OTHER = np.round(641 + RNG.normal(size=ROWS), 2)
COUNT = np.concatenate([np.arange(1, length + 1) for length in LENGTHS])


def series_in(
    frame: pd.DataFrame, *, sep: str = ",", header: bool = True
) -> dict[str, Recording | DataError]:
    """Return the series in the lines of a frame."""
    return read_series(io.BytesIO(frame.to_csv(index=False, sep=sep, header=header).encode()))


def check_series(
    found: dict[str, Recording | DataError], names: list[str], channels: tuple[str, ...]
) -> None:
    """Check the names of series, and the channels and values of each."""
    assert [*found] == names
    ends = np.cumsum(LENGTHS)
    for (begin, end), one in zip(zip([0, *ends], ends, strict=False), found.values(), strict=True):
        assert one.channels == channels
        np.testing.assert_array_equal(one.values, np.column_stack([SENSOR, OTHER])[begin:end])


def test_engines_of_a_table_without_names_are_told_apart_by_their_cycles() -> None:
    engines = np.repeat([1, 2, 3], LENGTHS)
    frame = pd.DataFrame([engines, COUNT, SENSOR, OTHER]).T.astype({0: int, 1: int})
    check_series(series_in(frame, sep=" ", header=False), ["1", "2", "3"], ("ch3", "ch4"))


def test_engines_are_told_apart_by_cycles_of_any_name() -> None:
    engines = np.repeat([4, 8, 9], LENGTHS)
    frame = pd.DataFrame({"id": engines, "cycle": COUNT, "s1": SENSOR, "s2": OTHER})
    check_series(series_in(frame), ["4", "8", "9"], ("s1", "s2"))


def test_ticks_that_leap_where_the_activity_changes_tell_series_apart() -> None:
    words = np.repeat(["Jogging", "Walking", "Sitting"], LENGTHS)
    ticks = 49_105_962_326_000 + 50_000_000 * np.arange(ROWS)
    ticks += np.repeat([0, 7 * 10**12, 9 * 10**12], LENGTHS)
    frame = pd.DataFrame([words, ticks, SENSOR, OTHER]).T
    check_series(series_in(frame, header=False), [*dict.fromkeys(words)], ("ch3", "ch4"))


def test_readings_of_machines_in_turn_keep_no_ticks_as_a_channel() -> None:
    rows = [f"{300 * i},{vm},{x},{x + 1}" for i, x in enumerate(LEFT) for vm in ("vm-a", "vm-b")]
    found = read_series(io.BytesIO("\n".join(rows).encode()))
    assert [*found] == ["vm-a", "vm-b"]
    assert [one.channels for one in found.values()] == [("ch3", "ch4")] * 2


@pytest.mark.parametrize("names", ["block,seq,a,b", ""])
@pytest.mark.parametrize("length", [60, 64])
def test_a_counter_that_runs_full_tells_no_series_apart(names: str, length: int) -> None:
    rows = [f"{i // length},{i % length},{x},{-x}" for i, x in enumerate(SENSOR)]
    assert recording(*([names] if names else []), *rows).n_samples == ROWS


def test_a_day_of_the_month_beside_its_month_tells_no_series_apart() -> None:
    days = pd.date_range("2023-01-01", periods=ROWS)
    rows = [f"{day.month},{day.day},{x}" for day, x in zip(days, SENSOR, strict=True)]
    assert recording("month,day,flow", *rows).n_samples == ROWS


@pytest.mark.parametrize(
    ("name", "normal", "bad"),
    [
        ("EVENT", "False", "True"),
        ("machine_status", "NORMAL", "BROKEN"),
        ("Machine failure", "0", "1"),
        ('"Attack LABLE (1:No Attack, -1:Attack)"', "1", "-1"),
    ],
)
def test_labels_of_public_sets_are_no_channels(name: str, normal: str, bad: str) -> None:
    rows = [
        f"{t},{x},{bad if i > 50 else normal}"
        for i, (t, x) in enumerate(zip(stamps("%Y-%m-%d %H:%M"), LEFT, strict=True))
    ]
    found = recording(f"time,flow,{name}", *rows)
    assert found.channels == ("flow",)
    np.testing.assert_array_equal(found.labels, np.arange(N) > 50)


def test_states_with_other_words_are_no_labels() -> None:
    rows = [f"{x},{('RUN', 'STOP')[i % 2]}" for i, x in enumerate(LEFT)]
    assert recording("flow,machine_status", *rows).labels is None


def test_an_array_of_blocks_is_refused_where_the_rest_has_a_number_for_each(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", X=RNG.normal(size=(50, 128, 9)), y=np.arange(50) % 3)
    with pytest.raises(DataError, match=r"'X' \(50 × 128 × 9\), an array of blocks: save one"):
        read(tmp_path / "a.npz")
    assert read(tmp_path / "a.npz", variable="y").n_samples == 50


def test_an_array_of_blocks_beside_a_signal_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=np.zeros((4, 30, 30)), signal=SENSOR)
    found = read(tmp_path / "a.npz")
    np.testing.assert_array_equal(found.values[:, 0], SENSOR)
    assert "'images' (4 × 30 × 30) is an array of blocks: left out" in " ".join(found.notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#The data\n@problemName Gun\n@data\n" + "1,2,3:1\n" * 9, r"labelled series \(\.ts\)"),
        ("1;10.0 1:15596.16 2:1.868\n" * 9, "SVMlight"),
        (
            "      Time   Sample #  Type  Sub Chan  Num\tAux\n"
            + "    0:00.214       77     N    0    0    0\n" * 9,
            "annotations of a WFDB record",
        ),
    ],
)
def test_other_layouts_of_public_sets_are_refused(text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(io.BytesIO(text.encode()))


@pytest.mark.parametrize("start", [b"\x80\x02}q\x00", b"\x80\x03}q\x00", b"\x80\x05\x95"])
def test_pickles_of_each_protocol_are_refused_by_name(start: bytes) -> None:
    with pytest.raises(DataError, match="pickle of Python"):
        read(io.BytesIO(start + bytes(100)))


def test_one_row_of_numbers_is_one_channel() -> None:
    found = read(io.BytesIO(("   " + "   ".join(f"{x:.7e}" for x in SENSOR) + "\n").encode()))
    assert found.n_channels == 1
    np.testing.assert_array_equal(found.values[:, 0], SENSOR)


def test_what_is_listed_once_beside_series_is_none_of_them() -> None:
    once = [f"00:00,{name},{i}" for i, name in enumerate(("RecordID", "Age", "Gender", "Height"))]
    rates = [f"{i // 60:02}:{i % 60:02},{p},{x + k}" for i, x in enumerate(LEFT)
             for k, p in enumerate(("HR", "GCS"))]  # fmt: skip
    found = read_series(io.BytesIO("\n".join(["Time,Parameter,Value", *once, *rates]).encode()))
    assert [*found] == ["HR", "GCS"]
    np.testing.assert_array_equal(found["HR"].values[:, 0], LEFT)
    assert any("4 rows belong to none of the series" in note for note in found["HR"].notes)


def test_a_year_with_a_fraction_beside_its_date_is_no_channel() -> None:
    days = pd.date_range("1990-01-01", periods=N)
    rows = [
        f"{day.year};{day.month:02};{day.day:02};{day.year + (day.day_of_year - 0.5) / 365:.3f};{x}"
        for day, x in zip(days, LEFT, strict=True)
    ]
    found = recording(*rows)
    assert found.index[0] == pd.Timestamp("1990-01-01")
    np.testing.assert_array_equal(found.values, LEFT[:, None])


def test_names_above_one_another_in_comments_name_no_other_column() -> None:
    months = pd.date_range("1974-03-01", periods=N, freq="MS")
    rows = [
        f"{day.year}  {day.month:2}    {day.year + (day.month - 0.5) / 12:.4f}  {x}  {x + 1}  25  "
        f"0.{i % 7}  0.{i % 5}"
        for i, (day, x) in enumerate(zip(months, LEFT, strict=True))
    ]
    found = recording(
        "# USE OF DATA",
        "#            decimal      monthly     de-season     #days   st.dev of  unc. of",
        "#             date        average     alized              days       mon mean",
        *rows,
    )
    assert found.index[0] == pd.Timestamp("1974-03-01")
    assert found.channels == ("ch4", "ch5", "ch6", "ch7", "ch8")
    np.testing.assert_array_equal(found.values[:, 0], LEFT)


def test_numbers_of_sensors_behind_a_blank_name_the_columns() -> None:
    rows = [f"{t},{x},{x + 1}" for t, x in zip(stamps("%Y-%m-%d %H:%M:%S", 300), LEFT, strict=True)]
    found = recording(",773869,767541", *rows)
    assert (found.channels, found.n_samples) == (("773869", "767541"), N)
    assert found.fs == pytest.approx(1 / 300)


@pytest.mark.parametrize("unit", ["ns", "us"])
def test_a_data_frame_in_hdf5_has_its_dates_and_names(tmp_path: Path, unit: str) -> None:
    dates = pd.date_range("2012-03-01", periods=N, freq="5min").as_unit(unit)
    names = np.array([b"773869", b"767541"])
    with h5py.File(tmp_path / "a.h5", "w") as file:
        frame = file.create_group("df")
        frame["axis0"], frame["block0_items"] = names, names
        frame["axis1"] = dates.asi8
        frame["block0_values"] = np.column_stack([LEFT, LEFT + 1])
    found = read(tmp_path / "a.h5")
    assert (found.channels, found.index[0]) == (("773869", "767541"), pd.Timestamp("2012-03-01"))
    assert found.fs == pytest.approx(1 / 300)
    np.testing.assert_array_equal(found.values[:, 0], LEFT)


def test_a_data_frame_in_hdf5_has_no_count_of_rows_as_a_channel(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        frame = file.create_group("df")
        frame["axis0"] = frame["block0_items"] = np.array([b"flow", b"level"])
        frame["axis1"] = np.arange(N)
        frame["block0_values"] = np.column_stack([LEFT, LEFT + 1])
    assert read(tmp_path / "a.h5").channels == ("flow", "level")


SMOOTH = np.array([np.convolve(RNG.normal(size=129), np.hanning(10), "valid") for _ in range(40)])


@pytest.mark.parametrize("names", ["", ",".join([*(f"FLUX.{i}" for i in range(1, 121)), "LABEL"])])
def test_a_case_a_row_with_its_class_is_refused(names: str) -> None:
    rows = [",".join(f"{x:.6f}" for x in row) + f",{i % 3}" for i, row in enumerate(SMOOTH)]
    text = "\n".join([*([names] if names else []), *rows])
    with pytest.raises(DataError, match="a case in each row: 120 columns follow one another"):
        read(io.BytesIO(text.encode()))
    chosen = "FLUX.1,FLUX.2" if names else "ch1,ch2"
    assert read(io.BytesIO(text.encode()), channels=chosen).n_samples == len(SMOOTH)


def test_a_cycle_a_row_is_told_of() -> None:
    found = recording(*("\t".join(f"{x:.3f}" for x in row) for row in SMOOTH))
    assert found.n_channels == SMOOTH.shape[1]
    assert any("write its samples below one another" in note for note in found.notes)


def test_many_channels_with_a_state_are_channels() -> None:
    rows = [",".join(f"{x:.6f}" for x in row) + f",{i // 60}" for i, row in enumerate(SMOOTH.T)]
    found = recording(*rows)
    assert (found.n_channels, found.n_samples) == (len(SMOOTH) + 1, SMOOTH.shape[1])


def test_ticks_of_a_rounded_step_are_no_channel() -> None:
    rows = [f"{round(1000 / 30 * i)} {x} {x + 1}" for i, x in enumerate(LEFT)]
    assert recording(*rows).channels == ("ch2", "ch3")


def test_cycles_of_engines_are_no_seconds() -> None:
    engines = np.repeat([1, 2, 3], LENGTHS)
    frame = pd.DataFrame({"unit": engines, "time_cycles": COUNT, "s1": SENSOR, "s2": OTHER})
    found = series_in(frame)
    check_series(found, ["1", "2", "3"], ("s1", "s2"))
    assert all(one.fs is None for one in found.values())


@pytest.mark.parametrize("name", ["subject", "Participant_ID", "machineID", "id"])
@pytest.mark.parametrize("values", [(3, 5, 6), ("S2", "S3", "S4")])
def test_people_below_one_another_are_series(name: str, values: tuple[object, ...]) -> None:
    frame = pd.DataFrame({name: np.repeat(values, LENGTHS), "acc": SENSOR, "eda": OTHER})
    check_series(series_in(frame), [*map(str, values)], ("acc", "eda"))


@pytest.mark.parametrize("name", ["engine", "machine", "machine_speed"])
def test_a_machine_that_is_switched_on_is_no_series(name: str) -> None:
    rows = [f"{x},{int(i > 30)}" for i, x in enumerate(LEFT)]
    assert recording(f"flow,{name}", *rows).n_samples == N


def test_trips_of_a_vehicle_are_told_apart_by_their_numbers() -> None:
    frame = pd.DataFrame(
        {
            "VehId": np.repeat([8, 8, 10], LENGTHS),
            "Trip": np.repeat([706, 707, 1558], LENGTHS),
            "Timestamp(ms)": 200 * (COUNT - 1),
            "Speed[km/h]": SENSOR,
            "RPM": OTHER,
        }
    )
    found = series_in(frame)
    check_series(found, ["706", "707", "1558"], ("Speed[km/h]", "RPM"))
    assert all(one.fs == pytest.approx(5) for one in found.values())


def test_one_time_of_all_days_is_their_time() -> None:
    days = pd.date_range("2006-01-01", periods=N)
    rows = [f"{day:%Y%m%d} 120000 {x} {x + 1}" for day, x in zip(days, LEFT, strict=True)]
    found = recording("YYYYMMDD HHMMSS dN dE", *rows)
    assert (found.channels, found.index[0]) == (("dN", "dE"), pd.Timestamp("2006-01-01 12:00"))


def test_numbers_from_0_above_whole_numbers_are_names() -> None:
    values = RNG.integers(-20, 20, (N, 12))
    rows = [",".join(map(str, row)) for row in values]
    found = recording(",".join(map(str, range(12))), *rows)
    assert found.channels == tuple(map(str, range(12)))
    np.testing.assert_array_equal(found.values, values)


def test_stores_and_families_of_goods_together_tell_series_apart() -> None:
    days = pd.date_range("2013-01-01", periods=N).strftime("%Y-%m-%d")
    rows = [
        f"{day},{store},{family},{x}"
        for day, x in zip(days, LEFT, strict=True)
        for family in ("BOOKS", "BREAD")
        for store in (1, 2, 3)
    ]
    found = read_series(io.BytesIO("\n".join(["date,store_nbr,family,sales", *rows]).encode()))
    assert len(found) == 6
    for one in found.values():
        assert one.fs == pytest.approx(1 / 86400)
        np.testing.assert_array_equal(one.values[:, 0], LEFT)


def test_sequences_of_a_person_who_comes_again_are_told_apart() -> None:
    rows = [
        f"{sequence},{person},{step},{sequence + step / 60:.3f}"
        for sequence, person in enumerate((47, 66, 47))
        for step in range(60)
    ]
    found = read_series(io.BytesIO("\n".join(["sequence,subject,step,s", *rows]).encode()))
    assert [*found] == ["0", "1", "2"]


@pytest.mark.parametrize("name", ["Machine_ID", "VehId", "status type id"])
def test_numbers_of_machines_in_any_order_are_no_channel(name: str) -> None:
    machines = RNG.integers(1, 9, N)
    rows = [
        f"{t},{machine},{x}"
        for t, machine, x in zip(stamps("%Y-%m-%d %H:%M"), machines, LEFT, strict=True)
    ]
    found = recording(f"time,{name},flow", *rows)
    assert found.channels == ("flow",)
    assert any("has the numbers of things" in note for note in found.notes)


@pytest.mark.parametrize("name", ["grid", "Fluid", "id"])
def test_a_measurement_that_ends_alike_is_a_channel(name: str) -> None:
    rows = [f"{x},{i % 7 + i % 3}" for i, x in enumerate(LEFT)]
    assert recording(f"flow,{name}", *rows).channels == ("flow", name)
