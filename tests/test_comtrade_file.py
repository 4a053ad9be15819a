"""COMTRADE records are read in their units, with their rates, by either file or all in one."""

import gzip
import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from spectra.cli import main
from spectra.datasets import inspect, read
from spectra.errors import DataError

N = 400
RNG = np.random.default_rng(37)
STEPS = RNG.integers(-30000, 30000, (N, 2))
BITS = (RNG.random((N, 18)) < 0.2).astype(int)
BITS[:, 17] = np.arange(N) // 100 == 2
SCALES = np.array([[0.01, 0.0], [0.5, -3.0]])
VALUES = STEPS * SCALES[:, 0] + SCALES[:, 1]
TYPES = {"BINARY": "<i2", "BINARY32": "<i4", "FLOAT32": "<f4"}
START = pd.Timestamp("2021-03-12 08:05:06.123456")


def configuration(form: str, **changed: Any) -> list[str]:
    """The lines of a configuration of two analog and eighteen digital channels."""
    given: dict[str, Any] = {
        "head": "North,R1,1999",
        "names": ("IA,A", "UB,B"),
        "bounds": "-32767,32767",
        "rates": ["1", f"1000,{N}"],
        "start": "12/03/2021,08:05:06.123456",
        "tick": ["1"],
        **changed,
    }
    units, bounds = ("A", "kV"), f"{given['bounds']},100,1,P"
    return [
        given["head"],
        "20,2A,18D",
        *(
            ",".join((str(i + 1), name, "L1", units[i], *map(str, SCALES[i]), "0", bounds))
            for i, name in enumerate(given["names"])
        ),
        *(f"{i + 1},TRIP{i + 1},,,0" for i in range(18)),
        "50",
        *given["rates"],
        given["start"],
        "12/03/2021,08:05:06.200000",
        form,
        *given["tick"],
    ]


def stamps_of(step: float = 1000.0) -> np.ndarray:
    return np.rint(np.arange(N) * step).astype(np.int64)


