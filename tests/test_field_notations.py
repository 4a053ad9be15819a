"""Notations of numbers, dates and names that instruments write, against what was written."""

import io
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import read
from spectra.errors import DataError

N = 90
VALUES = (50 + 5 * np.sin(np.arange(N) / 4) + np.random.default_rng(2).normal(size=N)).round(2)
WHOLE = np.random.default_rng(3).integers(0, 4096, N)


def recording(rows: list[str], header: str = "", **options: str):
    """Return the recording of rows below a header."""
    return read(io.BytesIO("\n".join([*([header] if header else []), *rows]).encode()), **options)


def stamps(form: str, step: int = 3600, start: str = "2020-03-12") -> list[str]:
    """Return stamps so many seconds apart in a notation."""
    return list(pd.date_range(start, periods=N, freq=f"{step}s").strftime(form))


CELLS: dict[str, Callable[[float], str]] = {
    "a sign and blanks": lambda value: f"+   {value}",
    "a list of one": lambda value: f"[{value}]",
    "DC behind the unit": lambda value: f"{value} V DC",
    "AC behind the unit": lambda value: f"{value} mV AC",
    "rms behind the unit": lambda value: f"{value} A rms",
    "a percent sign": lambda value: f"{value} %",
}


@pytest.mark.parametrize("notation", CELLS)
def test_a_notation_of_numbers_is_read(notation: str) -> None:
    """Write each number in a notation beside a time."""
    rows = [f"{i},{CELLS[notation](value)}" for i, value in enumerate(VALUES)]
    np.testing.assert_array_equal(recording(rows, "time_s,x").values[:, 0], VALUES)


@pytest.mark.parametrize("unit", ["%", "kW", "°C", "bar"])
def test_a_decimal_comma_before_a_unit_is_one(unit: str) -> None:
    """Write 50,1 % in a table of semicolons."""
    rows = [f"{i};{value} {unit}".replace(".", ",") for i, value in enumerate(VALUES)]
    found = recording(rows, "t;Wert")
    np.testing.assert_array_equal(found.values[:, 0], VALUES)
    assert found.units == (unit,)


@pytest.mark.parametrize("form", ["0x{:X}", "0x{:04x}", "0X{:03X}"])
@pytest.mark.parametrize("column", ["alone", "named", "timed"])
def test_hexadecimal_numbers_are_read_and_that_is_said(form: str, column: str) -> None:
    """Write readings of a converter with 0x before them."""
    cells = [form.format(value) for value in WHOLE]
    rows = [f"{10 * i},{cell}" for i, cell in enumerate(cells)] if column == "timed" else cells
    found = recording(rows, {"alone": "", "named": "adc", "timed": "t_ms,adc"}[column])
    np.testing.assert_array_equal(found.values[:, 0], WHOLE)
    assert any("hexadecimal" in note for note in found.notes)


def test_hexadecimal_numbers_without_a_mark_are_refused_with_what_to_do() -> None:
    """Write four digits and letters: a few look like decimal numbers."""
    with pytest.raises(DataError, match="write 0x before its numbers"):
        recording(
            [f"{100 * i},{value:04X}" for i, value in enumerate(WHOLE)], "t,adc", channels="adc"
        )


@pytest.mark.parametrize("mark", ["---", "-.-", "----", "--.-"])
def test_a_channel_that_is_measured_now_and_then_is_kept(mark: str) -> None:
    """Let nine of ten cells be dashes."""
    rows = [f"{i},{value if i % 10 == 0 else mark}" for i, value in enumerate(VALUES)]
    values = recording(rows, "t,NIBP").values[:, 0]
    np.testing.assert_array_equal(values[::10], VALUES[::10])
    assert np.isnan(values[1:10]).all()


DATES = {
    "[%H:%M:%S %d/%m/%Y]": "day-first",
    "%H:%M:%S %m/%d/%Y": "month-first",
    "%H:%M %d.%m.%Y": None,
    "[%Y-%m-%d %H:%M:%S]": None,
    "%Y%m%d:%H%M": None,
    "%Y%m%d_%H%M%S": None,
    "%Y%m%d-%H%M": None,
    "%Y/%m/%dT%H:%M:%Sz": None,
    "%Y-%m-%dT%H:%M:%Sz": None,
}


@pytest.mark.parametrize("form", DATES)
def test_a_notation_of_dates_is_read(form: str) -> None:
    """Compare the first instant and the rate."""
    order = {} if DATES[form] is None else {"dates": DATES[form]}
    rows = [f"{stamp},{value}" for stamp, value in zip(stamps(form), VALUES, strict=True)]
    found = recording(rows, "time,x", **order)
    assert found.index[0].tz_localize(None) == pd.Timestamp("2020-03-12")
    assert (found.index.tz is not None) == form.endswith("z")
    assert found.fs == pytest.approx(1 / 3600)


