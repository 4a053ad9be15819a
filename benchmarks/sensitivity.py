"""Effect of each constant of the method: halved, and doubled.

    python benchmarks/sensitivity.py [DIR] [--every 8 | --all] [--no-normal] [--jobs N]
    python benchmarks/sensitivity.py --only BANK_SIZE OVERLAP
    python benchmarks/sensitivity.py --list

Runs the development recordings (DIR as in development.py; every eighth file by default, all with
`--all`) once as they are and twice for each constant of the table `CONSTANTS`. Printed are the
changes of VUS-PR and of event F1 (means of collection means; with the half width of the 95 %
interval of the first by bootstrap over series) and the false-alarm rate, the share of normal rows
in alarm (mean of collection means, in %). A constant that moves nothing can go.

The constants of the calibration and of the alarms do not change the order of the scores, only the
threshold and the edges: the scores are computed once for all of them, and VUS-PR does not move.

Each other variation runs in a process of its own, in which the assignment of the constant is
rewritten while its module is imported. So it holds everywhere: where other modules import the
constant by value, in default arguments, in constants derived from it, and in fields of a class
("Spectral.k"). Whole numbers stay whole and at least 1; tuples and arrays are scaled value by
value.
"""

import argparse
import ast
import importlib
import importlib.abc
import importlib.machinery
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

FACTORS = (0.5, 2.0)
ALPHA = 0.001
EVERY = 8
CONSTANTS = [
    ("spectra.signal.frames", "OVERLAP"),
    ("spectra.signal.period", "PERIOD_RISE"),
    ("spectra.signal.period", "PERIOD_TOLERANCE"),
    ("spectra.signal.period", "BLOCK"),
    ("spectra.spectral.settings", "LENGTHS"),
    ("spectra.spectral.settings", "PERIODS"),
    ("spectra.spectral.settings", "LONGEST_SHARE"),
    ("spectra.spectral.settings", "AMPLITUDE"),
    ("spectra.spectral.settings", "QUIET"),
    ("spectra.spectral.settings", "SILENCES"),
    ("spectra.calibration.contamination", "HIDDEN"),
    ("spectra.calibration.rhythm", "MOST"),
    ("spectra.signal.period", "PERIOD_RISE_OF_FEW"),
    ("spectra.spectral.settings", "K_NORMAL"),
    ("spectra.spectral.settings", "K_OWN"),
    ("spectra.spectral.sample", "SAMPLE_STEPS"),
    ("spectra.spectral.sample", "STRETCHES"),
    ("spectra.spectral.plan", "LEFT_OUT"),
    ("spectra.spectral.sample", "ENOUGH"),
    ("spectra.spectral.normal", "BANK_SIZE"),
    ("spectra.spectral.normal", "FRAMES_A_ROW"),
    ("spectra.spectral.normal", "SHARE_STRIDE"),
    ("spectra.calibration.standard", "FLOOR"),
    ("spectra.calibration.standard", "WINSOR"),
    ("spectra.calibration.standard", "MOSTLY_EQUAL"),
]
"""The tunable constants of the scores: module, and the name in it or "Class.field"."""
AFTER = [
    ("spectra.calibration.block_maxima", "MIN_BLOCKS"),
    ("spectra.calibration.block_maxima", "QUANTILES"),
    ("spectra.calibration.block_maxima", "EXPECTED"),
    ("spectra.calibration.block_maxima", "BIC_GAIN"),
    ("spectra.calibration.block_maxima", "ASHMAN"),
    ("spectra.calibration.block_maxima", "QUIET"),
    ("spectra.calibration.block_maxima", "MOST"),
    ("spectra.calibration.declared", "MOST"),
    ("spectra.calibration.declared", "SMALL"),
    ("spectra.calibration.gaussian", "TAIL"),
    ("spectra.calibration.gaussian", "PRIOR"),
    ("spectra.calibration.rates", "RAISED"),
    ("spectra.alarms", "SEEN"),
]
"""Those of the calibration and of the alarms."""


def scaled(value: Any, factor: float) -> Any:
    """Return a value times a factor, whole numbers as whole ones of at least 1."""
    if isinstance(value, (str, bool)):
        return value
    if isinstance(value, (tuple, list)):
        return type(value)(scaled(one, factor) for one in value)
    if isinstance(value, float) and not value.is_integer():
        return value * factor
    if isinstance(value, (int, float)):
        return type(value)(max(1, round(value * factor)))
    return value * factor


class Rewriting(importlib.machinery.SourceFileLoader):
    """A loader that scales one assignment of the module it loads."""

    target: str
    factor: float
    found: bool = False

    def get_code(self, fullname: str) -> CodeType:
        """Return the code with the value of the assignment in a call of `scaled`, never cached."""
        path = self.get_filename(fullname)
        tree = ast.parse(self.get_data(path), path)
        *classes, name = self.target.split(".")
        for node in _assignments(tree, classes, name):
            if node.value is not None:
                Rewriting.found = True
                node.value = _scaled_by(self.factor, node.value)
        return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


