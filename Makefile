# Needs only python3 (3.11 to 3.13), make and the package registry.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
# Hundreds of processes import the same: compiled once, whatever the environment says.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: crawl test lint bench bench-delay train bench-check reliability clean

## crawl: set up and crawl the bundled sample site
crawl: $(READY)
	$(BIN)/wirewatch demo

## test: set up and run all tests but the long ones (those: make reliability)
test: $(READY)
	$(BIN)/python -m pytest -q -n 3 -m "not reliability"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

## reliability: kills, mutants and the half-hour soak, an hour or two; the report is bench/results/reliability.json
# Smaller or other ones: make reliability SEED=7 KILLS=200 MUTANTS=3000 SOAK=5
SEED    ?= 2026
KILLS   ?= 1000
MUTANTS ?= 10000
SOAK    ?= 30
reliability: $(READY)
	WIREWATCH_SEED=$(SEED) WIREWATCH_KILLS=$(KILLS) WIREWATCH_MUTANTS=$(MUTANTS) WIREWATCH_SOAK=$(SOAK) \
		$(BIN)/python -m pytest -q -n 2 -m reliability

# The peers live in an environment of their own; a newer pip, because Python 3.11's own cannot resolve them.
BENCH   := .venv-bench
CORPORA ?= ../shared/corpus/publishers ../shared/corpus/outlets ../shared/corpus/segments

## bench: extraction quality beside the peers, on the folders in CORPORA (about 10 minutes)
bench: $(BENCH)/.ready
	$(BENCH)/bin/python -m bench.extraction $(CORPORA:%=--corpus %) --cv

## bench-delay: delay of discovery in simulation, ours beside other policies (an hour)
bench-delay: $(READY)
	$(BIN)/python -m bench.delay --seeds 5

## train: fit the judge of lines anew on the folders in CORPORA
train: $(BENCH)/.ready
	$(BENCH)/bin/python -m bench.train $(CORPORA:%=--corpus %)

## bench-check: ours alone, against the floors
bench-check: $(READY)
	$(BIN)/python -m bench.extraction $(CORPORA:%=--corpus %) --only ours --check

$(BENCH)/.ready: pyproject.toml bench/requirements.txt
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/pip install --quiet --disable-pip-version-check --upgrade pip
	$(BENCH)/bin/pip install --quiet --disable-pip-version-check -e . -r bench/requirements.txt
	# newspaper4k and news-please want it for Korean; without a network they fail on those pages.
	-$(BENCH)/bin/python -m nltk.downloader -q -d $(BENCH)/nltk_data punkt_tab
	touch $@

clean:
	rm -rf $(VENV) $(BENCH) build *.egg-info

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@
