"""Bursts of noise in a rhythm: the loudness has a period, and the signal has none."""

import numpy as np

KINDS = ("missing", "doubled", "shifted", "long")


def bursts(period: int, n_cycles: int, seed: int = 0, kind: str = "", at: int = 0) -> np.ndarray:
    """Noise (n, 1), five times as loud for a fifth of each period, with one odd burst in cycle at.

    It is missing, doubled, a quarter of a period late or twice as long.
    """
    loud = np.zeros((n_cycles, period), dtype=bool)
    first, length = period // 5, period // 5
    loud[:, first : first + length] = True
    late = period // 4
    stretches = {
        "missing": [],
        "doubled": [(first, length), (first + 2 * length, length)],
        "shifted": [(first + late, length)],
        "long": [(first, 2 * length)],
    }
    if kind:
        loud[at] = False
        for begin, rows in stretches[kind]:
            loud[at, begin : begin + rows] = True
    sizes = np.where(loud.ravel(), 5.0, 1.0)
    return (sizes * np.random.default_rng(seed).standard_normal(sizes.size))[:, None]
