"""The JSON of each command has the keys that its help lists, and names its file alike."""

import json
import re
from typing import Any

import pytest
from click.testing import CliRunner

from spectra.cli import main

TABLE = CliRunner().invoke(main, ["datasets", "write", "tones"]).stdout
COMMANDS = ("detect", "explain", "inspect", "evaluate", "calibrate")
# Keys of the help that stand for others, or for the rare.
OPEN = {"channels", "range_…", "affiliation_…", "event_…", "f_expected", "f_came"}


def keys_of(document: Any) -> set[str]:
    """Return all keys of a document, those of its parts too."""
    if isinstance(document, dict):
        return set(document).union(*map(keys_of, document.values()))
    if isinstance(document, list):
        return set().union(*map(keys_of, document))
    return set()


def printed(command: str) -> dict[str, Any]:
    words = [command, "-", "--format", "json"]
    result = CliRunner().invoke(main, words, input=TABLE)
    assert result.exit_code == 0, result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    return document


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_lists_the_keys_of_the_json(command: str) -> None:
    document = printed(command)
    shown = CliRunner().invoke(main, [command, "--help"]).stdout
    listed = shown.split("  JSON: ")[1].split("\n\n")[0]
    named = set(re.findall(r'"([^"]+)"', listed))
    keys = keys_of(document)
    families = tuple(name[:-1] for name in named if name.endswith("…"))
    missing = {key for key in keys - named if not key.startswith(families or ("\n",))}
    # The first rows of inspect have the names of the channels as keys.
    assert missing <= ({"value"} if command == "inspect" else set())
    assert named - keys <= OPEN


@pytest.mark.parametrize("command", COMMANDS)
def test_standard_input_is_a_dash_in_the_json(command: str) -> None:
    document = printed(command)
    assert (document["files"][0] if command == "detect" else document)["file"] == "-"
