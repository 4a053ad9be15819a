"""Lines and branches of spectra, cli and datasets that the tests have run.

Run: python tests/covered.py FOLDER [--missing], after pytest with MEASURED=FOLDER. It prints the
shares of each package, and with `--missing` the lines and branches of each file that no test runs.
The status is 1 where one of the shares is below 95 %.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from functools import reduce
from pathlib import Path
from typing import Any

import slipcover

PACKAGES = ("cli", "datasets", "spectra")
LEAST = 95.0


def package_of(path: str) -> str:
    """Return the package that a file is part of; spectra/cli and spectra/datasets are links."""
    return next((name for name in path.split("/") if name in ("cli", "datasets")), "spectra")


def share(files: Iterable[dict[str, list[Any]]], kind: str) -> float:
    """Return the share of the lines, or of the branches, that were run, in percent."""
    counts = [(len(file[f"executed_{kind}"]), len(file[f"missing_{kind}"])) for file in files]
    run, missing = (sum(column) for column in zip(*counts, strict=True))
    return 100 * run / (run + missing)


def print_missing(files: dict[str, dict[str, list[Any]]]) -> None:
    """Print the lines and the branches of each file that no test runs."""
    for path, file in sorted(files.items()):
        branches = [f"{first}->{second}" for first, second in file["missing_branches"]]
        parts = [*map(str, file["missing_lines"]), *branches]
        if parts:
            sys.stdout.write(f"{path}: {', '.join(parts)}\n")


def main() -> int:
    """Print what the tests have run."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--missing", action="store_true")
    options = parser.parse_args()
    parts = [json.loads(path.read_text(encoding="utf-8")) for path in options.folder.glob("*.json")]
    files = reduce(slipcover.merge_coverage, parts)["files"]
    if options.missing:
        print_missing(files)
    least = 100.0
    sys.stdout.write("run by the tests       lines  branches\n")
    for name in PACKAGES:
        package = [file for path, file in files.items() if package_of(path) == name]
        lines, branches = share(package, "lines"), share(package, "branches")
        sys.stdout.write(f"{name:<20} {lines:>6.1f} % {branches:>7.1f} %\n")
        least = min(least, lines, branches)
    return int(least < LEAST)


if __name__ == "__main__":
    sys.exit(main())
