# `make lab` opens JupyterLab with the panel, `make test` runs every test. Both set up what they need,
# in .venv and node_modules of this folder, and do again only what has changed.

PYTHON ?= python3
# Found before .venv comes first on the PATH: it is made by this Python, never by itself.
export PYTHON := $(shell command -v $(PYTHON))
LAB_ARGS ?=
PYTEST_ARGS ?=
# Processes of tests: one more than processors, as tests wait for what they start. With more, all
# together take no less time, and the slowest exceed their limits.
WORKERS ?= $(shell expr 1 + $$(nproc))
BENCH_ARGS ?=
SOAK_ARGS ?=

VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
SKIPPED := $(CURDIR)/$(VENV)/skipped
OLDEST := $(VENV)/oldest/.installed
HANDOVERS := $(CURDIR)/$(VENV)/handovers
FRONT_END := jupyter_jobqueue/labextension/package.json
FRONT_END_SOURCES := $(shell find labextension -type f \
	-not -path 'labextension/lib/*' -not -path 'labextension/test/*' 2>/dev/null)
PACKAGING := pyproject.toml package.json install.json $(wildcard jupyter-config/*/*.json)
SLURM_PACKAGES := munged=munge slurmctld=slurmctld slurmd=slurmd sbatch=slurm-client
# Not all of these have a command: they come and go together. Only root can start this one.
OAR_PACKAGES := $(addprefix oarsub=,oar-user oar-user-pgsql libjson-perl) \
	$(addprefix oar-server=,oar-server oar-server-pgsql oar-node postgresql) sshd=openssh-server
# The users of the JupyterHub, and what lets them reach a Python that only root can enter.
HUB_PACKAGES := useradd=passwd unshare=util-linux runuser=util-linux
SGE_PACKAGES := sge_qmaster=gridengine-master sge_execd=gridengine-exec qconf=gridengine-client \
	$(addprefix cc=,gcc libc6-dev)

export PATH := $(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Debian's chromium is used; Playwright need not bring another one.
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1

.DELETE_ON_ERROR:
.PHONY: help lab test quick check pytest oldest jest browser bench soak handovers clean
.PHONY: python-check front-end-check unit real-queues browser-tools
# Only `test` and `quick` run several things at the same time.
ifeq ($(MAKELEVEL),0)
.NOTPARALLEL:
endif
.DEFAULT_GOAL := help

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

lab: $(VENV)/lab ## Open JupyterLab with the panel (LAB_ARGS="--no-browser --port 9999")
	jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) $(LAB_ARGS)

# Several at the same time; the output of each comes as a whole. Tests of Python and of the browser
# measure and wait: each has the machine for itself.
TOGETHER := $(MAKE) --keep-going --no-print-directory --jobs=4 --output-sync=target

test: ## Run everything: check, jest, pytest with real Slurm and JupyterHub, browser; name what was skipped
	@rm -f $(SKIPPED)
	+@$(TOGETHER) check jest browser-tools; status=$$?; \
	$(MAKE) --no-print-directory pytest || status=$$?; \
	$(MAKE) --no-print-directory oldest || status=$$?; \
	$(MAKE) --no-print-directory browser || status=$$?; \
	echo; echo "skipped: $$(sort -u $(SKIPPED) 2>/dev/null | paste -sd ';' | sed 's/;/; /g')"; \
	exit $$status

quick: ## Run what needs no batch system and no browser, in two minutes: check, jest, unit tests
	+@$(TOGETHER) unit check jest

check: python-check front-end-check ## Lint, format and types of Python and TypeScript

python-check: $(VENV)/dev
	ruff check .
	ruff format --check .
	mypy

front-end-check: node_modules/.installed $(FRONT_END)
	jlpm lint:check

# The + has its output shown while it runs. Tests with something in common stay together, and those
# that take longest begin first: tests/conftest.py.
pytest: $(VENV)/dev $(OLDEST) real-queues ## Run the Python tests (PYTEST_ARGS="-k scale -x")
	+SKIPPED_FILE=$(SKIPPED) python -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder $(PYTEST_ARGS)

# The adapters and the embedded queue need the standard library only: they are left out.
oldest: $(OLDEST) ## Run tests with the lowest versions that pyproject.toml allows
	PYTHONPATH=$(CURDIR) $(VENV)/oldest/bin/python -m pytest -n $(WORKERS) --dist loadfile tests/server/test_life.py \
		$(addsuffix .py,$(addprefix tests/unit/test_,config defaults display folder plan snapshot spec store))

unit: $(VENV)/dev
	python -m pytest -n 2 --dist loadfile tests/unit tests/test_layers.py tests/test_package.py

real-queues: | $(VENV)/tools
	@scripts/apt-install $(SLURM_PACKAGES)
	@[ "$$(id -u)" != 0 ] || scripts/apt-install $(OAR_PACKAGES) $(HUB_PACKAGES)
	@scripts/apt-install $(SGE_PACKAGES)
	@scripts/unpack-htcondor $(VENV)/htcondor

jest: $(FRONT_END) ## Run the TypeScript unit tests, and measure what is loaded with the page
	jlpm test
	jlpm test:size

browser: $(VENV)/dev browser-tools ## Run the panel in Chromium
	@command -v google-chrome >/dev/null || scripts/apt-install chromium=chromium
	@if ! { command -v chromium || command -v google-chrome; } >/dev/null; then \
		echo "browser tests: no chromium" >>$(SKIPPED); \
	else \
		cd ui-tests && SKIPPED_FILE=$(SKIPPED) jlpm test; \
	fi

browser-tools: node_modules/.installed
	cd ui-tests && jlpm install --immutable

soak: $(VENV)/dev ## Random faults for some minutes, on the embedded queue (SOAK_ARGS="--minutes 20 --seed 7")
	python -m tests.soak $(SOAK_ARGS)

handovers: $(VENV)/dev real-queues ## Run work past time limits on each batch system, and print a table; takes an hour
	@rm -f $(HANDOVERS)
	JUPYTER_JOBQUEUE_TEST_HANDOVERS=$(HANDOVERS) python -m pytest -q tests/cluster/test_handover.py $(PYTEST_ARGS); \
	status=$$?; python -m tests.handovers $(HANDOVERS); exit $$status

bench: $(VENV)/bench ## Compare with dask-jobqueue on real Slurm (BENCH_ARGS=...)
	@scripts/apt-install $(SLURM_PACKAGES)
	python -m benchmarks $(BENCH_ARGS)

clean: ## Remove what was built, but neither .venv nor node_modules
	rm -rf dist build coverage labextension/lib jupyter_jobqueue/labextension
	rm -rf .mypy_cache .pytest_cache .ruff_cache .eslintcache .stylelintcache *.tsbuildinfo
	find jupyter_jobqueue tests -name __pycache__ -type d -exec rm -rf {} +

# ---- What the commands above need. The files in .venv without a suffix only say "done".

$(VENV)/tools:
	@command -v node >/dev/null || { echo "*** Node.js 20 or newer is needed, to build the panel"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "*** Python 3.11 or newer is needed: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || scripts/apt-install ensurepip=python3-venv
	[ -x $(BIN)/pip ] || $(PYTHON) -m venv --clear $(VENV)
	pip install --quiet 'jupyter-builder>=1.2,<2'
	@touch $@

# jlpm is the yarn that jupyter-builder brings.
node_modules/.installed: package.json yarn.lock | $(VENV)/tools
	jlpm install --immutable
	@touch $@

$(FRONT_END): package.json $(wildcard tsconfig*.json) $(FRONT_END_SOURCES) node_modules/.installed
	jlpm build:prod
	@touch $@

# Installing puts a copy of the front end where JupyterLab looks, so it follows each build.
$(VENV)/lab: $(PACKAGING) $(FRONT_END)
	pip install --quiet --editable '.[lab]'
	@touch $@

$(VENV)/dev: $(PACKAGING) $(FRONT_END)
	pip install --quiet --editable '.[lab,test,dev]'
	@touch $@ $(VENV)/lab

# Of the packages that pyproject.toml names the lowest versions, of what those need the newest.
$(OLDEST): pyproject.toml | $(VENV)/dev
	$(PYTHON) -m venv --clear $(VENV)/oldest
	uv pip install --quiet --python $(VENV)/oldest/bin/python --resolution lowest-direct --only-binary :all: \
		--requirements pyproject.toml --extra test
	@touch $@

$(VENV)/bench: $(VENV)/dev
	pip install --quiet --editable '.[bench]'
	@touch $@
