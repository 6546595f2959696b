"""How an event stream ends: what the server is told, and what becomes of the calls."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from gradio_session.errors import GradioSessionError
from gradio_session.protocol.base.effects import Close, Read, Request
from gradio_session.stream.control import CallControl
from gradio_session.stream.errors import forked_error

if TYPE_CHECKING:
    from gradio_session.protocol.base.effects import Flow, Response

__all__ = ["CLOSE_TIMEOUT", "Closing"]

CLOSE_TIMEOUT = 2.0
"""Seconds that a request to cancel may take while a session closes."""


class Closing(CallControl):
    """See `CallControl`."""

    def _begin_close(self) -> bool:
        """Nothing is posted from now on; whether it was open."""
        with self._lock:
            was_closed, self.closed = self.closed, True
        return not was_closed

    def _ending(self) -> Flow[None]:
        """End the calls, on the server and here, and the stream.

        An app may keep track of its sessions: it ends one (`unload` runs, its state is freed) when
        the page's heartbeat is dropped, so that is opened and dropped.
        """
        multiplexer, config = self.multiplexer, self._app.config
        ours = self.follows is None and multiplexer.dead is None
        with self._lock:
            states = list(multiplexer.alive.values())
            targets = multiplexer.cancel_targets() if ours or self.heard else []
        reached = True
        for state in targets:
            reached = reached and (
                yield from self._request_cancel(multiplexer, state, CLOSE_TIMEOUT)
            )
        if reached and ours and config is not None and config.connect_heartbeat:
            with suppress(GradioSessionError):
                url = config.heartbeat_url(multiplexer.session_hash)
                yield from self._open_and_drop(url, CLOSE_TIMEOUT)
        why = "was cancelled, as its session was closed"
        with self._lock:
            for state in states:
                state.cancel(time.monotonic(), on_server=reached and bool(targets), why=why)
        self._after()
        response, self._response = self._response, None
        if response is not None:
            yield Close(response)

    def _open_and_drop(self, url: str, timeout: float | None = None) -> Flow[None]:
        """Open an event stream, and leave it once its first bytes have come."""
        response: Response = yield Request(
            "GET", url, headers=self.headers, timeout=timeout, stream=True
        )
        try:
            yield Read(response)
        finally:
            yield Close(response)

    def _forget_parent(self) -> None:
        """In a child process: threads, loops, connections and calls are the parent's.

        Locks may be held by threads that are not here, so they are replaced, not acquired.
        """
        self._delivering = threading.Lock()
        self._response = None
        self._drain_wakers = []
        self._timing = False
        self._callbacks.clear()
        self.multiplexer.lose(forked_error(), 0.0)
