"""How many requests, connections and threads calls may cost. Counts of a mechanism, never times."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradio_session import AsyncSession, Session
from tests.conftest import Serve
from tests.support.environments import ROOT
from tests.support.fault_proxy import FaultProxy
from tests.support.probe import threads_end
from tests.support.scripts import python

CALLS = 5
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def bench_url(serve: Serve) -> str:
    """The benchmarks' app."""
    return serve(ROOT / "benchmarks" / "app.py")


@pytest.fixture
def proxy(bench_url: str) -> Iterator[FaultProxy]:
    with FaultProxy(bench_url) as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def _time_to_drain(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the end of a stream takes longer than the moment that requests wait."""
    for reader in ("reader_sync", "reader_aio"):
        monkeypatch.setattr(f"gradio_session.stream.{reader}.DRAIN_WAIT", 10)


def requests_of(proxy: FaultProxy) -> dict[str, int]:
    names = (
        "GET /config",
        "GET /gradio_api/info",
        "POST /gradio_api/call/",
        "GET /gradio_api/queue/data",
        "GET /gradio_api/heartbeat/",  # how a session that closes tells the app so
    )
    counted = {name.rpartition("/gradio_api/")[2] or name: proxy.count(name) for name in names}
    assert sum(counted.values()) == len(proxy.requests), (
        f"other requests than expected: {proxy.requests}"
    )
    return counted


def test_sequential_calls_take_one_connection_and_two_requests_each(proxy: FaultProxy) -> None:
    with Session(proxy.url) as session:
        for number in range(CALLS):
            assert session.predict("echo", [str(number)]) == str(number)
    assert list(requests_of(proxy).values()) == [1, 0, CALLS, CALLS, 1]
    assert proxy.made == 1


async def test_sequential_asynchronous_calls_take_one_connection_and_two_requests_each(
    proxy: FaultProxy,
) -> None:
    async with AsyncSession(proxy.url) as session:
        for number in range(CALLS):
            assert await session.predict("echo", [str(number)]) == str(number)
    assert list(requests_of(proxy).values()) == [1, 0, CALLS, CALLS, 1]
    assert proxy.made == 1


def test_a_result_and_its_file_take_one_connection(proxy: FaultProxy) -> None:
    with Session(proxy.url) as session:
        for _ in range(CALLS):
            assert session.submit("give", [1]).result().path.stat().st_size == MIB
    assert proxy.made == 1


async def test_an_asynchronous_result_and_its_file_take_one_connection(proxy: FaultProxy) -> None:
    async with AsyncSession(proxy.url) as session:
        for _ in range(CALLS):
            path = await (await session.submit("give", [1])).apath()
            assert path.stat().st_size == MIB
    assert proxy.made == 1


def test_a_mapping_reads_the_description_once(proxy: FaultProxy) -> None:
    with Session(proxy.url) as session:
        for number in range(CALLS):
            assert session.predict("echo", {"text": str(number)}) == str(number)
    assert list(requests_of(proxy).values()) == [1, 1, CALLS, CALLS, 1]


def test_calls_at_once_share_one_stream_and_few_threads(proxy: FaultProxy) -> None:
    before = threading.active_count()
    with Session(proxy.url) as session:
        calls = [session.submit("nap", [str(number)]) for number in range(64)]
        assert threading.active_count() - before <= 3, "the caller and at most three more"
        assert [call.result() for call in calls] == [str(number) for number in range(64)]
        assert threads_end() == (), "no thread while idle"
    assert proxy.count("POST /gradio_api/call/nap") == 64
    assert proxy.count("GET /gradio_api/queue/data") < 64
    assert proxy.made <= 4


async def test_asynchronous_calls_at_once_take_no_thread_and_few_connections(
    proxy: FaultProxy,
) -> None:
    before = threading.active_count()
    async with AsyncSession(proxy.url) as session:
        calls = [session.submit("nap", [str(number)]) for number in range(64)]
        results = asyncio.gather(*calls)
        await asyncio.sleep(0.05)
        assert threading.active_count() == before
        assert await results == [str(number) for number in range(64)]
    assert proxy.made <= 17, "sixteen posts and the stream"


def test_streaming_takes_one_stream(proxy: FaultProxy) -> None:
    with Session(proxy.url) as session:
        assert len(list(session.submit("grow_list", [200]))) == 200
    assert list(requests_of(proxy).values()) == [1, 0, 1, 1, 1]


def test_a_blocking_call_imports_no_asyncio(bench_url: str, tmp_path: Path) -> None:
    code = f"""
import sys
from gradio_session import Session
with Session({bench_url!r}) as session:
    session.predict("echo", ["x"])
print(*(name for name in ("asyncio", "pydantic") if name in sys.modules))
"""
    done = python("-c", code, cwd=tmp_path)
    assert done.stdout.split() == []
