"""Time of the encoder beside that of torch, and time and memory of attention over a long recording.

    python benchmarks/transformer_speed.py [--torch PYTHON] [--threads N]

PYTHON is an interpreter that has torch and numpy; spectra does not need them, so a folder outside
the repository does:

    python -m venv /tmp/torch
    /tmp/torch/bin/python -m pip install torch==2.13.0 numpy
    python benchmarks/transformer_speed.py --torch /tmp/torch/bin/python

Each library runs in processes of its own, with the same weights, input and number of threads, in
turns. A turn counts by its fastest call, which other work on the machine disturbs least; the ratio
is the median over the turns. The forward time of torch is that of its faster mode, evaluation or
training.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

T, D, HEADS, D_FF, LAYERS = 1024, 64, 4, 256, 2
LONG = 65_536
TURNS, CALLS = 7, 40
SQUARE, HALVES = ("W_Q", "W_K", "W_V", "W_O"), ("1", "2")


def write_example(path: Path) -> None:
    """Write weights and an input of a usual size, in single precision."""
    rng = np.random.default_rng(0)
    arrays = {"H": rng.standard_normal((1, T, D)), "weight": rng.standard_normal((1, T, D))}
    for layer in range(LAYERS):
        arrays |= {f"{layer}.{name}": rng.standard_normal((D, D)) / np.sqrt(D) for name in SQUARE}
        arrays[f"{layer}.W_1"] = rng.standard_normal((D, D_FF)) / np.sqrt(D)
        arrays[f"{layer}.W_2"] = rng.standard_normal((D_FF, D)) / np.sqrt(D_FF)
        arrays |= {f"{layer}.b_1": np.zeros(D_FF), f"{layer}.b_2": np.zeros(D)}
        arrays |= {f"{layer}.gain_{half}": np.ones(D) for half in HALVES}
        arrays |= {f"{layer}.bias_{half}": np.zeros(D) for half in HALVES}
    np.savez(path, **{name: x.astype(np.float32) for name, x in arrays.items()})


def fastest(call) -> float:
    """Return the seconds of the fastest of many calls."""
    for _ in range(5):
        call()
    seconds = []
    for _ in range(CALLS):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def of_spectra(arrays: dict[str, np.ndarray], causal: bool) -> tuple[dict[str, float], np.ndarray]:
    """Return the times of spectra, and the output."""
    from spectra.transformer.encoder import (
        AttentionSettings,
        encoder,
        encoder_backward,
        keep_freed_memory,
    )

    # As the training does.
    keep_freed_memory()
    layers = [
        {name[2:]: x for name, x in arrays.items() if name.startswith(f"{i}.")}
        for i in range(LAYERS)
    ]
    settings, H = AttentionSettings(HEADS, causal), arrays["H"]

    def both() -> None:
        _, kept = encoder(H, layers, settings)
        encoder_backward(arrays["weight"], kept, layers, settings)

    output, _ = encoder(H, layers, settings, keep=False)
    times = {
        "forward": fastest(lambda: encoder(H, layers, settings, keep=False)),
        "forward + backward": fastest(both),
    }
    return times, output


def of_torch(arrays: dict[str, np.ndarray], causal: bool) -> tuple[dict[str, float], np.ndarray]:
    """Return the times of torch, and the output."""
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    layer = torch.nn.TransformerEncoderLayer(D, HEADS, D_FF, dropout=0.0, batch_first=True)
    encoder = torch.nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
    names = {"W_O": "self_attn.out_proj.weight", "W_1": "linear1.weight", "W_2": "linear2.weight"}
    names |= {"b_1": "linear1.bias", "b_2": "linear2.bias"}
    names |= {f"gain_{half}": f"norm{half}.weight" for half in HALVES} | {
        f"bias_{half}": f"norm{half}.bias" for half in HALVES
    }
    state = {name: torch.zeros_like(x) for name, x in encoder.state_dict().items()}
    for i in range(LAYERS):
        state |= {
            f"layers.{i}.{theirs}": torch.tensor(arrays[f"{i}.{ours}"].T)
            for ours, theirs in names.items()
        }
        stacked = np.concatenate([arrays[f"{i}.{name}"].T for name in SQUARE[:3]])
        state[f"layers.{i}.self_attn.in_proj_weight"] = torch.tensor(stacked)
    encoder.load_state_dict(state)
    H, weight = torch.tensor(arrays["H"]), torch.tensor(arrays["weight"])
    later = torch.nn.Transformer.generate_square_subsequent_mask(T) if causal else None

    def forward() -> torch.Tensor:
        with torch.no_grad():
            return encoder(H, mask=later, is_causal=causal)

    times = []
    for mode in (False, True):
        encoder.train(mode)
        times.append(fastest(forward))
    H.requires_grad_()

    def both() -> None:
        encoder.zero_grad()
        encoder(H, mask=later, is_causal=causal).backward(weight)

    return {"forward": min(times), "forward + backward": fastest(both)}, forward().numpy()


def measure(library: str, folder: str, causal: bool) -> None:
    """Print the times as JSON and write the output; runs in a process of its own."""
    with np.load(Path(folder) / "example.npz") as file:
        arrays = dict(file)
    times, output = (of_spectra if library == "spectra" else of_torch)(arrays, causal)
    np.save(Path(folder) / f"{library}.npy", output)
    print(json.dumps(times))


def process(python: str, threads: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this file in a process of its own; exit with its error message if it fails."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, str(threads))
    result = subprocess.run(
        [python, __file__, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode:
        sys.exit(result.stderr)
    return result


def compare(torch_python: str, threads: int) -> None:
    """Print times and ratios, with and without a causal mask."""
    with tempfile.TemporaryDirectory() as folder:
        write_example(Path(folder) / "example.npz")
        for causal in (False, True):
            turns = []
            for _ in range(TURNS):
                both = {}
                for library, python in (("spectra", sys.executable), ("torch", torch_python)):
                    both[library] = json.loads(
                        process(
                            python, threads, "measure", library, folder, str(int(causal))
                        ).stdout
                    )
                turns.append(both)
            ours, theirs = (
                np.load(Path(folder) / f"{library}.npy") for library in ("spectra", "torch")
            )
            mask = "causal" if causal else "no mask"
            for what in turns[0]["spectra"]:
                seconds = {
                    library: median(turn[library][what] for turn in turns) for library in turns[0]
                }
                ratio = median(turn["spectra"][what] / turn["torch"][what] for turn in turns)
                print(
                    f"{f'{threads} threads, {mask}, {what}':44}{seconds['spectra'] * 1e3:7.1f} ms, "
                    f"torch {seconds['torch'] * 1e3:.1f} ms, ratio {ratio:.2f}",
                    flush=True,
                )
            print(f"{'  largest difference of the outputs':44}{np.abs(ours - theirs).max():7.0e}")


def measure_long() -> None:
    """Print seconds, memory and largest error of attention over a long recording, as JSON."""
    import resource

    from spectra.transformer.attention import attention
    from spectra.transformer.attention_blocks import attention_in_blocks

    rng = np.random.default_rng(0)
    Q, K, V = rng.standard_normal((3, HEADS, LONG, D // HEADS), dtype=np.float32)
    start = time.perf_counter()
    Z, _ = attention_in_blocks(Q, K, V)
    seconds = time.perf_counter() - start
    # Linux counts in kilobytes, macOS in bytes.
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )
    rows = rng.choice(LONG, 128, replace=False)
    plain, _, _ = attention(*(x.astype(np.float64) for x in (Q[:, rows], K, V)))
    print(
        json.dumps(
            {"seconds": seconds, "memory": memory, "error": float(np.abs(Z[:, rows] - plain).max())}
        )
    )


def main() -> None:
    """Print all figures."""
    if sys.argv[1:2] == ["measure"]:
        measure(sys.argv[2], sys.argv[3], sys.argv[4] == "1")
        return
    if sys.argv[1:] == ["long"]:
        measure_long()
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--torch",
        metavar="PYTHON",
        default=sys.executable,
        help="an interpreter that has torch and numpy",
    )
    parser.add_argument(
        "--threads", metavar="N", type=int, help="for both; else one, then all cores"
    )
    given = parser.parse_args()
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    long = json.loads(process(sys.executable, given.threads or cores, "long").stdout)
    print(
        f"{f'attention over T = {LONG:,}, d = {D}, h = {HEADS}':44}{long['seconds']:7.1f} s, peak "
        "memory of the process "
        f"{long['memory'] / 1e6:.0f} MB, off the plain form in float64 by at most "
        f"{long['error']:.0e}",
        flush=True,
    )
    if subprocess.run(
        [given.torch, "-c", "import torch"], capture_output=True, check=False
    ).returncode:
        sys.exit(f"{given.torch} has no torch to compare with: see --help.")
    print(f"encoder, T = {T}, d = {D}, h = {HEADS}, d_ff = {D_FF}, {LAYERS} layers, float32:")
    for threads in [given.threads] if given.threads else sorted({1, cores}):
        compare(given.torch, threads)


if __name__ == "__main__":
    main()
