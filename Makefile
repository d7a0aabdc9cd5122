# Two targets are all a newcomer needs: `make run` and `make test`.  Each sets up what it needs.

PYTHON ?= $(firstword $(foreach name,python3.13 python3.12 python3.11 python3,\
	$(shell $(name) -c 'import sys; sys.version_info >= (3, 11) or sys.exit(1); print("$(name)")' 2>/dev/null)))
BIN := .venv/bin

.PHONY: help run test warm warm-checked test-engine test-gateway test-faults test-checked test-uncompiled test-long bench bench-compare check format clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/ready  ## Play a whole trading day and show what came of it
	@$(BIN)/cuohe day

test: .venv/ready  ## Check the code, then run the tests: compiled, bounds-checked, and uncompiled
	@$(MAKE) --no-print-directory --jobs=3 check warm warm-checked
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=target test-gateway test-faults test-checked test-engine test-uncompiled

WARM := $(BIN)/python -c 'from engine.venue import warm_up; warm_up(print)'

warm: .venv/ready
	@$(WARM)

warm-checked: .venv/ready
	@NUMBA_BOUNDSCHECK=1 $(WARM) >/dev/null

ENGINE := tests/engine tests/quotes tests/storage tests/clearing
FAULTS := tests/crash tests/chaos tests/reliability

test-engine: .venv/ready
	$(BIN)/python -m pytest -q -m "not long" $(ENGINE)

test-faults: .venv/ready
	$(BIN)/python -m pytest -q -m "not long" $(FAULTS)

test-gateway: .venv/ready
	$(BIN)/python -m pytest -q -m "not long" tests $(ENGINE:%=--ignore=%) $(FAULTS:%=--ignore=%)

test-checked: .venv/ready
	NUMBA_BOUNDSCHECK=1 $(BIN)/python -m pytest -q -m "not long" tests/engine tests/quotes/test_against_naive.py

test-uncompiled: .venv/ready
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -q -m "not long" tests/engine tests/quotes/test_against_naive.py

test-long: .venv/ready  ## Run the long forms of the tests
	$(BIN)/python -m pytest -q --timeout 3600

bench: .venv/bench  ## Measure the engine's parts; results in .benchmarks/ as JSON and as a plot
	@mkdir -p .benchmarks
	@if [ -e .benchmarks/latest.json ]; then mv .benchmarks/latest.json .benchmarks/earlier.json; fi
	$(BIN)/python -m pytest bench -q -o python_files='bench_*.py' -o python_functions='bench_*' \
		--benchmark-only --benchmark-columns=min,median,rounds --benchmark-json=.benchmarks/latest.json
	@$(BIN)/python -m bench.ratios .benchmarks/latest.json --plot .benchmarks/latest.png

AGAINST ?= .benchmarks/earlier.json
bench-compare: .venv/ready  ## Compare the last `make bench` with AGAINST=FILE, by ratio to the floor
	@$(BIN)/python -m bench.ratios .benchmarks/latest.json --against $(AGAINST)

check: .venv/ready  ## Check format, style, import directions and types
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/lint-imports --no-cache --no-logo > .venv/lint-imports.txt || { cat .venv/lint-imports.txt; exit 1; }
	@$(BIN)/mypy
	@echo "format, style, imports and types are fine"

format: .venv/ready  ## Bring the code into the house's format
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix --quiet .

clean:  ## Remove the virtual environment and what the checks left behind
	rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/bench: .venv/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[bench]'
	@touch $@

.venv/ready: setup.cfg pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "cuohe needs Python 3.11 or newer; set PYTHON=..."; exit 1; }
	@echo "setting up .venv (once)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@
