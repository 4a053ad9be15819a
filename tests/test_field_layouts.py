"""Layouts of instruments' exports are read as a person reads them: one class of layouts a test."""

import io
import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import Recording, read, read_series
from spectra.datasets.raw import Raw
from spectra.errors import DataError

N = 120
RNG = np.random.default_rng(41)
LEFT = np.round(20 + RNG.normal(size=N), 2)
RIGHT = np.round(50 + 5 * RNG.normal(size=N), 2)
WHOLE = np.arange(N) * 7 % 11
PAIR = ((10, "TMAX"), (40, "TMIN"))
START = pd.Timestamp("2021-03-14 08:00")


def read_text(text: str, **options: Any) -> Recording:
    return read(io.BytesIO(text.encode()), **options)


def lines(*parts: str | Sequence[str]) -> str:
    flat = [line for part in parts for line in ([part] if isinstance(part, str) else part)]
    return "\n".join(flat) + "\n"


def stamps(step: float, form: str = "%Y-%m-%d %H:%M:%S") -> list[str]:
    return [f"{START + pd.Timedelta(seconds=step * i):{form}}" for i in range(N)]


def columns(*values: Sequence[object], mark: str = ",") -> list[str]:
    return [mark.join(map(str, row)) for row in zip(*values, strict=True)]


def is_read(found: Recording, names: tuple[str, ...], *values: np.ndarray) -> None:
    assert found.channels == names
    np.testing.assert_array_equal(found.values, np.column_stack(values))


def has_note(found: Recording, *words: str) -> bool:
    return any(all(word in note for word in words) for note in found.notes)


@pytest.mark.parametrize(
    ("line", "fs"),
    [
        ("Sample rate: 10 min", 1 / 600),
        ("Sample Rate:  Every 10 minute(s)", 1 / 600),
        ("Logging rate,5,s", 1 / 5),
        ("Log interval: 00:00:30", 1 / 30),
        ("Epoch Period (hh:mm:ss) 00:01:00", 1 / 60),
        ("Speicherintervall: 0:15", 1 / 900),
        ("# interval = seconds: 600", 1 / 600),
        ("Messtakt: 0,5 s", 2.0),
    ],
)
def test_a_period_in_the_words_above_a_table_is_its_rate(line: str, fs: float) -> None:
    found = read_text(lines("Logger 7", line, "", "level", [f"{x}" for x in LEFT]))
    assert found.fs == pytest.approx(fs, rel=1e-9)
    is_read(found, ("level",), LEFT)


@pytest.mark.parametrize("zero", ["Epoch Period (hh:mm:ss) 00:00:00", "Log interval: 0:00"])
def test_a_period_of_nothing_is_no_rate(zero: str) -> None:
    assert read_text(lines("Logger", zero, "", "level", [f"{x}" for x in LEFT])).fs is None


@pytest.mark.parametrize(
    "said",
    ["4 March 2021 08:00:00", "04-Mar-2021 08:00", "Mar 04 2021 08:00:00", "4. März 2021 08:00"],
)
def test_a_start_with_the_name_of_its_month_is_a_date(said: str) -> None:
    text = lines("Rate: 10 Hz", f"Start time: {said}", "", "level", [f"{x}" for x in LEFT])
    assert read_text(text).index[0] == pd.Timestamp("2021-03-04 08:00")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPCQuality", 192),
        ("lat", 48.777),
        ("Longitude (x)", -75.67),
        ("STAID", 239),
        ("MPRN", 10_000_000_001),
        ("Record Type", 0),
        ("TT101 Status", 1),
    ],
)
def test_one_number_that_is_named_like_no_measurement_is_no_channel(
    name: str, value: float
) -> None:
    text = lines(f"time,{name},level", columns(stamps(60), [value] * N, LEFT))
    found = read_text(text)
    is_read(found, ("level",), LEFT)
    assert has_note(found, name, "--channels")
    assert read_text(text, channels=[name]).values[0, 0] == value


@pytest.mark.parametrize(("name", "odd"), [("Validity", 2), ("Q_TG", 9), ("QC flag", 1)])
def test_a_quality_that_rarely_changes_is_no_channel(name: str, odd: int) -> None:
    flags = [odd if i == 70 else 0 for i in range(N)]
    is_read(read_text(lines(f"time,{name},x", columns(stamps(60), flags, LEFT))), ("x",), LEFT)


def test_a_flow_that_rarely_changes_is_a_channel() -> None:
    flow = [5.0 if i == 70 else 0.0 for i in range(2 * N)]
    times = [f"{i}" for i in range(2 * N)]
    found = read_text(lines("time,Q,h", columns(times, flow, [*LEFT, *RIGHT])))
    assert found.channels == ("Q", "h")


@pytest.mark.parametrize("name", ["Serial Number", "Sample rate", "Battery"])
def test_a_value_in_the_first_row_only_is_no_channel(name: str) -> None:
    once = ["10014321", *[""] * (N - 1)]
    found = read_text(lines(f"time,level,{name}", columns(stamps(60), LEFT, once)))
    is_read(found, ("level",), LEFT)
    assert has_note(found, name, "first row only")


@pytest.mark.parametrize("cuts", [(50,), (1, 2), (30, 60, 90)])
def test_rows_that_repeat_the_names_are_left_out(cuts: tuple[int, ...]) -> None:
    rows = columns(stamps(60), LEFT, RIGHT)
    for cut in reversed(cuts):
        rows.insert(cut, "time,left,right")
    found = read_text(lines("time,left,right", rows))
    is_read(found, ("left", "right"), LEFT, RIGHT)
    assert has_note(found, f"{len(cuts)} row", "the names of the columns")


@pytest.mark.parametrize("names", [("usage",), ("usage", "idle"), ("a", "b", "c")])
def test_tables_of_an_annotated_csv_are_series(names: tuple[str, ...]) -> None:
    parts = []
    for number, name in enumerate(names):
        parts += [
            "#group,false,false,true,true,false,false,true",
            "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string",
            "#default,mean,,,,,,",
            ",result,table,_start,_stop,_time,_value,_field",
            *columns(
                [""] * N,
                [""] * N,
                [number] * N,
                ["2021-03-14T08:00:00Z"] * N,
                ["2021-03-15T08:00:00Z"] * N,
                stamps(10, "%Y-%m-%dT%H:%M:%SZ"),
                LEFT + number,
                [name] * N,
            ),
            "",
        ]
    found = read_series(io.BytesIO("\r\n".join(parts).encode()))
    assert tuple(found) == (names if len(names) > 1 else ("",))
    for number, part in enumerate(found.values()):
        assert isinstance(part, Recording)
        is_read(part, ("_value",), LEFT + number)
        assert part.fs == 0.1


@pytest.mark.parametrize("mark", ["$RT_OFF$", "END", "restart"])
def test_a_lone_mark_among_series_is_none(mark: str) -> None:
    rows = [
        f"{name},{stamp},{value}"
        for stamp, left, right in zip(stamps(1), LEFT, RIGHT, strict=True)
        for name, value in (("speed", left), ("torque", right))
    ]
    text = lines("VarName,TimeString,VarValue", rows, f"{mark},{stamps(1)[-1]},0")
    found = read_series(io.BytesIO(text.encode()))
    assert tuple(found) == ("speed", "torque")
    parts = [part for part in found.values() if isinstance(part, Recording)]
    assert [part.n_samples for part in parts] == [N, N]
    assert has_note(parts[0], "1 row belongs to none of the series")


