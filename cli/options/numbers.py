"""Numbers as values of options: text that is none is refused in a sentence with an example."""

import re
from typing import Any, Final

import click

from spectra.parameters import MOST_ROWS

HERTZ: Final = {"": 1.0, "hz": 1.0, "khz": 1e3, "mhz": 1e6}
# A number with a unit of time, as people write durations: 1h, 30 s, 500ms.
DURATION: Final = re.compile(r"[0-9.]+\s*[a-zµ]+", re.IGNORECASE)


class Whole(click.IntRange):
    """A whole number within a range, such as a number of rows.

    Parameters
    ----------
    low : int, optional
    high : int, optional
    of : str, optional
        The things that are counted.
    such_as : int, optional
        An example; by default the lowest.
    """

    def __init__(
        self,
        low: int | None = None,
        high: int | None = None,
        *,
        of: str = "",
        such_as: int | None = None,
    ) -> None:
        super().__init__(low, high)
        self._of, self._example = of, low if such_as is None else such_as

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; raise BadParameter for text that is none, and beyond the range."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            counted = f" of {self._of}" if self._of else ""
            time = " A duration is its seconds times the sampling rate."
            timed = self._of == "rows" and DURATION.fullmatch(str(value).strip())
            self.fail(
                f"'{value}' must be a whole number{counted}{self._limits}, such as {self._example}."
                f"{time if timed else ''}",
                param,
                ctx,
            )

    @property
    def _is_bounded(self) -> bool:
        return self.max is not None and self.max < MOST_ROWS

    @property
    def _limits(self) -> str:
        if self.min is None:
            return ""
        return f" from {self.min} to {self.max}" if self._is_bounded else f", {self.min} or more"

    def _describe_range(self) -> str:
        """Return the range for --help, without a bound that nobody reaches."""
        if self.min is None:
            return ""
        return super()._describe_range() if self._is_bounded else f"x>={self.min}"


class Number(click.types.FloatParamType):
    """A number, such as one of seconds.

    Parameters
    ----------
    such_as : str
        An example.
    of : str, optional
        The unit.
    """

    def __init__(self, such_as: str, of: str = "") -> None:
        self._example, self._of = such_as, of

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; raise BadParameter for text that is none."""
        try:
            return super().convert(self._in_unit(value), param, ctx)
        except click.BadParameter:
            unit = f" of {self._of}" if self._of else ""
            self.fail(f"'{value}' must be a number{unit}, such as {self._example}.", param, ctx)

    def _in_unit(self, value: Any) -> Any:
        return value


class Hertz(Number):
    """A number of Hz, or one with a unit: 12000, 12kHz."""

    def __init__(self) -> None:
        super().__init__("12000 or 12kHz", "Hz")

    def _in_unit(self, value: Any) -> Any:
        parts = re.fullmatch(r"\s*([0-9.]+)\s*([a-z]+)\s*", str(value), re.IGNORECASE)
        unit = parts and HERTZ.get(parts[2].lower())
        if not parts or unit is None:
            return value
        try:
            return float(parts[1]) * unit
        except ValueError:
            return value
