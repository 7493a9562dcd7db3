# The one list of verbs. `make help` prints it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
JOBS ?= $(shell nproc)
PRESET ?= dev
BUILD := build/$(PRESET)
STEP := tools/step
EXECUTIONS ?= 1000000
SANITIZE ?= address,undefined
# The suites that start threads.
THREADED := wire_engine wire_kube_client wire_http wire_endpoints wire_metrics_source unit_endpoints unit_telemetry
export MILLRACE_HOME ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/millrace
export PYTHONPATH := e2e
# A checkout in another folder finds the same compilations.
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1
VENV := $(MILLRACE_HOME)/venv
PYTHON := $(VENV)/bin/python

help: ## print this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: ## install what building and testing need (Debian packages as root, Python packages into a folder of their own)
	@$(STEP) "packages" tools/install-packages
	@$(STEP) "python" tools/install-python $(VENV)
	@$(STEP) "mlflow" tools/install-mlflow $(MILLRACE_HOME)/mlflow
	@$(STEP) "dvc" tools/install-dvc $(MILLRACE_HOME)/dvc

build: setup ## compile everything for the tests
	@$(STEP) "configure" cmake --preset $(PRESET) --log-level=WARNING
	@$(STEP) "compile" ninja -C $(BUILD) -j $(JOBS) --quiet

test-fast: build ## every test that needs no cluster
	@$(STEP) "generated files" tools/generate $(BUILD)/millrace --check
	@$(STEP) "ctest" ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS)
	@$(STEP) "pytest of the fetcher" $(PYTHON) -m pytest -q --rootdir=fetcher -c fetcher/pyproject.toml fetcher/tests
	@MILLRACE_STEP=$(CURDIR)/$(BUILD)/step/millrace-step $(STEP) "pytest of step" $(PYTHON) -m pytest -q tests/step
	@MILLRACE=$(CURDIR)/$(BUILD)/millrace $(STEP) "pytest of the operator's process" $(PYTHON) -m pytest -q tests/program
	@$(STEP) "pytest of e2e" $(PYTHON) -m pytest -q e2e/testbed/tests e2e/cluster/tests e2e/faults/tests e2e/bench/tests

test-cluster: build ## end to end on a real cluster: that of KUBECONFIG, or three made here, side by side
	@$(STEP) "pytest on a real cluster" tools/test-cluster $(BUILD)

test: verify test-fast test-cluster ## all tests but the deep sweeps

test-deep: build ## the deep sweeps: two faults in a story, more kills and longer watching on a real cluster
	@MILLRACE_SIM_FAULTS=2 $(STEP) "simulation, two faults deep" ctest --test-dir $(BUILD) -L sim --output-on-failure -j $(JOBS)
	@MILLRACE_DEEP=1 MILLRACE_CLUSTERS=1 $(STEP) "pytest on a real cluster" tools/test-cluster $(BUILD)

fuzz: setup ## libFuzzer: EXECUTIONS of each target, or FUZZ='yaml uris'; SANITIZE=undefined: faster, without addresses; make test runs some of it
	@$(STEP) "clang" tools/install-packages clang-16 libclang-rt-16-dev
	@$(STEP) "configure" cmake --preset fuzz --log-level=WARNING -D MILLRACE_SANITIZE=fuzzer-no-link,$(SANITIZE)
	@$(STEP) "compile" ninja -C build/fuzz -j $(JOBS) --quiet fuzz
	@tools/fuzz build/fuzz $(EXECUTIONS) $(FUZZ)

test-threads: setup ## what has threads, under the thread sanitizer
	@$(STEP) "configure" cmake --preset tsan --log-level=WARNING
	@$(STEP) "compile" ninja -C build/tsan -j $(JOBS) --quiet $(THREADED)
	@TSAN_OPTIONS='history_size=5 suppressions=$(CURDIR)/tests/tsan.suppressions' $(STEP) "ctest" ctest --test-dir build/tsan -R '^($(subst $() ,|,$(THREADED)))$$' --output-on-failure -j $(JOBS)

demo: setup ## the main job end to end on a local real cluster, left up to play with
	@$(PYTHON) -m demo

bench: setup ## sizes, times and counts of the release build beside their floors, on a cluster of fake nodes
	@$(STEP) "configure" cmake --preset bench --log-level=WARNING
	@$(STEP) "compile" ninja -C build/bench -j $(JOBS) --quiet bench_engine press
	@$(PYTHON) -m bench

bench-polling: setup ## what 1,000 TrainingJobs cost that look for new data, on a cluster of fake nodes
	@$(PYTHON) -m bench.polling

format: ## format all sources
	@git ls-files '*.cpp' '*.h' | xargs clang-format-16 -i
	@$(VENV)/bin/ruff format -q fetcher e2e tests && $(VENV)/bin/ruff check -q --fix fetcher e2e tests

lint: setup ## linters over Python and shell
	@$(STEP) "ruff" $(VENV)/bin/ruff check fetcher e2e tests
	@$(STEP) "mypy" tools/mypy $(VENV)

generate: build ## write crds/ and the chart's copies from the schema tables
	@$(STEP) "generate" tools/generate $(BUILD)/millrace

verify: lint ## generated files and formats are what the sources say
	@$(STEP) "format" tools/check-format
	@$(STEP) "words" tools/check-words

times: ## the slowest units to compile
	@tools/times $(BUILD)

clean: ## remove build folders
	rm -rf build

.PHONY: help setup build test-fast test test-cluster test-deep fuzz test-threads demo bench bench-polling format lint generate verify times clean
