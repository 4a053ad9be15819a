"""Days whose values stand in a row: several meters on a day, and marks between the values."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import Recording, read_series
from spectra.errors import DataError
from written import recording

RNG = np.random.default_rng(5)
DAYS = [f"{day:%Y-%m-%d}" for day in pd.date_range("2024-03-01", periods=40)]
HALVES = np.round(5 + RNG.normal(size=(40, 48)), 3)
HOURS = np.round(5 + RNG.normal(size=(40, 24)), 3)
CLOCKS = [f"{i // 2:02d}:{30 * (i % 2):02d}" for i in range(48)]


def series(*rows: str, **options: Any) -> dict[str, Recording]:
    found = read_series(io.BytesIO("\n".join(rows).encode()), **options)
    return {name: one for name, one in found.items() if isinstance(one, Recording)}


def cells(values: np.ndarray, *mark: str) -> str:
    return ",".join(",".join([f"{value:.3f}", *mark]) for value in values)


@pytest.mark.parametrize("in_turn", [False, True])
@pytest.mark.parametrize("meters", [(1012345678901, 1012345678902), ("import", "export")])
def test_rows_of_one_day_are_those_of_several_meters(
    meters: tuple[Any, ...], in_turn: bool
) -> None:
    rows = [(day, meter) for meter in range(2) for day in range(40)]
    found = series(
        f"MPAN,Date,{','.join(CLOCKS)}",
        *(
            f"{meters[meter]},{DAYS[day]},{cells(HALVES[day] + meter)}"
            for day, meter in (sorted(rows) if in_turn else rows)
        ),
    )
    assert [*found] == [*map(str, meters)]
    for number, one in enumerate(found.values()):
        assert (one.fs, one.channels) == (1 / 1800, ("value",))
        np.testing.assert_allclose(one.values[:, 0], HALVES.ravel() + number)


def test_two_columns_may_tell_the_rows_of_one_day_apart() -> None:
    told = [(meter, kind) for meter in ("E1", "E2") for kind in ("AI", "RI")]
    found = series(
        f"Meter,Type,Date,{','.join(CLOCKS)}",
        *(
            f"{meter},{kind},{d},{cells(x)}"
            for meter, kind in told
            for d, x in zip(DAYS, HALVES, strict=True)
        ),
    )
    assert [*found] == [f"{meter} / {kind}" for meter, kind in told]
    assert {one.n_samples for one in found.values()} == {1920}


@pytest.mark.parametrize(
    ("names", "good", "bad"),
    [
        ("HH{0},Status{0}", "A", None),
        ("H{0:02d},V{0:02d}", "V", "N"),
        ("H{0:02d},Q{0:02d}", "good", "bad"),
        ("H{0:02d},Q{0:02d}", "1", None),
    ],
)
def test_marks_take_turns_with_the_values_of_a_day(names: str, good: str, bad: str | None) -> None:
    rows = [f"{d},{cells(x, good)}" for d, x in zip(DAYS, HOURS, strict=True)]
    if bad:
        rows[3] = rows[3].replace(good, bad, 1)
    found = recording(f"Date,{','.join(map(names.format, range(1, 25)))}", *rows)
    assert (found.fs, found.channels) == (1 / 3600, ("value",))
    known = HOURS.ravel()
    same = np.arange(960) != (72 if bad else -1)
    np.testing.assert_allclose(found.values[same, 0], known[same])
    assert bool(found.interpolated[72]) == bool(bad)


def test_days_in_parts_stand_before_their_hours() -> None:
    names = ";".join(f"H{i:02d};V{i:02d}" for i in range(1, 25))
    rows = [
        f"28;{m};2024;{d[5:7]};{d[8:]};{cells(x, 'V').replace(',', ';')}"
        for m in (1, 8)
        for d, x in zip(DAYS, HOURS, strict=True)
    ]
    found = series(f"PROVINCIA;MAGNITUD;ANO;MES;DIA;{names}", *rows)
    assert [*found] == ["1", "8"]
    for one in found.values():
        assert (one.fs, one.index[0]) == (1 / 3600, pd.Timestamp("2024-03-01"))
        np.testing.assert_allclose(one.values[:, 0], HOURS.ravel())


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("stations", ["A", "AB"])
def test_hours_are_counted_above_the_values_beside_words(first: int, stations: str) -> None:
    rows = [f"{s},{d},{cells(x)}" for s in stations for d, x in zip(DAYS, HOURS, strict=True)]
    found = series(f"Station,Date,{','.join(map(str, range(first, first + 24)))}", *rows)
    assert len(found) == len(stations)
    for one in found.values():
        assert one.fs == 1 / 3600
        np.testing.assert_allclose(one.values[:, 0], HOURS.ravel())


def test_numbered_channels_of_series_or_with_marks_are_no_times_of_a_day() -> None:
    names = ",".join(f"f{i}" for i in range(1, 25))
    rows = [f"{d},{s},{cells(x)}" for s in "AB" for d, x in zip(DAYS, HOURS, strict=True)]
    found = series(f"Date,stock,{names}", *rows)
    assert [one.values.shape for one in found.values()] == [(40, 24)] * 2
    names = ",".join(f"s{i},state{i}" for i in range(1, 25))
    one = recording(
        f"Date,{names}", *(f"{d},{cells(x, 'ok')}" for d, x in zip(DAYS, HOURS, strict=True))
    )
    assert one.values.shape == (40, 24)


def test_numbered_channels_of_instants_are_no_times_of_a_day() -> None:
    stamps = pd.date_range("2024-03-01", periods=40, freq="h").strftime("%F %T")
    names = ",".join(f"f{i}" for i in range(1, 25))
    found = recording(
        f"time,{names}", *(f"{t},{cells(x)}" for t, x in zip(stamps, HOURS, strict=True))
    )
    assert found.values.shape == (40, 24)


def test_a_day_with_two_rows_and_nothing_that_tells_them_apart_is_no_meter() -> None:
    rows = [f"{d},{cells(x)}" for d, x in zip(DAYS, HALVES, strict=True)]
    again = f"{DAYS[3]},{cells(HALVES[3] + 1)}"
    with pytest.raises(DataError, match="time stamp of line"):
        recording(f"Date,{','.join(CLOCKS)}", *rows[:4], again, *rows[4:])
