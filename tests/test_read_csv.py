"""CSV as it is in the world: the same numbers from any notation, or one sentence."""

import csv
import gzip
import io
import re
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra.datasets import Recording, read
from spectra.datasets.readers.tables import fill_values
from spectra.errors import DataError

N = 60
LEFT = np.round(np.random.default_rng(0).normal(size=N), 3)
RIGHT = np.round(np.random.default_rng(1).normal(size=N) * 100, 2)
DATES = [f"2024-03-01T{i // 60:02d}:{i % 60:02d}:00" for i in range(N)]


def source(text: str | bytes, encoding: str = "utf-8") -> io.BytesIO:
    """A file of that text, called data.csv."""
    file = io.BytesIO(text if isinstance(text, bytes) else text.encode(encoding))
    file.name = "data.csv"
    return file


def table(
    columns: Iterable[Iterable[object]], header: Sequence[str] | None = None, delimiter: str = ","
) -> str:
    """The text of a table."""
    rows = zip(*columns, strict=True)
    return "".join(
        delimiter.join(map(str, row)) + "\n" for row in chain([header] if header else [], rows)
    )


def usual(delimiter: str = ",") -> str:
    """The text of a table of two channels under a header, with time."""
    return table([DATES, LEFT, RIGHT], ["time", "left", "right"], delimiter)


def with_cell(row: int, cell: object) -> str:
    """The usual table with a cell of the last column replaced."""
    right = [*RIGHT[:row], cell, *RIGHT[row + 1 :]]
    return table([DATES, LEFT, right], ["time", "left", "right"])


def is_usual(recording: Recording) -> None:
    """Assert that a recording is the usual table."""
    np.testing.assert_array_equal(recording.values, np.column_stack([LEFT, RIGHT]))
    assert recording.channels == ("left", "right")
    assert recording.fs == pytest.approx(1 / 60)
    assert recording.index.equals(pd.DatetimeIndex(DATES).rename("time"))


def refused(text: str | bytes, said: str, **arguments: Any) -> None:
    """Assert that a file gets a sentence that names it and says so."""
    with pytest.raises(DataError, match=said) as caught:
        read(source(text), **arguments)
    assert "data.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def comma(values: Iterable[float], quote: str = "") -> list[str]:
    """Numbers with a decimal comma."""
    return [quote + str(value).replace(".", ",") + quote for value in values]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " ", "   ", ", ", " ; "])
def test_delimiters(delimiter: str) -> None:
    is_usual(read(source(usual(delimiter))))
    bare = read(source(table([LEFT, RIGHT], None, delimiter)))
    np.testing.assert_array_equal(bare.values, np.column_stack([LEFT, RIGHT]))
    assert bare.channels == ("ch1", "ch2")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n", "\r\n\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends(end: str, last: bool) -> None:
    text = usual().replace("\n", end)
    is_usual(read(source(text if last else text.removesuffix(end))))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"]
)
def test_encodings(encoding: str) -> None:
    found = read(source(usual().replace("left", "Kühlwasser °C"), encoding))
    assert found.channels == ("Kühlwasser °C", "right")
    np.testing.assert_array_equal(found.values[:, 0], LEFT)
    is_usual(read(source(usual(), encoding)))


def test_a_letter_outside_ascii_far_down() -> None:
    text = table(
        [DATES, LEFT, RIGHT, ["ok"] * (N - 1) + ["süß"]], ["time", "left", "right", "note"]
    )
    long = text + "".join(
        f"2024-03-01T{1 + i // 60:02d}:{i % 60:02d}:00,1,2,süß\n" for i in range(1000)
    )
    for encoding in ("utf-8", "latin-1"):
        assert read(source(long, encoding)).n_samples == N + 1000


def test_gzip_by_its_content_and_not_its_name(tmp_path: Path) -> None:
    for name in ("data.csv.gz", "data.csv", "data.bin"):
        (tmp_path / name).write_bytes(gzip.compress(usual().encode()))
        is_usual(read(tmp_path / name))
    is_usual(read(source(gzip.compress(usual().encode("utf-16")))))
    assert read(tmp_path / "data.csv.gz").name == "data"
    whole = gzip.compress(usual().encode())
    refused(whole[:-20], "not a complete gzip file")
    refused(whole[:200] + bytes(50) + whole[250:], "gzip")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
