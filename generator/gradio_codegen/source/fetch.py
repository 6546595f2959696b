"""Reads a running Gradio app, through the runtime's own flows."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from gradio_codegen.base.diagnostics import CommandError
from gradio_session.generator_interface import (
    AuthenticationError,
    Credentials,
    GradioSessionError,
    SyncTransport,
    connect,
    decode_json,
    get,
    locate,
    normalize_url,
    space_id_of,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from gradio_session.generator_interface import Flow

__all__ = ["DEFAULT_TIMEOUT", "Fetched", "fetch"]

DEFAULT_TIMEOUT = 30.0
"""Seconds for everything that reading an app takes."""


Result = TypeVar("Result")


@dataclass(frozen=True)
class Fetched:
    """An app's two descriptions.

    Attributes:
        info: What `/info` answered; None if it is the one that `etag` stood for.
        config: What `/config` answered.
        etag: What the server calls this `/info`; None where it offers none.
    """

    info: dict[str, Any] | None
    config: dict[str, Any]
    etag: str | None


@dataclass
class _Options:
    """What the runtime's transport asks for."""

    base_url: str
    headers: Mapping[str, str]
    heartbeat_timeout: float
    proxy: Any = None
    verify: bool | str | ssl.SSLContext = True
    cert: str | tuple[str, ...] | None = None
    http: Any = None
    cookies: Mapping[str, str] = field(default_factory=dict[str, str])


def fetch(
    address: str,
    *,
    token: str | None = None,
    auth: tuple[str, str] | None = None,
    undocumented: bool = False,
    timeout: float = DEFAULT_TIMEOUT,
    etag: str | None = None,
) -> Fetched:
    """Read a running app.

    Args:
        address: Its address, or the id of a Space.
        token: A token to read it with.
        auth: User name and password.
        undocumented: Ask for the undocumented endpoints too.
        timeout: Seconds for everything.
        etag: The `etag` of an earlier reading.

    Returns:
        Its descriptions.

    Raises:
        CommandError: It cannot be reached, wants a login, is not a Gradio app or an older one than
            4.22.
    """
    try:
        space_id = space_id_of(address)
        if space_id is None:
            url, secret = normalize_url(address), token
        else:
            space = _run(_Options("", {}, timeout), locate(space_id, token=token), timeout)
            url, secret = space.url, space.token
        headers = Credentials(url, token=secret, space=space_id is not None).headers_for(url)
        flow = _read(url, auth, undocumented=undocumented, etag=etag)
        return _run(_Options(url, headers, timeout), flow, timeout)
    except AuthenticationError as error:
        advice = "On the command line: --auth USER:PASSWORD, or --token TOKEN."
        raise CommandError(f"{error} {advice}") from error
    except GradioSessionError as error:
        raise CommandError(str(error)) from error


def _read(
    url: str, auth: tuple[str, str] | None, *, undocumented: bool, etag: str | None
) -> Flow[Fetched]:
    config = yield from connect(url, auth=auth)
    address = config.info_url + ("?all_endpoints=true" if undocumented else "")
    response = yield from get(address, headers={"if-none-match": etag} if etag else None)
    if etag is not None and response.status == HTTPStatus.NOT_MODIFIED:
        return Fetched(None, dict(config.document), etag)
    info = decode_json(response, "reading /info")
    return Fetched(info, dict(config.document), response.headers.get("etag"))


def _run(options: _Options, flow: Flow[Result], timeout: float) -> Result:
    transport = SyncTransport(options)
    try:
        return transport.run(flow, deadline=time.monotonic() + timeout)
    finally:
        transport.close()
