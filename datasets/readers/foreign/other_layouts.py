"""Text files that hold no table: each is named, with what its user may try."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from spectra.datasets.readers.foreign.instrument_layouts import INSTRUMENT_LAYOUTS
from spectra.datasets.readers.foreign.listings import (
    are_fields,
    are_instants,
    are_numbered,
    has_columns_apart,
    is_cut,
    is_source_of_r,
    is_summary,
)
from spectra.datasets.readers.foreign.text_of_programs import has_array, is_waves
from spectra.errors import DataError

_MOST_LINES = 60
_KEY = r"(?:[^\s,=\\]|\\.)+"
_FIELD = rf'{_KEY}=(?:"[^"]*"|[^\s,"]+)'
_LINE_PROTOCOL = re.compile(
    rf"{_KEY}(?:,{_KEY}={_KEY})* {_FIELD}(?:,{_FIELD})* \d{{10,19}}\s*"
    rf"|{_KEY}(?:,{_KEY}={_KEY})+ {_FIELD}(?:,{_FIELD})*\s*"
)
"""A line with a time, or with tags: a log of pairs has no commas before the first blank."""
_CANDUMP = re.compile(
    r"\s*(?:\((?:[\d-]+\s)?[\d.:]+\)\s+)?\w*can\w*\s+(?:[RT]X\s+[-\w]+\s+)?"
    r"[0-9A-Fa-f]{3,8}(?:#|\s+\[\d+\]).*"
)
_CAN_TRACE = re.compile(
    r"\s*\d+\.\d+\s+(?:\d+\s+[0-9A-Fa-f]{1,8}x?\s+(?:Rx|Tx)\s+d|CANFD\s+\d+\s+(?:Rx|Tx))\s.*"
)
_CAN_BYTES = re.compile(r"(?=.*\b[RT]x\b).*\s[1-8](?:\s+[0-9A-Fa-f]{2}){1,8}\s*", re.IGNORECASE)
"""A line of any other logger of CAN frames: Rx or Tx, the number of bytes, the bytes."""
_METAR = re.compile(r"(?:\S+\s+)?(?:METAR |SPECI )?[A-Z]{4} \d{6}Z (?:AUTO )?(?:\d{3}|VRB)\d.*")
_EXPOSED = re.compile(r"# (?:HELP|TYPE) \w+ .*")
_SAC = re.compile(r"(?:\s+-?\d+\.\d*(?:e[+-]\d+)?){5}\s*", re.IGNORECASE)
_CAN_TABLE = re.compile(
    r"(?=.*(?:\b|_)(?:id|identifier)\b)(?=.*\b(?:dlc|len|length)\b)"
    r"(?=.*\b(?:d0|d1|data\d?|byte ?0)\b).*",
    re.IGNORECASE,
)
_NMEA = re.compile(r"\s*[$!](?:G[PNLABQ]|II|AI|WI|P)[A-Z]{2,4},.*")
_DATAFLASH = re.compile(r"FMT, ?\d+, ?\d+, ?\w+, ?\w+, ?.*")
_NUMBERS = re.compile(r"[\s\d.+\-eE]*")
_GLUED = re.compile(r"\.\d+(?:[eE][-+]\d+)?[-+]\d*\.\d")
_TELEGRAM = re.compile(r"\d-\d+:\d+\.\d+\.\d+(?:\*\d+)?\(.*\)")
_DAILY = re.compile(r"[A-Z]{2}[A-Z0-9_-]{9}\d{6}[A-Z][A-Z0-9]{3}(?:[\s\d-]{5}.{3}){20,31}.*")
_IPERF = re.compile(r"\[ *(?:\d+|SUM)\] +[\d.]+- *[\d.]+ +sec .*bits/sec.*")
_FACTOR = re.compile(r"\s*1\.0e[+-]\d{2,3} {1,9}\*\s*")
"""A factor of all numbers below: 1.0e+03 *."""
_PERFORMANCE = re.compile(
    r"(?:.*[\s|])?'?[\w%/.-]+'?=[-\d.]+[^\W\d]{0,3}%?;[\d.:~@]*;[\d.:~@;]*"
    r"(?:\s+'?[\w%/.-]+'?=[-\d.]+[^\W\d]{0,3}%?;[\d.:~@;]*)+\s*"
)
"""Several labels with a value and its limits: load1=0.2;5;10;0; load5=0.1;4;6;0;."""
_ONE_PERFORMANCE = re.compile(
    r"(?=.*(?:\||PERFDATA\b)).*[\s|;]'?[\w%/.-]+'?=[-\d.]+[^\W\d]{0,3}%?(?:;[\d.:~@]*){2,4}\s*"
)
"""One such label behind the words of a check."""
_FLIGHT = re.compile(r"B\d{6}\d{7}[NS]\d{8}[EW][AV][-\d]\d{4}.*")
_TOP = re.compile(r"top - \d\d:\d\d:\d\d up .*")
_STEP = re.compile(r"Step Information: .*\(Run: \d+/\d+\).*")
_AFTERBURNER = re.compile(r"00, [^,]+, Hardware monitoring log .*")
_DEVICES = re.compile(r"Device:?\s+(?:tps|r/s|rrqm/s)\b")
_RECORD = re.compile(r"-\[ RECORD 1 \]|\*{9,} 1\. row \*")
_STATEMENT = re.compile(r"\s*INSERT\s+INTO\s+\S+.*", re.IGNORECASE)
_PAIRS = re.compile(
    r"[-+]?\d+(?:\.\d+)?(?:;\d+(?:\.\d+)?)?((?:\s\d{1,9}:[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)+)\s*(?:#.*)?"
)
"""A label and values behind their numbers: 1 1:0.43 2:-1.2."""
_MOST = 0.5
"""Share of the first lines that have the form of one layout."""
_SOME = 0.1
"""Share of lines in which numbers touch: those without a minus have a blank between them."""

_DECODE = "decode its messages to signals (cantools, SavvyCAN, asammdf) and export those as CSV"


@dataclass(frozen=True)
class _Layout:
    """A layout by its first lines, what it is called, and what to try."""

    fits: Callable[[Sequence[str]], bool]
    title: str
    remedy: str


def refuse_other_layouts(lines: Sequence[str], source: str) -> None:
    """Raise DataError, naming the layout, for text that is known to be no table."""
    first = [line for line in lines[:_MOST_LINES] if line.strip()]
    for layout in _LAYOUTS if first else ():
        if layout.fits(first):
            raise DataError(f"{source} is {layout.title}: {layout.remedy}.")


def _mostly(pattern: re.Pattern[str]) -> Callable[[Sequence[str]], bool]:
    """Return the test that most of the lines have a form."""
    return lambda lines: sum(map(bool, map(pattern.fullmatch, lines))) > _MOST * len(lines)


def _is_nem(kind: str) -> Callable[[Sequence[str]], bool]:
    """Return the test that the first record is the header of one kind of meter data."""

    def fits(lines: Sequence[str]) -> bool:
        return [field.strip("\"' ") for field in lines[0].split(",")][:2] == ["100", kind]

    return fits


def _starts(*starts: str) -> Callable[[Sequence[str]], bool]:
    """Return the test that the first line starts with one of some texts."""
    return lambda lines: lines[0].strip().startswith(starts)


def _is_jcamp(lines: Sequence[str]) -> bool:
    """Return True for ordinates in blocks behind one abscissa a line; pairs are a table."""
    blocks = any("(X++(Y..Y))" in line.replace(" ", "").upper() for line in lines)
    return lines[0].lstrip().startswith("##") and blocks


def _is_can_table(lines: Sequence[str]) -> bool:
    fields = [field for line in lines[1:20] for field in re.split(r"[,;\t]", line)]
    bytes_ = [field.strip() for field in fields if re.fullmatch(r"\s*[0-9A-F]{2}\s*", field)]
    hexadecimal = any(re.search("[A-F]", field) for field in bytes_)
    # python-can writes the bytes in base64.
    known = hexadecimal or "arbitration_id" in lines[0]
    return bool(_CAN_TABLE.fullmatch(lines[0])) and known


def _is_scaled(lines: Sequence[str]) -> bool:
    return any(map(_FACTOR.fullmatch, lines[:5]))


def _is_iostat(lines: Sequence[str]) -> bool:
    devices = sum(bool(_DEVICES.match(line)) for line in lines)
    processors = sum(line.startswith("avg-cpu:") for line in lines)
    return (devices + processors > 1 and "avg-cpu:" in "".join(lines)) or devices > 1


def _is_dump(lines: Sequence[str]) -> bool:
    return any(map(_STATEMENT.fullmatch, lines))


def _are_documents(lines: Sequence[str]) -> bool:
    """Return True for blocks of keys and values with a rule of dashes between them."""
    rules = sum(line.strip() == "---" for line in lines)
    keyed = sum(bool(re.match(r"\s*[-\w]+: ?", line)) for line in lines)
    return rules > 1 and rules + keyed == len(lines)


def _are_pairs(lines: Sequence[str]) -> bool:
    """Return True for rows of SVMlight, whose values stand behind ascending numbers."""
    found = [match for line in lines[:20] if (match := _PAIRS.fullmatch(line.strip()))]
    numbered = [[int(pair.split(":")[0]) for pair in match[1].split()] for match in found]
    ascending = all(row == sorted({*row}) for row in numbered)
    return len(found) == len(lines[:20]) and ascending and any(len(row) > 1 for row in numbered)


def _is_telegram(lines: Sequence[str]) -> bool:
    return lines[0].startswith("/") and sum(bool(_TELEGRAM.match(line)) for line in lines[1:]) > 1


def _is_sac(lines: Sequence[str]) -> bool:
    """Return True for 14 lines of five fractions above lines of whole numbers."""
    return all(map(_SAC.fullmatch, lines[:14])) and all("." not in one for one in lines[14:22])


def _is_glued(lines: Sequence[str]) -> bool:
    glued = [line for line in lines if _NUMBERS.fullmatch(line) and _GLUED.search(line)]
    return len(glued) > _SOME * len(lines)


_LAYOUTS = (
    *(_Layout(*one) for one in INSTRUMENT_LAYOUTS),
    _Layout(
        _mostly(_LINE_PROTOCOL),
        "InfluxDB line protocol (measurement, tags, fields, time)",
        "export the series as CSV, with influx query --raw, and read that",
    ),
    _Layout(
        _is_nem("NEM12"),
        "a NEM12 file of meter data (records 100, 200, 300, 900: a day of intervals a row, the "
        "interval in the 200 record)",
        "save the 300 records as one reading a row, with a column of time, and read that",
    ),
    _Layout(
        _is_nem("NEM13"),
        "a NEM13 file of meter data (records 100, 250, 550, 900: the readings of months)",
        "save the 250 records as one reading a row, with a column of time, and read that",
    ),
    _Layout(_mostly(_CANDUMP), "a log of CAN frames (candump)", _DECODE),
    _Layout(_mostly(_CAN_TRACE), "a log of CAN frames (Vector ASC)", _DECODE),
    _Layout(_mostly(_CAN_BYTES), "a log of CAN frames", _DECODE),
    _Layout(_is_can_table, "a table of CAN frames, whose bytes are hexadecimal", _DECODE),
    _Layout(
        _mostly(_NMEA),
        "a log of NMEA sentences",
        "convert it to CSV, with gpsbabel -i nmea -o unicsv, and read that",
    ),
    _Layout(
        lambda lines: bool(_DATAFLASH.fullmatch(lines[0])),
        "a DataFlash log, with messages of several kinds",
        "export one kind as CSV, with mavlogdump.py --types IMU --format csv, and read that",
    ),
    _Layout(
        _mostly(_FLIGHT),
        "the record of a flight (IGC)",
        "convert its fixes to CSV, with a time and an altitude a row, and read that",
    ),
    _Layout(
        _mostly(_METAR),
        "a list of METAR reports",
        "decode it to a table of temperature, wind and pressure, as the services that archive "
        "METAR offer it, and read that",
    ),
    _Layout(
        lambda lines: bool(_EXPOSED.fullmatch(lines[0])),
        "one instant of metrics of Prometheus (the text that it scrapes)",
        "ask Prometheus for a range of time, with /api/v1/query_range, and read that",
    ),
    _Layout(
        are_instants,
        "a list of metrics or objects with one value each, at one instant",
        "log one of them with its time, a row each time, and read that",
    ),
    _Layout(
        is_cut,
        "a printed table that is cut: a line of dots stands for rows that were not printed",
        "print all rows, or export the table as CSV, and read that",
    ),
    _Layout(
        has_columns_apart,
        "a matrix as it is displayed, with blocks of columns below one another",
        "write it with writematrix or csvwrite, and read that",
    ),
    _Layout(
        are_fields,
        "an outline of columns with their first values",
        "export the table itself as CSV, with write.csv or write_csv, and read that",
    ),
    _Layout(
        is_summary,
        "a table of statistics (count, mean, std, min), and not of samples",
        "export the table that they were computed from, and read that",
    ),
    _Layout(
        are_numbered,
        "a list of replies with a number before each (redis-cli)",
        "print them with --csv or --json, and read that",
    ),
    _Layout(
        is_source_of_r,
        "source text of R (c, structure)",
        "write the values with write.csv, and read that",
    ),
    _Layout(
        lambda lines: len(lines) > 30 and lines[2].count("-12345") > 1 and _is_sac(lines),
        "a seismogram in the letters of SAC (alphanumeric)",
        "save it as MiniSEED or SLIST and then as a table, with obspy, and read that",
    ),
    _Layout(
        lambda lines: any(line.startswith("WID2 ") and " CM6 " in line for line in lines[:20]),
        "a compressed waveform of GSE 2.0 or IMS 1.0 (CM6)",
        "save it as SLIST, with obspy, and read that",
    ),
    _Layout(
        lambda lines: (
            lines[0].strip() == '"INFORMATION"'
            and any(line.strip() == '"SUMMARY"' for line in lines)
        ),
        "a text of Spike2, with the channels below one another",
        "export it as a spreadsheet (Export As, Spreadsheet text), a channel a column, and read "
        "that",
    ),
    _Layout(
        _is_jcamp,
        "a JCAMP-DX file, which packs the ordinates of several rows into a line",
        "read it with jcamp or the program of the instrument, and save pairs of abscissa and "
        "ordinate as CSV",
    ),
    _Layout(
        _starts('File type = "ooTextFile"'),
        "a text file of Praat (ooTextFile)",
        "save the sound as WAV, or the pitch or intensity as a table, and read that",
    ),
    _Layout(
        _starts("Brain Vision Data Exchange Header", "BrainVision Data Exchange Header"),
        "the header of a BrainVision recording, whose samples are in the .eeg file beside it",
        "export it as EDF, with mne.io.read_raw_brainvision and raw.export, and read that",
    ),
    _Layout(
        _mostly(_IPERF),
        "a report of iperf, whose units change from line to line",
        "run it with -y C (iperf 2) or -J (iperf3), which write CSV and JSON, and read that",
    ),
    _Layout(
        _is_scaled,
        "a matrix as MATLAB displays it, whose numbers are parts of the factor above them",
        "write it with writematrix, or after format longG, and read that",
    ),
    _Layout(
        _is_iostat,
        "a report of iostat, with tables of several kinds",
        "record the same with sar, export it with sadf -d, and read that",
    ),
    _Layout(
        lambda lines: _mostly(_PERFORMANCE)(lines) or _mostly(_ONE_PERFORMANCE)(lines),
        "a log of performance data of Nagios, with limits behind each value",
        "write the time and the values, without the semicolons and what follows them, as columns",
    ),
    _Layout(
        lambda lines: any(map(_TOP.fullmatch, lines)),
        "the output of top, with a block of lines each time",
        "record one process with pidstat -h -p PID 1, or all with sar and sadf -d, and read that",
    ),
    _Layout(
        lambda lines: any(map(_STEP.match, lines[:5])),
        "an export of LTspice with the runs of .step below one another",
        "write the rows of each run, below the names, into a file of its own",
    ),
    _Layout(
        lambda lines: bool(_AFTERBURNER.match(lines[0])),
        "a log of MSI Afterburner, with lines of several kinds",
        "keep the lines that begin with 80 below the one of names, which begins with 02, and read "
        "that",
    ),
    _Layout(
        _starts("AAA,progname"),
        "a recording of nmon, with tables of several kinds",
        "save the lines of one kind, such as CPU_ALL, with the times of the ZZZZ lines, and read "
        "that",
    ),
    _Layout(
        lambda lines: bool(_RECORD.match(lines[0])),
        "the output of a database with a block of lines a row",
        "print a table, without \\x in psql and without \\G in MySQL, and read that",
    ),
    _Layout(
        _is_dump,
        "a list of SQL statements (INSERT INTO)",
        "run them in a database, export the table as CSV, and read that",
    ),
    _Layout(
        _are_documents,
        "a list of messages, a block of lines each (YAML)",
        "print one message a line, with rostopic echo -p or ros2 topic echo --csv, and read that",
    ),
    _Layout(
        _are_pairs,
        "a table of SVMlight, with the number of each value before it",
        "save it as a dense table, with sklearn.datasets.load_svmlight_file, and read that",
    ),
    _Layout(
        lambda lines: is_waves([*lines]),
        "a text of Igor (ITX) with several blocks of waves",
        "save the waves of each block as a table of their own (Data, Save Waves), and read that",
    ),
    _Layout(
        lambda lines: has_array("\n".join(lines)),
        "source text with arrays of numbers in braces",
        "write the numbers of one array one a line, and read that",
    ),
    _Layout(
        _is_telegram,
        "telegrams of a P1 port (DSMR), a block of lines each",
        "log one reading a row, with a column of time, and read that",
    ),
    _Layout(
        lambda lines: any(line.strip().lower().startswith("@problemname") for line in lines),
        "a data set of labelled series (.ts), a series a line",
        "save one series as a column, with sktime.datasets.load_from_tsfile, and read that",
    ),
    _Layout(
        _starts("Time   Sample #  Type"),
        "a list of the annotations of a WFDB record, as rdann prints them",
        "read the record itself, whose header (.hea) lies beside its samples",
    ),
    _Layout(
        _mostly(_DAILY),
        "a GHCN-Daily file of fixed width, a month a line and a mark behind each day",
        "download the station as CSV from the same service, and read that",
    ),
    _Layout(
        _is_glued,
        "a table of fixed width whose numbers touch one another, such as -139.742-1404.208",
        "put a comma between the columns, as pandas.read_fwf and to_csv do, and read that",
    ),
)
