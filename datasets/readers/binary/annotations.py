"""Annotations of a recording: what a person or a device wrote at a time, made labels."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra.arrays import IntArray

_BEFORE, _AFTER = 0.25, 0.40
"""Seconds around an annotation without duration that belong to it: the extent of a heart beat
around its R peak, as in the sample recording "ecg" (ATTRIBUTION.md)."""


@dataclass(frozen=True)
class Annotation:
    """A text at a time, in seconds since the first sample, and how long it lasts."""

    onset: float
    duration: float
    text: str


def annotation_labels(
    annotations: Sequence[Annotation], wanted: str | None, n: int, fs: float
) -> tuple[IntArray | None, tuple[str, ...]]:
    """Return labels of n samples, 1 where a wanted annotation is, and notes.

    An annotation with a duration marks the samples it lasts; one without marks from 0.25 s before
    it to 0.40 s after it.

    Parameters
    ----------
    annotations : sequence of Annotation
        All annotations.
    wanted : str or None
        The texts that count, with commas between. None makes no labels.
    n : int
        The number of samples.
    fs : float
        The sampling rate in Hz.

    Returns
    -------
    tuple of (array of int64 or None, tuple of str)
        The labels, and what the file has to choose from.
    """
    counts = Counter(one.text for one in annotations)
    listed = ", ".join(f"'{text}' {count}" for text, count in counts.most_common(8))
    listed += f" and {len(counts) - 8} other texts" if len(counts) > 8 else ""
    if wanted is None:
        if not counts:
            return None, ()
        return None, (f"Annotations: {listed}; --label names those that are anomalies.",)
    texts = {wanted} if wanted in counts else {part.strip() for part in wanted.split(",")}
    labels = np.zeros(n, dtype=np.int64)
    for one in annotations:
        if one.text in texts:
            before, after = (0.0, one.duration) if one.duration > 0 else (_BEFORE, _AFTER)
            first = max(0, int(np.ceil((one.onset - before) * fs - 1e-6)))
            # What lasts from 30 s to 60 s does not have the sample at 60 s; a beat has its last.
            end = (one.onset + after) * fs
            last = int(np.ceil(end - 1e-6)) if one.duration > 0 else int(np.floor(end + 1e-6)) + 1
            labels[first : max(first + 1, last)] = 1
    absent = sorted(texts - counts.keys())
    if not absent:
        return labels, ()
    named = ", ".join(f"'{text}'" for text in absent)
    there = f"there are {listed}" if listed else "there are none"
    return labels, (f"No annotation is {named}: {there}.",)
