# taxdesk: `make help` lists the verbs. Works with GNU make 3.81 and newer.
SHELL := /bin/sh
BIN := .venv/bin
RUNTIME := .venv/.taxdesk-runtime
DEV := .venv/.taxdesk-dev
DOC := credit_note
L := en
PYTEST := $(BIN)/python -m pytest
# Homebrew's libraries lie where macOS does not look; elsewhere nobody reads this.
export DYLD_FALLBACK_LIBRARY_PATH := /opt/homebrew/lib:/usr/local/lib

# A .venv that is gone, broken or was moved here has no valid stamps.
ifneq ($(shell $(BIN)/python -c 'import sys; print(sys.prefix)' 2>/dev/null),$(CURDIR)/.venv)
$(shell rm -f $(RUNTIME) $(DEV))
endif

.DEFAULT_GOAL := help
.PHONY: help env env-dev run test demo check lint fmt types bench seed golden preview torture lock clean

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

env: $(RUNTIME) ## build the environment that runs taxdesk (the other verbs call it)

env-dev: $(DEV) ## the same with everything tests and checks need

$(RUNTIME): requirements.lock pyproject.toml .ci/env
	@sh .ci/env runtime
	@touch $@

$(DEV): requirements-dev.lock pyproject.toml .ci/env
	@sh .ci/env dev
	@touch $(RUNTIME) $@

run: $(RUNTIME) ## database, demo data, web, worker and scheduler on http://127.0.0.1:8000; Ctrl-C stops all of it
	@$(BIN)/taxdesk migrate
	@$(BIN)/taxdesk seed
	@exec $(BIN)/taxdesk up

demo: $(RUNTIME) ## the main job end to end; PDFs in var/demo
	@$(BIN)/taxdesk demo

seed: $(RUNTIME) ## database and demo data only
	@$(BIN)/taxdesk migrate
	@$(BIN)/taxdesk seed

test: $(DEV) ## the whole suite, or one part: make test T=tests/tax_rules
	@$(PYTEST) -n auto $(T)

check: lint types test ## what CI runs: lint, types, test

lint: $(DEV) ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

fmt: $(DEV) ## ruff: repair what can be repaired
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(DEV) ## mypy, strict on tax_rules and forms
	@$(BIN)/mypy

torture: $(DEV) ## kill -9 in a loop, 20 rounds a fault
	@TAXDESK_TORTURE_ROUNDS=20 $(PYTEST) tests/torture

bench: $(DEV) ## every benchmark, each a ratio against a baseline of the same run
	@for file in bench/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

COMPILE = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
	--python-version 3.11 $(if $(UPGRADE),--upgrade)

preview: $(RUNTIME) ## one document as it would be issued: make preview DOC=credit_note L=fr
	@mkdir -p var/preview
	@$(BIN)/python -m app.documents.preview $(DOC) --language $(L) --out var/preview/$(DOC).$(L).pdf

golden: $(DEV) ## draw the golden pages anew; the difference is for a reviewer
	@$(BIN)/python -m tests.documents.golden

lock: $(DEV) ## write both lock files from pyproject.toml; UPGRADE=1 takes the newest versions
	@$(COMPILE) --group build -o requirements.lock pyproject.toml
	@$(COMPILE) --group dev -c requirements.lock -o requirements-dev.lock pyproject.toml

clean: ## remove what the verbs built, except var (the data)
	@rm -rf .venv build ./*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
