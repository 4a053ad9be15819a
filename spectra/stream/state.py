"""The state of a stream between two blocks, and the model that it belongs to."""

import hashlib
from dataclasses import dataclass, field
from typing import Final

from spectra.archive import GAPS, FileFormat, pack
from spectra.arrays import FloatArray
from spectra.model import Model
from spectra.sequence.mixture import SequenceScorer, SequenceState
from spectra.sequence.model import SequenceModel
from spectra.spectral.scorer import SpectralScorer, SpectralState
from spectra.stream.adaptation import AdaptationState
from spectra.stream.early import EarlyState
from spectra.stream.tracker import TrackerState

FORMAT: Final = FileFormat("spectra stream", 2, "state of a stream", "begin the stream anew")


@dataclass(frozen=True)
class StreamState:
    """A stream between two blocks: what its file holds.

    Attributes
    ----------
    model : str
        Fingerprint of the model.
    alpha, every
        Those of the stream.
    waiting : ndarray (n, n_channels)
        Rows that have come since the last scoring.
    held : ndarray (n, n_channels)
        Rows that a short gap may still end in, with those before them.
    n_returned : int
        Number of held rows that have been scored.
    scorer : SpectralState or SequenceState
    tracker : TrackerState
    adaptation : AdaptationState or None
    early : EarlyState or None
    """

    model: str
    alpha: float
    every: int
    waiting: FloatArray = field(metadata=GAPS)
    held: FloatArray = field(metadata=GAPS)
    n_returned: int
    scorer: SpectralState | SequenceState
    tracker: TrackerState
    adaptation: AdaptationState | None
    early: EarlyState | None

    def __post_init__(self) -> None:
        if {self.waiting.ndim, self.held.ndim} != {2}:
            raise ValueError("Rows that wait or are held have two axes.")


def restored_scorer(
    model: Model, state: SpectralState | SequenceState
) -> SpectralScorer | SequenceScorer:
    """Return the scorer that a state continues; raise ValueError where it does not fit."""
    fitted = model.fitted
    if isinstance(fitted, SequenceModel):
        if isinstance(state, SequenceState):
            return SequenceScorer.restored(fitted.mixture, state)
    elif isinstance(state, SpectralState):
        return SpectralScorer.restored(fitted.standardised, state)
    raise ValueError("The state is that of another method.")


def fingerprint(model: Model) -> str:
    """Return a hash of all that the scores of a model depend on."""
    _, arrays = pack(model)
    kept = (model.channels, model.npersegs, model.step, model.fitted.causal)
    digest = hashlib.sha256(repr(kept).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
