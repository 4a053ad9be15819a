"""What was learned from a normal recording, and its file: arrays and one JSON text, never code."""

from dataclasses import asdict, dataclass, replace
from math import isfinite
from os import PathLike
from types import UnionType
from typing import Any, Final, Literal, Self, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

from spectra.archive import DAMAGE, Kind
from spectra.arrays import BoolArray
from spectra.calibration.gaussian import GaussianThreshold
from spectra.calibration.scores import MAX_LOOKS
from spectra.sequence.memory import Memory
from spectra.sequence.model import SequenceModel, SequenceSettings, frame_features
from spectra.sequence.predictor import Trained
from spectra.sequence.vocabulary import Vocabulary
from spectra.signal.frames import Cut
from spectra.signal.views import VIEWS
from spectra.spectral.comparison import MIN_SIGMA, Comparison, Points, Scale, Settings
from spectra.spectral.model import SpectralModel
from spectra.spectral.normal import NormalSpectrum
from spectra.transformer.model import Sizes, Transformer

MODEL: Final = Kind(
    "spectra model", 3, "model file", "make a model with spectra fit NORMAL -o {name}"
)
SPECTRAL, SEQUENCE = "spectral", "sequence"
# The arrays of a memory, and the names of those of a Transformer begin so.
MEMORY: Final = ("keys", "values", "tokens", "places")
WEIGHT: Final = "transformer."
Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Learned:
    """A model with what ties it to recordings: fs in Hz (None where unknown), channels, dominant
    period in samples.

    `name` is that of the recording it was learned from.
    """

    model: SpectralModel | SequenceModel
    fs: float | None
    channels: tuple[str, ...]
    period: int | None
    name: str

    @property
    def npersegs(self) -> tuple[int, ...]:
        """Samples in a frame, for each of the frame lengths."""
        if isinstance(self.model, SequenceModel):
            return self.model.settings.cut.npersegs
        return tuple(dict.fromkeys(one.nperseg for one in self.model.comparisons))

    @property
    def constant(self) -> BoolArray:
        """Which channels never changed in what was learned from, (n_channels,)."""
        if isinstance(self.model, SequenceModel):
            return self.model.constant
        points = self.model.points
        # One that is as far from its middle in every step, such as a square wave, has no spread of
        # that either.
        return np.asarray((points.mu == 0) & (points.sigma <= MIN_SIGMA))

    def save(self, path: str | PathLike[str]) -> None:
        """Write a model file, whole or not at all; raises DataError where it cannot be written."""
        MODEL.write(path, _all_arrays(self.model), _about(self))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a model file; raises DataError for a file that is none, is damaged, or is of another
        version.
        """
        arrays, about = MODEL.read(path)
        try:
            ties = {key: about[key] for key in ("fs", "period", "name")}
            model = {SPECTRAL: _model, SEQUENCE: _sequence_model}[about["method"]](about, arrays)
            return _made(cls, ties | {"model": model, "channels": tuple(about["channels"])})
        except DAMAGE as error:
            raise MODEL.damaged(path) from error


def _about(learned: Learned) -> dict[str, Any]:
    """All of a model but its arrays."""
    model = learned.model
    about = {
        "method": SPECTRAL,
        "name": learned.name,
        "fs": learned.fs,
        "channels": learned.channels,
        "period": learned.period,
        "settings": asdict(model.settings),
        "calibration": asdict(model.calibration),
    }
    if isinstance(model, SequenceModel):
        return about | _about_sequence(model)
    comparisons = [
        {key: getattr(one, key) for key in ("nperseg", "hop", "view")}
        | {"ks": [bank.ks for bank in one.banks]}
        for one in model.comparisons
    ]
    return about | {"comparisons": comparisons}


def _about_sequence(model: SequenceModel) -> dict[str, Any]:
    """What only a sequence model has."""
    memories = [*model.past, model.future]
    trained = model.trained
    return {
        "method": SEQUENCE,
        "unit": model.unit,
        "explained": model.explained,
        "calibrations": [asdict(one) for one in model.calibrations],
        "memories": [
            {key: getattr(one, key) for key in ("stride", "length", "temperature")}
            for one in memories
        ],
        "trained": None
        if trained is None
        else {"sizes": asdict(trained.transformer.sizes), "unit": trained.unit},
    }


def _all_arrays(model: SpectralModel | SequenceModel) -> dict[str, Any]:
    """The arrays of a model of either kind by their names."""
    return _sequence_arrays(model) if isinstance(model, SequenceModel) else _arrays(model)


def _sequence_arrays(model: SequenceModel) -> dict[str, Any]:
    """The arrays of a sequence model by their names."""
    arrays: dict[str, Any] = {"centre": model.scale.centre, "spread": model.scale.spread}
    arrays |= {
        "constant": model.constant.astype(np.int8),
        "centres": model.vocabulary.centres,
        "basis": model.basis,
    }
    arrays["base"] = model.future.base
    for i, memory in enumerate([*model.past, model.future]):
        arrays |= {f"{name}_{i}": getattr(memory, name) for name in MEMORY}
    if model.trained is not None:
        arrays |= {
            WEIGHT + name: weight for name, weight in model.trained.transformer.weights.items()
        }
    return arrays


def _arrays(model: SpectralModel) -> dict[str, Any]:
    """The arrays of a model by their names."""
    arrays: dict[str, Any] = {"centre": model.scale.centre, "spread": model.scale.spread}
    arrays |= {f"point_{key}": getattr(model.points, key) for key in ("mu", "sigma", "weight")}
    for i, one in enumerate(model.comparisons):
        arrays |= {f"{key}_{i}": getattr(one, key) for key in ("unit", "mu", "sigma", "weight")}
        if one.transfer is not None:
            arrays[f"transfer_{i}"] = one.transfer
        for j, bank in enumerate(one.banks):
            arrays |= {f"bank_{i}_{j}": bank.bank, f"starts_{i}_{j}": bank.starts}
    return arrays


def _model(about: dict[str, Any], arrays: dict[str, Any]) -> SpectralModel:
    """The model; raises ValueError, TypeError or KeyError for parts that do not make one."""
    n_channels = len(about["channels"])
    cut = _made(Cut, _with_tuples(about["settings"]["cut"]))
    settings = _made(Settings, _with_tuples(about["settings"]) | {"cut": cut})
    if not (settings.ks and settings.views and cut.npersegs and cut.hops):
        raise ValueError(
            "A model compares frames of some length in some view with some number of others."
        )
    calibration = _made(GaussianThreshold, about["calibration"])
    if (
        min(calibration.sigma, calibration.unit, _rate(about), cut.step, calibration.tail_share)
        <= 0
    ):
        raise ValueError("What a number is divided by must lie above 0.")
    centre, spread, mu, sigma, weight = (
        _numbers(arrays[key], (n_channels,))
        for key in ("centre", "spread", "point_mu", "point_sigma", "point_weight")
    )
    if min(spread.min(), sigma.min(), weight.min()) <= 0:
        raise ValueError("A spread and a weight must lie above 0.")
    comparisons = tuple(
        _comparison(i, one, arrays, settings, n_channels)
        for i, one in enumerate(about["comparisons"])
    )
    if not comparisons:
        raise ValueError("A model compares something.")
    return SpectralModel(
        settings, Scale(centre, spread), comparisons, Points(mu, sigma, weight), calibration
    )


def _sequence_model(about: dict[str, Any], arrays: dict[str, Any]) -> SequenceModel:
    """The sequence model; raises ValueError, TypeError or KeyError for parts that do not make
    one.
    """
    n_channels = len(about["channels"])
    cut = _made(Cut, _with_tuples(about["settings"]["cut"]))
    settings = _made(SequenceSettings, _with_tuples(about["settings"]) | {"cut": cut})
    if not (
        len(cut.npersegs) == len(cut.hops) == 1
        and settings.nperseg >= 2
        and 1 <= settings.hop == cut.step
    ):
        raise ValueError("A sequence model has frames of one length.")
    n_features = frame_features(
        np.zeros((n_channels, settings.nperseg), dtype=np.float32), settings
    ).shape[1]
    centre, spread, constant = (
        _numbers(arrays[key], (n_channels,)) for key in ("centre", "spread", "constant")
    )
    vocabulary = Vocabulary(_numbers(arrays["centres"], (len(arrays["centres"]), n_features)))
    base = _numbers(arrays["base"], (len(vocabulary),))
    basis = _numbers(arrays["basis"], (n_features, arrays["basis"].shape[1]))
    *past, future = (
        _memory(i, one, arrays, basis, base) for i, one in enumerate(about["memories"])
    )
    trained = (
        None if about["trained"] is None else _trained(about["trained"], arrays, settings.stride)
    )
    calibrations = tuple(_made(GaussianThreshold, one) for one in about["calibrations"])
    calibration = _made(GaussianThreshold, about["calibration"])
    divisors = [
        one for fit in (*calibrations, calibration) for one in (fit.sigma, fit.unit, fit.tail_share)
    ]
    if (
        not _is_a(about["unit"], float)
        or min(*divisors, about["unit"], spread.min(), base.min(), _rate(about)) <= 0
    ):
        raise ValueError("What a number is divided by must lie above 0.")
    if (
        not _is_a(about["explained"], float)
        or not past
        or len(calibrations) != (2 if trained is None else 4)
    ):
        raise ValueError("Each score of a sequence model is calibrated.")
    scale = Scale(centre, spread)
    return SequenceModel(
        settings,
        scale,
        constant > 0,
        vocabulary,
        basis,
        tuple(past),
        future,
        trained,
        float(about["unit"]),
        float(about["explained"]),
        calibrations,
        calibration,
    )


def _memory(i: int, about: dict[str, Any], arrays: dict[str, Any], basis: Any, base: Any) -> Memory:
    """One memory of a sequence model; raises ValueError, TypeError or KeyError for parts that do
    not make one.
    """
    stride, length, temperature = about["stride"], about["length"], about["temperature"]
    if not (
        _is_a(stride, int)
        and _is_a(length, int)
        and _is_a(temperature, float)
        and min(stride, length) >= 1
    ):
        raise ValueError(
            f"stride={stride}, length={length} and temperature={temperature} make no memory."
        )
    keys, values, tokens, places = (arrays[f"{name}_{i}"] for name in MEMORY)
    n_features, d = basis.shape
    keys = _numbers(keys, (tokens.size, length * d))
    values = _numbers(values, (tokens.size, n_features))
    tokens, places = (
        _numbers(one, (tokens.size,), kinds="i").astype(np.int64) for one in (tokens, places)
    )
    if temperature < 0 or tokens.min() < 0 or tokens.max() >= base.size:
        raise ValueError("A token is a number of a word, a temperature is not below 0.")
    return Memory(stride, length, keys, values, tokens, places, base, float(temperature))


def _trained(about: dict[str, Any], arrays: dict[str, Any], stride: int) -> Trained:
    """The Transformer of a sequence model; raises ValueError, TypeError or KeyError for parts that
    do not make one.
    """
    sizes = _made(Sizes, about["sizes"])
    weights = {name: _numbers(arrays[WEIGHT + name], shape) for name, shape in sizes.shapes.items()}
    if not _is_a(about["unit"], float) or about["unit"] <= 0:
        raise ValueError("A unit must lie above 0.")
    return Trained(Transformer(sizes, weights), float(about["unit"]), stride)


def _rate(about: dict[str, Any]) -> float:
    """The sampling rate in Hz, 1 where it is unknown."""
    return 1.0 if about["fs"] is None else about["fs"]


def _with_tuples(given: dict[str, Any]) -> dict[str, Any]:
    """JSON has lists where the settings have tuples."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}


