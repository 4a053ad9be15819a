"""Geometry of rolling bearings, and the rates at which their defects strike."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from spectra.errors import DataError
from spectra.parameters import make_plain


@dataclass(frozen=True)
class Bearing:
    """The geometry of a rolling bearing.

    Attributes
    ----------
    n_balls : int
    ball_diameter, pitch_diameter : float
        In one unit.
    contact_angle : float
        In degrees.
    """

    n_balls: int
    ball_diameter: float
    pitch_diameter: float
    contact_angle: float = 0.0

    def __post_init__(self) -> None:
        make_plain(self, "n_balls", "ball_diameter", "pitch_diameter", "contact_angle")
        if self.n_balls < 3 or not 0 < self.ball_diameter < self.pitch_diameter:
            raise DataError(
                f"A bearing of {self.n_balls} balls of diameter {self.ball_diameter:g} on a pitch "
                f"circle of {self.pitch_diameter:g} is none: give at least 3 balls, smaller than "
                "the circle."
            )
        if not 0 <= self.contact_angle < 90:
            raise DataError(
                f"The contact angle {self.contact_angle:g} must lie in 0 … 90 degrees, 90 excluded."
            )

    @classmethod
    def of(cls, text: str) -> "Bearing":
        """Return a bearing by its number, such as "6205", or by "n,d,D,angle"; the angle may miss.

        Raises DataError for any other text.
        """
        if text in BEARINGS:
            return BEARINGS[text]
        parts = text.split(",")
        try:
            numbers = [float(part) for part in parts]
        except ValueError:
            numbers = []
        usable = len(numbers) in (3, 4) and bool(np.isfinite(numbers).all())
        if not usable or numbers[0] != round(numbers[0]):
            raise DataError(
                f"The bearing '{text}' is not known: give {', '.join(BEARINGS)}, or balls, ball "
                "diameter, pitch diameter and contact angle, such as 9,7.94,39.04,0."
            )
        return cls(int(numbers[0]), *numbers[1:])

    def frequencies(self, rpm: float) -> dict[str, float]:
        """Return the rates of the strikes in Hz, with the outer race at rest and without slip."""
        shaft = rpm / 60
        ratio = (
            self.ball_diameter / self.pitch_diameter * math.cos(math.radians(self.contact_angle))
        )
        return {
            "BPFO": self.n_balls / 2 * shaft * (1 - ratio),
            "BPFI": self.n_balls / 2 * shaft * (1 + ratio),
            "BSF": self.pitch_diameter / (2 * self.ball_diameter) * shaft * (1 - ratio**2),
            "FTF": shaft / 2 * (1 - ratio),
        }


# Diameters in mm. 6203 and 6205: Case Western Reserve University Bearing Data Center. UER204: Wang
# et al., IEEE Trans. Reliability 69, 2020 (XJTU-SY). ZA-2115: Qiu et al., J. Sound Vib. 289, 2006
# (IMS).
BEARINGS: Final = {
    "6203": Bearing(8, 6.746, 28.50),
    "6205": Bearing(9, 7.940, 39.04),
    "UER204": Bearing(8, 7.92, 34.55),
    "ZA-2115": Bearing(16, 8.407, 71.50, 15.17),
}
DEFECTS: Final = {
    "BPFO": "outer race",
    "BPFI": "inner race",
    "BSF": "ball",
    "FTF": "cage",
}
