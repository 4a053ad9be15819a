"""Signals of different rates in one file: those of one rate, or all brought to one."""

from collections.abc import Sequence

import numpy as np

from spectra.arrays import Float64Array
from spectra.datasets.raw import Request
from spectra.errors import DataError
from spectra.text import few_of


def one_rate(
    source: str,
    titles: Sequence[str],
    rates: Sequence[float],
    chosen: Sequence[int],
    request: Request,
) -> tuple[list[int], float, tuple[str, ...]]:
    """Return the signals to read, the rate they are brought to in Hz, and notes.

    Without a choice those of the rate that has most samples are taken, and the others left out.
    With resampling all are taken, at the highest rate.

    Parameters
    ----------
    source : str
        The name of the file in messages.
    titles : sequence of str
        The names of all signals.
    rates : sequence of float
        The sampling rates of all signals in Hz.
    chosen : sequence of int
        The indices of the wanted signals.
    request : Request
        The choices of the user.

    Returns
    -------
    tuple of (list of int, float, tuple of str)
        Indices, rate and notes.

    Raises
    ------
    DataError
        Where the user names signals of different rates and does not resample.
    """
    found = sorted({rates[index] for index in chosen}, reverse=True)
    if len(found) == 1:
        return list(chosen), found[0], ()
    groups = "; ".join(
        f"{few_of([titles[i] for i in chosen if rates[i] == rate], 4)} at {rate:g} Hz"
        for rate in found
    )
    if request.resample:
        said = (
            f"Signals of different rates ({groups}): brought to {found[0]:g} Hz by straight lines."
        )
        return list(chosen), found[0], (said,)
    if request.channels is not None:
        raise DataError(
            f"{source} has these signals at different rates ({groups}): name those of one rate "
            "with --channels, or bring them to one with --resample auto."
        )
    counts = {rate: rate * sum(rates[index] == rate for index in chosen) for rate in found}
    best = max(found, key=lambda rate: counts[rate])
    note = (
        f"Signals of different rates ({groups}): those at {best:g} Hz are taken; --channels "
        "chooses others, --resample auto brings all to one rate."
    )
    return [index for index in chosen if rates[index] == best], best, (note,)


def at_rate(values: Float64Array, rate: float, fs: float, n: int) -> Float64Array:
    """Return n samples at `fs` of a signal sampled at `rate`, by straight lines."""
    if rate == fs:
        return values[:n]
    instants = np.arange(n) / fs
    return np.asarray(np.interp(instants, np.arange(len(values)) / rate, values), dtype=np.float64)
