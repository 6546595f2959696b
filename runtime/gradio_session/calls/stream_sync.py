"""A stream of inputs of synchronous code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradio_session.calls.stream_base import SendT, StreamBase, T

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self

    from gradio_session.calls.sync import Call

__all__ = ["Stream"]


class Stream(StreamBase[T, SendT]):
    """A call that takes its input in chunks, such as sound from a microphone.

    `send` gives the next chunk, `close` says that it was the last. Iterating gives the output of
    every chunk as it comes; `result()` waits for the last one. Chunks are sent and outputs are read
    at their own pace. As a context manager it is closed when the block is left, and cancelled when
    that is by an error.
    """

    @property
    def call(self) -> Call[T]:
        """The call: its id, its status, its events."""
        call: Call[T] = self._call
        return call

    def _send(self, *values: object, **named: object) -> None:
        core, sender = self._call.__gradio__, self._sender
        prepared, data = sender.load(sender.parameters(values, named))
        while not sender.put(prepared, data):
            core.source.pause(core.state)

    def cancel(self) -> bool:
        """End the stream at once; chunks that wait are not sent. See `Call.cancel`."""
        return self.call.cancel()

    def result(self, timeout: float | None = None) -> T:
        """Wait until the stream has ended; the last output.

        It ends after `close`, or with an error.

        Args:
            timeout: Seconds to wait; the stream goes on after that.

        Raises:
            CallTimeoutError: `timeout` passed, or the call's own, or the app ended the stream as
                its time limit was over or no chunk came.
            GradioSessionError: What `Call.result` raises.
        """
        return self.call.result(timeout)

    def __iter__(self) -> Iterator[T]:
        """Every output as it comes, to the end of the stream.

        Raises:
            GradioSessionError: What `result()` raises, after the last output.
        """
        return iter(self.call)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if kind is None:
            self.close()
        elif not self.done:
            self.cancel()
