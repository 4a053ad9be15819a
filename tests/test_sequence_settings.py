"""The settings of the sequence module: what is refused, and default frame lengths."""

from typing import Any

import numpy as np
import pytest

from spectra.sequence.base_scores import FAR, NEAR
from spectra.sequence.settings import Sequence, default_nperseg


def test_frames_are_a_sixteenth_of_the_period() -> None:
    periods = (600, 100, 5000, None)
    assert [default_nperseg(period, 100_000) for period in periods] == [32, 16, 256, 32]
    assert (NEAR, FAR) == (4, 16)


@pytest.mark.parametrize("period", [None, 100, 600, 4000])
def test_the_frame_length_of_a_long_signal_does_not_depend_on_its_rows(period: int | None) -> None:
    assert len({default_nperseg(period, n) for n in (2560, 10**5, 10**8)}) == 1


def test_frames_of_a_short_signal_are_halved_until_ten_fit() -> None:
    assert [default_nperseg(4000, n) for n in (2560, 2559, 1000, 300, 50)] == [256, 128, 64, 16, 16]


def test_the_plan_follows_the_signal_and_its_normal_rows() -> None:
    signal = np.sin(2 * np.pi * np.arange(40_000) / 1000)[:, None]
    assert Sequence().plan(signal).grid.nperseg == 64
    assert Sequence().plan(signal, slice(0, 400)).grid.nperseg == 32
    plan = Sequence(nperseg=10, view="level", window=("kaiser", 8.0), epochs=2).plan(signal)
    assert (plan.grid.nperseg, plan.grid.hop, plan.view, plan.epochs) == (10, 2, "level", 2)
    assert plan.window == ("kaiser", 8.0)


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
