"""Notes on a result: sentences on the data and the scores that a person should know."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.special import betainc

from spectra import formatting
from spectra.arrays import BoolArray
from spectra.calibration.contamination import raised_runs
from spectra.calibration.fusion import Fusion
from spectra.calibration.rates import AlarmRate, rate_of_alpha
from spectra.calibration.scores import Scores
from spectra.datasets.recording import Recording
from spectra.model import Model
from spectra.signal.scale import STATES, extremes

# Frames without overlap below which a note says that p-values are rough.
FEW_FRAMES: Final = 20
# Share of the scores from which a note says that they were taken for anomalous.
SUSPECTED: Final = 0.01
# Share of the blocks with a p-value below SMALL from which the whole recording is called different,
# and the probability of so many in normal data below which it is.
SMALL: Final = 0.001
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


def suspected_note(scores: Scores, *, own: bool) -> str:
    """Return a note on what was taken for anomalous while it was learned from.

    `own` says that the scores are those that were learned from, which tells the places.
    """
    share = scores.fusion.suspected
    if share < SUSPECTED:
        return ""
    return (
        f"{100 * share:.2g} % of the scores{_places(scores) if own else ''} were taken for "
        "anomalous and left out of the calibration (--normal or --normal-rows gives data that is "
        "normal)."
    )


def _places(scores: Scores) -> str:
    """Return the number of places that were taken for anomalous, and the longest of them."""
    statistic = np.nan_to_num(scores.statistic, nan=-np.inf)
    count = max(1, round(scores.fusion.suspected * int(np.isfinite(scores.statistic).sum())))
    # Those left out have the largest statistics, but for a few between them.
    bound = np.partition(statistic, -count)[-count]
    begins, ends = raised_runs(statistic >= bound)
    longest = int((ends - begins).argmax())
    first, last = begins[longest] * scores.step, ends[longest] * scores.step
    places = formatting.counted(begins.size, "place")
    return f" ({places}, the longest rows {first:,} to {min(last, scores.n_samples) - 1:,})"


def extrapolated_note(scores: Scores, alpha: float, fs: float | None, *, as_rate: bool) -> str:
    """Return a note where alpha is smaller than the normal scores can tell.

    `as_rate` says that a rate of alarms was asked for: the smallest one is named.
    """
    fusion, rate = scores.fusion, ""
    if alpha >= fusion.smallest_p:
        return ""
    if as_rate:
        per_step = rate_of_alpha(fusion.alarm_steps, fusion.smallest_p)
        rate = f", {AlarmRate.of(per_step, scores.step, fs, scores.n_samples).text}"
    return (
        f"The normal data supports false-alarm probabilities down to {fusion.smallest_p:.2g}"
        f"{rate}: the threshold at alpha = {alpha:.3g} is extrapolated."
    )


def different_note(scores: Scores) -> str:
    """Return a note where most of the recording differs from what was learned from.

    One event raises the scores of as many blocks as the longest frame reaches. Of so many blocks
    one holds an alarm with at most the probability of their steps times that of an alarm a step
    (Boole), so that the number of blocks with a flagged step is judged by a binomial test.
    """
    size = max(1, BLOCK_ROWS // scores.step)
    threshold = np.float64(scores.fusion.threshold(SMALL))
    parts, n_beyond = [], 0
    for start in range(0, len(scores.statistic), AT_ONCE * size):
        with np.errstate(invalid="ignore"):
            beyond = scores.statistic[start : start + AT_ONCE * size] > threshold
        n_beyond += int(beyond.sum())
        parts.append(np.logical_or.reduceat(beyond, np.arange(0, beyond.size, size)))
    blocks = np.concatenate(parts)
    reach = 1.0 + max(scores.fusion.npersegs) / BLOCK_ROWS
    chance = reach * size * rate_of_alpha(scores.fusion.alarm_steps, SMALL)
    n, hits = blocks.size / reach, blocks.sum() / reach
    if blocks.mean() <= DIFFERENT or betainc(hits, n - hits + 1.0, min(chance, 1.0)) > BY_CHANCE:
        return ""
    share = 100 * n_beyond / len(scores.statistic)
    return (
        f"{100 * blocks.mean():.0f} % of the blocks of {BLOCK_ROWS} rows hold a score with a "
        f"p-value below {SMALL:g}, and {share:.3g} % of all scores have one: the recording as a "
        "whole differs from the normal data (another load, sensor or unit?)."
    )


def few_frames_note(fusion: Fusion) -> str:
    if fusion.calibration.n_independent >= FEW_FRAMES:
        return ""
    count = formatting.counted(round(fusion.calibration.n_independent), "frame")
    return f"Only {count} without overlap were learned from: the p-values are rough."
