"""A stream of inputs on a command line: chunks go out while outputs are written."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from gradio_session.cli.output import print_call
from gradio_session.errors import GradioSessionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gradio_session.cli.output import Printer

__all__ = ["print_stream"]


def print_stream(
    opened: Any, chunks: Sequence[Mapping[str, Any]], printer: Printer, *, stream: bool
) -> None:
    """Send the chunks of a stream in a thread, and write its outputs.

    Args:
        opened: The stream, opened with its first chunk.
        chunks: The parameters of each chunk that follows.
        printer: Writes the results.
        stream: Write every output as it comes.

    Raises:
        GradioSessionError: The stream failed, or a chunk was refused.
    """
    sending = _Sending(opened, chunks)
    try:
        print_call(opened, printer, stream=stream)
    except GradioSessionError as error:
        raise sending.error or error from None


class _Sending(threading.Thread):
    """Sends the chunks of a stream while its outputs are read.

    Attributes:
        error: What was wrong with a chunk, or None.
    """

    def __init__(self, stream: Any, chunks: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(daemon=True)
        self.error: GradioSessionError | None = None
        self._stream = stream
        self._chunks = chunks
        self.start()

    def run(self) -> None:
        try:
            for chunk in self._chunks:
                self._stream.send(**chunk)
            self._stream.close()
        except GradioSessionError as error:
            if not self._stream.done:
                self.error = error
                self._stream.cancel()
