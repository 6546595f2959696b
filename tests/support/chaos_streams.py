"""Event streams as broken servers and proxies end them, and an app that keeps a session's messages
when its stream ends short.
"""

from __future__ import annotations

import asyncio
import contextlib

from tests.support.fake_gradio import FakeGradio
from tests.support.fake_http import Answer, chunk, frame
from tests.support.fault_proxy import Fault, Link, LinkClosedError

CONFIG = "GET /config"
JOIN = "POST /gradio_api/call/"
STREAM = "GET /gradio_api/queue/data"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
CLOSE = frame({"msg": "close_stream", "event_id": None})
HEARTBEAT = frame({"msg": "heartbeat", "event_id": None})
END_OF_BODY = b"0\r\n\r\n"


def ended_stream(*frames: bytes) -> Answer:
    """An event stream that says this and comes to the proper end of its response."""
    return Answer(raw=HEAD + b"".join(chunk(each) for each in frames) + END_OF_BODY)


class KeepingGradio(FakeGradio):
    """An app that knows a session and what it still has to say after its stream has ended with
    calls under way; `END` in a script ends one stream of several.
    """

    def heal(self) -> None:
        """Give the ordinary answers again."""
        self._answers.clear()

    async def _stream(
        self, session_hash: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        kept = self._tabs.get(session_hash)
        try:
            return await super()._stream(session_hash, reader, writer)
        finally:
            if kept is not None:
                self._tabs[session_hash] = kept


def closing() -> Fault:
    """Announce that the connection of an answer ends with it."""

    async def fault(link: Link, data: bytes) -> bytes:
        return data.replace(b"content-type:", b"connection: close\r\ncontent-type:", 1)

    return fault


def cut_after_sending(seconds: float, *, rst: bool) -> Fault:
    """The request reaches the server; its connection ends so many seconds later."""

    async def fault(link: Link, data: bytes) -> bytes:
        link.server.write(data)
        await link.server.drain()
        await asyncio.sleep(seconds)
        if rst:
            link.reset()
        else:
            link.close()
        raise LinkClosedError

    return fault


def ended_after_sending(seconds: float) -> Fault:
    """The request reaches the server; so many seconds later the response is brought to a proper
    end, while the server's side stays open, as a proxy that gives up on its server does it.
    """

    async def fault(link: Link, data: bytes) -> bytes:
        link.server.write(data)
        await link.server.drain()
        await asyncio.sleep(seconds)
        link.client.write(END_OF_BODY)
        with contextlib.suppress(OSError):
            await link.client.drain()
        await asyncio.Event().wait()
        return b""

    return fault
