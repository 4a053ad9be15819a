"""The configuration of a COMTRADE record: channels, rates, start, and the form of the samples."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array
from spectra.datasets.readers.binary.binary import damaged
from spectra.datasets.readers.binary.signals import distinct_titles
from spectra.datasets.source import Source

KIND = "a COMTRADE record"
TEXT = "ASCII"
"""The form of samples that are written as text."""
_CODES = {"BINARY": "<i2", "BINARY32": "<i4", "FLOAT32": "<f4"}
_COUNTS = re.compile(rb"\s*\d{1,6}\s*,\s*\d{1,6}A\s*,\s*\d{1,6}D\b.*", re.IGNORECASE)
"""The second line of a configuration: channels in all, analog and digital ones."""
_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2,4})")
_CENTURY = 70
"""The two digits of a year from which on it is of the last century."""


@dataclass(frozen=True)
class ComtradeLayout:
    """The configuration of a record.

    `scales` has factor, offset, least and largest number of each analog channel; `digital` is the
    number of channels behind these; `rates` are rates in Hz with their last sample; `tick` is the
    unit of the time stamps in nanoseconds.
    """

    titles: tuple[str, ...]
    units: tuple[str, ...]
    scales: Float64Array
    digital: int
    rates: tuple[tuple[float, int], ...]
    start: pd.Timestamp | None
    form: str
    tick: float

    @property
    def analog(self) -> int:
        """The number of analog channels."""
        return len(self.scales)

    @property
    def count(self) -> int:
        """The number of samples of each channel, 0 where it is not said."""
        return self.rates[-1][1]

    @property
    def fs(self) -> float | None:
        """The rate in Hz, None where it changes or only time stamps tell."""
        rates = {rate for rate, _ in self.rates}
        return (rates.pop() or None) if len(rates) == 1 else None

    @property
    def frame(self) -> np.dtype[np.void]:
        """The bytes of a sample of all channels."""
        words = -(-self.digital // 16)
        return np.dtype(
            [
                ("number", "<u4"),
                ("stamp", "<u4"),
                ("analog", _CODES[self.form], (self.analog,)),
                ("digital", "<u2", (words,)),
            ]
        )


def is_configuration(head: bytes) -> bool:
    """Return whether a file that begins so is the configuration of a record."""
    lines = head.splitlines()
    return len(lines) > 2 and bool(_COUNTS.fullmatch(lines[1]))


def comtrade_layout(source: Source, text: str, dates: str | None) -> ComtradeLayout:
    """Return the configuration of a record.

    Parameters
    ----------
    source : Source
        The file, for messages.
    text : str
        The configuration.
    dates : str or None
        "day-first" or "month-first"; by default the edition of the standard decides.

    Returns
    -------
    ComtradeLayout

    Raises
    ------
    DataError
        For one that is cut off, or has other fields than expected.
    """
    lines = [[part.strip() for part in line.split(",")] for line in text.splitlines()]
    try:
        layout = _of_lines(lines, dates)
    except (ValueError, IndexError, OverflowError) as error:
        reason = f"its configuration is cut off or has other fields than expected: {error}"
        raise damaged(source, KIND, reason) from error
    if said := _impossible(layout):
        raise damaged(source, KIND, f"its configuration says {said}")
    return layout


def _of_lines(lines: Sequence[Sequence[str]], dates: str | None) -> ComtradeLayout:
    """Return the configuration in lines of fields. Raises ValueError or IndexError."""
    analog, digital = (int(part.upper().strip("AD ")) for part in lines[1][1:3])
    own, rest = lines[2 : 2 + analog + digital], lines[2 + analog + digital :]
    if len({len(one) for one in own[:analog]}) > 1:
        raise ValueError("the lines of its channels differ in their number")
    scales = [[*map(float, one[5:7]), *map(_bound, one[8:10])] for one in own[:analog]]
    n_rates = int(rest[1][0])
    # Without a rate one line says how many samples there are.
    rates = tuple((float(one[0]), int(float(one[1]))) for one in rest[2 : 2 + max(1, n_rates)])
    first, _, (form, *_), *more = rest[2 + max(1, n_rates) :]
    edition = lines[0][2] if len(lines[0]) > 2 else "1991"
    start, nanoseconds = _start(first, month_first=(dates or edition) in ("month-first", "1991"))
    tick = float(more[0][0] or 1) if more else 1.0
    return ComtradeLayout(
        titles=_titles([one[1 : 3 if len(one) > 4 else 2] for one in own]),
        units=(*(one[4] for one in own[:analog]), *[""] * digital),
        scales=np.array(scales, dtype=np.float64).reshape(analog, 4),
        digital=digital,
        rates=rates if n_rates else ((0.0, rates[0][1]),),
        start=start,
        form=form.upper(),
        tick=tick if nanoseconds else 1000 * tick,
    )


def _impossible(layout: ComtradeLayout) -> str:
    """Return the words on numbers that no configuration has, "" where there are none."""
    ends = [end for _, end in layout.rates]
    if not layout.titles:
        return "no channels"
    if layout.form not in (TEXT, *_CODES):
        return f"samples in the form '{layout.form}', not {', '.join((TEXT, *_CODES))}"
    if not np.isfinite(layout.scales[:, :2]).all():
        return "a factor or offset that is no number"
    if not all(0 <= rate < math.inf for rate, _ in layout.rates) or not 0 < layout.tick < math.inf:
        return "a rate or a unit of time that is no number above 0"
    if min(ends) < 0 or ends != sorted(ends):
        return "last samples of its rates that do not rise"
    return ""


def _bound(text: str) -> float:
    """Return the least or largest number of a channel, NaN where there is none."""
    return float(text) if text else math.nan


def _titles(named: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the names of channels, with their phases where names repeat."""
    repeats = Counter(name for name, *_ in named)
    return distinct_titles(
        [" ".join((name, *phase)) if repeats[name] > 1 else name for name, *phase in named]
    )


def _start(fields: Sequence[str], *, month_first: bool) -> tuple[pd.Timestamp | None, bool]:
    """Return the instant of the first sample, and whether stamps are in nanoseconds.

    Day and month change their places where they have to.
    """
    clock = fields[1] if len(fields) > 1 else ""
    nanoseconds = len(clock.partition(".")[2]) > 6
    if (date := _DATE.fullmatch(fields[0])) is None:
        return None, nanoseconds
    first, second, year = (int(part) for part in date.groups())
    if year < 100:
        year += 1900 if year >= _CENTURY else 2000
    month, day = (first, second) if month_first else (second, first)
    if month > 12:
        month, day = day, month
    try:
        return pd.Timestamp(f"{year:04d}-{month:02d}-{day:02d} {clock}"), nanoseconds
    except ValueError:
        return None, nanoseconds