def test_quotes(delimiter: str, quoting: Any) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, quoting=quoting)
    writer.writerow(["time", "left", "right"])
    writer.writerows(zip(DATES, LEFT.tolist(), RIGHT.tolist(), strict=True))
    is_usual(read(source(file.getvalue())))


def test_quoted_fields_hold_delimiters_quotes_and_lines() -> None:
    notes = ['"a, b"', '"say ""no"""', '"two\nlines"'] * (N // 3)
    found = read(source(table([DATES, LEFT, notes, RIGHT], ["time", "left", "note", "right"])))
    is_usual(found)
    assert found.notes == ("column 'note' holds text: left out.",)
    names = read(source(table([LEFT, RIGHT], ['"left, mm"', '"right ""B"""'])))
    assert names.channels == ("left, mm", 'right "B"')


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    notes = ['"two\nlines"'] * N
    right = [*RIGHT[:10], "broken", *RIGHT[11:]]
    # The header takes a line, and each of the ten rows above two; the row itself ends on its
    # second.
    refused(
        table([DATES, notes, right], ["time", "note", "right"]),
        "line 23, column 'right': 'broken' is not a number",
    )
    refused(table([DATES, right], ["time", '"right\n(mm)"']), "line 13, column")
    refused(
        "# made today\n\n" + table([DATES, right], ["time", "right"]), "line 14, column 'right'"
    )


@pytest.mark.parametrize("delimiter", [";", "\t", " ", "|"])
def test_decimal_commas(delimiter: str) -> None:
    is_usual(
        read(
            source(table([DATES, comma(LEFT), comma(RIGHT)], ["time", "left", "right"], delimiter))
        )
    )
    one = read(source(table([comma(LEFT)], ["left"], delimiter)))
    np.testing.assert_array_equal(one.values[:, 0], LEFT)


def test_decimal_commas_in_quotes_between_commas() -> None:
    is_usual(
        read(source(table([DATES, comma(LEFT, '"'), comma(RIGHT, '"')], ["time", "left", "right"])))
    )


def test_a_broken_cell_among_decimal_commas_is_the_one_that_is_named() -> None:
    right = [*comma(RIGHT[:20]), "kaputt", *comma(RIGHT[21:])]
    refused(
        table([DATES, right], ["time", "right"], ";"),
        "line 22, column 'right': 'kaputt' is not a number",
    )
    found = read(
        source(
            table([DATES, [*comma(RIGHT[:20]), "n/a", *comma(RIGHT[21:])]], ["time", "right"], ";")
        )
    )
    np.testing.assert_array_equal(np.delete(found.values[:, 0], 20), np.delete(RIGHT, 20))


def grouped(values: Iterable[float], thousands: str, decimal: str, digits: int = 2) -> list[str]:
    """Numbers with signs between their thousands."""
    signs = str.maketrans({",": thousands, ".": decimal})
    return [f"{value:,.{digits}f}".translate(signs) for value in values]


@pytest.mark.parametrize(
    ("thousands", "decimal", "delimiter", "quote"),
    [
        (",", ".", ",", '"'),
        (",", ".", ";", ""),
        (",", ".", "\t", ""),
        (".", ",", ";", ""),
        (".", ",", ",", '"'),
        (" ", ".", ",", ""),
        (" ", ",", ";", ""),
        ("'", ".", ",", ""),
        ("\u00a0", ",", ";", ""),
        ("\u202f", ",", ";", ""),
    ],
)
def test_signs_between_thousands(thousands: str, decimal: str, delimiter: str, quote: str) -> None:
    large = RIGHT * 1e5
    cells = [quote + cell + quote for cell in grouped(large, thousands, decimal)]
    found = read(source(table([DATES, cells], ["time", "right"], delimiter)))
    np.testing.assert_allclose(found.values[:, 0], large, rtol=1e-12)
    assert found.channels == ("right",)


def test_whole_thousands_in_quotes_are_no_decimals_and_that_is_said() -> None:
    large = np.round(np.abs(RIGHT) * 1e5 + 1000)
    cells = [f'"{cell}"' for cell in grouped(large, ",", ".", 0)]
    found = read(source(table([DATES, cells], ["time", "right"])))
    np.testing.assert_array_equal(found.values[:, 0], large)
    assert any("thousands" in note for note in found.notes)


@pytest.mark.parametrize(
    ("decimal", "delimiter"), [(".", ","), (".", ";"), (",", ";"), (",", "\t"), (".", " ")]
)
def test_three_decimals_are_no_thousands(decimal: str, delimiter: str) -> None:
    values = np.abs(LEFT) + 1
    cells = [f"{value:.3f}".replace(".", decimal) for value in values]
    # Without a name above it a single column 1,055 is two of whole numbers.
    for columns, header in (([cells], ["left"]), ([cells, cells], None)):
        found = read(source(table(columns, header, delimiter)))
        np.testing.assert_array_equal(found.values[:, 0], np.round(values, 3))
        assert not any("thousands" in note for note in found.notes)


def test_headers_and_their_absence() -> None:
    for names, expected in (
        (["left", "right"], ("left", "right")),
        (['"left"', '"right"'], ("left", "right")),
        (["'left'", "'right'"], ("left", "right")),
        (["left", "left"], ("left", "left.1")),
        (["left", ""], ("left", "column 2")),
        (["500", "left"], ("500", "left")),
        (["Na", "Cl"], ("Na", "Cl")),
        (None, ("ch1", "ch2")),
    ):
        found = read(source(table([LEFT, RIGHT], names)))
        assert found.channels == expected
        np.testing.assert_array_equal(found.values, np.column_stack([LEFT, RIGHT]))
    assert read(source(table([LEFT]))).channels == ("value",)
    assert read(source(table([LEFT], ["left"]))).channels == ("left",)


@pytest.mark.parametrize(
    "rows", ["nan,1.5,on\n", "nan,nan,on\n", ",,\n,,\n", "NA,2,off\nNA,NA,off\n3,NA,on\n"]
)
@pytest.mark.parametrize("header", ["left,right,state\n", ""])
def test_first_rows_with_missing_values_are_data(rows: str, header: str) -> None:
    found = read(source(header + rows + table([LEFT, RIGHT, ["on"] * N])))
    assert found.n_samples == N + rows.count("\n")
    assert np.isnan(found.values[0, 0])


@pytest.mark.parametrize(
    "above",
    [
        "# made by a logger\n# serial, 12, 34\n",
        "% made by a logger\n",
        "; made by a logger\n",
        "// made by a logger\n",
        "\n\n# late\n\n",
        "Logger X100\n",
        "Logger X100 export of today\nserial number 1234\n\n",
        "Device,X100\nSerial,1234\nInterval,60\n",
        "sep=,\n",
    ],
)
def test_what_stands_above_the_table(above: str) -> None:
    is_usual(read(source(above + usual())))


def test_units_below_the_names_are_no_values_and_that_is_said() -> None:
    found = read(source("time,left,right\ns,mm,degC\n" + table([DATES, LEFT, RIGHT])))
    is_usual(found)
    assert found.notes == ("1 row of text above the numbers: left out.",)
    info = '"TOA5","a","CR1000","1","CPU:a.CR1"\n'
    loggernet = info + '"time","left","right"\n"TS","V","C"\n"","Avg","Smp"\n'
    is_usual(read(source(loggernet + table([[f'"{date}"' for date in DATES], LEFT, RIGHT]))))


def test_the_csv_of_physionet() -> None:
    clock = [f"'0:00.{i * 4:03d}'" for i in range(N)]
    text = "'Elapsed time','MLII','V5'\n'mm:ss.mmm','mV','mV'\n" + table([clock, LEFT, RIGHT])
    found = read(source(text))
    assert found.channels == ("MLII", "V5")
    assert found.fs == 250.0
    np.testing.assert_array_equal(found.values, np.column_stack([LEFT, RIGHT]))


@pytest.mark.parametrize("mark", ["#", "%"])
@pytest.mark.parametrize("comment", [" a word", " one, two, three", "a,b,c,d,e,f", ""])
@pytest.mark.parametrize("row", [1, 30, N])
def test_comment_lines_in_the_table(mark: str, comment: str, row: int) -> None:
    lines = usual().splitlines(keepends=True)
    lines.insert(row + 1, mark + comment + "\n")
    is_usual(read(source("".join(lines))))


def test_comment_lines_far_below_what_is_looked_at() -> None:
    rows = 20_000
    values = np.round(np.random.default_rng(2).normal(size=rows), 3)
    dates = pd.date_range("2024", periods=rows, freq="1s").strftime("%Y-%m-%dT%H:%M:%S")
    for columns, header in (([values], ["value"]), ([dates, values], ["time", "value"])):
        lines = table(columns, header).splitlines(keepends=True)
        lines.insert(rows - 5, "# restarted\n")
        np.testing.assert_array_equal(read(source("".join(lines))).values[:, 0], values)


def test_names_in_the_last_comment_as_numpy_writes_them() -> None:
    file = io.BytesIO()
    np.savetxt(file, np.column_stack([LEFT, RIGHT]), delimiter=",", header="left,right")
    assert read(source(file.getvalue())).channels == ("left", "right")


def test_what_pandas_and_r_write() -> None:
    frame = pd.DataFrame({"left": LEFT, "right": RIGHT}, index=pd.DatetimeIndex(DATES, name="time"))
    is_usual(read(source(frame.to_csv())))
    is_usual(read(source(frame.reset_index().to_csv())))
    is_usual(read(source(frame.reset_index().to_csv(sep=";", decimal=","))))
    rows = table([[f'"{i + 1}"' for i in range(N)], DATES, LEFT, RIGHT], None, " ")
    is_usual(read(source('"time" "left" "right"\n' + rows)))


@pytest.mark.parametrize("header", [["time", "left", "right", ""], ["time", "left", "right"]])
def test_a_delimiter_at_the_end_of_every_line(header: list[str]) -> None:
    text = ",".join(header) + "\n" + table([DATES, LEFT, RIGHT, [""] * N])
    found = read(source(text))
    is_usual(found)
    assert found.notes == ()


@pytest.mark.parametrize(
    "word",
    ["", " ", "NA", "N/A", "n/a", "nan", "NaN", "null", "NULL", "None", "-", "?", "#N/A", '""'],
)
def test_missing_values(word: str) -> None:
    found = read(source(with_cell(20, word)))
    assert found.interpolated.tolist() == [i == 20 for i in range(N)]
    assert found.values[20, 1] == pytest.approx((RIGHT[19] + RIGHT[21]) / 2)
    np.testing.assert_array_equal(found.values[:, 0], LEFT)
    assert found.notes == (
        "1 sample missing in gaps of at most 5: filled by straight lines and marked.",
    )


def test_rows_that_end_early_have_missing_values() -> None:
    lines = usual().splitlines()
    lines[21] = lines[21].rpartition(",")[0]
    found = read(source("\n".join(lines)))
    assert np.flatnonzero(found.interpolated).tolist() == [20]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1e3", 1000.0),
        ("+2.5", 2.5),
        ("-.5", -0.5),
        ("3.", 3.0),
        ("007", 7.0),
        ("1E-2", 0.01),
        ("true", 1.0),
        ("False", 0.0),
    ],
)
def test_ways_to_write_a_number(cell: str, value: float) -> None:
    assert read(source(with_cell(20, cell))).values[20, 1] == value


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("broken", "'broken' is not a number"),
        ("12 mm", "'12 mm' is not a number"),
        ("1/0!", "'1/0!' is not a number"),
        ("1.2.3", "'1.2.3' is not a number"),
        ("inf", "the value is infinite"),
        ("-Infinity", "the value is infinite"),
        ("1e999", "the value is infinite"),
        ("1.797e308", r"the value 1\.8e\+308 is too large"),
        ("-1e101", r"the value -1e\+101 is too large"),
    ],
)
def test_a_cell_that_is_no_number_is_named_with_line_and_column(cell: str, said: str) -> None:
    refused(with_cell(20, cell), f"line 22, column 'right': {said}")


