"""Tables of other libraries as those of pandas: Polars, PyArrow, xarray, Dask, and records."""

from typing import Any, Final

import numpy as np
import pandas as pd

# Names of the dimension of time of an array of xarray.
TIMES: Final = ("time", "times", "t", "sample", "samples", "row", "rows")


def pandas_of(data: object) -> "pd.DataFrame | pd.Series[Any] | None":
    """Return a table of any library as one of pandas, None for what is no table.

    It is one of pandas itself, one with `to_pandas` such as those of Polars, PyArrow and xarray, a
    lazy one of Polars, one of Dask, or an array of records.
    """
    if isinstance(data, np.ndarray) and data.dtype.names:
        return pd.DataFrame.from_records(data)
    if hasattr(data, "collect") and hasattr(data, "collect_schema"):
        data = data.collect()
    if hasattr(data, "npartitions") and hasattr(data, "compute"):
        data = data.compute()
    if hasattr(data, "dims") and getattr(data, "ndim", 0) == 2:
        data = _time_first(data)
    table = data.to_pandas() if hasattr(data, "to_pandas") else data
    return table if isinstance(table, (pd.DataFrame, pd.Series)) else None


def _time_first(array: Any) -> Any:
    """Return an array of xarray with two dimensions, with that of the time in front."""
    first, second = array.dims
    kind = getattr(array.coords.get(second), "dtype", np.dtype(float)).kind
    names = str(second).lower(), str(first).lower()
    is_time = kind in "mM" or (names[0] in TIMES and names[1] not in TIMES)
    return array.transpose(second, first) if is_time else array


def with_times_as_index(data: "pd.DataFrame | pd.Series[Any]") -> pd.DataFrame:
    """Return a frame whose index holds times or numbers.

    An index of anything else becomes a column: instants that were never parsed are parsed there.
    """
    if isinstance(data, pd.Series):
        data = data.to_frame("value" if data.name is None else data.name)
    frame = _without_arrow(data)
    if isinstance(frame.index, pd.PeriodIndex):
        return frame.set_axis(frame.index.to_timestamp(), axis=0)
    timed = isinstance(frame.index, (pd.DatetimeIndex, pd.TimedeltaIndex))
    if timed or pd.api.types.is_numeric_dtype(frame.index):
        return frame
    return frame.reset_index(allow_duplicates=True)


def _without_arrow(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose columns and index are not stored in Arrow."""

    def plain(column: "pd.Series[Any]") -> "pd.Series[Any]":
        values: pd.Series[Any] = column.array.__arrow_array__().to_pandas()
        return values.set_axis(column.index)

    if isinstance(frame.index.dtype, pd.ArrowDtype):
        frame = frame.set_axis(pd.Index(plain(frame.index.to_series())), axis=0)
    kinds = [isinstance(kind, pd.ArrowDtype) for kind in frame.dtypes]
    if not any(kinds):
        return frame
    columns = [
        plain(frame.iloc[:, i]) if is_arrow else frame.iloc[:, i]
        for i, is_arrow in enumerate(kinds)
    ]
    return pd.concat(columns, axis=1).set_axis(frame.columns, axis=1)