def _comparison(
    i: int, about: dict[str, Any], arrays: dict[str, Any], settings: Settings, n_channels: int
) -> Comparison:
    """One comparison of a model; raises ValueError, TypeError or KeyError for parts that do not
    make one.
    """
    nperseg, hop, view = about["nperseg"], about["hop"], about["view"]
    if not (
        _is_a(nperseg, int) and _is_a(hop, int) and view in VIEWS and nperseg >= 2 and hop >= 1
    ):
        raise ValueError(f"nperseg={nperseg}, hop={hop} and view={view} make no comparison.")
    empty = np.empty((0, 0))
    transfer = None
    if view == "residual":
        transfer = _numbers(
            arrays[f"transfer_{i}"], (nperseg // 2 + 1, n_channels, n_channels), kinds="c"
        )
    blank = Comparison(
        nperseg, hop, view, settings.window, (), empty, empty, empty, empty, transfer
    )
    # One frame shows how many features there are, and whether the window is one that is known.
    features = blank.features(
        np.ones((n_channels, nperseg), dtype=np.float32), np.zeros(1, dtype=np.int64)
    )
    banks = []
    for j, ks in enumerate(map(tuple, about["ks"])):
        starts = arrays[f"starts_{i}_{j}"]
        bank = _numbers(
            arrays[f"bank_{i}_{j}"], (n_channels, starts.size, features.shape[-1]), gaps=True
        )
        if not (_is_a(ks, tuple[int, ...]) and ks and min(ks) >= 1 and max(ks) <= starts.size):
            raise ValueError(f"k={ks} are no numbers of {starts.size} normal frames.")
        starts = _numbers(starts, (starts.size,), kinds="i").astype(np.int64)
        banks.append(NormalSpectrum(bank, starts, nperseg, ks, settings.reference))
    n_looks = sum(len(bank.ks) for bank in banks)
    unit, mu, sigma, weight = (
        _numbers(arrays[f"{key}_{i}"], (n_looks, n_channels))
        for key in ("unit", "mu", "sigma", "weight")
    )
    if min(unit.min(), sigma.min(), weight.min()) <= 0 or n_looks > MAX_LOOKS:
        raise ValueError("A spread and a weight must lie above 0.")
    return replace(blank, banks=tuple(banks), unit=unit, mu=mu, sigma=sigma, weight=weight)


def _numbers(array: Any, shape: tuple[int, ...], *, gaps: bool = False, kinds: str = "fi") -> Any:
    """The array; raises ValueError for one of another shape or not of finite numbers, NaN allowed
    where there may be gaps.
    """
    if (
        array.shape != shape
        or array.dtype.kind not in kinds
        or np.isinf(array).any()
        or (np.isnan(array).any() and not gaps)
    ):
        raise ValueError(
            f"An array has the shape {array.shape}, expected {shape} of finite numbers."
        )
    return array


def _made(kind: type[Made], given: dict[str, Any]) -> Made:
    """A dataclass of the given values; raises ValueError or TypeError where they are not what its
    fields are.
    """
    for name, wanted in get_type_hints(kind).items():
        if not _is_a(given[name], wanted):
            raise ValueError(f"{name}={given[name]!r} is not {wanted}.")
    return kind(**given)


def _is_a(value: Any, wanted: Any) -> bool:
    """Whether a value is of a kind that type hints name; a float is finite and may be written as an
    integer.
    """
    options = get_args(wanted)
    if get_origin(wanted) is Literal:
        return value in options
    if isinstance(wanted, UnionType):
        return any(_is_a(value, one) for one in options)
    if get_origin(wanted) is tuple:
        each = options[:1] * len(value) if options[-1] is Ellipsis else options
        return isinstance(value, tuple) and len(value) == len(each) and all(map(_is_a, value, each))
    if wanted is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
    return isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
