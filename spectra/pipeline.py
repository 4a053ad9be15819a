"""From a recording to alarms: the function most people need, and its two steps."""

from collections.abc import Callable
from dataclasses import replace
from math import isclose
from typing import Any, Final, Literal, cast

import numpy as np
import pandas as pd

from spectra import formatting
from spectra.calibration.scores import Scores
from spectra.calibration.statistic import Statistic
from spectra.calibration.threshold import Threshold
from spectra.datasets.reading import Data, as_recording
from spectra.datasets.recording import Recording
from spectra.detection import ITSELF, Detection
from spectra.errors import DataError, NeedsMemoryError
from spectra.model import Fitted, Method, Model, corresponding
from spectra.parameters import require, require_rate, shown
from spectra.sequence.settings import Sequence
from spectra.signal.period import dominant_period
from spectra.spectral.model import SpectralModel
from spectra.spectral.settings import Spectral
from spectra.stored import FileArray, is_stored
from spectra.text import few_of

MethodName = Literal["spectral", "sequence"]

# Short forms of the methods with their default settings.
METHODS: Final[dict[str, Callable[..., Method]]] = {"spectral": Spectral, "sequence": Sequence}
# Rates that differ by less are equal: clocks are not exact.
RATE_TOLERANCE: Final = 0.01
_NO_RATE = "No sampling rate is known"


def method_of(method: Method | MethodName) -> Method:
    """Return a method, by itself or by its name; raise ValueError for any other."""
    if isinstance(method, Method):
        return method
    must = f"must be one of {', '.join(METHODS)}, or a Spectral or Sequence"
    require("method", method, str, must, METHODS.__contains__)
    return METHODS[method]()


def learn(
    normal: Data,
    *,
    method: Method | MethodName = "spectral",
    fs: float | None = None,
    early: bool = False,
) -> Model:
    """Learn from a recording of normal data, to score others with.

    Parameters
    ----------
    normal : str, path, array, data frame, series or Recording
        Normal data alone. An array is (n_samples,) or (n_samples, n_channels).
    method : Spectral, Sequence, "spectral" or "sequence"
        "spectral" compares each frame with all normal frames; "sequence" with the frame predicted
        from those before it, which finds frames that are normal by themselves but occur in the
        wrong order.
    fs : float, optional
        Sampling rate in Hz of data without time.
    early : bool
        Calibrate causal scores too, so that `spectra.Stream` opens alarms as soon as it can and
        confirms or withdraws them later. Learning takes twice as long.

    Returns
    -------
    Model

    Raises
    ------
    DataError
        For data that cannot be read or is too short.
    ValueError
        For a parameter out of range.

    Examples
    --------
    >>> import numpy as np
    >>> import spectra
    >>> rng = np.random.default_rng(0)
    >>> model = spectra.learn(rng.normal(size=50_000))
    >>> x = rng.normal(size=5000)
    >>> x[3000:3040] *= 5
    >>> len(spectra.score(model, x, alpha=1e-5).alarms)
    1
    """
    require_rate(fs)
    chosen = method_of(method)
    require("early", early, bool, "must be True or False")
    if early and (not isinstance(chosen, Spectral) or chosen.causal):
        raise ValueError("early=True calibrates causal scores beside others: give a Spectral().")
    recording = _recording(normal, fs)
    _refuse_stored(recording, chosen, None)
    everything = slice(0, recording.n_samples)
    model = _fitted(recording, chosen, everything)[0]
    if not isinstance(chosen, Spectral) or not early:
        return model
    causal = _fitted(recording, replace(chosen, causal=True), everything)[0]
    return replace(model, early=causal)