def samples(form: str, stamps: np.ndarray | None = None, steps: np.ndarray = STEPS) -> bytes:
    """The samples of a record in a form."""
    stamps = stamps_of() if stamps is None else stamps
    if form == "ASCII":
        rows = zip(range(1, N + 1), stamps, steps, BITS, strict=True)
        text = "".join(
            ",".join(map(str, (n, "" if t < 0 else t, *x, *bits))) + "\r\n"
            for n, t, x, bits in rows
        )
        return text.encode() + b"\x1a"
    frame = np.zeros(N, [("n", "<u4"), ("t", "<u4"), ("a", TYPES[form], (2,)), ("d", "<u2", (2,))])
    frame["n"], frame["t"], frame["a"] = np.arange(1, N + 1), stamps % 2**32, steps
    for i in range(18):
        frame["d"][:, i // 16] |= (BITS[:, i] << i % 16).astype(np.uint16)
    return frame.tobytes()


def record(
    folder: Path, form: str = "BINARY", data: bytes | None = None, **changed: Any
) -> tuple[Path, Path]:
    """Both files of a record."""
    text = "\r\n".join(configuration(form, **changed)) + "\r\n"
    settings, lying = folder / "r.cfg", folder / "r.dat"
    settings.write_text(text, "utf-8", newline="")
    lying.write_bytes(samples(form) if data is None else data)
    return settings, lying


@pytest.mark.parametrize("by", [0, 1])
@pytest.mark.parametrize("form", ["ASCII", "binary", *TYPES])
def test_record_is_read_by_either_of_its_files(tmp_path: Path, form: str, by: int) -> None:
    found = read(record(tmp_path, form, samples(form.upper()))[by])
    assert found.channels == ("IA", "UB")
    assert found.units == ("A", "kV")
    assert found.fs == 1000.0
    assert found.index[0] == START
    assert found.index[-1] == START + pd.Timedelta(milliseconds=N - 1)
    np.testing.assert_allclose(found.values, VALUES, rtol=1e-12, atol=1e-9)
    assert found.notes == (
        "18 digital channels are left out (--channels takes them): TRIP1, TRIP2, TRIP3, TRIP4 and "
        "14 more.",
    )


def test_names_of_files_may_be_in_capitals(tmp_path: Path) -> None:
    for path in record(tmp_path):
        path.rename(path.with_name(path.name.upper()))
    for name in ("R.CFG", "R.DAT"):
        np.testing.assert_allclose(read(tmp_path / name).values, VALUES, atol=1e-9)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("form", ["ASCII", *TYPES])
def test_file_of_all_parts_is_read(tmp_path: Path, form: str, packed: bool) -> None:
    size = "" if form == "ASCII" else f": {len(samples(form))}"
    text = (
        "--- file type: CFG ---\r\n{}\r\n--- file type: INF ---\r\n\r\n--- file type: HDR ---\r\n"
        "A fault.\r\n--- file type: DAT {}{} ---\r\n"
    ).format("\r\n".join(configuration(form)), form, size)
    data = text.encode() + samples(form)
    path = tmp_path / "r.cff"
    path.write_bytes(gzip.compress(data) if packed else data)
    found = read(path)
    np.testing.assert_allclose(found.values, VALUES, rtol=1e-12, atol=1e-9)
    assert (found.channels, found.fs, found.index[0]) == (("IA", "UB"), 1000.0, START)
    np.testing.assert_array_equal(read(io.BytesIO(data)).values, found.values)
    with pytest.raises(DataError, match="it has no part DAT"):
        read(io.BytesIO(data[:300]))


@pytest.mark.parametrize("form", ["ASCII", *TYPES])
def test_digital_channels_are_channels_and_labels_by_name(tmp_path: Path, form: str) -> None:
    settings, _ = record(tmp_path, form)
    found = read(settings, channels="TRIP17,UB,TRIP3", label="TRIP18")
    assert found.channels == ("TRIP17", "UB", "TRIP3")
    np.testing.assert_allclose(
        found.values, np.column_stack([BITS[:, 16], VALUES[:, 1], BITS[:, 2]]), atol=1e-9
    )
    np.testing.assert_array_equal(found.labels, BITS[:, 17])
    assert read(settings, label="TRIP18").notes[0].startswith("17 digital channels")
    for choice, said in (
        ({"label": "IA"}, "analog channel and holds no labels"),
        ({"label": "TRIP1", "channels": "TRIP1"}, "holds the labels and can be no channel"),
        ({"channels": "IX"}, "IX"),
        ({"time": "IA"}, "leave --time out"),
    ):
        with pytest.raises(DataError, match=said):
            read(settings, **choice)


def test_record_without_analog_channels_has_its_digital_ones(tmp_path: Path) -> None:
    lines = ["North,R1,1999", "2,0A,2D", "1,A,,,0", "2,B,,,0", "50", "1", f"50,{N}"]
    start = "12/03/2021,08:05:06"
    (tmp_path / "r.cfg").write_text("\n".join([*lines, start, start, "ASCII", "1"]))
    rows = [f"{i + 1},{20000 * i},{i % 2},{int(i > 9)}" for i in range(N)]
    (tmp_path / "r.dat").write_text("\n".join(rows))
    found = read(tmp_path / "r.cfg")
    assert (found.channels, found.notes) == (("A", "B"), ())
    np.testing.assert_array_equal(found.values[:, 1], np.arange(N) > 9)


@pytest.mark.parametrize("form", ["ASCII", *TYPES])
def test_numbers_outside_the_range_that_mean_no_value_are_missing(
    tmp_path: Path, form: str
) -> None:
    fill = {"ASCII": 99999, "BINARY": -(2**15), "BINARY32": -(2**31)}.get(form, -3.4028235e38)
    steps = STEPS.astype(float if form == "FLOAT32" else int)
    steps[7, 0] = fill
    settings, _ = record(tmp_path, form, samples(form, steps=steps))
    found = read(settings)
    assert found.interpolated[7]
    assert abs(found.values[7, 0] - VALUES[6:9:2, 0].mean()) < 1e-6
    if form != "FLOAT32":
        settings, _ = record(
            tmp_path, form, samples(form, steps=steps), bounds="-2147483648,2147483647"
        )
        assert read(settings).values[7, 0] == pytest.approx(fill * 0.01)
    settings, _ = record(tmp_path, form, samples(form, steps=steps), bounds=",")
    assert read(settings).interpolated[7]


@pytest.mark.parametrize(("tick", "step"), [("1", 500), ("10", 50), ("0.5", 1000)])
def test_stamps_give_the_rate_where_the_configuration_has_none(
    tmp_path: Path, tick: str, step: int
) -> None:
    for form in ("ASCII", "BINARY"):
        data = samples(form, stamps_of(step))
        settings, _ = record(tmp_path, form, data, rates=["0", f"0,{N}"], tick=[tick])
        found = read(settings)
        assert found.fs == pytest.approx(2000)
        assert found.index[10] == START + pd.Timedelta(milliseconds=5)


def test_stamps_are_nanoseconds_where_the_start_is(tmp_path: Path) -> None:
    data = samples("BINARY", stamps_of(2000))
    start = "12/03/2021,08:05:06.123456789"
    settings, _ = record(tmp_path, "BINARY", data, rates=["0", f"0,{N}"], start=start)
    found = read(settings)
    assert found.fs == pytest.approx(500_000)
    assert found.index[0] == pd.Timestamp("2021-03-12 08:05:06.123456789")


def test_stamps_go_on_where_their_counter_ran_full(tmp_path: Path) -> None:
    data = samples("BINARY", stamps_of(20_000_000))
    settings, _ = record(tmp_path, "BINARY", data, rates=["0", f"0,{N}"])
    found = read(settings)
    assert found.fs == pytest.approx(0.05)
    assert found.index[-1] == START + pd.Timedelta(seconds=20 * (N - 1))


def test_no_rate_and_no_stamps_are_rows_without_a_time(tmp_path: Path) -> None:
    data = samples("ASCII", np.full(N, -1))
    settings, _ = record(tmp_path, "ASCII", data, rates=["0", f"0,{N}"])
    found = read(settings)
    assert found.fs is None
    assert any("neither a rate nor the times" in note for note in found.notes)
    assert read(settings, fs=250.0).fs == 250.0


@pytest.mark.parametrize("stamped", [True, False])
def test_stretches_of_several_rates_are_brought_to_one(tmp_path: Path, stamped: bool) -> None:
    seconds = np.concatenate([np.arange(300) / 1000, 0.299 + np.arange(1, 101) / 100])
    stamps = np.rint(1e6 * seconds).astype(np.int64) if stamped else np.full(N, 2**32 - 1)
    rates = ["2", "1000,300", f"100,{N}"]
    settings, _ = record(tmp_path, "BINARY", samples("BINARY", stamps), rates=rates)
    for found in (read(settings), read(settings, resample=True)):
        assert found.fs == 1000.0
        assert found.index[-1] - found.index[0] == pd.Timedelta(seconds=1.299)
        np.testing.assert_allclose(found.values[:300], VALUES[:300], atol=1e-9)
        np.testing.assert_allclose(found.values[309::10], VALUES[300:], atol=1e-9)


def test_stretches_of_rates_without_a_common_grid_are_refused(tmp_path: Path) -> None:
    stamps = np.full(N, 2**32 - 1)
    rates = ["2", "1000,300", f"370,{N}"]
    settings, _ = record(tmp_path, "BINARY", samples("BINARY", stamps), rates=rates)
    with pytest.raises(DataError, match="--resample auto"):
        read(settings)


def test_stretches_of_one_rate_are_one(tmp_path: Path) -> None:
    settings, _ = record(tmp_path, rates=["2", "1000,300", f"1000,{N}"])
    assert read(settings).fs == 1000.0


@pytest.mark.parametrize(
    ("head", "start", "dates", "expected"),
    [
        ("North,R1,1999", "02/03/2021,01:02:03", None, "2021-03-02 01:02:03"),
        ("North,R1,1991", "02/03/2021,01:02:03", None, "2021-02-03 01:02:03"),
        ("North,R1", "02/03/91,01:02:03", None, "1991-02-03 01:02:03"),
        ("North,R1", "02/03/04,01:02:03", None, "2004-02-03 01:02:03"),
        ("North,R1", "02/03/04,01:02:03", "day-first", "2004-03-02 01:02:03"),
        ("North,R1,2013", "02/03/2021,01:02:03", "month-first", "2021-02-03 01:02:03"),
        ("North,R1,1999", "02/23/2021,01:02:03", None, "2021-02-23 01:02:03"),
        ("North,R1,1999", "00/00/0000,01:02:03", None, None),
        ("North,R1,1999", "yesterday", None, None),
        ("North,R1,1999", "2/3/2021,1:2", None, "2021-03-02 01:02"),
    ],
)
def test_start_is_written_as_the_edition_says(
    tmp_path: Path, head: str, start: str, dates: Any, expected: str | None
) -> None:
    settings, _ = record(tmp_path, head=head, start=start, tick=[])
    found = read(settings, dates=dates)
    assert found.fs == 1000
    first = pd.Timedelta(0) if expected is None else pd.Timestamp(expected)
    assert found.index[0] == first
    settings, _ = record(
        tmp_path, head=head, start=start, rates=["0", f"0,{N}"], data=samples("BINARY")
    )
    assert read(settings, dates=dates).index[0] == first


def test_names_that_repeat_have_their_phases(tmp_path: Path) -> None:
    settings, _ = record(tmp_path, names=("Linie Süd,A", "Linie Süd,B"))
    assert read(settings).channels == ("Linie Süd A", "Linie Süd B")
    text = settings.read_text("utf-8")
    settings.write_bytes(text.encode("latin-1"))
    assert read(settings).channels == ("Linie Süd A", "Linie Süd B")


@pytest.mark.parametrize("form", ["ASCII", "BINARY"])
def test_first_rows_are_those_of_the_whole(tmp_path: Path, form: str) -> None:
    settings, _ = record(tmp_path, form)
    np.testing.assert_allclose(read(settings, nrows=5).values, VALUES[:5], atol=1e-9)
    assert read(settings, nrows=2, channels="IA").n_samples == 2
    found = inspect(settings)
    assert (found.format, found.rows, found.fs) == ("COMTRADE", N, 1000.0)


def test_samples_behind_those_that_are_counted_are_left_out(tmp_path: Path) -> None:
    settings, lying = record(tmp_path, rates=["1", "1000,300"])
    found = read(settings)
    assert found.n_samples == 300
    assert any("100 samples behind" in note for note in found.notes)
    lying.write_bytes(samples("BINARY")[: 300 * 16 + 7])
    assert any("last 7 bytes are no whole sample" in note for note in read(settings).notes)


def test_number_of_samples_is_found_where_it_is_not_said(tmp_path: Path) -> None:
    settings, _ = record(tmp_path, rates=["1", "1000,0"])
    assert read(settings).n_samples == N


def test_lines_may_end_in_a_comma(tmp_path: Path) -> None:
    data = samples("ASCII").rstrip(b"\x1a").replace(b"\r\n", b",\r\n")
    np.testing.assert_allclose(read(record(tmp_path, "ASCII", data)[0]).values, VALUES, atol=1e-9)


def test_rate_that_the_stamps_contradict_is_noted(tmp_path: Path) -> None:
    settings, _ = record(tmp_path, rates=["1", f"4000,{N}"])
    found = read(settings)
    assert found.fs == 4000
    assert any("span 0.399 s, and the samples at 4000 Hz 0.09975 s" in note for note in found.notes)


def test_numbers_of_samples_that_jump_are_noted(tmp_path: Path) -> None:
    lines = samples("ASCII").replace(b"\x1a", b"").splitlines(keepends=True)
    moved = b"".join(
        line if i < 50 else b"%d," % (i + 21) + line.partition(b",")[2]
        for i, line in enumerate(lines)
    )
    settings, _ = record(tmp_path, "ASCII", moved)
    said = "jump at 1 places, first behind sample 50"
    assert any(said in note for note in read(settings).notes)


@pytest.mark.parametrize(
    ("form", "data", "changed", "said"),
    [
        ("BINARY", samples("BINARY")[:-20], {}, "says 400 samples, and 398 are there"),
        ("BINARY", b"", {}, "and 0 are there"),
        ("ASCII", b"", {}, "not every line of samples has 22 fields"),
        ("ASCII", samples("ASCII")[:-9], {}, "not every line of samples has 22 fields"),
        ("ASCII", samples("ASCII").replace(b"\r\n2,", b"\r\n2,,", 1), {}, "has 22 fields"),
        ("ASCII", samples("ASCII")[:9000].rpartition(b"\n")[0], {}, "says 400 samples"),
        ("ASCII", samples("ASCII").replace(b"\r\n9,", b"\r\nx,"), {}, "damaged"),
        ("ASCII", samples("ASCII").replace(b"\r\n9,", b",9,"), {}, "damaged"),
        ("BINARY", None, {"names": ("IA,A", "UB")}, "other fields than expected"),
        ("BINARY", None, {"rates": ["x"]}, "other fields than expected"),
        ("BINARY", None, {"rates": ["1", "1000,-1"]}, "do not rise"),
        ("BINARY", None, {"rates": ["1", "-5,400"]}, "a rate or a unit of time"),
        ("BINARY", None, {"tick": ["0"]}, "a rate or a unit of time"),
        ("BINARY", None, {"rates": ["1", "1000,1e99"]}, "are there"),
        ("BINARY", None, {"rates": ["1", "1000,1e999"]}, "other fields than expected"),
        ("BINARY", None, {"rates": ["0", "0,400"], "tick": ["1e300"]}, "beyond all times"),
        ("BINARY", None, {"rates": ["1", "1e300,400"]}, "which no recording has"),
        ("BINARY32", samples("BINARY"), {"rates": ["1", "1000,300"]}, "follow one another"),
        ("ASCII", samples("ASCII"), {"rates": ["1", "1000,1"]}, "has only one row"),
    ],
)
def test_damaged_records_are_refused(
    tmp_path: Path, form: str, data: bytes | None, changed: dict[str, Any], said: str
) -> None:
    lying = samples(form) if data is None else data
    with pytest.raises(DataError, match=said):
        read(record(tmp_path, form, lying, **changed)[0])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("BINARY", "BINARY64", "samples in the form 'BINARY64', not ASCII, BINARY"),
        ("20,2A,18D", "0,0A,0D", "other fields|no channels"),
        (",0.5,-3.0,", ",inf,-3.0,", "a factor or offset"),
        ("20,2A,18D", "999999,999999A,0D", "other fields"),
    ],
)
def test_configurations_of_other_kinds_are_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    settings, _ = record(tmp_path)
    settings.write_text(settings.read_text().replace(old, new))
    with pytest.raises(DataError, match=said):
        read(settings)


