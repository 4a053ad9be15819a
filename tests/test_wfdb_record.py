"""WFDB records are read by their header or their signals, in physical units, with annotations."""

import sys
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import read
from spectra.errors import DataError

RNG = np.random.default_rng(9)
N = 3600
SIGNALS = np.round(RNG.normal(size=(N, 2)), 3)
BEATS = {180: "N", 540: "V", 900: "N", 1260: "F", 1620: "N"}


def record(folder: Path, fmt: str = "16", **more: object) -> Path:
    """A record of two leads at 360 Hz with beats, written by wfdb; returns its header."""
    with warnings.catch_warnings():
        # wfdb calls pandas in ways that new versions warn of.
        warnings.simplefilter("ignore")
        import wfdb

        wfdb.wrsamp(
            "r1",
            fs=360,
            units=["mV", "NU"],
            sig_name=["MLII", "resp"],
            p_signal=SIGNALS,
            fmt=[fmt, fmt],
            adc_gain=[200.0, 100.0],
            baseline=[0, 5],
            write_dir=str(folder),
            **more,
        )
        places = np.array(list(BEATS))
        wfdb.wrann("r1", "atr", places, list(BEATS.values()), write_dir=str(folder))
    return folder / "r1.hea"


@pytest.mark.parametrize("fmt", ["16", "24", "32", "212"])
@pytest.mark.parametrize("ending", [".hea", ".dat"])
def test_signals_have_their_names_units_and_rate(tmp_path: Path, fmt: str, ending: str) -> None:
    header = record(tmp_path, fmt)
    recording = read(header.with_suffix(ending))
    assert recording.channels == ("MLII", "resp")
    assert recording.units == ("mV", "NU")
    assert recording.fs == 360.0
    # One step of the converter, 1/100: wfdb may round or cut.
    np.testing.assert_allclose(recording.values, SIGNALS, rtol=0, atol=0.0101)
    assert recording.index[360] == pd.Timedelta(seconds=1)


@pytest.mark.parametrize("rows", [2, 777])
def test_first_rows_are_those_of_the_whole(tmp_path: Path, rows: int) -> None:
    header = record(tmp_path)
    part = read(header, nrows=rows, label="V")
    whole = read(header, label="V")
    np.testing.assert_array_equal(part.values, whole.values[:rows])
    assert part.labels is not None
    assert whole.labels is not None
    np.testing.assert_array_equal(part.labels, whole.labels[:rows])


def test_start_is_that_of_the_header(tmp_path: Path) -> None:
    import datetime

    header = record(tmp_path, base_date=datetime.date(2001, 2, 3), base_time=datetime.time(4, 5, 6))
    assert read(header).index[720] == pd.Timestamp("2001-02-03 04:05:08")


def test_annotations_are_offered_as_labels(tmp_path: Path) -> None:
    recording = read(record(tmp_path))
    assert recording.labels is None
    said = "Annotations: 'N' 3, 'V' 1, 'F' 1; --label names those that are anomalies."
    assert said in recording.notes


def test_named_symbols_are_labels_around_their_beats(tmp_path: Path) -> None:
    labels = read(record(tmp_path), label="V,F").labels
    assert labels is not None
    # From 0.25 s before to 0.40 s after the R peak, as in the sample recording "ecg".
    expected = [*range(540 - 90, 540 + 144 + 1), *range(1260 - 90, 1260 + 144 + 1)]
    assert np.flatnonzero(labels).tolist() == expected


def test_symbol_that_does_not_occur_is_noted_and_one_that_is_none_refused(tmp_path: Path) -> None:
    header = record(tmp_path)
    recording = read(header, label="A")
    assert recording.labels is not None
    assert not recording.labels.any()
    assert any("No annotation is 'A': there are 'N' 3" in note for note in recording.notes)
    with pytest.raises(DataError, match="'ectopic' is no symbol of an annotation"):
        read(header, label="ectopic")


