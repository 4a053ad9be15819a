"""Real recordings that come with spectra, with labels; ATTRIBUTION.md says where they are from."""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from spectra.errors import DataError
from spectra.parameters import require

if TYPE_CHECKING:
    import pandas as pd

    from spectra.datasets.recording import Recording

_BEATS_FILE = "ecg_mitbih_119_beats.csv"


@dataclass(frozen=True)
class _Sample:
    """The file of a sample, and what a person should know of it in one line."""

    file: str
    about: str


_SAMPLES = {
    "machine-temperature": _Sample(
        "machine_temperature.csv.gz",
        "Temperature of a large industrial machine, 11 weeks in 5-minute steps, four labelled "
        "windows around its "
        "failures (Numenta Anomaly Benchmark, MIT licence).",
    ),
    "ecg": _Sample(
        "ecg_mitbih_119.csv.gz",
        "Two-lead ECG in mV, 10 minutes at 360 Hz, 108 of 660 beats ectopic and labelled (MIT-BIH "
        "Arrhythmia "
        "Database, record 119, ODC-By 1.0).",
    ),
}


def sample_names() -> tuple[str, ...]:
    """Return the names that `load_sample` takes.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from spectra.datasets import sample_names
    >>> sample_names()
    ('machine-temperature', 'ecg')
    """
    return tuple(_SAMPLES)


def describe(name: str) -> str:
    """Return what a sample is, with source and licence, in one line.

    Raises DataError for an unknown name.
    """
    return _sample(name).about


def sample_path(name: str) -> Path:
    """Return the gzipped CSV file of a sample; raises DataError for an unknown name."""
    return _installed(_sample(name).file)


def load_sample(name: str) -> "Recording":
    """Return a real recording that comes with spectra, with its labels.

    Parameters
    ----------
    name : {"machine-temperature", "ecg"}
        "machine-temperature" has one channel, every 300 s, its unit not stated by the source. "ecg"
        has the leads MLII and V1 in mV at 360 Hz, labelled from 0.25 s before to 0.40 s after the
        R peak of each ectopic beat.

    Returns
    -------
    Recording

    Raises
    ------
    DataError
        For an unknown name.
    """
    require("name", name, str, "must be the name of a sample")
    path = sample_path(name)
    from spectra.datasets.reading import read

    return read(path, label="label", name=name)


def ecg_beats() -> "pd.DataFrame":
    """Return every beat of the sample "ecg", by the cardiologists who annotated the database.

    Returns
    -------
    pandas.DataFrame
        One row a beat: `time_s` in seconds and `sample` (a row of the recording) of the R peak, and
        `symbol`, "N" for a normal beat, "V" for a premature ventricular contraction.
    """
    import pandas as pd

    return pd.read_csv(_installed(_BEATS_FILE))


def _sample(name: str) -> _Sample:
    """Return the sample of that name."""
    try:
        return _SAMPLES[name]
    except KeyError:
        raise DataError(f"There is no sample '{name}': there are {', '.join(_SAMPLES)}.") from None


def _installed(file: str) -> Path:
    """Return the path of a data file."""
    return Path(str(resources.files("spectra.datasets") / file))
