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
    from gradio_session.protocol.app_schema.config import AppConfig
    from gradio_session.protocol.base.effects import Flow, Response
    from gradio_session.protocol.queue.call_state import CallState
    from gradio_session.protocol.queue.multiplexer import StreamMultiplexer

__all__ = ["CLOSE_TIMEOUT", "Closing"]

CLOSE_TIMEOUT = 2.0
"""Seconds that a request to cancel may take while a session closes."""


class Closing(CallControl):
    """See `CallControl`."""

    def _begin_close(self) -> tuple[StreamMultiplexer, Flow[bool] | None, list[CallState]] | None:
        """What is to be closed, what tells the server, and its calls; None if it is closed."""
        with self._lock:
            if self.closed:
                return None
            self.closed = True
            multiplexer = self.multiplexer
            known = self.heard or self.follows is None
            targets = multiplexer.cancel_targets() if known else []
            config = self._app.config
            ours = self.follows is None and multiplexer.newest > 0 and multiplexer.dead is None
            tracked = ours and config is not None and config.connect_heartbeat
            leaving = self._leave_server(multiplexer, targets, config if tracked else None)
            states = list(multiplexer.alive.values())
            return multiplexer, leaving if targets or tracked else None, states

    def _leave_server(
        self, multiplexer: StreamMultiplexer, targets: list[CallState], config: AppConfig | None
    ) -> Flow[bool]:
        """Tell the server that everything ends.

        Args:
            multiplexer: The session hash.
            targets: The calls to name in `/cancel`.
            config: Of an app that keeps track of its sessions: it ends one (`unload` runs, its
                state is freed) when the page's heartbeat is dropped, so that is opened and dropped.

        Returns:
            Whether there were calls, and the server has taken every request to cancel.
        """
        for state in targets:
            if not (yield from self._request_cancel(multiplexer, state, CLOSE_TIMEOUT)):
                return False
        if config is not None:
            url = config.heartbeat_url(multiplexer.session_hash)
            with suppress(GradioSessionError):
                yield from self._open_and_drop(url, CLOSE_TIMEOUT)
        return bool(targets)

    def _open_and_drop(self, url: str, timeout: float | None = None) -> Flow[None]:
        """Open an event stream, and leave it once its first bytes have come."""
        response: Response = yield Request(
            "GET", url, headers=self.headers, timeout=timeout, stream=True
        )
        try:
            yield Read(response)
        finally:
            yield Close(response)

    def _end_all(
        self, multiplexer: StreamMultiplexer, states: list[CallState], *, on_server: bool
    ) -> None:
        with self._lock:
            for state in states:
                state.cancel(
                    time.monotonic(),
                    on_server=on_server,
                    why="was cancelled, as its session was closed",
                )
            self._resume = None
        self._after(multiplexer)

    def _forget_parent(self) -> None:
        """In a child process: threads, loops, connections and calls are the parent's.

        Locks may be held by threads that are not here, so they are replaced, not acquired.
        """
        self._delivering = threading.Lock()
        self._drain_wakers = []
        self._resume = None
        self._timing = False
        self._callbacks.clear()
        self.multiplexer.lose(forked_error(), 0.0)
