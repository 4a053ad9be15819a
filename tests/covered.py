"""Lines and branches of spectra, cli and datasets that the tests have run.

Run: python tests/covered.py, after `coverage run` and `coverage combine`. It prints the shares of
each folder. `coverage report` lists the lines and branches that no test runs.
"""

import json
import sys
import tempfile
from pathlib import Path

import coverage

COUNTS = ("covered_lines", "num_statements", "covered_branches", "num_branches")


def shares(files: dict[str, dict[str, dict[str, int]]]) -> dict[str, tuple[float, float]]:
    """Return the shares of the lines and of the branches of each folder, in percent.

    Parameters
    ----------
    files : dict
        The part "files" of coverage's report as JSON.
    """
    totals: dict[str, list[int]] = {}
    for path, report in files.items():
        before = totals.get(Path(path).parts[0], [0, 0, 0, 0])
        counts = [report["summary"][name] for name in COUNTS]
        totals[Path(path).parts[0]] = [a + b for a, b in zip(before, counts, strict=True)]
    return {folder: (100 * a / b, 100 * c / d) for folder, (a, b, c, d) in totals.items()}


def measured() -> dict[str, dict[str, dict[str, int]]]:
    """Return the measured files with what the tests have run of each."""
    data = coverage.Coverage(messages=False)
    data.load()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        data.json_report(outfile=str(report))
        files: dict[str, dict[str, dict[str, int]]] = json.loads(report.read_text())["files"]
    return files


if __name__ == "__main__":
    result = shares(measured())
    sys.stdout.write("run by the tests       lines  branches\n")
    for name, (lines, branches) in sorted(result.items()):
        sys.stdout.write(f"{name:<20} {lines:>6.1f} % {branches:>7.1f} %\n")
