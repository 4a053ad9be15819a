"""Modules that are not needed are not imported: the package and its help come at once."""

import subprocess
import sys

import pytest

import spectra

HEAVY = ("pandas", "scipy.stats", "scipy.signal", "sklearn", "matplotlib", "joblib")
HELP = "from spectra.cli import main; main(['{}', '--help'][{}:], standalone_mode=False)"


def imported(program: str) -> set[str]:
    """The modules a program has imported when it is done."""
    report = (
        "import sys\n" + program + "\nprint('', *sorted(sys.modules), sep='\\n', file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", report], capture_output=True, text=True, check=True
    )
    return set(result.stderr.split())


@pytest.mark.parametrize(
    "program",
    [
        "import spectra",
        "import spectra; dir(spectra)",
        "import spectra.rotation",
        "import spectra.errors",
        "import spectra.metrics",
        *(
            HELP.format(command, int(not command))
            for command in ("", "detect", "fit", "score", "evaluate", "benchmark", "datasets")
        ),
    ],
)
def test_nothing_heavy_is_imported(program: str) -> None:
    loaded = imported(program)
    assert "spectra" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_detecting_imports_only_what_it_needs() -> None:
    loaded = imported("import spectra; spectra.detect([[float(i % 7)] for i in range(400)]).alarms")
    assert "pandas" in loaded
    assert loaded.isdisjoint(
        {"sklearn", "scipy.stats", "scipy.signal", "matplotlib", "joblib", "click"}
    )


def test_every_public_name_is_there() -> None:
    for name in spectra.__all__:
        assert getattr(spectra, name) is not None
        assert name in dir(spectra)
    assert {"SpectralDetector", "detect"} <= set(spectra.__all__)
    with pytest.raises(AttributeError, match="detekt"):
        _ = spectra.detekt
