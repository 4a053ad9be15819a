"""A wrong value of any parameter of any public function is named with its range."""

import inspect
import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import spectra
from spectra import datasets, metrics
from spectra.datasets import Recording
from spectra.parameters import require, require_integer

RNG = np.random.default_rng(0)
X = RNG.normal(size=200)
SMALL = spectra.Spectral(nperseg=16)
MODEL = spectra.learn(X, method=SMALL)
DETECTION = spectra.detect(X, method=SMALL)
EVENT = RNG.normal(size=2000)
EVENT[1000:1064] *= 9
FOUND = spectra.detect(EVENT, method=SMALL, fs=12_000.0)
ORDER = spectra.detect(datasets.generators.order_anomalies(RNG), method="sequence")
ENVELOPE = FOUND.bearing("6205", 6000.0)
RELIABILITY = spectra.check_calibration(X, method=SMALL)
LABELS = (np.arange(40) // 10 == 2).astype(int)
SCORES = RNG.normal(size=40)
CALIBRATOR = spectra.GaussianThreshold.fit(np.abs(X))
TEXT = b"x,y\n1,2\n3,4\n5,6\n"
FRAME = pd.DataFrame({"a": X})


def write_nowhere(detection: Any, path: Any, *, command: Any = None) -> None:
    """Write a report, but into no file that is named by chance."""
    path = os.devnull if isinstance(path, (str, Path)) else path
    spectra.write_report(detection, path, command=command)


def index_nowhere(detections: Any, folder: Any) -> None:
    """Write an index, but into no folder that is named by chance."""
    with tempfile.TemporaryDirectory() as place:
        known = isinstance(folder, (str, Path))
        spectra.report_index(detections, place if known else folder)


# Each with arguments that it takes.
PUBLIC: dict[str, tuple[Callable[..., object], dict[str, Any]]] = {
    "detect": (spectra.detect, {"data": X, "method": SMALL}),
    "learn": (spectra.learn, {"normal": X, "method": SMALL}),
    "score": (spectra.score, {"model": MODEL, "data": X}),
    "score_many": (
        spectra.score_many,
        {"recordings": [X], "method": SMALL, "progress": False},
    ),
    "check_calibration": (spectra.check_calibration, {"normal": X, "method": SMALL}),
    "plot": (spectra.plot, {"detection": DETECTION}),
    "plot_alarm": (spectra.plot_alarm, {"detection": FOUND, "alarm": 1}),
    "plot_attention": (spectra.plot_attention, {"detection": ORDER, "alarm": 1}),
    "plot_calibration": (spectra.plot_calibration, {"detection": DETECTION}),
    "plot_reliability": (spectra.plot_reliability, {"reliability": RELIABILITY}),
    "plot_envelope": (spectra.plot_envelope, {"envelope": ENVELOPE}),
    "write_report": (write_nowhere, {"detection": DETECTION, "path": os.devnull}),
    "report_index": (index_nowhere, {"detections": [DETECTION], "folder": os.devnull}),
    "Detection.explain": (FOUND.explain, {"alarm": 1}),
    "Detection.evidence": (FOUND.evidence, {"steps": [0]}),
    "Detection.score_blocks": (lambda **rest: list(FOUND.score_blocks(**rest)), {"size": 900}),
    "Detection.bearing": (FOUND.bearing, {"bearing": "6205", "rpm": 6000.0}),
    "Spectral": (spectra.Spectral, {}),
    "Sequence": (spectra.Sequence, {}),
    "SpectralDetector": (lambda **rest: spectra.SpectralDetector(**rest).fit(X[:, None]), {}),
    "SequenceDetector": (lambda **rest: spectra.SequenceDetector(**rest).fit(X[:, None]), {}),
    "Stream": (lambda **rest: spectra.Stream(**rest).finish(), {"model": MODEL}),
    "Stream.update": (lambda **rest: spectra.Stream(MODEL).update(**rest), {"block": X}),
    "Stream.restore": (
        spectra.Stream.restore,
        {"model": MODEL, "state": spectra.Stream(MODEL).state()},
    ),
    "GaussianThreshold.fit": (spectra.GaussianThreshold.fit, {"distances": np.abs(X)}),
    "GaussianThreshold.threshold": (CALIBRATOR.threshold, {"alpha": 0.1}),
    "GaussianThreshold.inverse": (CALIBRATOR.inverse, {"z": 1.0}),
    "GaussianThreshold.z": (CALIBRATOR.z, {"distances": [1.0]}),
    "GaussianThreshold.p_value": (CALIBRATOR.p_value, {"distances": [1.0]}),
    "Model.load": (spectra.Model.load, {"path": "none"}),
    "datasets.read": (lambda **rest: datasets.read(**{"source": io.BytesIO(TEXT), **rest}), {}),
    "datasets.read_series": (
        lambda **rest: datasets.read_series(**{"source": io.BytesIO(TEXT), **rest}),
        {},
    ),
    "datasets.inspect": (
        lambda **rest: datasets.inspect(**{"source": io.BytesIO(TEXT), **rest}),
        {},
    ),
    "datasets.load_sample": (datasets.load_sample, {"name": "machine-temperature"}),
    "datasets.sample_names": (datasets.sample_names, {}),
    "Recording.from_array": (Recording.from_array, {"values": X}),
    "Recording.from_frame": (Recording.from_frame, {"data": FRAME}),
    "metrics.runs": (metrics.runs, {"mask": LABELS == 1}),
    "metrics.without_gaps": (metrics.without_gaps, {"scores": SCORES}),
    "metrics.vus_buffer": (metrics.vus_buffer, {"signal": SCORES}),
    **{
        f"metrics.{name}": (getattr(metrics, name), {"labels": LABELS, "alarms": LABELS})
        for name in ("standard", "point_adjusted", "event_based", "composite", "range_based",
                     "affiliation", "false_alarm_share", "detection_delay")
    },
    "metrics.false_alarms_per_hour": (
        metrics.false_alarms_per_hour,
        {"labels": LABELS, "alarms": LABELS, "fs": 1.0},
    ),
    **{
        f"metrics.{name}": (getattr(metrics, name), {"labels": LABELS, "scores": SCORES})
        for name in ("auc_pr", "auc_roc", "best_standard", "best_event_based")
    },
    **{
        f"metrics.{name}": (
            getattr(metrics, name),
            {"labels": LABELS, "scores": SCORES, "buffer": 3},
        )
        for name in ("volumes", "vus_pr", "vus_roc")
    },
    "metrics.summary": (
        metrics.summary,
        {"labels": LABELS, "scores": SCORES, "alarms": LABELS, "buffer": 3},
    ),
}  # fmt: skip
# What functions return, and modules.
RESULTS = {"Batch", "Detection", "Reliability",
           "Model", "GaussianThreshold", "__version__", "datasets", "metrics",
           "Inspection", "Recording", "generators", "Agreement", "Best", "Volumes"}  # fmt: skip
# Their errors name the recording instead.
DATA = {"data", "normal", "values", "recordings", "source", "detection"}
# What names a thing that is not there names itself.
ITSELF = {("datasets.load_sample", "name"), ("Model.load", "path")}


def parameters(name: str) -> list[str]:
    """The parameters of a public function."""
    function, _ = PUBLIC[name]
    if name.endswith("Detector"):
        function = getattr(spectra, name)
    if name.startswith("datasets."):
        function = getattr(datasets, name.partition(".")[2])
    return list(inspect.signature(function).parameters)


def test_every_public_function_is_here() -> None:
    names = {name.partition(".")[2] or name for name in PUBLIC}
    public = {*spectra.__all__, *metrics.__all__, *datasets.__all__}
    assert public - RESULTS <= names


@pytest.mark.parametrize("name", PUBLIC)
def test_the_arguments_that_others_replace_are_right(name: str) -> None:
    function, arguments = PUBLIC[name]
    if name != "Model.load":
        function(**arguments)


SPECIAL = [
    None, True, 0, -1, 3, 1.5, 1j, np.nan, np.inf, 1e308, 5e-324, "", "x\ny", "spectral", b"\x00",
    10**400, 10**5000, -(10**5000), -(10**20), 2**63, 2**48, [], [1, "a"], [[1.0], [2.0]],
    [10**5000], {}, {"a": 1}, {10**5000: 1}, (), (1, 2), (1, "a"), (10**5000, 1), (None, "x"), {1},
    object(), object, len, ..., np.datetime64("nat"), np.timedelta64(1, "s"), np.float32(0.01),
    np.int16(3), pd.NA, pd.NaT, pd.Timestamp(0), slice("a", 1), slice(0, 9, 2), slice(None),
    slice(10**5000, None), np.empty(0), np.zeros((2, 2, 2)), np.array("x"), np.array(None),
    np.array([1, "a"], dtype=object), np.array(1.5), FRAME, FRAME["a"], MODEL, DETECTION,
    DETECTION.recording, SMALL, range(3), memoryview(b"12"), Path("none"),
    io.StringIO("a,b\n1,2\n"), iter([]), np.ma.masked, "magnitude", ("kaiser", "x"),
    ("tukey", np.nan),
]  # fmt: skip
ANYTHING = st.one_of(
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.lists(st.one_of(st.integers(), st.text(max_size=2)), max_size=4),
    st.lists(st.lists(st.floats(), max_size=2), max_size=3),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    st.tuples(st.text(max_size=3), st.floats()),
    st.tuples(st.one_of(st.integers(), st.floats()), st.one_of(st.integers(), st.text())),
    st.sets(st.integers(), max_size=2),
)
# Right values that take long: processes and epochs.
SLOW = {"n_jobs": lambda value: value == -1 or value > 1, "epochs": lambda value: value >= 1}


@pytest.mark.parametrize("name", PUBLIC)
def test_each_special_value_of_each_parameter_is_named(name: str) -> None:
    for parameter in parameters(name):
        for value in SPECIAL:
            if not is_slow(parameter, value):
                check(name, parameter, value)


@settings(max_examples=400)
@given(st.data())
def test_a_wrong_value_is_named_with_its_parameter(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name in PUBLIC if parameters(name)]))
    parameter = data.draw(st.sampled_from(parameters(name)))
    value = data.draw(ANYTHING)
    assume(not is_slow(parameter, value))
    check(name, parameter, value)


