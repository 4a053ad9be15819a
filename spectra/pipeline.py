"""From a recording to alarms: the one function most people need, and the two steps of it."""

from dataclasses import replace
from math import isclose
from typing import Final, Literal, get_args

import pandas as pd

from spectra import formatting as words
from spectra.calibration.scores import Scores
from spectra.datasets.reading import Data, as_recording
from spectra.datasets.recording import Recording
from spectra.detection import ITSELF, Detection
from spectra.errors import DataError
from spectra.model import Learned
from spectra.sequence.model import SequenceModel, SequenceSettings, sequence_cut, usual_nperseg
from spectra.signal import frames
from spectra.signal.views import VIEWS, View
from spectra.spectral.comparison import Settings
from spectra.spectral.model import SpectralModel

Method = Literal["spectral", "sequence"]
SPECTRAL: Final = "spectral"
SEQUENCE: Final = "sequence"

# How many of the normal spectra a frame is compared with: the nearest few, which find the single
# odd cycle; and of a recording that may hold long stretches of anomalies, which would be each
# other's nearest, a share of all as well.
K_OF_NORMAL = (5.0,)
K_OF_OWN = (5.0, 0.1)
# Rates that differ less are the same: clocks are not exact.
RATE_TOLERANCE = 0.01
_NO_RATE = "No sampling rate is known"


def learn(
    normal: Data,
    *,
    nperseg: int | None = None,
    k: float | None = None,
    view: View | None = None,
    fs: float | None = None,
    window: str | tuple[str, float] = "hann",
    method: Method = SPECTRAL,
    epochs: int = 0,
) -> Learned:
    """What is normal, learned from a recording of nothing else, to score others with.

    `nperseg` is the frame length in samples, by default several, 16 to 256; `k` the number of
    nearest normal spectra a frame is compared with, or below 1 their share, by default 5; `view`
    what of the spectra is compared, by default magnitudes with and without the level; `fs` in Hz is
    for data that has no time of its own.

    With `method` "sequence" a frame is compared with what the frames before it let expect, instead
    of with all normal ones: what is normal but comes out of order is found. Frames have one length
    then, by default a power of two near a sixteenth of the period, and there is no k. With `epochs`
    above 0 a Transformer is trained on at most so many passes and tells what it expects as well,
    which takes some time.

    Raises DataError for data that cannot be read or is too short, ValueError for a parameter out of
    range.
    """
    recording = _recording(normal, fs)
    _check_method(method, k, epochs)
    if method == SEQUENCE:
        return _fitted(recording, _sequence_settings(recording, nperseg, view, window, epochs))[0]
    settings = _settings(recording, nperseg, K_OF_NORMAL if k is None else (k,), view, window)
    return _fitted(recording, settings)[0]


def detect(
    data: Data,
    *,
    normal: Data | None = None,
    normal_rows: slice | tuple[int, int] | None = None,
    alpha: float = 0.001,
    nperseg: int | None = None,
    k: float | None = None,
    view: View | None = None,
    fs: float | None = None,
    window: str | tuple[str, float] = "hann",
    method: Method = SPECTRAL,
    epochs: int = 0,
) -> Detection:
    """Find what is unusual in a recording: a path, an array (n,) or (n, channels), a data frame, a
    series.

    What is normal is learned from `normal`, a second recording; or from the rows `normal_rows` of
    this one (start, stop) and from the recording itself; or from the recording itself alone, of
    which most must be normal. `alpha` is the probability with which a normal frame is called
    anomalous; `nperseg`, `k`, `view`, `fs`, `window`, `method` and `epochs` are those of `learn`,
    but k is by default both 5 and a tenth of the frames where the recording itself is learned from.
    With `method` "sequence" what order is normal is learned from the `normal_rows` alone, where
    they are given. Raises DataError for data that cannot be used, ValueError for a parameter out of
    range.
    """
    _check_alpha(alpha)
    if normal is not None:
        if normal_rows is not None:
            raise ValueError("Give normal or normal_rows, not both.")
        learned = learn(
            normal,
            nperseg=nperseg,
            k=k,
            view=view,
            fs=fs,
            window=window,
            method=method,
            epochs=epochs,
        )
        return score(learned, data, alpha=alpha, fs=fs)
    recording = _recording(data, fs)
    _check_method(method, k, epochs)
    settings: Settings | SequenceSettings
    if method == SEQUENCE:
        settings = _sequence_settings(recording, nperseg, view, window, epochs)
    else:
        settings = _settings(recording, nperseg, K_OF_OWN if k is None else (k,), view, window)
    span, source = (None, ITSELF) if normal_rows is None else _span(recording, normal_rows)
    learned, scores = _fitted(recording, settings, span, K_OF_NORMAL if k is None else (k,))
    return Detection(recording, learned, scores, alpha, source, True, _index_of(data))


def score(
    learned: Learned, data: Data, *, alpha: float = 0.001, fs: float | None = None
) -> Detection:
    """Find what is unusual in a recording by what was learned from a normal one.

    Raises DataError where its channels or its sampling rate are not those learned; the order of
    channels is free, and the learned rate is taken where the data has none. Raises ValueError for
    an alpha outside (0, 0.5].
    """
    _check_alpha(alpha)
    recording = _like_learned(_recording(data, fs), learned)
    try:
        scores = learned.model.score(recording.values)
    except DataError as error:
        raise DataError(f"{recording.name}: {error}") from None
    return Detection(recording, learned, scores, alpha, learned.name, False, _index_of(data))


def _check_alpha(alpha: float) -> None:
    if not 0 < alpha <= 0.5:
        raise ValueError(f"alpha={alpha} must lie above 0 and not above 0.5.")


