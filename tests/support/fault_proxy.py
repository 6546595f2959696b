"""A TCP proxy in front of a server, with faults that a test chooses.

It understands just enough HTTP to know which request the bytes on a connection belong to: clients
of ours do not pipeline, so what comes down belongs to the request that went up last.

    with FaultProxy(server.url) as proxy:
        proxy.down("GET /gradio_api/queue/data", cut_at(b"process_generating"))
        Session(proxy.url)
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from typing_extensions import Self

from tests.support.background import Background
from tests.support.patience import opened

Fault = Callable[["Link", bytes], Awaitable[bytes]]
"""What happens to one chunk: gets the connection and the bytes, returns those that go on; may wait,
cut or reset.
"""


class LinkClosedError(Exception):
    """The proxy itself ended the connection."""


class Link:
    """One connection from a client through the proxy.

    Attributes:
        request: Method and target of the request that went up last, for example "GET /config".
        memory: Room for a fault that must remember something about this connection.
    """

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.client = client
        self.server = server
        self.request = ""
        self.memory: dict[str, bytes] = {}

    def close(self) -> None:
        """End both sides with a FIN."""
        for writer in (self.client, self.server):
            with contextlib.suppress(OSError, RuntimeError):
                writer.close()

    def reset(self) -> None:
        """End the client's side with a RST and the server's with a FIN."""
        reset(self.client)
        self.close()


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a RST."""
    raw = writer.get_extra_info("socket")
    if raw is not None:
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class FaultProxy:
    """A proxy on a free port of loopback; a context manager.

    Args:
        target: URL of the server behind it; its path is kept in `url`.
        tls: Speak TLS to clients, with this context.

    Attributes:
        url: The same app as seen through the proxy.
        links: Connections open now.
        made: Connections ever made.
        requests: Method and target of every request that went up, in order.
    """

    def __init__(self, target: str, *, tls: ssl.SSLContext | None = None) -> None:
        self._target = urlsplit(target)
        self._tls = tls
        self._background = Background("fault-proxy")
        self._down: list[tuple[str, Fault]] = []
        self._up: list[tuple[str, Fault]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.links: set[Link] = set()
        self.made = 0
        self.requests: list[str] = []
        self.port = self._background.run(self._listen(0))
        here = self._target._replace(netloc=f"127.0.0.1:{self.port}")
        self.url = (here if tls is None else here._replace(scheme="https")).geturl()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def down(self, request: str, fault: Fault) -> None:
        """Let a fault act on what comes down for requests that begin with `request` ("POST ", "GET
        /config").
        """
        self._down.append((request, fault))

    def up(self, request: str, fault: Fault) -> None:
        """Let a fault act on what goes up for requests that begin with `request`."""
        self._up.append((request, fault))

    def clear(self) -> None:
        """Take every fault out."""
        self._down.clear()
        self._up.clear()

    def count(self, request: str) -> int:
        """How many requests went up that begin with `request`."""
        return sum(each.startswith(request) for each in self.requests)

    def cut(self, *, rst: bool = False) -> None:
        """End every open connection now."""

        async def end() -> None:
            for link in list(self.links):
                if rst:
                    link.reset()
                else:
                    link.close()

        self._background.run(end())

    def refuse(self) -> None:
        """Take no more connections: the port is closed until `listen`."""

        async def close() -> None:
            assert self._server is not None
            self._server.close()

        self._background.run(close())

    def listen(self) -> None:
        """Take connections again after `refuse`."""
        self._background.run(self._listen(self.port))

    def stop(self) -> None:
        """End everything."""
        self.refuse()
        self.cut()
        self._background.stop()

    async def _listen(self, port: int) -> int:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", port, ssl=self._tls)
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.made += 1
        try:
            far_reader, far_writer = await asyncio.open_connection(
                self._target.hostname, self._target.port
            )
        except OSError:
            reset(writer)
            return
        link = Link(writer, far_writer)
        self.links.add(link)
        try:
            with contextlib.suppress(asyncio.CancelledError):  # the proxy ends
                await asyncio.gather(self._pump_up(link, reader), self._pump_down(link, far_reader))
        finally:
            self.links.discard(link)
            link.close()

    async def _pump_up(self, link: Link, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError, LinkClosedError):
            while chunk := await reader.read(65536):
                head = chunk.split(b"\r\n", 1)[0]
                if head.endswith(b"HTTP/1.1"):
                    link.request = head[: -len(b" HTTP/1.1")].decode("latin-1")
                    self.requests.append(link.request)
                    link.memory.clear()
                link.server.write(await self._apply(self._up, link, chunk))
                await link.server.drain()
        link.close()

    async def _pump_down(self, link: Link, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError, LinkClosedError):
            while chunk := await reader.read(65536):
                link.client.write(await self._apply(self._down, link, chunk))
                await link.client.drain()
        if held := link.memory.pop("held", b""):
            with contextlib.suppress(OSError):
                link.client.write(held)
                await link.client.drain()
        link.close()

    @staticmethod
    async def _apply(rules: list[tuple[str, Fault]], link: Link, chunk: bytes) -> bytes:
        for request, fault in list(rules):
            if link.request.startswith(request):
                chunk = await fault(link, chunk)
        return chunk


def delay(seconds: float) -> Fault:
    """Every chunk waits that long."""

    async def fault(link: Link, chunk: bytes) -> bytes:
        await asyncio.sleep(seconds)
        return chunk

    return fault


def held_until(condition: Callable[[], bool]) -> Fault:
    """Every chunk waits until a condition holds."""

    async def fault(link: Link, chunk: bytes) -> bytes:
        while not condition():  # noqa: ASYNC110 - it may come true in any thread
            await asyncio.sleep(0.002)
        return chunk

    return fault


def cut_at(marker: bytes, *, rst: bool = False, keep: int | None = 0) -> Fault:
    """End the connection where `marker` stands in the stream.

    Args:
        marker: The bytes looked for (within one chunk).
        rst: End with a RST instead of a FIN.
        keep: How many bytes of the marker still go through; None for the whole chunk that holds it.
    """

    async def fault(link: Link, chunk: bytes) -> bytes:
        place = chunk.find(marker)
        if place < 0:
            return chunk
        link.client.write(chunk if keep is None else chunk[: place + keep])
        with contextlib.suppress(OSError):
            await link.client.drain()
        if rst:
            await asyncio.sleep(0.02)  # a RST overtakes bytes that the client has not read yet
            link.reset()
        else:
            link.close()
        raise LinkClosedError

    return fault


def stall_at(marker: bytes) -> Fault:
    """Pass nothing more once `marker` came, and leave the connection open."""

    async def fault(link: Link, chunk: bytes) -> bytes:
        if marker in chunk:
            await asyncio.Event().wait()
        return chunk

    return fault


def split(size: int) -> Fault:
    """Pass the bytes in packets of `size`."""

    async def fault(link: Link, chunk: bytes) -> bytes:
        raw = link.client.get_extra_info("socket")
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(chunk), size):
            link.client.write(chunk[start : start + size])
            await link.client.drain()
            await asyncio.sleep(0)
        return b""

    return fault


