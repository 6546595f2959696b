"""The endpoints of an app as a client of it will show them."""

from __future__ import annotations

import ast
import unicodedata
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click

from gradio_codegen.app_schema.normalise import is_opaque
from gradio_codegen.base.text import printable
from gradio_codegen.compare.interface import PublicEndpoint, PublicInterface, read
from gradio_session.generator_interface import EndpointDescription

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gradio_codegen.app_schema.schema import Endpoint
    from gradio_codegen.base.diagnostics import Diagnostic
    from gradio_codegen.pipeline import Built

__all__ = ["EndpointView", "as_json", "describe", "print_plain", "print_table"]


@dataclass(frozen=True)
class EndpointView:
    """One endpoint, for people and machines.

    Attributes:
        endpoint: Its name in the app.
        signature: How it is called on the client.
        returns: What it returns.
        streams: Whether it yields several outputs.
        streaming_input: Whether it takes its input as a stream, chunk by chunk.
        description: What the app says that it does, or an empty string.
        warnings: What the generator warns about.
        inputSchema: JSON Schema of an object that holds its parameters, under the name that MCP has
            for it.
    """

    endpoint: str
    signature: str
    returns: str
    streams: bool
    streaming_input: bool
    description: str
    warnings: tuple[str, ...]
    inputSchema: dict[str, Any]  # noqa: N815 - see above


def describe(built: Built, pattern: str | None = None) -> list[EndpointView]:
    """Describe the endpoints of an app.

    Args:
        built: The app's module, generated but not written.
        pattern: Only endpoints whose name matches this glob; the slash in front may be left out.

    Returns:
        The endpoints in the app's order, those included that the generator leaves out with a
        warning.
    """
    interface = read(built.text)
    views: list[EndpointView] = []
    for endpoint in built.app.endpoints if built.app is not None else ():
        if pattern is not None and not _matches(endpoint.api_name, pattern):
            continue
        shown = interface.endpoints.get(endpoint.api_name)
        views.append(
            EndpointView(
                endpoint=endpoint.api_name,
                signature="" if shown is None else _signature(shown),
                returns="" if shown is None else _returns(shown, interface),
                streams=endpoint.streams,
                streaming_input=endpoint.streaming_input,
                description=endpoint.description,
                warnings=tuple(
                    _warning(warning, endpoint.api_name)
                    for warning in built.warnings
                    if _concerns(warning, endpoint.api_name)
                ),
                inputSchema=_input_schema(endpoint),
            )
        )
    return views


def as_json(built: Built, views: Sequence[EndpointView]) -> dict[str, Any]:
    """Return views as JSON values."""
    app = built.app
    return {
        "app": {"title": app.title, "gradio": app.version, "origin": app.origin}
        if app is not None
        else None,
        "endpoints": [asdict(view) for view in views],
    }


def print_plain(views: Sequence[EndpointView]) -> None:
    """Print views as lines that tools can search."""
    for view in views:
        click.echo("  ".join([printable(view.endpoint), *(f"({mark})" for mark in _marks(view))]))
        for line, _ in _lines(view):
            click.echo(f"    {line}")


def print_table(built: Built, views: Sequence[EndpointView], columns: int) -> None:
    """Print views as a table for a terminal.

    Args:
        built: The app's module, generated but not written.
        views: Its endpoints.
        columns: The width of the terminal.
    """
    app = built.app
    if app is not None:
        title = click.style(printable(app.title or app.origin), bold=True)
        gradio = f"Gradio {printable(app.version)}" if app.version else ""
        origin = printable(app.origin) if app.title else ""
        click.echo("  ".join(filter(None, [title, gradio, origin])))
    names = max((_cells(printable(view.endpoint)) for view in views), default=0)
    width = max(len("takes a stream"), min(names, columns // 3))
    for view in views:
        left = [(line, "cyan") for line in _wrapped(printable(view.endpoint), width)]
        left += [(mark, "magenta") for mark in _marks(view)]
        right = [
            (part, colour)
            for line, colour in _lines(view) or [("not generated", None)]
            for part in _wrapped(line, max(columns - width - 2, 20))
        ]
        click.echo()
        for (name, of_name), (text, of_text) in zip_longest(left, right, fillvalue=("", None)):
            gap = " " * (width - _cells(name) + 2) if text else ""
            click.echo(click.style(name, fg=of_name) + gap + click.style(text, fg=of_text))


def _marks(view: EndpointView) -> list[str]:
    marks = {"streams": view.streams, "takes a stream": view.streaming_input}
    return [mark for mark, so in marks.items() if so]


def _lines(view: EndpointView) -> list[tuple[str, str | None]]:
    """What is said of an endpoint, a line each, with its colour."""
    lines: list[tuple[str, str | None]] = []
    if view.signature:
        lines.append((printable(f"{view.signature} -> {view.returns}"), None))
    if view.description:
        lines.append((printable(_first_line(view.description)), "bright_black"))
    return lines + [(printable(f"warning: {warning}"), "yellow") for warning in view.warnings]


def _wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _cells(text: str) -> int:
    return sum(1 + _wide(character) for character in text)


def _wrapped(text: str, width: int) -> Iterator[str]:
    """Cut a text into lines of so many cells; what takes two of them counts twice."""
    counted = "".join(f"{each}\0" if _wide(each) else each for each in text)
    for line in wrap(counted, width, break_on_hyphens=False):
        yield line.replace("\0", "")


def _input_schema(endpoint: Endpoint) -> dict[str, Any]:
    parameters = [
        {
            "parameter_name": each.name,
            "label": each.label,
            "type": each.schema,
            "parameter_has_default": each.has_default,
            "parameter_default": None if is_opaque(each.default) else each.default,
        }
        for each in endpoint.parameters
    ]
    return EndpointDescription(endpoint.api_name, {"parameters": parameters}).input_schema


def _matches(api_name: str, pattern: str) -> bool:
    return fnmatchcase(api_name, pattern) or fnmatchcase(api_name.removeprefix("/"), pattern)


def _concerns(warning: Diagnostic, api_name: str) -> bool:
    return warning.where == api_name or warning.where.startswith(
        (f"{api_name},", f"{api_name}:", f"{api_name} ")
    )


def _warning(warning: Diagnostic, api_name: str) -> str:
    return f"{warning.where.removeprefix(api_name).lstrip(',: ')}: {warning.what}".removeprefix(
        ": "
    )


def _signature(endpoint: PublicEndpoint) -> str:
    parts: list[str] = []
    named = False
    for parameter in endpoint.parameters:
        if parameter.keyword_only and not named:
            parts.append("*")
            named = True
        default = f" = {parameter.default}" if parameter.default is not None else ""
        parts.append(f"{parameter.name}: {ast.unparse(parameter.annotation)}{default}")
    return f"{endpoint.attribute}({', '.join(parts)})"


def _returns(endpoint: PublicEndpoint, interface: PublicInterface) -> str:
    name = ast.unparse(endpoint.result)
    record = interface.records.get(name)
    if record is None or record.kind != "NamedTuple":
        return name
    return (
        f"{name}({', '.join(f'{key}: {ast.unparse(kind)}' for key, kind in record.fields.items())})"
    )


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
