"""Headers, amounts, instants and starts in the words of many programs are read as they mean it."""

import numpy as np
import pandas as pd
import pytest

from field_lines import recording, rows

N = 60
RNG = np.random.default_rng(43)
A = np.round(20 + RNG.normal(size=N), 2)
B = np.round(50 + 5 * RNG.normal(size=N), 2)
START = pd.Timestamp("2024-03-05 06:00")


def stamps(step: str, form: str = "%Y-%m-%d %H:%M:%S") -> list[str]:
    return [f"{one:{form}}" for one in pd.date_range(START, periods=N, freq=step)]


def test_rows_between_stars_are_no_repeated_header() -> None:
    rule = "*" * 36
    table = [f"* {i:8d} * {i * 0.5:9.2f} * {a:9.2f} *" for i, a in enumerate(A)]
    found = recording(rule, "*    Row   *         t *         v *", rule, table, rule)
    assert (found.n_samples, found.channels, found.fs) == (N, ("v",), 2)
    np.testing.assert_array_equal(found.values[:, 0], A)


def test_names_above_blanks_stand_above_as_many_columns_each() -> None:
    head = ["       eth0               eth1       ", "KB/s in  KB/s out   KB/s in  KB/s out"]
    table = [f"{a:7.2f}  {b:8.2f}   {a + 1:7.2f}  {b + 1:8.2f}" for a, b in zip(A, B, strict=True)]
    found = recording(head, table)
    assert found.channels == ("eth0 KB/s in", "eth0 KB/s out", "eth1 KB/s in", "eth1 KB/s out")


@pytest.mark.parametrize(
    "below",
    [
        ["type: double,type: double,type: double"],
        ["type: double,type: int8,type: single", "unit: s,unit: V,unit: A", "interp: zoh," * 3],
        ["type: double,type: double,type: double", "unit: s,unit: V,unit: A"],
    ],
)
def test_kinds_of_signals_are_no_names(below: list[str]) -> None:
    below = [line.rstrip(",") for line in below]
    found = recording("time,Sine,Gain", below, rows([f"{i * 0.01:.2f}" for i in range(N)], A, B))
    assert found.channels == ("Sine", "Gain")
    assert found.units == (("V", "A") if len(below) > 1 else None)


def test_names_in_quotes_may_stand_in_parentheses() -> None:
    head = ['"report-def-0-rfile"', '"Time Step" "report-def-0"']
    head.append('("Time Step" "report-def-0" "flow-time")')
    table = [f"{i + 1} {a} {i * 0.001:.6g}" for i, a in enumerate(A)]
    found = recording(head, table)
    assert found.channels == ("report-def-0",)
    assert found.fs == pytest.approx(1000)


@pytest.mark.parametrize("gap", ["  ", "    "])
def test_names_between_blanks_in_a_comment_stand_above_tabs(gap: str) -> None:
    head = "# " + gap.join(["time[s]", "temp[K]", "p[Pa]"])
    found = recording(head, rows([f"{i * 0.5:.3f}" for i in range(N)], A, B, mark="\t"))
    assert (found.channels, found.units) == (("temp[K]", "p[Pa]"), ("K", "Pa"))
    assert found.fs == 2


def test_names_of_plumed_stand_above_other_comments() -> None:
    head = ["#! FIELDS time d1 phi", "#! SET min_phi -pi", "#! SET max_phi pi"]
    found = recording(
        head, [f" {i * 0.2:.6f} {a} {b}" for i, (a, b) in enumerate(zip(A, B, strict=True))]
    )
    assert found.channels == ("d1", "phi")
    assert found.fs == pytest.approx(5)


@pytest.mark.parametrize("form", ["(${:,.2f})", "-${:,.2f}", "$-{:,.2f}", "(€{:.2f})", "-€ {:.2f}"])
def test_amounts_below_0_have_signs_around_the_currency(form: str) -> None:
    amounts = np.where(np.arange(N) % 3 == 0, -1, 1) * (1000 + B)
    plain = form.strip("()").replace("-", "")
    cells = [f'"{(form if one < 0 else plain).format(abs(one))}"' for one in amounts]
    found = recording("day,P&L", rows(stamps("1D", "%Y-%m-%d"), cells))
    np.testing.assert_allclose(found.values[:, 0], amounts)


