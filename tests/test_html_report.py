"""The report: what it holds, and what a browser makes of it."""

import base64
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import spectra
import spectra.html_report.content as content_room
from browser import Browser, executable
from spectra.cli import main
from spectra.datasets import Recording, generators
from spectra.detection import Detection
from spectra.errors import DataError
from spectra.explanation.bearings import Bearing
from spectra.goodness import p_marks
from spectra.html_report import report
from spectra.html_report.index import Entry, index_page
from spectra.html_report.numbers import extremes, quantised
from spectra.html_report.smallest import smallest_burst
from spectra.spectrogram import spectrogram_of

FS = 100.0
HOSTILE = "</script><img src=x onerror=alert(1)> $x$ \x1b[31m"


def humming(n: int = 20_000, events: int = 3) -> np.ndarray:
    values = np.random.default_rng(0).standard_normal((n, 2))
    for start in np.linspace(n // 5, n - 600, events).astype(int):
        values[start : start + 200, 1] += 6 * np.sin(0.4 * np.pi * np.arange(200))
    return values


@pytest.fixture(scope="module")
def found() -> Detection:
    recording = Recording.from_array(humming(), FS, ["a", HOSTILE], name=HOSTILE)
    return spectra.detect(recording, normal_rows=(0, 3900), alpha=1e-4)


def numbers(page: str) -> dict:
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert match is not None
    return json.loads(match[1])


def test_report_holds_verdict_alarms_explanations_settings_and_the_command(
    found: Detection,
) -> None:
    page = report(found, command="spectra detect 'a b.csv'")
    text = unescape(re.sub(r"<[^>]+>", " ", page))
    count = len(found.alarms)
    assert f"{count} alarms in" in text
    assert "not a medical device" in text
    assert "spectra detect 'a b.csv'" in text
    assert f"spectra {spectra.__version__}" in text
    data = numbers(page)
    assert data["alarms"]["first"] == found.intervals.first.tolist()
    assert [one["number"] for one in data["explained"]] == list(range(1, count + 1))
    assert data["explained"][0]["sentence"] == found.explain(1).sentence


def test_report_asks_for_nothing_and_names_of_files_are_text(found: Detection) -> None:
    page = report(found, command=f"spectra detect '{HOSTILE}'")
    assert "<img" not in page
    assert page.count("</script>") == 2
    assert "\x1b" not in page
    assert not re.search(r"<\w[^>]*\s(src|href)\s*=", page)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'")
    assert "unsafe" not in policy[1]


def test_quantised_values_are_those_of_the_signal() -> None:
    values = np.random.default_rng(1).standard_normal(1000) * 1e5
    values[[3, 500]] = np.nan
    packed = quantised(values)
    restored = np.array([np.nan if q is None else q for q in packed["q"]], dtype=float)
    restored = packed["low"] + restored * packed["step"]
    np.testing.assert_allclose(restored, values, atol=np.nanmax(np.abs(values)) * 2e-4)


def test_no_extreme_of_a_long_signal_is_lost() -> None:
    values = np.random.default_rng(2).standard_normal(100_000)
    values[[123, 77_777]] = 50, -60
    packed = extremes(values, 500)
    high = packed["high"]["low"] + np.array(packed["high"]["q"]) * packed["high"]["step"]
    low = packed["low"]["low"] + np.array(packed["low"]["q"]) * packed["low"]["step"]
    assert high.max() == pytest.approx(50, abs=0.02)
    assert low.min() == pytest.approx(-60, abs=0.02)
    assert high.argmax() == 123 // packed["edge"]
    assert low.argmin() == 77_777 // packed["edge"]


def share_found(found: Detection, size: float, rng: np.random.Generator) -> float:
    """Share of bursts of a size, added to the recording one at a time, that a detection finds."""
    hits = []
    for at in rng.integers(500, found.recording.n_samples - 500, 8).tolist():
        values = found.recording.values.copy()
        values[at : at + 64, 0] += size * rng.standard_normal(64)
        again = spectra.detect(Recording.from_array(values, FS), alpha=found.alpha).intervals
        hits.append(bool(((again.first < at + 64) & (again.last >= at)).any()))
    return float(np.mean(hits))


@pytest.mark.parametrize("rhythm", [0.0, 3.0])
def test_recording_without_alarms_says_so_and_how_small_a_burst_would_have_been_found(
    rhythm: float,
) -> None:
    rng = np.random.default_rng(3)
    values = rng.standard_normal(6000) + rhythm * np.sin(0.13 * np.arange(6000))
    found = spectra.detect(Recording.from_array(values, FS), alpha=1e-4)
    assert not len(found.alarms)
    page = report(found)
    assert "No alarm" in page
    assert "A burst of noise of 64 rows (640 ms) would have been found from" in page
    assert numbers(page)["channels"][0]["high"]["q"]
    size = smallest_burst(found, 0)
    assert size is not None
    assert share_found(found, size, rng) >= 0.5
    assert share_found(found, 2 * size, rng) >= 0.75
    assert share_found(found, size / 4, rng) <= 0.25


def test_a_recording_shorter_than_a_burst_is_not_asked_for_one() -> None:
    page = report(spectra.detect(np.random.default_rng(0).normal(size=40)))
    assert "No alarm: " in page
    assert "burst of noise" not in page


def test_notes_keep_the_names_of_options_on_one_line() -> None:
    page = report(spectra.detect(np.random.default_rng(0).normal(size=400)))
    note = 'No sampling rate is known (<span class="option">--fs</span> gives one)'
    assert note in page
    assert ".option { white-space: nowrap; }" in page


def test_smallest_burst_is_sought_beside_gaps_and_not_in_channels_without_alarms() -> None:
    values = np.random.default_rng(4).standard_normal((6000, 3))
    values[2500:3500, 0] = np.nan
    values[:, 1] = np.arange(6000) // 1000 % 2
    values[:, 2] = 5.0
    found = spectra.detect(Recording.from_array(values, FS), alpha=1e-6)
    assert smallest_burst(found, 0) is not None
    assert smallest_burst(found, 1) is None
    assert smallest_burst(found, 2) is None
    values[np.arange(6000) % 150 < 40, 0] = np.nan
    assert smallest_burst(spectra.detect(Recording.from_array(values, FS), alpha=1e-6), 0) is None


def test_many_alarms_and_channels_stay_small() -> None:
    rng = np.random.default_rng(4)
    values = rng.standard_normal((32_000, 12))
    values[6_000::250, 3] += 30
    found = spectra.detect(Recording.from_array(values, FS), normal_rows=(0, 6_000))
    page = report(found)
    assert len(found.alarms) > 100
    data = numbers(page)
    assert len(data["channels"]) == 8
    assert len(data["explained"]) == 20
    assert 3 in [one["index"] for one in data["channels"]]
    assert len(page) < 3_000_000


def test_the_rows_around_an_alarm_of_a_long_recording_are_kept() -> None:
    values = np.random.default_rng(6).standard_normal(100_000)
    values[70_000:70_040] += 9
    found = spectra.detect(Recording.from_array(values, FS), alpha=1e-6)
    data = numbers(report(found))
    assert data["channels"][0]["edge"] > 1
    for snippet, expected in zip(data["snippets"], [values, found.step_scores.z], strict=True):
        assert snippet["edge"] == 1
        assert snippet["row"] <= 70_000 - 128
        packed = snippet["high"]
        restored = packed["low"] + np.array(packed["q"]) * packed["step"]
        begin = snippet["row"] // (1 if snippet["channel"] == 0 else found.step)
        np.testing.assert_allclose(restored, expected[begin : begin + restored.size], atol=2e-3)


def test_a_spectrum_of_long_frames_keeps_its_lines_in_few_points() -> None:
    t = np.arange(200_000) / FS
    values = np.random.default_rng(12).standard_normal(t.size) + 2 * np.sin(2 * np.pi * 31.7 * t)
    event = slice(120_000, 150_000)
    values[event] += 2 * np.sin(2 * np.pi * 44.3 * t[event])
    values[event] -= 2 * np.sin(2 * np.pi * 31.7 * t[event])
    method = spectra.Spectral(nperseg=8192)
    found = spectra.detect(Recording.from_array(values, FS), method=method, normal_rows=(0, 90_000))
    number = int(found.alarms["score"].argmax())
    spectrum = numbers(report(found))["explained"][number]["spectrum"]
    assert len(spectrum["frequency"]) <= 300
    frequency, inside = np.array(spectrum["frequency"]), np.array(spectrum["inside"])
    assert frequency[inside.argmax()] == pytest.approx(44.3, abs=0.02)
    assert frequency[np.argmax(spectrum["normal"])] == pytest.approx(31.7, abs=0.02)


@pytest.fixture(scope="module")
def broken() -> Detection:
    """Vibration of a bearing that breaks."""
    vibration = generators.bearing_outer_race(np.random.default_rng(0))
    method = spectra.Spectral(nperseg=256, view="magnitude")
    return spectra.detect(vibration, normal_rows=(0, 36_000), alpha=1e-6, method=method)


@pytest.fixture(scope="module")
def bearing_page(broken: Detection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "bearing.html"
    spectra.write_report(broken, path, bearing="6205", rpm=1797)
    return path


def test_a_bearing_is_tested_in_each_explanation(
    broken: Detection, bearing_page: Path, tmp_path: Path
) -> None:
    path = tmp_path / "bearing.html"
    one = numbers(bearing_page.read_text(encoding="utf-8"))["explained"][0]
    assert one["details"]["bearing"].startswith("outer race (BPFO)")
    stands = [name for name, _, _, first in one["envelope"]["lines"] if first]
    assert stands == ["BPFO"]
    frequency, amplitude = (np.array(one["envelope"][key]) for key in ("frequency", "amplitude"))
    peak = frequency[amplitude.argmax()]
    assert peak == pytest.approx(Bearing.of("6205").frequencies(1797)["BPFO"], rel=0.02)
    quiet = np.random.default_rng(0).standard_normal(24_000)
    method = spectra.Spectral(nperseg=64)
    healthy = spectra.detect(quiet, fs=broken.fs, alpha=1e-12, method=method)
    spectra.write_report(healthy, path, bearing="6205", rpm=1797)
    assert "Bearing: no defect stands out" in path.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="give both"):
        spectra.write_report(healthy, path, rpm=1797)


def test_only_the_strongest_of_very_many_alarms_are_listed(
    found: Detection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content_room, "MOST_LISTED", 1)
    strongest = int(found.alarms["score"].argmax()) + 1
    listed = numbers(report(found))["alarms"]
    assert listed["number"] == [strongest]
    assert listed["first"] == [int(found.intervals.first[strongest - 1])]
    assert {len(column) for column in listed.values()} == {1}


def test_gaps_and_dates_are_kept() -> None:
    index = pd.date_range("2024-01-01", periods=4000, freq="h", tz="Europe/Berlin")
    series = pd.Series(np.random.default_rng(5).standard_normal(4000), index=index)
    series.iloc[1000:1100] = np.nan
    series.iloc[2000:2040] += 8
    data = numbers(report(spectra.detect(series)))
    assert data["time"]["kind"] == "date"
    assert data["time"]["zone"] == "Europe/Berlin"
    assert data["time"]["start"] == pd.Timestamp("2024-01-01", tz="Europe/Berlin").timestamp()
    assert data["channels"][0]["high"]["q"].count(None) >= 30


def test_command_writes_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.savetxt("x y.csv", humming()[:, 1], header="x", comments="")
    arguments = ["detect", "x y.csv", "--report", "r.html", "--fs", "100", "--format", "json"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    page = Path("r.html").read_text(encoding="utf-8")
    assert "spectra detect &#x27;x y.csv&#x27; --report r.html --fs 100" in page
    fit = CliRunner().invoke(main, ["fit", "x y.csv", "-o", "m"])
    assert fit.exit_code == 0
    again = CliRunner().invoke(main, ["score", "m", "x y.csv", "--report", "r.html"])
    assert again.exit_code == 0, again.output
    assert "spectra score m" in Path("r.html").read_text(encoding="utf-8")
    for bad, status in (
        (["x y.csv", "--report", "x y.csv"], 2),
        (["x y.csv", "--report", "."], 1),
        (["x y.csv", "--report", "r.html", "--rpm", "1797"], 2),
        (["x y.csv", "--bearing", "6205", "--rpm", "1797"], 2),
        (["x y.csv", "--report", "r.html", "--bearing", "6999", "--rpm", "1797"], 2),
    ):
        assert CliRunner().invoke(main, ["detect", *bad]).exit_code == status


def test_pixels_are_the_levels_of_the_spectrogram(found: Detection) -> None:
    data = numbers(report(found))
    one = data["spectrograms"][1]
    levels = np.frombuffer(base64.b64decode(one["pixels"]), np.uint8)
    levels = levels.reshape(len(one["rows"]) - 1, len(one["edges"]) - 1).T
    low, high = one["limits"]
    expected = spectrogram_of(found, 1, 600, 32)
    np.testing.assert_allclose(
        low + levels / 254 * (high - low),
        np.clip(expected.decibels, low, high),
        atol=(high - low) / 250,
    )
    first, last = int(found.intervals.first[0]), int(found.intervals.last[0])
    assert any(
        each["channel"] == 1 and each["rows"][0] < first < last < each["rows"][-1]
        for each in data["finer"]
    )


def test_gaps_are_the_last_level_of_a_pixel() -> None:
    values = np.random.default_rng(7).standard_normal(8000)
    values[3000:5000] = np.nan
    (one,) = numbers(report(spectra.detect(Recording.from_array(values, FS))))["spectrograms"]
    levels = np.frombuffer(base64.b64decode(one["pixels"]), np.uint8)
    levels = levels.reshape(len(one["rows"]) - 1, -1)
    gap = (np.array(one["rows"][:-1]) > 3200) & (np.array(one["rows"][1:]) < 4800)
    assert gap.any()
    assert (levels[gap] == 255).all()
    assert (levels[~gap] < 255).any()


def test_index_has_every_recording_the_worst_first_with_links_that_exist(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    model = spectra.learn(rng.normal(size=8000))
    loud = {"calm": 1.0, HOSTILE: 3.0, "../louder": 1.5}
    found = {
        name: spectra.score(model, factor * rng.normal(size=4000)) for name, factor in loud.items()
    }
    path = spectra.report_index(found, tmp_path / "new" / "reports")
    text = path.read_text(encoding="utf-8")
    links = re.findall(r'<a href="([^"]+)">([^<]*)</a>', text)
    assert [unescape(name) for _, name in links] == [
        "</script><img src=x onerror=alert(1)> $x$",
        "../louder",
        "calm",
    ]
    for link, _ in links:
        assert "/" not in link
        assert (path.parent / unquote(link)).is_file()
    medians = [float(np.nanmedian(each.step_scores.z)) for each in found.values()]
    shown = re.findall(r'<td data-value="[^"]*">(-?[\d.]+)</td>', text)
    assert f"{medians[1]:.2f}" in shown[:5]
    assert "<img" not in text
    assert text.count("<path") == len(found) + 1
    # Again, over what is there, and from a generator.
    assert spectra.report_index(iter(found.values()), path.parent) == path


def test_index_ranks_recordings_by_their_largest_score_those_without_an_alarm_last() -> None:
    def entry(name: str, alarms: int, share: float, strongest: float) -> Entry:
        return Entry(name, f"{name}.html", alarms, share, 0.0, strongest, 3.1, (0.0, strongest))

    entries = [
        entry("empty", 0, 0.0, float("nan")),
        entry("calm", 0, 0.0, 9.0),
        entry("long", 1, 0.4, 5.0),
        entry("short", 1, 0.01, 8.0),
    ]
    names = re.findall(r'<a href="[^"]+">([^<]*)</a>', index_page(entries))
    assert names == ["short", "long", "calm", "empty"]


def test_a_rate_has_three_digits_and_no_median_score_is_below_zero_by_rounding(
    tmp_path: Path,
) -> None:
    values = np.random.default_rng(2).normal(size=2000)
    found = spectra.detect(values, fs=1.0, false_alarms="1/day")
    said = f"{found.alpha:.3g}"
    assert f"probability of {said} per score" in report(found)
    assert p_marks(found)[0][1] == said
    page = spectra.report_index({"a": found}, tmp_path).read_text(encoding="utf-8")
    assert not re.search(r"-0\.0+<", page)


def test_index_of_nothing_and_in_no_folder_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no detection"):
        spectra.report_index([], tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="cannot be made"):
        spectra.report_index([], tmp_path / "file" / "folder")
    with pytest.raises(TypeError, match="must be an iterable of Detection"):
        spectra.report_index([1], tmp_path)


# Where no Chromium is installed there is nothing to look with.
if executable() is not None:

    @pytest.fixture(scope="module")
    def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
        with Browser(tmp_path_factory.mktemp("profile")) as page:
            yield page

    @pytest.fixture(scope="module")
    def page(found: Detection, tmp_path_factory: pytest.TempPathFactory) -> Path:
        path = tmp_path_factory.mktemp("report") / "report.html"
        spectra.write_report(found, path)
        return path

    @pytest.mark.parametrize("width", [1280, 390])
    @pytest.mark.parametrize("dark", [False, True])
    def test_page_opens_without_error_or_request(
        browser: Browser, page: Path, width: int, dark: bool
    ) -> None:
        browser.open(page, width, dark=dark)
        browser.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        assert browser.problems() == []
        assert browser.requests() == [page.resolve().as_uri()]
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
        assert browser.evaluate("document.querySelectorAll('path.signal').length") >= 3
        texts = browser.evaluate("document.body.innerText")
        assert "</script><img src=x onerror=alert(1)>" in texts
        assert browser.evaluate("document.images.length") == 0

    def test_signal_and_score_are_drawn_on_both_sides_of_a_gap(
        browser: Browser, tmp_path: Path
    ) -> None:
        values = np.random.default_rng(0).normal(size=2000)
        values[900:1200] = np.nan
        spectra.write_report(spectra.detect(values, fs=FS), tmp_path / "gap.html")
        browser.open(tmp_path / "gap.html", 1280)
        assert browser.problems() == []
        for kind in ("signal", "score"):
            line = f"document.querySelector('.chart path.{kind}').getAttribute('d')"
            text = browser.evaluate(line)
            assert text.count("M") == 2
            assert "Infinity" not in text

    def test_spectrogram_shares_the_time_and_follows_the_chosen_alarm(
        browser: Browser, page: Path, found: Detection
    ) -> None:
        browser.open(page, 1280)
        shown = "document.querySelectorAll('.chart canvas')"
        assert browser.evaluate(f"{shown}.length") == 1
        browser.evaluate("listenTo(0); drawTime()")
        assert browser.evaluate("document.getElementById('heard').value") == "0"
        browser.evaluate("document.querySelector('tr[data-alarm=\"1\"]').click()")
        # The tone of 20 Hz sounds in channel 1, and is the brightest of the pixels in the alarm.
        assert browser.evaluate("heard.channel") == 1
        pixels = (
            f"(() => {{ const c = {shown}[0]; const y = frequencyAxis(heard.edges);"
            " const row = (f) => c.height - 1 - Math.floor(y.map(f) / y.map(y.hi) * c.height);"
            " const middle = (data.alarms.first[0] + data.alarms.last[0]) / 2;"
            " const x = Math.floor((middle - view.lo) / (view.hi - view.lo) * c.width);"
            " const at = (f) => [...c.getContext('2d').getImageData(x, row(f), 1, 1).data];"
            " return [at(20), at(40)]; })()"
        )
        tone, quiet = browser.evaluate(pixels)
        assert tone[1] > quiet[1] + 40

    def test_the_spectrogram_stays_on_its_axes_where_a_chart_is_scaled(
        browser: Browser, page: Path
    ) -> None:
        browser.open(page, 1280)
        # As on paper: the charts of a screen, in less width.
        browser.evaluate("document.querySelector('main').style.width = '500px'")
        canvas, svg, inner = browser.evaluate(
            "(() => { const c = document.querySelector('.chart canvas');"
            " const svg = c.nextElementSibling, clip = svg.querySelector('clipPath rect');"
            " const box = (e) => { const b = e.getBoundingClientRect();"
            " return [b.left, b.top, b.width, b.height]; };"
            " const size = ['x', 'y', 'width', 'height'].map((k) => Number(clip.getAttribute(k)));"
            " return [box(c), box(svg), size.concat(svg.viewBox.baseVal.width)]; })()"
        )
        scale = svg[2] / inner[4]
        assert scale < 0.5
        expected = [svg[0] + scale * inner[0], svg[1] + scale * inner[1]]
        expected += [scale * inner[2], scale * inner[3]]
        np.testing.assert_allclose(canvas, expected, atol=1.0)

    def test_the_envelope_of_an_alarm_is_drawn_with_its_defects(
        browser: Browser, bearing_page: Path
    ) -> None:
        browser.open(bearing_page, 390, dark=True)
        browser.evaluate("document.querySelector('#explained details').open = true")
        browser.evaluate("new Promise((done) => setTimeout(done, 100))")
        assert browser.problems() == []
        assert browser.evaluate("document.querySelectorAll('.envelope line.defect').length") == 16
        stands = (
            "[...new Set([...document.querySelectorAll('line.stands')].map((e) => e.classList[1]))]"
        )
        assert browser.evaluate(stands) == ["bpfo"]
        assert browser.evaluate("document.documentElement.scrollWidth") <= 390

    def test_sort_sorts(browser: Browser, page: Path) -> None:
        browser.open(page, 1280)
        rows = "[...document.querySelectorAll('tbody tr')].map((row) => Number(row.dataset.alarm))"
        count = browser.evaluate(f"{rows}.length")
        assert browser.evaluate(rows) == list(range(1, count + 1))
        heading = "[...document.querySelectorAll('th button')].find((b) => b.textContent.startsWith"
        browser.evaluate(f"{heading}('start')).click()")
        assert browser.evaluate(rows) == list(range(count, 0, -1))
        browser.evaluate(f"{heading}('p-value')).click()")
        z = browser.evaluate("data.alarms.z")
        expected = sorted(range(1, count + 1), key=lambda number: (-z[number - 1], number))
        assert browser.evaluate(rows) == expected

    def test_click_jumps_to_the_alarm_and_opens_its_explanation(
        browser: Browser, page: Path, found: Detection
    ) -> None:
        browser.open(page, 1280)
        browser.evaluate("document.querySelector('tr[data-alarm=\"2\"]').click()")
        low, high = browser.evaluate("[view.lo, view.hi]")
        first, last = (int(found.intervals.first[1]), int(found.intervals.last[1]))
        assert low < first < last < high
        assert high - low < 0.5 * found.recording.n_samples
        assert browser.evaluate("document.getElementById('alarm-2').open")
        drawn = "document.querySelector('#alarm-2 .around path.signal').getAttribute('d').length"
        assert browser.evaluate(drawn) > 100

    def test_drag_and_keys_zoom(browser: Browser, page: Path) -> None:
        browser.open(page, 1280)
        box = browser.evaluate(
            "(() => { const b = document.querySelector('.zoom').getBoundingClientRect();"
            " return [b.left, b.top, b.width, b.height]; })()"
        )
        y = box[1] + box[3] / 2
        for kind, x in (("mousePressed", 0.4), ("mouseMoved", 0.5), ("mouseReleased", 0.6)):
            browser.send(
                "Input.dispatchMouseEvent",
                type=kind,
                x=box[0] + x * box[2],
                y=y,
                button="left",
                buttons=1,
                clickCount=1,
            )
        span = browser.evaluate("view.hi - view.lo")
        assert 0.1 < span / browser.evaluate("data.n_rows") < 0.4
        browser.evaluate("document.getElementById('out').click()")
        assert browser.evaluate("view.hi - view.lo") == pytest.approx(2 * span)
        browser.evaluate("document.getElementById('whole').click()")
        assert browser.evaluate("view.hi - view.lo") == browser.evaluate("data.n_rows")

    @pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
    def test_index_opens_without_error_or_request_and_sorts(
        browser: Browser, found: Detection, tmp_path: Path, width: int, dark: bool
    ) -> None:
        calm = spectra.detect(np.random.default_rng(9).standard_normal(4000), alpha=1e-9)
        index = spectra.report_index({HOSTILE: found, "calm": calm}, tmp_path)
        browser.open(index, width, dark=dark)
        assert browser.problems() == []
        assert browser.requests() == [index.resolve().as_uri()]
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
        names = "[...document.querySelectorAll('tbody tr')].map((row) => row.cells[0].innerText)"
        assert browser.evaluate(names) == ["1", "2"]
        browser.evaluate("headings[2].click()")
        assert browser.evaluate(names) == ["2", "1"]
        browser.evaluate("headings[2].click()")
        assert browser.evaluate(names) == ["1", "2"]

    def test_ten_thousand_alarms_stay_usable(browser: Browser, page: Path, tmp_path: Path) -> None:
        text = page.read_text(encoding="utf-8")
        data = numbers(text)
        n = 10_000
        data["n_rows"] = 40 * n
        data["explained"] = data["snippets"] = data["finer"] = []
        data["alarms"] = {
            "number": list(range(1, n + 1)),
            "first": list(range(0, 40 * n, 40)),
            "last": list(range(9, 40 * n, 40)),
            "p": ["1.0e-05"] * n,
            "z": [4.0 + (i * 7919 % n) / n for i in range(n)],
            "channel": [i % 2 for i in range(n)],
            "band": ["20 Hz"] * n,
            "lasting": ["100 ms"] * n,
            "low": [10.0] * n,
            "high": [30.0] * n,
        }
        packed = json.dumps(data).replace("<", "\\u003c")
        begin = text.index('id="data">') + len('id="data">')
        end = text.index("</script>", begin)
        many = tmp_path / "many.html"
        many.write_text(text[:begin] + packed + text[end:], encoding="utf-8")
        browser.open(many, 1280)
        assert browser.problems() == []
        assert browser.evaluate("document.querySelectorAll('tbody tr').length") == 100
        assert browser.evaluate("document.querySelectorAll('rect').length") < 5000
        browser.evaluate("document.getElementById('more').click()")
        assert browser.evaluate("document.querySelectorAll('tbody tr').length") == 600
        last = "document.querySelectorAll('tbody tr')[599].click()"
        browser.evaluate(last)
        assert browser.evaluate("view.lo <= 599 * 40 && view.hi >= 599 * 40 + 9")
