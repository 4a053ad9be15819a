"""Records of JSON that hold lists of samples, or a signal each, and records behind keys."""

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import Recording, read
from spectra.errors import DataError

N = 96
RNG = np.random.default_rng(21)
LEFT, RIGHT = RNG.normal(size=N).round(3), RNG.normal(size=N).round(3)


def recording(*values: Any) -> Recording:
    return read(io.BytesIO("\n".join(map(json.dumps, values)).encode()))


def test_lists_of_named_signals_are_channels() -> None:
    found = recording(
        {
            "meta": {"sampling_frequency": 100, "start_time": "2024-03-14T08:00:00"},
            "signals": [
                {"name": "ecg", "unit": "mV", "samples": LEFT.tolist()},
                {"name": "resp", "unit": "V", "samples": RIGHT.tolist()},
            ],
        }
    )
    assert (found.channels, found.units, found.fs) == (("ecg [mV]", "resp [V]"), ("mV", "V"), 100)
    assert found.index[0] == pd.Timestamp("2024-03-14 08:00")
    np.testing.assert_array_equal(found.values, np.column_stack([LEFT, RIGHT]))


def test_records_behind_keys_are_rows() -> None:
    rows = {f"-Nx{i:03d}": {"ts": 1_710_403_200 + 10 * i, "x": x} for i, x in enumerate(LEFT)}
    found = recording({"readings": rows})
    assert (found.channels, found.fs) == (("x",), 0.1)
    np.testing.assert_array_equal(found.values[:, 0], LEFT)


@pytest.mark.parametrize(
    ("key", "times", "fs"),
    [
        ("ts", [1_710_403_200_000 + 128 * i for i in range(6)], 125),
        ("t_ms", [1000 + 128 * i for i in range(6)], 125),
        ("time", [f"2024-03-14T08:00:{2 * i:02d}Z" for i in range(6)], 8),
        ("Timestamp", [1000 + 128 * i for i in range(6)], None),
    ],
)
def test_lists_of_samples_in_records_are_one_signal(
    key: str, times: list[Any], fs: float | None
) -> None:
    parts = np.split(LEFT, 6)
    found = recording(*({key: t, "samples": x.tolist()} for t, x in zip(times, parts, strict=True)))
    assert found.channels == ("samples",)
    assert found.fs == (None if fs is None else pytest.approx(fs))
    np.testing.assert_array_equal(found.values[:, 0], LEFT)
    assert "16 samples" in found.notes[0]


def test_the_legend_of_an_export_names_its_columns() -> None:
    meta = {"start": 1_710_403_200, "step": 300, "legend": ["in", "out"]}
    rows = np.column_stack([LEFT, RIGHT]).tolist()
    assert recording({"meta": meta, "data": rows}).channels == ("in", "out")


def test_smooth_lists_go_on_in_the_next_record() -> None:
    wave = np.sin(np.arange(N) / 5)
    parts = [{"seq": i, "ecg": x.tolist()} for i, x in enumerate(np.split(wave, 6))]
    np.testing.assert_array_equal(recording(*parts).values[:, 0], wave)


@pytest.mark.parametrize("count", [3, 16])
def test_vectors_and_channels_in_records_are_no_samples(count: int) -> None:
    rows = [{"x": x, "at": [x + i for i in range(count)]} for x in LEFT.tolist()]
    short = tuple(f"at_{i + 1}" for i in range(count) if count < 8)
    assert recording(*rows).channels == ("x", *short)
    alone = [{"eeg": RNG.normal(size=count).tolist()} for _ in range(N)]
    with pytest.raises(DataError):
        recording(*alone)
