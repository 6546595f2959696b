"""What an app's validators refuse and raise, on the versions that have them; in both worlds."""

from __future__ import annotations

import pytest

from gradio_session import AppError, InputValidationError
from tests.conftest import Serve
from tests.support.world import World

APP = """
import gradio as gr


def check(text):
    if text == "plain":
        raise ValueError("the disk is full")
    if text == "nothing":
        raise ValueError
    if text == "error":
        raise gr.Error("it's \\"late\\"")
    return gr.validate(text != "refuse", "no such word")


with gr.Blocks() as demo:
    text, out = gr.Textbox(label="Text"), gr.Textbox()
    gr.Button().click(lambda text: text, text, out, api_name="checked", validator=check)
    gr.Button().click(lambda text: text, text, out, api_name="che/cked", validator=check)
"""


@pytest.mark.parametrize("version", ["6.31.0", "5.50.0"])
@pytest.mark.parametrize("name", ["/checked", "/che/cked"])
def test_what_validators_say(world: World, serve: Serve, version: str, name: str) -> None:
    session = world.open(serve(APP, version))
    assert world.predict(session, name, ["fine"]) == "fine"
    with pytest.raises(InputValidationError, match="no such word"):
        world.predict(session, name, ["refuse"])
    for text, words in {
        "plain": "the disk is full",
        "error": 'it\'s "late"',
        "nothing": "a validator failed and does not say why (the app's own log has the reason)",
    }.items():
        with pytest.raises(AppError) as caught:
            world.predict(session, name, [text])
        assert (type(caught.value), caught.value.message) == (AppError, words)
        assert str(caught.value) == f"{name}: {words}"
