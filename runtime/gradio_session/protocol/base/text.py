"""Text for people, made from what an app says: no markup, no terminal codes, no surprises."""

from __future__ import annotations

import html
import re
import unicodedata
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "as_html", "as_text", "clean", "in_seconds", "letters_of", "listed", "one_line", "plural",
    "with_article",
]  # fmt: skip

_TAG = re.compile(
    r"<(script|style)\b.*?(</\1\s*>|$)|<!--.*?(-->|$)|</?[a-z][^<>]{0,10000}>",
    re.IGNORECASE | re.DOTALL,
)
_ESCAPE = re.compile(
    r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|[@-Z\\-_])|\x9b[0-?]*[ -/]*[@-~]"
)
_LONGEST = 100_000


def clean(text: object, limit: int = 300) -> str:
    """Text of a stranger, fit for a message: control characters replaced, line breaks kept, cut."""
    cut = str(text)[: limit + 1]
    shown = "".join(each if each.isprintable() or each == "\n" else " " for each in cut).strip()
    return shown if len(shown) <= limit else shown[:limit] + "..."


def one_line(text: object, limit: int = 120) -> str:
    """Text of a stranger on one line, fit for a message."""
    return " ".join(clean(text, limit).split())


def listed(words: Iterable[str], most: int) -> str:
    """Words one after another, at most so many: "a, b, ..."."""
    shown = list(islice(words, most + 1))
    return ", ".join(["..." if index == most else word for index, word in enumerate(shown)])


def with_article(noun: str) -> str:
    """A noun with "a" or "an" before it."""
    return f"{'an' if noun[:1].lower() in tuple('aeiou') else 'a'} {noun}"


def as_text(value: str, limit: int = 500) -> str:
    """One line of plain text: without HTML tags, terminal codes, control and direction characters.

    Args:
        value: Text from an app; it may hold HTML.
        limit: Characters that are kept; a longer text ends in "…".
    """
    text = _ESCAPE.sub("", value[:_LONGEST])
    text = _ESCAPE.sub("", html.unescape(_TAG.sub(" ", text)))
    text = "".join(_visible(character) for character in text)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Zl", "Zp"} or character in "\t\n\r\x0b\x0c":
        return " "
    hidden = category in {"Cc", "Cs", "Co"} or (category == "Cf" and character != "\u200d")
    return "" if hidden else character


def as_html(value: object, limit: int = 500) -> str:
    """The same, escaped for HTML."""
    return html.escape(as_text(str(value), limit))


def in_seconds(seconds: float) -> str:
    """A duration, rounded as people say it: "0.4 s", "12 s", "3 min 5 s", "2 h 10 min"."""
    if seconds < 10:  # noqa: PLR2004 - below ten seconds the tenth matters
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def plural(count: int, noun: str) -> str:
    """A count with its noun: "1 call", "2 calls"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def letters_of(name: str) -> str:
    """The letters and digits of a name: the same for "LoRA path" and `lora_path`."""
    return "".join(character for character in name.casefold() if character.isalnum())
