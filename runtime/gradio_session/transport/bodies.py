"""Bodies that are read as a whole: how large they may be, and how they are decoded."""

from __future__ import annotations

import zlib
from contextlib import suppress

from gradio_session.errors import ProtocolError

__all__ = ["MAX_BODY", "decode_body", "too_large"]

MAX_BODY = 256 * 1024 * 1024
"""Largest body, in bytes and decoded, that is read as a whole.

Files and event streams are read in chunks and know no such limit.
"""


def decode_body(body: bytes, encoding: str, *, host: str, status: int) -> bytes:
    """A whole body without its content encoding.

    Raises:
        ProtocolError: The encoding is neither gzip nor deflate (none was asked for), its data is
            broken, or it decodes to more than `MAX_BODY` bytes.
    """
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise ProtocolError(
            f"{host} answered in an encoding that was not asked for ({encoding[:40]!r}). "
            "A proxy in between may add it.",
            status=status,
        )
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 32)
    decoded = b""
    with suppress(zlib.error):
        decoded = decoder.decompress(body, MAX_BODY)
    if decoder.unconsumed_tail:
        raise too_large(host, status)
    if not decoder.eof:
        text = f"{host} sent a body whose {encoding} data is broken or ends too early."
        raise ProtocolError(text, status=status)
    return decoded


def too_large(host: str, status: int) -> ProtocolError:
    """The error for a body of more than `MAX_BODY` bytes."""
    size = MAX_BODY // 1024 // 1024
    return ProtocolError(
        f"{host} sent an answer of more than {size} MiB where a short one belongs.", status=status
    )
