"""Sheets of Excel workbooks are read as openpyxl wrote them, like text tables."""

import datetime
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, to_excel

from spectra.datasets import read
from spectra.errors import DataError

RNG = np.random.default_rng(12)
FLOW = RNG.normal(size=100)


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def table(header: list[object]) -> list[list[object]]:
    start = datetime.datetime(2024, 3, 1, 12)
    rows: list[list[object]] = [
        [start + datetime.timedelta(minutes=5 * i), float(value), i * i % 7]
        for i, value in enumerate(FLOW)
    ]
    return [header, *rows]


HEADER: list[object] = ["when", "flow", "level"]


def test_cells_are_read_as_they_were_written(tmp_path: Path) -> None:
    recording = read(workbook(tmp_path / "a.xlsx", {"Data": table(HEADER)}))
    assert recording.channels == ("flow", "level")
    assert recording.fs == 1 / 300
    # openpyxl writes 16 digits of 17.
    np.testing.assert_allclose(recording.values[:, 0], FLOW, rtol=5e-16, atol=0)
    assert recording.values[:, 1].tolist() == [i * i % 7 for i in range(100)]
    assert recording.index[1] == pd.Timestamp("2024-03-01 12:05")


def test_first_sheet_is_read_with_a_note_and_others_by_name_or_number(tmp_path: Path) -> None:
    other: list[list[object]] = [["x"], *([i] for i in range(9))]
    path = workbook(tmp_path / "a.xlsx", {"Data": table(HEADER), "Pump 2": other})
    recording = read(path)
    assert recording.channels == ("flow", "level")
    assert "Sheet 'Data' is read, of 'Data', 'Pump 2' (--sheet chooses)." in recording.notes
    for sheet in ("Pump 2", "pump 2", "2"):
        assert read(path, sheet=sheet).values[:, 0].tolist() == list(range(9))
    with pytest.raises(DataError, match="has no sheet 'Pump': there are 'Data', 'Pump 2'"):
        read(path, sheet="Pump")


@pytest.mark.parametrize(
    "above",
    [
        {"Cover": [["Report"], ["Date", datetime.datetime(2024, 3, 6)]]},
        {"Empty": []},
        {"Cover": [["Report"]], "Settings": [["Name", "Value"], ["Interval", 15], ["Unit", "kW"]]},
        {"Summary": [["Metric", "Value"], ["Mean", 20.1], ["Max", 25.2], ["Min", 15.0]]},
        {"Config": [["Channel", "Gain"], *([float(i), 1.5 + i % 3] for i in range(9))]},
    ],
)  # fmt: skip
def test_table_behind_short_sheets_is_read(
    tmp_path: Path, above: dict[str, list[list[object]]]
) -> None:
    path = workbook(tmp_path / "a.xlsx", {**above, "Data": table(HEADER)})
    recording = read(path)
    assert recording.channels == ("flow", "level")
    assert recording.fs == 1 / 300
    assert recording.notes[0].startswith("Sheet 'Data' is read, of ")


def test_hidden_sheet_is_read_by_its_name_only(tmp_path: Path) -> None:
    hidden: list[list[object]] = [["t", "k"], *([i, i % 7] for i in range(100))]
    book = openpyxl.load_workbook(
        workbook(tmp_path / "a.xlsx", {"calc": hidden, "Data": table(HEADER)})
    )
    book.worksheets[0].sheet_state = "veryHidden"
    book.active = 1
    book.save(tmp_path / "a.xlsx")
    assert read(tmp_path / "a.xlsx").channels == ("flow", "level")
    assert read(tmp_path / "a.xlsx", sheet="calc").channels == ("k",)


def test_first_sheet_without_times_is_read_beside_one_that_is_no_longer(tmp_path: Path) -> None:
    plain: list[list[object]] = [["x"], *([float(v)] for v in FLOW)]
    path = workbook(tmp_path / "a.xlsx", {"Plain": plain, "Data": table(HEADER)})
    assert read(path).channels == ("x",)


def test_fault_in_the_table_behind_a_cover_is_told(tmp_path: Path) -> None:
    rows = table(HEADER)
    rows[41][1] = "over the top"
    path = workbook(tmp_path / "a.xlsx", {"Cover": [["Report"]], "Data": rows})
    with pytest.raises(DataError, match=r"sheet 'Data', line 42, column 'flow': 'over the top'"):
        read(path)


@pytest.mark.parametrize("every", [1, 2])
def test_numbers_that_are_texts_with_decimal_commas(tmp_path: Path, every: int) -> None:
    rows = table(HEADER)
    for row in rows[1::every]:
        row[1] = f"{row[1]:.2f}".replace(".", ",")
    recording = read(workbook(tmp_path / "a.xlsx", {"Data": rows}))
    np.testing.assert_allclose(recording.values[:, 0], FLOW, atol=0.0051)


def test_lines_of_messages_are_rows_of_the_sheet(tmp_path: Path) -> None:
    rows = table(HEADER)
    rows[41][1] = "over\nthe top"
    path = workbook(tmp_path / "a.xlsx", {"Data": rows})
    with pytest.raises(DataError, match=r"sheet 'Data', line 42, column 'flow': 'over the top'"):
        read(path, channels="flow")


def test_empty_cells_are_missing_values(tmp_path: Path) -> None:
    rows = table(HEADER)
    rows[11][1] = None
    recording = read(workbook(tmp_path / "a.xlsx", {"Data": rows}))
    assert np.flatnonzero(recording.interpolated).tolist() == [10]


