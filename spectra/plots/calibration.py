"""The calibration as a figure: scores against their quantiles, and rates."""

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import ndtr, ndtri
from scipy.stats import beta

from spectra.detection import Detection
from spectra.goodness import RATES, normal_scores, plotted, rates
from spectra.parameters import require
from spectra.plots.axes import plain
from spectra.plots.style import ALARM, NORMAL, SCORE, SIGNAL, Picture
from spectra.text import LONGEST_PATH, short

# Probability inside the band of a Q–Q plot at each point.
CONFIDENCE: Final = 0.95
# Most points that are drawn.
MOST_POINTS: Final = 1000


def plot_calibration(detection: Detection) -> Figure:
    """Draw how well the calibration holds: a Q–Q plot, and rates got against rates asked for.

    Parameters
    ----------
    detection : Detection

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError
        For anything but a Detection.

    Notes
    -----
    Left: the standard scores of the steps against the quantiles of a standard normal distribution.
    Where a recording is its own reference, the steps that were taken for anomalous and left out of
    the calibration are left out here too. The scores of normal steps lie on the line. The band
    holds 95 % of the points of as many independent steps as the steps are worth, each point for
    itself (order statistics have a beta distribution).

    Right: for each probability the share of steps whose p-value is below it, of all steps and of
    those farther from alarms than the longest frame.

    Examples
    --------
    >>> import numpy as np
    >>> import spectra
    >>> found = spectra.detect(np.random.default_rng(0).normal(size=20_000))
    >>> spectra.plot_calibration(found).axes[1].get_xlabel()
    'false-alarm probability asked for'
    """
    require("detection", detection, Detection, "must be a Detection, made by detect or score")
    figure = Picture(figsize=(11, 5.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_quantiles(left, detection)
    _draw_rates(right, detection)
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    fit = detection.fusion.calibration
    plain(
        figure.suptitle(
            f"{short(detection.recording.name, LONGEST_PATH)}: calibration, "
            f"Kolmogorov–Smirnov p of the tail = {fit.ks_p_value:.2g}",
            fontsize="medium",
        )
    )
    return figure


def _draw_quantiles(ax: Axes, detection: Detection) -> None:
    """Draw the scores of steps against the quantiles of a normal distribution."""
    z, fit = normal_scores(detection), detection.fusion.calibration
    order, expected = plotted(z.size, MOST_POINTS)
    n_independent = z.size * fit.n_independent / fit.n
    p, tail = ndtr(expected), (1 - CONFIDENCE) / 2
    low, high = (
        ndtri(beta.ppf(q, p * n_independent + 0.5, (1 - p) * n_independent + 0.5))
        for q in (tail, 1 - tail)
    )
    ax.fill_between(
        expected, low, high, color=NORMAL, alpha=0.2, linewidth=0, label="95 % of normal steps"
    )
    ax.plot(expected, expected, color=NORMAL, linewidth=1.2, linestyle=(0, (4, 1.5)))
    shown, limit = z[order - 1], -float(ndtri(detection.alpha))
    for part, colour, label in (
        (shown <= limit, SIGNAL, "step"),
        (shown > limit, ALARM, "step above the threshold"),
    ):
        if part.any():
            ax.plot(expected[part], shown[part], "o", color=colour, markersize=3.5, label=label)
    ax.axhline(limit, color=ALARM, linestyle="--", linewidth=1.0, label="threshold")
    ax.set_xlabel("standard normal quantile")
    ax.set_ylabel("standard score of the step")
    ax.set_title(
        f"Scores of {z.size:,} {'normal ' if detection.own else ''}steps",
        loc="left",
        fontsize="medium",
    )
    ax.legend(fontsize="small", loc="upper left")


def _draw_rates(ax: Axes, detection: Detection) -> None:
    """Draw the share of steps below each p-value against that p-value."""
    everywhere, away = rates(detection)
    ax.plot(RATES, RATES, color=NORMAL, linewidth=1.2, linestyle=(0, (4, 1.5)), label="as asked")
    for share, colour, style, label in (
        (everywhere, ALARM, "-", "all steps"),
        (away, SCORE, ":", "steps away from alarms"),
    ):
        ax.plot(
            RATES,
            np.where(share > 0, share, np.nan),
            color=colour,
            linestyle=style,
            linewidth=1.6,
            label=label,
        )
    ax.axvline(detection.alpha, color=ALARM, linestyle="--", linewidth=1.0, label="alpha")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("false-alarm probability asked for")
    ax.set_ylabel("share of steps with a smaller p-value")
    ax.set_title("Rates", loc="left", fontsize="medium")
    ax.legend(fontsize="small", loc="upper left")
