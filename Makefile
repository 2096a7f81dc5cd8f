# Everything a newcomer needs; `make help` lists it. Needs Python 3.11 or newer with venv, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BROWSER_READY := $(VENV)/.browser-ready
POSTGRES_READY := $(VENV)/.postgres-ready
KUBERNETES_READY := $(VENV)/.kubernetes-ready
DOCS_READY := $(VENV)/.docs-ready
SPARK := .venv-spark
SPARK_READY := $(SPARK)/.ready
RIVALS := .venv-rivals
RIVALS_READY := $(RIVALS)/.ready
export DAGSTER_DISABLE_TELEMETRY := yes
export GX_ANALYTICS_ENABLED := false
TRIN_HOME ?= home
export TRIN_HOME
# Absolute, since Dagster's processes have their own idea of the current folder.
HOME_FOLDER = $(abspath $(TRIN_HOME))

TEST_ROOMS := assets attacks dashboards data_contracts homes house machine models pipelines spec worlds

.DEFAULT_GOAL := help
.PHONY: $(addprefix test-,$(TEST_ROOMS)) help test-room env run dev test test-fast test-slow test-nightly test-browser test-postgres test-deploy test-spark spark-env docs-site audit-dependencies soak simulations calibration coverage bench bench-rivals lint types laws docs lock clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Trin needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv is missing. On Debian: apt install python3-venv"; exit 1; }
	@echo "Making the environment (a minute or two, once) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

env: $(READY) ## Make the environment

run: $(READY) ## The demo: a quarter from deliveries to pages
	@$(BIN)/trin init --demo --home "$(HOME_FOLDER)"
	@$(BIN)/trin run --home "$(HOME_FOLDER)"

dev: $(READY) ## The Dagster UI on 127.0.0.1:3000 over the same home
	@$(BIN)/trin init --demo --home "$(HOME_FOLDER)" >/dev/null
	@TRIN_HOME="$(HOME_FOLDER)" DAGSTER_HOME="$(HOME_FOLDER)/dagster" PATH="$(abspath $(BIN)):$$PATH" $(BIN)/dagster dev --workspace workspace.yaml --host 127.0.0.1 --port 3000

test: $(READY) ## Every test but those that need a browser or very long
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m "not browser and not calibration and not long"

test-fast: $(READY) ## Tests that take less than a minute together
	@$(BIN)/python -m pytest -q -n 2 -m "not slow and not long and not browser and not calibration"

test-room: ## Tests of one room by its name: make test-models, test-assets, test-house, …
	@echo "Say which: $(addprefix make test-,$(TEST_ROOMS))"

test-slow: $(READY) ## Every simulation, whole runs and the ladder's calibration
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m "slow or long or calibration"

$(addprefix test-,$(TEST_ROOMS)): test-%: $(READY)
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m "not browser and not calibration and not long" tests/$*

$(BROWSER_READY): $(READY) requirements-browser.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-browser.lock
	@touch $@

$(POSTGRES_READY): $(READY) requirements-postgres.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-postgres.lock
	@touch $@

test-postgres: $(POSTGRES_READY) ## Dagster on a real PostgreSQL server (needs Debian's package postgresql)
	@$(BIN)/python -m pytest -q tests/machine/test_on_postgres.py

$(KUBERNETES_READY): $(READY) requirements-kubernetes.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-kubernetes.lock
	@touch $@

test-deploy: $(KUBERNETES_READY) ## The proxy with its login, run for real (needs Debian's package nginx-light); a run's pod
	@$(BIN)/python -m pytest -q tests/machine/test_deploy.py

$(SPARK_READY): requirements-spark.lock
	@$(PYTHON) -m venv $(SPARK)
	@$(SPARK)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock
	@touch $@

spark-env: $(SPARK_READY) ## An environment of its own with Spark (needs Java 17)

test-spark: $(SPARK_READY) ## The event history on DuckDB and on Spark: the same table
	@cd tests/spark && PYTHONPATH="$(abspath .)" $(abspath $(SPARK))/bin/python -m pytest -q -p no:cacheprovider --confcutdir=. --rootdir=. -c /dev/null .

$(DOCS_READY): $(READY) requirements-docs.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-docs.lock
	@touch $@

docs-site: $(DOCS_READY) ## The documentation as a site, in build/docs
	@$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/docs

audit-dependencies: $(DOCS_READY) ## Known holes in what is locked (asks the public advisories)
	@$(BIN)/python -m pip_audit --require-hashes --disable-pip -r requirements.lock

soak: $(READY) ## Three years of quarters with everything that goes wrong; some minutes
	@$(BIN)/python -m bench.operation.soak

test-nightly: $(READY) ## The simulations with 2,000 draws instead of 500
	@TRIN_DRAWS=2000 $(BIN)/python -m pytest -q -n 2 tests/worlds/test_simulations.py

test-browser: $(BROWSER_READY) ## The pages in a real Chromium (needs Debian's package chromium)
	@$(BIN)/python -m pytest -q -m "browser"

coverage: $(READY) ## Which lines and branches the fast tests reach
	@$(BIN)/python -m pytest -q -n 2 -m "not slow and not long and not browser and not calibration" --cov --cov-report=term:skip-covered

simulations: $(READY) ## Coverage of every interval, for docs/validation.md; a quarter of an hour
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.truth.simulations

calibration: $(READY) ## How often each rung tells the truth, for docs/validation.md; some minutes
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.truth.ladder_calibration
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.truth.repeated_looks

bench: $(READY) ## Timings, printed as ratios; nothing is asserted
	@$(BIN)/python -m bench.speed.matching
	@$(BIN)/python -m bench.speed.register_balance
	@$(BIN)/python -m bench.speed.deliveries
	@$(BIN)/python -m bench.speed.site
	@$(BIN)/python -m bench.speed.economics
	@$(BIN)/python -m bench.operation.backfill
	@$(BIN)/python -m bench.speed.register 1 10

$(RIVALS_READY): bench/rivals/requirements.txt
	@test -x $(RIVALS)/bin/python || $(PYTHON) -m venv $(RIVALS)
	@$(RIVALS)/bin/python -m pip install --quiet --disable-pip-version-check -r bench/rivals/requirements.txt
	@touch $@

bench-rivals: $(READY) $(RIVALS_READY) ## Matching against other libraries, in an environment of their own
	@$(BIN)/python -m bench.speed.matching

lint: $(READY) ## Style, spelling, YAML
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@git ls-files -z | xargs -0 $(BIN)/codespell
	@$(BIN)/yamllint --strict .

types: $(READY) ## Types, strict in models and contracts
	@$(BIN)/mypy

laws: $(READY) ## Which room may import which
	@$(BIN)/lint-imports

docs: $(READY) ## Reference pages that are made from code
	@$(BIN)/python -m pipelines.documentation.reference_pages
	@$(BIN)/python -m pipelines.documentation.method_pages
	@$(BIN)/python -m pipelines.documentation.design_pages
	@$(BIN)/python -m bench.truth.validation

lock: $(READY) ## Resolve requirements anew
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-strip-extras --extra dev pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-strip-extras --extra dev --extra browser --extra pdf -c requirements.lock pyproject.toml -o requirements-browser.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-strip-extras --extra dev --extra postgres -c requirements.lock pyproject.toml -o requirements-postgres.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-strip-extras --extra dev --extra kubernetes -c requirements-postgres.lock pyproject.toml -o requirements-kubernetes.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-strip-extras --extra docs -c requirements.lock pyproject.toml -o requirements-docs.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-strip-extras requirements-spark.in -o requirements-spark.lock

clean: ## Remove the environment and caches, never a home
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
