"""A stream that ends again and again without a word of any call alive: it is opened again a few
times, with pauses that grow, and then its calls are lost.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from typing import Any

import pytest

from gradio_session import ConnectionLostError
from tests.support.chaos_streams import CLOSE, HEARTBEAT, STREAM, KeepingGradio, ended_stream
from tests.support.fake_gradio import END, Event, frame
from tests.support.world import World

REOPENINGS = 5
STRANGER = frame(Event("", "echo", []).completed("not yours"))
NOISE = (HEARTBEAT, b"data: <html>Bad gateway</html>\n\n", b": ping\n\n", STRANGER)
ENDS: dict[str, tuple[bytes, ...]] = {
    "close_stream": (CLOSE,),
    "words that concern no call": (*NOISE, CLOSE),
    "words that concern no call, without close_stream": NOISE,
}


@pytest.fixture
def fake() -> Iterator[KeepingGradio]:
    with KeepingGradio() as server:
        yield server


def speaks(times: int, pauses: int) -> Any:
    """An endpoint with a word of the call on each of so many streams, so many silent streams
    after each, and then its result.
    """

    async def script(event: Event) -> AsyncIterator[Any]:
        for number in range(times):
            yield event.message("log", log=f"word {number}", level="info")
            for _ in range(1 + pauses):
                yield END
        yield event.completed(event.data[0])

    return script


@pytest.mark.parametrize("end", ENDS)
def test_calls_are_lost_after_a_few_openings(world: World, fake: KeepingGradio, end: str) -> None:
    fake.always(STREAM, ended_stream(*ENDS[end]))
    session = world.open(fake.url, timeout=20)
    with pytest.raises(ConnectionLostError, match="/forever"):
        world.predict(session, "forever", ["x"])
    assert 1 <= fake.count(STREAM) <= 1 + REOPENINGS
    assert fake.count("POST /gradio_api/call/forever") == 1
    fake.heal()
    assert world.predict(session, "echo", ["after"]) == "after"


def test_a_call_that_nobody_waits_for_is_lost_all_the_same(
    world: World, fake: KeepingGradio
) -> None:
    fake.always(STREAM, ended_stream(CLOSE))
    session = world.open(fake.url)
    call = world.submit(session, "forever", ["x"])
    assert world.wait_for(lambda: call.done, within=10)
    assert isinstance(call.error, ConnectionLostError)
    times = [request.at for request in fake.find(STREAM)]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert 2 <= len(pauses) <= REOPENINGS
    assert max(pauses[-2:]) > pauses[0], "the pauses grow"
    assert not world.wait_for(lambda: fake.count(STREAM) > len(times), within=0.3)


def test_a_word_of_a_call_alive_sets_the_count_back(world: World, fake: KeepingGradio) -> None:
    fake.endpoint("speaks", speaks(6, 2))
    session = world.open(fake.url, timeout=30)
    assert world.predict(session, "speaks", ["right"]) == "right"


def test_words_of_one_call_keep_its_siblings(world: World, fake: KeepingGradio) -> None:
    fake.endpoint("speaks", speaks(8, 0))
    session = world.open(fake.url, timeout=30)
    silent = world.submit(session, "forever", ["x"])
    assert world.predict(session, "speaks", ["right"]) == "right"
    assert not silent.done
    fake.always(STREAM, ended_stream(CLOSE))
    world.cancel(silent)


def test_after_its_last_word_a_call_is_lost(world: World, fake: KeepingGradio) -> None:
    async def falls_silent(event: Event) -> AsyncIterator[Any]:
        for number in range(8):
            yield event.message("log", log=f"word {number}", level="info")
            yield END
        for _ in range(1000):
            yield END

    fake.endpoint("falls_silent", falls_silent)
    session = world.open(fake.url, timeout=20)
    with pytest.raises(ConnectionLostError, match="/falls_silent"):
        world.predict(session, "falls_silent", ["x"])
    assert 9 <= fake.count(STREAM) <= 9 + REOPENINGS


def test_a_detached_call_is_lost_too(world: World, fake: KeepingGradio) -> None:
    async def starts(event: Event) -> AsyncIterator[Any]:
        yield event.starts()
        for _ in range(1000):
            yield END

    fake.endpoint("starts", starts)
    session = world.open(fake.url, timeout=20)
    call = world.submit(session, "starts", ["x"], detached=True)
    with pytest.raises(ConnectionLostError, match="/starts"):
        world.result(call)
    assert fake.count(STREAM) <= 1 + REOPENINGS
