"""EDF and BDF files are read as the specification has them: units, rates, start, annotations."""

import gzip
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import naive_edf
from naive_edf import File, Signal
from spectra.datasets import read
from spectra.datasets.large.signals import edf_signals
from spectra.datasets.raw import Request
from spectra.datasets.source import Source
from spectra.errors import DataError

RNG = np.random.default_rng(8)


def signal(label: str, per_record: int, records: int = 10, unit: str = "uV") -> Signal:
    return Signal(label, RNG.integers(-3000, 3000, per_record * records).tolist(), per_record, unit)


EEG = [signal("EEG Fpz-Cz", 100), signal("EEG Pz-Oz", 100, unit="mV")]


@pytest.mark.parametrize("kind", ["EDF", "EDF+", "BDF", "BDF+"])
def test_signals_have_their_names_units_rate_and_start(tmp_path: Path, kind: str) -> None:
    file = File(EEG, reserved="EDF+C" if "+" in kind else "")
    path = naive_edf.write(tmp_path / "a.edf", naive_edf.bdf(file) if "BDF" in kind else file)
    recording = read(path)
    assert recording.channels == ("EEG Fpz-Cz", "EEG Pz-Oz")
    assert recording.units == ("uV", "mV")
    assert recording.fs == 100.0
    assert recording.index[0] == pd.Timestamp("2021-05-02 12:30:15")
    assert recording.index[150] == pd.Timestamp("2021-05-02 12:30:16.5")
    expected = np.column_stack([one.values() for one in EEG])
    np.testing.assert_allclose(recording.values, expected, rtol=0, atol=1e-9)


def test_content_decides_and_compressed_files_are_read(tmp_path: Path) -> None:
    path = naive_edf.write(tmp_path / "a.csv", File(EEG))
    (tmp_path / "b.gz").write_bytes(gzip.compress(path.read_bytes()))
    with path.open("rb") as stream:
        for source in (path, tmp_path / "b.gz", stream):
            assert read(source).n_samples == 1000


def test_sampling_rate_follows_from_the_length_of_a_record(tmp_path: Path) -> None:
    assert read(naive_edf.write(tmp_path / "a.edf", File(EEG, seconds=0.25))).fs == 400.0
    assert read(naive_edf.write(tmp_path / "a.edf", File(EEG, seconds=30))).fs == 100 / 30


def test_start_that_was_made_anonymous_is_no_date(tmp_path: Path) -> None:
    file = File(EEG, recording="Startdate X X X X", date="01.01.85")
    recording = read(naive_edf.write(tmp_path / "a.edf", file))
    assert recording.index[100] == pd.Timedelta(seconds=1)


def test_start_that_cannot_be_is_left_out_with_a_note(tmp_path: Path) -> None:
    file = File(EEG, recording="Startdate 02-MAY-0021 X X X")
    recording = read(naive_edf.write(tmp_path / "a.edf", file))
    assert recording.index[100] == pd.Timedelta(seconds=1)
    assert any("starts at 0021-05-02 12:30:15, which cannot be" in n for n in recording.notes)


MIXED = [*EEG, signal("Temp", 1, unit="degC"), signal("EMG", 50)]


def test_signals_of_the_rate_with_most_samples_are_taken_and_the_others_offered(
    tmp_path: Path,
) -> None:
    recording = read(naive_edf.write(tmp_path / "a.edf", File(MIXED)))
    assert recording.channels == ("EEG Fpz-Cz", "EEG Pz-Oz")
    (note,) = [note for note in recording.notes if "different rates" in note]
    assert "EMG at 50 Hz; Temp at 1 Hz" in note
    assert "--channels chooses others, --resample auto brings all to one rate" in note


def test_signals_of_another_rate_are_read_when_they_are_named(tmp_path: Path) -> None:
    path = naive_edf.write(tmp_path / "a.edf", File(MIXED))
    recording = read(path, channels="Temp")
    assert recording.fs == 1.0
    np.testing.assert_allclose(recording.values[:, 0], MIXED[2].values(), rtol=0, atol=1e-9)
    with pytest.raises(DataError, match="name those of one rate with --channels, or bring them"):
        read(path, channels="Temp,EMG")


def test_resampling_brings_signals_of_all_rates_to_one(tmp_path: Path) -> None:
    path = naive_edf.write(tmp_path / "a.edf", File(MIXED))
    recording = read(path, resample=True)
    assert recording.fs == 100.0
    assert recording.n_channels == 4
    np.testing.assert_allclose(recording.values[::2, 3], MIXED[3].values(), rtol=0, atol=1e-9)
    temperature = MIXED[2].values()
    halfway = (temperature[3] + temperature[4]) / 2
    np.testing.assert_allclose(recording.values[350, 2], halfway, rtol=0, atol=1e-9)
    assert read(path, resample="20ms").fs == 50.0