def test_no_channels_are_refused(tmp_path: Path) -> None:
    start = "12/03/2021,08:05:06"
    lines = ["N,R1,1999", "0,0A,0D", "50", "1", f"50,{N}", start, start, "BINARY", "1"]
    (tmp_path / "r.cfg").write_text("\n".join(lines))
    (tmp_path / "r.dat").write_bytes(samples("BINARY"))
    with pytest.raises(DataError, match="says no channels"):
        read(tmp_path / "r.cfg")


def test_label_of_other_numbers_is_refused(tmp_path: Path) -> None:
    data = samples("ASCII").replace(b",1\r\n", b",2\r\n")
    settings, _ = record(tmp_path, "ASCII", data)
    with pytest.raises(DataError, match="other numbers than 0 and 1"):
        read(settings, label="TRIP18")


def test_samples_that_are_missing_or_elsewhere_are_named(tmp_path: Path) -> None:
    settings, lying = record(tmp_path)
    lying.unlink()
    with pytest.raises(DataError, match=r"r\.dat, are not there: put them beside it"):
        read(settings)
    for data in (settings.read_bytes(), gzip.compress(settings.read_bytes())):
        with pytest.raises(DataError, match=r"name the \.cfg file itself"):
            read(io.BytesIO(data))


def test_samples_beside_another_configuration_are_text(tmp_path: Path) -> None:
    (tmp_path / "b.dat").write_text("x,y\n1,2\n3,5\n4,2\n")
    assert read(tmp_path / "b.dat").n_samples == 3
    (tmp_path / "a.cfg").write_text("[settings]\nrate = 10\n")
    (tmp_path / "a.dat").write_text("x,y\n" + "".join(f"{i},{i * i % 7}\n" for i in range(50)))
    assert read(tmp_path / "a.dat").n_samples == 50


def test_no_output_overwrites_the_other_file_of_a_record(tmp_path: Path) -> None:
    settings, lying = record(tmp_path)
    before = lying.read_bytes()
    result = CliRunner().invoke(main, ["detect", str(settings), "-o", str(lying)])
    assert result.exit_code == 2
    assert "would overwrite the file that is read" in result.output
    assert lying.read_bytes() == before
