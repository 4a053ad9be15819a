"""The memory that a damaged or hostile HDF5 file may take, bounded before the library takes it.

The HDF5 library takes the memory that a file names, and fills it, before it finds that the file
has less. Here each of its reads is compared with the bytes that are there, each size of a data set
with those of the file, and each filter with the size of its chunk.
"""

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np

from spectra.datasets.readers.binary import size_of
from spectra.datasets.source import Source
from spectra.errors import DataError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PADDING = 1 << 20
"""Bytes beyond the end of a file that read as zeros, as the library has it: its buffers are read
whole where the last data set ends earlier."""
_HEAP = b"FRHP"
_HEAP_FILTERS = slice(7, 9)
"""Signature of the header of a fractal heap, and where it has the length of its filters (HDF5 file
format III.G). Names and attributes have none, and through filters a few bytes become any number."""
_COLLECTION, _COLLECTION_HEAD, _OBJECT_HEAD = b"GCOL", 8, 8
"""Signature of a collection of texts, and the bytes before its size and before that of an object
(HDF5 file format III.E). An object without bytes would be read again and again."""
_LARGEST_HEADER, _MOST_OBJECTS = 1 << 16, 1 << 16
"""The most bytes of a header with attributes, and objects of a collection."""
_SUPERBLOCK, _LENGTH_AT, _LENGTH_AT_OLD = b"\x89HDF", 10, 14
"""Signature of the file, and the byte that has the bytes of a size, since version 2 and before."""
_FREE_VALUES, _VALUES_A_BYTE = 1 << 22, 16
"""Values that any file may have, and those for each byte of a larger one. Switches, a byte each,
are what is compressed most of all that is measured: deflate keeps about 10 %."""
_FREE_CHUNKS = 1 << 14
"""Chunks that any data set may have."""
_FREE_BYTES = 1 << 26
"""Bytes that a chunk may have, or become, in any file."""
_GZIP, _SHUFFLE, _FLETCHER, _SZIP, _NBIT, _SCALE_OFFSET, _LZF = 1, 2, 3, 4, 5, 6, 32000
"""Numbers of filters (HDF5 file format IV.A.2.l)."""
_CHECKSUM = 4
_SAME_SIZE = (_SHUFFLE, _FLETCHER)
"""Filters that change no size, but for a checksum."""
_SLACK = 4096
"""Bytes that a filter may add to a chunk."""
_DEFLATE = 1032
"""The most bytes that deflate packs into one (zlib.net/zlib_tech.html)."""
_FEWEST_BYTES = 8
"""The fewest bytes of a file for each object of it: its address alone takes as many."""
_FREE_OBJECTS, _FREE_NAMES = 1000, 1 << 22
"""Objects, and letters of their names together, that any file may have."""
_DEEPEST = 100
"""Groups inside one another; the library calls itself for each."""
_LARGEST_ATTRIBUTE = 4096
"""Values of an attribute that are looked at: a rate for each channel."""

_Shape = tuple[int, ...]


