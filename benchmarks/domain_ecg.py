"""Electrocardiograms of two leads, beat by beat."""

import numpy as np
from domain_signals import Floats, Kind, Made, Rng, band_noise, made, memory, place, size

FS = 250
# Rows beyond the end of an electrocardiogram, into which its last beats reach.
BEYOND = 600


def ecg(rng: Rng, n: int, odd: str | None) -> Made:
    """Make two leads; odd: a pause, an ectopic beat, fibrillation, an electrode, a muscle."""
    return _ecg(rng, n, odd)


def ecg_pvc_20pc(rng: Rng, n: int, odd: str | None) -> Made:
    """Make two leads; odd: every fifth beat of the second half is ectopic."""
    return _ecg(rng, n, None, ectopic_share=0.2 if odd else 0.0)


def ecg_in_af(rng: Rng, n: int, odd: str | None) -> Made:
    """Make two leads with irregular beats throughout; odd: an ectopic beat."""
    return _ecg(rng, n, "pvc" if odd else None, jitter=0.2)


def _ecg(
    rng: Rng, n: int, odd: str | None, ectopic_share: float = 0.0, jitter: float = 0.04
) -> Made:
    """Return two leads of an electrocardiogram with noise and a base line that wanders."""
    at = place(rng, n, odd, af=0.05, pause=200, pvc=200)
    x, rows = _beats(rng, n, odd, at, ectopic_share, jitter)
    x += 0.02 * rng.standard_normal(x.shape)
    wander = np.column_stack([memory(rng, n, 0.998), memory(rng, n, 0.998)])
    breath = np.sin(2 * np.pi * 0.25 * np.arange(n) / FS)
    x += 0.08 * wander + 0.06 * breath[:, None]
    late = place(rng, n, odd, pop=120, muscle=0.025)
    if odd == "pop":
        x[late, 1] += 2.5 * np.exp(-np.arange(120) / 35)
    if odd == "muscle":
        x[late] += 0.25 * band_noise(rng, size(late), FS, 20, 100)[:, None] * 2
    bands = {"muscle": (15.0, 110.0), "pop": (0.0, 10.0)}
    band = (0.0, 20.0) if ectopic_share else bands.get(odd or "")
    rows = [each for each in rows if each.start < n - 50]
    return made(x, *rows, late, channels=(1,) if odd == "pop" else (0, 1), band=band)


def _beats(
    rng: Rng, n: int, odd: str | None, at: slice, ectopic_share: float, jitter: float
) -> tuple[Floats, list[slice]]:
    """Return the beats of two leads, without noise, and the rows that are odd."""
    x = np.zeros((n + BEYOND, 2))
    rows = [at] if odd == "af" else []
    once = after_ectopic = False
    t = 150.0
    while t < n + 300:
        fibrillates = odd == "af" and at.start <= t < at.stop
        height = 1 + 0.05 * rng.standard_normal()
        breath = 0.05 * np.sin(2 * np.pi * 0.25 * t / FS)
        interval = FS * 0.85 * (1 + breath + jitter * rng.standard_normal())
        if fibrillates:
            interval = FS * rng.uniform(0.4, 1.1)
        due = odd == "pvc" and not once and t > at.start
        if due or (not after_ectopic and t > n / 2 and rng.random() < ectopic_share):
            t = t - 0.3 * interval
            _ectopic_beat(x, t, height)
            rows.append(slice(int(t - 0.1 * FS), int(t + 0.4 * FS)))
            once = after_ectopic = True
            t += 1.3 * interval
            continue
        _normal_beat(x, t, height, p_wave=not fibrillates)
        if odd == "pause" and not once and t > at.start:
            rows.append(slice(int(t + 0.5 * FS), int(t + 2.6 * FS)))
            t += 2.0 * FS
            once = True
        t += interval
        after_ectopic = False
    return x[:n], rows


def _normal_beat(x: Floats, t: float, height: float, p_wave: bool) -> None:
    """Add a beat with its P wave, QRS complex and T wave to both leads."""
    for lead, gain in ((0, 1.0), (1, 0.7)):
        if p_wave:
            _wave(x, lead, t - 0.16 * FS, 0.02 * FS, 0.12 * gain)
        _wave(x, lead, t - 0.025 * FS, 0.008 * FS, -0.12 * gain)
        _wave(x, lead, t, 0.01 * FS, 1.1 * height * gain)
        _wave(x, lead, t + 0.03 * FS, 0.01 * FS, -0.25 * gain)
        _wave(x, lead, t + 0.26 * FS, 0.045 * FS, 0.3 * gain * height)


def _ectopic_beat(x: Floats, t: float, height: float) -> None:
    """Add a broad beat without a P wave, of opposite signs in the two leads."""
    for lead, gain in ((0, 1.0), (1, -0.9)):
        _wave(x, lead, t, 0.035 * FS, 1.3 * height * gain)
        _wave(x, lead, t + 0.28 * FS, 0.06 * FS, -0.5 * gain)


def _wave(x: Floats, lead: int, centre: float, width: float, height: float) -> None:
    """Add a bell curve to a lead."""
    first = max(0, int(centre - 5 * width))
    rows = np.arange(first, min(len(x), int(centre + 5 * width) + 1))
    x[rows, lead] += height * np.exp(-0.5 * ((rows - centre) / width) ** 2)


KINDS = {
    "ecg": Kind(ecg, FS, ("pause", "pvc", "pop", "af", "muscle")),
    "ecg_pvc_20pc": Kind(ecg_pvc_20pc, FS, ("pvcs",), rows=60_000),
    "ecg_in_af": Kind(ecg_in_af, FS, ("ectopic",)),
}