def _scaled_by(factor: float, value: ast.expr) -> ast.expr:
    """Return the expression of a call of `scaled` with a value."""
    module = ast.Call(ast.Name("__import__", ast.Load()), [ast.Constant("sensitivity")], [])
    return ast.Call(ast.Attribute(module, "scaled", ast.Load()), [value, ast.Constant(factor)], [])


def _assignments(
    tree: ast.Module, classes: list[str], name: str
) -> Iterator[ast.Assign | ast.AnnAssign]:
    """Yield the assignments to a name in a module, or in a class of it."""
    body = tree.body
    for each in classes:
        body = next(
            (node.body for node in body if isinstance(node, ast.ClassDef) and node.name == each), []
        )
    for node in body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(one, ast.Name) and one.id == name for one in targets):
                yield node


class Finder(importlib.abc.MetaPathFinder):
    """Finds the module of the constant, with the loader that rewrites it."""

    def __init__(self, module: str, target: str, factor: float) -> None:
        self.module, self.target, self.factor = module, target, factor

    def find_spec(
        self, fullname: str, path: Any, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the specification of the one module, None for all others."""
        if fullname != self.module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            return None
        loader = Rewriting(fullname, spec.origin)
        loader.target, loader.factor = self.target, self.factor
        spec.loader = loader
        return spec


def judged(kept: list[tuple[str, Any, Any, slice | None, int]]) -> "pd.DataFrame":
    """Return event F1 and false alarms of the scores of series, calibrated as modules now say."""
    import pandas as pd

    from spectra import metrics
    from spectra.alarms import find_alarms, inside
    from spectra.calibration.declared import calibrated
    from spectra.calibration.fusion import Fusion
    from spectra.calibration.scores import Scores

    rows = []
    for name, labels, scores, normal, block in kept:
        fused, step = scores.fused, scores.step
        declared = (normal.start // step, -(-normal.stop // step)) if normal else None
        groups = scores.detail(0, fused.statistic.size).groups[:, slice(*(declared or (None,)))]
        fit = partial(Fusion.fit, groups=groups, npersegs=scores.fusion.npersegs)
        fusion, _ = calibrated(fused.statistic, declared, block, fit)
        again = Scores(step, scores.n_samples, fused, fusion, scores.detail)
        found = find_alarms(again, ALPHA)
        alarm = inside(found, scores.n_samples)
        rows.append(
            {
                "file": name,
                "event_F1": metrics.event_based(labels, alarm).f1,
                "false_alarm_share": float(alarm[labels == 0].mean()),
            }
        )
    return pd.DataFrame(rows)


def scored(given: argparse.Namespace) -> list[tuple[str, Any, Any, slice | None, int]]:
    """Return name, labels, scores, normal rows and block of each series."""
    import development

    from spectra.benchmark import normal_rows_of
    from spectra.datasets import read
    from spectra.signal.period import block_rows, dominant_period
    from spectra.spectral.settings import Spectral

    kept = []
    for folder in development.UNIVARIATE:
        for path in sorted((given.folder / folder).glob("*.csv*"))[:: given.every]:
            recording = read(path)
            if recording.labels is None or not recording.labels.any():
                continue
            n = 0 if given.no_normal else normal_rows_of(path.name, recording.n_rows)
            normal = slice(0, n) if n else None
            model, scores = Spectral().fit(recording.values, normal)
            block = -(-block_rows(dominant_period(recording.values)) // model.step)
            kept.append((path.name, recording.labels, scores, normal, block))
    return kept


def report_after(given: argparse.Namespace, chosen: list[tuple[str, str]]) -> None:
    """Print a line for each variation of the calibration and of the alarms."""
    import development

    kept = scored(given)

    def means(results: "pd.DataFrame") -> tuple[float, float]:
        group = development.collection_of(results["file"], given.every)
        f1, false = (
            development.mean_of_means(results[name], group)
            for name in ("event_F1", "false_alarm_share")
        )
        return f1, 100 * false

    base, false = means(judged(kept))
    print(f"{len(kept)} series as they are: event F1 {base:.4f}, false alarms {false:.3f} %")
    for module, target in chosen:
        value = getattr(importlib.import_module(module), target)
        homes = [
            home
            for loaded, home in sys.modules.items()
            if loaded.startswith("spectra.") and getattr(home, target, None) is value
        ]
        for factor in FACTORS:
            for home in homes:
                setattr(home, target, scaled(value, factor))
            name = f"{module.removeprefix('spectra.')}.{target}"
            try:
                f1, false = means(judged(kept))
            except (ValueError, IndexError) as error:
                print(f"{name:38} {'':24} × {factor:<4g} refused: {error}", flush=True)
                continue
            finally:
                for home in homes:
                    setattr(home, target, value)
            print(
                f"{name:38} {value_of(module, target):24} × {factor:<4g} VUS-PR +0.0000"
                f"            event F1 {f1 - base:+.4f}  false alarms {false:.3f} %",
                flush=True,
            )


def work(given: argparse.Namespace) -> None:
    """Run the development recordings in this process, with one constant scaled."""
    module, target, factor = given.worker
    if module != "-":
        sys.meta_path.insert(0, Finder(module, target, float(factor)))
        importlib.import_module(module)
        if not Rewriting.found:
            raise SystemExit(f"{module} has no constant {target}")
    import development

    folders = [given.folder / name for name in development.UNIVARIATE]
    results = development.run(
        folders,
        use_normal=not given.no_normal,
        detector=development.SPECTRAL,
        n_jobs=1,
        every=given.every,
    )
    results.to_csv(given.save, index=False)


def started(given: argparse.Namespace, module: str, target: str, factor: float, out: Path) -> str:
    """Run one variation in a process of its own; return what it said when it failed, else ''."""
    command = [sys.executable, __file__, str(given.folder), "--every", str(given.every)]
    command += ["--worker", module, target, str(factor), "--save", str(out)]
    command += ["--no-normal"] if given.no_normal else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


def value_of(module: str, target: str) -> str:
    """Return the value of a constant as text."""
    value: Any = importlib.import_module(module)
    for name in target.split("."):
        value = getattr(value, name)
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 24 else f"{text[:21]}..."


def report(given: argparse.Namespace, chosen: list[tuple[str, str]]) -> None:
    """Run all variations and print a line for each as soon as it is done."""
    import development
    import machine
    import numpy as np
    import pandas as pd

    source = development.ITSELF if given.no_normal else development.NORMAL_ROWS
    print(f"{machine.described()}; every {given.every}th file, learned from {source}")
    jobs = [("-", "-", 1.0), *((*one, factor) for one in chosen for factor in FACTORS)]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(given.jobs) as pool:
        outs = [Path(folder) / f"{i}.csv" for i in range(len(jobs))]
        failures = pool.map(
            lambda pair: started(given, *pair[0], pair[1]), zip(jobs, outs, strict=True)
        )
        for (module, target, factor), out, failure in zip(jobs, outs, failures, strict=True):
            name = f"{module.removeprefix('spectra.')}.{target}"
            if failure:
                print(f"{name:38} {'':24} × {factor:<4g} failed: {failure}", flush=True)
                continue
            results = pd.read_csv(out)
            group = development.collection_of(results["file"], given.every)
            mean = {
                measure: development.mean_of_means(results[measure], group)
                for measure in ("VUS-PR", "event_F1", "false_alarm_share")
            }
            false = f"false alarms {100 * mean['false_alarm_share']:.3f} %"
            if module == "-":
                base, base_mean = results, mean
                print(
                    f"{len(results)} series as they are: VUS-PR {mean['VUS-PR']:.4f}, event F1 "
                    f"{mean['event_F1']:.4f}, {false}",
                    flush=True,
                )
                continue
            both = results.merge(base, on="file", suffixes=("", " before"))
            difference = (both["VUS-PR"] - both["VUS-PR before"]).to_numpy()
            names = development.collection_of(both["file"], given.every).to_numpy(dtype=np.str_)
            low, high = np.quantile(development.bootstrap(difference, names), [0.025, 0.975])
            change = {measure: mean[measure] - base_mean[measure] for measure in mean}
            print(
                f"{name:38} {value_of(module, target):24} × {factor:<4g} VUS-PR "
                f"{change['VUS-PR']:+.4f} ± {(high - low) / 2:.4f}  event F1 "
                f"{change['event_F1']:+.4f}  {false}",
                flush=True,
            )


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path(__file__).parents[1] / ".." / "shared" / "data"
    parser.add_argument("folder", nargs="?", type=Path, default=default, metavar="DIR")
    parser.add_argument("--every", type=int, default=EVERY, help="take every N-th file")
    parser.add_argument("--all", action="store_const", const=1, dest="every", help="all files")
    parser.add_argument("--no-normal", action="store_true", help="learn from each series itself")
    parser.add_argument("--jobs", type=int, default=1, help="variations side by side")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these constants of the table")
    parser.add_argument("--list", action="store_true", help="print the table and its values")
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--save", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    given = arguments()
    chosen, after = (
        [one for one in table if not given.only or one[1] in given.only]
        for table in (CONSTANTS, AFTER)
    )
    if given.worker:
        work(given)
    elif given.list:
        for module, target in (*chosen, *after):
            print(f"{module}.{target} = {value_of(module, target)}")
    else:
        if after:
            report_after(given, after)
        if chosen:
            report(given, chosen)


if __name__ == "__main__":
    main()
