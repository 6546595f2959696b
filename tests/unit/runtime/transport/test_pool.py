"""Which connection a request gets, and which connections are to be closed."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from gradio_session.errors import ConnectError
from gradio_session.transport.pool import KEEPALIVE, Pool
from gradio_session.transport.threads import Timer, Timers
from tests.support.patience import patience


class Connection:
    """Stands for a transport."""


APP, FILES = "app:80", "files:80"


class Clock:
    """The time that a pool reads, its timers, and what it closes."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []
        self.ended: list[Connection] = []
        self._action: Callable[[], object] | None = None

    def monotonic(self) -> float:
        return self.now

    def later(self, seconds: float, action: Callable[[], object]) -> Timer:
        self.waits.append(seconds)
        self._action = action
        return Timer(Timers(), seconds, action)

    def come(self) -> None:
        """The time has come that the pool waits for."""
        assert self._action is not None
        self.now += self.waits[-1]
        self._action()


def pool_of(
    make: Callable[[], Connection] = Connection, clock: Clock | None = None
) -> Pool[Connection]:
    """A pool, whose idle connections nobody closes where there is no clock."""
    clock = clock or Clock()
    return Pool(make, clock.later, clock.ended.append)


def acquire(pool: Pool[Connection], origin: str = APP) -> Connection:
    """A connection of a pool."""
    return pool.acquire(origin)


def test_the_connection_released_last_serves_next() -> None:
    pool = pool_of()
    first, second = acquire(pool), acquire(pool)
    assert first is not second
    assert pool.release(second, APP, usable=True)
    assert pool.release(first, APP, usable=True)
    assert acquire(pool) is first
    assert acquire(pool) is second
    assert acquire(pool) not in {first, second}


def test_connections_to_other_hosts_are_left_alone() -> None:
    pool = pool_of()
    app, files = acquire(pool), acquire(pool, FILES)
    assert pool.release(app, APP, usable=True)
    assert pool.release(files, FILES, usable=True)
    assert acquire(pool) is app
    assert acquire(pool) not in {app, files}
    assert acquire(pool, FILES) is files


def test_a_connection_of_no_use_is_not_kept() -> None:
    pool = pool_of()
    connection = acquire(pool)
    assert not pool.release(connection, APP, usable=False)
    assert acquire(pool) is not connection


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("gradio_session.transport.pool.time.monotonic", clock.monotonic)
    return clock


def test_connections_that_were_idle_for_too_long_are_not_lent(clock: Clock) -> None:
    pool = pool_of(clock=clock)
    connections = [acquire(pool) for _ in range(3)]
    for connection in connections:
        pool.release(connection, APP, usable=True)
        clock.now += 0.5
    pool.release(acquire(pool, FILES), FILES, usable=True)
    clock.now = 100.5 + KEEPALIVE + 0.01
    assert acquire(pool) is connections[2]
    assert acquire(pool) not in connections
    clock.now -= clock.waits[-1]
    clock.come()
    assert clock.ended == connections[:2], "the oldest first"


def test_what_is_idle_is_closed_in_time(clock: Clock) -> None:
    pool = pool_of(clock=clock)
    first, second = acquire(pool), acquire(pool)
    assert clock.waits == []
    pool.release(first, APP, usable=True)
    clock.now += 1.0
    pool.release(second, APP, usable=True)
    assert clock.waits == [KEEPALIVE]
    clock.now -= 1.0
    clock.come()
    assert (clock.ended, clock.waits) == ([first], [KEEPALIVE, 1.0])
    clock.come()
    assert (clock.ended, clock.waits) == ([first, second], [KEEPALIVE, 1.0])
    pool.release(acquire(pool), APP, usable=False)
    assert len(clock.waits) == 2
    pool.release(acquire(pool), APP, usable=True)
    assert len(clock.waits) == 3


def test_a_closed_pool_lends_and_keeps_nothing() -> None:
    pool = pool_of()
    idle, used = acquire(pool), acquire(pool)
    pool.release(idle, APP, usable=True)
    assert pool.close() == ([idle], [used])
    with pytest.raises(ConnectError, match="closed"):
        pool.acquire(APP)
    assert not pool.release(used, APP, usable=True)
    assert pool.close() == ([], [])


def test_a_pool_that_is_closed_while_a_connection_is_made_does_not_lend_it() -> None:
    def make() -> Connection:
        pool.close()
        return Connection()

    pool = pool_of(make)
    with pytest.raises(ConnectError, match="closed"):
        pool.acquire(APP)


def test_no_two_threads_ever_have_the_same_connection() -> None:
    pool = pool_of()
    held: set[Connection] = set()
    wrong: list[Connection] = []

    def work() -> None:
        for _ in range(2000):
            connection = acquire(pool)
            if connection in held:
                wrong.append(connection)
            held.add(connection)
            held.discard(connection)
            pool.release(connection, APP, usable=True)

    threads = [threading.Thread(target=work, name=f"test-pool-{number}") for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience(60))
    assert not wrong
    assert len(pool.close()[0]) <= len(threads)
