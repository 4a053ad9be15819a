"""Commands whose --help has examples, and advanced options in a group of their own."""

from typing import Any

import click

from spectra.cli.options import is_advanced


class Command(click.Command):
    """Command with examples of its use.

    Parameters
    ----------
    examples : tuple of str
        Command lines.
    instead : str
        What to do in place of one argument too many, the end of a sentence.
    """

    def __init__(
        self,
        *args: Any,
        examples: tuple[str, ...] = (),
        instead: str = "run it once for each",
        **rest: Any,
    ) -> None:
        super().__init__(*args, **rest)
        self.examples, self.instead = examples, instead

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; raise a usage error that says what to do with too many."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            names = [one for one in self.params if isinstance(one, click.Argument)]
            if type(error) is not click.UsageError or "extra argument" not in error.message:
                raise
            takes = " and ".join(f"one {one.make_metavar(ctx).strip('[]')}" for one in names)
            said = f"{ctx.command_path} takes {takes or 'no arguments'}"
            raise click.UsageError(
                f"{error.message}: {said}{f'; {self.instead}' if names else ''}.", ctx
            ) from None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, the advanced ones last and under a heading of their own."""
        parts: dict[str, list[tuple[str, str]]] = {"Options": [], "Advanced options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                parts["Advanced options" if is_advanced(parameter) else "Options"].append(record)
        for heading, records in parts.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, and then the epilog."""
        if self.examples:
            with formatter.section("Examples"):
                formatter.write("".join(f"  {example}\n" for example in self.examples))
        super().format_epilog(ctx, formatter)
