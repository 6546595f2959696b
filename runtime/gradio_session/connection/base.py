"""One app as the tabs of a session share it: its address, its configuration, its secrets."""

from __future__ import annotations

import time
from functools import partial
from http import HTTPStatus
from math import inf
from typing import TYPE_CHECKING, Any

from gradio_session._log import logger
from gradio_session.connection.checks import checked_address
from gradio_session.errors import AppChangedError, EndpointNotFoundError, GradioSessionError
from gradio_session.protocol.app_schema.changes import app_changed, compare_components, diagnose
from gradio_session.protocol.base.credentials import Credentials
from gradio_session.protocol.base.effects import Flow, Request, SingleFlight
from gradio_session.protocol.base.urls import normalize_url, space_id_of, trusted
from gradio_session.protocol.operations import discovery
from gradio_session.protocol.operations.responses import same_run
from gradio_session.protocol.operations.spaces import locate, wait_ready
from gradio_session.protocol.queue.call_state import CallState

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.connection.call_options import CallOptions
    from gradio_session.connection.options import Options
    from gradio_session.protocol.app_schema.config import AppConfig
    from gradio_session.protocol.app_schema.info import AppInfo, EndpointDescription
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Response
    from gradio_session.protocol.operations.spaces import Space, Waiting
    from gradio_session.transport.base import TransportBase

__all__ = ["BLIND", "FRESH", "ConnectionBase", "missing"]

BLIND = 5.0
"""Seconds after which a call does not rely on what is known of the app, and asks first.

An app may be replaced at its address: the one in its place may take other parameters.
"""

FRESH = BLIND / 2
"""Seconds after which that is asked beside a call, so that in steady use none waits for it."""

_PATIENCE = 2.0
"""Seconds that the answer may take."""

FAR = 0.015
"""Seconds that the quickest POST takes where the network costs more than the app's own work."""

_TIMED = 3
"""Posts that were timed before that counts: the first one may find the app cold."""


