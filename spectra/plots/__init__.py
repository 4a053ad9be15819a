"""Figures of a detection; they need matplotlib."""

from importlib import import_module

try:
    import_module("matplotlib")
except ImportError as error:
    raise ImportError("Plots need matplotlib: pip install matplotlib.") from error

from spectra.plots.alarm import plot_alarm
from spectra.plots.attention import plot_attention
from spectra.plots.calibration import plot_calibration
from spectra.plots.envelope import plot_envelope
from spectra.plots.figure import plot
from spectra.plots.reliability import plot_reliability

__all__ = [
    "plot",
    "plot_alarm",
    "plot_attention",
    "plot_calibration",
    "plot_envelope",
    "plot_reliability",
]
