"""The beginning of a long JSON object: each of its lists with its first elements only."""

import re

_CELL_BYTES = 40
"""Bytes of an element of a list of numbers or dates."""
_RECORD_BYTES = 400
"""Bytes of a record: so many for each that is wanted are searched for its end."""
_TOKEN = re.compile(rb'"(?:[^"\\\\]|\\\\.)*"|[\[\]{}]')


def shortened(data: bytes, count: int) -> tuple[bytes, float]:
    """Return an object whose lists end after so many elements.

    Parameters
    ----------
    data : bytes
        The text of an object, encoded in UTF-8.
    count : int
        The most elements to keep of a list of plain values, or records of about 400 bytes.

    Returns
    -------
    bytes
        The shorter text, or the same where no list is longer. A bracket inside a string may end a
        list too soon, so that the text is no JSON.
    float
        The elements of the lists of plain values, or else the bytes, over those that are kept.
    """
    kept, at, share = bytearray(), 0, 0.0
    while (begin := data.find(b"[", at)) >= 0:
        end = data.find(b"]", begin)
        kept += data[at : begin + 1]
        at = begin + 1
        plain = data.find(b"[", at, end) < 0 and data.find(b"{", at, end) < 0
        if not plain and (end < 0 or end - at > count * _RECORD_BYTES):
            break
        if plain and end - at > 2 * count:
            elements = data.count(b",", at, end) + 1
            share = max(share, elements / count)
            if elements > count:
                kept += b",".join(data[at : at + count * _CELL_BYTES].split(b",", count)[:count])
                at = end
        if len(kept) > count * _RECORD_BYTES:
            break
    else:
        return bytes(kept + data[at:]), max(share, 1.0)
    kept += data[at : at + count * _RECORD_BYTES]
    closed = _closed(bytes(kept[: count * _RECORD_BYTES]))
    return closed, len(data) / max(1, len(closed))


def _closed(text: bytes) -> bytes:
    """Return a text that is cut off up to the last whole record or list, with its ends."""
    depth: list[bytes] = []
    last, ends = 0, b""
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in (b"[", b"{"):
            depth.append(b"]" if sign == b"[" else b"}")
        elif sign in (b"]", b"}"):
            if not depth or depth.pop() != sign:
                return text
            if depth[-1:] == [b"]"]:
                last, ends = token.end(), b"".join(reversed(depth))
    return text[:last] + ends
