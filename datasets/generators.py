"""Signals whose anomalies are known, because they were put there.

Every generator takes a `numpy.random.Generator` first and returns a `Recording` of one channel with
labels, 1 on exactly the samples whose signal was changed. The first half is normal, so that it can
be learned from; the changed stretch is drawn from the second half unless `start`, its first sample,
is given. The random numbers drawn do not depend on the size of the change: of two recordings of one
seed, with the change and with a change of size 0, the samples with label 0 are the same (of a chirp
those before the odd sweep, for its phase runs on; of phases out of order those before the first).
"""

import math
from collections.abc import Callable, Sequence
from typing import Final, Literal

import numpy as np

from spectra.arrays import BoolArray, Float64Array, IntArray
from spectra.datasets.recording import Recording
from spectra.errors import DataError


def tones(
    rng: np.random.Generator,
    *,
    n_samples: int = 20_000,
    fs: float = 1000.0,
    frequencies: Sequence[float] = (50.0, 120.0),
    amplitudes: Sequence[float] = (1.0, 0.5),
    extra_frequency: float = 180.0,
    extra_amplitude: float = 0.5,
    noise_std: float = 0.1,
    length: int = 1000,
    start: int | None = None,
) -> Recording:
    """Steady tones in white noise; for a while one tone more.

    Frequencies are in Hz; an amplitude is the peak of a sine, whose phase is drawn. The tone of
    `extra_frequency` sounds for `length` samples.
    """
    if len(frequencies) != len(amplitudes):
        raise DataError(
            f"There are {len(frequencies)} frequencies and {len(amplitudes)} amplitudes: give one "
            "each."
        )
    _check_rate(n_samples, fs, *frequencies, extra_frequency)
    changed = _stretch(rng, n_samples, length, start)
    seconds = np.arange(n_samples) / fs
    each = np.array([*frequencies, extra_frequency])[:, np.newaxis]
    phases = rng.uniform(0, 2 * np.pi, each.shape)
    waves = np.array([*amplitudes, extra_amplitude])[:, np.newaxis] * np.sin(
        2 * np.pi * each * seconds + phases
    )
    waves[-1, ~changed] = 0.0
    return _recording("tones", waves.sum(axis=0) + _white(rng, n_samples, noise_std), fs, changed)


def chirp(
    rng: np.random.Generator,
    *,
    n_samples: int = 20_000,
    fs: float = 1000.0,
    low: float = 20.0,
    high: float = 120.0,
    odd_high: float = 200.0,
    sweep: float = 1.0,
    noise_std: float = 0.1,
) -> Recording:
    """A tone that sweeps up again and again; one sweep goes too far.

    Every `sweep` seconds the frequency rises linearly from `low` to `high` Hz, in the odd sweep to
    `odd_high`; the labels cover that sweep. The phase, 2π times the sum of the frequencies, never
    jumps; the amplitude is 1.
    """
    _check_rate(n_samples, fs, low, high, odd_high)
    if not 2 / fs <= sweep < math.inf:
        raise DataError(
            f"A sweep of {sweep:g} s has fewer than two samples at {fs:g} Hz: make it longer."
        )
    cycle, place = _cycles(n_samples, fs, 1 / sweep)
    changed = cycle == _odd_cycle(rng, cycle)
    frequency = low + (np.where(changed, odd_high, high) - low) * place
    phase = 2 * np.pi * np.cumsum(frequency) / fs
    return _recording("chirp", np.sin(phase) + _white(rng, n_samples, noise_std), fs, changed)


def noise(
    rng: np.random.Generator,
    *,
    n_samples: int = 20_000,
    fs: float = 1000.0,
    kind: Literal["white", "ar1", "pink"] = "ar1",
    coefficient: float = 0.9,
) -> Recording:
    """Gaussian noise of variance 1, without any anomaly: what is found here is a false alarm.

    "white" noise has a flat spectrum; "ar1" is x_i = a·x_(i−1) + √(1 − a²)·e_i with a =
    `coefficient`, stationary from its first sample, autocorrelation a^lag (Box & Jenkins, Time
    Series Analysis, 3.2.3); "pink" noise has a power density proportional to 1/f.
    """
    _check_rate(n_samples, fs)
    white = rng.standard_normal(n_samples)
    if kind == "ar1":
        values = _autoregressive(white, coefficient)
    elif kind == "pink":
        values = _pink(white)
    elif kind == "white":
        values = white
    else:
        raise DataError(f"There is no noise of kind '{kind}': there are white, ar1 and pink.")
    return _recording(f"{kind}-noise", values, fs, np.zeros(n_samples, dtype=np.bool_))


