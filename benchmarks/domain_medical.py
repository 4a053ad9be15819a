"""Recordings of people: brain waves, breath, glucose, pulse, gait."""

import numpy as np
from domain_signals import (
    FIVE_MINUTES,
    ROWS_A_DAY,
    Floats,
    Kind,
    Made,
    Rng,
    band_noise,
    made,
    memory,
    pink,
    place,
    size,
)
from scipy.signal import lfilter


def eeg8(rng: Rng, n: int, odd: str | None) -> Made:
    """Make eight channels of brain waves; odd: a spike, a dead channel, mains, a seizure."""
    fs = 256
    mix = rng.uniform(0.2, 1, (4, 8))
    sources = np.column_stack([pink(rng, n, 1.2) for _ in range(4)])
    own = np.column_stack([pink(rng, n) for _ in range(8)])
    x = 20 * (sources @ mix + 0.5 * own)
    envelope = np.clip(memory(rng, n, 0.997), 0, None) * 25
    alpha = band_noise(rng, n, fs, 9, 11.5)
    alpha /= alpha.std()
    towards_the_back = np.array([0.1, 0.1, 0.2, 0.2, 0.5, 0.5, 1, 1])
    x += (envelope * alpha)[:, None] * towards_the_back + 2 * rng.standard_normal((n, 8))
    at = place(rng, n, odd, spike=80, dead=0.03, mains=0.03, seizure=min(2560, int(0.12 * n)))
    t = np.arange(size(at))
    if odd == "spike":
        sharp = 300 * np.exp(-0.5 * ((t - 12) / 4) ** 2)
        x[at, 2] += sharp - 140 * np.exp(-0.5 * ((t - 40) / 14) ** 2)
        return made(x, at, channels=(2,), band=(1, 40))
    if odd == "dead":
        x[at, 4] = x[at.start, 4] + 0.1 * rng.standard_normal(t.size)
        return made(x, at, channels=(4,))
    if odd == "mains":
        x[at, 5] += 15 * np.sin(2 * np.pi * 50 * t / fs)
        return made(x, at, channels=(5,), band=(45, 55))
    if odd == "seizure":
        towards_the_front = np.array([1, 1, 0.8, 0.8, 0.4, 0.4, 0.3, 0.3])
        x[at] += _seizure(t.size, fs)[:, None] * towards_the_front
    return made(x, at, channels=range(8), band=(1.5, 12))


def _seizure(n: int, fs: float) -> Floats:
    """Return a rhythm that slows from 5 to 2.5 Hz, grows and fades."""
    phase = 2 * np.pi * np.cumsum(np.linspace(5, 2.5, n)) / fs
    rhythm = np.sin(phase) + 0.5 * np.sin(2 * phase)
    return np.asarray(np.sin(np.pi * np.arange(n) / n) * 80 * rhythm)


def respiration(rng: Rng, n: int, odd: str | None) -> Made:
    """Make breath of about 15 a minute; odd: 15 s without, fast breath, a sensor that drops out."""
    rate = 0.25 * np.exp(0.1 * memory(rng, n, 0.995))
    depth = np.exp(0.15 * memory(rng, n, 0.995))
    at = place(rng, n, odd, apnoea=375, fast=0.03)
    if odd == "apnoea":
        depth[at] = 0.05
    if odd == "fast":
        rate[at] *= 2.5
    phase = 2 * np.pi * np.cumsum(rate) / 25
    x = depth * (np.sin(phase) + 0.2 * np.sin(2 * phase))
    x = x + 0.2 * memory(rng, n, 0.9995)
    x = x + 0.03 * rng.standard_normal(n)
    dropout = place(rng, n, odd, dropout=100)
    x[dropout] = -4
    return made(x, at, dropout, band=(0.4, 1.2) if odd == "fast" else None)


