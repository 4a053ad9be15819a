# make detect   find the anomalies in the real recordings that come with spectra
# make test     run every check
# make clean    remove everything these made
#
# It makes its own virtual environment in .venv first; PYTHON=... chooses the interpreter.

# Each candidate is run, not only looked up: a version manager's stand-in may lie on the path and not work.
USABLE := -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do $$p $(USABLE) 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: detect test clean
.DELETE_ON_ERROR:

detect: .venv/.installed
	$(BIN)/python benchmarks/detect_samples.py

test: .venv/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

clean:
	rm -rf .venv build dist *.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@"$(PYTHON)" $(USABLE) 2>/dev/null || \
	  { echo 'spectra needs Python 3.11 or newer with venv and pip: name one with make PYTHON=python3.12' >&2; exit 1; }
	"$(PYTHON)" -m venv .venv

.venv/.installed: pyproject.toml constraints.txt | .venv/bin/python
	$(INSTALL) --editable .
	touch $@

.venv/.installed-test: pyproject.toml constraints.txt | .venv/bin/python
	$(INSTALL) --editable '.[test]'
	touch $@ .venv/.installed