class Bounded(io.RawIOBase):
    """The bytes of a file, of which no more are read than there are.

    Parameters
    ----------
    where : Path or BytesIO
        The file.
    """

    def __init__(self, where: Path | io.BytesIO) -> None:
        self._file: IO[bytes] = where.open("rb") if isinstance(where, Path) else where
        self._owned = isinstance(where, Path)
        self._size = size_of(where)
        # The bytes of a size in this file, and the place that its addresses count from.
        self._length, self._base = 8, 0

    def readable(self) -> bool:
        """Return True: the content is there to be read."""
        return True

    def seekable(self) -> bool:
        """Return True: it is read at any place."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, and return it."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the place."""
        return self._file.tell()

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill a buffer; raise OSError where the file ends long before."""
        view = memoryview(buffer).cast("B")
        place = self._file.tell()
        left = max(self._size - place, 0)
        if len(view) > left + _PADDING:
            raise OSError(f"{len(view):,} bytes are to be read where it has {left:,}")
        view[:left] = self._file.read(min(len(view), left))
        if len(view) > left:
            view[left:] = bytes(len(view) - left)
        self._check(view, place)
        return len(view)

    def _check(self, block: memoryview, place: int) -> None:
        """Raise OSError for a block whose content the library would take too much for."""
        start = bytes(block[:4])
        if start == _HEAP and any(block[_HEAP_FILTERS]):
            raise OSError("names or attributes are compressed")
        if start == _SUPERBLOCK and len(block) > _LENGTH_AT_OLD:
            self._length = block[_LENGTH_AT if block[8] > 1 else _LENGTH_AT_OLD]
            self._base = place
        if start == _COLLECTION and not _ends(block, self._length):
            raise OSError("a collection of texts that has no end")
        if len(block) <= _LARGEST_HEADER and self._has_too_long_a_text(block):
            raise OSError("a text that is longer than the file")

    def _has_too_long_a_text(self, block: memoryview) -> bool:
        """Return whether a header refers to a text of more bytes than the file.

        The library fills as many before it reads the collection that has the text. A reference is
        the length of the text, the address of its collection and its number there.
        """
        back = self._file.tell()
        for shift in range(min(4, len(block) // 16 * 4)):
            words = np.frombuffer(block[shift : shift + (len(block) - shift) // 4 * 4], "<u4")
            length, low, high, number = (words[i : len(words) - 3 + i] for i in range(4))
            odd = (length > self._size) & (high == 0) & (number > 0) & (number < _MOST_OBJECTS)
            for address in np.unique(low[odd & (low > 0) & (low < self._size)]):
                self._file.seek(self._base + int(address))
                if self._file.read(4) == _COLLECTION:
                    return True
        self._file.seek(back)
        return False

    def close(self) -> None:
        """Close a file that was opened here."""
        if self._owned:
            self._file.close()
        super().close()


def _ends(collection: memoryview, length: int) -> bool:
    """Return whether each object of a collection begins after the one before, up to its end."""
    whole = int.from_bytes(collection[_COLLECTION_HEAD : _COLLECTION_HEAD + length], "little")
    head, place = _OBJECT_HEAD + length, -(-(_COLLECTION_HEAD + length) // 8) * 8
    while place + head <= min(whole, len(collection)):
        size = int.from_bytes(collection[place + _OBJECT_HEAD : place + head], "little")
        # Number 0 is the space that is left, whose size holds its head.
        named = any(collection[place : place + 2])
        taken = -(-head // 8) * 8 + -(-size // 8) * 8 if named else size
        if not head <= taken <= whole - place:
            return False
        place += taken
    return True


@contextmanager
def opened(h5py: Any, where: Path | io.BytesIO) -> Iterator[Any]:
    """Open an HDF5 file whose reads are bounded."""
    with Bounded(where) as content, h5py.File(content, "r") as file:
        yield file


def names_of(file: Any, size: int) -> list[str]:
    """Return the names of all objects of a file of some bytes.

    Raises ValueError where it has more, or deeper ones, than so many bytes can hold: a file can
    list the same objects again and again.
    """
    names: list[str] = []
    letters = 0

    def note(name: str) -> bool | None:
        nonlocal letters
        names.append(name)
        letters += len(name)
        return _is_beyond(len(names), letters, name, size) or None

    if file.visit(note):
        raise ValueError(f"more, longer or deeper names than its {size:,} bytes can hold")
    return names


def _is_beyond(count: int, letters: int, name: str, size: int) -> bool:
    """Return whether a file of some bytes cannot have so many names, or one so deep."""
    return (
        count > max(_FREE_OBJECTS, size // _FEWEST_BYTES)
        or letters > max(_FREE_NAMES, size)
        or name.count("/") > _DEEPEST
    )


def attribute(h5py: Any, holder: Any, name: str) -> object:
    """Return the value of an attribute that is one text or a few numbers, None for another."""
    found = holder.attrs.get_id(name)
    values = prod(found.shape or ())
    numeric = found.dtype.kind in "fiub" and values <= _LARGEST_ATTRIBUTE
    text = h5py.check_string_dtype(found.dtype) is not None and values == 1
    value: object = holder.attrs[name] if (numeric or text) and found.shape is not None else None
    return value


def refuse_many(count: int, size: int) -> None:
    """Raise ValueError where a file of some bytes cannot list so many objects or fields."""
    if count > max(_FREE_OBJECTS, size // _FEWEST_BYTES):
        raise ValueError(f"{count:,} objects or fields in {size:,} bytes")


def refuse_unjustified(data: Any, shape: _Shape, source: Source, size: int) -> None:
    """Raise an error where a data set would take more than the bytes of its file justify.

    Parameters
    ----------
    data : h5py.Dataset
        The data set.
    shape : tuple of int
        The extent that is read, from the beginning.
    source : Source
        The file, whose bytes the user may allow to be more.
    size : int
        The bytes of the file.

    Raises
    ------
    DataError
        For too many values.
    ValueError
        For chunks or filters that are damaged.
    """
    most, values = source.max_bytes, prod((*shape, *data.dtype.shape))
    allowed = 8 * max(_FREE_VALUES, _VALUES_A_BYTE * size) if most is None else most
    if values * max(data.dtype.base.itemsize, 8) > allowed:
        raise DataError(
            f"{source.name} says that it holds {values:,} values in {size:,} bytes, more than a "
            "recording is compressed to: --max-bytes allows more."
        )
    if data.chunks is None:
        return
    chunk = prod(data.chunks) * data.dtype.itemsize
    if chunk > max(_FREE_BYTES, allowed):
        raise ValueError(f"a chunk of {chunk:,} bytes in a file of {size:,} bytes")
    # The library takes some kilobytes for each chunk of what is read, stored or not.
    count = prod(-(-side // part) for side, part in zip(shape, data.chunks, strict=True))
    if count > max(_FREE_CHUNKS, size // _FEWEST_BYTES):
        raise ValueError(f"{count:,} chunks in a file of {size:,} bytes")
    filters = _filters(data, chunk)
    if filters:
        _refuse_growing_chunks(data, shape, chunk, filters)


class _Filter(NamedTuple):
    """A filter of a data set: its number, its place in the pipeline, and its values."""

    code: int
    place: int
    values: tuple[int, ...]


def _filters(data: Any, chunk: int) -> list[_Filter]:
    """Return the filters of a data set, the last first, which is undone first.

    Raises ValueError where one is made for a larger chunk, or its size could not be checked.
    """
    created = data.id.get_create_plist()
    found: list[_Filter] = []
    for place in reversed(range(created.get_nfilters())):
        code, _, values, _ = created.get_filter(place)
        if _said_size(code, values) > chunk + _SLACK:
            raise ValueError(f"a filter for chunks of {_said_size(code, values):,} bytes")
        if any(one.code not in (*_SAME_SIZE, _GZIP) for one in found) and code not in _SAME_SIZE:
            raise ValueError("filters of an unusual order")
        found.append(_Filter(code, place, values))
    return found


def _said_size(code: int, values: tuple[int, ...]) -> int:
    """Return the bytes of a chunk that a filter says it makes, 0 where it does not say so."""
    if code in (_NBIT, _SCALE_OFFSET) and len(values) > 4:
        # The number of values of a chunk, and the bytes of each (H5Znbit.c, H5Zscaleoffset.c).
        return values[2] * values[4]
    return values[2] if code == _LZF and len(values) > 2 else 0


def _refuse_growing_chunks(data: Any, shape: _Shape, chunk: int, filters: list[_Filter]) -> None:
    """Raise ValueError where a chunk that is read unpacks to more bytes than a chunk has."""
    count = prod(-(-side // part) for side, part in zip(data.shape, data.chunks, strict=True))
    growth = prod(_DEFLATE if one.code == _GZIP else 1 for one in filters)
    sized = any(one.code == _SZIP for one in filters)
    wanted: list[tuple[int, ...]] = []
    seen = 0

    def note(stored: Any) -> bool | None:
        nonlocal seen
        seen += 1
        if stored.size < _fewest(filters, stored.filter_mask, chunk):
            return True
        read = all(place < side for place, side in zip(stored.chunk_offset, shape, strict=True))
        if read and (sized or stored.size * growth > _FREE_BYTES):
            wanted.append(stored.chunk_offset)
        return True if seen > count else None

    if data.id.chunk_iter(note):
        raise ValueError(f"more than {count:,} chunks, or one that is too small")
    for place in wanted:
        skipped, content = data.id.read_direct_chunk(place)
        _refuse_growing(content, [one for one in filters if not skipped >> one.place & 1], chunk)


def _fewest(filters: list[_Filter], skipped: int, chunk: int) -> int:
    """Return the fewest bytes that a chunk has in the file, of which checksums are taken off."""
    applied = [one.code for one in filters if not skipped >> one.place & 1]
    values = chunk if all(code in _SAME_SIZE for code in applied) else 1
    return values + _CHECKSUM * applied.count(_FLETCHER)


def _refuse_growing(content: bytes, filters: list[_Filter], chunk: int) -> None:
    """Raise ValueError where filters make more of some bytes than a chunk has."""
    for one in filters:
        if one.code == _FLETCHER:
            content = content[:-_CHECKSUM]
        elif one.code == _GZIP:
            content = zlib.decompressobj().decompress(content, 2 * chunk + _SLACK)
            if len(content) == 2 * chunk + _SLACK:
                raise ValueError(f"a chunk of {chunk:,} bytes that unpacks to twice as many")
        elif one.code == _SZIP:
            # The bytes that it makes come first.
            if int.from_bytes(content[:4], "little") > chunk + _SLACK:
                raise ValueError(f"a chunk of {chunk:,} bytes that says it has more")
            return
        elif one.code != _SHUFFLE:
            return
