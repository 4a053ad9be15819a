"""Files of several units, blocks, devices or repeats: values, or one sentence."""

import numpy as np
import pandas as pd
import pytest

from spectra.errors import DataError
from written import N, is_read, recording, stamps

RNG = np.random.default_rng(53)
LEFT = np.round(20 + RNG.normal(size=N), 2)
RIGHT = np.round(50 + 5 * RNG.normal(size=N), 2)
ORDER = np.arange(N)
START = 1_710_403_200
ROWS = [f"{t},{x},{y}" for t, x, y in zip(stamps("%F %T", 1), LEFT, RIGHT, strict=True)]


def _refused(rows: list[str], said: str) -> None:
    """Check that lines are refused with a sentence."""
    with pytest.raises(DataError, match=said):
        recording(*rows)


@pytest.mark.parametrize("name", ["t", "time", "timestamp", "ts"])
@pytest.mark.parametrize(
    "factors",
    [
        np.where(ORDER < 30, 1, 1000),
        np.where(ORDER < 30, 1000, 1),
        np.where(ORDER < 40, 1000, 1_000_000),
        np.where(ORDER == 40, 1000, 1),
        np.where(ORDER > 40, 1_000_000, np.where(ORDER > 20, 1000, 1)),
    ],
    ids=["ms last", "s last", "us last", "one", "three"],
)
def test_counts_since_1970_of_two_units_are_instants(name: str, factors: np.ndarray) -> None:
    rows = [f"{count},{x}" for count, x in zip((START + ORDER) * factors, LEFT, strict=True)]
    found = recording(f"{name},x", *rows)
    assert (found.fs, found.index[-1]) == (1, pd.Timestamp(START + N - 1, unit="s", tz="UTC"))
    is_read(found, LEFT)
    assert "since 1970" in found.notes[0]


def test_counts_of_two_units_that_are_no_grid_are_refused_with_their_row() -> None:
    steps = np.cumsum(RNG.integers(1, 90, N))
    rows = [f"{(START + s) * (1 if i < 30 else 1000)},1.5" for i, s in enumerate(steps)]
    _refused(["time,x", *rows], "line 32, column 'time': here the time counts milliseconds")


def test_a_date_above_stamps_in_numbers_is_no_header() -> None:
    rows = [row if i < 30 else f"{START + i},{LEFT[i]},1" for i, row in enumerate(ROWS)]
    _refused(["time,x,y", *rows], f"line 32, column 'time': '{START + 30}' is not a date")


@pytest.mark.parametrize("change", [30, 50, 57])
def test_stamps_in_numbers_above_or_below_dates_are_neither_header_nor_footer(change: int) -> None:
    for dates_first in (True, False):
        rows = [
            row if (i < change) == dates_first else f"{START + i},{LEFT[i]},1"
            for i, row in enumerate(ROWS)
        ]
        _refused(["time,x,y", *rows], r"line \d+, column 'time': '[-\d :]+' is not a (date|number)")


@pytest.mark.parametrize(
    "again", [ROWS[:20] + ROWS[15:], ROWS + ROWS, ROWS[:20] + ROWS[5:12] + ROWS[20:]]
)
def test_rows_that_were_sent_again_are_left_out(again: list[str]) -> None:
    found = recording("time,x,y", *again)
    is_read(found, LEFT, RIGHT)
    assert "repeat the time and all values of an earlier row" in found.notes[0]


def test_a_row_that_came_again_with_another_value_is_refused() -> None:
    later = [row.replace(",", ",9", 1) for row in ROWS[15:20]]
    _refused(["time,x,y", *ROWS[:20], *later, *ROWS[20:]], "line 22, .*--repeats first")


@pytest.mark.parametrize("late", ["0", "1"])
@pytest.mark.parametrize(
    ("column", "keys"),
    [
        ("index", "01"),
        ("gpu", "01"),
        ("gpu_id", "01"),
        ("uuid", ("GPU-4a1b", "GPU-9f2c")),
        ("pci.bus_id", ("00000000:17:00.0", "00000000:65:00.0")),
    ],
)
def test_gpus_below_one_another_are_series(column: str, keys: tuple[str, ...], late: str) -> None:
    rows = [
        f"{t}.{100 + i * int(late)}, {key}, {x + i} %, {y} MiB"
        for t, x, y in zip(stamps("%Y/%m/%d %T", 1), LEFT, RIGHT, strict=True)
        for i, key in enumerate(keys)
    ]
    names = f"timestamp, {column}, utilization.gpu [%], memory.used [MiB]"
    _refused([names, *rows], f"2 series, told apart by {column} .* --series")
    found = recording(names, *rows, series=f"{column}={keys[1]}")
    assert (found.fs, found.units) == (1, ("%", "MiB"))
    is_read(found, LEFT + 1, RIGHT)


def test_gpus_without_a_time_are_series() -> None:
    rows = [f"    {i}    {y}    {x + i}" for x, y in zip(LEFT, RIGHT, strict=True) for i in (0, 1)]
    _refused(["# gpu   pwr  gtemp", "# Idx     W      C", *rows], "2 series, told apart by gpu")


def test_an_index_within_packets_is_no_series() -> None:
    rows = [f"{t},{i},{x}" for t, x in zip(stamps("%F %T", 1), LEFT, strict=True) for i in range(4)]
    assert recording("time,index,x", *rows).fs == 4


