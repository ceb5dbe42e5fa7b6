# `make` alone lists what there is: the words behind two hashes are the list.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.stamp
LOCKS := $(wildcard requirements/*.txt)
PYTEST := $(BIN)/pytest
FAST := not long and not servers and not browser

.PHONY: help environment assets packages run test test-fast test-long lint format types openapi settings migration bench lock clean

help: ## this list
	@awk -F ':[^#]*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

environment: $(STAMP) ## the Python environment in .venv, as the locks in requirements/ say
assets: $(STAMP) ## the scripts the pages load, from npm, as package-lock.json says
	@$(BIN)/python scripts/assets.py
packages: ## the Debian packages some tests need (root installs them, others are told)
	@scripts/debian.sh

# Make looks at times, the script at contents: a checkout that changed nothing costs nothing either.
$(STAMP): scripts/environment.py pyproject.toml $(LOCKS)
	@$(PYTHON) scripts/environment.py

run: assets ## start the node in the foreground; REVENGE_* variables are passed on
	@exec $(BIN)/revenge serve

test: assets packages ## everything a change needs, with the coverage each package must have
	@rm -f .coverage .coverage.*
	@$(PYTEST) -m "not long" -n 2 --dist loadscope --cov --cov-report= $(ARGS)
	@$(BIN)/coverage combine --append --quiet 2>/dev/null || true   # what ended after pytest
	@$(BIN)/coverage json --quiet -o .coverage.json
	@$(BIN)/python scripts/coverage_gate.py .coverage.json

test-fast: $(STAMP) ## the tests without servers and browsers
	@$(PYTEST) -m "$(FAST)" $(ARGS)

test-long: assets packages ## the tests that take minutes each
	@$(PYTEST) -m long $(ARGS)

lint: $(STAMP) ## style, types and the floors of the house
	@failed=0; for check in "ruff check --quiet" "ruff format --check --quiet" mypy lint-imports; do \
	  echo "$$check"; $(BIN)/$$check || failed=1; \
	done; exit $$failed

format: $(STAMP) ## put the code in shape
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

types: $(STAMP) ## mypy alone
	@$(BIN)/mypy

openapi: $(STAMP) ## write docs/openapi.json
	@$(BIN)/revenge openapi > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json

settings: $(STAMP) ## write docs/settings.md
	@$(BIN)/python scripts/settings_page.py

migration: $(STAMP) ## the next migration: make migration name=create_things
	@$(BIN)/python scripts/migration.py "$(name)"

bench: assets packages ## what the table in README.md is made with
	@$(BIN)/python -m benchmarks $(ARGS)

lock: $(STAMP) ## choose versions anew where requirements/*.in changed (ARGS=--upgrade: all of them)
	@for name in runtime dev tools assets; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(ARGS) \
	    --output-file requirements/$$name.txt requirements/$$name.in || exit 1; \
	done

clean: ## remove what was made, but neither .venv nor data
	@rm -rf .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist build node_modules web/static/vendor
