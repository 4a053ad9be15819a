"""Tables as databases, brokers, R and notebooks print them, against what was written."""

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import Recording, read, read_series
from spectra.errors import DataError

N = 60
RNG = np.random.default_rng(5)
LEFT = np.round(20 + RNG.normal(size=N), 2)
RIGHT = np.round(50 + 5 * RNG.normal(size=N), 1)
HOLES = np.where(np.isin(np.arange(N), (7, 30)), np.nan, LEFT)
MINUTES = pd.date_range("2024-03-01 08:00", periods=N, freq="min")
STAMPS = [str(minute) for minute in MINUTES]
EPOCHS = [int(minute.timestamp()) for minute in MINUTES]


def recording(text: str, **options: Any) -> Recording:
    return read(io.BytesIO(text.encode()), **options)


def series(text: str, **options: Any) -> dict[str, Any]:
    return dict(read_series(io.BytesIO(text.encode()), **options))


def is_read(
    found: Recording, channels: tuple[str, ...], *values: np.ndarray, timed: bool = True
) -> None:
    wanted = np.column_stack(values)
    assert found.channels == channels
    read_as = np.where(found.interpolated[:, None] & np.isnan(wanted), np.nan, found.values)
    np.testing.assert_array_equal(read_as, wanted)
    if timed:
        assert found.index[0].tz_localize(None) == MINUTES[0]
        assert found.fs == pytest.approx(1 / 60)


def refused(text: str) -> str:
    with pytest.raises(DataError) as caught:
        recording(text)
    return str(caught.value)


def lines(form: str, *columns: Any) -> str:
    return "\n".join(form.format(*row) for row in zip(*columns, strict=True)) + "\n"


CELLS = ["" if np.isnan(value) else f"{value}" for value in HOLES]


def test_a_rule_tells_which_cell_of_a_row_is_empty() -> None:
    head = "TS                        TEMP        HUM\n------------------- ---------- ----------\n"
    rows = lines("{} {:>10} {:>10}", STAMPS, CELLS, RIGHT)
    is_read(recording(f"\n{head}{rows}\n60 rows selected.\n"), ("TEMP", "HUM"), HOLES, RIGHT)
    pages = "".join(
        f"\n{head}"
        + lines("{} {:>10} {:>10}", STAMPS[i : i + 11], CELLS[i : i + 11], RIGHT[i : i + 11])
        for i in range(0, N, 11)
    )
    is_read(recording(pages), ("TEMP", "HUM"), HOLES, RIGHT)


def test_a_rule_shorter_than_the_cells_tells_where_they_begin() -> None:
    head = "name: cpu\ntime                idle  user\n----                ----  ----\n"
    found = recording(head + lines("{} {:<5} {}", STAMPS, CELLS, RIGHT))
    is_read(found, ("idle", "user"), HOLES, RIGHT)


@pytest.mark.parametrize("sign", "-=_")
def test_names_of_several_words_stand_above_a_rule(sign: str) -> None:
    head = f"Log Time             Air Temp   Place\n{sign * 19}  {sign * 9}  {sign * 6}\n"
    places = ["Room A", "Room B"] * N
    stamps, values = np.repeat(STAMPS, 2), np.ravel(np.column_stack([LEFT, RIGHT]))
    found = series(head + lines("{}  {:<9}  {}", stamps, values, places))
    is_read(found["Room A"], ("Air Temp",), LEFT)
    is_read(found["Room B"], ("Air Temp",), RIGHT)


def test_tables_of_matlab_have_the_names_above_their_rule() -> None:
    head = "TT =\n\n  60x2 timetable\n\n            Time            temp     hum \n"
    rule = "    ____________________    _____    ____\n\n"
    stamps = MINUTES.strftime("%d-%b-%Y %H:%M:%S")
    found = recording(head + rule + lines("    {}    {:>5}    {:>4}", stamps, LEFT, RIGHT))
    is_read(found, ("temp", "hum"), LEFT, RIGHT)


