"""The figures of one alarm and of the calibration hold what the explanation and scores hold."""

import dataclasses
from functools import cache
from pathlib import Path

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure
from matplotlib.text import Text
from scipy.stats import norm

import spectra
from spectra.cli import main
from spectra.datasets import Recording, generators
from spectra.detection import Detection
from spectra.goodness import RATES, normal_scores, plotted, rates

FS = 100.0


@pytest.fixture(scope="module")
def found() -> Detection:
    """Noise that hums for a while, in a channel whose name is a formula."""
    rng = np.random.default_rng(0)
    values = rng.standard_normal((8000, 2))
    values[5000:5300, 1] += 5 * np.sin(0.4 * np.pi * np.arange(300))
    return spectra.detect(Recording.from_array(values, FS, ["a", "$x_1$ <b>"]), alpha=1e-5)


@pytest.fixture(scope="module")
def strongest(found: Detection) -> int:
    return int(found.alarms["score"].argmax()) + 1


def test_alarm_is_drawn_with_its_units_and_its_sentence(found: Detection, strongest: int) -> None:
    figure = spectra.plot_alarm(found, strongest)
    figure.draw_without_rendering()
    upper, lower = figure.axes
    assert upper.get_ylabel() == "$x_1$ <b>"
    assert lower.get_xlabel() == "frequency (Hz)"
    assert lower.get_ylabel() == "amplitude (dB re the unit of the channel)"
    title = figure.get_suptitle().replace("\n", " ")
    assert found.explain(strongest).sentence in title


def test_normal_stretch_lies_over_the_signal_where_it_was_laid(
    found: Detection, strongest: int
) -> None:
    explained = found.explain(strongest)
    upper, _ = spectra.plot_alarm(found, strongest).axes
    signal, normal = upper.lines
    start, nperseg = explained.frame
    np.testing.assert_allclose(normal.get_xdata(), np.arange(start, start + nperseg) / FS)
    np.testing.assert_array_equal(normal.get_ydata(), explained.similar.values)
    rows = np.rint(np.asarray(signal.get_xdata()) * FS).astype(int)
    np.testing.assert_array_equal(signal.get_ydata(), found.recording.values[rows, 1])
    assert rows[0] < explained.first_row < explained.last_row < rows[-1]


def test_spectrum_of_the_alarm_is_highest_in_the_marked_band(
    found: Detection, strongest: int
) -> None:
    _, lower = spectra.plot_alarm(found, strongest).axes
    normal, inside = lower.lines
    gain = np.asarray(inside.get_ydata()) - np.asarray(normal.get_ydata())
    at = np.asarray(inside.get_xdata())[gain.argmax()]
    band = found.explain(strongest).bands[0]
    assert band.f_low <= at <= band.f_high


def test_alarm_of_a_recording_with_dates_and_gaps_is_drawn() -> None:
    index = pd.date_range("2024-01-01", periods=3000, freq="h")
    values = np.random.default_rng(1).standard_normal(3000)
    values[2000:2040] += 9
    values[1000:1100] = np.nan
    series = pd.Series(values, index=index)
    found = spectra.detect(series)
    for number in range(1, len(found.alarms) + 1):
        spectra.plot_alarm(found, number).draw_without_rendering()


