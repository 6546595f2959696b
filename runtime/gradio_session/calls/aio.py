"""A call of asynchronous code."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from gradio_session.calls.base import CallBase, ReaderBase
from gradio_session.errors import ResponseError

if TYPE_CHECKING:
    from asyncio import Future, Task
    from collections.abc import Callable, Generator

    from typing_extensions import Self

    from gradio_session.calls.core import CallCore
    from gradio_session.errors import GradioSessionError
    from gradio_session.events import Event
    from gradio_session.protocol.queue.call_state import Entry

__all__ = ["AsyncCall"]

T = TypeVar("T")


class AsyncCall(CallBase[T]):
    """A call under way, as a task of the running loop.

    `await call` gives its result, `async for` every output as it comes, the last one being the
    result. As an asynchronous context manager it is cancelled when the block is left before it has
    ended. `id` is None until the server has accepted it.
    """

    def __init__(self, core: CallCore) -> None:
        self.__gradio__ = core

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
        core = self.__gradio__
        state, source = core.state, core.source
        if state.end is not None:
            source.forget(state)
        else:
            try:
                ended: bool = await (
                    self._shown().wait_shown_async(core, timeout)
                    if progress
                    else source.wait(state, timeout)
                )
            except BaseException:
                self._interrupted()
                raise
            if not ended:
                raise core.still_going(timeout)
        try:
            result: T = core.result()
        except ResponseError as error:
            await _explain(core, error)
        return result

    def __aiter__(self) -> AsyncIterator[T]:
        """Every output as it comes, typed like the result; the last one is the result.

        Raises:
            GradioSessionError: What awaiting raises, after the last output.
        """
        return _Outputs(self.__gradio__, self._interrupted, all_events=False)

    def stream(self) -> AsyncIterator[Event[T]]:
        """Every event as it comes: those so far first, then live, up to the end.

        The end tells any error. Each of several readers sees all.
        """
        return _Events[T](self.__gradio__, self._interrupted, all_events=True)

    async def cancel(self) -> bool:
        """Cancel the call; see `Call.cancel`.

        Returns:
            Whether the server cancelled it; False when it had ended already (its result stands) or
            was only given up here.
        """
        core = self.__gradio__
        cancelled: bool = await core.source.cancel(core.state)
        return cancelled

    def future(self) -> Future[T]:
        """A future of this call, for `asyncio.wait` and the like.

        Its result or exception is what awaiting gives or raises. Cancelling it cancels the call.
        """
        future: Task[T] = self.__gradio__.source.spawn(self.result())
        future.add_done_callback(self._settled)
        return future

    def _settled(self, future: Future[T]) -> None:
        if future.cancelled():
            self.__gradio__.source.spawn(self._cancel_quietly())
        else:
            future.exception()  # looked at, so that asyncio does not report one nobody awaits

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        if not self.done:
            await self.cancel()

    def _interrupted(self) -> None:
        """The task that waited was cancelled: unless another one waits, cancel the call, too."""
        core = self.__gradio__
        if not core.state.watched and not core.state.ended:
            core.source.spawn(self._cancel_quietly())

    async def _cancel_quietly(self) -> None:
        await self.cancel()


async def _explain(core: CallCore, mismatch: ResponseError) -> NoReturn:
    """Outputs do not fit; that the app has changed is looked up once for each call."""
    why: GradioSessionError = mismatch
    if not core.looked_up:
        core.looked_up = True
        why = await core.explained(core.spec, mismatch)
    core.raise_mismatch(mismatch, why)


class _Reader(ReaderBase[T]):
    def __init__(
        self, core: CallCore, interrupted: Callable[[], None], *, all_events: bool
    ) -> None:
        super().__init__(core, all_events=all_events)
        self._interrupted = interrupted

    async def _take(self) -> Entry | None:
        if self._cursor is None:
            return None
        core = self._core
        try:
            entry: Entry | None = await core.source.take(core.state, self._cursor)
        except BaseException:
            self.close()
            self._interrupted()
            raise
        if entry is None:
            self.close()
        return entry

    async def aclose(self) -> None:
        """End the reading; the call goes on."""
        self.close()


class _Outputs(_Reader[T], AsyncIterator[T]):
    async def __anext__(self) -> T:
        cursor = self._cursor
        if cursor is None:
            raise StopAsyncIteration
        entry = await self._take()
        try:
            output: T = self._core.result() if entry is None else self._core.output(entry)
        except ResponseError as error:
            await _explain(self._core, error)
        if entry is None and cursor.delivered:
            raise StopAsyncIteration
        return output


class _Events(_Reader[T], AsyncIterator[Any]):
    async def __anext__(self) -> Event[T]:
        while (entry := await self._take()) is not None:
            event = self._core.event(entry)
            if event is not None:
                return event
        raise StopAsyncIteration