def test_names_of_several_words_tell_where_columns_begin() -> None:
    head = "NAME   CPU %    MEM USAGE / LIMIT   PIDS\n"
    row = "{:<7}{:<9}12.5MiB / 1.9GiB    5\n"
    text = "".join(
        head + row.format("web", f"{left}%") + row.format("db", f"{right}%")
        for left, right in zip(LEFT, RIGHT, strict=True)
    )
    found = series(text, channels="CPU %")
    is_read(found["web"], ("CPU %",), LEFT, timed=False)
    is_read(found["db"], ("CPU %",), RIGHT, timed=False)


def test_a_rule_of_one_part_is_no_row() -> None:
    head = "        ts          |  temp  |  hum  |\n=======================================\n"
    is_read(
        recording(head + lines(" {} | {} | {} |", STAMPS, LEFT, RIGHT)),
        ("temp", "hum"),
        LEFT,
        RIGHT,
    )


def test_frames_with_numbers_before_them_and_without_sides_are_read() -> None:
    rows = lines("{:>2}. │ {} │ {:>5} │ {:>4} │", range(1, N + 1), STAMPS, LEFT, RIGHT)
    top = "    ┌──────────────────ts─┬──temp─┬──hum─┐\n"
    is_read(recording(top + rows + "    └──┴──┴──┘\n"), ("temp", "hum"), LEFT, RIGHT)
    rule = "─────────────────────┼───────┼──────\n"
    psql = " ts                  │ temp  │ hum  \n" + rule
    found = recording(psql + lines(" {} │ {:>5} │ {:>4} ", STAMPS, LEFT, RIGHT))
    is_read(found, ("temp", "hum"), LEFT, RIGHT)


def test_null_in_small_capitals_is_missing() -> None:
    cells = ["ᴺᵁᴸᴸ" if np.isnan(value) else value for value in HOLES]
    found = recording("ts,temp,hum\n" + lines("{},{},{}", STAMPS, cells, RIGHT))
    is_read(found, ("temp", "hum"), HOLES, RIGHT)


@pytest.mark.parametrize(
    "head",
    [
        "",
        '["ts","temp","hum"]\n',
        '["ts","temp","hum"]\n["DateTime","Nullable(Float64)","Float64"]\n',
    ],
)
def test_lists_of_json_a_line_are_rows(head: str) -> None:
    rows = [[*row] for row in zip(STAMPS, LEFT.tolist(), RIGHT.tolist(), strict=True)]
    rows[3][1] = None
    found = recording(head + "\n".join(map(json.dumps, rows)))
    wanted = LEFT.copy()
    wanted[3] = np.nan
    is_read(found, ("temp", "hum") if head else ("ch2", "ch3"), wanted, RIGHT)


@pytest.mark.parametrize("form", ["[{}, {}]", "({}, {})", "({},{}),"])
def test_the_first_of_lists_a_line_is_a_row(form: str) -> None:
    found = recording(lines(form, np.arange(N) / 2, LEFT))
    assert found.fs == 2
    is_read(found, ("value",), LEFT, timed=False)


def test_tuples_a_line_have_their_texts_without_quotes() -> None:
    found = recording(lines("('{}', {}, None)", STAMPS, LEFT))
    is_read(found, ("value",), LEFT)


def test_kinds_in_quotes_below_the_names_are_no_names() -> None:
    head = '"ts","temp","hum"\n"DateTime64(3, \'UTC\')","Nullable(Float64)","Float64"\n'
    found = recording(head + lines('"{}",{},{}', STAMPS, LEFT, RIGHT))
    is_read(found, ("temp", "hum"), LEFT, RIGHT)