def cgm(rng: Rng, n: int, odd: str | None) -> Made:
    """Make glucose with three meals a day; odd: pressed sensor, stuck, too low, half a day high."""
    x = np.full(n, 110.0) + 12 * memory(rng, n, 0.995)
    hours = np.arange(60) / 12
    for day in range(n // ROWS_A_DAY + 1):
        for hour, height in ((7.5, 50), (12.5, 60), (19, 70)):
            first = int(day * ROWS_A_DAY + (hour + 0.6 * rng.standard_normal()) * 12)
            if 0 <= first < n:
                meal = max(10, height + 20 * rng.standard_normal()) * hours * np.exp(1 - hours)
                x[first : first + 60] += meal[: n - first]
    x += 2 * memory(rng, n, 0.7)
    at = place(rng, n, odd, compression_low=14, stuck=100, hypo=48, high_half_day=144)
    if odd == "compression_low":
        x[at] -= 60
    if odd == "stuck":
        x[at] = x[at.start]
    if odd == "hypo":
        x[at] += (45 - x[at]) * np.hanning(48)
    if odd == "high_half_day":
        x[at] += 140 * np.sin(np.pi * np.arange(144) / 144) ** 0.5
    return made(x.clip(40, 400).round(), at)


def ppg(rng: Rng, n: int, odd: str | None) -> Made:
    """Make the pulse at a finger; odd: it moves, it is off the sensor, a beat is missing."""
    breath = 0.03 * np.sin(2 * np.pi * 0.25 * np.arange(n) / 100)
    rate = 1.2 * (1 + breath + 0.03 * memory(rng, n, 0.995))
    phase = np.cumsum(rate) / 100 % 1
    height = 1 + 0.08 * memory(rng, n, 0.995)
    beat = place(rng, n, odd, missed_beat=84)
    if odd == "missed_beat":
        first = beat.start + int(np.argmin(phase[beat]))
        beat = slice(first, first + 84)
        height[beat] *= 0.15
    pulse = np.exp(-(((phase - 0.25) / 0.1) ** 2)) + 0.4 * np.exp(-(((phase - 0.55) / 0.12) ** 2))
    x = height * pulse + 0.15 * memory(rng, n, 0.999)
    x = x + 0.02 * rng.standard_normal(n)
    at = place(rng, n, odd, motion=0.025, finger_off=200)
    if odd == "motion":
        x[at] += 1.5 * band_noise(rng, size(at), 100, 0.5, 6) * 3
    if odd == "finger_off":
        x[at] = -0.5 + 0.02 * rng.standard_normal(200)
    return made(x, beat, at)


def gait(rng: Rng, n: int, odd: str | None) -> Made:
    """Make an accelerometer on a body that walks, stands and sits; odd: a fall, a stuck axis."""
    x = np.zeros((n, 3))
    row = 0
    while row < n:
        rows = min(int(rng.integers(250, 2000)), n - row)
        posture = int(rng.choice(3, p=[0.6, 0.2, 0.2]))
        x[row : row + rows] = ((0, 0, 1.0), (0.1, 0, 0.99), (0.7, 0.1, 0.7))[posture]
        if posture == 0:
            x[row : row + rows] += _steps(rng, rows)
        row += rows
    for axis in range(3):
        x[:, axis] = lfilter([0.3], [1, -0.7], x[:, axis])
    x += 0.02 * rng.standard_normal(x.shape)
    at = place(rng, n, odd, fall=60, saturated=0.01)
    if odd == "fall":
        first = at.start
        x[first : first + 15] *= 0.2
        x[first + 15 : first + 22] += np.array([2, -1.5, 3.0])
        x[first + 22 : at.stop] = [-0.8, 0.5, 0.2] + 0.05 * rng.standard_normal((38, 3))
    if odd == "saturated":
        x[at, 1] = 2.0
    return made(x, at, channels=(1,) if odd == "saturated" else (0, 1, 2))


def _steps(rng: Rng, n: int) -> Floats:
    """Return the acceleration of steps at about 1.8 Hz, (n, 3)."""
    phase = 2 * np.pi * np.cumsum(1.8 * (1 + 0.03 * memory(rng, n, 0.98))) / 50
    side = 0.15 * np.sin(phase / 2)
    front = 0.1 * np.sin(phase / 2 + 1)
    up = 0.3 * np.sin(phase) + 0.12 * np.sin(2 * phase + 1)
    force = 1 + 0.1 * memory(rng, n, 0.98)
    return np.asarray(np.column_stack([side, front, up]) * force[:, None])


KINDS = {
    "eeg8": Kind(eeg8, 256, ("spike", "dead", "seizure", "mains")),
    "respiration": Kind(respiration, 25, ("apnoea", "fast", "dropout")),
    "cgm": Kind(cgm, FIVE_MINUTES, ("compression_low", "stuck", "hypo", "high_half_day")),
    "ppg": Kind(ppg, 100, ("motion", "finger_off", "missed_beat")),
    "gait": Kind(gait, 50, ("fall", "saturated")),
}
