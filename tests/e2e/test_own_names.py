"""Tables of endpoints against a real app: its names in Python are the user's, those on the wire
stay, and `check`, `diff`, `watch` and the lock follow.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gradio_codegen.project.config import load
from gradio_codegen.project.watch import Watcher
from tests.conftest import Serve
from tests.support.checkers import mypy, pyright
from tests.support.command import app, files_of, gives, project, run, save, spawn, takes
from tests.support.environments import ROOT

VERSIONS = ("6.31.0", "5.50.0", "4.44.1")
ENLARGE = """
import gradio as gr

with gr.Blocks(title="Darkroom") as demo:
    text = gr.Textbox(label="Input 1")
    factor = gr.Number(2, label="Number")
    quality = gr.Radio(["fast", "good"], value="good", label="Radio")
    outputs = [gr.Textbox(label="Output"), gr.Textbox(label="Output")]
    gr.Button("Other").click(lambda x: x, text, outputs[0])
    gr.Button("Go").click(
        lambda *given: (given[0] * int(given[1]), f"{given[2]} {given[1]:g}"),
        [text, factor, quality],
        outputs,
    )

if __name__ == "__main__":
    demo.launch()
"""
TABLE = """
[tool.gradio-codegen.clients.darkroom.endpoints."/lambda_1"]
name = "enlarge"
parameters = { param_0 = "image", param_1 = { name = "factor", type = "int" }, param_2 = "quality" }
results = ["image", "log"]
"""
USE = """
from darkroom import AsyncDarkroom, Darkroom, EnlargeResult

def enlarged(lab: Darkroom) -> str:
    result: EnlargeResult = lab.enlarge("ab", 3, "fast")
    return lab.enlarge(image="x", factor=2).image + result.log

async def enlarged_later(lab: AsyncDarkroom) -> str:
    return (await lab.enlarge("ab", factor=3)).log

def wrong(lab: Darkroom) -> None:
    lab.enlarge("ab", 1.5)
"""


def settings(source: str) -> str:
    return f"[tool.gradio-codegen.clients.darkroom]\nsource = {json.dumps(source)}\n"


def write(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")


def says(folder: Path, code: int, *arguments: str) -> str:
    result = run(folder, *arguments)
    assert result.exit_code == code, result.output
    return result.stdout


@pytest.fixture
def imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Imports the module that was generated last."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def module() -> ModuleType:
        sys.modules.pop("darkroom", None)
        importlib.invalidate_caches()
        return importlib.import_module("darkroom")

    yield module
    sys.modules.pop("darkroom", None)


@pytest.mark.parametrize("version", VERSIONS)
async def test_calls_go_by_the_new_names_and_the_wire_by_the_old(
    serve: Serve, tmp_path: Path, imported: Any, version: str
) -> None:
    url = serve(ENLARGE, version)
    folder = project(tmp_path, settings(url) + TABLE)
    says(folder, 0, "generate")
    module = imported()
    with module.Darkroom(timeout=60) as lab:
        assert list(inspect.signature(lab.enlarge).parameters) == ["image", "factor", "quality"]
        result = lab.enlarge("ab", factor=3, quality="fast")
        assert (result.image, result.log) == ("ababab", "fast 3")
        assert result._fields == ("image", "log")
        assert lab.enlarge(image="x").log == "good 2"
        assert lab.lambda_("same") == "same"
        assert lab.session.predict("lambda_1", ["x", 2, "good"]) == ("xx", "good 2")
        told = {0: "param_0", 1: "param_1", 2: "param_2"}
        assert lab.enlarge.__gradio__.spec.names == told, "what a changed app is compared with"
    async with module.AsyncDarkroom(timeout=60) as lab:
        result = await lab.enlarge(image="ab", factor=3)
        assert (result.image, result.log) == ("ababab", "good 3")
        assert (await lab.enlarge.submit("x", 4)).image == "xxxx"
    assert says(folder, 0, "check") == "darkroom: fresh\n"


def test_callers_are_checked_by_the_users_names_and_types(serve: Serve, tmp_path: Path) -> None:
    folder = project(tmp_path, settings(serve(ENLARGE)) + TABLE)
    says(folder, 0, "generate")
    use = folder / "use.py"
    use.write_text(USE, encoding="utf-8")
    for checker in (pyright, mypy):
        found = checker([folder / "darkroom.py", use], folder, search=[ROOT / "runtime", folder])
        assert [(f.file.name, f.line) for f in found] == [("use.py", len(USE.splitlines()))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose client was generated without a table."""
    number, choice = {"type": "number"}, {"type": "string", "enum": ["fast", "good"]}
    description = app(
        "Darkroom",
        "",
        **{
            "lambda": ([takes("x")], [gives()]),
            "lambda_1": (
                [
                    takes("param_0", label="Textbox"),
                    takes("param_1", number, 2, label="Number", component="Number"),
                    takes("param_2", choice, "good", label="Radio", component="Radio"),
                ],
                [gives(), gives()],
            ),
        },
    )
    save(tmp_path / "app.json", description)
    project(tmp_path, settings("app.json"))
    says(tmp_path, 0, "generate")
    return tmp_path


