"""A channel for asyncio: the loop takes the place of the lock, and a task that lives as long as a stream does is the reader."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from gradio_session._log import logger
from gradio_session.errors import ConnectError, ConnectionLostError, GradioSessionError
from gradio_session.protocol.base.effects import Response
from gradio_session.protocol.base.retry import opening_delay
from gradio_session.protocol.queue.messages import FrameBuffer
from gradio_session.protocol.queue.multiplexer import FRESH
from gradio_session.stream.base import CANCEL_TIMEOUT, CLOSE_TIMEOUT, DRAIN_WAIT, SILENCE
from gradio_session.stream.waiters_aio import AsyncWaiters, new_future, waker_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from gradio_session.connection.aio import AsyncConnection
    from gradio_session.protocol.queue.call_state import CallState
    from gradio_session.protocol.queue.multiplexer import StreamMultiplexer
    from gradio_session.transport.aio import AsyncStream

__all__ = ["POSTS_AT_ONCE", "AsyncEventStream"]

POSTS_AT_ONCE = 16
"""Posts under way at once: more would only open more connections."""


class AsyncEventStream(AsyncWaiters):
    """One session hash on the wire, for asyncio.

    Args:
        connection: How the app is reached.
        session_hash: See `EventStreamBase`.
        headers: See `EventStreamBase`.
        follows: See `EventStreamBase`.
    """

    def __init__(
        self,
        connection: AsyncConnection,
        session_hash: str | None = None,
        *,
        headers: Mapping[str, str | None] | None = None,
        follows: CallState | None = None,
    ) -> None:
        super().__init__(session_hash, headers, follows)
        self._connection = connection
        self._stream: AsyncStream | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gate = asyncio.Semaphore(POSTS_AT_ONCE)
        self._stream_ended: asyncio.Future[None] | None = None

    # Posting

    async def post(self, state: CallState, send: Callable[[str], Awaitable[str]]) -> None:
        """Start a call on the server.

        Args:
            state: The call.
            send: Posts it under the session hash that it gets, and returns the event id.
        """
        self._enter_loop()
        async with self._gate:
            if state.ended:
                return
            tab, number = await self._begin(state.api_name)
            try:
                event_id = await send(tab.session_hash)
            except BaseException:
                tab.reject(number)
                self._after(tab)
                raise
            if tab.accept(number, event_id, state, time.time()):
                self.spawn(self._read(tab))
            self._after(tab)

    def _enter_loop(self) -> None:
        """A session may serve one event loop after another; what belongs to the old one is left behind."""
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return
        if self._loop is not None and self.tab.reading:
            self.tab.lose(
                ConnectionLostError("The event loop that read the results has ended"), time.time()
            )
        self._loop = loop
        self._gate = asyncio.Semaphore(POSTS_AT_ONCE)
        self._tasks = {task for task in self._tasks if task.get_loop() is loop}
        self._stream_ended = self._room = None

    async def _begin(self, function: str) -> tuple[StreamMultiplexer, int]:
        await self._settle()
        while True:
            if self.closed:
                raise ConnectError("The session is closed; nothing was sent.")
            tab = self.renew()
            number = tab.begin_post(function)
            if number is not None:
                return tab, number
            postable = new_future()
            tab.on_postable(waker_of(postable))
            await postable

    async def _settle(self) -> None:
        if not self.tab.settling or self._settled_late:
            return
        if self._stream_ended is None or self._stream_ended.done():
            self._stream_ended = new_future()
        done, _ = await asyncio.wait([self._stream_ended], timeout=DRAIN_WAIT)
        if not done:
            self._settled_late = True

    def follow(self) -> None:
        """Read the call that this channel was made for, unless that has begun."""
        state = self.follows
        if (
            state is None
            or state.event_id is None
            or self.heard
            or self.closed
            or self.tab.reading
            or state.ended
            or self.tab.dead is not None
        ):
            return
        if self.tab.attach(state.event_id, state):
            self.spawn(self._read(self.tab))

    # Reading

    async def _read(self, tab: StreamMultiplexer) -> None:
        try:
            while await self._read_stream(tab):
                pass
        except asyncio.CancelledError:
            self._lose(tab, ConnectionLostError("The event loop has ended"))
            raise
        except Exception as error:  # noqa: BLE001 - whatever ends the reader ends the calls that wait for it
            self._lose(tab, error)

    async def _read_stream(self, tab: StreamMultiplexer) -> bool:
        stream = await self._open(tab)
        buffer = FrameBuffer()
        try:
            while chunk := await stream.read():
                await self._feed(tab, buffer.feed(chunk))
        finally:
            self._stream = None
            await stream.close()
        again = tab.end_of_stream()
        if not again:
            self._wake_settlers()
        self._after(tab)
        return again

    async def _open(self, tab: StreamMultiplexer) -> AsyncStream:
        attempt = 0
        refreshed = False
        while True:
            attempt += 1
            seen = self._connection.logins
            try:
                stream = await self._connection.open_stream(tab.session_hash, self.headers)
            except (ConnectError, ConnectionLostError):
                delay = opening_delay(attempt)
                if delay is None or self.closed:
                    raise
                await asyncio.sleep(delay)
                continue
            if stream.status == 200:  # noqa: PLR2004
                await self._opened(stream)
                return stream
            answer = Response(
                stream.status, stream.headers, await stream.read(), "the stream of results"
            )
            await stream.close()
            if answer.status != 401 or refreshed or not await self._connection.log_in_again(seen):  # noqa: PLR2004
                raise self.refused_stream(answer.status, answer)
            refreshed = True

    async def _opened(self, stream: AsyncStream) -> None:
        self._stream = stream
        self._settled_late = False
        if self.follows is not None:
            self.follows.silent_until = time.monotonic() + SILENCE
            asyncio.get_running_loop().call_later(SILENCE + 0.01, self._end_overdue, self.follows)
        if self.closed:
            await stream.close()

    async def _feed(self, tab: StreamMultiplexer, frames: list[bytes]) -> None:
        if not frames:
            return
        now = time.time()
        while frames:  # a large one must not be held here while its reader decodes it
            tab.feed(frames.pop(0), now)
        if self.follows is not None:
            self.heard = self.heard or bool(self.follows.log) or self.follows.running
        self._after(tab)
        while tab.paused and not self.closed:
            self._room = new_future()
            await asyncio.wait([self._room], timeout=0.25)

    def _lose(self, tab: StreamMultiplexer, error: Exception) -> None:
        why = self.loss(error)
        if not self.closed:
            self._connection.forget_config()
            logger.debug("stream lost: %s", why)
        tab.lose(why, time.time())
        self._wake_settlers()
        self._after(tab)

    def _wake_settlers(self) -> None:
        if self._stream_ended is not None and not self._stream_ended.done():
            self._stream_ended.set_result(None)

    # Ending

    def watch(self, state: CallState) -> None:
        """End a call when its deadline comes."""
        if state.deadline is not None:
            handle = asyncio.get_running_loop().call_later(
                max(0.0, state.deadline - time.monotonic()), self._end_late, state
            )
            state.on_end(handle.cancel)

    def _end_late(self, state: CallState) -> None:
        if not state.ended:
            self.end(state, self.timeout_error(state))

    def end(self, state: CallState, error: GradioSessionError) -> None:
        """End a call here with an error, and cancel it on the server."""
        self.tab.give_up(state, error, time.time())
        self._after(self.tab)
        if self.follows is not None and not self.heard:
            self.spawn(self.close())

    # Cancelling

    async def cancel(self, state: CallState) -> bool:
        """Cancel a call that the server has accepted; whether the server did so."""
        tab = self.tab
        if (
            self.follows is not None
            and state.event_id is not None
            and state.event_id not in tab.alive
            and not state.ended
        ):
            tab.alive[state.event_id] = state  # detached and never read: known here from now on
        decision = tab.cancel(state, time.time())
        while decision == "wait":
            await asyncio.sleep(FRESH / 4)
            decision = tab.cancel(state, time.time())
        if decision == "send":
            return await asyncio.shield(self._sending(tab, state))
        self._after(tab)
        if decision == "over" and state.cancelling:
            await self.wait(state, CANCEL_TIMEOUT)
            return state.ended and state.outcome().cancelled is True
        return False

    def _sending(self, tab: StreamMultiplexer, state: CallState) -> asyncio.Task[bool]:
        task = asyncio.get_running_loop().create_task(self._send_cancel(tab, state))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _send_cancel(self, tab: StreamMultiplexer, state: CallState) -> bool:
        reached = told = False
        try:
            reached = await self._connection.cancel(
                self.cancel_body(tab, state), self.headers, CANCEL_TIMEOUT
            )
        except GradioSessionError as error:
            logger.debug("cancel did not reach the server: %s", error)
        finally:
            told = tab.cancel_answered(state, time.time(), reached=reached)
            self._after(tab)
        return told

    async def close(self) -> None:
        """Cancel what runs, end the stream and the reader. Calls that have not ended end as cancelled."""
        if self.closed:
            return
        self.closed = True
        self._enter_loop()
        tab = self.tab
        everyone = list(tab.alive.values())
        told = await self._tell(tab, self.victims() if self.heard or self.follows is None else [])
        for state in everyone:
            state.cancel(
                time.time(), on_server=told, why="was cancelled, as its session was closed"
            )
        self._after(tab)
        if self._stream is not None:
            await self._stream.close()
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_TIMEOUT)
        for task in tasks:
            task.cancel()

    async def _tell(self, tab: StreamMultiplexer, victims: list[CallState]) -> bool:
        try:
            answers = [
                await self._connection.cancel(
                    self.cancel_body(tab, state), self.headers, CLOSE_TIMEOUT
                )
                for state in victims
            ]
        except GradioSessionError as error:
            logger.debug("cancel did not reach the server: %s", error)
            return False
        return bool(answers) and all(answers)

    def after_fork(self) -> None:
        """In a child process: the loop and the connections are the parent's."""
        self._tasks = set()
        self._loop = None
        self._stream = None
        self._stream_ended = self._room = None
        self._delivering = False
        self.deliveries.clear()
        self.abandon_to_parent()
