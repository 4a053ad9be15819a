"""Other detectors and spectra on the same labelled series: mean VUS-PR and seconds a series.

    pip install -e '.[peers]'
    python benchmarks/peers.py [DIR] [--only NAME …]

Every detector gets the same data as spectra: it learns from the normal rows that the name of a
series gives, otherwise from the whole series. Its window is the period of the learned data by the
rule of TSB-AD, as in TSB-AD itself. Detectors that do not learn have the same scores both ways. The
score of a window goes to its middle row. Seconds are those of one thread, with the normal rows and
without. Failures are listed; with any of them a mean is not comparable.
"""

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Before numba is imported: seconds are those of one core.
os.environ["NUMBA_NUM_THREADS"] = "1"

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from spectra.benchmark import benchmark
from spectra.metrics import vus_buffer

DIR = Path(__file__).parents[1] / ".." / "shared" / "data" / "tsb_ad_u_tuning"
# As many windows as spectra has normal spectra: what a detector of nearest neighbours compares
# with.
MOST_WINDOWS = 2000
MOST_WINDOWS_OF_AEON = 10_000
Floats = NDArray[np.float64]


def period(x: Floats) -> int:
    """Return the window length, no longer than a third of the series."""
    return max(4, min(vus_buffer(x), x.size // 3))


def windows(x: Floats, width: int) -> Floats:
    """Return every window, (n − width + 1, width)."""
    return np.ascontiguousarray(sliding_window_view(x, width))


def to_middle(score: Floats, width: int) -> Floats:
    """Return one score a row: that of the window around it.

    Rows at the ends have the score of the nearest window.
    """
    before = (width - 1) // 2
    return np.pad(score, (before, width - 1 - before), mode="edge")


@dataclass
class OfWindows:
    """A detector of vectors on the windows of a series.

    `sign` is +1 where its decision function is high for outliers.
    """

    make: Callable[[], Any]
    sign: int
    model: Any = None
    width: int = 0

    def fit(self, X: Floats) -> None:
        """Learn from windows spread evenly over the rows."""
        self.width = period(X[:, 0])
        cut = windows(X[:, 0], self.width)
        self.model = self.make().fit(cut[:: -(-len(cut) // MOST_WINDOWS)])

    def score_samples(self, X: Floats) -> Floats:
        """Return the score of each row, high = normal."""
        score = self.model.decision_function(windows(X[:, 0], self.width))
        return -self.sign * to_middle(np.asarray(score), self.width)


@dataclass
class MatrixProfile:
    """STUMPY: the distance of each window to its nearest neighbour.

    The neighbours are those of the normal rows, or of the series itself.
    """

    normal: Floats = field(default_factory=lambda: np.empty(0))

    def fit(self, X: Floats) -> None:
        """Keep the rows."""
        self.normal = X[:, 0].copy()

    def score_samples(self, X: Floats) -> Floats:
        """Return the score of each row, high = normal."""
        import stumpy

        x, width = X[:, 0].copy(), period(self.normal)
        if self.normal.size == x.size:
            profile = stumpy.stump(x, width)
        else:
            profile = stumpy.stump(x, width, self.normal, ignore_trivial=False)
        distance = profile[:, 0].astype(np.float64)
        return -to_middle(np.nan_to_num(distance, posinf=2 * np.sqrt(width)), width)


@dataclass
class OfAeon:
    """A detector of aeon, which makes its own windows of the given width where it has any."""

    make: Callable[[int, int], Any]
    learns: bool
    width: int = 0
    model: Any = None

    def fit(self, X: Floats) -> None:
        """Learn, if the detector does."""
        self.width = period(X[:, 0])
        self.model = self.make(self.width, len(X))
        if self.learns:
            self.model.fit(X, axis=0)

    def score_samples(self, X: Floats) -> Floats:
        """Return the score of each row, high = normal."""
        predict = self.model.predict if self.learns else self.model.fit_predict
        return -np.asarray(predict(X, axis=0), dtype=np.float64)


@dataclass
class MovingZ:
    """Distance of a row from the moving mean around it, in moving standard deviations."""

    width: int = 0

    def fit(self, X: Floats) -> None:
        """Take the width."""
        self.width = period(X[:, 0])

    def score_samples(self, X: Floats) -> Floats:
        """Return the score of each row, high = normal."""
        cut = sliding_window_view(X[:, 0], self.width)
        mean, spread = (
            to_middle(cut.mean(axis=1), self.width),
            to_middle(cut.std(axis=1), self.width),
        )
        return -np.abs(X[:, 0] - mean) / np.where(spread > 1e-12, spread, 1.0)


@dataclass
class Energy:
    """Mean square of a window of the series, standardised by the rows learned from."""

    width: int = 0
    mean: float = 0.0
    spread: float = 1.0

    def fit(self, X: Floats) -> None:
        """Take width, mean and deviation."""
        self.width = period(X[:, 0])
        self.mean, self.spread = float(X.mean()), float(X.std()) or 1.0

    def score_samples(self, X: Floats) -> Floats:
        """Return the score of each row, high = normal."""
        square = ((X[:, 0] - self.mean) / self.spread) ** 2
        return -to_middle(sliding_window_view(square, self.width).mean(axis=1), self.width)


def pyod_pca() -> Any:
    from pyod.models.pca import PCA

    return PCA()


def pyod_knn() -> Any:
    from pyod.models.knn import KNN

    return KNN(n_neighbors=10, algorithm="brute")


def isolation_forest() -> Any:
    from sklearn.ensemble import IsolationForest

    return IsolationForest(n_estimators=100, random_state=0)


def aeon_kmeans(width: int, n: int) -> Any:
    from aeon.anomaly_detection.series.distance_based import KMeansAD

    # A window at every row of a long series takes minutes.
    stride = min(width, max(1, n // MOST_WINDOWS_OF_AEON))
    return KMeansAD(n_clusters=20, window_size=width, stride=stride, random_state=0)


def aeon_dwt(_width: int, _n: int) -> Any:
    from aeon.anomaly_detection.series.distribution_based import DWT_MLEAD

    return DWT_MLEAD()


DETECTORS: dict[str, Any] = {
    "spectra": "spectral",
    "moving z-score": MovingZ(),
    "energy": Energy(),
    "IsolationForest on windows (scikit-learn)": OfWindows(isolation_forest, sign=-1),
    "PCA on windows (PyOD)": OfWindows(pyod_pca, sign=1),
    "KNN on windows (PyOD)": OfWindows(pyod_knn, sign=1),
    "KMeansAD (aeon)": OfAeon(aeon_kmeans, learns=True),
    "DWT-MLEAD (aeon)": OfAeon(aeon_dwt, learns=False),
    "matrix profile (STUMPY)": MatrixProfile(),
}


def warm_up(detector: Any) -> None:
    """Import and compile on first use, so that it is no part of the seconds."""
    x = np.sin(np.arange(600.0) / 3)[:, None] + np.random.default_rng(0).normal(
        scale=0.1, size=(600, 1)
    )
    for rows in (300, 600):
        detector.fit(x[:rows])
        detector.score_samples(x)


def main() -> None:
    """Print a line a detector, both ways."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "folder", nargs="?", type=Path, default=DIR, help="labelled series; %(default)s"
    )
    parser.add_argument(
        "--only", nargs="+", choices=list(DETECTORS), metavar="NAME", help=", ".join(DETECTORS)
    )
    options = parser.parse_args()
    print(
        f"{'':44}{'VUS-PR, normal rows given':>28}{'VUS-PR, none given':>22}{'s a series':>16}",
        flush=True,
    )
    for name in options.only or DETECTORS:
        detector = DETECTORS[name]
        if not isinstance(detector, str):
            warm_up(detector)
        begin = time.perf_counter()
        found = [
            benchmark(options.folder, use_normal=given, detector=detector)
            for given in (True, False)
        ]
        vus = [one.mean["VUS-PR"] for one in found]
        seconds = [one.mean["seconds"] for one in found]
        print(
            f"{name:44}{vus[0]:>28.3f}{vus[1]:>22.3f}{f'{seconds[0]:.2f}, {seconds[1]:.2f}':>16}"
            f"   ({time.perf_counter() - begin:.0f} s in all)",
            flush=True,
        )
        for one in found:
            for reason in one.failed.values():
                print(f"    failed: {reason}", flush=True)


if __name__ == "__main__":
    main()
