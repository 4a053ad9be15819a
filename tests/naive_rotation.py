"""The slow obvious versions of spectra.rotation, from their definitions, one number at a time.

Imports nothing of spectra, and no FFT.
"""

import cmath
import math


def turned_pair(a, b, theta):
    """The 2 × 2 rotation matrix times the column (a, b)."""
    return [math.cos(theta) * a - math.sin(theta) * b, math.sin(theta) * a + math.cos(theta) * b]


def between_samples(frame, at):
    """Value of the trigonometric interpolant of a frame at any real place, by its periodic kernel.

    sin(πu) / (w·tan(πu/w)) for an even w, sin(πu) / (w·sin(πu/w)) for an odd one (periodic sinc,
    Dirichlet kernel).
    """
    w = len(frame)
    total = 0.0
    for j, x in enumerate(frame):
        u = at - j
        if abs(math.sin(math.pi * u / w)) < 1e-12:
            total += x
        else:
            below = math.tan(math.pi * u / w) if w % 2 == 0 else math.sin(math.pi * u / w)
            total += x * math.sin(math.pi * u) / (w * below)
    return total


def later(frame, shift):
    """A frame moved `shift` samples later, circularly."""
    return [between_samples(frame, n - shift) for n in range(len(frame))]


def distance_by_phase(X, Y, theta):
    """Σ_k |X_k e^{iθ} − Y_k|²."""
    return sum(abs(x * cmath.exp(1j * theta) - y) ** 2 for x, y in zip(X, Y, strict=True))
