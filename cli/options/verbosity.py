"""Options of messages on standard error."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

import click

from spectra.cli.options.advanced import Advanced


@dataclass(frozen=True)
class Verbosity:
    """Choice of the messages on standard error; errors are always shown."""

    quiet: bool
    verbose: bool
    progress: bool


def verbosity_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of messages, which the command gets as `verbosity`."""

    @click.option(
        "-v", "--verbose", is_flag=True, help="Also print the goodness of fit of the calibration."
    )
    @wraps(command)
    def chosen(*args: Any, verbosity: Verbosity, verbose: bool, **rest: Any) -> None:
        command(*args, verbosity=replace(verbosity, verbose=verbose), **rest)

    return quiet_options(chosen)


def quiet_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of messages of a command whose result is the calibration itself."""

    @click.option("-q", "--quiet", is_flag=True, help="Print only errors on standard error.")
    @click.option(
        "--no-progress", cls=Advanced, is_flag=True, help="Do not show progress on a terminal."
    )
    @wraps(command)
    def collected(*args: Any, quiet: bool, no_progress: bool, **rest: Any) -> None:
        verbosity = Verbosity(quiet, verbose=False, progress=not (quiet or no_progress))
        command(*args, verbosity=verbosity, **rest)

    return collected