def test_one_fill_value_that_nobody_measures_is_missing_unless_it_is_kept() -> None:
    cell = with_cell(20, "9.96921e36")
    assert read(source(cell), as_is=True).values[20, 1] == 9.96921e36
    assert read(source(cell)).interpolated[20]


def test_text_is_left_out_with_a_word() -> None:
    found = read(
        source(
            table(
                [DATES, LEFT, ["on", "off"] * (N // 2), RIGHT], ["time", "left", "state", "right"]
            )
        )
    )
    is_usual(found)
    assert found.notes == ("column 'state' holds text: left out.",)
    two = read(source(table([DATES, ["a"] * N, LEFT, ["b"] * N], ["time", "who", "left", "where"])))
    assert two.notes == ("2 columns hold text: left out ('who', 'where').",)
    refused(
        table([DATES, ["a"] * N], ["time", "who"]),
        "no column of numbers to analyse: column 'who' holds text: left out",
    )


def test_an_empty_column_is_left_out_with_a_word_and_refused_where_it_is_asked_for() -> None:
    text = table([DATES, LEFT, [""] * N, RIGHT], ["time", "left", "spare", "right"])
    found = read(source(text))
    is_usual(found)
    assert found.notes == ("column 'spare' holds nothing: left out.",)
    refused(
        text, "column 'spare' has no numbers: every value is missing", channels=["left", "spare"]
    )
    refused(table([DATES, [""] * N], ["time", "spare"]), "every value is missing")


@pytest.mark.parametrize("name", ["", "index", "Unnamed: 0", "row", "No", "sample", "id"])
@pytest.mark.parametrize("first", [0, 1])
def test_a_column_that_counts_the_rows_is_no_channel(name: str, first: int) -> None:
    found = read(
        source(
            table([range(first, N + first), DATES, LEFT, RIGHT], [name, "time", "left", "right"])
        )
    )
    is_usual(found)
    assert re.fullmatch(r"column .* only counts the rows: left out .*--channels.*", found.notes[0])


def test_what_rises_by_one_step_is_a_channel_only_where_it_is_alone_or_asked_for() -> None:
    text = table([DATES, range(N), LEFT], ["time", "litres", "left"])
    found = read(source(text))
    assert found.channels == ("left",)
    assert found.notes == (
        "column 'litres' rises by the same step in every row: left out (--channels 'litres' "
        "analyses it, --time 'litres' takes it as the time).",
    )
    assert read(source(text), channels="litres,left").channels == ("litres", "left")
    assert read(source(table([range(N)], ["litres"]))).channels == ("litres",)


LABELS = [0] * (N - 7) + [1] * 7


@pytest.mark.parametrize(
    "name",
    [
        "label",
        "Label",
        "labels",
        "anomaly",
        "is_anomaly",
        "Is Anomaly",
        "is-outlier",
        "outlier",
        "ground_truth",
        "changepoint",
    ],
)
@pytest.mark.parametrize(
    "marks", [LABELS, [float(one) for one in LABELS], [bool(one) for one in LABELS]]
)
def test_a_label_column_is_never_a_channel(name: str, marks: list[object]) -> None:
    found = read(source(table([DATES, LEFT, RIGHT, marks], ["time", "left", "right", name])))
    is_usual(found)
    assert found.labels is not None
    assert found.labels.tolist() == LABELS


def test_labels_of_other_values_are_left_out_with_a_word() -> None:
    for others in ((0, 2), (0, ""), ("no", "yes")):
        marks = [others[one] for one in LABELS]
        found = read(source(table([DATES, LEFT, RIGHT, marks], ["time", "left", "right", "label"])))
        is_usual(found)
        assert found.labels is None
        said = "column 'label' looks like labels other than 0 and 1: left out"
        assert found.notes == (f"{said} (--channels 'label' analyses it).",)
    both = read(
        source(table([DATES, LEFT, LABELS, [1] * N], ["time", "left", "anomaly", "changepoint"]))
    )
    assert both.channels == ("left",)
    assert both.labels is not None
    assert both.labels.tolist() == LABELS
    said = "column 'changepoint' holds labels too: left out (--label 'changepoint' takes it)."
    assert both.notes == (said,)


def test_a_score_under_the_name_of_a_label_is_a_channel() -> None:
    assert read(source(table([DATES, LEFT, RIGHT], ["time", "left", "anomaly"]))).channels == (
        "left",
        "anomaly",
    )


def test_a_named_label_column() -> None:
    text = table([DATES, LEFT, LABELS, RIGHT], ["time", "left", "fault", "right"])
    found = read(source(text), label="fault")
    is_usual(found)
    assert found.labels is not None
    assert found.labels.sum() == 7
    assert read(source(text)).channels == ("left", "fault", "right")
    refused(
        text, r"line 2, column 'left': a label must be 0 or 1, this one is 0\.126", label="left"
    )
    refused(text, "no column 'faults' for the labels: did you mean 'fault'", label="faults")
    refused(text, "holds the labels and can be no channel", label="fault", channels="fault")
    words = table([DATES, LEFT, ["normal"] * N], ["time", "left", "fault"])
    refused(
        words, "line 2, column 'fault': a label must be 0 or 1, this one is 'normal'", label="fault"
    )
    holes = table([DATES, LEFT, [*LABELS[:5], "", *LABELS[6:]]], ["time", "left", "fault"])
    refused(
        holes, "line 7, column 'fault': a label must be 0 or 1, this one is missing", label="fault"
    )


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("right,left", ("right", "left")),
        ("right", ("right",)),
        (" left , right ", ("left", "right")),
        (["right"], ("right",)),
        ("2,3", ("left", "right")),
        ("3", ("right",)),
        ("LEFT", ("left",)),
        ("left,left", ("left",)),
    ],
)
def test_channels_by_name_or_number(wanted: str | list[str], found: tuple[str, ...]) -> None:
    recording = read(source(usual()), channels=wanted)
    assert recording.channels == found
    expected = {"left": LEFT, "right": RIGHT}
    np.testing.assert_array_equal(
        recording.values, np.column_stack([expected[name] for name in found])
    )


