"""MIT-BIH records and their annotated beats, and how alarms are judged beat by beat.

Reads the WFDB format 212 (two leads, 12 bits each) and MIT annotation files with numpy alone:
https://physionet.org/physiotools/wag/signal-5.htm and .../annot-5.htm
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectra import metrics

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
# What is learned from, in minutes, less so long before and after each beat that is not normal, in
# seconds: a wide QRS complex begins about so long before its annotation, and its T wave ends so
# long after.
LEARNED_MINUTES = 5
BEFORE, AFTER = 0.25, 0.4
# An alarm and a beat match within this many seconds, by EC57, the standard for testing arrhythmia
# detectors.
MATCH = 0.15
# Annotations that are beats; of these the ventricular ones, those that a patient's rhythm may
# consist of (normal conduction or a bundle branch block), and fused or paced or unclear ones, which
# EC57 leaves out.
BEATS, VENTRICULAR, NORMAL, LEFT_OUT = "NLRBAaJSVrFejnE/fQ", "VE", "NLR", "FQ/f"
# Symbols by the codes of an annotation file.
SYMBOLS = dict(enumerate('.NLRaVFJASEj/Q~.|.sT*D"=pB^t+u?![]en@xf()r'))
SKIP, NO_TIME, AUXILIARY = 59, (60, 61, 62), 63
LEFT_OUT_VALUE = -(2**11)


@dataclass(frozen=True)
class Record:
    """An ECG record: leads in mV, (n, leads), and its annotations."""

    name: str
    fs: float
    leads: tuple[str, ...]
    values: Floats
    places: Ints
    symbols: NDArray[np.str_]


def read_record(path: Path) -> Record:
    """Return the record whose header, signal and annotations are path.hea, .dat and .atr."""
    lines = [
        line
        for line in path.with_suffix(".hea").read_text().splitlines()
        if line[:1] not in ("#", "")
    ]
    _, n_leads, fs, n_samples = lines[0].split()[:4]
    fields = [line.split() for line in lines[1 : int(n_leads) + 1]]
    if int(n_leads) != 2 or any(field[1] != "212" for field in fields):
        raise ValueError(f"{path.name} has not two leads of format 212.")
    raw = np.fromfile(path.with_suffix(".dat"), dtype=np.uint8).reshape(-1, 3).astype(np.int64)
    # Three bytes hold two samples: the middle one the upper four bits of either.
    pairs = np.stack([raw[:, 0] | (raw[:, 1] & 15) << 8, raw[:, 2] | (raw[:, 1] >> 4) << 8], axis=1)
    pairs = np.where(pairs >= 2**11, pairs - 2**12, pairs)[: int(n_samples)]
    gain = np.array([float(field[2].split("/")[0].split("(")[0]) for field in fields])
    zero = np.array([float(field[4]) for field in fields])
    values = np.where(pairs == LEFT_OUT_VALUE, np.nan, (pairs - zero) / gain)
    places, symbols = _annotations(path.with_suffix(".atr"))
    return Record(
        path.name, float(fs), tuple(field[8] for field in fields), values, places, symbols
    )


def _annotations(path: Path) -> tuple[Ints, NDArray[np.str_]]:
    """Return the samples and the symbols of an annotation file."""
    words = np.fromfile(path, dtype="<u2").tolist()
    places, symbols, at, i = [], [], 0, 0
    while i < len(words) and words[i]:
        code, interval = words[i] >> 10, words[i] & 1023
        i += 1
        if code == SKIP:
            at += (words[i] << 16) + words[i + 1]
            i += 2
        elif code == AUXILIARY:
            i += (interval + 1) // 2
        elif code not in NO_TIME:
            at += interval
            places.append(at)
            symbols.append(SYMBOLS[code])
    return np.array(places, dtype=np.int64), np.array(symbols)


@dataclass(frozen=True)
class Judged:
    """Ventricular beats found by alarms and scores."""

    ventricular: int
    hits: int
    false: int
    minutes: float
    average_precision: float

    @property
    def recall(self) -> float:
        """The share of ventricular beats that are found, NaN where there is none."""
        return self.hits / self.ventricular if self.ventricular else float("nan")

    @property
    def false_a_minute(self) -> float:
        """False alarms a minute."""
        return self.false / self.minutes

    @property
    def f1(self) -> float:
        """The F1 over beats."""
        precision = self.hits / max(self.hits + self.false, 1)
        return 2 * self.recall * precision / max(self.recall + precision, 1e-9)


@dataclass(frozen=True)
class Beats:
    """The annotated beats of a recording from sample `begin` on.

    Alarms are judged beat by beat, as EC57 does.

    A beat is called ectopic when an alarm touches its annotation within 150 ms. Recall is the share
    of ventricular beats that are; each other beat that is, is a false alarm, so that an alarm that
    covers many beats is that many false ones. An alarm that touches no beat is false too, unless it
    follows a ventricular beat and ends before the next: its T wave and the pause belong to it.
    Fused and unclear beats count for nothing.
    """

    places: Ints
    symbols: NDArray[np.str_]
    fs: float
    begin: int
    n_samples: int

    @classmethod
    def of(
        cls, places: Ints, symbols: NDArray[np.str_], fs: float, begin: int, n_samples: int
    ) -> "Beats":
        """Return the beats among annotations."""
        chosen = np.isin(symbols, list(BEATS)) & (places >= begin) & (places < n_samples)
        return cls(places[chosen], symbols[chosen], fs, begin, n_samples)

    def judge(self, score: Floats, alarm: Bools) -> Judged:
        """Return what scores (n,) and alarms (n,) find of the ventricular beats."""
        reach = round(MATCH * self.fs)
        filled = np.nan_to_num(score, nan=-np.inf)
        alarm = alarm.copy()
        filled[: self.begin], alarm[: self.begin] = -np.inf, False
        near = [slice(max(at - reach, 0), at + reach + 1) for at in self.places.tolist()]
        of_beat = np.array([filled[rows].max() for rows in near])
        called = np.array([alarm[rows].any() for rows in near], dtype=np.bool_)
        ventricular = np.isin(self.symbols, list(VENTRICULAR))
        other = ~ventricular & ~np.isin(self.symbols, list(LEFT_OUT))
        counted = ventricular | other
        area = float("nan")
        if ventricular.any() and other.any():
            truth = ventricular[counted].astype(np.int64)
            area = metrics.auc_pr(truth, np.maximum(of_beat[counted], -1e3))
        return Judged(
            int(ventricular.sum()),
            int((called & ventricular).sum()),
            int((called & other).sum()) + self._beside(alarm, reach),
            (self.n_samples - self.begin) / self.fs / 60,
            area,
        )

    def _beside(self, alarm: Bools, reach: int) -> int:
        """Return how many alarms touch no beat and belong to none that may have one."""
        first, last = metrics.runs(alarm)
        following = np.searchsorted(self.places, first - reach)
        touches = np.append(self.places, self.n_samples + reach + 1)[following] <= last + reach
        may = np.append(np.isin(self.symbols, list(VENTRICULAR + LEFT_OUT)), False)[following - 1]
        return int((~touches & ~may).sum())


def normal_part(values: Floats, places: Ints, symbols: NDArray[np.str_], fs: float) -> Floats:
    """Return the first minutes of a recording, a gap about each beat that is not normal."""
    part = values[: round(LEARNED_MINUTES * 60 * fs)].copy()
    odd = np.isin(symbols, list(set(BEATS) - set(NORMAL)))
    for at in places[odd].tolist():
        part[max(int(at - BEFORE * fs), 0) : int(at + AFTER * fs)] = np.nan
    return part
