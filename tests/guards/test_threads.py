"""How often threads are started and woken. Counts of a mechanism, never times: the pauses that
decide are made long enough for any machine.
"""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from gradio_session import Session
from gradio_session.stream import pacing, reader_sync, threads
from tests.conftest import Serve
from tests.support.environments import ROOT

OUTPUTS = 400


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
    clock = SimpleNamespace(time=time.time, monotonic=time.monotonic, sleep=lambda _: None)
    monkeypatch.setattr(reader_sync, "time", clock)


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
    bench_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (pacing, reader_sync):
        monkeypatch.setattr(module, "PACE", 0.5)
    waits: list[float] = []
    arrived = pacing.Pacing.arrived

    def counted(self: pacing.Pacing, waited: float) -> bool:
        if waited > 0.0001:
            waits.append(waited)
        return arrived(self, waited)

    monkeypatch.setattr(reader_sync.Pacing, "arrived", counted)
    with Session(bench_url) as session:
        assert len(session.predict("grow_list", [OUTPUTS])) == OUTPUTS
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
    bench_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is sent once the output of the one before has come, however fast that is."""
    for module in (pacing, reader_sync):
        monkeypatch.setattr(module, "PACE", 1000.0)
    texts = [str(number) for number in range(30)]
    with Session(bench_url) as session:
        with session.stream("listen", texts[:1]) as stream:
            for text in texts[1:]:
                stream.send(text)
        assert list(stream) == texts
