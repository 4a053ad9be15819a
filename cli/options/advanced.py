"""Options that few people need: they stand in a group of their own in --help."""

import click


class Advanced(click.Option):
    """Option that --help lists under the heading of advanced ones."""


def is_advanced(parameter: click.Parameter) -> bool:
    """Return whether an option is an advanced one."""
    return isinstance(parameter, Advanced)
