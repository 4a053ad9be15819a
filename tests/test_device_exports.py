"""Exports of instruments, wearables, meters and loggers are read as their users mean them.

Each text is made here in the layout of the program that is named, with known values.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spectra.datasets import Recording, read, read_series
from spectra.errors import DataError

N = 240
WAVE = np.round(np.sin(np.arange(N) / 7.3) + np.random.default_rng(1).normal(0, 0.3, N), 3)
LEVEL = np.round(20 + 2 * np.sin(np.arange(N) / 9.1) + np.random.default_rng(2).normal(0, 1, N), 2)


@dataclass(frozen=True)
class Export:
    """A text, and what has to be read from it; None where it does not matter."""

    text: str
    channels: tuple[str, ...]
    fs: float | None
    start: str | None = None
    units: tuple[str, ...] | None = None
    first: tuple[float, ...] | None = None
    options: dict[str, Any] = field(default_factory=dict)


def lines(head: str, row: Callable[[int], str]) -> str:
    """Return a header and N rows."""
    return head + "".join(row(i) + "\n" for i in range(N))


def stamps(freq: str, form: str, start: str = "2024-03-15 10:00") -> list[str]:
    """Return N written dates."""
    return list(pd.date_range(start, periods=N, freq=freq).strftime(form))


def comma(number: float, digits: int = 3) -> str:
    """Return a number with a decimal comma."""
    return f"{number:.{digits}f}".replace(".", ",")


QUARTERS = stamps("15min", "%d.%m.%Y %H:%M")
DAYS = stamps("D", "%d/%m/%Y")
HALVES = pd.date_range("2024-03-15", periods=N, freq="30min")
LABVIEW = (
    "LabVIEW Measurement\t\nWriter_Version\t2\nSeparator\tTab\nDecimal_Separator\t,\n"
    "Multi_Headings\tYes\nX_Columns\t{columns}\nDate\t2024/03/15\nTime\t10:11:12,5\n"
    "***End_of_Header***\t\n\t\nChannels\t1\t\nSamples\t240\t\nDate\t2024/03/15\t\n"
    "Time\t10:11:12,5\t\nY_Unit_Label\tVolts\t\nX_Dimension\tTime\t\nX0\t0,0\t\n"
    "Delta_X\t0,000500\t\n***End_of_Header***\t\t\nX_Value\tMicrophone\tComment\n"
)

INSTRUMENTS = {
    "Keysight": Export(
        lines("x-axis,1,2\nsecond,Volt,Volt\n", lambda i: f"{1e-5 * i:+.8e},{WAVE[i]},{LEVEL[i]}"),
        ("1", "2"), 1e5, None, ("Volt", "Volt"),
    ),
    "Rigol": Export(
        lines(
            "X,CH1,Start,Increment\nSequence,Volt,-1.0e-03,2.0e-06\n",
            lambda i: f"{i},{WAVE[i]},",
        ),
        ("CH1",), 5e5, None, ("Volt",),
    ),
    "LeCroy": Export(
        lines(
            "LECROYWS3024,1,Waveform\nSegments,1,SegmentSize,240\n"
            "Segment,TrigTime,TimeSinceSegment1\n#1,15-Mar-2024 10:11:12,0\nTime,Ampl\n",
            lambda i: f"{-1e-3 + 1e-5 * i:.8g},{WAVE[i]}",
        ),
        ("Ampl",), 1e5,
    ),
    "Rohde & Schwarz": Export(
        lines("in s,CH1 in V\n", lambda i: f"{-1e-3 + 1e-5 * i:.6E},{WAVE[i]}"),
        ("CH1 in V",), 1e5, None, ("V",),
    ),
    "PicoScope": Export(
        lines("Time,Channel A\n(ms),(mV)\n\n", lambda i: f"{0.02 * i:.8f},{WAVE[i]}"),
        ("Channel A",), 5e4, None, ("mV",),
    ),
    "LabVIEW with a column of time": Export(
        lines(LABVIEW.format(columns="One"), lambda i: f"{comma(0.0005 * i, 6)}\t{comma(WAVE[i])}"),
        ("Microphone",), 2000.0, "2024-03-15 10:11:12.5", ("Volts",),
    ),
    "LabVIEW without one": Export(
        lines(LABVIEW.format(columns="No"), lambda i: f"\t{comma(WAVE[i])}"),
        ("Microphone",), 2000.0, "2024-03-15 10:11:12.5", ("Volts",),
    ),
    "SignalExpress": Export(
        lines(
            "channel names:\t\nai0\tai1\nstart times:\t\n"
            "15.03.2024 10:11:12,5\t15.03.2024 10:11:12,5\ndt:\t\n0,000100\t0,000100\ndata:\t\n",
            lambda i: f"{comma(WAVE[i])}\t{comma(LEVEL[i], 2)}",
        ),
        ("ai0", "ai1"), 1e4,
    ),
    "LabChart": Export(
        lines(
            "Interval=\t0.001 s\nChannelTitle=\tECG\tPulse\nRange=\t5.000 V\t10.00 V\n",
            lambda i: f"{i / 1000:.3f}\t{WAVE[i]}\t{LEVEL[i]}",
        ),
        ("ECG", "Pulse"), 1000.0,
    ),
    "AcqKnowledge": Export(
        lines(
            "rec.acq\n0.5 msec/sample\n1 channels\nECG100C\nmV\nmin\tCH1\n\t240\n",
            lambda i: f"{i * 0.0005 / 60:.10g}\t{WAVE[i]}\t",
        ),
        ("CH1",), 2000.0,
    ),
    "AcqKnowledge without time": Export(
        lines("rec.acq\n0.5 msec/sample\n1 channels\nECG100C\nmV\n", lambda i: f"{WAVE[i]}\t"),
        ("value",), 2000.0,
    ),
}  # fmt: skip

WEARABLES = {
    "Empatica, intervals": Export(
        lines("1710496800.000000, IBI\n", lambda i: f"{12.5 + 0.8 * i:.6f},{WAVE[i]}"),
        ("IBI",), 1.25, "2024-03-15 10:00:12.5",
    ),
    "ActiGraph": Export(
        lines(
            "-- Data File Created By ActiGraph GT3X+ date format M/d/yyyy at 30 Hz --\n"
            "Start Time 10:00:00\nStart Date 3/5/2024\nDownload Time 11:00:00\n"
            "Download Date 3/6/2024\nMode = 12\n--\nAccelerometer X,Accelerometer Y\n",
            lambda i: f"{WAVE[i]},{LEVEL[i]}",
        ),
        ("Accelerometer X", "Accelerometer Y"), 30.0, "2024-03-05 10:00",
    ),
    "Holter": Export(
        lines(
            "Patient;4711\nAufnahmebeginn;15.03.2024 10:00:00\nAbtastrate;125 Hz\n\n"
            "Kanal 1;Kanal 2\nµV;µV\n",
            lambda i: f"{WAVE[i]};{LEVEL[i]}",
        ),
        ("Kanal 1", "Kanal 2"), 125.0, "2024-03-15 10:00", ("µV", "µV"),
    ),
    "rdsamp": Export(
        lines("", lambda i: f"{i / 360:10.3f}\t{WAVE[i]:8.3f}\t{LEVEL[i]:8.3f}"),
        ("ch2", "ch3"), 360.0,
    ),
    "Shimmer": Export(
        lines(
            '"sep=\t"\nTimestamp_Unix_CAL\tAccel_X_CAL\t\nms\tm/(s^2)\t\n',
            lambda i: f"{1710496800000 + i * 1000 / 51.2:.4f}\t{WAVE[i]}\t",
        ),
        ("Accel_X_CAL",), 51.2, "2024-03-15 10:00", ("m/(s^2)",),
    ),
}  # fmt: skip

METERS = {
    "Green Button": Export(
        lines(
            "Name,JANE DOE\nAddress,1 MAIN ST\nAccount Number,1234\nService,Service 1\n\n"
            "TYPE,DATE,START TIME,END TIME,USAGE,UNITS,COST\n",
            lambda i: (
                f"Electric usage,{HALVES[i]:%Y-%m-%d},{HALVES[i]:%H:%M},"
                f"{HALVES[i] + pd.Timedelta('29min'):%H:%M},{LEVEL[i]},kWh,${LEVEL[i] / 5:.2f}"
            ),
        ),
        ("USAGE", "COST"), 1 / 1800, "2024-03-15 00:00",
    ),
    "Spanish distributor": Export(
        lines(
            "CUPS;Fecha;Hora;Consumo_kWh;Metodo\n",
            lambda i: f"ES00;{DAYS[i // 24]};{i % 24 + 1};{comma(LEVEL[i], 2)};R",
        ),
        ("Consumo_kWh",), 1 / 3600, "2024-03-15 00:00", ("kWh",),
    ),
    "German grid operator": Export(
        lines(
            "Zählpunkt;DE0001\nOBIS;1-0:1.8.0\nEinheit;kWh\n\nVon;Bis;Wert;Status\n",
            lambda i: f"{QUARTERS[i]};{QUARTERS[min(i + 1, N - 1)]};{comma(LEVEL[i])};W",
        ),
        ("Wert",), 1 / 900, "2024-03-15 10:00", ("kWh",),
    ),
    "Davis with a and p": Export(
        lines(
            "\t\tTemp\tHi\nDate\tTime\tOut\tTemp\n",
            lambda i: (
                f"{HALVES[i]:%m/%d/%y}\t{HALVES[i].hour % 12 or 12}:{HALVES[i]:%M}"
                f"{'ap'[HALVES[i].hour // 12]}\t{LEVEL[i]}\t{LEVEL[i] + 0.3:.2f}"
            ),
        ),
        ("Out", "Temp"), 1 / 1800, "2024-03-15 00:00",
    ),
    "names in angle brackets": Export(
        lines(
            "<DATE>,<TIME>,<CLOSE>\n",
            lambda i: f"{HALVES[i]:%Y%m%d},{HALVES[i]:%H%M%S},{LEVEL[i]}",
        ),
        ("<CLOSE>",), 1 / 1800, "2024-03-15 00:00",
    ),
}  # fmt: skip

LOGGERS = {
    "keys before the numbers": Export(
        lines("", lambda i: f"temp:{LEVEL[i]}, p:{WAVE[i]}"), ("temp", "p"), None,
    ),
    "keys and blanks": Export(
        lines("", lambda i: f"temp={LEVEL[i]} p={WAVE[i]}"), ("temp", "p"), None,
    ),
    "serial monitor": Export(
        "".join(
            f"{stamp[:-3]} -> {LEVEL[i]},{WAVE[i]}\n"
            for i, stamp in enumerate(stamps("100ms", "%H:%M:%S.%f"))
        ),
        ("ch2", "ch3"), 10.0,
    ),
    "boot messages above": Export(
        lines("Sensor test ready!\nInitializing SD card...OK\nmillis,temp\n",
              lambda i: f"{1203 + 200 * i},{LEVEL[i]}"),
        ("temp",), 5.0,
    ),
    "Campbell": Export(
        '"TOA5","CR1000","CR1000","12345","CR1000.Std.31","CPU:a.CR1","1","T"\n'
        '"TIMESTAMP","RECORD","AirTC_Avg"\n"TS","RN","Deg C"\n"","","Avg"\n'
        + "".join(
            f'"{stamp}",{4711 + i},{LEVEL[i]}\n'
            for i, stamp in enumerate(stamps("10min", "%Y-%m-%d %H:%M:%S"))
        ),
        ("AirTC_Avg",), 1 / 600, "2024-03-15 10:00", ("Deg C",),
    ),
    "perfmon": Export(
        '"(PDH-CSV 4.0) (W. Europe Standard Time)(-60)","\\\\SRV\\Memory\\Available"\n'
        + "".join(
            f'"{stamp[:-3]}","{LEVEL[i]}"\n'
            for i, stamp in enumerate(stamps("15s", "%m/%d/%Y %H:%M:%S.%f"))
        ),
        ("\\\\SRV\\Memory\\Available",), 1 / 15, "2024-03-15 10:00",
    ),
    "sar": Export(
        "Linux 5.4.0 (srv)\t03/15/24\t_x86_64_\t(8 CPU)\n\n00:00:01        CPU     %user\n"
        + "".join(
            f"{stamp}        all      {LEVEL[i]}\n"
            for i, stamp in enumerate(stamps("10min", "%H:%M:%S", "2024-03-15 00:10:01")[:140])
        )
        + "Average:        all     12.00\n",
        ("%user",), 1 / 600,
    ),
}  # fmt: skip

LANGUAGES = {
    "Italian clock with dots": Export(
        "Data;Ora;Portata [m3/h]\n"
        + "".join(
            f"{one:%d/%m/%Y};{one:%H.%M.%S};{comma(LEVEL[i], 2)}\n" for i, one in enumerate(HALVES)
        ),
        ("Portata [m3/h]",), 1 / 1800, "2024-03-15 00:00", ("m3/h",),
    ),
    "French logger": Export(
        "Date;Heure;Température (°C)\n"
        + "".join(
            f"{one:%d/%m/%Y};{one:%H:%M:%S};{comma(LEVEL[i], 2)}\n"
            for i, one in enumerate(HALVES)
        ),
        ("Température (°C)",), 1 / 1800, "2024-03-15 00:00", ("°C",),
    ),
    "hours in one number": Export(
        "STATION;MESS_DATUM;TT_TU\n"
        + "".join(f"433;{one};{LEVEL[i]}\n" for i, one in enumerate(stamps("h", "%Y%m%d%H"))),
        ("TT_TU",), 1 / 3600, "2024-03-15 10:00",
    ),
    "year and day of the year": Export(
        "year,doy,hour,v\n"
        + "".join(
            f"{one},{LEVEL[i]}\n" for i, one in enumerate(stamps("h", "%Y,%j,%H", "2024-02-28"))
        ),
        ("v",), 1 / 3600, "2024-02-28 00:00",
    ),
    "durations of pandas": Export(
        lines(",v\n", lambda i: f"0 days 00:{i // 60:02d}:{i % 60:02d},{LEVEL[i]}"), ("v",), 1.0,
    ),
    "a first state that is missing": Export(
        "entity_id,state,last_changed\n"
        + "".join(
            f"sensor.t,{LEVEL[i] if i else 'unavailable'},{one}\n"
            for i, one in enumerate(stamps("60s", "%Y-%m-%dT%H:%M:%S.%fZ"))
        ),
        ("state",), 1 / 60, "2024-03-15 10:00",
    ),
}  # fmt: skip

EVERY = {**LANGUAGES, **INSTRUMENTS, **WEARABLES, **METERS, **LOGGERS}


def read_text(text: str, **options: Any) -> Recording:
    """Return the recording in a text."""
    return read(io.BytesIO(text.encode()), **options)


@pytest.mark.parametrize("name", EVERY)
def test_export_is_read_as_its_user_means_it(name: str) -> None:
    export = EVERY[name]
    recording = read_text(export.text, **export.options)
    assert recording.channels == export.channels
    assert recording.fs is export.fs or recording.fs == pytest.approx(export.fs, rel=1e-6)
    if export.start is not None:
        assert str(recording.index[0]).startswith(export.start)
    if export.units is not None:
        assert recording.units == export.units
    known = [*WAVE, *LEVEL]
    assert np.isin(recording.values[1:4, 0], known).all()
    assert recording.n_samples in (N, 140)


def test_tables_of_influx_are_series_of_their_fields() -> None:
    head = (
        "#group,false,false,true,true,false,false,true,true\n"
        "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,"
        "string\n#default,mean,,,,,,,\n,result,table,_start,_stop,_time,_value,_field,host\n"
    )
    rows = [
        f",,{table},2024-03-15T00:00:00Z,2024-03-16T00:00:00Z,{stamp},{values[i]},{name},srv"
        for table, (name, values) in enumerate((("usage", LEVEL), ("idle", WAVE)))
        for i, stamp in enumerate(stamps("10s", "%Y-%m-%dT%H:%M:%SZ"))
    ]
    found = read_series(io.BytesIO((head + "\n".join(rows) + "\n").encode()))
    assert list(found) == ["usage", "idle"]
    for recording, values in zip(found.values(), (LEVEL, WAVE), strict=True):
        assert isinstance(recording, Recording)
        assert recording.values[:, 0].tolist() == values.tolist()
        assert recording.fs == 0.1


def test_line_protocol_is_named() -> None:
    text = "".join(f"cpu,host=a usage={WAVE[i]} {1710496800 + i}000000000\n" for i in range(N))
    with pytest.raises(DataError, match="is InfluxDB line protocol"):
        read_text(text)


@pytest.mark.parametrize(
    ("written", "start"),
    [
        ("Start: 2024-03-05T10:00:00", "2024-03-05 10:00:00"),
        ("Start time;05.03.2024 10:00:00,250", "2024-03-05 10:00:00.250"),
        ("Recording started 25/03/2024 10:00", "2024-03-25 10:00:00"),
        ("Start;3/5/2024 10:00:00 PM", "2024-03-05 22:00:00"),
        ("date: 2024/03/05\n# time: 10:00:00", "2024-03-05 10:00:00"),
        ("Start: 2024-03-05 10:00:00 UTC", "2024-03-05 10:00:00+00:00"),
        ("Start;3/5/2024 10:00:00", None),
        ("Exported 2024-03-05 10:00:00", None),
    ],
)
def test_the_start_counts_where_its_order_is_certain(written: str, start: str | None) -> None:
    text = lines(f"# {written}\n# sample rate = 100 Hz\na,b\n", lambda i: f"{WAVE[i]},{LEVEL[i]}")
    index = read_text(text).index
    assert str(index[0]).startswith(start) if start else not isinstance(index, pd.DatetimeIndex)