def test_numbers_of_rows_with_colons_and_their_kinds_are_no_names() -> None:
    head = "                   time  temp  hum\n                 <POSc> <num> <num>\n"
    found = recording(head + lines("{:>2}: {} {} {}", range(1, N + 1), STAMPS, LEFT, RIGHT))
    is_read(found, ("temp", "hum"), LEFT, RIGHT)


def test_a_prompt_above_a_frame_of_pandas_has_no_names() -> None:
    frame = pd.DataFrame({"temp": LEFT, "hum": RIGHT}, index=MINUTES.rename("time"))
    found = recording(f">>> print(df)\n{frame.to_string()}\n")
    is_read(found, ("temp", "hum"), LEFT, RIGHT)


def vector(values: np.ndarray) -> str:
    return "".join(
        f"[{i + 1}]".rjust(5) + "".join(f" {value:6.2f}" for value in values[i : i + 8]) + "\n"
        for i in range(0, len(values), 8)
    ).replace("nan", " NA")


def test_a_vector_of_r_is_one_channel() -> None:
    is_read(recording(vector(HOLES)), ("value",), HOLES, timed=False)
    printed = f"> x\nTime Series:\nStart = 1 \nEnd = 60 \nFrequency = 12 \n{vector(LEFT)}"
    found = recording(printed)
    assert found.fs is None
    is_read(found, ("value",), LEFT, timed=False)
    first = recording(vector(LEFT) + vector(RIGHT))
    is_read(first, ("value",), LEFT, timed=False)
    assert any("The last 8 rows ('[1] " in note for note in first.notes)


def test_numbers_in_brackets_that_count_the_rows_begin_no_vector() -> None:
    found = recording(lines("[{}] {} {}", range(1, N + 1), LEFT, RIGHT), channels="2,3")
    assert found.n_samples == N
    is_read(found, ("ch2", "ch3"), LEFT, RIGHT, timed=False)


def test_arrays_and_tuples_as_python_prints_them_are_read() -> None:
    is_read(recording(np.array2string(LEFT)), ("value",), LEFT, timed=False)
    tuples = [*zip(STAMPS, LEFT.tolist(), RIGHT.tolist(), strict=True)]
    is_read(recording(str(tuples)), ("ch2", "ch3"), LEFT, RIGHT)


@pytest.mark.parametrize("ending", [" \\\\", " \\\\ \\hline", "\\\\[2pt] % x"])
def test_rows_of_latex_are_read(ending: str) -> None:
    head = (
        "\\begin{tabular}{lrr}\n\\hline\n\\textbf{time} & \\textit{temp} & hum\\_a \\\\\n\\hline\n"
    )
    rows = lines(
        "{} & ${}$ & {}" + ending.replace("{", "{{").replace("}", "}}"), STAMPS, LEFT, RIGHT
    )
    found = recording(f"{head}{rows}\\end{{tabular}}\n")
    is_read(found, ("temp", "hum_a"), LEFT, RIGHT)


@pytest.mark.parametrize("head", ["||ts||temp||hum||", "^ ts ^ temp ^ hum ^"])
def test_names_of_wikis_are_read(head: str) -> None:
    is_read(
        recording(f"{head}\n" + lines("|{}|{}|{}|", STAMPS, LEFT, RIGHT)),
        ("temp", "hum"),
        LEFT,
        RIGHT,
    )


@pytest.mark.parametrize("stamp", ["[%Y-%m-%d %a %H:%M]", "<%Y-%m-%d %a %H:%M>"])
def test_instants_of_org_are_read(stamp: str) -> None:
    head = "| ts | temp | hum |\n|----+------+-----|\n"
    found = recording(head + lines("| {} | {} | {} |", MINUTES.strftime(stamp), LEFT, RIGHT))
    is_read(found, ("temp", "hum"), LEFT, RIGHT)


