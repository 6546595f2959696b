"""Who a session is to the app: which secret goes to which address, and the login by user name and password."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from gradio_session.errors import AuthenticationError, ParameterError, ProtocolError
from gradio_session.protocol.effects import Flow, Request, Response
from gradio_session.protocol.jsonvalues import is_object
from gradio_session.protocol.responses import decode_json, describe, error_of
from gradio_session.protocol.urls import redact, trusted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradio_session.protocol.appconfig import AppConfig

__all__ = ["PUBLIC", "Credentials", "log_in", "read_user"]

PUBLIC = "public"
"""As a token: send none at all."""


class Credentials:
    """The secrets of a session and the rule that they go to the app's own origin only (`urls.trusted`).

    A token goes as `Authorization: Bearer`, to a Space as `X-HF-Authorization: Bearer`, which leaves `Authorization` to the app. Cookies live in the
    transport's jar; `cookies` are those that the user gave, and whether any may go to an address is `allowed`.

    Args:
        app_url: The app's base address.
        token: The session's token; None or "public" for none.
        space: The app is a Hugging Face Space.
        headers: The user's own headers, secret like a token.
        cookies: The user's own cookies.

    Raises:
        ParameterError: A token, header or cookie holds characters that no header can carry. The message never shows it.
    """

    __slots__ = ("_headers", "_space", "_token", "app_url", "cookies")

    def __init__(
        self,
        app_url: str,
        *,
        token: str | None = None,
        space: bool = False,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
    ) -> None:
        self.app_url = app_url
        self._token = _checked("token", token)
        self._space = space
        self._headers = {name.lower(): _checked_header(name, value) for name, value in (headers or {}).items()}
        self.cookies: Mapping[str, str] = dict(cookies or {})
        for name, value in self.cookies.items():
            _checked(f"cookie {name!r}", value)

    def allowed(self, url: str) -> bool:
        """Whether secrets may go to that address."""
        return trusted(self.app_url, url)

    def headers_for(self, url: str, token: str | None = None) -> dict[str, str]:
        """The secret headers of a request, names in lower case; empty for any address that is not the app's.

        Args:
            url: Where the request goes.
            token: A token for this request in place of the session's; "public" for none at all; None for the session's own.

        Raises:
            ParameterError: The token holds characters that no header can carry.
        """
        if not self.allowed(url):
            return {}
        headers = dict(self._headers)
        chosen = self._token if token is None else _checked("token", token)
        if chosen is not None:
            headers["x-hf-authorization" if self._space else "authorization"] = f"Bearer {chosen}"
        return headers

    def with_app_url(self, app_url: str, *, space: bool = False) -> Credentials:
        """The same secrets for another address of the app; only for one that is trusted by its nature, such as a Space's host that the Hub named."""
        copy = Credentials(app_url, token=self._token, space=space, cookies=self.cookies)
        copy._headers = dict(self._headers)
        return copy

    @property
    def oauth_token(self) -> str | None:
        """The token that goes into the body of a call of an endpoint that asks for the caller's own (`EndpointInfo.oauth_token`)."""
        return self._token

    def __repr__(self) -> str:
        token = "set" if self._token else "none"
        return f"Credentials({redact(self.app_url)!r}, token={token}, headers={len(self._headers)}, cookies={len(self.cookies)})"

    def __reduce__(self) -> str:
        msg = "credentials are not pickled by themselves"
        raise TypeError(msg)


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
    response: Response = yield Request("POST", url, headers={"content-type": "application/x-www-form-urlencoded"}, content=body)
    if response.status == HTTPStatus.OK and _says_success(response.body):
        return True
    if response.status in (HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.TEMPORARY_REDIRECT) and "access-token" not in response.headers.get(
        "set-cookie", ""
    ):
        return False
    if response.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise AuthenticationError(f"{redact(base_url)} refused the login of user {user!r}: wrong user name or password ({response.status}).")
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


def _checked(what: str, value: str | None) -> str | None:
    if value is None or value == PUBLIC:
        return None
    if not value or not value.isascii() or not value.isprintable() or value != value.strip():
        raise ParameterError(f"The {what} holds characters that cannot be sent, is empty or has spaces around it; copy it again.", parameter="token")
    return value


def _checked_header(name: str, value: str) -> str:
    if not name or not all(character.isascii() and (character.isalnum() or character in "!#$%&'*+-.^_`|~") for character in name):
        raise ParameterError(f"{name!r} is no name of a header.", parameter="headers")
    if any(character in "\r\n\0" for character in value):
        raise ParameterError(f"The header {name!r} holds a line break, which cannot be sent.", parameter="headers")
    return value
