"""The benchmark scripts: their figures from closed forms and from files written here."""

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch):
    """Return a function that imports a script by its name, as one beside it would."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    return load


@pytest.mark.parametrize("path", sorted(BENCHMARKS.glob("*.py")), ids=lambda path: path.stem)
def test_every_script_says_in_its_docstring_what_it_prints(path: Path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith('"""')


def test_collections_of_fewer_than_ten_series_are_pooled(script):
    names = [
        f"{i:03d}_{name}_id_{i}_Web_tr_9_1st_9.csv" for i, name in enumerate("A" * 10 + "B" * 9)
    ]
    group = script("development").collection_of(pd.Series(names))
    assert group.tolist() == ["A"] * 10 + ["(pooled)"] * 9


def test_the_mean_of_means_counts_a_small_collection_as_much_as_a_large_one(script):
    values, group = pd.Series([0.0, 0.0, 0.0, 1.0]), pd.Series(["a", "a", "a", "b"])
    assert script("development").mean_of_means(values, group) == pytest.approx(0.5)


def test_the_bootstrap_has_the_spread_of_a_mean_of_means(script):
    rng = np.random.default_rng(0)
    difference, group = rng.standard_normal(600), np.repeat(["a", "b", "c"], 200)
    means = script("development").bootstrap(difference, group, 4000)
    assert means.mean() == pytest.approx(difference.mean(), abs=0.005)
    # Three independent means of 200 values of variance 1, averaged.
    assert means.std() == pytest.approx(np.sqrt(3 / 200) / 3, rel=0.1)


def test_the_saved_first_release_has_every_series_once_in_each_setting():
    table = pd.read_csv(BENCHMARKS / "baseline" / "first_release.csv.gz")
    counts = table.groupby("learned_from")["file"].count()
    assert counts.to_dict() == {"itself": 660, "normal rows": 660}
    assert not table.duplicated(["folder", "file", "learned_from"]).any()


def test_a_record_of_format_212_is_read_back_as_it_was_written(script, tmp_path: Path):
    rng = np.random.default_rng(0)
    samples = rng.integers(-2047, 2048, (50, 2))
    packed = bytearray()
    for first, second in (samples & 0xFFF).tolist():
        packed += bytes([first & 0xFF, first >> 8 | (second >> 8) << 4, second & 0xFF])
    (tmp_path / "7.dat").write_bytes(packed)
    lead = "7.dat 212 200 11 1024 0 0 0"
    (tmp_path / "7.hea").write_text(f"7 2 360 50\n{lead} MLII\n{lead} V1\n# a comment\n")
    # N (1) after 18 samples, a note of three letters, a skip of 70,000, V (5) after 2 more.
    words = [
        1 << 10 | 18,
        28 << 10,
        63 << 10 | 3,
        0x4E28,
        0x0041,
        59 << 10,
        1,
        4464,
        5 << 10 | 2,
        0,
    ]
    (tmp_path / "7.atr").write_bytes(np.array(words, dtype="<u2").tobytes())
    record = script("mitdb").read_record(tmp_path / "7")
    assert record.values == pytest.approx((samples - 1024) / 200)
    assert record.leads == ("MLII", "V1")
    assert record.places.tolist() == [18, 18, 70_020]
    assert record.symbols.tolist() == ["N", "+", "V"]


def test_a_beat_is_found_within_150_ms_and_another_beat_in_alarm_is_false(script):
    mitdb = script("mitdb")
    places, symbols = np.array([1000, 2000, 3000, 4000]), np.array(["N", "V", "V", "F"])
    alarm = np.zeros(5000, dtype=np.bool_)
    # 54 samples are 150 ms; the last alarm touches no beat and follows none that is ventricular.
    alarm[1054], alarm[2000 - 54], alarm[3055], alarm[1500] = True, True, True, True
    found = mitdb.Beats.of(places, symbols, 360.0, 0, 5000).judge(alarm.astype(float), alarm)
    assert (found.ventricular, found.hits) == (2, 1)
    # The normal beat, and the alarm at 1500; that after the V at 3000 belongs to it.
    assert found.false == 2


@pytest.mark.parametrize(
    ("value", "factor", "expected"),
    [(700, 2.0, 1400), (1, 0.5, 1), (0.2, 0.5, 0.1), ((16, 64), 0.5, (8, 32)), (5.0, 0.5, 2.0)],
)
def test_a_constant_is_scaled_and_a_whole_number_stays_whole(script, value, factor, expected):
    assert script("sensitivity").scaled(value, factor) == expected


def test_a_scaled_constant_reaches_defaults_classes_and_modules_that_import_it(tmp_path: Path):
    package = tmp_path / "patched"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "first.py").write_text(
        "LENGTH: int = 8\nTWICE = 2 * LENGTH\ndef of(n=LENGTH): return n\n"
        "class A:\n    k: float = 0.4\n"
    )
    (package / "second.py").write_text("from patched.first import LENGTH, A\nK = A.k\n")
    code = (
        "import sys, sensitivity as s\n"
        "sys.meta_path[:0] = [s.Finder('patched.first', sys.argv[1], 2.0)]\n"
        "import patched.first as first, patched.second as second\n"
        "print(first.TWICE, first.of(), second.LENGTH, second.K)\n"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code, target],
            cwd=tmp_path,
            env={"PYTHONPATH": f"{BENCHMARKS}:{tmp_path}"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for target in ("LENGTH", "A.k")
    ]
    assert outputs == [["32", "16", "16", "0.4"], ["16", "8", "8", "0.8"]]