NOTES = [(2.0, 3.0, "Apnea"), (7.0, 0.0, "Spike"), (8.0, 0.0, "Lights off@@EEG Fpz-Cz")]


def test_annotations_are_offered_as_labels(tmp_path: Path) -> None:
    recording = read(naive_edf.write(tmp_path / "a.edf", File(EEG, annotations=NOTES)))
    assert recording.labels is None
    said = "Annotations: 'Apnea' 1, 'Spike' 1, 'Lights off' 1; --label names those that are"
    assert any(note.startswith(said) for note in recording.notes)


def test_named_annotations_are_labels_while_they_last(tmp_path: Path) -> None:
    path = naive_edf.write(tmp_path / "a.edf", File(EEG, annotations=NOTES))
    recording = read(path, label="Apnea,Spike")
    assert recording.labels is not None
    # From 2 s to 5 s, and from 0.25 s before to 0.40 s after 7 s.
    expected = [*range(200, 500), *range(675, 741)]
    assert np.flatnonzero(recording.labels).tolist() == expected


def test_annotation_that_is_not_there_is_noted(tmp_path: Path) -> None:
    path = naive_edf.write(tmp_path / "a.edf", File(EEG, annotations=NOTES))
    recording = read(path, label="Seizure")
    assert recording.labels is not None
    assert not recording.labels.any()
    assert any("No annotation is 'Seizure': there are 'Apnea' 1" in n for n in recording.notes)


def test_trigger_bits_of_a_bdf_file_are_no_channel_unless_named(tmp_path: Path) -> None:
    file = naive_edf.bdf(File([*EEG, signal("Status", 100)], reserved=""))
    path = naive_edf.write(tmp_path / "a.bdf", file)
    assert read(path).channels == ("EEG Fpz-Cz", "EEG Pz-Oz")
    assert read(path, channels="Status").channels == ("Status",)


@pytest.mark.parametrize(("records", "said"), [(12, "12 records of 1 s, and 10"), (7, "7 records")])
def test_wrong_number_of_records_gets_one_sentence(tmp_path: Path, records: int, said: str) -> None:
    path = naive_edf.write(tmp_path / "a.edf", File(EEG, records=records))
    with pytest.raises(DataError, match=rf"a\.edf is not complete as an EDF file.*{said}"):
        read(path)


def test_records_that_the_header_does_not_count_are_counted(tmp_path: Path) -> None:
    recording = read(naive_edf.write(tmp_path / "a.edf", File(EEG, records=-1)))
    assert recording.n_samples == 1000
    said = "The header does not say how many records there are: 10 were found."
    assert said in recording.notes


FAR = (*range(9), 1_000_008)
BACK = (0, 1, 2, 9, 4, 5, 6, 7, 8, 10)
CLOSE = (0, 1, 1.5, 4, 5, 6, 7, 8, 9, 10)
PARTS = {
    "gaps between records": (0, 1, 2, 5, 6, 7, 8, 20.5, 21.5, 22.5),
    "a gap behind the first": (0, 60, 61, 62, 63, 64, 65, 66, 67, 68),
    "a late start": (0.25, 1.25, 2.25, 4.25, 5.25, 6.25, 7.25, 8.25, 9.25, 11.25),
}


@pytest.mark.parametrize("kind", ["EDF+D", "BDF+D"])
@pytest.mark.parametrize("onsets", PARTS.values(), ids=PARTS)
def test_gaps_between_records_have_no_values(
    tmp_path: Path, kind: str, onsets: tuple[float, ...]
) -> None:
    file = File(EEG, reserved="EDF+D", onsets=onsets)
    path = naive_edf.write(tmp_path / "a.edf", naive_edf.bdf(file) if "BDF" in kind else file)
    recording = read(path)
    assert recording.n_samples == round(100 * (onsets[-1] - onsets[0] + 1))
    assert any(f"is discontinuous ({kind})" in note for note in recording.notes)
    rest = recording.values.copy()
    for record, onset in enumerate(onsets):
        begin = round(100 * (onset - onsets[0]))
        expected = np.column_stack([one.values() for one in EEG])[100 * record :][:100]
        np.testing.assert_allclose(rest[begin : begin + 100], expected, rtol=0, atol=1e-9)
        rest[begin : begin + 100] = np.nan
    assert np.isnan(rest).all()


def test_discontinuous_file_without_gaps_is_read_whole(tmp_path: Path) -> None:
    recording = read(naive_edf.write(tmp_path / "a.edf", File(EEG, reserved="EDF+D")))
    assert recording.n_samples == 1000
    assert not np.isnan(recording.values).any()