def test_labels_without_annotations_are_refused(tmp_path: Path) -> None:
    header = record(tmp_path)
    header.with_suffix(".atr").unlink()
    assert read(header).labels is None
    with pytest.raises(DataError, match=r"r1\.atr is not there; leave --label out"):
        read(header, label="V")


def test_channels_are_chosen(tmp_path: Path) -> None:
    recording = read(record(tmp_path), channels="resp")
    assert recording.channels == ("resp",)
    np.testing.assert_allclose(recording.values[:, 0], SIGNALS[:, 1], rtol=0, atol=0.0101)


def test_record_in_a_matlab_file_is_read_in_physical_units(tmp_path: Path) -> None:
    from scipy.io import savemat

    steps = RNG.integers(-3000, 3000, (2, 500)).astype("<i2")
    savemat(tmp_path / "a1.mat", {"val": steps}, format="4")
    # The values lie behind a header of 24 bytes: five integers and the name.
    (tmp_path / "a1.hea").write_text(
        "a1 2 250 500\na1.mat 16+24 1000/mV 16 0 0 0 0 II\na1.mat 16+24 50/NU 16 0 0 0 0 PLETH\n"
    )
    for name in ("a1.mat", "a1.hea"):
        recording = read(tmp_path / name)
        assert recording.channels == ("II", "PLETH")
        assert recording.units == ("mV", "NU")
        assert recording.fs == 250.0
        np.testing.assert_allclose(recording.values, steps.T / [1000, 50], rtol=0, atol=1e-12)
    (tmp_path / "a1.hea").unlink()
    assert read(tmp_path / "a1.mat").channels == ("val_1", "val_2")


def test_leads_of_different_rates_are_chosen_or_brought_to_one(tmp_path: Path) -> None:
    slow, fast = RNG.integers(-99, 99, 100), RNG.integers(-99, 99, 400)
    frames = np.column_stack([slow, fast.reshape(100, 4)]).astype("<i2")
    (tmp_path / "m.dat").write_bytes(frames.tobytes())
    (tmp_path / "m.hea").write_text(
        "m 2 50 100\nm.dat 16 1/mmHg 16 0 0 0 0 ABP\nm.dat 16x4 1/mV 16 0 0 0 0 ECG\n"
    )
    recording = read(tmp_path / "m.hea")
    assert recording.channels == ("ECG",)
    assert recording.fs == 200.0
    assert recording.values[:, 0].tolist() == fast.tolist()
    assert read(tmp_path / "m.hea", channels="ABP").values[:, 0].tolist() == slow.tolist()
    both = read(tmp_path / "m.hea", resample=True)
    assert both.channels == ("ABP", "ECG")
    assert both.values[::4, 0].tolist() == slow.tolist()


def test_record_of_several_segments_is_read_as_one(tmp_path: Path) -> None:
    parts = [RNG.integers(-99, 99, (n, 2)).astype("<i2") for n in (150, 250)]
    for index, part in enumerate(parts):
        (tmp_path / f"s{index}.dat").write_bytes(part.tobytes())
        lines = [f"s{index} 2 100 {len(part)}"]
        lines += [f"s{index}.dat 16 10/mV 16 0 0 0 0 {name}" for name in ("I", "II")]
        (tmp_path / f"s{index}.hea").write_text("\n".join(lines) + "\n")
    (tmp_path / "all.hea").write_text("all/2 2 100 400\ns0 150\ns1 250\n")
    recording = read(tmp_path / "all.hea")
    assert recording.channels == ("I", "II")
    assert recording.units == ("mV", "mV")
    assert recording.fs == 100.0
    np.testing.assert_allclose(recording.values, np.vstack(parts) / 10, rtol=0, atol=1e-12)
    (tmp_path / "s1.dat").unlink()
    with pytest.raises(DataError, match=r"all\.hea"):
        read(tmp_path / "all.hea")


@pytest.mark.parametrize(
    "lines", ["2000000000 2 100 400\ns0 150\ns1 250", "2 2 100 400\ns0 150\ns1 250000000000"]
)
def test_segments_that_the_header_does_not_count_are_refused(tmp_path: Path, lines: str) -> None:
    (tmp_path / "all.hea").write_text(f"all/{lines}\n")
    with pytest.raises(DataError, match="segments of 400 samples in all, and lists 2 of"):
        read(tmp_path / "all.hea")


