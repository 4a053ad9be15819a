"""Stamps that fit no grid, mended in each way that may apply until they fit one."""

from collections.abc import Iterator
from contextlib import suppress

from spectra.datasets.grid_values import Choice
from spectra.datasets.gridding import OnGrid, on_grid
from spectra.datasets.instants import has_missing, is_far
from spectra.datasets.raw import Raw
from spectra.datasets.restarts import counted_on
from spectra.datasets.rows_between import without_rows_between
from spectra.datasets.sent_again import without_rows_sent_again
from spectra.datasets.stray_stamps import without_stray_stamps
from spectra.errors import DataError


def regular(
    raw: Raw, fs: float | None, resample: str | bool | None, repeats: Choice | None
) -> tuple[Raw, OnGrid]:
    """Return samples and their regular grid, where need be less what makes them irregular."""
    try:
        return raw, on_grid(raw, fs, resample, repeats)
    except DataError:
        for mended in _mended(raw, repeats):
            with suppress(DataError):
                return mended, on_grid(mended, fs, resample, repeats)
        raise


def _mended(raw: Raw, repeats: Choice | None) -> Iterator[Raw]:
    """Yield samples less what may make their stamps irregular, in each way that applies."""
    instants = raw.instants
    if instants is None or raw.stack is not None:
        return
    if has_missing(instants) or is_far(instants).any():
        return
    ways = [without_rows_sent_again, without_stray_stamps, without_rows_between]
    if repeats is None:
        ways.insert(0, counted_on)
    for way in ways:
        less = way(raw, instants)
        if less is not None:
            yield less
