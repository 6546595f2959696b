"""The loop that carries many posts of a synchronous session at once; imported when there are."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from gradio_session.protocol.base.effects import SingleFlight
from gradio_session.stream.pacing import POSTS_AT_ONCE, POSTS_FROM_AFAR, posts_at_once
from gradio_session.transport.aio import AsyncTransport
from gradio_session.transport.pool import KEEPALIVE

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.connection.sync import Connection
    from gradio_session.protocol.base.effects import Flow, Request
    from gradio_session.transport.base import Exchange, Scope

__all__ = ["drive"]


class Posts(Protocol):
    """What is to be posted; see `stream.posts`."""

    closed: bool

    def driven(self, wake: Callable[[], object], /) -> None: ...

    def take(self) -> tuple[Flow[None], float | None] | None: ...

    def leave(self) -> bool: ...


class _Transport(AsyncTransport):
    """Connections of the loop; what is known of the app and its cookies are the session's own."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection.options, connection.base_url, connection.credentials)
        self.cookies = connection.transport.cookies
        self._connection = connection
        self._performers[SingleFlight] = self._in_thread

    async def _in_thread(self, effect: SingleFlight, scope: Scope) -> object:
        """What other threads may wait for is done as they do it."""

        def flow() -> Flow[object]:
            result: object = yield effect
            return result

        return await asyncio.to_thread(self._connection.run, flow(), scope.deadline)

    def _exchange(self, effect: Request, payload: Any, scope: Scope) -> Exchange[Any]:
        connection = self._connection
        if connection.base_url != self._base_url:
            self.moved(connection.base_url, connection.credentials)
        return super()._exchange(effect, payload, scope)


def drive(posts: Posts, connection: Connection) -> None:
    """Carry posts until none have come for a while."""
    asyncio.run(_Loop(posts, connection).run())


class _Loop:
    """The loop while it runs; see `drive`."""

    def __init__(self, posts: Posts, connection: Connection) -> None:
        self._posts = posts
        self._connection = connection
        self._transport: _Transport | None = None
        self._more = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        loop, posts = asyncio.get_running_loop(), self._posts
        connection = self._connection
        most, threads = POSTS_FROM_AFAR, 2  # for files, and for what other threads wait for, too
        if connection.options.http is None:
            self._transport = _Transport(connection)
        else:  # a client of the user's own blocks
            most = threads = POSTS_AT_ONCE
        loop.set_default_executor(ThreadPoolExecutor(threads, "gradio-session-post"))
        posts.driven(partial(loop.call_soon_threadsafe, self._more.set))
        now = min(most, posts_at_once(connection.quickest)) if connection.far else most
        while True:
            self._begin(now)
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._more.wait(), KEEPALIVE)
                if not posts.closed:
                    continue
            now = most  # those under way get no answer
            if (posts.closed or not self._tasks) and posts.leave():
                break
        await self._end()

    def _begin(self, most: int) -> None:
        self._more.clear()
        while len(self._tasks) < most and (post := self._posts.take()) is not None:
            task = asyncio.get_running_loop().create_task(self._carry(*post))
            self._tasks.add(task)
            task.add_done_callback(self._done)

    async def _carry(self, flow: Flow[None], deadline: float | None) -> None:
        if self._transport is not None:
            await self._transport.run(flow, deadline=deadline)
        else:
            await asyncio.to_thread(self._connection.run, flow, deadline)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._more.set()

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._transport is not None:
            await self._transport.aclose()
