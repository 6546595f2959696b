"""`validate=True` on real servers: what fits passes, what does not is caught with its path. In both
worlds.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from gradio_session import ResponseError
from tests.conftest import Serve
from tests.support.generation import Generate
from tests.support.world import World

APP = """
from typing import Literal, TypedDict
import gradio as gr

class Part(TypedDict):
    name: str
    size: int

class Whole(TypedDict):
    parts: list[Part]
    kind: Literal["a", "b"]

def whole(wrong: str) -> Whole:
    parts = [{"name": "x", "size": 1}, {"name": "y", "size": 2}]
    if wrong == "size":
        parts[1]["size"] = "two"
    if wrong == "name":
        del parts[0]["name"]
    return {"parts": parts if wrong != "parts" else None, "kind": "c" if wrong == "kind" else "a"}

def count(wrong: str) -> int:
    return {"text": "three", "null": None, "fraction": 3.5}.get(wrong, 3)

def empty(value):
    return None, None, None

with gr.Blocks(title="Checked") as demo:
    text, image, number, json = gr.Textbox(), gr.Image(), gr.Number(), gr.JSON()
    gr.Button().click(empty, text, [text, image, number], api_name="empty")
    gr.api(whole, api_name="whole")
    gr.api(count, api_name="count")
"""

VERSIONS = pytest.mark.parametrize("version", ["6.31.0", "5.50.0"])


@pytest.fixture
def url(serve: Serve, version: str) -> str:
    return serve(APP, version)


@pytest.fixture
def module(url: str, generate: Generate) -> ModuleType:
    return generate(url)


def call(
    world: World, module: ModuleType, url: str, name: str, argument: str, *, validate: bool = True
) -> Any:
    """The result of an endpoint of a generated client."""
    app_class = module.AsyncChecked if world.is_async else module.Checked
    session = world.open(url, validate=validate)
    app = world.do(lambda: app_class(session=session))
    return world.do(lambda: getattr(app, name)(argument))


@VERSIONS
def test_what_fits_passes(world: World, module: ModuleType, url: str) -> None:
    assert call(world, module, url, "whole", "") == {
        "parts": [{"name": "x", "size": 1}, {"name": "y", "size": 2}],
        "kind": "a",
    }
    assert call(world, module, url, "count", "") == 3


@VERSIONS
def test_null_of_a_component_that_gives_it_passes(
    world: World, module: ModuleType, url: str
) -> None:
    assert tuple(call(world, module, url, "empty", "x")) == (None, None, None)


@VERSIONS
@pytest.mark.parametrize(
    ("name", "wrong", "path"),
    [
        ("whole", "size", "[0].parts[1].size"),
        ("whole", "name", "[0].parts[0].name"),
        ("whole", "parts", "[0].parts"),
        ("whole", "kind", "[0].kind"),
        ("count", "text", "[0]"),
        ("count", "null", "[0]"),
        ("count", "fraction", "[0]"),
    ],
)
def test_what_does_not_fit_is_caught_with_its_path(
    world: World, module: ModuleType, url: str, name: str, wrong: str, path: str
) -> None:
    with pytest.raises(
        ResponseError, match=f"^/{name}: a result does not fit its type at"
    ) as caught:
        call(world, module, url, name, wrong)
    assert caught.value.path == path
    assert caught.value.api_name == f"/{name}"
    assert isinstance(caught.value.data, list)
    assert len(caught.value.data) == 1


@VERSIONS
def test_without_validation_it_is_handed_over_as_it_came(
    world: World, module: ModuleType, url: str
) -> None:
    assert call(world, module, url, "count", "text", validate=False) == "three"
