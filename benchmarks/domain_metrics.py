"""Recordings of computers and meters: traffic, memory, latency, counters, events."""

import numpy as np
from domain_signals import (
    FIVE_MINUTES,
    MINUTE,
    ROWS_A_DAY,
    Kind,
    Made,
    Rng,
    days,
    made,
    memory,
    place,
    size,
    switching,
)

MINUTES_A_DAY = 1440


def web_traffic(rng: Rng, n: int, odd: str | None) -> Made:
    """Make requests with days and weekends; odd: a drop, a busy night, a spike, a weak workday."""
    noise = 0.08 * rng.standard_normal(n) + 0.06 * memory(rng, n, 0.97)
    x = 1000 * (days(n) * np.exp(noise))
    at = place(rng, n, odd, drop=36, night_high=300, spike=2, missing_peak=600)
    day = at.start // ROWS_A_DAY
    if odd == "drop":
        at = slice(day * ROWS_A_DAY + 150, day * ROWS_A_DAY + 186)
        x[at] *= 0.3
    if odd == "night_high":
        at = slice((day + 1) * ROWS_A_DAY + 24, (day + 1) * ROWS_A_DAY + 48)
        x[at] = 1600 * np.exp(0.1 * rng.standard_normal(24))
    if odd == "spike":
        x[at] += 3000
    if odd == "missing_peak":
        day += 1
        while day % 7 >= 5:
            day -= 1
        at = slice(day * ROWS_A_DAY + 84, day * ROWS_A_DAY + 240)
        x[at] *= 0.45
    return made(np.round(x), at)


def memory_sawtooth(rng: Rng, n: int, odd: str | None) -> Made:
    """Make memory that leaks until a restart, and load; odd: a faster leak, no restart."""
    used = np.zeros(n)
    now = 300.0
    at = place(rng, n, odd, fast_leak=0.04, no_restart=0.04)
    until_restart = rng.integers(600, 1400)
    for row in range(n):
        odd_now = at.start <= row < at.stop
        factor = 6.0 if odd == "fast_leak" and odd_now else 1.0
        now += 0.15 * factor * (0.5 + rng.random())
        until_restart -= 1
        if until_restart <= 0 and not (odd == "no_restart" and odd_now):
            now = 300 + 20 * rng.random()
            until_restart = rng.integers(600, 1400)
        used[row] = now
    used += 4 * rng.standard_normal(n)
    load = 30 * days(n, MINUTES_A_DAY) * np.exp(0.15 * rng.standard_normal(n))
    return made(np.column_stack([used, load]), at)


def latency_with_deployments(rng: Rng, n: int, odd: str | None) -> Made:
    """Make latency that a deployment moves for good, as is normal; odd: twice as high, or noisy."""
    n_deployments = max(3, n // 2500)
    deployed = np.sort(rng.integers(0, n, n_deployments))
    levels = np.exp(np.cumsum(np.r_[0, 0.15 * rng.standard_normal(n_deployments)]))
    level = levels[np.searchsorted(deployed, np.arange(n), side="right")]
    day = 1 + 0.1 * np.sin(2 * np.pi * np.arange(n) / MINUTES_A_DAY)
    x = 80 * level * np.exp(0.1 * rng.standard_normal(n)) * day
    at = place(rng, n, odd, doubled=0.015, variance=0.015)
    if odd == "doubled":
        x[at] *= 2
    if odd == "variance":
        x[at] *= np.exp(0.35 * rng.standard_normal(size(at)))
    return made(x, at)


def counter_bytes_total(rng: Rng, n: int, odd: str | None) -> Made:
    """Make a counter of bytes that restarts at 0 three times; odd: it stands still, or is fast."""
    sent = 1e6 * days(n, MINUTES_A_DAY) * np.exp(0.4 * rng.standard_normal(n))
    at = place(rng, n, odd, stalled=0.015, flood=0.015)
    sent[at] *= 0.0 if odd == "stalled" else 6.0
    x = np.cumsum(sent)
    for restart in np.sort(rng.integers(0, n, 3)):
        x[restart:] -= x[restart]
    return made(np.floor(x), at)


def counter_kwh(rng: Rng, n: int, odd: str | None) -> Made:
    """Make an energy meter of a device that is on or idle; odd: no power, three times as much."""
    is_on = switching(n, rng.geometric(1 / 120, n))
    power = np.where(is_on == 1, 40.0, 8.0) * np.exp(0.1 * rng.standard_normal(n))
    at = place(rng, n, odd, stalled=0.015, triple=0.015)
    power[at] *= 0.0 if odd == "stalled" else 3.0
    x = np.floor(np.cumsum(power / 60) * 10) / 10 + 52_340
    return made(x, at)


def event_counts(rng: Rng, n: int, odd: str | None) -> Made:
    """Make counts of about three events a minute, by day; odd: none, three times as many."""
    rate = 3 * days(n, MINUTES_A_DAY)
    at = place(rng, n, odd, silent=0.015, triple=0.015)
    if odd:
        rate[at] = 0 if odd == "silent" else 3.0 * np.maximum(rate[at], 2)
    return made(rng.poisson(rate).astype(np.float64), at)


def selfsimilar_traffic(rng: Rng, n: int, odd: str | None) -> Made:
    """Make packets of twenty senders with bursts of any length; odd: none, or 250 more a row."""
    active = np.zeros(n)
    for _ in range(20):
        lengths = np.ceil(rng.pareto(1.5, n // 2) * 5 + 3).astype(np.int64)
        states = switching(int(lengths.sum()), lengths)
        first = rng.integers(0, max(1, states.size - n))
        states = states[first : first + n]
        active[: states.size] += states
    x = rng.poisson(10 * active).astype(np.float64)
    at = place(rng, n, odd, outage=0.01, flood=0.01)
    if odd == "outage":
        x[at] = 0
    if odd == "flood":
        x[at] += 250
    return made(x, at)


KINDS = {
    "web_traffic": Kind(web_traffic, FIVE_MINUTES, ("drop", "night_high", "spike", "missing_peak")),
    "memory_sawtooth": Kind(memory_sawtooth, MINUTE, ("fast_leak", "no_restart")),
    "latency_with_deployments": Kind(latency_with_deployments, MINUTE, ("doubled", "variance")),
    "counter_bytes_total": Kind(counter_bytes_total, MINUTE, ("stalled", "flood")),
    "counter_kwh": Kind(counter_kwh, MINUTE, ("stalled", "triple")),
    "event_counts": Kind(event_counts, MINUTE, ("silent", "triple")),
    "selfsimilar_traffic": Kind(selfsimilar_traffic, 1, ("outage", "flood")),
}
