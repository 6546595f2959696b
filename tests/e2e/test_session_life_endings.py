"""Sessions on a real Gradio 6.31, plain and asynchronous: closing, pickling, forking, exiting,
restarts of the app.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

import gradio_session
from gradio_session import ConnectError, ConnectionLostError, Session, sessions
from tests.conftest import Serve, Start
from tests.support.fault_proxy import FaultProxy, delay
from tests.support.patience import patience
from tests.support.scripts import python
from tests.support.session_app import APP, journal
from tests.support.world import World

RUNTIME = Path(gradio_session.__file__).parent.parent


@pytest.fixture(scope="module")
def url(serve: Serve) -> str:
    return serve(APP)


# Closing


def test_closing_cancels_what_runs(world: World, url: str) -> None:
    session, mark = world.open(url), uuid.uuid4().hex[:8]
    calls = [world.submit(session, "slow", [20, f"{mark}{n}"]) for n in range(3)]
    assert world.wait_for(lambda: all(call.status == "running" for call in calls))
    assert world.wait_for(
        lambda: sum(entry.startswith(f"begin:{mark}") for entry in journal(world, url)) == 3
    ), "the server says so a moment before"
    world.close(session)
    assert [call.status for call in calls] == ["cancelled"] * 3
    assert world.wait_for(
        lambda: sum(entry.startswith(f"cancelled:{mark}") for entry in journal(world, url)) == 3
    )
    with pytest.raises(ConnectError, match="closed"):
        world.predict(session, "echo", [])
    world.close(session)
    assert session not in sessions


def sockets() -> int:
    """Sockets of this process that are open."""
    count = 0
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the folder's own handle is gone by now
            count += str(entry.readlink()).startswith("socket:")
    return count


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts sockets by /proc")
@pytest.mark.parametrize("cycles", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_cycles_leave_no_thread_no_task_and_no_socket(world: World, url: str, cycles: int) -> None:
    session_class: Any = gradio_session.AsyncSession if world.is_async else Session

    async def asynchronous() -> None:
        async with session_class(url) as session:
            call = session.submit("ticks", [50, 0.02, "c"])
            await session.predict("echo", ["a", "plain", 1])
            assert not call.done

    def plain() -> None:
        with session_class(url) as session:
            call = session.submit("ticks", [50, 0.02, "c"])
            session.predict("echo", ["a", "plain", 1])
            assert not call.done

    step = asynchronous if world.is_async else plain
    world.do(step)
    threads, open_sockets, tasks = threading.active_count(), sockets(), len(world.tasks())
    for _ in range(cycles):
        world.do(step)
    assert world.wait_for(lambda: threading.active_count() <= threads)
    assert sockets() <= open_sockets
    assert len(world.tasks()) <= tasks


def test_nothing_runs_while_no_call_does(world: World, url: str) -> None:
    session = world.open(url)
    world.predict(session, "echo", ["a", "plain", 1])
    assert world.wait_for(
        lambda: not any("gradio-session" in thread.name for thread in threading.enumerate())
    )
    assert world.wait_for(lambda: not world.tasks())


def test_sequential_calls_use_one_connection(world: World, url: str) -> None:
    with FaultProxy(url) as proxy:
        session = world.open(proxy.url)
        for _ in range(20):
            world.predict(session, "echo", ["a", "plain", 1])
        assert proxy.made <= 2
        assert proxy.count("GET /config") == 1
        world.close(session)


# Pickling, forking, exiting


def test_a_session_unpickles_with_a_name_and_a_hash_of_its_own(world: World, url: str) -> None:
    session = world.open(
        url, name=f"p{uuid.uuid4().hex[:6]}", token="tok-1", max_calls=7, download_path="out"
    )
    world.predict(session, "count", [1])
    copy = world.do(lambda: [pickle.loads(pickle.dumps(session))])[0]
    assert copy.name != session.name
    assert (
        copy.__gradio__.events.multiplexer.session_hash
        != session.__gradio__.events.multiplexer.session_hash
    )
    assert (copy.max_calls, copy.app_url) == (7, session.app_url)
    assert copy.__gradio__.app.credentials.headers_for(url) == {"authorization": "Bearer tok-1"}
    assert len(copy.calls) == 0
    assert world.predict(copy, "count", [1]) == 1
    world.close(copy)


def test_a_pickle_without_secrets_holds_none(world: World, url: str) -> None:
    session = world.open(
        url,
        token="tok-42",
        auth=("ada", "engine-42"),
        headers={"x": "head-42"},
        cookies={"c": "cook-42"},
        pickle_secrets=False,
    )
    data = pickle.dumps(session)
    assert b"42" not in data.replace(url.encode(), b"")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_makes_calls_of_its_own_and_the_parents_go_on(url: str) -> None:
    script = f"""
import os, sys, gradio_session as g
session = g.Session({url!r})
running = session.submit("ticks", [10, 0.1, "p"])
before = session.__gradio__.events.multiplexer.session_hash
child = os.fork()
if child == 0:
    try:
        running.result(2)
    except g.ConnectionLostError:
        print("child:lost", flush=True)
    print("child:" + session.predict("echo", ["c", "plain", 1]), flush=True)
    print("child:" + str(session.__gradio__.events.multiplexer.session_hash != before), flush=True)
    os._exit(0)
