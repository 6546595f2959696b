"""The client that `gradio-codegen generate` made for the benchmarks' app, in both worlds."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from benchmarks.measure import threads


class Sync:
    """The generated client."""

    def __init__(self, url: str) -> None:
        from bench_client import Bench  # type: ignore[import-not-found]  # noqa: PLC0415  (made when the benchmarks start)

        self.app: Any = Bench(url)

    def call(self, name: str, *values: Any) -> Any:
        return getattr(self.app, name)(*values)

    def iterate(self, name: str, count: int) -> Any:
        last = None
        for output in getattr(self.app, name).submit(count):
            last = output
        return last

    def result_of(self, name: str, count: int) -> Any:
        return getattr(self.app, name)(count)

    def map(self, count: int) -> list[Any]:
        return list(self.app.nap.map(map(str, range(count)), concurrency=16))

    def burst(self, count: int, name: str = "nap") -> int:
        submit = getattr(self.app, name).submit
        calls = [submit(str(number)) for number in range(count)]
        running = threads()
        assert [call.result() for call in calls] == [str(number) for number in range(count)]
        return running

    def upload(self, path: Path) -> Any:
        return self.app.take(path)

    def download(self, mebibytes: int, target: Path) -> int:
        self.app.give(mebibytes).download(target)
        return target.stat().st_size

    def chunks(self, texts: list[str]) -> list[str]:
        with self.app.listen.stream(texts[0]) as stream:
            for text in texts[1:]:
                stream.send(text)
        return list(stream)

    def cancel(self) -> float:
        call = self.app.forever.submit()
        next(iter(call))
        asked = time.monotonic()
        call.cancel()
        return asked


class Async:
    """Its asynchronous twin."""

    def __init__(self, url: str) -> None:
        from bench_client import AsyncBench  # type: ignore[import-not-found]  # noqa: PLC0415

        self.app: Any = AsyncBench(url)

    async def call(self, name: str, *values: Any) -> Any:
        return await getattr(self.app, name)(*values)

    async def iterate(self, name: str, count: int) -> Any:
        last = None
        async for output in getattr(self.app, name).submit(count):
            last = output
        return last

    async def result_of(self, name: str, count: int) -> Any:
        return await getattr(self.app, name)(count)

    async def map(self, count: int) -> list[Any]:
        results = self.app.nap.map(map(str, range(count)), concurrency=16)
        return [result async for result in results]

    async def burst(self, count: int, name: str = "nap") -> int:
        submit = getattr(self.app, name).submit
        calls = [submit(str(number)) for number in range(count)]
        await asyncio.sleep(0.03 if name == "nap" else 0)
        running = threads()
        assert [await call for call in calls] == [str(number) for number in range(count)]
        return running

    async def upload(self, path: Path) -> Any:
        return await self.app.take(path)

    async def download(self, mebibytes: int, target: Path) -> int:
        await (await self.app.give(mebibytes)).adownload(target)
        return target.stat().st_size  # noqa: ASYNC240  (nothing else runs)

    async def chunks(self, texts: list[str]) -> list[str]:
        async with self.app.listen.stream(texts[0]) as stream:
            for text in texts[1:]:
                await stream.send(text)
        return [output async for output in stream]

    async def cancel(self) -> float:
        call = self.app.forever.submit()
        async for _ in call:
            break
        asked = time.monotonic()
        await call.cancel()
        return asked
