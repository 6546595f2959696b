"""Which line a request gets, and which lines are to be closed."""

from __future__ import annotations

import threading

import pytest

from gradio_session.errors import ConnectError
from gradio_session.transport.pool import KEEPALIVE, Pool


class Line:
    """Stands for a transport."""


APP, FILES = "app:80", "files:80"


def test_the_line_given_back_last_serves_next() -> None:
    pool = Pool(Line)
    first, second = pool.borrow(APP), pool.borrow(APP)
    assert first.line is not second.line
    assert second.give_back(usable=True)
    assert first.give_back(usable=True)
    assert pool.borrow(APP).line is first.line
    assert pool.borrow(APP).line is second.line
    assert pool.borrow(APP).line not in {first.line, second.line}


def test_lines_to_other_hosts_are_left_alone() -> None:
    pool = Pool(Line)
    app, files = pool.borrow(APP), pool.borrow(FILES)
    assert app.give_back(usable=True)
    assert files.give_back(usable=True)
    assert pool.borrow(APP).line is app.line
    assert pool.borrow(APP).line not in {app.line, files.line}
    assert pool.borrow(FILES).line is files.line


def test_a_line_of_no_use_is_not_kept() -> None:
    pool = Pool(Line)
    loan = pool.borrow(APP)
    assert not loan.give_back(usable=False)
    assert pool.borrow(APP).line is not loan.line


def test_lines_that_were_idle_for_too_long_come_out_oldest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("gradio_session.transport.pool.time.monotonic", lambda: now[0])
    pool = Pool(Line)
    loans = [pool.borrow(APP) for _ in range(3)]
    for loan in loans:
        loan.give_back(usable=True)
        now[0] += 1.0
    assert pool.stale() is None
    now[0] = 101.0 + KEEPALIVE + 0.01
    assert [pool.stale(), pool.stale(), pool.stale()] == [loans[0].line, loans[1].line, None]
    assert pool.borrow(APP).line is loans[2].line


def test_a_closed_pool_lends_and_keeps_nothing() -> None:
    pool = Pool(Line)
    idle, used = pool.borrow(APP), pool.borrow(APP)
    idle.give_back(usable=True)
    assert pool.close() == ([idle.line], [used.line])
    with pytest.raises(ConnectError, match="closed"):
        pool.borrow(APP)
    assert not used.give_back(usable=True)
    assert pool.close() == ([], [])


def test_a_pool_that_is_closed_while_a_line_is_made_does_not_lend_it() -> None:
    def make() -> Line:
        pool.close()
        return Line()

    pool = Pool(make)
    with pytest.raises(ConnectError, match="closed"):
        pool.borrow(APP)


def test_no_two_threads_ever_have_the_same_line() -> None:
    pool = Pool(Line)
    held: set[Line] = set()
    wrong: list[Line] = []

    def work() -> None:
        for _ in range(2000):
            loan = pool.borrow(APP)
            if loan.line in held:
                wrong.append(loan.line)
            held.add(loan.line)
            held.discard(loan.line)
            loan.give_back(usable=True)

    threads = [threading.Thread(target=work, name=f"test-pool-{number}") for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong
    assert len(pool.close()[0]) <= len(threads)
