"""`map` keeps as many calls in flight as it was told to, however far the app is.

The proxy holds the answers to posts until all of them have come: a map that waits for the answer of
one before it posts the next never gets there.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator

import pytest

from tests.support.echo_client import AsyncLab, Lab
from tests.support.fake_gradio import FakeGradio
from tests.support.fault_proxy import FaultProxy, Link, held_until
from tests.support.probe import THREADS, threads_end
from tests.support.scripts import Script

POST = "POST /gradio_api/call/echo"


class Inputs:
    """Inputs of a map, and how many of them were taken before the first result came."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.taken = 0
        self.results = 0
        self.ahead = 0

    def __iter__(self) -> Iterator[str]:
        for number in range(self.count):
            self.taken += 1
            self.ahead = max(self.ahead, self.taken - self.results)
            yield str(number)


@pytest.fixture
def proxy(fake: FakeGradio) -> Iterator[FaultProxy]:
    with FaultProxy(fake.url) as proxy:
        yield proxy


def threads() -> int:
    """Those of the product and the caller's own."""
    return 1 + sum(each.name.startswith(THREADS) for each in threading.enumerate())


def collected(results: Iterable[str], inputs: Inputs) -> list[str]:
    found: list[str] = []
    for result in results:
        inputs.results += 1
        found.append(result)
    return found


@pytest.mark.parametrize("concurrency", [16, 64])
def test_synchronous(proxy: FaultProxy, concurrency: int) -> None:
    inputs = Inputs(4 * concurrency)
    proxy.down(POST, held_until(lambda: proxy.count(POST) >= concurrency))
    with Lab(proxy.url) as lab:
        found = collected(lab.echo.map(inputs, concurrency=concurrency), inputs)
        assert threads_end() == ()
    assert found == [str(number) for number in range(4 * concurrency)]
    assert inputs.ahead <= 2 * concurrency + 1
    assert proxy.count("GET /gradio_api/info") == 0


def test_few_threads_do_it(proxy: FaultProxy) -> None:
    most = 0

    async def slowly(_: Link, chunk: bytes) -> bytes:
        nonlocal most
        most = max(most, threads())
        await asyncio.sleep(0.05)
        return chunk

    proxy.down(POST, slowly)
    with Lab(proxy.url) as lab:
        found = list(lab.echo.map(map(str, range(256)), concurrency=64))
    assert found == [str(number) for number in range(256)]
    assert most <= 6


@pytest.mark.parametrize("concurrency", [16, 64])
async def test_asynchronous(proxy: FaultProxy, concurrency: int) -> None:
    inputs = Inputs(4 * concurrency)
    proxy.down(POST, held_until(lambda: proxy.count(POST) >= concurrency))
    async with AsyncLab(proxy.url) as lab:
        found: list[str] = []
        async for result in lab.echo.map(inputs, concurrency=concurrency):
            inputs.results += 1
            found.append(result)
    assert found == [str(number) for number in range(4 * concurrency)]
    assert inputs.ahead <= 2 * concurrency + 1
    assert not [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]


def test_a_program_that_leaves_one_half_way_ends(fake: FakeGradio) -> None:
    body = """
    from tests.support.echo_client import Lab

    results = Lab(URL).echo.map(map(str, range(40)), concurrency=4)
    print(next(results))
    """
    with Script(body, fake.url) as script:
        ended = script.end(20)
    assert (ended.code, ended.out, ended.err) == (0, "0\n", "")
