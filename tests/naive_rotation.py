"""The slow obvious versions of spectra.rotation, from their definitions, one number at a time.

Imports nothing of spectra, and no FFT.
"""

import cmath
import math


def dft(frame):
    """One-sided spectrum of a real frame: X_k = Σ_j x_j e^{−i2πjk/w}, k = 0 … w // 2."""
    w = len(frame)
    return [
        sum(x * cmath.exp(-2j * math.pi * (j * k % w) / w) for j, x in enumerate(frame))
        for k in range(w // 2 + 1)
    ]


def sliding(signal, w):
    """Spectrum of the last w samples after each sample, zeros before the first."""
    padded = [0.0] * w + list(signal)
    return [dft(padded[n + 1 : n + 1 + w]) for n in range(len(signal))]


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


def correlations(frame, reference, parts):
    """Circular cross-correlation Σ_n later(frame, s)_n · reference_n at s = 0, 1/parts, 2/parts, …
    below w.
    """
    w = len(frame)
    return [
        sum(a * b for a, b in zip(later(frame, i / parts), reference, strict=True))
        for i in range(w * parts)
    ]


def distance_by_phase(X, Y, theta):
    """Σ_k |X_k e^{iθ} − Y_k|²."""
    return sum(abs(x * cmath.exp(1j * theta) - y) ** 2 for x, y in zip(X, Y, strict=True))
