"""The recordings that come with spectra: their files, read line by line, and `load_sample`."""

import csv
import gzip
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import load_sample, sample_names
from spectra.datasets.samples import describe, ecg_beats, sample_path
from spectra.errors import DataError
from spectra.pipeline import detect

# As published: labels/combined_windows.json of the Numenta Anomaly Benchmark.
WINDOWS = [
    ("2013-12-10 06:25", "2013-12-12 05:35"),
    ("2013-12-15 17:50", "2013-12-17 17:00"),
    ("2014-01-27 14:20", "2014-01-29 13:30"),
    ("2014-02-07 14:55", "2014-02-09 14:05"),
]


def lines(name):
    """The file as anybody's csv reader sees it: its header, and its rows of texts."""
    with gzip.open(sample_path(name), "rt", encoding="ascii", newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def stretches(labels):
    """First and last row of every stretch of ones."""
    edges = np.diff(np.concatenate([[0], labels, [0]]))
    return list(zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1, strict=True))


def test_samples_are_two_and_small():
    assert sample_names() == ("machine-temperature", "ecg")
    # Together they are most of what is installed.
    assert sum(sample_path(name).stat().st_size for name in sample_names()) < 1_500_000


@pytest.mark.parametrize("name", sample_names())
def test_sample_is_read_as_any_file_is(name):
    recording = load_sample(name)
    assert recording.name == name
    assert np.isfinite(recording.values).all()
    assert not recording.interpolated.any()
    assert set(recording.labels) == {0, 1}
    header, rows = lines(name)
    assert header[-1] == "label"
    assert tuple(header[1:-1]) == recording.channels
    assert len(recording.rows) == len(rows)


def test_machine_temperature_has_the_rows_of_the_source():
    _, rows = lines("machine-temperature")
    assert len(rows) == 22_695
    assert rows[0] == ["2013-12-02 21:15:00", "73.96732207", "0"]
    instants = [datetime.fromisoformat(row[0]) for row in rows]
    windows = [
        (datetime.fromisoformat(first), datetime.fromisoformat(last)) for first, last in WINDOWS
    ]
    inside = [int(any(first <= instant <= last for first, last in windows)) for instant in instants]
    assert [int(row[-1]) for row in rows] == inside


def test_machine_temperature_is_on_its_grid_with_its_windows():
    recording = load_sample("machine-temperature")
    assert recording.fs == pytest.approx(1 / 300, rel=1e-12)
    assert isinstance(recording.index, pd.DatetimeIndex)
    steps = np.diff(recording.index.to_numpy())
    assert (steps == np.timedelta64(5, "m")).all()
    found = [
        (recording.index[first], recording.index[last])
        for first, last in stretches(recording.labels)
    ]
    assert found == [(pd.Timestamp(first), pd.Timestamp(last)) for first, last in WINDOWS]
    # Every row lies at its own time on the grid; where times are doubled, the value is the mean of
    # theirs.
    _, rows = lines("machine-temperature")
    published = pd.DataFrame(
        {"time": pd.to_datetime([row[0] for row in rows]), "value": [float(row[1]) for row in rows]}
    )
    assert (recording.index[recording.rows] == published["time"]).all()
    firsts = published.groupby("time")["value"].first()
    np.testing.assert_array_equal(recording.to_frame().loc[firsts.index, "value"], firsts)


def test_machine_temperature_says_what_is_odd_in_its_rows():
    times = pd.Series(pd.to_datetime([row[0] for row in lines("machine-temperature")[1]]))
    # One hour is there twice.
    doubled = times[times.duplicated()]
    assert (doubled == pd.date_range("2014-01-07 02:00", periods=12, freq="5min")).all()
    notes = " ".join(load_sample("machine-temperature").notes)
    assert "12 rows with the time stamp of another" in notes
    assert f"{(times < times.cummax()).sum()} rows out of order" in notes


def test_ecg_has_two_leads_at_360_hz_for_ten_minutes():
    recording = load_sample("ecg")
    assert recording.fs == 360.0
    assert recording.values.shape == (10 * 60 * 360, 2)
    assert recording.channels == ("MLII", "V1")
    # The converter has 200 steps a millivolt, 11 bits around 1024.
    digits = recording.values * 200
    np.testing.assert_allclose(digits, np.rint(digits), atol=1e-9)
    assert np.abs(digits).max() <= 1024
    np.testing.assert_allclose(
        np.asarray(recording.index, dtype=float), np.arange(216_000) / 360, atol=1e-6
    )


def test_ecg_labels_are_the_surroundings_of_its_ectopic_beats():
    recording, beats = load_sample("ecg"), ecg_beats()
    expected = np.zeros(recording.n_samples, dtype=int)
    for sample in beats["sample"][beats["symbol"] == "V"]:
        expected[max(0, sample - 90) : sample + 145] = 1
    np.testing.assert_array_equal(recording.labels, expected)


def test_beats_are_in_order_and_count_what_the_description_says():
    beats = ecg_beats()
    assert beats.columns.tolist() == ["time_s", "sample", "symbol"]
    assert beats["symbol"].value_counts().to_dict() == {"N": 552, "V": 108}
    assert "108 of 660 beats" in describe("ecg")
    assert beats["sample"].between(0, 215_999).all()
    np.testing.assert_allclose(beats["time_s"], beats["sample"] / 360, atol=1e-6)
    # No heart beats again within a fifth of a second: it is refractory.
    assert beats["sample"].diff().min() > 72


def test_beats_lie_on_the_waves_of_the_signal():
    recording, beats = load_sample("ecg"), ecg_beats()
    lead = recording.values[:, 0]
    heights = np.array([np.ptp(lead[max(0, at - 36) : at + 37]) for at in beats["sample"]])
    # Fewer than half of all stretches of ±0.1 s hold the tall wave of a beat; those around the
    # marks all do.
    anywhere = np.ptp(np.lib.stride_tricks.sliding_window_view(lead, 73)[::73], axis=1)
    assert heights.min() > 2 * np.median(anywhere)


@pytest.mark.parametrize("name", sample_names())
def test_sample_is_attributed(name):
    text = (Path(sample_path(name)).parent / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert f"`{sample_path(name).name}`" in text
    assert f"{len(lines(name)[1]):,} rows" in text
    licence = describe(name).rpartition(", ")[2]
    assert licence.split()[0] in text


@pytest.mark.parametrize("function", [load_sample, sample_path, describe])
def test_unknown_sample_is_an_error_that_names_those_there_are(function):
    with pytest.raises(DataError, match="no sample 'egc': there are machine-temperature, ecg"):
        function("egc")


def test_what_is_common_is_found_where_rows_without_it_are_given():
    # A sixth of the beats are ectopic; there is none from the second to the sixty-fourth second.
    found = detect(load_sample("ecg"), normal_rows=(635, 23_109), alpha=1e-4).intervals
    ectopic = ecg_beats().query("symbol == 'V'")["sample"].to_numpy()
    inside = (found.first[:, None] <= ectopic) & (ectopic <= found.last[:, None])
    assert inside.any(axis=0).mean() > 0.9
    assert inside.any(axis=1).mean() > 0.9
