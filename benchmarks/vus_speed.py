"""Time and difference of VUS beside the published code of TSB-AD.

    pip install --no-deps TSB-AD tqdm
    python benchmarks/vus_speed.py [DIR]

The evaluation of TSB-AD needs scikit-learn and numpy only. Scores are the distance of each row from
the median, averaged over 20 rows. Series of more than MOST_ROWS rows are left out, since the
reference takes minutes for each. One thread.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits
from TSB_AD.evaluation.basic_metrics import generate_curve

from spectra.datasets import read
from spectra.metrics import volumes, vus_buffer

DIR = Path(__file__).parents[1] / ".." / "shared" / "data" / "tsb_ad_u_tuning"
MOST_ROWS = 15_000
REPEATS = 5


def main() -> None:
    """Print one line for each series, then the sums."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "folder", nargs="?", type=Path, default=DIR, help="labelled series; %(default)s"
    )
    worst, ours, theirs = 0.0, 0.0, 0.0
    for path in sorted(parser.parse_args().folder.glob("*.csv")):
        recording = read(path)
        x, labels = recording.values[:, 0], recording.labels
        if labels is None or not labels.any() or x.size > MOST_ROWS:
            continue
        scores = np.convolve(np.abs(x - np.median(x)), np.full(20, 0.05), "same")
        buffer = vus_buffer(x)
        times = []
        for _ in range(REPEATS):
            begin = time.perf_counter()
            result = volumes(labels, scores, buffer)
            times.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        *_, roc, pr = generate_curve(labels, scores, buffer, "opt", 250)
        reference = time.perf_counter() - begin
        error = max(abs(result.pr - pr), abs(result.roc - roc))
        worst, ours, theirs = max(worst, error), ours + min(times), theirs + reference
        ratio = f"{reference:8.3f} s / {min(times):.4f} s = {reference / min(times):6.0f}"
        print(
            f"{path.stem[:40]:42}{x.size:7,} rows, buffer {buffer:3}  {result.pr:.4f}  {ratio}  "
            f"{error:.0e}",
            flush=True,
        )
    print(
        f"largest difference {worst:.0e}; {theirs:.1f} s against {ours:.3f} s, {theirs / ours:.0f} "
        "times faster"
    )


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        main()
