"""How an asynchronous session makes calls."""

from __future__ import annotations

import asyncio
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from gradio_session.calls.aio import AsyncCall
from gradio_session.calls.stream_aio import AsyncStream
from gradio_session.connection.aio import AsyncConnection
from gradio_session.protocol.base.effects import ahead, finished
from gradio_session.session.base import SessionBase
from gradio_session.stream.reader_aio import AsyncEventStream, running_loop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from gradio_session.connection.call_options import CallOptions
    from gradio_session.connection.prepare import Params, PreparedCall
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.queue.call_state import CallState
    from gradio_session.session.backend import AsyncEvents, EventsBase

    AnyCall = AsyncCall[Any]
    Work = Callable[[], Coroutine[object, object, None]]

__all__ = ["AsyncCallingSession", "AsyncWire"]

T = TypeVar("T")


class AsyncWire(AsyncConnection):
    """The backend of asynchronous sessions on a real app."""

    def events(self) -> AsyncEvents:
        """A new event stream."""
        return AsyncEventStream(self)

    def events_of(self, state: CallState, options: CallOptions) -> AsyncEvents:
        """The event stream of a call that stands by itself and has its event id."""
        return AsyncEventStream(self, state, options)


class AsyncCallingSession(SessionBase["AsyncCall[Any]", "AsyncStream[Any, Any]"]):
    """The half of an asynchronous session that makes calls; see `AsyncSession`."""

    _asynchronous = True
    _streams = AsyncStream
    _app: AsyncWire
    _stream: AsyncEvents

    async def predict(
        self,
        api_name: str,
        params: Sequence[object] | Mapping[str, object] | None = None,
        *,
        token: str | None = None,
        oauth_token: str | None = None,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        retries: int | None = None,
    ) -> Any:
        """Start a call and wait for its result; see `submit` and `AsyncCall.result`."""
        options = self._call_options(token, oauth_token, timeout, headers, retries)
        return await self._submit(api_name, params, options)

    # The way of a call

    def _start(
        self,
        spec: EndpointSpec,
        params: Params,
        options: CallOptions,
        *,
        waits: bool = False,  # noqa: ARG002 - of no account on a loop
    ) -> AnyCall:
        options = self._app.options_here(options)
        call = self._new_call(spec, options)
        checking = self._checking(call.__gradio__, spec, copy(params), options)
        if self._app.scripted:
            checking = ahead(checking)
        self._enlist(call)
        self._listen(call, self._stream)
        self._stream.watch(call.__gradio__.state)
        self._spawn(call, partial(self._carry_out, call, checking))
        return call

    def _new_call(self, spec: EndpointSpec, options: CallOptions) -> AnyCall:
        self._check_usable()
        return AsyncCall(self._new_core(spec, options))

    def _enlist(self, call: AnyCall) -> None:
        """From now on a call is in the record, and its end lets another one go."""
        state = call.__gradio__.state
        self.calls.add(call)
        state.on_end(partial(self._turns.end, state))

    def _spawn(self, call: AnyCall, work: Work) -> None:
        state = call.__gradio__.state
        task = self._stream.spawn(self._guarded(call, work))

        def ended() -> None:
            """Nobody wants the call any more; should it be posted, its id is wanted."""
            if state.event_id is None and not state.posting and task is not _current_task():
                task.cancel()

        state.on_end(ended)

    async def _guarded(self, call: AnyCall, work: Work) -> None:
        """The task of a call: whatever goes wrong is the call's end."""
        try:
            await work()
        except asyncio.CancelledError:
            self._stream.drop(call.__gradio__.state)
            raise
        except BaseException as error:
            self._fail(call, error)
            if not isinstance(error, Exception):
                raise

    async def _carry_out(self, call: AnyCall, checking: Flow[PreparedCall]) -> None:
        """Wait for the call's turn, prepare it, upload its files and post it."""
        state, app = call.__gradio__.state, self._app
        await self._turn(state)
        if app.config is None:
            await app.ready()
        loaded = await app.run(self._checked_loading(call, checking), state.deadline)
        async with self._stream.post_turn():
            await app.run(self._posting(call, finished(loaded)), state.deadline)

    async def _turn(self, state: CallState) -> None:
        """Wait until `max_concurrency` lets another call go, in order."""
        turn = asyncio.get_running_loop().create_future()
        if not self._turns.take(state, partial(_let_go, turn)):
            state.on_end(turn.cancel)
            await turn

    def _own_stream(self, call: AnyCall, options: CallOptions) -> EventsBase:
        stream = super()._own_stream(call, options)
        stream.watch(call.__gradio__.state)
        return stream

    def _follow(self, spec: EndpointSpec, event_id: str, options: CallOptions) -> AnyCall:
        call = self._new_call(spec, options)
        call.__gradio__.state.accept(event_id)
        self._enlist(call)
        self._spawn(call, partial(self._carry_on, call, options))
        return call

    async def _carry_on(self, call: AnyCall, options: CallOptions) -> None:
        """Follow an event that was made elsewhere; it is read once its endpoint is known."""
        deadline = call.__gradio__.state.deadline
        await self._app.ready(deadline)
        (await self._app.run(self._following(call, options), deadline)).follow()

    def _check_usable(self) -> None:
        self._check_open()
        running_loop()

    async def _run(self, flow: Flow[T]) -> T:
        self._check_usable()
        await self._app.ready()
        await self._stream.await_drain()
        return await self._app.run(flow)


def _let_go(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_result(None)


def _current_task() -> asyncio.Task[object] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no loop runs
        return None