@pytest.mark.parametrize(("first", "second"), [(2000, 500), (1000, 100), (100, 50)])
def test_signals_beside_a_time_of_their_own_are_read_apart(first: int, second: int) -> None:
    count = N * second // first
    rest = [""] * (N - count)
    text = lines(
        "X [s],EMG [mV],X [s],ACC [g]",
        columns(
            [f"{i / first:.6f}" for i in range(N)],
            LEFT,
            [f"{i / second:.6f}" for i in range(count)] + rest,
            [*map(str, RIGHT[:count]), *rest],
        ),
    )
    found = read_text(text)
    is_read(found, ("EMG [mV]",), LEFT)
    assert found.fs == first
    assert has_note(found, "ACC [g]", "X [s].1", "--time")
    other = read_text(text, time="X [s].1", channels="ACC [g]")
    is_read(other, ("ACC [g]",), RIGHT[:count])
    assert other.fs == second


@pytest.mark.parametrize("missing", [1, 3])
@pytest.mark.parametrize("names", ["Start,End,level", "Time,Time end,level"])
def test_an_end_that_is_missing_in_the_last_rows_is_no_other_axis(names: str, missing: int) -> None:
    ends = [*stamps(60)[1 : N - missing + 1], *[""] * missing]
    is_read(read_text(lines(names, columns(stamps(60), ends, LEFT))), ("level",), LEFT)


@pytest.mark.parametrize("fs", [10240, 360.0, 8])
def test_a_first_column_without_a_name_that_rises_by_fractions_is_the_time(fs: float) -> None:
    times = [f"{i / fs:.10g}" for i in range(N)]
    found = read_text(lines(",/'Rig'/'Ch0',/'Rig'/'Ch1'", columns(times, LEFT, RIGHT)))
    is_read(found, ("/'Rig'/'Ch0'", "/'Rig'/'Ch1'"), LEFT, RIGHT)
    assert found.fs == pytest.approx(fs, rel=1e-6)


@pytest.mark.parametrize(
    ("names", "rate"),
    [(["nSeq", "DI", "CH1"], 1000), (["nSeq", "I1", "A1"], 100), (["n", "left", "right"], 32)],
)
def test_names_rate_and_start_stand_in_a_comment_of_json(names: list[str], rate: int) -> None:
    about = {"column": names, "sampling rate": rate, "date": "2021-3-4", "time": "8:0:1.250"}
    text = lines(
        "# Signals",
        "# " + json.dumps({"00:07:80": about}),
        "# EndOfHeader",
        [
            f"{i}\t{left}\t{right}\t"
            for i, (left, right) in enumerate(zip(LEFT, RIGHT, strict=True))
        ],
    )
    found = read_text(text)
    is_read(found, tuple(names[1:]), LEFT, RIGHT)
    assert found.fs == rate
    assert found.index[0] == pd.Timestamp("2021-03-04 08:00:01.250")


@pytest.mark.parametrize(
    "comment", ['{"column": 3}', '{"column": ["a"]}', "{not json}", "{" * 2000]
)
def test_a_comment_of_other_json_names_nothing(comment: str) -> None:
    found = read_text(lines(f"# {comment}", columns(LEFT, RIGHT, mark="\t")))
    is_read(found, ("ch1", "ch2"), LEFT, RIGHT)


@pytest.mark.parametrize(
    "heading",
    [
        ["time;force;way", "s;kN;mm", "device 1;channel 1;channel 2"],
        ["time;force;way", "s;kN;mm", "M;F;W", "board;A;B"],
        ["station 9", "time;force;way", "Float;Double;Double", "s;kN;mm"],
        ["time;force;way", "[s];[kN];[mm]"],
    ],
)
def test_names_stand_above_units_whatever_else_does(heading: list[str]) -> None:
    times = [f"{i / 50:.2f}" for i in range(N)]
    found = read_text(lines(heading, columns(times, LEFT, RIGHT, mark=";")))
    is_read(found, ("force", "way"), LEFT, RIGHT)
    assert found.units == ("kN", "mm")
    assert found.fs == 50


@pytest.mark.parametrize(
    ("names", "units"),
    [("#t WSPD ATMP", "#s m/s degC"), ("# t speed level", "# s km/h m"), ("% t a b", "% ms V A")],
)
def test_units_stand_in_the_comment_below_that_of_the_names(names: str, units: str) -> None:
    found = read_text(lines(names, units, columns(range(0, 20 * N, 20), LEFT, RIGHT, mark=" ")))
    is_read(found, tuple(names.lstrip("#% ").split()[1:]), LEFT, RIGHT)
    assert found.units == tuple(units.lstrip("#% ").split()[1:])


@pytest.mark.parametrize("name", ["UNITS", "Unit", "Einheit"])
def test_a_column_of_units_goes_with_the_channel_to_its_left(name: str) -> None:
    rows = columns(stamps(60), LEFT, ["kWh"] * N, RIGHT)
    found = read_text(lines(f"time,usage,{name},cost", rows))
    is_read(found, ("usage", "cost"), LEFT, RIGHT)
    assert found.units == ("kWh", "")


@pytest.mark.parametrize(
    "events",
    [
        ["1,,FirstName,Jane,,"],
        ["1,,FirstName,Jane,,", "2,,Device,G6,,", "3,,Alert,Fall,,"],
        ["1,,Note,started by hand,,", "2,,Note,moved,,"],
    ],
)
def test_rows_of_events_below_the_names_are_no_data(events: list[str]) -> None:
    rows = columns(range(9, 9 + N), stamps(300), ["EGV"] * N, ["G6"] * N, LEFT, RIGHT)
    found = read_text(lines("Index,Time,Kind,Info,Glucose (mg/dL),Rate", events, rows))
    is_read(found, ("Glucose (mg/dL)", "Rate"), LEFT, RIGHT)
    assert found.units == ("mg/dL", "")


@pytest.mark.parametrize("places", [[40], [20, 21, 80], [119]])
def test_rows_with_neither_time_nor_value_are_left_out(places: list[int]) -> None:
    rows = columns(stamps(60), LEFT, ["ok"] * N)
    for place in reversed(places):
        rows.insert(place, ",,battery changed")
    found = read_text(lines("time,level,event", rows))
    is_read(found, ("level",), LEFT)
    assert has_note(found, f"{len(places)} row", "neither a time nor a value")


def test_a_row_with_a_value_and_no_time_is_refused() -> None:
    rows = columns(stamps(60), LEFT)
    rows[30] = ",20.5"
    with pytest.raises(DataError, match="line 32, column 'time': the time is missing"):
        read_text(lines("time,level", rows))


