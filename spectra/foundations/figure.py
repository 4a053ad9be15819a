"""The figure of `foundations`: nine panels, each drawn from the function of its formula."""

from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from spectra import foundations as f
from spectra.arrays import Float64Array
from spectra.plots.style import ALARM, COLOURS, SCORE, SIGNAL, Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


# Bluish green of Okabe & Ito's colour-blind safe palette, as are the blue and orange of `plots`.
THIRD: Final = "#009E73"
PALE: Final = "#BBBBBB"
GREY: Final = "#777777"
# Scores in the softmax panel, and the angle in radians that the rotation panel turns by: 60°.
SCORES: Final = (2.0, 1.0, 0.2, -1.0)
ANGLE: Final = np.pi / 3
# Sampling rate (Hz) and duration (s) of the signal in the spectrum panel; both tones have whole
# periods in it, so that each is one line.
FS, SECONDS = 100.0, 2.0
# Gradient descent on the quadratic loss. AᵀA has the eigenvalues 9 and 1, so rates below 2/9
# converge; at 0.2 the path oscillates across the valley, as 1 − 0.2·9 < 0.
START, STEPS, RATE = (-1.0, 4.0), 12, 0.2


def draw() -> "Figure":
    """Draw the nine formulas as one figure of 3 × 3 panels."""
    figure = Picture(figsize=(14, 12.5))
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.12)
    panels = (
        _linear_layer,
        _softmax,
        _attention,
        _encoding,
        _unit_circle,
        _loss,
        _system,
        _gaussian,
        _spectrum,
    )
    for panel, ax in zip(panels, figure.subplots(3, 3).ravel(), strict=True):
        panel(ax)
        ax.spines[["top", "right"]].set_visible(False)
    figure.suptitle("The mathematics under spectra", fontsize="x-large")
    return figure


def two_tones() -> Float64Array:
    """Return sin(2π5t) + 0.5 sin(2π15t), sampled at FS."""
    t = np.arange(int(FS * SECONDS)) / FS
    return np.asarray(np.sin(2 * np.pi * 5 * t) + 0.5 * np.sin(2 * np.pi * 15 * t))


def _arrow(ax: "Axes", start: Float64Array, end: Float64Array, colour: str) -> None:
    style = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.8, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", xy=(end[0], end[1]), xytext=(start[0], start[1]), arrowprops=style)


def _linear_layer(ax: "Axes") -> None:
    """Draw the unit square and its image under an affine map."""
    W, b = np.array([[1.2, 0.6], [-0.4, 1.0]]), np.array([1.0, 0.8])
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], dtype=np.float64)
    image = f.affine(square, W, b)
    ax.fill(*square.T, color=PALE, alpha=0.5, label="unit square of x")
    ax.fill(*image.T, color=SIGNAL, alpha=0.25, label="its image y = Wx + b")
    _arrow(ax, square[0], image[0], SCORE)
    _arrow(ax, image[0], image[1], SIGNAL)
    _arrow(ax, image[0], image[3], ALARM)
    ax.annotate("b", image[0] / 2, xytext=(-4, 8), textcoords="offset points", color=SCORE)
    ax.annotate("first column of W", (1.1, 0.2), color=SIGNAL)
    ax.annotate(
        "second\ncolumn",
        (image[0] + image[3]) / 2,
        xytext=(-48, 2),
        textcoords="offset points",
        color=ALARM,
    )
    ax.set(
        title="Linear layer y = Wx + b",
        xlabel="first coordinate",
        ylabel="second coordinate",
        aspect="equal",
    )
    ax.set(xlim=(-0.25, 3.0), ylim=(-0.25, 2.9))
    ax.legend(loc="upper left", frameon=False)


