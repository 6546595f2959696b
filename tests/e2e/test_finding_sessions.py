"""The server's name of a session, and sessions found by it, by address or as the default."""

from __future__ import annotations

import inspect

import pytest

import gradio_session
from gradio_session import AsyncSession, Session, SessionNotFoundError, sessions
from tests.conftest import LAB, Serve
from tests.support.world import World

HASH_APP = """
import gradio as gr

def session_hash(request: gr.Request):
    return request.session_hash

with gr.Blocks() as demo:
    out = gr.Textbox()
    gr.Button().click(session_hash, None, out, api_name="hash")
"""


def test_the_session_hash_is_the_one_that_the_app_sees(world: World, serve: Serve) -> None:
    session = world.open(serve(HASH_APP))
    assert session.session_hash is None
    seen = world.predict(session, "hash")
    assert session.session_hash == seen
    assert world.predict(session, "hash") == seen
    tab = session.tab()
    assert tab.session_hash is None
    assert world.predict(tab, "hash") == tab.session_hash != seen
    world.close(tab)


def test_name_and_download_path_may_be_given_by_position(world: World, serve: Serve) -> None:
    kind = AsyncSession if world.is_async else Session
    session = world.do(lambda: [kind(serve(LAB), "by place", "out")])[0]
    world.sessions.append(session)
    assert (session.name, session.download_path.name) == ("by place", "out")


def test_a_session_is_found_by_name_address_and_id(world: World, serve: Serve) -> None:
    url = serve(LAB)
    lab, other = world.open(url, name="lab"), world.open("http://127.0.0.1:9", name="other")
    world.predict(lab, "moderate", ["a"])
    for key in ("lab", url, f"{url}/", lab.session_hash):
        assert sessions[key] is sessions.get(key) is lab
        assert sessions.find(key) == [lab]
        assert key in sessions
    assert sessions.find(f"{lab.session_hash[:8].upper()}*") == [lab]
    assert sessions.find("http://127.0.0.1:*") == [lab, other]
    with pytest.raises(SessionNotFoundError, match="neither the session_hash of one nor the addr"):
        sessions["http://127.0.0.1:8"]
    second = world.open(url, name="second")
    assert sessions.get(url) is None  # which of the two?
    assert sessions.find(url) == [lab, second]


def test_calls_of_the_default_session(world: World, serve: Serve) -> None:
    with pytest.raises(SessionNotFoundError, match="Make one, or choose"):
        gradio_session.submit("moderate", ["a"])
    with pytest.raises(SessionNotFoundError, match="no default session"):
        gradio_session.predict("moderate", ["a"])
    lab = world.open(serve(LAB), name="lab")
    call = world.do(lambda: [gradio_session.submit("moderate", ["a"])])[0]
    assert call in lab.calls
    assert world.result(call) == "a"
    assert world.do(lambda: gradio_session.predict("moderate", {"prompt": "b"})) == "b"
    world.open("http://127.0.0.1:9", name="other")
    with pytest.raises(SessionNotFoundError, match="Open are: 'lab', 'other'"):
        gradio_session.predict("moderate", ["a"])
    sessions.default = "lab"
    assert world.do(lambda: gradio_session.predict("moderate", ["c"])) == "c"


@pytest.mark.parametrize("name", ["submit", "predict"])
def test_they_take_what_the_method_of_a_session_takes(name: str) -> None:
    _, *theirs = inspect.signature(getattr(Session, name)).parameters.values()
    mine = inspect.signature(getattr(gradio_session, name)).parameters.values()
    assert list(mine) == theirs
