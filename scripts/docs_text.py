"""Docstrings (Google style) and signatures as Markdown."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["markdown", "plain_type", "signature"]

SECTIONS = {
    "Args:": "Parameters",
    "Attributes:": "Attributes",
    "Returns:": "Returns",
    "Yields:": "Yields",
    "Raises:": "Raises",
}
_ITEM = re.compile(r"^    (\*{0,2}[\w.]+(?: \([^)]*\))?): (.*)$")
_WIDE = 100


def markdown(docstring: str) -> Iterator[str]:
    """The lines of a docstring as Markdown: sections as lists, drawings as they are."""
    listed = False
    for line in inspect.cleandoc(docstring).splitlines():
        title = SECTIONS.get(line)
        item = _ITEM.match(line) if listed else None
        if title is not None:
            listed = True
            yield f"*{title}*"
            yield ""
        elif item is not None:
            yield f"- `{item[1]}`: {item[2]}"
        elif listed and line.startswith("        "):
            yield f"  {line.strip()}"
        elif listed and line.startswith("    "):
            yield line.strip()
        else:
            listed = listed and not line
            yield line


def signature(
    name: str, function: Callable[..., Any], *, skip_first: bool, keyword: str = "def"
) -> Iterator[str]:
    """A fenced block with the signature of a function, one parameter a line when it is long."""
    try:
        parsed = inspect.signature(function)
    except (TypeError, ValueError):
        return
    parameters = list(parsed.parameters.values())[1 if skip_first else 0 :]
    parsed = parsed.replace(parameters=parameters)
    if keyword == "class":
        parsed = parsed.replace(return_annotation=inspect.Signature.empty)
    prefix = "async " if inspect.iscoroutinefunction(function) else ""
    text = plain_type(f"{prefix}{keyword} {name}{parsed}".replace("'", ""))
    yield "```py"
    if len(text) <= _WIDE:
        yield text
    else:
        end = plain_type(str(parsed.replace(parameters=[])).replace("'", ""))[1:]
        yield text[: text.index("(") + 1]
        keywords = False
        for parameter in parameters:
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not keywords:
                yield "    *,"
                keywords = True
            yield f"    {_parameter(parameter)},"
        yield end
    yield "```"
    yield ""


def _parameter(parameter: inspect.Parameter) -> str:
    default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
    annotation = "" if parameter.annotation is parameter.empty else f": {parameter.annotation}"
    star = (
        "*"
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL
        else "**"
        if parameter.kind is inspect.Parameter.VAR_KEYWORD
        else ""
    )
    return plain_type(
        f"{star}{parameter.name}{annotation}{default}".replace(": '", ": ").replace("' =", " =")
    )


def plain_type(text: str) -> str:
    """A type without the modules that it comes from."""
    return re.sub(
        r"\b(?:typing|collections\.abc|gradio_session(?:\.\w+)*|os|ssl|httpx)\.(?=\w)", "", text
    )