@pytest.mark.parametrize(
    ("names", "step"),
    [("00;15;30;45", 15), (":00;:30", 30), ("m00;m10;m20;m30;m40;m50", 10), ("15;30;45;60", 15)],
)
def test_an_hour_a_row_is_one_channel(names: str, step: int) -> None:
    per_hour = 60 // step
    hours = N // per_hour
    days = [f"{START.normalize() + pd.Timedelta(hours=i):%d.%m.%Y;%H}" for i in range(hours)]
    rows = [
        day + ";" + ";".join(map(str, LEFT[per_hour * i : per_hour * (i + 1)]))
        for i, day in enumerate(days)
    ]
    found = read_text(lines(f"Datum;Stunde;{names}", rows))
    is_read(found, ("value",), LEFT[: hours * per_hour])
    assert found.fs == pytest.approx(1 / (60 * step))
    first = int(names.split(";")[0].strip(":m"))
    assert found.index[0] == START.normalize() + pd.Timedelta(minutes=first)


@pytest.mark.parametrize("name", ["ms", "Millitm", "milliseconds"])
@pytest.mark.parametrize("step", [250, 1000])
def test_milliseconds_beside_a_time_belong_to_it(name: str, step: int) -> None:
    moments = [START + pd.Timedelta(milliseconds=step * i) for i in range(N)]
    text = lines(
        f"Date,Time,{name},level",
        columns(
            [f"{one:%Y-%m-%d}" for one in moments],
            [f"{one:%H:%M:%S}" for one in moments],
            [one.microsecond // 1000 for one in moments],
            LEFT,
        ),
    )
    found = read_text(text)
    is_read(found, ("level",), LEFT)
    assert found.fs == 1000 / step
    assert found.index[5] == moments[5]


@pytest.mark.parametrize("fill", [-999, -9999.0, -99999, 9999.9, 1e30, -999.9, 9.96921e36])
def test_a_number_far_from_all_others_that_marks_missing_ones_is_missing(fill: float) -> None:
    values = LEFT.astype(object)
    values[[30, 31, 32, 33, 34, 35, 90]] = fill
    found = read_text(lines("time,level,other", columns(stamps(60), values, RIGHT)))
    assert np.flatnonzero(np.isnan(found.values[:, 0])).tolist() == list(range(30, 36))
    assert found.interpolated[90]
    assert has_note(found, "level", "7 values are", "missing")


@pytest.mark.parametrize(
    ("fill", "others"),
    [
        (-999, np.round(1000 * RNG.normal(size=N)) + 0.5),
        (9999, np.arange(N) * 90.0),
        (9999, np.round(9000 + 300 * RNG.random(N))),
        (-100, LEFT),
    ],
)
def test_a_number_that_may_have_been_measured_is_kept(fill: float, others: np.ndarray) -> None:
    values = others.copy()
    values[[30, 60]] = fill
    is_read(read_text(lines("time,x", columns(stamps(60), values))), ("x",), values)


@pytest.mark.parametrize(
    "word",
    [
        "Bad Input",
        "I/O Timeout",
        "Scan Off",
        "n/e",
        "High",
        "∞",
        "k.A.",
        "kein Wert",
        "(null)",
        "[N/A]",
    ],
)
@pytest.mark.parametrize("count", [1, 2])
def test_words_of_loggers_for_no_value_are_missing(word: str, count: int) -> None:
    values = LEFT.astype(object)
    values[50 : 50 + count] = word
    found = read_text(lines("time,level", columns(stamps(60), values)))
    assert np.flatnonzero(found.interpolated).tolist() == list(range(50, 50 + count))
    assert has_note(found, word, "missing")


FORMS: dict[str, Callable[[pd.Timestamp], str]] = {
    "US, one digit": lambda t: f"{t.month}/{t.day}/{t.year} {t:%I}:{t:%M:%S %p}",
    "US, hours of one digit": lambda t: (
        f"{t.month}/{t.day}/{t.year} {int(t.strftime('%I'))}:{t:%M} {t:%p}"
    ),
    "US": lambda t: f"{t:%m/%d/%Y %I:%M:%S %p}",
    "German, one digit": lambda t: f"{t.day}.{t.month}.{t.year} {t.hour}:{t:%M:%S}",
    "year first, one digit": lambda t: f"{t.year}/{t.month}/{t.day} {t.hour}:{t:%M}",
    "C": lambda t: f"{t:%a %b} {t.day:2d} {t:%H:%M:%S %Y}",
    "Java": lambda t: f"{t:%a %b %d %H:%M:%S} UTC {t:%Y}",
    "Chinese": lambda t: f"{t.year}年{t.month}月{t.day}日 {t:%H:%M:%S}",
    "Korean": lambda t: f"{t.year}년 {t.month}월 {t.day}일 {t:%H:%M:%S}",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("step", [420, 5400])
def test_dates_in_the_notation_of_a_program_are_instants(
    form: Callable[[pd.Timestamp], str], step: int
) -> None:
    moments = [pd.Timestamp("2023-12-28 22:07") + pd.Timedelta(seconds=step * i) for i in range(N)]
    found = read_text(lines("logged\tlevel", columns(map(form, moments), LEFT, mark="\t")))
    assert found.fs == pytest.approx(1 / step)
    assert [one.replace(tzinfo=None) for one in found.index] == moments


@pytest.mark.parametrize("zone", ["+00", "+0000", "+00:00"])
@pytest.mark.parametrize("fraction", ["", ".250"])
def test_an_offset_from_utc_may_be_hours_only(zone: str, fraction: str) -> None:
    dates = [f"{stamp}{fraction}{zone}" for stamp in stamps(10)]
    found = read_text(lines("time|level|other", columns(dates, LEFT, RIGHT, mark="|")))
    is_read(found, ("level", "other"), LEFT, RIGHT)
    assert found.index[0] == pd.Timestamp(dates[0])
    assert found.fs == 0.1


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (["SampleRate,1E+05,1E+05", "HUnit,s,s"], "a,b"),
        (["BlockSize,120,120", "SampleRate,1E+05,1E+05", "VUnit,V,A"], "a,b"),
        (["BlockNumber,1,2", "HResolution,1E-05,1E-05", "Date,2021/03/04,2021/03/04"], "a,b"),
    ],
)
def test_numbers_behind_a_key_above_the_names_are_no_data(above: list[str], below: str) -> None:
    rows = [f",{left},{right}" for left, right in zip(LEFT, RIGHT, strict=True)]
    found = read_text(lines("Model,X1", above, f",{below}", rows))
    is_read(found, ("a", "b"), LEFT, RIGHT)
    assert found.fs == pytest.approx(1e5)


@pytest.mark.parametrize(("fs", "digits"), [(64000, 8), (51200, 9), (360, 6), (8192, 8)])
def test_a_round_rate_is_found_in_times_of_few_decimals(fs: float, digits: int) -> None:
    times = [f"{i / fs:.{digits}f}" for i in range(2 * N)]
    assert read_text(lines("Time (s),x", columns(times, [*LEFT, *RIGHT]))).fs == fs


@pytest.mark.parametrize(("mark", "count"), [("*", 3), (" H", 2), ("!", 1), (" E", 20), ("#", 40)])
def test_marks_behind_a_few_numbers_are_left_out(mark: str, count: int) -> None:
    cells = [f"{x}{mark if i < count else ''}" for i, x in enumerate(LEFT)]
    found = read_text(lines("time,level,other", columns(stamps(60), cells[::-1], RIGHT)))
    is_read(found, ("level", "other"), LEFT[::-1], RIGHT)
    assert has_note(found, "level", f"{count} number", "mark")


