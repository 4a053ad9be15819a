"""What the order of frames tells: SequenceDetector beside SpectralDetector, and both together.

    pip install wfdb        (for the beats)
    python benchmarks/sequence.py order [--seeds 20] [--epochs 0]
    python benchmarks/sequence.py beats MITDB
    python benchmarks/sequence.py series FOLDER
    python benchmarks/sequence.py fit [--epochs 0]

order   phases that swap places, are skipped or come twice: mean VUS-PR over the seeds, both detectors with frames of the
        same length, and the share of labelled rows, which scores without meaning have
beats   premature ventricular beats of MITDB, the folder of records 119 and 208 of the MIT-BIH Arrhythmia Database: recall
        and false alarms a minute at the default threshold. A beat is found when an alarm touches it; an alarm
        that touches no ectopic beat is false
series  every labelled file of FOLDER: mean VUS-PR of the pipeline, learned from the normal rows named by _tr_N_ too, of the
        sequence, learned from the recording itself, and of both together
fit     seconds to learn from 100,000 samples, as the machine is: set OMP_NUM_THREADS to compare

Both together is `both` below: the larger of the pipeline's standard score and the sequence's times the share of what is
uncertain of a frame that its past takes away. No label is looked at.
"""

import argparse
import re
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectra import Detection, detect, metrics
from spectra.calibration import p_from_z
from spectra.datasets import Recording, read
from spectra.datasets.generators import order_anomalies
from spectra.sequence.model import SequenceModel

FloatArray = NDArray[np.float64]
ALPHA = 0.001
# A wide QRS complex begins about so long before its annotation, and its T wave ends so long after, in seconds.
BEFORE, AFTER = 0.25, 0.4
ECTOPIC = ("V", "F", "E", "!")


def both(pipeline: FloatArray, sequence: Detection) -> FloatArray:
    """The larger of two standard scores, that of the order counting as much as there is an order; or the one there is."""
    model = sequence.learned.model
    assert isinstance(model, SequenceModel)
    return np.fmax(pipeline, model.explained * z_of(sequence))


def z_of(found: Detection) -> FloatArray:
    """The standard score of each row."""
    return found.scores["anomaly_score"].to_numpy()


def vus(recording: Recording, z: FloatArray) -> float:
    """VUS-PR with the buffer of the benchmark's protocol."""
    assert recording.labels is not None
    return metrics.vus_pr(recording.labels, metrics.without_gaps(z), metrics.vus_buffer(recording.values[:, 0]))


def order(n_seeds: int, epochs: int) -> None:
    """Print what both detectors find of phases out of order."""
    rows = []
    for seed in range(n_seeds):
        recording = order_anomalies(np.random.default_rng(seed))
        assert recording.labels is not None
        sequence = detect(recording, method="sequence", epochs=epochs)
        spectral = detect(recording, nperseg=sequence.nperseg)
        spectral_z = z_of(spectral)
        scores = (z_of(sequence), spectral_z, both(spectral_z, sequence))
        rows.append((*(vus(recording, z) for z in scores), float(recording.labels.mean())))
    mean, spread = np.mean(rows, axis=0), np.std(rows, axis=0)
    print(f"order anomalies, {n_seeds} seeds, VUS-PR mean (standard deviation), frames of {sequence.nperseg}")
    for name, one, sd in zip(
        ("SequenceDetector", "SpectralDetector", "both together", "share of labelled rows"), mean, spread, strict=True
    ):
        print(f"  {name:24s} {one:.3f} ({sd:.3f})")


def runs_of(alarm: NDArray[np.bool_], gap: int) -> list[tuple[int, int]]:
    """First and last row of the alarms, those closer than `gap` rows as one."""
    first, last = metrics.runs(alarm)
    found: list[tuple[int, int]] = []
    for begin, end in zip(first.tolist(), last.tolist(), strict=True):
        if found and begin - found[-1][1] <= gap:
            found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return found


def beats(folder: Path) -> None:
    """Print recall and false alarms of ectopic beats."""
    import wfdb

    for name in ("119", "208"):
        record = wfdb.rdrecord(str(folder / name))
        notes = wfdb.rdann(str(folder / name), "atr")
        fs = float(record.fs)
        recording = Recording.from_array(record.p_signal, fs=fs, channels=tuple(record.sig_name), name=name)
        symbols = np.array(notes.symbol)
        places = notes.sample
        ectopic = np.zeros(recording.n_samples, dtype=np.bool_)
        for at in places[np.isin(symbols, ECTOPIC)]:
            ectopic[max(int(at - BEFORE * fs), 0) : int(at + AFTER * fs)] = True
        minutes = recording.n_samples / fs / 60
        premature = places[symbols == "V"]
        spectral, sequence = detect(recording), detect(recording, method="sequence")
        z = {"pipeline": z_of(spectral), "sequence": z_of(sequence)}
        p = {key: p_from_z(one) for key, one in z.items()}
        p["both"] = 2 * p_from_z(both(z["pipeline"], sequence))
        print(f"{name}: {len(premature)} premature ventricular beats in {minutes:.0f} minutes, alpha {ALPHA}")
        print(f"  frames: pipeline {spectral.npersegs}, sequence {sequence.npersegs}")
        for key, one in p.items():
            alarm = one < ALPHA
            hit = [alarm[max(int(at - BEFORE * fs), 0) : int(at + AFTER * fs)].any() for at in premature]
            false = sum(not ectopic[begin : end + 1].any() for begin, end in runs_of(alarm, sequence.nperseg))
            truth = ectopic.astype(np.int64)
            area = metrics.auc_pr(truth, -np.nan_to_num(one, nan=1.0))
            print(f"  {key:10s} recall {np.mean(hit):.3f}   false alarms a minute {false / minutes:.2f}   AUC-PR {area:.3f}")


def series(folder: Path) -> None:
    """Print the mean VUS-PR of the pipeline, the sequence and both over the files of a folder."""
    rows = []
    for path in sorted(folder.glob("*.csv")):
        recording = read(path)
        match = re.search(r"_tr_(\d+)_", path.name)
        normal = (0, int(match[1])) if match else None
        spectral = z_of(detect(recording, normal_rows=normal))
        begin = time.perf_counter()
        sequence = detect(recording, method="sequence")
        seconds = time.perf_counter() - begin
        rows.append([vus(recording, one) for one in (spectral, z_of(sequence), both(spectral, sequence))] + [seconds])
        print(f"{path.name[:40]:40s} " + "  ".join(f"{one:.3f}" for one in rows[-1]), flush=True)
    names = ("pipeline", "sequence", "both", "seconds of sequence")
    for name, mean in zip(names, np.mean(rows, axis=0), strict=True):
        print(f"  {name:20s} {mean:.3f}")


def fit(epochs: int) -> None:
    """Print how long it takes to learn from 100,000 samples."""
    recording = order_anomalies(np.random.default_rng(0), n_samples=100_000)
    begin = time.perf_counter()
    detect(recording, method="sequence", epochs=epochs)
    print(f"fit and score of 100,000 samples, epochs={epochs}: {time.perf_counter() - begin:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["order", "beats", "series", "fit"])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=0)
    given = parser.parse_args()
    if given.what == "order":
        order(given.seeds, given.epochs)
    elif given.what == "fit":
        fit(given.epochs)
    elif given.folder is None:
        parser.error(f"{given.what} needs a folder")
    elif given.what == "beats":
        beats(given.folder)
    else:
        series(given.folder)


if __name__ == "__main__":
    main()
