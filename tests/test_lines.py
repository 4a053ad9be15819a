"""The strongest line of a spectrum."""

from typing import Any

import numpy as np
import pytest
from scipy.signal import lfilter

import spectra
from spectra.calibration.standard import Standard
from spectra.signal.frames import FrameGrid, taper
from spectra.spectral.comparison import cut_frames, spectra_of
from spectra.spectral.lines import FAINT, Lines

GRID = FrameGrid(32, 8)
TONE = slice(11_000, 12_000)


def lines_of(x: np.ndarray) -> tuple[Lines, np.ndarray]:
    """Return the lines learned from a signal (n_channels, n_samples), and its largest ratios."""
    X, means = spectra_of(x, GRID.starts(x.shape[1]), 32, "hann")
    lines = Lines.of(GRID, "hann", X)
    return lines, lines.distances(X, means, None)[0]


def test_it_is_the_largest_power_over_the_median_of_its_frequency() -> None:
    x = np.random.default_rng(0).normal(3.0, 1.0, size=(2, 400)).astype(np.float32)
    _, found = lines_of(x)
    frames = cut_frames(x, GRID.starts(400), 32).astype(float)
    window = taper("hann", 32)
    tapered = (frames - frames.mean(axis=-1, keepdims=True)) * window
    powers = np.abs(np.fft.fft(tapered)[..., 1:17]) ** 2 / (32 * (window**2).sum())
    powers[..., :-1] *= 2
    usual = np.median(powers, axis=1, keepdims=True) / np.log(2) + FAINT / 16
    np.testing.assert_allclose(found, (powers / usual).max(axis=-1), rtol=1e-3)


def test_gaps_have_no_line_and_a_channel_that_never_changes_has_none_above_the_usual() -> None:
    x = np.random.default_rng(1).normal(size=(3, 400)).astype(np.float32)
    x[1, 100:110] = np.nan
    x[2] = 5.0
    lines, found = lines_of(x)
    assert np.isfinite(lines.usual).all()
    starts = GRID.starts(400)
    np.testing.assert_array_equal(np.isnan(found[1]), (starts > 100 - 32) & (starts < 110))
    np.testing.assert_array_equal(found[2], 0.0)
    gaps = Lines.of(GRID, "hann", np.full((1, 4, 17), np.nan, dtype=np.complex64))
    assert (gaps.usual > 0).all()


@pytest.mark.parametrize("usual", [np.ones((1, 15)), np.full((1, 16), 1e-6), np.ones(16)])
def test_a_usual_power_that_fits_no_frame_is_refused(usual: np.ndarray) -> None:
    with pytest.raises(ValueError, match="usual power at 16 frequencies"):
        Lines(GRID, "hann", usual.astype(np.float32))


def test_only_what_is_far_louder_than_usual_has_a_score() -> None:
    ratios = np.random.default_rng(2).exponential(size=(1, 1, 4000, 16)).max(axis=-1)
    often, once = ratios.copy(), ratios.copy()
    once[..., 2000:2030] = 1000.0
    often[..., ::100] = 1000.0
    everywhere = np.ones((1, 4000), dtype=bool)
    z = [Standard.fit(each, everywhere, "loud").z(each)[0, 0] for each in (ratios, once, often)]
    assert all(np.mean(each > 0) < 0.02 for each in z)
    assert z[0].max() < 3
    assert z[1][2000:2030].min() > 10
    assert z[2].max() < 1


def coloured(kind: str, rng: np.random.Generator) -> np.ndarray:
    """Return 20,000 rows of noise whose power lies at a few frequencies, of variance 1."""
    noise = rng.normal(size=20_000)
    if kind == "1/f":
        frequency = np.fft.rfftfreq(noise.size)
        frequency[0] = frequency[1]
        noise = np.fft.irfft(np.fft.rfft(noise) / np.sqrt(frequency))
    elif kind == "random walk that reverts":
        noise = lfilter([1], [1, -0.97], noise)
    else:
        noise = lfilter([1], [1, -2 * 0.97 * np.cos(0.5), 0.97**2], noise)
    return np.asarray(noise / noise.std())


@pytest.mark.parametrize("given", [{}, {"normal_rows": (0, 8000)}])
@pytest.mark.parametrize(
    ("kind", "amplitude"), [("1/f", 0.9), ("random walk that reverts", 0.43), ("resonance", 0.19)]
)
def test_a_faint_tone_in_coloured_noise_is_found_and_named(
    kind: str, amplitude: float, given: dict[str, Any]
) -> None:
    # 26 dB above the noise at its frequency, and 4 to 17 dB below that at all.
    hits = 0
    for seed in range(4):
        x = coloured(kind, np.random.default_rng(seed))
        x[TONE] += amplitude * np.sin(2 * np.pi * 0.33 * np.arange(1000))
        found = spectra.detect(x, **given).alarms
        there = found[(found["start"] < TONE.stop) & (found["end"] >= TONE.start)]
        hits += bool(((there["f_low"] <= 0.33) & (there["f_high"] >= 0.33)).any())
    assert hits >= 3
