"""Parameters and options that callers leave out, on real servers, in both worlds."""

from __future__ import annotations

import pytest

from gradio_session import CallLimitError, ParameterError
from tests.conftest import LAB, Serve
from tests.support.environments import VERSIONS
from tests.support.world import World

APP = """
import gradio as gr

with gr.Blocks() as demo:
    words, count, ends = gr.Textbox(), gr.Number(3, precision=0), gr.Textbox("!")
    out = gr.Textbox()
    gr.Button().click(
        lambda words, count, ends: words * int(count) + ends, [words, count, ends], out,
        api_name="repeat",
    )
    gr.Button().click(
        lambda words, count: words * int(count), [words, count], out,
        api_name="quiet", SHOWN,
    )
"""
HIDDEN = {"4.44.1": "show_api=False", "5.50.0": "show_api=False"}


@pytest.mark.versions
@pytest.mark.parametrize("version", VERSIONS)
def test_a_short_list_takes_defaults(world: World, serve: Serve, version: str) -> None:
    hidden = HIDDEN.get(version, 'api_visibility="undocumented"')
    session = world.open(serve(APP.replace("SHOWN", hidden), version=version))
    assert world.predict(session, "repeat", ["a"]) == "aaa!"
    assert world.predict(session, "repeat", ["a", 2]) == "aa!"
    assert world.predict(session, "repeat", ("a", 2, "?")) == "aa?"
    assert world.predict(session, "quiet", ["a"]) == "aaa"  # /info does not list it by itself


def test_a_short_list_without_a_default_is_refused(world: World, serve: Serve) -> None:
    session = world.open(serve(LAB))
    with pytest.raises(ParameterError, match="'prompt' has no default") as caught:
        world.predict(session, "generate", [])
    assert caught.value.parameter == "prompt"
    with pytest.raises(ParameterError, match="takes 1 value"):
        world.predict(session, "moderate", ["a", "b"])
    assert session.session_hash is None  # nothing was sent


def test_policies_may_be_written_in_any_case(world: World, serve: Serve) -> None:
    session = world.open(serve(LAB), max_calls=1, max_calls_policy="Error")
    assert session.max_calls_policy == "error"
    world.predict(session, "moderate", ["a"])
    with pytest.raises(CallLimitError):
        world.predict(session, "moderate", ["b"])
    session.max_calls_policy = "REMOVE"
    assert world.predict(session, "moderate", ["b"]) == "b"
    with pytest.raises(ParameterError, match="max_calls_policy"):
        session.max_calls_policy = "errors"


def test_parameters_beside_an_event_id_are_refused(world: World, serve: Serve) -> None:
    session = world.open(serve(LAB))
    call = world.submit(session, "moderate", ["a"])
    world.result(call)
    for params in (["b"], {"prompt": "b"}, []):
        with pytest.raises(ParameterError, match="params or event_id, not both"):
            world.submit(session, "moderate", params, event_id=call.id)
    assert world.submit(session, "moderate", event_id=call.id) is call
