"""Spaces by their ids, against a stand-in for the Hub and real apps, in both worlds."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

import pytest

from gradio_session import CallTimeoutError, ConnectError, ParameterError, SpaceError
from gradio_session.protocol.operations.spaces import Waiting, locate, wait_ready
from tests.conftest import Serve, Start
from tests.support.flows import Transported
from tests.support.hub import Hub
from tests.support.world import World

APP = """
import gradio as gr

def who(request: gr.Request):
    headers = request.headers
    return f"{headers.get('authorization')}|{headers.get('x-hf-authorization')}"

with gr.Blocks() as demo:
    out = gr.Textbox()
    gr.Button().click(who, None, out, api_name="who")
"""


@pytest.fixture
def app(serve: Serve) -> str:
    return serve(APP)


def test_a_space_is_found_through_the_hub(world: World, hub: Hub, app: str) -> None:
    hub.space("owner/name", app)
    session = world.open("owner/name")
    assert world.predict(session, "who") == "None|None"
    assert world.predict(session, "who") == "None|None"
    assert [asked.path for asked in hub.asked] == ["/api/spaces/owner/name"]
    assert "authorization" not in hub.asked[0].headers


def test_the_address_of_its_page_names_a_space_too(world: World, hub: Hub, app: str) -> None:
    hub.space("owner/name", app)
    assert (
        world.predict(world.open("https://huggingface.co/spaces/owner/name"), "who") == "None|None"
    )


def test_a_given_token_opens_a_private_space(world: World, hub: Hub, app: str) -> None:
    hub.space("owner/private", app, token="hf_secret")
    assert (
        world.predict(world.open("owner/private", token="hf_secret"), "who")
        == "None|Bearer hf_secret"
    )
    with pytest.raises(SpaceError, match="the token may not see it"):
        world.predict(world.open("owner/private", token="hf_other"), "who")
    with pytest.raises(SpaceError, match="HF_TOKEN"):
        world.predict(world.open("owner/private"), "who")


def test_the_stored_token_is_found(
    world: World, hub: Hub, app: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.space("owner/private", app, token="hf_stored")
    (Path(os.environ["HF_HOME"]) / "token").write_text("hf_stored\n")
    assert world.predict(world.open("owner/private"), "who") == "None|Bearer hf_stored"
    monkeypatch.setenv("HF_TOKEN", "hf_env")
    hub.spaces["owner/private"].token = "hf_env"
    assert world.predict(world.open("owner/private"), "who") == "None|Bearer hf_env"


def test_public_sends_no_token_to_anybody(
    world: World, hub: Hub, app: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_env")
    hub.space("owner/name", app)
    assert world.predict(world.open("owner/name", token="public"), "who") == "None|None"
    assert "authorization" not in hub.asked[0].headers
    assert world.predict(world.open("owner/name"), "who", token="public") == "None|None"


@pytest.mark.parametrize(
    "stage", ["PAUSED", "RUNTIME_ERROR", "BUILD_ERROR", "SLEEPING", "BUILDING"]
)
def test_a_space_that_does_not_run_is_reported(
    world: World, hub: Hub, app: str, stage: str
) -> None:
    hub.space("owner/name", app, [stage])
    with pytest.raises(SpaceError, match="The Space owner/name") as caught:
        world.predict(world.open("owner/name"), "who")
    assert caught.value.stage == stage


def test_a_space_that_is_being_built_is_waited_for(world: World, hub: Hub, app: str) -> None:
    space = hub.space("owner/name", app, ["BUILDING", "APP_STARTING", "RUNNING"])
    session = world.open("owner/name")
    told: list[Waiting] = []
    world.do(lambda: session.wait_ready(20, progress=told.append), within=25)
    assert space.looks == 3
    assert [each.stage for each in told] == ["BUILDING", "APP_STARTING"]
    assert all("owner/name" in each.message for each in told)
    assert world.predict(session, "who") == "None|None"


def test_the_first_call_waits_where_it_is_asked_to(world: World, hub: Hub, app: str) -> None:
    space = hub.space("owner/name", app, ["BUILDING", "APP_STARTING", "RUNNING"])
    assert world.predict(world.open("owner/name", wait=20), "who", within=25) == "None|None"
    assert space.looks == 3
    hub.sleeping("owner/asleep", app)
    assert world.predict(world.open("owner/asleep", wait=20), "who", within=25) == "None|None"
    hub.space("owner/built", app, ["BUILDING"])
    with pytest.raises(CallTimeoutError, match="BUILDING"):
        world.predict(world.open("owner/built", wait=0.3), "who")
    with pytest.raises(ParameterError, match="wait"):
        world.open("owner/name", wait=0)


def test_a_sleeping_space_is_woken_and_waited_for(world: World, hub: Hub, app: str) -> None:
    hub.sleeping("owner/name", app)
    session = world.open("owner/name")
    world.do(lambda: session.wait_ready(20), within=25)
    assert world.predict(session, "who") == "None|None"
    assert [asked.path for asked in hub.asked][:2] == [
        "/api/spaces/owner/name",
        "/host/owner/name/",
    ]


def test_a_paused_space_is_not_waited_for(world: World, hub: Hub, app: str) -> None:
    hub.space("owner/name", app, ["PAUSED"])
    session = world.open("owner/name")
    with pytest.raises(SpaceError, match="only its owner"):
        world.do(lambda: session.wait_ready(20), within=5)


def test_waiting_ends_at_the_deadline(world: World, hub: Hub, app: str) -> None:
    hub.space("owner/name", app, ["BUILDING"])
    session = world.open("owner/name")
    started = time.monotonic()
    with pytest.raises(CallTimeoutError, match="BUILDING"):
        world.do(lambda: session.wait_ready(1.5), within=10)
    assert time.monotonic() - started > 1.4


def test_no_hub_is_a_clear_error(world: World, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(ConnectError):
            world.predict(world.open("owner/name"), "who")


def test_a_self_hosted_app_that_starts_later_is_waited_for(
    world: World, start_server: Start
) -> None:
    server = start_server(APP)
    port = server.port
    server.stop()
    session = world.open(f"http://127.0.0.1:{port}")
    later = threading.Timer(0.5, lambda: start_server(APP, port=port))
    later.start()
    try:
        world.do(lambda: session.wait_ready(60), within=70)
        assert world.predict(session, "who") == "None|None"
    finally:
        later.join()


@pytest.mark.parametrize("world_name", ["sync", "async"])
def test_progress_is_told(hub: Hub, app: str, world_name: str) -> None:
    hub.space("owner/name", app, ["BUILDING", "RUNNING"])
    told: list[Waiting] = []
    with Transported(world_name, "") as transported:
        space = transported.run(
            wait_ready(
                lambda: locate("owner/name", token="public"), timeout=20, progress=told.append
            )
        )
    assert space.url == app
    assert [waiting.stage for waiting in told] == ["BUILDING"]