@pytest.mark.parametrize("unit", ["€", "kWh", "m³"])
@pytest.mark.parametrize("sign", [",", "."])
def test_blanks_stand_between_thousands_before_a_unit(unit: str, sign: str) -> None:
    cells = [f"{2 + i % 7} {i:03d} {i * 7 % 1000:03d}{sign}50 {unit}" for i in range(N)]
    values = [(2 + i % 7) * 1e6 + i * 1e3 + i * 7 % 1000 + 0.5 for i in range(N)]
    found = recording("Tag;x", rows(stamps("1D", "%Y-%m-%d"), cells, mark=";"))
    np.testing.assert_array_equal(found.values[:, 0], values)
    assert found.units == (unit,)


@pytest.mark.parametrize(
    "form",
    [
        "%Y%j%H%M%S", "%Y-%m-%d_%H-%M-%S-%f", "%Y_%m_%d_%H_%M_%S_%f", "%Y-%m-%dT%H-%M-%S-%f",
    ],
)  # fmt: skip
@pytest.mark.parametrize("step", ["1s", "1min"])
def test_instants_of_programs_have_days_of_the_year_or_one_sign(form: str, step: str) -> None:
    found = recording("time,v", rows(stamps(step, form), A))
    assert found.channels == ("v",)
    assert found.index[0] == START
    assert found.fs == pytest.approx(1 / pd.Timedelta(step).total_seconds())


def test_milliseconds_since_1970_stay_some() -> None:
    found = recording("time,v", rows([1_709_618_400_000 + 1000 * i for i in range(N)], A))
    assert found.index[0] == START.tz_localize("UTC")


def test_months_may_have_roman_numbers() -> None:
    roman = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]
    days = pd.date_range("2024-03-05", periods=N, freq="7D")
    cells = [f"{one.day}.{roman[one.month - 1]}.{one.year}" for one in days]
    found = recording("Datum,v", rows(cells, A))
    assert found.index[-1] == days[-1]
    assert found.fs == pytest.approx(1 / (7 * 86400))


