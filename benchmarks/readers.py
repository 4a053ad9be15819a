"""Readings of real files and of files as they are in the world, against what is expected.

    python benchmarks/readers.py [SHARED]

One line a file of SHARED/cases and SHARED/data/formats (by default ../shared), OK or WRONG, and
what was read where that is wrong; exit status 1 if anything is. Expected are the number of rows,
the channels, the sampling rate, the first instant, units, labels, the names of stacked series, or
words of the refusal. Below it, the time to read a million rows of CSV over that of a bare
`pandas.read_csv` of the same file, in turns, in this process; and the memory that a process of its
own takes to read one of twenty columns of a Parquet file of ten million rows (1.6 GB on disk).
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from spectra.datasets import Recording, read, read_series
from spectra.errors import DataError

ROWS, TURNS = 1_000_000, 7
PARQUET_ROWS, PARQUET_COLUMNS = 10_000_000, 20
RATE_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Expected:
    """The expected reading of a file; None where it does not matter."""

    rows: int | None = None
    channels: tuple[str, ...] | None = None
    fs: float | None = None
    start: str | None = None
    units: tuple[str, ...] | None = None
    series: tuple[str, ...] = ("",)
    refusal: str | None = None
    notes: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


DAY, QUARTER = 1 / 86400, 1 / 900
CASES: dict[str, Expected] = {
    "01-openbci-bursts.txt": Expected(
        3500, ("ch2", "ch3", "ch4"), 250.0, "0 days 12:30:54.403", notes=("The file gives 250 Hz",)
    ),
    "03-grafana-unit.csv": Expected(
        1440, ("Temperature",), 1 / 60, "2021-02-01", ("°C",), notes=("read as numbers",)
    ),
    "04-apple-ecg-de.csv": Expected(15360, ("value",), 512.0, "2020-01-12 19:17:44+01:00", ("µV",)),
    "04-apple-ecg-en.csv": Expected(
        15360, ("value",), 511.844, "2020-01-12 19:17:44+01:00", ("µV",)
    ),
    "05-ha-history.csv": Expected(
        None,
        ("state",),
        1 / 30,
        "2025-08-31 22:00:31.283+00:00",
        notes=("cells hold 'unavailable'",),
        options={"resample": "30s"},
    ),
    "06-hobo-ampm.csv": Expected(
        1000,
        (
            "Temp, °F (LGR S/N: 100, SEN S/N: 100)",
            "RH, % (LGR S/N: 100, SEN S/N: 100)",
        ),
        1 / 3600,
        "2017-01-13 01:00",
        ("°F", "%"),
    ),
    "07-hobo-events.csv": Expected(
        960, ("Temp, (*F)", "RH, (%)"), QUARTER, "2018-05-03 08:08:23", notes=("word of an event",)
    ),
    "08-duet-footer.csv": Expected(
        4000, ("X", "Y", "Z"), 1344.0, notes=("Rate 1344, overflows 0",)
    ),
    "09-wide-rows.csv": Expected(
        30000, ("value",), 25.0, "2023-06-01 02:00+00:00", notes=("125 samples of one signal",)
    ),
    "10-seismic-slist.txt": Expected(
        10000, ("value",), 250.0, "2016-06-21 16:43:58", ("Counts",), notes=("6 a line",)
    ),
    "11-labview.lvm": Expected(5000, ("Voltage", "Voltage 1"), 1000.0),
    "12-padded-preamble.csv": Expected(1344, ("Usage",), QUARTER, "2024-03-30", ("kwh",)),
    "13-total-row.csv": Expected(
        365,
        ("Verbruik laag tarief", "Verbruik hoog tarief", "Totaal"),
        DAY,
        "2015-01-01",
        notes=("total of all others", "'Tot' holds a time too"),
    ),
    "15-registers.csv": Expected(
        None,
        ("Volume",),
        QUARTER,
        None,
        ("kWh",),
        ("Offtake Night", "Injection Night", "Offtake Day", "Injection Day"),
        notes=("told apart by Register",),
    ),
    "15-stacked-series.csv": Expected(
        1440,
        ("Verbruik",),
        1 / 3600,
        "2021-12-25 00:00+01:00",
        series=("Elektriciteit", "Gas"),
        notes=("told apart by Type",),
    ),
    "16-nem12.csv": Expected(refusal="NEM12"),
    "16-wide-day.csv": Expected(5760, ("value",), QUARTER, "2024-09-01", notes=("96 columns",)),
    "18-oadate.csv": Expected(900, ("HR",), 1.0, "2022-02-10 08:25:20.510"),
    "20-polar-h10.txt": Expected(
        3299, ("ecg [uV]",), 130.0, "2024-03-26 17:30:49.718", ("uV",), notes=("Phone timestamp",)
    ),
    "21-whole-seconds.csv": Expected(
        3000, ("x", "y", "z"), 50.0, "2018-07-05 09:24:51", notes=("50 rows a second",)
    ),
    "22-scope.csv": Expected(5000, ("CH1",), 1e8, "0.01", ("Volt",)),
    "23-timeus.csv": Expected(5000, ("AccX", "AccY", "AccZ"), 1000.0, "5.0"),
    "25-ramp.csv": Expected(5000, ("value",)),
    "26-monday.csv": Expected(672, ("count",), 1 / 3600, "2020-04-27"),
    "28-dead.csv": Expected(4000, ("value",)),
    "32-cron.csv.gz": Expected(11520, ("cpu",), 1 / 60, "2022-02-01 00:00+00:00"),
    "33-dup-zeros.csv": Expected(refusal="0 in place of 510.54; so have 21 of 2021 rows"),
    "35-quiet.csv": Expected(3000, ("acc",)),
    "37-bare-dates.csv": Expected(366, ("value",), DAY, "2020-01-01"),
}
FORMATS: dict[str, Expected] = {
    "100.hea": Expected(650_000, ("MLII", "V5"), 360.0, units=("mV", "mV")),
    "100.dat": Expected(650_000, ("MLII", "V5"), 360.0, units=("mV", "mV")),
    "a103l.hea": Expected(82_500, ("II", "V", "PLETH"), 250.0, units=("mV", "mV", "NU")),
    "a103l.mat": Expected(82_500, ("II", "V", "PLETH"), 250.0, units=("mV", "mV", "NU")),
    "SC4001E0-PSG.wav": Expected(),
    "test_edfann.edf": Expected(refusal="holds annotations and no signals"),
    "test_generator_2.edf": Expected(),
}


def wrong(path: Path, expected: Expected) -> list[str]:
    """Return what of a file is not as expected."""
    try:
        found = read_series(path, **expected.options)
    except DataError as error:
        text = str(error)
        return [] if expected.refusal and expected.refusal in text else [f"refused: {text}"]
    if expected.refusal:
        return ["read, where it has to be refused"]
    faults = []
    if tuple(found) != expected.series:
        faults.append(f"series {tuple(found)}")
    for recording in found.values():
        faults += (
            [str(recording)] if isinstance(recording, DataError) else differs(recording, expected)
        )
    return faults


def differs(recording: Recording, expected: Expected) -> list[str]:
    """Return in what a recording differs from what is expected."""
    faults = []
    if expected.rows is not None and recording.n_samples != expected.rows:
        faults.append(f"{recording.n_samples} rows")
    if expected.channels is not None and recording.channels != expected.channels:
        faults.append(f"channels {recording.channels}")
    if expected.channels is not None and not _is_near(recording.fs, expected.fs):
        faults.append(f"{recording.fs} Hz")
    if expected.start is not None and not _is_at(recording.index[0], expected.start):
        faults.append(f"from {recording.index[0]}")
    if expected.units is not None and recording.units != expected.units:
        faults.append(f"units {recording.units}")
    faults += [
        f"no note on '{part}'"
        for part in expected.notes
        if not any(part in note for note in recording.notes)
    ]
    return faults


def _is_near(fs: float | None, expected: float | None) -> bool:
    """Return True if two rates are one."""
    if fs is None or expected is None:
        return fs is expected
    return abs(fs / expected - 1) < RATE_TOLERANCE


def _is_at(instant: Any, expected: str) -> bool:
    """Return True if an instant is the expected one, to a hundredth of a second."""
    if isinstance(instant, pd.Timestamp):
        return bool(abs(instant - pd.Timestamp(expected)) < pd.Timedelta("10ms"))
    if isinstance(instant, pd.Timedelta):
        return bool(instant == pd.Timedelta(expected))
    return abs(float(instant) - float(expected)) < 1e-9


def check(folder: Path, expected: dict[str, Expected]) -> int:
    """Print a line a file of a folder; return how many are wrong."""
    names = [path.name for path in sorted(folder.iterdir()) if path.suffix not in (".note", ".atr")]
    failed = 0
    for name in names:
        faults = wrong(folder / name, expected[name]) if name in expected else ["not expected"]
        failed += bool(faults)
        print(f"  {name:26}{'WRONG  ' + '; '.join(faults)[:150] if faults else 'OK'}")
    for name in sorted(expected.keys() - set(names)):
        failed += 1
        print(f"  {name:26}WRONG  there is no such file")
    return failed


MAKERS: dict[str, Callable[[np.random.Generator], pd.DataFrame]] = {
    "one column": lambda rng: pd.DataFrame({"value": rng.normal(size=ROWS).round(4)}),
    "seconds, three channels": lambda rng: pd.DataFrame(
        rng.normal(size=(ROWS, 3)).round(4), index=pd.Index(np.arange(ROWS) / 1000, name="time_s")
    ).reset_index(),
    "dates, three channels": lambda rng: pd.DataFrame(
        rng.normal(size=(ROWS, 3)).round(4),
        index=pd.Index(
            pd.date_range("2024", periods=ROWS, freq="1s").strftime("%Y-%m-%dT%H:%M:%S"),
            name="time",
        ),
    ).reset_index(),
    "dd.mm.yyyy, microseconds": lambda rng: stamped(rng, "%d.%m.%Y %H:%M:%S.%f", "1ms"),
    "mm/dd/yyyy, AM and PM": lambda rng: stamped(rng, "%m/%d/%Y %I:%M:%S %p", "1s"),
}


def stamped(rng: np.random.Generator, form: str, step: str) -> pd.DataFrame:
    """Return three channels beside stamps in a notation."""
    stamps = pd.date_range("2024-01-15", periods=ROWS, freq=step).strftime(form)
    index = pd.Index(stamps, name="time")
    return pd.DataFrame(rng.normal(size=(ROWS, 3)).round(4), index=index).reset_index()


def seconds(read_file: Callable[..., object], path: Path, **options: Any) -> float:
    """Return the wall time of reading a file."""
    start = time.perf_counter()
    read_file(path, **options)
    return time.perf_counter() - start


def print_speed(folder: Path) -> None:
    """Print the time of reading over that of a bare read_csv, the median of several turns."""
    for name, make in MAKERS.items():
        path = folder / "data.csv"
        make(np.random.default_rng(0)).to_csv(path, index=False)
        read(path)
        turns = [(seconds(pd.read_csv, path), seconds(read, path)) for _ in range(TURNS)]
        ratio = median(ours / bare for bare, ours in turns)
        bare, ours = (median(column) for column in zip(*turns, strict=True))
        print(f"  {name:26}{ours:.3f} s, read_csv {bare:.3f} s: {ratio:.2f} times")
    first = seconds(read, path, nrows=2000)
    print(f"  the first 2,000 rows      {first:.3f} s")


MEASURE = """
import re, sys
from pathlib import Path
from spectra.datasets import read

