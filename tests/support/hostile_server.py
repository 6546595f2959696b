"""A server that answers what a test tells it to, byte by byte, and remembers what it was asked.

with HostileServer() as server:
    server.on("/cat.png", reply(b"content", headers={"content-length": "99"}))
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping

from typing_extensions import Self

Handler = Callable[["Asked"], Iterator[bytes]]
"""Makes the raw bytes of an answer, head included; the connection is closed behind them unless the
head says keep-alive.
"""


class Asked:
    """One request as it came.

    Attributes:
        method: "GET", "POST" or "HEAD".
        target: Path and query as they were sent.
        headers: Headers by lower-case name.
        body: The body.
    """

    def __init__(self, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body


def reply(
    body: bytes = b"", status: int = 200, headers: Mapping[str, str] | None = None
) -> Handler:
    """A plain answer; `headers` come over an honest Content-Length, and "" takes a header away."""

    def handler(_: Asked) -> Iterator[bytes]:
        yield head(status, {"content-length": str(len(body)), **(headers or {})}) + body

    return handler


def redirect(to: str, status: int = 302) -> Handler:
    """A redirect."""
    return reply(status=status, headers={"location": to})


def endless(chunk: bytes = b"x" * 65536) -> Handler:
    """A body that never ends."""

    def handler(_: Asked) -> Iterator[bytes]:
        yield head(200, {"connection": "close"})
        while True:
            yield chunk

    return handler


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """The head of an answer."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value != "")
    return f"HTTP/1.1 {status} Status\r\n{lines}\r\n".encode("latin-1")


class HostileServer:
    """A server on a free port of 127.0.0.1; a context manager.

    Args:
        host: The loopback address to listen on.

    Attributes:
        url: Its address.
        asked: Every request, in order.
        connections: Connections ever made.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._socket = socket.create_server((host, 0))
        self._handlers: dict[str, Handler] = {}
        self._open: set[socket.socket] = set()
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        self.asked: list[Asked] = []
        self.connections = 0
        threading.Thread(target=self._accept, name="test-hostile", daemon=True).start()

    def on(self, path: str, handler: Handler) -> None:
        """Answer requests whose target begins with `path`; the longest that fits wins."""
        self._handlers[path] = handler

    def count(self, path: str) -> int:
        """How many requests began with `path`."""
        return sum(each.target.startswith(path) for each in self.asked)

    def reset(self) -> None:
        """Reset every connection that is open."""
        for each in list(self._open):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            each.shutdown(socket.SHUT_RD)  # wakes the thread that reads
            each.close()

    def hang_up(self) -> None:
        """Close every connection that is open, as a server does with one that was idle."""
        for each in list(self._open):
            each.shutdown(socket.SHUT_RDWR)
            each.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End everything."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._socket.close()
        for each in list(self._open):
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            threading.Thread(
                target=self._serve, args=(connection,), name="test-hostile", daemon=True
            ).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as stream:
                while (asked := _read(stream)) is not None:
                    self.asked.append(asked)
                    if not self._answer(connection, asked):
                        return
        except (OSError, ValueError):
            pass
        finally:
            self._open.discard(connection)

    def _answer(self, connection: socket.socket, asked: Asked) -> bool:
        fitting = [path for path in self._handlers if asked.target.startswith(path)]
        handler = self._handlers[max(fitting, key=len)] if fitting else reply(b"nothing here", 404)
        first = b""
        for part in handler(asked):
            first = first or part
            connection.sendall(part)
        return (
            b"content-length" in first.partition(b"\r\n\r\n")[0]
            and b"connection: close" not in first
        )


def _read(stream: object) -> Asked | None:
    readline, read = stream.readline, stream.read  # type: ignore[attr-defined]
    line = readline().decode("latin-1").split()
    if len(line) < 2:
        return None
    headers: dict[str, str] = {}
    while text := readline().decode("latin-1").strip():
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(readline(), 16):
            body += read(size)
            readline()
        readline()
    else:
        body = read(int(headers.get("content-length", "0")))
    return Asked(line[0], line[1], headers, body)


def slowly(parts: list[bytes], seconds: float) -> Iterator[bytes]:
    """Parts with pauses between them."""
    for part in parts:
        yield part
        time.sleep(seconds)
