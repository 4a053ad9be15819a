"""Recordings of machines: bearings, gears, pumps, motors, presses, a vehicle, the mains."""

import numpy as np
from domain_signals import (
    NOWHERE,
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


def impulses(
    rng: Rng, n: int, fs: float, rate: float, height: float, resonance: float = 3000.0
) -> Floats:
    """Return impulses at a rate in Hz, 1 % early or late, each of which rings at a resonance."""
    train = np.zeros(n)
    row = 0.0
    while row < n:
        train[int(row)] = 1 + 0.2 * rng.standard_normal()
        row += fs / rate * (1 + 0.01 * rng.standard_normal())
    t = np.arange(int(0.006 * fs)) / fs
    ringing = np.exp(-t * 900) * np.sin(2 * np.pi * resonance * t)
    return np.asarray(height * np.convolve(train, ringing)[:n])


def bearing_constant(rng: Rng, n: int, odd: str | None) -> Made:
    """Make the vibration of a bearing at one speed; odd: impulses of its outer race, or growing."""
    fs = 12_000
    t = np.arange(n) / fs
    x = 0.5 * np.sin(2 * np.pi * 29.5 * t) + 0.3 * np.sin(2 * np.pi * 59 * t + 1)
    x = x + 0.3 * band_noise(rng, n, fs, 800, 4500)
    x = x + 0.15 * rng.standard_normal(n)
    at = place(rng, n, odd, impulses=0.04, growing=0.04)
    growth = np.linspace(0.2, 1, size(at)) if odd == "growing" else 1.0
    if odd:
        x[at] += growth * impulses(rng, size(at), fs, 107.0, 2.5)
    return made(x, at, band=(1500, 4500))


def bearing_varying_speed_load(rng: Rng, n: int, odd: str | None) -> Made:
    """Make the vibration of a bearing whose speed and load vary; odd: impulses of a race."""
    fs = 12_000
    sway = np.sin(2 * np.pi * np.arange(n) / n * 3 + rng.uniform(0, 6))
    phase = 2 * np.pi * np.cumsum(29.5 * (1 + 0.1 * sway)) / fs
    load = np.repeat(rng.choice([0.7, 1.0, 1.4], 40), n // 40 + 1)[:n]
    load = lfilter([0.01], [1, -0.99], load)
    turns = 0.5 * np.sin(phase) + 0.3 * np.sin(2 * phase + 1)
    rolling = load * (turns + 0.3 * band_noise(rng, n, fs, 800, 4500))
    x = rolling + 0.15 * rng.standard_normal(n)
    at = place(rng, n, odd, impulses=0.04)
    if odd:
        x[at] += impulses(rng, size(at), fs, 107.0, 3.0)
    return made(x, at, band=(1500, 4500))


def gearbox(rng: Rng, n: int, odd: str | None) -> Made:
    """Make the mesh of 14 teeth at 30 Hz; odd: strong sidebands, or the blows of one tooth."""
    fs = 5000
    speed = 30 * (1 + 0.003 * memory(rng, n, 0.9995))
    phase = 2 * np.pi * np.cumsum(speed) / fs
    eccentricity = np.full(n, 0.1)
    sidebands = place(rng, n, odd, sidebands=0.04)
    eccentricity[sidebands] = 0.9
    x = (1 + eccentricity * np.cos(phase)) * np.sin(14 * phase) + 0.4 * np.sin(28 * phase + 1)
    x = x + 0.2 * rng.standard_normal(n)
    tooth = place(rng, n, odd, tooth=0.04)
    if odd == "tooth":
        x[tooth] += impulses(rng, size(tooth), fs, 30, 3.0, 1400.0)
    return made(x, sidebands, tooth, band=(900, 2000) if odd == "tooth" else (300, 560))


def pump_vibration(rng: Rng, n: int, odd: str | None) -> Made:
    """Make a pump with blades that pass at 150 Hz; odd: the broad crackle of cavitation."""
    fs = 10_000
    t = np.arange(n) / fs
    x = np.sin(2 * np.pi * 150 * t) * (1 + 0.1 * memory(rng, n, 0.999))
    x = x + 0.3 * np.sin(2 * np.pi * 25 * t)
    x = x + 0.3 * rng.standard_normal(n)
    x = x + 0.2 * pink(rng, n)
    at = place(rng, n, odd, cavitation=0.025)
    if odd:
        crackle = 0.6 * band_noise(rng, size(at), fs, 2000, 4500)
        x[at] += crackle * np.abs(rng.standard_normal(size(at)) + 1) * 1.5
    return made(x, at, band=(1500, 5000))


def mains_3phase(rng: Rng, n: int, odd: str | None) -> Made:
    """Make three phases of 50 Hz; odd: a sag, transient or harmonics of one, a jump of all."""
    frequency = 50 + 0.02 * memory(rng, n, 0.9999)
    phase = 2 * np.pi * np.cumsum(frequency) / 3200
    jump = place(rng, n, odd, phase_jump=0.02)
    phase[jump] += 0.7
    phases = phase[:, None] + np.array([0, 2, 4]) * np.pi / 3
    x = 325 * np.sin(phases) + 6 * np.sin(5 * phases + 1) + rng.standard_normal((n, 3))
    at = place(rng, n, odd, sag=192, transient=20, harmonics=0.02)
    if odd == "sag":
        x[at, 1] *= 0.6
    if odd == "transient":
        since = np.arange(20)
        x[at, 1] += 200 * np.exp(-since / 5) * np.cos(since * 1.5)
    if odd == "harmonics":
        x[at, 1] += 40 * np.sin(7 * phases[at, 1])
    channels = (0, 1, 2) if odd == "phase_jump" else (1,)
    return made(x, jump, at, channels=channels, band=(300, 400) if odd == "harmonics" else None)


def motor_starts(rng: Rng, n: int, odd: str | None) -> Made:
    """Make the current of a motor that starts and stops; odd: one run long, heavy or idle."""
    x = np.zeros(n)
    row = 0
    at = NOWHERE
    wanted_at = rng.uniform(0.62, 0.88) * n
    while row < n:
        off = int(rng.geometric(1 / 150)) + 20
        on = int(rng.geometric(1 / 200)) + 60
        inrush, level = 4.0, 1.0
        first = row + off
        if odd and not size(at) and row > wanted_at:
            on = max(on, 150)
            inrush = 40.0 if odd == "long_inrush" else 4.0
            level = {"overload": 1.5, "no_load": 0.5}.get(odd, 1.0)
            at = slice(first, first + on)
        current = 10 * level + 50 * np.exp(-np.arange(on) / inrush)
        rows = max(0, min(on, n - first))
        x[first : first + rows] = current[:rows] * (1 + 0.04 * rng.standard_normal(rows))
        row = first + on
    x += 0.1 * rng.standard_normal(n)
    return made(x, at)


def press_two_recipes(rng: Rng, n: int, odd: str | None) -> Made:
    """Make force and way of a press with two recipes; odd: a stroke deformed, or without force."""
    strokes = []
    row = 0
    at = NOWHERE
    wanted_at = rng.uniform(0.62, 0.88) * n
    recipe = 0
    while row < n:
        if rng.random() < 0.03:
            recipe = 1 - recipe
        rows = int((60, 85)[recipe] * (1 + 0.04 * rng.standard_normal()))
        t = np.arange(rows) / rows
        force = _stroke(t, recipe) * (1 + 0.04 * rng.standard_normal())
        if odd and not size(at) and row > wanted_at:
            at = slice(row, row + rows)
            second_peak = 0.6 * np.exp(-(((t - 0.85) / 0.06) ** 2))
            force = force + second_peak if odd == "deformed" else 0 * force
        force = force + 0.02 * rng.standard_normal(rows)
        way = np.sin(np.pi * t) + 0.02 * rng.standard_normal(rows)
        strokes.append(np.column_stack([force, way]))
        row += rows
    return made(np.concatenate(strokes)[:n], at)


def _stroke(t: Floats, recipe: int) -> Floats:
    """Return the force of a stroke of one of two recipes."""
    if recipe == 0:
        return np.asarray(np.exp(-(((t - 0.4) / 0.08) ** 2)))
    first = 0.7 * np.exp(-(((t - 0.3) / 0.06) ** 2))
    return np.asarray(first + 0.9 * np.exp(-(((t - 0.65) / 0.1) ** 2)))


def vehicle_can(rng: Rng, n: int, odd: str | None) -> Made:
    """Make speed, engine speed, throttle and gear of a drive; odd: the clutch slips, no speed."""
    n_wishes = n // 100 + 1
    speeds = rng.choice([0, 30, 50, 80, 110], n_wishes, p=[0.25, 0.2, 0.25, 0.2, 0.1])
    wished = np.repeat(speeds, rng.integers(100, 600, n_wishes))[:n].astype(np.float64)
    wished = np.r_[wished, np.zeros(n - wished.size)]
    speed = lfilter([0.03], [1, -0.97], wished)
    speed += 0.4 * memory(rng, n, 0.95) * (speed > 2)
    speed = np.clip(speed, 0, None)
    gear = np.digitize(speed, [1, 18, 35, 55, 85])
    ratio = np.array([0, 110, 65, 45, 33, 26.0])[gear]
    engine = np.maximum(800, speed * ratio) + 15 * rng.standard_normal(n)
    throttle = np.clip(12 + 2.5 * (wished - speed) + rng.standard_normal(n), 0, 100)
    at = place(rng, n, odd, slip=0.015, speed_zero=0.015)
    if odd == "slip":
        engine[at] += 2000
    if odd == "speed_zero":
        at = _while_fast(rng, speed, at)
        speed[at] = 0
    columns = [np.round(speed, 1), np.round(engine), np.round(throttle), gear.astype(np.float64)]
    return made(np.column_stack(columns), at, channels=(1,) if odd == "slip" else (0,))


def _while_fast(rng: Rng, speed: Floats, at: slice) -> slice:
    """Return rows in which the vehicle moves at 40 km/h or more, if 50 trials find some."""
    for _ in range(50):
        if speed[at].mean() > 40:
            break
        at = place(rng, speed.size, "speed_zero", speed_zero=0.015)
    return at


KINDS = {
    "bearing_constant": Kind(bearing_constant, 12_000, ("impulses", "growing")),
    "bearing_varying_speed_load": Kind(bearing_varying_speed_load, 12_000, ("impulses",)),
    "gearbox": Kind(gearbox, 5000, ("sidebands", "tooth")),
    "pump_vibration": Kind(pump_vibration, 10_000, ("cavitation",)),
    "mains_3phase": Kind(mains_3phase, 3200, ("sag", "transient", "harmonics", "phase_jump")),
    "motor_starts": Kind(motor_starts, 10, ("long_inrush", "overload", "no_load")),
    "press_two_recipes": Kind(press_two_recipes, 20, ("deformed", "missing_stroke")),
    "vehicle_can": Kind(vehicle_can, 10, ("slip", "speed_zero")),
}
