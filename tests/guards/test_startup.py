"""What starting up must not cost: the modules that are not imported, the processes that are not
run. Counts of a mechanism, never times.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks import generation
from tests.support.scripts import python

HEAVY = {
    "httpx",
    "asyncio",
    "pydantic",
    "jinja2",
    "datamodel_code_generator",
    "rich",
    "ssl",
    "http",
    "email",
}
NOT_FOR_A_CLIENT = HEAVY | {
    "dataclasses",
    "threading",
    "uuid",
    "pathlib",
    "logging",
    "json",
    "inspect",
    "subprocess",
    "socket",
    "typing_extensions",
    "importlib",
}

SPY = """
import json, sys
runs = []
def keep(name, arguments):
    if name == "subprocess.Popen":
        runs.append(str(arguments[0]))
sys.addaudithook(keep)
try:
{code}
except SystemExit as end:
    if end.code: raise
modules = sorted({{name.partition(".")[0] for name in sys.modules}})
print("\\n" + json.dumps({{"modules": modules, "runs": runs, "extra": globals().get("extra")}}))
"""


def spied(code: str, cwd: Path) -> dict[str, list[str]]:
    """Run code in a fresh interpreter; the top-level modules it had at its end and the programs it
    ran.
    """
    body = "\n".join("    " + line for line in code.splitlines())
    done = python("-c", SPY.format(code=body), cwd=cwd, within=120)
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


def command(*arguments: str) -> str:
    """Code that runs the command in the interpreter that executes it."""
    return (
        f"import sys; sys.argv = ['gradio-codegen', *{list(arguments)!r}]\n"
        "from gradio_codegen.cli import main; main()"
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a fresh client of thirty endpoints."""
    folder = tmp_path_factory.mktemp("project")
    generation.write(folder, 30)
    table = (
        '[tool.gradio-codegen]\noutput = "clients"\n'
        '[tool.gradio-codegen.clients.thirty]\nsource = "app_30.json"\ncli = true\n'
    )
    (folder / "pyproject.toml").write_text(table)
    python("-m", "gradio_codegen", "generate", cwd=folder)
    return folder


def loaded(found: dict[str, list[str]], unwanted: Sequence[str] | set[str]) -> set[str]:
    return set(found["modules"]) & set(unwanted)


def test_a_generated_client_imports_little(project: Path) -> None:
    bare = spied("pass", project)
    client = spied("import clients.thirty", project)
    assert "gradio_session" in client["modules"]
    assert loaded(client, NOT_FOR_A_CLIENT) <= loaded(bare, NOT_FOR_A_CLIENT)


ROOMS = """
extra = sorted({name.split(".")[1] for name in sys.modules if name.startswith("gradio_session.")})
"""


def test_a_generated_client_imports_few_rooms_of_the_runtime(project: Path) -> None:
    found = spied("import clients.thirty" + ROOMS, project)
    assert found["extra"] == ["batch", "client", "connection", "display"]


COMPILED = """
extra = []
def note(name, arguments):
    if name == "compile" and arguments[1] == "<string>":
        extra.append(str(arguments[0]))
sys.addaudithook(note)
"""


def test_importing_a_generated_client_compiles_no_annotation(project: Path) -> None:
    found = spied(COMPILED + "import clients.thirty", project)
    assert "clients" in found["modules"]
    assert found["extra"] == []


def test_a_client_that_is_made_connects_only_when_it_is_called(project: Path) -> None:
    found = spied(
        "from clients.thirty import Thirty\napp = Thirty('http://127.0.0.1:1')\napp.endpoint_0",
        project,
    )
    assert not loaded(found, {"httpx", "asyncio", "pydantic", "rich", "ssl"})


def test_a_command_line_imports_click_and_little_else(project: Path) -> None:
    import_only = "from clients.thirty_cli import cli"
    help_too = f"{import_only}\nsys.argv = ['thirty', 'endpoint-0', '--help']\ncli()"
    for code in (import_only, help_too):
        found = spied(code, project)
        assert {"click", "gradio_session"} <= set(found["modules"])
        assert not loaded(found, HEAVY - {"email", "http"})
        assert not loaded(found, {"gradio_codegen", "subprocess"})
        assert found["runs"] == []


def test_a_command_line_reads_its_client_when_it_calls(project: Path) -> None:
    code = "from clients.thirty_cli import cli\nextra = [n for n in sys.modules if 'thirty' in n]"
    assert spied(code, project)["extra"] == ["clients.thirty_cli"]


def test_help_imports_click_and_little_else(project: Path) -> None:
    found = spied(command("--help"), project)
    assert not loaded(found, HEAVY)


def test_a_fresh_offline_check_runs_no_generator(project: Path) -> None:
    found = spied(command("check", "--offline"), project)
    assert not loaded(found, HEAVY - {"rich"})
    assert found["runs"] == []


COUNTING = """
import datamodel_code_generator
extra = []
real = datamodel_code_generator.generate
datamodel_code_generator.generate = lambda *a, **k: (extra.append(1), real(*a, **k))[1]
"""


def test_one_run_formats_all_modules_in_few_processes(project: Path, tmp_path: Path) -> None:
    sources = [str(generation.write(tmp_path, size)) for size in (5, 6, 7, 8)]
    found = spied(COUNTING + command("generate", *sources, "-o", str(tmp_path / "out")), project)
    assert len(list((tmp_path / "out").glob("app_*.py"))) == len(sources)
    assert all("ruff" in run for run in found["runs"])
    assert 1 <= len(found["runs"]) <= 2
    assert 1 <= len(found["extra"]) <= len(sources), (
        "at most one call of datamodel-code-generator for each app"
    )


COLLECTIONS = """
import gc
extra = []
def collected(phase, told):
    if phase == "start" and sys.modules.get("datamodel_code_generator"):
        extra.append(phase)
gc.callbacks.append(collected)
"""


def test_generating_collects_no_garbage(project: Path, tmp_path: Path) -> None:
    source = str(generation.write(tmp_path, 50))
    found = spied(COLLECTIONS + command("generate", source, "-o", str(tmp_path / "out")), project)
    assert found["extra"] == []
