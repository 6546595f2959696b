"""A real Gradio server that is killed, restarted, frozen or replaced while calls are under way."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import httpx
import pytest

from gradio_session import (
    AppChangedError,
    AsyncSession,
    CallTimeoutError,
    ConnectError,
    ConnectionLostError,
    EndpointNotFoundError,
    GradioSessionError,
    Session,
)
from tests.support.environments import ROOT
from tests.support.fault_proxy import FaultProxy, cut_at
from tests.support.patience import patience
from tests.support.world import World

APP = ROOT / "tests" / "apps" / "load.py"
SMALLER = """
import gradio as gr

with gr.Blocks() as demo:
    text, out = gr.Textbox(label="text"), gr.Textbox(label="out")
    gr.Button("other").click(lambda text: "OTHER " + text, text, out, api_name="other")
"""


@pytest.fixture(scope="module")
def shared(serve: Any) -> str:
    return str(serve(APP))


def test_killed_in_the_middle_of_calls_and_started_again(world: World, start_server: Any) -> None:
    server = start_server(APP)
    session = world.open(server.url)
    assert world.predict(session, "echo", ["before"]) == "before"
    running = [world.submit(session, "slow", [str(n), 3600]) for n in range(3)]
    queued = [world.submit(session, "one", [str(n), 3600]) for n in range(3)]
    assert world.wait_for(lambda: all(call.status == "running" for call in running), within=20), [
        (call, call.error) for call in running
    ]
    assert world.wait_for(lambda: all(call.id is not None for call in queued), within=20)
    server.stop()
    for call in (*running, *queued):
        with pytest.raises(ConnectionLostError) as caught:
            world.result(call)
        assert caught.value.event_id == call.id
    with pytest.raises(ConnectError):
        world.predict(session, "echo", ["down"], retries=0)
    start_server(APP, port=server.port)
    assert world.predict(session, "echo", ["again"]) == "again"
    assert world.predict(session, "add", ["state is gone"]) == "state is gone"


def test_replaced_by_another_app_while_idle(world: World, start_server: Any) -> None:
    """After a redeploy the name decides: another function is never called in its place."""
    server = start_server(APP)
    session = world.open(server.url)
    assert world.predict(session, "echo", ["before"]) == "before"
    server.stop()
    start_server(SMALLER, port=server.port)
    with pytest.raises((AppChangedError, EndpointNotFoundError)) as caught:
        world.predict(session, "echo", ["x"])
    assert "echo" in str(caught.value)
    assert world.predict(session, "other", ["x"]) == "OTHER x"


def test_frozen_server(world: World, start_server: Any) -> None:
    server = start_server(APP)
    session = world.open(server.url, heartbeat_timeout=2.0)
    assert world.predict(session, "echo", ["before"]) == "before"
    call = world.submit(session, "slow", ["x", 3600])
    assert world.wait_for(lambda: call.status == "running", within=20)
    server.pause()
    try:
        with pytest.raises(ConnectionLostError):
            world.result(call)
        with pytest.raises((CallTimeoutError, ConnectionLostError)):
            world.predict(session, "echo", ["x"], timeout=1.0)
    finally:
        server.resume()
    assert httpx.get(f"{server.url}/config", timeout=patience(30)).status_code == 200
    assert world.predict(session, "echo", ["after"]) == "after"


@pytest.mark.parametrize("rst", [False, True])
def test_stream_cut_in_the_middle_of_outputs(world: World, shared: str, rst: bool) -> None:
    with FaultProxy(shared) as proxy:
        proxy.down("GET /gradio_api/queue/data", cut_at(b"job-3", rst=rst))
        session = world.open(proxy.url)
        found: list[Any] = []
        with pytest.raises(ConnectionLostError):
            world.outputs(world.submit(session, "count", ["job", 10]), found)
        assert found == ["job-0", "job-1", "job-2"]
        proxy.clear()
        assert world.predict(session, "echo", ["after"]) == "after"


def test_deadline_stops_the_function(world: World, shared: str) -> None:
    session = world.open(shared)
    call = world.submit(session, "count", ["x", 10_000], timeout=0.5)
    with pytest.raises(CallTimeoutError):
        world.result(call)
    assert world.predict(session, "echo", ["after"]) == "after"


PAUSES = [4.8 + 0.02 * step for step in range(20)]
"""About as long as the server keeps idle connections, in seconds: requests sent at that very moment
would be lost.
"""


@pytest.mark.slow
def test_idle_for_about_as_long_as_the_server_keeps_connections(shared: str) -> None:
    failures: list[str] = []

    def user(pause: float) -> None:
        with Session(shared, retries=0) as session:
            session.predict("echo", ["x"])
            time.sleep(pause)
            try:
                session.predict("echo", ["y"])
            except GradioSessionError as error:
                failures.append(f"{pause}: {error!r}")

    threads = [
        threading.Thread(target=user, args=(pause,), name=f"test-idle-{pause}", daemon=True)
        for pause in PAUSES
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience(60))
    assert failures == []


@pytest.mark.slow
async def test_idle_tasks_for_about_as_long_as_the_server_keeps_connections(shared: str) -> None:
    async def user(pause: float) -> Any:
        async with AsyncSession(shared, retries=0) as session:
            await session.predict("echo", ["x"])
            await asyncio.sleep(pause)
            return await session.predict("echo", ["y"])

    assert await asyncio.gather(*(user(pause) for pause in PAUSES)) == ["y"] * len(PAUSES)
