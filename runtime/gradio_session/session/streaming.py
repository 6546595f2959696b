"""How a session opens streams of inputs, as far as both modes are alike."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from gradio_session.calls.input_sender import InputSender
from gradio_session.connection.call_options import STREAM
from gradio_session.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.calls.core import CallCore
    from gradio_session.connection.call_options import CallOptions
    from gradio_session.connection.prepare import Params, PreparedCall, PreparingConnection
    from gradio_session.files.upload import Uploads
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.base.json_values import JsonArray

__all__ = ["StreamingBase"]


class StreamingBase:
    """The part of a session that opens streams; an ordinary call of such an endpoint is one, too.

    It has one chunk: the app would wait for more.
    """

    _app: Any
    _streams: ClassVar[Callable[..., Any]]
    _uploads: Uploads

    def _start_observed(self, spec: EndpointSpec, params: Params, options: CallOptions) -> Any:
        raise NotImplementedError  # abstract: the part that makes calls has it

    def _start_stream(
        self,
        spec: EndpointSpec,
        params: Params,
        options: CallOptions,
        shaped: Callable[[Callable[..., Any]], Any] | None = None,
    ) -> Any:
        """Start a call whose input goes on; see `StreamBase` for `shaped`."""
        if options.detached:
            raise ParameterError("A stream cannot be detached: its chunks are those of a session.")
        call = self._start_observed(spec, params, STREAM.over(options))
        return self._streams(call, shaped)

    def _begin_input(self, core: CallCore, prepared: PreparedCall) -> None:
        """A call whose input is a stream, or should be one, was checked against the app."""
        if core.input is None and not prepared.options.detached:
            self._open_input(core, prepared.options, closed=True)
        if core.input is not None:
            core.input.begin(prepared)

    def _open_input(self, core: CallCore, options: CallOptions, *, closed: bool) -> CallCore:
        load = partial(self._load, core, options)
        core.input = InputSender(core.state, core.source, load, closed=closed)
        return core

    def _load(self, core: CallCore, options: CallOptions, params: Params) -> Any:
        """A chunk, checked, and its data: plain, or as a coroutine."""

        def flow() -> Flow[tuple[PreparedCall, JsonArray]]:
            app: PreparingConnection = self._app
            prepared = yield from app.prepare(core.spec, params, options)
            return prepared, (yield from app.load(prepared, self._uploads))

        return self._app.run(flow(), core.state.deadline)
