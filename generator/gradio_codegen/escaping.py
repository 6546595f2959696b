"""The one way by which an app's text enters generated code.

A template prints nothing but `Code`. Text becomes `Code` through a filter of this module, or because the generator composed it from such parts.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

__all__ = ["Code", "comment", "docstring", "is_visible", "literal", "one_line"]

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_SHORT: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_CODING = re.compile(r"(coding)[:=]", re.IGNORECASE)


class Code(str):
    """Text that is safe to stand in a generated module as it is."""

    __slots__ = ()


def literal(value: object) -> Code:
    """A Python literal that evaluates to `value`.

    Args:
        value: None, a bool, an int, a finite float, a str, or a tuple, list or dict of such.

    Raises:
        TypeError: Another type of value.
    """
    if isinstance(value, str):
        return Code('"' + "".join(map(_escaped, value)) + '"')
    if value is None or isinstance(value, bool | int | float):
        return Code(repr(value))
    if isinstance(value, tuple):
        items = ", ".join(map(literal, value))
        return Code(f"({items},)" if len(value) == 1 else f"({items})")
    if isinstance(value, list):
        return Code("[" + ", ".join(map(literal, value)) + "]")
    if isinstance(value, dict):
        return Code("{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}")
    raise TypeError(f"no literal for a {type(value).__name__}")


def one_line(text: str, limit: int = 200) -> str:
    """Text without line breaks, runs of spaces and invisible characters, cut off at `limit` characters."""
    visible = "".join(" " if c.isspace() else c for c in text[: 4 * limit] if c.isspace() or not _is_hidden(c))
    joined = " ".join(visible.split())
    return joined if len(joined) <= limit else joined[: limit - 3].rstrip() + "..."


def is_visible(text: str) -> bool:
    """Whether every character of a text can be seen: no line breaks, controls, marks of direction or halves of characters."""
    return not any(map(_is_hidden, text))


def docstring(text: str) -> Code:
    """A line of text as it may stand between the quotes of a docstring."""
    visible = "".join(" " if c.isspace() else c for c in text[:10_000] if c.isspace() or not _is_hidden(c)).rstrip()
    escaped = visible.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return Code(escaped[:-1] + '\\"' if escaped.endswith('"') else escaped)


def comment(text: str) -> Code:
    """Text as it may stand in a comment: one line that no tool reads as a directive or as the encoding of the file."""
    return Code(_CODING.sub(r"\1 ", one_line(text).replace("#", "")))


def _escaped(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    if not _is_hidden(character):
        return character
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _is_hidden(character: str) -> bool:
    if " " <= character <= "~":
        return False
    category = unicodedata.category(character)
    return category in _HIDDEN or (category == "Zs" and character != " ")
