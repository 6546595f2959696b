"""Ctrl-C, the interpreter's end, fork: a program that uses the runtime always ends, silently."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.fake_gradio import Answer, Event, FakeGradio
from tests.support.scripts import Ended, Script

OPEN = {
    "sync": "session = Session(URL); session.predict('echo', ['warm'])",
    "sync, named": "session = Session(URL, name='lab'); session.predict('echo', ['warm'])",
    "sync, held by nobody": (
        "session = Session(URL); session.predict('echo', ['warm']); "
        "keep = session.submit('forever', ['x']); del session"
    ),
}


def ended_by_itself(body: str, fake: FakeGradio, *, strict: bool = True) -> Ended:
    """How a program ends that nobody interrupts, from the moment at which it is ready."""
    with Script(body, fake.url, strict=strict) as script:
        script.wait_line("ready")
        return script.end(10)


@pytest.mark.parametrize("opening", OPEN)
def test_interpreter_ends_with_calls_under_way(fake: FakeGradio, opening: str) -> None:
    body = f"""
{OPEN[opening]}
calls = [sessions["lab"].submit("forever", ["x"]) for _ in range(3)] if "lab" in sessions else []
if "session" in globals():
    calls += [session.submit("forever", ["x"]) for _ in range(3)]
time.sleep(0.1)
say("ready")
"""
    ended = ended_by_itself(body, fake)
    assert (ended.code, ended.err) == (0, "")


def test_interpreter_ends_while_threads_wait(fake: FakeGradio) -> None:
    body = """
    session = Session(URL)
    for _ in range(4):
        threading.Thread(target=session.predict, args=("forever", ["x"]), daemon=True).start()
    time.sleep(0.3)
    say("ready")
    """
    ended = ended_by_itself(body, fake)
    assert (ended.code, ended.err) == (0, "")


def test_loop_ends_with_calls_under_way(fake: FakeGradio) -> None:
    body = """
    async def main():
        session = AsyncSession(URL)
        await session.predict("echo", ["warm"])
        calls = [session.submit("forever", ["x"]) for _ in range(3)]
        await asyncio.sleep(0.2)
        say("ready")
    asyncio.run(main())
    say("over")
    """
    # A session that nobody closed leaves its sockets to the interpreter.
    ended = ended_by_itself(body, fake, strict=False)
    assert (ended.code, ended.err) == (0, "")
    assert "over" in ended.out


def test_error_out_of_the_main_function_with_calls_under_way(fake: FakeGradio) -> None:
    body = """
    with Session(URL) as session:
        next(session.submit("forever", ["x"]).stream())
        say("ready")
        raise SystemExit(3)
    """
    ended = ended_by_itself(body, fake)
    assert (ended.code, ended.err) == (3, "")
    assert fake.wait_for(lambda: len(set(fake.cancelled)) == 1)


def test_ctrl_c_while_waiting_for_a_result(fake: FakeGradio) -> None:
    body = """
    try:
        with Session(URL) as session:
            say("ready")
            session.predict("forever", ["x"])
    except KeyboardInterrupt:
        known = ("MainThread", "gradio-session-idle")  # that one closes idle connections
        others = [t.name for t in threading.enumerate() if t.name not in known]
        say("interrupted", others)
    """
    with Script(body, fake.url) as script:
        script.wait_line("ready")
        assert fake.wait_for(lambda: fake.running == 1)
        time.sleep(0.2)
        script.signal(signal.SIGINT)
        ended = script.end(10)
    assert ended.code == 0
    assert ended.out == "interrupted []\n"
    assert ended.err == ""
    assert fake.wait_for(lambda: len(set(fake.cancelled)) == 1)


def test_ctrl_c_in_predict_leaves_the_session_usable_and_cancels_that_call(
    fake: FakeGradio,
) -> None:
    body = """
    session = Session(URL)
    other = session.submit("forever", ["other"])
    say("ready")
    try:
        session.predict("slow", ["x"])
    except KeyboardInterrupt:
        say("interrupted")
    say(session.predict("echo", ["after"]), other.status)
    """

    async def slow(event: object) -> object:
        import asyncio

        await asyncio.Event().wait()
        yield {}

    fake.endpoint("slow", slow)  # type: ignore[arg-type]
    with Script(body, fake.url) as script:
        script.wait_line("ready")
        assert fake.wait_for(lambda: fake.running == 2)
        time.sleep(0.2)
        script.signal(signal.SIGINT)
        ended = script.end(10)
    assert ended.out == "interrupted\nafter running\n"
    assert (ended.code, ended.err) == (0, "")
    assert len(set(fake.cancelled)) == 1


def test_ctrl_c_in_asyncio_run(fake: FakeGradio) -> None:
    body = """
    async def main():
        async with AsyncSession(URL) as session:
            say("ready")
            await session.predict("forever", ["x"])
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        say("interrupted")
    """
    with Script(body, fake.url) as script:
        script.wait_line("ready")
        assert fake.wait_for(lambda: fake.running == 1)
        time.sleep(0.2)
        script.signal(signal.SIGINT)
        ended = script.end(10)
    assert (ended.code, ended.out, ended.err) == (0, "interrupted\n", "")
    assert fake.wait_for(lambda: len(set(fake.cancelled)) == 1)


@pytest.mark.parametrize(
    "moment", ["GET /config", "POST /gradio_api/call/echo", "GET /gradio_api/queue/data"]
)
def test_ctrl_c_while_a_request_is_unanswered(fake: FakeGradio, moment: str) -> None:
    fake.always(moment, Answer(None, wait=3600))
    body = """
    session = Session(URL)
    try:
        session.predict("echo", ["x"])
    except KeyboardInterrupt:
        say("interrupted")
    """
    with Script(body, fake.url) as script:
        assert fake.wait_for(lambda: fake.count(moment) == 1)
        time.sleep(0.1)
        script.signal(signal.SIGINT)
        ended = script.end(20)
    assert (ended.code, ended.out, ended.err) == (0, "interrupted\n", "")


@pytest.mark.parametrize("other", ["another call runs", "nothing else"])
def test_ctrl_c_while_the_answer_of_a_join_is_on_its_way_ends_that_call(
    fake: FakeGradio, other: str
) -> None:
    """R13: the server has the call, and the client will never learn its id."""
    started: list[str] = []

    async def slow(event: Event) -> AsyncIterator[Any]:
        started.append(event.id)
        yield event.starts()
        await asyncio.Event().wait()

    fake.endpoint("slow", slow)
    fake.always("POST /gradio_api/call/slow", Answer(None, run=True, wait=30))
    body = f"""
    session = Session(URL)
    session.predict("echo", ["warm"])
    if {other == "another call runs"}:
        next(session.submit("forever", ["other"]).stream())
    try:
        session.predict("slow", ["x"])
    except KeyboardInterrupt:
        say("interrupted")
    time.sleep(30)
    """
    with Script(body, fake.url) as script:
        assert fake.wait_for(lambda: len(started) == 1, 20)
        time.sleep(0.1)
        script.signal(signal.SIGINT)
        script.wait_line("interrupted")
        if other == "another call runs":
            assert fake.wait_for(lambda: fake.cancelled == started), "the call runs on"
            assert fake.wait_for(lambda: fake.running == 1)
        else:
            assert fake.wait_for(lambda: fake.running == 0), "the call runs on"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_fork_after_connecting(fake: FakeGradio) -> None:
    body = """
    session = Session(URL)
    session.predict("echo", ["warm"])
    running = session.submit("forever", ["x"])
    time.sleep(0.1)
    import warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    pid = os.fork()
    if pid == 0:
        try:
            say("child", session.predict("echo", ["from the child"], timeout=60))
            os._exit(0)
        except BaseException as error:
            say("child failed", repr(error))
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    say("parent", code, session.predict("echo", ["from the parent"], timeout=60), running.status)
    session.close()
    """
    with Script(body, fake.url) as script:
        ended = script.end(20)
    assert "child from the child" in ended.out
    assert "parent 0 from the parent running" in ended.out
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_end_of_a_forked_child_harms_no_call_of_the_parent(fake: FakeGradio) -> None:
    body = """
    import warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    session = Session(URL, name="lab")
    calls = [session.submit("forever", ["x"]) for _ in range(2)]
    time.sleep(0.1)
    pid = os.fork()
    if pid == 0:
        session.close()
        sys.exit(0)
    os.waitpid(pid, 0)
    time.sleep(0.1)
    say([call.status for call in calls], session.predict("echo", ["still here"], timeout=60))
    """
    with Script(body, fake.url) as script:
        ended = script.end(20)
    assert "['running', 'running'] still here" in ended.out
    assert ended.code == 0
    assert ended.err == ""
