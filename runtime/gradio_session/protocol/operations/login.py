"""The login by user name and password."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from gradio_session.errors import AuthenticationError, ProtocolError
from gradio_session.protocol.base.effects import Flow, Request, Response
from gradio_session.protocol.base.json_values import is_object
from gradio_session.protocol.base.urls import redact
from gradio_session.protocol.operations.responses import decode_json, describe, error_of

if TYPE_CHECKING:
    from gradio_session.protocol.app_schema.config import AppConfig

__all__ = ["log_in", "read_user"]


def log_in(base_url: str, auth: tuple[str, str]) -> Flow[bool]:
    """Log in by user name and password. The transport keeps the cookies that come back.

    Args:
        base_url: The app's base address; the login has its route there, never under the API prefix.
        auth: User name and password.

    Returns:
        True when logged in; False when the app has no login, so that none is needed.

    Raises:
        AuthenticationError: The app refused the user name or the password.
        ProtocolError: The answer is not that of a Gradio login.
    """
    user, password = auth
    body = urlencode({"username": user, "password": password}).encode("ascii")
    url = f"{base_url}/login"
    response: Response = yield Request(
        "POST", url, headers={"content-type": "application/x-www-form-urlencoded"}, content=body
    )
    if response.status == HTTPStatus.OK and _says_success(response.body):
        return True
    if response.status in (
        HTTPStatus.FOUND,
        HTTPStatus.SEE_OTHER,
        HTTPStatus.TEMPORARY_REDIRECT,
    ) and "access-token" not in response.headers.get("set-cookie", ""):
        return False
    if response.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise AuthenticationError(
            f"{redact(base_url)} refused the login of user {user!r}: wrong user name or password ({response.status})."
        )
    if response.status in (HTTPStatus.OK, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        answer = describe(response)
        raise ProtocolError(
            f"{redact(url)} answered the login with {answer} ({response.status}); it is no Gradio login. Check the address of the app.",
            status=response.status,
        )
    raise error_of(response, "the login")


def _says_success(body: bytes) -> bool:
    try:
        answer: Any = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return is_object(answer) and answer.get("success") is True


def read_user(config: AppConfig) -> Flow[str | None]:
    """Who the app thinks is logged in; None for nobody."""
    response: Response = yield Request("GET", config.user_url)
    user = decode_json(response, "asking for the user")
    return user if isinstance(user, str) else None
