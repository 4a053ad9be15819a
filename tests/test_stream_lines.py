"""Lines of a stream: their events are the alarms of the file, and bad ones are named."""

import io
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spectra
from spectra.cli.follow import LONGEST, Line, LineSource, Stop, stopped_by_signals
from spectra.datasets import read
from spectra.datasets.raw import Request
from spectra.errors import DataError
from spectra.stream.cells import BadLineError
from spectra.stream.clock import Clock, ClockState
from spectra.stream.feed import Choices, Event, Feed
from spectra.stream.stamps import _parsed, instant_in

N, LEARNED = 4000, 2000
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 2)) + np.sin(np.arange(N) / 7)[:, None]
X[2600:2660, 1] *= 6
X[3200:3290, 0] += 4
TABLE = pd.DataFrame(X.round(5), columns=["a", "b"])
ALPHA = 1e-4
# Enough for the two bursts, so that tests are fast.
METHOD = spectra.Spectral(nperseg=32)


def choices(**changed: Any) -> Choices:
    request = Request(**changed.pop("request", {}))
    threshold = {"alpha": ALPHA, "false_alarms": None}
    options = {"fs": None, "learn_rows": 100, "threshold": threshold, "every": 64, "strict": False}
    return Choices(request, **{**options, **changed})


def learn(recording: spectra.datasets.Recording) -> spectra.Model:
    return spectra.learn(recording, method=METHOD)


def feed_of(model: spectra.Model | None, **changed: Any) -> Feed:
    return Feed("lines", choices(**changed), model, learn)


def events_of(feed: Feed, lines: list[str]) -> list[Event]:
    found = [event for line in lines for event in feed.take(line)]
    return found + list(feed.finish())


def alarms_of(events: list[Event]) -> list[tuple[object, ...]]:
    closed = [event for event in events if event["event"] == "closed"]
    return [tuple(event[name] for name in ("start", "end", "peak", "channel")) for event in closed]


def batch(model: spectra.Model, text: str) -> list[tuple[object, ...]]:
    """The alarms that `spectra.score` finds in a whole text, as JSON has their instants."""
    alarms = spectra.score(model, read(io.BytesIO(text.encode())), alpha=ALPHA).alarms
    assert len(alarms) >= 2

    def written(value: Any) -> object:
        is_instant = isinstance(value, (pd.Timestamp, pd.Timedelta))
        return value.isoformat() if is_instant else value

    rows = alarms[["start", "end", "peak", "channel"]].itertuples(index=False)
    return [tuple(map(written, row)) for row in rows]


def csv(table: pd.DataFrame, **options: Any) -> str:
    return table.to_csv(index=False, float_format="%.5f", **options)


DATES = pd.Series(pd.date_range("2024-05-01 10:00", periods=N, freq="100ms"))


def with_time(times: Any, name: str = "time") -> pd.DataFrame:
    table = TABLE.copy()
    table.insert(0, name, times)
    return table


