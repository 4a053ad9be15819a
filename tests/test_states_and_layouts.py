"""States, layouts and models whose parts do not fit are refused; lines are read as they stand."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import spectra
from spectra import Sequence
from spectra.datasets import Recording
from spectra.datasets.generators import order_anomalies
from spectra.datasets.raw import Request
from spectra.errors import DataError
from spectra.explanation.bands import Band
from spectra.explanation.kinds import Facts, kind_of
from spectra.explanation.sentences import band_line
from spectra.explanation.similar import most_similar
from spectra.html_report.smallest import _places, _spread
from spectra.sequence.mixture import Mixture, SequenceState
from spectra.spectrogram import Spectrogram
from spectra.stored import StoredArray
from spectra.stream.adaptation import Adaptation
from spectra.stream.cells import BadLineError
from spectra.stream.clock import Clock, ClockState
from spectra.stream.confirmation import ConfirmationState
from spectra.stream.feed_state import FeedState
from spectra.stream.layout import Layout
from spectra.stream.stamps import instant_in

NO_BYTES = np.empty(0, dtype=np.uint8)
FEED = FeedState(NO_BYTES, None, "", None, None, None, 0, 0, 0, 0, 0, 0, "")
ADAPTATION = Adaptation.of(100, 10, 2).state
CLOCK = ClockState(0.01, 0.001)
LINES = [f"{i / 10:.1f},{i * i % 11}" for i in range(40)]
LAYOUT = Layout.of(["time,value", *LINES], Request(), None, "lines")[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda: replace(CLOCK, step=0.0), "must lie above 0"),
        (lambda: replace(CLOCK, rows=np.zeros(2, np.int64)), "Each knot has a row"),
        (lambda: replace(CLOCK, n_rows=-1), "Rows and resolution are not below 0"),
        (lambda: replace(CLOCK, resolution=-1.0), "resolution are not below 0"),
        (lambda: replace(ADAPTATION, half_life=0), "Half-life and margin lie above 0"),
        (lambda: replace(ADAPTATION, mean=np.zeros(3)), "Each channel has its moments"),
        (lambda: replace(ADAPTATION, flagged=np.zeros(11, np.bool_)), "once they have come"),
        (lambda: replace(ADAPTATION, first_spread=-np.ones(2)), "A spread is not below 0"),
        (lambda: ConfirmationState(confirmed=1), "Alarms are numbered from 1 on"),
        (lambda: ConfirmationState(until=-1), "Alarms lie in the rows so far"),
        (lambda: replace(FEED, clock=CLOCK), "has a layout and a clock"),
        (lambda: replace(FEED, n_bad=-1), "Counts are not below 0"),
        (lambda: replace(FEED, position=2**63), "none is beyond the end of any file"),
        (lambda: replace(FEED, absent=-np.ones(2, np.int64)), "a number of lines without it"),
        (lambda: replace(LAYOUT, channels=(2,)), "columns of a layout are those of its titles"),
        (lambda: replace(LAYOUT, channels=()), "of a layout are those of its titles"),
        (lambda: replace(LAYOUT, names=("a", "b")), "Each channel has a name"),
        (lambda: replace(LAYOUT, time=()), "a time has columns"),
        (lambda: SequenceState(()), "have taken the same rows"),
    ],
)
def test_state_whose_parts_do_not_fit_is_refused(change: Callable[[], object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        change()


def test_clock_without_a_rate_counts_each_stamp_as_a_row() -> None:
    clock = Clock(ClockState(None, 0.0))
    assert clock.seconds_at(0) == 0.0
    assert [clock.place(second) for second in (5.0, 9.0, 100.0)] == [0, 0, 0]
    assert clock.n_rows == 3
    assert clock.seconds_at(0) == 5.0
    assert clock.seconds_at(2) == 100.0
    with pytest.raises(DataError, match="The time goes back by"):
        clock.place(50.0)


@pytest.mark.parametrize(
    ("step", "back", "said"),
    [
        (60.0, 3540.0, "back by an hour, as local time does when summer time ends: log times in"),
        (1.0, 3599.0, "back by an hour, as local time does"),
        (300.0, 600.0, "back by 10 min: sort the lines, or begin another stream."),
        (60.0, 7200.0, "back by 2 h: sort the lines"),
    ],
)
def test_an_hour_back_is_the_end_of_summer_time(step: float, back: float, said: str) -> None:
    clock = Clock(ClockState(step, 1.0))
    for second in np.arange(10) * step + 10_000:
        clock.place(float(second))
    with pytest.raises(DataError, match=said):
        clock.place(clock.last - back)


def test_rows_before_the_first_knot_are_a_step_apart() -> None:
    clock = Clock(ClockState(0.5, 0.0, n_rows=10))
    clock.place(7.0)
    assert clock.seconds_at(10) == 7.0
    assert clock.seconds_at(6) == 5.0


def test_fields_of_json_lines_are_numbers_texts_and_nothing_else() -> None:
    lines = [
        f'{{"t": {i / 10}, "on": {"true" if i % 3 else "false"}, "in": {{"x": {i * i % 11}}}}}'
        for i in range(40)
    ]
    layout, raw = Layout.of(lines, Request(), None, "lines")
    assert raw.channels == ("on", "in.x")
    row = layout.row('{"t": 4.0, "on": true, "in": {"x": null}, "more": [1, 2]}')
    assert row is not None
    assert row.values[0] == 1
    assert np.isnan(row.values[1])
    deep = '{"a": ' * 12 + "1" + "}" * 12
    with pytest.raises(BadLineError):
        layout.row(deep)
    with pytest.raises(BadLineError, match="no JSON object"):
        layout.row("[1, 2]")


def test_single_column_without_a_name_is_the_value() -> None:
    numbers = [f"{number:.3f}" for number in np.random.default_rng(0).standard_normal(40)]
    layout, raw = Layout.of(numbers, Request(), None, "lines")
    assert raw.channels == ("value",)
    row = layout.row("0.25")
    assert row is not None
    assert row.values == (0.25,)


def test_order_of_dates_is_the_one_that_is_given() -> None:
    lines = [f"03/04/2024 00:00:{i:02},{i * i % 11}" for i in range(40)]
    for order, month in (("day-first", 4), ("month-first", 3)):
        layout, raw = Layout.of(["time,value", *lines], Request(dates=order), None, "lines")
        assert layout.order == order
        assert raw.instants is not None
        assert raw.instants[0].month == month
        row = layout.row("03/04/2024 00:01:00,1")
        assert row is not None
        assert row.seconds == 60.0
        for text in ("", "NaT", "99/99/2024 00:00:00"):
            with pytest.raises(BadLineError):
                layout.row(f"{text},1")


@pytest.fixture(scope="module")
def signal() -> np.ndarray:
    return order_anomalies(np.random.default_rng(0), n_samples=6000, n_anomalies=1).values


@pytest.fixture(scope="module")
def mixture(signal: np.ndarray) -> Mixture:
    return Sequence(32).fit(signal)[0].mixture


def test_parts_of_a_sequence_model_that_do_not_fit_are_refused(
    mixture: Mixture, signal: np.ndarray
) -> None:
    with pytest.raises(ValueError, match="must not lie above 1"):
        replace(mixture, explained=np.full(len(mixture.parts), 1.5))
    with pytest.raises(ValueError, match="Each part has the share"):
        replace(mixture, explained=np.full(len(mixture.parts) + 1, 0.5))
    both = np.column_stack([signal, signal[::-1]])
    other = Sequence(32).fit(both)[0].mixture
    with pytest.raises(ValueError, match="must have the same channels"):
        Mixture((mixture.parts[0], other.parts[0]), np.array([0.5, 0.5]))
    longer = Sequence(64).fit(signal)[0].mixture
    with pytest.raises(ValueError, match="must be multiples of one another, ascending"):
        Mixture((longer.parts[-1], mixture.parts[0]), np.array([0.5, 0.5]))


def test_rows_like_normal_ones_are_sought_outside_gaps() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal(200)
    starts = np.array([0, 40])
    gaps = values.copy()
    gaps[[10, 50]] = np.nan
    assert most_similar(gaps, 100, 32, starts) is None
    # The stretch agrees best four rows later, where a gap begins: it stays where it is.
    values[100:132] = values[44:76]
    moved = most_similar(values, 100, 32, starts)
    assert moved is not None
    assert moved.start == 44
    values[73] = np.nan
    kept = most_similar(values, 100, 32, starts)
    assert kept is not None
    assert kept.start != 44


NONE = Facts(*[0.0] * 18)


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        (replace(NONE, line=1.0, form=9.0), "changed shape"),
        (replace(NONE, line=1.0, ramp=1.0), "drift"),
        (replace(NONE, line=1.0), "level"),
        (replace(NONE, quiet=-40.0), "dropout"),
        (replace(NONE, quiet=-10.0, lost_line=1.0, silent=-9.0), "lost tone"),
        (replace(NONE, quiet=-40.0, lost_line=1.0, silent=-9.0), "dropout"),
    ],
)
def test_kind_of_a_fault_follows_its_facts(facts: Facts, kind: str) -> None:
    assert kind_of(facts, 64, by_sequence=False) == kind


@pytest.mark.parametrize(
    ("change", "text"), [(-300.0, "silent"), (300.0, "normally silent"), (-3.1, "-3.1 dB")]
)
def test_change_of_a_band_is_in_words_where_there_is_no_power(change: float, text: str) -> None:
    assert band_line(Band(1.0, 2.0, 1.0, change, None, "1 – 2 Hz"), "").endswith(f"({text})")


def test_limits_of_a_spectrogram_of_gaps_lie_below_nothing() -> None:
    low, high = Spectrogram(np.full((2, 3), np.nan), np.arange(4.0), np.arange(3.0)).limits
    assert low < high == 0.0


def test_channel_of_gaps_has_no_spread_and_a_short_one_no_place_for_a_burst() -> None:
    assert _spread(np.full(9, np.nan)) == 0.0
    assert _places(np.zeros(10)).size == 0


def test_rows_of_a_stored_array_may_follow_an_ellipsis() -> None:
    x = np.arange(12.0)
    stored = StoredArray(lambda start, stop: x[start:stop], x.shape)
    assert np.array_equal(stored[..., 3:7], x[..., 3:7])


def test_normal_data_and_normal_rows_are_not_given_together() -> None:
    x = np.random.default_rng(0).standard_normal(2000)
    with pytest.raises(ValueError, match="Give normal or normal_rows, not both"):
        spectra.detect(x, normal=x, normal_rows=1000)


def test_rate_that_is_given_is_that_of_a_recording_without_one() -> None:
    x = np.random.default_rng(0).standard_normal((2000, 1))
    recording = Recording.from_array(x)
    assert spectra.detect(recording, fs=50.0).fs == 50.0


@pytest.mark.parametrize("form", ["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d.%m.%y %H:%M"])
def test_the_first_lines_tell_the_order_of_later_dates(form: str) -> None:
    stamps = pd.date_range("2024-11-30 22:00", periods=300, freq="1min")
    lines = [f"{stamp:{form}},{i * 7919 % 101}" for i, stamp in enumerate(stamps)]
    layout, _ = Layout.of(["time,value", *lines[:64]], Request(), None, "lines")
    # The first of December could be the twelfth of January.
    assert instant_in(lines[200].split(",")[0], layout.order) == stamps[200]
