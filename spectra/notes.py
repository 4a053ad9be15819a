"""Notes on a result: sentences on the data and the scores that a person should know."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from spectra import formatting
from spectra.alarms import find_alarms
from spectra.arrays import BoolArray, FloatArray
from spectra.calibration.rates import LARGEST, AlarmRate, chance_of, rate_of_alpha
from spectra.calibration.scores import Scores
from spectra.datasets.recording import Recording
from spectra.model import Model
from spectra.runs import true_runs
from spectra.signal.angles import COUNTS
from spectra.signal.scale import STATES, extremes

# Frames without overlap below which a note says that p-values are rough, and frames of the longest
# length where normal data is given: they are a quarter of 2,000 rows or less. After 500, 1,000,
# 2,000 and 5,000 rows of eight kinds of normal data without slow change 46, 40, 44 and 20 % of the
# recordings have more than three times as many p-values below 0.01 as they should.
FEW_FRAMES: Final = 20
FEW_LONGEST: Final = 5
# Share of the scores from which a note says that they were taken for anomalous.
SUSPECTED: Final = 0.01
# A recording is called different as a whole where this share of its scores has a p-value below
# SMALL, this share of its rows is anomalous itself, and the chance of so many scores is below
# BY_CHANCE. Of 615 halves of normal rows scored by a model of the other half (see
# `benchmarks/healthy.py`) 90 % of those with a rate of more than ten times SMALL are, and none of
# the others; with shares of 0.15 and 0.2 73 and 62 % of them.
SMALL: Final = 0.01
DIFFERENT: Final = 0.1
BY_CHANCE: Final = 0.01
# Steps that are counted at a time. Of more steps those near an event, which long frames raise,
# are too few to count.
AT_ONCE: Final = 2**16


def wide_note(recording: Recording) -> str:
    """Return a note where channels are more than rows, as in an array with a channel a row."""
    n, c = recording.values.shape
    if c <= n:
        return ""
    return (
        f"There are more channels ({c:,}) than rows ({n:,}): rows are instants, give the transpose "
        "of an array whose rows are channels."
    )


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
    what = (
        f"taken as states of at most {STATES} values, which raise no alarm (choose channels to "
        "score them alone)"
    )
    return _of_channels(recording.channels, states, what)


def angles_note(recording: Recording, model: Model) -> str:
    """Return notes on channels that are angles or counters, empty where there are none."""
    turns = model.fitted.turns
    counter = np.isin(turns, COUNTS)
    angles = "taken as an angle, of which a full turn is next to 0"
    counters = "taken as a counter, whose largest value is next to 0"
    found = (
        _of_channels(recording.channels, (turns > 0) & ~counter, angles),
        _of_channels(recording.channels, counter, counters),
    )
    return " ".join(note for note in found if note)


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


def suspected_note(scores: Scores, *, declared: bool) -> str:
    """Return a note on what was taken for anomalous while it was learned from.

    `declared` says that some of the data was declared normal.
    """
    share = scores.fusion.suspected
    if share < SUSPECTED:
        return ""
    advice = "" if declared else " (--normal or --normal-rows gives data that is normal)"
    return (
        f"{100 * share:.2g} % of the scores{_places(scores) if scores.itself else ''} were taken "
        f"for anomalous and left out of the calibration{advice}."
    )


def outlying_note(scores: Scores) -> str:
    """Return a note on what stands out in normal data and makes the threshold high."""
    fusion = scores.fusion
    if not fusion.outlying:
        return ""
    row = fusion.outlying_step * scores.step
    return (
        f"{100 * fusion.outlying:.2g} % of the scores of the normal data, the largest at its row "
        f"{row:,}, stand out from the others and make the threshold high: leave these rows out of "
        "the normal data if they are an event."
    )


def _places(scores: Scores) -> str:
    """Return the number of places that were taken for anomalous, and the longest of them."""
    statistic = np.nan_to_num(scores.statistic, nan=-np.inf)
    count = max(1, round(scores.fusion.suspected * int(np.isfinite(scores.statistic).sum())))
    # Those left out have the largest statistics, but for a few between them.
    bound = np.partition(statistic, -count)[-count]
    begins, ends = true_runs(statistic >= bound)
    longest = int((ends - begins).argmax())
    first, last = begins[longest] * scores.step, ends[longest] * scores.step
    places = formatting.counted(begins.size, "place")
    return f" ({places}, the longest rows {first:,} to {min(last, scores.n_samples) - 1:,})"


def extrapolated_note(scores: Scores, alpha: float, fs: float | None, *, as_rate: bool) -> str:
    """Return a note where alpha is smaller than the normal scores can tell, or the largest.

    `as_rate` says that a rate of alarms was asked for: the smallest or largest one is named.
    """
    fusion = scores.fusion

    def rate_at(probability: float) -> str:
        per_step = rate_of_alpha(fusion.alarm_steps, probability)
        return AlarmRate.of(per_step, scores.step, fs, scores.n_samples).text

    if as_rate and alpha >= LARGEST:
        return (
            f"No threshold has as many false alarms as asked for: at alpha = {LARGEST}, the "
            f"largest, there are {rate_at(LARGEST)}."
        )
    if alpha >= fusion.smallest_p:
        return ""
    rate = f", {rate_at(fusion.smallest_p)}" if as_rate else ""
    return (
        f"The normal data supports false-alarm probabilities down to {fusion.smallest_p:.2g}"
        f"{rate}: the threshold at alpha = {alpha:.3g} is extrapolated."
    )


def different_note(scores: Scores) -> str:
    """Return a note where most of the recording differs from what was learned from.

    One event raises the scores of as many steps as the longest frame reaches, so that not only the
    scores are counted but also the rows that are anomalous themselves. The number of scores is
    judged by a test (`spectra.calibration.rates.chance_of`).
    """
    fusion, n_known, n_beyond = scores.fusion, 0, 0
    threshold = np.float64(fusion.threshold(SMALL))
    for start in range(0, len(scores.statistic), AT_ONCE):
        part = scores.statistic[start : start + AT_ONCE]
        n_known += int(np.isfinite(part).sum())
        n_beyond += int(_above(part, threshold).sum())
    if (
        n_beyond < DIFFERENT * n_known
        or chance_of(fusion.alarm_steps, SMALL, n_known, n_beyond) > BY_CHANCE
        or not _is_long(scores, threshold)
    ):
        return ""
    share = n_beyond / n_known
    return (
        f"{100 * share:.3g} % of the scores have a p-value below {SMALL:g}, {share / SMALL:.0f} "
        "times as many as in the normal data: the recording as a whole differs from it (another "
        "load, sensor or unit?), or too little of it was learned from."
    )


def _above(statistic: FloatArray, threshold: np.float64) -> BoolArray:
    with np.errstate(invalid="ignore"):
        return np.asarray(statistic > threshold)


def _is_long(scores: Scores, threshold: np.float64) -> bool:
    """Return whether DIFFERENT of the rows are anomalous themselves.

    A run of scores above the threshold is longer than its event by the longest frame, before and
    after it. Where that leaves too little, the rows in alarms are counted.
    """
    if len(scores.statistic) > AT_ONCE:
        return True
    begins, ends = true_runs(_above(scores.statistic, threshold))
    reach = 2 * max(scores.fusion.npersegs)
    rows = np.maximum((ends - begins) * scores.step - reach, 0).sum()
    if rows >= DIFFERENT * scores.n_samples:
        return True
    found = find_alarms(scores, SMALL)
    return bool((found.last - found.first + 1).sum() >= DIFFERENT * scores.n_samples)


def few_frames_note(scores: Scores, *, own: bool) -> str:
    """Return a note where too little was learned from for probabilities.

    `own` says that the signal is its own reference. Other data is compared with as many of the
    longest frames as normal data holds, whose spread decides where new scores lie.
    """
    calibration, longest = scores.fusion.calibration, max(scores.fusion.npersegs)
    n_longest = calibration.n * scores.step / longest
    if not own and n_longest < FEW_LONGEST:
        count, rows = max(1, round(n_longest)), f" of {longest:,} rows"
    elif calibration.n_independent < FEW_FRAMES:
        count, rows = round(calibration.n_independent), ""
    else:
        return ""
    frames, were = formatting.counted(count, "frame"), "was" if count == 1 else "were"
    return f"Only {frames}{rows} without overlap {were} learned from: the p-values are rough."
