"""The threads of an event stream: used again while they are kept alive, gone soon after."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator

import pytest

from gradio_session.stream import threads as stream_threads
from gradio_session.stream.threads import Workers
from tests.support.patience import patience, wait_for


@pytest.fixture
def workers() -> Iterator[Workers]:
    workers = Workers()
    yield workers
    workers.join(patience(5))


def did(workers: Workers) -> int:
    """Do something in a worker; the thread that did it."""
    done = threading.Event()
    found: list[int] = []

    def work() -> None:
        found.append(threading.get_ident())
        done.set()

    workers.run(work)
    assert done.wait(patience(10))
    return found[0]


def settle(workers: Workers, *, idle: int) -> None:
    """Wait until that many threads are idle."""
    wait(lambda: len(workers.idle) == idle)


def ended(workers: Workers) -> None:
    """Wait until no thread is left."""
    wait(lambda: not workers.alive)


def wait(condition: Callable[[], bool]) -> None:
    assert wait_for(condition)


def test_work_in_a_row_is_done_by_one_thread(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_threads, "KEEP_ALIVE", 10.0)
    threads = set()
    for _ in range(5):
        threads.add(did(workers))
        settle(workers, idle=1)
    assert len(threads) == 1


def test_work_at_once_has_a_thread_each(workers: Workers) -> None:
    together = threading.Barrier(3)

    def work() -> None:
        together.wait(patience(10))

    workers.run(work)
    workers.run(work)
    together.wait(patience(10))


def test_a_thread_without_work_ends(workers: Workers) -> None:
    did(workers)
    ended(workers)
    assert not workers.idle


def test_joining_does_not_wait_for_idle_threads_to_end_by_themselves(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_threads, "KEEP_ALIVE", 1000.0)
    did(workers)
    settle(workers, idle=1)
    workers.join(1000)
    assert not workers.alive


def test_threads_do_not_stay_once_they_were_joined(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_threads, "KEEP_ALIVE", 1000.0)
    workers.join(patience(10))
    did(workers)
    workers.join(1000)
    assert not workers.alive


def test_work_given_as_a_thread_gives_up_waiting_is_done(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_threads, "KEEP_ALIVE", 0.05)
    did(workers)
    settle(workers, idle=1)
    worker = workers.idle.pop()  # as `run` does; its thread gives up before it is told the work
    time.sleep(0.2)
    done = threading.Event()
    worker.work = done.set
    worker.wake.release()
    assert done.wait(patience(10))


def test_work_is_never_lost(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_threads, "KEEP_ALIVE", 0.0005)
    for number in range(300):
        did(workers)
        time.sleep(0.0001 * (number % 10))


def test_an_idle_thread_holds_nothing_of_its_last_work(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_threads, "KEEP_ALIVE", 1000.0)

    class Owner:
        def work(self) -> None:
            pass

    owner = Owner()
    seen = weakref.ref(owner)
    workers.run(owner.work)
    settle(workers, idle=1)
    del owner
    gc.collect()
    assert seen() is None


def test_a_failure_ends_its_thread_alone(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda told: failures.append(told.exc_value))

    def fail() -> None:
        raise ValueError("of the work")

    workers.run(fail)
    ended(workers)
    assert [str(failure) for failure in failures] == ["of the work"]
    assert did(workers)
