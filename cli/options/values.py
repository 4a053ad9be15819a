"""Values of options: each function returns a value, or raises BadParameter with the reason."""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import click

from spectra.errors import DataError
from spectra.parameters import FASTEST, MOST_ROWS, SLOWEST

PICTURES = (".png", ".svg", ".pdf")
USUAL_STEP = "auto"


def above_zero(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    """Return a finite number above 0; raise BadParameter for any other."""
    if value is not None and not 0 < value < math.inf:
        raise click.BadParameter(f"{value:g} is not a finite number above 0.")
    return value


def revolutions(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    """Return a speed of a shaft; raise BadParameter for any other number."""
    if value is not None and not SLOWEST <= value <= FASTEST:
        raise click.BadParameter(f"{value:g} must be a number above 0, such as 1797.")
    return value


def bearing_name(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Return the name or the geometry of a bearing; raise BadParameter for an unknown one."""
    if value is not None:
        from spectra.explanation.bearings import Bearing

        with _refused():
            Bearing.of(value)
    return value


def delimiter_sign(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Return a delimiter; raise BadParameter for anything but a sign or the word for one."""
    if value is not None:
        from spectra.datasets.readers.csv_file import written_delimiter

        with _refused():
            written_delimiter(value)
    return value


def grid_period(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Return a period to resample by, or the word for the usual one; raise BadParameter else."""
    if value is not None and value != USUAL_STEP:
        from spectra.datasets.instants import parse_period

        with _refused():
            parse_period(value)
    return value


@contextmanager
def _refused() -> Iterator[None]:
    """Raise BadParameter with the sentence of a DataError."""
    try:
        yield
    except DataError as error:
        raise click.BadParameter(str(error)) from error


def sampling_rate(
    _ctx: click.Context, _param: click.Parameter, value: float | None
) -> float | None:
    """Return a sampling rate; raise BadParameter for any other number."""
    if value is not None and not SLOWEST <= value <= FASTEST:
        raise click.BadParameter(f"{value:g} must lie in {SLOWEST:g} … {FASTEST:g}.")
    return value


def neighbours(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    """Return a number or share of frames; raise BadParameter for any other value."""
    if value is not None and not (
        0 < value < 1 or (1 <= value < MOST_ROWS and value == int(value))
    ):
        raise click.BadParameter(
            f"{value:g} is neither a number of frames, 1 or more, nor a share of them, below 1."
        )
    return value


def probability(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    """Return a false-alarm probability; raise BadParameter for any other value."""
    if value is not None and not 0 < value <= 0.5:
        raise click.BadParameter(f"{value:g} must be above 0 and at most 0.5.")
    return value


def share(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    """Return a share above 0 and below 1; raise BadParameter for any other value."""
    if value is not None and not 0 < value < 1:
        raise click.BadParameter(f"{value:g} must be above 0 and below 1.")
    return value


def alarm_rate(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Return the text of a rate of false alarms; raise BadParameter for any other."""
    if value is not None:
        from spectra.calibration.rates import AlarmRate

        try:
            AlarmRate.parse(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error
    return value


def byte_count(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """Return the bytes of a number such as 500000, 500M or 2G."""
    if value is None:
        return None
    match = re.fullmatch(r"([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*([kMGT]?)i?B?", value)
    if match is None or float(match[1]) < 1:
        raise click.BadParameter(f"'{value}' is no number of bytes, such as 500000, 500M or 2G.")
    return min(int(float(match[1]) * 1024 ** " kMGT".index(match[2] or " ")), MOST_ROWS)


def picture(_ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    """Return the name of a picture; raise BadParameter for a format that is not drawn."""
    if value is None:
        return None
    if value.suffix.lower() not in PICTURES:
        raise click.BadParameter(f"'{value}' must end in {', '.join(PICTURES[:-1])} or .pdf.")
    if find_spec("matplotlib") is None:
        raise click.BadParameter("pictures need matplotlib: pip install matplotlib.")
    return value


def row_range(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> tuple[int | None, int | None] | None:
    """Return the two numbers of A:B, None for one that is missing."""
    if value is None:
        return None
    first, colon, end = value.partition(":")
    if not colon or not all(re.fullmatch("[0-9]{0,18}", part) for part in (first, end)):
        raise click.BadParameter(f"'{value}' must have the form A:B, such as 0:5000.")
    if first and end and int(first) >= int(end):
        raise click.BadParameter(f"'{value}' holds no row: A must lie below B, such as 0:5000.")
    return int(first) if first else None, int(end) if end else None
