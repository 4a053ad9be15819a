"""Texts that hold no table are named, with what to try, and tables that look like them are read."""

import io

import numpy as np
import pytest

from spectra.datasets import read
from spectra.errors import DataError

N = 40
RNG = np.random.default_rng(1)
NUMBERS = RNG.normal(-140, 1, size=(N, 3)).round(3)
NO_TABLES = {
    "(1436509052.{i:06d}) can0 1{i:02X}#DEADBEEF": "CAN frames (candump)",
    " (1436509052.{i:06d})  vcan1  12345678   [8]  11 22 33 44 55 66 77 {i:02X}": "candump",
    "   {i}.500000 1  123             Rx   d 8 01 02 03 04 05 06 07 {i:02X}": "Vector ASC",
    "   {i}.500000 2  18FEF100x       Tx   d 2 AB {i:02X}": "Vector ASC",
    "$GPGGA,1203{i:02d}.00,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47": "NMEA",
    "$GNRMC,1203{i:02d},A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A": "NMEA",
    "cpu,host=a usage={i}.5 1434055562{i:02d}0000000": "InfluxDB line protocol",
    "{i:5d}.25{a:8.3f}{b:9.3f}": "fixed width",
    "[  5] {i:2d}.00-{i:2d}.99  sec  55.9 MBytes   469 Mbits/sec    0   1.2 MBytes": "iperf",
    "{a:.3E}{b:.3E}{a:.2f}{b:.2f}": "fixed width",
}


@pytest.mark.parametrize("line", NO_TABLES)
def test_lines_of_another_layout_are_named(line: str) -> None:
    """Write a file of such lines only."""
    rows = [line.format(i=i, a=a, b=b) for i, (a, b, _) in enumerate(NUMBERS)]
    with pytest.raises(DataError) as refusal:
        read(io.BytesIO("\n".join(rows).encode()))
    assert NO_TABLES[line] in str(refusal.value)
    assert "read that" in str(refusal.value) or "export" in str(refusal.value)


BEGINNINGS = {
    'File type = "ooTextFile"\nObject class = "Sound 2"\n\nxmin = 0\n': "Praat",
    '"INFORMATION"\n"a.smr"\n\n"SUMMARY"\n"1"\t"Waveform"\t"ECG"\t"V"\t1000\n': "Spike2",
    "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\n": "BrainVision",
    "BrainVision Data Exchange Header File Version 2.0\n": "BrainVision",
    "    -1\n    58\nNONE\nNONE\n": "universal file",
    "FMT, 128, 89, FMT, BBnNZ, Type,Length,Name,Format,Columns\n": "DataFlash",
    "/ISk5\\2MT382\n\n1-3:0.2.8(50)\n1-0:1.8.1(123.4*kWh)\n1-0:1.7.0(01.1*kW)\n!A12F\n": "P1",
    "/KFM5KAIFA\n\n0-0:1.0.0(200312W)\n1-0:1.8.1(1.4*kWh)\n!\n": "P1",
    "\n   1.0e+03 *\n\n    0.0010    1.2345\n    0.0020    1.2346\n": "MATLAB",
    "100,NEM13,202003120000,MDP1,RET1\n250,1,1141,01\n": "NEM13",
    "Time Stamp,ID,Extended,Dir,Bus,LEN,D1,D2\n1,0A,false,Rx,0,2,0A,FF\n2,0B,false,Rx,0,2,1B,00\n":
        "CAN frames",
    "timestamp;arbitration id;dlc;data0;data1\n1.5;0x100;2;AB;01\n1.6;0x100;2;AC;02\n":
        "CAN frames",
}  # fmt: skip


@pytest.mark.parametrize("text", BEGINNINGS)
def test_a_file_that_begins_like_another_layout_is_named(text: str) -> None:
    """Write only the beginning: numbers may follow."""
    with pytest.raises(DataError, match=BEGINNINGS[text]):
        read(io.BytesIO(text.encode()))


def test_tables_that_resemble_other_layouts_are_read() -> None:
    """Write negative numbers with blanks between, and exponents."""
    for form in ("{a:9.3f} {b:9.3f}", "{a:.4E},{b:.4E}", "{a:.3f};{b:.3f}", "{a:.2e}\t{b:.2e}"):
        rows = [form.format(a=a, b=b) for a, b, _ in NUMBERS]
        found = read(io.BytesIO("\n".join(rows).encode()))
        np.testing.assert_allclose(found.values, NUMBERS[:, :2], rtol=2e-2)
