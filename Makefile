# make run      install what is missing and start the app at http://127.0.0.1:7860
# make test     install what tests need, check the code, run every test this machine can run
# make install  the part both share
# make check    format, lint, types, import direction
# make bench    the scripts behind each claim about speed or memory

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
FILES := pyproject.toml constraints.txt
GPU := $(shell command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L >/dev/null 2>&1 && echo ,gpu)
# Chromium without root and without apt is left to the user; the browser tests then say why they skip.
ROOT := $(shell [ "$$(id -u)" = 0 ] && echo yes)

.PHONY: run install test check bench format clean

run: $(VENV)/.installed$(GPU)
	$(BIN)/gemma-garage serve

install: $(VENV)/.installed$(GPU)

test: $(VENV)/.tested chromium check
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder || \
	  { echo "What failed beside other tests is tried once more, alone."; \
	    HF_HUB_OFFLINE=1 $(BIN)/python -m pytest --last-failed --last-failed-no-failures none; }

check: $(VENV)/.tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.tested
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.installed$(GPU)
	HF_HUB_OFFLINE=1 $(BIN)/python bench/training_speed.py "$$($(BIN)/gemma-garage starter)"

clean:
	rm -rf $(VENV) build *.egg-info

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Gemma Garage needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# torch first and alone: it is the largest part, and its pin decides between the CPU and CUDA build.
$(VENV)/.installed$(GPU): $(FILES) | $(BIN)/python
	@echo "Installing Gemma Garage (about 2 GB, a few minutes, only the first time)"
	$(PIP) install -q -c constraints.txt torch
	$(PIP) install -q -c constraints.txt -e ".[starter$(GPU)]"
	@touch $@

$(VENV)/.tested: $(VENV)/.installed$(GPU)
	$(PIP) install -q -c constraints.txt -e ".[starter,dev$(GPU)]"
	@touch $@

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || \
	  { [ "$(ROOT)" = yes ] && command -v apt-get >/dev/null 2>&1 && \
	    apt-get update -qq >/dev/null 2>&1 && apt-get install -y -qq chromium >/dev/null 2>&1; } || \
	  echo "No Chromium here and none could be installed: the browser tests will be skipped."
