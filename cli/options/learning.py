"""Options of what is learned from, and by which method."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

import click

from spectra.cli.options.advanced import Advanced
from spectra.cli.options.numbers import Number, Whole
from spectra.cli.options.values import neighbours, row_range
from spectra.parameters import MOST_ROWS

if TYPE_CHECKING:
    from spectra.model import Method

# The keys of spectra.signal.views.VIEWS, whose import would make --help slow.
VIEWS = (
    "magnitude", "magnitude-dc", "complex", "aligned", "shape", "level", "residual", "spectrogram",
)  # fmt: skip


def rows_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add the option of the normal rows, which the command gets as `normal_rows`."""
    option = click.option(
        "--normal-rows",
        metavar="A:B",
        callback=row_range,
        help="Learn from the rows A to B − 1, counted from 0. Either may be left out.",
    )
    return option(command)


# Options of one method alone, and that method.
OWN_OPTIONS: Final = {"k": "spectral", "causal": "spectral", "epochs": "sequence"}


# Views of --method spectral alone: `spectra.signal.views.OF_NORMAL`.
OWN_VIEWS: Final = ("residual", "spectrogram")


@dataclass(frozen=True)
class Learning:
    """Name of a method, and the options that are given."""

    method: str
    given: dict[str, Any]

    def __post_init__(self) -> None:
        """Raise a usage error for an option of another method."""
        for option, method in OWN_OPTIONS.items():
            if option in self.given and method != self.method:
                raise click.UsageError(
                    f"--{option} belongs to --method {method}: leave it out with --method "
                    f"{self.method}."
                )

        if self.method == "sequence" and (view := self.given.get("view")) in OWN_VIEWS:
            raise click.UsageError(
                f"--view {view} belongs to --method spectral: choose another view for --method "
                "sequence."
            )

    def leave_to(self, model: str | None) -> None:
        """Raise a usage error for options that are given beside a model."""
        if model is not None and (self.given or self.method != "spectral"):
            given = [*self.given, *(["method"] if self.method != "spectral" else [])]
            named = ", ".join(f"--{option}" for option in given)
            raise click.UsageError(
                f"MODEL has its method: leave the options of learning out ({named})."
            )

    def check_early(self, *, early: bool) -> None:
        """Raise a usage error for --early where causal scores have no others beside them."""
        if early and (self.method != "spectral" or "causal" in self.given):
            raise click.UsageError(
                "--early excludes --causal and --method sequence: leave one out."
            )

    def settings(self) -> "Method":
        """Return the method as a value."""
        from spectra.pipeline import METHODS

        return METHODS[self.method](**self.given)


def learning_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of the method, which the command gets as `learning`."""

    @click.option(
        "--method",
        type=click.Choice(["spectral", "sequence"]),
        default="spectral",
        show_default=True,
        help="spectral: compare each frame with all normal frames; sequence: with the frame "
        "predicted from those before it.",
    )
    @click.option(
        "--nperseg",
        cls=Advanced,
        type=Whole(2, MOST_ROWS, of="rows", such_as=256),
        metavar="ROWS",
        help="Rows of a frame. [default: several lengths side by side]",
    )
    @click.option(
        "--k",
        cls=Advanced,
        type=Number("5 or 0.1"),
        metavar="K",
        callback=neighbours,
        help="Number (or, below 1, share) of nearest normal frames to compare with. [default: 1, "
        "and also 0.1 if the file is its own reference]",
    )
    @click.option(
        "--view",
        cls=Advanced,
        type=click.Choice(VIEWS),
        help="Compare a single view of the spectra. [default: several views side by side]",
    )
    @click.option(
        "--epochs",
        cls=Advanced,
        type=Whole(0, MOST_ROWS, such_as=20),
        default=0,
        show_default=True,
        metavar="N",
        help="With --method sequence: also train a Transformer, for at most N epochs.",
    )
    @click.option(
        "--causal",
        cls=Advanced,
        is_flag=True,
        help="Judge each row by the frames that end before it, so that no score depends on what "
        "comes later.",
    )
    @wraps(command)
    def collected(
        *args: Any,
        method: str,
        nperseg: int | None,
        k: float | None,
        view: str | None,
        epochs: int,
        causal: bool,
        **rest: Any,
    ) -> None:
        options = {"nperseg": nperseg, "k": k, "view": view, "epochs": epochs, "causal": causal}
        given = {name: value for name, value in options.items() if value}
        command(*args, learning=Learning(method, given), **rest)

    return collected
