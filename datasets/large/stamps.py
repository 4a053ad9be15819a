"""Time stamps in a file: kept as numbers, and read piece by piece."""

from collections.abc import Iterator
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from spectra.arrays import Float64Array, IntArray
from spectra.datasets.instants import OUTSIDE, has_missing, is_far, resolution_of
from spectra.errors import DataError, NeedsMemoryError
from spectra.stored import FileArray

# Stamps that are placed at a time.
AT_ONCE: Final = 2**17
# Stamps that the usual step is taken of, and the stretches they lie in.
SAMPLE: Final = 2**20
STRETCHES: Final = 64


class LazyIndex:
    """Index of instants that are computed when they are asked for.

    Parameters
    ----------
    n : int
    at : callable
        From positions (k,) to the index of their instants.
    """

    def __init__(self, n: int, at: Any) -> None:
        self._n, self._at = n, at

    def __len__(self) -> int:
        return self._n

    def take(self, positions: IntArray) -> pd.Index:
        """Return the instants at positions."""
        found: pd.Index = self._at(np.asarray(positions, dtype=np.int64))
        return found

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return self.take(np.arange(*key.indices(self._n)))
        if np.ndim(key):
            return self.take(np.asarray(key))
        return self.take(np.array([int(key) % self._n]))[0]


class Stamps:
    """The stamps of rows that come in blocks, kept as numbers in a temporary file.

    Parameters
    ----------
    like : pandas.Index
        Stamps of the first block: dates, durations or seconds. The others are of their kind.
    source : str
        The name of the file in messages.
    """

    def __init__(self, like: pd.Index, source: str) -> None:
        self._like, self.source = like[:0], source
        self._unit: Literal["us", "ns"] = "ns" if getattr(like, "unit", "") == "ns" else "us"
        counted = isinstance(like, (pd.DatetimeIndex, pd.TimedeltaIndex))
        self.counts = FileArray((0,), np.int64 if counted else np.float64)
        self.per_second = (1e9 if self._unit == "ns" else 1e6) if counted else 1.0

    def append(self, index: pd.Index, place: str) -> None:
        """Take the stamps of further rows; raise DataError for stamps of another kind or none."""
        same = type(index) is type(self._like) and (
            getattr(index, "tz", None) == getattr(self._like, "tz", None)
        )
        if not same:
            raise NeedsMemoryError(
                f"{place}: the time is written in another way than above: name its column with "
                "--time, or write it in one way."
            )
        if has_missing(index):
            raise DataError(f"{place}: the time is missing in a row; every row needs one.")
        if is_far(index).any():
            raise DataError(f"{place}: the time of this row, or of one below it, {OUTSIDE}.")
        if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
            try:
                self.counts.append(index.as_unit(self._unit).asi8)
            except ValueError as error:
                raise DataError(f"{place}: a date lies beyond all that can be counted.") from error
            return
        self.counts.append(index.to_numpy(dtype=np.float64))

    def index_of(self, counts: "IntArray | Float64Array") -> pd.Index:
        """Return numbers as instants of the kind and in the zone of the stamps."""
        name = self._like.name
        if isinstance(self._like, pd.TimedeltaIndex):
            return pd.TimedeltaIndex(counts.view(f"timedelta64[{self._unit}]")).rename(name)
        if not isinstance(self._like, pd.DatetimeIndex):
            return pd.Index(counts).rename(name)
        naive = pd.DatetimeIndex(counts.view(f"datetime64[{self._unit}]")).rename(name)
        zone = self._like.tz
        return naive if zone is None else naive.tz_localize("UTC").tz_convert(zone)

    def seconds(self, start: int, stop: int) -> Float64Array:
        """Return the seconds from the first stamp to those of some rows."""
        return np.asarray((self.counts[start:stop] - self.counts[0]) / self.per_second)

    def blocks(self) -> Iterator[tuple[int, Float64Array]]:
        """Yield the first row and the seconds of each block."""
        for start in range(0, len(self.counts), AT_ONCE):
            yield start, self.seconds(start, min(start + AT_ONCE, len(self.counts)))


def sampled_steps(stamps: Stamps) -> Float64Array:
    """Return the steps from stamp to stamp, of a long file in stretches all over it."""
    n = len(stamps.counts)
    if n <= SAMPLE:
        return np.diff(stamps.seconds(0, n))
    begins = np.linspace(0, n - SAMPLE // STRETCHES, STRETCHES).astype(np.int64).tolist()
    parts = [np.diff(stamps.seconds(begin, begin + SAMPLE // STRETCHES)) for begin in begins]
    return np.concatenate(parts)


def rounding_of(stamps: Stamps) -> float:
    """Return the seconds that the stamps are rounded to, 0 where that cannot be told."""
    if stamps.counts.dtype.kind == "f":
        return resolution_of(pd.Index(stamps.counts[:10_000]))
    common = 0
    for start in range(0, len(stamps.counts), AT_ONCE):
        part = stamps.counts[start : start + AT_ONCE + 1]
        common = int(np.gcd(common, np.gcd.reduce(np.diff(part)))) if len(part) > 1 else common
    return common / stamps.per_second
