"""Outputs and gradients of post-norm encoder layers by torch, kept in torch_reference.npz.

    python tests/torch_reference.py          checks that torch still gives what the file holds
    python tests/torch_reference.py --write  makes the file anew

Needs numpy and torch, nothing of spectra; the tests need the file only. All in float64. For each
case the file has the output, and the gradient of the sum of output × `weight` by the input H and by
every weight; the case "tokens" is the whole flow from tokens to the cross-entropy of the next one,
with tied logits.
"""

import sys
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_suffix(".npz")
B, T, V, D, HEADS, D_FF, LAYERS = 2, 7, 9, 8, 2, 12, 2
# Far below what the tests allow, far above the rounding of another processor's order of sums.
TOLERANCE = 1e-12


def given() -> dict[str, np.ndarray]:
    """Inputs and weights, drawn once.

    None is 0 or 1, so that no part drops out unnoticed.
    """
    rng = np.random.default_rng(20_17)
    arrays = {
        "H": rng.standard_normal((B, T, D)),
        "weight": rng.standard_normal((B, T, D)),
        "padding": np.arange(T) >= np.array([[T], [T - 3]]),
        "tokens": rng.integers(V, size=(B, T)),
        "E": rng.standard_normal((V, D)),
        "P": rng.standard_normal((T, D)),
    }
    for layer in range(LAYERS):
        for name in ("W_Q", "W_K", "W_V", "W_O"):
            arrays[f"{layer}.{name}"] = rng.standard_normal((D, D)) / np.sqrt(D)
        arrays[f"{layer}.W_1"] = rng.standard_normal((D, D_FF)) / np.sqrt(D)
        arrays[f"{layer}.W_2"] = rng.standard_normal((D_FF, D)) / np.sqrt(D_FF)
        arrays[f"{layer}.b_1"] = rng.standard_normal(D_FF)
        for name in ("b_2", "bias_1", "bias_2"):
            arrays[f"{layer}.{name}"] = rng.standard_normal(D)
        for name in ("gain_1", "gain_2"):
            arrays[f"{layer}.{name}"] = 1.0 + 0.3 * rng.standard_normal(D)
    return arrays


def torch_layer(weights, layer):
    """A torch layer with our weights, and biases of 0 where the formulas have none."""
    import torch

    def own(name):
        return weights[f"{layer}.{name}"]

    parameters = {
        "self_attn.in_proj_weight": torch.cat([own(name).T for name in ("W_Q", "W_K", "W_V")]),
        "self_attn.in_proj_bias": torch.zeros(3 * D, dtype=torch.float64),
        "self_attn.out_proj.weight": own("W_O").T,
        "self_attn.out_proj.bias": torch.zeros(D, dtype=torch.float64),
        "linear1.weight": own("W_1").T,
        "linear1.bias": own("b_1"),
        "linear2.weight": own("W_2").T,
        "linear2.bias": own("b_2"),
        "norm1.weight": own("gain_1"),
        "norm1.bias": own("bias_1"),
        "norm2.weight": own("gain_2"),
        "norm2.bias": own("bias_2"),
    }
    module = torch.nn.TransformerEncoderLayer(
        D,
        HEADS,
        D_FF,
        dropout=0.0,
        activation="relu",
        batch_first=True,
        norm_first=False,
        dtype=torch.float64,
    )

    def apply(H, **masks):
        return torch.func.functional_call(module, parameters, (H,), masks)

    return apply


def computed(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Output and gradients of each case."""
    import torch

    results = {}
    later = torch.triu(torch.ones(T, T, dtype=torch.bool), 1)
    padding = torch.tensor(arrays["padding"])
    cases = {
        "plain": {},
        "causal": {"src_mask": later, "is_causal": True},
        "padded": {"src_key_padding_mask": padding},
        "causal padded": {"src_mask": later, "src_key_padding_mask": padding},
        "tokens": {"src_mask": later, "is_causal": True},
    }
    for case, masks in cases.items():
        leaves = {
            name: torch.tensor(x, requires_grad=True)
            for name, x in arrays.items()
            if x.dtype == np.float64
        }
        if case == "tokens":
            tokens = torch.tensor(arrays["tokens"])
            H = leaves["E"][tokens] + leaves["P"]
        else:
            H = leaves["H"]
        for layer in range(LAYERS):
            H = torch_layer(leaves, layer)(H, **masks)
        if case == "tokens":
            output = H @ leaves["E"].T
            loss = torch.nn.functional.cross_entropy(
                output[:, :-1].reshape(-1, V), tokens[:, 1:].reshape(-1)
            )
            results["tokens loss"] = loss.detach().numpy()
        else:
            output, loss = H, (H * leaves["weight"]).sum()
        loss.backward()
        results[f"{case} output"] = output.detach().numpy()
        for name, leaf in leaves.items():
            if leaf.grad is not None and name != "weight":
                results[f"{case} d_{name}"] = leaf.grad.numpy()
    return results


def main() -> None:
    """Write the file, or compare torch with it."""
    if sys.argv[1:] == ["--write"]:
        arrays = given()
        np.savez_compressed(FILE, **arrays, **computed(arrays))
        return
    with np.load(FILE, allow_pickle=False) as file:
        stored = dict(file)
    arrays = {name: stored[name] for name in given()}
    results = computed(arrays)
    if set(stored) != set(arrays) | set(results):
        sys.exit(f"{FILE.name} holds other arrays than torch gives: make it anew with --write.")
    for name, values in results.items():
        np.testing.assert_allclose(
            values, stored[name], rtol=TOLERANCE, atol=TOLERANCE, err_msg=name
        )
    print(f"torch gives the {len(results)} arrays of {FILE.name} to {TOLERANCE:g}.")


if __name__ == "__main__":
    main()
