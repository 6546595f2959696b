"""A call of asynchronous code."""
# pyright: reportPrivateUsage=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from gradio_session.calls.base import CallBase
from gradio_session.errors import ResponseError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Callable, Generator
    from types import TracebackType

    from typing_extensions import Self

    from gradio_session.connection.prepared import PreparedCall
    from gradio_session.errors import GradioSessionError
    from gradio_session.events import Event
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.queue.call_state import CallState, Entry
    from gradio_session.stream.reader_aio import AsyncEventStream

__all__ = ["AsyncCall"]

T = TypeVar("T")
V = TypeVar("V")

_ANSWER_TIME = 2.0
"""Seconds that a cancellation waits for the id of a call that is being posted; then it is given up here, and cancelled when the id comes."""


class AsyncCall(CallBase[T]):
    """A call under way, as a task of the running loop.

    `await call` gives its result, `async for` every output as it comes, the last one being the
    result. As an asynchronous context manager it is cancelled when the block is left before it has
    ended. `id` is None until the server has accepted
    it.
    """

    _channel: AsyncEventStream

    def __init__(self, session: Any, spec: EndpointSpec, state: CallState) -> None:
        super().__init__(session, spec, state)
        self._task: asyncio.Task[None] | None = None
        self._prepared: PreparedCall | None = None

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
                    self._wait_shown(timeout) if progress else self._channel.wait(state, timeout)
                )
            except BaseException:
                self._interrupted()
                raise
            if not ended:
                raise self._still_going(timeout)
        else:
            self._channel.forget(state)
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
        """Every event as it comes: those so far first, then live, up to the end, which tells any error. Each of several readers sees all."""
        return _Events(self, all_events=True)

    async def cancel(self) -> bool:
        """Cancel the call; see `Call.cancel`.

        Returns:
            Whether the server cancelled it; False when it had ended already (its result stands) or
            was only given up here.
        """
        state = self._state
        if state.ended:
            return False
        if state.event_id is None:
            await self._withdraw()
            if state.event_id is None or state.ended:
                return False
        return await self._channel.cancel(state)

    async def _withdraw(self) -> None:
        """Before the server has accepted the call: end the task, or wait a while for the answer of a POST whose bytes may have been read."""
        task = self._task
        prepared = self._prepared
        if prepared is not None and prepared.posting and task is not None:
            import asyncio  # noqa: PLC0415 - loaded by now

            prepared.withdrawn = True
            await asyncio.wait([task], timeout=_ANSWER_TIME)
            if task.done() or self._state.event_id is not None:
                return
            self._channel.drop(self._state)
            return
        self._channel.drop(self._state)
        if task is not None:
            task.cancel()

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
        from gradio_session.calls.progress import Watch, wait_shown_async  # noqa: PLC0415 - most programs show nothing

        watch = Watch(self.api_name, self._state.log, self._event, timeout)
        await wait_shown_async(watch, lambda patience: self._channel.wait(self._state, patience))
        return self.done

    def _interrupted(self) -> None:
        """Whoever waited was cancelled: if nobody else waits, the call is cancelled in a task of its own."""
        if not self._state.watched and not self._state.ended:
            self._channel.spawn(self._cancel_quietly())

    async def _cancel_quietly(self) -> None:
        await self.cancel()

    async def _explain(self, misfit: ResponseError) -> NoReturn:
        """Outputs do not fit: raise that, or that the app has changed, which is looked up once for each call."""
        if not self._explained:
            self._explained = True
            why: GradioSessionError = await self._session._explained(self._spec, misfit)
            self._misfit = self._misfit if why is misfit else why
        if self._misfit is not None and self._misfit is not misfit:
            raise self._misfit from misfit
        raise misfit

    def _when_done(self, action: Callable[[], object]) -> None:
        """Do something once the call has ended; at once if it has."""
        self._channel.on_end(self._state, action)


class _Reader(Generic[T, V]):
    """One reader of a call."""

    def __init__(self, call: AsyncCall[T], *, all_events: bool) -> None:
        self._call = call
        self._state: CallState = call._state
        self._channel: AsyncEventStream = call._channel
        self._cursor: Any = self._channel.open(self._state, all_events=all_events)

    def __aiter__(self) -> Self:
        return self

    async def _take(self) -> Entry | None:
        if self._cursor is None:
            return None
        try:
            entry = await self._channel.take(self._state, self._cursor)
        except BaseException:
            self.close()
            self._call._interrupted()
            raise
        if entry is None:
            self.close()
        return entry

    def close(self) -> None:
        """End the reading; the call goes on."""
        if self._cursor is not None:
            cursor, self._cursor = self._cursor, None
            self._channel.close_cursor(self._state, cursor)

    async def aclose(self) -> None:
        """End the reading; the call goes on."""
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_cursor", None) is not None:
            self._state.close(self._cursor)


class _Outputs(_Reader[T, T]):
    async def __anext__(self) -> T:
        if self._cursor is None:
            raise StopAsyncIteration
        cursor = self._cursor
        entry = await self._take()
        try:
            if entry is not None:
                return self._call._output(entry)
            result = self._call._finished()
        except ResponseError as error:
            await self._call._explain(error)
        if cursor.delivered:
            raise StopAsyncIteration
        return result


class _Events(_Reader[T, Any]):
    async def __anext__(self) -> Event[T]:
        while (entry := await self._take()) is not None:
            event = self._call._event(entry)
            if event is not None:
                return event
        raise StopAsyncIteration
