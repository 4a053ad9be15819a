"""Where an unusual frame differs: the channel and the band of the largest excess."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import naive_frames
import spectra
from spectra.explanation import band, band_edges
from spectra.signal.spectrum import frequencies

# Few distinct values, so that equal ones and runs of them come up.
EXCESS = st.tuples(st.integers(1, 4), st.integers(1, 8)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.sampled_from([0.0, 1.0, 2.0, 3.0, 6.0]))
)


@given(EXCESS)
def test_band_is_that_of_the_definition(excess):
    low, high = band(excess)
    for i, line in enumerate(excess):
        assert (low[i], high[i]) == naive_frames.band(line.tolist())


@pytest.mark.parametrize("nperseg", [2, 3, 16, 17])
@pytest.mark.parametrize("fs", [None, 360.0, 1 / 300])
def test_edges_of_all_bands_tile_the_spectrum(nperseg, fs):
    bins = np.arange(nperseg // 2 + 1)
    low, high = band_edges(bins, bins, nperseg, fs)
    centre = frequencies(nperseg, fs)
    assert low[0] == 0.0
    np.testing.assert_allclose(low[1:], high[:-1], rtol=1e-12)
    assert high[-1] == pytest.approx((fs or 1.0) / 2)
    assert (low <= centre).all()
    # The last bin of an even frame is half of the sampling rate itself.
    assert (centre <= high * (1 + 1e-12)).all()


@pytest.mark.parametrize(("frequency", "channel"), [(5.0, "a"), (20.0, "b"), (48.0, "c")])
def test_alarm_names_the_channel_and_the_frequency(frequency, channel):
    fs, rng = 100.0, np.random.default_rng(0)
    values = rng.normal(size=(4000, 3)) * [1.0, 100.0, 1e-3]
    hum = 6 * np.sin(2 * np.pi * frequency * np.arange(200) / fs)
    place = "abc".index(channel)
    values[2000:2200, place] += hum * [1.0, 100.0, 1e-3][place]
    recording = spectra.datasets.Recording.from_array(values, fs=fs, channels=["a", "b", "c"])
    alarms = spectra.detect(recording, nperseg=50).alarms
    strongest_one = alarms.loc[alarms["score"].idxmax()]
    assert strongest_one["channel"] == channel
    assert strongest_one["f_low"] <= frequency <= strongest_one["f_high"]
    assert strongest_one["f_high"] - strongest_one["f_low"] < 12.0
