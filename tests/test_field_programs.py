"""Exports of programs, services and instruments, against what was written: one kind a test."""

import io
import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import Recording, read, read_series
from spectra.datasets.inspection import inspect
from spectra.errors import DataError

N = 60
RNG = np.random.default_rng(8)
LEFT = np.round(20 + RNG.normal(size=N), 2)
RIGHT = np.round(50 + 5 * RNG.normal(size=N), 2)


def recording(rows: list[str], header: str = "", **options: Any) -> Recording:
    return read(io.BytesIO("\n".join([*([header] if header else []), *rows]).encode()), **options)


def stamps(form: str, freq: str = "h", start: str = "2020-03-12") -> list[str]:
    return list(pd.date_range(start, periods=N, freq=freq).strftime(form))


@pytest.mark.parametrize(
    "form",
    [
        "%d.%m.%Y %H:%M Uhr", "%d. %m. %Y %H:%M", "%Y. %m. %d. %H:%M:%S", "%d.%m.%Y %H.%M",
        "%d/%b/%Y:%H:%M", "%d%b%y:%H:%M:%S", "%Y-%jT%H:%M:%S", "\u200e%d/%m/%Y %H:%M",
        "%a %b %d %Y %H:%M:%S GMT+0100 (Central European Standard Time)",
    ],
)  # fmt: skip
def test_dates_of_more_countries_and_programs_are_instants(form: str) -> None:
    rows = [f"{stamp};{value}" for stamp, value in zip(stamps(form), LEFT, strict=True)]
    found = recording(rows, "t;x", dates="day-first")
    assert found.index[0].tz_localize(None) == pd.Timestamp("2020-03-12")
    assert found.fs == pytest.approx(1 / 3600)
    np.testing.assert_array_equal(found.values[:, 0], LEFT)


@pytest.mark.parametrize(
    "months",
    [
        "sty lut mar kwi maj cze lip sie wrz paź lis gru",
        "jan. febr. márc. ápr. máj. jún. júl. aug. szept. okt. nov. dec.",
        "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara",
        "янв фев мар апр мая июн июл авг сен окт ноя дек",
    ],
)
@pytest.mark.parametrize("form", ["{0} {1} {2}", "{2}. {1} {0}."])
def test_months_of_more_languages_are_known(months: str, form: str) -> None:
    days = pd.date_range("2020-03-12", periods=N, freq="7D")
    names = months.split()
    cells = [form.format(day.day, names[day.month - 1], day.year) for day in days]
    found = recording([f"{cell};{x}" for cell, x in zip(cells, LEFT, strict=True)], "Data;x")
    assert list(found.index) == list(days)


@pytest.mark.parametrize(
    ("form", "freq"), [("{0}Q{1}", "QS"), ("{0}-Q{1}", "QS"), ("{0}M{2}", "MS")]
)
def test_quarters_and_months_of_statistics_are_dates(form: str, freq: str) -> None:
    days = pd.date_range("1990-01-01", periods=N, freq=freq)
    cells = [form.format(day.year, day.quarter, f"{day.month:02d}") for day in days]
    found = recording([f"{cell},{x}" for cell, x in zip(cells, LEFT, strict=True)], "obs,gdp")
    assert list(found.index) == list(days)


@pytest.mark.parametrize("zone", ["", "+0100"])
def test_dates_of_net_in_json_are_instants(zone: str) -> None:
    first = 1_583_971_200_000
    rows = [f'{{"d":"/Date({first + 60_000 * i}{zone})/","v":{x}}}' for i, x in enumerate(LEFT)]
    found = recording(["[" + ",".join(rows) + "]"])
    assert (found.index[0], found.fs) == (pd.Timestamp("2020-03-12", tz="UTC"), 1 / 60)


def test_halves_of_the_day_may_be_greek() -> None:
    cells = [
        f"{day:%d/%m/%Y %I:%M:%S} {'πμ' if day.hour < 12 else 'μμ'}"
        for day in pd.date_range("2020-03-12", periods=N, freq="h")
    ]
    found = recording(
        [f"{cell};{x}" for cell, x in zip(cells, LEFT, strict=True)], "t;x", dates="day-first"
    )
    assert list(found.index) == list(pd.date_range("2020-03-12", periods=N, freq="h"))


