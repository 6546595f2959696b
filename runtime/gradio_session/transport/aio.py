"""The transport of asynchronous sessions."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from gradio_session.protocol.base import effects
from gradio_session.transport import bodies
from gradio_session.transport.base import BodyBase, Exchange, Payload, Scope, TransportBase
from gradio_session.transport.errors import closed_error
from gradio_session.transport.targets import resolve

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

    from gradio_session.protocol.base.credentials import Credentials
    from gradio_session.transport.routes import TransportOptions

__all__ = ["AsyncStream", "AsyncTransport"]

T = TypeVar("T")
_BROKEN = (httpx.TransportError, ssl.SSLError)
"""What sending may raise; a TLS alert that takes the place of an answer comes as anyio found it."""


class _Connection(httpx.AsyncHTTPTransport):
    """A transport for one connection."""

    async def end(self) -> None:
        """Close the connection. Only the holder of its lease may."""
        with suppress(Exception):
            await self.aclose()


class AsyncTransport(TransportBase[_Connection]):
    """Connections for flows and for the event stream.

    It may be used from one event loop after another; connections do not move between them.

    Args:
        options: See `TransportOptions`; read once.
        base_url: Address of the app, or "" until it is known.
        credentials: Its secrets.
    """

    def __init__(self, options: TransportOptions, base_url: str, credentials: Credentials) -> None:
        super().__init__(
            options, base_url, credentials, _Connection, httpx.AsyncClient, _later, _end_soon
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._streams: set[AsyncStream] = set()
        self._performers: dict[type, Callable[[Any, Scope], Awaitable[object]]] = {
            effects.Request: self._request,
            effects.Read: lambda effect, _: effect.response.handle.read(),
            effects.Blocking: lambda effect, _: _blocking(effect.function),
            effects.Gather: self._gather,
            effects.SingleFlight: self._single_flight,
            effects.Sleep: self._sleep,
            effects.Resolve: lambda effect, _: asyncio.to_thread(resolve, effect.host, effect.port),
        }

    async def run(self, flow: effects.Flow[T], *, deadline: float | None = None) -> T:
        """Perform a flow's effects until it returns.

        Args:
            flow: The flow; it is used up.
            deadline: The time, by `time.monotonic()`, after which its next effect raises
                `CallTimeoutError` inside it.
        """
        scope = Scope(deadline)
        result: object = None
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
                    if isinstance(effect, effects.Close):
                        await effect.response.handle.close()
                    else:
                        scope.check()
                        result = await self._performers[type(effect)](effect, scope)
                except BaseException as caught:  # noqa: BLE001 - the flow may clean up; what it lets pass comes back
                    error = caught
        finally:
            error = None  # the traceback refers to this frame

    async def aclose(self) -> None:
        """Close every connection, also those that other tasks use. A user's client stays."""
        self._closed = True
        for stream in list(self._streams):
            await stream.close()
        here = self._loop is asyncio.get_running_loop()
        for pool in list(self._pools.values()):
            idle, used = pool.close()
            for connection in (*idle, *used) if here else ():
                await connection.end()

    # Flows

    async def _request(self, effect: effects.Request, scope: Scope) -> effects.Response:
        stream = await self._open(effect, scope)
        if effect.stream:
            return self._answer(effect, stream, None)
        body = bytearray()
        try:
            while len(body) <= bodies.MAX_BODY and (chunk := await stream.read()):
                body += chunk
                scope.check()
        finally:
            if not stream.ended:
                await stream.close()
        return self._answer(effect, stream, bytes(body))

    @staticmethod
    async def _sleep(effect: effects.Sleep, scope: Scope) -> None:
        await asyncio.sleep(scope.remaining(effect.seconds))
        scope.check()

    async def _gather(self, effect: effects.Gather, scope: Scope) -> list[object]:
        results: list[object] = [None] * len(effect.flows)
        pending = iter(list(enumerate(effect.flows)))

        async def work() -> None:
            for index, flow in pending:
                results[index] = await self.run(flow, deadline=scope.deadline)

        tasks = [asyncio.create_task(work()) for _ in range(min(effect.limit, len(effect.flows)))]
        try:
            for done in asyncio.as_completed(tasks):
                await done
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return results

    async def _single_flight(self, effect: effects.SingleFlight, scope: Scope) -> object:
        """Do the work, or wait for the task that does it; when that one fails, try in its place."""
        while (other := effect.in_flight.get(effect.key)) is not None:
            await asyncio.wait([other], timeout=scope.remaining(float("inf")))
            scope.check()
            if other.done() and not other.cancelled():
                return other.result()
        mine: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        effect.in_flight[effect.key] = mine
        try:
            result = await self.run(effect.make(), deadline=scope.deadline)
            mine.set_result(result)
            return result
        finally:
            effect.in_flight.pop(effect.key, None)
            mine.cancel()  # without effect once it has its result; those who wait try in its place

    # Requests

    async def _open(self, effect: effects.Request, scope: Scope) -> AsyncStream:
        self._stay_in_loop()
        repeated = False
        while True:
            exchange = self._exchange(effect, _AsyncPayload(effect, scope), scope)
            try:
                response = await self._send(exchange)
                break
            except _BROKEN as error:
                if not exchange.retriable(error) or (repeated and not exchange.reused()):
                    raise self._failure(exchange, error) from error
                repeated = True
            finally:
                exchange.request.extensions.pop("trace", None)  # it refers back to the request
        self._came(exchange, response)
        return AsyncStream(response, exchange, self._streams)

    async def _send(self, exchange: Exchange[_Connection]) -> httpx.Response:
        if exchange.payload.repeatable:  # else the connection does not matter
            events = exchange.events

            async def trace(name: str, info: object) -> None:
                events[name] = info

            exchange.request.extensions["trace"] = trace
        if exchange.client:
            answer: httpx.Response = await self._by_client(exchange)
            return answer
        target = exchange.target
        pool = exchange.pool = self._pools.get(target.route) or self._new_pool(target.route)
        connection = exchange.connection = pool.acquire(target.name)
        try:
            return await connection.handle_async_request(exchange.request)
        except BaseException:
            exchange.release(usable=False)
            await connection.end()
            raise

    def _stay_in_loop(self) -> None:
        """Forget the connections of another loop: they cannot even be closed here."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._pools = {}
            self._streams = set()
            self._loop = loop


class AsyncStream(BodyBase):
    """See `BodyBase`. One task reads; any may close."""

    def __init__(
        self, response: httpx.Response, exchange: Exchange[_Connection], among: set[AsyncStream]
    ) -> None:
        super().__init__(response, exchange, among)
        self._chunks: AsyncGenerator[bytes, None] = aiter(self._body)

    async def read(self) -> bytes:
        """The next bytes, as soon as there are any; b"" at the end of the body.

        Raises:
            ConnectionLostError: The connection broke, no byte came for the time allowed, or `close`
                was called.
        """
        try:
            if not (self.ended or self._closed):
                async for chunk in self._chunks:
                    if chunk:
                        return chunk
                self.ended = not self._closed
        except (httpx.HTTPError, httpx.StreamError, OSError, RuntimeError) as error:
            await self._release()
            raise self._failure(error) from error
        if self.ended:
            await self._release()
            return b""
        raise closed_error(self.host)

    at_hand = False
    """No bytes are left with the system: a loop takes them as they come."""

    async def close(self) -> None:
        """Give the connection back, or up if the body is not at its end; whoever reads wakes.

        Never fails; any task may call it, and again.
        """
        self._closed = True
        await self._release()

    async def _release(self) -> None:
        if self._released:
            return
        self._released = True
        self._among.discard(self)
        gone = self._gone
        try:
            with suppress(Exception):
                if gone:
                    await self.response.extensions["network_stream"].aclose()
            with suppress(Exception):
                await self._chunks.aclose()  # else the loop does it some time later
            with suppress(Exception):
                await self._body.aclose()
        finally:
            left = self._exchange.release(usable=self.ended and not gone)
            if left is not None:
                await left.end()


class _AsyncPayload(Payload, httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.started = True
        self.whole = not self.at_once
        content = self._effect.content
        if isinstance(content, bytes):
            yield content
            self.whole = True
        elif content is not None:
            sent = 0
            chunks = content()
            while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
                self._scope.check()
                yield chunk
                sent += len(chunk)
                if self._effect.progress is not None:
                    self._effect.progress(sent)


def _later(seconds: float, action: Callable[[], object]) -> asyncio.TimerHandle:
    """Call a function of the loop that runs in so many seconds."""
    return asyncio.get_running_loop().call_later(seconds, action)


_ending: set[asyncio.Task[None]] = set()
"""A loop does not hold its tasks."""


def _end_soon(connection: _Connection) -> None:
    """Close a connection that was idle for too long."""
    task = asyncio.get_running_loop().create_task(connection.end())
    _ending.add(task)
    task.add_done_callback(_ending.discard)


async def _blocking(function: Callable[[], object]) -> object:
    """A function's result, from a thread.

    When the task is cancelled the function is waited for, so that cleaning up comes after it.
    """
    work = asyncio.ensure_future(asyncio.to_thread(function))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise
