"""Recordings of plants and buildings: thermostats, batches, tanks, controllers, coarse sensors."""

import numpy as np
from domain_signals import (
    MINUTE,
    NOWHERE,
    Floats,
    Kind,
    Made,
    Rng,
    made,
    memory,
    place,
    size,
    switching,
)
from scipy.signal import lfilter

# Rows that the parts of a batch last: idle, ramp, hold, cool.
BATCH = ((30, 120), (60, 100), (120, 350), (70, 130))


def thermostat(rng: Rng, n: int, odd: str | None) -> Made:
    """Make a room and its heater; odd: an open window, no heat, a switch with less hysteresis."""
    x = np.zeros((n, 2))
    at = place(rng, n, odd, window_open=0.015, heater_off=0.015, short_cycling=0.015)
    outside = 5 + 5 * np.sin(2 * np.pi * (np.arange(n) / 1440 - 0.3)) + memory(rng, n, 0.999) * 2
    room = 20.5
    is_on = 0
    for row in range(n):
        now = odd if at.start <= row < at.stop else None
        hysteresis = 0.12 if now == "short_cycling" else 0.5
        if room < 20.5 - hysteresis:
            is_on = 1
        elif room > 20.5 + hysteresis:
            is_on = 0
        heat = 0.0 if now == "heater_off" else 0.12 * is_on
        loss = 0.003 * (room - outside[row]) * (5 if now == "window_open" else 1)
        room += heat - loss + 0.01 * rng.standard_normal()
        x[row] = room, is_on
    x[:, 0] = np.round((x[:, 0] + 0.05 * rng.standard_normal(n)) * 10) / 10
    until_settled = slice(at.start, at.stop + 30) if odd else at
    return made(x, until_settled, channels=(0, 1) if odd == "short_cycling" else (0,))


def batch_process(rng: Rng, n: int, odd: str | None) -> Made:
    """Make temperature, pressure, stirrer of batches; odd: one too hot, not held, badly stirred."""
    batches = []
    row = 0
    at = NOWHERE
    wanted_at = rng.uniform(0.62, 0.85) * n
    while row < n:
        idle, ramp, hold, cool = (int(rng.integers(*bounds)) for bounds in BATCH)
        now = odd if not size(at) and row > wanted_at else None
        if now == "no_hold":
            hold = 5
        temperature = _batch((idle, ramp, hold, cool), top=100.0 if now == "hot_hold" else 80.0)
        stirrer = np.r_[np.zeros(idle), np.full(ramp + hold, 12.0), np.zeros(cool)]
        stirrer = stirrer * (1 + 0.03 * rng.standard_normal(stirrer.size))
        held = slice(row + idle + ramp, row + idle + ramp + hold)
        if now == "agitator":
            stirrer[held.start - row : held.stop - row] = 3.0
        if now:
            at = slice(row + idle, held.stop + cool) if now == "no_hold" else held
        pressure = 1 + 0.03 * (temperature - 25) + 0.03 * rng.standard_normal(temperature.size)
        temperature = temperature + 0.4 * rng.standard_normal(temperature.size)
        batches.append(np.column_stack([temperature, pressure, stirrer]))
        row += temperature.size
    channels = (2,) if odd == "agitator" else (0, 1)
    return made(np.concatenate(batches)[:n], at, channels=channels)


def _batch(lengths: tuple[int, int, int, int], top: float) -> Floats:
    """Return the temperature of a batch: idle, ramp, hold, cool."""
    idle, ramp, hold, cool = lengths
    cooling = 25 + (top - 25) * np.exp(-np.arange(cool) / 30)
    heating = np.linspace(25, top, ramp)
    return np.concatenate([np.full(idle, 25.0), heating, np.full(hold, top), cooling])


def tank_with_pumps(rng: Rng, n: int, odd: str | None) -> Made:
    """Make level, inflow and two pumps of a tank; odd: pumps fail or chatter, a stuck level."""
    x = np.zeros((n, 4))
    at = place(rng, n, odd, no_effect=0.025, level_stuck=0.025, chatter=0.025)
    inflow = 1.0 + 0.3 * memory(rng, n, 0.998)
    level = 50.0
    first = second = 0
    for row in range(n):
        now = odd if at.start <= row < at.stop else None
        if level > 70:
            first = 1
        if level > 85:
            second = 1
        if level < 30:
            first = second = 0
        if now == "chatter":
            first = (row // 4) % 2
        effect = 0.3 if now == "no_effect" else 1.0
        level += 0.3 * inflow[row] - effect * (0.75 * first + 0.75 * second)
        level = max(level, 0)
        noise = 0.3 * rng.standard_normal(), 0.05 * rng.standard_normal()
        x[row] = level + noise[0], inflow[row] + noise[1], first, second
    if odd == "level_stuck":
        x[at, 0] = x[at.start, 0]
    channels = {"no_effect": (0, 2, 3), "chatter": (2,)}.get(odd or "", (0,))
    return made(x, at, channels=channels)


def plc_mixed_12(rng: Rng, n: int, odd: str | None) -> Made:
    """Make 12 tags of a controller; odd: a tone, a status that never changes, three rare at once.

    The tags are two that are constant, two set points, three rare pulses, the hours of operation,
    two analog sensors, a whole number and a switch.
    """
    x = np.zeros((n, 12))
    x[:, 0] = 5
    for tag in (2, 3):
        set_points = rng.choice([10.0, 20, 30], 400)
        x[:, tag] = np.repeat(set_points, rng.geometric(1 / 800, 400))[:n]
    for tag in (4, 5, 6):
        pauses = rng.geometric(1 / 600, n)
        x[:, tag] = switching(n, np.where(np.arange(n) % 2, 5, pauses))
    x[:, 7] = np.floor(np.arange(n) / 3600 * 10) / 10
    x[:, 8] = x[:, 2] + memory(rng, n, 0.9)
    wave = np.sin(2 * np.pi * np.arange(n) / 45)
    x[:, 9] = x[:, 3] * 0.5 + wave + 0.2 * rng.standard_normal(n)
    x[:, 10] = np.round(memory(rng, n, 0.99) * 2)
    x[:, 11] = switching(n, rng.geometric(1 / 40, n))
    at = place(rng, n, odd, analog=0.01, status_change=0.01, rare_together=0.01)
    if odd == "analog":
        x[at, 8] += 4 * np.sin(2 * np.pi * np.arange(size(at)) / 7)
    if odd == "status_change":
        x[at, 0] = 9
    if odd == "rare_together":
        x[at, 4:7] = 1
    channels = {"analog": (8,), "rare_together": (4, 5, 6)}.get(odd or "", (0,))
    return made(x, at, channels=channels)


def quantised_temperature(rng: Rng, n: int, odd: str | None) -> Made:
    """Make a temperature in steps of half a degree; odd: a level, noise, a single value."""
    x = 21 + 1.2 * memory(rng, n, 0.999) + 0.1 * rng.standard_normal(n)
    at = place(rng, n, odd, step=0.015, noisy=0.015, point=1)
    if odd == "step":
        x[at] += 6
    if odd == "noisy":
        x[at] += 2 * rng.standard_normal(size(at))
    if odd == "point":
        x[at] += 10
    return made(np.round(x * 2) / 2, at)


def forward_filled(rng: Rng, n: int, odd: str | None) -> Made:
    """Make three sensors read every 5 to 15 s, kept between; odd: one shifts, sticks, swings."""
    slow = memory(rng, n, 0.99)
    wave = np.sin(2 * np.pi * np.arange(n) / 600) + 0.2 * rng.standard_normal(n)
    x = np.column_stack([slow, wave, memory(rng, n, 0.95)])
    at = place(rng, n, odd, shift=0.02, stuck=0.02, oscillates=0.02)
    if odd == "shift":
        x[at, 1] += 2.5
    if odd == "oscillates":
        x[at, 2] = 3.5 * np.sin(2 * np.pi * np.arange(size(at)) / 60)
    for channel in range(3):
        x[:, channel] = _kept(rng, x[:, channel])
    if odd == "stuck":
        x[at, 2] = x[at.start, 2]
    band = (0.01, 0.03) if odd == "oscillates" else None
    return made(x, at, channels=(1,) if odd == "shift" else (2,), band=band)


def _kept(rng: Rng, x: Floats) -> Floats:
    """Return the values with each kept for 5 to 15 rows."""
    kept = x.copy()
    row = 0
    while row < x.size:
        until = row + int(rng.integers(5, 16))
        kept[row:until] = x[row]
        row = until
    return kept


def gaps_and_nan(rng: Rng, n: int, odd: str | None) -> Made:
    """Make three channels with missing values and gaps; odd: a burst, a dead channel."""
    wave = 2 * np.pi * np.arange(n) / 80
    x = np.column_stack([np.sin(wave + lag) + 0.3 * memory(rng, n, 0.8) for lag in (0, 1, 2)])
    at = place(rng, n, odd, burst=0.01, dead=0.02)
    if odd == "burst":
        x[at, 1] += 2 * np.sin(2 * np.pi * np.arange(size(at)) / 6)
    if odd == "dead":
        x[at, 1] = 0.02 * rng.standard_normal(size(at))
    x[rng.random(x.shape) < 0.01] = np.nan
    for channel in range(3):
        for first in rng.integers(0, n - 100, max(2, n // 3000)):
            x[first : first + rng.integers(10, 100), channel] = np.nan
    for first in rng.integers(0, n - 200, max(1, n // 8000)):
        x[first : first + rng.integers(50, 200)] = np.nan
    return made(x, at, channels=(1,), band=(1.3, 2.1) if odd == "burst" else None)


def cold_store(rng: Rng, n: int, odd: str | None) -> Made:
    """Make hourly temperature and power of a cold store; odd: a warm week, a day without power."""
    hour = np.arange(n)
    works = (hour % 24 >= 7) & (hour % 24 < 18) & ((hour // 24) % 7 < 5)
    defrosts = hour % 8 == 3
    temperature = -18 + 0.8 * lfilter([0.5], [1, -0.5], defrosts * 4.0)
    temperature = temperature + works * rng.gamma(1.5, 0.4, n)
    temperature = temperature + 0.2 * rng.standard_normal(n)
    power = 3 + 1.5 * works + 1.0 * np.roll(defrosts, 1) + 0.3 * rng.standard_normal(n)
    power = power + 0.7 * np.sin(2 * np.pi * hour / 8766)
    at = place(rng, n, odd, warm_week=168, broken_day=24)
    if odd == "warm_week":
        temperature[at] += 3.5
    if odd == "broken_day":
        power[at] = 0
        temperature[at] += np.linspace(0, 10, 24)
    x = np.column_stack([np.round(temperature, 1), np.round(power, 2)])
    return made(x, at, channels=(0,) if odd == "warm_week" else (0, 1))


KINDS = {
    "thermostat": Kind(thermostat, MINUTE, ("window_open", "heater_off", "short_cycling")),
    "batch_process": Kind(batch_process, 1, ("hot_hold", "no_hold", "agitator")),
    "tank_with_pumps": Kind(tank_with_pumps, 1, ("no_effect", "level_stuck", "chatter")),
    "plc_mixed_12": Kind(plc_mixed_12, 1, ("analog", "status_change", "rare_together")),
    "quantised_temperature": Kind(quantised_temperature, 0.1, ("step", "noisy", "point")),
    "forward_filled": Kind(forward_filled, 1, ("shift", "stuck", "oscillates")),
    "gaps_and_nan": Kind(gaps_and_nan, 10, ("burst", "dead")),
    "cold_store": Kind(cold_store, 1 / 3600, ("warm_week", "broken_day")),
}
