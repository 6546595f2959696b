"""How the outputs of calls get their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from gradio_session.errors import GradioSessionError, ResponseError
from gradio_session.files.wrap import wrap
from gradio_session.protocol.queue import payloads
from gradio_session.session.files import SessionFiles
from gradio_session.session.validation import validator_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.connection.options import Options
    from gradio_session.connection.prepare import PreparingConnection
    from gradio_session.protocol.app_schema.config import Dependency
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.base.json_values import JsonArray

__all__ = ["ResultTypes"]


class ResultTypes:
    """The part of a session that gives outputs their types, and explains those that do not fit."""

    _asynchronous: ClassVar[bool]
    _app: Any
    _backend: PreparingConnection
    _closed: bool
    _options: Options
    _validators: dict[EndpointSpec, Callable[[object], object]]

    def _run(self, flow: Flow[Any]) -> Any:
        """Run a flow: plain, or as a coroutine."""
        raise NotImplementedError  # abstract: each mode has its own

    def _file_owner(self) -> SessionFiles:
        return SessionFiles(
            self._backend,
            self._options,
            self._run,
            lambda: self._closed,
            asynchronous=self._asynchronous,
        )

    def _explained(self, spec: EndpointSpec, error: GradioSessionError) -> Any:
        """Why a result does not fit: plain, or as a coroutine."""
        return self._app.run(self._explain(spec, error))

    def _explain(self, spec: EndpointSpec, error: GradioSessionError) -> Flow[GradioSessionError]:
        if spec.generated and not self._closed:
            error = yield from self._backend.explain(spec, error)
        return error

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
            parts, name = spec.outputs or (), spec.api_name
            check = validator_for(spec.returns, spec.namespace, components=parts, api_name=name)
            self._validators[spec] = check
        return check
