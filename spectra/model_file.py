"""What was learned from a normal recording, and its file: arrays and one JSON text, never code."""

import json
import os
import zipfile
import zlib
from dataclasses import asdict, dataclass
from math import isfinite
from os import PathLike, fspath
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Self, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

from spectra.calibration import GaussianThreshold
from spectra.errors import DataError
from spectra.model import Features, Settings, SpectralModel
from spectra.normal import NormalSpectrum

FORMAT = "spectra model"
VERSION = 1
# Whatever bytes a file holds, this is what numpy, zipfile and json have been seen to raise on them.
_DAMAGE = (
    ValueError, KeyError, TypeError, AttributeError, EOFError, NotImplementedError, MemoryError, OverflowError,
    RecursionError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
_ARRAYS = ("centre", "scale", "spread", "bank", "starts", "typical")

Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Learned:
    """A model with what ties it to recordings: fs in Hz (None where unknown), channels, dominant period in samples.

    `name` is that of the recording it was learned from.
    """

    model: SpectralModel
    fs: float | None
    channels: tuple[str, ...]
    period: int | None
    name: str

    def save(self, path: str | PathLike[str]) -> None:
        """Write a model file, whole or not at all; raises DataError where it cannot be written."""
        target = Path(path).resolve()
        if target.exists() and not target.is_file():
            raise DataError(f"{path} cannot be written: it is no file.")
        temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            try:
                with temporary.open("xb") as file:
                    np.savez_compressed(file, about=np.array(json.dumps(_about(self))), **_arrays(self.model))
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as error:
            raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a model file; raises DataError for a file that is none, is damaged, or is of another version."""
        name = fspath(path)
        try:
            with open(name, "rb") as file, np.load(file, allow_pickle=False) as archive:
                about = _checked(json.loads(str(archive["about"])), name)
                arrays = {key: archive[key] for key in _ARRAYS}
            ties = {key: about[key] for key in ("fs", "period", "name")}
            return _made(cls, ties | {"model": _model(about, arrays), "channels": tuple(about["channels"])})
        except DataError:
            raise
        except FileNotFoundError as error:
            raise DataError(f"{name} does not exist: make a model with spectra fit NORMAL -o {name}.") from error
        except OSError as error:
            reason = error.strerror or "it is damaged or something else"
            raise DataError(f"{name} cannot be read as a model: {reason}.") from error
        except _DAMAGE as error:
            raise DataError(
                f"{name} is not a model file or is damaged: make it anew with spectra fit NORMAL -o {name}."
            ) from error


def _about(learned: Learned) -> dict[str, Any]:
    """All of a model but its arrays."""
    model = learned.model
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": learned.name,
        "fs": learned.fs,
        "channels": learned.channels,
        "period": learned.period,
        "settings": asdict(model.settings),
        "k": model.normal.k,
        "calibration": asdict(model.calibration),
        "sample_mu": model.sample_mu,
        "sample_sigma": model.sample_sigma,
    }


def _arrays(model: SpectralModel) -> dict[str, Any]:
    features, normal = model.features, model.normal
    arrays = (features.centre, features.scale, features.spread, normal.bank, normal.starts, model.typical)
    return dict(zip(_ARRAYS, arrays, strict=True))


def _checked(about: Any, name: str) -> dict[str, Any]:
    """The description of a model of this version; raises DataError for another."""
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise DataError(f"{name} is not a model file of spectra.")
    if about.get("version") != VERSION:
        raise DataError(
            f"{name} is a model of version {about.get('version')}, this spectra reads version {VERSION}: "
            f"make it anew with spectra fit NORMAL -o {name}."
        )
    return about


def _model(about: dict[str, Any], arrays: dict[str, Any]) -> SpectralModel:
    """The model; raises ValueError, TypeError or KeyError for parts that do not make one."""
    given = about["settings"]
    window = given["window"]
    settings = _made(Settings, {**given, "window": tuple(window) if isinstance(window, list) else window})
    calibration = _made(GaussianThreshold, about["calibration"])
    _check_shapes(arrays, settings.nperseg, len(about["channels"]))
    k, mu, sigma = (about[key] for key in ("k", "sample_mu", "sample_sigma"))
    if not (_is_a(k, int) and _is_a(mu, float) and _is_a(sigma, float) and min(k, settings.hop) >= 1):
        raise ValueError(f"k={k}, sample_mu={mu}, sample_sigma={sigma} and hop={settings.hop} make no model.")
    # The window is computed here, so that a name nobody knows is found here.
    if not np.isfinite(settings.taper).all():
        raise ValueError(f"The window {settings.window} has no finite values.")
    if min(sigma, calibration.sigma, calibration.unit, about["fs"] or 1.0) <= 0:
        raise ValueError("What a number is divided by must lie above 0.")
    features = Features(settings, arrays["centre"], arrays["scale"], arrays["spread"])
    normal = NormalSpectrum(arrays["bank"], arrays["starts"], settings.nperseg, k, settings.reference)
    return SpectralModel(features, normal, calibration, mu, sigma, arrays["typical"])


def _made(kind: type[Made], given: dict[str, Any]) -> Made:
    """A dataclass of the given values; raises ValueError or TypeError where they are not what its fields are."""
    for name, wanted in get_type_hints(kind).items():
        if not _is_a(given[name], wanted):
            raise ValueError(f"{name}={given[name]!r} is not {wanted}.")
    return kind(**given)


def _is_a(value: Any, wanted: Any) -> bool:
    """Whether a value is of a kind that type hints name; a float is finite and may be written as an integer."""
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
    return isinstance(value, wanted) and not isinstance(value, bool)


def _check_shapes(arrays: dict[str, Any], nperseg: int, n_channels: int) -> None:
    """Raises ValueError for arrays that do not belong together or are no finite numbers."""
    n_normal, n_features = arrays["bank"].shape
    shapes = {
        "centre": (n_channels,),
        "scale": (n_channels,),
        "spread": (n_features,),
        "bank": (n_normal, n_features),
        "starts": (n_normal,),
        "typical": (n_channels, nperseg // 2 + 1),
    }
    for key, shape in shapes.items():
        array = arrays[key]
        if array.shape != shape or array.dtype.kind not in "fi" or not np.isfinite(array).all():
            raise ValueError(f"{key} has the shape {array.shape}, expected {shape} of finite numbers.")
