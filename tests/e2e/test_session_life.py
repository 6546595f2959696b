"""Sessions on a real Gradio 6.31: logins, names, limits, closing, pickling, forking, exiting; plain and asynchronous."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import pickle
import subprocess
import sys
import threading
import time
import uuid
import warnings
import weakref
from pathlib import Path
from typing import Any

import pytest

import gradio_session
from gradio_session import (
    AuthenticationError,
    CallLimitError,
    CallLimitWarning,
    ConnectError,
    ConnectionLostError,
    Session,
    sessions,
)
from tests.conftest import Serve, Start
from tests.support.environments import ROOT
from tests.support.fault_proxy import FaultProxy, delay
from tests.support.world import World

APP = ROOT / "tests" / "apps" / "session_app.py"
RUNTIME = Path(gradio_session.__file__).parent.parent


@pytest.fixture(scope="module")
def url(serve: Serve) -> str:
    return serve(APP)


@pytest.fixture(scope="module")
def locked_url(serve: Serve) -> str:
    return serve(APP, auth=[["ada", "engine"]])


def journal(world: World, url: str) -> list[str]:
    found: list[str] = world.predict(world.open(url), "journal", [""]).split()
    return found


# Login


def test_auth_logs_in_and_the_user_is_known(world: World, locked_url: str) -> None:
    session = world.open(locked_url, auth=("ada", "engine"))
    assert session.user is None
    assert world.predict(session, "echo", ["a", "plain", 1]) == "a"
    assert session.user == "ada"
    assert "engine" not in repr(session)


def test_a_later_login_goes_with_a_pickle(world: World, locked_url: str) -> None:
    session = world.open(locked_url)
    world.do(lambda: session.login("ada", "engine"))
    copy = world.do(lambda: [pickle.loads(pickle.dumps(session))])[0]
    world.sessions.append(copy)
    assert world.predict(copy, "echo", ["a", "plain", 1]) == "a"


def test_a_login_that_is_missing_says_how_to_log_in(world: World, locked_url: str) -> None:
    session = world.open(locked_url)
    with pytest.raises(AuthenticationError, match=r"auth=\(user, password\).*session\.login"):
        world.predict(session, "echo", [])
    world.do(lambda: session.login("ada", "engine"))
    assert session.user == "ada"
    assert world.predict(session, "echo", ["a", "plain", 1]) == "a"


def test_a_wrong_password_says_so_and_does_not_show_it(world: World, locked_url: str) -> None:
    session = world.open(locked_url, auth=("ada", "hunter2"))
    with pytest.raises(AuthenticationError, match="password") as caught:
        world.predict(session, "echo", [])
    assert "hunter2" not in str(caught.value)


# The record and its limit


def test_error_raises_and_sends_nothing(world: World, url: str) -> None:
    session, mark = world.open(url, max_calls=2, max_calls_policy="error"), uuid.uuid4().hex[:8]
    calls = [world.submit(session, "nothing", [f"{mark}{n}"]) for n in range(2)]
    for call in calls:
        world.result(call)
    with pytest.raises(CallLimitError, match="max_calls") as caught:
        world.submit(session, "nothing", [f"{mark}refused"])
    assert (caught.value.count, caught.value.limit) == (2, 2)
    assert f"nothing:{mark}refused" not in journal(world, url)
    session.calls.clear()
    world.result(world.submit(session, "nothing", ["again"]))


def test_remove_forgets_the_oldest_which_still_works_for_whoever_holds_it(world: World, url: str) -> None:
    session = world.open(url, max_calls=2)
    calls = [world.submit(session, "ticks", [6, 0.1, str(n)]) for n in range(4)]
    assert list(session.calls) == calls[2:]
    assert [world.result(call) for call in calls] == ["05", "15", "25", "35"]
    assert calls[0].id not in session.calls
    assert calls[3].id in session.calls
    assert session.calls[calls[3].id] is calls[3]


def test_warning_warns_once_per_call_at_the_users_own_line(world: World, url: str) -> None:
    session = world.open(url, max_calls=1, max_calls_policy="warning")
    world.result(world.submit(session, "echo", ["a", "plain", 1]))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call = world.do(lambda: [session.submit("echo", ["a", "plain", 1])])[0]
    world.result(call)
    assert [warning.category for warning in caught] == [CallLimitWarning]
    assert caught[0].filename == __file__
    assert len(session.calls) == 2


def test_limit_and_policy_can_be_set_at_any_time(world: World, url: str) -> None:
    session = world.open(url, max_calls=5)
    for _ in range(4):
        world.predict(session, "echo", ["a", "plain", 1])
    session.max_calls = 2
    assert len(session.calls) == 4
    world.predict(session, "echo", ["a", "plain", 1])
    assert len(session.calls) == 2
    session.max_calls_policy = "error"
    with pytest.raises(CallLimitError):
        world.submit(session, "echo", [])
    for name, value in (("max_calls", 0), ("max_calls", 1.5), ("max_calls_policy", "forget"), ("max_concurrency", 0)):
        with pytest.raises(gradio_session.ParameterError, match=name):
            setattr(session, name, value)


def test_the_record_is_cleared_of_finished_calls_only_unless_forced(world: World, url: str) -> None:
    session = world.open(url)
    done, alive = world.submit(session, "echo", ["a", "plain", 1]), world.submit(session, "ticks", [100, 0.1, "r"])
    world.result(done)
    assert world.wait_for(lambda: alive.status == "running")
    with pytest.raises(gradio_session.GradioSessionError, match="force"):
        session.calls.remove(alive.id)
    session.calls.clear()
    assert list(session.calls) == [alive]
    assert done not in session.calls
    with pytest.raises(KeyError):
        session.calls[done.id]
    session.calls.remove(alive.id, force=True)
    assert len(session.calls) == 0
    assert world.cancel(alive) is True


def test_a_call_that_is_removed_frees_its_memory(world: World, url: str) -> None:
    session = world.open(url)
    call = world.submit(session, "large", [1, 5_000_000])
    world.result(call)
    gone, state = weakref.ref(call), weakref.ref(call._state)
    del call
    session.calls.clear()
    gc.collect()
    assert world.wait_for(lambda: gone() is None and state() is None)


def test_the_limit_is_exact_under_64_threads(url: str) -> None:
    with Session(url, max_calls=20, max_calls_policy="error") as session:
        session.predict("echo", ["warm", "plain", 1])
        session.calls.clear()
        barrier, outcomes = threading.Barrier(64), []

        def submit() -> None:
            barrier.wait()
            try:
                outcomes.append(session.submit("slow", [0.2, "t"]))
            except CallLimitError as error:
                outcomes.append(error)

        threads = [threading.Thread(target=submit) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(isinstance(outcome, CallLimitError) for outcome in outcomes) == 44
        assert len(session.calls) == 20
        assert [call.result() for call in session.calls] == ["t"] * 20


# Closing


def test_closing_cancels_what_runs(world: World, url: str) -> None:
    session, mark = world.open(url), uuid.uuid4().hex[:8]
    calls = [world.submit(session, "slow", [20, f"{mark}{n}"]) for n in range(3)]
    assert world.wait_for(lambda: all(call.status == "running" for call in calls))
    world.close(session)
    assert [call.status for call in calls] == ["cancelled"] * 3
    assert world.wait_for(lambda: sum(entry.startswith(f"cancelled:{mark}") for entry in journal(world, url)) == 3)
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
def test_two_hundred_cycles_leave_no_thread_no_task_and_no_socket(world: World, url: str) -> None:
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
    for _ in range(200):
        world.do(step)
    assert threading.active_count() <= threads
    assert sockets() <= open_sockets
    assert len(world.tasks()) <= tasks


def test_nothing_runs_while_no_call_does(world: World, url: str) -> None:
    session = world.open(url)
    world.predict(session, "echo", ["a", "plain", 1])
    assert world.wait_for(lambda: not any("gradio-session" in thread.name for thread in threading.enumerate()))
    assert world.wait_for(lambda: not world.tasks())


def test_sequential_calls_use_one_connection(world: World, url: str) -> None:
    with FaultProxy(url) as proxy:
        session = world.open(proxy.url)
        for _ in range(20):
            world.predict(session, "echo", ["a", "plain", 1])
        assert proxy.made <= 2
        assert proxy.count("GET /config") == 1
        world.close(session)


# Secrets


def test_repr_never_shows_a_secret(world: World, url: str) -> None:
    secrets = {"token": "tok-123", "auth": ("ada", "engine-9"), "headers": {"x-key": "head-77"}, "cookies": {"crumb": "cook-55"}}
    session = world.open(url, name=f"n{uuid.uuid4().hex[:6]}", **secrets)
    call = world.submit(session, "echo", ["a", "plain", 1])
    world.result(call)
    shown = repr(session) + repr(call) + repr(sessions) + repr(session.calls) + repr(vars(call))
    assert session.name in shown
    assert "1 calls" in repr(session)
    for secret in ("tok-123", "engine-9", "head-77", "cook-55"):
        assert secret not in shown


# Pickling, forking, exiting


def test_a_session_unpickles_with_a_name_and_a_hash_of_its_own(world: World, url: str) -> None:
    session = world.open(url, name=f"p{uuid.uuid4().hex[:6]}", token="tok-1", max_calls=7, download_path="out")
    world.predict(session, "count", [1])
    copy = world.do(lambda: [pickle.loads(pickle.dumps(session))])[0]
    assert copy.name != session.name
    assert copy._channel.tab.session_hash != session._channel.tab.session_hash
    assert (copy.max_calls, copy.app_url) == (7, session.app_url)
    assert copy._credentials.headers_for(url) == {"authorization": "Bearer tok-1"}
    assert len(copy.calls) == 0
    assert world.predict(copy, "count", [1]) == 1
    world.close(copy)


def test_a_pickle_without_secrets_holds_none(world: World, url: str) -> None:
    session = world.open(url, token="tok-42", auth=("ada", "engine-42"), headers={"x": "head-42"}, cookies={"c": "cook-42"}, pickle_secrets=False)
    data = pickle.dumps(session)
    assert b"42" not in data.replace(url.encode(), b"")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_makes_calls_of_its_own_and_the_parents_go_on(url: str) -> None:
    script = f"""
