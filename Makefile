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
# Absolute, because Dagster's processes have other working directories.
HOME_FOLDER = $(abspath $(TRIN_HOME))

TEST_ROOMS := assets attacks dashboards data_contracts homes house machine models pipelines spec worlds

.DEFAULT_GOAL := help
.PHONY: $(addprefix test-,$(TEST_ROOMS)) help test-room env run dev test test-fast test-slow test-nightly test-browser test-postgres test-deploy test-spark spark-env docs-site audit-dependencies soak simulations calibration coverage bench bench-rivals lint types laws docs lock clean

help: ## Show this list
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

run: $(READY) ## Run the demo: a quarter from deliveries to pages
	@$(BIN)/trin init --demo --home "$(HOME_FOLDER)"
	@$(BIN)/trin run --home "$(HOME_FOLDER)"

dev: $(READY) ## Start the Dagster UI on 127.0.0.1:3000 with the same home
	@$(BIN)/trin init --demo --home "$(HOME_FOLDER)" >/dev/null
	@TRIN_HOME="$(HOME_FOLDER)" DAGSTER_HOME="$(HOME_FOLDER)/dagster" PATH="$(abspath $(BIN)):$$PATH" $(BIN)/dagster dev --workspace workspace.yaml --host 127.0.0.1 --port 3000

test: $(READY) ## Run all tests except the longest and those in a browser
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m "not browser and not calibration and not long"

test-fast: $(READY) ## Run tests that take less than a minute together
	@$(BIN)/python -m pytest -q -n 2 -m "not slow and not long and not browser and not calibration"

test-room: ## Run the tests of one room: make test-models, test-assets, test-house, …
	@echo "Say which: $(addprefix make test-,$(TEST_ROOMS))"

test-slow: $(READY) ## Run simulations, whole runs and the ladder's calibration
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m "slow or long or calibration"

$(addprefix test-,$(TEST_ROOMS)): test-%: $(READY)
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m "not browser and not calibration and not long" tests/$*

$(BROWSER_READY): $(READY) requirements-browser.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-browser.lock
	@touch $@

$(POSTGRES_READY): $(READY) requirements-postgres.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-postgres.lock
	@touch $@

test-postgres: $(POSTGRES_READY) ## Test Dagster on a PostgreSQL server (needs Debian's package postgresql)
	@$(BIN)/python -m pytest -q tests/machine/test_on_postgres.py

$(KUBERNETES_READY): $(READY) requirements-kubernetes.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-kubernetes.lock
	@touch $@

test-deploy: $(KUBERNETES_READY) ## Test the proxy with its login (needs Debian's package nginx-light), and a run's pod
	@$(BIN)/python -m pytest -q tests/machine/test_deploy.py

$(SPARK_READY): requirements-spark.lock
	@$(PYTHON) -m venv $(SPARK)
	@$(SPARK)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock
	@touch $@

spark-env: $(SPARK_READY) ## Make a separate environment with Spark (needs Java 17)

test-spark: $(SPARK_READY) ## Test that the event history is the same on DuckDB and Spark
	@cd tests/spark && PYTHONPATH="$(abspath .)" $(abspath $(SPARK))/bin/python -m pytest -q -p no:cacheprovider --confcutdir=. --rootdir=. -c /dev/null .

$(DOCS_READY): $(READY) requirements-docs.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-docs.lock
	@touch $@

docs-site: $(DOCS_READY) ## Build the documentation as a site, in build/docs
	@$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/docs

audit-dependencies: $(DOCS_READY) ## Check locked packages against public advisories
	@$(BIN)/python -m pip_audit --require-hashes --disable-pip -r requirements.lock

soak: $(READY) ## Run three years of quarters with many faults; some minutes
	@$(BIN)/python -m bench.operation.soak

test-nightly: $(READY) ## Run the simulations with 2,000 draws instead of 500
	@TRIN_DRAWS=2000 $(BIN)/python -m pytest -q -n 2 tests/worlds/test_simulations.py

test-browser: $(BROWSER_READY) ## Test the pages in Chromium (needs Debian's package chromium)
	@$(BIN)/python -m pytest -q -m "browser"

coverage: $(READY) ## Measure lines and branches that the fast tests reach
	@$(BIN)/python -m pytest -q -n 2 -m "not slow and not long and not browser and not calibration" --cov --cov-report=term:skip-covered

simulations: $(READY) ## Measure the coverage of intervals, for docs/validation.md; 15 minutes
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.truth.simulations

calibration: $(READY) ## Measure how often each rung is right, for docs/validation.md; some minutes
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.truth.ladder_calibration
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.truth.repeated_looks

bench: $(READY) ## Print timings as ratios; nothing is asserted
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

bench-rivals: $(READY) $(RIVALS_READY) ## Compare matching with other libraries, in a separate environment
	@$(BIN)/python -m bench.speed.matching

lint: $(READY) ## Check style, spelling and YAML
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@git ls-files -z | xargs -0 $(BIN)/codespell
	@$(BIN)/yamllint --strict .

types: $(READY) ## Check types, strictly in models and contracts
	@$(BIN)/mypy

laws: $(READY) ## Check which room and wing may import which
	@$(BIN)/lint-imports

docs: $(READY) ## Generate the reference pages
	@$(BIN)/python -m pipelines.documentation.reference_pages
	@$(BIN)/python -m pipelines.documentation.method_pages
	@$(BIN)/python -m pipelines.documentation.design_pages
	@$(BIN)/python -m bench.truth.validation

lock: $(READY) ## Update the locked requirements
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-strip-extras --extra dev pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-strip-extras --extra dev --extra browser --extra pdf -c requirements.lock pyproject.toml -o requirements-browser.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-strip-extras --extra dev --extra postgres -c requirements.lock pyproject.toml -o requirements-postgres.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-strip-extras --extra dev --extra kubernetes -c requirements-postgres.lock pyproject.toml -o requirements-kubernetes.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-strip-extras --extra docs -c requirements.lock pyproject.toml -o requirements-docs.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-strip-extras requirements-spark.in -o requirements-spark.lock

clean: ## Remove the environment and caches, never a home
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
