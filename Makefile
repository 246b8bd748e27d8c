# `make help` tells what there is. Everything runs from a fresh clone with Python 3.11 or newer and a network.

PYTHON := $(shell for one in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$one" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$one" && break; done)
MACHINE := $(PYTHON) -I practice/local/machine.py
PY := .venv/bin/python
# Whether the environment is that of uv.lock is told by a file that carries its checksum.
READY := .venv/ready-$(shell cksum < uv.lock | tr ' ' -)

# How many processes test at once: make test PROCESSES=3.
PROCESSES ?= 2

.PHONY: help demo rehearse test tests lint style types supply materials bench chaos stop environment libraries browser

help:
	@echo "make demo          a practice to click through: http://localhost:8000 (Ctrl-C ends it, the data is kept)"
	@echo "make demo RESET=1  the same, from the beginning"
	@echo "make demo CHECK=1  start it, walk through it, stop it: does everything work?"
	@echo "make rehearse      beside a running demo: some days of one couple over a change of the clocks, in two zones"
	@echo "make test          lint, types, import contracts and all tests"
	@echo "make lint          the first three of them, whether new migrations can come in while people work,"
	@echo "                   and what the packages are: hashes, licences, known holes"
	@echo "make materials     the bill of materials (CycloneDX), for whoever has to keep one"
	@echo "make bench         the benchmarks"
	@echo "make chaos         kills, cuts off and confuses real processes for ten minutes (ATTUNE_CHAOS_MINUTES), and counts"
	@echo "make stop          end PostgreSQL and Valkey if something left them running"

demo: environment libraries
	@ATTUNE_DEMO=1 exec $(PY) manage.py demo $(if $(RESET),--reset) $(if $(CHECK),--check)

rehearse: environment libraries
	@ATTUNE_DEMO=1 exec $(PY) manage.py rehearse $(FIRST)

# Style and contracts are told at once; types are looked through beside the tests.
test: style browser
	@$(MAKE) --no-print-directory -j 2 types tests

# One server for both: whoever started it stops it at the end.
tests: environment libraries browser
	$(PY) -m practice.local run sh -c '$(PY) manage.py makemigrations --check && \
		exec $(PY) -m pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder'

lint: style types supply
	$(PY) -m practice.local run sh -c '$(PY) manage.py makemigrations --check && \
		$(PY) -m practice.local.migration_rules'

style: environment libraries
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	.venv/bin/lint-imports

types: environment libraries
	$(PY) -m mypy

# Says so, and goes on, where the list of known holes is out of reach.
supply: environment
	$(PY) -m practice.local.supply

materials: environment
	@.venv/bin/uv export --frozen --quiet --no-default-groups --format cyclonedx1.5 \
		--preview-features sbom-export

bench: environment libraries
	$(PY) -m practice.local run $(PY) -m pytest tests/benchmarks -p no:xdist -s

# The properties that are numbered R1 to R28.
PROPERTIES := $(shell seq -f 'test_r%g_' -s ' or ' 1 28) or test_b14_ or test_b34_ or test_b146_

# What is tried with two worlds begins elsewhere every day; the number is printed, and given again repeats the day.
DAY := $(shell date -u +%Y%m%d)

# ATTUNE_CHAOS_SEED repeats a run; ATTUNE_EXAMPLES says how hard the properties of time and sending are tried,
# ATTUNE_WORLDS how many pairs of worlds are compared (some seconds each), and ATTUNE_WORLDS_SEED which ones.
chaos: environment libraries
	$(PY) -m tests.chaos
	$(PY) -m practice.local run $(PY) -m pytest -q tests/chaos/fire.py
	ATTUNE_EXAMPLES=$${ATTUNE_EXAMPLES:-20000} $(PY) -m practice.local run $(PY) -m pytest -n 2 --dist load -q \
		-m "not browser" --ignore=tests/chaos -k "$(PROPERTIES)"
	@echo "Two worlds: ATTUNE_WORLDS_SEED=$${ATTUNE_WORLDS_SEED:-$(DAY)} tries the same ones again."
	ATTUNE_WORLDS=$${ATTUNE_WORLDS:-60} ATTUNE_WORLDS_SEED=$${ATTUNE_WORLDS_SEED:-$(DAY)} \
		$(PY) -m practice.local run $(PY) -m pytest -q tests/test_silence_of_doors.py -k test_b15_worlds

stop: environment
	$(PY) -m practice.local stop

environment: $(READY)

$(READY):
	@test -n "$(PYTHON)" || { echo "Attune needs Python 3.11 or newer as python3." >&2; exit 1; }
	@$(MACHINE) environment
	@rm -f .venv/ready-* && touch $@

libraries: environment
	@$(MACHINE) libraries

browser: environment
	@$(MACHINE) browser
