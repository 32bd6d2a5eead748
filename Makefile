# make book   set up, execute, build the HTML          make test   set up, run every check
# make serve  serve the built book on this machine     make lab    open the notebooks in JupyterLab
# make test CHAPTER=04_word_vectors   check one chapter: its units, its notebooks, its pages
# make drift  whether what is compared depends on the processor   make bench  our algorithms beside the usual library
# make clean  remove what was built (not .venv)
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8000
ENV := PYTHONPATH="$(CURDIR)" PYTHONHASHSEED=0
BIN := .venv/bin
ONE := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 # two test processes, a core each
export CHAPTER

.PHONY: book test serve lab drift bench clean install lint unit notebooks pages browser bundle

book: .venv/readers
	$(ENV) $(BIN)/python -m tools.build

serve: .venv/readers
	@test -d _build/html || $(MAKE) book
	@echo "The book is at http://localhost:$(PORT)/ (Ctrl+C ends it)"
	@$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

lab: .venv/readers
	$(ENV) $(BIN)/jupyter lab chapters

# The targets from `install` to `browser`, one after another, and a table of them in the end. What nbval passes in
# `notebooks` is what the pages show, so that `pages` executes nothing.
test:
	@"$(PYTHON)" -m tools.stages

install: .venv/contributors

lint: .venv/contributors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(ENV) $(BIN)/lint-imports --cache-dir _build/import_linter

unit: .venv/contributors
	$(ENV) $(ONE) $(BIN)/python -m pytest tests --ignore=tests/browser -n 2 --dist worksteal

notebooks: .venv/contributors
	rm -rf _build/claims && mkdir -p _build/claims
	$(ENV) BOOK_CLAIMS="$(CURDIR)/_build/claims" $(BIN)/python -m pytest -p tools.judge "chapters/$(CHAPTER)" -n 2 --dist loadfile --no-loadscope-reorder
	$(ENV) $(BIN)/python -m tools.claims _build/claims

pages: .venv/contributors
	$(ENV) $(BIN)/python -m tools.build

browser: .venv/contributors
	$(ENV) $(BIN)/python -m pytest tests/browser -n 2 -m "not alone"
	$(ENV) $(BIN)/python -m pytest tests/browser -m alone # what measures time

drift: .venv/contributors
	$(ENV) $(BIN)/python -m tools.drift

bench: .venv/contributors
	$(ENV) $(BIN)/python -m benchmarks

bundle: .venv/contributors
	$(BIN)/python -m tools.bundle

clean:
	rm -rf _build .pytest_cache .hypothesis .ruff_cache .import_linter_cache

.venv/bin/python:
	"$(PYTHON)" -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else f"The book needs Python 3.11 or newer, but {sys.executable} is {v[0]}.{v[1]}. Try: make PYTHON=/path/to/python3.11")'
	"$(PYTHON)" -m venv .venv

.venv/readers: requirements.txt constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@touch $@

.venv/contributors: pyproject.toml .venv/readers
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@