@pytest.mark.parametrize("minus", ["\u2212", "\u2013"])
@pytest.mark.parametrize("mark", [",", ";"])
def test_a_minus_of_typesetters_is_one(minus: str, mark: str) -> None:
    values = LEFT - 20
    cells = [f"{x:.2f}".replace("-", minus) for x in values]
    if mark == ";":
        cells = [cell.replace(".", ",") for cell in cells]
    found = read_text(lines(f"time{mark}level", columns(stamps(60), cells, mark=mark)))
    np.testing.assert_allclose(found.values[:, 0], values, atol=1e-9)


@pytest.mark.parametrize("blank", ["\u00a0", "\u202f", " "])
def test_any_blank_stands_between_a_number_and_its_unit(blank: str) -> None:
    cells = [f"{x}{blank}°C" for x in LEFT]
    found = read_text(lines("time;level", columns(stamps(60), cells, mark=";")))
    is_read(found, ("level",), LEFT)
    assert found.units == ("°C",)


COUNTS = {
    "LabVIEW, seconds since 1904": (2_082_844_800, 1),
    "Windows, 100 ns since 1601": (11_644_473_600, 10**7),
    ".NET, 100 ns since the year 1": (62_135_596_800, 10**7),
}


@pytest.mark.parametrize(("before", "scale"), COUNTS.values(), ids=COUNTS)
@pytest.mark.parametrize("step", [1, 10])
def test_counts_since_other_years_are_instants(before: int, scale: int, step: int) -> None:
    first = 1615708800 + before
    counts = [(first + step * i) * scale for i in range(N)]
    found = read_text(lines("timestamp,level", columns(counts, LEFT)))
    is_read(found, ("level",), LEFT)
    assert found.index[0] == pd.Timestamp("2021-03-14 08:00", tz="UTC")
    assert found.fs == 1 / step


@pytest.mark.parametrize("zeros", [8, 512, 100_000])
def test_zeros_behind_the_last_line_are_no_text(tmp_path: Path, zeros: int) -> None:
    text = lines("time,level", columns(stamps(60), LEFT)).encode()
    path = tmp_path / "log.csv"
    path.write_bytes(text + bytes(zeros))
    is_read(read(path), ("level",), LEFT)
    is_read(read(io.BytesIO(text + bytes(zeros))), ("level",), LEFT)


@pytest.mark.parametrize(
    "form", ["%d/%m/%Y %Hh%M", "%Y-%m-%d %Hh%Mm%Ss", "%Y-%m-%d_%H-%M-%S", "%d.%m.%Y %H h %M"]
)
def test_times_with_letters_or_dashes_between_their_parts_are_instants(form: str) -> None:
    found = read_text(lines("time;level", columns(stamps(60, form), LEFT, mark=";")))
    is_read(found, ("level",), LEFT)
    assert found.index[0] == START
    assert found.fs == pytest.approx(1 / 60)


def test_a_date_that_does_not_exist_among_others_is_refused() -> None:
    dates = [f"{1 + i % 12}/{28 if i != 50 else 31}/2021 {9 + i % 3}:05:00 AM" for i in range(N)]
    dates[50] = "2/30/2021 9:05:00 AM"
    with pytest.raises(DataError, match="'2/30/2021 9:05:00 AM' is not a date"):
        read_text(lines("time,level", columns(dates, LEFT)))


@pytest.mark.parametrize("fs", [256, 360, 125, 204.8])
def test_a_round_rate_is_found_in_stamps_of_whole_milliseconds(fs: float) -> None:
    times = [f"{1614844800 + i / fs:.3f}" for i in range(2 * N)]
    found = read_text(lines("timestamp,x", columns(times, [*LEFT, *RIGHT])))
    assert found.fs == pytest.approx(fs, rel=1e-4 if fs == 204.8 else 1e-12)


@pytest.mark.parametrize(("unit", "word"), [("°C", ""), ("kWh", "unavailable"), ("%", "--")])
def test_many_columns_of_cells_with_units_are_read_with_a_few_notes(unit: str, word: str) -> None:
    values = np.round(20 + RNG.normal(size=(N, 120)), 2)
    cells = np.array([[f"{x} {unit}" for x in row] for row in values], dtype=object)
    if word:
        cells[60] = word
    names = [f"T{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(120)]
    rows = [f"{stamp},{','.join(row)}" for stamp, row in zip(stamps(60), cells, strict=True)]
    found = read_text(lines(",".join(["time", *names]), rows))
    kept = np.arange(N) != 60 if word else np.ones(N, dtype=bool)
    np.testing.assert_array_equal(found.values[kept], values[kept])
    assert found.units == (unit,) * 120
    assert len(found.notes) < 20


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), r"before 2007 \(\.xls\)"),
        (
            b"PK\x03\x04\x14" + bytes(25) + b"mimetype"
            b"application/vnd.oasis.opendocument.spreadsheet" + bytes(600),
            r"OpenDocument spreadsheet \(\.ods\)",
        ),
    ],
)
def test_other_workbooks_are_refused_with_what_to_do(
    tmp_path: Path, head: bytes, said: str
) -> None:
    path = tmp_path / "data.xls"
    path.write_bytes(head)
    with pytest.raises(DataError, match=rf"{said}.*save it as \.xlsx or CSV"):
        read(path)


@pytest.mark.parametrize("place", [(40,), (8, 9), (30, 60, 90)])
@pytest.mark.parametrize("starts", [False, True])
def test_headers_of_several_lines_among_the_rows_are_left_out(
    place: tuple[int, ...], starts: bool
) -> None:
    """Write the header of a logger again where it was started again."""
    rows = columns(stamps(60), LEFT, RIGHT)

    def header(number: int) -> list[str]:
        begin = [f"Started: run {number}"] if starts else []
        return ['"LOG5","station","1234","5","a.prg","T"', *begin, "time,left,right", "TS,V,A"]

    for number, at in enumerate(reversed(place)):
        rows[at:at] = header(number)
    found = read_text(lines(header(9), rows))
    is_read(found, ("left", "right"), LEFT, RIGHT)
    assert found.units == ("V", "A")
    assert has_note(found, f"{len(place) * (3 + starts)} lines repeat the header")


def test_no_row_is_lost_above_a_header_that_is_repeated() -> None:
    """Write segments as LabVIEW does, with a delimiter at the end of each row."""
    top = ["LabVIEW Measurement\t", "Separator\tTab", *(f"Key{i}\t{i}" for i in range(15))]
    text = lines(top)
    for begin in range(0, N, 30):
        rows = [f"{i / 100:.2f}\t{LEFT[begin + i]}\t" for i in range(30)]
        head = ["Samples\t30\t", "Delta_X\t0.01\t", "***End_of_Header***\t\t"]
        text += lines(head, "X_Value\tVoltage\tComment", rows)
    found = read_text(text)
    is_read(found, ("Voltage",), LEFT)
    assert found.fs == 100


