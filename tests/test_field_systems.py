"""Tables of systems in the field: cut decimals, qualities, archives, names beside matrices."""

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from spectra.datasets import read
from spectra.errors import DataError
from written import N, is_read, recording, stamps

RNG = np.random.default_rng(83)
LEFT = np.round(20 + RNG.normal(size=N), 3)
RIGHT = np.round(50 + 5 * RNG.normal(size=N), 1)


def cut(number: float, digits: int) -> str:
    """Return a number with a decimal comma."""
    return f"{number:.{digits}f}".replace(".", ",")


@pytest.mark.parametrize(("values", "digits"), [(LEFT, 3), (RIGHT, 1)])
def test_one_way_to_read_decimal_commas_is_taken(values: np.ndarray, digits: int) -> None:
    rows = [
        f"{t},C,{cut(x, digits)}" for t, x in zip(stamps("%d/%m/%y %H:%M"), values, strict=True)
    ]
    is_read(recording("Mission: 4", "Date/Time,Unit,Value", *rows), values)


def test_decimal_commas_of_several_columns_are_read_in_turn() -> None:
    both = zip(stamps("%Y-%m-%d %H:%M"), LEFT, RIGHT, strict=True)
    rows = [f"{t},{cut(x, 3)},{cut(y, 1)}" for t, x, y in both]
    found = recording("time,temp,hum", *rows)
    assert found.channels == ("temp", "hum")
    is_read(found, LEFT, RIGHT)


def test_decimal_commas_that_may_cut_one_number_or_another_are_refused() -> None:
    both = zip(stamps("%Y-%m-%d %H:%M"), LEFT, RIGHT, strict=True)
    rows = [f"{t},{int(x)},{int(y)},{i % 10}" for i, (t, x, y) in enumerate(both)]
    with pytest.raises(DataError, match="cut one number or another"):
        recording("time,a,b", *rows)


@pytest.mark.parametrize("name", ["Valid", "Good"])
def test_a_column_of_valid_values_may_hold_codes_of_opc(name: str) -> None:
    codes = [0 if i % 10 == 4 else 192 for i in range(N)]
    rows = [f"{i},{x},{code}" for i, (x, code) in enumerate(zip(LEFT, codes, strict=True))]
    found = recording(f"time,value,{name}", *rows)
    assert found.channels == ("value",)
    kept = ~found.interpolated
    assert list(np.flatnonzero(~kept)) == [4, 14, 24, 34, 44, 54]
    np.testing.assert_array_equal(found.values[kept, 0], LEFT[kept])


@pytest.mark.parametrize("unit", ["mm", "m", "cm"])
def test_a_row_of_settings_as_wide_as_the_rows_stands_above_names(unit: str) -> None:
    head = [
        "PathFileType\t4\t(X/Y/Z)\twalk.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tStart\tOrigNumFrames",
        f"100.00\t100.00\t60\t2\t{unit}\t100.00\t1\t60",
        "Frame#\tTime\tRASI\t\t\tLASI\t\t\t",
        "\t\tX1\tY1\tZ1\tX2\tY2\tZ2",
        "",
    ]
    rows = [
        f"{i + 1}\t{i / 100:.3f}\t{x}\t{y}\t{x}\t{x}\t{y}\t{x}"
        for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))
    ]
    found = recording(*head, *rows)
    assert (found.n_samples, found.fs) == (N, 100)
    is_read(found, LEFT, RIGHT, LEFT, LEFT, RIGHT, LEFT)


@pytest.mark.parametrize("sign", [".", ","])
def test_cells_may_stand_in_single_quotes(sign: str) -> None:
    both = zip(stamps("%Y-%m-%d %H:%M"), LEFT, RIGHT, strict=True)
    rows = [f"'{t}','{x}','{y}'".replace(".", sign) for t, x, y in both]
    found = recording("'time','temp','hum'", *rows)
    assert found.channels == ("temp", "hum")
    is_read(found, LEFT, RIGHT)


