"""Option of the number of processes that share the recordings."""

from typing import Final

import click

from spectra.cli.options.numbers import Whole

# More processes than any machine has cores for are a slip of the keyboard.
MOST_JOBS: Final = 1000


def jobs(_ctx: click.Context, _param: click.Parameter, value: int) -> int:
    """Return a number of processes; raise BadParameter for any other value."""
    if value != -1 and not 1 <= value <= MOST_JOBS:
        raise click.BadParameter(
            f"{value} is neither a number of processes, 1 to {MOST_JOBS}, nor -1 (all cores)."
        )
    return value


jobs_option = click.option(
    "-j",
    "--jobs",
    type=Whole(such_as=4),
    default=1,
    show_default=True,
    metavar="N",
    callback=jobs,
    help="Number of processes; -1 for all cores.",
)
