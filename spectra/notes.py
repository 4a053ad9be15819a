"""Notes on a result: sentences on the data and the scores that a person should know."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.special import bdtrc

from spectra import formatting
from spectra.arrays import BoolArray
from spectra.calibration.fusion import Fusion
from spectra.calibration.scores import Scores
from spectra.datasets.recording import Recording
from spectra.model import Model
from spectra.signal.scale import STATES, extremes

# Frames without overlap below which a note says that p-values are rough.
FEW_FRAMES: Final = 20
# Share of the scores from which a note says that they were taken for anomalous.
SUSPECTED: Final = 0.01
# Share of the blocks beyond the threshold from which the whole recording is called different, and
# the probability of so many in normal data below which it is.
DIFFERENT: Final = 0.5
BY_CHANCE: Final = 0.001
BLOCK_ROWS: Final = 256
# Steps, or blocks, that are counted at a time.
AT_ONCE: Final = 2**16


def constant_note(recording: Recording, model: Model, *, own: bool) -> str:
    """Return a note on channels that never change, empty where there are none."""
    low, high = extremes(recording.values)
    still = low == high
    unseen = model.constant & ~still
    notes = [_of_channels(recording.channels, still, "constant")]
    if not own:
        notes.append(
            _of_channels(recording.channels, unseen, "constant in the data that was learned from")
        )
    return " ".join(note for note in notes if note)


def states_note(recording: Recording, model: Model) -> str:
    """Return a note on channels that are states, empty where there are none."""
    states = model.fitted.states & ~model.constant
    note = _of_channels(recording.channels, states, f"states, of {STATES} values at most")
    return note and f"{note[:-1]}, and raise no alarm (choose channels to score them alone)."


def _of_channels(channels: Sequence[str], marked: BoolArray, what: str) -> str:
    names = [name for name, mark in zip(channels, marked, strict=True) if mark]
    if not names:
        return ""
    return (
        f"Channel '{names[0]}' is {what}."
        if len(names) == 1
        else f"{formatting.named(names, 'Channels ')} are {what}."
    )


def unscored_note(scores: Scores) -> str:
    n_steps, missing = len(scores.statistic), 0
    for start in range(0, n_steps, AT_ONCE):
        missing += int(np.isnan(scores.statistic[start : start + AT_ONCE]).sum()) * scores.step
    if np.isnan(scores.statistic[n_steps - 1]):
        # The last step may have fewer rows.
        missing -= n_steps * scores.step - scores.n_samples
    if not missing:
        return ""
    return (
        f"{formatting.counted(missing, 'row')} of {scores.n_samples:,}, in gaps or between "
        "them, have no score."
    )


def suspected_note(fusion: Fusion) -> str:
    """Return a note on what was taken for anomalous while it was learned from."""
    if fusion.suspected < SUSPECTED:
        return ""
    return (
        f"{100 * fusion.suspected:.2g} % of the scores were taken for anomalous and left out of "
        "the calibration (--normal or --normal-rows gives data that is normal)."
    )


def extrapolated_note(fusion: Fusion, alpha: float) -> str:
    """Return a note where alpha is smaller than the normal scores can tell."""
    if alpha >= fusion.smallest_p:
        return ""
    return (
        f"The normal data supports false-alarm probabilities down to {fusion.smallest_p:.2g}: the "
        f"threshold at alpha = {alpha:g} is extrapolated."
    )


def different_note(scores: Scores, alpha: float) -> str:
    """Return a note where most of the recording differs from what was learned from.

    A block of m steps holds a flagged one with a probability of at most m·alpha (Boole), so that
    the number of such blocks is judged by a binomial test.
    """
    size = max(1, BLOCK_ROWS // scores.step)
    threshold = np.float64(scores.fusion.threshold(alpha))
    parts = []
    for start in range(0, len(scores.statistic), AT_ONCE * size):
        with np.errstate(invalid="ignore"):
            flagged = scores.statistic[start : start + AT_ONCE * size] > threshold
        parts.append(np.logical_or.reduceat(flagged, np.arange(0, flagged.size, size)))
    blocks = np.concatenate(parts)
    by_chance = bdtrc(int(blocks.sum()) - 1, blocks.size, min(size * alpha, 1.0))
    if blocks.mean() <= DIFFERENT or by_chance > BY_CHANCE:
        return ""
    return (
        f"{100 * blocks.mean():.0f} % of the blocks of {BLOCK_ROWS} rows hold a score beyond the "
        "threshold: the recording as a whole differs from the normal data (another load, sensor or "
        "unit?)."
    )


def few_frames_note(fusion: Fusion) -> str:
    if fusion.calibration.n_independent >= FEW_FRAMES:
        return ""
    count = formatting.counted(round(fusion.calibration.n_independent), "frame")
    return f"Only {count} without overlap were learned from: the p-values are rough."
