"""Names of columns that repeat, made different by the words of the row above or below them."""

from collections.abc import Sequence

from spectra.datasets.readers.cells.names import UNIT_NAMES, completes, is_unit, words
from spectra.datasets.readers.dates.dates import looks_like_date


def different_names(
    names: tuple[str | None, ...], rows: Sequence[list[str]], named: int
) -> tuple[str | None, ...]:
    """Return the names that the row `named` of those above the data gives, less repetitions."""
    if named > 0 and completes(rows[named], rows[named - 1], len(names)):
        # The name of the time stands above a blank in a cell that was merged with it.
        upper = rows[named - 1]
        names = tuple(name or upper[i] for i, name in enumerate(names))
        rows = [
            *rows[: named - 1],
            [one if low else "" for one, low in zip(upper, rows[named], strict=False)],
            *rows[named:],
        ]
    full = [name for name in names if name]
    above = named - 1
    while above > 0 and words("".join(rows[above][:1])) & UNIT_NAMES:
        # A row of units with a key stands between both.
        above -= 1
    if len(set(full)) < len(full) and above >= 0 and _may_stand_above(rows[above], names):
        names = _joined(rows[above], names)
    if len(set(filter(None, names))) < len(full) and named + 1 < len(rows):
        lower = rows[named + 1]
        united = any(map(is_unit, filter(None, lower)))
        names = names if united else _joined_below(names, lower)
    return names


def _may_stand_above(row: list[str], names: Sequence[str | None]) -> bool:
    """Return True if a row has words for columns, and no more of them than there are."""
    return len(row) <= len(names) + 1 and not any(looks_like_date(field) for field in row)


def _joined(above: list[str], names: Sequence[str | None]) -> tuple[str | None, ...]:
    """Return names that repeat, behind the names of the row above where those differ.

    A name above may be that of a cell which was merged with those to its right.
    """
    parts = len(names) // max(1, len(above))
    if parts > 1 and len(above) > 1 and all(above) and (*names[:parts],) * len(above) == (*names,):
        # Blanks divide the names, and each of them stands above as many columns as others.
        return tuple(f"{above[i // parts]} {name}" for i, name in enumerate(names))
    merged: list[str] = []
    for name in above[: len(names)]:
        merged.append(name or "".join(merged[-1:]))
    wide = tuple(
        f"{upper} {name}".strip() if name else name
        for upper, name in zip((*merged, *[""] * len(names)), names, strict=False)
    )
    if len({*wide}) == len(wide) and "" in above:
        return wide
    pairs = tuple(
        f"{upper} {name}".strip() if name else name
        for upper, name in zip((*above, *[""] * len(names)), names, strict=False)
    )
    return pairs if len(set(pairs)) > len(set(names)) else tuple(names)


def _joined_below(names: Sequence[str | None], below: list[str]) -> tuple[str | None, ...]:
    """Return names that repeat, with the words of the row below behind them where those differ."""
    pairs = tuple(
        f"{name} {lower}".strip() if name else name
        for name, lower in zip(names, (*below, *[""] * len(names)), strict=False)
    )
    full = [name for name in pairs if name]
    return pairs if len(set(full)) == len(full) else tuple(names)
