"""Data that does not fit into memory is refused before memory is taken."""

import io

import pytest

from spectra.datasets.memory import largest_bytes, machine_bytes, refuse_too_large
from spectra.datasets.readers.binary.binary import content
from spectra.datasets.source import open_source
from spectra.errors import DataError


def test_half_of_the_memory_of_the_machine_may_be_filled() -> None:
    assert machine_bytes() > 1 << 26
    assert largest_bytes() == machine_bytes() // 2


@pytest.mark.parametrize("bytes_each", [1, 8])
def test_limit_itself_is_allowed_and_more_is_refused(bytes_each: int) -> None:
    most = largest_bytes() // bytes_each
    refuse_too_large("a.bin", most, "split it", bytes_each=bytes_each)
    with pytest.raises(DataError, match=r"^a\.bin says that it holds .* GiB .*: split it\.$"):
        refuse_too_large("a.bin", most + bytes_each, "split it", bytes_each=bytes_each)


def test_compressed_content_larger_than_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    source = open_source(io.BytesIO(gzip.compress(bytes(10**6))))
    monkeypatch.setattr("spectra.datasets.memory.machine_bytes", lambda: 10**6)
    with pytest.raises(DataError, match="once it is decompressed: decompress it to a file first"):
        content(source)
