"""Every command and every option says what it does."""

import shlex
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from spectra.cli import main


def commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below a group, with the words that call it."""
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


COMMANDS = list(commands(main))


def test_commands_are_those_that_are_documented() -> None:
    names = {" ".join(path) for path, _ in COMMANDS}
    assert names == {
        "inspect",
        "detect",
        "calibrate",
        "fit",
        "score",
        "stream",
        "batch",
        "explain",
        "evaluate",
        "benchmark",
        "datasets",
        "datasets list",
        "datasets write",
        "transformer",
        "foundations",
        "doctor",
    }


@pytest.mark.parametrize(
    ("path", "command"),
    COMMANDS,
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_help_describes_the_command_its_arguments_and_options(
    path: tuple[str, ...], command: click.Command
) -> None:
    result = CliRunner().invoke(main, [*path, "--help"], terminal_width=200)
    assert result.exit_code == 0
    assert command.help
    assert " ".join(command.help.split("\n")[0].split()[:4]) in result.stdout
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help
            assert parameter.help in " ".join(result.stdout.split())
            assert all(name in result.stdout for name in parameter.opts)
        elif isinstance(parameter, click.Argument):
            # An argument has no help of its own in click: the text of the command has to speak of
            # it.
            name = parameter.make_metavar(click.Context(command)).rstrip(".")
            assert name in command.help


@pytest.mark.parametrize("path", [(), *(path for path, _ in COMMANDS)], ids=" ".join)
def test_short_help_and_long_help_are_the_same(path: tuple[str, ...]) -> None:
    short, long = (CliRunner().invoke(main, [*path, option]) for option in ("-h", "--help"))
    for result in (short, long):
        # An error is printed on standard error, and would leave nothing to compare.
        assert result.exit_code == 0, (result.exception, result.stderr)
    assert short.stdout == long.stdout != ""


@pytest.mark.parametrize(
    "path",
    [(), *(path for path, command in COMMANDS if isinstance(command, click.Group))],
    ids=" ".join,
)
def test_help_shows_every_command_with_a_whole_sentence(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(main, [*path, "--help"]).stdout
    for below, command in COMMANDS:
        if below[:-1] == path:
            assert f"  {below[-1]} " in shown
            assert command.get_short_help_str(80) in shown
            assert not command.get_short_help_str(80).endswith("...")


def test_help_documents_the_json_keys_and_the_exit_status() -> None:
    shown = CliRunner().invoke(main, ["detect", "--help"]).stdout
    for word in (
        "schema_version",
        "calibration",
        "alarms",
        "p_value",
        "f_low",
        "ISO 8601",
        "Exit status",
    ):
        assert word in shown


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=lambda value: str(value)[:30])
def test_help_has_two_examples_that_the_command_understands(
    path: tuple[str, ...], command: click.Command
) -> None:
    if isinstance(command, click.Group):
        return
    shown = CliRunner().invoke(main, [*path, "--help"]).stdout
    lines = shown.split("Examples:\n")[1].split("\n\n")[0].splitlines()
    assert len(lines) == 2
    for line in lines:
        assert len(line) < 80
        called = [part for part in line.split("|") if part.split()[:1] == ["spectra"]]
        words = shlex.split(called[0])
        assert words[: len(path) + 1] == ["spectra", *path]
        # Parsed, with all values of options checked, and not run.
        command.make_context(path[-1], words[len(path) + 1 :])


def test_advanced_options_stand_in_a_group_of_their_own() -> None:
    shown = CliRunner().invoke(main, ["detect", "--help"], terminal_width=200).stdout
    usual, advanced = shown.split("Options:\n")[1].split("Advanced options:\n")
    for option in ("--alpha", "--normal ", "--channels", "--report", "--sort", "--top"):
        assert option in usual
        assert f"  {option}" not in advanced
    for option in ("--delimiter", "--nperseg", "--view", "--fdr", "--max-bytes"):
        assert option in advanced
        assert option not in usual


def test_help_imports_nothing_slow() -> None:
    # The commands are imported whole, so what they import at their top is what --help costs.
    program = (
        "import sys; import spectra.cli; print({'numpy', 'pandas', 'scipy', 'sklearn', "
        "'joblib'} & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout == "set()\n"


def test_completion_knows_the_recordings() -> None:
    environment = {
        "_SPECTRA_COMPLETE": "bash_complete",
        "COMP_WORDS": "spectra datasets write mach",
        "COMP_CWORD": "3",
    }
    result = CliRunner().invoke(main, prog_name="spectra", env=environment)
    assert result.stdout == "plain,machine-temperature\n"
