"""The form of every hash that modules, locks and copies of the runtime hold."""

from __future__ import annotations

import hashlib

__all__ = ["digest"]


def digest(content: str | bytes) -> str:
    """Return the hash of a text or of bytes: `"sha256:"` and 64 hexadecimal digits.

    A half of a surrogate pair, which JSON may hold, is hashed like any other character.
    """
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return "sha256:" + hashlib.sha256(data).hexdigest()
