"""Small valid files of every format, and damage done to them: the corpus of the fuzz tests."""

import bz2
import gzip
import io
import json
import lzma
import struct
import zipfile
from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from scipy.io import savemat, wavfile

import naive_edf

ROWS = 40
Generator = np.random.Generator

# What damaged text is full of.
TEXTS = [
    b"", b"1e400", b"-1e300", b"9" * 400, b"9223372036854775807", b"-9223372036854775808", b"nan",
    b"inf", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", "é²\u0663\u202e".encode(), b'"',
    b'""', b",", b";", b"\t", b"|", b"\n", b"\r", b"\r\n", b"#", b"%", b"sep=;\n", b"sep=\xe9\n",
    b"<DATE>,<TIME>", b"<html>", b"1,5", b"1.234.567,5", b"2024-02-30", b"2024-13-45", b"99:99:99",
    b"31.12.1969 23:59:60", b"24:00", b"0000-00-00", b"9999-12-31T23:59:59Z", b"1e18", b"1e-320",
    b"-", b"+", b"\xe2\x88\x921", b"=1+1", b"0x10", b"1_0", b"true", b"NULL", b"{", b'{"a": 1}',
    b"[1, 2]", b"\x1b[2J", b"a" * 5000, b" " * 300, b"5 min", b"P1D", b"+14:00", b"Z",
]  # fmt: skip
# What the headers of arrays are full of, in place of a type, an order or a shape.
HEADER_VALUES = [
    "'<f8'", "'O'", "'M8[ns]'", "'M8[99999999999s]'", "'V9999999999'", "'U3'", "'<f8,<i4'",
    "'9999999999f8'", "b'x'", "None", "True", "3", "-1", "9" * 400, "1e400", "()", "[]", "{}", "''",
    "'shape'", "(5,)", "(2, 3)", "(-1,)", "(1.5,)", "([],)", "(0, 9223372036854775807)", "{[]: 1}",
    "[('a', '<f8')]", "[('a', '<f8', (999999999,))]", "[('a', [('b', '<f8')])]", "1+2j", "{1, 2}",
    "[('', 'V8')]", "[(('t', 'n'), 'f8')]", "('<f8', (2,))", "{'names': ['a']}", "10L", "(5L,)",
    "{'names': ['a'], 'formats': ['f8'], 'offsets': [99999999999]}", "f'{1}'", "'\\ud800'",
    "[" * 200 + "]" * 200, "(" * 3000, "-" * 3000 + "1", "(" * 90 + "1" + ",)" * 90,
]  # fmt: skip
# What damaged bytes are full of: sizes, counts and offsets.
RUNS = [
    b"\xff" * 4, b"\0" * 4, b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\xff" * 7 + b"\x7f", b"\0" * 8,
    b"\x01\0\0\0", b"\0\0\0\x01", b"\0\0\x10\0",
]  # fmt: skip


def in_memory(write: Callable[[io.BytesIO], object]) -> bytes:
    """Return what is written to a file."""
    file = io.BytesIO()
    write(file)
    return file.getvalue()


