"""The repository is installed whole, and importing it costs next to nothing."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import spectra
from reproducible import rewrite

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# The time that the files of a build get.
SECONDS = 1_700_000_000
INSTALLED_AS = {"spectra": "spectra", "cli": "spectra/cli", "datasets": "spectra/datasets"}


def modules_on_disk() -> set[str]:
    """Every Python file of the three real folders, by the path it is installed at."""
    return {
        f"{target}/{path.relative_to(ROOT / source).as_posix()}"
        for source, target in INSTALLED_AS.items()
        for path in (ROOT / source).rglob("*.py")
        if not (
            source == "spectra" and path.relative_to(ROOT / source).parts[0] in {"cli", "datasets"}
        )
    }


def data_on_disk() -> set[str]:
    """All other files to install: data, parts of a page, and the mark of a typed package."""
    data = {
        path.name
        for path in (ROOT / "datasets").iterdir()
        if path.is_file() and path.suffix != ".py"
    }
    page = {f"spectra/html_report/{name}" for name in ("page.css", "page.js", "index.js")}
    return {f"spectra/datasets/{name}" for name in data} | {"spectra/py.typed"} | page


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, and the wheel built from it."""
    return build(tmp_path_factory)


def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both, made from a copy so that the working tree stays as it is."""
    source = tmp_path_factory.mktemp("source")
    for name in INSTALLED_AS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "tests", source / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    target = tmp_path_factory.mktemp("dist")
    command = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--outdir",
        str(target),
        str(source),
    ]
    dated = os.environ | {"SOURCE_DATE_EPOCH": str(SECONDS)}
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=dated)
    assert result.returncode == 0, result.stdout + result.stderr
    (sdist,) = target.glob("*.tar.gz")
    rewrite(sdist, SECONDS)
    return target


def test_another_build_gives_the_same_bytes(
    built: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    again = build(tmp_path_factory)
    assert {path.name: path.read_bytes() for path in built.iterdir()} == {
        path.name: path.read_bytes() for path in again.iterdir()
    }


@pytest.fixture(scope="module")
def wheel(built: Path) -> Iterator[zipfile.ZipFile]:
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    return Parser().parsestr(wheel.read(f"{dist_info(wheel)}/METADATA").decode())


def dist_info(wheel: zipfile.ZipFile) -> str:
    (folder,) = {name.split("/")[0] for name in wheel.namelist() if ".dist-info/" in name}
    return folder


def test_packages_list_is_the_folders_on_disk() -> None:
    folders = {Path(module).parent.as_posix().replace("/", ".") for module in modules_on_disk()}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == folders
    for folder in folders:
        assert (ROOT / folder.replace(".", "/") / "__init__.py").is_file()


def test_links_are_relative() -> None:
    # An absolute link would work on one machine only.
    assert (ROOT / "spectra" / "cli").readlink() == Path("../cli")
    assert (ROOT / "spectra" / "datasets").readlink() == Path("../datasets")


def test_wheel_holds_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    inside = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert inside == modules_on_disk() | data_on_disk()


def test_sdist_holds_what_the_wheel_is_built_from(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as sdist:
        members = sdist.getmembers()
    assert not [member.name for member in members if member.issym() or member.islnk()]
    names = {member.name.split("/", 1)[1] for member in members if member.isfile()}
    sources = {source: target for target, source in INSTALLED_AS.items() if target != "spectra"}
    for installed in modules_on_disk() | data_on_disk():
        source = next((s for s in sources if installed.startswith(f"{s}/")), None)
        original = f"{sources[source]}{installed.removeprefix(source)}" if source else installed
        assert original in names
    assert {"LICENSE", "README.md", "pyproject.toml"} <= names


def test_metadata(wheel: zipfile.ZipFile, metadata: Message) -> None:
    assert metadata["Name"] == "spectra-anomaly"
    assert metadata["Version"] == spectra.__version__
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert metadata["Requires-Python"] == ">=3.11"
    assert wheel.read(f"{dist_info(wheel)}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
    assert wheel.read(f"{dist_info(wheel)}/entry_points.txt").decode().split("\n")[:2] == [
        "[console_scripts]",
        "spectra = spectra.__main__:main",
    ]


def test_command_runs_from_the_wheel_alone(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    program = (
        "import spectra; from spectra.cli import main; print(spectra.__file__); main(['--version'])"
    )
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    origin, version = result.stdout.splitlines()
    assert origin == str(tmp_path / "spectra" / "__init__.py")
    assert spectra.__version__ in version


def requirements(leave_out: frozenset[str] = frozenset()) -> list[Requirement]:
    """The requirements of users and testers, as written by hand, less those of some extras."""
    extras = PROJECT["project"]["optional-dependencies"]
    lines = [line for name in extras if name not in leave_out for line in extras[name]]
    return [Requirement(line) for line in (*PROJECT["project"]["dependencies"], *lines)]


def test_requirements_have_no_upper_cap() -> None:
    # A cap would make spectra the reason somebody cannot upgrade; exact versions belong in
    # constraints.txt.
    assert {specifier.operator for line in requirements() for specifier in line.specifier} == {">="}


def test_extra_all_has_every_library_that_users_may_need() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    parts = (
        lines for name, lines in extras.items() if name not in {"all", "docs", "peers", "test"}
    )
    assert sorted(extras["all"]) == sorted(line for lines in parts for line in lines)


def test_every_requirement_is_listed_with_its_licence() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    cells = [line.split("|")[1:4] for line in text.splitlines() if line.startswith("| ")]
    listed = {canonicalize_name(name.strip()): licence.strip() for name, licence, _ in cells}
    assert all(listed.values())
    assert {canonicalize_name(line.name) for line in requirements()} <= set(listed)


def test_every_exact_version_is_listed_with_its_licence() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = text.partition("## All that the checks install")[2].splitlines()
    cells = [line.split("|")[2] for line in rows if line.startswith("| ")]
    listed = {canonicalize_name(name.strip()) for cell in cells for name in cell.split(",")}
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    names = {canonicalize_name(pin.partition("==")[0]) for pin in pins if not pin.startswith("#")}
    assert listed - {"libraries"} == names


def test_every_requirement_has_one_exact_version_for_the_tests() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"==[0-9][0-9.a-z]*", str(pin.specifier)) for pin in pins)
    pinned = {canonicalize_name(pin.name): pin.specifier for pin in pins}
    assert len(pinned) == len(pins)
    # The peers are for a benchmark only, and some of them hold others' versions back.
    for requirement in requirements(leave_out=frozenset({"peers"})):
        (version,) = pinned[canonicalize_name(requirement.name)]
        assert version.version in requirement.specifier


def test_import_loads_nothing_else() -> None:
    program = "import json, sys; import spectra; print(json.dumps(sorted(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in json.loads(result.stdout)}
    assert loaded.isdisjoint({"click", "matplotlib", "numpy", "pandas", "scipy", "sklearn"})


@pytest.mark.parametrize("name", [name for name in spectra.__all__ if name != "__version__"])
def test_public_name_is_found_in_its_module(name: str) -> None:
    value = getattr(spectra, name)
    assert value.__name__ in {name, f"spectra.{name}"}
    assert name in dir(spectra)


def test_unknown_name_is_an_attribute_error() -> None:
    misspelt = "detekt"
    with pytest.raises(AttributeError, match=f"'spectra' has no attribute '{misspelt}'"):
        getattr(spectra, misspelt)
