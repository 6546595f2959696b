"""A network between a client and a server: every byte arrives half a round trip after it was sent.

It delays bytes and does not hold them up: as many as were sent at once arrive at once. Opening a
connection takes a round trip, as it does on a network.

    with Distance(server.url, round_trip=0.1) as distance:
        Session(distance.url)

`python -m tests.support.distance URL SECONDS` is the same as a process of its own, for benchmarks:
it prints its address and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections import deque
from urllib.parse import urlsplit

from typing_extensions import Self

from tests.support.background import Background


class Distance:
    """A proxy on a free port of loopback; a context manager.

    Args:
        target: URL of the server behind it.
        round_trip: Seconds from a request to the first byte of an answer that takes no time.

    Attributes:
        url: The server as seen from afar.
    """

    def __init__(self, target: str, round_trip: float) -> None:
        self._target = urlsplit(target)
        self._round_trip = round_trip
        self._background = Background("distance")
        self._server = self._background.run(
            asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=1024)
        )
        port = self._server.sockets[0].getsockname()[1]
        self.url = self._target._replace(netloc=f"127.0.0.1:{port}").geturl()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._background.stop()

    async def _connected(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, there = await asyncio.open_connection(self._target.hostname, self._target.port)
        one_way = self._round_trip / 2
        up = _Line(there, one_way, ready_in=self._round_trip)
        down = _Line(back, one_way)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(up.carry(near), down.carry(far))


class _Line:
    """One direction of a connection.

    Args:
        writer: Where the bytes go.
        delay: Seconds that they take.
        ready_in: Seconds until the first may be sent.
    """

    def __init__(self, writer: asyncio.StreamWriter, delay: float, ready_in: float = 0.0) -> None:
        self._writer = writer
        self._delay = delay
        self._ready = asyncio.get_running_loop().time() + ready_in
        self._under_way: deque[tuple[float, bytes]] = deque()

    async def carry(self, reader: asyncio.StreamReader) -> None:
        """Pass on what is read, until its end."""
        loop = asyncio.get_running_loop()
        chunk = b"."
        while chunk:
            try:
                chunk = await reader.read(65536)
            except OSError:
                chunk = b""
            arrival = max(loop.time(), self._ready) + self._delay
            self._under_way.append((arrival, chunk))
            loop.call_at(arrival, self._arrive)

    def _arrive(self) -> None:
        _, chunk = self._under_way.popleft()
        with contextlib.suppress(OSError, RuntimeError):
            if chunk:
                self._writer.write(chunk)
            else:
                self._writer.close()


if __name__ == "__main__":
    with Distance(sys.argv[1], float(sys.argv[2])) as far_away:
        print(far_away.url, flush=True)
        sys.stdin.read()
