"""What was learned from a normal recording, and its file: arrays and one JSON text, never code."""

import json
import os
import zipfile
import zlib
from dataclasses import asdict, dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Self

import numpy as np

from spectra.calibration import GaussianThreshold
from spectra.errors import DataError
from spectra.model import Features, Settings, SpectralModel
from spectra.normal import NormalSpectrum

FORMAT = "spectra model"
VERSION = 1
# Whatever bytes a file holds, this is what numpy, zipfile and json have been seen to raise on them.
_DAMAGE = (
    ValueError, KeyError, TypeError, AttributeError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
_ARRAYS = ("centre", "scale", "spread", "bank", "starts", "typical")


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
        target = Path(path)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            try:
                with temporary.open("xb") as file:
                    np.savez_compressed(file, about=np.array(json.dumps(_about(self))), **_arrays(self.model))
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as error:
            raise DataError(f"{target} cannot be written: {error.strerror or error}.") from error

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a model file; raises DataError for a file that is none, is damaged, or is of another version."""
        name = fspath(path)
        try:
            with open(name, "rb") as file, np.load(file, allow_pickle=False) as archive:
                about = _checked(json.loads(str(archive["about"])), name)
                arrays = {key: archive[key] for key in _ARRAYS}
            return cls(_model(about, arrays), about["fs"], tuple(map(str, about["channels"])), about["period"], about["name"])
        except DataError:
            raise
        except FileNotFoundError as error:
            raise DataError(f"{name} does not exist: make a model with spectra fit NORMAL -o {name}.") from error
        except OSError as error:
            reason = error.strerror or "it is damaged or something else"
            raise DataError(f"{name} cannot be read as a model: {reason}.") from error
        # Whatever bytes a file holds, this is what numpy, zipfile and json have been seen to raise on them.
        except (
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            EOFError,
            NotImplementedError,
            zipfile.BadZipFile,
            zlib.error,
        ) as error:
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
    settings = Settings(**{**given, "window": window if isinstance(window, str) else tuple(window)})
    features = Features(settings, arrays["centre"], arrays["scale"], arrays["spread"])
    normal = NormalSpectrum(arrays["bank"], arrays["starts"], settings.nperseg, int(about["k"]), settings.reference)
    _check_shapes(arrays, settings.nperseg, len(about["channels"]))
    calibration = GaussianThreshold(**about["calibration"])
    return SpectralModel(
        features, normal, calibration, float(about["sample_mu"]), float(about["sample_sigma"]), arrays["typical"]
    )


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
        if arrays[key].shape != shape or not np.isfinite(arrays[key]).all():
            raise ValueError(f"{key} has the shape {arrays[key].shape}, expected {shape} of finite numbers.")