def test_a_heading_of_thousands_of_digits_is_no_name_that_is_counted() -> None:
    rows = "".join(f"{i},{i * i % 7},{i * i % 11}\n" for i in range(30))
    recording = read(io.BytesIO(f"t,{'9' * 5000},5\n{rows}".encode()))
    np.testing.assert_array_equal(recording.values[-1], [29 * 29 % 7, 29 * 29 % 11])


def test_a_channel_whose_name_has_a_comma_or_is_a_number() -> None:
    text = table([LEFT, RIGHT, LEFT], ['"a,b"', "7", "c"])
    np.testing.assert_array_equal(read(source(text), channels="a,b").values[:, 0], LEFT)
    np.testing.assert_array_equal(read(source(text), channels="7").values[:, 0], RIGHT)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("rigth", "no column 'rigth' for the channels: did you mean 'right'"),
        ("pressure", "no column 'pressure' for the channels: there are 'time', 'left', 'right'"),
        ("4", "no column '4'"),
        ("0", "no column '0'"),
        ("time", "line 2, column 'time': '2024-03-01T00:00:00' is not a number"),
    ],
)
def test_channels_that_are_none(wanted: str, said: str) -> None:
    refused(usual(), said, channels=wanted)
    with pytest.raises(DataError, match="No channel is named"):
        read(source(usual()), channels=" , ")


