"""The settings of the sequence module: what is refused, and default frame lengths."""

from typing import Any

import numpy as np
import pytest

from spectra.sequence.settings import Sequence, default_lengths


def test_the_longest_frame_is_an_eighth_of_the_period() -> None:
    periods = (None, 100, 600, 1000, 5000)
    longest = [max(default_lengths(period, 100_000)) for period in periods]
    assert longest == [64, 64, 64, 128, 256]
    assert default_lengths(5000, 100_000) == (16, 32, 64, 128, 256)


@pytest.mark.parametrize("period", [None, 100, 600, 4000])
def test_the_frame_lengths_of_a_long_signal_do_not_depend_on_its_rows(period: int | None) -> None:
    assert len({default_lengths(period, n) for n in (2560, 10**5, 10**8)}) == 1


def test_frames_of_a_short_signal_are_those_of_which_ten_fit() -> None:
    lengths = [default_lengths(4000, n) for n in (2560, 2559, 1000, 300, 50)]
    assert [max(each) for each in lengths] == [256, 128, 64, 16, 16]
    assert {min(each) for each in lengths} == {16}


def test_the_plan_follows_the_signal_and_its_normal_rows() -> None:
    signal = np.sin(2 * np.pi * np.arange(40_000) / 1000)[:, None]
    grids = Sequence().plan(signal).grids
    assert [(one.nperseg, one.hop) for one in grids] == [(16, 4), (32, 8), (64, 16), (128, 32)]
    assert [one.nperseg for one in Sequence().plan(signal, slice(0, 400)).grids] == [16, 32]
    plan = Sequence(nperseg=10, view="level", window=("kaiser", 8.0), epochs=2).plan(signal)
    assert [(one.nperseg, one.hop) for one in plan.grids] == [(10, 2)]
    assert (plan.views, plan.epochs, plan.window) == (("level",), 2, ("kaiser", 8.0))
    assert Sequence(10).plan(signal).views == ("magnitude", "magnitude-dc")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"nperseg": 1}, "nperseg=1 must be an integer >= 2"),
        ({"nperseg": 16.5}, "nperseg=16.5 must be an integer >= 2"),
        ({"view": "none"}, "view='none' must be one of magnitude"),
        ({"view": "residual"}, "view='residual' must be one of magnitude"),
        ({"epochs": -1}, "epochs=-1 must be an integer >= 0"),
        ({"window": "no such window"}, "no such window"),
    ],
)
def test_parameters_out_of_range_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Sequence(**given)


def test_settings_are_values() -> None:
    assert Sequence(nperseg=32) == Sequence(32)
    assert len({Sequence(), Sequence(), Sequence(epochs=1)}) == 2
