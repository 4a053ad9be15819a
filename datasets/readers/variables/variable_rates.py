"""Sampling rates in variables and attributes, by their names."""

import re
from typing import Final

import numpy as np

from spectra.datasets.readers.cells.time_units import SECONDS

_RATES = {
    "fs", "fshz", "sr", "srate", "sfreq", "samplerate", "samplingrate", "sampleratehz",
    "samplingratehz", "samplingfrequency", "samplefrequency", "samplingfreq", "framerate",
    "fsample", "ratehz", "samplefreq", "fsamp", "fsampling", "sps", "samplespersecond", "scanrate",
    "acquisitionrate", "acquisitionfrequency", "digitizationrate",
}  # fmt: skip
_RATE_WORDS = tuple(_RATES)
_INTERVALS = {
    "dt", "deltat", "timestep", "tstep", "sampleinterval", "samplinginterval", "sampleperiod",
    "samplingperiod", "interval", "sampinterval", "ts", "tinterval", "xincrement", "xspacing",
    "deltax", "xinc", "xincr", "timeincrement", "wfincrement", "scaninterval",
}  # fmt: skip
"""Names of the time from one sample to the next, in seconds; "isi" has it in milliseconds."""
_STARTS = {
    "starttime", "start", "startdatetime", "t0", "wfstarttime", "recordingstart",
    "recordingstarttime", "begintime", "acquisitionstart", "measurementstart",
}  # fmt: skip
_HERTZ = {
    "": 1.0, "hz": 1.0, "hertz": 1.0, "1/s": 1.0, "s-1": 1.0, "sps": 1.0, "s/s": 1.0, "sa/s": 1.0,
    "samples/s": 1.0, "samples/sec": 1.0, "samples/second": 1.0, "samples per second": 1.0,
    "fps": 1.0, "khz": 1e3, "ks/s": 1e3, "ksa/s": 1e3, "mhz": 1e6, "ghz": 1e9,
}  # fmt: skip
_ENDING: Final = re.compile(
    r"(.*[^\W_])[\W_]+("
    + "|".join(unit for unit in (*SECONDS, *_HERTZ) if unit.isalpha() and unit != "min")
    + r")[\W_]*",
    re.IGNORECASE,
)
"""A unit at the end of a name, such as dt_ms or Rate (kHz); min is also the smallest of several."""
_QUANTITY = re.compile(r"\s*([+-]?[\d.]+(?:e[+-]?\d+)?)\s*(\D.{0,20})?\s*", re.IGNORECASE)
"""A number with its unit, such as 500 Hz."""
_LONGEST_STEP = 1e6
"""Seconds, a fortnight: what is longer is an instant and no step."""


def is_rate_name(name: str) -> bool:
    """Return whether a variable or attribute of this name is a sampling rate.

    Examples
    --------
    >>> [is_rate_name(name) for name in ("Fs", "data.sampling_rate", "fs_kHz", "X118RPM")]
    [True, True, True, False]
    """
    return bare_name(name) in _RATES or bare_name(_name_and_unit(name)[0]) in _RATES


def may_be_of_rate(name: str) -> bool:
    """Return whether a name is that of a rate or of an interval, or has that of a rate in it."""
    bare = bare_name(name)
    return is_interval_name(name) or bare.startswith(_RATE_WORDS) or bare.endswith(_RATE_WORDS)


def is_interval_name(name: str) -> bool:
    """Return whether a variable or attribute of this name is the time between samples.

    An increment is that of a time beside other values of x.
    """
    if re.search(r"\bx_?values?[./]increment$", name, re.IGNORECASE):
        return True
    return bare_name(_name_and_unit(name)[0]) in {*_INTERVALS, "isi"}


def is_start_name(name: str) -> bool:
    """Return whether a variable or attribute of this name is the instant of the first sample."""
    return bare_name(name) in _STARTS


def is_unit_name(name: str, of: str) -> bool:
    """Return whether a variable or attribute has the unit of a rate or an interval in it.

    Examples
    --------
    >>> [is_unit_name(name, of="Xspacing") for name in ("xspacing_unit", "Xunits", "unit")]
    [True, True, False]
    """
    whole, bare = bare_name(name), bare_name(of)
    x = ("xunit", "xunits") if bare.startswith("x") else ()
    return whole in (f"{bare}unit", f"{bare}units", *x)


def rate_said(name: str, value: object, unit: str = "") -> float | None:
    """Return the rate in Hz that a variable or attribute says, None where it says none.

    Parameters
    ----------
    name : str
        Its name, which may end in a unit.
    value : object
        Its value: a number, an array of equal ones, or a text with a unit.
    unit : str
        Its unit where that stands elsewhere.

    Examples
    --------
    >>> rate_said("sampling_rate", "2.5 kHz"), rate_said("dt_ms", 4.0), rate_said("dt", 4, "h")
    (2500.0, 250.0, 6.944444444e-05)
    """
    rate, interval = is_rate_name(name), is_interval_name(name)
    number, written = _quantity(value)
    if number is None or not (rate or interval):
        return None
    named = "" if bare_name(name) in _RATES else _name_and_unit(name)[1]
    known = (written or named or unit).strip().strip("()[]").casefold()
    if rate:
        factor = _HERTZ.get(known)
        return None if factor is None or not 0 < number < np.inf else number * factor
    length = SECONDS.get(known) if known else (1e-3 if bare_name(name) == "isi" else 1.0)
    if length is None or not 0 < number * length <= _LONGEST_STEP:
        return None
    return float(f"{1 / (number * length):.10g}")


def bare_name(name: str) -> str:
    """Return the last part of a name, letters and digits only, in lower case."""
    return re.sub(r"[\W_]", "", re.split(r"[./]", name.rstrip("/"))[-1].casefold())


def _name_and_unit(name: str) -> tuple[str, str]:
    """Return the last part of a name without the unit at its end, and that unit."""
    last = re.split(r"[./]", name.rstrip("/"))[-1]
    match = _ENDING.fullmatch(last)
    return (match[1], match[2]) if match else (last, "")


def _quantity(value: object) -> tuple[float | None, str]:
    """Return the number in a value and the unit behind it, None where it has several or none."""
    try:
        values = np.unique(np.asarray(value))
        first = values[0]
        if values.size > 1:
            return None, ""
        if isinstance(first, bytes):
            first = first.decode("utf-8", "replace")
        if isinstance(first, str):
            match = _QUANTITY.fullmatch(first)
            return (float(match[1]), (match[2] or "").strip()) if match else (None, "")
        return float(first), ""
    except (TypeError, ValueError, IndexError):
        return None, ""
