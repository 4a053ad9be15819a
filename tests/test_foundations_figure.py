"""The nine panels agree with their formulas; the command prints the numbers and the figure."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.axes import Axes
from matplotlib.image import imread

from spectra import foundations as f
from spectra.cli import main
from spectra.foundations.figure import FS, SCORES, draw, two_tones


@pytest.fixture(scope="module")
def panels() -> list[Axes]:
    """The nine axes in their order; those of the colour bars have no title."""
    return [ax for ax in draw().axes if ax.get_title()]


def test_nine_panels_with_titles_and_named_axes(panels):
    subjects = [
        "Linear layer",
        "Softmax",
        "Attention",
        "Positional",
        "Unit circle",
        "Quadratic",
        "Linear system",
        "Gaussian",
    ]
    for ax, subject in zip(panels, [*subjects, "FFT magnitude"], strict=True):
        assert ax.get_title().startswith(subject)
        assert ax.get_xlabel()
        assert ax.get_ylabel()
    assert "(Hz)" in panels[8].get_xlabel()


def test_square_becomes_its_image(panels):
    square, image = (
        patch.get_xy()[:5]
        for patch in panels[0].patches
        if patch.get_label().startswith(("unit", "its"))
    )
    sides = np.diff(square, axis=0)
    # The map is the same on every side: opposite ones stay parallel and of one length.
    mapped = np.diff(image, axis=0)
    W = mapped[[0, 1]].T @ np.linalg.inv(sides[[0, 1]].T)
    np.testing.assert_allclose(sides @ W.T, mapped, atol=1e-12)


def test_bars_are_probabilities_in_the_order_of_the_scores(panels):
    heights = np.array([[bar.get_height() for bar in bars] for bars in panels[1].containers])
    np.testing.assert_allclose(heights.sum(axis=1), 1)
    np.testing.assert_allclose(
        np.log(heights[0] / heights[0, 0]), np.array(SCORES) - SCORES[0], atol=1e-12
    )
    assert heights[1, 0] > heights[0, 0]


def test_heat_maps_hold_weights_and_encodings(panels):
    weights, encoding = (np.asarray(ax.images[0].get_array()) for ax in panels[2:4])
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    # Equal queries and keys of one length look at themselves most.
    np.testing.assert_array_equal(weights.argmax(axis=1), np.arange(len(weights)))
    np.testing.assert_allclose(encoding[0], np.sin(np.arange(encoding.shape[1])), atol=1e-12)
    np.testing.assert_allclose(encoding[1], np.cos(np.arange(encoding.shape[1])), atol=1e-12)


def test_point_lies_on_the_circle(panels):
    circle, _, cosine, sine, radius = (line.get_xydata() for line in panels[4].lines[2:])
    np.testing.assert_allclose(np.hypot(*circle.T), 1)
    np.testing.assert_allclose(radius[1], [np.cos(np.pi / 3), np.sin(np.pi / 3)])
    np.testing.assert_allclose([cosine[1], sine[1]], [[radius[1, 0], 0], radius[1]], atol=1e-12)


def test_arrows_point_down_and_the_descent_follows(panels):
    ax = panels[5]
    (arrows,) = (each for each in ax.collections if hasattr(each, "U"))
    places, A, b = arrows.get_offsets(), np.array(f.EXAMPLE_A), np.array(f.EXAMPLE_B)
    directions = np.stack([arrows.U, arrows.V], axis=1)
    short = 1e-6 * directions
    assert (f.quadratic_loss(places + short, A, b) < f.quadratic_loss(places, A, b)).all()
    path, minimum = (line.get_xydata() for line in ax.lines)
    assert (np.diff(f.quadratic_loss(path, A, b)) < 0).all()
    np.testing.assert_allclose(minimum, [[5 / 3, -1 / 3]])


def test_solution_lies_on_both_lines(panels):
    first, second, point = (line.get_xydata() for line in panels[6].lines)
    (solution,) = point
    for line in (first, second):
        assert solution[1] == pytest.approx(np.interp(solution[0], *line.T))
    assert "x = (5/3, −1/3)" in [text.get_text() for text in panels[6].texts]


def test_area_is_that_under_the_drawn_curve(panels):
    (curve,) = (line.get_xydata() for line in panels[7].lines)
    # Outside four standard deviations lie 6e-5.
    assert np.trapezoid(curve[:, 1], curve[:, 0]) == pytest.approx(1, abs=1e-4)
    assert [text.get_text() for text in panels[7].get_legend().get_texts()] == [
        "area 1.000000000",
        "within ±1 σ: 0.6827",
    ]


def test_spectrum_peaks_at_5_and_15_hz(panels):
    (hertz, amplitude) = panels[8].lines[0].get_xydata().T
    peaks = amplitude > 1e-9
    np.testing.assert_array_equal(hertz[peaks], [5, 15])
    np.testing.assert_allclose(amplitude[peaks], [1, 0.5], rtol=1e-12)
    assert {text.get_text() for text in panels[8].texts} == {"1 at 5 Hz", "0.5 at 15 Hz"}
    # The same by the plain FFT of numpy.
    magnitude = np.abs(np.fft.rfft(two_tones()))
    found = np.fft.rfftfreq(len(two_tones()), 1 / FS)[np.argsort(magnitude)[-2:]]
    np.testing.assert_allclose(np.sort(found), [5, 15])


def test_no_text_is_cut_off_or_lies_on_another_panel():
    figure = draw()
    figure.draw_without_rendering()
    boxes = [ax.get_tightbbox() for ax in figure.axes]
    for box in boxes:
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1
    panels = [box for ax, box in zip(figure.axes, boxes, strict=True) if ax.get_title()]
    for number, box in enumerate(panels):
        assert not any(box.overlaps(other) for other in panels[number + 1 :])


def matrix(name: str, printed: str) -> np.ndarray:
    """The numbers in the brackets of a name, a line a row."""
    (rows,) = re.findall(rf"^{name} = ((?: *\[.*\]\n)+)", printed, flags=re.M)
    return np.array([row.strip(" []").split() for row in rows.splitlines()], dtype=np.float64)


def test_command_prints_the_system_its_factors_its_solution_and_the_area(tmp_path: Path):
    result = CliRunner().invoke(main, ["foundations"])
    assert result.exit_code == 0
    A, P, L, U, b, x, eigenvalues = (
        matrix(name, result.stdout)
        for name in ("A", "P", "L", "U", "b", "solution x", "eigenvalues of A")
    )
    np.testing.assert_allclose(P @ L @ U, A)
    np.testing.assert_allclose(A @ x, b, rtol=1e-9)
    np.testing.assert_allclose(x[:, 0], [5 / 3, -1 / 3], rtol=1e-9)
    # Of a symmetric 2 × 2 matrix: the roots of λ² − tr(A) λ + det(A).
    np.testing.assert_allclose(eigenvalues[0], np.roots([1, -np.trace(A), np.linalg.det(A)]))
    assert np.array_equal(L, np.tril(L))
    assert np.array_equal(U, np.triu(U))
    assert float(result.stdout.split()[-1]) == pytest.approx(1, abs=1e-9)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "magic"),
    [("figure.png", b"\x89PNG\r\n"), ("figure.PDF", b"%PDF"), ("a b.svg", b"<?xml")],
)
def test_command_writes_the_figure(tmp_path: Path, name: str, magic: bytes):
    result = CliRunner().invoke(main, ["foundations", "-o", str(tmp_path / name)])
    assert result.exit_code == 0
    assert result.stdout == CliRunner().invoke(main, ["foundations"]).stdout
    assert (tmp_path / name).read_bytes().startswith(magic)
    # Nothing else is left behind.
    assert [path.name for path in tmp_path.iterdir()] == [name]
    if name.endswith("png"):
        assert imread(tmp_path / name).std() > 0.1


@pytest.mark.parametrize(
    ("name", "status", "says"),
    [
        ("figure.gif", 2, "must end in .png, .pdf, .svg"),
        ("figure", 2, "must end in"),
        ("missing/figure.png", 1, "there is no folder"),
        ("folder.png", 1, "it is a folder"),
    ],
)
def test_file_that_cannot_be_written_is_named(tmp_path: Path, name: str, status: int, says: str):
    (tmp_path / "folder.png").mkdir()
    result = CliRunner().invoke(main, ["foundations", "-o", str(tmp_path / name)])
    assert (result.exit_code, result.stdout) == (status, "")
    assert says in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]


def test_without_matplotlib_the_numbers_are_printed_and_the_figure_names_what_to_install(
    tmp_path: Path, monkeypatch
):
    for name in [name for name in sys.modules if name.startswith("matplotlib")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.startswith("spectra.plots")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "spectra.foundations.figure", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert CliRunner().invoke(main, ["foundations"]).exit_code == 0
    result = CliRunner().invoke(main, ["foundations", "-o", str(tmp_path / "figure.png")])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "pip install matplotlib" in result.stderr
    with pytest.raises(ImportError, match="Plots need matplotlib"):
        importlib.import_module("spectra.foundations.figure")
    assert not list(tmp_path.iterdir())


def test_drawing_needs_no_window():
    program = (
        "import sys; import spectra.foundations.figure; sys.exit('matplotlib.pyplot' in "
        "sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
