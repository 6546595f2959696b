"""Docstrings (Google style) and signatures as Markdown."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["head", "markdown", "plain_type", "signature"]

SECTIONS = {
    "Args:": "Parameters",
    "Attributes:": "Attributes",
    "Returns:": "Returns",
    "Yields:": "Yields",
    "Raises:": "Raises",
}
_ITEM = re.compile(r"^    (\*{0,2}[\w.]+(?: \([^)]*\))?): (.*)$")
_SEE_SESSION = "See `Session`."
_WIDE = 80
_STARS: dict[object, str] = {
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
}


def head(description: str) -> tuple[str, ...]:
    """The lines before a page: what search engines and chats show of it."""
    return ("---", f"description: {description}", "---", "")


def markdown(docstring: str) -> Iterator[str]:
    """The lines of a docstring as Markdown: sections as lists, drawings as they are."""
    listed = False
    same: list[str] = []  # items that only name another place, shown as one
    for line in inspect.cleandoc(docstring).splitlines():
        title = SECTIONS.get(line)
        item = _ITEM.match(line) if listed else None
        if same and (item is None or item[2] != _SEE_SESSION):
            yield _elsewhere(same)
            same = []
        if title is not None:
            listed = True
            yield f"*{title}*"
            yield ""
        elif item is not None and item[2] == _SEE_SESSION:
            same.append(item[1])
        elif item is not None:
            yield f"- `{item[1]}`: {item[2]}"
        elif listed and line.startswith("        "):
            yield f"  {line.strip()}"
        elif listed and line.startswith("    "):
            yield line.strip()
        else:
            listed = listed and not line
            yield line
    if same:
        yield _elsewhere(same)


def _elsewhere(names: list[str]) -> str:
    return f"- {', '.join(f'`{name}`' for name in names)}: see [`Session`](#Session)."


def signature(
    name: str, function: Callable[..., Any], *, skip_first: bool, keyword: str = "def"
) -> Iterator[str]:
    """A fenced block with the signature of a function, one parameter a line when it is long."""
    try:
        parsed = inspect.signature(function)
    except (TypeError, ValueError):
        return
    parameters = _parameters(list(parsed.parameters.values())[1 if skip_first else 0 :])
    prefix = "async " if inspect.iscoroutinefunction(function) else ""
    begin = f"{prefix}{keyword} {name}("
    end = ")" if keyword == "class" else f"){_returned(parsed.return_annotation)}"
    yield "```py"
    if len(whole := f"{begin}{', '.join(parameters)}{end}") <= _WIDE:
        yield whole
    else:
        yield begin
        for parameter in parameters:
            yield f"    {parameter},"
        yield end
    yield "```"
    yield ""


def _parameters(parameters: list[inspect.Parameter]) -> list[str]:
    """The parameters as they stand in a signature, with the `*` before those by keyword alone."""
    texts: list[str] = []
    starred = False
    for parameter in parameters:
        starred |= parameter.kind is inspect.Parameter.VAR_POSITIONAL
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not starred:
            texts.append("*")
            starred = True
        default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
        annotation = (
            ""
            if parameter.annotation is parameter.empty
            else f": {_annotation(parameter.annotation)}"
        )
        texts.append(f"{_STARS.get(parameter.kind, '')}{parameter.name}{annotation}{default}")
    return texts


def _returned(annotation: Any) -> str:
    return "" if annotation is inspect.Signature.empty else f" -> {_annotation(annotation)}"


def _annotation(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return plain_type(text)


def plain_type(text: str) -> str:
    """A type without the modules that it comes from."""
    return re.sub(
        r"\b(?:typing|collections\.abc|gradio_session(?:\.\w+)*|os|ssl|httpx)\.(?=\w)", "", text
    )
