"""A call of synchronous code."""
# pyright: reportPrivateUsage=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from gradio_session.calls.base import CallBase
from gradio_session.errors import ResponseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from typing_extensions import Self

    from gradio_session.errors import GradioSessionError
    from gradio_session.events import Event
    from gradio_session.protocol.queue.call_state import CallState, Entry
    from gradio_session.stream.reader_sync import EventStream

__all__ = ["Call"]

T = TypeVar("T")
V = TypeVar("V")


class Call(CallBase[T]):
    """A call that the server has accepted (or, with `max_concurrency`, that waits here for its turn).

    `result()` waits for its end. Iterating it gives every output as it comes, the last one being
    the result. As a context manager it is cancelled when the block is left before it has ended.
    """

    _channel: EventStream

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
        state = self._state
        if not state.ended:
            try:
                ended = (
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
            self._explain(error)

    def __iter__(self) -> Iterator[T]:
        """Every output as it comes, typed like the result; the last one is the result.

        Raises:
            GradioSessionError: What `result()` raises, after the last output.
        """
        return _Outputs(self, all_events=False)

    def stream(self) -> Iterator[Event[T]]:
        """Every event as it comes: those so far first, then live, up to the end, which tells any error. Each of several readers sees all."""
        return _Events(self, all_events=True)

    def cancel(self) -> bool:
        """Cancel the call.

        One that waits in the queue is taken out of it, a generator stops at its next step, an
        `async` function is interrupted; any other function runs to its end, as nothing can stop it.
        When another call of the same endpoint runs in this
        session, the server is told only once that has ended, as it would stop both; the call is
        given up here at once.

        Returns:
            Whether the server cancelled it; False when it had ended already (its result stands) or
            was only given up here.
        """
        return self._channel.cancel(self._state)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._state.ended:
            self.cancel()

    def _wait_shown(self, timeout: float | None) -> bool:
        from gradio_session.calls.progress import Watch, wait_shown  # noqa: PLC0415 - most programs show nothing

        watch = Watch(self.api_name, self._state.log, self._event, timeout)
        wait_shown(watch, lambda patience: self._channel.wait(self._state, patience))
        return self.done

    def _interrupted(self) -> None:
        if not self._state.watched and not self._state.ended:
            self.cancel()

    def _explain(self, misfit: ResponseError) -> NoReturn:
        """Outputs do not fit: raise that, or that the app has changed, which is looked up once for each call."""
        if not self._explained:
            self._explained = True
            why: GradioSessionError = self._session._explained(self._spec, misfit)
            self._misfit = self._misfit if why is misfit else why
        if self._misfit is not None and self._misfit is not misfit:
            raise self._misfit from misfit
        raise misfit

    def _when_done(self, action: Callable[[], object]) -> None:
        """Do something once the call has ended, in whatever thread that happens, outside of all locks; at once if it has."""
        self._channel.on_end(self._state, action)


class _Reader(Generic[T, V]):
    """One reader of a call."""

    def __init__(self, call: Call[T], *, all_events: bool) -> None:
        self._call = call
        self._state: CallState = call._state
        self._channel: EventStream = call._channel
        self._cursor: Any = self._channel.open(self._state, all_events=all_events)

    def __iter__(self) -> Self:
        return self

    def _take(self) -> Entry | None:
        if self._cursor is None:
            return None
        try:
            entry = self._channel.take(self._state, self._cursor)
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

    def __del__(self) -> None:
        if getattr(self, "_cursor", None) is not None:
            self._channel.leave(self._state, self._cursor)


class _Outputs(_Reader[T, T]):
    def __next__(self) -> T:
        if self._cursor is None:
            raise StopIteration
        cursor = self._cursor
        entry = self._take()
        try:
            if entry is not None:
                return self._call._output(entry)
            result = self._call._finished()
        except ResponseError as error:
            self._call._explain(error)
        if cursor.delivered:
            raise StopIteration
        return result


class _Events(_Reader[T, Any]):
    def __next__(self) -> Event[T]:
        while (entry := self._take()) is not None:
            event = self._call._event(entry)
            if event is not None:
                return event
        raise StopIteration
