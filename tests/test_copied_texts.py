"""Tables that a person copied, quoted or edited are read as they were before."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import read
from spectra.errors import DataError

N = 80
START = pd.Timestamp("2024-03-05")
RNG = np.random.default_rng(21)
TEMP = np.round(3 * np.sin(np.arange(N) / 4) + RNG.normal(0, 0.3, N), 2)
HUM = np.round(55 + RNG.normal(0, 4, N), 2)
LINES = [
    "time,temp,hum",
    *(
        f"{START + pd.Timedelta(minutes=i):%Y-%m-%d %H:%M:%S},{a:.2f},{b:.2f}"
        for i, (a, b) in enumerate(zip(TEMP, HUM, strict=True))
    ),
]


def written(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def mail(lines: list[str]) -> str:
    quoted = "".join(f"> {line}\n" for line in lines)
    return f"On Tue, Mar 5, 2024, Jane wrote:\n> Hi, here it is:\n>\n{quoted}>\n> Regards\n"


def difference(lines: list[str]) -> str:
    head = "diff --git a/log.csv b/log.csv\n--- a/log.csv\n+++ b/log.csv\n@@ -1,61 +1,81 @@\n"
    old = "-2024-03-05 00:00:00,7.00,7.00\n"
    body = [f"{'+' if i > 60 else ' '}{line}\n" for i, line in enumerate(lines)]
    return head + "".join(body[:5]) + old + "".join(body[5:])


COPIED: dict[str, Callable[[list[str]], str]] = {
    "mail": mail,
    "mail twice": lambda lines: "".join(f">> {line}\n" for line in lines),
    "difference": difference,
    "cat -n": lambda lines: "".join(f"{i:6d}\t{line}\n" for i, line in enumerate(lines, 1)),
    "grep -n": lambda lines: "".join(f"{i}:{line}\n" for i, line in enumerate(lines, 1)),
    "less -N": lambda lines: "".join(f"{i:7d} {line}\n" for i, line in enumerate(lines, 1)),
    "colours": lambda lines: "".join(f"\x1b[32m{line}\x1b[0m\n" for line in lines),
    "hyphens": lambda lines: "\n".join(lines).replace("-", "\u2011"),
    "figure dash": lambda lines: "\n".join(lines).replace(",-", ",\u2012"),
    "zero width": lambda lines: "\n".join(f"\u200b{one}\u200e" for one in lines),
    "curly quotes": lambda lines: "\n".join(f"“{'”,“'.join(one.split(','))}”" for one in lines),
    "wide digits": lambda lines: "\n".join(
        one if i == 0 else one[:20] + one[20:].translate({48 + k: 0xFF10 + k for k in range(10)})
        for i, one in enumerate(lines)
    ),
    "joined with marks": lambda lines: "\ufeff" + "\n".join(
        [*lines[:40], "\ufeff" + lines[0], *lines[40:]]
    ),
    "minus behind": lambda lines: "\n".join(
        ";".join(f"{c[1:]}-" if c.startswith("-") else c for c in one.split(",")).replace(".", ",")
        for one in lines
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", COPIED)
def test_copied_table_is_that_it_was_copied_from(tmp_path: Path, kind: str) -> None:
    recording = read(written(tmp_path / "a.txt", COPIED[kind](LINES)))
    assert recording.channels == ("temp", "hum")
    assert recording.fs == pytest.approx(1 / 60)
    assert recording.index[0] == START
    np.testing.assert_allclose(recording.values, np.column_stack([TEMP, HUM]))


def test_thin_spaces_stand_between_thousands(tmp_path: Path) -> None:
    rows = [f"{i};{1000 + 7 * (i % 9):,}.5".replace(",", "\u2009") for i in range(N)]
    recording = read(written(tmp_path / "a.csv", "\n".join(["time (s);power", *rows])))
    assert recording.values[:, 0].tolist() == [1000.5 + 7 * (i % 9) for i in range(N)]


@pytest.mark.parametrize("remark", ["  # door open", " // door open", " <- door open"])
def test_remarks_behind_a_few_numbers_are_left_out(tmp_path: Path, remark: str) -> None:
    lines = [line + (remark if i in (6, 51) else "") for i, line in enumerate(LINES)]
    recording = read(written(tmp_path / "a.csv", "\n".join(lines)))
    np.testing.assert_allclose(recording.values, np.column_stack([TEMP, HUM]))
    assert any("2 numbers have a mark behind" in note for note in recording.notes)


def test_days_of_a_month_are_no_numbers_of_lines(tmp_path: Path) -> None:
    text = "".join(f"{i + 1} Mar 2024,{TEMP[i]:.2f}\n" for i in range(31))
    recording = read(written(tmp_path / "a.csv", text))
    assert recording.index[0] == pd.Timestamp("2024-03-01")
    assert recording.n_samples == 31


def test_count_of_rows_before_a_missing_value_is_no_number_of_a_line(tmp_path: Path) -> None:
    text = "1 NaN 20.5\n" + "".join(f"{i + 2} {TEMP[i]:.2f} {HUM[i]:.2f}\n" for i in range(40))
    recording = read(written(tmp_path / "a.txt", text))
    assert recording.n_channels == 2
    np.testing.assert_allclose(recording.values[1:, 1], HUM[:40])


def test_small_prefixes_beside_plain_numbers_are_factors(tmp_path: Path) -> None:
    volts = 2 + np.sin(np.arange(N) / 5) / 2
    cells = [f"{1000 * v:.0f}m" if v < 2 else f"{v:.3f}" for v in volts]
    text = "\n".join(["time (s),level", *(f"{i},{cell}" for i, cell in enumerate(cells))])
    recording = read(written(tmp_path / "a.csv", text))
    np.testing.assert_allclose(recording.values[:, 0], volts, atol=0.0006)


def test_metres_beside_plain_numbers_are_no_factor(tmp_path: Path) -> None:
    cells = [f"{2 + i % 7 / 8:.3f}" + ("m" if i % 3 else "") for i in range(N)]
    text = "\n".join(["time (s),level", *(f"{i},{cell}" for i, cell in enumerate(cells))])
    recording = read(written(tmp_path / "a.csv", text))
    np.testing.assert_allclose(recording.values[:, 0], [2 + i % 7 / 8 for i in range(N)])


def test_conflict_of_versions_is_refused(tmp_path: Path) -> None:
    lines = [*LINES[:40], "<<<<<<< HEAD", *LINES[40:42], "=======", *LINES[42:]]
    with pytest.raises(DataError):
        read(written(tmp_path / "a.csv", "\n".join(lines)))
