"""What is done later in threads."""

from __future__ import annotations

import threading
import time

from gradio_session.transport.threads import Timers
from tests.support.patience import patience


def working() -> bool:
    return any(each.name == "gradio-session-idle" for each in threading.enumerate())


def until_idle() -> None:
    end = time.monotonic() + patience(5)
    while working():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_one_thread_does_all_in_the_order_of_their_times() -> None:
    until_idle()
    timers, done, last = Timers(), list[tuple[str, int]](), threading.Event()

    def note(name: str) -> None:
        done.append((name, threading.get_ident()))

    begun = time.monotonic()
    timers.later(0.06, lambda: (note("c"), last.set()))
    timers.later(0.02, lambda: (note("a"), timers.later(0.02, lambda: note("b"))))
    assert last.wait(patience(5))
    assert time.monotonic() - begun >= 0.06
    assert [name for name, _ in done] == ["a", "b", "c"]
    assert len({thread for _, thread in done}) == 1
    until_idle()
    timers.later(0, last.clear)
    until_idle()
    assert not last.is_set()


def test_what_is_cancelled_is_not_done_and_keeps_no_thread() -> None:
    until_idle()
    timers, done = Timers(), list[str]()
    first = timers.later(60, lambda: done.append("first"))
    timers.later(0.03, lambda: done.append("second"))
    first.cancel()
    first.cancel()
    until_idle()
    assert done == ["second"]
    for _ in range(3):
        timers.later(60, lambda: done.append("never"))
    assert working()
    timers.clear()
    until_idle()
    assert done == ["second"]
