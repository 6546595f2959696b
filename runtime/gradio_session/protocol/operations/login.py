"""The login by user name and password."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlencode

from gradio_session.errors import AuthenticationError, ProtocolError
from gradio_session.protocol.base.effects import Flow, Request, Response
from gradio_session.protocol.base.json_values import object_of
from gradio_session.protocol.base.urls import redact
from gradio_session.protocol.operations.responses import describe, error_of
from gradio_session.protocol.queue.messages import decode

__all__ = ["log_in"]

_REDIRECTS = (HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.TEMPORARY_REDIRECT)
_REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


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
    status = response.status
    if status == HTTPStatus.OK and object_of(decode(response.body)).get("success") is True:
        return True
    if status in _REDIRECTS and "access-token" not in response.headers.get("set-cookie", ""):
        return False
    if status in _REFUSALS:
        raise AuthenticationError(
            f"{redact(base_url)} refused the login of user {user!r}: wrong user name or password "
            f"({status})."
        )
    if status in (HTTPStatus.OK, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        raise ProtocolError(
            f"{redact(url)} answered the login with {describe(response)} ({status}); it is no "
            "Gradio login. Check the address of the app.",
            status=status,
        )
    raise error_of(response, "the login")