@pytest.mark.parametrize("every", [20, 50])
def test_headers_of_pages_are_left_out(every: int) -> None:
    head = ["procs ---memory--- -timestamp-", " r  free  UTC"]
    rows = columns(WHOLE, LEFT, stamps(5), mark="  ")
    pages = [[*head, *rows[i : i + every]] for i in range(0, N, every)]
    found = read_text(lines(*pages))
    is_read(found, ("r", "free"), WHOLE, LEFT)
    assert (found.fs, found.index[0]) == (0.2, START)


@pytest.mark.parametrize("name", ["time", "# time", "time (UTC)"])
@pytest.mark.parametrize("last", [False, True])
def test_one_name_stands_above_a_date_and_its_clock_in_a_table_of_blanks(
    name: str, last: bool
) -> None:
    parts = [LEFT, RIGHT, stamps(60)] if last else [stamps(60), LEFT, RIGHT]
    name = name.replace("#", "").strip() if last else name
    name = name.replace(" ", "_").replace("#_", "# ")
    text = lines(f"left right {name}" if last else f"{name} left right", columns(*parts, mark=" "))
    is_read(read_text(text), ("left", "right"), LEFT, RIGHT)


@pytest.mark.parametrize(
    "head",
    [
        ["# 1: time [s]", "# 2: left [V]", "# 3: right [A]"],
        ["#   1 time [s]", "#   2 left [V]   of the pump", "#   3 right [A]   of the fan"],
        ["%", "% Column 0 = time [s]", "% Column 1 = left [V]", "% Column 2 = right [A]", "%"],
        ["Logger 7", "Channel 1: left [V]", "Channel 2: right [A]", ""],
        ["@relation pump", "@attribute time numeric", "@attribute 'left [V]' numeric",
         '@attribute "right [A]" real', "@data"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("mark", [" ", ",", "\t"])
def test_names_may_be_listed_above_the_table(head: list[str], mark: str) -> None:
    times = [f"{i / 100:.2f}" for i in range(N)]
    found = read_text(lines(head, columns(times, LEFT, RIGHT, mark=mark)))
    is_read(found, ("left [V]", "right [A]"), LEFT, RIGHT)
    assert (found.fs, found.units) == (100.0, ("V", "A"))


def test_a_list_of_something_else_above_the_names_names_nothing() -> None:
    head = ["Channel 1: SN 4711", "Channel 2: SN 4712", "t left right"]
    text = lines(head, columns([i / 100 for i in range(N)], LEFT, RIGHT, mark=" "))
    is_read(read_text(text), ("left", "right"), LEFT, RIGHT)


def test_names_may_stand_behind_a_key_in_a_line_of_others() -> None:
    head = "title:x, recorded:15.03.24 10.00.00, sampling:128, labels:COUNTER left right, chan:3"
    counts = [i % 100 for i in range(N)]
    found = read_text(lines(head, columns(counts, LEFT, RIGHT, mark=", ")))
    is_read(found, ("left", "right"), LEFT, RIGHT)
    assert found.fs == 128


RULES = {
    "psql": (" time | left | right ", "------+------+------", None),
    "mysql": ("| time | left | right |", "+------+------+-------+", "+------+------+-------+"),
    "markdown": ("| time | left | right |", "|:-----|-----:|------:|", None),
    "rst": ("| time | left | right |", "+======+======+=======+", "+------+------+-------+"),
}


@pytest.mark.parametrize("kind", RULES)
def test_lines_that_only_divide_names_from_rows_are_no_names(kind: str) -> None:
    names, rule, end = RULES[kind]
    rows = columns(stamps(60), LEFT, RIGHT, mark=" | ")
    rows = [f"| {row} |" for row in rows] if names.startswith("|") else rows
    text = lines([rule] if end else [], names, rule, rows, [end, "120 rows in set"] if end else [])
    is_read(read_text(text), ("left", "right"), LEFT, RIGHT)


@pytest.mark.parametrize("step", [300, 15])
def test_rows_of_events_between_the_samples_of_a_channel_are_left_out(step: int) -> None:
    """Put a dose and a reading by hand between readings that a device takes at regular times."""
    rows = columns(stamps(step), LEFT, [""] * N, range(1000, 1000 + N))
    for place in (90, 60, 30, 7):
        rows.insert(place, f"{START + pd.Timedelta(seconds=(place - 0.7) * step)},,4.5,")
    found = read_text(lines("time,glucose,dose,count", rows))
    is_read(found, ("glucose",), LEFT)
    assert found.fs == 1 / step
    assert has_note(found, "4 rows lie between the samples of 'glucose'", "'dose'", "--channels")


def test_rows_of_another_sensor_at_times_of_its_own_are_left_out() -> None:
    first = columns(stamps(10), LEFT, [""] * N, RIGHT)
    second = [
        f"{START + pd.Timedelta(seconds=10.0 * i + 3.3 + i % 3)},,{i % 7}," for i in range(N - 1)
    ]
    rows = [row for pair in zip(first, [*second, ""], strict=True) for row in pair if row]
    text = lines("time,left,other,right", rows)
    is_read(read_text(text), ("left", "right"), LEFT, RIGHT)
    with pytest.raises(DataError, match="irregular"):
        read_text(text, channels="other")


def test_rows_at_the_top_that_have_no_time_are_left_out() -> None:
    top = ["1,,,,3.5", "2,,,,200.5", "3,,,,70.5"]
    rows = columns(range(4, 4 + N), stamps(300), ["EGV"] * N, [""] * N, LEFT)
    found = read_text(lines("Index,Timestamp,Event,Kind,Glucose", top, rows))
    is_read(found, ("Glucose",), LEFT)
    assert has_note(found, "The first 3 rows have no time")


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("Quality", "Good", "Bad"),
        ("Quality", "GOOD", "BAD_NOT_CONNECTED"),
        ("Validity", "valid", "invalid"),
        ("OPCQuality", 192, 0),
    ],
)
def test_rows_that_are_called_bad_have_no_value(name: str, good: object, bad: object) -> None:
    values, quality = LEFT.copy(), [good] * N
    values[40:50] = 0
    quality[40:50] = [bad] * 10
    text = lines(f"time,tag,left,{name}", columns(stamps(60), ["FIC101"] * N, values, quality))
    found = read_text(text)
    assert found.channels == ("left",)
    assert np.flatnonzero(np.isnan(found.values[:, 0])).tolist() == list(range(40, 50))
    assert has_note(found, "10 rows have", name, "--as-is")
    is_read(read_text(text, as_is=True, channels=["left"]), ("left",), values)


def test_a_quality_named_like_a_channel_is_that_of_the_channel() -> None:
    quality = ["Bad" if 40 <= i < 50 else "Good" for i in range(N)]
    good = ["Good"] * N
    names = "t_stamp,Tank/left,Tank/left_quality,Tank/right,Tank/right_quality"
    found = read_text(lines(names, columns(stamps(60), LEFT, quality, RIGHT, good)))
    assert np.flatnonzero(np.isnan(found.values[:, 0])).tolist() == list(range(40, 50))
    np.testing.assert_array_equal(found.values[:, 1], RIGHT)


@pytest.mark.parametrize("words", [("Good", "Bad"), ("low", "Bad")])
def test_a_quality_that_is_mostly_bad_or_of_other_words_tells_nothing(
    words: tuple[str, str],
) -> None:
    quality = [words[0] if i % 5 == 0 else words[1] for i in range(N)]
    is_read(read_text(lines("time,x,quality", columns(stamps(60), LEFT, quality))), ("x",), LEFT)


@pytest.mark.parametrize(
    ("start", "mended"), [(1_700_000_000, True), (1_704_000_000_000_000, False)]
)
def test_rows_between_are_not_looked_for_at_instants_beyond_all_years(
    start: int, mended: bool
) -> None:
    later = np.where(np.arange(400) % 2, np.random.default_rng(0).integers(1, 9, 400), 0)
    stamps = (start + np.arange(400) // 2 * 10 + later).astype("datetime64[s]")
    x = np.where(np.arange(400) % 2, np.nan, np.arange(400.0))[:, None]
    raw = Raw(x, ("x",), None, pd.DatetimeIndex(stamps), pd.RangeIndex(400), str, "far")
    with nullcontext() if mended else pytest.raises(DataError, match="outside the years"):
        Recording.from_raw(raw, None, None, "far")


@pytest.mark.parametrize("clock", ["Time", "Aika [Paikallinen aika]", ""])
@pytest.mark.parametrize("parts", ["Year,Month,Day", "Vuosi,Kuukausi,Päivä", "年,月,日"])
def test_year_month_and_day_are_the_time_with_a_clock_or_without(parts: str, clock: str) -> None:
    step = 3600 if clock else 86400
    rows = columns(stamps(step, "%Y,%m,%d,%H:%M" if clock else "%Y,%m,%d"), LEFT)
    found = read_text(lines(f"{parts},{clock},level" if clock else f"{parts},level", rows))
    is_read(found, ("level",), LEFT)
    assert found.fs == pytest.approx(1 / step)
    assert found.index[0] == (START if clock else START.normalize())


@pytest.mark.parametrize("in_turn", [False, True])
def test_whole_numbers_called_id_tell_series_apart_only_in_turn(in_turn: bool) -> None:
    idle = np.arange(N) % 4 if in_turn else RNG.integers(95, 99, N)
    text = lines("time,us,id", columns(stamps(5), LEFT, idle))
    assert len(read_series(io.BytesIO(text.encode()))) == (4 if in_turn else 1)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("%b %d, %Y @ %H:%M:%S.000", {}),
        ("%H:%M:%S %b %d %Y", {}),
        ("%Y/%m/%d %p%I:%M:%S", {"AM": "上午", "PM": "下午"}),
        ("%Y-%m-%d %p %I:%M:%S", {"AM": "오전", "PM": "오후"}),
        ("%Y年%m月%d日 %H時%M分%S秒", {}),
        ("%d/%m/%Y;%I:%M:%S %p", {"AM": "a. m.", "PM": "p. m."}),
        ("%Y-%m-%d;%p %I:%M:%S", {"AM": "午前", "PM": "午後"}),
    ],
)
def test_times_of_more_programs_and_languages_are_instants(
    form: str, words: dict[str, str]
) -> None:
    dates = stamps(300, form)
    for word, other in words.items():
        dates = [date.replace(word, other) for date in dates]
    names = "day;hour;level" if ";" in form else "time;level"
    found = read_text(lines(names, columns(dates, LEFT, mark=";")))
    is_read(found, ("level",), LEFT)
    assert (found.fs, found.index[0]) == (pytest.approx(1 / 300), START)
    assert found.index[-1] == START + pd.Timedelta(seconds=300 * (N - 1))


