"""`spectra doctor`: the installation, and a test of it on a sample that comes with spectra."""

import os
import platform
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import click

import spectra
from spectra.cli.formats import json_text
from spectra.cli.help import Command
from spectra.cli.messages import clear_progress, show, show_progress
from spectra.cli.options import text_or_json_option
from spectra.cli.run import BAD_DATA

SCHEMA_VERSION: Final = 1
NEEDED: Final = ("click", "numpy", "pandas", "scikit-learn", "scipy")
# The libraries of each extra.
EXTRAS: Final = {
    "plot": ("matplotlib",),
    "excel": ("python-calamine",),
    "matlab": ("h5py",),
    "medical": ("edfio", "wfdb"),
    "parquet": ("pyarrow",),
    "zstd": ("zstandard",),
    "distributed": ("distributed",),
}
SAMPLE: Final = "machine-temperature"

EPILOG = """\b
JSON: {"schema_version": 1, "spectra", "python", "platform", "cores", "libraries":
{name: version}, "extras": {name: {library: version or null}}, "test": {"sample",
"alarms", "labelled_found", "seconds", "passed"}}

\b
Exit status: 0 the test passed, 1 it did not.
"""


@click.command(
    "doctor",
    cls=Command,
    short_help="Show versions and extras, and test the installation.",
    epilog=EPILOG,
    examples=("spectra doctor", "spectra doctor --format json"),
)
@text_or_json_option
def command(form: str) -> None:
    """Show versions, extras and cores, and find the known anomalies of a sample recording."""
    if sys.stderr.isatty():
        show_progress(f"testing on {SAMPLE}")
    try:
        test = _test()
    finally:
        if sys.stderr.isatty():
            clear_progress()
    found: dict[str, object] = {
        "schema_version": SCHEMA_VERSION,
        "spectra": spectra.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": _cores(),
        "libraries": {name: _version(name) for name in NEEDED},
        "extras": {name: {each: _version(each) for each in libs} for name, libs in EXTRAS.items()},
        "test": test,
    }
    show(json_text(found) if form == "json" else "\n".join(_lines(test)))
    if not test["passed"]:
        click.get_current_context().exit(BAD_DATA)


def _version(name: str) -> str | None:
    """Return the version of an installed library, None where it is missing."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _cores() -> int:
    """Return the number of cores that this process may use."""
    known = getattr(os, "sched_getaffinity", None)
    return len(known(0)) if known else os.cpu_count() or 1


def _test() -> dict[str, object]:
    """Return whether the labelled anomalies of a sample are found, and the time it takes."""
    from spectra.datasets import load_sample
    from spectra.metrics import event_based
    from spectra.pipeline import detect

    begin = time.perf_counter()
    recording = load_sample(SAMPLE)
    found = detect(recording)
    recall = 0.0
    if recording.labels is not None:
        alarm = found.scores["alarm"].to_numpy()
        recall = float(event_based(recording.labels[recording.rows], alarm).recall)
    return {
        "sample": SAMPLE,
        "alarms": len(found.alarms),
        "labelled_found": recall,
        "seconds": round(time.perf_counter() - begin, 2),
        "passed": recall > 0,
    }


def _lines(test: dict[str, object]) -> list[str]:
    """Return the installation and the test as lines of text."""
    from spectra.formatting import percent_text

    lines = [
        f"spectra {spectra.__version__}, Python {platform.python_version()}, {_cores()} cores, "
        f"{platform.platform()}",
        "",
        *(f"  {name:<16} {_version(name) or 'missing'}" for name in NEEDED),
        "",
    ]
    for extra, libraries in EXTRAS.items():
        known = {name: _version(name) for name in libraries}
        texts = ", ".join(f"{name} {found}" for name, found in known.items() if found)
        missing = [name for name, found in known.items() if found is None]
        command = f"pip install {' '.join(missing)}" if missing else ""
        lines.append(f"  {extra:<16} {', '.join(filter(None, (texts, command)))}")
    passed = "passed" if test["passed"] else "FAILED"
    recall = test["labelled_found"]
    assert isinstance(recall, float)
    return [
        *lines,
        "",
        f"test on {test['sample']}: {test['alarms']} alarms, {percent_text(recall)} of the known "
        f"anomalies found, {test['seconds']} s: {passed}",
    ]
