"""The only way of an app's text into generated code.

A template prints nothing but `Code`. Text becomes `Code` through a filter of this module, or
because the generator composed it of such parts.
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Final, cast

from gradio_session.generator_interface import is_list, is_object

__all__ = ["Code", "comment", "docstring", "is_visible", "literal", "one_line"]

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_SHORT: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_CLOSING = re.compile(r'"(?="")|"(?="*$)')
"""A quote that two others follow, or one at the end: three in a row would end a docstring."""

_CODING = re.compile(r"(coding)[:=]", re.IGNORECASE)


class Code(str):
    """Text that is safe to stand in a generated module as it is."""

    __slots__ = ()


def literal(value: object) -> Code:
    """Return a Python literal that evaluates to `value`.

    Args:
        value: None, a bool, an int, a finite float, a str, or a tuple, list or dict of such.

    Raises:
        TypeError: Another type of value.
    """
    if isinstance(value, str):
        if value.isascii() and value.isprintable():
            return Code('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"')
        return Code('"' + "".join(map(_escaped, value)) + '"')
    if (
        value is None
        or isinstance(value, bool | int)
        or (isinstance(value, float) and math.isfinite(value))
    ):
        return Code(repr(value))
    if isinstance(value, tuple):
        items = [literal(item) for item in cast("tuple[object, ...]", value)]
        return Code(f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})")
    if is_list(value):
        return Code("[" + ", ".join(map(literal, value)) + "]")
    if is_object(value):
        return Code(
            "{"
            + ", ".join(
                f"{literal(key)}: {literal(item)}"
                for key, item in cast("dict[object, object]", value).items()
            )
            + "}"
        )
    raise TypeError(f"no literal for a {type(value).__name__}")


def one_line(text: str, limit: int = 200) -> str:
    """Return text without line breaks, runs of spaces and invisible characters.

    It is cut off at `limit` characters.
    """
    joined = " ".join(_visible(text[: 4 * limit]).split())
    return joined if len(joined) <= limit else joined[: limit - 3].rstrip() + "..."


def is_visible(text: str) -> bool:
    """Tell whether every character of a text can be seen.

    Line breaks, controls, marks of direction and halves of surrogate pairs cannot.
    """
    return not any(map(_is_hidden, text))


def docstring(text: str) -> Code:
    """Return a line of text as it may stand between the quotes of a docstring."""
    return Code(_CLOSING.sub(r'\\"', _visible(text[:10_000]).rstrip().replace("\\", "\\\\")))


def comment(text: str) -> Code:
    """Return text as it may stand in a comment.

    It is one line, and no tool reads it as a directive or as the encoding of the file.
    """
    return Code(_CODING.sub(r"\1 ", one_line(text).replace("#", "")))


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if c.isspace() else c for c in text if c.isspace() or not _is_hidden(c))


def _escaped(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    if not _is_hidden(character):
        return character
    return ascii(character)[1:-1]


def _is_hidden(character: str) -> bool:
    if " " <= character <= "~":
        return False
    category = unicodedata.category(character)
    return category in _HIDDEN or (category == "Zs" and character != " ")