@pytest.mark.parametrize("first", [378, 0x0E0182, 0x1E5])
def test_identifiers_that_look_like_numbers_by_chance_are_no_footer(first: int) -> None:
    rows = columns([f"0E{first + i:06X}" for i in range(N)], LEFT, stamps(60))
    found = read_text(lines("id,value,created_at", rows))
    is_read(found, ("value",), LEFT)


@pytest.mark.parametrize(
    "names", ["TA,TA_QC", "TA,QC_TA", "AF3,CQ_AF3", "level,level flag", "Temp,Temp.quality"]
)
def test_grades_of_a_column_that_is_named_in_theirs_are_no_channel(names: str) -> None:
    grades = np.arange(N) // 9 % 4
    found = read_text(lines(f"time,{names}", columns(stamps(60), LEFT, grades)))
    is_read(found, (names.split(",")[0],), LEFT)
    assert has_note(found, "says how good", "--channels")
    other = read_text(lines("time,TA,TB_QC", columns(stamps(60), LEFT, grades)))
    assert other.channels == ("TA", "TB_QC")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("#TZUTC+1|*|RINVAL-777|*|", -777),
        ("# Missing value: -1", -1),
        ("NODATA_value,-77.5", -77.5),
        ("# fill values are coded as 88.8", 88.8),
        ("* bad_flag = -9.990e-29", -9.99e-29),
        ("Missing data 777", 777),
    ],
)
def test_a_number_that_the_file_calls_missing_is_missing(line: str, value: float) -> None:
    values = LEFT.copy()
    values[40:50] = value
    text = lines(line, "time,level", columns(stamps(60), values))
    found = read_text(text)
    assert np.flatnonzero(np.isnan(found.values[:, 0])).tolist() == list(range(40, 50))
    assert has_note(found, "10 values are", "which the file calls missing", "--as-is")
    is_read(read_text(text, as_is=True), ("level",), values)


@pytest.mark.parametrize("count", [12, 66])
def test_a_count_of_missing_values_names_no_number(count: int) -> None:
    values = LEFT.copy()
    values[40:50] = count
    text = lines(f"# missing values: {count}", "time,level", columns(stamps(60), values))
    is_read(read_text(text), ("level",), values)


@pytest.mark.parametrize("sub", [",,quality,homogeneity", ",,品質情報,均質番号"])
def test_words_below_names_that_repeat_tell_them_apart(sub: str) -> None:
    rows = columns(stamps(3600, "%Y/%m/%d %H:%M:%S"), LEFT, [8] * N, [1] * N)
    head = ["saved 2021/04/01 10:00:00", "", ",Rome,Rome,Rome", "time,T(℃),T(℃),T(℃)"]
    found = read_text(lines(head, sub, rows))
    assert found.channels[0] == "T(℃)"
    assert f"T(℃) {sub.split(',')[-2]}" in " ".join([*found.channels, *found.notes])


@pytest.mark.parametrize("form", ["%I:%M:%S %p", "%H:%M:%S"])
def test_pages_whose_names_stand_behind_a_time_lose_no_row(form: str) -> None:
    rows = columns(stamps(60, form), ["all"] * N, LEFT, RIGHT, mark="   ")
    pages = [
        ["", f"{stamps(60, form)[i]}  CPU  %user  %idle", *rows[i : i + 40]] for i in (0, 40, 80)
    ]
    text = lines("Linux 5.4.0 (web1)  2021-03-14  (4 CPU)", *pages, "Average:  all  20.0  50.0")
    found = read_text(text)
    is_read(found, ("%user", "%idle"), LEFT, RIGHT)
    assert found.fs == pytest.approx(1 / 60)


