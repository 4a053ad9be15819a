"""Damaged files, altered models and random options: one sentence each, in time and in memory.

`make fuzz SECONDS=600` runs it for longer: python tests/fuzz.py SECONDS [FIRST SEED]
"""

import contextlib
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import h5py
import numpy as np
import pandas as pd
from click.testing import CliRunner
from scipy.io import savemat, wavfile

import naive_edf
import spectra
from altered_models import altered, members
from spectra.cli import main
from spectra.datasets import read_series
from spectra.errors import DataError

ROWS = 300
# Seconds and bytes that one input may take.
LONGEST = 5.0
MOST_BYTES = 1 << 30
# What damaged text is full of.
TEXTS = [
    b"", b"1e400", b"-1e300", b"9" * 400, b"9223372036854775807", b"nan", b"inf", b"\0",
    b"\xff\xfe", b"\xef\xbb\xbf", "é²\u0663\u202e".encode(), b'"', b'""', b",", b";", b"\t",
    b"\n", b"\r", b"\r\n", b"#", b"sep=;", b"<DATE>,<TIME>", b"<html>", b"1,5", b"2024-02-30",
    b"31.12.1969 23:59:60", b"24:00", b"-", b"+", b"=1+1", b"0x10", b"1_0", b"true", b"NULL",
    b"\x1b[2J", b"a" * 5000, b" " * 300,
]  # fmt: skip
OPTIONS = [
    "--channels", "--time", "--label", "--fs", "--resample", "--series", "--repeats", "--sheet",
    "--variable", "--dates", "--delimiter", "--max-bytes", "--nperseg", "--k", "--view", "--alpha",
    "--normal-rows", "--format", "--method",
]  # fmt: skip
VALUES = [
    "", "²", "9" * 5000, "0", "1", "-1", "1e-320", "1e400", "nan", "inf", "none", "a", "a,b", ",",
    "auto", "5min", "0.5", "\x1b[2J", "\udcff", "0:100", ":", "-5:", "tab", ";", "é", "mean",
    "first", "day-first", "json", "csv", "level", "residual", "sequence", "16", "64",
]  # fmt: skip


