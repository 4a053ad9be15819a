"""The footer of a Parquet file, which describes its columns and where they lie.

pyarrow ends the process at some values that are optional there and damaged. It is given a footer
with only the fields that reading takes: without statistics, histograms, indices and filters.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, BinaryIO

from spectra.datasets.readers.arrow.compact_thrift import (
    INT8,
    INT32,
    INT64,
    Integer,
    Kind,
    kept_of,
    written,
)
from spectra.datasets.source import Source
from spectra.errors import DataError

_PLAIN, _ENCRYPTED = MAGICS = (b"PAR1", b"PARE")
_END = 8
"""Bytes of the length of the footer and of the mark at the end of a file."""
_BUFFER_BYTES = 1 << 20
"""Bytes of the file that are held at a time."""

# Fields by their numbers, see https://github.com/apache/parquet-format, parquet.thrift.
_UNIT: Kind = {1: {}, 2: {}, 3: {}}
_LOGICAL_TYPE: Kind = {
    1: {}, 2: {}, 3: {}, 4: {},
    5: {1: INT32, 2: INT32},
    6: {},
    7: {1: bool, 2: _UNIT},
    8: {1: bool, 2: _UNIT},
    10: {1: INT8, 2: bool},
    11: {}, 12: {}, 13: {}, 14: {}, 15: {},
}  # fmt: skip
_ELEMENT: Kind = {
    **dict.fromkeys((1, 2, 3), INT32),
    4: bytes,
    **dict.fromkeys(range(5, 10), INT32),
    10: _LOGICAL_TYPE,
}
_TYPE = _CODEC = Integer(INT32.code, range(8))
"""Types and codecs that there are; pyarrow ends the process when it is asked for any other."""
_COLUMN: Kind = {
    1: _TYPE, 2: [INT32], 3: [bytes], 4: _CODEC, **dict.fromkeys((5, 6, 7, 9, 11), INT64)
}  # fmt: skip
_ENCRYPTION = 8
_CHUNK: Kind = {1: bytes, 2: INT64, 3: _COLUMN}
_GROUP: Kind = {1: [_CHUNK], 2: INT64, 3: INT64, 5: INT64, 6: INT64}
_FOOTER: dict[int, Kind] = {
    1: INT32, 2: [_ELEMENT], 3: INT64, 4: [_GROUP], 5: [{1: bytes, 2: bytes}], 6: bytes,
    _ENCRYPTION: {},
}  # fmt: skip


@contextmanager
def opened_parquet(
    parquet: Any, source: Source, where: Path | io.BytesIO
) -> Iterator[tuple[Any, BinaryIO]]:
    """Open a Parquet file with what its footer says of the columns, and the bytes of the file."""
    with open(where, "rb") if isinstance(where, Path) else nullcontext(where) as raw:
        metadata = metadata_of(parquet, source.name, raw)
        # Reading ahead would hold the bytes of a whole row group beside its values.
        with parquet.ParquetFile(
            where, metadata=metadata, buffer_size=_BUFFER_BYTES, pre_buffer=False
        ) as file:
            yield file, raw


def metadata_of(parquet: Any, name: str, file: IO[bytes]) -> Any:
    """Return what the footer of a file says of its columns.

    Raises DataError for a file that is encrypted, ValueError for a footer that is not complete,
    and the errors of pyarrow.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _END))
    end = file.read(_END)
    length = int.from_bytes(end[:4], "little")
    if end[4:] not in MAGICS or length > size - _END:
        raise ValueError("it has no footer at its end")
    file.seek(size - _END - length)
    try:
        kept = {} if end[4:] == _ENCRYPTED else kept_of(file.read(length), 0, _FOOTER)[0]
    except IndexError:
        raise ValueError("its footer is cut off") from None
    if end[4:] == _ENCRYPTED or _ENCRYPTION in kept:
        raise DataError(f"{name} is encrypted: export it again without encryption.")
    footer = written(kept)
    content = _PLAIN + footer + len(footer).to_bytes(4, "little") + _PLAIN
    return parquet.read_metadata(io.BytesIO(content))
