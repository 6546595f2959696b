"""What a session says of its app's endpoints, and calls from the arguments of a tool."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, validate
from PIL import Image

from gradio_session import EndpointDescription, ParameterError
from tests.conftest import LAB, Serve, Start
from tests.support.command import run
from tests.support.environments import VERSIONS
from tests.support.world import World

MEASURE = """
import gradio as gr
from PIL import Image

def measure(one, many, words='?', times=2):
    names = [Image.open(each).size for each in many or []]
    return f'{one.size} {names} {words * int(times)}'

with gr.Blocks() as demo:
    one, many = gr.Image(type='pil'), gr.File(file_count='multiple')
    words, times = gr.Textbox('?'), gr.Slider(1, 5, 2, step=1)
    out = gr.Textbox()
    gr.Button().click(measure, [one, many, words, times], out, api_name='measure')
"""


def endpoints(world: World, session: Any) -> dict[str, EndpointDescription]:
    found: dict[str, EndpointDescription] = world.do(session.endpoints)
    return found


def test_the_endpoints_of_an_app(world: World, serve: Serve) -> None:
    found = endpoints(world, world.open(serve(LAB)))
    assert list(found)[:2] == ["/generate", "/describe"]
    generate = found["/generate"]
    assert generate.api_name == "/generate"
    assert generate.description.startswith("Draw an image from a prompt.")
    prompt, scheduler, *_, reference = generate.parameters
    assert (prompt.name, prompt.label, prompt.component) == ("prompt", "Prompt", "textbox")
    assert (prompt.required, prompt.default) == (True, None)
    assert (scheduler.required, scheduler.default) == (False, "euler")
    assert scheduler.schema["enum"] == ["ddim", "euler", "dpm++"]  # type: ignore[index]
    assert [(each.label, each.component) for each in generate.results] == [
        ("Image", "image"),
        ("Seed used", "number"),
    ]
    schema = generate.input_schema
    assert schema["required"] == ["prompt"]
    assert schema["properties"]["scheduler"] == {
        "description": "Scheduler",
        "type": "string",
        "enum": ["ddim", "euler", "dpm++"],
        "default": "euler",
    }
    assert schema["properties"]["reference"]["type"] == "string"
    assert reference.name == "reference"


@pytest.mark.versions
@pytest.mark.parametrize("version", VERSIONS)
def test_a_call_from_the_arguments_of_a_tool(
    world: World, serve: Serve, version: str, tmp_path: Path
) -> None:
    picture = tmp_path / "cat.png"
    Image.new("RGB", (3, 2)).save(picture)
    session = world.open(serve(MEASURE, version=version))
    schema = endpoints(world, session)["/measure"].input_schema
    Draft202012Validator.check_schema(schema)
    arguments = json.loads(
        json.dumps({"one": str(picture), "many": [str(picture), str(picture)], "times": 3})
    )
    validate(arguments, schema)
    assert world.predict(session, "measure", arguments) == "(3, 2) [(3, 2), (3, 2)] ???"
    with pytest.raises(ParameterError):
        world.predict(session, "measure", {**arguments, "tmies": 1})


@pytest.mark.versions
def test_a_file_of_a_tool_may_be_an_address(world: World, serve: Serve) -> None:
    # Later versions of Gradio fetch nothing from loopback.
    session = world.open(serve(MEASURE, version="4.44.1"))
    lab = world.open(serve(LAB))
    image, _ = world.predict(lab, "generate", {"prompt": "a cat", "steps": 1})
    arguments = {"one": image.url, "many": [], "words": "!"}
    validate(arguments, endpoints(world, session)["/measure"].input_schema)
    assert world.predict(session, "measure", arguments) == "(256, 256) [] !!"


def test_they_are_read_again_when_the_app_is_replaced(
    world: World, start_server: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = "import gradio as gr\nwith gr.Blocks() as demo:\n    gr.api(lambda: 1, api_name='NAME')\n"
    one = one.replace("lambda: 1", "f").replace("with", "def f() -> int:\n    return 1\nwith", 1)
    server = start_server(one.replace("NAME", "old"))
    session = world.open(server.url)
    assert list(endpoints(world, session)) == ["/old"]
    server.stop()
    start_server(one.replace("NAME", "new"), port=server.port)
    monkeypatch.setattr("gradio_session.connection.base.BLIND", -1.0)
    monkeypatch.setattr("gradio_session.connection.base.FRESH", -1.0)
    assert list(endpoints(world, session)) == ["/new"]


def test_inspect_has_the_schemas(serve: Serve, tmp_path: Path) -> None:
    done = run(tmp_path, "inspect", serve(LAB), "--json")
    found = {each["endpoint"]: each["inputSchema"] for each in json.loads(done.stdout)["endpoints"]}
    assert found["/moderate"] == {
        "type": "object",
        "properties": {"prompt": {"description": "Prompt", "type": "string"}},
        "required": ["prompt"],
        "additionalProperties": False,
    }
    for schema in found.values():
        Draft202012Validator.check_schema(schema)
        assert "FileData" not in json.dumps(schema)
