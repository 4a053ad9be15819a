"""Values of options that cannot be right are refused before anything is scored."""

import numpy as np
import pytest
from click.testing import CliRunner

import spectra.pipeline
from spectra.cli import main
from spectra.cli.options import Hertz
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
        (["--bearing", "9999", "--rpm", "1797"], 2, "bearing '9999' is not known: give 6203, 6205"),
        (["--bearing", "2,9,40,0", "--rpm", "1797"], 2, "give at least 3 balls"),
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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["stream", "--learn-rows", "1h"], "'1h' must be a whole number of rows, 32 or more"),
        (["stream", "--learn-rows", "9000", "--adapt", "1h"], "A duration is its seconds times"),
        (["stream", "--save-every", "1m"], "'1m' must be a number of seconds, such as 60."),
        (["detect", "x.csv", "--fs", "12k"], "must be a number of Hz, such as 12000 or 12kHz."),
        (["detect", "x.csv", "--fs", "1.2.3kHz"], "must be a number of Hz"),
        (["detect", "x.csv", "--alpha", "1%"], "'1%' must be a number, such as 0.001."),
        (["detect", "x.csv", "--top", "all"], "'all' must be a whole number of alarms, 1 or more"),
        (["transformer", "--layers", "x"], "'x' must be a whole number from 1 to 64, such as 1."),
        (["batch", "x.csv", "-o", "out", "-j", "all"], "'all' must be a whole number, such as 4."),
    ],
)
def test_text_that_is_no_number_is_refused_with_an_example(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.parametrize("rate", ["12kHz", "12 kHz", "12000Hz", "0.012MHz", "12000", "1.2e4"])
def test_a_sampling_rate_has_a_unit_or_none(rate: str) -> None:
    assert Hertz().convert(rate, None, None) == pytest.approx(12_000.0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["stream", "m", "x.csv"], "takes one MODEL; lines come from standard input, or from"),
        (["fit", "x.csv", "x.csv", "-o", "m"], "takes one NORMAL; join the rows of several"),
        (["inspect", "x.csv", "x.csv"], "inspect takes one FILE; run it once for each."),
        (["doctor", "x.csv"], "doctor takes no arguments."),
        (["detect", "x.csv", "x.csv", "-o", "s.csv"], "spectra batch --scores writes those of"),
        (["detect", "x.csv", "x.csv", "--report", "r.html"], "spectra batch --report writes those"),
        (["detect", "x.csv", "x.csv", "--plot", "p.png"], "run the command once for each."),
    ],
)
def test_one_argument_too_many_is_refused_with_what_to_do(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert said in result.output
