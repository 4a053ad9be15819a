"""Arrays of three sides and more beside the vectors and matrices of a file: a block a case."""

import math
from collections.abc import Mapping

from spectra.errors import DataError

_Shapes = Mapping[str, tuple[int, ...]]
"""Shapes of arrays of numbers by their names."""


def note_on_blocks(shapes: _Shapes, chosen: _Shapes, source: str, *, dated: bool) -> list[str]:
    """Return a note on the largest array of blocks, of which nothing is read.

    Raises DataError where it holds the signals: where nothing else is chosen, or only what has a
    number for each block, such as its class, without dates.
    """
    blocks = {name: shape for name, shape in shapes.items() if _sides(shape) > 2}
    blocks = {name: shape for name, shape in blocks.items() if name not in chosen}
    if not blocks:
        return []
    name = max(blocks, key=lambda name: math.prod(blocks[name]))
    sides = f"'{name}' ({' × '.join(f'{side:,}' for side in blocks[name])})"
    of_each = not dated and all(_is_of_each(shape, blocks[name]) for shape in chosen.values())
    if of_each and math.prod(blocks[name]) > sum(map(math.prod, chosen.values())):
        beside = " (or, with --variable, one of those beside it)" if chosen else ""
        raise DataError(
            f"{source} holds its values in {sides}, an array of blocks: save one of them as a "
            f"matrix, such as array[0] or array[:, 0], with numpy.save, and read that{beside}."
        )
    return [f"{sides} is an array of blocks: left out (save a matrix of it to read that)."]


def _is_of_each(shape: tuple[int, ...], blocks: tuple[int, ...]) -> bool:
    """Return True for a number of each block, or of each of its samples, such as its class."""
    return max(shape) == blocks[0] or shape == blocks[: len(shape)]


def _sides(shape: tuple[int, ...]) -> int:
    """Return the number of sides that are longer than one."""
    return sum(side > 1 for side in shape)