def detect(
    data: Data,
    *,
    normal: Data | None = None,
    normal_rows: slice | tuple[int, int] | None = None,
    method: Method | MethodName = "spectral",
    alpha: float | None = None,
    false_alarms: str | None = None,
    fdr: float | None = None,
    fs: float | None = None,
) -> Detection:
    """Find the anomalies in a recording.

    Parameters
    ----------
    data : str, path, array, data frame, series or Recording
        An array is (n_samples,) or (n_samples, n_channels).
    normal : as `data`, optional
        A second recording, of normal data, to learn from.
    normal_rows : slice or (start, stop), optional
        Rows of `data` that are known to be normal. The others are calibrated on too, unless most of
        them differ. Without it and without `normal` the recording is its own reference, and most
        of it must be normal.
    method : Spectral, Sequence, "spectral" or "sequence"
        See `learn`.
    alpha : float, optional
        False-alarm probability: a step is flagged where a normal one has a score as high with a
        smaller probability. By default 0.001; where a short recording itself is calibrated on,
        that of half a false alarm in the recording, up to 0.02.
    false_alarms : str, optional
        Number of false alarms in a time or in the recording, in place of alpha: "1/day", "2/hour",
        "0.1/recording".
    fdr : float, optional
        Share of the alarms that may be false, in place of alpha (Benjamini & Hochberg 1995).
    fs : float, optional
        Sampling rate in Hz of data without time.

    Returns
    -------
    Detection
        Its `alarms` are a data frame, one row an alarm; its `scores` one row an input row.

    Raises
    ------
    DataError
        For data that cannot be used.
    ValueError
        For a parameter out of range.

    Notes
    -----
    Scores are high and p-values low for anomalous rows. The statistic of a step is a mean of the
    base scores by their surprisal (`spectra.calibration.statistic`). It becomes a p-value by its
    distribution among normal steps, with a generalised Pareto tail
    (`spectra.calibration.gaussian`). Alarms begin and end by hysteresis thresholding
    (`spectra.alarms`).

    References
    ----------
    Pickands (1975), Annals of Statistics 3, 119. Canny (1986), IEEE Trans. Pattern Analysis and
    Machine Intelligence 8, 679.

    Examples
    --------
    >>> import numpy as np
    >>> import spectra
    >>> x = np.random.default_rng(0).normal(size=5000)
    >>> x[3000:3040] *= 5
    >>> found = spectra.detect(x)
    >>> alarm = found.alarms.loc[found.alarms["score"].idxmax()]
    >>> bool(2980 <= alarm["start"] <= 3020 <= alarm["end"] <= 3060)
    True
    """
    threshold = Threshold(alpha, false_alarms, fdr)
    require_rate(fs)
    chosen = method_of(method)
    if normal is not None:
        if normal_rows is not None:
            raise ValueError("Give normal or normal_rows, not both.")
        model = learn(normal, method=chosen, fs=fs)
        return score(model, data, alpha=alpha, false_alarms=false_alarms, fdr=fdr, fs=fs)
    recording = _recording(data, fs)
    threshold.require_rate(recording.fs)
    _refuse_stored(recording, chosen, fdr)
    rows, source = (None, ITSELF) if normal_rows is None else _span(recording, normal_rows)
    model, scores = _fitted(recording, chosen, rows)
    applied = threshold.alpha_of(scores, recording.fs)
    index = _index_of(data)
    return Detection(recording, model, scores, applied, source, True, index, threshold.text)


def score(
    model: Model,
    data: Data,
    *,
    alpha: float | None = None,
    false_alarms: str | None = None,
    fdr: float | None = None,
    fs: float | None = None,
) -> Detection:
    """Score a recording with a model learned from normal data.

    Parameters
    ----------
    model : Model
    data : str, path, array, data frame, series or Recording
        With the channels of the model, in any order.
    alpha : float, optional
        False-alarm probability, see `detect`; by default 0.001.
    false_alarms : str, optional
        Number of false alarms in a time or in the recording, see `detect`.
    fdr : float, optional
        Share of the alarms that may be false, see `detect`.
    fs : float, optional
        Sampling rate in Hz of data without time; by default that of the model.

    Returns
    -------
    Detection
        As of `detect`.

    Raises
    ------
    DataError
        Where channels or sampling rate are not those learned, or the data cannot be used.
    ValueError
        For an alpha outside (0, 0.5].

    Examples
    --------
    >>> import numpy as np
    >>> import spectra
    >>> rng = np.random.default_rng(0)
    >>> found = spectra.score(spectra.learn(rng.normal(size=8000)), rng.normal(size=4000) + 9)
    >>> bool(found.scores["alarm"].mean() > 0.9)
    True
    """
    require("model", model, Model, "must be a Model, made by learn or Model.load")
    threshold = Threshold(alpha, false_alarms, fdr)
    require_rate(fs)
    recording = _like_learned(_recording(data, fs), model)
    threshold.require_rate(recording.fs)
    _refuse_stored(recording, model.method, fdr)
    try:
        scores = _scored(model, recording)
    except DataError as error:
        raise DataError(f"{recording.name}: {error}") from None
    applied, index = threshold.alpha_of(scores, recording.fs), _index_of(data)
    return Detection(recording, model, scores, applied, model.name, False, index, threshold.text)


def _index_of(data: Data) -> pd.Index | None:
    return data.index if isinstance(data, (pd.DataFrame, pd.Series)) else None


def _recording(data: Data, fs: float | None) -> Recording:
    if isinstance(data, Recording) and data.fs is None and fs is not None:
        return _at_rate(data, fs)
    if isinstance(data, Model):
        raise DataError("A model is no recording: score(model, recording) compares one with it.")
    return as_recording(data, fs)


def _at_rate(recording: Recording, fs: float) -> Recording:
    """Return a recording that had no sampling rate with one."""
    return replace(
        recording,
        fs=fs,
        notes=tuple(note for note in recording.notes if not note.startswith(_NO_RATE)),
    )


def _reordered(recording: Recording, order: tuple[str, ...]) -> Recording:
    """Return a recording with its channels in another order."""
    rows = [recording.channels.index(name) for name in order]
    units = recording.units and tuple(recording.units[index] for index in rows)
    return replace(recording, values=recording.values[:, rows], channels=order, units=units)


