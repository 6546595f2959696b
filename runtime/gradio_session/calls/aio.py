"""A call of asynchronous code."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from gradio_session.calls.base import SKIPPED, CallBase, ReaderBase
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
        try:
            ended: bool = await (
                self._shown().wait_shown_async(core, timeout)
                if progress and not core.state.ended
                else core.source.wait(core.state, timeout)
            )
        except BaseException:
            _interrupted(core)
            raise
        if not ended:
            raise core.still_going(timeout)
        return await _explained(core, core.result)

    def __aiter__(self) -> AsyncIterator[T]:
        """Every output as it comes, typed like the result; the last one is the result.

        Raises:
            GradioSessionError: What awaiting raises, after the last output.
        """
        return _Reader(self.__gradio__, all_events=False)

    def stream(self) -> AsyncIterator[Event[T]]:
        """Every event as it comes: those so far first, then live, up to the end.

        The end tells any error. Each of several readers sees all.
        """
        return _Reader(self.__gradio__, all_events=True)

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
            self.__gradio__.source.spawn(self.cancel())
        else:
            future.exception()  # looked at, so that asyncio does not report one nobody awaits

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        if not self.done:
            await self.cancel()


def _interrupted(core: CallCore) -> None:
    """The task that waited was cancelled: unless another one waits, cancel the call, too."""
    if not core.state.watched and not core.state.ended:
        core.source.spawn(core.source.cancel(core.state))


async def _explained(core: CallCore, made: Callable[[], T]) -> T:
    """What `made` gives; that outputs do not fit as the app has changed is looked up, once."""
    try:
        return made()
    except ResponseError as mismatch:
        why: GradioSessionError = mismatch
        if not core.looked_up:
            core.looked_up = True
            why = await core.explained(core.spec, mismatch)
        core.raise_mismatch(mismatch, why)


class _Reader(ReaderBase, AsyncIterator[T]):
    async def __anext__(self) -> T:
        core = self._core
        while (cursor := self._cursor) is not None:
            try:
                entry: Entry | None = await core.source.take(core.state, cursor)
            except BaseException:
                self.close()
                _interrupted(core)
                raise
            if entry is None:
                self.close()
            given: T = await _explained(core, partial(self._given, cursor, entry))
            if given is not SKIPPED:
                return given
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """End the reading; the call goes on."""
        self.close()
