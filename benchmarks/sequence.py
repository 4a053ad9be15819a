"""The order of frames: SequenceDetector beside SpectralDetector, and both together.

    python benchmarks/sequence.py order [--seeds 20] [--epochs 0]
    python benchmarks/sequence.py beats MITDB
    python benchmarks/sequence.py series FOLDER
    python benchmarks/sequence.py fit [--epochs 0]

order   phases that swap places, are skipped or come twice: mean VUS-PR over the seeds, both
detectors with frames of the
        same length, and the share of labelled rows, which scores without meaning have
beats   premature ventricular beats of MITDB, the folder of records 119 and 208 of the MIT-BIH
Arrhythmia Database: recall,
        false alarms a minute and F1 at alpha 0.001, and AUC-PR over beats. What is normal is
        learned from the first five minutes, less what annotations call anything but a normal beat,
        and the rest is judged: so arrhythmia detectors that know their patient are trained and
        tested. Learned from the recording itself as well, where a fifth and almost a half of the
        beats are ectopic, which is not rare. `mitdb.Beats` says what counts as found and as false
series  every labelled file of FOLDER: mean VUS-PR of the pipeline, learned from the normal rows
named by _tr_N_ too, of the
        sequence, learned from the recording itself, and of both together
fit     seconds to learn from 100,000 samples, as the machine is: set OMP_NUM_THREADS to compare

Together is one of two things, and no label is looked at for either. `added` finds what one alone
sees: the pipeline's standard score, or where it is larger the mean of both, the sequence's counting
as much as there is an order. `agreed` is for few false alarms where both see enough: the smaller
standard score, so an alarm is where both raise one. Its p-value is the larger of two and so valid,
whatever they have to do with each other: P(both ≤ α) ≤ P(one ≤ α) ≤ α.
"""

import argparse
import re
import time
from collections import Counter
from pathlib import Path

import numpy as np
from mitdb import Beats, Judged, normal_part, read_record
from numpy.typing import NDArray

from spectra import Detection, detect, metrics
from spectra.calibration.gaussian import p_from_z
from spectra.datasets import Recording, read
from spectra.datasets.generators import order_anomalies
from spectra.sequence.model import SequenceModel
from spectra.sequence.settings import Sequence
from spectra.spectral.settings import Spectral

FloatArray = NDArray[np.float64]
ALPHA = 0.001
# A fifth of a beat, about as long as a QRS complex, in seconds.
FRAME = 0.18
# The standard score that a tenth of what is normal exceeds, and the one from which p-values are too
# small for a float.
TENTH, LARGEST = 1.2816, 38.0


def added(pipeline: FloatArray, sequence: Detection) -> FloatArray:
    """Return the larger of the pipeline's standard score and the mean of both.

    Where one is missing, the other one is returned.

    The weight of the sequence in the mean is the share of entropy that it explains. It is less
    where the sequence calls more than a tenth of a recording unusual, as most of it is normal.
    """
    model = sequence.model.fitted
    assert isinstance(model, SequenceModel)
    z = np.minimum(z_of(sequence), LARGEST)
    weight = model.explained * min(1.0, TENTH / max(float(np.nanquantile(z, 0.9)), TENTH))
    return np.fmax(pipeline, (pipeline + weight * z) / (1.0 + weight))


def agreed(pipeline: FloatArray, sequence: FloatArray) -> FloatArray:
    """Return the smaller of two standard scores, NaN where one is missing."""
    return np.minimum(pipeline, sequence)


def z_of(found: Detection) -> FloatArray:
    """Return the standard score of each row."""
    return found.scores["anomaly_score"].to_numpy()


def vus(recording: Recording, z: FloatArray) -> float:
    """Return VUS-PR with the buffer of the benchmark's protocol."""
    assert recording.labels is not None
    return metrics.vus_pr(
        recording.labels, metrics.without_gaps(z), metrics.vus_buffer(recording.values[:, 0])
    )


