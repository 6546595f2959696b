"""How an app is found and read: the flows behind the first request of a session."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from gradio_session.errors import AuthenticationError, GradioSessionError, ProtocolError
from gradio_session.protocol.app_schema.config import AppConfig
from gradio_session.protocol.app_schema.info import AppInfo
from gradio_session.protocol.base.effects import Flow, Request, Response
from gradio_session.protocol.base.json_values import is_object
from gradio_session.protocol.base.text import one_line
from gradio_session.protocol.base.urls import clean_path, origin, parent_urls, redact, trusted
from gradio_session.protocol.operations.login import log_in
from gradio_session.protocol.operations.responses import decode_json, error_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["connect", "get", "read_info"]

MAX_REDIRECTS = 10
REDIRECTS = frozenset({301, 302, 303, 307, 308})


def get(
    url: str, *, headers: Mapping[str, str] | None = None, timeout: float | None = None
) -> Flow[Response]:
    """GET with redirects followed hop by hop; from the first hop to another origin on, no credentials are sent.

    Args:
        url: Where to begin.
        headers: Headers that any host may see.
        timeout: Seconds without a byte before a hop fails; None for the session's choice.

    Returns:
        The first answer that is no redirect; its `url` says where it came from.

    Raises:
        ConnectError: A host could not be reached.
        ProtocolError: A redirect leads nowhere, to another scheme, or never ends.
    """
    credentials = True
    here = url
    for _ in range(MAX_REDIRECTS + 1):
        response: Response = yield Request(
            "GET", here, headers=headers, credentials=credentials, timeout=timeout
        )
        if response.status not in REDIRECTS:
            response.url = here
            return response
        here = _next_hop(here, response)
        credentials = credentials and trusted(url, here)
    raise ProtocolError(
        f"{redact(url)} redirects more than {MAX_REDIRECTS} times, last to {redact(here)}. Check the address of the app.",
        status=302,
    )


def _next_hop(here: str, response: Response) -> str:
    location = response.headers.get("location", "")
    target = urljoin(here, location)
    try:
        origin(target)
    except ValueError:
        shown = one_line(redact(location), 200)
        message = f'{redact(here)} redirects ({response.status}) to "{shown}", which is no http address. Check the address of the app.'
        raise ProtocolError(message, status=response.status) from None
    parts = urlsplit(target)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()


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
                f"{redact(url)} redirects to {redact(base)}, which wants a login; it was not sent there. Use that address if you trust it."
            )
        yield from log_in(base, auth)
        response = yield from get(f"{base}/config")
    if response.status == HTTPStatus.NOT_FOUND:
        raise (yield from _not_here(url, response))
    document = decode_json(response, "reading /config")
    return AppConfig(document, _base_of(response.url, url))


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
    """The error for an address without `/config`; names the address above it that has one, as a page of an app has its app above it."""
    for parent in parent_urls(url):
        try:
            above: Response = yield Request("GET", f"{parent}/config", credentials=False)
        except GradioSessionError:
            break
        if _is_gradio(above):
            message = f'No Gradio app answers at {redact(url)}, but one does at {redact(parent)}: use that address ("{redact(parent)}").'
            return ProtocolError(message, status=response.status)
    if "/" in urlsplit(url).path:
        return _no_app(
            url, response, "Check the path: it has to be the one that the app is mounted at."
        )
    return _no_app(
        url,
        response,
        f'If the app is mounted under a path, give the whole address, such as "{redact(url)}/gradio".',
    )


def _no_app(url: str, response: Response, advice: str) -> GradioSessionError:
    if not response.body:
        return error_of(response, "reading /config")
    return ProtocolError(
        f"No Gradio app answers at {redact(url)}: /config is not found there (404). {advice}",
        status=404,
    )


def _is_gradio(response: Response) -> bool:
    if response.status not in (HTTPStatus.OK, HTTPStatus.UNAUTHORIZED):
        return False
    try:
        document: Any = decode_json(
            Response(200, response.headers, response.body, response.url), "looking for /config"
        )
    except ProtocolError:
        return False
    return is_object(document) and (
        "dependencies" in document
        if response.status == HTTPStatus.OK
        else "Not authenticated" in str(document.get("detail"))
    )
