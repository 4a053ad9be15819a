"""Tables written in any manner are read back equal: hypothesis chooses the manner."""

import csv
import io
from dataclasses import dataclass

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra.datasets import read


@dataclass(frozen=True)
class Manner:
    """The manner in which a table is written."""

    delimiter: str
    decimal: str
    header: bool
    quoted: bool
    end: str
    encoding: str
    missing: str
    preamble: tuple[str, ...]
    form: str
    zone: str


DATES = {
    "%Y-%m-%dT%H:%M:%S": None,
    "%Y-%m-%d %H:%M:%S": None,
    "%Y/%m/%d %H:%M:%S": None,
    "%d/%m/%Y %H:%M:%S": "day-first",
    "%m/%d/%Y %H:%M:%S": "month-first",
    "%d.%m.%Y %H:%M:%S": "day-first",
    "%m/%d/%Y %I:%M:%S %p": "month-first",
    "%d-%b-%Y %H:%M:%S": None,
}
ZONES = {"": None, "Z": "UTC", "+01:00": "+01:00", "-05:30": "-05:30"}
PREAMBLES = (
    (),
    ("# exported by a logger",),
    ("% units: volts", "% two lines"),
    ("Logger 4711", "Site, north"),
    ("Device: A7", "", "Operator: nobody"),
)


@st.composite
def manners(draw: st.DrawFn) -> Manner:
    """Draw a manner in which a person or a program may write a table."""
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    form = draw(st.sampled_from([*DATES, "epoch s", "epoch ms", "seconds"]))
    dated = form in DATES and "%p" not in form and "%b" not in form
    return Manner(
        delimiter,
        draw(st.sampled_from([".", ","])),
        draw(st.booleans()),
        draw(st.booleans()),
        draw(st.sampled_from(["\n", "\r\n"])),
        draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"])),
        draw(st.sampled_from(["", "NA", "N/A", "null", "-", "--", "NaN", "#N/A", "unavailable"])),
        draw(st.sampled_from(PREAMBLES)),
        form,
        draw(st.sampled_from(list(ZONES))) if dated else "",
    )


def written(manner: Manner, times: list[str], values: np.ndarray) -> bytes:
    """Return the bytes of a table of times and values, NaN where a value is missing."""
    file = io.StringIO()
    quoting = csv.QUOTE_ALL if manner.quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(
        file, delimiter=manner.delimiter, quoting=quoting, lineterminator=manner.end
    )
    if manner.header:
        writer.writerow(["time", *(f"sensor {'abc'[i]}" for i in range(values.shape[1]))])
    for time, row in zip(times, values, strict=True):
        cells = (
            manner.missing if np.isnan(one) else f"{one:.3f}".replace(".", manner.decimal)
            for one in row
        )
        writer.writerow([time, *cells])
    above = "".join(line + manner.end for line in manner.preamble)
    return (above + file.getvalue()).encode(manner.encoding)


def written_times(manner: Manner, instants: pd.DatetimeIndex) -> list[str]:
    """Return instants as they are written."""
    if manner.form in DATES:
        return [text + manner.zone for text in instants.strftime(manner.form)]
    elapsed = (instants - pd.Timestamp("1970-01-01")) // pd.Timedelta("1ms")
    if manner.form == "seconds":
        return [str((one - elapsed[0]) // 1000) for one in elapsed]
    return [str(one if manner.form == "epoch ms" else one // 1000) for one in elapsed]


@settings(max_examples=150, deadline=None)
@given(
    manners(),
    st.integers(0, 10_000),
    st.integers(14, 60),
    st.integers(1, 3),
    st.sampled_from([1, 10, 60, 900, 3600, 86400]),
    st.datetimes(pd.Timestamp("1990-01-01"), pd.Timestamp("2030-01-01")),
)
def test_tables_are_read_back_as_they_were_written(
    manner: Manner, seed: int, n: int, width: int, step: int, start: pd.Timestamp
) -> None:
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(size=(n, width)) * 10.0 ** rng.integers(0, 4), 3)
    values[rng.random((n, width)) < 0.08] = np.nan
    values[[0, -1]] = 0.125
    first = pd.Timestamp(start).floor("s")
    instants = pd.date_range(first, periods=n, freq=pd.Timedelta(step, "s"))
    content = written(manner, written_times(manner, instants), values)
    found = read(
        io.BytesIO(content), dates=DATES.get(manner.form), time=None if manner.header else "1"
    )
    assert found.n_samples == n
    known = ~np.isnan(values)
    assert np.array_equal(found.values[known], values[known])
    assert found.fs is not None
    assert abs(found.fs * step - 1) < 1e-9
    if manner.header:
        assert found.channels == tuple(f"sensor {'abc'[i]}" for i in range(width))
    if manner.form in DATES:
        zone = ZONES[manner.zone]
        expected = (
            instants
            if zone is None
            else instants.tz_localize(pd.Timestamp(f"2000-01-01T00:00{manner.zone}").tz)
        )
        assert (found.index == expected).all()