def bpfo(
    shaft_hz: float,
    n_balls: int,
    ball_diameter: float,
    pitch_diameter: float,
    contact_angle: float = 0.0,
) -> float:
    """Ball-pass frequency of the outer race in Hz: how often balls roll over one place on it.

    n/2 · f_r · (1 − d/D · cos φ), with the diameters of ball d and pitch circle D in one unit, the
    contact angle φ in degrees, the outer race at rest and no slip (Randall & Antoni, Mech. Syst.
    Signal Process. 25, 2011, eq. 1).
    """
    if not 0 < ball_diameter < pitch_diameter:
        raise DataError(
            f"A ball of diameter {ball_diameter:g} cannot run on a pitch circle of diameter "
            f"{pitch_diameter:g}: "
            "it must be above 0 and smaller."
        )
    ratio = ball_diameter / pitch_diameter * math.cos(math.radians(contact_angle))
    return n_balls / 2 * shaft_hz * (1 - ratio)


def bearing_outer_race(
    rng: np.random.Generator,
    *,
    n_samples: int = 60_000,
    fs: float = 12_000.0,
    shaft_hz: float = 29.95,
    n_balls: int = 9,
    ball_diameter: float = 7.94,
    pitch_diameter: float = 39.04,
    contact_angle: float = 0.0,
    resonance: float = 3000.0,
    damping: float = 0.05,
    slip: float = 0.01,
    impact: float = 1.0,
    noise_std: float = 0.2,
    start: int | None = None,
) -> Recording:
    """Vibration of a rolling bearing whose outer race breaks out (geometry of SKF 6205).

    From `start` on, each ball that rolls over the fault rings a resonance: impact · exp(−2πζf·t) ·
    sin(2πf·t) with f = `resonance` in Hz and ζ = `damping`. The impacts are 1/`bpfo` apart, each
    interval with a relative standard deviation of `slip` (Randall & Antoni 2011, section 2.1);
    shaft unbalance and white noise are always there. The labels are 1 from the first impact to the
    end.
    """
    _check_rate(n_samples, fs, shaft_hz, resonance)
    rate = bpfo(shaft_hz, n_balls, ball_diameter, pitch_diameter, contact_angle)
    first = int(np.argmax(_stretch(rng, n_samples, n_samples // 4, start)))
    intervals = rng.normal(1, slip, int(n_samples / fs * rate) + 1) * fs / rate
    impacts = first + np.concatenate([[0], np.rint(np.cumsum(intervals)).astype(np.int64)])
    train = np.zeros(n_samples)
    np.add.at(train, impacts[impacts < n_samples], impact)
    seconds = np.arange(n_samples) / fs
    unbalance = 0.5 * np.sin(2 * np.pi * shaft_hz * seconds + rng.uniform(0, 2 * np.pi))
    signal = unbalance + _ringing(train, fs, resonance, damping) + _white(rng, n_samples, noise_std)
    return _recording("bearing", signal, fs, np.arange(n_samples) >= first, channel="acceleration")


def level_shift(
    rng: np.random.Generator,
    *,
    n_samples: int = 10_000,
    fs: float = 100.0,
    frequency: float = 1.0,
    shift: float = 1.0,
    noise_std: float = 0.1,
    length: int = 500,
    start: int | None = None,
) -> Recording:
    """A sine of amplitude 1 in white noise, higher by `shift` for `length` samples."""
    _check_rate(n_samples, fs, frequency)
    changed = _stretch(rng, n_samples, length, start)
    signal = _sine(n_samples, fs, frequency) + _white(rng, n_samples, noise_std)
    return _recording("level-shift", signal + shift * changed, fs, changed)


def dropout(
    rng: np.random.Generator,
    *,
    n_samples: int = 10_000,
    fs: float = 100.0,
    frequency: float = 1.0,
    kind: Literal["freeze", "zero"] = "freeze",
    noise_std: float = 0.1,
    length: int = 200,
    start: int | None = None,
) -> Recording:
    """A sine in white noise whose sensor freezes, or reads zero, for `length` samples.

    A frozen sensor repeats the last value before the stretch.
    """
    if kind not in ("freeze", "zero"):
        raise DataError(f"There is no dropout of kind '{kind}': there are freeze and zero.")
    _check_rate(n_samples, fs, frequency)
    changed = _stretch(rng, n_samples, length, start)
    signal = _sine(n_samples, fs, frequency) + _white(rng, n_samples, noise_std)
    # Before its first sample a signal has no value to freeze at.
    last = signal[max(0, int(np.argmax(changed)) - 1)]
    signal[changed] = last if kind == "freeze" else 0.0
    return _recording("dropout", signal, fs, changed)


def odd_cycle(
    rng: np.random.Generator,
    *,
    n_samples: int = 10_000,
    fs: float = 100.0,
    frequency: float = 1.0,
    same_energy: bool = True,
    noise_std: float = 0.05,
) -> Recording:
    """A periodic waveform, one cycle of which has another shape.

    With θ the phase, a cycle is sin θ + ½·sin 2θ and the odd one sin³ θ, which has half of the
    energy unless `same_energy` scales it to that of the others. Both start and end at zero: the
    signal never jumps.
    """
    # sin³ θ = (3 sin θ − sin 3θ)/4
    _check_rate(n_samples, fs, 3 * frequency)
    cycle, place = _cycles(n_samples, fs, frequency)
    changed = cycle == _odd_cycle(rng, cycle)
    angle = 2 * np.pi * place
    usual = np.sin(angle) + 0.5 * np.sin(2 * angle)
    odd = np.sin(angle) ** 3
    if same_energy:
        odd *= math.sqrt(np.sum(usual[changed] ** 2) / np.sum(odd[changed] ** 2))
    return _recording(
        "odd-cycle", np.where(changed, odd, usual) + _white(rng, n_samples, noise_std), fs, changed
    )


def order_anomalies(
    rng: np.random.Generator,
    *,
    n_samples: int = 20_000,
    fs: float = 100.0,
    frequencies: Sequence[float] = (8.0, 14.0, 20.0, 26.0, 32.0, 38.0),
    phase_length: int = 60,
    rest: int = 40,
    n_anomalies: int = 6,
    noise_std: float = 0.1,
) -> Recording:
    """A cycle of tone bursts, some of which are swapped, skipped or repeated.

    The phases have the `frequencies` in Hz, one after the other, again and again. Each rises from
    zero and falls back to it within `phase_length` samples; `rest` samples of silence follow. All
    have the same energy and the mean 0, and each is the same whenever it comes, but for the noise.
    So every junction is silence between silences, a frame of at most `rest` + 1 samples meets one
    phase only, and a normal cycle holds the same frame: nothing but the order tells.

    In the second half, at least a cycle apart, `n_anomalies` things happen, a third of them each:
    two phases swap places (the labels cover both), a phase is skipped (they cover the one that
    comes too early for it), or a phase comes twice (they cover its second time).
    """
    if len(set(frequencies)) < max(3, len(frequencies)):
        raise DataError(
            "Phases need three frequencies or more, all different, to have an order: not "
            f"{tuple(frequencies)}."
        )
    _check_rate(n_samples, fs, *frequencies)
    if rest < 0:
        raise DataError(f"A rest lasts 0 samples or more, not {rest}.")
    phases = _phases(np.asarray(frequencies, dtype=np.float64) / fs, phase_length)
    # Drawn first, so that it does not depend on what happens.
    noise = _white(rng, n_samples, noise_std)
    spacing = phase_length + rest
    order, odd = _order(
        rng, len(phases), -(-n_samples // spacing), -(-(n_samples // 2) // spacing), n_anomalies
    )
    signal = np.pad(phases, ((0, 0), (0, rest)))[order].ravel()[:n_samples]
    changed = np.repeat(odd, spacing)[:n_samples] & (np.arange(n_samples) % spacing < phase_length)
    return _recording("order-anomalies", signal + noise, fs, changed)


def fault_of_many(
    rng: np.random.Generator,
    *,
    n_samples: int = 10_000,
    fs: float = 100.0,
    n_channels: int = 100,
    frequency: float = 20.0,
    amplitude: float = 3.0,
    coefficient: float = 0.8,
    length: int = 400,
    start: int | None = None,
) -> Recording:
    """Many channels of AR(1) noise, one of which hums for a while.

    The hum is a sine of `amplitude` times the standard deviation of its channel, whose name ends in
    " (faulty)". Units differ: the standard deviations lie between 10⁻³ and 10³.
    """
    _check_rate(n_samples, fs, frequency)
    changed = _stretch(rng, n_samples, length, start)
    scales = 10 ** rng.uniform(-3, 3, n_channels)
    faulty = int(rng.integers(n_channels))
    values = np.column_stack(
        [_autoregressive(rng.standard_normal(n_samples), coefficient) for _ in range(n_channels)]
    )
    values[:, faulty] += changed * amplitude * _sine(n_samples, fs, frequency)
    names = [f"sensor {i + 1}" + " (faulty)" * (i == faulty) for i in range(n_channels)]
    return _channels("fault-of-many", values * scales, fs, changed, names)


def decoupled(
    rng: np.random.Generator,
    *,
    n_samples: int = 20_000,
    fs: float = 100.0,
    delay: int = 3,
    noise_std: float = 0.1,
    coefficient: float = 0.9,
    length: int = 400,
    start: int | None = None,
) -> Recording:
    """Two channels that always move together come apart for a while, each of them as it always is.

    The second is the first, `delay` samples later and five times as large. In the labelled stretch
    it follows another AR(1) noise of the same kind instead. Noise of `noise_std` is added to both.
    """
    _check_rate(n_samples, fs)
    changed = _stretch(rng, n_samples, length, start)
    cause, other = (
        _autoregressive(rng.standard_normal(n_samples + delay), coefficient) for _ in range(2)
    )
    first = cause[delay:] + _white(rng, n_samples, noise_std)
    second = np.where(changed, other[:n_samples], cause[:n_samples]) + _white(
        rng, n_samples, noise_std
    )
    return _channels(
        "decoupled", np.column_stack([first, 5 * second]), fs, changed, ["leader", "follower"]
    )


GENERATORS: Final[dict[str, Callable[..., Recording]]] = {
    "tones": tones,
    "chirp": chirp,
    "noise": noise,
    "bearing": bearing_outer_race,
    "level-shift": level_shift,
    "dropout": dropout,
    "odd-cycle": odd_cycle,
    "order-anomalies": order_anomalies,
    "fault-of-many": fault_of_many,
    "decoupled": decoupled,
}
"""The generators by the names that people type; the first line of a docstring says what each
makes.
"""


def _recording(
    name: str, signal: Float64Array, fs: float, changed: BoolArray, channel: str = "value"
) -> Recording:
    """One channel with its truth."""
    return Recording.from_array(
        signal, fs=fs, channels=(channel,), name=name, labels=changed.astype(np.int64)
    )


def _channels(
    name: str, values: Float64Array, fs: float, changed: BoolArray, channels: Sequence[str]
) -> Recording:
    """Several channels with their truth."""
    return Recording.from_array(
        values, fs=fs, channels=channels, name=name, labels=changed.astype(np.int64)
    )


def _check_rate(n_samples: int, fs: float, *frequencies: float) -> None:
    """Raise DataError for no samples, or a frequency not between 0 and half the rate."""
    if n_samples < 2:
        raise DataError(f"A recording has at least two samples, not {n_samples}.")
    if not 0 < fs < math.inf:
        raise DataError(f"The sampling rate must be a number of Hz above 0, not {fs:g}.")
    for frequency in frequencies:
        if not 0 < frequency < fs / 2:
            raise DataError(
                f"{frequency:g} Hz cannot be sampled at {fs:g} Hz: it must be above 0 and below "
                f"{fs / 2:g}."
            )


def _stretch(rng: np.random.Generator, n_samples: int, length: int, start: int | None) -> BoolArray:
    """(n,) True on `length` samples, wholly in the second half where no start is given."""
    last = n_samples - length
    if not 1 <= length <= n_samples - n_samples // 2:
        raise DataError(
            f"{length} changed samples do not fit in the second half of {n_samples}: make more "
            "samples."
        )
    # Drawn even where it is given, so that the noise after it is the same.
    drawn = int(rng.integers(n_samples // 2, last + 1))
    first = drawn if start is None else start
    if not 0 <= first <= last:
        raise DataError(
            f"The changed {length} samples must start between 0 and {last}, not at {first}."
        )
    position = np.arange(n_samples) - first
    return (position >= 0) & (position < length)


def _cycles(n_samples: int, fs: float, frequency: float) -> tuple[IntArray, Float64Array]:
    """The number of the cycle that each sample is in, and how far in it is, from 0 to 1."""
    turns = np.arange(n_samples) * frequency / fs
    cycle = np.floor(turns)
    return cycle.astype(np.int64), turns - cycle


def _odd_cycle(rng: np.random.Generator, cycle: IntArray) -> int:
    """One of the cycles that lie wholly in the second half."""
    first, end = int(cycle[len(cycle) // 2]) + 1, int(cycle[-1])
    if first >= end:
        raise DataError(
            f"The second half of {len(cycle)} samples holds no whole cycle to change: make more "
            "samples."
        )
    return int(rng.integers(first, end))


def _phases(cycles: Float64Array, length: int) -> Float64Array:
    """Bursts of tones of so many cycles a sample, (n_phases, length).

    Each is sin² times a sine about its centre, so that it has no mean, scaled to the energy of one
    with many periods.
    """
    if length * cycles.min() < 1:
        raise DataError(
            f"A phase of {length} samples is shorter than a period of its tone, "
            f"{1 / cycles.min():.4g} samples: "
            "make it longer."
        )
    n = np.arange(length) + 0.5
    bursts = np.sin(np.pi * n / length) ** 2 * np.sin(
        2 * np.pi * cycles[:, np.newaxis] * (n - length / 2)
    )
    # The mean of sin⁴ is 3/8, that of the square of a sine ½.
    bursts *= np.sqrt(length * 3 / 16 / np.sum(bursts**2, axis=1, keepdims=True))
    return np.asarray(bursts)


def _order(
    rng: np.random.Generator, n_kinds: int, n_phases: int, first: int, n_anomalies: int
) -> tuple[IntArray, BoolArray]:
    """Return the kind of each phase, (n_phases,), and the mask of those out of order.

    None of the `first` ones is out of order.
    """
    # How far on in the cycle each phase is from the one before it: for a swap, a skip and a
    # repetition.
    patterns = ((2, -1, 2), (2,), (0,))
    room = n_kinds + 2
    free = n_phases - first - n_anomalies * room
    if n_anomalies < 0 or free < 0:
        raise DataError(
            f"{n_anomalies} anomalies, a cycle of {n_kinds} phases apart, do not fit in "
            f"{n_phases - first} phases, the "
            "second half: make more samples, or fewer anomalies."
        )
    steps, odd = np.ones(n_phases, dtype=np.int64), np.zeros(n_phases, dtype=np.bool_)
    steps[0] = 0
    places = first + np.sort(rng.integers(0, free + 1, n_anomalies)) + room * np.arange(n_anomalies)
    for place, kind in zip(places, rng.permutation(np.arange(n_anomalies) % 3), strict=True):
        pattern = patterns[kind]
        steps[place : place + len(pattern)] = pattern
        # After a swap the last step leads back into order.
        odd[place : place + max(1, len(pattern) - 1)] = True
    return np.cumsum(steps) % n_kinds, odd


def _white(rng: np.random.Generator, n_samples: int, std: float) -> Float64Array:
    """White Gaussian noise."""
    return std * rng.standard_normal(n_samples)


def _sine(n_samples: int, fs: float, frequency: float) -> Float64Array:
    """A sine of amplitude 1 that starts at zero."""
    return np.asarray(np.sin(2 * np.pi * frequency * np.arange(n_samples) / fs))


def _autoregressive(white: Float64Array, coefficient: float) -> Float64Array:
    """AR(1) noise of variance 1 driven by white noise of variance 1."""
    if not -1 < coefficient < 1:
        raise DataError(
            f"AR(1) noise is stationary for a coefficient between −1 and 1, not {coefficient:g}."
        )
    from scipy.signal import lfilter

    driven = math.sqrt(1 - coefficient**2) * white
    # Without it the variance would grow to 1 over the first samples.
    driven[0] = white[0]
    return np.asarray(lfilter([1.0], [1.0, -coefficient], driven), dtype=np.float64)


def _pink(white: Float64Array) -> Float64Array:
    """Return 1/f noise of expected variance 1: white noise whose spectrum is divided by √f.

    Its mean is left out.
    """
    n = len(white)
    gain = np.zeros(n // 2 + 1)
    gain[1:] = 1 / np.sqrt(np.arange(1, n // 2 + 1))
    # Every bin but the first, and the last where n is even, stands for two.
    bins = np.full(gain.shape, 2.0)
    bins[0] = 1.0
    bins[-1] = 1.0 if n % 2 == 0 else 2.0
    gain /= math.sqrt(np.sum(bins * gain**2) / n)
    return np.fft.irfft(gain * np.fft.rfft(white), n)


def _ringing(train: Float64Array, fs: float, resonance: float, damping: float) -> Float64Array:
    """The ring-down of a resonance after every impact."""
    if not 0 < damping < 1:
        raise DataError(f"A resonance rings for a damping ratio between 0 and 1, not {damping:g}.")
    decay = 2 * math.pi * damping * resonance
    # Until it is a millionth of what it was; a train is far longer.
    seconds = np.arange(min(len(train), math.ceil(math.log(1e6) / decay * fs))) / fs
    ring = np.exp(-decay * seconds) * np.sin(2 * np.pi * resonance * seconds)
    return np.convolve(train, ring)[: len(train)]