def order(n_seeds: int, epochs: int) -> None:
    """Print what both detectors find of phases out of order."""
    rows = []
    for seed in range(n_seeds):
        recording = order_anomalies(np.random.default_rng(seed))
        assert recording.labels is not None
        sequence = detect(recording, method=Sequence(epochs=epochs))
        spectral = detect(recording, method=Spectral(nperseg=sequence.nperseg))
        spectral_z = z_of(spectral)
        scores = (z_of(sequence), spectral_z, added(spectral_z, sequence))
        rows.append((*(vus(recording, z) for z in scores), float(recording.labels.mean())))
    mean, spread = np.mean(rows, axis=0), np.std(rows, axis=0)
    print(
        f"order anomalies, {n_seeds} seeds, VUS-PR mean (standard deviation), frames of "
        f"{sequence.nperseg}"
    )
    for name, one, sd in zip(
        ("SequenceDetector", "SpectralDetector", "both together", "share of labelled rows"),
        mean,
        spread,
        strict=True,
    ):
        print(f"  {name:24s} {one:.3f} ({sd:.3f})")


def beats(folder: Path) -> None:
    """Print recall and false alarms of premature ventricular beats."""
    for name in ("119", "208"):
        record = read_record(folder / name)
        fs, places, symbols = record.fs, record.places, record.symbols
        recording = Recording.from_array(record.values, fs=fs, channels=record.leads, name=name)
        part = normal_part(record.values, places, symbols, fs)
        normal = Recording.from_array(
            part, fs=fs, channels=recording.channels, name=f"{name}, normal part"
        )
        known = Beats.of(places, symbols, fs, len(part), recording.n_samples)
        n_normal = int((np.isin(symbols, ["N"]) & (places < len(part))).sum())
        counts = ", ".join(
            f"{count} {one}" for one, count in sorted(Counter(known.symbols.tolist()).items())
        )
        print(f"{name}: beats that are judged, by their annotation: {counts}; alpha {ALPHA}")
        frame = int(FRAME * fs)
        for title, data in (
            (f"learned from {n_normal} normal beats", normal),
            ("learned from the recording itself", None),
        ):
            spectral = detect(recording, normal=data)
            sequence = detect(recording, normal=data, method=Sequence(nperseg=frame))
            print(f"  {title}; frames: pipeline {spectral.npersegs}, sequence {sequence.npersegs}")
            z = {"pipeline": z_of(spectral), "sequence": z_of(sequence)}
            z |= {"both": agreed(z["pipeline"], z["sequence"])}
            for key, one in z.items():
                report_beats(key, known.judge(one, p_from_z(np.nan_to_num(one, nan=-9)) < ALPHA))


def report_beats(name: str, found: Judged) -> None:
    """Print what one detector finds of the ventricular beats."""
    print(
        f"    {name:10s} recall {found.recall:.3f}   false alarms a minute "
        f"{found.false_a_minute:6.2f}   F1 {found.f1:.3f}   AUC-PR {found.average_precision:.3f}",
        flush=True,
    )


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
        rows.append(
            [vus(recording, one) for one in (spectral, z_of(sequence), added(spectral, sequence))]
            + [seconds]
        )
        print(f"{path.name[:40]:40s} " + "  ".join(f"{one:.3f}" for one in rows[-1]), flush=True)
    names = ("pipeline", "sequence", "both", "seconds of sequence")
    for name, mean in zip(names, np.mean(rows, axis=0), strict=True):
        print(f"  {name:20s} {mean:.3f}")


def fit(epochs: int) -> None:
    """Print how long it takes to learn from 100,000 samples."""
    recording = order_anomalies(np.random.default_rng(0), n_samples=100_000)
    begin = time.perf_counter()
    detect(recording, method=Sequence(epochs=epochs))
    print(f"fit and score of 100,000 samples, epochs={epochs}: {time.perf_counter() - begin:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
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
