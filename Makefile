PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Every recipe runs inside the environment that $(VENV)/installed stands for.
READY := $(VENV)/installed

.DEFAULT_GOAL := help
.PHONY: help run test lint format lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

$(READY): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one with PYTHON=…"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

run: $(READY) ## start the embedded database and the local host (PORT, COSMOS_PORT, DATA_DIR)
	@$(BIN)/python -m local

test: $(READY) ## run every test that needs nothing but Python
	$(BIN)/python -m pytest

lint: $(READY) ## check style, types and import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(READY) ## rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(READY) ## pin requirements*.in, transitively, for every supported Python
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header requirements-dev.in -o requirements-dev.txt

clean: ## remove the environment, the local data and every cache
	rm -rf $(VENV) .local .pytest_cache .mypy_cache .ruff_cache htmlcov .coverage