def test_an_order_has_each_pattern_out_of_order_in_the_second_half_alone(script):
    kinds, odd = script("order").order(np.random.default_rng(0), 5, 400)
    in_order = (np.diff(kinds) % 5) == 1
    assert in_order[:199].all()
    assert not odd[:200].any()
    # A swap and a double have two blocks out of order, a skip and a repetition one.
    assert 6 <= odd.sum() <= 12


def test_an_alarm_on_an_odd_stretch_is_a_hit_and_one_far_from_it_false(script):
    domains, signals = script("domains"), script("domain_signals")
    odd = signals.made(
        np.zeros((2000, 2)), slice(1500, 1700), slice(1990, 1995), channels=(1,), band=(2.0, 3.0)
    )
    half = domains.second_half(odd)
    assert half.rows == [slice(500, 700), slice(990, 995)]
    # The first touches the first stretch by a row, the next is half its length away from it, the
    # third by a row more; the last ends 64 rows before the other stretch.
    alarms = pd.DataFrame(
        {"first": [450, 799, 800, 920], "last": [500, 810, 810, 926]}
        | {"p_value": [1e-5, 1e-9, 1e-9, 1e-9], "channel": ["ch2", "ch1", "ch1", "ch1"]}
        | {"f_low": [2.5, 8.0, 8.0, 8.0], "f_high": [3.5, 9.0, 9.0, 9.0]}
    )
    figures = {"found": 0.5, "false alarms": 1.0, "channel": 1.0, "band": 1.0}
    assert domains.judged(half, alarms) == figures
    nothing = domains.judged(half, alarms.iloc[1:])
    assert nothing["found"] == 0
    assert np.isnan([nothing["channel"], nothing["band"]]).all()


def test_every_kind_of_recording_has_its_rows_and_comes_out_the_same_again(script):
    domains = script("domains")
    assert len(domains.KINDS) == 42
    for name, kind in domains.KINDS.items():
        first, again = (
            kind.make(domains.generator(name, None, 0, 2000), 2000, None) for _ in range(2)
        )
        assert len(first.values) == 2000
        assert not first.rows
        np.testing.assert_array_equal(first.values, again.values)


def nab_series(script, windows: list[tuple[int, int]], n: int = 1000):
    return script("nab").Series("a/b.csv", np.zeros(n), 1.0, windows)


def test_the_numenta_score_is_100_at_the_first_rows_and_0_without_a_report(script):
    nab = script("nab")
    fleet = [nab_series(script, [(300, 399), (700, 799)]), nab_series(script, [(200, 299)])]
    perfect, none = [np.array([300, 700]), np.array([200])], [np.array([], dtype=int)] * 2
    # Rows of the probationary period, the first 150, do not count.
    early = [np.array([10, 149]), np.array([0])]
    for profile in nab.PROFILES:
        assert nab.normalised(fleet, perfect, profile) == pytest.approx(100)
        assert nab.normalised(fleet, none, profile) == pytest.approx(0)
        assert nab.normalised(fleet, early, profile) == pytest.approx(0)


def test_the_worth_of_a_report_follows_the_published_sigmoid(script):
    nab, series = script("nab"), nab_series(script, [(300, 399)])

    def worth(row: int) -> float:
        return float(nab.score_of(series, np.array([row]), 0.11, 1.0)) + 1

    def sigmoid(y: float) -> float:
        return 2 / (1 + np.exp(5 * y)) - 1

    # Within the window, the last row of which is 0.01 of its length before its end.
    assert worth(349) == pytest.approx(1 + sigmoid(-51 / 100) / sigmoid(-1))
    assert worth(399) == pytest.approx(1 + sigmoid(-1 / 100) / sigmoid(-1))
    # Before any window, soon after one, and long after it.
    assert worth(200) == pytest.approx(-0.11)
    assert worth(400) == pytest.approx(0.11 * sigmoid(1 / 99))
    assert worth(999) == pytest.approx(-0.11)
    # Of several reports in a window the first counts; each outside counts.
    several = np.array([330, 350, 200, 250])
    assert nab.score_of(series, several, 0.11, 1.0) == pytest.approx(
        sigmoid(-70 / 100) / sigmoid(-1) - 0.22
    )


def test_an_alarm_is_reported_at_its_first_row_and_again_after_64_quiet_rows(script):
    z = np.zeros(400)
    z[[50, 60, 124, 189, 300]] = 5
    assert script("nab").reported(z, 3.0).tolist() == [50, 189, 300]


def test_scores_of_the_numenta_benchmark_do_not_depend_on_later_rows(script):
    nab, x = script("nab"), np.random.default_rng(0).normal(size=900)
    whole, thresholds = nab.scores(nab.Series("a", x, 1 / 300, []))
    assert np.isneginf(whole[:135]).all()
    assert np.isfinite(whole[135:]).all()
    # One false alarm a week needs a higher score than one a day.
    assert (thresholds[1, 135:] > thresholds[0, 135:]).all()
    changed = x.copy()
    changed[600:] += 9
    later, _ = nab.scores(nab.Series("a", changed, 1 / 300, []))
    np.testing.assert_array_equal(later[:600], whole[:600])
