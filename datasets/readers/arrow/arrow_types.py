"""The types of Arrow columns, and their values as arrays of NumPy and frames of pandas."""

import re
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from numpy.typing import NDArray

_OFFSET = re.compile(r"[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]")


def pyarrow_faults(arrow: Any) -> tuple[type[Exception], ...]:
    """Return the exceptions that pyarrow raises for a damaged file."""
    return arrow.ArrowException, OSError, ValueError


def flat(arrow: Any, table: Any) -> Any:
    """Return a table with a column for each field of a structure, named with a dot."""
    for index, field in enumerate(table.schema):
        if (kind := stored_type(arrow, field.type)) != field.type:
            table = table.set_column(index, field.with_type(kind), table.column(index).cast(kind))
    while any(map(arrow.types.is_struct, table.schema.types)):
        table = table.flatten()
    return table


def without_rows(arrow: Any, schema: Any) -> Any:
    """Return the table without rows of a schema, with a column for each field of a structure."""
    fields = [field.with_type(stored_type(arrow, field.type)) for field in schema]
    return flat(arrow, arrow.schema(fields, schema.metadata).empty_table())


def stored_type(arrow: Any, kind: Any) -> Any:
    """Return the type that values are stored as: another for tensors, and for an unknown zone."""
    if isinstance(kind, arrow.BaseExtensionType):
        return stored_type(arrow, kind.storage_type)
    if arrow.types.is_timestamp(kind) and not has_known_zone(kind):
        return arrow.timestamp(kind.unit, "UTC")
    if arrow.types.is_struct(kind):
        return arrow.struct([part.with_type(stored_type(arrow, part.type)) for part in kind])
    return kind


def has_known_zone(kind: Any) -> bool:
    """Return whether instants have no time zone, or one that is known here."""
    if not kind.tz or _OFFSET.fullmatch(kind.tz):
        return True
    try:
        ZoneInfo(kind.tz)
    except (KeyError, ValueError, OSError):
        return False
    return True


def is_flat(arrow: Any, kind: Any) -> bool:
    """Return whether a column has one number, text or instant a row."""
    types = arrow.types
    return not (types.is_nested(kind) or types.is_binary(kind) or types.is_large_binary(kind))


def has_array(arrow: Any, kind: Any) -> bool:
    """Return whether the values of a type fill an array of NumPy as they are."""
    types = arrow.types
    return bool(types.is_floating(kind) or types.is_integer(kind) or types.is_timestamp(kind))


def array_type(arrow: Any, kind: Any) -> str:
    """Return the type of the array of integers, or of instants, which are those of UTC."""
    return f"M8[{kind.unit}]" if arrow.types.is_timestamp(kind) else str(kind)


def with_zone(values: NDArray[Any], kind: Any) -> Any:
    """Return instants in the zone of their column, and numbers as they are."""
    if values.dtype.kind != "M" or kind.tz is None:
        return values
    return pd.DatetimeIndex(values).tz_localize("UTC").tz_convert(kind.tz).array


def as_frame(arrow: Any, table: Any) -> pd.DataFrame:
    """Return a table of Arrow as a frame, decimals as floats; each column is freed at once.

    Times of day have microseconds at most in Python.
    """
    for index, field in enumerate(table.schema):
        kind = field.type
        if arrow.types.is_decimal(kind):
            kind = arrow.float64()
        elif arrow.types.is_time64(kind):
            kind = arrow.time64("us")
        if kind != field.type:
            column = table.column(index).cast(kind, safe=False)
            table = table.set_column(index, field.name, column)
    frame: pd.DataFrame = table.to_pandas(
        date_as_object=False, ignore_metadata=True, split_blocks=True, self_destruct=True
    )
    frame.columns = pd.RangeIndex(frame.shape[1])
    return frame
