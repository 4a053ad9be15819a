"""Numbers of NumPy that are given come back as numbers of Python."""

from pathlib import Path

import numpy as np
import pytest

import spectra
from spectra.datasets import Recording
from spectra.explanation.bearings import Bearing

X = np.random.default_rng(0).normal(size=3000)


@pytest.mark.parametrize(
    ("method", "said"),
    [
        (
            spectra.Spectral(nperseg=np.int64(64), k=np.float32(5), window=("tukey", np.int64(1))),
            "Spectral(nperseg=64, k=5.0, view=None, window=('tukey', 1), causal=False)",
        ),
        (
            spectra.Sequence(nperseg=np.int32(64), epochs=np.int64(0)),
            "Sequence(nperseg=64, view=None, window='hann', epochs=0)",
        ),
    ],
)
def test_a_method_of_numpy_numbers_is_printed_and_saved(
    method: spectra.Spectral | spectra.Sequence, said: str, tmp_path: Path
) -> None:
    assert repr(method) == said
    model = spectra.learn(X, method=method, fs=np.float32(100))
    model.save(tmp_path / "a.model")
    assert spectra.Model.load(tmp_path / "a.model").method == method


def test_scalars_of_a_detection_print_as_numbers() -> None:
    found = spectra.detect(X, fs=np.float64(100), alpha=np.float64(0.01))
    assert [repr(each) for each in (found.fs, found.alpha, found.model.fs)] == [
        "100.0",
        "0.01",
        "100.0",
    ]
    assert type(found.threshold) is float
    assert type(Recording.from_array(X, np.int64(5)).fs) is int
    envelope = spectra.detect(X, fs=5000.0).bearing(
        Bearing(np.int64(9), np.float64(7.94), np.float64(39.04)), np.float64(1797)
    )
    kinds = {type(value) for line in envelope.lines for value in (line.frequency, line.found)}
    assert kinds == {float}
