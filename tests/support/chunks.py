"""Chunks for endpoints that take a stream: a bit of sound, a picture."""

from __future__ import annotations

import io
import struct
import wave
import zlib

__all__ = ["png", "sound"]


def sound(samples: int) -> bytes:
    """A WAV file of that many samples of silence."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * samples))
    return buffer.getvalue()


def png(rows: list[tuple[int, int, int]]) -> bytes:
    """A PNG file with one pixel of each colour, from top to bottom."""
    pixels = b"".join(b"\0" + bytes(colour) for colour in rows)
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", 1, len(rows), 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(pixels)),
        (b"IEND", b""),
    ]
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
