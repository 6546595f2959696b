"""What an editor offers for a generated client: asked of pyright's language server, and of jedi
(Jupyter, IPython).
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import image_lab
import jedi
import pytest

from tests.support.environments import ROOT
from tests.support.lsp import LanguageServer

ENDPOINTS = {
    "chat",
    "contact_sheet",
    "count",
    "describe",
    "generate",
    "moderate",
    "timelapse",
    "upscale",
}
PARAMETERS = ["prompt", "scheduler", "steps", "seed", "reference"]
SYNC = 'from image_lab import ImageLab\n\nclient = ImageLab("http://127.0.0.1:7860")\n'
ASYNC = 'from image_lab import AsyncImageLab\n\nclient = AsyncImageLab("http://127.0.0.1:7860")\n'
WORLDS = pytest.mark.parametrize("start", [SYNC, ASYNC], ids=["sync", "async"])


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    folder = tmp_path_factory.mktemp("editor")
    (folder / "image_lab.py").write_text(
        (ROOT / "generated" / "image_lab.py").read_text(encoding="utf-8"), encoding="utf-8"
    )
    with LanguageServer(folder) as server:
        yield server


@WORLDS
def test_pyright_completes_endpoints_with_their_docstrings(
    editor: LanguageServer, start: str
) -> None:
    items = editor.completions(f"{start}client.|")
    assert items.keys() >= ENDPOINTS
    assert {name for name in items if not name.startswith("_")} <= ENDPOINTS | {
        "session",
        "with_options",
    }, "something else takes names from the app"
    assert "Draw an image from a prompt" in editor.documentation(items["generate"])


@WORLDS
def test_pyright_shows_the_signature(editor: LanguageServer, start: str) -> None:
    signature = editor.signature(f"{start}client.generate(|")
    labels = [parameter["label"] for parameter in signature["parameters"]]
    assert [label.split(":")[0] for label in labels] == PARAMETERS
    assert labels[2] == "steps: float = 25"
    assert "1 to 50" in str(signature)


@WORLDS
def test_pyright_completes_parameters_by_name(editor: LanguageServer, start: str) -> None:
    assert editor.completions(f'{start}client.generate("x", |)').keys() >= {
        "scheduler=",
        "steps=",
        "seed=",
        "reference=",
    }


@WORLDS
@pytest.mark.parametrize(
    "call",
    [
        'client.generate("x", "|")',
        'client.generate("x", scheduler="|")',
        'client.generate.submit("x", "|")',
    ],
)
def test_pyright_completes_choices(editor: LanguageServer, start: str, call: str) -> None:
    labels = {label.strip("\"'") for label in editor.completions(start + call)}
    assert {"ddim", "euler", "dpm++"} <= labels


@WORLDS
def test_pyright_shows_all_parameters_with_their_types_on_hover(
    editor: LanguageServer, start: str
) -> None:
    hover = " ".join(editor.hover(f"{start}client.gene|rate").split())
    assert "Draw an image from a prompt" in hover
    assert (
        'generate(prompt: str, scheduler: Scheduler = "euler", steps: float = 25, seed=7, '
        "reference: FileInput | None = None) -> GenerateResult"
    ) in hover


@pytest.mark.parametrize(("name", "session"), [("ImageLab", ""), ("AsyncImageLab", "Async")])
def test_pyright_shows_the_arguments_of_the_constructor(
    editor: LanguageServer, name: str, session: str
) -> None:
    start = f"from image_lab import {name}\n\nclient = "
    hover = editor.hover(f"{start}{name[:-3]}|{name[-3:]}()")
    signature = editor.signature(f"{start}{name}(|)")
    for shown in (hover, signature["label"]):
        assert "app_url: str | None = None" in shown
        assert f"session: {session}Session | str | None = None" in shown
        assert "timeout: float | None = 3600" in shown
        assert f"{session}Client | None" in shown
        assert "Any]" not in shown.replace("Call[Any]", "").replace("Event[Any]", "")
    for shown in (hover, str(signature["documentation"])):
        assert "Image Lab: 8 endpoints" in shown
        assert "timeout: Seconds that a call may take." in shown
        assert f"`{session}Session`" in shown


@WORLDS
@pytest.mark.parametrize("way", ["submit", "bind"])
def test_pyright_documents_submit_and_bind_like_the_call(
    editor: LanguageServer, start: str, way: str
) -> None:
    call = editor.signature(f"{start}client.generate(|")
    other = editor.signature(f"{start}client.generate.{way}(|")
    assert other["documentation"] == call["documentation"]
    assert "Runs when" in str(call["documentation"])
    assert other["parameters"] == call["parameters"]
    results = {"submit": "Call[GenerateResult]", "bind": "Bound[GenerateResult]"}
    assert other["label"].endswith(results[way])


def test_pyright_completes_fields_of_results_and_keys_of_structures(editor: LanguageServer) -> None:
    assert editor.completions(f'{SYNC}client.generate("x").|').keys() >= {"image", "seed_used"}
    assert "text" in {
        label.strip("\"'") for label in editor.completions(f'{SYNC}client.chat({{"|"}})')
    }


def jedi_at(text: str) -> tuple[jedi.Script, int, int]:
    before, _, after = text.partition("|")
    project = jedi.Project(ROOT, added_sys_path=[str(ROOT / "generated"), str(ROOT / "runtime")])
    return (
        jedi.Script(before + after, project=project),
        before.count("\n") + 1,
        len(before.rpartition("\n")[2]),
    )


def jedi_completions(text: str) -> dict[str, object]:
    script, line, column = jedi_at(text)
    return {completion.name: completion for completion in script.complete(line, column)}


@WORLDS
def test_jedi_completes_endpoints_with_their_docstrings(start: str) -> None:
    script, line, column = jedi_at(f"{start}client.|")
    found = {completion.name: completion for completion in script.complete(line, column)}
    shown = {name for name in found if not name.startswith("__")}
    notebooks = {"_repr_html_"}  # what Jupyter looks for to show a client as a table
    assert shown - notebooks == ENDPOINTS | {"session", "with_options"}, "helpers are offered"
    assert "Draw an image from a prompt" in found["generate"].docstring()
    assert "steps: float = 25" in found["generate"].docstring()


@WORLDS
@pytest.mark.parametrize("way", ["", ".submit", ".bind"])
def test_jedi_shows_the_signature(start: str, way: str) -> None:
    script, line, column = jedi_at(f"{start}client.generate{way}(|")
    (signature,) = script.get_signatures(line, column)
    assert [parameter.name for parameter in signature.params] == PARAMETERS
    assert "steps: float=25" in [parameter.to_string() for parameter in signature.params]
    assert "-> R_co" in signature.docstring()


def test_what_notebooks_ask_of_an_endpoint_is_there() -> None:
    with image_lab.ImageLab("http://127.0.0.1:9") as lab:
        for asked in (lab.generate, lab.generate.submit, lab.generate.bind):
            assert "Draw an image from a prompt" in str(inspect.getdoc(asked))
            assert list(inspect.signature(asked).parameters) == PARAMETERS


@WORLDS
def test_jedi_completes_parameters_by_name(start: str) -> None:
    assert jedi_completions(f'{start}client.generate("x", |').keys() >= {
        "scheduler=",
        "steps=",
        "seed=",
        "reference=",
    }


def test_jedi_completes_fields_of_results() -> None:
    assert jedi_completions(f'{SYNC}client.generate("x").|').keys() >= {"image", "seed_used"}
