"""Rates got against rates asked for, on normal data that was left out, as a figure."""

import numpy as np
from matplotlib.figure import Figure

from spectra.goodness import Reliability
from spectra.parameters import require
from spectra.plots.axes import plain
from spectra.plots.style import ALARM, NORMAL, SIGNAL, Picture
from spectra.text import LONGEST_PATH, short


def plot_reliability(reliability: Reliability) -> Figure:
    """Draw the false-alarm rates that normal data has against those asked for.

    Parameters
    ----------
    reliability : Reliability

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError
        For anything but a Reliability.

    Notes
    -----
    Each point has its 95 % interval. A rate of 0 has no point, and an interval that goes down to
    the edge. Left of the dashed line the data has too few independent scores to tell a rate.

    Examples
    --------
    >>> import numpy as np
    >>> import spectra
    >>> found = spectra.check_calibration(np.random.default_rng(0).normal(size=20_000))
    >>> spectra.plot_reliability(found).axes[0].get_xlabel()
    'false-alarm probability asked for'
    """
    require("reliability", reliability, Reliability, "must be made by check_calibration")
    rates = reliability.rates
    asked, got, low, high = (rates[name].to_numpy() for name in ("asked", "got", "low", "high"))
    bottom = 0.3 * min(float(asked.min()), float(got[got > 0].min(initial=1.0)))
    figure = Picture(figsize=(6, 5.2), layout="constrained")
    ax = figure.subplots()
    span = np.array([asked.min() / 2, min(2 * asked.max(), 1.0)])
    ax.plot(span, span, color=NORMAL, linewidth=1.2, linestyle=(0, (4, 1.5)), label="as asked")
    ax.vlines(asked, np.maximum(low, bottom), high, color=SIGNAL, label="95 % interval")
    ax.plot(asked[got > 0], got[got > 0], "o", color=SIGNAL, label="got")
    ax.axvline(
        reliability.smallest_alpha,
        color=ALARM,
        linestyle="--",
        linewidth=1.0,
        label="smallest that the data supports",
    )
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_ylim(bottom=bottom)
    ax.set_xlabel("false-alarm probability asked for")
    ax.set_ylabel("share of steps with a smaller p-value")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize="small", loc="upper left")
    plain(
        figure.suptitle(
            f"{short(reliability.name, LONGEST_PATH)}: rates of normal data left out of the "
            "learning",
            fontsize="medium",
        )
    )
    return figure
