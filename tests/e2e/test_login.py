"""Logins by user name and password, in both worlds and on every version."""

from __future__ import annotations

import pytest

from gradio_session import AuthenticationError
from tests.conftest import Serve
from tests.support.world import World

APP = """
import gradio as gr

def who(request: gr.Request):
    return str(request.username)

with gr.Blocks() as demo:
    out = gr.Textbox()
    gr.Button().click(who, None, out, api_name="who")
"""
LOGIN = ("ada", "l0ve&lace ü")


@pytest.fixture
def locked(serve: Serve, version: str) -> str:
    """An app that wants a login."""
    return serve(APP, version, auth=LOGIN, auth_message="Ask Charles")


@pytest.mark.versions
def test_with_the_right_password(world: World, locked: str) -> None:
    session = world.open(locked, auth=LOGIN)
    assert world.predict(session, "who") == "ada"
    assert session.user == "ada"
    assert "l0ve" not in repr(session)


@pytest.mark.versions
def test_without_a_login_it_says_how(world: World, locked: str) -> None:
    session = world.open(locked)
    with pytest.raises(AuthenticationError, match=r"auth=\(user, password\)"):
        world.predict(session, "who")
    world.do(lambda: session.login(*LOGIN))
    assert world.predict(session, "who") == "ada"


@pytest.mark.versions
def test_with_a_wrong_password_it_says_so(world: World, locked: str) -> None:
    session = world.open(locked, auth=("ada", "hunter2"))
    with pytest.raises(AuthenticationError, match="wrong user name or password") as caught:
        world.predict(session, "who")
    assert "hunter2" not in str(caught.value)


def test_behind_a_mount_point(world: World, serve: Serve) -> None:
    url = serve(APP, mount="/inner/app", auth=LOGIN)
    assert world.predict(world.open(url, auth=LOGIN), "who") == "ada"


def test_an_app_without_a_login_needs_none(world: World, serve: Serve) -> None:
    session = world.open(serve(APP), auth=LOGIN)
    assert world.predict(session, "who") == "None"
    world.do(lambda: session.login(*LOGIN))
    assert world.predict(session, "who") == "None"
