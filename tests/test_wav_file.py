"""WAV files are read with their rate, every channel, in the steps of the converter."""

import io
import struct
import wave
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile

from spectra.datasets import read
from spectra.datasets.large.signals import wav_signals
from spectra.datasets.raw import Request
from spectra.datasets.source import Source
from spectra.errors import DataError

RNG = np.random.default_rng(7)


def pcm(path: Path, samples: np.ndarray, width: int, fs: int = 8000) -> Path:
    """Samples (n, c) written by the wave module of Python, in `width` bytes each."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(width)
        file.setframerate(fs)
        shifted = samples + 128 if width == 1 else samples
        raw = shifted.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :width]
        file.writeframes(raw.tobytes())
    return path


@pytest.mark.parametrize("channels", [1, 2, 7])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_samples_of_every_width_are_read_as_they_were_written(
    tmp_path: Path, width: int, channels: int
) -> None:
    top = 2 ** (8 * width - 1)
    samples = RNG.integers(-top, top, (500, channels))
    recording = read(pcm(tmp_path / "a.wav", samples, width))
    # Eight bits have no sign in a WAV file: 128 is silence.
    assert np.array_equal(recording.values, samples + (128 if width == 1 else 0))
    assert recording.fs == 8000.0
    expected = ("value",) if channels == 1 else tuple(f"ch{i + 1}" for i in range(channels))
    assert recording.channels == expected


@pytest.mark.parametrize("kind", ["f4", "f8", "i2", "i4"])
def test_file_of_scipy_is_read_as_it_was_written(tmp_path: Path, kind: str) -> None:
    samples = (1000 * RNG.normal(size=(400, 2))).astype(kind)
    wavfile.write(tmp_path / "a.wav", 44100, samples)
    recording = read(tmp_path / "a.wav")
    assert np.array_equal(recording.values, samples.astype(float))
    assert recording.fs == 44100.0


def test_instants_are_times_since_the_first_sample(tmp_path: Path) -> None:
    recording = read(pcm(tmp_path / "a.wav", RNG.integers(-9, 9, (90, 1)), 2, fs=4))
    assert recording.index[5] == pd.Timedelta(seconds=1.25)


def test_content_decides_and_not_the_ending(tmp_path: Path) -> None:
    path = pcm(tmp_path / "a.csv", RNG.integers(-9, 9, (90, 1)), 2)
    assert read(path).fs == 8000.0
    with path.open("rb") as stream:
        assert read(stream).fs == 8000.0


def test_channels_are_chosen_and_another_rate_is_noted(tmp_path: Path) -> None:
    samples = RNG.integers(-9, 9, (90, 3))
    path = pcm(tmp_path / "a.wav", samples, 2)
    recording = read(path, channels="ch2", fs=4000)
    assert np.array_equal(recording.values, samples[:, [1]])
    assert recording.fs == 4000.0
    assert any("says 8000 Hz: the 4000 Hz given are used" in note for note in recording.notes)


def test_resampling_takes_the_rate_of_the_file(tmp_path: Path) -> None:
    recording = read(pcm(tmp_path / "a.wav", np.arange(100)[:, None], 2, fs=100), resample="20ms")
    assert recording.fs == 50.0
    assert np.allclose(recording.values[:, 0], np.arange(0, 100, 2))


def test_time_column_is_refused(tmp_path: Path) -> None:
    path = pcm(tmp_path / "a.wav", RNG.integers(-9, 9, (90, 1)), 2)
    with pytest.raises(DataError, match="gives a sampling rate and has no time column"):
        read(path, time="time")


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"label": "ch1"}, "holds sound, and no labels 'ch1': leave --label out"),
        ({"series": "ch1"}, "has no column 'ch1' that names series: leave --series out"),
    ],
)
def test_columns_that_sound_does_not_have_are_refused(
    tmp_path: Path, choice: dict[str, str], said: str
) -> None:
    path = pcm(tmp_path / "a.wav", RNG.integers(-9, 9, (90, 2)), 2)
    with pytest.raises(DataError, match=said):
        read(path, **choice)
    assert wav_signals(Source(path.name, path), Request()) is not None
    with pytest.raises(DataError, match=said):
        wav_signals(Source(path.name, path), Request(**choice))


def test_chunks_of_other_programs_are_skipped(tmp_path: Path) -> None:
    data = pcm(tmp_path / "a.wav", np.arange(50)[:, None], 2).read_bytes()
    more = data[:36] + b"bext" + struct.pack("<I", 5) + b"hello\0" + data[36:]
    (tmp_path / "a.wav").write_bytes(more)
    assert read(tmp_path / "a.wav").values[:, 0].tolist() == list(range(50))


@pytest.mark.parametrize(
    ("place", "new", "said"),
    [
        (40, struct.pack("<I", 10**6), "chunk 'data' at byte 36 ends 999,600 bytes behind"),
        (16, struct.pack("<I", 10**9), "chunk 'fmt ' at byte 12 promises 1,000,000,000 bytes"),
        (16, struct.pack("<I", 4), "has 4 bytes, not 16 or more"),
        (20, struct.pack("<H", 2), r"compressed samples \(format code 2\): convert it to PCM"),
        (22, struct.pack("<H", 0), "says 0 channels"),
        (32, struct.pack("<H", 7), "7 bytes in all"),
        (24, struct.pack("<I", 0), "at 0 Hz"),
        (36, b"atad", "has no chunk 'data'"),
        (12, b"tmf ", "comes before 'fmt '"),
    ],
)
def test_broken_chunk_gets_one_sentence_with_its_place(
    tmp_path: Path, place: int, new: bytes, said: str
) -> None:
    path = pcm(tmp_path / "a.wav", RNG.integers(-9, 9, (100, 2)), 2)
    data = bytearray(path.read_bytes())
    data[place : place + len(new)] = new
    path.write_bytes(data)
    with pytest.raises(DataError, match=said) as caught:
        read(path)
    assert "a.wav" in str(caught.value)


@pytest.mark.parametrize("keep", [12, 20, 40, 44, 46, 300])
def test_truncated_file_gets_one_sentence(tmp_path: Path, keep: int) -> None:
    path = pcm(tmp_path / "a.wav", RNG.integers(-9, 9, (100, 2)), 2)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"a\.wav"):
        read(path)


def test_file_without_a_length_is_read_to_its_end(tmp_path: Path) -> None:
    data = bytearray(pcm(tmp_path / "a.wav", np.arange(50)[:, None], 2).read_bytes())
    data[40:44] = b"\xff" * 4
    (tmp_path / "a.wav").write_bytes(data)
    assert read(io.BytesIO(bytes(data))).n_samples == 50
    assert read(tmp_path / "a.wav").n_samples == 50


FMT = struct.pack("<HHIIHH", 1, 2, 8000, 32000, 4, 16)
STEREO = RNG.integers(-999, 999, (300, 2)).astype("<i2")


def riff(length: int, whole: int, data: bytes, fmt: bytes = FMT) -> io.BytesIO:
    """A file whose chunk of samples says that it has so many bytes."""
    chunk = b"fmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", length)
    return io.BytesIO(b"RIFF" + struct.pack("<I", whole) + b"WAVE" + chunk + data)


@pytest.mark.parametrize("length", [0, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
@pytest.mark.parametrize("rest", [b"", b"\1"])
def test_lengths_of_programs_that_write_into_a_pipe_have_an_open_end(
    length: int, rest: bytes
) -> None:
    file = riff(length, min(length + 36, 0xFFFFFFFF), STEREO.tobytes() + rest)
    recording = read(file)
    assert np.array_equal(recording.values, STEREO)
    assert any("does not say how long" in note for note in recording.notes)


def test_no_samples_before_other_chunks_are_no_open_end() -> None:
    file = riff(0, 36 + 8 + 400, b"LIST" + struct.pack("<I", 400) + bytes(400))
    with pytest.raises(DataError, match="has no samples"):
        read(file)


def test_bytes_that_are_no_whole_sample_are_left_out() -> None:
    recording = read(riff(STEREO.nbytes + 3, STEREO.nbytes + 39, STEREO.tobytes() + b"abc"))
    assert np.array_equal(recording.values, STEREO)
    assert any("last 3 bytes are no whole sample" in note for note in recording.notes)


def test_a_wrong_number_of_bytes_a_second_is_no_matter() -> None:
    fmt = struct.pack("<HHIIHH", 1, 2, 8000, 0, 4, 16)
    assert np.array_equal(read(riff(STEREO.nbytes, 0, STEREO.tobytes(), fmt)).values, STEREO)


@pytest.mark.parametrize("form", [b"RF64", b"BW64"])
def test_files_beyond_four_gigabytes_have_their_length_in_a_chunk_of_its_own(form: bytes) -> None:
    long = b"ds64" + struct.pack("<IQQQI", 28, STEREO.nbytes + 99, STEREO.nbytes, 300, 0)
    chunks = long + b"fmt " + struct.pack("<I", 16) + FMT + b"data" + b"\xff" * 4
    after = b"LIST" + struct.pack("<I", 4) + b"INFO"
    file = io.BytesIO(form + b"\xff" * 4 + b"WAVE" + chunks + STEREO.tobytes() + after)
    assert np.array_equal(read(file).values, STEREO)