@pytest.mark.parametrize("name", ["tagid", "TagIndex", "sensor_id"])
def test_numbers_of_tags_tell_series_apart(name: str) -> None:
    rows = [
        f"{tag},{1_583_971_200_000 + 1000 * i},{x}"
        for i, pair in enumerate(zip(LEFT, RIGHT, strict=True))
        for tag, x in zip((17, 21), pair, strict=True)
    ]
    found = read_series(io.BytesIO("\n".join([f"{name},t_stamp,value", *rows]).encode()))
    assert tuple(found) == ("17", "21")


@pytest.mark.parametrize(("count", "fs"), [(3, 3 / 3600), (4, 4 / 3600), (7, 7 / 3600)])
def test_a_rate_of_the_same_number_of_rows_an_hour_is_exact(count: int, fs: float) -> None:
    hours = pd.date_range("2020-03-12", periods=N, freq="h").repeat(count)[:N]
    rows = [f"{hour},{x}" for hour, x in zip(hours, LEFT, strict=True)]
    assert recording(rows, "hour,price").fs == pytest.approx(fs, rel=1e-9)


def test_the_number_of_a_step_is_not_its_time() -> None:
    rows = [f"{i + 1} {0.01 * i:.4f} {x}" for i, x in enumerate(LEFT)]
    found = recording(rows, '"Time Step" "flow-time" "cd"')
    assert (found.channels, found.fs) == (("cd",), pytest.approx(100))


@pytest.mark.parametrize(("day", "known"), [("24-03-15", False), ("15/03/24", True)])
def test_a_start_that_may_begin_with_its_year_is_none(day: str, known: bool) -> None:
    head = f'"Date","{day}"\n"Time","10:00:00"\n"Interval","1ms"\n\nCH1'
    found = recording([f"{x}" for x in LEFT], head)
    assert isinstance(found.index, pd.DatetimeIndex) == known


def test_numbers_of_the_columns_below_their_units_are_no_sample() -> None:
    rows = [f"{i / 20:.3f},{x},{y}" for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))]
    found = recording(rows, "Rate,20 Hz\n\nTime,GPS Speed,LatAcc\nsec,km/h,g\n1,2,3\n")
    assert (found.n_samples, found.units, found.fs) == (N, ("km/h", "g"), 20)


@pytest.mark.parametrize(
    ("write", "places"),
    [("{:.1f}K", {5, 9, 30}), ("{:.1f}k", set(range(1, N)))],
)
def test_a_prefix_alone_behind_a_number_is_a_factor(write: str, places: set[int]) -> None:
    cells = [write.format(2.5) if i in places else "950" for i in range(N)]
    cells[0] = "900"
    found = recording([f"{i},{cell}" for i, cell in enumerate(cells)], "t,bytes")
    wanted = [2500 if i in places else 900 if i == 0 else 950 for i in range(N)]
    np.testing.assert_array_equal(found.values[:, 0], wanted)
    assert any("1.1" in note and "1100" in note for note in found.notes)


def test_a_letter_behind_a_few_numbers_among_others_is_a_mark() -> None:
    cells = [f"{x}M" if i in (20, 30, 40) else f"{x}" for i, x in enumerate(np.sort(LEFT))]
    found = recording([f"{i},{cell}" for i, cell in enumerate(cells)], "t,level")
    assert (found.units or ("",)) == ("",)
    np.testing.assert_array_equal(found.values[:, 0], np.sort(LEFT))


@pytest.mark.parametrize("word", ["XXX,XXX", "xxx.x", "######"])
def test_letters_in_the_place_of_digits_are_missing(word: str) -> None:
    cells = [word if i == 3 else f"{x}".replace(".", ",") for i, x in enumerate(LEFT)]
    found = recording([f"{i};{cell}" for i, cell in enumerate(cells)], "t;level")
    assert found.interpolated[3]
    assert found.values[4, 0] == LEFT[4]


def test_a_footer_with_a_number_below_a_text_has_no_time() -> None:
    rows = [f"D,PRICE,{s},{x}" for s, x in zip(stamps("%Y/%m/%d %H:%M:%S"), LEFT, strict=True)]
    found = recording([*rows, "C,204,,"], "kind,what,date,rrp")
    assert (found.n_samples, found.channels) == (N, ("rrp",))