@pytest.mark.parametrize("form", ["{}-H{}", "{}H{}", "{}-S{}"])
def test_halves_of_years_are_dates(form: str) -> None:
    found = recording(
        "period,v", rows([form.format(1990 + i // 2, i % 2 + 1) for i in range(N)], A)
    )
    assert found.channels == ("v",)
    assert (found.index[0], found.index[1]) == (pd.Timestamp("1990"), pd.Timestamp("1990-07-01"))


def test_seconds_of_the_week_are_a_time() -> None:
    table = rows([2304] * N, [f"{194400 + i * 0.2:.1f}" for i in range(N)], A)
    found = recording("GPS week,GPS sow,v", table)
    assert (found.channels, found.fs) == (("v",), pytest.approx(5))


@pytest.mark.parametrize(
    ("line", "fs"),
    [
        ("Log rate: 1 per second", 1), ("Aufzeichnungsrate: 10 Hz", 10), ("Speicherrate: 1 Hz", 1),
        ("Frequenza di acquisizione: 50 Hz", 50), ("표본화율: 500 Hz", 500),
        ("Sample clock: 51.2 kHz", 51200), ("sample_rate_per_channel: 1000.0", 1000),
        ("Frequency of logging: 1 min", 1 / 60), ("Zeitintervall: 2 s", 0.5),
        ("Tastfrequenz 1 kHz", 1000), ("Abtastung: 1000 Hz", 1000),
    ],
)  # fmt: skip
def test_rates_have_still_more_names(line: str, fs: float) -> None:
    assert recording("Logger X", line, "a,b", rows(A, B)).fs == pytest.approx(fs)


@pytest.mark.parametrize("line", ["Abtastung: 16 Bit", "Sample clock: internal", "Catalog rate: 5"])
def test_other_lines_give_no_rate(line: str) -> None:
    assert recording("Logger X", line, "a,b", rows(A, B)).fs is None


@pytest.mark.parametrize(
    "line",
    [
        "DateTime=2024-03-05T06:00:00", "Начало записи: 05.03.2024 06:00:00",
        "开始时间: 2024-03-05 06:00:00", "測定開始: 2024/03/05 06:00:00",
        "시작 시간: 2024-03-05 06:00:00", "Ba\u015flang\u0131\u00e7: 05.03.2024 06:00:00",
        "Data rozpoczęcia: 2024-03-05 06:00:00", "Začátek: 5.3.2024 6:00:00",
        "Aloitusaika: 5.3.2024 06:00:00", "Zeitpunkt: 05.03.2024 06:00:00",
        "Run Start: 20240305 060000", "Logged from 2024-03-05 06:00:00 to 2024-03-05 08:00:00",
        "From: 2024-03-05 06:00:00 To: 2024-03-05 08:00:00", "Report start: 2024-03-05 06:00:00",
        "日付,2024/03/05\n時刻,06:00:00",
        "Dato: 05.03.2024\nTid: 06:00:00",
    ],
)  # fmt: skip
def test_starts_have_names_in_more_languages(line: str) -> None:
    found = recording("Logger X", line, "Sample rate: 10 Hz", "a,b", rows(A, B))
    assert (found.index[0], found.fs) == (START, 10)


@pytest.mark.parametrize(
    "line",
    [
        "Date printed,2024-03-26 10:00:00", "Date of calibration: 2023-01-01 10:00",
        "Time of download: 2024-03-26 10:00:00", "Date of purchase: 2020-01-01 10:00",
        "Date of report: 2024-03-26 10:00:00", "Date modified: 2024-03-26 10:00",
        "Record end: 2024-03-26 10:00:00", "Recording stopped 2024-03-26 10:00:00",
        "Recorded until: 2024-03-26 10:00", "Date d'impression : 26/03/2024 10:00",
        "Data wydruku: 2024-03-26 10:00", "Time synchronized: 2024-03-20 10:00",
        "Date installed: 2020-03-20 10:00", "Datum der Wartung: 20.03.2020 10:00",
        "Date de fin: 26/03/2024 10:00", "Дата окончания: 26.03.2024 10:00",
    ],
)  # fmt: skip
def test_dates_of_ends_and_of_other_things_are_no_start(line: str) -> None:
    found = recording("Logger X", line, "Sample rate: 10 Hz", "a,b", rows(A, B))
    assert not isinstance(found.index, pd.DatetimeIndex)


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y", "%Y-%m-%d 00:00:00"])
@pytest.mark.parametrize("days", [3, 5, 9])
@pytest.mark.parametrize("hours", ["{}", "{:02d}:00"])
def test_few_days_stand_above_the_hours_of_a_day(form: str, days: int, hours: str) -> None:
    values = np.round(20 + RNG.normal(size=(24, days)), 2)
    dates = [f"{one:{form}}" for one in pd.date_range("2024-03-15", periods=days)]
    table = [f"{hours.format(i)};{';'.join(map(str, row))}" for i, row in enumerate(values)]
    found = recording(f"Hour;{';'.join(dates)}", table)
    np.testing.assert_array_equal(found.values[:, 0], values.T.ravel())
    assert found.index[0] == pd.Timestamp("2024-03-15")
    assert found.fs == pytest.approx(1 / 3600)


@pytest.mark.parametrize("digits", [12, 16, 24, 32])
def test_long_hexadecimal_numbers_name_records(digits: int) -> None:
    names = [f"{i:0{digits}x}" for i in range(N)]
    assert recording("_id,time,v", rows(names, stamps("1min"), A)).channels == ("v",)


@pytest.mark.parametrize("unit", ["s", "ms", "[min]", "(h)"])
@pytest.mark.parametrize("others", [["Stk", "pcs"], ["MWhth", "USD"], ["Grad", "°C"], ["V", "A"]])
def test_a_unit_of_time_below_a_time_tells_units(unit: str, others: list[str]) -> None:
    table = rows([f"{i * 5}" for i in range(N)], A, B)
    found = recording("Time,Alpha,Beta", ",".join([unit, *others]), table)
    assert found.channels == ("Alpha", "Beta")
    length = {"s": 1, "ms": 1e-3, "[min]": 60, "(h)": 3600}[unit]
    assert found.fs == pytest.approx(1 / (5 * length))


def test_names_below_a_title_with_the_word_time_stay_names() -> None:
    table = rows([f"{i * 5}" for i in range(N)], A, B)
    found = recording("Time series", "s,Alpha,Beta", table)
    assert found.channels == ("Alpha", "Beta")
