"""Reads a running Gradio app, through the runtime's own connection."""

from __future__ import annotations

import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.source.advice import in_options
from gradio_codegen.source.options import ReadingOptions
from gradio_session.generator_interface import (
    Connection,
    GradioSessionError,
    Options,
    decode_json,
    get,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.generator_interface import Flow, Waiting

__all__ = ["Fetched", "fetch"]


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


def fetch(
    address: str,
    options: ReadingOptions | None = None,
    *,
    undocumented: bool = False,
    etag: str | None = None,
    progress: Callable[[Waiting], object] | None = None,
) -> Fetched:
    """Read a running app.

    Args:
        address: Its address, or the id of a Space.
        options: How to read it, expanded; None for what is usual.
        undocumented: Ask for the undocumented endpoints too.
        etag: The `etag` of an earlier reading.
        progress: Is told the state of an app that is waited for, before each pause.

    Returns:
        Its descriptions.

    Raises:
        CommandError: It cannot be reached, wants a login, is not a Gradio app or an older one than
            4.22. The message names options of the command.
    """
    options = options or ReadingOptions()
    deadline = time.monotonic() + options.patience
    try:
        settings = Options(**options.of_session(), heartbeat_timeout=options.silence)
        connection = Connection(address, settings)
        try:
            flow = _read(connection, options, progress, undocumented=undocumented, etag=etag)
            return connection.run(flow, deadline)
        finally:
            connection.close()
    except GradioSessionError as error:
        raise CommandError(in_options(str(error))) from error


def _read(
    connection: Connection,
    options: ReadingOptions,
    progress: Callable[[Waiting], object] | None,
    *,
    undocumented: bool,
    etag: str | None,
) -> Flow[Fetched]:
    if options.wait is not None:
        yield from connection.wait_ready(options.wait, progress)
    config = connection.config or (yield from connection.connect())
    address = config.info_url + ("?all_endpoints=true" if undocumented else "")
    response = yield from get(address, headers={"if-none-match": etag} if etag else None)
    if etag is not None and response.status == HTTPStatus.NOT_MODIFIED:
        return Fetched(None, dict(config.document), etag)
    info = decode_json(response, "reading /info")
    return Fetched(info, dict(config.document), response.headers.get("etag"))