@pytest.mark.parametrize("every", [N, 14])
def test_names_may_stand_above_lines_of_dashes_on_each_page(every: int) -> None:
    head = ["TS                           V", "------------------- ----------"]
    rows = [f"{s} {x:>10}" for s, x in zip(stamps("%Y-%m-%d %H:%M:%S"), LEFT, strict=True)]
    pages = [[*head, *rows[i : i + every], ""] for i in range(0, N, every)]
    found = recording([line for page in pages for line in page])
    assert (found.channels, found.n_samples) == (("V",), N)


@pytest.mark.parametrize("head", [" " * 22 + "x      y", " " * 22 + "x      y\ntime" + " " * 25])
def test_what_pandas_prints_is_read(head: str) -> None:
    rows = [
        f"{s}  {x:6.2f} {y:6.2f}"
        for s, x, y in zip(stamps("%Y-%m-%d %H:%M:%S"), LEFT, RIGHT, strict=True)
    ]
    found = recording(rows, head)
    assert found.channels == ("x", "y")
    np.testing.assert_array_equal(found.values[:, 1], RIGHT)


@pytest.mark.parametrize(
    ("names", "units", "row", "wanted"),
    [
        ("Index t Heatflow", "[s] [mW]", "{i} {i}.0 {x}", ("mW",)),
        ("yyyy mm tmax rain", "degC mm", "{y} {m} {x} {x}", ("degC", "mm")),
        ("Force Time Drift", "[s] [mW]", "{x} {i} {x}", None),
    ],
)
def test_units_of_a_table_of_blanks_stand_below_their_names(
    names: str, units: str, row: str, wanted: tuple[str, ...] | None
) -> None:
    rows = [row.format(i=i, x=x, y=1990 + i // 12, m=i % 12 + 1) for i, x in enumerate(LEFT)]
    assert recording(rows, f"Title\n\n{names}\n{units}").units == wanted


@pytest.mark.parametrize(
    "head",
    [
        "Label,CPU,Disk\nNamespace,EC2,EC2\nPeriod,300,300\nUnit,Percent,Bytes",
        "Name,CPU,Disk\nType,REAL,REAL\nScale,1,1\nUnit,%,B",
    ],
)
def test_names_with_a_key_stand_above_units_with_one(head: str) -> None:
    rows = [
        f"{s},{x},{y}" for s, x, y in zip(stamps("%Y/%m/%d %H:%M:%S"), LEFT, RIGHT, strict=True)
    ]
    assert recording(rows, head).channels == ("CPU", "Disk")


@pytest.mark.parametrize(
    ("names", "row"),
    [
        ("sec,nanosec,x", "{s},{ns},{x}"),
        ("secs,nsecs,x", "{s},{ns},{x}"),
        ("t,stamp.secs,stamp.nsecs,x", "{t:.3f},{s},{ns},{x}"),
        ("Time,Fractional Seconds,x", "{d},{f:.2f},{x}"),
    ],
)
def test_seconds_and_their_parts_are_one_time(names: str, row: str) -> None:
    first = 1_583_971_200
    rows = [
        row.format(
            s=first + i // 10, ns=i % 10 * 10**8, t=first + i / 10, x=x, f=i % 10 / 10,
            d=pd.Timestamp(first + i // 10, unit="s"),
        )
        for i, x in enumerate(LEFT)
    ]  # fmt: skip
    found = recording(rows, names)
    assert (found.channels, found.fs) == (("x",), pytest.approx(10))


def test_names_of_a_cnv_file_are_those_of_its_columns() -> None:
    head = (
        "* Sea-Bird Data File:\n# name 0 = timeS: Time, Elapsed [seconds]\n"
        "# name 1 = t090C: Temperature [ITS-90, deg C]\n# name 2 = prdM: Pressure [db]\n*END*"
    )
    rows = [
        f"{10 * i:11.3f}{x:11.4f}{y:11.3f}"
        for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))
    ]
    found = recording(rows, head)
    assert found.channels == ("t090C: Temperature [ITS-90, deg C]", "prdM: Pressure [db]")
    assert (found.fs, found.units) == (pytest.approx(0.1), None)


def test_names_may_stand_in_a_comment_below_a_title() -> None:
    head = "Linux 5.4.0 (srv)\t03/15/24\n\n#      Time   UID    %usr  Command"
    rows = [f" {1_583_971_200 + i}     0   {x}  python" for i, x in enumerate(LEFT)]
    found = recording(rows, head)
    assert (found.channels, found.fs) == (("%usr",), 1)


def test_an_object_in_place_of_a_number_in_json_is_missing() -> None:
    items: list[dict[str, Any]] = [
        {"Timestamp": stamp, "Value": float(x)}
        for stamp, x in zip(stamps("%Y-%m-%dT%H:%M:%SZ"), LEFT, strict=True)
    ]
    items[7]["Value"] = {"Name": "No Data", "Value": 248, "IsSystem": True}
    found = recording([json.dumps({"Items": items})])
    assert (found.channels, bool(found.interpolated[7])) == (("Value",), True)


def test_dates_in_digits_may_have_years_of_two() -> None:
    rows = [
        f"{s}{x:10.2f}" for s, x in zip(stamps("%y%m%d%H%M", start="2024-03-15"), LEFT, strict=True)
    ]
    assert recording(rows).index[0] == pd.Timestamp("2024-03-15")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("@problemName X\n@univariate true\n@data\n" + ",".join(map(str, LEFT)) + ":1", "(.ts)"),
        ("USW00094728202001TMAX" + "  157  W" * 31, "GHCN-Daily"),
    ],
)
def test_series_in_lines_are_named_with_what_to_do(line: str, said: str) -> None:
    with pytest.raises(DataError, match=re.escape(said)):
        recording([line] * 12)


