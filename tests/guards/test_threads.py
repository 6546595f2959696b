"""How often threads are started and woken. Counts of a mechanism, never times: the pauses that
decide are made long enough for any machine.
"""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import Any

import pytest

from gradio_session import Session
from gradio_session.stream import base, pacing, reader_sync, threads
from gradio_session.transport.aio import AsyncStream
from gradio_session.transport.sync import SyncStream
from tests.conftest import Serve
from tests.support.environments import ROOT
from tests.support.world import World

OUTPUTS = 400
AT_HAND = 0.0001
"""Seconds; reading that took longer has waited."""


@pytest.fixture(scope="module")
def bench_url(serve: Serve) -> str:
    """The benchmarks' app."""
    return serve(ROOT / "benchmarks" / "app.py")


@pytest.fixture
def gates(monkeypatch: pytest.MonkeyPatch) -> list[threading.Lock]:
    """Every gate that a caller has waited at."""
    made: list[threading.Lock] = []

    def one_shot_lock() -> threading.Lock:
        gate = threading.Lock()
        gate.acquire()
        made.append(gate)
        return gate

    monkeypatch.setattr(reader_sync, "one_shot_lock", one_shot_lock)
    return made


def read_on_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that reads takes no rest; only its callers do."""
    monkeypatch.setattr(base, "PACE", 0.0)


def test_calls_in_a_row_are_read_by_one_thread(
    bench_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "KEEP_ALIVE", 30.0)
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def counted(self: threading.Thread) -> None:
        if self.name != "gradio-session-idle":  # it closes idle connections, whoever reads
            started.append(self)
        start(self)

    monkeypatch.setattr(threading.Thread, "start", counted)
    with Session(bench_url) as session:
        for number in range(20):
            assert session.predict("echo", [str(number)]) == str(number)
    assert len(started) <= 2, (
        "one, or two where the second call came before the first one's reader was done"
    )


def test_outputs_that_come_fast_wake_their_reader_seldom(
    bench_url: str, monkeypatch: pytest.MonkeyPatch, gates: list[threading.Lock]
) -> None:
    for module in (pacing, reader_sync):
        monkeypatch.setattr(module, "PACE", 0.5)
    read_on_at_once(monkeypatch)
    with Session(bench_url) as session:
        assert len(list(session.submit("grow_list", [OUTPUTS]))) == OUTPUTS
    assert len(gates) < OUTPUTS / 4


def test_a_stream_whose_outputs_come_fast_is_read_several_at_once(
    world: World, bench_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (pacing, base, reader_sync):
        monkeypatch.setattr(module, "PACE", 0.5)
    waits: list[float] = []

    def took(begun: float) -> None:
        if time.monotonic() - begun > AT_HAND:
            waits.append(begun)

    def read(stream: SyncStream, read: Any = SyncStream.read) -> Any:
        begun = time.monotonic()
        chunk = read(stream)
        took(begun)
        return chunk

    async def read_async(stream: AsyncStream, read: Any = AsyncStream.read) -> Any:
        begun = time.monotonic()
        chunk = await read(stream)
        took(begun)
        return chunk

    monkeypatch.setattr(SyncStream, "read", read)
    monkeypatch.setattr(AsyncStream, "read", read_async)
    assert len(world.predict(world.open(bench_url), "grow_list", [OUTPUTS])) == OUTPUTS
    assert len(waits) < OUTPUTS / 4


@pytest.mark.timeout(60)
def test_a_rest_ends_with_the_call(bench_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (pacing, reader_sync):
        monkeypatch.setattr(module, "PACE", 1000.0)
    read_on_at_once(monkeypatch)
    with Session(bench_url) as session:
        assert len(list(session.submit("grow_list", [OUTPUTS]))) == OUTPUTS


@pytest.mark.timeout(60)
def test_the_next_chunk_of_a_stream_waits_for_no_rest(
    world: World, bench_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is sent once the output of the one before has come, however fast that is."""
    for module in (pacing, base, reader_sync):
        monkeypatch.setattr(module, "PACE", 1000.0)
    texts = [str(number) for number in range(30)]
    session = world.open(bench_url)
    (stream,) = world.do(lambda: [session.stream("listen", texts[:1])])
    for text in texts[1:]:
        world.do(partial(stream.send, text))
    world.do(stream.close)
    assert world.outputs(stream) == texts
