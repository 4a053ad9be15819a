"""`spectra transformer`: a small Transformer, with every number of its forward pass."""

import math
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from spectra.cli.formats import json_text
from spectra.cli.help import Command
from spectra.cli.messages import show
from spectra.cli.options import Whole, table_or_json_option
from spectra.errors import DataError

if TYPE_CHECKING:
    from spectra.transformer.model import Positions, Transformer
    from spectra.transformer.trace import Trace

EPILOG = """\b
JSON: {"tensors": {"E", "X", "P", "H0", "layers": [{"W_Q", "W_K", "W_V", "Q", "K",
"V", "S", "A", "Z" (a list by head each), "M", "W_O", "O", "H_prime", "W_1", "b_1",
"F1", "W_2", "b_2", "F2", "H"}], "logits", "p"}, "table": [{"name", "symbol",
"formula", "shape", "meaning"}]}

Tensors are nested lists, by position and feature. A hidden score, −∞, is null.
Rotary positions have no P. LayerNorm has gain 1, bias 0 and ε = 1e-5.
"""
# Sizes that a person can still follow.
UP_TO = Whole(1, 1024)
# Numbers; of larger matrices only the edges are printed.
SHOWN = 200
RAISED, LOWERED = (str.maketrans("0123456789", digits) for digits in ("⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉"))


def token_list(_ctx: click.Context, _param: click.Parameter, value: str | None) -> list[int] | None:
    """Parse integers separated by commas."""
    if value is None:
        return None
    try:
        return [int(part) for part in value.split(",")]
    except ValueError:
        raise click.BadParameter(f"'{value}' is not of the form A,B,…, such as 1,2,3.") from None


