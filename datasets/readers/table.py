"""The roles of a table's columns: time, labels, row counter, channels."""

from collections.abc import Sequence

import pandas as pd

from spectra.datasets.raw import Raw, Request
from spectra.datasets.readers.columns import Table, find_counter, find_labels, read_channels
from spectra.datasets.readers.time_column import find_time
from spectra.errors import DataError


def refuse_too_few(table: Table) -> None:
    """Raise DataError for fewer than two rows."""
    if len(table.frame) < 2:
        count = "only one row" if len(table.frame) else "no rows"
        raise DataError(f"{table.source} has {count}: a recording needs at least two.")


def _wanted(table: Table, channels: str | Sequence[str] | None) -> list[int] | None:
    """The columns of the named channels; a single text may name several, with commas between."""
    if channels is None:
        return None
    given = [channels] if isinstance(channels, str) else list(channels)
    if isinstance(channels, str) and channels not in table.titles():
        given = [part.strip() for part in channels.split(",") if part.strip()]
    if not given:
        raise DataError("No channel is named: leave the choice of channels out to analyse all.")
    return list(dict.fromkeys(table.find(str(one), "channels") for one in given))


def raw_from_table(table: Table, request: Request, index: pd.Index | None = None) -> Raw:
    """Return the samples in the columns of a table.

    `index` is what a data frame has beside its columns.
    """
    refuse_too_few(table)
    wanted = _wanted(table, request.channels)
    labels = find_labels(table, request.label, frozenset(wanted or ()))
    if wanted is not None and (clash := labels.columns & set(wanted)):
        raise DataError(
            f"{table.source}: {table.label(min(clash))} holds the labels and can be no channel."
        )
    taken = labels.columns | frozenset(wanted or ())
    notes = [*table.notes, *labels.notes]
    instants: pd.Index | None = None
    if request.time is None and isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        instants = index
    elif (found := find_time(table, request.time, taken)) is not None:
        instants = found.index.rename(table.names[min(found.columns)])
        taken |= found.columns
        notes += found.notes
    if wanted is None and (counter := find_counter(table, taken)) is not None:
        taken |= {counter}
        notes.append(f"{table.label(counter)} only counts the rows: left out.")
    chosen = read_channels(table, wanted, taken)
    plain = pd.RangeIndex(len(table.frame)) if index is None else index
    return Raw(
        values=chosen.values,
        channels=chosen.titles,
        labels=labels.values,
        instants=instants,
        plain=plain,
        place=table.place,
        source=table.source,
        notes=(*notes, *chosen.notes),
    )
