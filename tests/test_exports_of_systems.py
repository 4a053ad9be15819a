"""Exports of historians, brokers, seismographs and collectors, against what was written."""

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import Recording, read
from spectra.errors import DataError

N = 60
RNG = np.random.default_rng(29)
LEFT = np.round(20 + RNG.normal(size=N), 3)
RIGHT = np.round(50 + 5 * RNG.normal(size=N), 1)
STAMPS = pd.date_range("2024-03-14 08:00", periods=N, freq="15min")


def recording(rows: list[str], *above: str, **options: Any) -> Recording:
    return read(io.BytesIO("\n".join([*above, *rows]).encode()), **options)


@pytest.mark.parametrize(
    "word",
    [
        "+OL", "-OL", "+++++++", "*****", "---.-", "~", "^^^^", ".....", "1.#INF", "OVF", "B.OUT",
        "Error 5", "[-11059] No Good Data For Calculation", "Data Loss", "Bad Total", "Probe open",
        "Tag not found", "nicht verf.",
    ],
)  # fmt: skip
def test_one_word_of_an_instrument_is_a_missing_value(word: str) -> None:
    rows = [f"{at:%Y-%m-%d %H:%M},{a},{b}" for at, a, b in zip(STAMPS, LEFT, RIGHT, strict=True)]
    rows[7] = f"{STAMPS[7]:%Y-%m-%d %H:%M},{word},{RIGHT[7]}"
    found = recording(rows, "Time,a,b")
    assert found.channels == ("a", "b")
    assert np.flatnonzero(found.interpolated).tolist() == [7]
    np.testing.assert_array_equal(np.delete(found.values[:, 0], 7), np.delete(LEFT, 7))


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("Quality", "0x000000C0", "0x00000000"),
        ("q", "0xC0", "0x18"),
        ("Status", "0x00000000", "0x80340000"),
        ("TT101.Status", "192", "24"),
        ("Status", "Good (192)", "Bad (0)"),
        ("q", "GOOD", "BAD_SENSOR_FAILURE"),
        ("Quality", "[Good]", "[Bad]"),
        ("Quality", "good", "stale"),
        ("Status", "VALID", "INVALID"),
        ("Valid", "1", "0"),
    ],
)
def test_values_of_bad_quality_are_missing(name: str, good: str, bad: str) -> None:
    rows = [
        f"{at:%Y-%m-%d %H:%M},{0 if 5 <= i < 13 else a},{bad if 5 <= i < 13 else good}"
        for i, (at, a) in enumerate(zip(STAMPS, LEFT, strict=True))
    ]
    found = recording(rows, f"Time,TT101,{name}")
    assert found.channels == ("TT101",)
    expected = np.where((np.arange(N) >= 5) & (np.arange(N) < 13), np.nan, LEFT)
    np.testing.assert_array_equal(found.values[:, 0], expected)


@pytest.mark.parametrize(
    ("name", "usual", "other"), [("condition", "Good", "Bad"), ("Status", "OK", "FAULT")]
)
def test_a_state_of_a_machine_is_no_quality(name: str, usual: str, other: str) -> None:
    rows = [
        f"{at:%Y-%m-%d %H:%M},{a},{other if 5 <= i < 13 else usual}"
        for i, (at, a) in enumerate(zip(STAMPS, LEFT, strict=True))
    ]
    np.testing.assert_array_equal(recording(rows, f"Time,a,{name}").values[:, 0], LEFT)


@pytest.mark.parametrize(
    ("above", "fs"),
    [
        (["Frequency,1kHz", "Sampling Rate,1.00MSa/s"], 1e6),
        (["Frequency: 50 Hz", "Sample interval: 0.002 s"], 500.0),
        (["Frequency: 50 Hz", "Filtered at 10 Hz"], 50.0),
        (["Frequency: 50 Hz"], 50.0),
        (["% Accelerometer, 12k samples/s"], 12000.0),
        (["Sampling rate: 12 k samples/sec"], 12000.0),
    ],
)
def test_the_frequency_of_a_signal_is_not_its_rate(above: list[str], fs: float) -> None:
    found = recording([str(a) for a in LEFT], *above)
    assert found.fs == fs
    np.testing.assert_array_equal(found.values[:, 0], LEFT)


