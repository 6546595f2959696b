"""Calls that are waited for, cancelled, held back, attached to or detached on a real Gradio 6.31,
plain and asynchronous.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

import gradio_session
from gradio_session import (
    AppError,
    CallCancelledError,
    CallTimeoutError,
    Cancelled,
    EventNotFoundError,
    ParameterError,
)
from tests.conftest import Serve
from tests.support.fake_gradio import FakeGradio
from tests.support.patience import patience
from tests.support.session_app import APP
from tests.support.session_app import journal as ran
from tests.support.world import World


@pytest.fixture(scope="module")
def url(serve: Serve) -> str:
    return serve(APP)


def fresh() -> str:
    """A mark that no other test uses."""
    return uuid.uuid4().hex[:8]


# Waiting


def test_the_callers_token_for_one_call_asks_whether_the_endpoint_wants_it(
    world: World, fake: FakeGradio
) -> None:
    session = world.open(fake.url)
    assert world.predict(session, "echo", ["a"]) == "a"
    assert world.predict(session, "echo", ["a"], token="public") == "a"
    assert world.predict(session, "echo", ["a"], token="tok") == "a"
    assert fake.count("GET /gradio_api/info") == 0
    assert world.predict(session, "echo", ["a"], oauth_token="hf_mine") == "a"
    assert fake.count("GET /gradio_api/info") == 1


def test_a_result_that_times_out_leaves_the_call_alive(world: World, url: str) -> None:
    call = world.submit(world.open(url), "slow", [0.6, fresh()])
    for timeout in (0, 0.1):
        with pytest.raises(CallTimeoutError, match="goes on") as caught:
            world.result(call, timeout)
        assert "None" not in str(caught.value)
    assert not call.done
    assert world.result(call)


def test_the_timeout_of_a_call_cancels_it_on_the_server(world: World, url: str) -> None:
    mark = fresh()
    call = world.submit(world.open(url), "slow", [20, mark], timeout=0.5)
    with pytest.raises(CallTimeoutError):
        world.result(call)
    assert isinstance(call.error, TimeoutError)
    assert world.wait_for(lambda: f"cancelled:{mark}" in ran(world, url))


def test_a_call_that_nobody_watches_ends_at_its_timeout(world: World, url: str) -> None:
    call = world.submit(world.open(url), "ticks", [200, 0.1, fresh()], timeout=0.6)
    assert world.wait_for(lambda: call.done, 5)
    assert call.status == "error"


# Cancelling


def test_a_running_generator_is_cancelled_at_its_next_step(world: World, url: str) -> None:
    mark = fresh()
    call = world.submit(world.open(url), "ticks", [500, 0.05, mark])
    world.first_output(call)
    assert world.cancel(call) is True
    with pytest.raises(CallCancelledError):
        world.result(call)
    assert call.status == "cancelled"
    assert call.events[-1] == Cancelled(on_server=True)
    before = len([entry for entry in ran(world, url) if entry.startswith(f"tick:{mark}")])
    time.sleep(0.3)
    assert (
        len([entry for entry in ran(world, url) if entry.startswith(f"tick:{mark}")]) <= before + 1
    )
    assert world.cancel(call) is False


def test_a_queued_call_is_taken_out_of_the_queue(world: World, url: str) -> None:
    blocker, session, mark = world.open(url), world.open(url), fresh()
    busy = world.submit(blocker, "single", [1.5, "busy"])
    assert world.wait_for(lambda: busy.status == "running")
    call = world.submit(session, "single", [0.1, mark])
    assert world.wait_for(lambda: call.status == "queued")
    assert world.cancel(call) is True
    assert world.result(busy) == "busy"
    time.sleep(0.3)
    assert f"begin:{mark}" not in ran(world, url)


def test_siblings_are_not_harmed_and_the_abandoned_one_does_not_run_for_ever(
    world: World, url: str
) -> None:
    session, mark = world.open(url), fresh()
    sibling = world.submit(session, "ticks", [8, 0.1, f"{mark}s"])
    call = world.submit(session, "ticks", [1000, 0.1, mark])
    assert world.wait_for(lambda: call.status == "running" and sibling.status == "running")
    assert world.cancel(call) is False
    assert call.events[-1] == Cancelled(on_server=False)
    with pytest.raises(CallCancelledError):
        world.result(call)
    assert world.result(sibling) == f"{mark}s7"
    time.sleep(0.5)
    before = len([entry for entry in ran(world, url) if entry.startswith(f"tick:{mark}:")])
    time.sleep(0.5)
    assert len([entry for entry in ran(world, url) if entry.startswith(f"tick:{mark}:")]) == before


def test_leaving_the_block_of_a_call_cancels_it(world: World, url: str) -> None:
    session = world.open(url)

    def plain() -> Any:
        with session.submit("ticks", [500, 0.05, "w"]) as call:
            next(iter(call))
        return call

    async def asynchronous() -> Any:
        async with session.submit("ticks", [500, 0.05, "w"]) as call:
            await call.__aiter__().__anext__()
        return call

    call = world.do(asynchronous if world.is_async else plain)
    assert call.status == "cancelled"


# Many at once


def test_many_calls_share_one_stream_and_get_their_own_messages(world: World, url: str) -> None:
    session = world.open(url)
    pending = [
        world.start(lambda n=n: session.predict("echo", [f"t{n}", "plain", 1])) for n in range(40)
    ]
    assert [each.result(20) for each in pending] == [f"t{n}" for n in range(40)]


def test_max_concurrency_holds_calls_back_in_order_without_sending_them(
    world: World, url: str
) -> None:
    session, mark = world.open(url, max_concurrency=2), fresh()
    calls = [world.submit(session, "slow", [0.3, f"{mark}{n}"]) for n in range(6)]
    assert world.wait_for(lambda: sum(call.status == "running" for call in calls) == 2)
    assert [call.status for call in calls[2:]] == ["pending"] * 4
    assert all(call.id is None for call in calls[2:])
    assert world.cancel(calls[5]) is False
    assert [world.result(call) for call in calls[:5]] == [f"{mark}{n}" for n in range(5)]
    begun = [entry for entry in ran(world, url) if entry.startswith(f"begin:{mark}")]
    assert sorted(begun[:2]) == [f"begin:{mark}0", f"begin:{mark}1"]
    assert len(begun) == 5


# Attaching


def post(url: str, name: str, data: list[Any]) -> str:
    import httpx

    answer = httpx.post(f"{url}/gradio_api/call/{name}", json={"data": data}, trust_env=False)
    return str(answer.json()["event_id"])


def test_an_event_made_elsewhere_can_be_followed(world: World, url: str) -> None:
    session = world.open(url)
    call = world.submit(session, "ticks", event_id=post(url, "ticks", [4, 0.05, "a"]))
    assert world.outputs(call) == ["a0", "a1", "a2", "a3"]
    assert world.result(call) == "a3"


@pytest.mark.parametrize("event_id", ["", 5])
def test_what_is_no_id_of_an_event_is_refused(world: World, url: str, event_id: Any) -> None:
    session = world.open(url)
    with pytest.raises(ParameterError, match="event_id="):
        world.submit(session, "echo", event_id=event_id)
    with pytest.raises(ParameterError, match="event_id="):
        world.do(lambda: [session.attach(event_id)])
    assert len(session.calls) == 0


def test_its_error_too(world: World, url: str) -> None:
    session = world.open(url)
    call = world.do(lambda: [session.attach(post(url, "fails", ["elsewhere"]), "fails")])[0]
    with pytest.raises(AppError, match="elsewhere"):
        world.result(call)


@pytest.mark.parametrize("kind", ["unknown", "read"])
def test_an_event_that_is_unknown_or_was_read_ends_within_seconds(
    world: World, url: str, kind: str
) -> None:
    event_id = uuid.uuid4().hex
    if kind == "read":
        event_id = post(url, "echo", ["a", "plain", 1])
        assert world.result(world.submit(world.open(url), "echo", event_id=event_id)) == "a"
    call = world.submit(world.open(url), "echo", event_id=event_id)
    with pytest.raises(EventNotFoundError, match=event_id):
        world.result(call)


def test_an_id_of_the_record_gives_that_call(world: World, url: str) -> None:
    session = world.open(url)
    call = world.submit(session, "echo", ["a", "plain", 1])
    world.result(call)
    assert world.submit(session, "echo", event_id=call.id) is call


def test_a_detached_call_can_be_collected_by_another_process(world: World, url: str) -> None:
    session, mark = world.open(url), fresh()
    call = world.submit(session, "slow", [0.3, mark], detached=True)
    assert world.wait_for(lambda: call.id is not None)
    script = (
        "import sys, json, gradio_session as g\n"
        "with g.Session(sys.argv[1]) as session:\n"
        "    print(json.dumps(session.attach(sys.argv[2], 'slow').result(20)))\n"
    )
    command = [sys.executable, "-c", script, url, call.id]
    run = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=patience(60),
        check=False,
        cwd=Path(gradio_session.__file__).parent.parent,
    )
    assert json.loads(run.stdout) == mark, run.stderr


def test_a_detached_call_can_be_read_by_its_own_process(world: World, url: str) -> None:
    call = world.submit(world.open(url), "ticks", [3, 0.05, "d"], detached=True)
    assert world.wait_for(lambda: call.id is not None)
    assert world.outputs(call) == ["d0", "d1", "d2"]


def test_a_detached_call_can_be_cancelled_unread(world: World, url: str) -> None:
    mark = fresh()
    call = world.submit(world.open(url), "slow", [20, mark], detached=True)
    assert world.wait_for(lambda: f"begin:{mark}" in ran(world, url))
    assert world.cancel(call) is True
    assert world.wait_for(lambda: f"cancelled:{mark}" in ran(world, url))