import os, sys, gradio_session as g
session = g.Session({url!r})
running = session.submit("ticks", [10, 0.1, "p"])
before = session._channel.tab.session_hash
child = os.fork()
if child == 0:
    try:
        running.result(2)
    except g.ConnectionLostError:
        print("child:lost", flush=True)
    print("child:" + session.predict("echo", ["c", "plain", 1]), flush=True)
    print("child:" + str(session._channel.tab.session_hash != before), flush=True)
    os._exit(0)
os.waitpid(child, 0)
print("parent:" + running.result(10), flush=True)
session.close()
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=40, cwd=RUNTIME)
    assert run.stdout.split() == ["child:lost", "child:c", "child:True", "parent:p9"], run.stderr


@pytest.mark.parametrize("kind", ["sync", "async", "sync-interrupted"])
def test_an_interpreter_that_exits_with_calls_running_neither_hangs_nor_complains(url: str, kind: str) -> None:
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
    began = time.monotonic()
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=30, cwd=RUNTIME)
    assert time.monotonic() - began < 15
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
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=30, cwd=RUNTIME)
    assert run.stdout.split() == ["cancelled", "True"], run.stderr


def test_one_asynchronous_session_serves_one_loop_after_another(url: str) -> None:
    session = gradio_session.AsyncSession(url)

    async def call() -> Any:
        return await asyncio.gather(*(session.predict("echo", [str(n), "plain", 1]) for n in range(40)))

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


