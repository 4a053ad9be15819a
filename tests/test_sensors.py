"""The sensors of a Parquet data set have the rows that pandas groups by their names."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from spectra.datasets import Recording
from spectra.datasets.sensors import SensorData, is_data_set
from spectra.errors import DataError

N = 60


def rows(names: list[object], seed: int = 0) -> pd.DataFrame:
    """Rows of sensors side by side, in order of time."""
    rng = np.random.default_rng(seed)
    stamps = pd.date_range("2024-01-01", periods=N, freq="1min")
    parts = [
        pd.DataFrame({"time": stamps, "sensor": name, "level": rng.normal(size=N)})
        for name in names
    ]
    return pd.concat(parts, ignore_index=True).sort_values("time", kind="stable")


def recordings(data: SensorData) -> dict[str, Recording]:
    found = {}
    for group in data.groups(data.names):
        for name, recording in group.read():
            assert isinstance(recording, Recording)
            found[name] = recording
    return found


@pytest.mark.parametrize("kind", ["text", "integer", "category"])
@pytest.mark.parametrize("folders", [False, True])
def test_sensors_are_the_groups_of_pandas(tmp_path: Path, kind: str, folders: bool) -> None:
    frame = rows([3, 10, 7] if kind == "integer" else ["b", "a", "c d"])
    if kind == "category":
        frame["sensor"] = frame["sensor"].astype("category")
    table = pa.Table.from_pandas(frame, preserve_index=False)
    parts = {"partitioning": ["sensor"], "partitioning_flavor": "hive"} if folders else {}
    ds.write_dataset(table, tmp_path, format="parquet", max_rows_per_file=100,
                     max_rows_per_group=100, **parts)  # fmt: skip
    assert is_data_set(tmp_path)
    data = SensorData.open(tmp_path)
    assert data.column == "sensor"
    groups = dict(list(frame.groupby("sensor", observed=True)))
    assert list(data.names) == [str(name) for name in groups]
    found = recordings(data)
    for name, group in groups.items():
        recording = found[str(name)]
        assert recording.channels == ("level",)
        np.testing.assert_array_equal(recording.values[:, 0], group["level"].to_numpy())
        np.testing.assert_array_equal(recording.index.to_numpy(), group["time"].to_numpy())
    if folders:
        assert all(len(files) == 1 for files in data.files.values())


def test_names_of_other_folders_are_no_values(tmp_path: Path) -> None:
    frame = rows(["a", "b"]).assign(plant=7)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    ds.write_dataset(
        table, tmp_path, format="parquet", partitioning=["plant"], partitioning_flavor="hive"
    )
    assert recordings(SensorData.open(tmp_path))["a"].channels == ("level",)


def test_groups_are_small_where_sensors_are_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows(["a", "b", "c", "d", "e"]).to_parquet(tmp_path / "a.parquet", index=False)
    assert len(SensorData.open(tmp_path).groups(("a", "b", "c", "d", "e"))) == 1
    monkeypatch.setattr("spectra.datasets.sensors.GROUP_BYTES", 3000)
    data = SensorData.open(tmp_path)
    # A row is a time, a text and a number of 8 bytes each, and a sensor has 60 of them.
    assert [group.names for group in data.groups(data.names)] == [("a", "b"), ("c", "d"), ("e",)]


def test_rows_without_a_name_are_counted_and_left_out(tmp_path: Path) -> None:
    frame = rows(["a", "b"])
    frame.loc[frame.index[:5], "sensor"] = None
    frame.to_parquet(tmp_path / "a.parquet", index=False)
    data = SensorData.open(tmp_path)
    assert (data.names, data.n_nameless) == (("a", "b"), 5)


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"site": "x"}, None, "it may be one of 'sensor', 'site'"),
        ({}, "pump", "has no column 'pump'"),
        ({}, "level", "has no column 'level' of texts"),
        ({"sensor": None}, "sensor", "no column 'sensor' of texts"),
    ],
)
def test_a_column_that_is_not_clear_is_asked_for(
    tmp_path: Path, change: dict[str, object], column: str | None, reason: str
) -> None:
    rows(["a", "b"]).assign(**change).to_parquet(tmp_path / "a.parquet", index=False)
    with pytest.raises(DataError, match=reason):
        SensorData.open(tmp_path, column)


def test_one_sensor_is_chosen_by_its_name(tmp_path: Path) -> None:
    rows(["a", "b"]).to_parquet(tmp_path / "a.parquet", index=False)
    data = SensorData.open(tmp_path)
    assert data.of(None) is data
    assert list(recordings(data.of("b"))) == ["b"]
    with pytest.raises(DataError, match="has no sensor 'c': there are 'a', 'b'"):
        data.of("c")


def test_a_damaged_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 no table PAR1")
    with pytest.raises(DataError, match="is no Parquet data set or is damaged"):
        SensorData.open(tmp_path)
    assert not is_data_set(tmp_path / "a.parquet")


def test_hidden_files_and_results_of_a_batch_are_no_part_of_a_data_set(tmp_path: Path) -> None:
    frame = rows(["a", "b"])
    for place in (
        "all.parquet",
        "_delta_log/1.checkpoint.parquet",
        "out/x/a.parquet",
        ".b.parquet",
    ):
        path = tmp_path / place
        path.parent.mkdir(exist_ok=True, parents=True)
        frame.to_parquet(path, index=False)
    (tmp_path / "out/.finished").mkdir()
    (tmp_path / "notes.txt").write_text("")
    data = SensorData.open(tmp_path)
    assert set(data.files.values()) == {(str(tmp_path / "all.parquet"),)}
    assert data.others == ("notes.txt",)
    assert len(recordings(data)["a"].values) == N
    (tmp_path / "all.parquet").unlink()
    assert not is_data_set(tmp_path)