def _like_learned(recording: Recording, model: Model) -> Recording:
    """Return the recording with the order of channels and the rate of the model.

    A note names channels that are called otherwise. Raises DataError where they differ.
    """
    order = corresponding(recording.channels, model.channels)
    if not order:
        raise DataError(
            f"{recording.name} has {formatting.named(recording.channels)}, but {model.name}, which "
            f"was learned from, has {formatting.named(model.channels)}: give data with the same "
            "channels, renamed if need be (--channels chooses them, by name or by number from 1)."
        )
    if order != recording.channels:
        recording = _reordered(recording, order)
    if order != model.channels:
        pairs = [f"{ours} as {theirs}" for ours, theirs in zip(order, model.channels, strict=True)]
        told = few_of(pairs, 3)
        note = f"Channels are called otherwise than in {model.name}, and taken are {told}."
        recording = replace(recording, notes=(*recording.notes, note))
    if recording.fs is None:
        return recording if model.fs is None else _at_rate(recording, model.fs)
    if model.fs is not None and not isclose(recording.fs, model.fs, rel_tol=RATE_TOLERANCE):
        raise DataError(
            f"{recording.name} is sampled at {recording.fs:g} Hz, but {model.name}, which was "
            f"learned from, at {model.fs:g} Hz: resample one of them."
        )
    return recording


def _span(recording: Recording, normal_rows: slice | tuple[int, int]) -> tuple[slice, str]:
    """Return the rows of the recording that hold the given input rows, and their name.

    Raises DataError for none.
    """
    must = "must be a slice or (start, stop), two rows without a step"
    require("normal_rows", normal_rows, (slice, tuple), must, _is_range)
    rows = normal_rows if isinstance(normal_rows, slice) else slice(*normal_rows)
    n = recording.n_rows
    start, stop, _ = rows.indices(n)
    if stop - start < 1:
        raise DataError(
            f"{recording.name} has the rows 0 to {n - 1}: the range of normal rows "
            f"{_range(rows)} holds none of them."
        )
    if recording.positions is None:
        return slice(start, stop), f"rows {start} to {stop - 1}"
    positions = recording.positions[start:stop]
    name = f"rows {start} to {stop - 1}"
    return slice(int(positions.min()), int(positions.max()) + 1), name


def _is_range(rows: slice | tuple[object, ...]) -> bool:
    """Return whether rows are a range without a step, of integers or open."""
    edges = (rows.start, rows.stop) if isinstance(rows, slice) else rows
    whole = all(edge is None or isinstance(edge, (int, np.integer)) for edge in edges)
    step = rows.step if isinstance(rows, slice) else None
    return len(edges) == 2 and whole and step in (None, 1)


def _range(rows: slice) -> str:
    begin, end = ("" if edge is None else shown(int(edge)) for edge in (rows.start, rows.stop))
    return f"{begin}:{end}"


def _fitted(
    recording: Recording, method: Method, normal_rows: slice | None
) -> tuple[Model, Scores]:
    """Return what a method learns from a recording, and the recording's scores."""
    period = dominant_period(recording.values)
    try:
        fitted, scores = _learned(recording, method, normal_rows)
    except DataError as error:
        raise DataError(f"{recording.name}: {error}") from None
    model = Model(method, fitted, recording.fs, recording.channels, period, recording.name)
    return model, scores


def _learned(
    recording: Recording, method: Method, normal_rows: slice | None
) -> tuple[Fitted, Scores]:
    """Return a fitted method and the scores, in a file where the recording is in one."""
    if not is_stored(recording.values):
        return method.fit(recording.values, normal_rows)
    assert isinstance(method, Spectral)
    return method.fit(recording.values, normal_rows, stored_statistic)


def _scored(model: Model, recording: Recording) -> Scores:
    """Return the scores of a recording, in a file where the recording is in one."""
    if not is_stored(recording.values):
        return model.fitted.score(recording.values)
    assert isinstance(model.fitted, SpectralModel)
    return model.fitted.score(recording.values, unscored=stored_statistic)


def _refuse_stored(recording: Recording, method: Method, fdr: float | None) -> None:
    """Raise NeedsMemoryError for what is not done with a recording that lies in files."""
    if not is_stored(recording.values):
        return
    if not isinstance(method, Spectral):
        raise NeedsMemoryError(
            f"{recording.name} is too large for the method sequence, which needs it in memory: use "
            "the method spectral, or split the recording."
        )
    if fdr is not None:
        raise NeedsMemoryError(
            f"{recording.name} is too large to rank all of its scores, which a share of false "
            "alarms (fdr) needs: give alpha, or a number of false alarms."
        )


def stored_statistic(n_steps: int) -> Statistic:
    """Return room for the statistic of `n_steps` in temporary files."""
    fields = (FileArray((n_steps,), kind) for kind in (np.float32, np.int16, np.int16))
    return Statistic(*(cast("Any", field) for field in fields))
