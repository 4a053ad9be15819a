"""score_many has the results of detect, in any order of work, and goes on after failures."""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from spectra.batch import score_many
from spectra.datasets import Recording, read
from spectra.errors import DataError
from spectra.pipeline import detect, learn, score
from spectra.spectral.settings import Spectral

FRAMES = Spectral(nperseg=40)
COLUMNS = ["start", "end", "peak", "score", "p_value", "channel", "f_low", "f_high"]
SUMMARY = ["recording", "n_samples", "n_channels", "fs", "nperseg", "n_alarms", "p_value", "error"]


def signal(seed: int, odd: bool = True, n: int = 3000) -> np.ndarray:
    """A tone in noise; while it is odd, another one."""
    rng = np.random.default_rng(seed)
    values = np.sin(2 * np.pi * np.arange(n) / 20) + 0.1 * rng.standard_normal(n)
    if odd:
        values[2000:2200] += np.sin(2 * np.pi * np.arange(200) / 5)
    return values


def mixed(folder: Path) -> dict[str, object]:
    """A recording of each kind, two that fail among them."""
    dates = pd.date_range("2024-01-01", periods=3000, freq="1min")
    frame = pd.DataFrame({"a": signal(1), "b": signal(2, odd=False)}, index=dates)
    frame.to_csv(folder / "frame.csv")
    return {
        "array": signal(3),
        "short": np.arange(5.0),
        "frame": frame,
        "path": folder / "frame.csv",
        "missing": str(folder / "missing.csv"),
        "series": pd.Series(signal(4), name="x"),
        "recording": Recording.from_array(signal(5), fs=50.0, name="own"),
    }


def test_alarms_and_summary_are_those_of_detect(tmp_path: Path) -> None:
    recordings = mixed(tmp_path)
    batch = score_many(recordings, method=FRAMES, alpha=1e-3, progress=False)
    assert list(batch.alarms) == ["recording", *COLUMNS]
    assert list(batch.summary) == SUMMARY
    assert batch.summary["recording"].tolist() == list(recordings)
    for name, row in batch.summary.set_index("recording").iterrows():
        if name in {"short", "missing"}:
            continue
        single = detect(recordings[name], method=FRAMES, alpha=1e-3)
        assert row["error"] is None
        assert (row["n_samples"], row["n_channels"]) == single.recording.values.shape
        assert row["nperseg"] == 40
        assert row["n_alarms"] == len(single.alarms) > 0
        # One thread or several sum in another order.
        assert row["p_value"] == pytest.approx(np.nanmin(single.step_scores.p_value), rel=1e-6)
        mine = batch.alarms[batch.alarms["recording"] == name]
        for column in ("start", "end", "peak", "channel"):
            assert mine[column].tolist() == single.alarms[column].tolist()
    assert batch.summary.set_index("recording")["fs"]["recording"] == 50.0


def test_a_recording_that_fails_is_a_row_with_its_reason(tmp_path: Path) -> None:
    summary = score_many(mixed(tmp_path), method=FRAMES, progress=False).summary.set_index(
        "recording"
    )
    failed = summary[summary["error"].notna()]
    assert list(failed.index) == ["short", "missing"]
    assert "missing.csv" in failed.loc["missing", "error"]
    assert failed["n_alarms"].isna().all()
    assert failed.loc["short", "n_samples"] == 5


def test_result_does_not_depend_on_the_number_of_jobs(tmp_path: Path) -> None:
    recordings = mixed(tmp_path)
    # More than a megabyte, which joblib hands to its processes as a read-only file.
    recordings["long"] = np.concatenate([signal(seed) for seed in range(50)])
    one, two = (
        score_many(recordings, method=FRAMES, n_jobs=n_jobs, progress=False) for n_jobs in (1, 2)
    )
    pd.testing.assert_frame_equal(one.alarms, two.alarms, check_exact=True)
    pd.testing.assert_frame_equal(one.summary, two.summary, check_exact=True)


