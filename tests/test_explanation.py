"""Evidence to the channel and the band that differ most."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import naive_alarms
from spectra.explanation.bands import band, band_edges, bands
from spectra.signal.evidence import Evidence
from spectra.signal.spectrum import frequencies
from spectra.spectral.settings import Spectral

# Few distinct values, so that equal ones and runs of them come up.
EXCESS = st.integers(1, 9).flatmap(
    lambda n: arrays(np.float64, n, elements=st.sampled_from([0.0, 1.0, 2.0, 3.0, 6.0]))
)


@given(EXCESS)
def test_band_is_that_of_the_definition(excess: np.ndarray) -> None:
    assert band(excess) == naive_alarms.band(excess.tolist())


def test_bands_are_those_of_each_piece_of_evidence() -> None:
    normal = np.ones(4)
    evidence = [
        Evidence(step, channel, 0, 8, "magnitude", np.zeros(5, complex), row, normal, 0 * row, None)
        for step, channel, row in [
            (3, 1, np.array([1.0, 4, 4, 1])),
            (9, 0, np.array([9.0, 1, 1, 1])),
        ]
    ]
    found = bands(evidence)
    assert found.channel.tolist() == [1, 0]
    assert found.nperseg.tolist() == [8, 8]
    # Bin 0 is the level, which magnitudes leave out.
    assert list(zip(found.low.tolist(), found.high.tolist(), strict=True)) == [(2, 3), (1, 1)]


def test_no_evidence_has_no_bands() -> None:
    found = bands([])
    assert found.low.size == found.high.size == found.channel.size == found.nperseg.size == 0


@pytest.mark.parametrize("nperseg", [2, 3, 16, 17])
@pytest.mark.parametrize("fs", [None, 360.0, 1 / 300])
def test_edges_of_all_bands_tile_the_spectrum(nperseg: int, fs: float | None) -> None:
    bins = np.arange(nperseg // 2 + 1)
    low, high = band_edges(bins, bins, nperseg, fs)
    centre = frequencies(nperseg, fs)
    assert low[0] == 0.0
    np.testing.assert_allclose(low[1:], high[:-1], rtol=1e-12)
    assert high[-1] == pytest.approx((fs or 1.0) / 2)
    assert (low <= centre).all()
    # The last bin of an even frame is half of the sampling rate itself.
    assert (centre <= high * (1 + 1e-12)).all()


@pytest.mark.parametrize(("frequency", "channel"), [(5.0, 0), (20.0, 1), (48.0, 2)])
def test_the_band_of_a_peak_holds_the_frequency_of_the_channel_that_hums(
    frequency: float, channel: int
) -> None:
    fs, units = 100.0, np.array([1.0, 100.0, 1e-3])
    values = np.random.default_rng(0).normal(size=(4000, 3)) * units
    hum = 6 * np.sin(2 * np.pi * frequency * np.arange(200) / fs)
    values[2000:2200, channel] += hum * units[channel]
    fitted, scores = Spectral(nperseg=50).fit(values)
    peak = np.array([np.nanargmax(scores.statistic)])
    found = bands(fitted.evidence(values, scores, peak, own=True))
    low, high = band_edges(found.low, found.high, found.nperseg, fs)
    assert found.channel[0] == channel
    assert low[0] <= frequency <= high[0]
    assert high[0] - low[0] < 12.0