class ConnectionBase:
    """The app as a session knows it. What talks to it is written as flows, for both modes.

    Args:
        app_url: A URL or a Space id, as the user gave it.
        options: The options of the session.

    Attributes:
        app_url: The address of the app, or the Space id.
        base_url: The address of the app; "" until that of a Space is known.
        auth: User name and password, or None.
        config: The app's `/config`, or None when it must be read (again).
        last_config: The app's `/config` as last read.
        last_checked: When the app was last asked whether it is the run of `config`, on the clock of
            `time.monotonic`.
        logins: How often a login was made: of many calls that find it ended, one makes it again.
        tabs: How many sessions share it.
        far: Whether a POST is known to spend its time on the network, so that several at once cost
            no more: even the quickest did, so it is not that the app was busy.
        quickest: Seconds of the quickest POST of a call.
        call_state: The class of the states of its calls.
        scripted: Whether a script of a test stands in its place: its outputs are what callers get,
            and its sessions are not in the registry.
    """

    call_state: type[CallState] = CallState
    scripted = False

    def __init__(self, app_url: str, options: Options) -> None:
        self.space_id = space_id_of(checked_address(app_url))
        self.app_url = self.space_id or normalize_url(app_url)
        self.base_url = "" if self.space_id else self.app_url
        self.options = options
        self.credentials = self._credentials(self.base_url, options.token)
        self.auth = options.auth
        self.config: AppConfig | None = None
        self.tabs = 0
        self.logins = 0
        self.far = False
        self.quickest = inf
        self._timed = 0
        self._in_flight: dict[object, Any] = {}
        self.last_checked = 0.0
        self._claimed = 0.0
        self._user: str | None = None
        self._info: AppInfo | None = None
        self._as_expected: set[EndpointSpec] = set()
        self.last_config: AppConfig | None = None

    def _credentials(self, url: str, token: str | None, *, space: bool = False) -> Credentials:
        headers, cookies = self.options.headers, self.options.cookies
        return Credentials(url, token=token, space=space, headers=headers, cookies=cookies)

    @property
    def transport(self) -> TransportBase[Any]:
        """What sends and receives."""
        raise NotImplementedError  # abstract: each mode has its own

    @property
    def user(self) -> str | None:
        """Who is logged in, as far as is known."""
        config = self.last_config
        return (config.username if config is not None else None) or self._user

    def posted(self, seconds: float) -> None:
        """A POST of a call has taken that long."""
        self.quickest = min(self.quickest, seconds)
        self._timed += 1
        self.far = self._timed >= _TIMED and self.quickest > FAR

    def forget_config(self) -> None:
        """The app may have been restarted: read everything again before the next call."""
        self.config = None
        self._info = None
        self._as_expected.clear()

    # Finding the app

    def connect(self, *, wake: bool = False) -> Flow[AppConfig]:
        """Find the app, log in if it wants that, and read its configuration.

        The first time it waits for the app, if the session is to do that.

        Args:
            wake: Wake a Space that sleeps, and do not wait for it.
        """
        if self.last_config is None and self.options.wait is not None and not wake:
            return (yield from self.wait_ready(self.options.wait, None))
        if self.space_id is not None:
            space = yield from locate(self.space_id, token=self.options.token, wake=wake)
            self.found(space)
        asked = time.monotonic()
        config = yield from discovery.connect(self.base_url, auth=self.auth)
        if config.base_url != self.base_url and trusted(self.base_url, config.base_url):
            self.moved(config.base_url)
        version = ".".join(map(str, config.version))
        logger.debug("connected to %s, Gradio %s", config.base_url, version)
        if self.last_config is not None and self.last_config.app_id != config.app_id:
            logger.debug("%s was restarted", self.app_url)
        self.config = self.last_config = config
        self.last_checked = asked
        return config

    def connected(self) -> Flow[AppConfig]:
        """The app's configuration; calls that need it at the same time read it once."""
        if self.config is None:
            yield SingleFlight(self._in_flight, "config", self.connect)
        return self.config or (yield from self.connect())

    def claim_check(self) -> bool:
        """Whether it is time to ask, beside a call, if the app is still the same run.

        Of many calls that are posted at the same time one is told so.
        """
        now = time.monotonic()
        due = now - max(self.last_checked, self._claimed) > FRESH
        self._claimed = now if due else self._claimed
        return due

    def check_run(self) -> Flow[None]:
        """Ask whether the app is still the same run, and read the configuration again if not.

        Calls that need to know at the same time ask once. What fails is left to the calls.
        """
        yield SingleFlight(self._in_flight, "run", self._check_run)

    def _check_run(self) -> Flow[None]:
        config, asked = self.config, time.monotonic()
        if config is None or asked - self.last_checked <= FRESH:
            return
        try:
            response: Response = yield Request("GET", config.app_id_url, timeout=_PATIENCE)
            known = response.status != HTTPStatus.OK or same_run(response, config.app_id)
            self.last_checked = asked
            if not known and self.config is config:
                self.forget_config()
                yield from self.connect()
        except GradioSessionError as error:
            logger.debug("the app could not be asked whether it is the same run: %s", error)
            if time.monotonic() - asked >= _PATIENCE:
                self.last_checked = asked  # it hangs: not every call need wait for that

    def moved(self, base_url: str) -> None:
        """The app was found at another address that may have its secrets too."""
        self.base_url = base_url
        self.transport.moved(base_url, self.credentials)

    def found(self, space: Space) -> None:
        """The Hub has said where the Space answers."""
        self.credentials = self._credentials(space.url, space.token, space=True)
        self.moved(space.url)

    def options_here(self, options: CallOptions) -> CallOptions:
        """The options of a call that starts here; see `CallOptions.for_visitor`."""
        is_space = self.space_id is not None or self.credentials.space
        return options.for_visitor() if is_space else options

    def wait_ready(
        self, timeout: float | None, progress: Callable[[Waiting], object] | None
    ) -> Flow[AppConfig]:
        """Try until the app answers."""
        attempt = partial(self.connect, wake=True)
        return wait_ready(attempt, timeout=timeout, progress=progress, name=self.app_url)

    def read_info(self) -> Flow[AppInfo]:
        """The app's `/info`, read once for each reading of `/config`."""
        if self._info is None:
            config = self.config or (yield from self.connect())
            self._info = yield from discovery.read_info(config)
        return self._info

    def endpoints(self) -> Flow[dict[str, EndpointDescription]]:
        """What the app's `/info` describes, by name."""
        if time.monotonic() - self.last_checked > BLIND:
            yield from self.check_run()
        info = yield from self.read_info()
        return {name: found for name in info if (found := info.get(name)) is not None}

    def explain(self, spec: EndpointSpec, error: GradioSessionError) -> Flow[GradioSessionError]:
        """A call has failed: has the app changed since its client was generated?

        Args:
            spec: The endpoint.
            error: What happened.

        Returns:
            `AppChangedError` or `EndpointNotFoundError` if that is why, else `error`.
        """
        self.forget_config()
        try:
            config = yield from self.connect()
            changes = compare_components(spec, config.dependency(spec.api_name))
            if spec.generated and not changes:
                described = (yield from self.read_info()).get(spec.api_name)
                changes = [] if described is None else diagnose(spec, described)
        except EndpointNotFoundError as gone:
            return missing(spec, gone)
        except GradioSessionError:
            return error
        return app_changed(spec, changes, config.base_url, sent=True) if changes else error

    # Who we are to it

    def log_in(self, auth: tuple[str, str]) -> Flow[bool]:
        """Log in and read the configuration as that user."""
        done = yield from discovery.log_in(self.base_url, auth)
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
            Whether the request is worth another attempt; False where no login was given.
        """
        yield SingleFlight(self._in_flight, "login", lambda: self._log_in_since(seen))
        return self.auth is not None

    def _log_in_since(self, seen: int) -> Flow[None]:
        if self.auth is not None and self.logins == seen:
            yield from discovery.log_in(self.base_url, self.auth)
            self.logins += 1


def missing(spec: EndpointSpec, gone: EndpointNotFoundError) -> GradioSessionError:
    """The error for an endpoint that the app does not have, or no longer has.

    Args:
        spec: The endpoint.
        gone: What looking it up raised.
    """
    if not spec.generated:
        return gone
    text = (
        f"{gone.message} The client was generated from an app that had it: generate it again with "
        "`gradio-codegen generate`."
    )
    return AppChangedError(text, api_name=spec.api_name, changes=(f"{spec.api_name} was removed",))
