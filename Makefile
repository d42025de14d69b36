# Every target makes .venv first, from requirements.lock, if it is not there or not up to date.

VENV := .venv
BIN := $(VENV)/bin

# Recorded carrier, storefront and benchmark data that some tests compare with.
FULFILLMENT_DATA ?= $(abspath $(wildcard ../shared/data))
ifneq ($(strip $(FULFILLMENT_DATA)),)
export FULFILLMENT_DATA
else
unexport FULFILLMENT_DATA
endif

# Passed on: make demo KEEP=1 SCENARIO=name, make test ARGS="-k allocation", make bench ARGS=...
KEEP ?=
SCENARIO ?=
ARGS ?=
# Test processes, more than two cores need, since each waits now and then; each has a Temporal
# server of its own, and starts many more, for which bytecode is
# kept whatever the environment says: to compile it takes half of a command's start.
JOBS ?= 3

# Bytecode is kept: many tests start a command or a worker of their own. Each Temporal server keeps
# to one core, which costs a seventh less than to share several with the others.
PYTEST = GOMAXPROCS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/pytest --numprocesses=$(JOBS) --dist=loadfile --no-loadscope-reorder

LOCK = $(BIN)/uv pip compile pyproject.toml --extra dev --universal --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --quiet -o requirements.lock

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo cluster test coverage check up bench chaos soak lock format clean

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.installed ## Carry sample orders to their customers, with a real Temporal server; KEEP=1, SCENARIO=name.
	$(BIN)/python -m fulfillment.simulation.demo $(if $(KEEP),--keep) $(if $(SCENARIO),--scenario $(SCENARIO))

cluster: $(VENV)/.installed ## Do the same on a Temporal cluster on PostgreSQL, over HTTP; KEEP=1, SCENARIO=name; needs Go.
	$(BIN)/python -m fulfillment.simulation.cluster $(if $(KEEP),--keep) $(if $(SCENARIO),--scenario $(SCENARIO))

test: $(VENV)/.kernels ## Run the whole test suite; ARGS go to pytest.
	$(PYTEST) $(ARGS)

coverage: $(VENV)/.kernels ## Run it with its coverage measured, which takes twice as long; ARGS go to pytest.
	$(PYTEST) --cov --cov-report=term $(ARGS)

check: $(VENV)/.installed ## Check format, lint, types, layers, lock and what is committed; changes nothing.
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest --noconftest -q tests/packaging/test_repository.py tests/packaging/test_layers.py

up: $(VENV)/.installed ## Start a Temporal server with its UI, and the workers, until Ctrl-C.
	$(BIN)/python -m fulfillment.entrypoints.up

bench: $(VENV)/.kernels ## Run the benchmarks; each prints JSON.
	@set -e; for file in $(filter-out bench/soak.py bench/_%.py,$(wildcard bench/*.py)); do \
		name=$${file##*/}; echo "$$name" >&2; $(BIN)/python -m "bench.$${name%.py}" $(ARGS); \
	done

chaos: $(VENV)/.installed ## Break everything for ten minutes, then count what was lost; ARGS="--smoke --seed 7 --times 2".
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m fulfillment.simulation.chaos $(ARGS)

soak: $(VENV)/.installed ## Run orders through crashes and faults for minutes, then verify the books.
	$(BIN)/python -m bench.soak $(ARGS)

lock: $(VENV)/.installed ## Compile requirements.lock anew from pyproject.toml; ARGS=--upgrade takes newer releases.
	$(LOCK) $(ARGS)

format: $(VENV)/.installed ## Format the code and mend what ruff can mend safely.
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

clean: ## Remove caches, coverage and builds; .venv and the product's own data stay.
	rm -rf .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	rm -rf build dist htmlcov var/ci
	find activities bench fulfillment tests workflows -name __pycache__ -type d -prune -exec rm -rf {} +

# Two stamps: a changed lock installs the dependencies, a changed pyproject.toml only the product.
$(VENV)/.dependencies: requirements.lock
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		for name in python3.13 python3.12 python3.11 python3; do \
			if $$name -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
			then python=$$name; break; fi; \
		done; \
		if [ -z "$${python:-}" ]; then \
			echo "make: expected Python 3.11 or later with its venv module as python3.13, python3.12," \
				"python3.11 or python3; found $$(python3 --version 2>&1 | head -n 1 || true)." \
				"Install it (on Debian: apt-get install python3 python3-venv) and repeat." >&2; \
			exit 1; \
		fi; \
		echo "Making $(VENV) with $$($$python --version)"; \
		$$python -m venv --clear $(VENV); \
	fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@touch $@

$(VENV)/.installed: $(VENV)/.dependencies pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m fulfillment.planners
	@touch $@

# What loads containers takes a minute to compile, and no order needs it.
$(VENV)/.kernels: $(VENV)/.installed $(wildcard fulfillment/domain/*_kernel.py) fulfillment/domain/container_loading.py
	$(BIN)/python -m fulfillment.planners --containers
	@touch $@
