# make detect   find the anomalies in the real recordings that come with spectra
# make test     run every check, and print the shares of lines and branches that the tests run
# make coverage make test, and list the lines and branches that no test runs; at most 5 %
# make explore  run the tests of generated values with other values than make test
# make fuzz     damaged files, altered models, random options, on all processors; SECONDS=60 SEED=0
# make mutate   put faults into calibration, signal and metrics: how many do the tests notice? EVERY=1
# make torture  stop writers at COUNT=300 random moments
# make cluster-demo   find the anomalies of 200 generated sensors on a Dask scheduler with two workers
# make audit    look up known vulnerabilities of the exact versions of all dependencies
# make docs     build the pages of docs/ into site/, warnings as errors
# make dist     build the wheel and the sdist, the same bytes from the same commit
# make clean    remove everything these made
#
# It makes its own virtual environment in .venv first; PYTHON=... chooses the interpreter.

# Each candidate is run, not only looked up: a version manager's stand-in may lie on the path and not work.
USABLE := -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do $$p $(USABLE) 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# Where PYTHONDONTWRITEBYTECODE is set, each command would compile all of spectra anew, for a second.
COMPILE := $(BIN)/python -m compileall -q spectra datasets cli
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: detect check test coverage explore fuzz mutate torture cluster-demo audit docs dist clean
.DELETE_ON_ERROR:

# Each program that a test starts would compile all of spectra anew, which takes longer than most tests.
unexport PYTHONDONTWRITEBYTECODE

detect: .venv/.installed
	$(BIN)/python benchmarks/detect_samples.py

check: .venv/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# On several cores. Each worker writes what it has run to a file of its own, and has one thread of
# BLAS: those of all workers would wait for one another.
test: export OPENBLAS_NUM_THREADS = 1
test: export MEASURED = .coverage
test: check
	rm -rf .coverage
	mkdir .coverage
	$(BIN)/python -m pytest --numprocesses logical --maxprocesses 8 --dist loadfile
	$(BIN)/python tests/covered.py .coverage

coverage: test
	$(BIN)/python tests/covered.py .coverage --missing

SECONDS ?= 60
SEED ?= 0
COUNT ?= 300
EVERY ?= 1
EPOCH = $(shell git log -1 --format=%ct 2>/dev/null || date +%s)

explore: .venv/.installed-test
	$(BIN)/python -m pytest --hypothesis-profile=explore

fuzz: .venv/.installed-test
	$(BIN)/python tests/fuzz.py $(SECONDS) $(SEED)

mutate: .venv/.installed-test
	$(BIN)/python tests/mutate.py --every $(EVERY)

torture: .venv/.installed-test
	$(BIN)/python tests/torture.py $(COUNT)

cluster-demo: .venv/.installed-test
	$(BIN)/python benchmarks/fleet.py --demo

audit: .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-audit
	$(BIN)/python -m pip_audit --requirement constraints.txt --no-deps --disable-pip

docs: .venv/.installed-test
	$(INSTALL) --editable '.[docs]'
	$(BIN)/python -m mkdocs build --quiet --strict

dist: .venv/.installed-test
	rm -rf dist build
	SOURCE_DATE_EPOCH=$(EPOCH) $(BIN)/python -m build --no-isolation
	$(BIN)/python tests/reproducible.py dist/*.tar.gz $(EPOCH)

clean:
	rm -rf .venv build dist site *.egg-info .hypothesis .coverage .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@"$(PYTHON)" $(USABLE) 2>/dev/null || \
	  { echo 'spectra needs Python 3.11 or newer with venv and pip: name one with make PYTHON=python3.12' >&2; exit 1; }
	"$(PYTHON)" -m venv .venv

.venv/.installed: pyproject.toml constraints.txt | .venv/bin/python
	$(INSTALL) --editable .
	$(COMPILE)
	touch $@

.venv/.installed-test: pyproject.toml constraints.txt | .venv/bin/python
	$(INSTALL) --editable '.[test]'
	$(COMPILE)
	touch $@ .venv/.installed
