"""Each decision on rows and cells is noted with what undoes it, and that undoes it."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from spectra.cli import main
from spectra.datasets import Recording, inspect, read, read_series

N = 90
VALUES = np.round(np.abs(np.random.default_rng(6).normal(5, 1, N)) + 1, 3)
TIMES = pd.date_range("2024-05-01", periods=N, freq="1min")


def opened(rows: list[str], header: str = "time,flow") -> io.BytesIO:
    return io.BytesIO("\n".join([header, *rows, ""]).encode())


def plain_rows(values: np.ndarray = VALUES) -> list[str]:
    return [f"{time},{value}" for time, value in zip(TIMES, values, strict=True)]


def noted(found: Recording, *parts: str) -> bool:
    return any(all(part in note for part in parts) for note in found.notes)


@pytest.mark.parametrize("stamp", ["2024-05-01 01:30:00", "2024-05-01 01:31:00"])
@pytest.mark.parametrize("factor", [1, 1000])
def test_a_total_is_kept(stamp: str, factor: int) -> None:
    values = VALUES * factor
    rows = [*plain_rows(values), f"{stamp},{values.sum():.3f}"]
    assert noted(read(opened(rows)), "the total of all others", "(--as-is keeps it)")
    kept = read(opened(rows), as_is=True)
    assert kept.values[-1, 0] == pytest.approx(values.sum(), abs=1e-3)
    assert not noted(kept, "total")


@pytest.mark.parametrize("fill", [-999, -9999.0, 99999.9])
@pytest.mark.parametrize("form", ["csv", "json"])
def test_fill_values_are_kept(fill: float, form: str) -> None:
    values = VALUES.copy()
    values[[20, 21, 50]] = fill
    text = (
        "\n".join(["time,flow", *plain_rows(values), ""])
        if form == "csv"
        else json.dumps([{"t": i, "flow": x} for i, x in enumerate(values.tolist())])
    )
    found = read(io.BytesIO(text.encode()))
    assert noted(found, "3 values are", "taken as missing (--as-is keeps them)")
    kept = read(io.BytesIO(text.encode()), as_is=True)
    np.testing.assert_array_equal(kept.values[:, 0], values)


@pytest.mark.parametrize("places", [[30], [5, 40, 41]])
def test_rows_of_events_are_kept_as_missing(places: list[int]) -> None:
    rows = [f"{row}," for row in plain_rows()]
    for place in places:
        rows[place] = f"{TIMES[place]},,door opened"
    found = read(opened(rows, "time,flow,event"))
    them = "it" if len(places) == 1 else "them"
    assert noted(found, "the word of an event", f"(--as-is keeps {them})")
    kept = read(opened(rows, "time,flow,event"), as_is=True)
    assert kept.n_samples == N
    assert not noted(kept, "the word of an event")


def test_events_in_a_data_frame_name_what_a_data_frame_has() -> None:
    values, words = VALUES.copy(), [""] * N
    values[30], words[30] = np.nan, "door opened"
    frame = pd.DataFrame({"flow": values, "event": words}, index=TIMES)
    assert noted(Recording.from_frame(frame), "event", "(leave the words out to keep it)")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("End of file,", "(write numbers into it to keep it)"),
        ("time,flow", "(write numbers into it to keep it)"),
        (",", None),
    ],
)
def test_rows_of_words_say_what_to_do_to_the_file(row: str, said: str | None) -> None:
    place = N if row.startswith("End") else 40
    rows = plain_rows()
    rows.insert(place, row)
    found = read(opened(rows))
    assert found.n_samples == N
    if said is not None:
        assert noted(found, said)
    rows[place] = f"{TIMES[-1] + pd.Timedelta('1min') if place == N else TIMES[39]},7.5"
    assert not noted(read(opened(rows)), "left out")


@pytest.mark.parametrize("zone", ["XQT", "QZDT"])
def test_a_zone_that_is_left_out_says_what_to_write(zone: str) -> None:
    def rows(name: str) -> list[str]:
        pairs = zip(TIMES, VALUES, strict=True)
        return [f"{time}{name},{value}" for time, value in pairs]

    found = read(opened(rows(f" {zone}")))
    assert noted(found, f"The zone '{zone}'", "(write an offset such as +02:00 in its place")
    kept = read(opened(rows("+02:00")))
    assert str(kept.index[0]) == "2024-05-01 00:00:00+02:00"


def test_rows_with_neither_time_nor_value_are_kept_without_time() -> None:
    rows = [f"{row},1" for row in plain_rows()]
    rows.insert(40, ",,")
    found = read(opened(rows, "time,flow,door"))
    assert noted(found, "1 row has neither a time nor a value", "(--time none keeps the row)")
    assert read(opened(rows, "time,flow,door"), time="none").n_samples == N + 1


def test_a_fit_file_is_read_as_a_table_with_its_delimiter() -> None:
    header = "Type,Local Number,Message,Field 1,Value 1,Units 1,Field 2,Value 2,Units 2"
    rows = [
        f'Data,0,record,timestamp,"{1_000_000 + i}",s,heart_rate,"{value}",bpm'
        for i, value in enumerate(VALUES)
    ]
    found = read(opened(rows, header))
    assert found.channels == ("heart_rate",)
    assert noted(found, "A FIT file", "(--delimiter , reads the rows as they stand)")
    assert "Value 2" in read(opened(rows, header), delimiter=",").channels


def test_every_reader_and_the_command_take_the_choice(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(opened([*plain_rows(), f"2024-05-01 01:30:00,{VALUES.sum():.3f}"]).read())
    assert inspect(path, as_is=True).rows == N + 1
    (series,) = read_series(path, as_is=True).values()
    assert isinstance(series, Recording)
    assert series.n_samples == N + 1
    shown = CliRunner().invoke(main, ["inspect", str(path), "--as-is"])
    assert f"{N + 1} rows" in shown.stdout
    no_truth: dict[str, Any] = {"as_is": "yes"}
    with pytest.raises(TypeError, match="as_is"):
        read(path, **no_truth)
