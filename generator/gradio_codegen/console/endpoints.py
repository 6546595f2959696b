"""The endpoints of an app as a client of it will show them."""

from __future__ import annotations

import ast
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from gradio_codegen.app_schema.normalise import is_opaque
from gradio_codegen.base.text import printable
from gradio_codegen.compare.interface import PublicEndpoint, PublicInterface, read
from gradio_session.generator_interface import EndpointDescription

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

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


def print_plain(views: Sequence[EndpointView], console: Console) -> None:
    """Print views as lines that tools can search."""
    for view in views:
        marks = (f"({mark})" for mark in _marks(view))
        console.out("  ".join([printable(view.endpoint), *marks]), highlight=False)
        if view.signature:
            console.out(printable(f"    {view.signature} -> {view.returns}"), highlight=False)
        if view.description:
            console.out(printable(f"    {_first_line(view.description)}"), highlight=False)
        for warning in view.warnings:
            console.out(printable(f"    warning: {warning}"), highlight=False)


def print_table(built: Built, views: Sequence[EndpointView], console: Console) -> None:
    """Print views as a table for a terminal."""
    app = built.app
    if app is not None:
        title = Text(printable(app.title or app.origin), style="bold")
        console.print(
            Text.assemble(
                title,
                f"  Gradio {printable(app.version)}" if app.version else "",
                f"  {printable(app.origin)}" if app.title else "",
            )
        )
    table = Table(show_lines=True, expand=False, header_style="bold")
    table.add_column("Endpoint", overflow="fold")
    table.add_column("Call, and what it returns", overflow="fold")
    for view in views:
        name = Text(printable(view.endpoint), style="cyan")
        for mark in _marks(view):
            name.append(f"\n{mark}", style="magenta")
        body = Text(
            printable(f"{view.signature} -> {view.returns}") if view.signature else "not generated"
        )
        if view.description:
            body.append(f"\n{printable(_first_line(view.description))}", style="dim")
        for warning in view.warnings:
            body.append(f"\n{printable(warning)}", style="yellow")
        table.add_row(name, body)
    console.print(table)


def _marks(view: EndpointView) -> list[str]:
    marks = {"streams": view.streams, "takes a stream": view.streaming_input}
    return [mark for mark, so in marks.items() if so]


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
