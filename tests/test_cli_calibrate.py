"""`spectra calibrate`, and the thresholds that are asked for as a rate or a share."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import spectra
from spectra.cli import main
from spectra.datasets import Recording


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "noise.csv"
    x = np.random.default_rng(0).normal(size=12_000)
    path.write_text("# sample_rate = 1\nvalue\n" + "\n".join(map("{:.6f}".format, x)) + "\n")
    return path


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, list(arguments))
    return result.exit_code, result.stdout, result.stderr


def test_rates_are_printed_beside_what_was_asked_for(noise: Path) -> None:
    status, out, _ = run("calibrate", str(noise))
    assert status == 0
    assert "95 % interval" in out
    assert [line.split()[0] for line in out.splitlines()[2:5]] == ["0.1", "0.01", "0.001"]
    assert "The data supports" in out


def test_fit_tells_the_goodness_of_fit_and_calibrate_does_not_offer_it(
    noise: Path, tmp_path: Path
) -> None:
    model = str(tmp_path / "a.model")
    _, _, usual = run("fit", str(noise), "-o", model, "--nperseg", "64")
    _, _, told = run("fit", str(noise), "-o", model, "--nperseg", "64", "-v")
    _, _, scored = run("score", model, str(noise), "-v")
    assert "Kolmogorov–Smirnov" not in usual
    (said,) = [line for line in told.splitlines() if "Kolmogorov–Smirnov" in line]
    assert said.removeprefix(f"{model}: ") in scored
    assert run("calibrate", str(noise), "-v")[0] == 2


def test_the_rates_are_drawn(noise: Path, tmp_path: Path) -> None:
    picture = tmp_path / "rates.png"
    status, out, _ = run("calibrate", str(noise), "--nperseg", "64", "--plot", str(picture))
    assert status == 0
    assert "95 % interval" in out
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_json_has_the_figures_of_python(noise: Path) -> None:
    status, out, _ = run("calibrate", str(noise), "--format", "json")
    assert status == 0
    found, expected = json.loads(out), spectra.check_calibration(noise)
    assert found["rates"] == expected.rates.to_dict("records")
    assert found["smallest_alpha"] == expected.smallest_alpha


def test_a_rate_and_a_share_give_the_alpha_of_python(noise: Path) -> None:
    for option, value, keywords in (
        ("--false-alarms", "2/hour", {"false_alarms": "2/hour"}),
        ("--fdr", "0.2", {"fdr": 0.2}),
    ):
        status, out, _ = run("detect", str(noise), option, value, "--format", "json")
        assert status == 0
        alpha = spectra.detect(noise, **keywords).alpha
        assert json.loads(out)["files"][0]["alpha"] == pytest.approx(alpha)


def test_more_false_alarms_a_day_have_a_larger_alpha_and_give_more_alarms() -> None:
    # Rows every minute: 14 days.
    x = Recording.from_array(np.random.default_rng(1).normal(size=20_000), fs=1 / 60)
    few, many = (spectra.detect(x, false_alarms=rate) for rate in ("1/week", "10/day"))
    assert few.alpha < many.alpha
    assert len(few.alarms) <= 8
    assert 60 <= len(many.alarms) <= 280
    assert "10 false alarms a day" in many.verdict


def test_without_anomalies_a_share_of_false_alarms_gives_hardly_any() -> None:
    counts = [
        len(spectra.detect(np.random.default_rng(seed).normal(size=8000), fdr=0.1).alarms)
        for seed in range(6)
    ]
    assert sum(count > 0 for count in counts) <= 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--fdr", "0.1", "--alpha", "0.01"), "exclude each other"),
        (("--fdr", "0.1", "--false-alarms", "1/day"), "exclude each other"),
        (("--fdr", "2"), "must be above 0 and below 1"),
        (("--false-alarms", "often"), "no rate of false alarms"),
    ],
)
def test_what_contradicts_itself_is_refused(
    noise: Path, arguments: tuple[str, ...], words: str
) -> None:
    status, _, error = run("detect", str(noise), *arguments)
    assert status == 2
    assert words in error


def test_a_rate_in_time_without_a_sampling_rate_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text("value\n" + "\n".join(map(str, range(500))) + "\n")
    status, _, error = run("detect", str(path), "--false-alarms", "1/day")
    assert status == 1
    assert "sampling rate" in error
    assert "Traceback" not in error