def test_a_changed_table_makes_the_client_stale(folder: Path) -> None:
    write(folder, settings("app.json") + TABLE)
    for options in (["--offline"], []):
        words = says(folder, 1, "check", *options)
        assert 'its table endpoints."/lambda_1" changed since it was generated' in words
        assert "its app has changed" not in words
    assert "is now `enlarge` on the client, it was `lambda_1`" in says(folder, 1, "check")
    says(folder, 0, "generate")
    assert says(folder, 0, "check") == "darkroom: fresh\n"
    write(folder, settings("app.json") + TABLE.replace('"log"', '"words"'))
    assert "changed since" in says(folder, 1, "check", "--offline")
    write(folder, settings("app.json"))
    assert "changed since" in says(folder, 1, "check", "--offline")
    says(folder, 0, "generate")
    assert says(folder, 0, "check", "--offline") == "darkroom: fresh\n"


def test_diff_shows_what_callers_see_of_a_rename(folder: Path) -> None:
    write(folder, settings("app.json") + TABLE)
    words = says(folder, 1, "diff", "darkroom")
    assert "`/lambda_1`: is now `enlarge` on the client, it was `lambda_1`" in words
    assert "`image`" in words
    assert "returns (image, log), it was (output, output_2)" in words
    assert "`/lambda`:" not in words
    says(folder, 0, "generate")
    assert says(folder, 0, "diff", "darkroom") == "nothing changed that a client shows\n"
    write(folder, settings("app.json") + TABLE.replace('"int"', '"int | str"'))
    assert "`factor`" in says(folder, 0, "diff", "darkroom")


def test_a_change_of_the_app_is_told_in_the_users_names(folder: Path) -> None:
    write(folder, settings("app.json") + TABLE)
    says(folder, 0, "generate")
    saved = json.loads((folder / "app.json").read_text("utf-8"))
    parameters = saved["info"]["named_endpoints"]["/lambda_1"]["parameters"]
    parameters[1]["parameter_default"] = 3
    save(folder / "app.json", saved)
    words = says(folder, 1, "check")
    assert "its app has changed since it was generated" in words
    assert "parameter `factor` now defaults to 3" in words
    del parameters[2]
    save(folder / "app.json", saved)
    result = run(folder, "check")
    assert result.exit_code == 2
    assert "/lambda_1 has no parameter 'param_2'" in result.stdout
    failed = run(folder, "generate")
    assert failed.exit_code == 2
    assert "endpoints.\"/lambda_1\"]: /lambda_1 has no parameter 'param_2'" in failed.stderr


def test_the_lock_keeps_the_table(folder: Path) -> None:
    write(folder, settings("app.json") + TABLE)
    says(folder, 0, "generate")
    lock = json.loads((folder / "gradio-codegen.lock").read_text("utf-8"))
    assert lock["clients"]["darkroom"]["options"]["endpoints"] == {
        "/lambda_1": {
            "name": "enlarge",
            "parameters": {
                "param_0": {"name": "image"},
                "param_1": {"name": "factor", "type": "int"},
                "param_2": {"name": "quality"},
            },
            "results": ["image", "log"],
        }
    }
    before = files_of(folder)
    (folder / "darkroom.py").unlink()
    (folder / "app.json").rename(folder / "elsewhere.json")
    says(folder, 0, "generate", "--locked")
    (folder / "elsewhere.json").rename(folder / "app.json")
    assert files_of(folder) == before


def test_a_lock_without_tables_is_one_of_no_tables(folder: Path) -> None:
    from gradio_codegen.project import lock

    path = folder / "gradio-codegen.lock"
    kept = lock.read(path)
    assert kept is not None
    options = dict(kept.clients["darkroom"].options)
    assert options.pop("endpoints") == {}
    entry = lock.LockedClient(**{**vars(kept.clients["darkroom"]), "options": options})
    path.write_text(lock.dump(lock.Lock({"darkroom": entry}, kept.vendored)), encoding="utf-8")
    assert says(folder, 0, "check") == "darkroom: fresh\n"
    assert says(folder, 0, "diff", "darkroom") == "nothing changed that a client shows\n"


