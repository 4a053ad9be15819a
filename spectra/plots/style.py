"""Colours of all figures, and a figure that needs no window."""

import warnings
from io import BytesIO

from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure

# Colours that people with colour blindness can distinguish (Okabe and Ito 2008).
SIGNAL, SCORE, ALARM, NORMAL = "#0072B2", "#333333", "#D55E00", "#009E73"
# Colour of gaps, and a perceptually uniform colour map.
MISSING, COLOURS = "#DDDDDD", "viridis"


class Picture(Figure):
    """Figure that a notebook shows without pyplot."""

    def draw(self, renderer: RendererBase) -> None:
        """Draw the figure; a sign that no font has is drawn as a box, without a warning.

        Names from files may hold any sign.
        """
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            super().draw(renderer)

    def _repr_png_(self) -> bytes:
        file = BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()