def test_without_time_the_rate_is_unknown_and_that_is_said() -> None:
    text = table([LEFT, RIGHT], ["left", "right"])
    found = read(source(text))
    assert found.fs is None
    assert found.notes == (
        "No sampling rate is known (--fs gives one): frequencies are in cycles per sample.",
    )
    known = read(source(text), fs=250)
    assert (known.fs, known.notes) == (250, ())
    for wrong in (0, -1, np.nan, np.inf):
        with pytest.raises(ValueError, match=f"fs={wrong} must be a number of Hz above 0"):
            read(source(text), fs=wrong)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("\n\n\n", "is empty"),
        ("# only a comment\n", "is empty"),
        ("a,b\n", "has a header and no rows"),
        ("a,b\n1,2\n", "has only one row"),
        ("a,b\n1,on\n", "has only one row"),
        ("hello\nworld\n", r"no table of numbers: its only row is 'world' below 'hello', where"),
        ("\x1b[2Jred, sky\nat,night\n", r"only row is 'at', 'night' below 'red', 'sky', where"),
        (f"{'z' * 999}\nnight\n", r"only row is 'night' below 'z{26}…z{13}', where at least two"),
        ("hello world\n", "a header and no rows of data below 'hello', 'world'"),
        (usual() + "2024-03-01T01:00:00,1,2,3\n", "line 62: 4 fields, where the rows above have 3"),
        (usual() + '"2024-03-01T01:00:00,1,2\n', "a quote is opened and never closed"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "is a picture: save the numbers behind it"),
        (b"\x7fELF\2\1\1" + bytes(100), "not a text table: it holds bytes"),
        (b"PK\x03\x04" + bytes(100), "is a zip archive or a spreadsheet"),
        (b"PAR1" + bytes(100), "as a Parquet file"),
        ('[{"a": 1, "b": 2},\n {"a": 2, "b":\n', "line 3: not complete JSON"),
        ('{"a": 1, "b": 2}\n', "is JSON without a list of records"),
        ("<html>\n<p>1, 2</p>\n</html>\n", "is HTML or XML"),
        ("\ufeff<feed>\n<p>1, 2</p>\n</feed>\n", "is HTML or XML"),
        ("<feed>\n<p>1, 2</p>\n</feed>\n".encode("utf-16"), "is HTML or XML"),
        ("some words\nand more\nof it\n", "no column of numbers"),
    ],
)
def test_what_is_no_table(text: str | bytes, said: str) -> None:
    refused(text, said)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"There is no file .*none\.csv"):
        read(tmp_path / "none.csv")
    with pytest.raises(DataError, match="is a folder"):
        read(tmp_path)