def test_a_clock_of_microseconds_is_no_date_of_1973() -> None:
    rows = [f"{123_456_789 + 4000 * i + i % 3},{x}" for i, x in enumerate(LEFT)]
    assert not isinstance(recording(rows, "timestamp,gyro").index, pd.DatetimeIndex)


@pytest.mark.parametrize(("start", "step"), [(315_532_800, 86_400), (700_000_000, 1)])
def test_stamps_of_before_2000_are_dates(start: int, step: int) -> None:
    rows = [f"{start + step * i},{x}" for i, x in enumerate(LEFT)]
    assert recording(rows, "timestamp,x").index[0] == pd.Timestamp(start, unit="s", tz="UTC")


def test_a_first_row_like_those_below_names_nothing() -> None:
    found = recording([f"abc123,web,{x}%,12MiB" for x in LEFT])
    np.testing.assert_array_equal(found.values[:, 0], LEFT)


@pytest.mark.parametrize("head", ["t;VO2\ns;l/min\n", "Elapsed (mm:ss);VO2", "Time [min:s];VO2"])
def test_a_clock_of_two_parts_may_be_minutes_and_seconds(head: str) -> None:
    rows = [f"{5 * i // 60:02d}:{5 * i % 60:02d};{x}" for i, x in enumerate(LEFT)]
    assert recording(rows, head).fs == pytest.approx(0.2)


def test_start_and_step_beside_lists_of_json_are_those_of_their_rows() -> None:
    meta = {"start": 1_583_971_200, "end": 1_583_974_800, "step": 60, "legend": ["in", "out"]}
    data = [[float(x), float(y)] for x, y in zip(LEFT, RIGHT, strict=True)]
    found = recording([json.dumps({"about": "RRDtool", "meta": meta, "data": data})])
    assert found.fs == pytest.approx(1 / 60)
    assert found.index[0] == pd.Timestamp("2020-03-12", tz="UTC")


@pytest.mark.parametrize(
    "form",
    [
        "%d.%m.%Y %H:%M:%S 000", "%d %B %Y à %H:%M", "%B %dth, %Y at %H:%M",
        "%d %B %Y \u0433. %H:%M", "%d de %B de %Y %H:%M", "%Y/%m/%d(木) %H:%M",
    ],
)  # fmt: skip
def test_words_between_the_parts_of_a_date_say_nothing(form: str) -> None:
    rows = [f"{stamp};{value}" for stamp, value in zip(stamps(form), LEFT, strict=True)]
    found = recording(rows, "t;x")
    assert list(found.index) == list(pd.date_range("2020-03-12", periods=N, freq="h"))


