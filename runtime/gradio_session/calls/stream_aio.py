"""A stream of inputs of asynchronous code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradio_session.calls.stream_base import SendT, StreamBase, T

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator

    from typing_extensions import Self

    from gradio_session.calls.aio import AsyncCall

__all__ = ["AsyncStream"]


class AsyncStream(StreamBase[T, SendT]):
    """A call that takes its input in chunks, as a task of the running loop; see `Stream`.

    `await stream.send(...)` gives the next chunk, `async for` every output, `await stream` the
    last one.
    """

    @property
    def call(self) -> AsyncCall[T]:
        """The call: its id, its status, its events."""
        call: AsyncCall[T] = self._call
        return call

    async def _send(self, *values: object, **named: object) -> None:
        core, sender = self._call.__gradio__, self._sender
        prepared, data = await sender.load(sender.parameters(values, named))
        while not sender.put(prepared, data):
            await core.source.pause(core.state)

    async def cancel(self) -> bool:
        """End the stream at once; chunks that wait are not sent. See `Call.cancel`."""
        return await self.call.cancel()

    async def result(self, timeout: float | None = None) -> T:
        """Wait until the stream has ended; the last output. See `Stream.result`."""
        return await self.call.result(timeout)

    def __await__(self) -> Generator[Any, None, T]:
        return self.result().__await__()

    def __aiter__(self) -> AsyncIterator[T]:
        """Every output as it comes, to the end of the stream.

        Raises:
            GradioSessionError: What awaiting raises, after the last output.
        """
        return aiter(self.call)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if kind is None:
            self.close()
        elif not self.done:
            await self.cancel()
