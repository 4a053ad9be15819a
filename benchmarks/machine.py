"""The machine and the version that a benchmark ran on, for the first line of its printout."""

import os
import platform
import subprocess
from pathlib import Path

import spectra

CPU_INFO = Path("/proc/cpuinfo")


def described() -> str:
    """Return the version of spectra with its commit, and the processor, in one line."""
    return (
        f"spectra {spectra.__version__} ({_commit()}), Python {platform.python_version()}, "
        f"{os.cpu_count()} × {_processor()}"
    )


def _commit() -> str:
    """Return the commit of the working tree, marked where files were changed since."""
    command = ("git", "describe", "--always", "--dirty", "--exclude", "*")
    try:
        found = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "no commit"
    return found.stdout.strip()


def _processor() -> str:
    """Return the name of the processor, which `platform` does not give on Linux."""
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
