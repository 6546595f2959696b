# make demo     see it work: a real app, a client generated from it, typed calls
# make test     the tests (real servers of three Gradio versions) in seven minutes; ALL=1 runs the
#               long ones, too
# make check    lint, format and types only
# make bench    figures beside the official client and bare httpx, in ten minutes; QUICK=1 in two
# make docs     the documentation, into site/
# make clean    remove environments and everything that was built

SHELL := /bin/sh
PYTHON ?= $(shell scripts/find-python)
RUN := $(if $(filter Windows_NT,$(OS)),.venv/Scripts/python,.venv/bin/python)
# For two cores: tests wait about as long as they work.
JOBS ?= 4
TESTS ?=
ALL ?=
QUICK ?=

# Without bytecode each worker, and each of the hundreds of programs that tests start, would compile
# every module anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check bench docs clean pin environment environments

demo: environment
	@$(RUN) scripts/demo.py

test: environments
	$(RUN) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --durations 15 $(if $(ALL),,-m 'not slow') $(TESTS)

check: environment
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pyright
	$(RUN) -m mypy

bench: environment
	$(RUN) -m benchmarks $(if $(QUICK),--quick --output build/bench)

docs: environment
	$(RUN) -m mkdocs build --strict

environment:
	@test -n "$(PYTHON)"
	@"$(PYTHON)" scripts/environments.py dev >/dev/null

environments: environment
	@$(RUN) scripts/environments.py 5.50.0 >/dev/null || test $$? -eq 3
	@$(RUN) scripts/environments.py 4.44.1 >/dev/null || test $$? -eq 3

pin: environment
	$(RUN) scripts/environments.py --pin

clean:
	rm -rf .venv .envs build dist site runtime/dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .gradio flagged
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