def test_length_and_rate_tell_samples_in_rows() -> None:
    counts = RNG.normal(size=400).cumsum().round(2)
    above = ["Sampling Freq(Hz) 100Hz", "Duration Time(s)  4", "Dir.              E-W", "Memo."]
    rows = ["".join(f"{x:9.2f}" for x in counts[i : i + 8]) for i in range(0, 400, 8)]
    found = recording(rows, *above)
    assert found.fs == 100
    np.testing.assert_array_equal(found.values[:, 0], counts)


@pytest.mark.parametrize("key", ["Point", "Sensor", "Channel", "Units"])
def test_a_block_of_another_signal_is_refused(key: str) -> None:
    def block(name: str, values: list[float]) -> list[str]:
        rows = [f"{i / 1000:.3f},{value}" for i, value in enumerate(values)]
        return [f"{key}: {name}", "Fs: 1000 Hz", "Time (s),Amplitude", *rows]

    rows = [*block("MIH", LEFT[:30].tolist()), "", *block("MIV", LEFT[30:].tolist())]
    with pytest.raises(DataError, match=f"line 35: another signal begins \\({key} MIV, not MIH"):
        recording(rows)


@pytest.mark.parametrize("name", ["DOY", "JDay"])
def test_days_of_the_year_with_fractions_are_the_time(name: str) -> None:
    rows = [f"7,{73 + i / 96:.5f},{a}" for i, a in enumerate(LEFT)]
    found = recording(rows, f"id,{name},T")
    assert found.fs == pytest.approx(1 / 900, rel=1e-4)
    assert found.channels == ("T",)


def test_gps_time_of_week_is_in_seconds() -> None:
    rows = [f"2305,{288000 + i / 100:.2f},{a}" for i, a in enumerate(LEFT)]
    found = recording(rows, "GPSWeek,GPSTOW,ax")
    assert (found.fs, found.channels) == (pytest.approx(100), ("ax",))


def test_a_message_of_json_inside_json_is_read() -> None:
    rows = [
        json.dumps({"time": f"{at:%Y-%m-%dT%H:%M:%SZ}", "topic": "a", "payload": payload})
        for at, payload in zip(
            STAMPS,
            (json.dumps({"temp": a, "hum": b}) for a, b in zip(LEFT, RIGHT, strict=True)),
            strict=True,
        )
    ]
    found = recording(rows)
    assert found.channels == ("temp", "hum")
    np.testing.assert_array_equal(found.values, np.column_stack([LEFT, RIGHT]))
    assert found.index[0] == pd.Timestamp("2024-03-14 08:00Z")


def test_objects_of_json_may_keep_the_commas_of_their_list() -> None:
    rows = [f'{{"t": {i}, "a": {a}}},' for i, a in enumerate(LEFT)]
    found = recording(rows)
    np.testing.assert_array_equal(found.values[:, 0], LEFT)


def test_one_instant_of_prometheus_is_refused() -> None:
    result = [{"metric": {"__name__": "up"}, "value": [1710403200.1, "1"]}]
    answer = {"status": "success", "data": {"resultType": "vector", "result": result}}
    with pytest.raises(DataError, match="one instant of each metric: ask Prometheus for a range"):
        recording([json.dumps(answer)])


def test_names_of_lists_may_stand_in_objects() -> None:
    sensors = [{"name": "accX", "units": "m/s2"}, {"name": "accY", "units": "m/s2"}]
    rows = np.column_stack([LEFT, RIGHT]).tolist()
    payload = {"interval_ms": 10, "sensors": sensors, "values": rows}
    found = recording([json.dumps({"payload": payload})])
    assert (found.channels, found.fs) == (("accX", "accY"), 100)
    np.testing.assert_array_equal(found.values, rows)


