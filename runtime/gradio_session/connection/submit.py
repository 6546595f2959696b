"""Posting a call, until the app has accepted it or refused it for good; and its cancellation."""

from __future__ import annotations

import json
from http import HTTPStatus
from random import random
from typing import TYPE_CHECKING

from gradio_session.errors import (
    ConnectError,
    ConnectionLostError,
    EventNotFoundError,
    GradioSessionError,
)
from gradio_session.protocol.base.effects import Flow, Request, Response, Sleep
from gradio_session.protocol.base.retry import retry_delay
from gradio_session.protocol.operations.responses import (
    event_id_of,
    retry_after,
    same_run,
    submit_error,
)
from gradio_session.protocol.queue.payloads import call_body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradio_session.connection.prepare import PreparedCall, PreparingConnection
    from gradio_session.protocol.app_schema.config import AppConfig
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.queue.call_state import CallState

__all__ = ["request_cancel", "submit"]

_UNKNOWN_STREAM = (HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR)
"""What Gradio 6, and what Gradio 5, answers to a chunk of a stream that it does not know."""

_UNKNOWN_NAME = (*_UNKNOWN_STREAM, HTTPStatus.METHOD_NOT_ALLOWED)
"""What an app answers to a name that it does not have: Gradio with a bare 500."""


def submit(
    app: PreparingConnection,
    call: PreparedCall,
    state: CallState,
    data: bytes,
    session_hash: str | None,
    stream: str | None,
) -> Flow[str]:
    """Post a call, or a chunk of one that takes a stream of inputs, until accepted or refused.

    Args:
        app: The app.
        call: The call.
        state: What is known of it on the wire.
        data: Its data, as JSON.
        session_hash: The name of its session, or None for a call that stands by itself.
        stream: Where a chunk goes: the event id, with `/close` behind it to end the stream; None
            for a call.

    Returns:
        The event id; of a chunk, where it went.

    Raises:
        ConnectError: The app could not be reached; nothing was sent.
        ConnectionLostError: The connection broke later; the call may have run.
        GradioSessionError: The app refused the call.
    """
    retries = app.options.retries if call.options.retries is None else call.options.retries
    name = call.dependency.api_name
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
            text = f"{name}: {error.message} The call may have run, so it was not sent again."
            raise ConnectionLostError(text, api_name=name) from error
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
        delay = retry_delay(attempt, retries, status=status, retry_after=after, jitter=random())  # noqa: S311 - it spreads the retries of many clients
        if delay is None or state.withdrawn:
            raise refused or (yield from _refusal(app, call.spec, response, stream))
        yield Sleep(delay)


def _refusal(
    app: PreparingConnection, spec: EndpointSpec, response: Response | None, stream: str | None
) -> Flow[GradioSessionError]:
    assert response is not None  # noqa: S101 - a refused connection is raised as it is
    name = spec.api_name
    if stream is not None and response.status in _UNKNOWN_STREAM:
        text = (
            f"{name}: the app does not know the stream any more. It has ended it, or was started "
            "again: open another stream."
        )
        return EventNotFoundError(text, api_name=name)
    error = submit_error(response, name)
    if response.status in _UNKNOWN_NAME:
        error = yield from app.explain(spec, error)
    return error


def _request(
    app: PreparingConnection,
    call: PreparedCall,
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


def _renumber(app: PreparingConnection, call: PreparedCall, config: AppConfig) -> Flow[AppConfig]:
    """The number of an endpoint is good for one run of the app only: see that it is that run."""
    response: Response = yield Request("GET", config.app_id_url)
    if response.status != HTTPStatus.OK or not same_run(response, config.app_id):
        app.forget_config()
        config = yield from app.connect()
        call.dependency = config.dependency(call.spec.api_name)
    return config


def request_cancel(
    app: PreparingConnection,
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
