"""Makes the sample recordings in datasets/ from the original files; needed only to change them.

    pip install wfdb
    python benchmarks/make_samples.py NAB MITDB datasets

NAB is a folder with machine_temperature_system_failure.csv and combined_windows.json of the Numenta
Anomaly Benchmark, MITDB one with 119.dat, 119.hea and 119.atr of the MIT-BIH Arrhythmia Database.
The same input gives the same content, byte for byte once unzipped.
"""

import argparse
import gzip
import json
from pathlib import Path

import numpy as np
import wfdb
from numpy.typing import NDArray

SERIES = "machine_temperature_system_failure.csv"
RECORD = "119"
FS, ADC_PER_MV, ADC_ZERO = 360, 200, 1024
MINUTES = 10
ECTOPIC, BEATS = "V", ("N", "V")
BAD_SIGNAL = "~"
# A wide QRS complex and its T wave, from the annotation at the R peak.
BEFORE, AFTER = 90, 144


def write(path: Path, lines: list[str]) -> None:
    """Write lines of text, gzipped if the name ends in .gz.

    A gzip file gets no time stamp, so that the same lines are the same file.
    """
    data = ("\n".join(lines) + "\n").encode("ascii")
    if path.suffix != ".gz":
        path.write_bytes(data)
        return
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as zipped:
        zipped.write(data)


def machine_temperature(nab: Path) -> list[str]:
    """Return the rows as they were published, labelled.

    The label is 1 where the time is in a window of an anomaly, ends included.
    """
    windows = json.loads((nab / "combined_windows.json").read_text())[f"realKnownCause/{SERIES}"]
    header, *rows = (nab / SERIES).read_text().splitlines()
    lines = [f"{header},label"]
    for row in rows:
        # Times are written alike, so they sort as texts do; those of the windows have microseconds
        # behind.
        instant = row.split(",")[0] + ".000000"
        lines.append(f"{row},{int(any(first <= instant <= last for first, last in windows))}")
    return lines


def first_minute(samples: NDArray[np.int64], symbols: NDArray[np.str_], n_samples: int) -> int:
    """Return the minute that the excerpt starts at.

    Its ten minutes have no bad signal and the smallest share of ectopic beats.
    """
    shares = {}
    for minute in range(n_samples // (60 * FS) - MINUTES + 1):
        inside = symbols[(samples >= minute * 60 * FS) & (samples < (minute + MINUTES) * 60 * FS)]
        if not np.any(inside == BAD_SIGNAL):
            shares[minute] = np.mean(inside[np.isin(inside, BEATS)] == ECTOPIC)
    return min(shares, key=lambda minute: shares[minute])


def ecg(mitdb: Path) -> tuple[list[str], list[str]]:
    """Return the lines of the excerpt and of its beats.

    Samples and seconds count from the start of the excerpt.
    """
    record = wfdb.rdrecord(str(mitdb / RECORD), physical=False)
    annotation = wfdb.rdann(str(mitdb / RECORD), "atr")
    symbols = np.array(annotation.symbol)
    start = first_minute(annotation.sample, symbols, record.sig_len) * 60 * FS
    n = MINUTES * 60 * FS
    print(f"ECG: samples {start} to {start + n - 1} of record {RECORD}")
    millivolts = (record.d_signal[start : start + n] - ADC_ZERO) / ADC_PER_MV
    samples = annotation.sample - start
    label = np.zeros(n, dtype=np.int64)
    # Those of the whole record, as a beat just outside the excerpt may reach into it.
    for sample in samples[symbols == ECTOPIC]:
        label[max(0, sample - BEFORE) : max(0, sample + AFTER + 1)] = 1
    rows = zip(np.arange(n) / FS, millivolts, label, strict=True)
    signal = [",".join(["time_s", *record.sig_name, "label"])]
    signal += [
        f"{t:.6f},{','.join(f'{lead:.3f}' for lead in leads)},{mark}" for t, leads, mark in rows
    ]
    shown = (samples >= 0) & (samples < n) & np.isin(symbols, BEATS)
    pairs = zip(samples[shown], symbols[shown], strict=True)
    beats = [
        "time_s,sample,symbol",
        *(f"{sample / FS:.6f},{sample},{symbol}" for sample, symbol in pairs),
    ]
    return signal, beats


def main() -> None:
    """Read the two folders, write the three files."""
    parser = argparse.ArgumentParser(
        description="Make the sample recordings from the original files."
    )
    for name in ("nab", "mitdb", "target"):
        parser.add_argument(name, type=Path)
    folders = parser.parse_args()
    write(folders.target / "machine_temperature.csv.gz", machine_temperature(folders.nab))
    signal, beats = ecg(folders.mitdb)
    write(folders.target / "ecg_mitbih_119.csv.gz", signal)
    write(folders.target / "ecg_mitbih_119_beats.csv", beats)


if __name__ == "__main__":
    main()
