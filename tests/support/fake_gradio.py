"""A scriptable stand-in for a Gradio app, for what a real one cannot be made to show.

By itself it behaves: `/config`, `/info`, join by name or number, one event stream per session hash,
`/cancel`, login, uploads, downloads. A test adds endpoints that say which messages they send, and
answers that stand before the ordinary ones.

    async def broken(event):
        yield event.starts()
        yield CUT

    with FakeGradio() as fake:
        fake.endpoint("broken", broken)
        fake.answer("POST /gradio_api/call/broken", Answer(429, headers={"retry-after": "1"}))
        Session(fake.url)
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import h11
from typing_extensions import Self

from tests.support.background import Background
from tests.support.fake_documents import PREFIX
from tests.support.fake_events import CUT, END, RESET, STALL, Event, echo, forever
from tests.support.fake_http import Answer, Received, frame, read_request, render
from tests.support.fake_routes import FakeRoutes
from tests.support.fault_proxy import reset
from tests.support.patience import wait_for

__all__ = [
    "CUT",
    "END",
    "RESET",
    "STALL",
    "Answer",
    "Event",
    "FakeGradio",
    "Received",
    "echo",
    "forever",
    "frame",
]


class FakeGradio(FakeRoutes):
    """The server, on a free port of loopback; a context manager.

    Args:
        tls: Serve https with this context.
        auth: User and password that the app asks for.
        heartbeat: Seconds between heartbeats on a stream.
        idle_timeout: Close connections that were idle so long, as uvicorn does after five seconds;
            None for never.
        version: Gradio version to claim.

    Attributes:
        received: Every request, in order.
        open: Connections open now.
        made: Connections ever made.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        auth: tuple[str, str] | None = None,
        heartbeat: float = 15.0,
        idle_timeout: float | None = None,
        version: str = "6.31.0",
    ) -> None:
        super().__init__(auth, heartbeat, version)
        self._background = Background("fake-gradio")
        self._tls = tls
        self._idle_timeout = idle_timeout
        self._answers: list[tuple[str, list[Answer]]] = []
        self._writers: set[asyncio.StreamWriter] = set()
        self.received: list[Received] = []
        self.made = 0
        self._server, self.port = self._background.run(self._listen())
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def answer(self, line: str, *answers: Answer) -> None:
        """Let the next requests that begin with `line` get these answers, one each; further ones
        get the ordinary answer.
        """
        self._answers.append((line, list(answers)))

    def always(self, line: str, answer: Answer) -> None:
        """Let every request that begins with `line` get this answer."""
        self._answers.append((line, [answer] * 100_000))

    def restart(self) -> None:
        """Forget every session and login and take a new `app_id`, as a restarted server does;
        connections are reset.
        """

        async def change() -> None:
            self.app_id += 1
            self._forget()
            self._logins.clear()
            for writer in list(self._writers):
                reset(writer)

        self._background.run(change())

    def find(self, line: str) -> list[Received]:
        """The requests that began with `line`."""
        return [each for each in self.received if each.line.startswith(line)]

    def count(self, line: str) -> int:
        """How many requests began with `line`."""
        return len(self.find(line))

    @property
    def open(self) -> int:
        """Connections open now."""
        return len(self._writers)

    def wait_for(self, condition: Callable[[], bool], within: float = 5.0) -> bool:
        """Whether a condition comes true in time."""
        return wait_for(condition, within)

    def stop(self) -> None:
        """End everything."""

        async def close() -> None:
            self._server.close()
            for writer in list(self._writers):
                writer.transport.abort()

        self._background.run(close())
        self._background.stop()

    # Connections

    async def _listen(self) -> tuple[asyncio.Server, int]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._tls)
        return server, server.sockets[0].getsockname()[1]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.made += 1
        number = self.made
        self._writers.add(writer)
        try:
            while True:
                request = await asyncio.wait_for(read_request(reader, number), self._idle_timeout)
                if request is None:
                    break
                self.received.append(request)
                if not await self._respond(request, reader, writer):
                    break
        except (OSError, asyncio.TimeoutError, asyncio.CancelledError, h11.RemoteProtocolError):
            pass  # the connection or the server ends
        finally:
            self._writers.discard(writer)
            with contextlib.suppress(OSError, RuntimeError):
                writer.close()

    async def _respond(
        self, request: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer; whether the connection stays open."""
        answer = self._chosen(request)
        if (
            answer is None
            and urlsplit(request.line).path.endswith(f"{PREFIX}/queue/data")
            and not self._refused(request)
        ):
            return await self._stream(
                parse_qs(urlsplit(request.line).query)["session_hash"][0], reader, writer
            )
        if answer is None or answer.run:
            ordinary = self._route(request)
            answer = answer or ordinary
        await asyncio.sleep(answer.wait)
        if answer.raw is not None:
            writer.write(answer.raw)
        elif answer.status is not None:
            writer.write(render(answer))
        await writer.drain()
        if answer.then == "reset":
            reset(writer)
        return answer.then == "keep"

    def _chosen(self, request: Received) -> Answer | None:
        for line, answers in self._answers:
            if answers and request.line.startswith(line):
                return answers.pop(0)
        return None
