"""The connection of synchronous sessions."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeVar

from gradio_session.connection.base import TransportSettings
from gradio_session.connection.prepare import PreparingConnection
from gradio_session.errors import CallTimeoutError

if TYPE_CHECKING:
    from gradio_session.connection.options import Options
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.transport.sync import SyncTransport

__all__ = ["Connection"]

T = TypeVar("T")


class Connection(PreparingConnection):
    """See `ConnectionBase`. Safe to share between threads."""

    def __init__(self, app_url: str, options: Options) -> None:
        super().__init__(app_url, options)
        self._lock = threading.Lock()
        self._transport: SyncTransport | None = None

    @property
    def transport(self) -> SyncTransport:
        """The transport, made when first needed."""
        if self._transport is None:
            # A door: httpx costs more to import than all the rest, and a session may never call.
            from gradio_session.transport.sync import SyncTransport  # noqa: PLC0415

            settings = TransportSettings(self.options, self.credentials, self.base_url)
            self._transport = SyncTransport(settings)
        return self._transport

    def ready(self, deadline: float | None = None) -> object:
        """The app's configuration; several threads at once read it once."""
        config = self.config
        if config is None:
            left = -1 if deadline is None else max(0.0, deadline - time.monotonic())
            if not self._lock.acquire(timeout=left):
                raise CallTimeoutError("The deadline has passed.")
            try:
                config = self.config or self.run(self.connect(), deadline)
            finally:
                self._lock.release()
        return config

    def run(self, flow: Flow[T], deadline: float | None = None) -> T:
        """Run a flow."""
        return (self._transport or self.transport).run(flow, deadline=deadline)

    def close(self) -> None:
        """Close every connection."""
        if self._transport is not None:
            self._transport.close()

    def after_fork(self) -> None:
        """In a child process: nothing of the parent's connections is touched."""
        self._lock = threading.Lock()
        self._in_flight = {}
        self._transport = None
