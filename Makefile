# `make` prints this file's verbs. Everything runs in .venv, which the first verb that needs it makes.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null \
	&& { echo $$p; break; }; done)
BIN    := .venv/bin
READY  := .venv/.installed
SOURCE := $(wildcard services tests benchmarks evidence)
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup demo fix check test test-ground sure schema migrate revision up down bench docs pictures evidence

help:
	@echo "make VERB, where VERB is"
	@awk -F ':.*## ' '/^[a-z][a-z%-]*:.*## / {printf "  %-14s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## make .venv from the locked requirements (the other verbs do it by themselves)

$(READY): requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Alliance needs Python 3.11, 3.12 or 3.13, and none was found." \
		"Install one, or name it: make $(or $(MAKECMDGOALS),setup) PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { \
		echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13" >&2; exit 1; }
	@test -e $@ || echo "First set-up: installing the locked requirements into .venv, about a minute ..." >&2
	@test -x $(BIN)/python && $(BIN)/python -c '' 2>/dev/null || "$(PYTHON)" -m venv --clear .venv
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)  ## serve everything on this machine with made-up people (ONCE=1: try it and leave)
	@$(BIN)/alliance demo $(if $(ONCE),--once)

fix: $(READY)  ## mend what can be mended by itself: lint and format
	@$(BIN)/ruff check --quiet --fix $(SOURCE)
	@$(BIN)/ruff format --quiet $(SOURCE)

check: $(READY)  ## lint, format, types, architecture, freshness of generated files
	@$(BIN)/ruff check --quiet $(SOURCE)
	@$(BIN)/ruff format --quiet --check $(SOURCE)
	@$(BIN)/mypy --no-error-summary $(SOURCE)
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/alliance schema --check
	@$(BIN)/python -m notifier kinds check >/dev/null
	@$(BIN)/python -m notifier kinds page | cmp -s - docs/reference/reminders.md || \
		{ echo "docs/reference/reminders.md is stale: make schema" >&2; exit 1; }
	@$(BIN)/python -m evidence.rfc9700 --page | cmp -s - docs/reference/rfc9700.md || \
		{ echo "docs/reference/rfc9700.md is stale: make schema" >&2; exit 1; }

test: $(READY)  ## every test, against a private PostgreSQL (ARGS=... goes to pytest)
	@$(BIN)/pytest -n auto --dist loadgroup $(ARGS)

test-ground: $(READY)  ## the pure floors' tests only: no database, seconds
	@$(BIN)/pytest -m ground $(ARGS)

sure: check test  ## check and test: what a commit must pass

schema: $(READY)  ## write the generated files anew
	@$(BIN)/alliance schema
	@$(BIN)/python -m notifier kinds page >docs/reference/reminders.md
	@$(BIN)/python -m evidence.smart
	@$(BIN)/python -m evidence.rfc9700 --page >docs/reference/rfc9700.md

migrate: $(READY)  ## bring the database at DATABASE_ADMIN_URL up to date
	@$(BIN)/alliance migrate

revision: $(READY)  ## begin a migration (M="what it does")
	@test -n "$(M)" || { echo 'make revision M="what it does"' >&2; exit 1; }
	@$(BIN)/alliance revision "$(M)"

up:  ## start the containers and wait until they are ready
	@docker compose up --detach --wait

down:  ## stop the containers; their data stays
	@docker compose down

bench: $(READY)  ## measure the read path (N=... cases, ARGS=... goes to benchmarks)
	@$(BIN)/python -m benchmarks $(if $(N),--n $(N)) $(ARGS)

pictures: $(READY)  ## draw the pictures of the pages anew
	@$(BIN)/python -m tests.pictures

docs: schema pictures evidence  ## write every generated page anew: reference and evidence

evidence: $(READY)  ## run every experiment and write docs/evidence.md
	@$(BIN)/python -m evidence all

evidence-%: $(READY)  ## run one experiment (SMALL=--small for a short one)
	@$(BIN)/python -m evidence $* $(SMALL)
