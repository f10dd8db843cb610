# Two commands do everything on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
APPS := sidetrack integrations listening club taste
TEST_ARGS ?=
BENCH_ARGS ?=

# How a public site is set up, for the checks that look at it. Nothing is started or connected to.
PRODUCTION := env -u SIDETRACK_DEMO DEBUG=off SITE_URL=https://music.example.org ALLOWED_HOSTS=music.example.org \
	SECRET_KEY=only-for-checks-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGH \
	DATABASE_URL=postgres://sidetrack@localhost/sidetrack REDIS_URL= EMAIL_URL=smtp+tls://user:secret@mail.example.org:587

.PHONY: help setup setup-test run test check audit lock migrations guards bench bench-large screenshots

help: ## show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(VENV)/.installed ## make the virtual environment and install what the site needs

setup-test: $(VENV)/.installed-test

$(VENV)/.installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sidetrack needs Python 3.11 or newer; this is " + sys.version.split()[0])'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "This Python cannot make virtual environments. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing the packages into $(VENV); this takes a minute, and only once."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.installed-test: requirements-test.txt $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.txt
	@touch $@

run: setup ## set up, load a demo club on the first start, and run the site at http://127.0.0.1:8000 (or PORT=)
	@SIDETRACK_DEMO=$${SIDETRACK_DEMO:-on} exec $(MANAGE) up --bind 127.0.0.1:$(PORT)

test: setup-test ## run the whole suite on SQLite and again on PostgreSQL (TEST_ARGS="-k votes" chooses)
	@$(BIN)/python -m tests.run $(TEST_ARGS)

check: setup-test ## style, types, architecture, migrations, production settings, API document, known vulnerabilities
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_architecture.py
	$(MANAGE) makemigrations --check --dry-run
	$(PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING
	$(MANAGE) spectacular --validate --fail-on-warn --file /dev/null
	@$(MAKE) --no-print-directory audit

audit: setup-test ## ask the package index for known vulnerabilities
	@$(BIN)/python -m tests.audit

lock: setup-test ## write the pinned requirements anew from pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-header --quiet -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --extra test -c requirements.txt --universal --generate-hashes --no-header --quiet -o requirements-test.txt

migrations: ## write each app's initial migration anew, left to right (until the first release)
	rm -f $(foreach app,$(APPS),$(app)/migrations/0*.py)
	for app in $(APPS); do $(MANAGE) makemigrations $$app --name initial || exit 1; done

guards: setup-test ## take guards out one at a time and see that a test notices
	@$(BIN)/python -m tests.guards

bench: setup-test ## measure ours against a reference in one run, on both engines: 5 minutes
	@$(BIN)/python -m tests.bench $(BENCH_ARGS)

bench-large: setup-test ## the same with 10 million listens as well: half an hour, 16 GB of disk
	@$(BIN)/python -m tests.bench --large $(BENCH_ARGS)

screenshots: setup-test ## take a picture of every page in a headless browser
	@$(BIN)/python -m tests.screenshots
