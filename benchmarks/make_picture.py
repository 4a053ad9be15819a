"""Draw docs/ecg.png, the alarms in 20 seconds of the ECG sample, and docs/alarm.png, one of them.

The whole recording is scored with the defaults, as by `spectra detect ecg.csv`; its alarms between
START and END are drawn, in the colours of `spectra.plot`. A triangle marks each ectopic beat that
cardiologists annotated. The second picture is `spectra.plot_alarm` of the strongest of them.
"""

from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from scipy.special import ndtri

import spectra
from spectra.datasets import load_sample
from spectra.datasets.samples import ecg_beats
from spectra.detection import Detection
from spectra.plots.style import ALARM, SCORE, SIGNAL, Picture

DOCS: Final = Path(__file__).parents[1] / "docs"
PICTURE: Final = DOCS / "ecg.png"
ALARM_PICTURE: Final = DOCS / "alarm.png"
# Seconds shown: they hold ectopic beats among normal ones.
START, END = 64.0, 84.0
ECTOPIC = "V"
MARK: Final = "#009E73"


def draw_leads(axes: list[Axes], found: Detection) -> None:
    """Draw the channels, and the ectopic beats above the first."""
    seconds = found.recording.index.to_numpy()
    shown = (seconds >= START) & (seconds <= END)
    for channel, ax in enumerate(axes):
        ax.plot(seconds[shown], found.recording.values[shown, channel], color=SIGNAL, linewidth=0.9)
        ax.set_ylabel(f"{found.recording.channels[channel]} (mV)")
    beats = ecg_beats()
    ectopic = seconds[beats.loc[beats["symbol"] == ECTOPIC, "sample"]]
    ectopic = ectopic[(ectopic >= START) & (ectopic <= END)]
    axes[0].plot(ectopic, np.full(ectopic.size, 3.2), "v", color=MARK, markersize=7, clip_on=False)


def draw_score(ax: Axes, found: Detection) -> None:
    """Draw the score of each step at its centre, and the threshold."""
    z = found.step_scores.z
    seconds = (np.arange(z.size) + 0.5) * found.step / (found.fs or 1.0)
    shown = (seconds >= START) & (seconds <= END)
    ax.plot(seconds[shown], z[shown], color=SCORE, linewidth=0.9)
    ax.axhline(-ndtri(found.alpha), color=ALARM, linestyle="--", linewidth=1.2)
    ax.set_ylabel("score z")
    ax.set_xlabel("time (s)")


def main() -> None:
    """Write the picture."""
    found = spectra.detect(load_sample("ecg"))
    figure = Picture(figsize=(9, 4.5), layout="constrained")
    *leads, score = figure.subplots(3, 1, sharex=True)
    draw_leads(leads, found)
    draw_score(score, found)
    for ax in (*leads, score):
        for start, end in zip(found.alarms["start"], found.alarms["end"], strict=True):
            ax.axvspan(start, end, color=ALARM, alpha=0.3, linewidth=0)
        ax.set_xlim(START, END)
        ax.spines[["top", "right"]].set_visible(False)
    leads[0].set_title(
        "Shaded: alarms of spectra detect. Triangles: ectopic beats marked by cardiologists.",
        loc="left",
        fontsize="medium",
        pad=14,
    )
    figure.savefig(PICTURE, dpi=110)
    print(PICTURE)
    shown = found.alarms["start"].between(START, END)
    strongest = int(found.alarms["score"].where(shown).argmax()) + 1
    spectra.plot_alarm(found, strongest).savefig(ALARM_PICTURE, dpi=80)
    print(ALARM_PICTURE)


if __name__ == "__main__":
    main()
