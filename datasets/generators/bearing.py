"""Vibration of a rolling bearing with a fault."""

import math

import numpy as np

from spectra.arrays import Float64Array
from spectra.datasets.generators.parts import check_rate, drawn_stretch, labelled, white_noise
from spectra.datasets.recording import Recording
from spectra.errors import DataError


def bpfo(
    shaft_hz: float,
    n_balls: int,
    ball_diameter: float,
    pitch_diameter: float,
    contact_angle: float = 0.0,
) -> float:
    """Return the ball-pass frequency of the outer race of a bearing.

    Parameters
    ----------
    shaft_hz : float
        Rotation of the shaft in Hz.
    n_balls : int
        Number of balls.
    ball_diameter, pitch_diameter : float
        Diameters of a ball, d, and of the circle of their centres, D, in one unit; d is smaller.
    contact_angle : float
        The angle φ in degrees.

    Returns
    -------
    float
        Rate in Hz at which balls roll over one point of the outer race.

    Raises
    ------
    DataError
        Unless 0 < d < D.

    Notes
    -----
    Without slip and with the outer race at rest it is n/2 · f_r · (1 − d/D · cos φ).

    References
    ----------
    Randall & Antoni 2011, "Rolling element bearing diagnostics: a tutorial", Mechanical Systems and
    Signal Processing 25, 485, equation 1.

    Examples
    --------
    >>> round(bpfo(29.95, 9, 7.94, 39.04), 1)
    107.4
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
    """Return vibration of a rolling bearing whose outer race breaks out.

    Parameters
    ----------
    rng, n_samples, fs, noise_std
        See `spectra.datasets.generators`.
    shaft_hz : float
        Rotation of the shaft in Hz, below fs / 2.
    n_balls, ball_diameter, pitch_diameter, contact_angle
        Geometry of the bearing, see `bpfo`; by default that of SKF 6205, in mm.
    resonance : float
        Frequency f in Hz that an impact excites, below fs / 2.
    damping : float
        Damping ratio ζ of the resonance, between 0 and 1.
    slip : float
        Relative standard deviation of the intervals between impacts.
    impact : float
        Size of an impact.
    start : int, optional
        First sample of the fault; by default drawn from the second half, with a quarter of all
        samples after it.

    Returns
    -------
    Recording
        One channel, labelled 1 from the first impact to the end.

    Raises
    ------
    DataError
        For a parameter out of range.

    Notes
    -----
    Each ball that rolls over the fault adds impact · exp(−2πζf·t) · sin(2πf·t). The impacts follow
    one another at intervals of 1 / `bpfo`. Shaft unbalance and noise are always present.

    References
    ----------
    Randall & Antoni 2011, "Rolling element bearing diagnostics: a tutorial", Mechanical Systems and
    Signal Processing 25, 485, section 2.1.
    """
    check_rate(n_samples, fs, shaft_hz, resonance)
    rate = bpfo(shaft_hz, n_balls, ball_diameter, pitch_diameter, contact_angle)
    first = int(np.argmax(drawn_stretch(rng, n_samples, n_samples // 4, start)))
    intervals = rng.normal(1, slip, int(n_samples / fs * rate) + 1) * fs / rate
    impacts = first + np.concatenate([[0], np.rint(np.cumsum(intervals)).astype(np.int64)])
    train = np.zeros(n_samples)
    np.add.at(train, impacts[impacts < n_samples], impact)
    seconds = np.arange(n_samples) / fs
    unbalance = 0.5 * np.sin(2 * np.pi * shaft_hz * seconds + rng.uniform(0, 2 * np.pi))
    signal = (
        unbalance + _ringing(train, fs, resonance, damping) + white_noise(rng, n_samples, noise_std)
    )
    return labelled("bearing", signal, fs, np.arange(n_samples) >= first, ["acceleration"])


def _ringing(train: Float64Array, fs: float, resonance: float, damping: float) -> Float64Array:
    """Return the ring-down of a resonance after every impact."""
    if not 0 < damping < 1:
        raise DataError(f"A resonance rings for a damping ratio between 0 and 1, not {damping:g}.")
    decay = 2 * math.pi * damping * resonance
    # Until it is a millionth of what it was; a train is far longer.
    seconds = np.arange(min(len(train), math.ceil(math.log(1e6) / decay * fs))) / fs
    ring = np.exp(-decay * seconds) * np.sin(2 * np.pi * resonance * seconds)
    return np.convolve(train, ring)[: len(train)]
