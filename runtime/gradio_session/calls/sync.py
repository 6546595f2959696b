"""A call of synchronous code."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from gradio_session.calls.base import SKIPPED, CallBase, ReaderBase
from gradio_session.errors import ResponseError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from typing_extensions import Self

    from gradio_session.calls.core import CallCore
    from gradio_session.errors import GradioSessionError
    from gradio_session.events import Event
    from gradio_session.protocol.queue.call_state import Entry

__all__ = ["Call"]

T = TypeVar("T")


class Call(CallBase[T]):
    """A call under way.

    `result()` waits for its end. Iterating it gives every output as it comes, the last one being
    the result. As a context manager it is cancelled when the block is left before it has ended.
    `id` is None until the server has accepted it.
    """

    def __init__(self, core: CallCore) -> None:
        self.__gradio__ = core

    def result(self, timeout: float | None = None, *, progress: bool = False) -> T:
        """Wait for the result.

        An interrupt (Ctrl-C) while waiting cancels the call, unless another thread waits for it or
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
            ended: bool = (
                self._shown().wait_shown(core, timeout)
                if progress and not core.state.ended
                else core.source.wait(core.state, timeout)
            )
        except BaseException:
            _interrupted(core)
            raise
        if not ended:
            raise core.still_going(timeout)
        result: T = _explained(core, core.result)
        return result

    def __iter__(self) -> Iterator[T]:
        """Every output as it comes, typed like the result; the last one is the result.

        Raises:
            GradioSessionError: What `result()` raises, after the last output.
        """
        return _Reader(self.__gradio__, all_events=False)

    def stream(self) -> Iterator[Event[T]]:
        """Every event as it comes: those so far first, then live, up to the end.

        The end tells any error. Each of several readers sees all.
        """
        return _Reader(self.__gradio__, all_events=True)

    def cancel(self) -> bool:
        """Cancel the call.

        One that waits in the queue is taken out of it, a generator stops at its next step, an
        `async` function is interrupted; any other function runs to its end, as nothing can stop it.
        When another call of the same endpoint runs in this session, the server is told only once
        that has ended, as it would stop both; the call is given up here at once.

        Returns:
            Whether the server cancelled it; False when it had ended already (its result stands) or
            was only given up here.
        """
        core = self.__gradio__
        cancelled: bool = core.source.cancel(core.state)
        return cancelled

    def future(self) -> Future[T]:
        """A future of this call, for `concurrent.futures` and `asyncio.wrap_future`.

        Its result or exception is what `result()` gives or raises. Cancelling it cancels the call.
        No thread waits for it; outputs before the result are not kept for it.
        """
        # A door: most programs need no futures.
        from concurrent.futures import Future  # noqa: PLC0415

        core = self.__gradio__
        source, state = core.source, core.state
        future: Future[T] = Future()
        future.add_done_callback(partial(_cancelled, self))
        source.want_result(state)
        source.watch(state)
        self.add_done_callback(partial(_settle, future))
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if not self.done:
            self.cancel()


def _settle(future: Future[T], call: Call[T]) -> None:
    """A call has ended: tell its future, unless that was cancelled."""
    if future.set_running_or_notify_cancel():
        try:
            future.set_result(call.result())
        except BaseException as error:  # noqa: BLE001 - it is the future's
            future.set_exception(error)


def _cancelled(call: Call[T], future: Future[T]) -> None:
    """A future has ended; it may be on a loop that it was cancelled, which must not wait."""
    if future.cancelled():
        call.__gradio__.source.spawn(call.cancel)


def _interrupted(core: CallCore) -> None:
    """A wait was cut short by Ctrl-C or the like: unless another one waits, cancel the call."""
    if not core.state.watched and not core.state.ended:
        core.source.cancel(core.state)


def _explained(core: CallCore, made: Callable[[], T]) -> T:
    """What `made` gives; that outputs do not fit as the app has changed is looked up, once."""
    try:
        return made()
    except ResponseError as mismatch:
        why: GradioSessionError = mismatch
        if not core.looked_up:
            core.looked_up = True
            why = core.explained(core.spec, mismatch)
        core.raise_mismatch(mismatch, why)


class _Reader(ReaderBase, Iterator[T]):
    def __next__(self) -> T:
        core = self._core
        while (cursor := self._cursor) is not None:
            try:
                entry: Entry | None = core.source.take(core.state, cursor)
            except BaseException:
                self.close()
                _interrupted(core)
                raise
            if entry is None:
                self.close()
            given: T = _explained(core, partial(self._given, cursor, entry))
            if given is not SKIPPED:
                return given
        raise StopIteration
