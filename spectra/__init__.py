"""Find anomalies in sensor and medical signals by comparing spectra with normal spectra.

Names are loaded on first use (PEP 562), so that ``import spectra`` takes 0.04 s and a command
imports only what it needs.
"""

# Type checkers take it for true. The module `typing` would take a fifth of the start of a command,
# in which an interrupt prints a traceback.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from spectra import datasets, metrics
    from spectra.batch import Batch, score_many
    from spectra.calibration.gaussian import GaussianThreshold
    from spectra.detection import Detection
    from spectra.estimators import SequenceDetector, SpectralDetector
    from spectra.goodness import Reliability
    from spectra.html_report import report_index, write_report
    from spectra.model import Model
    from spectra.pipeline import detect, learn, score
    from spectra.plots import (
        plot,
        plot_alarm,
        plot_attention,
        plot_calibration,
        plot_envelope,
        plot_reliability,
    )
    from spectra.reliability import check_calibration
    from spectra.sequence.settings import Sequence
    from spectra.spectral.settings import Spectral
    from spectra.stream.stream import Stream

__version__ = "0.1.0"

__all__ = [
    "Batch",
    "Detection",
    "GaussianThreshold",
    "Model",
    "Reliability",
    "Sequence",
    "SequenceDetector",
    "Spectral",
    "SpectralDetector",
    "Stream",
    "__version__",
    "check_calibration",
    "datasets",
    "detect",
    "learn",
    "metrics",
    "plot",
    "plot_alarm",
    "plot_attention",
    "plot_calibration",
    "plot_envelope",
    "plot_reliability",
    "report_index",
    "score",
    "score_many",
    "write_report",
]

_HOME = {
    "Batch": "spectra.batch",
    "Detection": "spectra.detection",
    "GaussianThreshold": "spectra.calibration.gaussian",
    "Model": "spectra.model",
    "Reliability": "spectra.goodness",
    "Sequence": "spectra.sequence.settings",
    "SequenceDetector": "spectra.estimators",
    "Spectral": "spectra.spectral.settings",
    "SpectralDetector": "spectra.estimators",
    "Stream": "spectra.stream.stream",
    "check_calibration": "spectra.reliability",
    "detect": "spectra.pipeline",
    "learn": "spectra.pipeline",
    "plot": "spectra.plots",
    "plot_alarm": "spectra.plots",
    "plot_attention": "spectra.plots",
    "plot_calibration": "spectra.plots",
    "plot_envelope": "spectra.plots",
    "plot_reliability": "spectra.plots",
    "report_index": "spectra.html_report",
    "score": "spectra.pipeline",
    "score_many": "spectra.batch",
    "write_report": "spectra.html_report",
}

# Type checkers read the imports above; seeing this `__getattr__`, they would accept every misspelt
# name.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Load a public name on first use; raises AttributeError for any other name."""
        from importlib import import_module

        if name in ("datasets", "metrics"):
            return import_module(f"spectra.{name}")
        if name in _HOME:
            return getattr(import_module(_HOME[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names, loaded or not."""
    return sorted({*globals(), *__all__})
