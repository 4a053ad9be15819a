"""φ: what of a spectrum is compared. Each view maps X (…, n_bins), complex, to real φ(X) (…, n_bins, parts)."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

View = Literal["magnitude", "complex"]


def magnitude(spectrum: NDArray[np.complex128]) -> NDArray[np.float64]:
    """φ(X) = |X|, blind to when in the frame something happens; bin 0 keeps its sign, which is the side of the level."""
    parts = np.abs(spectrum)
    parts[..., 0] = spectrum[..., 0].real
    return np.asarray(parts[..., None])


def complex_plane(spectrum: NDArray[np.complex128]) -> NDArray[np.float64]:
    """φ(X) = (Re X, Im X): phase is kept, ‖φ(X) − φ(Y)‖² is the textbook ‖X − Y‖²."""
    return np.stack([spectrum.real, spectrum.imag], axis=-1)


VIEWS = {"magnitude": magnitude, "complex": complex_plane}
