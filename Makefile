# Needs only python3 (3.11 to 3.13), make and the package registry.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: crawl test lint reliability clean

## crawl: set up and crawl the bundled sample site
crawl: $(READY)
	$(BIN)/wirewatch demo

## test: set up and run all tests but the long ones (those: make reliability)
test: $(READY)
	$(BIN)/python -m pytest -q -n 2 -m "not reliability"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

reliability: $(READY)
	$(BIN)/python -m pytest -q -m reliability

clean:
	rm -rf $(VENV) build *.egg-info

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@
