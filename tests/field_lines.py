"""Recordings of lines of text, as programs write them."""

import io
from collections.abc import Sequence

from spectra.datasets import Recording, read


def recording(*lines: str | Sequence[str]) -> Recording:
    flat = [line for part in lines for line in ([part] if isinstance(part, str) else part)]
    return read(io.BytesIO(("\n".join(flat) + "\n").encode()))


def rows(*columns: Sequence[object], mark: str = ",") -> list[str]:
    return [mark.join(map(str, row)) for row in zip(*columns, strict=True)]