@pytest.mark.parametrize(
    "form",
    [
        '{t} MQT: tele/plug/SENSOR = {{"Time":"{d}T{t}","ENERGY":{{"left":{x},"right":{y}}}}}',
        '{d} {t} INFO zigbee: payload {{"left": {x}, "name": "a", "right": {y}}}',
        '{d}T{t}Z {{"left":{x},"right":{y}}}',
    ],
)
def test_json_in_the_lines_of_a_log_is_read(form: str) -> None:
    rows = [
        form.format(d=stamp[:10], t=stamp[11:], x=x, y=y)
        for stamp, x, y in zip(stamps(10), LEFT, RIGHT, strict=True)
    ]
    found = read_text(lines(rows))
    is_read(found, ("left", "right"), LEFT, RIGHT)
    assert found.fs == 0.1


@pytest.mark.parametrize("form", ["%d-%m %H:%M:%S", "%m/%d %H:%M:%S", "%b %d %H:%M:%S.000"])
@pytest.mark.parametrize("start", ["2021-03-14 08:00", "2021-12-31 23:50"])
def test_dates_without_a_year_give_the_rate(form: str, start: str) -> None:
    dates = [f"{pd.Timestamp(start) + pd.Timedelta(seconds=10 * i):{form}}" for i in range(N)]
    found = read_text(lines("time,level", columns(dates, LEFT)))
    is_read(found, ("level",), LEFT)
    assert found.fs == 0.1
    assert has_note(found, "has no year")


@pytest.mark.parametrize(
    ("said", "fs"), [({"interval_s": 60}, 1 / 60), ({"fs": 250}, 250.0), ({"dt": 0.5}, 2.0)]
)
def test_rate_and_start_may_stand_beside_a_list_of_values(
    said: dict[str, float], fs: float
) -> None:
    value = {"start": "2021-03-14T08:00:00Z", **said, "values": LEFT.tolist()}
    found = read_text(json.dumps(value))
    is_read(found, ("values",), LEFT)
    assert found.fs == pytest.approx(fs)
    assert found.index[0] == START.tz_localize("UTC")


@pytest.mark.parametrize("step", [0.1, 1.0])
def test_times_of_day_in_digits_go_on_over_a_minute(step: float) -> None:
    moments = [START + pd.Timedelta(seconds=step * i + 59) for i in range(N)]
    times = [
        f"{moment:%H%M%S}.{moment.round('10ms').microsecond // 10_000:02d}" for moment in moments
    ]
    head = ["[header]", "time", "", "[column names]", "time left right", "", "[data]"]
    found = read_text(lines(head, columns(times, LEFT, RIGHT, mark=" ")))
    is_read(found, ("left", "right"), LEFT, RIGHT)
    assert found.fs == pytest.approx(1 / step)


def test_a_grade_behind_a_comma_is_no_decimal() -> None:
    cells = [f'"+{int(10 * x):04d},{1 if i % 9 else 5}"' for i, x in enumerate(LEFT)]
    cells[50] = '"+9999,9"'
    cells[51] = '"+9999,9"'
    found = read_text(lines('"DATE","TMP"', columns(stamps(3600), cells)))
    expected = np.array([int(10 * x) for x in LEFT], dtype=float)
    kept = np.arange(N) // 2 != 25
    np.testing.assert_array_equal(found.values[kept, 0], expected[kept])
    assert has_note(found, "behind the comma", "quality")


def test_series_with_times_of_their_own_are_told_apart_by_a_name() -> None:
    rows = [
        f"{i + late};{name};{value}"
        for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))
        for late, name, value in ((0, "Engine RPM", x), (0.4, "Speed", y))
    ]
    found = read_series(io.BytesIO(lines("SECONDS;PID;VALUE", rows).encode()))
    assert tuple(found) == ("Engine RPM", "Speed")


@pytest.mark.parametrize("name", ["Record Type", "Aufzeichnungstyp"])
def test_kinds_of_records_are_no_channel(name: str) -> None:
    kinds = [int(i % 30 == 7) for i in range(N)]
    is_read(read_text(lines(f"time,{name},x", columns(stamps(60), kinds, LEFT))), ("x",), LEFT)


@pytest.mark.parametrize("below", ["time,flow,level", "[flow]"])
def test_a_second_table_is_refused_with_what_to_do(below: str) -> None:
    rows = columns(stamps(60), LEFT)
    more = columns(stamps(60), LEFT, RIGHT) if "," in below else rows
    with pytest.raises(DataError, match="each table into a file of its own"):
        read_text(lines("time,level", rows, "", below, more))


def test_a_report_of_iostat_is_refused_with_what_to_do() -> None:
    page = ["avg-cpu:  %user  %idle", "    1.5   98.5", "", "Device   tps", "sda   4.5", ""]
    with pytest.raises(DataError, match=r"report of iostat.*sadf -d"):
        read_text(lines("Linux 5.4.0 (web1)", "", *[page] * 20))


@pytest.mark.parametrize(
    ("names", "hour"),
    [
        ("Data;Hora UTC;level", "{0:02d}00 UTC"),
        (";Hours;level", "{0:02d} - {1:02d}"),
        ("Data;Godz.;level", "{1}"),
        ("Fecha;Hora;level", "{1}"),
    ],
)
def test_hours_of_markets_and_weather_services_stand_beside_a_date(names: str, hour: str) -> None:
    days = [f"{START.normalize() + pd.Timedelta(hours=i):%Y-%m-%d}" for i in range(N)]
    hours = [hour.format(i % 24, (i + 1) % 24 if "-" in hour else i % 24 + 1) for i in range(N)]
    found = read_text(lines(names, columns(days, hours, LEFT, mark=";")))
    is_read(found, ("level",), LEFT)
    assert (found.fs, found.index[0]) == (pytest.approx(1 / 3600), START.normalize())
    assert found.index[-1] == START.normalize() + pd.Timedelta(hours=N - 1)


def test_numbers_are_grouped_as_in_india() -> None:
    cells = [f'"1,23,{400 + i}.50"' for i in range(N)]
    found = read_text(lines("time,units,x", columns(stamps(60), cells, LEFT)))
    is_read(found, ("units", "x"), 123_400.5 + np.arange(N), LEFT)


def test_names_with_blanks_stand_two_blanks_apart_in_the_last_comment() -> None:
    head = ["% Date: Mar 14", "% Description: Temperature, Stress", "% t (s)     T (K)    s (Pa)"]
    rows = columns([f"{i / 10:.1f}" for i in range(N)], LEFT, RIGHT, mark="      ")
    found = read_text(lines(head, rows))
    is_read(found, ("T (K)", "s (Pa)"), LEFT, RIGHT)
    assert (found.fs, found.units) == (10, ("K", "Pa"))


def test_lines_of_a_log_may_begin_with_day_and_month() -> None:
    dates = stamps(1, "%m-%d %H:%M:%S.123")
    rows = [f"{date}  1234  5678 I App: left={x}" for date, x in zip(dates, LEFT, strict=True)]
    found = read_text(lines(rows))
    is_read(found, ("left",), LEFT)
    assert found.fs == 1


