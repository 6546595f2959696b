"""Asking the server to cancel."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from gradio_session.protocol.base.effects import Flow, Request, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradio_session.protocol.operations.submit import AppAccess
    from gradio_session.protocol.queue.call_state import CallState

__all__ = ["request_cancel"]


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
