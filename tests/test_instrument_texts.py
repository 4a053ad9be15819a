"""Texts of instruments and services: marks, numbers for missing values, addresses, names, units."""

import numpy as np
import pandas as pd
import pytest

from written import N, is_read, recording, stamps

RNG = np.random.default_rng(61)
LEFT = np.round(20 + RNG.normal(size=N), 2)
RIGHT = np.round(RNG.normal(size=N), 3)


@pytest.mark.parametrize("sign", [".", ","])
def test_a_letter_behind_numbers_below_1_is_a_mark(sign: str) -> None:
    rows = [
        f"{t}\t{x:.3f}{'M' if i % 7 == 4 else ''}"
        for i, (t, x) in enumerate(zip(stamps("%Y-%m-%d %H:%M"), RIGHT, strict=True))
    ]
    is_read(recording("time\tresidual", *[row.replace(".", sign) for row in rows]), RIGHT)


@pytest.mark.parametrize("factor", ["K", "M"])
def test_a_letter_behind_shorter_numbers_is_a_factor(factor: str) -> None:
    scale = {"K": 1e3, "M": 1e6}[factor]
    rows = [f"{i},{1.5}{factor}" if i % 7 == 4 else f"{i},{100 + i}" for i in range(N)]
    expected = [1.5 * scale if i % 7 == 4 else 100 + i for i in range(N)]
    is_read(recording("time,bytes", *rows), np.array(expected))


@pytest.mark.parametrize("other", [True, False])
def test_a_number_for_missing_values_has_most_rows_where_others_say_so(*, other: bool) -> None:
    rare = [7 + i % 5 if i % 3 == 0 else -9999 for i in range(N)]
    last = [-9999 if other else 3 + i % 2 for i in range(N)]
    rows = [f"{i},{x},{y},{z}" for i, (x, y, z) in enumerate(zip(LEFT, rare, last, strict=True))]
    found = recording("time,a,rare,last", *rows)
    assert np.nanmin(found.values[:, 1]) == (7 if other else -9999)


@pytest.mark.parametrize("instance", ["host:9100", "10.0.0.1:9100"])
def test_the_port_of_a_machine_is_no_measurement(instance: str) -> None:
    first = 1710403200
    rows = [f"load,{first + 15 * i},{x},{instance}" for i, x in enumerate(LEFT)]
    found = recording("name,timestamp,value,instance", *rows)
    assert (found.channels, found.index[0]) == (("value",), pd.Timestamp(first, unit="s", tz="UTC"))
    is_read(found, LEFT)
