# `make demo` and `make test` set up everything that they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test regress lint docs clean

demo: $(VENV)/.core
	$(BIN)/python -m build_decoder

test: $(VENV)/.all
	$(BIN)/ruff check .
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist worksteal

regress: $(VENV)/.all
	$(BIN)/python -m pytest -n 2 --dist worksteal
	$(BIN)/python -m build_decoder.sim.fuzz --networks 200 --seed 1
	$(BIN)/python -m build_decoder.sim.fuzz --networks 40 --seed 2 --verilog
	for network in ahead_case1 ahead_case2 ahead_fig4; do \
	  $(BIN)/python -m build_decoder.sim.verify $$network --samples all || exit 1; \
	  $(BIN)/python -m build_decoder.sim.netlist $$network --target xc7 --samples 20 || exit 1; \
	  $(BIN)/python -m build_decoder.sim.netlist $$network --target ecp5 --samples 20 || exit 1; \
	done

lint: $(VENV)/.all
	$(BIN)/ruff check .

docs: $(VENV)/.all
	$(BIN)/sphinx-build -q -W --keep-going docs build/site

clean:
	rm -rf build

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/.all: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[train,dev]'
	touch $@ $(VENV)/.core
