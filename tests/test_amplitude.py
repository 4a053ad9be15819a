"""The amplitude of frames."""

import numpy as np
import pytest
from scipy.signal import lfilter

from spectra import detect
from spectra.signal.frames import FrameGrid, taper
from spectra.spectral.amplitude import Amplitude
from spectra.spectral.comparison import cut_frames, spectra_of

GRID = FrameGrid(32, 8)


@pytest.mark.parametrize("window", ["hann", "boxcar"])
def test_amplitude_is_the_root_mean_square_of_the_tapered_frame_less_its_mean(window: str) -> None:
    x = np.random.default_rng(0).normal(3.0, 1.0, size=(2, 200)).astype(np.float32)
    starts = GRID.starts(200)
    found = Amplitude(GRID, window).distances(*spectra_of(x, starts, 32, window), None)
    frames = cut_frames(x, starts, 32).astype(float)
    tapered = (frames - frames.mean(axis=-1, keepdims=True)) * taper(window, 32)
    expected = np.sqrt((tapered**2).sum(axis=-1) / (taper(window, 32) ** 2).sum())
    assert found.shape == (1, 2, starts.size)
    np.testing.assert_allclose(found[0], expected, rtol=1e-4)


@pytest.mark.parametrize("window", ["hann", "boxcar"])
def test_amplitude_of_differences_is_that_of_the_circular_ones_of_the_frame(
    window: str,
) -> None:
    x = np.random.default_rng(1).normal(size=(2, 200)).cumsum(axis=1).astype(np.float32)
    starts = GRID.starts(200)
    spectra = spectra_of(x, starts, 32, window)
    found = Amplitude(GRID, window, "below", differences=True).distances(*spectra, None)
    frames = cut_frames(x, starts, 32).astype(float)
    tapered = (frames - frames.mean(axis=-1, keepdims=True)) * taper(window, 32)
    differences = tapered - np.roll(tapered, 1, axis=-1)
    expected = np.sqrt((differences**2).sum(axis=-1) / (taper(window, 32) ** 2).sum())
    np.testing.assert_allclose(found[0], expected, rtol=1e-3)


def wandering(rng: np.random.Generator, slope: float) -> np.ndarray:
    """Return 6,000 rows whose power falls with the frequency to the power of `slope`."""
    frequencies = np.fft.rfftfreq(6000)
    frequencies[0] = 1.0
    return np.fft.irfft(np.fft.rfft(rng.normal(size=6000)) / frequencies ** (slope / 2.0))


@pytest.mark.parametrize("n_stuck", [48, 64, 256])
@pytest.mark.parametrize("slope", [1.0, 2.0])
def test_a_value_that_is_stuck_in_a_signal_that_wanders_is_found(
    slope: float, n_stuck: int
) -> None:
    hits = 0
    for seed in range(5):
        x = wandering(np.random.default_rng(seed), slope)
        x[3000 : 3000 + n_stuck] = x[3000]
        found = detect(x).intervals
        hits += bool(((found.first < 3000 + n_stuck) & (found.last >= 3000)).any())
    assert hits >= 4


def test_a_dead_channel_among_others_that_move_with_it_is_found_and_named() -> None:
    named = 0
    for seed in range(5):
        rng = np.random.default_rng(seed)
        common = np.column_stack([wandering(rng, 1.2) for _ in range(3)])
        own = np.column_stack([wandering(rng, 1.0) for _ in range(6)])
        x = common @ rng.uniform(0.2, 1.0, (3, 6)) + 0.5 * own
        x[2000:2120, 4] = x[2000, 4] + 0.01 * np.diff(x[:, 4]).std() * rng.normal(size=120)
        found = detect(x).alarms
        there = found[(found["start"] < 2120) & (found["end"] >= 2000)]
        named += set(there["channel"]) == {"ch5"}
    assert named >= 4


@pytest.mark.parametrize("jitter", [0.0, 0.1, 0.4])
def test_a_signal_that_pauses_again_and_again_may_pause(jitter: float) -> None:
    n_alarms = 0
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x = lfilter([1.0], [1.0, -0.9], rng.normal(size=20_000))
        ends = np.cumsum(1000 * (1 + jitter * rng.uniform(-1, 1, size=14))).astype(int)
        for end in ends:
            x[end : end + 60] = 0.0
        n_alarms += len(detect(x).alarms)
    assert n_alarms <= 12


def test_silence_has_no_amplitude_and_a_gap_has_no_score() -> None:
    x = np.full((1, 64), 7.0, dtype=np.float32)
    x[0, 50] = np.nan
    found = Amplitude(GRID, "hann").distances(*spectra_of(x, GRID.starts(64), 32, "hann"), None)
    np.testing.assert_allclose(found[0, 0, :3], 0.0, atol=1e-5)
    assert np.isnan(found[0, 0, 3:]).all()
    assert Amplitude(GRID, "hann").sources == [None]