def test_watch_follows_the_table(folder: Path) -> None:
    now = [0.0]
    config = load(folder / "pyproject.toml")
    watcher = Watcher(config, list(config.clients.values()), clock=lambda: now[0])

    def turn() -> list[str]:
        now[0] += watcher.wait()
        return [f"{n.client}: {n.what} {' '.join(map(str, n.changes))}" for n in watcher.round()]

    assert turn() == []
    write(folder, settings("app.json") + TABLE)
    (news,) = turn()
    assert news.startswith("darkroom: wrote ")
    assert "is now `enlarge` on the client" in news
    assert turn() == []
    module = (folder / "darkroom.py").read_bytes()
    write(folder, settings("app.json") + TABLE.replace('"enlarge"', '"class"'))
    (news,) = turn()
    assert news.startswith("pyproject.toml: ")
    assert "'class' is a keyword of Python" in news
    assert turn() == []
    assert (folder / "darkroom.py").read_bytes() == module
    write(folder, settings("app.json") + TABLE.replace("param_2", "param_7"))
    (news,) = turn()
    assert "/lambda_1 has no parameter 'param_7'; did you mean 'param_" in news
    write(folder, settings("app.json") + TABLE.replace('"enlarge"', '"upscale"'))
    assert [line.partition(" ")[2].split(" ")[0] for line in turn()] == ["works", "wrote"]
    assert says(folder, 0, "check") == "darkroom: fresh\n"


def test_watch_brings_up_to_date_what_was_changed_before(folder: Path) -> None:
    write(folder, settings("app.json") + TABLE)
    config = load(folder / "pyproject.toml")
    (news,) = Watcher(config, list(config.clients.values())).round()
    assert news.what.startswith("wrote ")
    assert "enlarge" in (folder / "darkroom.py").read_text("utf-8")


def test_another_source_has_no_tables(folder: Path) -> None:
    write(folder, settings("app.json") + TABLE)
    says(folder, 0, "generate", "app.json", "-o", "alone.py")
    assert "enlarge" not in (folder / "alone.py").read_text("utf-8")


def test_inspect_and_call_go_by_the_table(serve: Serve, tmp_path: Path) -> None:
    folder = project(tmp_path, settings(serve(ENLARGE)) + TABLE)
    words = says(folder, 0, "inspect", "darkroom", "/lambda_1")
    assert "    enlarge(image: str, factor: int = 2, quality: Quality = 'good') -> " in words
    assert "EnlargeResult(image: str, log: str)" in words
    said = says(folder, 0, "call", "darkroom", "enlarge", "image=ab", "factor=3", "quality=fast")
    assert said == "image: ababab\nlog: fast 3\n"
    assert (
        says(folder, 0, "call", "darkroom", "/lambda_1", "param_0=x") == "image: xx\nlog: good 2\n"
    )
    refused = run(folder, "call", "darkroom", "enlarge", "image=ab", "factor=1.5")
    assert refused.exit_code == 2
    assert "parameter factor: takes a whole number" in refused.stderr
    unknown = run(folder, "call", "darkroom", "enlage", "image=ab")
    assert "did you mean '/enlarge'" in unknown.stderr


def test_inspect_shows_an_app_that_the_tables_do_not_fit(folder: Path) -> None:
    write(folder, settings("app.json") + TABLE.replace("lambda_1", "lambda_7"))
    result = run(folder, "inspect", "darkroom")
    assert result.exit_code == 0
    assert "lambda_1(textbox: str" in result.stdout
    assert "has no endpoint '/lambda_7'" in result.stderr
    assert "shown without the tables of endpoints" in result.stderr


def test_the_shell_completes_the_words_of_the_table(serve: Serve, tmp_path: Path) -> None:
    folder = project(tmp_path, settings(serve(ENLARGE)) + TABLE)

    def completed(*words: str) -> list[str]:
        asked = {
            "_GRADIO_CODEGEN_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(["gradio-codegen", "call", "darkroom", *words]),
            "COMP_CWORD": str(2 + len(words)),
        }
        done = spawn(folder, env=asked)
        return [line.partition(",")[2] for line in done.stdout.decode().splitlines()]

    assert completed("") == ["lambda", "enlarge"]
    assert completed("enlarge", "i") == ["image="]
    assert completed("enlarge", "quality=") == ["quality=fast", "quality=good"]
