"""Every public name has the sections of numpydoc, with each parameter of its signature."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from functools import cached_property

import pytest

import spectra
import spectra.transformer
from spectra.datasets import generators

# Modules whose public names are those of `__all__`.
WITH_ALL = ("spectra", "spectra.datasets", "spectra.metrics", "spectra.foundations")
# Modules whose public names are those they define without an underscore.
WITHOUT_ALL = (
    "spectra.benchmark",
    "spectra.errors",
    "spectra.rotation",
    "spectra.sequence.forecast",
    "spectra.sequence.settings",
    "spectra.spectral.settings",
    *(
        f"spectra.transformer.{module.name}"
        for module in pkgutil.iter_modules(spectra.transformer.__path__)
    ),
)
HEADING = re.compile(r"^([A-Z]\w+(?: \w+)?)\n(-{3,})$", re.MULTILINE)
SECTIONS = [
    "Parameters", "Attributes", "Returns", "Yields", "Raises", "See Also", "Notes", "References",
    "Examples",
]  # fmt: skip


def public_objects() -> Iterator[tuple[str, object]]:
    """Every public function and class, by the name it is imported by."""
    for module in map(importlib.import_module, WITH_ALL):
        for name in module.__all__:
            yield f"{module.__name__}.{name}", getattr(module, name)
    for module in (*map(importlib.import_module, WITHOUT_ALL), generators):
        for name, value in vars(module).items():
            defined = getattr(value, "__module__", "")
            if not name.startswith("_") and f"{defined}.".startswith(f"{module.__name__}."):
                yield f"{module.__name__}.{name}", value


def classes() -> dict[str, type]:
    return {name: value for name, value in public_objects() if inspect.isclass(value)}


def functions() -> dict[str, Callable[..., object]]:
    """Every public function, and every public method that its class does not get from elsewhere."""
    found = {name: value for name, value in public_objects() if inspect.isfunction(value)}
    for name, kind in classes().items():
        for method in dir(kind):
            value = inspect.getattr_static(kind, method)
            if isinstance(value, (classmethod, staticmethod)):
                value = value.__func__
            if method.startswith("_") or not inspect.isfunction(value):
                continue
            if value.__module__.startswith("spectra."):
                found[f"{name}.{method}"] = value
    return found


def sections(text: str) -> dict[str, str]:
    """The sections of a docstring by their heading; the first part by ""."""
    parts = HEADING.split(inspect.cleandoc(text))
    return {"": parts[0], **dict(zip(parts[1::3], parts[3::3], strict=True))}


def described(section: str) -> set[str]:
    """The names that a section describes: those before a colon in its unindented lines."""
    lines = [line.split(" : ")[0] for line in section.splitlines() if line[:1].strip()]
    return {name.strip().lstrip("*") for line in lines for name in line.split(",")}


def parameters(function: Callable[..., object]) -> set[str]:
    return {name for name in inspect.signature(function).parameters if name not in ("self", "cls")}


def fields(kind: type) -> set[str]:
    """The parameters that an object is made with."""
    if dataclasses.is_dataclass(kind):
        return {field.name for field in dataclasses.fields(kind) if field.init}
    if hasattr(kind, "_fields"):
        return set(kind._fields)
    if issubclass(kind, Exception) or getattr(kind, "_is_protocol", False):
        return set()
    return parameters(kind.__init__)


def returns_something(function: Callable[..., object]) -> bool:
    return inspect.signature(function).return_annotation not in (None, "None")


def test_public_names_are_found() -> None:
    assert len(classes()) > 20
    assert len(functions()) > 100
    assert "spectra.SequenceDetector.forecast" in functions()


@pytest.mark.parametrize("name", sorted(functions()))
def test_functions_describe_their_parameters_and_their_result(name: str) -> None:
    function = functions()[name]
    parts = sections(function.__doc__ or "")
    assert described(parts.get("Parameters", "")) == parameters(function)
    assert ("Returns" in parts or "Yields" in parts) == returns_something(function)


@pytest.mark.parametrize("name", sorted(classes()))
def test_classes_describe_their_fields(name: str) -> None:
    kind = classes()[name]
    parts = sections(kind.__doc__ or "")
    given = described(parts.get("Parameters", "")) | described(parts.get("Attributes", ""))
    assert fields(kind) - given == set()
    for attribute, value in vars(kind).items():
        if isinstance(value, (property, cached_property)) and not attribute.startswith("_"):
            assert inspect.getdoc(value), attribute


@pytest.mark.parametrize("name", sorted({**functions(), **classes()}))
def test_sections_are_those_of_numpydoc_in_its_order(name: str) -> None:
    doc = inspect.cleandoc({**functions(), **classes()}[name].__doc__ or "")
    headings = HEADING.findall(doc)
    assert all(len(heading) == len(line) for heading, line in headings)
    order = [SECTIONS.index(heading) for heading, _ in headings]
    assert order == sorted(set(order))
    for heading, text in sections(doc).items():
        assert heading == "Examples" or ">>>" not in text
        assert heading == "Raises" or not re.search(r"Raises \w*Error", text)
