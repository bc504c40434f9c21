# One word a chore. The virtual environment is made on first use; CI runs the same words.
PYTHON ?= python3
STACK ?= embedded
# The release that the next one is compared with: the last tag, if there is one.
BEFORE ?= $(shell git describe --tags --abbrev=0 2>/dev/null)
BIN := .venv/bin
# Processes start by the hundred: they keep what Python and pytest compile, whatever the environment says.
export PYTHONDONTWRITEBYTECODE :=
OPTIONS = --stack=$(STACK) $(if $(LEAK),--leak=$(LEAK)) $(if $(DECOY),--decoy=$(DECOY)) $(if $(SEED),--seed=$(SEED)) $(ARGS)

.PHONY: isolation test browser check format serve bench bench-leaks release-check bench-peers redis-incident distributed lock clean

isolation: .venv/ready  ## the main job: many tenants in Click & Drop, every response judged
	$(BIN)/partywall run isolation_tests -n auto --maxprocesses=4 $(OPTIONS)

test: .venv/ready  ## the tests of partywall and of clickdrop themselves, with coverage
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n auto --dist worksteal -q $(ARGS)
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

browser: .venv/ready  ## two tenants side by side, and the page of a run, in a real browser, headless; needs Debian's package chromium
	$(BIN)/python -m pytest -q tests/partywall/browser.py tests/clickdrop/web/browser.py $(ARGS)

check: .venv/ready  ## format, lint, strict types, import direction
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

serve: .venv/ready  ## the reference service on a free port, with two demo tenants
	$(BIN)/clickdrop serve --port 0 --demo --stack $(STACK) $(if $(LEAK),--leak $(LEAK)) $(if $(DECOY),--decoy $(DECOY)) $(ARGS)

bench: .venv/ready .venv-bench/ready
	$(BIN)/python -m benchmarks

bench-leaks: .venv/ready  ## which planted leak is found by what, over seeds: hours; goes on where it was stopped
	$(BIN)/python -m benchmarks.kill_matrix $(ARGS)

release-check: .venv/ready  ## by what bench-leaks measured: all ran well, no alarm, enough leaks found, none more seldom than in BEFORE
	$(BIN)/python -m benchmarks.kill_matrix --check $(if $(BEFORE),--against $(BEFORE)) $(ARGS)

bench-peers: .venv/ready .venv-peers/ready  ## what other tools find on the same ground; goes on where it was stopped
	$(BIN)/python -m benchmarks.peers $(ARGS)

redis-incident: .venv/ready  ## redis-py of March 2023 against mended ones, under the explorer; installs them into throw-away folders
	PYTHONPATH=. $(BIN)/python scripts/redis_incident.py $(ARGS)

distributed: .venv/ready .venv-bench/ready  ## Locust's master and three workers in network namespaces, against one; as root
	$(BIN)/python -m pytest -q tests/partywall/distributed/with_locust.py
	PYTHONPATH=src:reference/src:. $(BIN)/python scripts/distributed.py --locust .venv-bench/bin/python $(ARGS)

lock:  ## pin every dependency anew; needs uv
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --group dev --group browser --extra production --extra fast pyproject.toml reference/pyproject.toml --output-file requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --group bench --extra fast pyproject.toml --output-file requirements-bench.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --group pyproject.toml:peers --output-file requirements-peers.lock

clean:
	rm -rf .venv .venv-bench .venv-peers reports/runs .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/ready: requirements.lock pyproject.toml reference/pyproject.toml
	$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("Python 3.11 or newer is needed; came %d.%d" % v[:2])'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e . -e reference
	touch $@

.venv-bench/ready: requirements-bench.lock pyproject.toml  ## other HTTP clients, to measure beside partywall's
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --require-hashes -r requirements-bench.lock
	touch $@

.venv-peers/ready: requirements-peers.lock  ## the tools that docs/peers.md compares
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --require-hashes -r requirements-peers.lock
	touch $@