def test_content_decides_and_streams_are_read(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.csv", {"Data": table(HEADER)})
    with path.open("rb") as stream:
        assert read(stream).channels == read(path).channels == ("flow", "level")


@pytest.mark.parametrize("cell", ["XFD1048576", "A1048576"])
def test_cell_far_away_is_refused_before_memory_is_taken(
    tmp_path: Path, cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = openpyxl.Workbook()
    for title in ("A1", "C2", cell):
        book.worksheets[0][title] = 1
    book.save(tmp_path / "a.xlsx")
    monkeypatch.setattr("spectra.datasets.memory.machine_bytes", lambda: 10**8)
    with pytest.raises(DataError, match="delete what is in row 1048576 or in the last column"):
        read(tmp_path / "a.xlsx")


@pytest.mark.parametrize("keep", [100, 1000, 3000, 5000])
def test_truncated_file_gets_one_sentence(tmp_path: Path, keep: int) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Data": table(HEADER)})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"a\.xlsx is damaged or not complete as an Excel workbook"):
        read(path)


def test_damaged_file_is_read_or_gets_one_sentence(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Data": table(HEADER)})
    data = path.read_bytes()
    for _ in range(60):
        broken = bytearray(data)
        for place in RNG.integers(0, len(data), 4):
            broken[place] = RNG.integers(256)
        path.write_bytes(broken)
        # Any other error fails the test, and so does a warning.
        with suppress(DataError):
            read(path)


def test_document_that_is_no_workbook_gets_one_sentence(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<document/>")
    with pytest.raises(DataError, match=r"a\.docx is damaged or not complete as an Excel"):
        read(tmp_path / "a.docx")


@pytest.mark.parametrize("rows", [[], [["a", "b"]], [["text"], ["only"], ["here"]]])
def test_sheet_without_numbers_gets_one_sentence(tmp_path: Path, rows: list[list[object]]) -> None:
    with pytest.raises(DataError, match=r"a\.xlsx"):
        read(workbook(tmp_path / "a.xlsx", {"Data": rows}))


def test_missing_library_is_named_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Data": table(HEADER)})
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(DataError, match=r"pip install 'spectra-anomaly\[excel\]'"):
        read(path)


def parts_of(path: Path) -> dict[str, bytes]:
    """Return the parts of a small workbook."""
    book = openpyxl.Workbook()
    for row in zip("ab", *(np.arange(20.0).reshape(10, 2) % 7), strict=True):
        book.active.append(row)
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


SHEET = "xl/worksheets/sheet1.xml"
CELL = b'<c r="B2"'


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        (b'<c r="XFD1048576"', SHEET),
        (b'<c r="XFD1048576"', "xl/else/where.bin"),
        (b"<c r='XFD1048576'", SHEET),
        (b'<c  r = "XFD1048576"', SHEET),
        (b"<c\n" + b" " * 2000 + b'r="XFD1048576"', SHEET),
        (b'<c r="&#88;FD1048576"', SHEET),
        (b'<c r="xfd1048576"', SHEET),
    ],
)
def test_a_cell_far_from_the_others_is_found_however_it_is_written(
    tmp_path: Path, cell: bytes, name: str
) -> None:
    # Otherwise the process ends for want of memory.
    path = tmp_path / "a.xlsx"
    parts = parts_of(path)
    assert CELL in parts[SHEET]
    parts[name] = parts.pop(SHEET).replace(CELL, cell)
    relations = parts["xl/_rels/workbook.xml.rels"]
    target = b"/xl/worksheets/sheet1.xml"
    assert target in relations
    parts["xl/_rels/workbook.xml.rels"] = relations.replace(target, f"/{name}".encode())
    with zipfile.ZipFile(path, "w") as archive:
        for other, content in parts.items():
            archive.writestr(other, content)
    with pytest.raises(DataError, match=r"holds 17,179,869,184 values.*: delete what is in row"):
        read(path)


def test_cells_without_places_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    parts = parts_of(path)
    rows = b"<row>" + b"<c/>" * 16_000 + b"</row>" + b"<row/>" * 60_000 + b"</sheetData>"
    parts[SHEET] = parts[SHEET].replace(b"</sheetData>", rows)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(DataError, match="says that it holds 960,048,000 values"):
        read(path)


@pytest.mark.parametrize("pattern", [b"<row r=", b"<c r="])
def test_places_written_in_another_way_are_read_all_the_same(
    tmp_path: Path, pattern: bytes
) -> None:
    path = tmp_path / "a.xlsx"
    parts = parts_of(path)
    expected = read(path).values
    parts[SHEET] = parts[SHEET].replace(pattern, pattern.replace(b" ", b"\n"))
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    np.testing.assert_array_equal(read(path).values, expected)


@pytest.mark.parametrize("epoch", [CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900])
@pytest.mark.parametrize("form", ["General", "yyyy-mm-dd hh:mm"])
def test_day_numbers_count_from_the_year_that_the_workbook_says(
    tmp_path: Path, epoch: datetime.datetime, form: str
) -> None:
    book = openpyxl.Workbook()
    book.epoch = epoch
    sheet = book.active
    assert sheet is not None
    sheet.append(["Date", "flow"])
    start = datetime.datetime(2024, 3, 1)
    for hour, value in enumerate(FLOW):
        sheet.append([to_excel(start + datetime.timedelta(hours=hour), epoch), float(value)])
        sheet.cell(row=hour + 2, column=1).number_format = form
    book.save(tmp_path / "a.xlsx")
    found = read(tmp_path / "a.xlsx")
    assert found.index[0] == pd.Timestamp(start)
    assert found.fs == pytest.approx(1 / 3600)