@cache
def corpus() -> dict[str, bytes]:
    """Return a small valid file of each format, by a name with its ending."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, 2))
    frame = pd.DataFrame(x, columns=["a [mV]", "b"])
    frame.insert(0, "time", pd.date_range("2024-01-01", periods=ROWS, freq="10s"))
    frame["label"] = (np.arange(ROWS) // 10 == 2).astype(int)
    plain = frame.to_csv(index=False)
    semicolons = frame.to_csv(index=False, sep=";", decimal=",", date_format="%d.%m.%Y %H:%M:%S")
    stacked = pd.concat([frame.assign(who="one"), frame.assign(who="two")]).to_csv(index=False)
    records = json.loads(frame.to_json(orient="records", date_format="iso"))
    nested = {"s": {"fs": 100.0, "x": x[:, 0], "name": "abc"}, "y": x[:, 1]}
    return {
        "comma.csv": plain.encode(),
        "semicolon.csv": semicolons.encode("latin-1"),
        "stacked.csv": stacked.encode(),
        "above.csv": f"# sample rate = 100 Hz\nMade by: x\n{plain}".encode("utf-8-sig"),
        "plain.txt": b"\n".join(b"%.4f" % value for value in x[:, 0]),
        "blanks.txt": b"\n".join(b"%d %9.4f  %9.4f" % (i, *row) for i, row in enumerate(x)),
        "a.json": json.dumps({"fs": 10, "data": records}).encode(),
        "a.jsonl": b"\n".join(json.dumps(one).encode() for one in records),
        "columns.json": json.dumps({"a": [*x[:, 0]], "b": [*x[:, 1]], "fs": 5.0}).encode(),
        "a.log": b"\n".join(
            b"2024-01-01 00:00:%02d INFO main: temp=%.1f hum: %.0f %%" % (i, a, b)
            for i, (a, b) in enumerate(x)
        ),
        "utf16.csv": plain.encode("utf-16"),
        "a.csv.gz": gzip.compress(plain.encode()),
        "a.csv.bz2": bz2.compress(plain.encode()),
        "a.csv.xz": lzma.compress(plain.encode()),
        "a.npy": in_memory(lambda file: np.save(file, x)),
        "b.npy": in_memory(lambda file: np.save(file, frame.drop(columns="time").to_records())),
        "a.npz": in_memory(lambda file: np.savez(file, a=x[:, 0], b=x[:, 1], fs=100.0)),
        "a.wav": in_memory(
            lambda file: wavfile.write(file, 8000, (x * 3000).astype(np.int16))
        ),
        "b.wav": in_memory(lambda file: wavfile.write(file, 100, x)),
        "a.mat": in_memory(lambda file: savemat(file, nested)),
        "b.mat": in_memory(lambda file: savemat(file, nested, do_compression=True)),
        "a.edf": _edf(16),
        "a.bdf": _edf(24),
        "a.hea": b"a 2 100 40 12:00:00 01/02/2024\na.dat 16 100/mV 16 0 0 0 0 ECG\n"
        b"a.dat 16 100 16 0 0 0 0 V1\n# a comment\n",
        "b.hea": b"b/2 1 100 80\na1 40\na2 40\n",
        "a.cff": _comtrade("ASCII"),
        "b.cff": _comtrade("BINARY"),
        **{
            name: in_memory(partial(write, frame))
            for name, (library, write) in WITH_LIBRARIES.items()
            if find_spec(library) is not None
        },
    }  # fmt: skip


def left_out() -> dict[str, str]:
    """Return the library of each format that cannot be written, because it is not installed."""
    return {
        name: library for name, (library, _) in WITH_LIBRARIES.items() if find_spec(library) is None
    }


def beside() -> dict[str, bytes]:
    """Return the files that lie beside some of the corpus, by their names."""
    samples = np.arange(2 * ROWS, dtype="<i2").tobytes()
    one = b"%s 1 100 40\na.dat 16 100/mV 16 0 0 0 0 ECG\n"
    return {"a.dat": samples, "a1.hea": one % b"a1", "a2.hea": one % b"a2",
            "a.atr": b"\x05\x04\x08\x14\x00\x00"}  # fmt: skip


def _comtrade(form: str) -> bytes:
    """Return a record of COMTRADE of one analog and one digital channel."""
    head = f"N,R,1999\n2,1A,1D\n1,IA,A,,A,0.1,0,0,-99,99,1,1,P\n1,T,,,0\n50\n1\n50,{ROWS}\n"
    start = "01/02/2024,12:00:00.000000\n"
    text = f"--- file type: CFG ---\n{head}{start}{start}{form}\n1\n--- file type: DAT {form} ---\n"
    rows = [(i + 1, 20000 * i, i * i % 90, i % 2) for i in range(ROWS)]
    if form == "ASCII":
        return text.encode() + b"".join(b"%d,%d,%d,%d\n" % row for row in rows)
    return text.encode() + np.array(rows, "<u4,<u4,<i2,<u2").tobytes()


def _write_zstd(frame: pd.DataFrame, file: io.BytesIO) -> None:
    file.write(import_module("zstandard").compress(frame.to_csv(index=False).encode()))


def _write_parquet(frame: pd.DataFrame, file: io.BytesIO) -> None:
    import_module("pyarrow.parquet").write_table(_table(frame), file)


def _write_feather(frame: pd.DataFrame, file: io.BytesIO) -> None:
    import_module("pyarrow.feather").write_feather(_table(frame), file)


def _write_stream(frame: pd.DataFrame, file: io.BytesIO) -> None:
    table = _table(frame)
    with import_module("pyarrow").ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)


def _table(frame: pd.DataFrame) -> Any:
    return import_module("pyarrow").Table.from_pandas(frame.assign(who="a"))


def _write_workbook(_frame: pd.DataFrame, file: io.BytesIO) -> None:
    book = import_module("openpyxl").Workbook()
    sheet = book.active
    times = pd.date_range("2024-03-05", periods=12, freq="1s").to_pydatetime()
    for row in (["Title"], [], ["time", "flow"], *zip(times, np.sin(np.arange(12.0)), strict=True)):
        sheet.append(list(row))
    book.create_sheet("Second").append(["a", 1])
    book.save(file)


def _write_hdf5(_frame: pd.DataFrame, file: io.BytesIO) -> None:
    rng = np.random.default_rng(0)
    with import_module("h5py").File(file, "w") as written:
        written["a"] = rng.normal(size=(ROWS, 2))
        written["a"].attrs["fs"] = 100.0
        data = rng.normal(size=ROWS)
        written.create_dataset("group/flow", data=data, compression="gzip", chunks=(10,))


# Formats that a library writes, which need not be installed.
WITH_LIBRARIES: dict[str, tuple[str, Callable[[pd.DataFrame, io.BytesIO], None]]] = {
    "a.csv.zst": ("zstandard", _write_zstd),
    "a.parquet": ("pyarrow", _write_parquet),
    "a.feather": ("pyarrow", _write_feather),
    "a.arrow": ("pyarrow", _write_stream),
    "a.xlsx": ("openpyxl", _write_workbook),
    "a.h5": ("h5py", _write_hdf5),
}


def _edf(bits: int) -> bytes:
    waves = [naive_edf.Signal(name, np.arange(ROWS) % 50, 10) for name in ("ECG", "EEG")]
    notes = [(1.0, 2.0, "event")]
    file = naive_edf.File(waves, annotations=notes)
    return naive_edf.content(file if bits == 16 else naive_edf.bdf(file))


def damaged(name: str, rng: Generator) -> bytes:
    """Return a file of the corpus with damage: to its bytes, its cells, or inside its container."""
    content = corpus()[name]
    chance = rng.random()
    if chance < 0.3 and name.endswith((".csv", ".txt", ".log")):
        return damaged_table(content, rng)
    if chance < 0.5 and name.endswith((".xlsx", ".npz")):
        return _damaged_member(content, rng)
    if chance < 0.3 and name.endswith(".npy"):
        return damaged_header(content, rng)
    if chance < 0.5 and name.startswith("a.csv."):
        inner = damaged_bytes(corpus()["comma.csv"], rng)
        compress = {
            "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress,
        }  # fmt: skip
        ending = name.rpartition(".")[2]
        if ending == "zst":
            return bytes(import_module("zstandard").compress(inner))
        return compress[ending](inner)
    return damaged_bytes(content, rng)


def damaged_bytes(content: bytes, rng: Generator) -> bytes:
    """Return a content with bytes or texts changed, put in, left out, doubled, or cut off."""
    data = bytearray(content)
    for _ in range(int(rng.choice([1, 1, 1, 2, 5, 20]))):
        place = int(rng.integers(len(data) + 1))
        if rng.random() < 0.5:
            # Formats are described at their beginning, some at their end.
            place = min(place, int(rng.integers(300)))
        elif rng.random() < 0.2:
            place = max(len(data) - int(rng.integers(1, 300)), 0)
        kind = int(rng.integers(9))
        if kind <= 1 and place < len(data):
            data[place] = int(rng.integers(256)) if kind else data[place] ^ 1 << rng.integers(8)
        elif kind == 2:
            data[place : place + int(rng.integers(9))] = _one(TEXTS, rng)
        elif kind == 3:
            del data[place : place + int(rng.integers(1, 50))]
        elif kind == 4:
            data[place:place] = data[place : place + int(rng.integers(1, 500))]
        elif kind == 5 and rng.random() < 0.3:
            del data[place:]
        elif kind == 6:
            run = _one(RUNS, rng)
            data[place : place + len(run)] = run
        elif kind == 7:
            other, size = int(rng.integers(len(data) + 1)), int(rng.integers(1, 100))
            data[place : place + size] = data[other : other + size]
        else:
            data[place:place] = _one(TEXTS, rng)
    return bytes(data)


def damaged_header(content: bytes, rng: Generator) -> bytes:
    """Return an array of NumPy whose header says something else."""
    values = content.partition(b"}")[2]
    said = {"'descr'": "'<f8'", "'fortran_order'": "False", "'shape'": f"({ROWS},)"}
    for _ in range(int(rng.integers(1, 3))):
        key = str(rng.choice([*said]))
        value = HEADER_VALUES[int(rng.integers(len(HEADER_VALUES)))]
        if rng.random() < 0.8:
            said[key] = value
        else:
            said[value] = said.pop(key)
    header = ", ".join(f"{key}: {value}" for key, value in said.items())
    text = f"{{{header}, }}\n" if rng.random() < 0.9 else header
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text.encode() + values


def damaged_table(content: bytes, rng: Generator) -> bytes:
    """Return a table with other cells, rows or columns."""
    delimiter = b";" if content.count(b";") > content.count(b",") else b","
    rows = [line.split(delimiter) for line in content.splitlines()]
    for _ in range(int(rng.choice([1, 1, 2, 4]))):
        kind, row = int(rng.integers(8)), int(rng.integers(len(rows)))
        column = int(rng.integers(len(rows[row]) or 1))
        if kind == 0 and rows[row]:
            rows[row][column] = _one(TEXTS, rng)
        elif kind == 1:
            # One text in many cells of a column.
            text, share = _one(TEXTS, rng), rng.choice([0.1, 0.5, 1.0])
            for cells in rows[1:]:
                if len(cells) > column and rng.random() < share:
                    cells[column] = text
        elif kind == 2:
            rows[row:row] = [list(rows[row])] * int(rng.integers(1, 4))
        elif kind == 3:
            rows = [cells[:column] + cells[column + 1 :] for cells in rows]
        elif kind == 4:
            rows = [[*cells, cells[column]] if len(cells) > column else cells for cells in rows]
        elif kind == 5:
            rng.shuffle(rows)
        elif kind == 6:
            rows = rows[row:]
        else:
            rows = rows[: row + 1]
    ending = [b"\n", b"\r\n", b"\r"][int(rng.choice([0, 0, 0, 1, 2]))]
    joint = delimiter if rng.random() < 0.9 else _one([b";", b"\t", b"|", b" ", b", "], rng)
    return ending.join(joint.join(cells) for cells in rows) + ending


def _damaged_member(content: bytes, rng: Generator) -> bytes:
    """Return a zip archive one of whose members is damaged, with valid checksums."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = str(rng.choice([*parts]))
    damage = damaged_header if name.endswith(".npy") and rng.random() < 0.6 else damaged_bytes
    parts[name] = damage(parts[name], rng)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for one, part in parts.items():
            archive.writestr(one, part)
    return file.getvalue()


