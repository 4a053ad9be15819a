"""A figure of a detection holds what the detection and its signal hold."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.collections import QuadMesh
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from scipy.stats import norm

import spectra
from spectra.datasets import Recording, generators
from spectra.pipeline import detect
from spectra.plots import plot
from spectra.plots.axes import draw_frequency_axis
from spectra.plots.columns import COLUMNS, envelope
from spectra.signal.frames import FrameGrid
from spectra.spectral.settings import Spectral
from spectra.spectrogram import spectrogram_of

FS = 100.0
FRAMES = Spectral(nperseg=50)


def sine(n=4000, frequency=20.0, amplitude=3.0, seed=0):
    """A sine in a little noise."""
    rng = np.random.default_rng(seed)
    return amplitude * np.sin(
        2 * np.pi * frequency * np.arange(n) / FS
    ) + 0.01 * rng.standard_normal(n)


def parts(figure):
    """The axes of the channels, of the score, of the spectrogram, and of its colours."""
    *signals, score, spectrogram, colours = figure.axes
    return signals, score, spectrogram, colours


def shaded(ax):
    """Start and end of what is shaded, in the order of time."""
    boxes = [
        path.get_extents()
        for collection in ax.collections
        if not isinstance(collection, QuadMesh) and collection.get_facecolor().size
        for path in collection.get_paths()
    ]
    return np.array(sorted((box.x0, box.x1) for box in boxes)).reshape(-1, 2)


def mesh(ax):
    """Decibels (rows, columns) with the edges of its columns and rows."""
    (found,) = (collection for collection in ax.collections if isinstance(collection, QuadMesh))
    corners = found.get_coordinates()
    return (
        np.ma.asarray(found.get_array()).reshape(len(corners) - 1, -1),
        corners[0, :, 0],
        corners[:, 0, 1],
    )


@pytest.fixture(scope="module")
def shift():
    """A level shift, found, and nothing else.

    It is far less probable than chance on any of these frames.
    """
    return detect(generators.level_shift(np.random.default_rng(1)), alpha=1e-6)


def test_axes_are_named_with_their_units(shift):
    figure = plot(shift)
    (signal,), score, spectrogram, colours = parts(figure)
    assert signal.get_ylabel() == "value"
    assert score.get_ylabel() == "score z"
    (p_values,) = score.child_axes
    assert p_values.get_ylabel() == "p-value"
    for z, text in zip(p_values.get_yticks(), p_values.get_yticklabels(), strict=True):
        assert float(text.get_text()) == pytest.approx(norm.sf(z))
    assert "1e-06" in [text.get_text() for text in p_values.get_yticklabels()]
    assert spectrogram.get_ylabel() == "frequency (Hz)"
    assert spectrogram.get_xlabel() == "time (s)"
    assert colours.get_ylabel() == "amplitude (dB re 1 unit)"
    assert signal.get_title(loc="left") == "Signal; shaded: alarms"
    assert figure.get_suptitle() == "level-shift: 1 alarm (false-alarm probability 1e-06 per score)"


def test_recording_without_alarms_is_drawn():
    figure = plot(detect(np.random.default_rng(0).standard_normal(5000), alpha=1e-12))
    figure.draw_without_rendering()
    assert figure.get_suptitle() == "array: no alarms (false-alarm probability 1e-12 per score)"
    assert all(len(shaded(ax)) == 0 for ax in figure.axes[:-1])


def test_figure_is_drawn_without_a_window(shift):
    assert plot(shift)._repr_png_().startswith(b"\x89PNG\r\n")


def test_pyplot_and_its_global_state_are_not_used():
    program = "import sys; import spectra.plots; sys.exit('matplotlib.pyplot' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_plot_is_a_public_name(shift):
    assert spectra.plot(shift).get_suptitle() == plot(shift).get_suptitle()


def test_short_recording_is_drawn_as_it_is():
    recording = generators.level_shift(np.random.default_rng(1), n_samples=2000, length=300)
    (signal,), *_ = parts(plot(detect(recording)))
    np.testing.assert_array_equal(signal.lines[0].get_xdata(), np.arange(2000) / FS)
    np.testing.assert_array_equal(signal.lines[0].get_ydata(), recording.values[:, 0])


@given(
    arrays(
        np.float64,
        st.integers(2, 9 * COLUMNS),
        elements=st.floats(-9, 9),
        fill=st.sampled_from([0.0, np.nan]),
    )
)
@settings(deadline=None, max_examples=30)
def test_decimation_keeps_the_extremes_of_every_stretch(values):
    rows = np.arange(len(values), dtype=float)
    x, y = envelope(values, rows)
    assert len(x) <= 2 * COLUMNS
    assert (np.diff(x) >= 0).all()
    for place in np.flatnonzero(np.abs(values) == np.nanmax(np.abs(values), initial=0)):
        column = np.searchsorted(x, place, side="right") - 1
        # In the column of the row, at one of its two ends.
        assert values[place] in y[max(column - 1, 0) : column + 1]


def test_spike_in_a_long_recording_is_seen():
    values = np.random.default_rng(2).standard_normal(200_000)
    values[123_456] = 40.0
    (signal,), *_ = parts(plot(detect(values)))
    line = signal.lines[0]
    assert len(line.get_xdata()) <= 2 * COLUMNS
    assert line.get_ydata().max() == 40.0
    assert line.get_xdata()[line.get_ydata().argmax()] == pytest.approx(
        123_456, abs=200_000 / COLUMNS
    )


def test_scores_of_a_long_recording_are_the_largest_of_their_columns():
    detection = detect(np.random.default_rng(2).standard_normal(20_000))
    z = detection.step_scores.z
    assert z.size > 2 * COLUMNS
    curve = parts(plot(detection))[1].lines[0]
    assert len(curve.get_ydata()) == COLUMNS
    assert curve.get_ydata().max() == z.max()
    assert (np.diff(curve.get_xdata()) > 0).all()
    assert set(curve.get_ydata()) <= set(z)


@pytest.mark.parametrize("alpha", [0.05, 1e-6])
def test_score_is_that_of_the_frames_and_its_threshold_that_of_alpha(alpha):
    detection = detect(generators.level_shift(np.random.default_rng(1)), alpha=alpha)
    _, score, *_ = parts(plot(detection))
    curve, threshold = score.lines
    np.testing.assert_array_equal(curve.get_ydata(), detection.step_scores.z)
    centres = (np.arange(detection.step_scores.z.size) + 0.5) * detection.step
    np.testing.assert_allclose(curve.get_xdata(), centres / FS)
    np.testing.assert_allclose(threshold.get_ydata(), norm.isf(alpha), rtol=1e-12)
    above = detection.step_scores.z > norm.isf(alpha)
    np.testing.assert_array_equal(above, detection.step_scores.p_value < alpha)


def test_alarms_are_shaded_on_all_axes(shift):
    expected = np.column_stack([shift.alarms["start"], shift.alarms["end"] + 1]) / FS
    assert len(expected) > 0
    signals, score, spectrogram, _ = parts(plot(shift))
    for ax in (*signals, score, spectrogram):
        np.testing.assert_allclose(shaded(ax), expected)


def test_alarm_is_darker_in_its_channel_and_its_band_outlined_in_its_spectrogram():
    values = np.column_stack([sine(seed=1), sine(seed=2)])
    values[2000:2200, 1] += 3 * np.sin(2 * np.pi * 40 * np.arange(200) / FS)
    detection = detect(
        Recording.from_array(values, fs=FS, channels=("left", "right")), method=FRAMES, alpha=1e-12
    )
    assert set(detection.alarms["channel"]) == {"right"}
    (left, right), _, spectrogram, _ = parts(plot(detection))
    assert max(c.get_alpha() for c in left.collections if len(c.get_paths())) < max(
        c.get_alpha() for c in right.collections if len(c.get_paths())
    )
    assert spectrogram.get_title(loc="left").startswith("Spectrogram of right; boxes: ")
    outlines = [
        c
        for c in spectrogram.collections
        if not isinstance(c, QuadMesh) and not c.get_facecolor().size
    ]
    boxes = [path.get_extents() for collection in outlines for path in collection.get_paths()]
    assert [(box.y0, box.y1) for box in boxes] == list(
        detection.alarms[["f_low", "f_high"]].itertuples(index=False, name=None)
    )


@pytest.mark.parametrize("frequency", [4.0, 20.0, 44.0])
def test_spectrogram_reads_the_amplitude_of_a_sine_at_its_frequency(frequency):
    detection = detect(Recording.from_array(sine(frequency=frequency), fs=FS), method=FRAMES)
    decibels, _, rows = mesh(parts(plot(detection))[2])
    strongest = decibels.argmax(axis=0)
    assert (rows[strongest] <= frequency).all()
    assert (rows[strongest + 1] >= frequency).all()
    # The noise, 50 dB below the sine, moves its amplitude by a part in 300.
    np.testing.assert_allclose(decibels.max(axis=0), 20 * np.log10(3.0), atol=0.05)


def test_spectrogram_reaches_from_end_to_end_and_from_zero_to_half_the_sampling_rate():
    detection = detect(Recording.from_array(sine(4001), fs=FS), method=FRAMES)
    ax = parts(plot(detection))[2]
    _, columns, rows = mesh(ax)
    assert (columns[0], columns[-1]) == ax.get_xlim() == (0, 4001 / FS)
    assert (rows[0], rows[-1]) == ax.get_ylim() == (0, 50)
    # The edges between are half way between the centres of the frames.
    centres = FrameGrid(50, 25).starts(4001) + 25
    np.testing.assert_allclose(columns[1:-1], (centres[1:] + centres[:-1]) / 2 / FS)


def test_short_burst_is_seen_in_the_spectrogram_of_a_long_recording():
    values = sine(200_000)
    values[100_000:100_200] += 0.5 * np.sin(2 * np.pi * 40 * np.arange(200) / FS)
    detection = detect(Recording.from_array(values, fs=FS), method=FRAMES)
    assert len(FrameGrid(50, 25).starts(200_000)) > 2 * COLUMNS
    decibels, columns, rows = mesh(parts(plot(detection))[2])
    assert decibels.shape[1] == COLUMNS
    row = np.searchsorted(rows, 40, side="right") - 1
    at = columns[decibels[row].argmax()] * 60 * FS  # The axis is in minutes.
    assert at == pytest.approx(100_100, abs=200_000 / COLUMNS + 50)
    assert decibels[row].max() == pytest.approx(20 * np.log10(0.5), abs=0.2)


def test_gap_is_left_blank_in_the_spectrogram():
    values = sine()
    values[1000:1500] = np.nan
    detection = detect(Recording.from_array(values, fs=FS), method=FRAMES)
    decibels, columns, _ = mesh(parts(plot(detection))[2])
    blank = np.ma.getmaskarray(decibels).all(axis=0)
    np.testing.assert_array_equal(np.ma.getmaskarray(decibels).any(axis=0), blank)
    columns = columns * FS
    assert blank[(columns[:-1] >= 1000) & (columns[1:] <= 1500)].all()
    assert not blank[(columns[1:] <= 950) | (columns[:-1] >= 1550)].any()


def on_index(index):
    """A level shift on the index, found."""
    recording = generators.level_shift(np.random.default_rng(1), n_samples=len(index), length=500)
    return detect(pd.DataFrame({"value": recording.values[:, 0]}, index=index))


def test_dates_are_drawn_in_their_own_zone():
    detection = on_index(pd.date_range("2024-05-01", periods=5000, freq="1min", tz="Asia/Tokyo"))
    _, score, spectrogram, _ = parts(plot(detection))
    assert spectrogram.get_xlabel() == "time (Asia/Tokyo)"
    assert spectrogram.get_ylabel() == "frequency (cycles/h)"
    assert spectrogram.get_ylim() == (0, 30)
    # Tokyo is nine hours ahead the whole year.
    instants = detection.alarms[["start", "end"]].apply(
        lambda times: times.dt.tz_localize(None) - pd.Timedelta("9h")
    )
    expected = np.column_stack(
        [date2num(instants["start"]), date2num(instants["end"] + pd.Timedelta("1min"))]
    )
    np.testing.assert_allclose(shaded(score), expected, rtol=0, atol=1e-6)
    midnight = date2num(np.datetime64("2024-04-30T15:00"))
    assert spectrogram.xaxis.get_major_formatter().format_ticks([midnight]) == ["00:00"]
    score.set_xlim(
        pd.Timestamp("2024-05-01", tz="Asia/Tokyo"), pd.Timestamp("2024-05-02", tz="Asia/Tokyo")
    )
    assert spectrogram.get_xlim() == (midnight, midnight + 1)


def test_times_since_the_start_have_a_suitable_unit():
    detection = on_index(pd.timedelta_range("0s", periods=5000, freq="10s"))
    spectrogram = parts(plot(detection))[2]
    assert spectrogram.get_xlabel() == "time (h)"
    assert spectrogram.get_xlim() == pytest.approx((0, 5000 * 10 / 3600))


def test_index_that_repeats_itself_is_counted_in_rows():
    half = np.arange(2500)
    detection = on_index(pd.Index(np.concatenate([half, half])))
    (signal,), *_, spectrogram, _ = parts(plot(detection))
    assert spectrogram.get_xlabel() == "row"
    inside = np.flatnonzero(detection.scores["alarm"])
    assert shaded(signal)[0, 0] == inside[0]
    assert shaded(signal)[-1, 1] == inside[-1] + 1


def test_index_of_other_numbers_is_kept():
    detection = on_index(pd.Index(np.arange(5000) * 0.25 + 100))
    spectrogram = parts(plot(detection))[2]
    assert spectrogram.get_xlabel() == "index"
    assert spectrogram.get_ylabel() == "frequency (cycles/sample)"
    assert spectrogram.get_xlim() == (100, 100 + 5000 * 0.25)


def test_of_many_channels_those_with_alarms_are_drawn():
    values = np.random.default_rng(3).standard_normal((4000, 12))
    values[2000:2100, 10] += 10
    detection = detect(Recording.from_array(values, fs=FS), method=FRAMES)
    signals, *_ = parts(plot(detection))
    assert len(signals) == 8
    assert "ch11" in [ax.get_ylabel() for ax in signals]
    assert signals[0].get_title(loc="left").startswith("8 of 12 channels")


def test_spectrogram_is_that_of_the_strongest_alarm():
    values = np.random.default_rng(3).standard_normal((4000, 2))
    for start in (500, 1500):
        values[start : start + 60, 0] += 8
    values[3000:3060, 1] += 40
    detection = detect(Recording.from_array(values, fs=FS, channels=("often", "strong")))
    assert detection.alarms["channel"].value_counts()["often"] > 1
    assert parts(plot(detection))[2].get_title(loc="left").startswith("Spectrogram of strong;")


@pytest.mark.parametrize("name", ["$\\frac", "100% {x} \\n", "two\nlines", "x" * 300])
def test_any_name_can_be_drawn(name):
    values = generators.level_shift(np.random.default_rng(1), n_samples=2000, length=300).values
    figure = plot(detect(Recording.from_array(values, fs=FS, channels=(name,), name=name)))
    figure.draw_without_rendering()
    label = parts(figure)[0][0].get_ylabel()
    assert "\n" not in label
    assert len(label) < 30


@pytest.mark.parametrize("values", [np.zeros(500), np.full(500, 7.0)])
def test_constant_channel_can_be_drawn(values):
    figure = plot(detect(np.column_stack([values, sine(500)]), method=FRAMES))
    figure.draw_without_rendering()


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    for module in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "spectra.plots")
    with pytest.raises(ImportError, match=r"pip install matplotlib"):
        importlib.import_module("spectra.plots")


def test_ticks_of_frequencies_have_room_for_their_numbers():
    for fs in np.concatenate([np.geomspace(0.1, 1e5, 300), [8000.0, 360.0, 44_100.0]]):
        axes = Figure().subplots()
        draw_frequency_axis(axes, float(fs))
        # The figure of a detection has 15 pixels for a number on an axis of 200.
        places = axes.transAxes.inverted().transform(
            axes.transData.transform([(0.5, tick) for tick in axes.get_yticks()])
        )[:, 1]
        assert np.diff(places).min() > 0.075


def test_a_recording_shorter_than_the_middle_frame_is_drawn_and_reported(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=6000)
    short = spectra.score(spectra.learn(x, fs=100.0), x[:40])
    assert short.nperseg > 40
    found = spectrogram_of(short, 0, 20, 8)
    assert found.rows[-1] == 40
    assert np.isfinite(found.decibels).all()
    spectra.write_report(short, tmp_path / "short.html")
    spectra.plot(short)


def test_axes_of_channels_with_long_names_can_be_told_apart() -> None:
    values = np.random.default_rng(0).normal(size=(600, 3))
    names = [f"Station {i} water level above datum" for i in range(3)]
    figure = spectra.plot(spectra.detect(pd.DataFrame(values, columns=names)))
    assert [ax.get_ylabel() for ax in figure.axes[:3]] == ["…0…", "…1…", "…2…"]
