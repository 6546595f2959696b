"""From a user's parameters to a call that can be sent: checks against the app, then uploads."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from gradio_session.connection.base import BLIND, ConnectionBase
from gradio_session.errors import (
    AuthenticationError,
    ConnectError,
    EndpointNotFoundError,
    GradioSessionError,
    ParameterError,
    UploadError,
)
from gradio_session.files.upload import Uploader
from gradio_session.protocol.app_schema import parameters
from gradio_session.protocol.base.effects import ahead
from gradio_session.protocol.base.json_values import is_sequence
from gradio_session.protocol.base.urls import trusted
from gradio_session.protocol.operations import discovery
from gradio_session.protocol.operations.diagnosis import check_components, explain, missing
from gradio_session.protocol.queue import payloads
from gradio_session.sentinels import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gradio_session.connection.call_options import CallOptions
    from gradio_session.files.upload import UploadProgress, Uploads
    from gradio_session.protocol.app_schema.config import AppConfig, Dependency
    from gradio_session.protocol.app_schema.info import EndpointDescription
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.base.json_values import JsonArray

__all__ = ["Params", "PreparedCall", "PreparingConnection", "Wiring"]


Params: TypeAlias = "Sequence[object] | Mapping[str, object]"
"""Parameters of a call: values in order, or by name."""


class Wiring(NamedTuple):
    """What an app says of an endpoint.

    Attributes:
        dependency: How the endpoint is wired; None where nothing is known of it.
        version: The app's Gradio.
    """

    dependency: Dependency | None
    version: tuple[int, int, int]


class PreparedCall:
    """A call that was checked against the app and can be sent.

    It is owned by the thread or task that sends the call, until the app has taken the call; what
    becomes of the call is in its `CallState`.

    Attributes:
        spec: The endpoint.
        dependency: How the app has wired it.
        version: The app's Gradio.
        values: The values in order, checked; files not yet uploaded.
        names: The names of the parameters, for messages.
        options: What this call changes of the session's options.
        oauth_token: The caller's token, where the endpoint asks for it.
    """

    __slots__ = ("dependency", "names", "oauth_token", "options", "spec", "values", "version")

    def __init__(
        self,
        spec: EndpointSpec,
        dependency: Dependency,
        version: tuple[int, int, int],
        values: Sequence[object],
        names: Sequence[str],
        options: CallOptions,
    ) -> None:
        self.spec = spec
        self.dependency = dependency
        self.version = version
        self.values = values
        self.names = names
        self.options = options
        self.oauth_token: str | None = None


class PreparingConnection(ConnectionBase):
    """The half of a connection that prepares calls; see `ConnectionBase`."""

    def prepare(
        self, spec: EndpointSpec, params: Params, options: CallOptions
    ) -> Flow[PreparedCall]:
        """Check a call against the app, before anything of it is sent.

        Raises:
            ParameterError: The parameters do not fit.
            EndpointNotFoundError: The app has no such endpoint.
            AppChangedError: The endpoint is not the one that the client was generated from.
        """
        if self._outdated:
            yield from self.check_run()
        return (yield from self._prepare(spec, params, options))

    def suits(self, spec: EndpointSpec, params: Params, options: CallOptions) -> bool:
        """Whether a call fits the app as far as it is known, where the app is to be asked again."""
        config = self.config
        if config is None:
            return True
        try:
            config.dependency(spec.api_name)
            if self._outdated:
                ahead(self._prepare(spec, params, options)).close()
        except GradioSessionError:
            return False
        return True

    @property
    def _outdated(self) -> bool:
        return self.config is not None and time.monotonic() - self.last_checked > BLIND

    def _prepare(
        self, spec: EndpointSpec, params: Params, options: CallOptions
    ) -> Flow[PreparedCall]:
        try:
            config, dependency = yield from self._wired(spec.api_name)
        except EndpointNotFoundError as gone:
            raise missing(spec, gone) from None
        if spec.generated and spec not in self._as_expected:
            check_components(config, spec, dependency)
            self._as_expected.add(spec)
        token = options.oauth_token or self.options.oauth_token
        given = None if token is None else self.credentials.oauth_token_for(config.base_url, token)
        info = None
        if self._needs_info(spec, dependency, params, given):
            named = isinstance(params, Mapping) or _is_short(params, dependency)
            info = yield from self._endpoint_info(dependency.api_name, all_endpoints=named)
        names: Sequence[str] = spec.parameters or (
            [parameter.name for parameter in info.parameters] if info is not None else ()
        )
        values = parameters.arrange(dependency.api_name, params, info)
        values = parameters.resolved(dependency, values, info)
        parameters.check(dependency, values, names)
        payloads.check_count(dependency, values)
        prepared = PreparedCall(spec, dependency, config.version, values, names, options)
        if given is not None and (spec if info is None else info).oauth_token is not None:
            prepared.oauth_token = given
        return prepared

    def _wired(self, api_name: str) -> Flow[tuple[AppConfig, Dependency]]:
        """The app's configuration, and how an endpoint is wired.

        One that is not there may have come since the configuration was read, which is read again.

        Raises:
            EndpointNotFoundError: It is not there now.
        """
        config = yield from self.connected()
        try:
            return config, config.dependency(api_name)
        except EndpointNotFoundError:
            self.forget_config()
            config = yield from self.connect()
            return config, config.dependency(api_name)

    @staticmethod
    def _needs_info(
        spec: EndpointSpec, dependency: Dependency, params: Params, token: str | None
    ) -> bool:
        """Whether `/info` must be read.

        That is for parameters by name or a short list of them, for a default that `/config` does
        not have, and in direct use with an `oauth_token`, as the endpoint may ask for it.
        """
        if isinstance(params, Mapping) or _is_short(params, dependency):
            return True
        if token is not None and not spec.generated:
            return True
        for value, component in zip(params, dependency.visible_inputs, strict=False):
            if value is DEFAULT and component.default is None:
                return True
        return False

    def wiring(self, api_name: str) -> Flow[Wiring]:
        """How an endpoint is wired; nothing is known of the endpoint "".

        Raises:
            EndpointNotFoundError: The app has no such endpoint.
        """
        if api_name:
            config, dependency = yield from self._wired(api_name)
            return Wiring(dependency, config.version)
        config = self.config or (yield from self.connect())
        return Wiring(None, config.version)

    def _endpoint_info(
        self, api_name: str, *, all_endpoints: bool
    ) -> Flow[EndpointDescription | None]:
        info = (yield from self.read_info()).get(api_name)
        if info is None and all_endpoints:
            config = self.config or (yield from self.connect())
            info = (yield from discovery.read_info(config, all_endpoints=True)).get(api_name)
        return info

    def load(
        self,
        prepared: PreparedCall,
        uploads: Uploads,
        progress: Callable[[UploadProgress], object] | None = None,
    ) -> Flow[bytes]:
        """Upload the files of a call and write its data as JSON.

        Args:
            prepared: The call.
            uploads: What the session has uploaded already.
            progress: Told how far each upload is, in the thread or loop of the call.
        """
        spec, dependency = prepared.spec, prepared.dependency
        layouts = spec.input_files if spec.generated else dependency.input_files
        if not layouts:
            return self._data(prepared, prepared.values)
        config = self.config or (yield from self.connect())
        headers = self.call_headers(prepared.options, config.upload_url)
        names = [dependency.name_of(at, prepared.names) for at in range(len(prepared.values))]
        name, seen = dependency.api_name, self.logins

        def send() -> Flow[JsonArray]:
            uploader = Uploader(config, uploads, headers, progress)
            return uploader.exchange(prepared.values, layouts, names)

        try:
            values = yield from send()
        except AuthenticationError:
            if not (yield from self.renew_login(seen)):
                raise
            values = yield from send()
        except ParameterError as error:
            text = f"{name}: {error.message}"
            raise ParameterError(text, api_name=name, parameter=error.parameter) from None
        except UploadError as error:
            text, parameter = f"{name}: {error.message}", error.parameter
            raise UploadError(
                text, api_name=name, parameter=parameter, source=error.source
            ) from error
        if self._outdated:
            yield from self.check_run()
        if self.last_config is not None and self.last_config.app_id != config.app_id:
            raise ConnectError(
                f"{name}: the app was started again, or replaced, while the files of the call were "
                "uploaded. The call was not sent: make it again.",
                api_name=name,
            )
        return self._data(prepared, values)

    @staticmethod
    def _data(prepared: PreparedCall, values: Sequence[object]) -> bytes:
        dependency = prepared.dependency
        return payloads.encode(dependency, payloads.build(dependency, values), names=prepared.names)

    def call_headers(self, options: CallOptions, url: str) -> dict[str, str | None] | None:
        """The headers that one call has over those of its session, or None."""
        if options.token is None and options.headers is None:
            return None
        headers: dict[str, str | None] = {}
        if options.token is not None:
            ours = self.credentials.headers_for(url)
            theirs = self.credentials.headers_for(url, token=options.token)
            names = {*ours, *theirs}
            headers = {n: theirs.get(n) for n in names if theirs.get(n) != ours.get(n)}
        if trusted(self.base_url, url):
            headers.update(options.headers or {})
        return headers

    def explain(self, spec: EndpointSpec, error: GradioSessionError) -> Flow[GradioSessionError]:
        """Why a result does not fit; see `diagnosis.explain`."""
        return explain(self, spec, error)


def _is_short(params: Sequence[object], dependency: Dependency) -> bool:
    """Whether a list leaves parameters out."""
    return is_sequence(params) and len(params) < len(dependency.visible_inputs)
