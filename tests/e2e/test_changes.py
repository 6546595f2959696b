"""An app that is redeployed under a client that was generated from it: the call is refused, and the
change is named. In both worlds.
"""

from __future__ import annotations

import time
from types import ModuleType
from typing import Any

import pytest

from gradio_session import AppChangedError, ResponseError
from tests.conftest import Serve, Start
from tests.support.generation import Generate
from tests.support.world import World

HEAD = """
import gradio as gr
SENT = []
with gr.Blocks(title="Redeployed") as demo:
    out = gr.Textbox()
"""
BEFORE = (
    HEAD
    + """
    inputs = [gr.Textbox(label="Prompt"), gr.Slider(1, 9, label="Steps")]
    gr.Button().click(lambda prompt, steps: f"{prompt} {steps}", inputs, out, api_name="draw")
"""
)
MOVED = (
    HEAD
    + """
    inputs = [gr.Slider(1, 9, label="Steps"), gr.Textbox(label="Prompt")]
    gr.Button().click(lambda steps, prompt: SENT.append(1), inputs, out, api_name="draw")
    gr.Button().click(lambda: len(SENT), None, gr.Number(), api_name="sent")
"""
)
GROWN = (
    HEAD
    + """
    inputs = [gr.Textbox(), gr.Slider(1, 9), gr.Checkbox(label="New")]
    gr.Button().click(lambda a, b, c: SENT.append(1), inputs, out, api_name="draw")
    gr.Button().click(lambda: len(SENT), None, gr.Number(), api_name="sent")
"""
)
ANOTHER_RESULT = (
    HEAD
    + """
    inputs = [gr.Textbox(), gr.Slider(1, 9)]
    gr.Button().click(lambda a, b: SENT.append(1), inputs, [gr.Image()], api_name="draw")
    gr.Button().click(lambda: len(SENT), None, gr.Number(), api_name="sent")
"""
)
TWO_RESULTS = (
    HEAD
    + """
    inputs = [gr.Textbox(), gr.Slider(1, 9)]
    gr.Button().click(lambda a, b: ("one", "two"), inputs, [out, gr.Textbox()], api_name="draw")
"""
)
GONE = (
    HEAD
    + """
    inputs = [gr.Textbox(), gr.Slider(1, 9)]
    gr.Button().click(lambda a, b: SENT.append(1), inputs, out, api_name="paint")
    gr.Button().click(lambda: len(SENT), None, gr.Number(), api_name="sent")
"""
)


@pytest.fixture
def module(servers: Any, generate: Generate) -> ModuleType:
    """A client of the app as it was."""
    return generate(servers.shared(BEFORE).url)


def draw(world: World, module: ModuleType, session: Any) -> Any:
    app = world.do(
        lambda: (module.AsyncRedeployed if world.is_async else module.Redeployed)(session=session)
    )
    return world.do(lambda: app.draw("a cat", 3))


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (
            MOVED,
            (
                'input 1 ("Steps") is a slider instead of a textbox; '
                'input 2 ("Prompt") is a textbox instead of a slider'
            ),
        ),
        (GROWN, "it takes 3 inputs (textbox, slider, checkbox) instead of 2 (textbox, slider)"),
        (ANOTHER_RESULT, "is an image instead of a textbox"),
        (GONE, "/draw"),
    ],
    ids=["moved", "grown", "another result", "gone"],
)
def test_a_changed_endpoint_is_not_called(
    world: World, module: ModuleType, serve: Serve, after: str, words: str
) -> None:
    session = world.open(serve(after))
    with pytest.raises(AppChangedError) as caught:
        draw(world, module, session)
    assert words in str(caught.value)
    assert "gradio-codegen generate" in str(caught.value)
    assert caught.value.changes
    assert world.predict(session, "sent") == 0


def test_an_unchanged_endpoint_is_called(world: World, module: ModuleType, servers: Any) -> None:
    assert draw(world, module, world.open(servers.shared(BEFORE).url)) == "a cat 3"


def test_a_redeployment_under_an_open_session_is_noticed(
    world: World, module: ModuleType, start_server: Start
) -> None:
    server = start_server(BEFORE)
    session = world.open(server.url)
    assert draw(world, module, session) == "a cat 3"
    server.stop()
    start_server(GONE, port=server.port)
    with pytest.raises(AppChangedError, match="/draw"):
        draw(world, module, session)


@pytest.mark.parametrize(
    ("after", "words"),
    [(MOVED, "is a slider instead of a textbox"), (GROWN, "takes 3 inputs")],
    ids=["moved", "grown"],
)
def test_after_a_pause_a_call_is_not_sent_to_another_endpoint(
    world: World,
    module: ModuleType,
    start_server: Start,
    monkeypatch: pytest.MonkeyPatch,
    after: str,
    words: str,
) -> None:
    monkeypatch.setattr("gradio_session.connection.prepare.BLIND", 0.2)
    monkeypatch.setattr("gradio_session.connection.base.FRESH", 0.1)
    server = start_server(BEFORE)
    session = world.open(server.url)
    assert draw(world, module, session) == "a cat 3"
    server.stop()
    start_server(after, port=server.port)
    with pytest.raises(AppChangedError, match=words):
        draw(world, module, session)
    assert world.predict(session, "sent") == 0


def test_a_result_that_does_not_fit_any_more_is_diagnosed_however_it_is_read(
    world: World, module: ModuleType, start_server: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradio_session.connection.prepare.BLIND", 1000.0)
    monkeypatch.setattr("gradio_session.connection.base.FRESH", 1000.0)
    server = start_server(BEFORE)
    session = world.open(server.url)
    app = (module.AsyncRedeployed if world.is_async else module.Redeployed)(session=session)
    assert draw(world, module, session) == "a cat 3"
    until = time.monotonic() + 10
    while (
        session.__gradio__.events.multiplexer.reading
    ):  # a stream that breaks would be reason enough to look at the app again
        assert time.monotonic() < until
        time.sleep(0.01)
    server.stop()
    start_server(TWO_RESULTS, port=server.port)
    call = world.do(lambda: [app.draw.submit("a cat", 3)])[0]
    for read in (world.outputs, world.result, world.outputs):
        with pytest.raises(AppChangedError, match="returns 2 outputs") as caught:
            read(call)
    assert call.error is caught.value
    assert isinstance(caught.value.__cause__, ResponseError)
