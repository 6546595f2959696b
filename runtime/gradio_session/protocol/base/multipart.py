"""The body of an upload: one file in `multipart/form-data` (RFC 7578), made chunk by chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Multipart"]


class Multipart:
    """A form with a single file in the field `files`, which is what Gradio's `/upload` takes.

    Args:
        name: The file's name, without any folder.
        mime_type: Its type.
        chunks: Makes a fresh iterator over its content.
        size: Its length in bytes, or None when it is not known before it was read.
        boundary: Text that does not occur in the content; at least 128 random bits.

    Attributes:
        content_type: Value of the Content-Type header.
        length: Length of the whole body in bytes, or None.
        head_length: Length of what stands before the content.
    """

    def __init__(
        self,
        name: str,
        mime_type: str,
        chunks: Callable[[], Iterator[bytes]],
        size: int | None,
        boundary: str,
    ) -> None:
        quoted = "".join(
            "_" if character in '"\\' or not character.isprintable() else character
            for character in name
        )
        disposition = f'form-data; name="files"; filename="{quoted}"'
        head = f"Content-Disposition: {disposition}\r\nContent-Type: {mime_type}\r\n\r\n"
        self._head = f"--{boundary}\r\n{head}".encode("utf-8", "replace")
        self._tail = f"\r\n--{boundary}--\r\n".encode("ascii")
        self._chunks = chunks
        self.head_length = len(self._head)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self.length = None if size is None else len(self._head) + size + len(self._tail)

    def __call__(self) -> Iterator[bytes]:
        """The body's chunks."""
        yield self._head
        yield from self._chunks()
        yield self._tail