@pytest.mark.parametrize("form", ["%b-%y", "%B %Y", "%m/%Y", "%Y%m"])
def test_months_without_a_day_are_dates(form: str) -> None:
    rows = [f"{s},{x}" for s, x in zip(stamps(form, "MS", "1990-01-01"), LEFT, strict=True)]
    found = recording(rows, "month,x")
    assert list(found.index) == list(pd.date_range("1990-01-01", periods=N, freq="MS"))


def test_weeks_without_a_day_begin_on_monday() -> None:
    rows = [f"{s},{x}" for s, x in zip(stamps("%G-W%V", "7D", "2020-01-06"), LEFT, strict=True)]
    assert recording(rows, "week,x").index[0] == pd.Timestamp("2020-01-06")


@pytest.mark.parametrize(
    "form", ["{0}.{1:02d}:00:00", "{0}d {1:02d}:00:00", "P{0}DT{1}H0M0S", "P{0}DT{1}H"]
)
def test_durations_of_programs_are_times(form: str) -> None:
    rows = [f"{form.format(i // 24, i % 24)},{x}" for i, x in enumerate(LEFT)]
    assert recording(rows, "t,x").fs == pytest.approx(1 / 3600)


def test_a_word_at_the_end_of_an_empty_column_is_no_sample() -> None:
    rows = [f"\t{i // 60:02d}:{i % 60:02d}:00\t{x}\t37" for i, x in enumerate(LEFT)]
    found = recording([*rows, "~End"], "Plate:\tP1\n\tTime(hh:mm:ss)\tA1\tT")
    assert (found.n_samples, found.fs) == (N, pytest.approx(1 / 60))


def test_numbers_that_touch_only_where_they_are_negative_are_named() -> None:
    rows = [f"{i * 0.01:16.9E}{x - 21:16.9E}" for i, x in enumerate(LEFT)]
    with pytest.raises(DataError, match="touch one another"):
        recording(rows)


def test_a_time_in_digits_without_a_name_stands_beside_its_date() -> None:
    rows = [f"{s},{x}" for s, x in zip(stamps("%d%b%Y,%H%M", "15min"), LEFT, strict=True)]
    found = recording(rows)
    assert (found.index[0], found.fs) == (pd.Timestamp("2020-03-12"), pytest.approx(1 / 900))


def test_a_number_below_a_name_is_no_unit() -> None:
    rows = [f"{s},{x}" for s, x in zip(stamps("%Y-%m-%d %H:%M"), LEFT, strict=True)]
    assert recording(rows, "Time,Value\nMin,18\nMax,24\nAvg,20").units is None


