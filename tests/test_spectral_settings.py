"""The settings of the signal pipeline."""

import numpy as np
import pytest

from bursts import bursts
from spectra.spectral.comparison import Comparison
from spectra.spectral.model import SpectralModel
from spectra.spectral.settings import LENGTHS, Spectral


def fitted_lengths(method: Spectral, n: int, period: int | None = None) -> tuple[int, ...]:
    x = np.random.default_rng(0).normal(size=n)
    if period is not None:
        x += 3 * (np.arange(n) % period < period // 4)
    return method.fit(x[:, None])[0].npersegs


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"nperseg": 1}, "nperseg=1 must be an integer >= 2"),
        ({"nperseg": 16.5}, "nperseg=16.5 must be an integer"),
        ({"k": 0}, "k=0 must be a number of frames or a share"),
        ({"k": -3}, "k=-3 must be"),
        ({"k": 2.5}, "k=2.5 must be"),
        ({"k": np.nan}, "k=nan must be"),
        ({"view": "nice"}, "view='nice' must be one of magnitude, magnitude-dc"),
        ({"window": "nothing"}, "window"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Spectral(**parameters)


def test_default_frames_are_fixed_lengths_and_those_around_the_period() -> None:
    assert fitted_lengths(Spectral(), 5000) == LENGTHS
    lengths = fitted_lengths(Spectral(), 20_000, period=400)
    assert set(LENGTHS) <= set(lengths)
    assert set(lengths) - set(LENGTHS) == {200, 400, 800}


@pytest.mark.parametrize("declared", [slice(0, 6000), slice(14_000, 20_000)])
def test_the_period_is_that_of_the_rows_known_to_be_normal(declared: slice) -> None:
    n = 20_000
    x = 0.2 * np.random.default_rng(0).normal(size=n)
    x += np.arange(n) % 400 < 100
    faulty = np.ones(n, dtype=np.bool_)
    faulty[declared] = False
    x[faulty] += 5 * np.sin(2 * np.pi * np.arange(n) / 24)[faulty]
    lengths = Spectral().fit(x[:, None], declared)[0].npersegs
    assert {200, 400, 800} <= set(lengths)


def test_the_period_is_that_of_the_recording_where_few_rows_are_known_to_be_normal() -> None:
    x = np.random.default_rng(0).normal(size=20_000)
    x += 3 * (np.arange(x.size) % 400 < 100)
    assert {200, 400, 800} <= set(Spectral().fit(x[:, None], slice(0, 300))[0].npersegs)


def test_spectrograms_are_compared_around_the_period_of_the_loudness() -> None:
    model, _ = Spectral().fit(bursts(300, 40))
    found = {
        comparison.nperseg: comparison.references
        for comparison in model.standardised.base.comparisons
        if isinstance(comparison, Comparison) and comparison.view == "spectrogram"
    }
    assert sorted(found) == [300, 600]
    # A tenth of the frames has bursts at all places.
    assert all(one.k == 1 for refs in found.values() for ref in refs for one in ref.neighbours)


def views(model: SpectralModel) -> set[tuple[str, tuple[bool, ...]]]:
    """The views that frames are compared in, and whether without or with their level."""
    sources = [source for source in model.standardised.base.sources if source is not None]
    return {(source.comparison.view, source.comparison.levels) for source in sources}


def test_one_frame_length_or_one_view_is_compared_alone() -> None:
    values = np.random.default_rng(1).normal(size=(2000, 2))
    model, _ = Spectral(nperseg=24).fit(values)
    assert model.npersegs == (24,)
    assert views(model) == {("magnitude", (False, True))}
    assert None not in model.standardised.base.sources
    model, _ = Spectral(view="shape").fit(values)
    assert model.npersegs == LENGTHS
    assert views(model) == {("shape", (False,))}
    assert None not in model.standardised.base.sources


@pytest.mark.parametrize(("k", "expected"), [(3, (3, 1)), (0.1, (6, 1)), (1000, (55, 1))])
def test_k_is_a_number_of_frames_or_a_share_of_them(k: float, expected: tuple[int, int]) -> None:
    # Frames of 16 rows that begin every 2 rows: 61, of which 15 overlap one in the middle.
    x = np.random.default_rng(2).normal(size=(16 + 2 * 60, 1))
    model, _ = Spectral(nperseg=16, k=k).fit(x)
    for source in model.standardised.base.sources:
        assert source is not None
        found = (source.neighbours.k, source.neighbours.stride)
        assert found == (min(expected[0], 61 - 15), expected[1])


def test_the_residual_is_compared_where_there_are_several_channels() -> None:
    for n_channels, expected in ((1, False), (2, True)):
        x = np.random.default_rng(3).normal(size=(2000, n_channels))
        model, _ = Spectral().fit(x)
        assert ("residual" in {view for view, _ in views(model)}) == expected


def test_a_window_is_used_for_all_frames() -> None:
    model, _ = Spectral(window=("tukey", 0.25)).fit(np.random.default_rng(4).normal(size=(500, 1)))
    assert model.window == ("tukey", 0.25)
    assert {one.window for one in model.standardised.base.comparisons} == {("tukey", 0.25)}


def test_settings_are_equal_where_their_parameters_are() -> None:
    assert Spectral(nperseg=16) == Spectral(nperseg=16) != Spectral(nperseg=17)
