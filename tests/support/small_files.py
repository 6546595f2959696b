"""A small file of each kind, and what is equal to every file that shows or sounds the same."""

from __future__ import annotations

import io
import wave

import numpy as np
from PIL import Image


def _png() -> bytes:
    picture = Image.new("RGB", (16, 16), "red")
    picture.putpixel((3, 5), (0, 255, 0))
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


def _wav() -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(range(200)) * 8)
    return content.getvalue()


PNG, WAV, TEXT, MP4, OBJ = (
    _png(),
    _wav(),
    "hé\n".encode(),
    b"not really a video",
    b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n",
)


class Pixels:
    """Equal to the bytes of any picture with these pixels."""

    def __init__(self, picture: bytes | np.ndarray) -> None:
        self.pixels = _pixels(picture) if isinstance(picture, bytes) else picture

    def __eq__(self, other: object) -> bool:
        return isinstance(other, bytes) and np.array_equal(_pixels(other), self.pixels)

    def __hash__(self) -> int:
        return hash(self.pixels.tobytes())

    def __repr__(self) -> str:
        return f"<picture of {self.pixels.shape}>"


class Samples:
    """Equal to the bytes of any WAV file with these samples."""

    def __init__(self, sound: bytes) -> None:
        self.samples = _samples(sound)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, bytes) and _samples(other) == self.samples

    def __hash__(self) -> int:
        return hash(self.samples)


def _pixels(picture: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


def _samples(sound: bytes) -> tuple[int, bytes]:
    with wave.open(io.BytesIO(sound)) as file:
        return file.getframerate(), file.readframes(file.getnframes())