def test_scores_of_other_noise_follow_the_line() -> None:
    rng = np.random.default_rng(2)
    found = spectra.score(spectra.learn(rng.standard_normal(100_000)), rng.standard_normal(50_000))
    z = normal_scores(found)
    expected = norm.ppf((np.arange(1, z.size + 1) - 0.5) / z.size)
    middle = slice(z.size // 10, -z.size // 10)
    assert np.abs(z[middle] - expected[middle]).max() < 0.35


def test_steps_taken_for_anomalous_are_left_out_of_a_recording_of_its_own(found: Detection) -> None:
    z = found.step_scores.z
    kept = normal_scores(found)
    assert 0 < found.fusion.suspected == pytest.approx(1 - kept.size / z.size)
    np.testing.assert_array_equal(kept, np.sort(z)[: kept.size])
    assert normal_scores(dataclasses.replace(found, own=False)).size == z.size


@pytest.mark.parametrize("n", [1, 2, 3, 50, 5000])
def test_points_of_the_plot_keep_the_smallest_and_the_largest_rank(n: int) -> None:
    ranks, expected = plotted(n, 100)
    assert (ranks[0], ranks[-1]) == (1, n)
    assert ranks.size == min(n, ranks.size) <= 100
    np.testing.assert_allclose(expected, norm.ppf((ranks - 0.5) / n), atol=1e-12)
    if n == 50:
        np.testing.assert_array_equal(ranks, np.arange(1, 51))


def test_rates_are_the_shares_of_smaller_p_values(found: Detection) -> None:
    everywhere, away = rates(found)
    p = found.step_scores.p_value
    for rate, share in zip(RATES[::12], everywhere[::12], strict=True):
        assert share == pytest.approx((p < rate).mean(), abs=1e-3)
    longest, step = max(found.npersegs), found.step
    kept = [
        value
        for j, value in enumerate(p)
        if not any(
            first - longest <= j * step <= last + longest
            for first, last in zip(found.intervals.first, found.intervals.last, strict=True)
        )
    ]
    assert len(kept) < len(p)
    for rate, share in zip(RATES[::12], away[::12], strict=True):
        assert share == pytest.approx((np.array(kept) < rate).mean(), abs=1e-3)
    assert (away <= everywhere + 1e-12).all()


def test_calibration_is_drawn_with_its_titles(found: Detection) -> None:
    figure = spectra.plot_calibration(found)
    figure.draw_without_rendering()
    left, right = figure.axes
    assert left.get_ylabel() == "standard score of the step"
    assert right.get_ylabel() == "share of steps with a smaller p-value"
    assert figure.get_suptitle().startswith("array: calibration")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    np.savetxt("x.csv", np.random.default_rng(0).standard_normal(3000), header="x", comments="")
    return tmp_path


@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_command_draws_into_a_file(folder: Path, ending: str) -> None:
    result = CliRunner().invoke(main, ["detect", "x.csv", "--plot", f"x{ending}"])
    assert result.exit_code == 0, result.output
    content = Path(f"x{ending}").read_bytes()
    assert content.startswith({".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[ending])
    assert len(content) < 1_000_000
    if ending == ".png":
        assert matplotlib.image.imread(f"x{ending}").std() > 0


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["x.csv", "--plot", "x.gif"], 2, "must end in .png"),
        (["x.csv", "--report", "x.pdf"], 2, "'x.pdf' would hold HTML"),
        (["x.csv", "-o", "x.parquet"], 2, "'x.parquet' would hold CSV: give a name that ends in"),
        (["x.csv", "-o", "x.json.gz"], 2, "'x.json.gz' would hold CSV: give a name that ends in"),
        (["x.csv", "-o", "x.zip"], 2, "'x.zip' would hold CSV: give a name that ends in"),
        (["x.csv", "-o", "x.tsv"], 2, "'x.tsv' would hold CSV: give a name that ends in"),
        (["x.csv", "--plot", "none/x.png"], 1, "there is no folder"),
        (["x.csv", "x.csv", "--plot", "x.png"], 2, "one FILE"),
    ],
)
def test_file_that_cannot_be_written_is_refused_before_the_work(
    folder: Path, arguments: list[str], status: int, message: str
) -> None:
    result = CliRunner().invoke(main, ["detect", *arguments])
    assert result.exit_code == status
    assert message in result.stderr
    assert not result.stdout


@pytest.fixture(scope="module")
def ordered() -> Detection:
    recording = generators.order_anomalies(np.random.default_rng(0))
    return spectra.detect(recording, method="sequence")


def test_attention_of_each_frame_adds_up_to_one_and_leaves_out_its_own_time(
    ordered: Detection,
) -> None:
    values, nperseg = ordered.recording.values, ordered.npersegs[0]
    found = ordered.model.fitted.attention(values, slice(4000, 6000), 500, own=True)
    np.testing.assert_allclose(found.weights.sum(axis=1), 1, rtol=1e-5)
    assert (np.diff(found.normal_start) > 0).all()
    near = np.abs(found.start[:, None] - found.normal_start) < nperseg
    assert near.any()
    assert (found.weights[near] == 0).all()
    assert found.start[0] >= 4000
    assert found.start[-1] + nperseg <= 6000
    assert found.start.size <= 500


