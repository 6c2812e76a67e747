# Two commands: `make run` and `make test`. Both need Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= 8080

.PHONY: run test install sweep chaos screenshots lint translations schemas clean

run: $(VENV)/installed
	FORMLOOM_DEMO=1 PORT=$(PORT) exec $(BIN)/formloom serve --init --pack config

# A file of tests runs in one process, one after another; files share the cores.
test: lint
	$(BIN)/pytest -n auto --dist loadfile

lint: $(VENV)/installed-dev
	$(BIN)/ruff check platform tests plugins benchmarks tools
	$(BIN)/mypy
	$(BIN)/lint-imports

install: $(VENV)/installed

# The same sweeps with many times the examples, too slow for every run. The first says that FEEL gives one answer in
# Python, SQLite, PostgreSQL and the browser.
sweep: $(VENV)/installed-dev
	FORMLOOM_EXAMPLES=6000 $(BIN)/pytest tests/parity tests/storage/test_query.py
	FORMLOOM_EXAMPLES=5000 $(BIN)/pytest tests/feel tests/calendars
	FORMLOOM_EXAMPLES=1000 $(BIN)/pytest tests/workflow/decisions/test_coverage.py

# A thousand approvals while everything dies, on a PostgreSQL of its own where one is installed; some minutes.
chaos: $(VENV)/installed-dev
	FORMLOOM_CHAOS=1000 $(BIN)/pytest tests/workflow/chaos -s

screenshots: $(VENV)/installed-dev
	rm -rf docs/images
	FORMLOOM_SCREENSHOTS=1 $(BIN)/pytest tests/journeys

translations: $(VENV)/installed-dev
	$(BIN)/python tools/translations.py

schemas: $(VENV)/installed-dev
	$(BIN)/python tools/schemas.py

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Formloom needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) var build dist