def test_header_without_its_signals_gets_one_sentence(tmp_path: Path) -> None:
    header = record(tmp_path)
    header.with_suffix(".dat").unlink()
    with pytest.raises(DataError, match=r"r1\.hea names the file r1\.dat .* is not there: put it"):
        read(header)


def test_header_that_names_a_file_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.dat").write_bytes(bytes(2000))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "r.hea").write_text("r 1 100 1000\n../other.dat 16 200 11 0 0 0 0 I\n")
    with pytest.raises(DataError, match=r"r\.hea"):
        read(tmp_path / "in" / "r.hea")


@pytest.mark.parametrize("keep", [0, 100, 14000])
def test_truncated_signals_get_one_sentence(tmp_path: Path, keep: int) -> None:
    header = record(tmp_path)
    signals = header.with_suffix(".dat")
    signals.write_bytes(signals.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"r1\.dat is not complete: .* says 3,600 samples"):
        read(header)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("r 1 100 1000000000000\nr.dat 16 200 11 0 0 0 0 I\n", "is not complete"),
        ("r 0 100 1000\n", "record without signals"),
        ("r 1 100\nr.dat 516 200 11 0 0 0 0 I\n", "does not say how many samples"),
        ("r 1 100 900\nr.dat 999 200 11 0 0 0 0 I\n", "r.hea"),
        ("r 2 100 900\nr.dat 16 200 11 0 0 0 0 I\n", "r.hea"),
    ],
)
def test_header_that_cannot_be_used_gets_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "r.hea").write_text(text)
    (tmp_path / "r.dat").write_bytes(bytes(2000))
    with pytest.raises(DataError, match=said) as caught:
        read(tmp_path / "r.hea")
    assert "r.hea" in str(caught.value)


def test_damaged_annotations_are_named(tmp_path: Path) -> None:
    header = record(tmp_path)
    header.with_suffix(".atr").write_bytes(b"\xff\xef\x00")
    with pytest.raises(DataError, match=r"r1\.atr is damaged as annotations"):
        read(header)


def test_damaged_header_is_read_or_gets_one_sentence(tmp_path: Path) -> None:
    header = record(tmp_path)
    data = header.read_bytes()
    for _ in range(100):
        broken = bytearray(data)
        for place in RNG.integers(0, len(data), 2):
            broken[place] = RNG.integers(32, 127)
        header.write_bytes(broken)
        # Any other error fails the test, and so does a warning.
        with suppress(DataError):
            read(header)


def test_missing_library_is_named_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = record(tmp_path)
    monkeypatch.setitem(sys.modules, "wfdb", None)
    with pytest.raises(DataError, match=r"pip install 'spectra-anomaly\[medical\]'"):
        read(header)


@pytest.mark.parametrize("line", ["r 2", "r 2 250"])
def test_the_number_of_samples_and_the_rate_may_be_left_out(tmp_path: Path, line: str) -> None:
    lines = "r.dat 16+8 200 11 0 0 0 0 I\nr.dat 16+8 100 11 0 0 0 0 II\n"
    (tmp_path / "r.hea").write_text(f"{line}\n{lines}")
    values = RNG.integers(-999, 999, (500, 2)).astype("<i2")
    (tmp_path / "r.dat").write_bytes(bytes(8) + values.tobytes())
    recording = read(tmp_path / "r.hea")
    np.testing.assert_allclose(recording.values, values / [200, 100])
    assert recording.fs == 250.0
    assert any("500 were found, at 250 Hz" in note for note in recording.notes)
    np.testing.assert_array_equal(read(tmp_path / "r.hea", nrows=90).values, recording.values[:90])


def test_annotations_send_to_the_header_beside_them(tmp_path: Path) -> None:
    record(tmp_path)
    with pytest.raises(DataError, match=r"r1\.atr holds annotations of .*its header r1\.hea"):
        read(tmp_path / "r1.atr")