WORDS = ["*** power failure ***", "; battery low", "REBOOT", "[event] door opened", "-- restart --"]


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("behind", ["", ",", ",,"])
@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M", "%H:%M:%S", "%s"])
def test_words_in_a_row_of_their_own_are_left_out(words: str, behind: str, form: str) -> None:
    stamps = [str(int(at.timestamp())) if form == "%s" else at.strftime(form) for at in STAMPS]
    rows = [f"{at},{a},{b}" for at, a, b in zip(stamps, LEFT, RIGHT, strict=True)]
    rows.insert(21, words + behind)
    found = recording(rows, "Time,a,b")
    assert found.fs == pytest.approx(1 / 900)
    np.testing.assert_array_equal(found.values, np.column_stack([LEFT, RIGHT]))
    assert any("1 row is words and no values" in note for note in found.notes)


@pytest.mark.parametrize("words", ["[flow]", "flow", "Sensor 2:", "** second run **"])
def test_words_above_another_table_are_refused(words: str) -> None:
    rows = [f"{at:%Y-%m-%d %H:%M},{a},{b}" for at, a, b in zip(STAMPS, LEFT, RIGHT, strict=True)]
    with pytest.raises(DataError, match=r"line 62, column 'Time': .* is not a date"):
        recording([*rows, words, *rows], "Time,a,b")


def test_words_beside_a_value_are_refused() -> None:
    rows = [f"{at:%Y-%m-%d %H:%M},{a},{b}" for at, a, b in zip(STAMPS, LEFT, RIGHT, strict=True)]
    rows.insert(21, "power failure,,5")
    with pytest.raises(DataError, match="line 23, column 'Time': 'power failure' is not a date"):
        recording(rows, "Time,a,b")


def test_a_written_date_goes_before_the_time_since_a_device_was_started() -> None:
    rows = [
        f"{at:%Y-%m-%d %H:%M:%S} UTC,{a},{2 * i % 50}"
        for i, (at, a) in enumerate(zip(STAMPS, LEFT, strict=True))
    ]
    regular = [row.rsplit(",", 1)[0] + f",{2 * i}" for i, row in enumerate(rows)]
    for each in (rows, regular):
        found = recording(each, "created_at,a,UptimeMinutes")
        assert found.index[0] == pd.Timestamp("2024-03-14 08:00Z")
        assert found.fs == pytest.approx(1 / 900)


@pytest.mark.parametrize(
    ("line", "fs"),
    [
        ("Intervall: 15 min", 1 / 900),
        ("Zeitschritt: 10 ms", 100),
        ("Fréquence d'acquisition: 1000 Hz", 1000),
        ("Période d'échantillonnage : 10 ms", 100),
        ("Pas de temps: 10 min", 1 / 600),
        ("Intervalo de muestreo: 5 s", 0.2),
        ("Periodo di campionamento: 10 ms", 100),
        ("Meetinterval: 5 s", 0.2),
        ("Loggningsintervall: 5 s", 0.2),
        ("Näytteenottotaajuus: 1000 Hz", 1000),
        ("Okres próbkowania: 10 ms", 100),
        ("Örnekleme frekans\u0131: 1000 Hz", 1000),
        ("采样率\uff1a1000", 1000),
        ("샘플링 주파수: 1000 Hz", 1000),
        ("Record interval (min): 30", 1 / 1800),
        ("Polling rate: 2 s", 0.5),
        ("HorizInterval: 2e-9", 5e8),
        ("Sample rate: 1.000,00 Hz", 1000),
        ("Sample rate: 1,000.00 Hz", 1000),
        ("Sample rate: 1/15 min", 1 / 900),
    ],
)
def test_rates_are_told_in_these_words(line: str, fs: float) -> None:
    found = recording([str(a) for a in LEFT], line, "value")
    assert found.fs == pytest.approx(fs)
    np.testing.assert_array_equal(found.values[:, 0], LEFT)


@pytest.mark.parametrize(
    "line", ["Refresh rate: 60 Hz", "Cutoff: 30 Hz", "Confidence interval: 95", "Baud rate: 9600"]
)
def test_other_rates_are_none_of_samples(line: str) -> None:
    assert recording([str(a) for a in LEFT], line, "value").fs is None
