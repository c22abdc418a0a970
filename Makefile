# Two commands do everything on a fresh machine: `make gate` and `make test`.
# Recipes are silent: what stands on stdout is the command's own; set-up speaks on stderr.
PYTHON ?= python3
PY := .venv/bin/python
ARGS ?=
# Without a target the gate names the embedded one itself, also where CI is set.
TARGET := $(if $(findstring --target,$(ARGS)),,$(if $(PRODVERIFY_TARGET),,--target local))
MAKEFLAGS += --no-print-directory
# Hundreds of processes would each compile the same modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup gate test load soak faults proof bench golden lint clean

help:
	@printf '%s\n' \
	  'make gate    verify a service: the practice service, or ARGS="--target NAME|PATH -n 4"' \
	  'make test    prove the instruments: every check is shown to fail when it should' \
	  'make load    a load run of at most 30 s, with a verdict' \
	  'make soak    a load run of 30 minutes: memory and size of its record; ARGS="--seconds 60" for less' \
  'make faults  every kind of fault of the practice service against the checks; ARGS=--all for all' \
	  'make proof   the long form of make test' \
	  'make bench   measurements as one JSON object; ONLY=key,... for a part' \
	  'make golden  write the golden files of tests anew: rules, dashboard, reports; read their diff' \
	  'make lint    style, types, imports, secrets' \
	  'make clean   remove what set-up and tools made; evidence stays'

setup:
	@cmp -s requirements.lock .venv/installed.lock || { \
	  start=$$(date +%s); \
	  echo 'setting up .venv from requirements.lock ...' >&2; \
	  $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, this is " + sys.version.split()[0] + "; say make PYTHON=python3.12")' >&2 && \
	  $(PYTHON) -m venv --clear .venv >&2 && \
	  $(PY) -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements.lock >&2 && \
	  cp requirements.lock .venv/installed.lock && \
	  echo "set up .venv in $$(( $$(date +%s) - start )) s" >&2; }

gate: setup
	@$(PY) -m pytest checks/ $(TARGET) $(ARGS)

test: setup
	@$(PY) -m pytest tests/ -n 2 $(ARGS)

load: setup
	@$(PY) -m locust -f load/locustfile.py $(TARGET) $(ARGS)

soak: setup
	@PYTHONPATH=. $(PY) tests/bench/soak.py $(ARGS)

faults: setup
	@$(PY) -m fixtures.faulting $(ARGS)

proof: setup
	@$(PY) -m pytest tests/ -n 2 -m 'proof or not proof' $(ARGS)

bench: setup
	@PYTHONPATH=. $(PY) tests/bench/measure.py $(if $(ONLY),--only $(ONLY)) $(ARGS)

golden: setup
	@PRODVERIFY_GOLDEN=write $(PY) -m pytest tests/monitoring/test_golden.py tests/evidence/test_golden.py -q $(ARGS)

lint: setup
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/mypy --no-error-summary
	@.venv/bin/lint-imports --no-logo >/dev/null || .venv/bin/lint-imports --no-logo
# Outside a checkout the pipe would scan nothing, and say nothing.
	@git ls-files --error-unmatch Makefile >/dev/null
	@git ls-files -z | xargs -0 .venv/bin/detect-secrets-hook --no-verify --baseline .secrets.baseline

clean:
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
