"""The calibration as a figure: block maxima against the Gumbel distribution, and rates."""

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import ndtri
from scipy.stats import beta

from spectra.detection import Detection
from spectra.goodness import RATES, block_scores, block_threshold, rates
from spectra.plots.axes import plain
from spectra.plots.style import ALARM, NORMAL, SCORE, SIGNAL, Picture

# Probability inside the band of a Q–Q plot at each point.
CONFIDENCE: Final = 0.95
# Most points that are drawn.
MOST_POINTS: Final = 2000


def plot_calibration(detection: Detection) -> Figure:
    """Draw how well the calibration holds: a Q–Q plot, and rates got against rates asked for.

    Parameters
    ----------
    detection : Detection

    Returns
    -------
    matplotlib.figure.Figure

    Notes
    -----
    Left: the largest statistic of each block of steps, as the standard score that the fitted Gumbel
    distribution gives it, against the quantiles of a standard normal distribution. Maxima of normal
    blocks lie on the line, those of anomalous blocks above it. The band holds 95 % of the points of
    normal blocks, each for itself (order statistics have a beta distribution).

    Right: for each probability the share of steps whose p-value is below it, of all steps and of
    those outside alarms.

    Examples
    --------
    >>> import numpy as np
    >>> import spectra
    >>> found = spectra.detect(np.random.default_rng(0).normal(size=20_000))
    >>> spectra.plot_calibration(found).axes[1].get_xlabel()
    'false-alarm probability asked for'
    """
    figure = Picture(figsize=(11, 5.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_quantiles(left, detection)
    _draw_rates(right, detection)
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    fit = detection.fusion.calibration
    plain(
        figure.suptitle(
            f"{detection.recording.name}: calibration, Kolmogorov–Smirnov p = {fit.ks_p_value:.2g}",
            fontsize="medium",
        )
    )
    return figure


def _draw_quantiles(ax: Axes, detection: Detection) -> None:
    """Draw the scores of block maxima against the quantiles of a normal distribution."""
    z = block_scores(detection)
    n = z.size
    order = np.unique(np.linspace(1, n, min(n, MOST_POINTS)).astype(np.int64))
    expected = ndtri((order - 0.5) / n)
    tail = (1 - CONFIDENCE) / 2
    low, high = (ndtri(beta.ppf(q, order, n + 1 - order)) for q in (tail, 1 - tail))
    ax.fill_between(
        expected, low, high, color=NORMAL, alpha=0.2, linewidth=0, label="95 % of normal blocks"
    )
    ax.plot(expected, expected, color=NORMAL, linewidth=1.2, linestyle=(0, (4, 1.5)))
    shown = z[order - 1]
    limit = block_threshold(detection)
    for part, colour, label in (
        (shown <= limit, SIGNAL, "block"),
        (shown > limit, ALARM, "block with an alarm"),
    ):
        if part.any():
            ax.plot(expected[part], shown[part], "o", color=colour, markersize=3.5, label=label)
    ax.axhline(limit, color=ALARM, linestyle="--", linewidth=1.0, label="threshold")
    ax.set_xlabel("standard normal quantile")
    ax.set_ylabel("standard score of the block maximum")
    ax.set_title(f"Largest statistic of {n:,} blocks", loc="left", fontsize="medium")
    ax.legend(fontsize="small", loc="upper left")


def _draw_rates(ax: Axes, detection: Detection) -> None:
    """Draw the share of steps below each p-value against that p-value."""
    everywhere, outside = rates(detection)
    ax.plot(RATES, RATES, color=NORMAL, linewidth=1.2, linestyle=(0, (4, 1.5)), label="as asked")
    for share, colour, style, label in (
        (everywhere, ALARM, "-", "all steps"),
        (outside, SCORE, ":", "steps outside alarms"),
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
