"""Colours of all figures, and a figure that needs no window."""

from io import BytesIO

from matplotlib.figure import Figure

# Colours that people with colour blindness can distinguish (Okabe and Ito 2008).
SIGNAL, SCORE, ALARM, NORMAL = "#0072B2", "#333333", "#D55E00", "#009E73"
# Colour of gaps, and a perceptually uniform colour map.
MISSING, COLOURS = "#DDDDDD", "viridis"


class Picture(Figure):
    """Figure that a notebook shows without pyplot."""

    def _repr_png_(self) -> bytes:
        file = BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()
