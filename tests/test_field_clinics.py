"""Texts of clinics, gait laboratories and plate readers, against what was written."""

import numpy as np
import pandas as pd
import pytest

from spectra.errors import DataError
from written import N, is_read, recording

RNG = np.random.default_rng(53)
A, B, C = np.round(RNG.normal(size=(3, N)), 3)
TRIPLES = [*zip(A, B, C, strict=True)]


@pytest.mark.parametrize(
    ("name", "step", "fs"),
    [("mSec", 5, 200), ("MSec", 5, 200), ("uSec", 500, 2000), ("Time (millisec)", 5, 200)],
)
def test_units_of_time_may_have_capitals_inside(name: str, step: int, fs: float) -> None:
    rows = [f"{i * step},{x}" for i, x in enumerate(A)]
    assert recording(f"{name},Fz (N)", *rows).fs == pytest.approx(fs)


def test_units_of_isokinetic_machines_stand_below_names() -> None:
    rows = [f"{i * 10}\t{x}\t{y}\t{z}" for i, (x, y, z) in enumerate(TRIPLES)]
    units = "\tN-M\tDEG\tDEG/SEC"
    found = recording("REPORT", "mSec\tTORQUE\tPOSITION\tVELOCITY", units, *rows)
    assert (found.fs, found.channels) == (100, ("TORQUE", "POSITION", "VELOCITY"))
    assert found.units == ("N-M", "DEG", "DEG/SEC")


def test_forms_of_instants_stand_in_rows_of_units() -> None:
    stamps = pd.date_range("2024-03-14 08:12:30", periods=N, freq="100ms")
    cells = (f"'[{t:%H:%M:%S}.{t:%f}"[:-3] + f" {t:%d/%m/%Y}]'" for t in stamps)
    rows = [f"{t},{x},{y}" for t, x, y in zip(cells, A, B, strict=True)]
    units = "'hh:mm:ss.mmm dd/mm/yyyy','mmHg','NU'"
    found = recording("'Time and date','ABP','PLETH'", units, *rows)
    assert (found.channels, found.units) == (("ABP", "PLETH"), ("mmHg", "NU"))
    assert (found.fs, found.index[0]) == (10, stamps[0])


def test_a_column_of_commas_is_of_decimals_where_one_number_cannot_have_thousands() -> None:
    values = np.append(np.arange(N - 1) + 1.125, 0.5)[::-1]
    cells = [f'"{x:.3f}"'.replace(".", ",") for x in values]
    found = recording("Name,Doe", "Messrate,512 Hertz", "", "Einheit,µV", "", *cells)
    is_read(found, values)
    assert found.fs == 512


def test_intervals_of_polar_that_mean_beats_are_no_rate() -> None:
    above = ("[Params]", "Version=107", "Date=20240314", "StartTime=08:12:30.0")
    beats = [f"{800 + i * 7 % 50}" for i in range(N)]
    assert recording(*above, "Interval=238", "", "[HRData]", *beats).fs is None
    steady = recording(*above, "Interval=5", "", "[HRData]", *beats)
    assert (steady.fs, steady.index[0]) == (0.2, pd.Timestamp("2024-03-14 08:12:30"))


@pytest.mark.parametrize(
    ("line", "fs"),
    [
        ("Frame Time: 0.0083333", 120),
        ("Frames per second (fps),120", 120),
        ("Points per second: 500", 500),
    ],
)
def test_frames_and_points_have_rates(line: str, fs: float) -> None:
    found = recording(line, *(f"{x},{y}" for x, y in zip(A, B, strict=True)))
    assert found.fs == pytest.approx(fs, rel=1e-4)


def test_samples_of_eyelink_are_read_without_events() -> None:
    rows = [f"{1001 + 2 * i}\t  {x}\t  {y}\t {z}\t..." for i, (x, y, z) in enumerate(TRIPLES)]
    rows[5] = "1011\t   .\t   .\t    0.0\t..."
    rows[9:9] = ["EFIX L   1001\t1018\t17\t  1.1\t  0.2\t 1000", "MSG\t1018 picture"]
    above = ["** CONVERTED FROM x.edf", "MSG\t1000 x", "START\t1001 \tLEFT\tSAMPLES\tEVENTS"]
    above.append("SAMPLES\tGAZE\tLEFT\tRATE\t 500.00\tTRACKING\tCR")
    found = recording(*above, *rows, "END\t1121 \tSAMPLES\tEVENTS\tRES\t  38.1\t  38.1")
    assert (found.fs, found.channels) == (500, ("left x", "left y", "left pupil"))
    assert (found.interpolated == (np.arange(N) == 5)).all()
    np.testing.assert_array_equal(found.values[6:], np.column_stack((A, B, C))[6:])


def test_both_eyes_of_eyelink_are_six_channels() -> None:
    rows = [f"{i}\t{x}\t{y}\t{z}\t{y}\t{z}\t{x}\t....." for i, (x, y, z) in enumerate(TRIPLES)]
    found = recording("MSG\t1 x", "SAMPLES\tGAZE\tLEFT\tRIGHT\tRATE\t1000.00", "x", *rows)
    is_read(found, A, B, C, B, C, A)
    assert (found.fs, found.channels[3:]) == (1000, ("right x", "right y", "right pupil"))