@pytest.mark.parametrize("key", ["ts=", "time: "])
def test_a_date_may_stand_behind_its_key(key: str) -> None:
    rows = [f"{key}{one}; temp={x}" for one, x in zip(stamps("%Y-%m-%d %H:%M"), LEFT, strict=True)]
    found = recording(rows)
    assert (found.index[0], found.channels) == (pd.Timestamp("2020-03-12"), ("temp",))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("-[ RECORD 1 ]---\nts | 2020-03-12\ntemp | 20.1\n", "a block of lines a row"),
        ("*************************** 1. row ****\n ts: 2020\ntemp: 1\n", "a block of lines a row"),
        ("AAA,progname,nmon\nZZZZ,T0001,10:00:00\nCPU_ALL,T0001,1.5\n", "nmon.*CPU_ALL"),
        ("Device    r/s\nsda  1.5\n\nDevice    r/s\nsda  2.5\n", "iostat.*sadf -d"),
    ],
)
def test_tables_in_blocks_of_lines_are_named(lines: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        recording([lines])


@pytest.mark.parametrize(
    "form",
    [
        "{unix} room/{k} {x}", "{date} room/{k} {x}", "room/{k} {x}", "I ({i}) room{k}: temp={x}",
        '{date} room/{k} {{"temp":{x}}}', 'room/{k} {{"ts":{unix},"temp":{x}}}',
        '{unix}.125 room/{k} {{"temp":{x}}}', '{date},room/{k},"{{""temp"":{x}}}"',
    ],
)  # fmt: skip
def test_devices_that_take_turns_without_a_name_are_series(form: str) -> None:
    dates = stamps("%Y-%m-%dT%H:%M:%SZ", "10s")
    rows = [
        form.format(date=date, unix=1_584_000_000 + 10 * i, i=10_000 * i, k="ab"[i % 2], x=x)
        for i, (date, x) in enumerate(zip(dates, LEFT, strict=True))
    ]
    found = read_series(io.BytesIO("\n".join(rows).encode()))
    assert [name[-1] for name in found] == ["a", "b"]
    for k, one in enumerate(found.values()):
        assert isinstance(one, Recording)
        np.testing.assert_array_equal(one.values[:, 0], LEFT[k::2])
        assert one.fs == (None if form == "room/{k} {x}" else 0.05)


def test_channels_that_switch_in_turn_are_no_series() -> None:
    found = recording([f"{i / 50},{i % 2},{x}" for i, x in enumerate(LEFT)], "t,Channel 0,Node 1")
    assert found.channels == ("Channel 0", "Node 1")


@pytest.mark.parametrize("form", ["%a %b %d %H:%M:%S UTC %Y", "[%b %d %H:%M:%S %Y]"])
def test_dates_of_unix_begin_lines_of_a_log(form: str) -> None:
    found = recording(
        [f"{date} cpu={x} mem={x}%" for date, x in zip(stamps(form), LEFT, strict=True)]
    )
    assert (found.channels, found.units) == (("cpu", "mem"), ("", "%"))
    assert found.index[0].tz_localize(None) == pd.Timestamp("2020-03-12")


def test_one_instant_throughout_is_not_the_time_beside_another() -> None:
    rows = [f"{8333 * i},10:00:00,{x}" for i, x in enumerate(LEFT)]
    found = recording(rows, "Recording timestamp,Recording start time,x", fs=120.0)
    np.testing.assert_array_equal(found.values[:, 0], LEFT)


def test_blocks_of_a_time_without_a_name_follow_one_another() -> None:
    found = recording([f"{i % 30 / 100:.2f},{x}" for i, x in enumerate(LEFT)])
    np.testing.assert_array_equal(found.values[:30, 0], LEFT[:30])
    assert (found.fs, found.n_channels) == (100.0, 1)


def test_parts_of_a_date_may_stand_behind_the_name_of_a_station() -> None:
    rows = [
        f'249,"BIELSKO","{d}",{x}' for d, x in zip(stamps('%Y","%m","%d', "D"), LEFT, strict=True)
    ]
    assert recording(rows).index[0] == pd.Timestamp("2020-03-12")


@pytest.mark.parametrize(
    "start",
    [
        ["Log Date,15/03/2024", "Log Time,09:12:30"], ["Date/Time: 15-Mar-24 09:12:30"],
        ["T0 = 15.03.2024 09:12:30"], ["ExcelDateTime=,4.5366E4,03/15/24 09:12:30.0"],
    ],
)  # fmt: skip
def test_more_words_for_the_start_are_known(start: list[str]) -> None:
    found = recording(
        [*start, "Ts = 4 ms", "t [s],x", *(f"{i / 250},{x}" for i, x in enumerate(LEFT))]
    )
    assert found.index[0] == pd.Timestamp("2024-03-15 09:12:30")
    assert found.fs == 250


@pytest.mark.parametrize("words", ["INFO room{k} temp={x}", "room=r{k} temp={x} hum=40"])
def test_devices_beside_the_first_name_in_a_log_are_series(words: str) -> None:
    dates = stamps("%Y-%m-%d %H:%M:%S", "10s")
    rows = [
        f"{date} {words.format(k=i % 2, x=x)}"
        for i, (date, x) in enumerate(zip(dates, LEFT, strict=True))
    ]
    found = read_series(io.BytesIO("\n".join(rows).encode()))
    for k, one in enumerate(found.values()):
        assert isinstance(one, Recording)
        np.testing.assert_array_equal(one.values[:, 0], LEFT[k::2])


@pytest.mark.parametrize("first", [43902.25, 737862.25, 58920.25, 2458920.75])
def test_days_in_a_first_column_without_a_name_are_instants(first: float) -> None:
    found = recording([f"{first + i / 1440:.7f},{x}" for i, x in enumerate(LEFT)])
    assert found.index[0].tz_localize(None) == pd.Timestamp("2020-03-12 06:00")
    assert found.fs == pytest.approx(1 / 60, rel=1e-5)


def test_series_of_one_time_in_json_are_no_rows_of_their_own() -> None:
    lists = {
        name: [{"ts": 1_584_000_000_000 + 1000 * i, "value": str(x)} for i, x in enumerate(values)]
        for name, values in (("temperature", LEFT), ("humidity", RIGHT))
    }
    found = recording([json.dumps(lists)])
    assert (found.channels, found.notes) == (("temperature", "humidity"), ())


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_last_line_that_ends_early_without_a_break_is_left_out(end: str) -> None:
    rows = [f"{i},{x},{y}" for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))]
    found = recording([*rows, f"{N},2{end}"], "t,x,y")
    assert found.n_samples == N + (end == "\n")
    assert any("ends behind 2 of 3 fields" in note for note in found.notes) == (end == "")


