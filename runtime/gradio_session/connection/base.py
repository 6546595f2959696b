"""How an app is reached, shared by all tabs of a session: its configuration, its secrets, and the flows of a call from parameters to event id."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from gradio_session._log import logger
from gradio_session.connection.options import checked_address
from gradio_session.connection.prepared import PreparedCall
from gradio_session.errors import (
    AppChangedError,
    AuthenticationError,
    EndpointNotFoundError,
    GradioSessionError,
    UploadError,
)
from gradio_session.files.upload import upload_files
from gradio_session.protocol.app_schema import parameters
from gradio_session.protocol.app_schema.changes import app_changed, compare_components, diagnose
from gradio_session.protocol.base.credentials import Credentials
from gradio_session.protocol.base.effects import Flow, Request, Response, SingleFlight
from gradio_session.protocol.base.json_values import is_mapping
from gradio_session.protocol.base.urls import normalize_url, space_id_of, trusted
from gradio_session.protocol.operations import discovery
from gradio_session.protocol.operations.login import log_in, read_user
from gradio_session.protocol.operations.responses import (
    same_run,
)
from gradio_session.protocol.operations.spaces import locate, wait_ready
from gradio_session.protocol.queue import payloads
from gradio_session.sentinels import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gradio_session.connection.options import CallOptions, Options
    from gradio_session.files.upload import UploadProgress
    from gradio_session.protocol.app_schema.config import AppConfig, Dependency
    from gradio_session.protocol.app_schema.info import AppInfo, EndpointInfo
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.operations.spaces import Space, Waiting
    from gradio_session.transport.base import TransportBase

__all__ = ["ConnectionBase", "TransportSettings"]


IDLE = 5.0
"""Seconds without a call after which a generated client asks whether the app is still the same run: a restarted one may take other parameters."""

_PATIENCE = 5.0
"""Seconds that it waits for the answer."""


class TransportSettings:
    """What a transport is told (`transport.options.TransportOptions`)."""

    def __init__(self, options: Options, credentials: Credentials, base_url: str) -> None:
        self.base_url = base_url
        self.heartbeat_timeout = options.heartbeat_timeout
        self.proxy = options.proxy
        self.verify = options.verify
        self.cert = options.cert
        self.http = options.http
        self.headers: Mapping[str, str] = credentials.headers_for(base_url) if base_url else {}
        self.cookies: Mapping[str, str] = credentials.cookies


class ConnectionBase:
    """The app as a session knows it; what talks to it is written as flows, which the two children run.

    Args:
        app_url: A URL or a Space id, as the user gave it.
        options: The options of the session.

    Attributes:
        app_url: The address of the app, or the Space id until the Space's host is known.
        config: The app's `/config`, or None when it must be read (again).
        last_config: The app's `/config` as last read.
        logins: How often a login was made, so that of many who find it ended one makes it again.
        last_heard: When the app was last known to be the run of `config`, on the clock of
            `time.monotonic`.
    """

    def __init__(self, app_url: str, options: Options) -> None:
        self.space_id = space_id_of(checked_address(app_url))
        self.app_url = self.space_id or normalize_url(app_url)
        self.base_url = "" if self.space_id else self.app_url
        self.options = options
        self.credentials = Credentials(
            self.base_url, token=options.token, headers=options.headers, cookies=options.cookies
        )
        self.auth = options.auth
        self.config: AppConfig | None = None
        self.users = 0
        self.logins = 0
        self._logins_in_flight: dict[Any, Any] = {}
        self.last_heard = 0.0
        self._user: str | None = None
        self._info: AppInfo | None = None
        self._verified: set[EndpointSpec] = set()
        self.last_config: AppConfig | None = None

    @property
    def transport(self) -> TransportBase[Any]:
        """What sends and receives."""
        raise NotImplementedError  # abstract: each world has its own

    @property
    def user(self) -> str | None:
        """Who is logged in, as far as is known."""
        config = self.last_config
        return (config.username if config is not None else None) or self._user

    def forget_config(self) -> None:
        """The app may have been restarted: read everything again before the next call."""
        self.config = None
        self._info = None
        self._verified.clear()

    def call_headers(self, options: CallOptions, url: str) -> dict[str, str | None] | None:
        """The headers that one call has over those of its session, or None."""
        if options.token is None and options.headers is None:
            return None
        headers: dict[str, str | None] = {}
        if options.token is not None:
            ours = self.credentials.headers_for(url)
            theirs = self.credentials.headers_for(url, token=options.token)
            headers.update(
                {
                    name: theirs.get(name)
                    for name in {*ours, *theirs}
                    if theirs.get(name) != ours.get(name)
                }
            )
        if trusted(self.base_url, url):
            headers.update(options.headers or {})
        return headers

    # Flows

    def connect(self, *, wake: bool = False) -> Flow[AppConfig]:
        """Find the app, log in if it wants that, and read its configuration.

        Args:
            wake: Wake a Space that sleeps.
        """
        if self.space_id is not None:
            space = yield from locate(self.space_id, token=self.options.token, wake=wake)
            self.found(space)
        config = yield from discovery.connect(self.base_url, auth=self.auth)
        if config.base_url != self.base_url and trusted(self.base_url, config.base_url):
            self.moved(config.base_url)
        logger.debug("connected to %r", config)
        if self.last_config is not None and self.last_config.app_id != config.app_id:
            logger.debug("%s was restarted", self.app_url)
        self.config = self.last_config = config
        self.last_heard = time.monotonic()
        return config

    def moved(self, base_url: str) -> None:
        """The app was found at another address that may have its secrets too."""
        self.base_url = base_url
        self.transport.moved(base_url, self.credentials.headers_for(base_url))

    def found(self, space: Space) -> None:
        """The Hub has said where the Space answers."""
        token = self.options.token if self.options.token is not None else space.token
        self.credentials = Credentials(
            space.url,
            token=token,
            space=True,
            headers=self.options.headers,
            cookies=self.options.cookies,
        )
        self.moved(space.url)

    def wait_ready(
        self, timeout: float | None, progress: Callable[[Waiting], object] | None
    ) -> Flow[None]:
        """Try until the app answers."""
        yield from wait_ready(
            lambda: self.connect(wake=True), timeout=timeout, progress=progress, name=self.app_url
        )

    def read_info(self) -> Flow[AppInfo]:
        """The app's `/info`, read once for each reading of `/config`."""
        if self._info is None:
            config = self.config or (yield from self.connect())
            self._info = yield from discovery.read_info(config)
        return self._info

    def log_in(self, auth: tuple[str, str]) -> Flow[bool]:
        """Log in and read the configuration as that user."""
        done = yield from log_in(self.base_url, auth)
        self.auth = auth
        self.logins += 1
        self._user = auth[0].strip() if done else None
        self.forget_config()
        return done

    def renew_login(self, seen: int) -> Flow[bool]:
        """The login has ended: log in again, once for all who notice.

        Args:
            seen: `logins` when the request was made that was refused.

        Returns:
            Whether the request is worth another attempt; False where nobody gave a login.
        """
        if self.auth is not None and self.logins == seen:
            yield SingleFlight(self._logins_in_flight, "login", lambda: self._log_in_since(seen))
        return self.auth is not None

    def _log_in_since(self, seen: int) -> Flow[None]:
        if self.auth is not None and self.logins == seen:
            yield from log_in(self.base_url, self.auth)
            self.logins += 1

    def read_user(self) -> Flow[str | None]:
        """Who the app thinks we are."""
        config = self.config or (yield from self.connect())
        return (yield from read_user(config))

    def prepare(
        self, spec: EndpointSpec, params: Sequence[Any] | Mapping[str, Any], options: CallOptions
    ) -> Flow[PreparedCall]:
        """Check a call against the app, before anything of it is sent.

        Raises:
            ParameterError: The parameters do not fit.
            EndpointNotFoundError: The app has no such endpoint.
            AppChangedError: The endpoint is not the one that the client was generated from.
        """
        config = self.config or (yield from self.connect())
        if spec.generated and time.monotonic() - self.last_heard > IDLE:
            config = yield from self._anew(config)
        dependency = yield from self._dependency(config, spec)
        info = yield from self._endpoint_info(
            spec, dependency, params, options.token or self.options.token
        )
        names: Sequence[str] = spec.parameters or (
            [parameter.name for parameter in info.parameters] if info is not None else ()
        )
        values = parameters.resolve_defaults(
            dependency, parameters.arrange(dependency.api_name, params, info), info
        )
        parameters.check(dependency, values, names)
        prepared = PreparedCall(spec, dependency, values, names, options)
        wanted = spec.oauth_token if info is None else info.oauth_token
        if wanted is not None:
            prepared.oauth_token = self.credentials.oauth_token_for(
                config.base_url, options.token or self.options.token
            )
        return prepared

    def _anew(self, config: AppConfig) -> Flow[AppConfig]:
        """After a pause: the configuration, read again if the app was started again meanwhile. What fails here is left to the call itself."""
        try:
            response: Response = yield Request("GET", config.app_id_url, timeout=_PATIENCE)
        except GradioSessionError:
            return config
        if response.status == 200 and not same_run(response, config.app_id):  # noqa: PLR2004
            self.forget_config()
            config = yield from self.connect()
        return config

    def _dependency(self, config: AppConfig, spec: EndpointSpec) -> Flow[Dependency]:
        """How the endpoint is wired; a generated client's own idea of it is compared once for each reading of `/config`."""
        yield from ()
        try:
            dependency = config.dependency(spec.api_name)
        except EndpointNotFoundError as gone:
            raise _changed(spec, gone) if spec.generated else gone from None
        if spec.generated and spec not in self._verified:
            changes = compare_components(spec, dependency)
            if changes:
                raise app_changed(spec, changes, config.base_url, sent=False)
            self._verified.add(spec)
        return dependency

    def _endpoint_info(
        self,
        spec: EndpointSpec,
        dependency: Dependency,
        params: Sequence[Any] | Mapping[str, Any],
        token: str | None,
    ) -> Flow[EndpointInfo | None]:
        """What `/info` says of the endpoint, where it is needed.

        That is for parameters by name, for a default that `/config` has not, and in direct use with
        a token, as the endpoint may ask for it.
        """
        by_name = is_mapping(params)
        values: Any = () if by_name else params
        default = any(
            value is DEFAULT and slot.default is None
            for value, slot in zip(values, dependency.visible_inputs, strict=False)
        )
        asked = (
            not spec.generated
            and self.credentials.oauth_token_for(self.base_url, token) is not None
        )
        if not (by_name or default or asked):
            return None
        info = (yield from self.read_info()).get(dependency.api_name)
        if info is None and by_name:
            config = self.config or (yield from self.connect())
            info = (yield from discovery.read_info(config, all_endpoints=True)).get(
                dependency.api_name
            )
        return info

    def load(
        self,
        prepared: PreparedCall,
        session: Any,
        progress: Callable[[UploadProgress], object] | None = None,
    ) -> Flow[list[Any]]:
        """Upload the files of a call and build its data.

        Args:
            prepared: The call.
            session: The tab, which remembers what it has uploaded already.
            progress: Told how far each upload is, in the thread or loop of the call.
        """
        shapes = (
            prepared.spec.input_files
            if prepared.spec.generated
            else prepared.dependency.input_files
        )
        if not shapes:
            return payloads.build(prepared.dependency, prepared.values)
        config = self.config or (yield from self.connect())
        headers = self.call_headers(prepared.options, config.upload_url)
        names = prepared.names or [
            slot.label or f"parameter {number}"
            for number, slot in enumerate(prepared.dependency.visible_inputs, 1)
        ]
        seen = self.logins

        def send() -> Flow[list[Any]]:
            return upload_files(
                prepared.values,
                shapes,
                names,
                config=config,
                uploads=session._uploads,
                headers=headers,
                progress=progress,
            )

        try:
            values = yield from send()
        except AuthenticationError:
            if not (yield from self.renew_login(seen)):
                raise
            values = yield from send()
        except UploadError as error:
            name = prepared.dependency.api_name
            raise UploadError(
                name + ": " + error.message,
                api_name=name,
                parameter=error.parameter,
                source=error.source,
            ) from error
        return payloads.build(prepared.dependency, values)

    def explain(self, spec: EndpointSpec, error: GradioSessionError) -> Flow[GradioSessionError]:
        """After a call has failed: has the app changed?

        Returns:
            `AppChangedError` or `EndpointNotFoundError` if that is why, else `error`.
        """
        self.forget_config()
        try:
            config = yield from self.connect()
            dependency = config.dependency(spec.api_name)
            changes = compare_components(spec, dependency)
            if spec.generated and not changes:
                info = yield from self.read_info()
                changes = diagnose(spec, info) if spec.api_name in info else []
        except EndpointNotFoundError as gone:
            return _changed(spec, gone) if spec.generated else gone
        except GradioSessionError:
            return error
        return app_changed(spec, changes, config.base_url, sent=True) if changes else error


def _changed(spec: EndpointSpec, gone: EndpointNotFoundError) -> AppChangedError:
    text = f"{gone.message} The client was generated from an app that had it: generate it again with `gradio-codegen generate`."
    return AppChangedError(text, api_name=spec.api_name, changes=(f"{spec.api_name} was removed",))
