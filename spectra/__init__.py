"""Find anomalies in sensor and medical signals by comparing the spectrum of every stretch with normal ones.

Names are loaded on first use (PEP 562), so that ``import spectra`` costs next to nothing and a command
imports only what it needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra import datasets, metrics
    from spectra.batch import Batch, score_many
    from spectra.calibration import GaussianThreshold
    from spectra.detection import detect, learn, score
    from spectra.detector import SpectralDetector
    from spectra.model_file import Learned
    from spectra.result import Detection
    from spectra.sequence_detector import SequenceDetector

__version__ = "0.1.0"

__all__ = [
    "Batch",
    "Detection",
    "GaussianThreshold",
    "Learned",
    "SequenceDetector",
    "SpectralDetector",
    "__version__",
    "datasets",
    "detect",
    "learn",
    "metrics",
    "score",
    "score_many",
]

_HOME = {
    "Batch": "spectra.batch",
    "Detection": "spectra.result",
    "GaussianThreshold": "spectra.calibration",
    "Learned": "spectra.model_file",
    "SequenceDetector": "spectra.sequence_detector",
    "SpectralDetector": "spectra.detector",
    "detect": "spectra.detection",
    "learn": "spectra.detection",
    "score": "spectra.detection",
    "score_many": "spectra.batch",
}

# Type checkers read the imports above; seeing this `__getattr__`, they would accept every misspelt name.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Load a public name on first use; raises AttributeError for any other name."""
        if name in ("datasets", "metrics"):
            return import_module(f"spectra.{name}")
        if name in _HOME:
            return getattr(import_module(_HOME[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted({*globals(), *__all__})
