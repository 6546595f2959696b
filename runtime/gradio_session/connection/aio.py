"""The connection of asynchronous sessions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from gradio_session.connection.base import ConnectionBase, TransportSettings

if TYPE_CHECKING:
    from gradio_session.connection.options import Options
    from gradio_session.protocol.app_schema.config import AppConfig
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.transport.aio import AsyncTransport

__all__ = ["AsyncConnection"]

T = TypeVar("T")


class AsyncConnection(ConnectionBase):
    """See `ConnectionBase`. For one event loop at a time."""

    def __init__(self, app_url: str, options: Options) -> None:
        super().__init__(app_url, options)
        self._transport: AsyncTransport | None = None
        self._connecting: asyncio.Task[AppConfig] | None = None

    @property
    def transport(self) -> AsyncTransport:
        """The transport, made (and httpx imported) when first needed."""
        transport = self._transport
        if transport is None:
            from gradio_session.transport.aio import AsyncTransport  # noqa: PLC0415 - the import costs more than all the rest

            transport = self._transport = AsyncTransport(
                TransportSettings(self.options, self.credentials, self.base_url)
            )
        return transport

    async def ready(self, deadline: float | None = None) -> AppConfig:
        """The app's configuration; several tasks at once read it once, and one of them that is cancelled does not take it from the others."""
        if self.config is not None:
            return self.config
        task = self._connecting
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            task = self._connecting = asyncio.create_task(self.run(self.connect(), deadline))
            task.add_done_callback(
                lambda done: done.cancelled() or done.exception()
            )  # an error that nobody waits for is not reported
        return await asyncio.shield(task)

    async def run(self, flow: Flow[T], deadline: float | None = None) -> T:
        """Run a flow."""
        return await self.transport.run(flow, deadline=deadline)

    async def close(self) -> None:
        """Close every connection."""
        if self._connecting is not None and not self._connecting.done():
            self._connecting.cancel()
        if self._transport is not None:
            await self._transport.aclose()

    def after_fork(self) -> None:
        """In a child process: nothing of the parent's connections is touched."""
        self._logins_in_flight = {}
        self._transport = None
        self._connecting = None