@cache
def corpus() -> dict[str, bytes]:
    """A small file of each format."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, 2))
    frame = pd.DataFrame(x, columns=["a", "b"])
    frame.insert(0, "time", pd.date_range("2024-01-01", periods=ROWS, freq="10s"))
    frame["label"] = (np.arange(ROWS) // 50 == 3).astype(int)
    files: dict[str, bytes] = {
        "comma.csv": frame.to_csv(index=False).encode(),
        "semicolon.csv": frame.to_csv(index=False, sep=";", decimal=",").encode(),
        "plain.txt": b"\n".join(b"%.4f" % value for value in x[:, 0]),
        "utf16.csv": frame.to_csv(index=False).encode("utf-16"),
    }

    def made(name: str, write: Any) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            write(path)
            files[name] = path.read_bytes()

    made("a.csv.gz", lambda path: frame.to_csv(path, index=False))
    made("a.csv.bz2", lambda path: frame.to_csv(path, index=False))
    made("a.npy", lambda path: np.save(path, x))
    made("a.npz", lambda path: np.savez(path, a=x[:, 0], b=x[:, 1], fs=100.0))
    made("a.wav", lambda path: wavfile.write(path, 8000, (x * 3000).astype(np.int16)))
    made("a.mat", lambda path: savemat(path, {"a": x, "fs": 100.0}))
    made("a.parquet", frame.to_parquet)
    made("a.feather", frame.to_feather)
    made("a.xlsx", lambda path: frame.to_excel(path, index=False))
    made("a.h5", _write_hdf5)
    waves = [naive_edf.Signal(name, np.arange(ROWS) % 50, 100) for name in ("ECG", "EEG")]
    made("a.edf", lambda path: naive_edf.write(path, naive_edf.File(waves)))
    files["a.hea"] = b"a 1 100 300\na.dat 16 100 16 0 0 0 0 ECG\n"
    return files


def _write_hdf5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["a"] = np.random.default_rng(0).normal(size=(ROWS, 2))
        file["a"].attrs["fs"] = 100.0


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """A content with bytes or texts changed, put in, left out, doubled, or cut off."""
    data = bytearray(content)
    for _ in range(int(rng.choice([1, 1, 2, 5, 20]))):
        place = int(rng.integers(len(data) + 1))
        if rng.random() < 0.5:
            # Formats are described at their beginning.
            place = min(place, int(rng.integers(300)))
        kind = int(rng.integers(6))
        if kind == 0 and place < len(data):
            data[place] = int(rng.integers(256))
        elif kind == 1:
            data[place : place + int(rng.integers(9))] = TEXTS[int(rng.integers(len(TEXTS)))]
        elif kind == 2:
            del data[place : place + int(rng.integers(1, 50))]
        elif kind == 3:
            data[place:place] = data[place : place + int(rng.integers(1, 500))]
        elif kind == 4 and rng.random() < 0.3:
            del data[place:]
        else:
            data[place:place] = TEXTS[int(rng.integers(len(TEXTS)))]
    return bytes(data)


@cache
def models() -> list[dict[str, bytes]]:
    """The members of a model file of each kind."""
    x = np.random.default_rng(0).normal(size=(1500, 2))
    methods = [
        spectra.Spectral(nperseg=24),
        spectra.Spectral(),
        spectra.Sequence(),
        spectra.Sequence(epochs=1),
    ]
    found = []
    for method in methods:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.model"
            spectra.learn(x, method=method).save(path)
            found.append(members(path.read_bytes()))
    return found


def read_damaged(folder: Path, rng: np.random.Generator) -> None:
    """Read a damaged file of some format."""
    name = str(rng.choice([*corpus()]))
    path = folder / name
    path.write_bytes(damaged(corpus()[name], rng))
    (folder / "a.dat").write_bytes(np.arange(ROWS, dtype="<i2").tobytes())
    with contextlib.suppress(DataError):
        read_series(path)


def load_altered(folder: Path, rng: np.random.Generator) -> None:
    """Load an altered model, and score with it if that works."""
    path = folder / "a.model"
    path.write_bytes(altered(models()[int(rng.integers(len(models())))], rng))
    with contextlib.suppress(DataError), np.errstate(all="ignore"):
        model = spectra.Model.load(path)
        repr(spectra.score(model, np.random.default_rng(0).normal(size=(600, 2))))


def run_options(folder: Path, rng: np.random.Generator) -> None:
    """Run a command with random options on a file that may be damaged."""
    name = str(rng.choice(["comma.csv", "semicolon.csv", "a.npz", "a.xlsx", "a.wav"]))
    path = folder / name
    content = corpus()[name]
    path.write_bytes(damaged(content, rng) if rng.random() < 0.5 else content)
    command = str(rng.choice(["detect", "inspect", "fit", "evaluate", "score", "benchmark"]))
    words = [command, os.fspath(folder if command == "benchmark" else path)]
    for _ in range(int(rng.integers(4))):
        words += [str(rng.choice(OPTIONS)), VALUES[int(rng.integers(len(VALUES)))]]
    if command == "fit":
        words += ["-o", os.fspath(folder / "out.model")]
    result = CliRunner().invoke(main, words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    if result.exit_code not in (0, 1, 2):
        raise AssertionError(f"{words} ended with the status {result.exit_code}.")


TARGETS = (read_damaged, load_altered, run_options)


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TimeoutError after so many seconds."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"It took more than {seconds} s.")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def fuzz(seed: int, folder: Path) -> str:
    """Run one input, and return the name of its target."""
    rng = np.random.default_rng(seed)
    target = TARGETS[seed % len(TARGETS)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        target(folder, rng)
    for path in folder.iterdir():
        path.unlink()
    return target.__name__


def fuzz_for(seconds: float, first: int) -> int:
    """Run inputs for so many seconds; print what fails, and return how much did."""
    tally: Counter[str] = Counter()
    failed, seed, end = 0, first, time.monotonic() + seconds
    corpus(), models()
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end:
            try:
                with limited(LONGEST):
                    tally[fuzz(seed, Path(folder))] += 1
            except Exception:
                failed += 1
                sys.stdout.write(f"seed {seed}:\n{traceback.format_exc()}\n")
            seed += 1
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used) * 1024
    sys.stdout.write(f"{dict(tally)}, {failed} failed, {grown / 1e6:.0f} MB more at most\n")
    return failed + (grown > MOST_BYTES)


if __name__ == "__main__":
    start = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    sys.exit(fuzz_for(float(sys.argv[1]), start) > 0)
