"""File names of strangers, made safe on every platform."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_NAME_BYTES", "candidates", "safe_name"]

MAX_NAME_BYTES = 180
"""Longest name in UTF-8; file systems take 255, and a number may follow."""

_MAX_EXTENSION_BYTES = 32
_FORBIDDEN = str.maketrans(dict.fromkeys('<>:"|?*', "_"))
_RESERVED = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"]
    + [f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789¹²³"]
)
_EXTENSION = re.compile(r"(?:\.tar)?\.[A-Za-z0-9_+-]+\Z")


def safe_name(name: str) -> str:
    """A file name without any folder that every platform takes, and nobody mistakes for another.

    What stands before the last slash or backslash is dropped, as are control characters and those
    that change the direction of text; what Windows forbids becomes "_"; a device name of Windows
    ("CON.txt"), a leading dot or a leading dash is made harmless; the name is cut to
    `MAX_NAME_BYTES` before its extension, which stays. If nothing is left, it is "file".
    """
    base = re.split(r"[/\\]", name)[-1]
    text = "".join(_visible(character) for character in base)
    text = unicodedata.normalize("NFC", text).translate(_FORBIDDEN)
    text = text.strip(" ").lstrip(".").rstrip(". ").lstrip(" ")
    if text.startswith(("-", "~")):
        text = f"_{text[1:]}"
    if not text.strip("_"):
        return "file"
    if text.partition(".")[0].rstrip(" ").upper() in _RESERVED:
        text = f"_{text}"
    return _cut(text)


def candidates(name: str, start: int = 0) -> Iterator[str]:
    """The name, then "name-1.ext", "name-2.ext" and so on: names to try until one is free.

    Args:
        name: A safe name.
        start: The number to begin with; 0 is the name itself.
    """
    stem, extension = _split(name)
    for number in range(start, start + 1_000_000):
        yield f"{stem}-{number}{extension}" if number else name


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Zs", "Zl", "Zp"):
        return " "
    return "" if category[0] == "C" else character


def _split(name: str) -> tuple[str, str]:
    match = _EXTENSION.search(name)
    if match is None or match.start() == 0 or len(match[0]) > _MAX_EXTENSION_BYTES:
        return name, ""
    return name[: match.start()], match[0]


def _cut(name: str) -> str:
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    stem, extension = _split(name)
    shortened = stem.encode()[: MAX_NAME_BYTES - len(extension)].decode("utf-8", "ignore")
    return shortened.rstrip(". ") + extension