def test_annotations_of_a_discontinuous_file_lie_where_they_were_made(tmp_path: Path) -> None:
    onsets = PARTS["gaps between records"]
    file = File(EEG, reserved="EDF+D", onsets=onsets, annotations=[(21.0, 0.5, "spike")])
    recording = read(naive_edf.write(tmp_path / "a.edf", file), label="spike")
    assert recording.labels is not None
    assert np.flatnonzero(recording.labels).tolist() == list(range(2100, 2150))


def test_signals_of_other_rates_keep_their_gaps(tmp_path: Path) -> None:
    slow = signal("Temp", 10)
    file = File([EEG[0], slow], reserved="EDF+D", onsets=PARTS["gaps between records"])
    path = naive_edf.write(tmp_path / "a.edf", file)
    np.testing.assert_allclose(read(path, channels="Temp").values[50:60, 0], slow.values()[30:40])
    both = read(path, resample=True)
    assert np.isnan(both.values[320:480]).all()
    np.testing.assert_allclose(both.values[500, 1], slow.values()[30])


@pytest.mark.parametrize("keep", [256, 300, 700, 1024, 1500, 3000])
@pytest.mark.parametrize("kind", ["edf", "bdf"])
def test_truncated_file_gets_one_sentence(tmp_path: Path, kind: str, keep: int) -> None:
    file = File(EEG)
    path = naive_edf.write(tmp_path / "a.edf", file if kind == "edf" else naive_edf.bdf(file))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"^\S*a\.edf is (not complete|damaged)"):
        read(path)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (File([], annotations=NOTES), "holds annotations and no signals"),
        (File(EEG, reserved="EDF+D", onsets=FAR), "has a gap of 1e\\+06 s before record 10"),
        (File(EEG, reserved="EDF+D", onsets=BACK), "record 5 begins before the one above it"),
        (File(EEG, reserved="EDF+D", onsets=CLOSE), "record 3 begins before the end of the one"),
        (File(EEG, records=10**7), "10000000 records of 1 s, and 10 are there"),
        (File(EEG, seconds=0), "says that a record lasts 0 s"),
    ],
)
def test_file_that_cannot_be_used_gets_one_sentence(tmp_path: Path, file: File, said: str) -> None:
    path = naive_edf.write(tmp_path / "a.edf", file)
    with pytest.raises(DataError, match=said) as caught:
        read(path)
    assert "a.edf" in str(caught.value)


def test_damaged_header_is_read_or_gets_one_sentence(tmp_path: Path) -> None:
    path = naive_edf.write(tmp_path / "a.edf", File(MIXED, annotations=NOTES))
    data = path.read_bytes()
    for _ in range(100):
        broken = bytearray(data)
        for place in RNG.integers(8, 1536, 2):
            broken[place] = RNG.integers(256)
        path.write_bytes(broken)
        # Any other error fails the test, and so does a warning.
        with suppress(DataError):
            read(path)


def test_missing_library_is_named_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = naive_edf.write(tmp_path / "a.edf", File(EEG))
    monkeypatch.setitem(sys.modules, "edfio", None)
    with pytest.raises(DataError, match=r"pip install 'spectra-anomaly\[medical\]'"):
        read(path)


def rewritten(path: Path, place: int, text: str) -> Path:
    """Write other text over eight bytes of a file."""
    content = bytearray(path.read_bytes())
    content[place : place + 8] = text.ljust(8).encode()
    path.write_bytes(content)
    return path


def test_ranges_with_decimal_commas_are_ranges(tmp_path: Path) -> None:
    path = naive_edf.write(tmp_path / "a.edf", File(EEG[:1], reserved=""))
    path = rewritten(rewritten(path, 256 + 104, "-3276,8"), 256 + 112, "3276,7")
    np.testing.assert_allclose(read(path).values[:, 0], EEG[0].values(), rtol=0, atol=1e-9)
    large = edf_signals(Source(path.name, path), Request())
    assert large is not None
    np.testing.assert_allclose(large.values[:5, 0], EEG[0].values()[:5], rtol=0, atol=1e-9)


@pytest.mark.parametrize("text", ["-3276.8", "nan", "low"])
def test_samples_without_a_range_have_no_unit(tmp_path: Path, text: str) -> None:
    path = naive_edf.write(tmp_path / "a.edf", File(EEG[:1], reserved=""))
    recording = read(rewritten(path, 256 + 112, text))
    assert recording.units is None
    np.testing.assert_array_equal(recording.values[:, 0], EEG[0].digital)
    assert any("in steps of the converter: EEG Fpz-Cz" in note for note in recording.notes)


def test_bytes_behind_the_last_record_are_left_out(tmp_path: Path) -> None:
    path = naive_edf.write(tmp_path / "a.edf", File(EEG, reserved=""))
    path.write_bytes(path.read_bytes() + bytes(100))
    recording = read(path)
    assert recording.n_samples == 1000
    assert any("last 100 bytes are no whole record" in note for note in recording.notes)
