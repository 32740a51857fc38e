# Everything a person or CI runs; `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
READY := $(VENV)/.installed
# Half the time on two cores; each worker has a server of its own.
TWO := --numprocesses 2 --dist worksteal
SERVED := tests/sql tests/integration tests/properties tests/detection
STAGE ?= /tmp/activity-sql-bench

.DEFAULT_GOAL := help

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

install: $(READY) ## The environment in .venv

# On a database: DATABASE_URL, PG* variables, or DB_* in the environment or in Directus's .env.
plan: $(READY) ## Show what migrate would do; touch nothing
	@$(BIN)/activity-sql plan
migrate: $(READY) ## Deploy to a Directus database, whole or not at all
	@$(BIN)/activity-sql migrate
status: $(READY) ## Say what is deployed
	@$(BIN)/activity-sql status
verify: $(READY) ## Prove that the database is what the sources say
	@$(BIN)/activity-sql verify
render: $(READY) ## Write the rendered SQL to build/sql
	@$(BIN)/activity-sql render

demo: $(READY) ## A database with 100,000 activity rows, migrated and asked
	@$(BIN)/activity-sql demo
demo-stop: $(READY) ## Stop it
	@$(BIN)/activity-sql demo --stop

lint: $(READY) ## ruff, mypy, the SQL lint, squawk on the migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/activity-sql lint
	$(BIN)/squawk migrations/*.sql
test: test-lowest ## Unit, SQL and integration tests on the lowest PostgreSQL at hand
test-lowest: $(READY)
	$(PYTEST) $(TWO) --postgres=lowest --durations=20
test-highest: $(READY) ## The same on the highest, but for what needs no server; fewer examples
	ACTIVITY_SQL_EXAMPLES=50 $(PYTEST) $(TWO) $(SERVED) --postgres=highest --durations=20
test-directus: $(READY) ## Against a real Directus 12, installed from npm into .cache
	$(PYTEST) tests/directus --durations=20
test-browser: $(READY) ## The dashboards in Chromium, against a real Directus 12 and 11
	$(PYTEST) tests/browser --durations=10
test-schedules: $(READY) ## That a real pg_cron runs the jobs, on Debian's PostgreSQL
	$(PYTEST) tests/schedules --durations=5
test-package: $(READY) ## Build the wheel and use it from a fresh environment
	$(PYTEST) tests/package --durations=5
test-upgrades: $(READY) ## A real Directus 10, upgraded to 11 and 12 with the package on it
	$(PYTEST) tests/upgrades --durations=20
test-faults: $(READY) ## Deploys at once, killed, without a lock, a disk, a primary
	$(PYTEST) tests/faults --durations=20
test-bench: $(READY) ## That the budgets hold at a million rows, and that the gate closes
	$(PYTEST) tests/bench --durations=5
	$(BIN)/activity-sql bench --profile medium --directory $(STAGE)
bench: $(READY) ## Figures for docs/performance.md: 10 million rows, peers, growth (40 minutes)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[peers]'
	$(BIN)/activity-sql bench --profile large --peers --growth 10000000 --out build/bench \
		--directory $(STAGE)
screenshots: $(READY) ## Take docs/images anew; look at them
	$(BIN)/python -m tests.browser.screenshots
writers: $(READY) ## What the rollups cost writers, and a real Directus (an hour)
	$(BIN)/python -m tests.bench.writers
	$(BIN)/python -m tests.bench.single_creates
soak: $(READY) ## The rollups' state machine, thousands of examples (an hour)
	ACTIVITY_SQL_ROLLUP_PROFILE=soak $(PYTEST) tests/properties/test_rollups.py --durations=5
mutants: $(READY) ## Seeded faults in the SQL, each of which a test has to catch
	$(BIN)/python tests/mutants/run.py
test-matrix: $(READY) ## The tests on PostgreSQL 15, 16, 17 and 18
	@servers=$$($(BIN)/python tests/install_postgres.py) && for major in 15 16 17 18; do \
		ACTIVITY_SQL_POSTGRES_BIN=$$servers $(PYTEST) -q $(SERVED) --postgres=$$major || exit 1; done
check: lint test-lowest test-highest test-schedules test-package test-directus test-browser test-upgrades test-faults test-bench ## All of the above; what CI runs
	@echo "make check: all green"

golden: $(READY) ## Rewrite the golden files; look at the diff
	ACTIVITY_SQL_REWRITE_GOLDEN=1 $(PYTEST) -q tests/unit/test_render.py

reference: $(READY) ## Rewrite sql-reference, detectors and cookbook in docs; look at the diff
	ACTIVITY_SQL_REWRITE_DOCS=1 $(PYTEST) -q tests/integration/test_reference.py \
		tests/integration/test_cookbook.py

clean: ## Remove the environment and everything built
	rm -rf $(VENV) build dist .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis

.PHONY: help install plan migrate status verify render demo demo-stop lint test test-lowest \
	test-highest test-schedules test-directus test-browser test-upgrades test-faults test-bench bench screenshots writers soak mutants test-matrix test-package check golden reference clean
