"""Which connection a request gets, and which connections are to be closed."""

from __future__ import annotations

import threading

import pytest

from gradio_session.errors import ConnectError
from gradio_session.transport.pool import KEEPALIVE, Pool
from tests.support.patience import patience


class Connection:
    """Stands for a transport."""


APP, FILES = "app:80", "files:80"


def told() -> None:
    """Nobody closes what is idle here."""


def acquire(pool: Pool[Connection], origin: str = APP) -> Connection:
    """A connection of a pool in which none was idle for too long."""
    connection, stale = pool.acquire(origin)
    assert stale == []
    return connection


def test_the_connection_released_last_serves_next() -> None:
    pool = Pool(Connection, told)
    first, second = acquire(pool), acquire(pool)
    assert first is not second
    assert pool.release(second, APP, usable=True)
    assert pool.release(first, APP, usable=True)
    assert acquire(pool) is first
    assert acquire(pool) is second
    assert acquire(pool) not in {first, second}


def test_connections_to_other_hosts_are_left_alone() -> None:
    pool = Pool(Connection, told)
    app, files = acquire(pool), acquire(pool, FILES)
    assert pool.release(app, APP, usable=True)
    assert pool.release(files, FILES, usable=True)
    assert acquire(pool) is app
    assert acquire(pool) not in {app, files}
    assert acquire(pool, FILES) is files


def test_a_connection_of_no_use_is_not_kept() -> None:
    pool = Pool(Connection, told)
    connection = acquire(pool)
    assert not pool.release(connection, APP, usable=False)
    assert acquire(pool) is not connection


def test_connections_that_were_idle_for_too_long_come_out_oldest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("gradio_session.transport.pool.time.monotonic", lambda: now[0])
    pool = Pool(Connection, told)
    connections = [acquire(pool) for _ in range(3)]
    for connection in connections:
        pool.release(connection, APP, usable=True)
        now[0] += 0.5
    pool.release(acquire(pool, FILES), FILES, usable=True)
    now[0] = 100.5 + KEEPALIVE + 0.01
    assert pool.acquire(APP) == (connections[2], connections[:2])
    assert acquire(pool) not in connections


def test_what_is_idle_is_told_and_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    now, heard = [100.0], list[int]()
    monkeypatch.setattr("gradio_session.transport.pool.time.monotonic", lambda: now[0])
    pool = Pool(Connection, lambda: heard.append(1))
    first, second = acquire(pool), acquire(pool)
    assert (pool.expire(), heard) == (([], None), [])
    pool.release(first, APP, usable=True)
    now[0] += 1.0
    pool.release(second, APP, usable=True)
    assert (pool.expire(), heard) == (([], KEEPALIVE - 1.0), [1, 1])
    now[0] += KEEPALIVE - 1.0
    assert pool.expire() == ([first], 1.0)
    now[0] += 1.0
    assert pool.expire() == ([second], None)
    pool.release(acquire(pool), APP, usable=False)
    assert heard == [1, 1]


def test_a_closed_pool_lends_and_keeps_nothing() -> None:
    pool = Pool(Connection, told)
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

    pool = Pool(make, told)
    with pytest.raises(ConnectError, match="closed"):
        pool.acquire(APP)


def test_no_two_threads_ever_have_the_same_connection() -> None:
    pool = Pool(Connection, told)
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