# Columns that composed tables are made of: each a text of the row number.
COLUMNS: dict[str, Callable[[int, Generator], str]] = {
    "iso": lambda i, _: f"{pd.Timestamp('2024-02-28') + pd.Timedelta(minutes=17 * i)}",
    "zone": lambda i, _: f"2024-03-31T{i // 60 % 24:02d}:{i % 60:02d}:00+0{i % 3}:00",
    "german": lambda i, _: f"{i % 28 + 1:02d}.{i // 28 % 12 + 1:02d}.2023",
    "american": lambda i, _: f"{i // 28 % 12 + 1}/{i % 28 + 1}/2023 {i % 12 + 1}:00 PM",
    "clock": lambda i, _: f"{23 + i // 3600}:{i // 60 % 60:02d}:{i % 60:02d}",
    "minutes": lambda i, _: f"{i // 60:02d}:{i % 60:02d}.{i % 10}",
    "epoch": lambda i, _: f"{1.7e9 + i:.0f}",
    "epoch in ms": lambda i, _: f"{1.7e12 + 40 * i:.0f}",
    "epoch in ns": lambda i, _: f"{1_700_000_000_000_000_000 + 10**7 * i}",
    "serial": lambda i, _: f"{45000 + i / 24:.6f}",
    "seconds": lambda i, _: f"{i * 0.01:.2f}",
    "year": lambda i, _: f"{2000 + i // 12}",
    "month": lambda i, _: f"{i % 12 + 1}",
    "count": lambda i, _: f"{i}",
    "wrapping count": lambda i, _: f"{i % 16}",
    "float": lambda _, rng: f"{rng.normal():.4f}",
    "decimal comma": lambda _, rng: f"{rng.normal():.3f}".replace(".", ","),
    "thousands": lambda _, rng: f'"{rng.normal() * 1e6:,.2f}"',
    "exponent": lambda _, rng: f"{rng.normal() * 10.0 ** rng.integers(-300, 300):.3e}",
    "integer": lambda _, rng: f"{rng.integers(-99, 99)}",
    "hexadecimal": lambda _, rng: f"0x{rng.integers(0, 99):02X}",
    "with unit": lambda _, rng: f"{rng.normal():.1f} °C",
    "constant": lambda _, __: "5",
    "empty": lambda _, __: "",
    "text": lambda _, rng: ["on", "off", "err"][int(rng.integers(3))],
    "series": lambda i, _: "ab"[i // 12 % 2],
    "label": lambda i, _: f"{int(i % 20 > 16)}",
    "truth": lambda i, _: str(i % 20 > 16),
    "sparse": lambda i, rng: "NA" if i % 3 else f"{rng.normal():.2f}",
    "json": lambda i, _: f'"{{""a"": {i}}}"',
}
NAMES = [
    "", "time", "Time [s]", "date", "Datum", "timestamp", "value", "x", "x", "label", "is_anomaly",
    "id", "sensor", "index", "Unnamed: 0", "year", "month", "Temp (°C)", "a,b", "1", "fs", "Zeit",
    "unit", "1.5", "2024", "nan",
]  # fmt: skip
ABOVE = [
    "", "", "", "", "# rate: 100 Hz\n", "Device;X\nStart;2024-01-01 00:00:00\n\n", "sep=,\n",
    '{"fs": 50}\n', "[header]\nfs=10\n[data]\n", "Title\n\n", "%%\n%\n", "a\tb\tc\n", "\ufeff",
]  # fmt: skip
BELOW = ["", "", "", "", "Total,5,5\n", "# end\n", "\n\n", "EOF", "\x1a", "Mean;1;2;3\n", ",,,\n"]


def composed(rng: Generator) -> bytes:
    """Return a table of random columns, names, delimiters and what stands around it."""
    kinds = [str(kind) for kind in rng.choice([*COLUMNS], int(rng.choice([1, 2, 2, 3, 3, 4, 6])))]
    delimiter = str(rng.choice([",", ",", ",", ";", "\t", " ", "|", ", "]))
    names = [NAMES[int(rng.integers(len(NAMES)))] for _ in kinds]
    lines = [delimiter.join(names)] if rng.random() < 0.7 else []
    if lines and rng.random() < 0.1:
        lines.append(delimiter.join(["s", "mV", "°C", "-", "", "1"][: len(kinds)]))
    n = int(rng.choice([0, 1, 2, 3, 10, 30, 60]))
    step, start = int(rng.choice([1, 1, 1, 7, 3600, -1, 0])), int(rng.choice([0, 0, 59, 10**6]))
    wrong = rng.choice([0.0, 0.0, 0.0, 0.02, 0.3])
    for i in range(n):
        cells = [COLUMNS[kind](abs(start + step * i), rng) for kind in kinds]
        if rng.random() < wrong:
            text = _one(TEXTS, rng).decode(errors="replace")
            cells[int(rng.integers(len(cells)))] = text
        lines.append(delimiter.join(cells))
    end = str(rng.choice(["\n", "\n", "\r\n", "\r"]))
    above, below = ABOVE[int(rng.integers(len(ABOVE)))], BELOW[int(rng.integers(len(BELOW)))]
    encoding = str(rng.choice(["utf-8", "utf-8", "utf-8", "latin-1", "utf-16", "utf-8-sig"]))
    return (above + end.join(lines) + end + below).encode(encoding, "replace")


def _one(choices: list[bytes], rng: Generator) -> bytes:
    return choices[int(rng.integers(len(choices)))]