def test_names_of_files(tmp_path: Path) -> None:
    (tmp_path / "pump 3.csv").write_text(usual())
    assert read(tmp_path / "pump 3.csv").name == "pump 3"
    assert read(str(tmp_path / "pump 3.csv"), name="other").name == "other"
    assert read(io.BytesIO(usual().encode())).name == "stdin"


def test_very_wide_files() -> None:
    values = np.random.default_rng(3).integers(-99, 99, (20, 5000))
    names = [f"sensor {i}" for i in range(5000)]
    found = read(
        source(",".join(names) + "\n" + "".join(",".join(map(str, row)) + "\n" for row in values))
    )
    np.testing.assert_array_equal(found.values, values)
    assert found.channels == tuple(names)


# Numbers such as -999 and -32767 stand for missing values where they lie far from the others.
CELL = st.one_of(
    st.integers(-(10**6), 10**6).map(float),
    st.floats(-1e6, 1e6).map(lambda value: round(value, 4)),
    st.just(np.nan),
).filter(lambda value: value not in (*fill_values._NEGATIVE, *fill_values._POSITIVE))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(CELL, CELL), min_size=6, max_size=30).filter(
        lambda rows: not np.isnan(rows).all(axis=0).any()
    ),
    st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ","), ("|", ".")]),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "NA"]),
)
def test_whatever_pandas_writes_comes_back(
    rows: list[tuple[float, float]], signs: tuple[str, str], header: bool, end: str, missing: str
) -> None:
    delimiter, decimal = signs
    frame = pd.DataFrame(rows, columns=["left", "right"])
    text = frame.to_csv(
        sep=delimiter,
        decimal=decimal,
        header=header,
        index=False,
        lineterminator=end,
        na_rep=missing,
    )
    found = read(source(text))
    filled = found.interpolated[:, None] & np.isnan(frame.to_numpy())
    np.testing.assert_array_equal(np.where(filled, np.nan, found.values), frame.to_numpy())


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=300)
    | st.text(alphabet='0123456789.,;:-+eE \t\n"#%abcTZ/é\x00', max_size=300).map(str.encode)
)
def test_whatever_a_file_holds_it_is_read_or_refused_in_a_sentence(content: bytes) -> None:
    try:
        found = read(source(content))
    except DataError:
        return
    assert found.values.shape == (len(found.index), len(found.channels))
    assert found.rows.max() < found.n_samples
