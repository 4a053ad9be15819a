"""Settings of all tests."""

import json
import os
import signal
from pathlib import Path

import pytest
import slipcover
from hypothesis import settings

from browser import executable

# How long an example takes says more of the machine, and what else it does, than of the code.
# Examples are the same in every run, so that a commit passes or fails wherever it is tested;
# `make explore` draws others.
settings.register_profile("tests", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=500)
settings.load_profile("tests")

# Imported from now on, each module of spectra notes the lines and branches that run, until all of
# them have. The programs that the tests start run what other tests run here.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
MEASURED = os.environ.pop("MEASURED", "") if WORKER else ""
measured = slipcover.Slipcover(branch=True, source=["spectra"], exclude_also=["if TYPE_CHECKING:"])
if MEASURED:
    files = slipcover.FileMatcher(sources=["spectra", "cli", "datasets"])
    slipcover.ImportManager(measured, files).__enter__()

# Under nohup a hangup is ignored, and programs that the tests start inherit that.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_sessionfinish() -> None:
    """Write what a worker has run: pytest-xdist kills it 10 s after its last test."""
    if MEASURED:
        path = Path(MEASURED) / f"{WORKER}.json"
        path.write_text(json.dumps(measured.get_coverage()), encoding="utf-8")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end of a run that no browser has opened a report, where none is installed."""
    if executable() is None:
        terminalreporter.section("no browser")
        terminalreporter.line(
            "No Chromium is installed: the pages of reports were checked as text, and NOT opened. "
            "apt-get install chromium, or playwright install chromium, adds those tests."
        )