def _check_method(method: str, k: float | None, epochs: int) -> None:
    if method not in get_args(Method):
        raise ValueError(f"method={method!r} must be one of {', '.join(get_args(Method))}.")
    if epochs < 0 or epochs != int(epochs):
        raise ValueError(f"epochs={epochs} must be an integer >= 0.")
    if method == SEQUENCE and k is not None:
        raise ValueError(
            f"k={k} is for method='spectral': a sequence is compared with all that is normal, by "
            "attention."
        )
    if method == SPECTRAL and epochs:
        raise ValueError(f"epochs={epochs} is for method='sequence': nothing else is trained.")


def _index_of(data: Data) -> pd.Index | None:
    return data.index if isinstance(data, (pd.DataFrame, pd.Series)) else None


def _recording(data: Data, fs: float | None) -> Recording:
    if isinstance(data, Recording) and data.fs is None and fs is not None:
        return _at_rate(data, fs)
    return as_recording(data, fs)


def _at_rate(recording: Recording, fs: float) -> Recording:
    """The recording with a sampling rate, which it had none of."""
    return replace(
        recording,
        fs=fs,
        notes=tuple(note for note in recording.notes if not note.startswith(_NO_RATE)),
    )


def _like_learned(recording: Recording, learned: Learned) -> Recording:
    """The recording with the learned order of channels and rate; raises DataError where they are
    others.
    """
    if sorted(recording.channels) != sorted(learned.channels):
        raise DataError(
            f"{recording.name} has {words.named(recording.channels)}, but what is normal was "
            f"learned from {learned.name} "
            f"with {words.named(learned.channels)}: give data with the same channels."
        )
    if recording.channels != learned.channels:
        place = {name: column for column, name in enumerate(recording.channels)}
        order = [place[name] for name in learned.channels]
        recording = replace(recording, values=recording.values[:, order], channels=learned.channels)
    if recording.fs is None:
        return recording if learned.fs is None else _at_rate(recording, learned.fs)
    if learned.fs is not None and not isclose(recording.fs, learned.fs, rel_tol=RATE_TOLERANCE):
        raise DataError(
            f"{recording.name} is sampled at {recording.fs:g} Hz, but what is normal was learned "
            f"from {learned.name} at "
            f"{learned.fs:g} Hz: resample one of them."
        )
    return recording


def _span(recording: Recording, normal_rows: slice | tuple[int, int]) -> tuple[slice, str]:
    """The stretch of the recording that holds the given input rows, and its name; raises DataError
    for none.
    """
    rows = normal_rows if isinstance(normal_rows, slice) else slice(*normal_rows)
    n = recording.rows.size
    if rows.step not in (None, 1):
        raise ValueError(f"normal_rows={rows} must be a range of rows without a step.")
    start, stop, _ = rows.indices(n)
    if stop - start < 1:
        raise DataError(
            f"{recording.name} has the rows 0 to {n - 1}: the range of normal rows {_range(rows)} "
            "holds none of them."
        )
    places = recording.rows[start:stop]
    return slice(int(places.min()), int(places.max()) + 1), f"rows {start} to {stop - 1}"


def _range(rows: slice) -> str:
    return f"{'' if rows.start is None else rows.start}:{'' if rows.stop is None else rows.stop}"


def _settings(
    recording: Recording,
    nperseg: int | None,
    ks: tuple[float, ...],
    view: View | None,
    window: str | tuple[str, float],
) -> Settings:
    """How a recording is looked at; raises ValueError for a parameter out of range."""
    for k in ks:
        if not k > 0 or (k >= 1 and k != round(k)):
            raise ValueError(f"k={k} must be a number of frames or a share of them below 1.")
    _check_frames(nperseg, view)
    n = recording.n_samples
    cut = frames.ladder(n) if nperseg is None else frames.cut_of(int(nperseg), n)
    # Who asks for one view or one frame length wants to see that one.
    usual = Settings(cut, ks, window=window, points=nperseg is None and view is None)
    return usual if view is None else replace(usual, views=(view,))


def _sequence_settings(
    recording: Recording,
    nperseg: int | None,
    view: View | None,
    window: str | tuple[str, float],
    epochs: int,
) -> SequenceSettings:
    """How the order of a recording's frames is looked at; raises ValueError for a parameter out of
    range.
    """
    _check_frames(nperseg, view)
    n = recording.n_samples
    length = (
        usual_nperseg(frames.dominant_period(recording.values), n)
        if nperseg is None
        else int(nperseg)
    )
    usual = SequenceSettings(sequence_cut(length, n), window=window, epochs=int(epochs))
    return usual if view is None else replace(usual, view=view)


def _check_frames(nperseg: int | None, view: View | None) -> None:
    if nperseg is not None and (nperseg < 2 or nperseg != int(nperseg)):
        raise ValueError(f"nperseg={nperseg} must be an integer >= 2.")
    if view is not None and view not in VIEWS:
        raise ValueError(f"view={view!r} must be one of {', '.join(VIEWS)}.")


def _fitted(
    recording: Recording,
    settings: Settings | SequenceSettings,
    normal_rows: slice | None = None,
    normal_ks: tuple[float, ...] = (),
) -> tuple[Learned, Scores]:
    """What is learned from a recording, and its scores."""
    model: SpectralModel | SequenceModel
    try:
        if isinstance(settings, SequenceSettings):
            model, scores = SequenceModel.fit(recording.values, settings, normal_rows)
        else:
            model, scores = SpectralModel.fit(recording.values, settings, normal_rows, normal_ks)
    except DataError as error:
        raise DataError(f"{recording.name}: {error}") from None
    period = frames.dominant_period(recording.values)
    return Learned(model, recording.fs, recording.channels, period, recording.name), scores
