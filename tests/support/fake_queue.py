"""The queue of a scriptable app: calls that join it, their cancellation, and the event streams that
tell of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tests.support.fake_documents import Endpoint, Script
from tests.support.fake_events import CUT, END, RESET, STALL, Event, echo, forever
from tests.support.fake_http import Answer, chunk, frame
from tests.support.fault_proxy import reset


class StreamMultiplexer:
    """The server's side of one session hash."""

    def __init__(self) -> None:
        self.items: asyncio.Queue[Any] = asyncio.Queue()
        self.pending: dict[str, asyncio.Task[None]] = {}


class FakeQueue:
    """What runs in the app.

    Args:
        heartbeat: Seconds between heartbeats on a stream.

    Attributes:
        endpoints: The app's endpoints by name, in the order of their numbers.
        cancelled: Event ids that `/cancel` was asked for.
        on_cancel: Called with each of them.
        streams: Event streams open now.
    """

    def __init__(self, heartbeat: float) -> None:
        self.heartbeat = heartbeat
        self.endpoints: dict[str, Endpoint] = {}
        self.cancelled: list[str] = []
        self.on_cancel: Callable[[str], object] = str
        self.streams = 0
        self._tabs: dict[str, StreamMultiplexer] = {}
        self.endpoint("echo", echo)
        self.endpoint("forever", forever)

    def endpoint(
        self,
        name: str,
        script: Script,
        *,
        inputs: tuple[str, ...] = ("textbox",),
        outputs: tuple[str, ...] = ("textbox",),
    ) -> None:
        """Add an endpoint; its inputs and outputs are component types."""
        self.endpoints[name] = Endpoint(script, inputs, outputs)

    @property
    def running(self) -> int:
        """Calls that are under way."""
        return sum(len(tab.pending) for tab in self._tabs.values())

    def _join(self, name: str, body: Any) -> Answer:
        if name not in self.endpoints:
            return Answer(500, b"Internal Server Error", headers={"content-type": "text/plain"})
        event = Event("", name, body["data"])
        event.session_hash = body.get("session_hash") or event.id
        tab = self._tabs.setdefault(event.session_hash, StreamMultiplexer())
        tab.pending[event.id] = asyncio.get_running_loop().create_task(self._run(event, tab))
        return Answer(200, {"event_id": event.id})

    async def _run(self, event: Event, tab: StreamMultiplexer) -> None:
        async for item in self.endpoints[event.api_name].script(event):
            tab.items.put_nowait(item)

    def _cancel(self, body: Any) -> Answer:
        self.cancelled.append(body["event_id"])
        self.on_cancel(body["event_id"])
        tab = self._tabs.get(body["session_hash"])
        task = tab.pending.get(body["event_id"]) if tab else None
        if tab and task:
            task.cancel()
            tab.items.put_nowait(
                {
                    "msg": "process_completed",
                    "event_id": body["event_id"],
                    "output": {},
                    "success": True,
                }
            )
        return Answer(200, {"success": True})

    def _forget(self) -> None:
        """End every call, and forget every session."""
        for tab in self._tabs.values():
            for task in tab.pending.values():
                task.cancel()
        self._tabs.clear()

    # The event stream

    async def _stream(
        self, session_hash: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Send the messages of a session; whether the response came to its proper end."""
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
            b"transfer-encoding: chunked\r\n\r\n"
        )
        tab = self._tabs.get(session_hash)
        if tab is None:
            writer.write(
                chunk(
                    frame(
                        {
                            "msg": "unexpected_error",
                            "event_id": None,
                            "message": "404: Not Found",
                            "success": False,
                        }
                    )
                )
            )
            await writer.drain()
            return False
        self.streams += 1
        gone = asyncio.ensure_future(_end_of(reader))
        try:
            ended = None
            while ended is None:
                ended = await self._emit(await self._next(tab, gone), tab, gone, writer)
            return ended
        finally:
            self.streams -= 1
            gone.cancel()
            if (
                tab.pending and self._tabs.get(session_hash) is tab
            ):  # dropped with calls under way: Gradio forgets the session
                del self._tabs[session_hash]
                for task in tab.pending.values():
                    task.cancel()

    async def _next(self, tab: StreamMultiplexer, gone: asyncio.Future[None]) -> Any:
        """What comes next on a stream: an item of a script, a heartbeat, or CUT when the client has
        gone.
        """
        getter = asyncio.ensure_future(tab.items.get())
        await asyncio.wait(
            {getter, gone}, timeout=self.heartbeat, return_when=asyncio.FIRST_COMPLETED
        )
        if getter.done():
            return getter.result()
        getter.cancel()
        return CUT if gone.done() else {"msg": "heartbeat", "event_id": None}

    async def _emit(
        self,
        item: Any,
        tab: StreamMultiplexer,
        gone: asyncio.Future[None],
        writer: asyncio.StreamWriter,
    ) -> bool | None:
        """Send one item: None while the stream goes on, then whether it ended properly."""
        if item is STALL:
            await gone
        if item is RESET:
            await asyncio.sleep(0.02)  # a RST overtakes bytes that the client has not read yet
            reset(writer)
        if item in (STALL, RESET, CUT):
            return False
        over = item is END
        if isinstance(item, bytes):
            writer.write(chunk(item))
        elif isinstance(item, dict):
            writer.write(chunk(frame(item)))
            if item["msg"] == "process_completed":
                tab.pending.pop(item["event_id"], None)
                over = not tab.pending and tab.items.empty()
        if over:
            writer.write(chunk(frame({"msg": "close_stream", "event_id": None})) + b"0\r\n\r\n")
        await writer.drain()
        return True if over else None


async def _end_of(reader: asyncio.StreamReader) -> None:
    """Return when the client has gone; takes nothing from what it may send next."""
    while not reader.at_eof() and reader.exception() is None:  # noqa: ASYNC110 - a reader has no event for its end
        await asyncio.sleep(0.01)
