"""The stream of a session: when it is read on, opened again, renewed, and who hears of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gradio_session import AsyncSession, ConnectionLostError, GradioSessionError, events
from gradio_session.protocol.queue import multiplexer
from tests.support.endpoints import CONFIG, JOIN, STREAM, gated, sending
from tests.support.fake_gradio import CUT, Answer, Event, FakeGradio
from tests.support.patience import stays_so
from tests.support.world import World


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream is read no further once a thousand bytes wait unread."""
    monkeypatch.setattr(multiplexer, "UNREAD_LIMIT", 1000)


def large_outputs(fake: FakeGradio, count: int) -> None:
    """An endpoint `large` that sends so many outputs, each as large as may wait unread."""
    outputs = [[f"{number}:" + "x" * 1000] for number in range(count)]
    sending(fake, "large", *outputs, lambda event: event.completed("result"))


@pytest.mark.usefixtures("narrow")
def test_a_stream_is_read_on_as_outputs_are_taken(world: World, fake: FakeGradio) -> None:
    """Two hundred pauses: if nothing woke the stream, they would take longer than a test may."""
    large_outputs(fake, 200)
    session = world.open(fake.url)
    call = world.submit(session, "large", ["x"])
    assert world.wait_for(lambda: call.data is not None)
    assert stays_so(lambda: not call.done, 0.1), (
        "it was read to its end, although nobody takes its outputs"
    )
    found = world.outputs(call)
    assert [output.split(":")[0] for output in found[:200]] == [
        str(number) for number in range(200)
    ]


@pytest.mark.usefixtures("narrow")
def test_a_stream_is_read_on_for_the_result_alone(world: World, fake: FakeGradio) -> None:
    large_outputs(fake, 20)
    session = world.open(fake.url)
    call = world.submit(session, "large", ["x"])
    assert world.wait_for(lambda: call.data is not None)
    assert stays_so(lambda: not call.done, 0.1)
    assert world.result(call) == "result"


@pytest.mark.usefixtures("narrow")
def test_a_reader_that_was_left_holds_no_stream_up(world: World, fake: FakeGradio) -> None:
    """Nor does one that nobody holds any more: outputs that it did not take are not kept for it."""
    large_outputs(fake, 20)
    session = world.open(fake.url)
    for leave in (True, False):
        call = world.submit(session, "large", ["x"])
        assert world.first_output(call).startswith("0:")
        if leave:
            iterator = world.do(
                lambda call=call: [call.__aiter__() if world.is_async else iter(call)]
            )[0]
            world.do(iterator.aclose if world.is_async else iterator.close)
            del iterator
        assert world.result(call) == "result"


@pytest.mark.usefixtures("narrow")
def test_a_call_that_nobody_holds_holds_no_stream_up(world: World, fake: FakeGradio) -> None:
    large_outputs(fake, 20)
    session = world.open(fake.url, max_calls=1)
    world.submit(session, "large", ["x"])
    assert world.wait_for(lambda: all(call.data is not None for call in session.calls))
    session.calls.clear(force=True)
    assert world.predict(session, "echo", ["served"]) == "served"


@pytest.mark.usefixtures("narrow")
def test_closing_ends_a_stream_that_is_held_up(world: World, fake: FakeGradio) -> None:
    large_outputs(fake, 20)
    session = world.open(fake.url)
    call = world.submit(session, "large", ["x"])
    assert world.wait_for(lambda: call.data is not None)
    world.close(session)
    assert call.status == "cancelled"
    assert fake.wait_for(lambda: fake.open == 0)


@pytest.mark.usefixtures("narrow")
def test_a_deadline_passes_while_the_stream_is_held_up(world: World, fake: FakeGradio) -> None:
    large_outputs(fake, 20)
    session = world.open(fake.url)
    call = world.submit(session, "large", ["x"], timeout=0.5)
    assert world.wait_for(lambda: call.done)
    assert "timeout" in str(call.error)


# Refused and lost streams


@pytest.mark.parametrize("status", [403, 404, 500, 504])
def test_a_refused_stream_fails_its_calls_and_gives_its_connection_up(
    world: World, fake: FakeGradio, status: int
) -> None:
    fake.answer(STREAM, Answer(status, {"detail": "no"}))
    session = world.open(fake.url)
    with pytest.raises(GradioSessionError):
        world.predict(session, "echo", ["x"])
    assert fake.wait_for(lambda: fake.open <= 1), "the connection of the refused stream stays open"
    assert world.predict(session, "echo", ["after"]) == "after"


def test_an_answer_that_is_no_stream(world: World, fake: FakeGradio) -> None:
    fake.answer(STREAM, Answer(204))
    session = world.open(fake.url)
    with pytest.raises(GradioSessionError):
        world.predict(session, "echo", ["x"])
    assert world.predict(session, "echo", ["after"]) == "after"


def test_a_login_that_ends_before_each_stream_is_renewed_each_time(world: World) -> None:
    with FakeGradio(auth=("ann", "secret")) as fake:
        session = world.open(fake.url, auth=("ann", "secret"))
        for number in range(3):
            fake.answer(STREAM, Answer(401, {"detail": "Not authenticated"}))
            assert world.predict(session, "echo", [str(number)]) == str(number)
        assert fake.count("POST /login") == 4
        assert fake.wait_for(lambda: fake.open <= 1)


def test_a_stream_that_wants_a_login_again_and_again_fails(world: World) -> None:
    with FakeGradio(auth=("ann", "secret")) as fake:
        session = world.open(fake.url, auth=("ann", "secret"))
        fake.answer(STREAM, *[Answer(401, {"detail": "Not authenticated"})] * 2)
        with pytest.raises(GradioSessionError):
            world.predict(session, "echo", ["x"])
        assert (fake.count("POST /login"), fake.count(STREAM)) == (2, 2)


