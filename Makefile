PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Every recipe runs in the environment that $(VENV)/installed stands for.
READY := $(VENV)/installed
# Only `make bench` needs a load tool.
BENCH_READY := $(VENV)/installed-bench
# Only releases and checks of the repository need these tools.
TOOLS := .venv-tools
TOOLS_READY := $(TOOLS)/installed
# Generators of clients and the linter of the OpenAPI document, which need Node.js.
CLIENTS := tests/clients
NODE_READY := $(CLIENTS)/node_modules/.package-lock.json
# Tests of one file vary from milliseconds to seconds, so a worker that is done takes over some of another's.
EVERY_CORE := -n auto --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help run check test coverage test-browser test-bench test-3.13 bench bench-3.13 lint format lock migrate package openapi containers hooks check-commits \
        check-workflows check-openapi check-bicep test-clients lock-clients next-version release clean

help: ## list the targets
	@grep -hE '^[a-z0-9.-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'

$(READY): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one with PYTHON=…"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

run: $(READY) ## start the embedded database and the local host (PORT, COSMOS_PORT, DATA_DIR, LEASE_SECONDS)
	@$(BIN)/python -m local

check: lint test ## what to run before a commit: style, types, import directions and all tests

test: $(READY) ## run all tests on every core, or some: T=tests/http, T="-k timer --pdb"
	$(BIN)/python -m pytest $(or $(T),$(EVERY_CORE))

test-browser: $(READY) ## drive the documentation in Debian's Chromium; screenshots go to .artefacts/
	$(BIN)/python -m pytest -m browser $(or $(T),tests/browser)

test-bench: $(BENCH_READY) ## run the tests of the benchmark, those of its load driver, tables and charts as well
	$(BIN)/python -m pytest $(or $(T),tests/benchmarks)

test-clients: $(READY) $(NODE_READY) ## generate the clients of docs/integrating.md, compile and run them (needs Node.js 20.19 or newer)
	$(BIN)/python -m pytest -m clients $(or $(T),tests/clients)

test-3.13: ## run the same tests (or T=…) on Python 3.13, some with the library that runs functions in Azure
	@python=$$(.ci/find-python 3.13) && $(MAKE) --no-print-directory test VENV=.venv-3.13 PYTHON="$$python"

coverage: $(READY) ## run all tests, show the branches of shared/ and functions/ that they miss, write htmlcov/
	$(BIN)/python -m pytest $(EVERY_CORE) --cov --cov-report=term --cov-report=html

bench: $(BENCH_READY) ## measure what calls cost, and how that grows with the data (PARTS, TARGET="NAME=URL …"); see benchmarks/
	$(BIN)/python -m benchmarks $(addprefix --target ,$(TARGET)) $(PARTS)

bench-3.13: ## measure the same on Python 3.13, which the template deploys (PARTS, TARGET)
	@python=$$(.ci/find-python 3.13) && $(MAKE) --no-print-directory bench VENV=.venv-3.13 PYTHON="$$python"

lint: $(READY) ## check style, types and import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(READY) ## format the code and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header $(addprefix --upgrade-package ,$(UPGRADE))

lock: $(READY) ## pin requirements*.in, transitively, for every supported Python (UPGRADE=package takes its newest version)
	$(BIN)/pip install --quiet uv
	$(COMPILE) requirements.in -o requirements.txt
	$(COMPILE) requirements-dev.in -o requirements-dev.txt
	$(COMPILE) requirements-bench.in -o requirements-bench.txt
	$(COMPILE) requirements-tools.in -o requirements-tools.txt

lock-clients: ## pin tests/clients/package.json, transitively, without addresses
	cd $(CLIENTS) && npm install --package-lock-only
	cd $(CLIENTS) && node -e 'const fs = require("fs"), name = "package-lock.json", lock = JSON.parse(fs.readFileSync(name)); for (const one of Object.values(lock.packages)) delete one.funding; fs.writeFileSync(name, JSON.stringify(lock, null, 2) + "\n")'

migrate: $(READY) ## update the database that the environment's settings name
	$(BIN)/python cli.py migrate

# `func publish` and azd send the same: .funcignore excludes the rest.
DEPLOYED := function_app.py host.json requirements.txt functions shared

package: ## write .local/package.zip with the deployed part of the last commit
	@mkdir -p .local
	git archive --format=zip --output=.local/package.zip HEAD -- $(DEPLOYED)

openapi: $(READY) ## write docs/openapi.json from the routes and schemas, and what the gateway imports from that
	$(BIN)/python cli.py gen-swagger-json -f docs/openapi.json
	$(BIN)/python -m tools.gateway_api

containers: $(READY) ## write infra/containers.json from the containers of the code
	$(BIN)/python -m tools.containers_json

$(BENCH_READY): $(READY) requirements-bench.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	@touch $@

$(NODE_READY): $(CLIENTS)/package-lock.json $(CLIENTS)/.npmrc
	cd $(CLIENTS) && npm ci --silent
	@touch $@

$(TOOLS_READY): requirements-tools.txt
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-tools.txt
	@touch $@

hooks: $(READY) $(TOOLS_READY) ## check every commit's style and message before it is made
	$(TOOLS)/bin/pre-commit install

check-commits: ## check the messages of all commits, or of COMMITS=main..HEAD
	@$(PYTHON) tools/commit_message.py --log $(COMMITS)

check-workflows: $(TOOLS_READY) ## check the GitHub workflows and other YAML against their schemas, and for security
	$(TOOLS)/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(TOOLS)/bin/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(TOOLS)/bin/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(TOOLS)/bin/zizmor --offline --quiet --min-severity medium .github

check-openapi: $(NODE_READY) ## hold docs/openapi.json to Redocly's rules (needs Node.js 20.19 or newer)
	cd $(CLIENTS) && REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true npx --no-install redocly lint --config redocly.yaml ../../docs/openapi.json

check-bicep: ## compile the infrastructure, and fail on every warning (needs Bicep, or the Azure CLI, which fetches it)
	@$(PYTHON) -m tools.check_bicep

next-version: $(TOOLS_READY) ## print the version that the commits since the last release make
	@$(TOOLS)/bin/semantic-release --noop version --print

release: $(TOOLS_READY) ## make that version: changelog, commit, tag, push, GitHub release (the workflow runs it)
	$(TOOLS)/bin/semantic-release version

clean: ## remove the environments, the local data and all caches
	rm -rf $(VENV) .venv-3.13 $(TOOLS) .local .pytest_cache .mypy_cache .ruff_cache .artefacts htmlcov .coverage