@pytest.mark.parametrize("count", [0, 1])
def test_axon_texts_have_any_number_of_lines_above(count: int) -> None:
    rows = [f"{i / 20:g}\t{x}" for i, x in enumerate(A)]
    said = ['"Comment="'] * count
    found = recording("ATF\t1.0", f"{count}\t2", *said, '"Time (ms)"\t"IN 0 (mV)"', *rows)
    assert (found.fs, found.channels, found.units) == (20000, ("IN 0 (mV)",), ("mV",))
    is_read(found, A)


def test_labels_in_comments_of_json_are_names() -> None:
    keys = '"SamplingFrequency": "1000", "ColumnLabels": ["SeqN", "EMG", "ECG"]'
    rows = [f"{i % 16}\t{x}\t{y}" for i, (x, y) in enumerate(zip(A, B, strict=True))]
    found = recording(f"# {{{keys}}}", "# EndOfHeader", *rows)
    assert (found.fs, found.channels) == (1000, ("EMG", "ECG"))


@pytest.mark.parametrize(("mark", "pair"), [("\t", ""), (";", ""), ("\t", "[]"), (";", "()")])
def test_lists_in_cells_are_columns(mark: str, pair: str) -> None:
    left, right = pair[:1], pair[1:]
    rows = [
        mark.join((f"{i / 100}", f"{left}{x},{y},{z},1.5{right}", f"{left}{z},{y},{x},2{right}"))
        for i, (x, y, z) in enumerate(TRIPLES)
    ]
    found = recording("DataRate=100", "endheader", mark.join(("time", "pelvis", "foot")), *rows)
    assert (found.fs, found.channels[3:5]) == (100, ("pelvis 4", "foot 1"))
    is_read(found, A, B, C, np.full(N, 1.5), C, B, A, np.full(N, 2.0))


WELLS = [f"{name}\t" + "\t".join(map(str, x)) for name, x in (("A1", A), ("A2", B), ("A3", C))]
SECONDS = "Time [s]\t" + "\t".join(str(300 * i) for i in range(N))


@pytest.mark.parametrize("below", [(), ("", "End Time:\t14.03.2024 16:30:45")])
def test_a_table_on_its_side_has_short_lines_around_it(below: tuple[str, ...]) -> None:
    above = ("Application: x", "Start Time:\t14.03.2024 08:12:45", "")
    found = recording(*above, SECONDS, *WELLS, *below)
    is_read(found, A, B, C)
    assert found.fs == pytest.approx(1 / 300)
    assert found.index[0] == pd.Timestamp("2024-03-14 08:12:45")
    with pytest.raises(DataError, match="column 6, column 'A2': 'bxd'"):
        recording(*above, SECONDS, WELLS[0], WELLS[1].replace(str(B[4]), "bxd", 1), *below)


def test_a_rate_above_a_table_on_its_side_is_that_of_its_columns() -> None:
    found = recording("Sampling rate: 250 Hz", *WELLS)
    assert (found.fs, found.channels) == (250, ("A1", "A2", "A3"))
    is_read(found, A, B, C)


def test_several_tables_on_their_side_are_refused() -> None:
    rows = ("Label: OD", SECONDS, *WELLS[:2], "Label: GFP", SECONDS, *WELLS[:2])
    with pytest.raises(DataError, match="holds 2 tables with an instant a column"):
        recording(*rows)


def test_several_texts_name_the_rows_of_a_table_on_its_side() -> None:
    rows = [
        f"{name[0]}\t{name[1]}\t{line}"
        for name, line in zip(("A1", "A2", "B1"), WELLS, strict=True)
    ]
    above = "Row\tCol\tContent\t" + "\t".join(["Raw Data (600)"] * N)
    found = recording(above, f"\t\t{SECONDS}", *rows)
    assert (found.fs, found.channels) == (pytest.approx(1 / 300), ("A 1 A1", "A 2 A2", "B 1 A3"))
    is_read(found, A, B, C)


def test_an_empty_last_field_of_a_table_on_its_side_is_no_sample() -> None:
    found = recording(*(f"{line}\t" for line in WELLS))
    is_read(found, A, B, C)


@pytest.mark.parametrize("cells", ["MSG,Picture 1,,", "MSG,Picture 1", "SMP,drug,,"])
def test_messages_in_place_of_numbers_are_left_out(cells: str) -> None:
    rows = [f"{i * 4},SMP,{x},{y},{z}" for i, (x, y, z) in enumerate(TRIPLES)]
    rows.insert(30, f"119,{cells}")
    found = recording("Time [ms],Type,X,Y,Z", *rows)
    is_read(found, A, B, C)
    assert found.fs == 250
    assert any("1 row has words in place of numbers" in note for note in found.notes)


def test_messages_without_a_time_are_refused() -> None:
    rows = [f"{x},{y},{z}" for x, y, z in TRIPLES]
    rows.insert(30, f"{A[0]},Picture 1,")
    with pytest.raises(DataError, match="'Picture 1' is not a number"):
        recording("X,Y,Z", *rows)


def test_words_in_the_only_column_of_values_are_refused() -> None:
    rows = [f"{i * 4},{x}," for i, x in enumerate(A)]
    rows[30] = "120,Picture 1,"
    with pytest.raises(DataError, match="'Picture 1' is not a number"):
        recording("Time [ms],X,", *rows)


def test_rows_without_values_at_times_that_start_again_are_left_out() -> None:
    rows = [f"{i * 10},{x},{y}" for i, (x, y) in enumerate(zip(A, B, strict=True))]
    found = recording("Time (s),A1,A2", *rows, *["0,,"] * 9)
    is_read(found, A, B)
    assert any("the last 9 rows" in note for note in found.notes)