def test_everything_is_read_again_after_a_lost_stream_and_only_then(
    world: World, fake: FakeGradio
) -> None:
    sending(fake, "broken", lambda _: CUT)
    session = world.open(fake.url)
    assert [world.predict(session, "echo", ["x"]) for _ in range(2)] == ["x", "x"]
    assert fake.count(CONFIG) == 1
    with pytest.raises(ConnectionLostError, match=r"gr\.State"):
        world.predict(session, "broken", ["x"])
    assert world.predict(session, "echo", ["after"]) == "after"
    assert fake.count(CONFIG) == 2
    hashes = [request.json["session_hash"] for request in fake.find(JOIN)]
    assert hashes[0] == hashes[1] == hashes[2] != hashes[3]


def test_all_who_wait_hear_of_a_lost_stream(world: World, fake: FakeGradio) -> None:
    gate = threading.Event()

    async def breaks(event: Event) -> AsyncIterator[Any]:
        yield event.starts()
        while not gate.is_set():  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.002)
        yield CUT

    fake.endpoint("breaks", breaks)
    session = world.open(fake.url)
    calls = [world.submit(session, name, ["x"]) for name in ("breaks", "forever", "forever")]
    assert world.wait_for(lambda: all(call.status == "running" for call in calls))
    waiting = [world.start(call.result) for call in calls]
    gate.set()
    for name, each in zip(("breaks", "forever", "forever"), waiting, strict=True):
        with pytest.raises(ConnectionLostError, match=f"/{name}: "):
            each.result()


# Who is told


def test_a_listener_hears_every_event_in_order_and_its_failures_harm_nothing(
    world: World, fake: FakeGradio
) -> None:
    heard: list[tuple[Any, str]] = []

    def listen(call: Any, event: Any) -> None:
        heard.append((call, type(event).__name__))
        raise RuntimeError("a listener of no use")

    sending(fake, "count", ["1"], ["2"], lambda event: event.completed("2"))
    session = world.open(fake.url, on_event=listen)
    call = world.submit(session, "count", ["x"])
    assert world.result(call) == "2"
    assert world.wait_for(lambda: len(heard) == 4)
    assert heard == [(call, name) for name in ("Started", "Output", "Output", "Completed")]


@pytest.mark.parametrize("max_concurrency", [None, 1])
def test_a_listener_hears_of_a_call_that_was_never_accepted(
    world: World, fake: FakeGradio, max_concurrency: int | None
) -> None:
    heard: list[Any] = []
    fake.always(JOIN, Answer(422, {"detail": "no"}))
    session = world.open(
        fake.url,
        retries=0,
        max_concurrency=max_concurrency,
        on_event=lambda _, event: heard.append(event),
    )
    with pytest.raises(GradioSessionError) as caught:
        world.predict(session, "echo", ["x"])
    assert world.wait_for(lambda: len(heard) == 1)
    assert isinstance(heard[0], events.Failed)
    assert heard[0].error is caught.value
    assert len(session.calls) == 0


def test_a_listener_hears_of_a_cancellation_and_of_the_end_by_close(
    world: World, fake: FakeGradio
) -> None:
    heard: list[str] = []
    session = world.open(fake.url, on_event=lambda _, event: heard.append(type(event).__name__))
    first = world.submit(session, "forever", ["x"])
    assert world.wait_for(lambda: heard == ["Started"])
    world.cancel(first)
    assert world.wait_for(lambda: heard == ["Started", "Cancelled"])
    second = world.submit(session, "forever", ["x"])
    assert world.wait_for(lambda: second.status == "running")
    world.close(session)
    assert heard == ["Started", "Cancelled"] * 2


def test_a_listener_may_make_calls(world: World, fake: FakeGradio) -> None:
    heard: list[Any] = []
    more: list[Any] = []

    def listen(call: Any, event: Any) -> None:
        heard.append(type(event).__name__)
        if call.api_name == "/slow" and isinstance(event, events.Completed):
            more.append(session.submit("echo", ["by the listener"]))

    gate = gated(fake, "slow")
    session = world.open(fake.url, on_event=listen)
    call = world.submit(session, "slow", ["x"])
    gate.set()
    assert world.result(call) == "x"
    assert world.wait_for(lambda: len(more) == 1)
    assert world.result(more[0]) == "by the listener"
    assert world.wait_for(
        lambda: heard == ["Started", "Completed", "Queued", "Started", "Completed"]
    )


# Loops


async def started(session: AsyncSession) -> Any:
    """A call that runs and never ends."""
    call = session.submit("forever", ["x"])
    while call.status != "running":  # noqa: ASYNC110 - it has no event
        await asyncio.sleep(0.005)
    return call


@pytest.mark.parametrize("tidy", [True, False], ids=["tasks cancelled", "tasks forgotten"])
def test_a_session_serves_one_loop_after_another(fake: FakeGradio, tidy: bool) -> None:
    session = AsyncSession(fake.url, max_concurrency=2)
    if tidy:
        call = asyncio.run(started(session))
    else:
        loop = asyncio.new_event_loop()
        call = loop.run_until_complete(started(session))
        loop.close()

    async def later() -> None:
        assert await session.predict("echo", ["later"]) == "later"
        with pytest.raises(ConnectionLostError, match="loop"):
            await call
        assert await asyncio.gather(*(session.predict("echo", [str(n)]) for n in range(3))) == [
            "0",
            "1",
            "2",
        ]
        await session.close()

    asyncio.run(later())
    assert call.status == "error"