@click.command(
    "transformer",
    cls=Command,
    short_help="Print every number of a small Transformer.",
    epilog=EPILOG,
    examples=(
        "spectra transformer",
        "spectra transformer --tokens 1,2,3 --format json",
    ),
)
@click.option(
    "--tokens",
    metavar="A,B,…",
    callback=token_list,
    help="Tokens, integers from 0. [default: 1,2,3,…]",
)
@click.option(
    "--vocabulary",
    type=UP_TO,
    default=8,
    show_default=True,
    metavar="N",
    help="Size of the vocabulary, V.",
)
@click.option("--length", type=UP_TO, metavar="N", help="Length of the sequence, T. [default: 5]")
@click.option(
    "--features",
    type=UP_TO,
    default=4,
    show_default=True,
    metavar="N",
    help="Features of a token, d.",
)
@click.option(
    "--heads",
    type=UP_TO,
    default=2,
    show_default=True,
    metavar="N",
    help="Attention heads, h, with d / h features each.",
)
@click.option(
    "--feed-forward",
    type=UP_TO,
    default=6,
    show_default=True,
    metavar="N",
    help="Features inside the feed-forward, d_ff.",
)
@click.option(
    "--layers",
    type=Whole(1, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="Number of layers.",
)
@click.option(
    "--positions",
    type=click.Choice(["learned", "sinusoidal", "rotary"]),
    help="Encoding of positions. [default: learned in the worked example, else sinusoidal]",
)
@click.option("--causal", is_flag=True, help="Hide later tokens from each token.")
@click.option(
    "--seed",
    type=Whole(0),
    default=0,
    show_default=True,
    help="Seed of the random weights.",
)
@table_or_json_option
def command(form: str, **options: Any) -> None:
    """Print every number of a small Transformer, from tokens to probabilities.

    The output shows embedding, positions, attention, feed-forward and probabilities, each with its
    formula. By default this is a worked example, whose tokens and positions have vectors in round
    numbers. With another vocabulary or number of features, or more than 5 tokens, the vectors are
    random and the positions sinusoidal.
    """
    tokens, model = _built(**options)
    try:
        trace = model.forward(tokens, trace=True).trace
    except DataError as error:
        raise click.UsageError(str(error)) from error
    assert trace is not None
    if form == "json":
        document = {"tensors": _plain(trace.tensors), "table": trace.table}
        show(json_text(document, indent=None))
        return
    show("\n".join(_lines(trace, _headline(model, tokens))))


def _built(
    tokens: list[int] | None,
    vocabulary: int,
    length: int | None,
    features: int,
    heads: int,
    feed_forward: int,
    layers: int,
    positions: "Positions | None",
    causal: bool,
    seed: int,
) -> "tuple[list[int], Transformer]":
    """Return the tokens and a model of these sizes, the worked example if they fit it."""
    import numpy as np

    from spectra.transformer.example import SIZES, TOKENS, worked_example
    from spectra.transformer.model import Sizes, Transformer

    if tokens is not None and length not in (None, len(tokens)):
        raise click.UsageError(
            f"--length {length} does not go with the {len(tokens)} tokens given: leave one out."
        )
    if tokens is None:
        tokens = [t % vocabulary for t in range(1, (length or len(TOKENS)) + 1)]
    is_example = (vocabulary, features) == (SIZES.V, SIZES.d) and len(tokens) <= len(TOKENS)
    try:
        sizes = Sizes(
            d=features,
            h=heads,
            d_ff=feed_forward,
            n_layers=layers,
            V=vocabulary,
            T=len(TOKENS) if is_example else len(tokens),
            positions=positions or (SIZES.positions if is_example else "sinusoidal"),
            causal=causal,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    rng = np.random.default_rng(seed)
    return tokens, worked_example(rng, sizes) if is_example else Transformer.initial(sizes, rng)


def _plain(value: Any) -> Any:
    """Return nested lists that JSON can hold, with None for numbers that are not finite."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int) else _plain(value.tolist())


def _headline(model: "Transformer", tokens: list[int]) -> str:
    sizes = model.sizes
    shapes = {
        "V": sizes.V,
        "T": len(tokens),
        "d": sizes.d,
        "h": sizes.h,
        "d_k": sizes.d // sizes.h,
        "d_ff": sizes.d_ff,
    }
    shown = ", ".join(map(str, tokens[:20])) + (", …" if len(tokens) > 20 else "")
    return f"Tokens {shown}   " + " · ".join(f"{name} = {size}" for name, size in shapes.items())


def _lines(trace: "Trace", headline: str) -> Iterator[str]:
    """Yield the lines of all tensors in the order of computation, layer by layer."""
    tensors = trace.tensors
    yield click.style(headline, bold=True)
    for in_layer, rows in groupby(trace.table, key=lambda row: row["name"] in tensors["layers"][0]):
        table = list(rows)
        for layer, values in enumerate(tensors["layers"] if in_layer else [tensors]):
            if in_layer:
                yield "\n" + click.style(f"Layer {layer + 1}", bold=True)
            for row in table:
                yield from _tensor(row, values[row["name"]], layer)


def _tensor(row: dict[str, Any], value: Any, layer: int) -> Iterator[str]:
    """Yield title and numbers of a tensor; those of the heads one after another."""
    title = row["symbol"] if row["formula"] == "weights" else row["formula"]
    title = title.replace("ˡ⁺¹", str(layer + 1).translate(RAISED)).replace(
        "ˡ", str(layer).translate(RAISED)
    )
    shape = "×".join(map(str, row["shape"]))
    for head, x in enumerate(value if isinstance(value, list) else [value], 1):
        own = title.replace("ᵢ", str(head).translate(LOWERED)).replace(
            "ⁱ", str(head).translate(RAISED)
        )
        meaning = row["meaning"].replace("head i", f"head {head}")
        yield f"\n{click.style(own, bold=True)}   {shape}   {meaning}"
        yield _numbers(x)


def _numbers(x: Any) -> str:
    """Return rows of numbers with four decimals; of a large array only the edges."""
    import numpy as np

    text = np.array2string(
        np.atleast_2d(x),
        precision=4,
        floatmode="fixed",
        suppress_small=True,
        threshold=SHOWN,
        max_line_width=10_000,
    )
    return text.translate({ord("["): " ", ord("]"): None}).replace("-inf", "  −∞")