os.waitpid(child, 0)
print("parent:" + running.result(10), flush=True)
session.close()
"""
    run = python("-c", script, cwd=RUNTIME, code=None)
    assert run.stdout.split() == ["child:lost", "child:c", "child:True", "parent:p9"], run.stderr


@pytest.mark.parametrize("kind", ["sync", "async", "sync-interrupted"])
def test_an_interpreter_that_exits_with_calls_running_neither_hangs_nor_complains(
    url: str, kind: str
) -> None:
    plain = f"""
import gradio_session as g
session = g.Session({url!r})
calls = [session.submit("ticks", [500, 0.05, "x"]) for _ in range(3)]
next(iter(calls[0]))
"""
    asynchronous = f"""
import asyncio, gradio_session as g
async def main():
    session = g.AsyncSession({url!r})
    calls = [session.submit("ticks", [500, 0.05, "x"]) for _ in range(3)]
    async for output in calls[0]:
        return
asyncio.run(main())
"""
    interrupted = f"""{plain}
import os, signal, threading
threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
calls[1].result()
"""
    script = {"sync": plain, "async": asynchronous, "sync-interrupted": interrupted}[kind]
    run = python("-c", script, cwd=RUNTIME, code=None)
    if kind == "sync-interrupted":
        assert "KeyboardInterrupt" in run.stderr
    else:
        assert (run.returncode, run.stderr) == (0, "")


def test_an_interrupt_while_waiting_cancels_the_call(url: str) -> None:
    mark = uuid.uuid4().hex[:8]
    script = f"""
import os, signal, threading, gradio_session as g
with g.Session({url!r}) as session:
    call = session.submit("slow", [20, {mark!r}])
    threading.Timer(0.6, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    try:
        call.result()
    except KeyboardInterrupt:
        print(call.status)
    print({f"cancelled:{mark}"!r} in session.predict("journal", [""]))
"""
    run = python("-c", script, cwd=RUNTIME, code=None)
    assert run.stdout.split() == ["cancelled", "True"], run.stderr


def test_one_asynchronous_session_serves_one_loop_after_another(url: str) -> None:
    session = gradio_session.AsyncSession(url)

    async def call() -> Any:
        return await asyncio.gather(
            *(session.predict("echo", [str(n), "plain", 1]) for n in range(40))
        )

    for _ in range(3):
        assert asyncio.run(call()) == [str(n) for n in range(40)]
    asyncio.run(session.close())


def test_an_asynchronous_call_without_a_loop_says_what_to_do(url: str) -> None:
    session = gradio_session.AsyncSession(url)
    with pytest.raises(gradio_session.ParameterError, match="event loop"):
        session.submit("echo", [])
    assert len(session.calls) == 0
    asyncio.run(session.close())


# Restarts


def test_a_restarted_app_fails_what_was_under_way_and_serves_what_comes_later(
    world: World, start_server: Start
) -> None:
    server = start_server(APP)
    session = world.open(server.url)
    call = world.submit(session, "slow", [30, "x"])
    assert world.wait_for(lambda: call.status == "running")
    waiting = world.start(call.result)
    server.stop()
    with pytest.raises(ConnectionLostError, match="may have run"):
        waiting.result()
    with pytest.raises(ConnectError):
        world.predict(session, "echo", ["a", "plain", 1])
    start_server(APP, port=server.port)
    world.do(lambda: session.wait_ready(30), 40)
    assert world.predict(session, "echo", ["a", "plain", 1]) == "a"
    assert world.predict(session, "nested/echo", ["a", "plain", 1]) == "a"


def test_wait_ready_waits_for_an_app_that_is_still_starting(
    world: World, start_server: Start
) -> None:
    server = start_server(APP)
    server.stop()
    session = world.open(server.url)
    waiting = world.start(lambda: session.wait_ready(60))
    time.sleep(0.5)
    assert not waiting.done()
    start_server(APP, port=server.port)
    waiting.result(40)
    assert world.predict(session, "echo", ["a", "plain", 1]) == "a"


@pytest.mark.parametrize("sibling", [False, True])
def test_an_interrupt_while_a_call_is_posted_leaves_nothing_running(
    url: str, sibling: bool
) -> None:
    mark = uuid.uuid4().hex[:8]
    with FaultProxy(url) as proxy:
        script = f"""
import os, signal, sys, threading, time, gradio_session as g
session = g.Session({proxy.url!r})
session.predict("echo", ["warm", "plain", 1])
other = session.submit("slow", [3, "other"]) if {sibling} else None
print("ready", flush=True)
sys.stdin.readline()
threading.Timer(0.4, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    session.predict("ticks", [1000, 0.05, {mark!r}])
except KeyboardInterrupt:
    print("interrupted", flush=True)
if other is not None:
    print(other.result(), flush=True)
time.sleep(1.5)
print(session.predict("echo", ["after", "plain", 1]), flush=True)
time.sleep(1)
"""
        command = [sys.executable, "-c", script]
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=RUNTIME,
        ) as run:
            assert run.stdout is not None
            assert run.stdout.readline() == "ready\n"
            proxy.down("POST /gradio_api/call/ticks", delay(1.0))
            out, err = run.communicate("go\n", timeout=patience(30))
        assert out.split() == ["interrupted", *(["other"] if sibling else []), "after"], err
    with Session(url) as session:
        before = session.predict("journal", [""]).split()
        time.sleep(0.5)
        new = set(session.predict("journal", [""]).split()) - set(before)
    assert not any(entry.startswith(f"tick:{mark}") for entry in new)
