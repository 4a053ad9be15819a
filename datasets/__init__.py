"""Recordings from files, frames and arrays; samples; generators of known anomalies.

Names are loaded on first use (PEP 562): a command that reads a file pays for pandas, nothing for
the generators.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra.datasets import generators
    from spectra.datasets.inspection import Inspection, inspect
    from spectra.datasets.reading import read, read_series
    from spectra.datasets.recording import Recording
    from spectra.datasets.samples import load_sample, sample_names

__all__ = [
    "Inspection",
    "Recording",
    "generators",
    "inspect",
    "load_sample",
    "read",
    "read_series",
    "sample_names",
]

_HOME = {
    "Inspection": "spectra.datasets.inspection",
    "Recording": "spectra.datasets.recording",
    "inspect": "spectra.datasets.inspection",
    "load_sample": "spectra.datasets.samples",
    "read": "spectra.datasets.reading",
    "read_series": "spectra.datasets.reading",
    "sample_names": "spectra.datasets.samples",
}

# Type checkers read the imports above; a `__getattr__` they could see would hide every misspelt
# name from them.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Load a public name on first use; raises AttributeError for any other name."""
        if name == "generators":
            return import_module("spectra.datasets.generators")
        if name in _HOME:
            return getattr(import_module(_HOME[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names, loaded or not."""
    return sorted({*globals(), *__all__})
