# Every target makes .venv first if it is missing or older than what it is made from (tools/venv.sh).

PYTHON ?=
EXTRAS ?= dev
JOBS ?= 2
ARGS ?=

# Bytecode is kept: without it every start compiles torch again. One thread: more of them only fight on a small or busy machine.
export PYTHONDONTWRITEBYTECODE =
export OMP_NUM_THREADS ?= 1
export MKL_NUM_THREADS ?= 1
export TOKENIZERS_PARALLELISM ?= false
export HF_HUB_OFFLINE ?= 1
export TRL_EXPERIMENTAL_SILENCE ?= 1

VENV := .venv/.installed-$(EXTRAS)
RUN := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help demo test slow lint probe bench site versions adapters build clean

help: ## say what there is to make
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16
	@echo "  ARGS='…' goes to the command, PYTHON=… picks the interpreter, EXTRAS=dev,trl,… installs more"

demo: $(VENV) ## the main job, offline
	.venv/bin/proactive-gym demo $(ARGS)

test: $(VENV) ## the tests, without the slow ones
	$(RUN) -m pytest -n $(JOBS) $(ARGS)

slow: $(VENV) ## the slow tests (those of an extra are skipped where it is missing)
	$(RUN) -m pytest -m slow $(ARGS)

lint: $(VENV) ## ruff and mypy
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

probe: $(VENV) ## measure that the pictures make asking pay
	OMP_NUM_THREADS=$$(nproc) $(RUN) benchmarks/probe.py $(ARGS)

bench: $(VENV) ## speed on this machine
	.venv/bin/proactive-gym bench $(ARGS)

site: $(VENV) ## the documentation site, in site/
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict $(ARGS)

versions: $(VENV) ## the tests under every Python, with the newest and the lowest dependencies
	$(RUN) tools/versions.py $(ARGS)

adapters: $(VENV) ## the tests of the adapters, each with its real package in an environment of its own
	$(RUN) tools/adapters.py $(ARGS)

build: $(VENV) ## wheel and source archive, in dist/
	rm -rf build dist *.egg-info
	$(RUN) -m build --no-isolation

clean: ## remove all that make made; runs/ stays
	rm -rf .venv .versions build dist site *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV): pyproject.toml constraints.txt tools/venv.sh
	@PYTHON="$(PYTHON)" bash tools/venv.sh "$(EXTRAS)"
	@touch $@
