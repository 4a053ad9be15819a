"""Values of options that cannot be right are refused before anything is scored."""

import numpy as np
import pytest
from click.testing import CliRunner

import spectra.pipeline
from spectra.cli import main
from spectra.cli.options.learning import OWN_VIEWS
from spectra.errors import DataError
from spectra.signal.views import OF_NORMAL

BEARING = ["--bearing", "6205", "--rpm", "1797"]


@pytest.fixture(autouse=True)
def _nothing_is_scored(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("checks")
    monkeypatch.chdir(folder)
    np.savetxt("x.csv", np.random.default_rng(0).normal(size=4000), header="x", comments="")

    def scored(*_: object) -> None:
        pytest.fail("it was scored")

    monkeypatch.setattr(spectra.pipeline, "_fitted", scored)
    monkeypatch.setattr(spectra.pipeline, "_scored", scored)


@pytest.mark.parametrize("command", [["explain"], ["detect", "--report", "x.html"]])
@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (["--bearing", "9999", "--rpm", "1797"], 1, "bearing '9999' is not known: give 6203, 6205"),
        (["--bearing", "2,9,40,0", "--rpm", "1797"], 1, "give at least 3 balls"),
        (["--bearing", "6205", "--rpm", "1e300"], 2, "1e+300 must be a number above 0"),
        (BEARING, 1, "x.csv: Defect frequencies of bearings are in Hz: give a sampling rate."),
        ([*BEARING, "--fs", "100"], 1, "A sampling rate of 100 Hz is too low for this bearing"),
        ([*BEARING, "--fs", "50000"], 1, "4,000 rows hold 2.4 revolutions at 1797 rpm"),
        (["--normal-rows", "50:20"], 2, "'50:20' holds no row: A must lie below B"),
        (["--normal-rows", "5:5"], 2, "'5:5' holds no row"),
        (["--false-alarms", "1/day"], 1, "x.csv: False alarms a day need a sampling rate"),
        (["--method", "sequence", "--view", "residual"], 2, "--view residual belongs to --method"),
    ],
)
def test_a_value_is_refused_before_scoring(
    command: list[str], options: list[str], status: int, said: str
) -> None:
    result = CliRunner().invoke(main, [*command, "x.csv", *options])
    assert result.exit_code == status
    assert said in result.stderr.splitlines()[-1]


@pytest.mark.parametrize("option", ["--model", "--normal"])
def test_what_is_learned_from_is_named_by_its_own_name(option: str) -> None:
    result = CliRunner().invoke(main, ["explain", "x.csv", option, "missing"])
    assert result.exit_code == 1
    assert "missing" in result.stderr
    assert "x.csv" not in result.stderr


def test_a_rate_of_false_alarms_is_refused_before_scoring_in_python() -> None:
    with pytest.raises(DataError, match="False alarms a week need a sampling rate"):
        spectra.pipeline.detect(np.zeros(4000), false_alarms="2/week")


def test_views_of_one_method_are_known() -> None:
    assert OWN_VIEWS == OF_NORMAL