def _softmax(ax: "Axes") -> None:
    """Draw the softmax of the same scores at two temperatures."""
    positions = np.arange(len(SCORES))
    for side, temperature, colour in ((-0.2, 1.0, SIGNAL), (0.2, 0.3, ALARM)):
        p = f.softmax(np.array(SCORES) / temperature)
        bars = ax.bar(
            positions + side, p, width=0.38, color=colour, label=f"temperature T = {temperature:g}"
        )
        ax.bar_label(bars, fmt="%.2f", padding=2, fontsize="small")
    ax.set_xticks(positions, [f"{score:g}".replace("-", "−") for score in SCORES])
    ax.set(
        title=r"Softmax $p_i = e^{s_i/T} / \Sigma_j\, e^{s_j/T}$",
        xlabel="score s",
        ylabel="probability p",
        ylim=(0, 1.1),
    )
    ax.legend(frameon=False)


def _attention(ax: "Axes") -> None:
    """Draw attention weights between positions, which fall with distance."""
    P = 1.5 * f.positional_encoding(12, 32)
    image = ax.imshow(f.attention_weights(P, P), cmap=COLOURS, vmin=0)
    ax.set(
        title=r"Attention weights softmax$(QK^\top/\sqrt{d})$",
        xlabel="key (position)",
        ylabel="query (position)",
    )
    ax.figure.colorbar(image, ax=ax, label="weight (each row sums to 1)")