@pytest.mark.parametrize("head", ["0000123456;Mill;0001;level;cm", "17;Mill;4.5;level;cm;x"])
def test_a_first_row_of_more_fields_than_all_others_is_no_sample(head: str) -> None:
    rows = columns(stamps(900, "%d.%m.%Y"), stamps(900, "%H:%M:%S"), LEFT, mark=";")
    found = read_text(lines(head, rows))
    is_read(found, ("value",), LEFT)
    assert (found.fs, found.index[0]) == (pytest.approx(1 / 900), START)


def test_a_last_name_that_is_also_a_unit_is_none() -> None:
    """Write current and voltage, I and V: the unit of the current is not V."""
    rows = [f"{i};{20 + i % 7}.5;{i % 5}.25" for i in range(60)]
    assert not any(read_text(lines("time;I;V", *rows)).units or ())


def test_units_that_differ_are_those_of_their_columns() -> None:
    """Put a key before units of two channels, behind a date and a clock of their own."""
    rows = [f"2020/03/12,10:{i:02d}:00,{20 + i % 7}.5,{i % 5}.25" for i in range(60)]
    found = read_text(lines("Ch Name,0001,0002", "Unit,°C,bar", *rows))
    assert (found.channels, found.units) == (("0001", "0002"), ("°C", "bar"))


def test_anything_an_hour_is_a_unit() -> None:
    """Write units of flow and speed below the names."""
    rows = [f"2020-03-12 10:{i:02d},{20 + i % 7}.5,{i % 5}.25" for i in range(60)]
    found = read_text(lines("t,flow,speed", "yyyy-mm-dd HH:MM,Nm³/h,Umdr/min", *rows))
    assert (found.channels, found.units) == (("flow", "speed"), ("Nm³/h", "Umdr/min"))


@pytest.mark.parametrize("mark", [",", "\t"])
def test_names_of_the_columns_behind_an_index_of_dates(mark: str) -> None:
    """Write a table as R does, with no name above the names of the rows."""
    rows = [
        mark.join((f"2020-03-12 10:{i:02d}", f"{20 + i % 7}.5", f"{i % 5}.2")) for i in range(60)
    ]
    found = read_text(lines(mark.join(("flow", "level")), *rows))
    assert (found.channels, found.fs) == (("flow", "level"), 1 / 60)
    marked = [f"{row}{mark}p" for row in rows]
    assert read_text(lines(mark.join(("Period", "flow", "level")), *marked)).channels == (
        "flow",
        "level",
    )


def test_names_with_blanks_stand_two_blanks_apart_below_other_text() -> None:
    """Write a waveform of blanks below a line about its unit."""
    rows = [f"  {i * 0.390625:12.4f} {20 + i % 7:12.3f}" for i in range(60)]
    found = read_text(lines("Amplitude Units: G's", "", "  Time in Msecs    Amplitude", *rows))
    assert (found.channels, found.fs) == (("Amplitude",), pytest.approx(2560))


@pytest.mark.parametrize(
    ("above", "names", "fs"),
    [
        (["Channel\tA\tB", "wf_increment\t0.001\t0.001", "unit_string\tV\tA"], ("A", "B"), 1000),
        (["Sample Rate: 180 Hz", "Leads: II\tV1"], ("II", "V1"), 180),
    ],
)
def test_rate_and_names_of_a_waveform(above: list[str], names: tuple[str, ...], fs: float) -> None:
    """Put the increment of a waveform, or the leads of an ECG, above the samples."""
    blank = "\t" if "Channel" in above[0] else ""
    found = read_text(lines(*above, *[f"{blank}{20 + i % 7}.5\t{i % 5}.25" for i in range(60)]))
    assert (found.channels, found.fs) == (names, fs)


def test_a_channel_before_a_unit_is_no_part_of_it() -> None:
    """Name the channel before its unit, as an oscilloscope does."""
    rows = [f"{i * 1e-6:.8f},{i % 7}.5" for i in range(60)]
    assert read_text(lines("Vertical Units,CH1:V", "Second,Value", *rows)).units == ("V",)


def test_rows_with_a_bad_status_code_have_no_value() -> None:
    """Write the codes of OPC UA beside values."""
    codes = ["0x80000000" if i % 20 == 7 else "0x00000000" for i in range(60)]
    rows = [f"2020-03-12 10:{i:02d},{20 + i % 7}.5,{code}" for i, code in enumerate(codes)]
    found = read_text(lines("Time,Value,StatusCode", *rows))
    assert found.channels == ("Value",)
    assert has_note(found, "0x80000000")


def test_packed_ordinates_are_refused_with_what_to_do() -> None:
    """Write a spectrum of JCAMP-DX, six ordinates a line."""
    rows = [f"{6 * i}.0 {' '.join(str(200 + (i + k) % 7) for k in range(6))}" for i in range(60)]
    with pytest.raises(DataError, match=r"JCAMP-DX file.*pairs of abscissa"):
        read_text(lines("##TITLE=x", "##XYDATA=(X++(Y..Y))", *rows))


def test_days_that_repeat_in_digits_are_times_without_a_name() -> None:
    """Write a row for each quantity of a day, below no header."""
    days = [f"{day:%Y%m%d}" for day in pd.date_range("2021-01-01", periods=60)]
    rows = [f"US1,{day},{what},{i % 7 + at}" for i, day in enumerate(days) for at, what in PAIR]
    found = read_series(io.BytesIO("\n".join(rows).encode()))
    assert [one.n_rows for one in found.values()] == [60, 60]
    assert {one.fs for one in found.values()} == {1 / 86400}


def test_a_first_column_t_that_rises_is_the_time_even_if_it_is_uneven() -> None:
    """Write events at random: their times are no channel."""
    times = np.cumsum(np.random.default_rng(5).exponential(1, N) + 0.001)
    rows = columns([f"{one:.3f}" for one in times], LEFT)
    with pytest.raises(DataError, match="irregular"):
        read_text(lines("t,x", rows))


def test_a_grade_to_the_right_of_its_column_is_no_channel() -> None:
    """Write T and QT, its grade, and a QT that is an interval of the heart."""
    grades = [1 + (i % 40 == 7) for i in range(N)]
    found = read_text(lines("time,T,QT", columns(range(N), LEFT, grades)))
    is_read(found, ("T",), LEFT)
    found = read_text(lines("time,T,QT", columns(range(N), LEFT, 380 + WHOLE)))
    is_read(found, ("T", "QT"), LEFT, 380 + WHOLE)


@pytest.mark.parametrize("fill", [-127, 32767, 65535])
def test_the_number_of_a_silent_sensor_is_missing(fill: int) -> None:
    """Write the number of a thermometer or a register that does not answer."""
    cells = [fill if i % 30 == 7 else value for i, value in enumerate(LEFT)]
    found = read_text(lines("time,x", columns(range(N), cells)))
    assert has_note(found, str(fill), "far from all others")


@pytest.mark.parametrize("line", ["* temperature units = degC", "Pressure unit: mbar"])
def test_the_unit_of_a_quantity_is_that_of_its_channel(line: str) -> None:
    """Name the unit of one of two channels above the table."""
    quantity, unit = line.strip("* ").split()[0], line.split()[-1]
    found = read_text(lines(line, f"t,{quantity},x", columns(range(N), LEFT, RIGHT)))
    assert found.units == (unit, "")
    assert read_text(lines(line, "t,x", columns(range(N), LEFT))).units == (unit,)
