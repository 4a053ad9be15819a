"""Binary formats that are not read: each is named, with the way to a format that is."""

import re
from pathlib import Path
from typing import NamedTuple

from spectra.errors import DataError


class _Format(NamedTuple):
    """A format by the bytes at a place, what it is called, and what to do."""

    start: bytes
    title: str
    remedy: str
    at: int = 0


_AS_WAV = "convert it to WAV, as with ffmpeg -i {} out.wav"
_AS_PARQUET = "save its table as Parquet or CSV"
_PICKLE = (
    "a pickle of Python, which may run code and is never read",
    "save the data as NPZ, CSV or Parquet",
)
_PICKLES = (
    b"\x80\x02}q",
    b"\x80\x02c",
    b"\x80\x02]q",
    b"\x80\x03",
    b"\x80\x04\x95",
    b"\x80\x05\x95",
)
"""The first bytes of pickles of dicts, objects and lists in protocol 2, and of all later ones."""
_FORMATS = (
    _Format(b"fLaC", "a FLAC sound file", _AS_WAV),
    _Format(b"OggS", "an Ogg sound file", _AS_WAV),
    _Format(b"ID3", "an MP3 sound file", _AS_WAV),
    *(
        _Format(start, "an MP3 sound file", _AS_WAV)
        for start in (b"\xff\xfb", b"\xff\xf3", b"\xff\xe3")
    ),
    _Format(b".snd", "an AU sound file", _AS_WAV),
    _Format(b"riff\x2e\x91\xcf\x11", "a Wave64 sound file", _AS_WAV),
    _Format(b"Creative Voice File", "a VOC sound file", _AS_WAV),
    _Format(b"NIST_1A", "a SPHERE sound file", _AS_WAV),
    _Format(b"ftyp", "a video or sound file (MP4)", _AS_WAV, at=4),
    _Format(b"AVI ", "a video (AVI)", _AS_WAV, at=8),
    _Format(b"FORM", "an AIFF sound file", _AS_WAV),
    _Format(b"caff", "a Core Audio file", _AS_WAV),
    _Format(
        b"SQLite format 3\0",
        "an SQLite database",
        "export a table of it, as with sqlite3 -header -csv {} 'select * from NAME' > out.csv",
    ),
    _Format(
        b"TDSm",
        "a TDMS file of National Instruments",
        "export it as CSV, or save nptdms.TdmsFile.read(…).as_dataframe() as Parquet",
    ),
    _Format(
        b"MDF     ",
        "an MDF measurement (.mf4, .mdf)",
        "export its signals as CSV or Parquet, as with asammdf",
    ),
    _Format(b"LOGG", "a log of CAN frames (BLF)", "decode it to signals and export those as CSV"),
    *(
        _Format(b"CDF" + kind, "a netCDF 3 file", "convert it with nccopy -k nc4 {} out.nc")
        for kind in (b"\x01", b"\x02", b"\x05")
    ),
    _Format(b"\x0e\x03\x13\x01", "an HDF4 file", "convert it with h4toh5 {} out.h5"),
    _Format(b"GRIB", "a GRIB file", "convert it with grib_to_netcdf -k 4 -o out.nc {}"),
    _Format(b"MS\x03", "a miniSEED 3 file", "convert it with mseed2ascii {}"),
    _Format(b"\xc3@@", "a SEG-Y file", "save its traces as NPY, with segyio.tools.collect"),
    _Format(b"\xc3@\xf1", "a SEG-Y file", "save its traces as NPY, with segyio.tools.collect"),
    _Format(b"(C) CED 87", "a Spike2 recording (SMR)", "export it as text or MATLAB", at=2),
    _Format(b"WAVEDESC", "a waveform of LeCroy", "save it as CSV or MATLAB"),
    _Format(b"WAVEDESC", "a waveform of LeCroy", "save it as CSV or MATLAB", at=11),
    _Format(b"DUCK", "a DuckDB database", "COPY a table of it TO 'out.parquet'", at=8),
    _Format(b"FEA1", "a Feather file of version 1", "write it again with pyarrow.feather"),
    _Format(b"Obj\x01", "an Avro file", _AS_PARQUET),
    _Format(b"ORC", "an ORC file", _AS_PARQUET),
    _Format(b"ULog\x01\x12\x35", "a PX4 log (ULog)", "convert it with ulog2csv {}"),
    _Format(
        b"#ROSBAG V",
        "a ROS bag",
        "write a topic as CSV, as with rostopic echo -b {} -p /TOPIC > out.csv",
    ),
    _Format(b"\x89MCAP0", "an MCAP recording", "export a topic as CSV"),
    _Format(b".FIT", "a FIT activity", "convert it with FitCSVTool.jar {}", at=8),
    _Format(b"ABF", "an Axon recording (ABF)", "export it as text, or read it with pyabf"),
    _Format(
        b"\0\0\0\x64\0\0\0\x1f",
        "a recording of MNE (FIF)",
        "export it as EDF, with mne.io.read_raw_fif(…).export('out.edf')",
    ),
    _Format(b"GDF ", "a GDF recording", "export it as EDF, with mne.io.read_raw_gdf(…).export"),
    _Format(b'"TOB', "a binary table of Campbell (TOB)", "convert it to TOA5 with CardConvert"),
    _Format(b"DICM", "a DICOM file", "export its waveform as EDF or CSV", at=128),
    _Format(b"\xd4\xc3\xb2\xa1", "a capture of packets", "export its rates as CSV"),
    _Format(b"\x0a\x0d\x0d\x0a", "a capture of packets", "export its rates as CSV"),
    *(_Format(start, *_PICKLE) for start in _PICKLES),
    _Format(b"VITA", "a VitalDB recording", "save its tracks as CSV, with vitaldb.VitalFile"),
    _Format(b"RDX", "a workspace of R", "save a table of it with write.csv"),
    _Format(b"X\n\0\0\0", "an RDS file of R", "save it with write.csv"),
    _Format(b"<stata_dta>", "a Stata file", _AS_PARQUET),
    _Format(b"$FL2", "an SPSS file", _AS_PARQUET),
    _Format(b"\xc2\xea\x81\x60", "a SAS file", _AS_PARQUET, at=12),
    *(
        _Format(start, "a picture", "save the numbers behind it as CSV")
        for start in (b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"GIF8")
    ),
    _Format(b"%PDF-", "a PDF document", "save the table behind it as CSV"),
    _Format(b"\x04\x22\x4d\x18", "a file compressed with LZ4", "unpack it first, with lz4 -d {}"),
    _Format(b"\xff\x06\0\0sNaPpY", "a file compressed with Snappy", "unpack it first"),
    _Format(b"\x1f\x9d", "a file compressed with compress", "unpack it first, with gzip -d {}"),
    _Format(b"PK\x05\x06", "an empty zip archive", "pack it again"),
    *(
        _Format(start, "compressed twice", "unpack it once, and name what comes out")
        for start in (b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\0")
    ),
    _Format(b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first"),
    _Format(b"Rar!\x1a\x07", "a RAR archive", "unpack it first"),
    _Format(b"ustar", "a tar archive", "unpack it first, and name a file of it", at=257),
)
_MINISEED = re.compile(rb"\d{6}[DRQM][ \0][A-Z0-9 ]{5}")
_UNIVERSAL = re.compile(rb" {2,5}-1 *\r?\n {1,5}\d{1,5}b?\b")
"""The beginning of a universal file, which has its numbers as bytes further down (58b)."""
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f\x80-\xff]")
"""Bytes beyond those of ASCII: words at the start of a text are no signature."""


def refuse_other_formats(head: bytes, name: str) -> None:
    """Raise DataError, naming the format and what to do, for a file of a known other format."""
    if not _BINARY.search(head):
        return
    for one in _FORMATS:
        if head.startswith(one.start, one.at):
            raise DataError(f"{name} is {one.title}: {one.remedy.format(name)}.")
    path = Path(name)
    if path.suffix[1:].isalpha() and (header := path.with_suffix(".hea")).is_file():
        raise DataError(
            f"{name} holds annotations of a WFDB record: give its header {header.name}, with "
            "--label and the symbols of those that are anomalies."
        )
    if _MINISEED.match(head):
        raise DataError(
            f"{name} is a miniSEED file: write it as SLIST or WAV, with obspy.read(…).write."
        )
    if _UNIVERSAL.match(head):
        raise DataError(
            f"{name} is a universal file (UFF, UNV) with binary data: read its functions (data set "
            "58b) with pyuff and save the ordinates, or export them as CSV."
        )
