"""`spectra transformer`: a small Transformer, every number on the way."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from spectra.transformer.model import Transformer
    from spectra.transformer.trace import Trace

EPILOG = """\b
JSON: {"tensors": {"E", "X", "P", "H0", "layers": [{"W_Q", "W_K", "W_V", "Q", "K",
"V", "S", "A", "Z" (a list by head each), "M", "W_O", "O", "H_prime", "W_1", "b_1",
"F1", "W_2", "b_2", "F2", "H"}], "logits", "p"}, "table": [{"name", "symbol",
"formula", "shape", "meaning"}]}

Tensors are nested lists, by position and feature; a score that is hidden, −∞, is
null. LayerNorm has gain 1, bias 0 and ε = 1e-5.
"""
UP_TO = click.IntRange(1, 1024)
# Longer matrices are printed by their edges.
SHOWN = 200
RAISED, LOWERED = (str.maketrans("0123456789", digits) for digits in ("⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉"))


def token_list(_ctx: click.Context, _param: click.Parameter, value: str | None) -> list[int] | None:
    """The numbers between the commas."""
    if value is None:
        return None
    try:
        return [int(part) for part in value.split(",")]
    except ValueError:
        raise click.BadParameter(f"'{value}' is not of the form A,B,…, such as 1,2,3.") from None


@click.command(
    "transformer", short_help="Follow every number through a small Transformer.", epilog=EPILOG
)
@click.option(
    "--tokens",
    metavar="A,B,…",
    callback=token_list,
    help="The tokens, counted from 0; else 1, 2, 3 and so on.",
)
@click.option(
    "--vocabulary",
    type=UP_TO,
    default=8,
    show_default=True,
    metavar="N",
    help="V, how many tokens there are.",
)
@click.option("--length", type=UP_TO, metavar="N", help="T, how many tokens come in; else 5.")
@click.option(
    "--features",
    type=UP_TO,
    default=4,
    show_default=True,
    metavar="N",
    help="d, numbers that describe a token.",
)
@click.option(
    "--heads",
    type=UP_TO,
    default=2,
    show_default=True,
    metavar="N",
    help="h, heads of d / h of them.",
)
@click.option(
    "--feed-forward",
    type=UP_TO,
    default=6,
    show_default=True,
    metavar="N",
    help="d_ff, numbers in the feed-forward.",
)
@click.option(
    "--layers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="How many layers.",
)
@click.option("--causal", is_flag=True, help="No token sees those after it.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Another seed makes other weights.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="The form.",
)
def command(form: str, **options: Any) -> None:
    """Follow every number through a small Transformer: embedding, positions, attention,
    feed-forward, probabilities.

    With no sizes given it is a worked example, whose tokens and positions have vectors in round
    numbers; with other sizes these are random, and positions sines and cosines.
    """
    tokens, model = _built(**options)
    trace = model.forward(tokens, trace=True).trace
    assert trace is not None
    if form == "json":
        document = {"tensors": _plain(trace.tensors), "table": trace.table}
        click.echo(json.dumps(document, allow_nan=False))
        return
    click.echo("\n".join(_lines(trace, _headline(model, tokens))))


def _built(
    tokens: list[int] | None,
    vocabulary: int,
    length: int | None,
    features: int,
    heads: int,
    feed_forward: int,
    layers: int,
    causal: bool,
    seed: int,
) -> "tuple[list[int], Transformer]":
    """The tokens, and a model of these sizes; the worked example where they are its own."""
    import numpy as np

    from spectra.transformer.example import SIZES, TOKENS, worked_example
    from spectra.transformer.model import Sizes, Transformer

    if tokens is not None and length not in (None, len(tokens)):
        raise click.UsageError(
            f"--length {length} does not go with the {len(tokens)} tokens given: leave one out."
        )
    if tokens is None:
        tokens = [t % vocabulary for t in range(1, (length or len(TOKENS)) + 1)]
    try:
        sizes = Sizes(
            d=features, h=heads, d_ff=feed_forward, n_layers=layers, V=vocabulary, causal=causal
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    rng = np.random.default_rng(seed)
    if (vocabulary, features) == (SIZES.V, SIZES.d) and len(tokens) <= len(TOKENS):
        return tokens, worked_example(rng, replace(sizes, T=SIZES.T, positions=SIZES.positions))
    return tokens, Transformer.initial(sizes, rng)


def _plain(value: Any) -> Any:
    """Nested lists of numbers that JSON can hold: what is not finite is None."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int) else _plain(value.tolist())


def _headline(model: "Transformer", tokens: list[int]) -> str:
    sizes = model.sizes
    numbers = {
        "V": sizes.V,
        "T": len(tokens),
        "d": sizes.d,
        "h": sizes.h,
        "d_k": sizes.d // sizes.h,
        "d_ff": sizes.d_ff,
    }
    shown = ", ".join(map(str, tokens[:20])) + (", …" if len(tokens) > 20 else "")
    return f"Tokens {shown}   " + " · ".join(
        f"{name} = {number}" for name, number in numbers.items()
    )


def _lines(trace: "Trace", headline: str) -> Iterator[str]:
    """The flow in its order: what every tensor is, and its numbers."""
    tensors = trace.tensors
    yield click.style(headline, bold=True)
    for in_layer, rows in groupby(trace.table, key=lambda row: row["name"] in tensors["layers"][0]):
        told = list(rows)
        for number, holder in enumerate(tensors["layers"] if in_layer else [tensors]):
            if in_layer:
                yield "\n" + click.style(f"Layer {number + 1}", bold=True)
            for row in told:
                yield from _tensor(row, holder[row["name"]], number)


def _tensor(row: dict[str, Any], value: Any, number: int) -> Iterator[str]:
    """One tensor of a layer, or one of each head."""
    title = row["symbol"] if row["formula"] == "weights" else row["formula"]
    title = title.replace("ˡ⁺¹", str(number + 1).translate(RAISED)).replace(
        "ˡ", str(number).translate(RAISED)
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
    """Rows of numbers with four decimals; of a large array the edges."""
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