@pytest.mark.parametrize(
    "names",
    [
        np.array(["temp", "hum"], dtype=object),
        np.array([["temp"], ["hum"]], dtype=object),
        ["temp", "hum "],
    ],
)
@pytest.mark.parametrize("compressed", [True, False])
def test_texts_of_matlab_name_the_columns_of_a_matrix(names: object, *, compressed: bool) -> None:
    data = np.column_stack([LEFT, RIGHT])
    for variables in ({"data": data, "labels": names}, {"EEG": {"data": data, "ch_names": names}}):
        file = io.BytesIO()
        savemat(file, variables, do_compression=compressed)
        assert read(io.BytesIO(file.getvalue())).channels == ("temp", "hum")


def test_labels_of_the_elements_of_a_structure_name_the_columns_of_a_matrix() -> None:
    file = io.BytesIO()
    places = np.array([("Fz", 1.0), ("Cz", 2.0)], dtype=[("labels", object), ("X", object)])
    savemat(file, {"EEG": {"data": np.vstack([LEFT, RIGHT]), "srate": 250.0, "chanlocs": places}})
    found = read(io.BytesIO(file.getvalue()))
    assert (found.channels, found.fs) == (("Fz", "Cz"), 250)
    is_read(found, LEFT, RIGHT)


CALLS = ["{}", "/*O_o*/\ngoogle.visualization.Query.setResponse({});", ")]}}'\n{}"]


@pytest.mark.parametrize("call", CALLS)
def test_tables_of_google_charts_have_dates_whose_months_count_from_0(call: str) -> None:
    columns = [{"id": "A", "label": "time", "type": "datetime"}, {"id": "B", "label": "temp"}]
    rows = [
        {"c": [{"v": f"Date(2024,0,31,{i // 60},{i % 60},0)", "f": "x"}, {"v": x, "f": f"{x} K"}]}
        for i, x in enumerate(LEFT)
    ]
    answer = json.dumps({"status": "ok", "table": {"cols": columns, "rows": rows}})
    found = recording(call.format(answer))
    assert (found.channels, found.index[0]) == (("temp",), pd.Timestamp("2024-01-31"))
    assert found.fs == pytest.approx(1 / 60)
    is_read(found, LEFT)


@pytest.mark.parametrize("other", ["README.txt", "docs/LICENSE", "Metadaten_Geraet.txt", "a.pdf"])
def test_what_says_what_the_only_file_of_an_archive_holds_is_left_out(other: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(other, "1;2\n3;4\n")
        archive.writestr("__MACOSX/._data.csv", b"\0")
        archive.writestr(
            "data.csv", "\n".join(["time,a", *[f"{i},{x}" for i, x in enumerate(LEFT)]])
        )
    is_read(read(io.BytesIO(file.getvalue())), LEFT)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("b.csv", "time,a\n1,2\n2,3\n")
    with pytest.raises(DataError, match="zip archive"):
        read(io.BytesIO(file.getvalue()))


@pytest.mark.parametrize("name", ["Frequency (Hz)", "freq", "Frequenz [Hz]"])
def test_a_spectrum_beside_its_frequencies_is_no_signal(name: str) -> None:
    half = N // 2
    rows = [
        f"{i / 100:.2f},{x},{2 * i},{y}" for i, (x, y) in enumerate(zip(LEFT, RIGHT, strict=True))
    ]
    rows = [
        row if i < half else ",".join([*row.split(",")[:2], "", ""]) for i, row in enumerate(rows)
    ]
    found = recording(f"Time (s),wave,{name},power", *rows)
    assert (found.channels, found.fs) == (("wave",), 100)
    assert any("which is no time: left out" in note for note in found.notes)
    swept = recording(f"Time (s),{name},power", *[f"{i},{2 * i},{x}" for i, x in enumerate(LEFT)])
    assert swept.channels == ("power",)


@pytest.mark.parametrize("title", ["Channel {}", "Sensor #{}", "[Channel {}]"])
def test_a_block_of_another_number_is_refused(title: str) -> None:
    blocks = [[title.format(number), "fs=2560", *map(str, LEFT)] for number in (1, 2)]
    with pytest.raises(DataError, match="another signal begins"):
        recording(*blocks[0], *blocks[1])
