"""Recordings of the weather and the earth: wind and solar power, tides, wind, ground motion."""

import numpy as np
from domain_signals import Floats, Kind, Made, Rng, band_noise, made, memory, pink, place, size
from scipy.signal import lfilter

# Ten-minute rows of a day.
ROWS_A_DAY = 144


def wind_turbine(rng: Rng, n: int, odd: str | None) -> Made:
    """Make wind, power, speed, gear temperature; odd: power limited or iced, a hot gear."""
    wind = 8 * np.exp(0.35 * memory(rng, n, 0.99)) * (1 + 0.05 * rng.standard_normal(n))
    at = place(rng, n, odd, curtailed=0.02, hot_gear=0.02, icing=0.02)
    power = 2000 * np.clip((wind / 12) ** 3, 0, 1) * (wind > 3) * (wind < 25)
    power = power * (1 + 0.03 * rng.standard_normal(n))
    if odd == "icing":
        power[at] *= 0.5
    if odd == "curtailed":
        power[at] = np.minimum(power[at], 400)
    speed = np.clip(6 + wind, 0, 18) * (wind > 3) + 0.1 * rng.standard_normal(n)
    temperature = 40 + lfilter([0.02], [1, -0.98], power) / 60 + 0.5 * rng.standard_normal(n)
    if odd == "hot_gear":
        temperature[at] += 25
    x = np.column_stack([wind, power, speed, temperature])
    return made(x, at, channels=(3,) if odd == "hot_gear" else (1,))


def solar_pv(rng: Rng, n: int, odd: str | None) -> Made:
    """Make the power of a roof with clouds; odd: off at noon of a clear day, a third for three."""
    hour = np.arange(n) % ROWS_A_DAY / 6
    clear = np.clip(np.sin(np.pi * (hour - 6) / 12), 0, None) ** 1.2
    by_day = np.repeat(rng.beta(2, 1, n // ROWS_A_DAY + 1), ROWS_A_DAY)[:n]
    cloud = np.clip(1 - (1 - by_day) * np.abs(memory(rng, n, 0.9)), 0.05, 1)
    x = 5000 * clear * cloud
    at = place(rng, n, odd, trip=290, half_power=600)
    day = (at.start // ROWS_A_DAY + 1) * ROWS_A_DAY
    if odd == "trip":
        x[day : day + ROWS_A_DAY] = 5000 * clear[:ROWS_A_DAY]
        at = slice(day + 63, day + 81)
        x[at] = 0
    if odd == "half_power":
        at = slice(day, day + 3 * ROWS_A_DAY)
        x[at] = 0.35 * 5000 * np.tile(clear[:ROWS_A_DAY], 3)
    return made(np.round(x), at)


def tide(rng: Rng, n: int, odd: str | None) -> Made:
    """Make a tide gauge read every six minutes; odd: it sticks, its clock jumps, a wrong value."""
    hours = np.arange(n) / 10.0
    phases = rng.uniform(0, 6, 4)
    clock = place(rng, n, odd, clock=0.03)
    hours[clock] += 2.5
    x = _tide(hours, phases) + 0.2 * memory(rng, n, 0.999) + 0.02 * rng.standard_normal(n)
    at = place(rng, n, odd, stuck=120, spike=1)
    if odd == "stuck":
        x[at] = x[at.start]
    if odd == "spike":
        x[at] += 1.5
    return made(x, clock, at)


def _tide(hours: Floats, phases: Floats) -> Floats:
    """Return the sum of the four largest constituents of a tide."""
    level = 1.5 * np.cos(2 * np.pi * hours / 12.42 + phases[0])
    level = level + 0.5 * np.cos(2 * np.pi * hours / 12 + phases[1])
    level = level + 0.2 * np.cos(2 * np.pi * hours / 25.82 + phases[2])
    return np.asarray(level + 0.15 * np.cos(2 * np.pi * hours / 23.93 + phases[3]))


def seismic(rng: Rng, n: int, odd: str | None) -> Made:
    """Make ground motion with the noise of the sea; odd: an earthquake, a glitch of three rows."""
    sea = 3 * band_noise(rng, n, 100, 0.1, 0.4) * 4 * np.exp(0.2 * memory(rng, n, 0.9998))
    x = sea + 0.5 * rng.standard_normal(n)
    x = x + 0.3 * pink(rng, n)
    at = place(rng, n, odd, quake=1000, glitch=3)
    if odd == "quake":
        t = np.arange(size(at))
        envelope = np.exp(-t / 150) + 2 * np.exp(-(t - 350) / 200) * (t > 350)
        x[at] += 1.5 * band_noise(rng, t.size, 100, 3, 12) * 3 * envelope
    if odd == "glitch":
        x[at] += 25
    return made(x, at, band=(2, 15) if odd == "quake" else None)


def wind_direction(rng: Rng, n: int, odd: str | None) -> Made:
    """Make a wind vane in whole degrees, 359 beside 0; odd: it sticks, it spins."""
    start = rng.uniform(0, 360)
    x = start + np.cumsum(0.8 * rng.standard_normal(n)) + 8 * memory(rng, n, 0.8)
    at = place(rng, n, odd, stuck=0.015, spin=0.01)
    if odd == "spin":
        x[at] += 20.0 * np.arange(size(at))
    if odd == "stuck":
        x[at] = x[at.start]
    return made(np.round(x % 360), at)


KINDS = {
    "wind_turbine": Kind(wind_turbine, 1 / 600, ("curtailed", "hot_gear", "icing")),
    "solar_pv": Kind(solar_pv, 1 / 600, ("trip", "half_power")),
    "tide": Kind(tide, 1 / 360, ("stuck", "clock", "spike")),
    "seismic": Kind(seismic, 100, ("quake", "glitch")),
    "wind_direction": Kind(wind_direction, 1, ("stuck", "spin")),
}
