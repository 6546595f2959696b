"""What the docstrings of generated code say.

It is text of the app and of ours; templates pass it through the escaping filter.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Final

from gradio_codegen.code.escaping import literal, one_line
from gradio_codegen.code.naming import snake
from gradio_session.generator_interface import object_of, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradio_codegen.app_schema.schema import Endpoint, Parameter, Result
    from gradio_codegen.types.graph import Node

__all__ = ["call_lines", "overview", "parameter_text", "result_text", "summary"]

_WIDTH: Final = 80
_RANGE = re.compile(r"numeric value between (\S+) and (\S+)")
_MOST_CHOICES: Final = 8
_MOST_LINES: Final = 60
_LARGEST: Final = 2**63
_OWN_WORDS: Final = frozenset({"any", "choices", "scalar", "union"})
_ENDS: Final = ".!?:;\u2026\u3002\uff01\uff1f"  # also as written in Chinese and Japanese
_SENTENCE_END = re.compile(r"(\w{3,}[.!?]) +(?=[A-Z])")
_SECTION = re.compile(
    r"\s*(?:args|arguments|parameters|params|returns?|yields?|raises)\s*:?\s*", re.IGNORECASE
)


def summary(endpoint: Endpoint) -> str:
    """One sentence on an endpoint: the first of its description, else that it is called."""
    text = _sentences(endpoint)[0]
    if text:
        return text if text[-1] in _ENDS else f"{text}."
    return f"Call `{one_line(endpoint.api_name, 100)}`."


def parameter_text(parameter: Parameter, name: str, node: Node) -> str:
    """One line on a parameter.

    It has the label, component, range and choices, how a file is given, and what the app calls the
    parameter where Python cannot.
    """
    facts = [*_choices(node), *_own_words(parameter.schema, node)]
    text = ", ".join(
        [_named(parameter.label, parameter.component, _range(parameter.schema)), *facts]
    )
    if node.has_file:
        text += _how_to_give_files(node)
    if parameter.name and parameter.name != name:
        text += f"; the app calls it `{one_line(parameter.name, 100)}`"
    return f"{text}."


def result_text(result: Result, node: Node) -> str:
    """One line on a result: its label, component and choices."""
    return (
        ", ".join(
            [
                _named(result.label, result.component, _range(result.schema)),
                *_own_words(result.schema, node),
            ]
        )
        + "."
    )


def call_lines(
    endpoint: Endpoint, parameters: Sequence[tuple[str, str]], results: Sequence[tuple[str, str]]
) -> list[str]:
    """The docstring of the method that calls an endpoint, line by line.

    Args:
        endpoint: The endpoint.
        parameters: The Python name of each parameter and what is said about it.
        results: The same of the results; the name is empty where there is only one.
    """
    lines = [summary(endpoint), *_details(endpoint)]
    if endpoint.streams:
        lines += [
            "",
            "Yields several outputs: iterate over the call that `submit` returns",
            "to see each as it comes.",
        ]
    if endpoint.oauth_token == "required":  # noqa: S105 - a word of the description, no secret
        lines += ["", "Needs a Hugging Face token: give one to the session or to the call."]
    if parameters:
        lines += [
            "",
            "Args:",
            *(line for name, text in parameters for line in _entry(f"{name}: {text}")),
        ]
    if results:
        lines += [
            "",
            "Returns:",
            *(
                line
                for name, text in results
                for line in _entry(f"{name}: {text}" if name else text)
            ),
        ]
    return lines


def overview(endpoint: Endpoint, signature: str, short_signature: str) -> str:
    """One line on an endpoint with its signature, for the hover of an attribute."""
    text = summary(endpoint).rstrip(".:")
    return f"{text}: `{signature if len(signature) <= _WIDTH else short_signature}`."


def _how_to_give_files(node: Node) -> str:
    inner = node.parts[0] if node.kind == "list" else node
    if inner.kind == "union" and any(part.name == "str" for part in inner.parts):
        return (
            "; a string is text, a file is a path object, an open file, bytes "
            "or a file that a call returned"
        )
    if node.kind in ("file", "union"):
        return ": a path, a URL, an open file or a file that a call returned"
    return "; files are given as paths, URLs or open files"


def _details(endpoint: Endpoint) -> list[str]:
    """What a description says after its first sentence."""
    wrapped = [
        piece
        for line in _sentences(endpoint)[1:]
        for piece in (textwrap.wrap(line, _WIDTH) or [""])
    ]
    text = "\n".join(wrapped).strip("\n")
    return ["", *text.split("\n")] if text else []


def _sentences(endpoint: Endpoint) -> list[str]:
    """The first sentence of a description, and the lines after it."""
    lines = [
        one_line(line, 1000) for line in endpoint.description.strip().splitlines()[:_MOST_LINES]
    ]
    if not lines or _SECTION.fullmatch(lines[0]):
        return ["", *lines]
    first, _, rest = _SENTENCE_END.sub(r"\1\n", lines[0], count=1).partition("\n")
    return [first, *([rest] if rest else []), *lines[1:]]


def _entry(text: str) -> list[str]:
    first, *rest = textwrap.wrap(
        text, _WIDTH - 4, break_long_words=False, break_on_hyphens=False
    ) or [""]
    return [f"    {first}", *(f"        {line}" for line in rest)]


def _named(label: str, component: str, limits: Sequence[str]) -> str:
    """Write a label, limits and component: `Steps, 1 to 50 (Slider)`.

    The component is left out where the label repeats it, or where there is none (functions of
    `gr.api`).
    """
    name, kind = one_line(label), one_line(component, 60).capitalize()
    if kind == "Api":
        name, kind = f"{name} value".strip().capitalize(), ""
    elif not name or snake(name).replace("_", "") == snake(kind):
        name, kind = name or kind or "Value", ""
    text = ", ".join([name, *limits])
    return f"{text} ({kind})" if kind else text


def _range(schema: object) -> list[str]:
    found = _RANGE.fullmatch(text_of(object_of(schema).get("description")))
    if found:
        return [" to ".join(one_line(bound, 30).removesuffix(".0") for bound in found.groups())]
    low, high = (object_of(schema).get(key) for key in ("minimum", "maximum"))
    if (
        isinstance(low, int | float)
        and isinstance(high, int | float)
        and max(abs(low), abs(high)) < _LARGEST
    ):
        return [f"{low} to {high}"]
    return []


def _choices(node: Node) -> list[str]:
    """Write the choices of a parameter when they are few: an editor shows only their alias."""
    inner = node.parts[0] if node.kind == "list" else node
    found = [
        part
        for part in (inner, *(inner.parts if inner.kind == "union" else ()))
        if part.kind == "choices"
    ]
    if not found or len(found[0].choices) > _MOST_CHOICES:
        return []
    text = ", ".join(map(literal, found[0].choices))
    return [f"{'any' if node.kind == 'list' else 'one'} of {text}"] if len(text) <= _WIDTH else []


def _own_words(schema: object, node: Node) -> list[str]:
    """Write the description of a schema.

    It is left out where it is about the class that Gradio keeps the value in.
    """
    text = text_of(object_of(schema).get("description"))
    if node.kind not in _OWN_WORDS or node.has_file or _RANGE.fullmatch(text):
        return []
    short = one_line(text, 150).rstrip(".")
    return [short] if short else []