def buffer_until_end() -> Fault:
    """Hold the body back until the server has ended it, as a proxy with response buffering does;
    the head goes through.
    """

    async def fault(link: Link, chunk: bytes) -> bytes:
        head = b""
        if "held" not in link.memory:
            head, separator, chunk = chunk.partition(b"\r\n\r\n")
            head += separator
        held = link.memory.get("held", b"") + chunk
        if held.endswith(b"0\r\n\r\n"):
            link.memory.pop("held", None)
            return head + held
        link.memory["held"] = held
        return head

    return fault


def gate(line: bytes) -> Fault:
    """Refuse requests (403) whose head lacks this line, and repeat their head: for `up`."""

    async def fault(link: Link, chunk: bytes) -> bytes:
        head, end, _ = chunk.partition(b"\r\n\r\n")
        if not end or line in head.split(b"\r\n"):
            return chunk
        start = f"HTTP/1.1 403 Forbidden\r\ncontent-length: {len(head)}\r\n\r\n".encode()
        link.client.write(start + head)
        await link.client.drain()
        link.close()
        raise LinkClosedError

    return fault


def hold_from(mark: bytes, gate: threading.Event) -> Fault:
    """What comes before `mark` goes on at once, the rest when the gate opens."""

    async def fault(link: Link, chunk: bytes) -> bytes:
        place = chunk.find(mark)
        if place < 0:
            return chunk
        link.client.write(chunk[:place])
        await opened(gate)
        return chunk[place:]

    return fault


def once(fault: Fault) -> Fault:
    """The fault for the first connection that meets it (all its chunks), and for no other."""
    chosen: list[Link] = []

    async def first(link: Link, chunk: bytes) -> bytes:
        if not chosen:
            chosen.append(link)
        return await fault(link, chunk) if chosen[0] is link else chunk

    return first
