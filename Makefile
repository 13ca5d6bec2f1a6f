# Tonglu. `make help` lists what there is. Everything is installed into .venv, each target brings what it needs.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow judge mutants check bench serve coverage loop real-bank clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[quality,channels]'
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	$(PIP) --editable '.[quality,channels,flows,lake,dev]'
	$(PIP) --no-deps gbstats==0.8.0 # an oracle of the statistics; it asks for an older numpy than it needs
	@touch $@

$(VENV)/.flows: $(VENV)/.core
	$(PIP) --editable '.[quality,channels,flows]'
	@touch $@

demo: $(VENV)/.core ## play 30 days of the bundled bank and show what happened
	@$(BIN)/tonglu demo

test: $(VENV)/.dev ## run the tests (under 10 minutes on two cores)
	$(BIN)/python -m pytest -m 'not slow' --numprocesses auto --dist loadfile

test-slow: $(VENV)/.dev ## run the long tests too
	$(BIN)/python -m pytest -m slow

judge: $(VENV)/.dev ## play 10,000 random cases, of which tonglu check refuses few, by the engine and by a second implementation (half an hour)
	$(BIN)/python -m tests.differential.judge --cases 10100
	$(BIN)/python -m tests.differential.cadence --cases 200

mutants: $(VENV)/.dev ## put deliberate faults into the engine, one at a time: the judge must catch each
	$(BIN)/python -m tests.differential.mutants

check: $(VENV)/.dev ## lint, types, import contracts, and the shipped definitions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict src flows
	$(BIN)/lint-imports
	$(BIN)/tonglu check

bench: $(VENV)/.dev ## measure a day's run for a million customers against plain SQL
	$(BIN)/python benchmarks/day_run.py

serve: $(VENV)/.flows ## start Prefect's server, a worker and the schedules on this machine
	$(BIN)/python -m flows.serve

coverage: $(VENV)/.dev ## play made campaigns and count how often intervals cover the truth (ten minutes)
	$(BIN)/python -m tests.coverage

loop: $(VENV)/.dev ## play 20 invented banks for 180 days and hold what was learned against what is true (two hours)
	$(BIN)/python -m tests.closed_loop
	$(BIN)/python -m tests.closed_loop --harm

real-bank: $(VENV)/.dev ## find pensions and salaries in a real bank's transactions
	$(BIN)/python -m tests.real_bank.figures

clean: ## remove what demo and tests made
	rm -rf data/landing data/hidden data/warehouse.duckdb* data/mailroom* data/staged data/handover data/published data/reports .pytest_cache
