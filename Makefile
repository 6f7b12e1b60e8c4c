# Every target does the set-up it needs: system packages, a virtual environment with pinned
# packages, the native module. A second run repeats only what changed. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules

VENV ?= .venv
REQUIREMENTS ?= requirements/dev.txt
PYTHON_VERSION ?=
BIN := $(VENV)/bin
PYTHON := $(BIN)/python
PYTEST_ARGS ?=
# Files side by side, a process for each core; more than four only start more servers. In the order of
# their names: by the number of tests, the longest ones would come last and run alone.
PYTEST := $(PYTHON) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
NATIVE_PROFILE ?= release

# Python and its library for the crates that link to it; absolute, because cargo runs elsewhere.
export PYO3_PYTHON = $(abspath $(PYTHON))
python_libdir = $$($(PYTHON) -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')

RUST_SOURCES := Cargo.toml Cargo.lock pyproject.toml \
	$(shell find crates -type f \( -name '*.rs' -o -name Cargo.toml -o -name '*.sql' -o -name '*.txt' \))

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r name text; do printf 'make %-14s %s\n' "$$name" "$$text"; done

# --- set-up ------------------------------------------------------------------------------------

.PHONY: build
build: $(VENV)/.native ## the virtual environment with howdah in it, native module in release mode

.PHONY: system
system:
	@tools/bootstrap system

$(VENV)/.requirements: $(REQUIREMENTS) tools/bootstrap | system
	@tools/bootstrap venv $(VENV) $(REQUIREMENTS) $(PYTHON_VERSION)
	@touch $@

$(VENV)/.native: $(RUST_SOURCES) $(VENV)/.requirements
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/maturin develop --quiet --profile $(NATIVE_PROFILE) --locked $(MATURIN_ARGS)
	@touch $@

.PHONY: reference
reference: build ## write docs/reference and docs/rules from the sources
	$(PYTHON) tools/generate_reference.py
	$(PYTHON) tools/generate_rule_pages.py

.PHONY: wheel
wheel: $(VENV)/.requirements ## a wheel for this Python in dist/
	$(BIN)/maturin build --release --locked --interpreter $(PYTHON) --out dist

.PHONY: requirements
requirements: ## pin the newest packages that requirements/*.in allow
	tools/pin-requirements

.PHONY: clean
clean: ## remove what the other targets made, but not a cluster with data
	rm -rf .venv .venv-bench .venv-3.11 .venv-django-3.11 .venv-django-3.13 target dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -f python/howdah/_native.*.so

# --- what a person runs ------------------------------------------------------------------------

.PHONY: demo
demo: build ## the example program on a real music shop, with an embedded server
	$(PYTHON) examples/demo.py

.PHONY: test
test: lint types rust-tests pooler test-311 python-tests ## everything that CI runs

.PHONY: test-sqlalchemy
test-sqlalchemy: ## SQLAlchemy's suite for dialects, compared with psycopg's dialect
	@$(MAKE) --no-print-directory VENV=.venv-bench REQUIREMENTS=requirements/bench.txt build
	.venv-bench/bin/python -m tests.integrations.sqlalchemy.compare

.PHONY: ready
ready: format lint types fast-tests ## before a commit: format, lint, types, fast tests

# What `make bench` runs beside the table of `python -m benches`.
BENCHES := server_start copying memory sqlalchemy_orm django_orm lint lint_growth migrations

.PHONY: bench
bench: ## compare with other drivers: client CPU, wall time and system calls
	@$(MAKE) --no-print-directory VENV=.venv-bench REQUIREMENTS=requirements/bench.txt build
	missed=0; for bench in $(BENCHES); do .venv-bench/bin/python -m benches.$$bench || missed=1; done; \
	.venv-bench/bin/python -m benches $(BENCH_ARGS) || missed=1; exit $$missed

.PHONY: bench-orm
bench-orm: ## compare the ORM with the bare driver and with other ORMs
	@$(MAKE) --no-print-directory VENV=.venv-bench REQUIREMENTS=requirements/bench.txt build
	missed=0; for bench in orm naive_vs_expert; do .venv-bench/bin/python -m benches.$$bench || missed=1; done; \
	exit $$missed

.PHONY: soak
soak: build ## a million queries of every kind, and what they leave behind
	$(PYTHON) -m benches.soak $(SOAK_ARGS)

# Two Pythons for two versions of Django; each environment has psycopg, to compare with.
.PHONY: test-django
test-django: ## Django's own tests on howdah's backend and on Django's own, compared
	@$(MAKE) --no-print-directory VENV=.venv-django-3.13 PYTHON_VERSION=3.13 \
		REQUIREMENTS=requirements/django-3.13.txt build
	@$(MAKE) --no-print-directory VENV=.venv-django-3.11 PYTHON_VERSION=3.11 \
		REQUIREMENTS=requirements/django-3.11.txt \
		MATURIN_ARGS='--target-dir $(or $(CARGO_TARGET_DIR),target)/python-3.11' build
	failed=0; for version in 3.13 3.11; do \
		.venv-django-$$version/bin/python tools/django_suite.py $(DJANGO_ARGS) || failed=1; \
	done; exit $$failed

.PHONY: servers
servers: ## PostgreSQL 12 to 17 and a pgbouncer that follows statements, in .servers/
	@tools/fetch-servers

.PHONY: pooler
pooler: # which the tests of poolers do without if it cannot be had
	@tools/fetch-servers pgbouncer

# What speaks with the server about everything, and is quick. Versions that could not be had are named.
VERSIONED := connection dbapi errors transactions types pipeline copy listening replication poolers
.PHONY: test-versions
test-versions: build servers ## the driver's fast tests on PostgreSQL 12, 13, 14, 16 and 17 in turn
	failed=0; for programs in .servers/postgresql-*; do \
		[[ -d $$programs ]] || { echo 'test-versions: no PostgreSQL in .servers: nothing tested'; failed=1; continue; }; \
		HOWDAH_TEST_POSTGRES=$${programs##*-} $(PYTEST) -m 'not slow' -q \
			$(addprefix tests/,$(VERSIONED)) $(PYTEST_ARGS) || failed=1; \
	done; exit $$failed

# --- the parts ---------------------------------------------------------------------------------

.PHONY: format
format: $(VENV)/.requirements ## rewrite the sources in the house format
	cargo fmt --all
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --quiet --fix .

.PHONY: lint
lint: $(VENV)/.requirements ## rustfmt, clippy and ruff, changing nothing
	cargo fmt --all --check
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	cargo clippy --quiet --locked --workspace --all-targets -- --deny warnings
	$(check-fuzz)

# The fuzz targets, as far as the stable compiler goes. Naming a library of libFuzzer's that need not be
# there spares building it, in C++: nothing is linked.
check-fuzz = CUSTOM_LIBFUZZER_PATH=none/libfuzzer.a cargo clippy --quiet --locked --all-targets \
	--manifest-path fuzz/Cargo.toml --target-dir $(or $(CARGO_TARGET_DIR),target) -- --deny warnings

.PHONY: types
types: build ## mypy, basedpyright on tests/typing, and the stub against the built module
	$(BIN)/mypy
	$(BIN)/basedpyright --level error
	$(PYTHON) -m mypy.stubtest howdah._native --ignore-disjoint-bases --allowlist tests/typing/stubtest-allowlist.txt

# cargo-nextest runs the tests of all crates side by side; cargo's own runner does where it is missing.
# Neither nextest nor the built module can run the examples in the documentation; `--doc` does.
.PHONY: rust-tests
rust-tests: build ## the tests of the crates
	export LD_LIBRARY_PATH="$(python_libdir):$${LD_LIBRARY_PATH:-}"; \
	if cargo nextest --version >/dev/null 2>&1; \
	then cargo nextest run --locked --workspace --no-fail-fast --status-level fail && cargo test --quiet --locked --workspace --doc; \
	else cargo test --locked --workspace --no-fail-fast; fi

.PHONY: python-tests
python-tests: build ## the Python tests, against servers that they start themselves
	$(PYTEST) $(PYTEST_ARGS)

.PHONY: fast-tests
fast-tests: build ## the Python tests that are not marked slow
	$(PYTEST) -m 'not slow' $(PYTEST_ARGS)

# The oldest supported Python gets a build and a target folder of its own: sharing one would
# rebuild the crates that link to Python at every change of version. Its build is a debug one:
# quicker to make, and with the checks for overflow and the assertions that a release leaves out.
# What is native through and through is the same on every Python, and is not tested again.
NATIVE := difference lint poolers schema server sql trace
.PHONY: test-311
test-311: ## the fast Python tests on Python 3.11, where that is installed
	@if tools/bootstrap python 3.11 >/dev/null 2>&1; then \
		$(MAKE) --no-print-directory VENV=.venv-3.11 PYTHON_VERSION=3.11 NATIVE_PROFILE=dev \
			MATURIN_ARGS='--target-dir $(or $(CARGO_TARGET_DIR),target)/python-3.11' \
			PYTEST_ARGS='$(addprefix --ignore=tests/,$(NATIVE)) $(PYTEST_ARGS)' fast-tests; \
	else echo 'test-311: no Python 3.11 on this machine: not tested with it'; fi