SECONDS = with_time((np.arange(N) / 10).round(1), "t")
GAPS = with_time(DATES.dt.strftime("%Y-%m-%dT%H:%M:%S.%f")).drop(
    index=[2100, 2101, *range(2200, 2300), 3100]
)
GAPS.iloc[2050:2053, 1] = np.nan
GAPS.iloc[2150:2190, 2] = np.nan
TEXTS = {
    "no time": csv(TABLE),
    "seconds": csv(SECONDS),
    "milliseconds since 1970": csv(with_time(1_700_000_000_000 + 100 * np.arange(N), "timestamp")),
    "dates with gaps": csv(GAPS),
    "dates of a zone": csv(with_time(DATES.dt.strftime("%Y-%m-%dT%H:%M:%S.%f+02:00"))),
    "German": csv(with_time(DATES.dt.strftime("%d.%m.%Y %H:%M:%S.%f")), sep=";", decimal=","),
    "times of day over midnight": csv(
        with_time((DATES + pd.Timedelta(hours=13, minutes=57)).dt.strftime("%H:%M:%S.%f"))
    ),
    "date beside the time": csv(
        with_time(DATES.dt.strftime("%H:%M:%S.%f")).assign(date="2024-05-01")[
            ["date", "time", "a", "b"]
        ]
    ),
    "tabs and other columns": csv(
        SECONDS.assign(state="running", n=np.arange(N))[["n", "t", "b", "state", "a"]], sep="\t"
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_alarms_are_those_of_the_file(name: str) -> None:
    text = TEXTS[name]
    lines = text.splitlines()
    normal = read(io.BytesIO("\n".join(lines[:LEARNED]).encode()))
    model = learn(normal)
    feed = feed_of(model)
    assert alarms_of(events_of(feed, lines)) == batch(model, text)
    assert (feed.n_lines, feed.n_bad) == (len(lines), 0)


def json_lines(table: pd.DataFrame) -> list[str]:
    return table.to_json(orient="records", lines=True).splitlines()


def test_alarms_of_json_lines_are_those_of_the_table() -> None:
    model = learn(read(io.BytesIO(csv(SECONDS[:LEARNED]).encode())))
    found = alarms_of(events_of(feed_of(model), json_lines(SECONDS)))
    assert found == batch(model, TEXTS["seconds"])
    nested = [
        json.dumps({"t": row["t"], "id": "x", "data": {"a": row["a"], "b": row["b"]}})
        for row in map(json.loads, json_lines(SECONDS))
    ]
    inner = spectra.learn(
        spectra.datasets.Recording.from_array(
            SECONDS[["a", "b"]].to_numpy()[:LEARNED], 10.0, ("data.a", "data.b")
        ),
        method=METHOD,
    )
    events = alarms_of(events_of(feed_of(inner), nested))
    assert [row[:3] for row in events] == [row[:3] for row in found]
    assert {row[3] for row in events} == {"data.a", "data.b"}


def test_a_table_without_a_header_has_the_channels_of_the_model() -> None:
    model = learn(read(io.BytesIO(csv(SECONDS[:LEARNED]).encode())))
    lines = TEXTS["seconds"].splitlines()[1:]
    assert alarms_of(events_of(feed_of(model), lines)) == batch(model, TEXTS["seconds"])
    chosen = [line + ",5.5" for line in lines]
    with pytest.raises(DataError, match="without a header, choose its columns with --channels"):
        events_of(feed_of(model), chosen)
    request = {"channels": "2,3", "time": "1"}
    found = alarms_of(events_of(feed_of(model, request=request), chosen))
    assert found == batch(model, TEXTS["seconds"])


def test_without_a_model_it_learns_from_the_first_lines_and_then_begins() -> None:
    lines = TEXTS["seconds"].splitlines()
    feed = feed_of(None, learn_rows=LEARNED + 1)
    found = alarms_of(events_of(feed, lines))
    model = learn(read(io.BytesIO("\n".join(lines[: LEARNED + 1]).encode())))
    rest = read(io.BytesIO("\n".join([lines[0], *lines[LEARNED + 1 :]]).encode()))
    expected = spectra.score(model, rest, alpha=ALPHA).alarms
    assert [row[:2] for row in found] == list(
        expected[["start", "end"]].itertuples(index=False, name=None)
    )
    with pytest.raises(DataError, match="ended after 50 of the 2001 lines to learn from"):
        events_of(feed_of(None, learn_rows=LEARNED + 1), lines[:50])


def test_a_short_stream_with_a_model_is_scored_at_its_end() -> None:
    model = learn(read(io.BytesIO(csv(SECONDS[:LEARNED]).encode())))
    feed = feed_of(model)
    assert events_of(feed, TEXTS["seconds"].splitlines()[:40]) == []
    assert feed.n_lines == 40
    assert list(feed_of(model).finish()) == []


@pytest.mark.parametrize("name", ["dates with gaps", "no time", "times of day over midnight"])
@pytest.mark.parametrize("learned", [False, True])
def test_a_stream_that_is_restored_anywhere_has_the_same_events(
    tmp_path: Path, name: str, learned: bool
) -> None:
    lines = TEXTS[name].splitlines()
    model = None if learned else learn(read(io.BytesIO("\n".join(lines[:1500]).encode())))
    options = {"learn_rows": 1500}
    expected = events_of(feed_of(model, **options), lines)
    assert len(expected) > 4
    feed, found, path = feed_of(model, **options), [], tmp_path / "state"
    for i, line in enumerate(lines):
        if i % 371 == 30:
            path.write_bytes(feed.to_bytes())
            feed = Feed.restored(str(path), "lines", choices(**options), model, learn)
        found += list(feed.take(line))
    assert found + list(feed.finish()) == expected


def test_a_state_of_another_model_or_threshold_is_refused(tmp_path: Path) -> None:
    lines, path = TEXTS["seconds"].splitlines(), tmp_path / "state"
    model, other = (learn(read(io.BytesIO("\n".join(lines[:n]).encode()))) for n in (1500, LEARNED))
    feed = feed_of(model)
    for line in lines[:100]:
        assert list(feed.take(line)) == []
    path.write_bytes(feed.to_bytes())
    restore: Callable[..., Feed] = Feed.restored
    with pytest.raises(DataError, match="saved with another model"):
        restore(str(path), "lines", choices(), other, learn)
    with pytest.raises(DataError, match="saved with a MODEL file: give it"):
        restore(str(path), "lines", choices(), None, learn)
    with pytest.raises(DataError, match="another threshold, --adapt or --every"):
        restore(str(path), "lines", choices(every=65), model, learn)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match="is not a state file or is damaged"):
        restore(str(path), "lines", choices(), model, learn)


MODEL = learn(read(io.BytesIO(csv(SECONDS[:LEARNED]).encode())))
GOOD = TEXTS["seconds"].splitlines()


@pytest.mark.parametrize(
    "bad",
    ["210.05,0.3", "garbage", '210.05,x,"', "210.05,inf,0", "nan,1,2", "x,1,2", "210,1e,3", "\x00"],
)
def test_a_bad_line_is_counted_and_changes_nothing_else(bad: str) -> None:
    expected = alarms_of(events_of(feed_of(MODEL), GOOD))
    feed = feed_of(MODEL)
    events = events_of(feed, [*GOOD[:2101], bad, *GOOD[2101:]])
    assert alarms_of(events) == expected
    assert (feed.n_bad, feed.n_lines) == (1, len(GOOD) + 1)
    assert {event["bad_lines"] for event in events} == {1}
    with pytest.raises(DataError, match=r"^lines, line 2102: .*\.$"):
        events_of(feed_of(MODEL, strict=True), [*GOOD[:2101], bad, *GOOD[2101:]])


@pytest.mark.parametrize("neutral", ["", "  ", GOOD[0]])
def test_an_empty_line_and_the_same_header_again_are_no_bad_lines(neutral: str) -> None:
    feed = feed_of(MODEL, strict=True)
    events = events_of(feed, [*GOOD[:2101], neutral, *GOOD[2101:]])
    assert alarms_of(events) == alarms_of(events_of(feed_of(MODEL), GOOD))
    assert feed.n_bad == 0


def test_a_bad_line_without_a_time_leaves_a_row_without_values() -> None:
    lines = TEXTS["no time"].splitlines()
    feed = feed_of(MODEL)
    cut = [*lines[:2101], "0.4", *lines[2102:]]
    found = alarms_of(events_of(feed, cut))
    holed = "\n".join([*lines[:2101], ",", *lines[2102:]])
    assert found == batch(MODEL, holed)
    assert feed.n_bad == 1


def at_row(row: int, changed: Callable[[str], str]) -> Iterator[str]:
    """The lines, changed from a row on."""
    for i, line in enumerate(GOOD):
        yield line if i < row else changed(line)


def shifted(line: str, seconds: float, factor: float = 1.0) -> str:
    time, rest = line.split(",", 1)
    return f"{210 + (float(time) - 210) * factor + seconds:.3f},{rest}"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([*GOOD[:2101], "t,a,c", *GOOD[2101:]], r"line 2102: The header changes to 't,a,c'"),
        ([*GOOD[:2101], "t,a,b,c", *GOOD[2101:]], r"line 2102: The header changes to 't,a,b,c'"),
        (list(at_row(2101, lambda line: shifted(line, -5.0))), "line 2102: The time goes back by"),
        (list(at_row(2101, lambda line: shifted(line, 1e7))), "The time leaps ahead by 115.7 days"),
        (
            list(at_row(2101, lambda line: shifted(line, 0.0, 1.02))),
            r"The rate changes from 10 Hz to 9\.8",
        ),
        (
            list(at_row(2101, lambda line: shifted(line, 0.0, 2.0))),
            "The rate changes from 10 Hz to 5",
        ),
        (
            list(at_row(2101, lambda line: line.rsplit(",", 1)[0])),
            "line 2111: 2 fields in place of 3, and so in 10 lines one after another",
        ),
    ],
)
def test_what_no_stream_goes_on_after_is_one_sentence(lines: list[str], said: str) -> None:
    feed = feed_of(MODEL)
    with pytest.raises(DataError, match=said) as caught:
        events_of(feed, lines)
    assert str(caught.value).startswith("lines, line ")
    assert str(caught.value).count(". ") == 0
    # The state is that before the line.
    feed.to_bytes()


