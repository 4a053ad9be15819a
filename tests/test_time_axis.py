"""Time as it is logged, in any notation, on a regular grid or refused by the row."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra.datasets import Recording, read
from spectra.datasets.grid_values import LONGEST_FILL
from spectra.errors import DataError

N = 60
VALUES = np.round(np.random.default_rng(0).normal(size=N), 3)
MINUTES = pd.date_range("2024-01-01", periods=N, freq="1min")
EPOCH = 1_704_067_200


def table(
    *columns: Iterable[object], header: Sequence[str] = ("time", "value"), delimiter: str = ","
) -> io.BytesIO:
    """A file of such columns."""
    rows = [header, *zip(*columns, strict=True)] if header else zip(*columns, strict=True)
    file = io.BytesIO("".join(delimiter.join(map(str, row)) + "\n" for row in rows).encode())
    file.name = "data.csv"
    return file


def stamped(stamps: Iterable[object], **arguments: Any) -> Recording:
    """The recording of a file with these time stamps and values that rounding does not change."""
    stamps = list(stamps)
    return read(table(stamps, [i * i for i in range(len(stamps))]), **arguments)


def iso(seconds: Iterable[float]) -> list[str]:
    """ISO 8601 dates at so many seconds after the start of 2024."""
    start = pd.Timestamp("2024-01-01")
    return [(start + pd.Timedelta(round(float(one) * 1e6), "us")).isoformat() for one in seconds]


def refused(stamps: Iterable[object], said: str, **arguments: Any) -> None:
    """Assert that time stamps get a sentence that names the file and says so."""
    with pytest.raises(DataError, match=said) as caught:
        stamped(stamps, **arguments)
    assert "\n" not in str(caught.value)


# A format of pandas or strftime, the step, and the zone it is in.
FORMATS = {
    "ISO 8601": ("%Y-%m-%dT%H:%M:%S", "1min", None),
    "with a space": ("%Y-%m-%d %H:%M:%S", "1min", None),
    "in UTC": ("%Y-%m-%dT%H:%M:%SZ", "1min", "UTC"),
    "in words UTC": ("%Y-%m-%d %H:%M:%S UTC", "1min", "UTC"),
    "in a zone": ("%Y-%m-%dT%H:%M:%S+05:30", "1min", "+05:30"),
    "in a zone without a colon": ("%Y-%m-%d %H:%M:%S-0800", "1min", "-08:00"),
    "microseconds": ("%Y-%m-%dT%H:%M:%S.%f", "250us", None),
    "minutes": ("%Y-%m-%dT%H:%M", "1min", None),
    "basic": ("%Y%m%dT%H%M%S", "1min", None),
    "days": ("%Y-%m-%d", "1D", None),
    "day of the year": ("%Y-%j", "1D", None),
    "digits of days": ("%Y%m%d", "1D", None),
    "digits of seconds": ("%Y%m%d%H%M%S", "1s", None),
    "slashes": ("%Y/%m/%d %H:%M:%S", "1min", None),
    "day first": ("%d/%m/%Y %H:%M:%S", "7h", None),
    "month first": ("%m/%d/%Y %H:%M:%S", "7h", None),
    "month first, short": ("%m/%d/%Y %H:%M", "1min", None),
    "with dots": ("%d.%m.%Y %H:%M:%S", "1min", None),
    "with dashes": ("%d-%m-%Y %H:%M:%S", "7h", None),
    "half days": ("%m/%d/%Y %I:%M:%S %p", "7h", None),
    "month by name": ("%d-%b-%Y %H:%M:%S", "7h", None),
    "month in words": ("%d %B %Y %H:%M", "7h", None),
    "American words": ('"%b %d, %Y %H:%M"', "7h", None),
    "decimal comma": ('"%Y-%m-%d %H:%M:%S,250"', "1min", None),
}


@pytest.mark.parametrize(("form", "step", "zone"), FORMATS.values(), ids=FORMATS.keys())
@pytest.mark.parametrize("name", ["time", "Timestamp", "logged"])
def test_dates_are_recognised(form: str, step: str, zone: str | None, name: str) -> None:
    index = pd.date_range(
        "2024-01-20 10:00" if step == "7h" else "2024-01-20", periods=N, freq=step, tz=zone
    )
    recording = read(table(index.strftime(form), VALUES, header=(name, "value")))
    expected = index + pd.Timedelta("250ms") if ",250" in form else index
    assert list(recording.index) == list(expected)
    assert recording.channels == ("value",)
    assert recording.fs == pytest.approx(1 / pd.Timedelta(step).total_seconds(), rel=1e-9)
    assert recording.notes == ()
    np.testing.assert_array_equal(recording.values[:, 0], VALUES)


def test_the_zone_is_kept() -> None:
    index = pd.date_range("2024-03-30 12:00", periods=N, freq="1h", tz="Europe/Paris")
    # Summer time begins: the offset changes and the hours between do not.
    recording = stamped([stamp.isoformat() for stamp in index])
    assert list(recording.index) == list(index)
    assert recording.fs == pytest.approx(1 / 3600)
    assert stamped(MINUTES.strftime("%Y-%m-%dT%H:%M:%S+05:30")).index[
        0
    ].utcoffset() == pd.Timedelta("5h30min")


@pytest.mark.parametrize(("form", "order"), [("%d/%m/%Y", "day/month"), ("%m/%d/%Y", "month/day")])
@pytest.mark.parametrize("start", ["2024-02-03", "2024-05-11"])
def test_day_and_month_that_could_be_either_are_the_order_of_small_steps(
    form: str, order: str, start: str
) -> None:
    index = pd.date_range(start, periods=40, freq="1h")
    recording = stamped(index.strftime(form + " %H:%M"))
    assert recording.index.equals(index.rename("time"))
    assert recording.notes == (
        f"Dates such as {index[0].strftime(form)} 00:00 are taken as {order} "
        f"(--dates {'month-first' if order == 'day/month' else 'day-first'} decides otherwise).",
    )


def test_many_dates_are_read_as_few_are() -> None:
    index = pd.date_range("2024-03-01", periods=5000, freq="1min")
    for form in ("%d.%m.%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M:%S.%f"):
        assert stamped(index.strftime(form)).index.equals(index.rename("time"))
    written = list(index.strftime("%d.%m.%Y %H:%M:%S"))
    written[4000] = "1.4.2024 9:00:00"
    refused(
        [*written[:4000], "oops", *written[4001:]],
        "line 4002, column 'time': 'oops' is not a date like those above",
    )


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("header", [("time", "value"), ("x", "value"), ()])
def test_epochs(unit: str, header: Sequence[str]) -> None:
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    stamps = [EPOCH * scale + i * 60 * scale + (1 if unit == "ns" else 0) for i in range(N)]
    recording = read(table(stamps, VALUES, header=header))
    # Nanoseconds are kept to the last digit, which a float does not hold.
    nanoseconds = (
        recording.index.tz_convert(None).to_numpy().astype("datetime64[ns]").astype(np.int64)
    )
    assert nanoseconds.tolist() == [stamp * (10**9 // scale) for stamp in stamps]
    assert str(recording.index.tz) == "UTC"
    assert recording.fs == pytest.approx(1 / 60)


@pytest.mark.parametrize("header", [("time", "value"), ("x", "value"), ()])
def test_epoch_seconds_with_a_fraction(header: Sequence[str]) -> None:
    recording = read(table([f"{EPOCH + i / 100:.2f}" for i in range(N)], VALUES, header=header))
    assert recording.fs == 100.0
    assert recording.index[-1] == pd.Timestamp("2024-01-01T00:00:00.59Z")


@pytest.mark.parametrize(
    ("name", "step", "unit"),
    [
        ("time", 0.01, 1.0),
        ("t", 0.5, 1.0),
        ("Time [s]", 0.01, 1.0),
        ("time_ms", 10, 1e-3),
        ("t_us", 20, 1e-6),
        ("Time (µs)", 20, 1e-6),
        ("elapsed min", 2, 60.0),
        ("time (h)", 0.25, 3600.0),
        ("seconds", 0.1, 1.0),
    ],
)
def test_elapsed_time_in_the_unit_of_its_name(name: str, step: float, unit: float) -> None:
    recording = read(table([f"{i * step:.6g}" for i in range(N)], VALUES, header=(name, "value")))
    assert recording.fs == pytest.approx(1 / (step * unit), rel=1e-9)
    np.testing.assert_allclose(
        recording.index.to_numpy(), np.arange(N) * step * unit, rtol=1e-9, atol=1e-12
    )
    said = f"column '{name}' is taken as the time in seconds"
    said += " (--fs gives the rate if it counts something else)."
    assert recording.notes == ((said,) if name in ("time", "t") else ())


@pytest.mark.parametrize(
    ("clock", "step"),
    [
        ([f"{i // 60:d}:{i % 60:02d}:00" for i in range(N)], 60.0),
        ([f"{(20 + i // 6) % 24:02d}:{i % 6 * 10:02d}" for i in range(N)], 600.0),
        ([f"{i // 60:02d}:{i % 60:02d}.5" for i in range(N)], 1.0),
        ([f"0:00:00.{i * 4:03d}" for i in range(N)], 0.004),
    ],
    ids=["h:mm:ss", "over midnight", "mm:ss.f", "milliseconds"],
)
def test_clock_times(clock: list[str], step: float) -> None:
    recording = stamped(clock)
    assert isinstance(recording.index, pd.TimedeltaIndex)
    assert recording.fs == pytest.approx(1 / step)
    assert recording.n_samples == N


@pytest.mark.parametrize(
    "header", [("date", "time", "value"), ("time", "date", "value"), ("Datum", "Uhrzeit", "value")]
)
def test_date_and_clock_in_two_columns(header: tuple[str, ...]) -> None:
    index = pd.date_range("2024-01-01", periods=N, freq="7h")
    columns = [index.strftime("%d.%m.%Y"), index.strftime("%H:%M:%S")]
    recording = read(
        table(*(columns[::-1] if header[0] == "time" else columns), VALUES, header=header)
    )
    assert recording.index.equals(index.rename("time" if header[0] == "time" else header[0]))
    assert recording.channels == ("value",)


def test_date_in_a_column_for_each_part() -> None:
    index = pd.date_range("2024-01-31", periods=N, freq="1h")
    header = ("No", "year", "month", "day", "hour", "value")
    recording = read(
        table(
            range(1, N + 1), index.year, index.month, index.day, index.hour, VALUES, header=header
        )
    )
    assert list(recording.index) == list(index)
    assert recording.channels == ("value",)
    years = read(table(range(1950, 1950 + N), VALUES, header=("YEAR", "value")))
    assert (years.index[0], years.index[-1]) == (pd.Timestamp("1950"), pd.Timestamp("2009"))
    assert years.channels == ("value",)
    assert read(table([2024] * N, VALUES, header=("year", "value"))).channels == ("year", "value")


def test_time_in_another_column_is_found_or_named() -> None:
    numbers = read(table(VALUES, MINUTES, header=("value", "logged")))
    assert numbers.channels == ("value",)
    assert numbers.fs == pytest.approx(1 / 60)
    text = table(
        MINUTES, [EPOCH + i for i in range(N)], VALUES, header=("created", "sampled", "value")
    )
    assert read(text, time="sampled").fs == 1.0
    text.seek(0)
    assert read(text, time="2").fs == 1.0
    with pytest.raises(
        DataError, match=r"no column 'sampeld' for the time: did you mean 'sampled'\?"
    ):
        read(table(MINUTES, VALUES, header=("sampled", "value")), time="sampeld")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("response_time", np.abs(VALUES)),
        ("temperature", 20 + VALUES / 100),
        ("litres", np.cumsum(np.arange(N) % 7) * 7.5),
        ("time to failure", VALUES),
        ("pulses", np.full(N, 2_000_000_000)),
    ],
)
def test_what_is_measured_is_no_time(name: str, values: np.ndarray) -> None:
    recording = read(table(values, VALUES, header=(name, "value")))
    assert recording.channels == (name, "value")
    assert recording.fs is None


@pytest.mark.parametrize(
    ("stamps", "said"),
    [
        (["x"] * N, r"line 2, column 'time': 'x' is not a time; ISO 8601 dates, epoch seconds"),
        (
            [*iso(range(20)), "oops", *iso(range(21, N))],
            r"line 22, column 'time': 'oops' is not a date like those",
        ),
        (
            [*iso(range(20)), "2024-02-30", *iso(range(21, N))],
            r"line 22, column 'time': '2024-02-30' is not a date",
        ),
        (
            [*iso(range(20)), "", *iso(range(21, N))],
            r"line 22, column 'time': the time is missing; every row needs one",
        ),
        ([*range(20), "", *range(21, N)], r"line 22, column 'time': the time is missing"),
        ([*range(20), "oops", *range(21, N)], r"line 22, column 'time': 'oops' is not a number"),
        ([""] * N, r"line 2, column 'time'"),
        (
            [*(f"{i}:00" for i in range(20)), "oops", *(f"{i}:00" for i in range(21, N))],
            r"'oops' is not a clock time",
        ),
    ],
)
def test_a_row_without_a_time_is_named(stamps: list[object], said: str) -> None:
    refused(stamps, said, time="time")


def test_exact_stamps_give_the_exact_rate_and_no_word() -> None:
    for step in (0.004, 0.01, 1.0, 300.0, 86_400.0):
        recording = stamped(iso(np.arange(500) * step))
        assert recording.fs == pytest.approx(1 / step, rel=1e-12)
        assert recording.notes == ()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("step", [10.0, 0.02, 300.0])
def test_jitter_is_taken_as_regular_and_the_stamps_stay_as_they_are(seed: int, step: float) -> None:
    rng = np.random.default_rng(seed)
    seconds = np.round((np.arange(2000) + rng.uniform(-0.06, 0.06, 2000)) * step, 6)
    seconds -= seconds[0]
    recording = stamped(iso(seconds))
    assert recording.fs == pytest.approx(1 / step, rel=1e-12)
    assert recording.index.equals(pd.DatetimeIndex(iso(seconds), name="time"))
    assert recording.n_samples == 2000
    assert len(recording.notes) == 1
    assert "jitter by up to" in recording.notes[0]


@pytest.mark.parametrize(
    ("fs", "digits"), [(360.0, 3), (250.0, 3), (3.0, 1), (128.0, 3), (59.94, 3), (1 / 7, 0)]
)
def test_stamps_that_were_rounded_give_the_rate_they_were_rounded_from(
    fs: float, digits: int
) -> None:
    seconds = np.round(np.arange(3000) / fs, digits)
    recording = stamped([f"{one:.{digits}f}" for one in seconds])
    assert recording.fs == pytest.approx(fs, rel=1e-6)
    assert recording.n_samples == 3000


def test_a_clock_that_drifts_gives_its_own_rate() -> None:
    seconds = np.arange(3000) * 10.0037
    assert stamped(iso(seconds)).fs == pytest.approx(1 / 10.0037, rel=1e-6)


def test_months_and_years_are_regular_enough() -> None:
    index = pd.date_range("2000-01-01", periods=120, freq="MS")
    recording = stamped(index.strftime("%Y-%m-%d"))
    assert recording.index.equals(index.rename("time"))
    assert 1 / recording.fs == pytest.approx(365.25 / 12 * 86_400, rel=0.01)


@pytest.mark.parametrize("missing", range(1, LONGEST_FILL + 3))
def test_short_gaps_are_filled_and_marked_and_long_ones_stay(missing: int) -> None:
    kept = np.delete(np.arange(N), np.arange(20, 20 + missing))
    recording = read(table(MINUTES[kept], kept, header=("time", "value")))
    assert recording.index.equals(MINUTES.rename("time"))
    assert recording.rows.tolist() == kept.tolist()
    inside = (np.arange(N) >= 20) & (np.arange(N) < 20 + missing)
    if missing <= LONGEST_FILL:
        np.testing.assert_allclose(recording.values[:, 0], np.arange(N))
        np.testing.assert_array_equal(recording.interpolated, inside)
        assert any("filled by straight lines and marked" in note for note in recording.notes)
    else:
        np.testing.assert_array_equal(np.isnan(recording.values[:, 0]), inside)
        assert not recording.interpolated.any()
        assert any("what covers them has no score" in note for note in recording.notes)
    assert recording.notes[0].startswith(f"The time has 1 gap, {missing} sample")


def test_an_empty_cell_and_a_missing_row_are_the_same() -> None:
    kept = np.delete(np.arange(N), [20, 21])
    rows = read(table(MINUTES[kept], VALUES[kept]))
    cells = read(table(MINUTES, [*VALUES[:20], "", "", *VALUES[22:]]))
    np.testing.assert_array_equal(rows.values, cells.values)
    np.testing.assert_array_equal(rows.interpolated, cells.interpolated)


def test_what_is_missing_at_the_ends_is_not_made_up() -> None:
    recording = read(table(MINUTES, ["", *VALUES[1:-2], "", ""]))
    assert np.flatnonzero(np.isnan(recording.values[:, 0])).tolist() == [0, N - 2, N - 1]


def test_a_pause_and_a_new_start_off_the_grid() -> None:
    seconds = np.concatenate([np.arange(100) * 10.0, np.arange(100) * 10.0 + 5003.7])
    recording = stamped(iso(seconds))
    assert recording.fs == 0.1
    # Each row keeps its own instant, and there is room for what was missed.
    assert list(recording.index[recording.rows]) == list(pd.DatetimeIndex(iso(seconds)))
    assert recording.rows[100] == 500
    assert np.isnan(recording.values[100:500]).all()
    assert recording.index.is_monotonic_increasing


def test_rows_out_of_order_and_backwards() -> None:
    usual = stamped(iso(range(N)))
    order = np.arange(N)
    order[[30, 31]] = order[[31, 30]]
    swapped = read(table(np.array(iso(range(N)))[order], order * order))
    np.testing.assert_array_equal(swapped.values, usual.values)
    assert swapped.rows.tolist() == order.tolist()
    assert swapped.notes == ("1 row out of order in time: sorted (--time none keeps the order).",)
    backwards = read(table(iso(range(N))[::-1], (np.arange(N) ** 2)[::-1]))
    np.testing.assert_array_equal(backwards.values, usual.values)
    assert backwards.rows.tolist() == list(range(N))[::-1]
    assert backwards.notes == (
        "The rows run backwards in time: reversed (--time none keeps the order).",
    )
    shuffled = np.random.default_rng(0).permutation(N)
    refused(
        np.array(iso(range(N)))[shuffled],
        r"line \d+: the time goes back, and \d+ of 60 rows come late: sort the file",
    )
    sorted_ = read(table(np.array(iso(range(N)))[shuffled], shuffled**2), resample=True)
    np.testing.assert_array_equal(sorted_.values, usual.values)


def test_of_a_few_rows_with_one_stamp_the_first_counts_and_that_is_said() -> None:
    seconds = [*range(30), 29, *range(30, N - 1)]
    recording = read(table(iso(seconds), VALUES))
    assert recording.n_samples == N - 1
    assert recording.values[29, 0] == VALUES[29]
    assert recording.rows[29] == recording.rows[30] == 29
    (note,) = recording.notes
    assert "line 32, which has the time stamp of line 31 (2024-01-01 00:00:29)" in note
    assert f"in 'value' {VALUES[30]:g} in place of {VALUES[29]:g}: the first is used" in note
    for choice, value in (
        ("last", VALUES[30]),
        ("max", VALUES[29:31].max()),
        ("min", VALUES[29:31].min()),
        ("mean", VALUES[29:31].mean()),
    ):
        chosen = read(table(iso(seconds), VALUES), repeats=choice)
        assert chosen.values[29, 0] == pytest.approx(value)
        assert chosen.notes == (f"1 row with the time stamp of another: --repeats {choice}.",)
    refused(iso([0] * N), r"line 2: every row has the same time stamp")


def test_many_rows_with_one_stamp_and_other_values_are_refused_by_their_values() -> None:
    repeated = np.sort(np.concatenate([np.arange(N), np.arange(0, N, 7)]))
    refused(
        iso(repeated),
        r"line 3, which has the time stamp of line 2 \(2024-01-01 00:00:00\) and in 'value' 1 in "
        r"place of 0; so have 9 of 69 rows in all: choose with --repeats first, last, max, min or",
    )
    assert stamped(iso(repeated), resample=True).n_samples == N
    assert stamped(iso(repeated), repeats="last").n_samples == N


def test_rows_that_complete_one_another_are_one() -> None:
    stamps = np.repeat(np.arange(N), 2)
    left = [value if i % 2 else "" for i, value in enumerate(np.repeat(VALUES, 2))]
    right = ["" if i % 2 else value for i, value in enumerate(np.repeat(VALUES, 2))]
    recording = read(table(iso(stamps), left, right, header=("time", "left", "right")))
    np.testing.assert_array_equal(recording.values, np.column_stack([VALUES, VALUES]))
    assert recording.notes == (
        f"{N} rows with the time stamp of another and no other value: merged.",
    )


def test_the_hour_that_comes_twice_in_autumn() -> None:
    index = pd.date_range(
        "2024-10-26 12:00", periods=400, freq="10min", tz="Europe/Paris"
    ).tz_localize(None)
    recording = stamped(index.strftime("%Y-%m-%d %H:%M:%S"))
    # The hour is there twice: times stay those of the file, and no two rows are averaged.
    assert recording.n_samples == 394
    assert recording.fs == pytest.approx(1 / 600)
    assert "6 rows with the time stamp of another, as the clock was set back" in recording.notes[0]
    assert set(recording.values[:, 0]) <= set(np.arange(400.0) ** 2)


def test_irregular_sampling_names_the_row_and_offers_to_resample() -> None:
    rng = np.random.default_rng(0)
    seconds = np.cumsum(rng.exponential(10, 500))
    refused(
        iso(seconds),
        r"line \d+: sampling is irregular: this row comes .* after the one before, steps of .* are "
        r"usual; --resample",
    )
    changed = np.concatenate([np.arange(100) * 10.0, 990 + np.arange(1, 101) * 25.0])
    refused(iso(changed), r"this row comes 10 s after the one before, steps of 25 s are usual")
    refused(iso([0, 1, 5]), "sampling is irregular")


def test_resampled_values_lie_on_the_lines_between_the_rows() -> None:
    rng = np.random.default_rng(1)
    seconds = np.concatenate([[0.0], np.cumsum(rng.uniform(5, 15, 500))])
    recording = read(table(iso(seconds), seconds * 3 + 1), resample="7s")
    assert recording.fs == pytest.approx(1 / 7)
    elapsed = (recording.index - pd.Timestamp("2024-01-01")).total_seconds().to_numpy()
    np.testing.assert_allclose(np.diff(elapsed), 7.0)
    np.testing.assert_allclose(recording.values[:, 0], elapsed * 3 + 1, rtol=1e-6)
    # Rows belong to the instant nearest to them.
    assert (np.abs(elapsed[recording.rows] - seconds) <= 3.5 + 1e-6).all()
    assert recording.notes == ("Resampled every 7 s by straight lines.",)
    coarse = read(table(iso(seconds), seconds), resample="1min")
    assert any("now shows at lower frequencies" in note for note in coarse.notes)


def test_resampling_leaves_long_gaps_open() -> None:
    seconds = np.concatenate([np.arange(100) * 10.0, np.arange(100) * 10.0 + 3000]) + np.tile(
        [0.0, 4.0], 100
    )
    recording = stamped(iso(seconds), resample="10s")
    elapsed = (recording.index - pd.Timestamp("2024-01-01")).total_seconds().to_numpy()
    empty = np.isnan(recording.values[:, 0])
    np.testing.assert_array_equal(empty, (elapsed > 994) & (elapsed < 3000))


def test_what_is_regular_is_not_resampled() -> None:
    for resample in (True, "1min", "60"):
        recording = read(table(MINUTES, VALUES), resample=resample)
        np.testing.assert_array_equal(recording.values[:, 0], VALUES)
        assert recording.notes == ()


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ("often", "'often' is not a period to resample by"),
        ("-5s", "'-5s' is not a period"),
        ("0", "'0' is not a period"),
        ("1us", "would make .* samples of 60 rows .* choose another period"),
        ("1ns", "every 1 ns would make .* samples of 60 rows .* choose another period"),
        ("1d", "every 1 day would make 1 sample of 60 rows .* choose another period"),
        ("300d", "every 300 days would make 1 sample of 60 rows .* choose another period"),
        ("d", "'d' is not a period"),
    ],
)
def test_periods_that_are_none(period: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(table(MINUTES, VALUES), resample=period)


def test_resampling_needs_time() -> None:
    with pytest.raises(
        DataError, match=r"data\.csv has no time column to resample by: name it with --time"
    ):
        read(table(VALUES, header=("value",)), resample=True)


def test_a_rate_that_agrees_with_the_time_and_one_that_does_not() -> None:
    assert stamped(iso(np.arange(N) * 10.0), fs=0.1).fs == 0.1
    other = stamped(iso(np.arange(N) * 10.0), fs=5)
    assert (other.fs, other.n_samples) == (5, N)
    assert other.index[1] - other.index[0] == pd.Timedelta("200ms")
    assert other.notes == ("The time stamps do not fit 5 Hz: only the first is used (--fs).",)
    refused(
        iso(np.arange(N) * 10.0),
        r"Resampled, the recording has 0\.05 Hz, not the 5 Hz",
        fs=5,
        resample="20s",
    )


def test_a_stamp_in_the_far_future_is_refused_before_it_fills_the_memory() -> None:
    refused(
        [*iso(range(N - 1)), "2094-01-01T00:00:00"],
        r"line 61: there is a gap of .* days before this row",
    )


def test_labels_keep_their_place_and_go_on_across_gaps() -> None:
    labels = np.zeros(N, dtype=int)
    labels[20:30] = 1
    kept = np.delete(np.arange(N), [22, 23, 40, 41])
    recording = read(
        table(MINUTES[kept], VALUES[kept], labels[kept], header=("time", "value", "label"))
    )
    assert recording.labels is not None
    assert recording.labels.tolist() == labels.tolist()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 4), min_size=4, max_size=60),
    st.sampled_from(["1ms", "1s", "5min", "1h"]),
    st.sampled_from([None, "UTC", "America/St_Johns"]),
    st.sampled_from(["as logged", "backwards", "one late"]),
)
def test_every_row_lies_at_its_own_instant_in_whatever_order_it_comes(
    steps: list[int], unit: str, zone: str | None, how: str
) -> None:
    places = np.concatenate([[0, 1, 2, 3, 4, 5, 6, 7], 7 + np.cumsum(steps)])
    stamps = pd.Timestamp("2024-01-01", tz=zone) + places * pd.Timedelta(unit)
    order = np.arange(len(places))[:: -1 if how == "backwards" else 1]
    if how == "one late":
        order[[2, 3]] = order[[3, 2]]
    frame = pd.DataFrame({"value": places[order] * 1.0}, index=stamps[order])
    try:
        recording = Recording.from_frame(frame)
    except DataError:
        # Where most steps are of two, three or four units, no step is the usual one.
        assert np.median(np.diff(places)) != 1
        return
    assert (recording.index[recording.rows] == frame.index).all()
    np.testing.assert_array_equal(recording.values[recording.rows, 0], frame["value"])
    assert np.array_equal(
        np.unique(recording.rows),
        np.flatnonzero(~recording.interpolated & ~np.isnan(recording.values[:, 0])),
    )
