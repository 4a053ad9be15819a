"""Sampling rates in variables and attributes, by their names."""

import re

import numpy as np

_RATES = {
    "fs", "fshz", "sr", "srate", "sfreq", "samplerate", "samplingrate", "sampleratehz",
    "samplingratehz", "samplingfrequency", "samplefrequency", "samplingfreq", "framerate",
    "fsample", "ratehz",
}  # fmt: skip
_INTERVALS = {
    "dt", "deltat", "timestep", "tstep", "sampleinterval", "samplinginterval", "sampleperiod",
    "samplingperiod", "interval", "sampinterval", "ts", "tinterval", "xincrement", "xspacing",
    "deltax",
}  # fmt: skip
"""Names of the time from one sample to the next, in seconds; "isi" has it in milliseconds."""
_LONGEST_STEP = 1e6
"""Seconds, a fortnight: what is longer is an instant and no step."""


def is_rate_name(name: str) -> bool:
    """Return whether a variable or attribute of this name is a sampling rate.

    Examples
    --------
    >>> [is_rate_name(name) for name in ("Fs", "data.sampling_rate", "X118RPM")]
    [True, True, False]
    """
    return bare_name(name) in _RATES


def is_interval_name(name: str) -> bool:
    """Return whether a variable or attribute of this name is the time between samples.

    An increment is that of a time beside other values of x.
    """
    if re.search(r"\bx_?values?[./]increment$", name, re.IGNORECASE):
        return True
    return bare_name(name) in _INTERVALS or bare_name(name) == "isi"


def rate_of(value: object) -> float | None:
    """Return a sampling rate in Hz, None where the value is none."""
    try:
        rate = float(np.asarray(value).reshape(-1)[0])
    except (TypeError, ValueError, IndexError):
        return None
    return rate if 0 < rate < np.inf else None


def rate_of_interval(name: str, value: object) -> float | None:
    """Return the rate in Hz of a time between samples, by its name; None for another name."""
    step = rate_of(value) if is_interval_name(name) else None
    if step is None or step > _LONGEST_STEP:
        return None
    return float(f"{(1e3 if bare_name(name) == 'isi' else 1.0) / step:.10g}")


def bare_name(name: str) -> str:
    """Return the last part of a name, letters and digits only, in lower case."""
    return re.sub(r"[\W_]", "", re.split(r"[./]", name.rstrip("/"))[-1].casefold())
