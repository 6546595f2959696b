"""A private copy of the runtime beside the clients: they then need httpx and nothing of ours."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.conftest import Serve
from tests.support.checkers import mypy, pyright
from tests.support.command import SMALL, app, files_of, project, run, save
from tests.support.environments import ROOT
from tests.support.patience import patience

SETTINGS = """
[tool.gradio-codegen]
output = "pocket/clients"
vendor = true
[tool.gradio-codegen.clients.lab]
source = "apps/lab.json"
[tool.gradio-codegen.clients.other]
source = "apps/other.json"
"""


@pytest.fixture
def vendored(tmp_path: Path) -> Path:
    """A project of two clients with one copy of the runtime."""
    folder = project(tmp_path, SETTINGS)
    save(folder / "apps" / "lab.json", SMALL)
    save(folder / "apps" / "other.json", app("Other", run=([], [])))
    result = run(folder, "generate")
    assert result.exit_code == 0, result.output
    return folder


def copy_of(folder: Path) -> Path:
    return folder / "pocket" / "clients" / "_gradio_session"


def names_of(node: ast.Import | ast.ImportFrom) -> list[str]:
    """The modules that a statement imports from outside of its own package."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if node.level == 0 else []


def test_two_clients_share_one_copy_with_licence_and_version(vendored: Path) -> None:
    clients = copy_of(vendored).parent
    assert sorted(path.name for path in clients.iterdir()) == [
        "_gradio_session",
        "lab.py",
        "other.py",
    ]
    assert all(
        "from ._gradio_session import" in (clients / name).read_text("utf-8")
        for name in ("lab.py", "other.py")
    )
    assert "Apache License" in (copy_of(vendored) / "LICENSE").read_text("utf-8")
    assert (copy_of(vendored) / "py.typed").is_file()
    for path in copy_of(vendored).rglob("*.py"):
        text = path.read_text("utf-8")
        assert text.startswith("# gradio-session 0."), path
        nodes = [
            node
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        assert "gradio_session" not in {
            name.split(".")[0] for node in nodes for name in names_of(node)
        }, path


def test_the_copy_checks_clean_where_clients_use_it(
    vendored: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    use = vendored / "use.py"
    use.write_text(
        "from pocket.clients.lab import SmallLab\n\n\n"
        "def greet(app: SmallLab) -> str:\n    return app.greet('x', 2)\n",
        encoding="utf-8",
    )
    work = tmp_path_factory.mktemp("check")
    for checker in (pyright, mypy):
        assert checker([use], work, search=[vendored]) == []


def test_check_covers_the_copy(vendored: Path) -> None:
    assert run(vendored, "check", "--offline").exit_code == 0
    path = copy_of(vendored) / "client" / "app.py"
    path.write_text(path.read_text("utf-8") + "# mine\n", encoding="utf-8")
    result = run(vendored, "check", "--offline")
    assert result.exit_code == 1
    assert "app.py was edited" in result.stdout
    refused = run(vendored, "generate")
    assert refused.exit_code == 1
    assert path.read_text("utf-8").endswith("# mine\n")
    assert run(vendored, "generate", "--force").exit_code == 0
    path.unlink()
    assert run(vendored, "check", "--offline").exit_code == 1
    assert run(vendored, "generate").exit_code == 0
    assert run(vendored, "check", "--offline").exit_code == 0


def test_a_copy_of_another_version_is_stale(
    vendored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradio_codegen.project.freshness.VERSION", "99.0")
    result = run(vendored, "check", "--offline")
    assert result.exit_code == 1
    assert "99.0" in result.stdout


def test_the_copy_goes_when_it_is_no_longer_wanted(vendored: Path) -> None:
    settings = vendored / "pyproject.toml"
    settings.write_text(
        settings.read_text("utf-8").replace("vendor = true", "vendor = false"), encoding="utf-8"
    )
    assert run(vendored, "check", "--offline").exit_code == 1
    assert run(vendored, "generate").exit_code == 0
    assert not [path for path in copy_of(vendored).rglob("*") if path.is_file()]
    assert "_gradio_session" not in (vendored / "gradio-codegen.lock").read_text("utf-8")


def test_the_option_makes_a_copy_for_a_single_source(tmp_path: Path) -> None:
    assert (
        run(
            tmp_path, "generate", save(tmp_path / "lab.json", SMALL), "-o", "out/lab.py", "--vendor"
        ).exit_code
        == 0
    )
    assert (tmp_path / "out" / "_gradio_session" / "client" / "app.py").is_file()
    before = files_of(tmp_path)
    assert (
        run(tmp_path, "generate", tmp_path / "lab.json", "-o", "out/lab.py", "--vendor").exit_code
        == 0
    )
    assert files_of(tmp_path) == before


@pytest.mark.slow
def test_a_vendored_client_runs_where_only_httpx_is_installed(serve: Serve, tmp_path: Path) -> None:
    url = serve(ROOT / "examples" / "lab.py")
    assert run(tmp_path, "generate", url, "-o", "pocket/lab.py", "--vendor").exit_code == 0
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)
    python = environment / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "httpx"],
        check=True,
        timeout=patience(170),
    )
    script = (
        "import importlib.util, json\n"
        "from pocket.lab import ImageLab\n"
        "with ImageLab() as lab:\n"
        "    total = lab.count(2)\n"
        "    refused = ''\n"
        "    try: lab.moderate('something forbidden and dangerous')\n"
        "    except Exception as error: refused = type(error).__module__\n"
        "find = importlib.util.find_spec\n"
        "absent = [find(name) is None for name in ('gradio_session', 'gradio_codegen')]\n"
        "print(json.dumps([total, refused, *absent]))\n"
    )
    done = subprocess.run(
        [python, "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=patience(60),
    )
    assert done.returncode == 0, done.stderr
    total, refused, *absent = json.loads(done.stdout)
    assert total == 2
    assert refused in ("", "pocket._gradio_session.errors")
    assert absent == [True, True]
