"""Defects of rolling bearings in the envelope spectrum of a vibration.

A ball that rolls over a defect strikes, and the strike rings a resonance. The envelope of the band
that rings repeats with the rate of the strikes, whatever the frequency of the resonance (Randall &
Antoni, Mech. Syst. Signal Process. 25, 2011). The band is that of the highest spectral kurtosis
(Antoni, Mech. Syst. Signal Process. 20, 2006), of each of four widths; the one with the smallest
p-value counts, times their number.

The test of a line: the envelope spectrum is averaged over K segments with a Hann taper and half
overlap, so that without a line a bin is distributed as its mean times χ²_ν / ν with ν = 36K² / (19K
− 1) (Welch 1967). The mean follows from the median of the bins around. The p-value of a line is
that of the highest bin within SLIP of its frequency, times the number of bins (Bonferroni). Those
of the harmonics are combined by Fisher's method. A defect is named if the fundamental and the
combined p-value, times the numbers of defects and of bands, lie below 1 %. Of several named ones
the first is that with the strongest train: the smaller one of its first two harmonics.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from spectra.arrays import BoolArray, Float64Array
from spectra.errors import DataError
from spectra.explanation.bearings import DEFECTS, Bearing
from spectra.explanation.similar import filled
from spectra.formatting import duration_text, p_text, range_text

# Relative width of the search for a line: slip of the balls and an rpm that is not exact.
SLIP: Final = 0.015
# Harmonics of a defect that are looked at.
HARMONICS: Final = 4
# Probability that a defect is named in a healthy bearing.
ALPHA: Final = 0.01
# Bins of the envelope spectrum in one order of the shaft, where the recording is long enough.
BINS_PER_ORDER: Final = 30
# Bins on each side of a line from whose median the mean without a line follows.
NEIGHBOURS: Final = 24
# Bins beside a harmonic of the shaft that are left out: unbalance and misalignment are no defect.
SHAFT_BINS: Final = 1.5
# Frames of the spectral kurtosis: their number of bands, and the fewest frames of each.
BANDS: Final = (8, 16, 32, 64)
FEWEST_FRAMES: Final = 64
# Lowest frequency of the band in units of the highest rate of strikes: a carrier is faster than
# its modulation.
CARRIER: Final = 2.0
# Revolutions that a test needs to tell the defects apart.
FEWEST_REVOLUTIONS: Final = 10
# Revolutions around an alarm that are tested.
ENOUGH_REVOLUTIONS: Final = 60
# Smallest p-value that is printed: the distribution of a bin is an approximation, which nothing
# supports in its far tail. Smaller ones rank.
SMALLEST_P: Final = 1e-6


@dataclass(frozen=True)
class Line:
    """A defect frequency in the envelope spectrum.

    Attributes
    ----------
    name : str
        "BPFO", "BPFI", "BSF" or "FTF".
    part : str
        The part of the bearing.
    frequency : float
        In Hz, from geometry and rpm.
    found : float
        Frequency of the highest bin beside it, in Hz.
    amplitude : float
        The smaller one of the first two harmonics in the envelope spectrum; of a ball, which
        strikes both races in a turn, of the second and fourth.
    p_value : float
        Of the line and its harmonics, times the number of defects and of channels.
    named : bool
        Whether the defect stands out.
    """

    name: str
    part: str
    frequency: float
    found: float
    amplitude: float
    p_value: float
    named: bool

    @property
    def p_text(self) -> str:
        """The p-value as text: "p = 3.7e-04", "p < 1.0e-06"."""
        text = p_text(self.p_value, SMALLEST_P)
        return f"p {text}" if text.startswith("<") else f"p = {text}"


@dataclass(frozen=True, eq=False)
class Envelope:
    """The envelope spectrum of a stretch, and the defect frequencies in it.

    Attributes
    ----------
    f_low, f_high : float
        Band with the highest spectral kurtosis, in Hz.
    kurtosis : float
        Its spectral kurtosis, 0 for Gaussian noise.
    frequencies, amplitude : ndarray (n,)
        Envelope spectrum, in Hz and in the unit of the channel.
    lines : tuple of Line
        Those that stand out first, the largest amplitude before others.
    seconds : float
        Duration of the stretch.
    """

    f_low: float
    f_high: float
    kurtosis: float
    frequencies: Float64Array
    amplitude: Float64Array
    lines: tuple[Line, ...]
    seconds: float

    @property
    def defect(self) -> Line | None:
        """The line that stands out most; None where none does."""
        return self.lines[0] if self.lines[0].named else None

    @property
    def smallest_p(self) -> float:
        """The smallest p-value of a line."""
        return min(line.p_value for line in self.lines)

    @property
    def band(self) -> str:
        """The band as text: "2.25 – 3.75 kHz"."""
        return range_text(self.f_low, self.f_high, 2 * self.f_high)

    @property
    def text(self) -> str:
        """The defect in one sentence."""
        line = self.defect
        band = f"in the envelope of {self.band} over {duration_text(self.seconds)}"
        if line is None:
            return f"no defect stands out {band}"
        return (
            f"{line.part} ({line.name}): a line at {line.found:.1f} Hz {band}, expected at "
            f"{line.frequency:.1f} Hz, {line.p_text}"
        )

    def to_dict(self) -> dict[str, object]:
        """Return the test as values that JSON holds."""
        return {
            "defect": None if self.defect is None else self.defect.name,
            "f_low": self.f_low,
            "f_high": self.f_high,
            "kurtosis": self.kurtosis,
            "seconds": self.seconds,
            "lines": [
                {
                    "name": line.name,
                    "part": line.part,
                    "frequency": line.frequency,
                    "found": line.found,
                    "amplitude": line.amplitude,
                    "p_value": line.p_value,
                    "named": line.named,
                }
                for line in self.lines
            ],
        }


def envelope_of(
    values: Float64Array, fs: float, bearing: Bearing, rpm: float, tests: int = 1
) -> Envelope:
    """Return the envelope spectrum of a stretch of vibration with its defect frequencies.

    Parameters
    ----------
    values : ndarray (n,)
        NaN in gaps.
    fs : float
    bearing : Bearing
    rpm : float
        Revolutions of the shaft a minute.
    tests : int
        Number of stretches that are tested together (Bonferroni).

    Raises
    ------
    DataError
        For a stretch of fewer than FEWEST_REVOLUTIONS, or a sampling rate too low for the bearing.
    """
    require_testable(values.size, fs, bearing, rpm)
    shaft, rates = rpm / 60, bearing.frequencies(rpm)
    x = filled(values)
    x = x - x.mean()
    bands = kurtosis_bands(x, fs, min(CARRIER * max(rates.values()), fs / 4))
    found = [_demodulated(x, fs, band, shaft, rates, tests * len(bands)) for band in bands]
    return min(found, key=lambda each: each.smallest_p)


def require_testable(n_rows: int, fs: float | None, bearing: Bearing, rpm: float) -> None:
    """Raise DataError for rows that are no test of a bearing.

    Raises it without a sampling rate, for one too low for the bearing, and for fewer than
    FEWEST_REVOLUTIONS.
    """
    if fs is None:
        raise DataError("Defect frequencies of bearings are in Hz: give a sampling rate.")
    if not rpm > 0 or not math.isfinite(rpm):
        raise DataError(f"rpm={rpm:g} must be a finite number above 0.")
    revolutions = n_rows * rpm / 60 / fs
    if revolutions < FEWEST_REVOLUTIONS:
        raise DataError(
            f"{n_rows:,} rows hold {revolutions:.1f} revolutions at {rpm:g} rpm: "
            f"a test of bearings needs {FEWEST_REVOLUTIONS}."
        )
    fastest = max(bearing.frequencies(rpm).values())
    if fs < 4 * fastest:
        raise DataError(
            f"A sampling rate of {fs:g} Hz is too low for this bearing at {rpm:g} rpm, whose balls "
            f"strike {fastest:.1f} times a second."
        )


def _demodulated(
    x: Float64Array,
    fs: float,
    band: tuple[float, float, float],
    shaft: float,
    rates: dict[str, float],
    tests: int,
) -> Envelope:
    """Return the envelope spectrum of a band, with the test of its lines."""
    low, high, kurtosis = band
    frequencies, power, dof = _envelope_spectrum(x, fs, low, high, shaft)
    usable = _between_shaft_lines(frequencies, shaft)
    mean = _local_mean(power, usable, dof)
    lines = [
        _line(name, rate, frequencies, power, mean, usable, dof, tests)
        for name, rate in rates.items()
    ]
    amplitude = np.sqrt(2 * power)
    ranked = tuple(sorted(lines, key=_rank))
    return Envelope(low, high, kurtosis, frequencies, amplitude, ranked, x.size / fs)


def stretch_of(first: int, last: int, n_samples: int, revolution: float) -> slice:
    """Return the rows around an alarm that hold enough revolutions for a test, or all there are.

    `revolution` is the number of rows of one.
    """
    least = math.ceil(ENOUGH_REVOLUTIONS * revolution)
    missing = max(0, least - (last - first + 1))
    begin = max(0, min(first - missing // 2, n_samples - least))
    return slice(begin, min(n_samples, max(last + 1, begin + least)))


def kurtosis_bands(x: Float64Array, fs: float, above: float) -> list[tuple[float, float, float]]:
    """Return edges in Hz and kurtosis of the band with the highest kurtosis, for each bandwidth.

    The kurtosis ⟨|X|⁴⟩ / ⟨|X|²⟩² − 2 of a bin over frames is 0 for Gaussian noise, and high where
    short strikes ring. The longer the frames, the narrower the band. It lies above the frequency
    `above`: below are the shaft, the mains and their harmonics, whose beats are no strikes.
    """
    spectrum = np.fft.rfft(x)
    spectrum[np.fft.rfftfreq(x.size, 1 / fs) < above] = 0.0
    x = np.fft.irfft(spectrum, x.size)
    bands = []
    for n_bands in BANDS:
        w = 2 * n_bands
        if x.size < FEWEST_FRAMES * w:
            break
        frames = np.lib.stride_tricks.sliding_window_view(x, w)[:: w // 2]
        power = np.abs(np.fft.rfft(frames * np.hanning(w + 1)[:-1])) ** 2
        mean = np.maximum((power).mean(axis=0), np.finfo(float).tiny)
        kurtosis = ((power / mean) ** 2).mean(axis=0) - 2.0
        # Its standard deviation in Gaussian noise is 2/√frames: shorter series of longer frames
        # scatter more.
        kurtosis -= 2.0 / np.sqrt(len(frames) / 2)
        centre, width = np.arange(n_bands + 1) * fs / w, fs / w
        inner = np.where((centre - width >= above) & (centre < fs / 2), kurtosis, -np.inf)
        k = int(inner.argmax())
        if np.isfinite(inner[k]):
            edges = float(centre[k] - width), min(float(centre[k] + width), fs / 2)
            bands.append((*edges, float(inner[k])))
    return bands or [(above, fs / 2, 0.0)]


def _envelope_spectrum(
    x: Float64Array, fs: float, low: float, high: float, shaft: float
) -> tuple[Float64Array, Float64Array, float]:
    """Return frequencies, mean power and degrees of freedom of the spectrum of the envelope."""
    # Its import takes longer than most scores.
    from scipy import signal

    X = np.fft.rfft(x)
    at = np.fft.rfftfreq(x.size, 1 / fs)
    X[(at < low) | (at > high)] = 0.0
    envelope = np.abs(signal.hilbert(np.fft.irfft(X, x.size)))
    w = int(min(x.size, BINS_PER_ORDER * fs / shaft))
    segments = (x.size - w) // (w // 2) + 1
    frequencies, power = signal.welch(
        envelope, fs, "hann", w, w // 2, detrend="constant", scaling="spectrum"
    )
    dof = 36 * segments**2 / (19 * segments - 1)
    return frequencies, np.asarray(power / 2), dof


def _between_shaft_lines(frequencies: Float64Array, shaft: float) -> BoolArray:
    """Return the bins that are no harmonic of the shaft, nor the bins of the mean.

    A loose shaft has a line at half its rate, close to that of a cage.
    """
    spacing = frequencies[1]
    distance = np.abs(frequencies - shaft * np.round(frequencies / shaft))
    distance = np.minimum(distance, np.abs(frequencies - shaft / 2))
    return np.asarray((distance > SHAFT_BINS * spacing) & (frequencies > 2 * spacing))


def _local_mean(power: Float64Array, usable: BoolArray, dof: float) -> Float64Array:
    """Return the mean of each bin without lines, from the median of the bins around."""
    from scipy.stats import chi2

    kept = np.where(usable, power, np.nan)
    padded = np.pad(kept, NEIGHBOURS, constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * NEIGHBOURS + 1)
    median = np.nanmedian(np.where(np.isnan(around).all(axis=1)[:, None], 1.0, around), axis=1)
    mean = median * dof / float(chi2.median(dof))
    return np.asarray(np.maximum(mean, np.finfo(float).tiny))


def _line(
    name: str,
    rate: float,
    frequencies: Float64Array,
    power: Float64Array,
    mean: Float64Array,
    usable: BoolArray,
    dof: float,
    tests: int,
) -> Line:
    """Return the test of a defect frequency and its harmonics."""
    from scipy.stats import chi2

    relative = power / mean
    logs, powers, found = [], dict[int, float](), rate
    for harmonic in range(1, HARMONICS + 1):
        near = np.abs(frequencies - harmonic * rate) <= max(
            SLIP * harmonic * rate, 0.75 * frequencies[1]
        )
        bins = np.flatnonzero(near & usable)
        if not bins.size:
            continue
        highest = int(bins[relative[bins].argmax()])
        if harmonic == 1:
            found = float(frequencies[highest])
        log_p = float(chi2.logsf(dof * relative[highest], dof)) + math.log(bins.size)
        logs.append(min(log_p, 0.0))
        powers[harmonic] = float(power[highest])
    count = len(DEFECTS) * tests
    # A ball strikes both races in a turn: its second harmonic is a fundamental too.
    first = 2 if name == "BSF" else 1
    fundamental = min(logs[:first], default=0.0)
    train = [powers[k] for k in (first, 2 * first) if k in powers]
    combined = float(chi2.logsf(-2 * sum(logs), 2 * max(len(logs), 1)))
    log_p = max(combined, fundamental) + math.log(count)
    return Line(
        name,
        DEFECTS[name],
        rate,
        found,
        math.sqrt(2 * min(train, default=0.0)),
        math.exp(min(log_p, 0.0)),
        log_p < math.log(ALPHA),
    )


def _rank(line: Line) -> tuple[bool, float, float]:
    """Return the order of lines: those that are named by amplitude, the others by p-value.

    A train of strikes has harmonics. A ball that goes in and out of the load has a line at the rate
    of the cage as well, but one without harmonics.
    """
    return (False, -line.amplitude, line.p_value) if line.named else (True, line.p_value, 0.0)
