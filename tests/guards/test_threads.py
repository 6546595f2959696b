"""How often threads are started and woken. Counts of a mechanism, never times: the pauses that
decide are made long enough for any machine.
"""

from __future__ import annotations

import threading

import pytest

from gradio_session import Session
from gradio_session.stream import pacing as _pace
from gradio_session.stream import reader_sync as _channel_sync
from gradio_session.stream import threads as _workers
from gradio_session.stream import waiters_sync as _waiting_sync
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

    monkeypatch.setattr(_waiting_sync, "one_shot_lock", one_shot_lock)
    return made


def test_calls_in_a_row_are_read_by_one_thread(
    bench_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_workers, "KEEP_ALIVE", 30.0)
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def counted(self: threading.Thread) -> None:
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
    for module, seconds in ((_pace, 0.5), (_waiting_sync, 0.5), (_channel_sync, 0.0)):
        monkeypatch.setattr(module, "PACE", seconds)
    with Session(bench_url) as session:
        assert len(list(session.submit("grow_list", [OUTPUTS]))) == OUTPUTS
    assert len(gates) < OUTPUTS / 4


def test_a_stream_whose_outputs_come_fast_is_read_several_at_once(
    bench_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (_pace, _channel_sync):
        monkeypatch.setattr(module, "PACE", 0.5)
    waits: list[float] = []
    came = _pace.Pacing.came

    def counted(self: _pace.Pacing, waited: float) -> bool:
        if waited > 0.0001:
            waits.append(waited)
        return came(self, waited)

    monkeypatch.setattr(_channel_sync.Pacing, "came", counted)
    with Session(bench_url) as session:
        assert len(session.predict("grow_list", [OUTPUTS])) == OUTPUTS
    assert len(waits) < OUTPUTS / 4


@pytest.mark.timeout(60)
def test_a_rest_ends_with_the_call(bench_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (_pace, _waiting_sync):
        monkeypatch.setattr(module, "PACE", 1000.0)
    with Session(bench_url) as session:
        assert len(list(session.submit("grow_list", [OUTPUTS]))) == OUTPUTS
