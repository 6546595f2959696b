"""How the outputs of a session's calls get their types."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from gradio_session.calls.core import CallCore
from gradio_session.errors import GradioSessionError, ResponseError
from gradio_session.files.wrap import wrap
from gradio_session.protocol.queue import payloads
from gradio_session.protocol.queue.messages import same_id_error
from gradio_session.session.validation import validator_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from gradio_session.calls.base import CallBase
    from gradio_session.calls.record import CallRecord, Turns
    from gradio_session.connection.call_options import CallOptions
    from gradio_session.connection.options import Options
    from gradio_session.connection.prepare import PreparedCall
    from gradio_session.files.owner import FileOwner
    from gradio_session.protocol.app_schema.config import Dependency
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.json_values import JsonArray
    from gradio_session.session.backend import App, Observer

__all__ = ["TypingSession"]

_FOREVER = float("inf")


class TypingSession:
    """The part of a session that makes calls and gives their outputs types."""

    _backend: App
    _options: Options
    calls: CallRecord[Any]
    _turns: Turns
    _observers: list[Observer]
    _validators: dict[EndpointSpec, Callable[[object], object]]

    def _is_observed(self) -> bool:
        """Whether the outputs of calls are kept, as an observer looks at them afterwards."""
        raise NotImplementedError  # abstract

    def _file_owner(self) -> FileOwner:
        raise NotImplementedError  # abstract

    def _explained(self, spec: EndpointSpec, error: GradioSessionError) -> Any:
        raise NotImplementedError  # abstract: each mode has its own

    def _new_core(
        self,
        spec: EndpointSpec,
        source: Any,
        options: CallOptions,
        guard: AbstractContextManager[object] | None,
    ) -> CallCore:
        """A call that has not been prepared yet.

        Args:
            spec: The endpoint.
            source: What its events come from.
            options: What the call changes of the session's options.
            guard: Held while a message is decoded; None where one thread does everything.
        """
        own = self._options
        history = own.history or (bool(self._observers) and self._is_observed())
        state = self._backend.call_state(spec.api_name, history=history, guard=guard)
        timeout = own.timeout if options.timeout is None else options.timeout
        now = time.monotonic()
        state.epoch = now - time.time()
        if timeout is not None and timeout != _FOREVER:
            state.deadline = now + timeout
        return CallCore(spec, state, source, self._typed, self._explained)

    def _sent(self, call: CallBase[Any], prepared: PreparedCall) -> None:
        """The app has taken a call; its endpoint may have got another number meanwhile."""
        state = call.__gradio__.state
        state.fn_index = prepared.dependency.fn_index
        if state.event_id is not None:
            self.calls.name(call, state.event_id)

    def _detach(self, call: CallBase[Any], event_id: str, options: CallOptions) -> None:
        """The app has taken a detached call; nothing is known of its end until it is read.

        Raises:
            ProtocolError: Another call of the session has that event id.
        """
        state = call.__gradio__.state
        if event_id in self.calls:
            raise same_id_error(state.api_name, event_id)
        state.accept(event_id)
        stream = self._own_stream(call, options)
        if state.watched:
            stream.follow()
        self._turns.end(state)

    def _own_stream(self, call: Any, options: CallOptions) -> Any:
        raise NotImplementedError  # abstract: each mode has its own

    @staticmethod
    def _failure(call: CallBase[Any], error: BaseException) -> GradioSessionError:
        """The end of a call that could not be sent.

        Not every error is one of ours: reading a file, for example, may raise any.
        """
        if isinstance(error, GradioSessionError):
            return error
        failure = GradioSessionError(
            f"{call.api_name}: the call could not be sent ({type(error).__name__}: {error}).",
            api_name=call.api_name,
        )
        failure.__cause__ = error
        return failure

    def _typed(
        self,
        spec: EndpointSpec,
        dependency: Dependency | None,
        data: JsonArray,
        event_id: str | None,
    ) -> Any:
        """Outputs as they came over the wire -> what the caller gets.

        Args:
            spec: The endpoint.
            dependency: How the app has wired it; None where nothing is known of it.
            data: The outputs.
            event_id: The id of the call, for errors.

        Raises:
            ResponseError: They do not fit.
        """
        if dependency is None:
            return data[0] if len(data) == 1 else tuple(data) if data else None
        results = payloads.outputs(dependency, data)
        layouts = spec.output_files if spec.generated else dependency.output_files
        if layouts:
            owner = self._file_owner()
            try:
                for position, layout in layouts.items():
                    if position < len(results):
                        path = f"[{position}]" if len(results) > 1 else ""
                        results[position] = wrap(
                            results[position], layout, owner, path=path, call=event_id
                        )
            except ResponseError as error:
                error.api_name, error.event_id, error.data = spec.api_name, event_id, data
                raise
        value: Any
        if spec.result_type is not None:
            value = spec.result_type(*results)
        else:
            value = None if not results else results[0] if len(results) == 1 else tuple(results)
        if self._options.validate and spec.returns is not None:
            return self._validator(spec)(value)
        return value

    def _validator(self, spec: EndpointSpec) -> Callable[[object], object]:
        check = self._validators.get(spec)
        if check is None:
            check = validator_for(
                spec.returns, spec.namespace, components=spec.outputs or (), api_name=spec.api_name
            )
            self._validators[spec] = check
        return check
