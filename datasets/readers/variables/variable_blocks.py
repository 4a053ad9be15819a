"""Arrays of three sides and more beside the vectors and matrices of a file: a block a case."""

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np

from spectra.datasets.readers.variables.variable import Variable
from spectra.datasets.readers.variables.variable_names import is_time
from spectra.errors import DataError

_ELEMENT = re.compile(r"\{\d+\}")
"""The number of an element of a cell."""
_FILE = re.compile(r"[^/\\\s][^/\\]{0,200}\.(?:fdt|dat|bin|eeg)", re.IGNORECASE)
"""The name of a file of samples, as EEGLAB has it in EEG.data."""
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


def refuse_elements(chosen: Sequence[Variable], source: str) -> None:
    """Raise DataError where several elements of a cell are matrices: a trial each."""
    found: dict[str, list[str]] = {}
    for one in chosen:
        if len(one.sides) > 1 and _ELEMENT.search(one.name):
            found.setdefault(_ELEMENT.sub("{}", one.name), []).append(one.name)
    several = next((names for names in found.values() if len(names) > 1), None)
    if several:
        raise DataError(
            f"{source} holds its values in {len(several)} matrices, of a trial or case each: "
            f"choose one, as with --variable '{several[0]}'."
        )


def refuse_time_alone(
    chosen: Sequence[Variable], variables: Sequence[Variable], source: str
) -> None:
    """Raise DataError where a time is all that would be read: the signal lies elsewhere."""
    if len(chosen) > 1 or not is_time(chosen[0].name) or len(chosen[0].sides) > 1:
        return
    if not bool((np.diff(np.ravel(chosen[0].read())) > 0).all()):
        return
    texts = (str(one.read()[0]) for one in variables if one.texts and one.sides == ())
    other = next((text for text in texts if _FILE.fullmatch(text)), None)
    if other is not None:
        raise DataError(
            f"{source} has the times of its samples, '{chosen[0].name}', and says that the samples "
            f"lie in {other}: save both in one file."
        )
    raise DataError(
        f"{source} has no signal beside the time '{chosen[0].name}': export the signal too, or "
        f"choose another variable with --variable."
    )
