"""What a shell may say for each kind of value: text in, a value of a call out.

`-` reads standard input, `@path` a file wherever text could stand, too. What cannot be read is a
`ValueError` with a sentence for the user.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gradio_session.protocol.app_schema.file_layout import below
from gradio_session.protocol.base.json_values import is_list, is_object
from gradio_session.protocol.base.suggest import closest
from gradio_session.protocol.base.text import listed, one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.protocol.app_schema.file_layout import FileLayout

__all__ = [
    "Choice", "File", "FileOrText", "Flag", "Integer", "Json", "Kind", "Many", "Number",
    "Scalar", "StandardInput", "Text", "number_in",
]  # fmt: skip

_MOST_SHOWN: Final = 12
_URLS: Final = ("http://", "https://")


class StandardInput:
    """Standard input, which only one parameter can be read from.

    Args:
        read: Reads it to its end.
    """

    def __init__(self, read: Callable[[], bytes]) -> None:
        self._read = read
        self._taken = False

    def read(self) -> bytes:
        """All of it.

        Raises:
            ValueError: Another parameter was read from it.
        """
        if self._taken:
            raise ValueError("only one parameter can be read from standard input (`-`)")
        self._taken = True
        return self._read()

    def text(self) -> str:
        """All of it, without the line feed at its end."""
        return self.read().decode("utf-8", "replace").removesuffix("\n")


class Kind:
    """One kind of value.

    Attributes:
        word: What stands for it in a usage line.
        takes_empty: Whether an empty text is a value of it.
    """

    word = "TEXT"
    takes_empty = False

    @property
    def item(self) -> Kind:
        """What each single text is read as: the kind itself, but of several values one."""
        return self

    def read(self, text: str, given: StandardInput) -> object:
        """The value that a text stands for.

        Args:
            text: What the shell was given.
            given: Where `-` is read from.

        Raises:
            ValueError: It stands for none.
        """
        raise NotImplementedError  # abstract: each kind reads its own


class Text(Kind):
    """Text as it stands."""

    takes_empty = True

    def read(self, text: str, given: StandardInput) -> str:
        """The text, or standard input."""
        return given.text() if text == "-" else text


class Number(Kind):
    """A number from `low` to `high`, if there are such bounds; a whole one stays one."""

    word = "NUMBER"

    def __init__(self, low: float | None = None, high: float | None = None) -> None:
        self.low = low
        self.high = high

    @property
    def bounds(self) -> str:
        """The numbers that it takes, as "1<=x<=50"; empty for all."""
        if self.low is None:
            return "" if self.high is None else f"x<={self.high}"
        return f"x>={self.low}" if self.high is None else f"{self.low}<=x<={self.high}"

    def read(self, text: str, given: StandardInput) -> int | float:  # noqa: ARG002 - see `Kind`
        """The number."""
        value = number_in(text)
        if value is None:
            raise ValueError(f"{text!r} is no number")
        if (self.low is not None and value < self.low) or (
            self.high is not None and value > self.high
        ):
            raise ValueError(f"{value} is not in the range {self.bounds}")
        return value


class Integer(Number):
    """A whole number."""

    word = "INTEGER"

    def read(self, text: str, given: StandardInput) -> int:
        """The number."""
        value = super().read(text, given)
        if not isinstance(value, int):
            raise ValueError(f"{text!r} is no whole number")  # noqa: TRY004 - of the text
        return value


class Flag(Kind):
    """True or false: a pair of options."""


class Choice(Kind):
    """One of some values; with `is_open`, any other text, too."""

    word = "CHOICE"

    def __init__(self, *values: str | int | bool, is_open: bool = False) -> None:
        self.by_text = {v if isinstance(v, str) else json.dumps(v): v for v in values}
        self.is_open = is_open
        self.takes_empty = is_open or "" in self.by_text

    def read(self, text: str, given: StandardInput) -> str | int | bool:
        """The value of that text."""
        if self.is_open and text == "-":
            return given.text()
        exact = self.by_text.get(text)
        if exact is not None:
            return exact
        for shown, value in self.by_text.items():
            if not isinstance(value, str) and shown.casefold() == text.casefold():
                return value
        if self.is_open:
            return text
        near = closest(text, list(self.by_text), 3)
        advice = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        there = listed([repr(one_line(shown)) for shown in self.by_text], _MOST_SHOWN)
        raise ValueError(f"{text!r} is not among its choices ({there}){advice}")


class File(Kind):
    """A file: a path, a URL, or `-` for standard input.

    Args:
        marked: Whether a path must have `@` in front.
    """

    word = "FILE"

    def __init__(self, *, marked: bool = False) -> None:
        self.marked = marked

    def read(self, text: str, given: StandardInput) -> bytes | str | Path:
        """The file, as a call takes it."""
        if text == "-":
            return given.read()
        if text.startswith(_URLS):
            return text
        if self.marked and not text.startswith("@"):
            raise ValueError(
                f"takes a file; write @{text} for the file of that name, a URL, "
                "or - for standard input"
            )
        return _existing(text.removeprefix("@") if self.marked else text)


class FileOrText(Text):
    """Text as it stands, or `@path` for a file."""

    word = "TEXT|@FILE"

    def read(self, text: str, given: StandardInput) -> Any:
        """The text, or the file."""
        return _existing(text[1:]) if text.startswith("@") else super().read(text, given)


class Json(Kind):
    """JSON, or `@file.json`.

    Args:
        layout: Where files stand in it, as `"@path"` or a URL.
        or_text: Whether what is no JSON is text.
        what: What the JSON is to be, in words.
    """

    word = "JSON|@FILE"

    def __init__(self, layout: FileLayout = None, *, or_text: bool = False, what: str = "") -> None:
        self.layout = layout
        self.what = f" ({what})" if what else ""
        self.or_text = self.takes_empty = or_text

    def read(self, text: str, given: StandardInput) -> object:
        """The value, with its files in place."""
        if text == "-":
            text = given.text()
        elif text.startswith("@"):
            text = _existing(text[1:]).read_text("utf-8", "replace")
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            if self.or_text:
                return text
            shown = f"{one_line(text, 80)!r} is none: {error}"
            raise ValueError(f"takes JSON{self.what}, and {shown}") from error
        return _with_files(self.layout, value, given)


class Scalar(Kind):
    """Text, a number, true, false or null: whatever the text is in JSON, else the text."""

    word = "VALUE"
    takes_empty = True

    def read(self, text: str, given: StandardInput) -> object:
        """The value; only text for what is a list or an object in JSON."""
        text = given.text() if text == "-" else text
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return text
        return text if is_list(value) or is_object(value) else value


class Many(Kind):
    """Any number of values of one kind, each given for itself."""

    def __init__(self, item: Kind) -> None:
        self._item = item

    @property
    def item(self) -> Kind:
        """The kind of each value."""
        return self._item


def number_in(text: str) -> int | float | None:
    """The number that a text writes; None if it writes none."""
    with suppress(ValueError):
        return int(text)
    with suppress(ValueError):
        return float(text)
    return None


def _existing(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.is_file():
        raise ValueError(f"{text} is {'a directory' if path.is_dir() else 'no file'}")
    return path


def _with_files(layout: FileLayout, value: object, given: StandardInput) -> object:
    """Put files in the places that hold their names."""
    if isinstance(value, str):
        here = layout.get("file") if isinstance(layout, dict) else layout
        is_name = here == "file" or (here is not None and value.startswith("@"))
        return File(marked=True).read(value, given) if is_name else value
    if is_list(value):
        return [_with_files(below(layout, n), item, given) for n, item in enumerate(value)]
    if is_object(value):
        return {key: _with_files(below(layout, key), item, given) for key, item in value.items()}
    return value