def is_slow(parameter: str, value: object) -> bool:
    """Return whether a value is right, but takes long."""
    numeric = isinstance(value, (int, float, np.number))
    return numeric and parameter in SLOW and bool(SLOW[parameter](value))


def check(name: str, parameter: str, value: object) -> None:
    """Assert that a value is taken or refused with the name of its parameter."""
    function, arguments = PUBLIC[name]
    try:
        with np.errstate(all="ignore"):
            function(**arguments | {parameter: value})
    except (TypeError, ValueError) as error:
        said = str(error)
        assert "\n" not in said
        named = parameter.rstrip("s") in said.replace(" ", "_") or parameter in DATA
        assert named or (isinstance(value, (str, Path)) and (name, parameter) in ITSELF), said


@pytest.mark.parametrize(
    ("name", "parameter", "value", "said"),
    [
        ("detect", "alpha", "x", "alpha='x' must lie above 0 and not above 0.5"),
        ("detect", "alpha", True, "alpha=True must lie above 0"),
        ("learn", "fs", [1], r"fs=\[1\] must be a number of Hz above 0"),
        ("Spectral", "nperseg", 1.5, "nperseg=1.5 must be an integer >= 2"),
        ("Spectral", "window", "none", "window='none' must be the name of a window"),
        ("Spectral", "window", ("tukey", "x"), "window=.* must be the name of a window"),
        ("score_many", "n_jobs", 0, "n_jobs=0 must be a number of processes"),
        ("score_many", "progress", "yes", "progress='yes' must be True or False"),
        ("detect", "normal_rows", (1, 2, 3), r"normal_rows=\(1, 2, 3\) must be a slice or"),
        ("datasets.read", "nrows", 1, "nrows=1 must be an integer >= 2"),
        ("datasets.read", "repeats", "all", "repeats='all' must be one of first, last"),
        ("metrics.volumes", "buffer", -1, "buffer=-1 must be an integer >= 0"),
    ],
)
def test_the_range_is_told(name: str, parameter: str, value: object, said: str) -> None:
    function, arguments = PUBLIC[name]
    with pytest.raises((TypeError, ValueError), match=said):
        function(**arguments | {parameter: value})


def test_another_type_is_a_type_error_and_another_value_a_value_error() -> None:
    wrong = [("3", TypeError), (True, TypeError), (None, TypeError), (0, ValueError)]
    wrong += [(10**5000, ValueError), (2.5, ValueError), (np.nan, ValueError)]
    for value, error in wrong:
        with pytest.raises(error, match=r"n=.* must be an integer >= 1"):
            require_integer("n", value, 1)
    with pytest.raises(TypeError) as caught:
        require("x", "long" * 100, dict, "must be a dict")
    assert len(str(caught.value)) < 120
