"""How an app is found, logged in to and read: the flows behind the first request of a session."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from gradio_session.errors import AuthenticationError, GradioSessionError, ProtocolError
from gradio_session.protocol.app_schema.config import AppConfig
from gradio_session.protocol.app_schema.info import AppInfo
from gradio_session.protocol.base.effects import Flow, Request, Response
from gradio_session.protocol.base.json_values import object_of
from gradio_session.protocol.base.text import one_line
from gradio_session.protocol.base.urls import clean_path, parent_urls, redact, trusted, without_user
from gradio_session.protocol.operations.redirects import follow
from gradio_session.protocol.operations.responses import decode_json, describe, error_of
from gradio_session.protocol.queue.messages import decode

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["connect", "get", "log_in", "read_info"]

MAX_REDIRECTS = 10
_REDIRECTS = (HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.TEMPORARY_REDIRECT)
_REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def get(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    timeout: float | None = None,
    credentials: bool = True,
    stay: bool = False,
) -> Flow[Response]:
    """GET with redirects followed; see `redirects.follow` for who gets credentials.

    Args:
        url: Where to begin.
        headers: Headers that any host may see.
        timeout: Seconds without a byte before a hop fails; None for the session's choice.
        credentials: Whether the origin of `url` gets credentials.
        stay: Return the redirect that leads to another origin instead of following it.

    Returns:
        The first answer that is no redirect; its `url` says where it came from.

    Raises:
        ConnectError: A host could not be reached.
        ProtocolError: A redirect leads nowhere, to another scheme, or never ends.
    """

    def ask(here: str, own: bool) -> Flow[Response]:
        plain = without_user(here)
        response: Response = yield Request(
            "GET", plain, headers=headers, credentials=own, timeout=timeout
        )
        return response._replace(url=plain)

    def refuse(here: str, status: int, target: str | None) -> ProtocolError:
        what = f"{redact(url)} redirects more than {MAX_REDIRECTS} times, last to {redact(here)}."
        if target is not None:
            shown = f'"{one_line(redact(target), 200)}", which is not an http address'
            what = f"{redact(here)} redirects ({status}) to {shown}."
        advice = "Check the address."
        return ProtocolError(f"{what} {advice}", status=status)

    most = MAX_REDIRECTS
    return follow(ask, url, home=url, most=most, refuse=refuse, own=credentials, stay=stay)


def connect(url: str, *, auth: tuple[str, str] | None = None) -> Flow[AppConfig]:
    """Read an app's `/config`, logging in when it asks for that.

    One request when all is well. The login is sent only when the app answers 401, and only to the
    origin that the user named.

    Args:
        url: The app's base address (`urls.normalize_url`).
        auth: User name and password, or None.

    Returns:
        The configuration; its `base_url` is where `/config` was found after redirects.

    Raises:
        AuthenticationError: The app wants a login and none was given, or refused the one given.
        ConnectError: The app could not be reached.
        ConnectionLostError: The connection broke while reading.
        RateLimitedError: It answered 429.
        UnsupportedVersionError: Its Gradio is older than 4.22.
        ProtocolError: What answers is not a Gradio app.
    """
    response = yield from get(f"{url}/config")
    if response.status == HTTPStatus.UNAUTHORIZED and auth is not None:
        base = _base_of(response.url, url)
        if not trusted(url, base):
            raise AuthenticationError(
                f"{redact(url)} redirects to {redact(base)}, which wants a login; it was not sent "
                "there. Use that address if you trust it."
            )
        yield from log_in(base, auth)
        response = yield from get(f"{base}/config")
    if response.status == HTTPStatus.NOT_FOUND:
        raise (yield from _not_here(url, response))
    document = decode_json(response, "reading /config")
    return AppConfig(document, _base_of(response.url, url))


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


def read_info(config: AppConfig, *, all_endpoints: bool = False) -> Flow[AppInfo]:
    """Read an app's `/info`.

    Args:
        config: The app's configuration.
        all_endpoints: Also the endpoints that the app does not list but lets clients call.

    Raises:
        AuthenticationError: The login is missing or has ended.
        ProtocolError: The answer is no description of endpoints.
    """
    response = yield from get(config.info_url + ("?all_endpoints=true" if all_endpoints else ""))
    return AppInfo(decode_json(response, "reading /info"), config.base_url)


def _base_of(config_url: str, asked: str) -> str:
    parts = urlsplit(config_url)
    if parts.path.rstrip("/").endswith("/config"):
        return f"{parts.scheme}://{parts.netloc}{clean_path(parts.path)}"
    return asked


def _not_here(url: str, response: Response) -> Flow[GradioSessionError]:
    """The error for an address without `/config`.

    It names the address above that has one, as a page of an app has its app above it.
    """
    for parent in parent_urls(url):
        try:
            above: Response = yield Request("GET", f"{parent}/config", credentials=False)
        except GradioSessionError:
            break
        if _is_gradio(above):
            found = redact(parent)
            return ProtocolError(
                f"No Gradio app answers at {redact(url)}, but one does at {found}: use that "
                f'address ("{found}").',
                status=response.status,
            )
    if not response.body:
        return error_of(response, "reading /config")
    advice = "Check the path: it has to be the one that the app is mounted at."
    if "/" not in urlsplit(url).path:
        advice = (
            "If the app is mounted under a path, give the whole address, such as "
            f'"{redact(url)}/gradio".'
        )
    what = f"No Gradio app answers at {redact(url)}: /config is not found there (404)."
    return ProtocolError(f"{what} {advice}", status=response.status)


def _is_gradio(response: Response) -> bool:
    if response.status not in (HTTPStatus.OK, HTTPStatus.UNAUTHORIZED):
        return False
    document = object_of(decode(response.body))
    if response.status == HTTPStatus.OK:
        return "dependencies" in document
    return "Not authenticated" in str(document.get("detail"))