@pytest.mark.parametrize("parts", [24, 48, 96, 1440])
@pytest.mark.parametrize("header", ["Date,Period,x", ""])
def test_parts_of_a_day_that_are_counted_belong_to_its_date(parts: int, header: str) -> None:
    times = [divmod(parts - 7 + i, parts) for i in range(parts + 9)]
    values = np.resize(LEFT, len(times))
    rows = [
        f"2024-03-{15 + day},{part + 1},{x}" for (day, part), x in zip(times, values, strict=True)
    ]
    found = recording(rows, header)
    assert found.index[0] == pd.Timestamp("2024-03-15") + pd.Timedelta(days=1 - 7 / parts)
    assert (found.n_channels, found.fs) == (1, pytest.approx(parts / 86400))


def test_weeks_beside_years_begin_on_monday() -> None:
    rows = [f"{2023 + i // 52};{i % 52 + 1};{x}".replace(".", ",") for i, x in enumerate(LEFT)]
    assert recording(rows, "Jahr;KW;Wert").index[0] == pd.Timestamp("2023-01-02")
    power = [f"{1960 + i};{x};{i * i}" for i, x in enumerate(LEFT)]
    assert recording(power, "Jahr;KW;Wert").index[0] == pd.Timestamp("1960-01-01")


def test_one_instant_called_start_dates_the_seconds_beside_it() -> None:
    rows = [f"2024-03-15T10:00:00,{i / 2},{x}" for i, x in enumerate(LEFT)]
    assert recording(rows, "start,elapsed_s,x").index[0] == pd.Timestamp("2024-03-15 10:00")


@pytest.mark.parametrize("unit", ["€/MWh", "mg/L", "Meters/second"])
def test_prices_and_amounts_in_brackets_are_units(unit: str) -> None:
    rows = [f"{i},{x}" for i, x in enumerate(LEFT)]
    assert recording(rows, f"t,Value [{unit}]").units == (unit,)


@pytest.mark.parametrize(
    "other",
    [
        "Date of Birth: 13.01.1960", "Date de naissance : 13/01/1960", "Data di nascita;13/01/1960",
        "Time zone: UTC+01:00", "Time format: 24:00", "Recorder 12 of 2023-01-05 09:00",
        "Start of export,2024-05-20 09:00",
    ],
)  # fmt: skip
def test_dates_of_birth_zones_and_forms_are_no_start(other: str) -> None:
    above = [other, "Date: 15.03.2024", "Time: 10:00:00", "Rate: 10 Hz", "x,y"]
    found = recording([*above, *(f"{x},{y}" for x, y in zip(LEFT, RIGHT, strict=True))])
    assert found.index[0] == pd.Timestamp("2024-03-15 10:00")


def test_a_channel_without_a_value_in_a_series_is_told_of_there() -> None:
    rows = [f"{i},{k},{x},{x if k == 'b' else ''}" for i, x in enumerate(LEFT) for k in "ab"]
    text = "\n".join(["time_s,event,count,ratio", *rows]).encode()
    assert [one.name for one in inspect(io.BytesIO(text)).channels] == ["count"]
    found = read(io.BytesIO(text), series="event=a")
    assert (found.channels, found.notes[0][-6:]) == (("count",), "ratio.")