def test_a_restarted_app_fails_what_was_under_way_and_serves_what_comes_later(world: World, start_server: Start) -> None:
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


def test_wait_ready_waits_for_an_app_that_is_still_starting(world: World, start_server: Start) -> None:
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
def test_an_interrupt_while_a_call_is_posted_leaves_nothing_running(url: str, sibling: bool) -> None:
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
    session.submit("ticks", [1000, 0.05, {mark!r}])
except KeyboardInterrupt:
    print("interrupted", flush=True)
if other is not None:
    print(other.result(), flush=True)
time.sleep(1.5)
print(session.predict("echo", ["after", "plain", 1]), flush=True)
time.sleep(1)
"""
        command = [sys.executable, "-c", script]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=RUNTIME) as run:
            assert run.stdout is not None
            assert run.stdout.readline() == "ready\n"
            proxy.down("POST /gradio_api/call/ticks", delay(1.0))
            out, err = run.communicate("go\n", timeout=30)
        assert out.split() == ["interrupted", *(["other"] if sibling else []), "after"], err
    with Session(url) as session:
        before = session.predict("journal", [""]).split()
        time.sleep(0.5)
        new = set(session.predict("journal", [""]).split()) - set(before)
    assert not any(entry.startswith(f"tick:{mark}") for entry in new)