def test_the_table_of_a_page_is_read() -> None:
    frame = pd.DataFrame({"time": STAMPS, "temp": HOLES, "hum": RIGHT})
    page = "<!DOCTYPE html><html><body><table><tr><td>Menu</td></tr></table>{}</body></html>"
    is_read(recording(page.format(frame.to_html(index=False))), ("temp", "hum"), HOLES, RIGHT)
    is_read(recording(frame.to_html()), ("temp", "hum"), HOLES, RIGHT)
    bare = lines("<tr><td>{}<td><b>{}</b>&nbsp;<td>{}", STAMPS, LEFT, RIGHT)
    found = recording(f"<TR><TH>time</TH><TH>temp</TH><TH>hum</TH></TR>\n{bare}")
    is_read(found, ("temp", "hum"), LEFT, RIGHT)


def test_pages_that_leave_open_which_cells_are_meant_are_refused() -> None:
    table = pd.DataFrame({"time": STAMPS, "temp": LEFT}).to_html()
    assert "several tables" in refused(f"<html>{table}{table}</html>")
    assert "span" in refused(table.replace("<th>temp", '<th colspan="2">temp'))
    assert "HTML or XML" in refused("<html><p>nothing</p></html>")


def test_kinds_around_values_of_json_are_left_out() -> None:
    mongo = [
        {"_id": {"$oid": f"65e18b80{i:016x}"}, "ts": {"$date": {"$numberLong": f"{1000 * epoch}"}},
         "temp": {"$numberDouble": f"{left}"}, "hum": {"$numberDouble": f"{right}"}}
        for i, (epoch, left, right) in enumerate(zip(EPOCHS, LEFT, RIGHT, strict=True))
    ]  # fmt: skip
    is_read(recording(json.dumps(mongo)), ("temp", "hum"), LEFT, RIGHT)
    dynamo = [
        {"ts": {"S": stamp}, "temp": {"NULL": True} if np.isnan(hole) else {"N": str(hole)}}
        for stamp, hole in zip(STAMPS, HOLES, strict=True)
    ]
    is_read(recording(json.dumps({"Items": dynamo, "Count": N})), ("temp",), HOLES)


@pytest.mark.parametrize(
    "below",
    ["Processed a total of 60 messages", "^C", "60 rows in set (0.0005 sec)", "% End of t [0]"],
)
def test_words_below_records_of_json_are_left_out(below: str) -> None:
    records = "\n".join(
        json.dumps({"ts": 1000 * epoch, "temp": left})
        for epoch, left in zip(EPOCHS, LEFT.tolist(), strict=True)
    )
    found = recording(f"{records}\n{below}\n")
    is_read(found, ("temp",), LEFT)
    assert any(below[:20] in note for note in found.notes)
    assert "not complete JSON" in refused(f"{records[:-9]}\n{records}")


def test_names_of_columns_in_json_are_those_of_kusto() -> None:
    columns = [{"ColumnName": "ts", "DataType": "DateTime"}, {"ColumnName": "temp"}]
    rows = [[stamp, left] for stamp, left in zip(STAMPS, LEFT.tolist(), strict=True)]
    is_read(
        recording(json.dumps({"Tables": [{"Columns": columns, "Rows": rows}]})), ("temp",), LEFT
    )


def test_unix_times_behind_the_values_of_stacked_series_are_the_time() -> None:
    turns = (
        lines("cpu {} {}", LEFT, EPOCHS).splitlines(),
        lines("mem {} {}", RIGHT, EPOCHS).splitlines(),
    )
    for text in (np.ravel(np.column_stack(turns)), np.concatenate(turns)):
        found = series("\n".join(text))
        is_read(found["cpu"], ("value",), LEFT)
        is_read(found["mem"], ("value",), RIGHT)


def test_names_that_take_turns_without_a_time_tell_series_apart() -> None:
    values = np.ravel(np.column_stack([LEFT, RIGHT]))
    rows = lines("{},{}", ["a", "b"] * N, values).splitlines()
    found = series("\n".join(["Name,cpu", *rows]))
    is_read(found["a"], ("cpu",), LEFT, timed=False)
    is_read(found["b"], ("cpu",), RIGHT, timed=False)


