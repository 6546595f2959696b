"""The floor: httpx doing the same work by hand, and nothing else.

It is no client to use: no errors, no cancels, no reconnects.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx

from benchmarks.measure import threads

PREFIX = "/gradio_api"
CHUNK = 1024 * 1024


def _frames(buffer: bytearray, chunk: bytes) -> Iterator[dict[str, Any]]:
    start = max(0, len(buffer) - 1)
    buffer += chunk
    while (end := buffer.find(b"\n\n", start)) >= 0:
        frame = bytes(buffer[6:end])
        del buffer[: end + 2]
        start = 0
        yield json.loads(frame)


def _chunk(url: str, text: str | None, session: str) -> tuple[str, dict[str, Any]]:
    """Where the next chunk goes, and its body; None ends the stream."""
    return (
        (f"{url}/close", {}) if text is None else (url, {"data": [text], "session_hash": session})
    )


class Sync:
    """Bare httpx, one keep-alive connection."""

    def __init__(self, url: str) -> None:
        self.base = url + PREFIX
        self.http = httpx.Client(verify=False, timeout=None)
        self.session = uuid.uuid4().hex
        self.ids = {
            d["api_name"]: d["id"] for d in self.http.get(url + "/config").json()["dependencies"]
        }

    def start(self, name: str, *values: Any) -> str:
        answer = self.http.post(
            f"{self.base}/call/{name}", json={"data": values, "session_hash": self.session}
        )
        return str(answer.json()["event_id"])

    def messages(self) -> Iterator[dict[str, Any]]:
        buffer = bytearray()
        with self.http.stream(
            "GET", f"{self.base}/queue/data", params={"session_hash": self.session}
        ) as response:
            for chunk in response.iter_raw():
                yield from _frames(buffer, chunk)

    def call(self, name: str, *values: Any) -> Any:
        self.start(name, *values)
        data = None
        for message in self.messages():
            if message["msg"] == "process_completed":
                data = message["output"]["data"][0]
        return data

    def iterate(self, name: str, count: int) -> Any:
        self.start(name, count)
        last = None
        for message in self.messages():
            if message["msg"] in {"process_generating", "process_completed"}:
                last = message["output"]["data"][0]
        return last

    result_of = iterate

    def upload(self, path: Path) -> Any:
        with path.open("rb") as file:
            sent = self.http.post(f"{self.base}/upload", files={"files": file}).json()
        return self.call(
            "take", {"path": sent[0], "orig_name": path.name, "meta": {"_type": "gradio.FileData"}}
        )

    def download(self, mebibytes: int, target: Path) -> int:
        path = self.call("give", mebibytes)["path"]
        with (
            self.http.stream("GET", f"{self.base}/file={path}") as response,
            target.open("wb") as file,
        ):
            for chunk in response.iter_raw(CHUNK):
                file.write(chunk)
        return target.stat().st_size

    def chunks(self, texts: list[str]) -> list[str]:
        """Each is sent when the output of the one before has come: the app would lose it before."""
        event, waiting, outputs = self.start("listen", texts[0]), iter(texts[1:]), list[str]()
        for message in self.messages():
            if message["msg"] == "process_streaming":
                outputs.append(message["output"]["data"][0])
                url = f"{self.base}/stream/{event}"
                address, body = _chunk(url, next(waiting, None), self.session)
                self.http.post(address, json=body)
        return outputs

    def cancel(self) -> float:
        event = self.start("forever")
        asked = 0.0
        for message in self.messages():
            if message["msg"] == "process_generating" and not asked:
                body = {
                    "session_hash": self.session,
                    "fn_index": self.ids["forever"],
                    "event_id": event,
                }
                asked = time.monotonic()
                self.http.post(f"{self.base}/cancel", json=body)
        return asked


class Async:
    """Bare asyncio httpx.

    Calls at once are capped at 17 connections, since opening more only costs.
    """

    def __init__(self, url: str) -> None:
        self.base = url + PREFIX
        self.http = httpx.AsyncClient(
            verify=False, timeout=None, limits=httpx.Limits(max_connections=17)
        )
        self.ids = {
            d["api_name"]: d["id"]
            for d in httpx.get(url + "/config", verify=False).json()["dependencies"]
        }

    async def messages(self, session: str) -> AsyncIterator[dict[str, Any]]:
        buffer = bytearray()
        async with self.http.stream(
            "GET", f"{self.base}/queue/data", params={"session_hash": session}
        ) as response:
            async for chunk in response.aiter_raw():
                for message in _frames(buffer, chunk):
                    yield message

    async def start(self, name: str, *values: Any) -> str:
        session = uuid.uuid4().hex
        await self.http.post(
            f"{self.base}/call/{name}", json={"data": values, "session_hash": session}
        )
        return session

    async def call(self, name: str, *values: Any) -> Any:
        data = None
        async for message in self.messages(await self.start(name, *values)):
            if message["msg"] == "process_completed":
                data = message["output"]["data"][0]
        return data

    async def iterate(self, name: str, count: int) -> Any:
        last = None
        async for message in self.messages(await self.start(name, count)):
            if message["msg"] in {"process_generating", "process_completed"}:
                last = message["output"]["data"][0]
        return last

    result_of = iterate

    async def upload(self, path: Path) -> Any:
        with path.open("rb") as file:
            sent = (await self.http.post(f"{self.base}/upload", files={"files": file})).json()
        return await self.call(
            "take", {"path": sent[0], "orig_name": path.name, "meta": {"_type": "gradio.FileData"}}
        )

    async def download(self, mebibytes: int, target: Path) -> int:
        path = (await self.call("give", mebibytes))["path"]
        async with self.http.stream("GET", f"{self.base}/file={path}") as response:
            with target.open("wb") as file:
                async for chunk in response.aiter_raw(CHUNK):
                    file.write(chunk)
        return target.stat().st_size  # noqa: ASYNC240  (nothing else runs)

    async def chunks(self, texts: list[str]) -> list[str]:
        session, waiting, outputs = uuid.uuid4().hex, iter(texts[1:]), list[str]()
        answer = await self.http.post(
            f"{self.base}/call/listen", json={"data": texts[:1], "session_hash": session}
        )
        url = f"{self.base}/stream/{answer.json()['event_id']}"
        async for message in self.messages(session):
            if message["msg"] == "process_streaming":
                outputs.append(message["output"]["data"][0])
                address, body = _chunk(url, next(waiting, None), session)
                await self.http.post(address, json=body)
        return outputs

    async def cancel(self) -> float:
        session = uuid.uuid4().hex
        answer = await self.http.post(
            f"{self.base}/call/forever", json={"data": [], "session_hash": session}
        )
        body = {
            "session_hash": session,
            "fn_index": self.ids["forever"],
            "event_id": answer.json()["event_id"],
        }
        asked = 0.0
        async for message in self.messages(session):
            if message["msg"] == "process_generating" and not asked:
                asked = time.monotonic()
                await self.http.post(f"{self.base}/cancel", json=body)
        return asked

    async def map(self, count: int) -> list[Any]:
        room = asyncio.Semaphore(16)

        async def one(number: int) -> Any:
            async with room:
                return await self.call("nap", str(number))

        return list(await asyncio.gather(*(one(number) for number in range(count))))

    async def burst(self, count: int) -> int:
        calls = [asyncio.create_task(self.call("nap", str(number))) for number in range(count)]
        await asyncio.sleep(0.03)
        running = threads()
        assert await asyncio.gather(*calls) == [str(number) for number in range(count)]
        return running
