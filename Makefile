# Every target sets up what it needs; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
READY_PROVE := $(VENV)/.ready-prove

# The core without its modules of msgspec structs, which mypyc cannot compile, and what else runs once an order.
COMPILED := build/compiled
CORE := $(filter-out %/__init__.py %/entry.py %/state_layout.py %/summary.py %/erasure.py %/errors.py %/rules.py,$(wildcard stream_app/core/*.py))
COMPILABLE := model_store/scoring.py stream_app/contract/change_record.py stream_app/contract/complexity.py \
	stream_app/worker/rows.py stream_app/worker/fetch.py stream_app/worker/loader.py $(CORE)

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo demo-picture pictures test system-tools observe prove compile bench audit sbom fuzz lint format type docs site space lock clean

help:  ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## Make .venv with what the demo needs, from locked hashes.

setup-dev: $(READY_DEV)  ## Add what tests and checks need.

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "segstream needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: apt install python3-venv"; exit 1; }

# $(call install,LOCK): what is in the lock, then this project; the time and the size are those of this machine.
# uv takes a fifth of pip's time (31 and 164 s for what the tests need, on two cores). It is told of pip's index; where it
# cannot install for all that, pip does.
PIP := $(BIN)/pip install -q --disable-pip-version-check
UV := $(BIN)/uv pip install -q --system-certs --compile-bytecode --python $(BIN)/python
define install
	@began=$$(date +%s); \
	index=$${PIP_INDEX_URL:-$$($(BIN)/pip config get global.index-url 2> /dev/null)}; \
	[ -z "$$index" ] || export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$index}"; \
	{ $(PIP) --require-hashes -r requirements-uv.lock && $(UV) --require-hashes -r $(1) && $(UV) --no-deps --no-build-isolation -e . ; } 2> /dev/null \
		|| { $(PIP) --require-hashes -r $(1) && $(PIP) --no-deps --no-build-isolation -e . ; } \
		|| { echo "The packages could not be installed: is the package index reachable, and the disk not full? make again goes on."; exit 1; }; \
	echo "Installed in $$(( $$(date +%s) - began )) s: $(VENV) has $$(du -sm $(VENV) | cut -f1) MB."
endef

$(READY): requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the locked packages into $(VENV), once: about 1,000 MB (PyArrow, SciPy, Java, pandas, NumPy, DuckDB …)"
	$(call install,requirements.lock)
	@touch $@

$(READY_DEV): requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the locked packages into $(VENV), once: about 1,750 MB with what the tests need"
	$(call install,requirements-dev.lock)
	@touch $@ $(READY)

$(READY_PROVE): requirements-spark.lock $(READY_DEV)
	@echo "Installing Spark into $(VENV), once: about 500 MB"
	$(call install,requirements-spark.lock)
	@touch $@

demo: $(READY)  ## Run everything here, from Kafka to segment changes (ARGS=--until-done ends by itself).
	@$(BIN)/segstream --version > /dev/null 2>&1 || { echo "$(VENV) does not work any more (this folder was moved, or its Python is gone): make clean demo"; exit 1; }
	@$(BIN)/segstream demo $(ARGS)

demo-picture: $(READY)  ## Draw docs/images/demo.svg anew, from a run of the demo.
	@$(BIN)/python -m bench.demo_picture docs/images/demo.svg

# Most of a test's time is waiting for Kafka: four at once, with one Kafka, and a Valkey for each process; the
# files in their order, so that the short ones come last and nobody waits for one long file at the end.
# Before them, what is fetched and built and what is checked goes side by side.
test:  ## Everything that must pass.
	@$(MAKE) --no-print-directory -j 4 $(READY_DEV) system-tools lint type
	@$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

system-tools:  ## Bring Chromium and Prometheus for the tests: by apt as root, else unpacked into .tools.
	@tests/system_tools.sh

pictures: $(READY_DEV) system-tools  ## Take the pictures in docs/images/dashboard anew.
	@SEGSTREAM_SCREENSHOTS=1 SEGSTREAM_PROVE=1 $(BIN)/pytest -n 0 tests/browser/test_dashboard_walk.py

observe: $(READY_DEV) system-tools  ## Ask a real Prometheus beside a demo what dashboards and alerts ask.
	@PATH="$$PATH:$(CURDIR)/.tools/debian/usr/bin" $(BIN)/python -m handbook.observation

prove: $(READY_PROVE) compile  ## The long forms of the proofs in `make test`, and the laws on the compiled core.
	@SEGSTREAM_PROVE=1 HYPOTHESIS_PROFILE=long $(BIN)/pytest --timeout=3600 $(ARGS)
	@cp -r tests bench pyproject.toml $(COMPILED)/ && cd $(COMPILED) && $(CURDIR)/$(BIN)/pytest tests/properties

compile: $(READY_DEV)  ## Compile the pure core with mypyc into build/compiled (needs a C compiler; optional).
	@rm -rf $(COMPILED) && mkdir -p $(COMPILED) && cp -r stream_app model_store trainer $(COMPILED)/
	@cd $(COMPILED) && MYPYPATH=. $(CURDIR)/$(BIN)/mypyc $(COMPILABLE) > compile.log 2>&1 || { cat compile.log; exit 1; }

bench: $(READY_DEV) compile  ## Measure; the table is in docs/benchmarks.md.
	@SEGSTREAM_COMPILED=$(CURDIR)/$(COMPILED) $(BIN)/python -m bench $(ARGS)

# Tools that nothing of ours imports: each in an environment of its own, from a lock of its own.
AUDIT := build/audit
FUZZ := build/fuzz

$(AUDIT)/.ready: requirements-audit.lock | $(VENV)/bin/python
	@$(PYTHON) -m venv $(AUDIT) && $(AUDIT)/bin/pip install -q --disable-pip-version-check --require-hashes -r $< && touch $@

audit: $(READY_DEV) $(AUDIT)/.ready  ## Ask PyPI and OSV for advisories about every locked package (needs the network).
	@$(BIN)/python -m handbook.audit $(AUDIT)/bin/pip-audit requirements-worker-full.lock requirements-api.lock requirements-dashboard.lock requirements-train.lock requirements.lock requirements-dev.lock requirements-spark.lock

sbom: $(READY_DEV)  ## Write what is installed, in CycloneDX's format, into build/sbom.
	@$(BIN)/python -m handbook.sbom

$(FUZZ)/.ready: requirements-worker.lock requirements-fuzz.lock | $(VENV)/bin/python
	@$(PYTHON) -m venv $(FUZZ) && $(FUZZ)/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements-worker.lock && $(FUZZ)/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements-fuzz.lock && touch $@

fuzz: $(FUZZ)/.ready  ## Give the reader of orders 1,000,000 inputs that Atheris makes (Linux; ARGS=-atheris_runs=…).
	@$(FUZZ)/bin/python -m tests.fuzz.order_decoder -atheris_runs=1000000 $(ARGS)

lint: $(READY_DEV)  ## Style and spelling.
	@$(BIN)/ruff check -q .
	@$(BIN)/ruff format -q --check .
	@$(BIN)/codespell -q 3 README.md docs examples handbook stream_app trainer model_store tests

type: $(READY_DEV)  ## Strict types.
	@$(BIN)/mypy stream_app model_store trainer handbook
	@MYPYPATH=examples $(BIN)/mypy examples/*.py

format: $(READY_DEV)  ## Put the code into the house format.
	@$(BIN)/ruff check -q --fix . ; $(BIN)/ruff format -q .

docs: $(READY_DEV)  ## Write anew what is generated: schemas, parts of docs/, the site's navigation.
	@$(BIN)/python -m stream_app.contract.schemas
	@$(BIN)/python -m handbook

site: $(READY_DEV)  ## Build docs/ as a web site into build/site.
	@$(BIN)/zensical build --clean --strict

SPACE := build/space

space:  ## Put what a Hugging Face Space needs, and nothing else, into build/space.
	@rm -rf $(SPACE) && mkdir -p $(SPACE)
	@tar -cf - --exclude=__pycache__ pyproject.toml LICENSE requirements-space.lock requirements-build.lock \
		model_store stream_app trainer deploy/huggingface/start.sh | tar -xf - -C $(SPACE)
	@cp deploy/huggingface/README.md deploy/huggingface/Dockerfile $(SPACE)/

LOCK := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-strip-extras

lock: $(READY_DEV)  ## Resolve the lock files anew.
	$(LOCK) pyproject.toml -o requirements-worker.lock
	$(LOCK) --extra objectstore --extra signature --extra otel pyproject.toml -o requirements-worker-full.lock
	$(LOCK) --extra api --extra objectstore --extra signature pyproject.toml -o requirements-api.lock
	$(LOCK) --extra dashboard pyproject.toml -o requirements-dashboard.lock
	$(LOCK) --extra train --extra sample --extra objectstore --extra signature --extra otel pyproject.toml -o requirements-train.lock
	$(LOCK) --extra space pyproject.toml -o requirements-space.lock
	$(LOCK) --group build -o requirements-build.lock
	$(LOCK) --group install -o requirements-uv.lock
	$(LOCK) --group audit -o requirements-audit.lock
	$(LOCK) --group fuzz -o requirements-fuzz.lock
	$(LOCK) --extra demo pyproject.toml -o requirements.lock
	$(LOCK) --extra dev pyproject.toml -o requirements-dev.lock requirements-spark.lock
	$(LOCK) --extra spark -c requirements-dev.lock pyproject.toml -o requirements-spark.lock

clean:  ## Remove what was built.
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