def _encoding(ax: "Axes") -> None:
    """Draw the positional encoding: sines and cosines of falling frequencies."""
    PE = f.positional_encoding(50, 32)
    image = ax.imshow(PE.T, cmap=COLOURS, vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
    ax.set(
        title="Positional encoding: even rows sin, odd rows cos",
        xlabel="position",
        ylabel="dimension",
    )
    ax.figure.colorbar(image, ax=ax, label="value", ticks=[-1, 0, 1])


def _unit_circle(ax: "Axes") -> None:
    """Draw a point of the unit circle with its two coordinates."""
    circle, arc, point = (
        f.euler(np.linspace(0, 2 * np.pi, 200)),
        f.euler(np.linspace(0, ANGLE, 50)),
        f.euler(ANGLE),
    )
    x, y = point.real.item(), point.imag.item()
    ax.axhline(0, color=PALE, linewidth=0.8, zorder=0)
    ax.axvline(0, color=PALE, linewidth=0.8, zorder=0)
    ax.plot(circle.real, circle.imag, color=SCORE, linewidth=1)
    ax.plot(0.3 * arc.real, 0.3 * arc.imag, color=SCORE)
    ax.annotate("θ", (0.31, 0.13), color=SCORE)
    ax.plot([0, x], [0, 0], color=SIGNAL, linewidth=2.5)
    ax.plot([x, x], [0, y], color=ALARM, linewidth=2.5)
    ax.plot([0, x], [0, y], color=SCORE, marker="o", markevery=[1])
    ax.annotate(f"cos θ = {x:.2f}", (x / 2, -0.05), color=SIGNAL, ha="center", va="top")
    ax.annotate(f"sin θ = {y:.2f}", (x + 0.04, 0.55 * y), color=ALARM)
    ax.annotate(
        r"$e^{i\theta},\ \theta = \pi/3$", (x, y), xytext=(6, 6), textcoords="offset points"
    )
    ax.set(
        title=r"Unit circle $e^{i\theta} = \cos\theta + i\,\sin\theta$",
        xlabel="real part",
        ylabel="imaginary part",
    )
    ax.set(xlim=(-1.3, 1.3), ylim=(-1.3, 1.3), aspect="equal")


def _loss(ax: "Axes") -> None:
    """Draw the loss minimised by the solution of the linear system, and gradient descent."""
    A, b = np.array(f.EXAMPLE_A), np.array(f.EXAMPLE_B)
    x, y = np.meshgrid(np.linspace(-2, 6, 161), np.linspace(-3, 5, 161))
    loss = f.quadratic_loss(np.stack([x, y], axis=-1), A, b)
    ax.contour(x, y, loss, levels=np.geomspace(0.5, 200, 9), cmap=COLOURS, norm="log")
    coarse = np.stack([x, y], axis=-1)[10::20, 10::20]
    down = -f.quadratic_gradient(coarse, A, b)
    ax.quiver(
        *coarse.transpose(2, 0, 1), *down.transpose(2, 0, 1), color=GREY, scale=450, width=0.006
    )
    path = f.gradient_descent(lambda w: f.quadratic_gradient(w, A, b), START, RATE, STEPS)
    ax.plot(*path.T, color=ALARM, marker=".", label=f"{STEPS} steps of gradient descent")
    ax.plot(
        *f.solve(A, b), color=SCORE, marker="*", markersize=12, linestyle="none", label="minimum"
    )
    ax.set(
        title="Quadratic loss L(w) = ½‖Aw − b‖² and, as arrows, −∇L",
        xlabel="w₁",
        ylabel="w₂",
        aspect="equal",
    )
    ax.legend(loc="upper right", fontsize="small", framealpha=1)


def _system(ax: "Axes") -> None:
    """Draw two equations as lines, which meet in the solution."""
    A, b = np.array(f.EXAMPLE_A), np.array(f.EXAMPLE_B)
    x = f.solve(A, b)
    first = np.linspace(x[0] - 3, x[0] + 3, 2)
    for row, right, colour in zip(A, b, (SIGNAL, THIRD), strict=True):
        ax.plot(
            first,
            (right - row[0] * first) / row[1],
            color=colour,
            label=f"{row[0]:g}x₁ + {row[1]:g}x₂ = {right:g}".replace("1x", "x"),
        )
    ax.plot(*x, color=SCORE, marker="o", linestyle="none")
    label = ", ".join(str(Fraction(value).limit_denominator(9)) for value in x.tolist())
    ax.annotate(
        f"x = ({label})".replace("-", "−"), (x[0], x[1]), xytext=(10, 6), textcoords="offset points"
    )
    ax.set(
        title="Linear system Ax = b and its solution",
        xlabel="x₁",
        ylabel="x₂",
        ylim=(x[1] - 3, x[1] + 3),
    )
    ax.legend(frameon=False)


def _gaussian(ax: "Axes") -> None:
    """Draw the density, the area under it, and the part within one σ."""
    x = np.linspace(-4, 4, 401)
    inside = np.abs(x) <= 1
    ax.plot(x, f.gaussian_density(x), color=SIGNAL)
    ax.fill_between(
        x, f.gaussian_density(x), color=SIGNAL, alpha=0.2, label=f"area {f.gaussian_area():.9f}"
    )
    within = f"within ±1 σ: {f.gaussian_area(-1, 1):.4f}"
    ax.fill_between(
        x[inside], f.gaussian_density(x[inside]), color=SIGNAL, alpha=0.35, label=within
    )
    ax.set(
        title=r"Gaussian $\varphi(x) = e^{-x^2/2}/\sqrt{2\pi}$ (μ = 0, σ = 1)",
        xlabel="x (units of σ)",
        ylabel="density",
    )
    ax.set_ylim(0, 0.52)
    ax.legend(loc="upper right", frameon=False)


def _spectrum(ax: "Axes") -> None:
    """Draw the amplitudes of two tones at their frequencies."""
    hertz, amplitude = f.amplitude_spectrum(two_tones(), FS)
    shown = hertz <= 25
    lines = ax.stem(hertz[shown], amplitude[shown], linefmt=SIGNAL, markerfmt=".", basefmt=" ")
    lines.markerline.set_color(SIGNAL)
    for peak in np.flatnonzero(amplitude > 0.25):
        at = (hertz[peak], amplitude[peak])
        ax.annotate(
            f"{at[1]:g} at {at[0]:g} Hz",
            at,
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
        )
    ax.set(
        title="FFT magnitude of sin(2π5t) + 0.5 sin(2π15t)",
        xlabel="frequency (Hz)",
        ylabel="amplitude",
        ylim=(0, 1.15),
    )
    ax.set_xticks(range(0, 26, 5))
