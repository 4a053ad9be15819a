"""Random processes with heavy tails, changing variance or no mean, and coupled channels."""

import numpy as np
from domain_signals import MINUTE, Floats, Kind, Made, Rng, made, memory, place, size
from scipy.signal import lfilter


def multiplicative_noise(rng: Rng, n: int, odd: str | None) -> Made:
    """Make noise as large as its level, which wanders; odd: six times the level, no noise."""
    x = np.exp(0.5 * memory(rng, n, 0.999)) * np.exp(0.3 * rng.standard_normal(n))
    at = place(rng, n, odd, level=0.015, flat=0.015)
    if odd == "level":
        x[at] *= 6
    if odd == "flat":
        x[at] = x[at.start]
    return made(x, at)


def garch(rng: Rng, n: int, odd: str | None) -> Made:
    """Make returns whose variance clusters (GARCH); odd: a crash, a flat and a calm stretch."""
    noise = rng.standard_normal(n)
    variance = 1.0
    x = np.zeros(n)
    for row in range(n):
        x[row] = np.sqrt(variance) * noise[row]
        variance = 0.02 + 0.08 * x[row] ** 2 + 0.9 * variance
    at = place(rng, n, odd, crash=1, flat=0.01, calm=0.03)
    if odd == "crash":
        x[at] -= 15
    if odd == "flat":
        x[at] = 0
    if odd == "calm":
        x[at] *= 0.1
    return made(x, at)


def heavy_tail_ar(rng: Rng, n: int, odd: str | None) -> Made:
    """Make an autoregression of Student's t with 2.5 degrees; odd: a tone, another mean."""
    x = lfilter([1], [1, -0.5], rng.standard_t(2.5, n))
    at = place(rng, n, odd, tone=0.015, mean=0.015)
    if odd == "tone":
        x[at] += 5 * np.sin(2 * np.pi * 0.2 * np.arange(size(at)))
    if odd == "mean":
        x[at] += 8
    return made(x, at, band=(0.17, 0.23) if odd == "tone" else None)


def random_walk(rng: Rng, n: int, odd: str | None) -> Made:
    """Make a random walk; odd: a jump, a stretch with larger steps, one without any."""
    steps = rng.standard_normal(n)
    at = place(rng, n, odd, jump=1, rough=0.015, stuck=0.015)
    if odd == "jump":
        steps[at] += 30
        at = slice(at.start - 1, at.stop)
    if odd == "rough":
        steps[at] *= 5
    if odd == "stuck":
        steps[at] = 0
    return made(np.cumsum(steps), at)


def coupled_2(rng: Rng, n: int, odd: str | None) -> Made:
    """Make 2 channels of 2 sources; odd: one channel decoupled, inverted or biased."""
    return _coupled(rng, n, 2, odd)


def coupled_20(rng: Rng, n: int, odd: str | None) -> Made:
    """Make 20 channels of 2 sources; odd: one channel decoupled, inverted or biased."""
    return _coupled(rng, n, 20, odd)


def _coupled(rng: Rng, n: int, n_channels: int, odd: str | None) -> Made:
    """Return channels that mix two sources, with little noise of their own."""
    sources = _sources(rng, n)
    size_of_each = rng.uniform(0.4, 1.2, (2, n_channels))
    mix = size_of_each * rng.choice([-1, 1], (2, n_channels))
    x = sources @ mix + 0.15 * rng.standard_normal((n, n_channels))
    at = place(rng, n, odd, decoupled=0.04, inverted=0.04, bias=0.04)
    channel = n_channels // 2
    if odd == "decoupled":
        others = (_sources(rng, n) @ mix[:, channel])[at]
        x[at, channel] = others + 0.15 * rng.standard_normal(size(at))
    if odd == "inverted":
        x[at, channel] *= -1
    if odd == "bias":
        x[at, channel] += 1.5
    return made(x, at, channels=(channel,))


def _sources(rng: Rng, n: int) -> Floats:
    """Return a slow and a fast source, (n, 2)."""
    return np.column_stack([memory(rng, n, 0.98), memory(rng, n, 0.7)])


COUPLED = ("decoupled", "inverted", "bias")
KINDS = {
    "multiplicative_noise": Kind(multiplicative_noise, MINUTE, ("level", "flat")),
    "garch": Kind(garch, 1, ("crash", "flat", "calm")),
    "heavy_tail_ar": Kind(heavy_tail_ar, 1, ("tone", "mean")),
    "random_walk": Kind(random_walk, 1, ("jump", "rough", "stuck")),
    "coupled_2": Kind(coupled_2, 1, COUPLED),
    "coupled_20": Kind(coupled_20, 1, COUPLED),
}
