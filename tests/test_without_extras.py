"""Commands that need no extra work where none is installed."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

# pandas keeps texts in another way where pyarrow is missing.
WITHOUT = """
import sys
for name in ("pyarrow", "matplotlib", "h5py", "edfio", "wfdb", "python_calamine", "zstandard"):
    sys.modules[name] = None
from spectra.cli import main
main(prog_name="spectra")
"""
DATES = {
    "year first": "%Y-%m-%d %H:%M:%S",
    "day first": "%d.%m.%Y %H:%M:%S",
    "month first": "%m/%d/%Y %I:%M:%S %p",
    "names": "%d-%b-%Y %H:%M:%S",
}


@pytest.mark.parametrize("form", DATES)
@pytest.mark.parametrize("command", ["inspect", "detect"])
def test_a_table_with_dates_is_read_without_pyarrow(
    tmp_path: Path, command: str, form: str
) -> None:
    stamps = pd.date_range("2024-01-20", periods=400, freq="min").strftime(DATES[form])
    path = tmp_path / "data.csv"
    path.write_text("time,x\n" + "".join(f"{t},{i % 7}\n" for i, t in enumerate(stamps)))
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT, command, str(path)], capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr
    assert "400 rows" in found.stdout
    assert "min" in found.stdout
