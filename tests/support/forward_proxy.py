"""A forward proxy for HTTP, as companies have them: whole addresses for http, CONNECT for https."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from urllib.parse import urlsplit

from typing_extensions import Self

from tests.support.background import Background


class ForwardProxy:
    """The proxy, on a free port of loopback; a context manager.

    Args:
        credentials: The value of `Proxy-Authorization` to ask for; anybody may use the proxy
            without.

    Attributes:
        url: Its address.
        asked: First line of every request that it got.
        heads: Whole heads of these requests.
    """

    def __init__(self, credentials: str | None = None) -> None:
        self._background = Background("forward-proxy")
        self._credentials = credentials
        self._writers: set[asyncio.StreamWriter] = set()
        self.asked: list[str] = []
        self.heads: list[str] = []
        self._server = self._background.run(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        async def close() -> None:
            self._server.close()
            for writer in list(self._writers):
                writer.transport.abort()

        self._background.run(close())
        self._background.stop()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await self._serve(reader, writer)
        self._writers.discard(writer)
        with contextlib.suppress(OSError, RuntimeError):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, _, rest = head.partition("\r\n")
        self.asked.append(line)
        self.heads.append(head)
        if (
            self._credentials
            and f"proxy-authorization: {self._credentials}".lower() not in head.lower()
        ):
            writer.write(
                b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n"
                b"proxy-authenticate: Basic\r\n\r\n"
            )
            await writer.drain()
            return
        method, target, _ = line.split(" ")
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            parts = urlsplit(target)
            far_reader, far_writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
            path = parts._replace(scheme="", netloc="").geturl() or "/"
            far_writer.write(f"{method} {path} HTTP/1.1\r\n{rest}".encode("latin-1"))
        self._writers.add(far_writer)
        await asyncio.gather(_pump(reader, far_writer, self._note), _pump(far_reader, writer))
        self._writers.discard(far_writer)

    def _note(self, chunk: bytes) -> bytes:
        """Take note of a further request on a connection, and make its address a path."""
        line = chunk.split(b"\r\n", 1)[0].decode("latin-1")
        method, _, target = line.removesuffix(" HTTP/1.1").partition(" ")
        if not target.startswith("http://") or not line.endswith(" HTTP/1.1"):
            return chunk
        self.asked.append(line)
        path = urlsplit(target)._replace(scheme="", netloc="").geturl() or "/"
        return f"{method} {path} HTTP/1.1".encode("latin-1") + chunk[len(line) :]


async def _pump(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    change: Callable[[bytes], bytes] = bytes,
) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(change(chunk))
            await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        writer.close()
