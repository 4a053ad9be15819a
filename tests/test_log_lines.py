"""Lines that firmware and programs log, against the values they were written from."""

import io

import numpy as np
import pytest

from spectra.datasets import Recording, read, read_series
from spectra.errors import DataError

N = 80
TEMP = (20 + np.sin(np.arange(N) / 5)).round(2)
HUM = (40 + np.cos(np.arange(N) / 7)).round(1)


def clock(i: int, step: int = 10) -> str:
    """Return the time of day of a line."""
    return f"{i * step // 3600:02d}:{i * step // 60 % 60:02d}:{i * step % 60:02d}"


def comma(value: float) -> str:
    """Return a number with a decimal comma."""
    return f"{value}".replace(".", ",")


LINES = {
    "I ({ms}) main: temp={a} hum={b}": 0.1,
    "\x1b[0;32mI ({ms}) SENSOR: Temp: {a} C, Hum: {b} %\x1b[0m": 0.1,
    "2024-03-01 {t},123 INFO sensor - temp: {a} °C, hum: {b} %": 0.1,
    "[2024-03-01T{t}.250] temp={a};hum={b}": 0.1,
    "[{t}.500] temp={a} hum={b}": 0.1,
    "Mar  1 {t} host sensord[12]: temp={a} hum={b}": 0.1,
    "{t} DEBUG temp = {a}, hum = {b}": 0.1,
    "2024-03-01 {t} INFO {{'temp': {a}, 'hum': {b}}}": 0.1,
    "{d}.03.2024 {t} Temp: {ac} °C, Hum: {bc} %": 0.1,
    "{d}.03.2024 {t},250 Temp={ac} Hum={bc}": 0.1,
    "03/{d}/2024 {t} temp={a}, hum={b}": 0.1,
    'time="2024-03-01T{t}Z" level=info msg="all is well" temp={a} hum="{b}"': 0.1,
    "ts=2024-03-01T{t}.000Z caller=main.go:4{odd} state=o{odd} temp={a}C hum={b}%": 0.1,
}


@pytest.mark.parametrize("line", LINES)
def test_the_values_of_log_lines_are_channels(line: str) -> None:
    """Compare names, values and rate."""
    text = "\n".join(
        line.format(
            ms=500 + 10_000 * i, t=clock(i), a=a, b=b, odd=i % 2, d=25, ac=comma(a), bc=comma(b)
        )
        for i, (a, b) in enumerate(zip(TEMP, HUM, strict=True))
    )
    found = read(io.BytesIO(text.encode()))
    assert [name.lower() for name in found.channels] == ["temp", "hum"]
    assert found.fs == pytest.approx(LINES[line])
    np.testing.assert_array_equal(found.values, np.column_stack([TEMP, HUM]))


@pytest.mark.parametrize(
    "other",
    [
        "ets Jun  8 2016 00:22:57",
        "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
        "I (77) wifi: rssi=-60",
        "W (99) main: sensor not ready",
        "",
    ],
)
def test_other_lines_of_a_log_are_left_out_and_counted(other: str) -> None:
    """Put lines of another kind above, between and below those of the values."""
    pairs = enumerate(zip(TEMP, HUM, strict=True))
    lines = [f"I ({100 * i}) main: temp={a} hum={b}" for i, (a, b) in pairs]
    lines = [other, other, *lines[:30], other, *lines[30:], other]
    found = read(io.BytesIO("\n".join(lines).encode()))
    np.testing.assert_array_equal(found.values[:, 0], TEMP)
    assert any("4 lines have no time" in note for note in found.notes) == bool(other)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("I ({ms}) m: temp={a} hum={b}", "2024-03-01 {t} temp={a} hum={b}"),
        ("2024-03-01 {t} temp={a} hum={b}", "I ({ms}) m: temp={a} hum={b}"),
        ("Mar  1 {t} host x: temp={a} hum={b}", "{t} temp={a} hum={b}"),
    ],
)
def test_lines_with_another_kind_of_time_are_left_out(first: str, second: str) -> None:
    """Write lines of two kinds, three of each kind in turns."""
    text = "\n".join(
        (first if i // 3 % 2 == 0 else second).format(ms=10_000 * i, t=clock(i), a=a, b=b)
        for i, (a, b) in enumerate(zip(TEMP, HUM, strict=True))
    )
    found = read(io.BytesIO(text.encode()), resample="10s")
    assert found.values[0, 0] == TEMP[0]
    assert any("lines have no time" in note for note in found.notes)


def test_a_log_that_is_no_utf_8_further_down_is_read() -> None:
    """Write a byte of Latin-1 behind the first 64 kB."""
    lines = [
        f"I ({100 * i}) main: temp={i * 7 % 31} hum={i * 5 % 17}".encode() for i in range(4000)
    ]
    lines[3000] += b" \xb0C"
    assert read(io.BytesIO(b"\n".join(lines))).n_samples == 4000


def test_a_log_without_values_is_refused() -> None:
    """Write lines with words and no numbers."""
    text = "\n".join(f"I ({100 * i}) main: still here" for i in range(20))
    with pytest.raises(DataError):
        read(io.BytesIO(text.encode()))


def test_a_line_of_a_log_keeps_its_number_in_messages() -> None:
    """Let the time go back, below two lines of another kind."""
    lines = ["boot", "boot"] + [f"I ({100 * (i % 8)}) m: a={i * 3 % 7}" for i in range(40)]
    with pytest.raises(DataError, match=r"line 11, which has the time stamp of line 3"):
        read(io.BytesIO("\n".join(lines).encode()), time="time")


def test_hosts_in_lines_of_pairs_are_series() -> None:
    """Let two hosts take turns."""
    lines = [
        f"time=2024-03-01T{clock(i)}Z host=h{i % 2} msg=tick temp={a}" for i, a in enumerate(TEMP)
    ]
    found = read_series(io.BytesIO("\n".join(lines).encode()))
    for k, one in enumerate(found.values()):
        assert isinstance(one, Recording)
        assert one.channels == ("temp",)
        np.testing.assert_array_equal(one.values[:, 0], TEMP[k::2])


@pytest.mark.parametrize("date", ["2024-03-01 {t}", "03/25/2024 {t}"])
def test_commas_between_thousands_are_none_between_fields(date: str) -> None:
    """Write whole numbers above and below a thousand."""
    counts = np.rint(1000 + 900 * np.sin(np.arange(N) / 5)).astype(int)
    lines = [f"{date.format(t=clock(i))} count={count:,}, x=1" for i, count in enumerate(counts)]
    found = read(io.BytesIO("\n".join(lines).encode()))
    np.testing.assert_array_equal(found.values[:, 0], counts)


@pytest.mark.parametrize("line", ["2024-03-01T{t}Z: {a}, {b}", "{t}: {a};{b}", "{t}.5: {a}\t{b}"])
def test_a_colon_may_stand_behind_the_time_of_values_without_names(line: str) -> None:
    lines = [
        line.format(t=clock(i), a=a, b=b) for i, (a, b) in enumerate(zip(TEMP, HUM, strict=True))
    ]
    found = read(io.BytesIO("\n".join(lines).encode()))
    np.testing.assert_array_equal(found.values, np.column_stack([TEMP, HUM]))
    assert found.fs == pytest.approx(0.1)
