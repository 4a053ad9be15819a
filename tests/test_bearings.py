"""Defect frequencies of bearings, from geometry and in envelope spectra."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import spectra
from spectra.cli import main
from spectra.datasets import Recording, generators
from spectra.errors import DataError
from spectra.explanation.bearings import BEARINGS, Bearing
from spectra.explanation.envelope import envelope_of, kurtosis_bands, stretch_of
from spectra.plots import plot_envelope

FS, RPM = 12_000.0, 1797.0
SKF = BEARINGS["6205"]


def vibration(rate: float | None, seed: int, seconds: float = 3.0) -> np.ndarray:
    """Noise with unbalance, and strikes of a rate that ring 3 kHz."""
    rng = np.random.default_rng(seed)
    n = int(seconds * FS)
    x = rng.standard_normal(n) + np.sin(2 * np.pi * RPM / 60 * np.arange(n) / FS)
    if rate is not None:
        at = np.cumsum(rng.normal(1, 0.01, int(seconds * rate))) * FS / rate
        ring = np.exp(-np.arange(60) / 12) * np.sin(2 * np.pi * 3000 / FS * np.arange(60))
        train = np.zeros(n)
        train[at[at < n - 1].astype(int)] = 4
        x += np.convolve(train, ring)[:n]
    return x


def test_frequencies_are_those_of_the_data_sheet() -> None:
    # Case Western Reserve University Bearing Data Center: multiples of the shaft's frequency.
    expected = {"BPFO": 3.5848, "BPFI": 5.4152, "BSF": 4.7135 / 2, "FTF": 0.39828}
    found = SKF.frequencies(60.0)
    for name, multiple in expected.items():
        assert found[name] == pytest.approx(multiple, rel=1e-3)


@given(st.integers(3, 30), st.floats(0.05, 0.45), st.floats(0, 60), st.floats(10, 30_000))
def test_balls_pass_both_races_as_often_as_the_shaft_turns_times_their_number(
    n: int, ratio: float, angle: float, rpm: float
) -> None:
    found = Bearing(n, ratio, 1.0, angle).frequencies(rpm)
    assert found["BPFO"] + found["BPFI"] == pytest.approx(n * rpm / 60)
    assert found["BPFO"] == pytest.approx(n * found["FTF"])
    assert found["BPFO"] == pytest.approx(generators.bpfo(rpm / 60, n, ratio, 1.0, angle))


@pytest.mark.parametrize("name", ["BPFO", "BPFI"])
def test_rate_of_the_strikes_is_named(name: str) -> None:
    rate = SKF.frequencies(RPM)[name]
    found = envelope_of(vibration(rate, 1), FS, SKF, RPM)
    assert found.defect is not None
    assert found.defect.name == name
    assert found.defect.found == pytest.approx(rate, rel=0.02)
    assert found.f_low < 3000 < found.f_high
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["defect"] == name


def test_nothing_is_named_in_healthy_bearings() -> None:
    named = [envelope_of(vibration(None, seed), FS, SKF, RPM).defect for seed in range(40)]
    # 1 % of them by chance: more than 3 of 40 have the probability 0.0007.
    assert sum(each is not None for each in named) <= 3


def test_gaussian_noise_has_no_kurtosis_and_strikes_have() -> None:
    noise = np.random.default_rng(0).standard_normal(40_000)
    assert max(kurtosis for _, _, kurtosis in kurtosis_bands(noise, FS, 0.0)) < 0.2
    assert max(band[2] for band in kurtosis_bands(vibration(107.4, 0), FS, 0.0)) > 0.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("6999", "is not known"),
        ("9,8", "is not known"),
        ("9.5,8,39", "is not known"),
        ("nan,8,39,0", "is not known"),
        ("9,39,8,0", "smaller than"),
        ("2,8,39,0", "at least 3 balls"),
        ("9,8,39,95", "contact angle"),
    ],
)
def test_bearing_that_cannot_be_is_refused(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Bearing.of(text)


def test_geometry_is_read_from_text() -> None:
    assert Bearing.of("9,7.94,39.04") == Bearing(9, 7.94, 39.04, 0.0)
    assert Bearing.of("6205") == SKF


def test_stretch_too_short_or_sampled_too_slowly_is_refused() -> None:
    with pytest.raises(DataError, match="revolutions"):
        envelope_of(vibration(None, 0, 0.2), FS, SKF, RPM)
    with pytest.raises(DataError, match="too low"):
        envelope_of(vibration(None, 0), 500.0, SKF, RPM)
    with pytest.raises(DataError, match="rpm=0"):
        envelope_of(vibration(None, 0), FS, SKF, 0.0)


@given(st.integers(0, 900), st.integers(0, 99), st.floats(1, 40))
def test_stretch_holds_the_alarm_and_enough_revolutions(
    first: int, length: int, revolution: float
) -> None:
    rows = stretch_of(first, first + length, 1000, revolution)
    assert 0 <= rows.start <= first
    assert first + length < rows.stop or rows.stop == 1000
    assert rows.stop - rows.start >= min(1000, 60 * revolution)


def test_bearing_of_a_detection_needs_a_rate() -> None:
    found = spectra.detect(vibration(107.4, 2))
    with pytest.raises(DataError, match="give a sampling rate"):
        found.bearing("6205", RPM)


def test_bearing_of_a_recording_is_named_in_its_clearest_channel() -> None:
    values = np.column_stack([vibration(None, 1), vibration(SKF.frequencies(RPM)["BPFI"], 2)])
    found = spectra.detect(Recording.from_array(values, FS))
    defect = found.bearing("6205", RPM).defect
    assert defect is not None
    assert defect.name == "BPFI"


def test_command_names_the_defect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.savetxt("b.csv", vibration(SKF.frequencies(RPM)["BPFO"], 3), header="acc", comments="")
    arguments = ["explain", "b.csv", "--fs", "12000", "--bearing", "6205"]
    result = CliRunner().invoke(main, [*arguments, "--rpm", "1797"])
    assert result.exit_code == 0, result.output
    assert "outer race (BPFO)" in result.stdout
    document = json.loads(
        CliRunner().invoke(main, [*arguments, "--rpm", "1797", "--format", "json"]).stdout
    )
    tests = [each["bearing"] for each in document["alarms"]] or [document["bearing"]]
    assert all(each["defect"] == "BPFO" for each in tests)
    assert CliRunner().invoke(main, arguments).exit_code == 2
    unknown = CliRunner().invoke(main, [*arguments[:-1], "1,2", "--rpm", "1797"])
    assert unknown.exit_code == 2
    assert "is not known" in unknown.stderr


def test_the_beats_of_mains_and_shaft_are_no_strikes() -> None:
    t = np.arange(int(3 * FS)) / FS
    shaft = RPM / 60
    named = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        # The difference of the two is the rate of the cage, that of their harmonics other rates.
        tones = [shaft * (1 + 0.39828), *(shaft * k for k in range(1, 6)), 50.0, 150.0]
        x = rng.standard_normal(t.size) + sum(
            rng.uniform(0.5, 1) * np.sin(2 * np.pi * f * t + rng.uniform(0, 6)) for f in tones
        )
        named.append(envelope_of(x, FS, SKF, RPM).defect)
    assert sum(each is not None for each in named) <= 2


def test_a_ball_that_goes_in_and_out_of_the_load_is_named_and_not_the_cage() -> None:
    rates = SKF.frequencies(RPM)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        n = int(4 * FS)
        at = np.cumsum(rng.normal(1, 0.005, int(4 * 2 * rates["BSF"]))) / (2 * rates["BSF"])
        force = 1 + 0.8 * np.cos(2 * np.pi * rates["FTF"] * at)
        train = np.zeros(n)
        rows = (at * FS).astype(int)
        np.add.at(train, rows[rows < n], 5 * force[rows < n])
        ring = np.exp(-np.arange(60) / 12) * np.sin(2 * np.pi * 3000 / FS * np.arange(60))
        found = envelope_of(np.convolve(train, ring)[:n] + rng.standard_normal(n), FS, SKF, RPM)
        assert found.defect is not None
        assert found.defect.name == "BSF"


def test_the_figure_marks_every_defect_and_its_harmonics() -> None:
    rate = SKF.frequencies(RPM)["BPFO"]
    found = envelope_of(vibration(rate, 1), FS, SKF, RPM)
    (ax,) = plot_envelope(found).axes
    marks = ax.get_lines()[1:]
    places = sorted(float(mark.get_xdata()[0]) for mark in marks)
    expected = sorted(k * f for f in SKF.frequencies(RPM).values() for k in range(1, 5))
    np.testing.assert_allclose(places, expected)
    thick = [float(mark.get_xdata()[0]) for mark in marks if mark.get_linewidth() > 1]
    np.testing.assert_allclose(sorted(thick), rate * np.arange(1, 5))
    assert found.text.startswith("outer race (BPFO): a line at ")
    assert f" in the envelope of {found.band} over " in found.text
    assert found.band.endswith(" kHz")
    # The χ² of the line is far below anything that is supported.
    assert found.text.endswith(", p < 1.0e-06")
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert sorted(text.split(" ")[0] for text in legend) == sorted(SKF.frequencies(RPM))
    assert any(text.startswith(f"BPFO (outer race), {rate:.1f} Hz, p ") for text in legend)
