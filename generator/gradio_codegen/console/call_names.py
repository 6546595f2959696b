"""What a call from the shell may name: endpoints and parameters, in the words of the module or app.

The words of the module are those that `inspect` shows. For a configured client its tables of
endpoints decide them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.suggest import did_you_mean
from gradio_codegen.base.text import listing
from gradio_codegen.code.naming import parameter_names
from gradio_codegen.plan.overrides import chosen_fields, chosen_parameters
from gradio_codegen.types.expressions import read_type
from gradio_codegen.types.graph import JSON_NAMES, TypeInterner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradio_codegen.app_schema.schema import App, Endpoint, Parameter
    from gradio_codegen.plan.overrides import EndpointOverride
    from gradio_codegen.types.graph import Node

__all__ = ["Target", "find_target"]

_MOST_NAMED: Final = 20


@dataclass(frozen=True)
class Target:
    """The endpoint of a call.

    Attributes:
        api_name: Its name in the app.
        parameters: Its parameters by the names of the module, in order; a type of the user's stands
            in place of the app's schema.
        on_wire: What the app calls each of them.
        results: What its results are called.
        streaming_input: Whether it takes its input as a stream.
    """

    api_name: str
    parameters: Mapping[str, Parameter]
    on_wire: Mapping[str, str]
    results: tuple[str, ...]
    streaming_input: bool

    def name_of(self, word: str) -> str | None:
        """The module's name of the parameter that a word names; None if it names none."""
        if word in self.parameters:
            return word
        meant = [name for name, on_wire in self.on_wire.items() if on_wire == word]
        return meant[0] if len(meant) == 1 else None


def find_target(app: App, word: str, overrides: Mapping[str, EndpointOverride]) -> Target:
    """Return the endpoint that a word names.

    Args:
        app: The app.
        word: What the app calls it, with or without its slash, or what a table does.
        overrides: The tables of the configured client; empty for any other source.

    Raises:
        CommandError: The app has none of that name, the nearest are offered; or the table of the
            endpoint does not fit it.
    """
    endpoints = {endpoint.api_name: endpoint for endpoint in app.endpoints}
    own = {table.name: api_name for api_name, table in overrides.items() if table.name is not None}
    plain = word.removeprefix("/")
    for name in (word, own.get(plain, ""), f"/{plain}"):
        if name in endpoints:
            return _target(endpoints[name], overrides.get(name))
    known = [*(f"/{name}" for name in own), *endpoints]
    there = f"; it has {listing(known, _MOST_NAMED) or 'none'}"
    raise CommandError(
        f"the app has no endpoint {word!r}" + did_you_mean(f"/{plain}", known, otherwise=there)
    )


def _target(endpoint: Endpoint, own: EndpointOverride | None) -> Target:
    automatic = parameter_names([(p.name, p.label, p.component) for p in endpoint.parameters])
    names = chosen_parameters(endpoint, automatic, own)
    parameters: dict[str, Parameter] = {
        name: parameter if written is None else _typed(parameter, written)
        for (name, written), parameter in zip(names, endpoint.parameters, strict=True)
    }
    on_wire: dict[str, str] = {
        name: parameter.name or f"param_{number}"
        for number, (name, parameter) in enumerate(parameters.items())
    }
    results = tuple(map(str, chosen_fields(endpoint, own, set())))
    return Target(endpoint.api_name, parameters, on_wire, results, endpoint.streaming_input)


def _typed(parameter: Parameter, written: str) -> Parameter:
    """A parameter that takes what the user says."""
    schema = _schema(read_type(written, TypeInterner()))
    return replace(parameter, schema=schema, free_choice=False)


def _schema(node: Node) -> dict[str, Any]:
    """The JSON Schema of a type that a person wrote."""
    match node.kind:
        case "scalar":
            return {"type": JSON_NAMES[node.name]}
        case "choices":
            return {"enum": list(node.choices)}
        case "list":
            return {"type": "array", "items": _schema(node.parts[0])}
        case "union":
            return {"anyOf": [_schema(part) for part in node.parts]}
        case _:
            return {}