def test_a_rate_that_differs_by_less_than_a_hundredth_is_followed_without_gaps() -> None:
    for factor in (0.994, 1.006):
        feed = feed_of(MODEL)
        lines = [GOOD[0], *(shifted(line, 0.0, factor) for line in GOOD[1:])]
        events_of(feed, lines)
        assert feed._clock is not None
        assert feed._clock.n_rows == N


def test_a_stream_of_another_rate_than_the_model_is_refused() -> None:
    lines = [GOOD[0], *(shifted(line, 0.0, 1.5) for line in GOOD[1:])]
    with pytest.raises(DataError, match=r"is sampled at 6\.66.* Hz, but .* at 10 Hz"):
        events_of(feed_of(MODEL), lines)


def test_a_rate_that_is_given_must_be_that_of_the_model_too() -> None:
    with pytest.raises(DataError, match=r"is sampled at 5 Hz, but .* at 10 Hz: give a model"):
        events_of(feed_of(MODEL, fs=5.0), GOOD)


def test_a_channel_that_is_gone_from_json_objects_is_named() -> None:
    lines = json_lines(SECONDS)
    gone = [json.dumps({"t": json.loads(line)["t"]}) for line in lines[2100:]]
    with pytest.raises(DataError, match="no key 'a', and so in 10 lines"):
        events_of(feed_of(MODEL), [*lines[:2100], *gone])
    null = lines[2000].replace('"a":', '"b2":')
    feed = feed_of(MODEL)
    assert alarms_of(events_of(feed, [*lines[:2000], null, *lines[2001:]]))
    assert feed.n_bad == 0