def peak():
    # Linux hands the largest size of a parent down in ru_maxrss, and not in VmHWM.
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

read(sys.argv[1], channels="c3")
before = peak()
values = read(sys.argv[2], channels="c3").values
print(values.nbytes / 2**20, peak() - before)
"""


def print_memory(folder: Path) -> None:
    """Print the memory that reading one column of a Parquet file takes, in a process of its own."""
    import pyarrow
    from pyarrow import parquet

    names = [f"c{number}" for number in range(PARQUET_COLUMNS)]
    schema = pyarrow.schema([(name, pyarrow.float64()) for name in names])
    rng = np.random.default_rng(0)
    for path, rows, parts in (("small", 3000, 1), ("large", PARQUET_ROWS, 10)):
        with parquet.ParquetWriter(folder / path, schema) as writer:
            for _ in range(parts):
                columns = {name: rng.normal(size=rows // parts) for name in names}
                writer.write_table(pyarrow.table(columns, schema=schema))
    command = [sys.executable, "-c", MEASURE, str(folder / "small"), str(folder / "large")]
    size, taken = map(float, subprocess.check_output(command, text=True).split())
    print(f"  one column of {size:.0f} MiB     {taken:.0f} MiB more than before")


def main() -> None:
    """Check every file, then time the reading of CSV."""
    shared = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared")
    print("Tables as they are in the world")
    failed = check(shared / "cases", CASES)
    print("Formats")
    failed += check(shared / "data" / "formats", FORMATS)
    print(f"A million rows of CSV, median of {TURNS} turns")
    with tempfile.TemporaryDirectory() as folder:
        print_speed(Path(folder))
        print(f"Parquet, {PARQUET_ROWS:,} rows of {PARQUET_COLUMNS} columns")
        print_memory(Path(folder))
    print(f"{failed} wrong" if failed else "all right")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
