"""The start and the step of samples in an object of JSON, as lines above a table give them."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

_STARTS = ("start", "beg_time", "begin", "start_time", "starttime", "pointstart", "ts", "start_at")
_STEPS = ("step", "step_time", "pointinterval", "interval", "period", "resolution", "granularity")
_PERIOD = re.compile(r"(\d{1,6}(?:\.\d{1,6})?) ?(ms|s|sec|m|min|h|d)", re.IGNORECASE)
"""A step such as 5m: letters that stand for metres elsewhere are units of time here."""
_ISO = re.compile(
    r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,6}(?:\.\d{1,6})?)S)?)?"
)
_SECONDS = {"ms": 1e-3, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_SINCE_1970 = (1e9, 2.5e9)
"""Seconds since 1970 in which recordings start."""


def grid_in(value: dict[str, Any]) -> Iterator[str]:
    """Yield "interval: …" and "start: …" for the keys of one object that speak of its grid.

    A step without a unit is in seconds, or in milliseconds beside a start in milliseconds.
    """
    keys = {key.casefold(): each for key, each in value.items()}
    starts = [_instant(keys[key]) for key in _STARTS if key in keys]
    scale, start = next((one for one in starts if one is not None), (None, ""))
    for key in _STEPS:
        if (seconds := _step(keys.get(key), scale)) is not None and seconds > 0:
            yield f"interval: {seconds:.10g} s"
            break
    if start:
        yield f"start: {start}"


def _instant(value: Any) -> tuple[float | None, str] | None:
    """Return the seconds of a count and its instant, None for what is no count since 1970."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return (None, "") if isinstance(value, str) else None
    low, high = _SINCE_1970
    for scale in (1.0, 1e-3):
        if low <= value * scale < high:
            return scale, f"{np.datetime64(round(value * scale * 1e3), 'ms')}Z"
    return None


def _step(value: Any, scale: float | None) -> float | None:
    """Return a step in seconds, None for what is none or has no unit."""
    if isinstance(value, str):
        if match := _PERIOD.fullmatch(value):
            return float(match[1]) * _SECONDS[match[2].casefold()]
        if (match := _ISO.fullmatch(value)) and any(match.groups()):
            days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
            return days * 86400 + hours * 3600 + minutes * 60 + seconds
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value * scale if scale is not None else None
