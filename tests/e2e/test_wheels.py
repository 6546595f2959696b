"""Wheels of both distributions, built and installed into clean environments, where they generate a
client that calls a real app.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.environments import ROOT, interpreter

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

CALLS = """
import asyncio
import json
import sys

from clients.image_lab import AsyncImageLab, ImageLab


async def twice(url):
    async with AsyncImageLab(url) as lab:
        return [await lab.count(2), await lab.count(3)]


with ImageLab(sys.argv[1]) as lab:
    picture = lab.generate("a cat", steps=1)[0]
    pair = asyncio.run(twice(sys.argv[1]))
    told = {"count": lab.count(1), "async": pair, "picture": picture.read()[1:4].decode()}
    print(json.dumps(told))
"""


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def generate(command: Path, source: Path, module: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [command, "generate", source, "-o", module.name, "--class-name", "Same"],
        cwd=module.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("wheels")
    for project in (ROOT, ROOT / "runtime"):
        run(
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            folder,
            project,
            cwd=folder,
        )
    return sorted(folder.glob("*.whl"))


def clean_environment(
    python: Path, folder: Path, *install: Path | str, constraints: str = "constraints.txt"
) -> Path:
    run(python, "-m", "venv", folder, cwd=ROOT)
    pip = [
        folder / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--constraint",
        ROOT / constraints,
    ]
    run(*pip, *install, cwd=ROOT)
    return folder / "bin"


def test_wheels_hold_code_templates_markers_and_licence(wheels: list[Path]) -> None:
    names = {wheel.name.split("-")[0]: set(zipfile.ZipFile(wheel).namelist()) for wheel in wheels}
    templates = {
        f"gradio_codegen/templates/{path.relative_to(ROOT / 'templates')}"
        for path in (ROOT / "templates").rglob("*.j*")
    }
    assert templates
    assert (
        templates | {"gradio_codegen/py.typed", "gradio_codegen/cli.py"} <= names["gradio_codegen"]
    )
    assert {"gradio_session/py.typed", "gradio_session/protocol/queue/messages.py"} <= names[
        "gradio_session"
    ]
    for held in names.values():
        assert any(name.endswith("licenses/LICENSE") for name in held)
        assert not [name for name in held if name.startswith("tests") or "__pycache__" in name]


@pytest.mark.parametrize(
    ("version", "constraints"), [("3.10", "constraints-lowest.txt"), ("3.13", "constraints.txt")]
)
def test_installed_wheels_generate_and_call(
    version: str, constraints: str, wheels: list[Path], lab_url: str, tmp_path: Path
) -> None:
    """With the oldest versions of everything that is installed beside them, and with ours."""
    python = interpreter(version) or Path(sys.executable)
    scripts = clean_environment(python, tmp_path / "venv", *wheels, constraints=constraints)
    command = scripts / "gradio-codegen"
    run(command, "generate", lab_url, "-o", "clients/image_lab.py", cwd=tmp_path)
    (tmp_path / "calls.py").write_text(CALLS)
    answer = json.loads(run(scripts / "python", "calls.py", lab_url, cwd=tmp_path))
    assert answer == {"count": 1, "async": [2, 5], "picture": "PNG"}
    for name in ("structures", "traps"):
        source = ROOT / "tests" / "golden" / f"{name}.json"
        done = generate(command, source, tmp_path / f"{name}.py")
        generate(Path(sys.executable).with_name("gradio-codegen"), source, tmp_path / "ours.py")
        assert (tmp_path / f"{name}.py").read_bytes() == (tmp_path / "ours.py").read_bytes()
        assert "Warning" not in done.stderr


def test_the_sample_app_is_in_the_wheel(wheels: list[Path]) -> None:
    held = zipfile.ZipFile(next(w for w in wheels if w.name.startswith("gradio_codegen")))
    assert held.read("gradio_codegen/sample/lab.py") == (ROOT / "examples/lab.py").read_bytes()


def test_a_generated_client_needs_the_runtime_alone(
    wheels: list[Path], lab_url: str, tmp_path: Path
) -> None:
    runtime = next(wheel for wheel in wheels if wheel.name.startswith("gradio_session"))
    scripts = clean_environment(Path(sys.executable), tmp_path / "venv", runtime)
    run(
        Path(sys.executable).with_name("gradio-codegen"),
        "generate",
        lab_url,
        "-o",
        "clients/image_lab.py",
        cwd=tmp_path,
    )
    (tmp_path / "calls.py").write_text(CALLS)
    answer = json.loads(run(scripts / "python", "calls.py", lab_url, cwd=tmp_path))
    assert answer == {"count": 1, "async": [2, 5], "picture": "PNG"}


@pytest.mark.parametrize(
    ("version", "constraints"),
    [
        ("3.10", "constraints-lowest.txt"),
        ("3.11", "constraints.txt"),
        ("3.12", "constraints.txt"),
        ("3.13", "constraints.txt"),
    ],
)
def test_a_command_line_needs_click_and_the_runtime_alone(
    version: str, constraints: str, wheels: list[Path], lab_url: str, tmp_path: Path
) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"this machine has no Python {version}")
    runtime = next(wheel for wheel in wheels if wheel.name.startswith("gradio_session"))
    scripts = clean_environment(
        python, tmp_path / "venv", f"{runtime}[cli]", constraints=constraints
    )
    listed = run(scripts / "python", "-m", "pip", "list", "--format=freeze", cwd=tmp_path)
    assert not {"rich", "gradio-codegen"} & {line.split("==")[0] for line in listed.splitlines()}
    command = Path(sys.executable).with_name("gradio-codegen")
    run(command, "generate", lab_url, "-o", "clients/image_lab.py", "--cli", cwd=tmp_path)
    program = [scripts / "python", "-m", "clients.image_lab_cli"]
    assert "Draw an image from a prompt." in run(*program, "--help", cwd=tmp_path)
    assert "--steps" in run(*program, "generate", "--help", cwd=tmp_path)
    answer = run(*program, "generate", "a cat", "--steps", "1", "--json", cwd=tmp_path)
    picture = tmp_path / json.loads(answer)["image"]
    assert picture.read_bytes()[1:4] == b"PNG"
    assert run(*program, "count", "--step", "-2", cwd=tmp_path) == "-2\n"