def test_values_of_which_no_sample_is_good_are_missing() -> None:
    good = np.where(np.isnan(HOLES), 0, 100)
    found = recording("ts,temp,Quality\n" + lines("{},{},{}", STAMPS, np.nan_to_num(HOLES), good))
    is_read(found, ("temp",), HOLES)


def test_dates_of_db2_are_read() -> None:
    stamps = MINUTES.strftime("%Y-%m-%d-%H.%M.%S.000000")
    is_read(recording("ts,temp\n" + lines("{},{}", stamps, LEFT)), ("temp",), LEFT)


def octave(name: str, values: np.ndarray) -> str:
    head = f"# name: {name}\n# type: matrix\n# rows: {N}\n# columns: 1\n"
    return head + lines(" {}", values) + "\n\n"


def cut() -> str:
    rows = lines("{}|{}", STAMPS, LEFT).splitlines()
    return "\n".join(["shape: (60, 2)", "ts|temp", *rows[:5], "…|…", *rows[-5:]])


LISTINGS = {
    "line protocol": [
        lines("disk,host=a,path=/ used={}i,free={}", EPOCHS, RIGHT),
        lines("my\\ disk,host=a\\,b used={},free={} {}000000000", LEFT, RIGHT, EPOCHS),
    ],
    "at one instant": [
        lines('http_total{{code="200",path="/{}"}} {}', range(N), EPOCHS),
        lines("IF-MIB::ifInOctets.{} = Counter32: {}", range(N), EPOCHS),
    ],
    "Nagios": [lines("[{}] SERVICE PERFDATA: host;load;load1={};5;10;0;", EPOCHS, LEFT)],
    "CAN frames": [
        lines(
            "   {}.0 CANFD   1 Rx        1A1  n  1 0 8  8 01 02 {:02X} 00 00", range(N), range(N)
        ),
        "timestamp,arbitration_id,dlc,data\n" + lines("{},0x12a,8,AQIDBAUGBwg=", EPOCHS),
    ],
    "iostat": [lines("avg-cpu:  %user   %idle\n          {:5.2f}    {:5.2f}\n", LEFT, RIGHT)],
    "is cut": [cut()],
    "blocks of columns": [
        f"x =\n\n Columns 1 and 2:\n\n{lines('   {}   {}', LEFT, RIGHT)}\n Column 3:\n\n"
        + lines("   {}", LEFT)
    ],
    "factor": [f"x =\n\n   1.0e+03  *\n\n{lines('   {}   {}', LEFT, RIGHT)}"],
    "outline": [
        f"Rows: 60\nColumns: 2\n$ ts   <dbl> {EPOCHS[:9]}\n$ temp <dbl> 20.1\n$ hum <dbl> 5"
    ],
    "statistics": [pd.DataFrame({"temp": LEFT, "hum": RIGHT}).describe().to_string()],
    "redis-cli": [lines("1) 1) (integer) {}\n   2) {}", EPOCHS, LEFT)],
    "source text of R": [f"c({', '.join(map(str, LEFT))})\n"],
    "mongoexport": [
        lines('{{ "_id" : ObjectId("{:024x}"), "temp" : {} }}', EPOCHS, LEFT),
        lines('{{\n  _id: ObjectId("{:024x}"),\n  temp: {}\n}}', EPOCHS, LEFT),
    ],
    "begins like JSON": [
        '{| class="wikitable"\n! ts !! temp\n' + lines("| {} || {}", STAMPS, LEFT)
    ],
    "2 variables of Octave": [
        "# Created by Octave 8.4.0\n" + octave("x", LEFT) + octave("y", RIGHT)
    ],
}


@pytest.mark.parametrize("said", LISTINGS)
def test_listings_for_people_are_refused_by_what_they_are(said: str) -> None:
    for text in LISTINGS[said]:
        assert said in refused(text)
