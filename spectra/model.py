"""A fitted method with what ties it to recordings, and its file: arrays and JSON, never code."""

import re
from dataclasses import dataclass, field
from os import PathLike
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from spectra.archive import DAMAGE, FileFormat, pack, unpack
from spectra.parameters import require, require_rate
from spectra.sequence.model import SequenceModel
from spectra.sequence.settings import Sequence
from spectra.spectral.model import SpectralModel
from spectra.spectral.settings import Spectral

# The methods: settings that fit themselves to a signal, and what they become.
Method = Spectral | Sequence
Fitted = SpectralModel | SequenceModel

# The version rises when files of before cannot be read any more.
FORMAT: Final = FileFormat(
    "spectra model", 15, "model file", "make a model with spectra fit NORMAL -o {name}"
)
_NUMBER: Final = re.compile(r"\d+")
_NAMELESS: Final = re.compile(r"(?i)(?:ch|channel|column|value|values|signal|data)[ _-]?\d*")
"""Names that say nothing of what is measured, such as those of the channels of WAV files."""


@dataclass(frozen=True, eq=False)
class Model:
    """A fitted method, to score recordings with.

    Attributes
    ----------
    method : Spectral or Sequence
        The settings.
    fitted : SpectralModel or SequenceModel
        What was learned.
    fs : float or None
        Sampling rate in Hz, None where it is unknown.
    channels : tuple of str
    period : int or None
        Dominant period in rows, None where there is none.
    name : str
        Name of the recording that was learned from.
    early : Model, optional
        The same method calibrated for causal scores, by which a stream opens alarms early.

    Examples
    --------
    >>> import numpy as np
    >>> import spectra
    >>> model = spectra.learn(np.random.default_rng(0).normal(size=4000))
    >>> model.npersegs
    (16, 64, 128, 256, 512)
    """

    method: Method
    fitted: Fitted = field(repr=False)
    fs: float | None
    channels: tuple[str, ...]
    period: int | None
    name: str
    early: "Model | None" = field(default=None, repr=False)

    def __post_init__(self) -> None:
        require_rate(self.fs)
        if self.fitted.constant.shape != (len(self.channels),):
            raise ValueError(f"The model has {self.fitted.constant.size} channels.")
        early = self.early
        if early is not None and (
            self.fitted.causal
            or not early.fitted.causal
            or early.early is not None
            or early.channels != self.channels
        ):
            raise ValueError("An early model is causal, and has the channels of one that is not.")

    @property
    def npersegs(self) -> tuple[int, ...]:
        """Rows of a frame, for each frame length, from short to long."""
        return self.fitted.npersegs

    @property
    def step(self) -> int:
        """Rows from one score to the next."""
        return self.fitted.step

    @property
    def constant(self) -> NDArray[np.bool_]:
        """Channels that never changed in what was learned from, (n_channels,)."""
        return self.fitted.constant

    def save(self, path: str | PathLike[str]) -> None:
        """Write a model file, whole or not at all.

        Parameters
        ----------
        path : str or path

        Raises
        ------
        DataError
            If it cannot be written.
        """
        require("path", path, (str, PathLike), "must be a path")
        about, arrays = pack(self)
        FORMAT.write(path, arrays, {"model": about})

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a model file.

        Parameters
        ----------
        path : str or path

        Returns
        -------
        Model

        Raises
        ------
        DataError
            For a file that is no model file, is damaged, or is of another version.
        """
        require("path", path, (str, PathLike), "must be a path")
        arrays, about = FORMAT.read(path)
        try:
            if set(about) != {"format", "version", "model"}:
                raise ValueError("The text has unknown parts.")
            return unpack(cls, about["model"], arrays)
        except DAMAGE as error:
            raise FORMAT.damaged(path) from error


def corresponding(channels: tuple[str, ...], learned: tuple[str, ...]) -> tuple[str, ...]:
    """Return the channel of a recording for each learned one, () where there are others.

    Exports number their signals by file: X130_DE_time and X130_FE_time are X097_DE_time and
    X097_FE_time of another file. Names correspond where one number in all of them is another. A
    lone channel corresponds to a lone one where neither name says anything.
    """
    if sorted(channels) == sorted(learned):
        return learned
    if len(channels) == len(learned) == 1 and all(map(_NAMELESS.fullmatch, (*channels, *learned))):
        return channels
    by_form = {_NUMBER.sub("#", name): name for name in channels}
    found = tuple(by_form.get(_NUMBER.sub("#", name), "") for name in learned)
    if len(by_form) < len(channels) or sorted(found) != sorted(channels):
        return ()
    pairs = {
        pair
        for ours, theirs in zip(found, learned, strict=True)
        for pair in zip(_NUMBER.findall(ours), _NUMBER.findall(theirs), strict=True)
    }
    return found if len({pair for pair in pairs if pair[0] != pair[1]}) == 1 else ()
