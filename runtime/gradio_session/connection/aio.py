"""The connection of asynchronous sessions."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

from gradio_session.connection.prepare import PreparingConnection
from gradio_session.errors import CallTimeoutError

if TYPE_CHECKING:
    from gradio_session.connection.options import Options
    from gradio_session.protocol.app_schema.config import AppConfig
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.transport.aio import AsyncTransport

__all__ = ["AsyncConnection"]

T = TypeVar("T")


class AsyncConnection(PreparingConnection):
    """See `ConnectionBase`. For one event loop at a time."""

    def __init__(self, app_url: str, options: Options) -> None:
        super().__init__(app_url, options)
        self._transport: AsyncTransport | None = None
        self._connecting: asyncio.Task[AppConfig] | None = None

    @property
    def transport(self) -> AsyncTransport:
        """The transport, made when first needed."""
        if self._transport is None:
            # A door: httpx costs more to import than all the rest, and a session may never call.
            from gradio_session.transport.aio import AsyncTransport  # noqa: PLC0415

            self._transport = AsyncTransport(self.options, self.base_url, self.credentials)
        return self._transport

    async def ready(self, deadline: float | None = None) -> object:
        """The app's configuration; several tasks at once read it once.

        A task that is cancelled meanwhile, or runs out of time, does not take it from the others.
        """
        if self.config is not None:
            return self.config
        task = self._connecting
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            task = self._connecting = asyncio.create_task(self.run(self.connect()))
            task.add_done_callback(_heard)
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        await asyncio.wait([task], timeout=left)
        if not task.done():
            raise CallTimeoutError("The deadline has passed.")
        return task.result()

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
        self._in_flight = {}
        self._transport = None
        self._connecting = None


def _heard(task: asyncio.Task[AppConfig]) -> None:
    """Look at the error of a task, so that asyncio does not report one that no caller awaited."""
    if not task.cancelled():
        task.exception()