def test_attention_is_that_of_the_prediction(ordered: Detection) -> None:
    values = ordered.recording.values
    model = ordered.model.fitted
    base = model.mixture.best.base
    memory = base.past[0]
    found = model.attention(values, slice(4000, 6000), 500, own=True)
    # Slowly, one frame at a time: softmax of the squared distances of the pasts.
    features = base.frames(base.frames.scaled(values))
    order = np.argsort(memory.index, kind="stable")
    for number in (0, 40, len(found.start) - 1):
        frame = int(found.start[number]) // base.frames.grid.hop
        lags = [frame - lag * memory.stride for lag in range(memory.length, 0, -1)]
        query = (features[lags] @ base.basis).ravel().astype(float)
        D = ((memory.keys.astype(float) - query) ** 2).sum(axis=1)
        D[np.abs(memory.index - frame) < memory.stride] = np.inf
        weights = np.exp(-(D - D.min()) / memory.temperature)
        weights /= weights.sum()
        np.testing.assert_allclose(found.weights[number], weights[order], atol=2e-3)
        p = np.bincount(memory.tokens, weights, minlength=memory.prior.size)
        assert found.expected[number] == p.argmax()


def test_attention_around_an_alarm_is_drawn_with_its_tokens(ordered: Detection) -> None:
    figure = spectra.plot_attention(ordered, 2)
    figure.draw_without_rendering()
    signal, attention, tokens = figure.axes[:3]
    assert signal.get_ylabel() == "value"
    assert attention.get_ylabel() == "time of the normal frame (s)"
    assert tokens.get_xlabel() == "time (s)"
    first = int(ordered.intervals.first[1]) / ordered.fs
    low, high = tokens.get_xlim()
    assert low < first < high


def test_attention_of_a_model_learned_elsewhere_and_of_gaps_is_drawn() -> None:
    rng = np.random.default_rng(3)
    normal = generators.order_anomalies(rng).values[:8000]
    values = generators.order_anomalies(np.random.default_rng(4)).values.copy()
    values[2000:2300] = np.nan
    found = spectra.detect(values, normal=normal, method="sequence")
    figure = spectra.plot_attention(found, 1)
    figure.draw_without_rendering()
    assert figure.axes[1].get_ylabel() == "time of the normal frame (row)"


def test_attention_of_a_long_recording_has_a_unit_that_fits() -> None:
    recording = generators.order_anomalies(np.random.default_rng(0))
    found = spectra.detect(recording.values, fs=1 / 60, method="sequence")
    attention = spectra.plot_attention(found, 1).axes[1]
    assert attention.get_ylabel() == "time of the normal frame (days)"
    assert attention.get_ylim()[1] == pytest.approx(len(recording.values) / 1440, rel=0.05)


def test_attention_of_another_method_is_refused(found: Detection, strongest: int) -> None:
    with pytest.raises(ValueError, match="method='sequence'"):
        spectra.plot_attention(found, strongest)
    with pytest.raises(TypeError, match="must be a Detection"):
        spectra.plot_attention(1, 1)


HOSTILE = [
    r"$\frac{a}{b}$ $x_{",
    "a\x1b[31m\nb\x00\u202ec",
    "温度 🙂 \udc80",
    "w" * 500,
    "%s {0} \\textbf{x} & # _ ^",
]


@cache
def hostile_figures(name: str) -> tuple[Figure, ...]:
    """The figures of a recording whose name, channel and unit are such a name."""
    values = np.random.default_rng(1).standard_normal((4000, 1))
    values[2000:2064] *= 8
    # Half of a surrogate pair stands for a byte of a file name.
    channel = name.replace("\udc80", "")
    recording = Recording.from_array(values, FS, [channel], name=name)
    recording = dataclasses.replace(recording, units=(channel,))
    found = spectra.detect(recording)
    strongest = int(found.alarms["score"].argmax()) + 1
    return (
        spectra.plot(found),
        spectra.plot_alarm(found, strongest),
        spectra.plot_calibration(found),
    )


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_hostile_names_are_drawn_as_text(name: str, form: str, tmp_path: Path) -> None:
    for figure in hostile_figures(name):
        figure.savefig(tmp_path / f"figure.{form}")
        shown = [text.get_text() for text in figure.findobj(Text)]
        assert all(line.isprintable() for text in shown for line in text.split("\n"))
        assert max(len(text) for text in shown) < 400
        if name.startswith("$"):
            dollars = [text for text in figure.findobj(Text) if "frac" in text.get_text()]
            assert dollars
            assert not any(text.get_parse_math() for text in dollars)
