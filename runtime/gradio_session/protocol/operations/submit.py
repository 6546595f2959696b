"""Posting a call, until the app has accepted it or refused it for good; and its cancellation."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from gradio_session.errors import (
    ConnectError,
    ConnectionLostError,
    EventNotFoundError,
    GradioSessionError,
)
from gradio_session.protocol.base.effects import Flow, Request, Response, Sleep
from gradio_session.protocol.base.retry import retry_delay
from gradio_session.protocol.operations.diagnosis import AppReader, refusal
from gradio_session.protocol.operations.responses import event_id_of, retry_after, same_run
from gradio_session.protocol.queue.payloads import call_body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gradio_session.protocol.app_schema.config import AppConfig, Dependency
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.queue.call_state import CallState

__all__ = ["AppAccess", "Submission", "request_cancel", "submit"]

_UNKNOWN = (HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR)
"""What Gradio 6, and what Gradio 5, answers to a chunk of a stream that it does not know."""


class AppAccess(AppReader, Protocol):
    """The app that a call is posted to; a connection is one.

    Attributes:
        config: The app's configuration, or None when it must be read (again).
        logins: How often a login was made.
    """

    config: AppConfig | None
    logins: int

    def renew_login(self, seen: int) -> Flow[bool]:
        """Log in again, if the last login was number `seen`; whether another try is worth it."""
        ...

    def call_headers(self, options: Any, url: str) -> Mapping[str, str | None] | None:
        """The headers that a call with these options has over those of its session."""
        ...


class Submission(Protocol):
    """What is posted; a prepared call is one."""

    spec: EndpointSpec
    dependency: Dependency
    oauth_token: str | None

    @property
    def options(self) -> Any:
        """What the call changes of the session's options."""


def submit(
    app: AppAccess,
    call: Submission,
    state: CallState,
    data: bytes,
    session_hash: str | None,
    *,
    retries: int,
    jitter: Callable[[], float],
    stream: str | None = None,
) -> Flow[str]:
    """Post a call, or a chunk of one that takes a stream of inputs, until accepted or refused.

    Args:
        app: The app.
        call: The call.
        state: What is known of it on the wire.
        data: Its data, as JSON.
        session_hash: The name of its session, or None for a call that stands by itself.
        retries: How often it may be posted again when it surely was not accepted.
        jitter: Makes a random number from 0 to 1, which spreads the retries of many clients.
        stream: Where a chunk goes: the event id, with `/close` behind it to end the stream; None
            for a call.

    Returns:
        The event id; of a chunk, where it went.

    Raises:
        ConnectError: The app could not be reached; nothing was sent.
        ConnectionLostError: The connection broke later; the call may have run.
        GradioSessionError: The app refused the call.
    """
    attempt = 0
    renewed = False
    while True:
        attempt += 1
        response: Response | None = None
        refused: ConnectError | None = None
        seen = app.logins
        try:
            config = app.config or (yield from app.connect())
            if stream is None and not call.dependency.by_name:
                config = yield from _renumber(app, call, config)
            request = _request(app, call, data, session_hash, config, stream)
            state.posting = True
            response = yield request
        except ConnectError as error:
            refused = error
        except ConnectionLostError as error:
            if not state.posting:
                raise
            raise _may_have_run(call, error) from error
        finally:
            status = None if response is None else response.status
            state.posting = status == HTTPStatus.OK and stream is None
        if response is not None and status == HTTPStatus.OK:
            return stream or event_id_of(response, call.spec.api_name)
        if status == HTTPStatus.UNAUTHORIZED and not renewed:
            renewed = yield from app.renew_login(seen)
            if renewed:
                attempt -= 1
                continue
        after = None if response is None else retry_after(response.headers)
        delay = retry_delay(attempt, retries, status=status, retry_after=after, jitter=jitter())
        if delay is None or state.withdrawn:
            raise refused or (yield from _refusal(app, call, response, stream))
        yield Sleep(delay)


def _refusal(
    app: AppAccess, call: Submission, response: Response | None, stream: str | None
) -> Flow[GradioSessionError]:
    assert response is not None  # noqa: S101 - a refused connection is raised as it is
    if stream is not None and response.status in _UNKNOWN:
        name = call.spec.api_name
        text = (
            f"{name}: the app does not know the stream any more. It has ended it, or was started "
            "again: open another stream."
        )
        return EventNotFoundError(text, api_name=name)
    return (yield from refusal(app, call.spec, response))


def _request(
    app: AppAccess,
    call: Submission,
    data: bytes,
    session_hash: str | None,
    config: AppConfig,
    stream: str | None,
) -> Request:
    dependency = call.dependency
    url = config.api_url + (dependency.route if stream is None else f"/stream/{stream}")
    body = call_body(dependency, data, session_hash, oauth_token=call.oauth_token)
    headers: dict[str, str | None] = {"content-type": "application/json"}
    headers.update(app.call_headers(call.options, url) or {})
    return Request("POST", url, headers=headers, content=body)


def _renumber(app: AppAccess, call: Submission, config: AppConfig) -> Flow[AppConfig]:
    """The number of an endpoint is good for one run of the app only: see that it is that run."""
    response: Response = yield Request("GET", config.app_id_url)
    if response.status != HTTPStatus.OK or not same_run(response, config.app_id):
        app.forget_config()
        config = yield from app.connect()
        call.dependency = config.dependency(call.spec.api_name)
    return config


def _may_have_run(call: Submission, error: ConnectionLostError) -> ConnectionLostError:
    name = call.dependency.api_name
    text = f"{name}: {error.message} The call may have run, so it was not sent again."
    return ConnectionLostError(text, api_name=name)


def request_cancel(
    app: AppAccess,
    session_hash: str,
    state: CallState,
    *,
    headers: Mapping[str, str | None] | None,
    timeout: float,
) -> Flow[bool]:
    """Ask for a cancellation; whom it may hit is for `protocol.queue.cancellation` to say.

    Args:
        app: The app.
        session_hash: The name of the call's session.
        state: The call, which the server has accepted.
        headers: Headers over those of the session.
        timeout: Seconds without any byte that the request may take.

    Returns:
        Whether the server took the request.

    Raises:
        GradioSessionError: It did not reach the server, or no answer came.
    """
    config = app.config or (yield from app.connect())
    body = {"session_hash": session_hash, "fn_index": state.fn_index, "event_id": state.event_id}
    response: Response = yield Request(
        "POST",
        config.cancel_url,
        headers={"content-type": "application/json", **(headers or {})},
        content=json.dumps(body).encode(),
        timeout=timeout,
    )
    return response.status == HTTPStatus.OK
