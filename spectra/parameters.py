"""Checks of parameters: the error names the parameter, its value and its range."""

from collections.abc import Callable
from numbers import Real
from typing import Any, Final

# Sampling rates in Hz beyond which the instants of a recording overflow.
SLOWEST: Final = 1e-15
FASTEST: Final = 1e15
# More rows than any recording has.
MOST_ROWS: Final = 2**48
# Longest text of a value in an error.
_LONGEST: Final = 80


def require(
    name: str,
    value: object,
    kind: type | tuple[type, ...],
    must: str,
    within: Callable[[Any], object] = lambda _: True,
) -> None:
    """Raise an error such as "alpha=2 must lie above 0." unless a value is as it must be.

    Parameters
    ----------
    name : str
        Name of the parameter.
    value : object
    kind : type or tuple of types
        A boolean is no number.
    must : str
        Rest of the sentence.
    within : callable
        Returns whether a value of the kind is in the range.

    Raises
    ------
    TypeError
        For a value of another kind.
    ValueError
        For a value out of the range.
    """
    if not isinstance(value, kind) or (kind is Real and not _is_number(value)):
        raise TypeError(f"{name}={shown(value)} {must}.")
    if not within(value):
        raise ValueError(f"{name}={shown(value)} {must}.")


def require_integer(name: str, value: object, low: int, high: int = MOST_ROWS) -> None:
    """Raise TypeError or ValueError unless a value is an integer from `low` to `high`."""
    must = f"must be an integer >= {low}" + ("" if high == MOST_ROWS else f" and <= {high}")
    require(name, value, Real, must, lambda number: low <= number <= high and number == int(number))


def require_rate(fs: object) -> None:
    """Raise TypeError or ValueError unless `fs` is None or a sampling rate in Hz."""
    if fs is not None:
        must = f"must be a number of Hz above 0, from {SLOWEST:g} to {FASTEST:g}"
        require("fs", fs, Real, must, lambda rate: SLOWEST <= rate <= FASTEST)


def require_alpha(alpha: object) -> None:
    """Raise TypeError or ValueError unless `alpha` is a false-alarm probability."""
    must = "must lie above 0 and not above 0.5"
    require("alpha", alpha, Real, must, lambda probability: 0 < probability <= 0.5)


def make_plain(settings: object, *names: str) -> None:
    """Put numbers of Python in place of those of NumPy into frozen settings.

    NumPy's print themselves as np.int64(…), and JSON does not take them.
    """
    for name in names:
        object.__setattr__(settings, name, _plain(getattr(settings, name)))


def _plain(value: Any) -> Any:
    """Return a number of Python for one of NumPy, also in a tuple, and other values as they are."""
    if isinstance(value, tuple):
        return tuple(_plain(each) for each in value)
    return value.item() if isinstance(value, Real) and hasattr(value, "item") else value


def _is_number(value: Any) -> bool:
    """Return whether a real value is a number: numpy counts durations among them."""
    try:
        float(value)
    except TypeError:
        return False
    except OverflowError:
        pass
    return not isinstance(value, bool)


def shown(value: object) -> str:
    """Return a value as text of one line, cut off where it is long."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:
        # An integer of thousands of digits has no text.
        text = f"<{type(value).__name__}>"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