def test_one_of_several_channels_that_is_gone_from_json_objects_is_named(tmp_path: Path) -> None:
    lines, path = json_lines(SECONDS), tmp_path / "state"

    def restored(state: bytes) -> Feed:
        path.write_bytes(state)
        return Feed.restored(str(path), "lines", choices(), MODEL, learn)

    gone = [line.replace('"b":', '"c":') for line in lines]
    feed = feed_of(MODEL)
    # Gaps of 63 objects are gaps, however many there are.
    some = [gone[2000 + i] if i % 64 else line for i, line in enumerate(lines[2000:2257])]
    for line in [*lines[:2000], *some, *gone[2257:2310]]:
        list(feed.take(line))
    # The state goes on counting, and the line that is one too many is not taken.
    state = feed.to_bytes()
    with pytest.raises(DataError, match=r"line \d+: no key 'b', and so in 64 lines .* is gone"):
        events_of(feed, gone[2310:])
    n_lines = feed.n_lines
    assert restored(state).n_lines < n_lines
    with pytest.raises(DataError, match=r"no key 'b', and so in 64 lines"):
        events_of(again := restored(state), gone[2310:])
    assert again.n_lines == n_lines
    nulls = [json.dumps({**json.loads(line), "b": None}) for line in lines[2000:2200]]
    events_of(feed_of(MODEL), [*lines[:2000], *nulls])


def test_lines_that_are_no_table_are_refused() -> None:
    for lines in (["{"] * 70, ["[1]"] * 70, [";;;"] * 70, ["a b c"] * 70):
        with pytest.raises(DataError):
            events_of(feed_of(MODEL), lines)


@pytest.mark.parametrize("jitter", [0.0, 0.2, 0.4])
def test_rows_of_jittering_stamps_are_counted_and_gaps_found(jitter: float) -> None:
    rng = np.random.default_rng(1)
    row = np.flatnonzero(rng.random(5000) > 0.01)
    # Stamps of a clock that is 0.3 % slow, a little off, in order.
    stamps = np.maximum.accumulate((row + jitter * (rng.random(row.size) - 0.5)) * 0.0501 * 1.001)
    clock = Clock(ClockState(0.05, 0.0))
    missing = [clock.place(float(stamp)) for stamp in stamps]
    assert missing == [0, *(np.diff(row) - 1).tolist()]
    assert clock.n_rows == row[-1] + 1 - row[0]
    # Instants lie on the line through the stamps.
    found = [clock.seconds_at(int(each - row[0])) for each in row]
    np.testing.assert_allclose(found, row * 0.0501 * 1.001, atol=0.03)