@pytest.mark.parametrize(
    "days",
    [
        "lun. mar. mer. jeu. ven. sam. dim.",
        "lunes martes miércoles jueves viernes sábado domingo",
        "lunedì martedì mercoledì giovedì venerdì sabato domenica",
        "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    ],
)
@pytest.mark.parametrize("form", ["{0} {1:%d.%m.%Y %H:%M}", "{0} {1:%d/%m/%Y} {1:%H:%M}"])
def test_days_that_begin_like_a_month_are_none(days: str, form: str) -> None:
    """Write Tuesday, which is mar. as March is, before a date in digits."""
    instants = pd.date_range("2020-03-12", periods=N, freq="6h")
    cells = [form.format(days.split()[instant.weekday()], instant) for instant in instants]
    found = recording([f"{cell};{x}" for cell, x in zip(cells, VALUES, strict=True)], "Fecha;x")
    assert list(found.index) == list(instants)


@pytest.mark.parametrize(
    "halves", ["de. du.", "ÖÖ ÖS", "SA CH", "ص م", "ق.ظ ب.ظ", "e_paradites e_pasdites"]
)
def test_halves_of_the_day_of_more_languages_are_known(halves: str) -> None:
    """Write the half behind the clock, as system settings of these countries do."""
    instants = pd.date_range("2020-03-12", periods=N, freq="h")
    words = [half.replace("_", " ") for half in halves.split()]
    cells = [f"{one:%d/%m/%Y %I:%M:%S} {words[one.hour >= 12]}" for one in instants]
    rows = [f"{cell};{x}" for cell, x in zip(cells, VALUES, strict=True)]
    assert list(recording(rows, "t;x", dates="day-first").index) == list(instants)


@pytest.mark.parametrize(
    ("form", "zone"),
    [
        ("%Y-%m-%dT%H:%M:%S+02:00[Europe/Berlin]", "+02:00"),
        ("%Y-%m-%dT%H:%MZ[UTC]", "UTC"),
        ("%Y-%m-%d kl. %H.%M", None),
        ("%Y-%m-%d %H.%M", None),
    ],
)
def test_a_zone_in_brackets_and_a_clock_with_a_dot_are_read(form: str, zone: str | None) -> None:
    """Write instants as Java does, and as people in the north do."""
    rows = [f"{stamp};{x}" for stamp, x in zip(stamps(form), VALUES, strict=True)]
    found = recording(rows, "t;x")
    assert (found.index[0], found.fs) == (pd.Timestamp("2020-03-12", tz=zone), 1 / 3600)


def _grouped(value: float, sign: str) -> str:
    return f"{int(value):,}".replace(",", sign)


@pytest.mark.parametrize(("sign", "beside"), [(".", ""), (",", ""), (".", ";20,5")])
def test_whole_numbers_below_and_above_a_thousand_are_of_one_kind(sign: str, beside: str) -> None:
    """Write 983 and 1.017: read as a decimal, one would be a thousandth of the other."""
    watts = 1000 + np.round(300 * np.sin(np.arange(N) / 4))
    rows = [
        f"{stamp};{_grouped(value, sign)}{beside}"
        for stamp, value in zip(stamps("%Y-%m-%d %H:%M"), watts, strict=True)
    ]
    found = recording(rows, "Zeit;P;U" if beside else "Zeit;P", channels="P")
    np.testing.assert_array_equal(found.values[:, 0], watts)
    assert any("between their thousands" in note for note in found.notes)


def test_thirds_of_a_second_are_no_thousands() -> None:
    """Write seconds with three digits, and whole ones without any."""
    cells = [f"{i / 3:.3f}".removesuffix(".000") for i in range(30, 30 + N)]
    rows = [f"{cell};{value}" for cell, value in zip(cells, VALUES, strict=True)]
    assert recording(rows, "time;x").fs == pytest.approx(3, rel=1e-3)


def test_a_minus_may_stand_behind_a_number() -> None:
    """Write 12.5- as business software does."""
    signed = VALUES - 50
    cells = [f"{abs(value):.2f}{'-' if value < 0 else ''}" for value in signed]
    found = recording([f"{i},{cell}" for i, cell in enumerate(cells)], "t,x")
    np.testing.assert_allclose(found.values[:, 0], signed, atol=0.006)


@pytest.mark.parametrize("form", ["%I:%M:%S %p", "%I:%M %p", "%m/%d/%Y %I:%M:%S %p"])
def test_am_and_pm_may_stand_in_a_column_of_their_own(form: str) -> None:
    """Write a table of blanks."""
    rows = [f"{stamp}   {value}" for stamp, value in zip(stamps(form, 600), VALUES, strict=True)]
    found = recording(rows)
    np.testing.assert_array_equal(found.values[:, 0], VALUES)
    assert found.fs == pytest.approx(1 / 600)


@pytest.mark.parametrize(
    ("header", "row", "month"),
    [
        ("Datum;x", "{};{}", 3),
        ("Fecha;x", "{};{}", 3),
        ("Date;x (°C)", "{};{},5", 3),
        ("Date,x", "{},{}", 12),
        ("Date dd/mm/yyyy,x", "{},{}", 3),
        ("[hh:mm dd/mm/yyyy],x", "{},{}", 3),
        ("Datum (MM/dd/yyyy);x", "{};{}", 12),
    ],
)
def test_what_a_table_says_of_its_language_decides_day_and_month(
    header: str, row: str, month: int
) -> None:
    """Write dates of one day, which leave the order open."""
    rows = [
        row.format(stamp, int(value))
        for stamp, value in zip(stamps("%d/%m/%Y %H:%M", 600), VALUES, strict=True)
    ]
    assert recording(rows, header).index[0].month == month


CALENDARS = {
    "%Y %m %d %H": 3600,
    "%Y %m %d %H %M": 600,
    "%Y %m %d": 86400,
    "%Y %j %H": 3600,
    "101 %Y %j %H%M": 900,
    "%Y%m%d %H%M": 300,
    "%Y %m %d %H %M %S": 5,
}


@pytest.mark.parametrize("delimiter", [" ", ",", ";", "\t"])
@pytest.mark.parametrize("form", CALENDARS)
def test_parts_of_a_date_in_columns_without_names_are_the_time(form: str, delimiter: str) -> None:
    """Compare the instants, and look for the note with the option that undoes it."""
    dates = [stamp.replace(" ", delimiter) for stamp in stamps(form, CALENDARS[form])]
    rows = [f"{date}{delimiter}{value}" for date, value in zip(dates, VALUES, strict=True)]
    found = recording(rows)
    assert found.fs == pytest.approx(1 / CALENDARS[form])
    assert found.index[0] == pd.Timestamp("2020-03-12")
    np.testing.assert_array_equal(found.values[:, -1], VALUES)
    assert any("--time none" in note for note in found.notes)


@pytest.mark.parametrize("form", ["%Y %m %d %H", "%Y %j %H", "%Y%m%d %H%M"])
@pytest.mark.parametrize("rows", [6, 12, 30])
def test_small_numbers_beside_the_parts_of_a_date_are_channels(form: str, rows: int) -> None:
    """Write few rows, of values that could be minutes and seconds."""
    rng = np.random.default_rng(8)
    pairs = zip(stamps(form), rng.integers(0, 59, (N, 2)), strict=True)
    lines = [f"{stamp} {a} {b}" for stamp, (a, b) in pairs]
    found = recording(lines[:rows])
    assert found.fs == pytest.approx(1 / 3600)
    assert found.n_channels == 2


@pytest.mark.parametrize(
    ("name", "per_second"),
    [("ms", 1000), ("μs", 10**6), ("µs", 10**6), ("us", 10**6), ("micros", 10**6), ("ns", 10**9)],
)
def test_parts_of_a_second_in_a_column_belong_to_the_time(name: str, per_second: int) -> None:
    """Write the seconds and their parts in columns beside one another."""
    rows = [
        f"{i + 1},2020/03/12,10:00:{i // 10:02d},{i % 10 * per_second // 10},{value}"
        for i, value in enumerate(VALUES)
    ]
    found = recording(rows, f"No,Date,Time,{name},CH1")
    assert (found.channels, found.fs) == (("CH1",), 10.0)


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d"])
@pytest.mark.parametrize("rows", [12, 30, 90])
def test_hours_beside_dates_without_names_belong_to_them(form: str, rows: int) -> None:
    """Write the hour as a number of its own."""
    pairs = zip(stamps(form), stamps("%H"), VALUES, strict=True)
    found = recording([f"{date},{int(hour)},{value}" for date, hour, value in pairs][:rows])
    assert (found.n_channels, found.fs) == (1, pytest.approx(1 / 3600))


@pytest.mark.parametrize("columns", ["{a} {b} {c}", "2020 {a} {b} {c}", "{a} 2020 {b} {c}"])
def test_whole_numbers_that_are_no_calendar_stay_channels(columns: str) -> None:
    """Write counts between 1 and 12 in no order."""
    rng = np.random.default_rng(5)
    rows = [columns.format(a=a, b=b, c=c) for a, b, c in rng.integers(1, 12, (N, 3))]
    found = recording(rows)
    assert found.fs is None
    assert found.n_channels == columns.count(" ") + 1


@pytest.mark.parametrize(
    ("name", "start", "step"),
    [
        ("JD", 2458920.5, 0.01),
        ("HJD", 2455000.25, 1.0),
        ("MJD", 58920.0, 0.125),
        ("BJD", 2.46e6, 0.5),
    ],
)
def test_julian_dates_are_instants(name: str, start: float, step: float) -> None:
    """Compare the rate and the first instant."""
    rows = [f"{start + i * step:.6f},{value}" for i, value in enumerate(VALUES)]
    found = recording(rows, f"{name},Magnitude")
    assert found.channels == ("Magnitude",)
    assert found.fs == pytest.approx(1 / (86400 * step))
    days = start - (40587 if name == "MJD" else 2440587.5)
    assert found.index[0] == pd.Timestamp("1970-01-01", tz="UTC") + pd.Timedelta(days=days)


@pytest.mark.parametrize("name", ["Steps{:02d}", "Value{:02d}", "m{:02d}", "min {:02d}", "{:02d}"])
def test_an_hour_a_row_is_one_channel_whatever_its_minutes_are_called(name: str) -> None:
    """Write sixty columns beside the date of the hour."""
    values = np.random.default_rng(6).integers(0, 99, (24, 60))
    hours = pd.date_range("2020-03-12", periods=24, freq="1h").strftime("%Y-%m-%d %H:%M:%S")
    rows = [f"{hour},{','.join(map(str, row))}" for hour, row in zip(hours, values, strict=True)]
    found = recording(rows, "Hour," + ",".join(name.format(i) for i in range(60)))
    np.testing.assert_array_equal(found.values[:, 0], values.ravel())
    assert found.fs == pytest.approx(1 / 60)


ABOVE = {
    "a rate and a name": "Devices\n1000\n,,Force plate,,\n",
    "a date": "history:/Site/AHU1\n26-Mar-20 10:00 AM CET\n\n",
    "a table of its own": "DataRate,Units,Markers,Frames\n100.00,mm,1,90\n",
    "a few numbers": "Pump 3\n17\n\n",
}


@pytest.mark.parametrize("above", ABOVE)
def test_short_rows_of_values_above_the_names_are_no_data(above: str) -> None:
    """Write three channels below a preamble with numbers in it."""
    other = np.random.default_rng(7).normal(size=(N, 2)).round(3)
    rows = [f"{i / 8},{a},{b},{c}" for i, (a, (b, c)) in enumerate(zip(VALUES, other, strict=True))]
    found = recording(rows, above + "Time,Fx,Fy,Fz\ns,N,N,N")
    assert (found.channels, found.fs) == (("Fx", "Fy", "Fz"), 8.0)
    np.testing.assert_array_equal(found.values[:, 0], VALUES)


@pytest.mark.parametrize("key", ["/fields=", "#fields: ", "Columns: ", "# variables="])
def test_a_key_before_the_names_is_none(key: str) -> None:
    """Write the names behind a word for them."""
    rows = [
        f"{stamp},{value},{2 * value:.2f}"
        for stamp, value in zip(stamps("%Y%m%d,%H:%M:%S", 60), VALUES, strict=True)
    ]
    found = recording(rows, f"{key}date,time,Wt,sal")
    assert (found.channels, found.fs) == (("Wt", "sal"), pytest.approx(1 / 60))


@pytest.mark.parametrize("names", ["in out", "load"])
@pytest.mark.parametrize("gap", ["nan", "-nan"])
def test_output_of_rrdtool_is_read(names: str, gap: str) -> None:
    """Write stamps with colons behind them, and an empty line below the names."""
    width = len(names.split())
    rows = [
        f"{1584000000 + 300 * i}: " + " ".join([gap if i % 30 == 7 else f"{value:.10e}"] * width)
        for i, value in enumerate(VALUES)
    ]
    found = recording(rows, f"{names:>40}\n")
    assert found.channels == tuple(names.split())
    assert found.index[0] == pd.Timestamp(1584000000, unit="s", tz="UTC")
    assert found.fs == pytest.approx(1 / 300)


@pytest.mark.parametrize("mark", ["$RT_OFF$", "$RT_DIS$", "end of archive"])
@pytest.mark.parametrize("ends", [(True, False), (False, True), (True, True)])
def test_a_lone_mark_in_place_of_the_name_of_a_series_is_no_sample(
    mark: str, ends: tuple[bool, bool]
) -> None:
    """Write an archive of one variable, and a mark with a value above or below it."""
    rows = [
        f'"Temp";"{stamp}";{value};1'
        for stamp, value in zip(stamps("%d.%m.%Y %H:%M:%S", 60), VALUES, strict=True)
    ]
    first = [f'"{mark}";"12.03.2020 00:00:00";0;2'] if ends[0] else []
    last = [f'"{mark}2";"12.03.2020 09:00:00";0;2'] if ends[1] else []
    found = recording([*first, *rows, *last], '"VarName";"TimeString";"VarValue";"Validity"')
    np.testing.assert_array_equal(found.values[:, 0], VALUES)
    assert any("--series none" in note for note in found.notes)


@pytest.mark.parametrize("fill", ["-999", "-9999.0", "-99.9"])
def test_a_column_of_missing_values_throughout_is_left_out(fill: str) -> None:
    """Write a sensor that is not there beside one that is."""
    times = stamps("%Y-%m-%d %H:%M")
    rows = [f"{stamp},{fill},{value}" for stamp, value in zip(times, VALUES, strict=True)]
    found = recording(rows, "time,pressure,temperature")
    assert found.channels == ("temperature",)
    assert any("--channels 'pressure'" in note for note in found.notes)


@pytest.mark.parametrize("kind", ["record", "hr_zone", "monitoring"])
def test_messages_of_a_fit_file_are_rows(kind: str) -> None:
    """Write what FitCSVTool writes of a watch: definitions, other kinds, and fields in triples."""
    header = "Type,Local Number,Message,Field 1,Value 1,Units 1,Field 2,Value 2,Units 2,"
    rows = [
        "Definition,0,file_id,type,1,,manufacturer,1,,",
        'Data,0,file_id,type,"4",,manufacturer,"1",,',
    ]
    rows += [
        f'Data,1,{kind},timestamp,"{952000000 + i}",s,heart_rate,"{value}",bpm,'
        for i, value in enumerate(VALUES)
    ]
    rows.insert(40, 'Data,2,event,timestamp,"952000030",s,event,"0",,')
    found = recording(rows, header)
    np.testing.assert_array_equal(found.values[:, 0], VALUES)
    assert (found.channels, found.units, found.fs) == (("heart_rate",), ("bpm",), 1.0)
    assert found.index[0] == pd.Timestamp(952000000 + 631065600, unit="s", tz="UTC")


@pytest.mark.parametrize("sky", ["FEW:02 10", "OVC 010", "a b c"])
def test_a_blank_in_a_quoted_cell_never_divides(sky: str) -> None:
    """Write a table in quotes with few numbers in it."""
    rows = [
        f'"72494023234","{stamp}","FM-15","{value}{"s" if i % 30 == 3 else ""}","T","{sky}"'
        for i, (stamp, value) in enumerate(zip(stamps("%Y-%m-%dT%H:%M:%S"), VALUES, strict=True))
    ]
    header = '"STATION","DATE","REPORT","HourlyDryBulbTemperature","Rain","Sky"'
    assert recording(rows, header).channels == ("HourlyDryBulbTemperature",)


@pytest.mark.parametrize("word", ["BURNOUT", "M", "MM", "+OVER", "-----"])
@pytest.mark.parametrize("share", [2, 6])
def test_one_known_word_may_stand_in_most_cells(word: str, share: int) -> None:
    """Measure a channel in one row of a few, beside another."""
    rows = [
        f"{i},{value if i % share == 0 else word},{2 * value}" for i, value in enumerate(VALUES)
    ]
    found = recording(rows, "t,a,b")
    assert found.channels == ("a", "b")
    np.testing.assert_array_equal(found.values[::share, 0], VALUES[::share])


@pytest.mark.parametrize("form", ["{0}-W{1:02d}-{2}", "{0}W{1:02d}{2}", "{0}-W{1:02d}-{2}T08:15"])
def test_days_of_weeks_are_dates(form: str) -> None:
    days = pd.date_range("2020-12-20", periods=len(VALUES), freq="D")
    rows = [f"{form.format(*day.isocalendar())},{v}" for day, v in zip(days, VALUES, strict=True)]
    found = recording(rows, "week,x")
    assert found.fs == pytest.approx(1 / 86400)
    assert found.index[0] == days[0] + pd.Timedelta("8h15min" if "T" in form else 0)


def test_dates_may_have_colons_between_their_parts() -> None:
    rows = [f"{s},{v}" for s, v in zip(stamps("%d:%m:%Y,%H:%M:%S"), VALUES, strict=True)]
    found = recording(rows, "Date(dd:mm:yyyy),Time(hh:mm:ss),x")
    assert (found.index[0], found.fs) == (pd.Timestamp("2020-03-12"), pytest.approx(1 / 3600))


@pytest.mark.parametrize("names", ["", "year,month,day,hour,minute,x", "yr,mo,dy,hr,mn,x"])
@pytest.mark.parametrize(("first", "minute"), [(0, 0), (1, 0), (1, 60)])
def test_hours_from_1_to_24_are_those_that_begin_at_one_less(
    names: str, first: int, minute: int
) -> None:
    hours = pd.date_range("2023-02-27", periods=len(VALUES), freq="h")
    rows = [
        f"{hour.year},{hour.month},{hour.day},{hour.hour + first},{minute},{v}"
        for hour, v in zip(hours, VALUES, strict=True)
    ]
    found = recording(rows, names)
    assert (found.index[0], found.fs) == (hours[0], pytest.approx(1 / 3600))
    np.testing.assert_array_equal(found.values[:, 0], VALUES)


def test_parts_of_the_date_beside_it_are_no_channels() -> None:
    hours = pd.date_range("2023-12-27", periods=len(VALUES), freq="h")
    parts = {
        "hour": hours.hour,
        "weekday": hours.day_of_week,
        "day_of_week": hours.day_of_week + 1,
        "month": hours.month,
        "dow": (hours.day_of_week + 1) % 7,
        "week": hours.isocalendar().week.to_numpy(),
        "Day_of_Year": hours.day_of_year,
        "x": VALUES,
    }
    table = pd.DataFrame({"time": hours, **parts})
    found = recording(table.to_csv(index=False).splitlines())
    assert found.channels == ("x",)
    assert any("7 columns are parts of the date" in note for note in found.notes)
    one = recording(table[["time", "hour", "x"]].to_csv(index=False).splitlines())
    assert any("'hour' is a part of the date" in note for note in one.notes)
    table["hour"] = table["hour"].to_numpy()[::-1]
    other = recording(table[["time", "hour", "x"]].to_csv(index=False).splitlines())
    assert other.channels == ("hour", "x")


def test_exponents_of_fortran_are_read() -> None:
    rows = [f"  {i / 500:.6E}  {value:.9E}".replace("E", "D") for i, value in enumerate(VALUES)]
    for header in ("TIME  X", ""):
        found = recording(rows, header)
        np.testing.assert_allclose(found.values[:, 0], VALUES, rtol=1e-9)
        assert found.fs == 500


def test_parentheses_of_accountants_are_a_minus() -> None:
    values = np.round(1000 * (VALUES - 50), 2)
    cells = [f'"({-v:,.2f})"' if v < 0 else f'"{v:,.2f}"' for v in values]
    found = recording([f"{i},{cell}" for i, cell in enumerate(cells)], "t,net")
    np.testing.assert_array_equal(found.values[:, 0], values)


def test_a_semicolon_at_the_end_of_rows_of_commas_is_no_text() -> None:
    found = recording([f"33,walk,{v},{2 * v:.2f};" for v in VALUES])
    np.testing.assert_allclose(found.values[:, -1], 2 * VALUES, atol=0.006)


@pytest.mark.parametrize("first", [0, 1, 140])
def test_row_names_may_begin_anywhere(first: int) -> None:
    rows = [
        f'"{first + i}",{s},{v}'
        for i, (s, v) in enumerate(zip(stamps("%Y-%m-%d %H:%M:%S"), VALUES, strict=True))
    ]
    found = recording(rows, '"date","x"')
    assert (found.channels, found.fs) == (("x",), pytest.approx(1 / 3600))


@pytest.mark.parametrize("form", ["%d %m %Y %H:%M", "%Y %m %d %H:%M:%S"])
def test_blanks_may_stand_between_the_parts_of_a_date(form: str) -> None:
    rows = [f"{s},{v}" for s, v in zip(stamps(form, start="2020-03-13"), VALUES, strict=True)]
    found = recording(rows, "time,x")
    assert (found.index[0], found.channels) == (pd.Timestamp("2020-03-13"), ("x",))


def test_an_interval_of_dates_above_the_table_is_no_rate() -> None:
    rows = [f"{s},{v}" for s, v in zip(stamps("%Y-%m-%d %H:%M"), VALUES, strict=True)]
    head = "# Time interval: 2020-03-12 00:00:00 - 2021-01-01 00:00:00\n# time,x"
    found = recording(rows, head)
    assert not any("gives" in note for note in found.notes)
    alone = recording([f"{v}" for v in VALUES], head.replace("# time,x", "# x"))
    assert alone.fs is None


def test_one_number_beside_words_is_no_channel() -> None:
    rows = [f"[{1.7e9 + i:.3f}] 64 bytes time={v} ms" for i, v in enumerate(VALUES)]
    rows[20] = f"[{1.7e9 + 20:.3f}] no answer yet"
    found = recording(rows)
    assert (found.channels, found.fs) == (("time",), 1.0)
    np.testing.assert_array_equal(found.values[21:, 0], VALUES[21:])


@pytest.mark.parametrize("fill", [-200, -888, -32768])
def test_more_codes_for_no_value_are_missing(fill: int) -> None:
    rows = [f"{i},{fill if i in (30, 31) else value},{value}" for i, value in enumerate(VALUES)]
    found = recording(rows, "t,a,b")
    assert found.interpolated[[30, 31]].all()
    assert any(f"2 values are {fill}" in note for note in found.notes)


@pytest.mark.parametrize("mark", ["M", "T", "N", "*"])
def test_a_letter_behind_a_number_or_two_is_a_mark(mark: str) -> None:
    rows = [
        f"{i + 1:4d}) {s} {v:11.4f}{mark if i == 30 else ' '}  {v / 9:9.4f} "
        for i, (s, v) in enumerate(zip(stamps("%Y/%m/%d %H:%M:%S", 900), VALUES, strict=True))
    ]
    head = (
        "Port:     P038\nSite:     Newlyn\nStart Date:   12MAR2020-00.00.00\n"
        "  Cycle    Date      Time    LEVEL   Residual\n Number yyyy mm dd hh mi ssf     f      f"
    )
    found = recording(rows, head)
    assert (found.channels, found.fs) == (("LEVEL", "Residual"), pytest.approx(1 / 900))
    np.testing.assert_allclose(found.values[:, 0], VALUES)


def test_a_count_beside_the_date_and_the_hour_is_not_the_time() -> None:
    rows = [
        f"{i + 1},{s[:11]}{int(s[11:])},{v}"
        for i, (s, v) in enumerate(zip(stamps("%Y-%m-%d,%H"), VALUES, strict=True))
    ]
    found = recording(rows, "instant,dteday,hr,cnt")
    assert (found.channels, found.fs) == (("cnt",), pytest.approx(1 / 3600))


@pytest.mark.parametrize(
    "form",
    [
        "%d%b%Y %H:%M", "%d%b%Y:%H:%M:%S", "%d-%b-%y %I.%M.%S.000000 %p", "%d %b %Y %H.%M.%S",
        "%a %d %b %H:%M:%S GMT %Y", "%d %b %H:%M:%S %Y", "%Y%m%dT%H%M%SZ",
    ],
)  # fmt: skip
def test_more_notations_of_dates_are_read(form: str) -> None:
    rows = [f"{stamp},{value}" for stamp, value in zip(stamps(form), VALUES, strict=True)]
    found = recording(rows, "time,x")
    assert found.index[0].tz_localize(None) == pd.Timestamp("2020-03-12")
    assert (found.channels, found.fs) == (("x",), pytest.approx(1 / 3600))


@pytest.mark.parametrize(
    ("names", "form"),
    [("date,hour,x", "%Y-%m-%d,{:.4f}"), ("year,day,x", "%Y,{:.6f}"), ("DATE,HHMM,x", "%m/%d/%Y,")],
)
def test_parts_of_a_day_may_be_fractions_or_four_digits(names: str, form: str) -> None:
    dates = pd.date_range("2020-03-12", periods=N, freq="15min")
    parts = {
        "date,hour,x": dates.hour + dates.minute / 60,
        "year,day,x": dates.day_of_year + dates.hour / 24 + dates.minute / 1440,
        "DATE,HHMM,x": 100 * dates.hour + dates.minute,
    }[names]
    rows = [
        date.strftime(form).format(part) + ("" if "{" in form else f"{part}") + f",{value}"
        for date, part, value in zip(dates, parts, VALUES, strict=True)
    ]
    found = recording(rows, names)
    np.testing.assert_array_equal(found.values, VALUES[:, None])
    assert (found.index[0], found.fs) == (dates[0], pytest.approx(1 / 900))


def test_keys_and_units_in_every_cell_lose_no_row() -> None:
    rows = [f"T={value:.2f}C H={value / 2:.3f}%" for value in VALUES]
    found = recording(rows)
    assert (found.channels, found.units) == (("T", "H"), ("C", "%"))
    np.testing.assert_array_equal(found.values[:, 0], VALUES)


def test_blanks_inside_dates_divide_no_table_of_commas() -> None:
    rows = [
        f"{a},{b},RTO,AE,{v},True"
        for a, b, v in zip(
            stamps("%m/%d/%Y %I:%M:%S %p"), stamps("%m/%d/%Y %I:%M:%S %p"), VALUES, strict=True
        )
    ]
    found = recording(rows, "begin_utc,begin_ept,region,zone,mw,verified")
    assert found.channels[0] == "mw"
    np.testing.assert_array_equal(found.values[:, 0], VALUES)


@pytest.mark.parametrize("place", [1, 40])
def test_zeros_among_the_lines_are_no_text(place: int) -> None:
    rows = [f"{s},{v}" for s, v in zip(stamps("%Y-%m-%d %H:%M"), VALUES, strict=True)]
    rows[place] = "\0" * 300 + "\n" + rows[place]
    found = recording(rows, "time,x")
    np.testing.assert_array_equal(found.values[:, 0], VALUES)


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y"])
def test_a_date_in_the_first_row_of_each_day_is_that_of_the_rows_below(form: str) -> None:
    dates = pd.date_range("2020-03-12 21:00", periods=N, freq="20min")
    first = np.diff(dates.day, prepend=0) != 0
    rows = [
        f"{date.strftime(form) if begins else ''},{date:%H:%M},{v}"
        for date, begins, v in zip(dates, first, VALUES, strict=True)
    ]
    found = recording(rows, "Date,Time,x")
    np.testing.assert_array_equal(found.index, dates)
    assert found.channels == ("x",)


@pytest.mark.parametrize("form", ["%m %d %Y %H %M %S", "%d %m %Y %H %M", "%m %d %Y %H"])
def test_a_year_may_stand_behind_its_day_in_columns_without_names(form: str) -> None:
    """Write the parts of a date as current meters do, and a day that may be a month."""
    rows = [f"{stamp} {x}" for stamp, x in zip(stamps(form), VALUES, strict=True)]
    found = recording(rows)
    assert (found.index[0], found.fs) == (pd.Timestamp("2020-03-12"), 1 / 3600)
    rows = [f"03 04 2020 10 {i:02d} {x}" for i, x in enumerate(VALUES[:60])]
    assert recording(rows).fs is None


def test_binary_prefixes_are_powers_of_1024() -> None:
    """Write a memory as monitors do, beyond 1024 MiB in GiB."""
    rows = [f"{i},{x} MiB" if i % 2 else f"{i},{x} GiB" for i, x in enumerate(VALUES)]
    found = recording(rows, "t,Memory used")
    factor = np.where(np.arange(N) % 2, 1 / 1024, 1)
    np.testing.assert_allclose(found.values[:, 0], VALUES * factor)
    assert found.units == ("GiB",)


def test_a_lower_letter_behind_one_of_many_numbers_is_a_mark() -> None:
    """Write 50s where the value is suspect."""
    rows = [f"{i},{x}{'s' if i == 7 else ''}" for i, x in enumerate(VALUES)]
    np.testing.assert_array_equal(recording(rows, "t,x").values[:, 0], VALUES)


def test_thousands_beside_a_decimal_comma_are_no_fractions() -> None:
    """Write 1.067 for a thousand and more, and say nothing else of it."""
    days = stamps("%d.%m.%Y %H:%M")
    rows = [f"{day};1.{100 + i};4.{200 + i},5" for i, day in enumerate(days)]
    found = recording(rows, "Datum von;Biomasse;Wind")
    np.testing.assert_array_equal(found.values[:, 0], 1100 + np.arange(N))
    assert not any("as fractions" in note for note in found.notes)


def test_degrees_may_stand_at_the_end_of_a_name() -> None:
    """Write Temperature°C."""
    found = recording([f"{i},{x}" for i, x in enumerate(VALUES)], "t,Temperature°C")
    assert found.units == ("°C",)


@pytest.mark.parametrize("thousands", ["", "1."])
def test_a_currency_before_a_decimal_comma_is_one(thousands: str) -> None:
    """Write € 1.120,50 in a table of semicolons."""
    rows = [f"{i};€ {thousands}{100 + i},50" for i in range(N)]
    found = recording(rows, "t;Betrag")
    first = 1100.5 if thousands else 100.5
    np.testing.assert_array_equal(found.values[:, 0], first + np.arange(N))
    assert found.units == ("€",)


def test_statistics_below_names_that_repeat_tell_them_apart() -> None:
    """Write two rows of names as pandas does, and the name of the index below them."""
    dates = stamps("%Y-%m-%d %H:%M")
    rows = [f"{day},{x},{x + 1},{x},{x + 2}" for day, x in zip(dates, VALUES, strict=True)]
    found = recording([",temp,temp,hum,hum", "stat,mean,max,mean,max", "ts,,,,", *rows])
    assert found.channels == ("temp mean", "temp max", "hum mean", "hum max")


@pytest.mark.parametrize(
    ("first", "second", "decimal"),
    [
        (1e6, 0.5, ".67"),
        (1e6, 2000.5, ".67"),
        (1e6, 2000, ""),
        (123456789, 980, ""),
        (900, 980, ""),
    ],
)
@pytest.mark.parametrize("delimiter", ["\t", ";"])
@pytest.mark.parametrize("signs", [",.", ".,"])
def test_signs_between_thousands_are_told_by_numbers_that_are_read_in_one_way(
    first: float, second: float, decimal: str, delimiter: str, signs: str
) -> None:
    other = str.maketrans(",.", signs)
    rows = [
        delimiter.join(
            [
                f"2024-03-01 00:{i:02d}",
                f"{first + 37 * i:,.0f}{decimal}".translate(other),
                f"{second + 7 * (i % 9):,}".translate(other),
            ]
        )
        for i in range(60)
    ]
    found = read(io.BytesIO("\n".join([delimiter.join("tab"), *rows]).encode()))
    expected = [(first + 37 * i + float(decimal or 0), second + 7 * (i % 9)) for i in range(60)]
    np.testing.assert_allclose(found.values, expected, rtol=1e-12)
