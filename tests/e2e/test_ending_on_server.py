"""A session or a tab that is closed ends on the server: `unload` runs, its state is let go."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from gradio_session import Session
from tests.conftest import Serve, Start
from tests.support.environments import VERSIONS
from tests.support.fake_gradio import FakeGradio
from tests.support.generation import Generate
from tests.support.world import World

APP = """
import json
import time
import gradio as gr

ended = []

def count(total: int, request: gr.Request):
    return total + 1, total + 1, request.session_hash

def slow(total):
    for number in range(600):
        yield number
        time.sleep(0.05)

def left(request: gr.Request):
    ended.append(request.session_hash)

def report():
    sessions = demo.app.state_holder.session_data
    closed = [key for key, value in sessions.items() if value.is_closed]
    return json.dumps({"ended": ended, "closed": closed})

with gr.Blocks() as demo:
    total, shown, who, told = gr.State(0), gr.Number(), gr.Textbox(), gr.Textbox()
    gr.Button().click(count, total, [shown, total, who], api_name="count")
    gr.Button().click(slow, total, shown, api_name="slow")
    gr.Button().click(report, None, told, api_name="report")
    demo.unload(left)
"""
# Nothing to end here: no state and no `unload`.
PLAIN = """
import gradio as gr

with gr.Blocks() as demo:
    words, out = gr.Textbox(), gr.Textbox()
    gr.Button().click(lambda words: words, words, out, api_name="echo")
"""


class Watcher:
    """Another client of the app, which asks who has left."""

    def __init__(self, url: str) -> None:
        self.session = Session(url)

    def report(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = json.loads(self.session.predict("report"))
        return found

    def sees_the_end_of(self, world: World, *hashes: Any) -> None:
        def gone() -> bool:
            report = self.report()
            return set(hashes) <= set(report["ended"]) & set(report["closed"])

        assert world.wait_for(gone, 20), (hashes, self.report())


@pytest.mark.versions
@pytest.mark.parametrize("version", VERSIONS)
def test_a_closed_session_ends_on_the_server(world: World, serve: Serve, version: str) -> None:
    watcher = Watcher(serve(APP, version=version))
    session = world.open(serve(APP, version=version))
    assert world.predict(session, "count") == (1, session.session_hash)
    assert world.predict(session, "count") == (2, session.session_hash)
    mine = session.session_hash
    assert mine not in watcher.report()["ended"]
    world.close(session)
    watcher.sees_the_end_of(world, mine)
    assert watcher.report()["ended"].count(mine) == 1
    watcher.session.close()


def test_tabs_end_one_by_one(world: World, serve: Serve) -> None:
    watcher = Watcher(serve(APP))
    session = world.open(serve(APP))
    ada, bob, idle = session.tab(), session.tab(), session.tab()
    for each in (session, ada, bob):
        assert world.predict(each, "count")[0] == 1
    world.close(ada)
    world.close(idle)  # the server never knew it
    watcher.sees_the_end_of(world, ada.session_hash)
    assert world.predict(bob, "count")[0] == world.predict(session, "count")[0] == 2
    assert not {session.session_hash, bob.session_hash} & set(watcher.report()["ended"])
    world.close(bob)
    world.close(session)
    watcher.sees_the_end_of(world, session.session_hash, bob.session_hash)
    watcher.session.close()


def test_what_runs_is_cancelled_before(world: World, serve: Serve) -> None:
    watcher = Watcher(serve(APP))
    session = world.open(serve(APP))
    call = world.submit(session, "slow")
    assert world.first_output(call) >= 0
    world.close(session)
    assert call.status == "cancelled"
    watcher.sees_the_end_of(world, session.session_hash)
    watcher.session.close()


def test_tabs_of_a_map_end(serve: Serve, generate: Generate) -> None:
    url = serve(APP)
    watcher = Watcher(url)
    module: Any = generate(url, "--class-name", "Counting")
    with module.Counting(url) as client:
        hashes = {who for _, who in client.count.map([()] * 4, concurrency=2)}
        assert client.session.session_hash not in hashes
    watcher.sees_the_end_of(World(), *hashes)
    watcher.session.close()


def test_an_app_that_does_not_ask_is_not_told(world: World, serve: Serve) -> None:
    seen: list[str] = []
    session = world.open(serve(PLAIN), http=listening(world, seen))
    assert world.predict(session, "echo", ["a"]) == "a"
    world.close(session)
    assert not any("/heartbeat/" in each for each in seen)
    session = world.open(serve(APP), http=listening(world, seen))
    world.predict(session, "count")
    world.close(session)
    assert sum("/heartbeat/" in each for each in seen) == 1


def listening(world: World, seen: list[str]) -> Any:
    """A client that notes what is asked."""

    def note(request: httpx.Request) -> None:
        seen.append(str(request.url))

    async def note_async(request: httpx.Request) -> None:
        note(request)

    if world.is_async:
        return httpx.AsyncClient(event_hooks={"request": [note_async]})
    return httpx.Client(event_hooks={"request": [note]})


def test_a_server_that_hangs_or_is_gone_holds_nobody_up(world: World, start_server: Start) -> None:
    server = start_server(APP)
    hung, gone = world.open(server.url), world.open(server.url)
    for session in (hung, gone):
        world.predict(session, "count")
    server.pause()
    world.close(hung, within=10)
    server.resume()
    server.stop()
    world.close(gone, within=10)


def test_a_refused_heartbeat_is_no_error(world: World, fake: FakeGradio) -> None:
    fake.config["connect_heartbeat"] = True
    session = world.open(fake.url)
    world.predict(session, "echo", ["a"])
    world.close(session)
    assert fake.received[-1].line.endswith(f"/heartbeat/{session.session_hash}")
