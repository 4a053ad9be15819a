"""Settings of all tests."""

import os
import signal
from collections.abc import Generator

import coverage
import pytest
from hypothesis import settings

from browser import executable

# How long an example takes says more of the machine, and what else it does, than of the code.
# Examples are the same in every run, so that a commit passes or fails wherever it is tested;
# `make explore` draws others.
settings.register_profile("tests", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=500)
settings.load_profile("tests")

# The programs that the workers start are not measured: that takes a third of the time of the short
# ones, and they run what other tests run in the workers.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)

# Under nohup a hangup is ignored, and programs that the tests start inherit that.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure no coverage in tests marked `unmeasured`."""
    measured = coverage.Coverage.current()
    if measured is None or item.get_closest_marker("unmeasured") is None:
        return (yield)
    measured.stop()
    try:
        return (yield)
    finally:
        measured.start()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Save what a worker has run: pytest-xdist kills it 10 s after its last test."""
    measured = coverage.Coverage.current()
    if measured is not None and hasattr(session.config, "workerinput"):
        measured.stop()
        measured.save()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end of a run that no browser has opened a report, where none is installed."""
    if executable() is None:
        terminalreporter.section("no browser")
        terminalreporter.line(
            "No Chromium is installed: the pages of reports were checked as text, and NOT opened. "
            "apt-get install chromium, or playwright install chromium, adds those tests."
        )
