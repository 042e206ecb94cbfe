# What a newcomer types: `make demo`, `make test`. What a developer types: `make check`, `make unit ARGS=tests/sql`.
# Needs Python 3.11 or newer, make and the network for the first run. Everything is put into .venv folders here.

SHELL := bash
.DEFAULT_GOAL := help

PYTHON ?= $(shell scripts/python 3.11 3.12 3.13 3)
VENV := .venv
BIN := $(VENV)/bin
PIP := -m pip install -qq --disable-pip-version-check
PROCESSES ?= 2
ARGS ?=

.PHONY: help demo setup test test-all check unit versions versions-all bench bench-pages docs site format picture wheel clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# --- environments: a stamp file says that what pyproject.toml asks for is installed ------------------------------------

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then echo "regard needs Python 3.11 or newer; none was found. Say which with: make PYTHON=/path/to/python3" >&2; exit 1; fi
	@"$(PYTHON)" -m venv $(VENV)

$(VENV)/.regard: pyproject.toml | $(BIN)/python
	@echo "Installing regard into $(VENV) ..."
	@$(BIN)/python $(PIP) --editable '.[web]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "Installing regard and what its tests need into $(VENV) ..."
	@$(BIN)/python $(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.regard

.venv-%/.dev: pyproject.toml
	@echo "Installing regard and what its tests need into .venv-$* ..."
	@[ -x .venv-$*/bin/python ] || "$$(scripts/python $*)" -m venv .venv-$*
	@.venv-$*/bin/python $(PIP) --editable '.[dev]'
	@touch $@

setup: $(VENV)/.dev ## everything that developing and testing needs, servers included
	@scripts/servers

# --- for newcomers -----------------------------------------------------------------------------------------------------

demo: $(VENV)/.regard ## an example company in ./harbor: made, loaded, computed, shown; at a terminal its pages too, until Ctrl-C
	@$(BIN)/regard demo harbor $(ARGS)
	@command -v regard >/dev/null || echo "The command is in $(BIN). To type it as shown: . $(BIN)/activate"

# --- for developers ----------------------------------------------------------------------------------------------------

test: setup check versions ## all that CI does: check, the suite without slow tests on 3.12 and 3.13, the whole suite on .venv
	@$(MAKE) --no-print-directory unit

test-all: setup check versions-all ## as test, with the whole suite on every Python version
	@$(MAKE) --no-print-directory unit

check: $(VENV)/.dev ## format, lint, types, import contracts; no tests
	@echo "--- format"
	@$(BIN)/ruff format --check --quiet . || { echo "run: make format" >&2; exit 1; }
	@echo "--- lint"
	@$(BIN)/ruff check --quiet .
	@echo "--- types"
	@$(BIN)/mypy
	@echo "--- import contracts"
	@$(BIN)/lint-imports --no-logo --no-cache

unit: $(VENV)/.dev ## the suite on .venv (ARGS="tests/sql -k period" for a part of it)
	@echo "--- tests on $$($(BIN)/python --version)"
	@$(BIN)/pytest -n $(PROCESSES) $(ARGS)

versions: $(VENV)/.dev
	@REGARD_TESTS=quick scripts/versions $(PROCESSES) -m "not slow"

versions-all: $(VENV)/.dev
	@scripts/versions $(PROCESSES)

format: $(VENV)/.dev ## format the code and mend what lint can mend
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

bench: $(VENV)/.dev ## ratios against hand-written SQL and pandas, in one run (minutes, some GiB)
	@$(BIN)/python -m bench $(ARGS)
	@$(BIN)/python -m bench.workbook

bench-pages: $(VENV)/.dev ## pages under load: the board at 100 requests a second, weight, CPU, refresh, memory
	@$(BIN)/python -m bench.pages $(ARGS)

docs: $(VENV)/.dev ## write the generated reference pages, then check every link and example in docs
	@if $(BIN)/regard docs --help >/dev/null 2>&1; then $(BIN)/regard docs docs/reference; fi
	@$(BIN)/pytest -q tests/house/test_docs.py

site: $(VENV)/.dev ## build the documentation as a site in ./site, every warning an error
	@$(BIN)/sphinx-build -q -W --keep-going -b html docs site
	@echo "site/index.html"

picture: $(VENV)/.dev ## write docs/images/scorecard.svg from what the demo prints
	@$(BIN)/python scripts/picture.py docs/images/scorecard.svg $(BIN)/regard demo harbor --no-serve

wheel: $(VENV)/.dev ## build the wheel and try it in an environment of its own
	@scripts/wheel $(BIN)/python

clean: ## remove what was made here: environments, caches, the example company
	@rm -rf .venv .venv-* harbor site dist build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
