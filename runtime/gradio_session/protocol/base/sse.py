"""The bytes of an event stream, cut into frames.

Gradio sends each message as one frame `data: {json}` with a blank line after it, nearly always in a
chunk of its own. The full grammar of server-sent events is understood all the same (comments, other
fields, CRLF, several `data` lines), as proxies add to it. Lines end at LF, CRLF or CR and nowhere
else: U+2028 and U+0085 are ordinary characters inside JSON.
"""

from __future__ import annotations

__all__ = ["FrameBuffer"]

_BOM = b"\xef\xbb\xbf"
"""What may stand before the first field."""


class FrameBuffer:
    """Collects chunks and gives back the frames that they complete.

    The time taken is linear in the bytes fed, however they are cut.
    """

    __slots__ = ("_buffer", "_carriage", "_searched")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._carriage = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take the next bytes of the stream.

        Args:
            chunk: Any number of bytes, cut anywhere, even inside a character.

        Returns:
            The payloads (the `data` of each frame, without the field's name) of every frame that
            the chunk completed, in order.
        """
        if (
            not self._buffer
            and chunk.startswith(b"data: ")
            and chunk.find(b"\n") == len(chunk) - 2
            and chunk.endswith(b"\n")
        ):
            self._carriage = False
            return [chunk[6:-2]]
        self._append(chunk)
        return self._take()

    def _append(self, chunk: bytes) -> None:
        if self._carriage and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        if chunk:
            self._carriage = chunk.endswith(b"\r")
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        self._buffer += chunk

    def _take(self) -> list[bytes]:
        frames: list[bytes] = []
        start = 0
        buffer = self._buffer
        while (end := buffer.find(b"\n\n", max(start, self._searched))) >= 0:
            payload = _payload(buffer, start, end)
            if payload is not None:
                frames.append(payload)
            start = self._searched = end + 2
        if start == len(buffer):
            self._buffer = bytearray()  # frees the memory of a large message; `clear` need not
        else:
            del buffer[:start]
        self._searched = max(0, len(self._buffer) - 1)
        return frames


def _payload(buffer: bytearray, start: int, end: int) -> bytes | None:
    """The `data` of the lines between two places; None when they have none (comments)."""
    if buffer.startswith(b"data: ", start) and buffer.find(b"\n", start, end) < 0:
        with memoryview(buffer) as view:
            return bytes(view[start + 6 : end])  # the one copy of a large message
    lines: list[bytes] = []
    for line in bytes(buffer[start:end]).split(b"\n"):
        name, _, value = line.partition(b":")
        if name.removeprefix(_BOM) == b"data":
            lines.append(value.removeprefix(b" "))
    return b"\n".join(lines) if lines else None
