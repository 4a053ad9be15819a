"""`spectra doctor` shows what is installed, and finds the anomalies of a sample."""

import json
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner

import spectra
from spectra.cli import doctor, main

PROJECT = tomllib.loads(
    (Path(__file__).resolve().parent.parent / "pyproject.toml").read_text(encoding="utf-8")
)["project"]


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[>=]", line)[0] for line in requirements}


def test_libraries_and_extras_are_those_of_the_project() -> None:
    assert set(doctor.NEEDED) == names(PROJECT["dependencies"])
    extras = PROJECT["optional-dependencies"]
    of_users = set(extras) - {"all", "docs", "peers", "test"}
    assert {name: set(libraries) for name, libraries in doctor.EXTRAS.items()} == {
        name: names(extras[name]) for name in of_users
    }


def test_json_holds_versions_extras_cores_and_a_test_that_passed() -> None:
    result = CliRunner().invoke(main, ["doctor", "--format", "json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["spectra"] == spectra.__version__
    assert found["libraries"]["numpy"] == version("numpy")
    assert found["extras"]["medical"]["wfdb"] == version("wfdb")
    assert found["cores"] >= 1
    assert found["test"]["passed"] is True
    assert found["test"]["alarms"] >= 1


def test_text_names_what_is_missing_with_its_installation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(doctor.EXTRAS, "plot", ("no-such-library",))
    result = CliRunner().invoke(main, ["doctor"])
    assert "pip install no-such-library" in result.stdout
    assert f"numpy            {version('numpy')}" in result.stdout
    assert result.stdout.splitlines()[-1].endswith(": passed")


def test_failed_test_is_said_and_is_the_exit_status(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = {
        "sample": "x", "alarms": 0, "labelled_found": 0.0, "seconds": 0.1, "passed": False,
    }  # fmt: skip
    monkeypatch.setattr(doctor, "_test", lambda: failed)
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1
    assert "FAILED" in result.stdout
