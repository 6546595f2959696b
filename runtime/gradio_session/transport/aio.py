"""The transport of asynchronous sessions."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from gradio_session.errors import ConnectError
from gradio_session.protocol.base.effects import (
    Blocking,
    Close,
    Effect,
    Flow,
    Gather,
    Read,
    Request,
    Resolve,
    Response,
    SingleFlight,
    Sleep,
)
from gradio_session.transport.base import (
    MAX_BODY,
    Exchange,
    Payload,
    TransportBase,
    answer,
    decode_body,
    gone_after,
    remaining,
    too_large,
)
from gradio_session.transport.errors import closed_error, lost_error, unknown_host

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from gradio_session.transport.tls import TransportOptions

__all__ = ["AsyncStream", "AsyncTransport"]

T = TypeVar("T")
_BROKEN = (httpx.TransportError, ssl.SSLError)
"""What sending may raise; a TLS alert that takes the place of an answer comes as anyio found it."""


class AsyncTransport(TransportBase[httpx.AsyncHTTPTransport]):
    """Connections for flows and for the hot path of calls.

    It may be used from one event loop after another; connections do not move between them.

    Args:
        options: See `TransportOptions`; read once.
    """

    def __init__(self, options: TransportOptions) -> None:
        super().__init__(options, httpx.AsyncHTTPTransport)
        self._check_client(httpx.AsyncClient)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._streams: set[AsyncStream] = set()
        self._performers: dict[type, Callable[[Any, float | None], Awaitable[Any]]] = {
            Request: self._request,
            Read: lambda effect, _: effect.response.handle.read(),
            Blocking: lambda effect, _: _blocking(effect.function),
            Gather: self._gather,
            SingleFlight: self._once,
            Sleep: self._sleep,
            Resolve: lambda effect, _: _resolve(effect.host, effect.port),
        }

    async def post(
        self,
        url: str,
        headers: Mapping[str, str | None] | None,
        body: bytes,
        timeout: float | None = None,
    ) -> Response:
        """Send a POST and read its whole answer, whatever its status.

        Args:
            url: Absolute address.
            headers: Headers over those of the session; None takes a header of the session away.
            body: The body.
            timeout: Seconds without any byte before it fails; None for the session's
                `heartbeat_timeout`.

        Raises:
            ConnectError: Nothing of the body was sent, so it may be sent again.
            ConnectionLostError: The connection broke later; what the server did is not known.
        """
        return await self._fetch(
            Request("POST", url, headers=headers, content=body, timeout=timeout), None
        )

    async def open_stream(
        self, url: str, headers: Mapping[str, str | None] | None = None
    ) -> AsyncStream:
        """Send a GET and return its answer as a stream, whatever its status.

        Raises:
            ConnectError: Nothing was sent.
            ConnectionLostError: The connection broke before an answer came.
        """
        return await self._open(Request("GET", url, headers=headers), None)

    async def run(self, flow: Flow[T], *, deadline: float | None = None) -> T:
        """Perform a flow's effects until it returns.

        Args:
            flow: The flow; it is used up.
            deadline: The time, by `time.monotonic()`, after which its next effect raises
                `CallTimeoutError` inside it.
        """
        result: Any = None
        error: BaseException | None = None
        try:
            while True:
                try:
                    effect = flow.send(result) if error is None else flow.throw(error)
                except StopIteration as stop:
                    value: T = stop.value
                    return value
                result, error = None, None
                try:
                    result = await self._perform(effect, deadline)
                except BaseException as caught:  # noqa: BLE001 - the flow gets every one, to clean up; what it does not handle comes back
                    error = caught
        finally:
            error = None  # the traceback refers to this frame

    async def aclose(self) -> None:
        """Close every connection, also those that another task is reading from. The user's own client stays open."""
        self._closed = True
        for stream in list(self._streams):
            await stream.close()
        here = self._loop is asyncio.get_running_loop()
        for pool in list(self._pools.values()):
            idle, used = pool.close()
            for line in (*idle, *used):
                if here:
                    await _end(line)

    # Flows

    async def _perform(self, effect: Effect, deadline: float | None) -> Any:
        if isinstance(effect, Close):
            return await effect.response.handle.close()
        remaining(deadline, None)
        return await self._performers[type(effect)](effect, deadline)

    async def _request(self, effect: Request, deadline: float | None) -> Response:
        if not effect.stream:
            return await self._fetch(effect, deadline)
        stream = await self._open(effect, deadline)
        return answer(effect, stream.response, b"", stream)

    async def _sleep(self, effect: Sleep, deadline: float | None) -> None:
        await asyncio.sleep(remaining(deadline, effect.seconds) or 0)
        remaining(deadline, None)

    async def _gather(self, effect: Gather, deadline: float | None) -> list[Any]:
        results: list[Any] = [None] * len(effect.flows)
        pending = iter(list(enumerate(effect.flows)))

        async def work() -> None:
            for index, flow in pending:
                results[index] = await self.run(flow, deadline=deadline)

        tasks = [asyncio.create_task(work()) for _ in range(min(effect.limit, len(effect.flows)))]
        try:
            for done in asyncio.as_completed(tasks):
                await done
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return results

    async def _once(self, effect: SingleFlight, deadline: float | None) -> Any:
        while (other := effect.in_flight.get(effect.key)) is not None:
            await asyncio.wait([other], timeout=remaining(deadline, None))
            remaining(deadline, None)
            if other.done() and not other.cancelled():
                return other.result()
        mine: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        effect.in_flight[effect.key] = mine
        try:
            result = await self.run(effect.make(), deadline=deadline)
            mine.set_result(result)
            return result
        finally:
            effect.in_flight.pop(effect.key, None)
            mine.cancel()  # without effect once it has its result; those who wait try in its place

    # Requests

    async def _fetch(self, effect: Request, deadline: float | None) -> Response:
        stream = await self._open(effect, deadline)
        chunks: list[bytes] = []
        size = 0
        try:
            while chunk := await stream.read():
                size += len(chunk)
                if size > MAX_BODY:
                    raise too_large(stream.host, stream.response)
                chunks.append(chunk)
                remaining(deadline, None)
        finally:
            await stream.close()
        return answer(effect, stream.response, decode_body(chunks, stream.response, stream.host))

    async def _open(self, effect: Request, deadline: float | None) -> AsyncStream:
        self._stay_in_loop()
        exchange = self._prepare(effect, deadline)
        try:
            response = await self._handle(exchange)
        except _BROKEN as error:
            if not exchange.retriable(error):
                raise self._failure(exchange, error) from error
            exchange = self._prepare(effect, deadline)
            try:
                response = await self._handle(exchange)
            except _BROKEN as again:
                raise self._failure(exchange, again) from again
        self._keep_cookies(exchange, response)
        return AsyncStream(response, exchange, self._streams)

    def _prepare(self, effect: Request, deadline: float | None) -> Exchange:
        return self._exchange(
            effect, _AsyncPayload(effect), remaining(deadline, self._seconds(effect))
        )

    async def _handle(self, exchange: Exchange) -> httpx.Response:
        try:
            return await (
                self._handle_by_client(exchange)
                if exchange.client
                else self._handle_by_line(exchange)
            )
        finally:
            exchange.request.extensions.pop(
                "trace", None
            )  # it refers to the exchange, which refers to the request

    async def _handle_by_client(self, exchange: Exchange) -> httpx.Response:
        client: httpx.AsyncClient = self._client
        if client.is_closed:
            raise ConnectError(
                "The httpx client that the session was given is closed; nothing was sent."
            )
        return await client.send(
            exchange.request,
            stream=True,
            follow_redirects=False,
            **({} if exchange.own else {"auth": None}),
        )

    async def _handle_by_line(self, exchange: Exchange) -> httpx.Response:
        pool = self._pool(exchange.target.route)
        while (old := pool.stale()) is not None:
            await _end(old)
        loan = exchange.loan = pool.borrow(exchange.target.name)
        try:
            return await loan.line.handle_async_request(exchange.request)
        except BaseException:
            loan.give_back(usable=False)
            await _end(loan.line)
            raise

    def _stay_in_loop(self) -> None:
        """Forget the connections of another loop, or of the process that this one was forked from: they cannot even be closed here."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop or self._pid != os.getpid():
            self._pools = {}
            self._streams = set()
            self._loop = loop
            self._pid = os.getpid()

    def _tracer(self, exchange: Exchange) -> Callable[[str, Any], Awaitable[None]] | None:
        if not exchange.repeatable:
            return None

        async def trace(name: str, _: Any) -> None:
            exchange.progress(name)

        return trace


class AsyncStream:
    """An answer whose body is read bit by bit, as it came over the wire. One task reads; any may close.

    Attributes:
        status: The status code.
        headers: Headers by lower-case name.
        response: The answer of httpx.
        host: Host and port, for messages.
    """

    def __init__(
        self, response: httpx.Response, exchange: Exchange, streams: set[AsyncStream]
    ) -> None:
        self.response = response
        self.status = response.status_code
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        self.host = exchange.target.name
        self._seconds = exchange.seconds
        self._loan = exchange.loan
        body: Any = response.stream
        self._body = body
        self._chunks: AsyncIterator[bytes] = aiter(body)
        self._closed = False
        self._released = False
        self._ended = False
        self._streams = streams
        streams.add(self)

    async def read(self) -> bytes:
        """The next bytes, as soon as there are any; b"" at the end of the body.

        Raises:
            ConnectionLostError: The connection broke, no byte came for the time allowed, or `close`
                was called.
        """
        if self._ended:
            return b""
        if not self._closed:
            try:
                async for chunk in self._chunks:
                    if chunk:
                        return chunk
            except (httpx.HTTPError, httpx.StreamError, OSError, RuntimeError) as error:
                await self._release()
                raise (
                    closed_error(self.host)
                    if self._closed
                    else lost_error(error, self.host, self._seconds)
                ) from error
        if self._closed:
            raise closed_error(self.host)
        self._ended = True
        await self._release()
        return b""

    async def close(self) -> None:
        """Give the connection back, or up if the body is not at its end; whoever reads wakes. Never fails; any task may call it, and again."""
        self._closed = True
        await self._release()

    async def _release(self) -> None:
        if self._released:
            return
        self._released = True
        self._streams.discard(self)
        usable = False
        try:
            gone = gone_after(self.response)
            with suppress(Exception):
                if gone:
                    await self.response.extensions["network_stream"].aclose()
            with suppress(Exception):
                await self._body.aclose()
            usable = self._ended and not gone
        finally:
            if self._loan is not None and not self._loan.give_back(usable=usable):
                await _end(self._loan.line)


class _AsyncPayload(Payload, httpx.AsyncByteStream):
    def __init__(self, effect: Request) -> None:
        self._effect = effect

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.started = True
        content = self._effect.content
        if isinstance(content, bytes):
            yield content
        elif content is not None:
            sent = 0
            chunks = content()
            while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
                yield chunk
                sent += len(chunk)
                if self._effect.progress is not None:
                    self._effect.progress(sent)


async def _end(line: httpx.AsyncHTTPTransport) -> None:
    with suppress(Exception):
        await line.aclose()


async def _blocking(function: Callable[[], Any]) -> Any:
    """A function's result, from a thread. When the task is cancelled the function is waited for, so that cleaning up comes after it."""
    work = asyncio.ensure_future(asyncio.to_thread(function))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise


async def _resolve(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise unknown_host(host) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