def test_blocks_of_top_are_named() -> None:
    block = [
        "top - 08:00:00 up 12 days,  3:14,  2 users,  load average: 0.52, 0.58, 0.59",
        "Tasks: 312 total,   1 running, 311 sleeping,   0 stopped,   0 zombie",
        "    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND",
        "   1234 root      20   0 1234567 123456  12345 S   9.5   0.8   1:23.45 python",
    ]
    _refused(block * 3, "is the output of top")


@pytest.mark.parametrize(
    "text",
    [
        "The pump ran for 20 minutes and rose to 3 bar.\nThen it ran 15 minutes at 4 bar.",
        "Meeting notes\n\n- motor was replaced in 2023\n- it reached 45\n- next check in 2025",
        "pump 1 ran at 20\npump 2 ran at 30",
        "1. Buy milk\n2. Call Anna\n3. Fix pump",
        "# README\n\nThis folder holds 12 recordings of 3 patients.\n\nVersion 2 of 2024.",
        "Calibration log.\n12 V supply, 3 A limit\n24 V supply, 5 A limit\nAll good.",
    ],
)
def test_words_with_numbers_among_them_are_no_table(text: str) -> None:
    _refused(text.split("\n"), "is no table: its lines are words")


def test_a_text_of_comments_is_named() -> None:
    _refused([f"%Cpu(s):  {x} us,  0.7 sy" for x in LEFT], "its lines begin with '%'")


@pytest.mark.parametrize("form", ["Unit: ({})", "Unit: {}", "Units={}", "unit:({})", "Einheit: {}"])
@pytest.mark.parametrize("between", ["\t", ",", ";"])
def test_a_unit_below_a_name_may_have_a_word_before_it(form: str, between: str) -> None:
    units = between.join(form.format(unit) for unit in ("s", "V", "A"))
    rows = [between.join((f"{i / 10:.1f}", str(x), str(RIGHT[i]))) for i, x in enumerate(LEFT)]
    found = recording(between.join(("Time", "U1", "I1")), units, *rows)
    assert (found.channels, found.units, found.fs) == (("U1", "I1"), ("V", "A"), 10)


def _block(start: str, first: float = 0) -> list[str]:
    """Return a block of LabChart that begins at a time of day."""
    return [
        "Interval=\t0.01 s",
        f"ExcelDateTime=\t4.5365333333333E+04\t14/03/2024 {start}.00",
        "TimeFormat=\tStartOfBlock",
        "ChannelTitle=\tECG\tBP",
        "UnitName=\tmV\tmmHg",
        *[f"{first + i / 100:.2f}\t{x}\t{RIGHT[i]}" for i, x in enumerate(LEFT)],
    ]


@pytest.mark.parametrize("between", [[], [""]])
def test_blocks_that_begin_at_0_again_are_refused_with_their_line(between: list[str]) -> None:
    line = 1 + N + 5 + len(between)
    _refused([*_block("08:00:00"), *between, *_block("08:05:00")], f"line {line}: another block")


def test_a_gap_beyond_reason_is_refused_where_the_file_gives_a_rate() -> None:
    _refused([*_block("08:00:00"), *_block("08:05:00", 300)], "there is a gap of 4.99")


def test_blocks_that_go_on_are_one_recording() -> None:
    found = recording(*_block("08:00:00"), *_block("08:00:00.70", 0.7))
    assert (found.fs, found.n_samples) == (100, 2 * N + 10)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("sod", 1),
        ("SecOfDay", 1),
        ("Seconds of day", 1),
        ("seconds since midnight", 1),
        ("UTSEC", 1),
        ("Time of day (s)", 1),
        ("Sekunden seit Mitternacht", 1),
        ("ms_of_day", 1e-3),
        ("Minute of day", 60),
    ],
)
@pytest.mark.parametrize("form", ["%F", "%d.%m.%Y", "%Y%m%d"])
@pytest.mark.parametrize("start", ["2024-03-14 08:00", "2024-03-14 23:40"])
def test_counts_of_the_day_go_with_the_date(name: str, unit: float, form: str, start: str) -> None:
    instants = pd.date_range(start, periods=N, freq="min")
    counts = (instants - instants.normalize()).total_seconds() / unit
    rows = [
        f"{day},{count:.0f},{x}"
        for day, count, x in zip(instants.strftime(form), counts, LEFT, strict=True)
    ]
    found = recording(f"date,{name},x", *rows)
    assert (found.channels, found.index[0]) == (("x",), pd.Timestamp(start))
    assert found.index[-1] == instants[-1]


def test_seconds_that_begin_again_with_each_date_go_with_it() -> None:
    instants = pd.date_range("2024-03-14 23:40", periods=N, freq="min")
    seconds = (instants - instants.normalize()).total_seconds()
    rows = [f"{t:%F},{s:.0f},{x}" for t, s, x in zip(instants, seconds, LEFT, strict=True)]
    assert recording("Date,Time (s),x", *rows).index[0] == instants[0]


@pytest.mark.parametrize("time", ["", "(2024-03-14 08:00:00.100000)  ", "(0.1) "])
@pytest.mark.parametrize("frame", ["123   [8]  13 36 00 12 00 00 00 00", "1A0  [2]  13 36"])
def test_frames_of_candump_are_named_with_any_time(time: str, frame: str) -> None:
    _refused([f"{time} can0  {frame}"] * 20, "candump.*cantools")