def test_rows_that_share_a_stamp_follow_one_another_and_a_repeat_is_none() -> None:
    bursts = Clock(ClockState(0.01, 1.0))
    assert [bursts.place(float(i // 100)) for i in range(50_000)] == [0] * 50_000
    assert not bursts.repeats(499.0)
    single = Clock(ClockState(0.01, 0.001))
    single.place(0.0)
    assert single.repeats(0.0)
    feed = feed_of(MODEL)
    assert alarms_of(events_of(feed, [*GOOD[:2101], GOOD[2100], *GOOD[2101:]])) == batch(
        MODEL, TEXTS["seconds"]
    )
    assert feed.n_bad == 1


def text_of(blocks: Iterator[list[Line]], n: int) -> list[str]:
    """The next n lines of a source."""
    found: list[str] = []
    while len(found) < n:
        found += [line.text for line in next(blocks)]
    return found


def test_a_followed_file_is_read_on_after_it_is_replaced_emptied_or_saved(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(b"one\ntwo\nha")
    with stopped_by_signals() as stop:
        source = LineSource(str(path))
        blocks = source.blocks(stop)
        first = next(blocks)
        assert [line.text for line in first] == ["one", "two"]
        with path.open("ab") as file:
            file.write(b"lf\nlast without end")
        assert text_of(blocks, 1) == ["half"]
        position, identity = 13, source.file
        path.rename(tmp_path / "log.csv.1")
        path.write_bytes(b"new\n")
        assert text_of(blocks, 2) == ["last without end", "new"]
        path.write_bytes(b"x\n")
        assert text_of(blocks, 1) == ["x"]
        stop.number = 15
        assert list(blocks) == []
        # What was saved is continued in the file that has another name by now.
        again = LineSource(str(path), position, identity).blocks(Stop(0, stop.wake))
        assert text_of(again, 2) == ["last without end", "x"]


def test_a_followed_file_is_known_by_its_last_line(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(b"one\ntwo\nha")
    with stopped_by_signals() as stop:
        source = LineSource(str(path))
        blocks = source.blocks(stop)
        assert text_of(blocks, 2) == ["one", "two"]
        # Between two looks, other lines of the same length, or more of them.
        path.write_bytes(b"six\nten\nha")
        assert text_of(blocks, 2) == ["six", "ten"]
        path.write_bytes(b"ten\nsix\nhalf\nmore\n")
        assert text_of(blocks, 4) == ["ten", "six", "half", "more"]
    position, file = 8, source.file_after(Line("six", 8))
    for content, expected in (
        (b"ten\nsix\nhalf\n", ["half"]),
        (b"six\nten\nhalf\n", ["six", "ten", "half"]),
        (b"a longer line\nhalf\n", ["a longer line", "half"]),
        (b"ten\n", ["ten"]),
    ):
        path.write_bytes(content)
        with stopped_by_signals() as stop:
            again = LineSource(str(path), position, file).blocks(stop)
            assert text_of(again, len(expected)) == expected


def test_a_line_without_end_takes_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    size = 3 * LONGEST
    path.write_bytes(b"a" * size + b"\nnext\n")
    with stopped_by_signals() as stop:
        source = LineSource(str(path))
        blocks = source.blocks(stop)
        lines: list[Line] = []
        while len(lines) < 2:
            lines += next(blocks)
            assert len(source._partial) <= LONGEST
    assert len(lines[0].text) <= LONGEST + (1 << 16)
    assert lines[1] == Line("next", size + 6)


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)),
    st.sampled_from(["%d.%m.%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y%m%d", "%d-%b-%Y", "%d.%m.%y"]),
    st.sampled_from(["%H:%M", "%H:%M:%S", "%H:%M:%S.%f"]),
    st.sampled_from(["", "day-first", "month-first"]),
)
def test_a_date_that_is_parsed_once_a_day_is_that_of_the_reader(
    when: datetime, date: str, clock: str, order: str
) -> None:
    def read(parse: Callable[[str, str], pd.Timestamp]) -> pd.Timestamp | None:
        try:
            return parse(f"{when:{date} {clock}}", order)
        except BadLineError:
            return None

    assert read(instant_in) == read(_parsed)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("27.10.2023 23:48", "2023-10-27T23:48:00"),
        ("27.10.2023 23:48:07.25", "2023-10-27T23:48:07.250000"),
        ("27.10.2023 24:00", "2023-10-28T00:00:00"),
        ("10/27/2023 1:05:09", "2023-10-27T01:05:09"),
    ],
)
def test_written_dates_are_instants(text: str, iso: str) -> None:
    assert instant_in(text, "").isoformat() == iso