def test_normal_data_is_learned_once_for_all() -> None:
    normal = signal(9, odd=False)
    batch = score_many(
        [signal(1), signal(2, odd=False)], normal=normal, method=FRAMES, fs=10.0, progress=False
    )
    model = learn(normal, method=FRAMES, fs=10.0)
    expected = [score(model, signal(1)).alarms, score(model, signal(2, odd=False)).alarms]
    assert batch.summary["recording"].tolist() == ["recording 1", "recording 2"]
    assert batch.summary["n_alarms"].tolist() == list(map(len, expected))
    assert batch.alarms["start"].tolist() == [
        start for alarms in expected for start in alarms["start"]
    ]
    assert (batch.summary["fs"] == 10.0).all()
    with pytest.raises(DataError):
        score_many([signal(1)], normal=np.full(100, np.nan), progress=False)


def test_names_are_distinct(tmp_path: Path) -> None:
    pd.DataFrame({"x": signal(1)}).to_csv(tmp_path / "a.csv", index=False)
    path = str(tmp_path / "a.csv")
    own = Recording.from_array(signal(2), name="own")
    batch = score_many([path, tmp_path / "a.csv", own, own], method=FRAMES, progress=False)
    assert batch.summary["recording"].tolist() == [path, f"{path} (2)", "own", "own (4)"]


@pytest.mark.parametrize("recordings", [[], [np.arange(3.0)]])
def test_tables_without_a_row_keep_their_columns(recordings: list[np.ndarray]) -> None:
    batch = score_many(recordings, progress=False)
    assert list(batch.alarms) == ["recording", *COLUMNS]
    assert list(batch.summary) == SUMMARY
    assert len(batch.alarms) == 0
    assert len(batch.summary) == len(recordings)


def test_one_recording_is_no_list() -> None:
    with pytest.raises(DataError, match="put a single one in a list"):
        score_many("data.csv")


@pytest.mark.parametrize("alpha", [0.0, 0.7, float("nan")])
def test_a_setting_that_is_wrong_fails_at_once(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        score_many([signal(1)], alpha=alpha, progress=False)


def test_progress_is_on_standard_error_and_only_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for terminal, progress, expected in (
        (True, True, "\r1/2 recordings\r2/2 recordings\n"),
        (True, False, ""),
        (False, True, ""),
    ):
        stream = io.StringIO()
        monkeypatch.setattr(stream, "isatty", lambda terminal=terminal: terminal)
        monkeypatch.setattr("sys.stderr", stream)
        monkeypatch.delitem(__import__("sys").modules, "ipykernel", raising=False)
        score_many([signal(1), signal(2)], method=FRAMES, progress=progress)
        assert stream.getvalue() == expected


def test_a_name_that_is_no_utf_8_is_told_in_the_summary(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv")
    batch = score_many([path], progress=False)
    assert batch.summary["recording"].tolist() == [f"{tmp_path}/\\udcff.csv"]
    assert "\\udcff.csv" in str(batch.summary["error"][0])


def test_each_series_of_a_file_is_a_recording(tmp_path: Path) -> None:
    parts = {"pump 1": signal(1), "pump 2": signal(2, odd=False), "pump 3": np.full(3000, np.nan)}
    frames = [
        pd.DataFrame({"time": np.arange(3000) / 50, "pump": name, "value": values})
        for name, values in parts.items()
    ]
    path = tmp_path / "pumps.csv"
    pd.concat(frames).to_csv(path, index=False)
    batch = score_many([path], method=FRAMES, alpha=1e-3, progress=False)
    assert batch.summary["recording"].tolist() == [f"{path} [{name}]" for name in parts]
    assert batch.summary["n_alarms"].isna().tolist() == [False, False, True]
    expected = detect(read(path, series="pump=pump 1"), method=FRAMES, alpha=1e-3).alarms
    first = batch.alarms[batch.alarms["recording"] == f"{path} [pump 1]"]
    assert first["p_value"].tolist() == expected["p_value"].tolist() != []


@pytest.mark.parametrize("single", [np.zeros(9), [1.0, 2], pl.DataFrame({"a": [1.0, 2]}), "a.csv"])
def test_a_single_recording_is_refused(single: Any) -> None:
    with pytest.raises(DataError, match="put a single one in a list"):
        score_many(single)
