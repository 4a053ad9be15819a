"""The settings of the signal pipeline."""

import numpy as np
import pytest

from spectra.spectral.settings import Spectral


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
    assert fitted_lengths(Spectral(), 5000) == (16, 64, 128, 256)
    lengths = fitted_lengths(Spectral(), 20_000, period=400)
    assert {16, 64, 128, 256} <= set(lengths)
    assert set(lengths) - {16, 64, 128, 256} == {200, 400, 800}


def test_one_frame_length_or_one_view_is_compared_alone() -> None:
    model, _ = Spectral(nperseg=24).fit(np.random.default_rng(1).normal(size=(900, 2)))
    base = model.standardised.base
    assert model.npersegs == (24,)
    assert base.points is None
    assert {one.view for one in base.comparisons} == {"magnitude", "magnitude-dc"}
    model, _ = Spectral(view="shape").fit(np.random.default_rng(1).normal(size=(900, 2)))
    assert {one.view for one in model.standardised.base.comparisons} == {"shape"}
    assert model.standardised.base.points is None


@pytest.mark.parametrize(("k", "expected"), [(3, 3), (0.1, 13)])
def test_k_is_a_number_of_frames_or_a_share_of_them(k: float, expected: int) -> None:
    x = np.random.default_rng(2).normal(size=(16 + 128 * 2, 1))
    model, _ = Spectral(nperseg=16, k=k).fit(x)
    for one in model.standardised.base.comparisons:
        assert [reference.k for reference in one.references] == [expected]


def test_the_residual_is_compared_where_there_are_several_channels() -> None:
    for n_channels, expected in ((1, False), (2, True)):
        x = np.random.default_rng(3).normal(size=(2000, n_channels))
        model, _ = Spectral().fit(x)
        views = {one.view for one in model.standardised.base.comparisons}
        assert ("residual" in views) == expected


def test_a_window_is_used_for_all_frames() -> None:
    model, _ = Spectral(window=("tukey", 0.25)).fit(np.random.default_rng(4).normal(size=(500, 1)))
    assert model.window == ("tukey", 0.25)
    assert {one.window for one in model.standardised.base.comparisons} == {("tukey", 0.25)}


def test_settings_are_equal_where_their_parameters_are() -> None:
    assert Spectral(nperseg=16) == Spectral(nperseg=16) != Spectral(nperseg=17)
