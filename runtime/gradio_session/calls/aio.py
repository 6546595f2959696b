"""A call of asynchronous code."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar

from gradio_session.calls.base import CallBase, CallOwner, ReaderBase
from gradio_session.errors import ResponseError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator
    from types import TracebackType

    from typing_extensions import Self

    from gradio_session.errors import GradioSessionError
    from gradio_session.events import Event
    from gradio_session.protocol.queue.call_state import CallState, Cursor, Entry

__all__ = ["AsyncCall", "AsyncEventSource", "wait_for"]

T = TypeVar("T")


class AsyncEventSource(Protocol):
    """What the events of calls come from, on a loop; see `EventSource`."""

    async def wait(self, state: CallState, timeout: float | None) -> bool:
        """Wait until a call has ended; False when it has not after `timeout` seconds."""
        ...

    def forget(self, state: CallState) -> None:
        """The outputs of a call that still wait are not wanted."""

    def open(self, state: CallState, *, all_events: bool) -> Cursor:
        """A new reader of a call."""
        ...

    async def take(self, state: CallState, cursor: Cursor) -> Entry | None:
        """The next event of a reader, waiting for it; None once there are no more."""
        ...

    def close_cursor(self, state: CallState, cursor: Cursor) -> None:
        """A reader has finished."""

    async def cancel(self, state: CallState) -> bool:
        """Cancel a call that the server has accepted; whether the server did so."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> object:
        """Do something in a task of its own."""
        ...

    def on_end(self, state: CallState, action: Callable[[], object]) -> None:
        """Do something once a call has ended."""


class AsyncCallOwner(CallOwner, Protocol):
    """What an asynchronous call asks of its session."""

    async def _withdraw(self, state: CallState) -> None:
        """Give a call up that the server has not accepted yet."""


class AsyncCall(CallBase[T]):
    """A call under way, as a task of the running loop.

    `await call` gives its result, `async for` every output as it comes, the last one being the
    result. As an asynchronous context manager it is cancelled when the block is left before it has
    ended. `id` is None until the server has accepted it.
    """

    _owner: AsyncCallOwner
    _source: AsyncEventSource

    def __await__(self) -> Generator[Any, None, T]:
        return self.result().__await__()

    async def result(self, timeout: float | None = None, *, progress: bool = False) -> T:
        """Wait for the result.

        When the task that waits is cancelled, so is the call, unless another one waits for it or
        reads it.

        Args:
            timeout: Seconds to wait; the call goes on after that and can be asked again. None waits
                as long as the call's own timeout allows.
            progress: Show its place in the queue, its progress and its logs while it lasts, in a
                terminal or a notebook; nothing without rich.

        Returns:
            The result, typed as the endpoint declares it.

        Raises:
            CallTimeoutError: `timeout` passed, or the call's own (then it was cancelled).
            CallCancelledError: The call was cancelled.
            AppError: The app's function raised.
            ConnectionLostError: The connection broke; the call may have run.
            ResponseError: The result does not fit the endpoint.
        """
        state = self._state
        if not state.ended:
            try:
                ended = await (
                    self._wait_shown(timeout) if progress else self._source.wait(state, timeout)
                )
            except BaseException:
                self._interrupted()
                raise
            if not ended:
                raise self._still_going(timeout)
        else:
            self._source.forget(state)
        try:
            return self._finished()
        except ResponseError as error:
            await self._explain(error)

    def __aiter__(self) -> AsyncIterator[T]:
        """Every output as it comes, typed like the result; the last one is the result.

        Raises:
            GradioSessionError: What awaiting raises, after the last output.
        """
        return _Outputs(self, all_events=False)

    def stream(self) -> AsyncIterator[Event[T]]:
        """Every event as it comes: those so far first, then live, up to the end.

        The end tells any error. Each of several readers sees all.
        """
        return _Events(self, all_events=True)

    async def cancel(self) -> bool:
        """Cancel the call; see `Call.cancel`.

        Returns:
            Whether the server cancelled it; False when it had ended already (its result stands) or
            was only given up here.
        """
        state = self._state
        if not state.ended and state.event_id is None:
            await self._owner._withdraw(state)
        if state.ended or state.event_id is None:
            return False
        return await self._source.cancel(state)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._state.ended:
            await self.cancel()

    async def _wait_shown(self, timeout: float | None) -> bool:
        state, shown = self._state, self._shown()
        watch = shown.Watch(self.api_name, state.log, self._event, timeout)
        await shown.wait_shown_async(watch, lambda patience: self._source.wait(state, patience))
        return state.ended

    def _interrupted(self) -> None:
        """The task that waited was cancelled: unless another one waits, cancel the call, too."""
        if not self._state.watched and not self._state.ended:
            self._source.spawn(self._cancel_quietly())

    async def _cancel_quietly(self) -> None:
        await self.cancel()

    async def _explain(self, mismatch: ResponseError) -> NoReturn:
        """Outputs do not fit; that the app has changed is looked up once for each call."""
        why: GradioSessionError = mismatch
        if not self._explained:
            self._explained = True
            why = await self._owner._explained(self._spec, mismatch)
        self._explain_once(why, mismatch)


async def wait_for(call: AsyncCall[Any]) -> None:
    """Wait until a call has ended; never raises what its result would."""
    await call._source.wait(call._state, None)


class _Reader(ReaderBase[T]):
    _call: AsyncCall[T]
    _source: AsyncEventSource

    async def _take(self) -> Entry | None:
        if self._cursor is None:
            return None
        try:
            entry = await self._source.take(self._state, self._cursor)
        except BaseException:
            self._broken()
            raise
        if entry is None:
            self.close()
        return entry

    async def aclose(self) -> None:
        """End the reading; the call goes on."""
        self.close()

    def __del__(self) -> None:
        cursor = getattr(self, "_cursor", None)
        if cursor is not None:
            self._state.close(cursor)


class _Outputs(_Reader[T], AsyncIterator[T]):
    async def __anext__(self) -> T:
        cursor = self._cursor
        if cursor is None:
            raise StopAsyncIteration
        entry = await self._take()
        try:
            output = self._output(entry)
        except ResponseError as error:
            await self._call._explain(error)
        if entry is None and cursor.delivered:
            raise StopAsyncIteration
        return output


class _Events(_Reader[T], AsyncIterator[Any]):
    async def __anext__(self) -> Event[T]:
        while (entry := await self._take()) is not None:
            event = self._event(entry)
            if event is not None:
                return event
        raise StopAsyncIteration
