"""The connection of synchronous sessions."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from gradio_session.connection.prepare import PreparingConnection

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
        self._transport: SyncTransport | None = None
        self._making = threading.Lock()

    @property
    def transport(self) -> SyncTransport:
        """The transport, made when first needed."""
        if self._transport is None:
            # A door: httpx costs more to import than all the rest, and a session may never call.
            from gradio_session.transport.sync import SyncTransport  # noqa: PLC0415

            with self._making:
                self._transport = self._transport or SyncTransport(
                    self.options, self.base_url, self.credentials
                )
        return self._transport

    def ready(self, deadline: float | None = None) -> object:
        """The app's configuration; several threads at once read it once."""
        return self.config or self.run(self.connected(), deadline)

    def run(self, flow: Flow[T], deadline: float | None = None) -> T:
        """Run a flow."""
        return (self._transport or self.transport).run(flow, deadline=deadline)

    def close(self) -> None:
        """Close every connection."""
        if self._transport is not None:
            self._transport.close()

    def after_fork(self) -> None:
        """In a child process: nothing of the parent's connections is touched."""
        self._making = threading.Lock()
        self._in_flight = {}
        self._transport = None
