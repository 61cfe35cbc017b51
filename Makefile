# Pillarbox: `make run` starts the server, `make test` tries everything. PYTHON chooses the interpreter.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --quiet --disable-pip-version-check
JOBS ?= 2
SOAK_ROUNDS ?= 2000
FUZZ_SECONDS ?= 3600

.PHONY: run test check bench soak docs peers clean

run: .venv/.run  ## start the server in try-out mode: nothing leaves this machine
	@exec $(BIN)/pillarbox

test: .venv/.test  ## every test; what needs other mail systems says so and is skipped until `make peers`
	@$(BIN)/pytest -q -n $(JOBS) --dist loadfile

check: .venv/.check .venv/.test  ## lint, types (for three systems), floors, house rules
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/mypy --platform win32 src
	@$(BIN)/mypy --platform darwin src
	@$(BIN)/lint-imports
	@$(BIN)/pytest -q tests/house

bench: .venv/.test peers  ## ratios against peers, measured in the same run; BENCH_FAST=1 for a short one
	@PYTHONPATH=tests $(BIN)/python -m bench

soak: .venv/.test peers  ## the long things: 2,000 crash rounds, large floods, an hour of fuzzing
	@PILLARBOX_CRASH_ROUNDS=$(SOAK_ROUNDS) $(BIN)/pytest -q -m soak
	@$(BIN)/python scripts/fuzz.py $(FUZZ_SECONDS)

docs: .venv/.run  ## write again the pages that are made from the sources
	@$(BIN)/python scripts/docs.py

peers:  ## install the mail systems that the interop tests and benchmarks speak with (Debian, as root)
	@bash scripts/peers.sh

clean:  ## remove everything that was made
	@rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Pillarbox needs Python 3.11 or newer, and '$(PYTHON)' is not one. Install it (Debian: apt install python3)"; \
	  echo "or name another: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments. Install the missing part (Debian: apt install python3-venv)."; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/.run: pyproject.toml | .venv/bin/python
	@echo "Installing into .venv ..."
	@$(PIP) install --editable .
	@touch $@

.venv/.test: .venv/.run
	@$(PIP) install --editable '.[test]'
	@touch $@

.venv/.check: .venv/.run
	@$(PIP) install --editable '.[check]'
	@touch $@
