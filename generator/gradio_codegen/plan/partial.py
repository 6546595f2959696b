"""Endpoints whose names and types are known, but not yet what the types are called."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradio_codegen.base.diagnostics import CommandError, Diagnostic, Level
from gradio_codegen.code import naming
from gradio_codegen.code.escaping import Code, one_line
from gradio_codegen.code.words import pascal
from gradio_codegen.plan.overrides import chosen_attributes, chosen_fields, chosen_parameters
from gradio_codegen.types.defaults import APP_DEFAULT, decide, fits, without_choices
from gradio_codegen.types.expressions import read_type
from gradio_codegen.types.graph import Node, TypeInterner
from gradio_codegen.types.json_schema import Reader
from gradio_codegen.types.names import TypeOwner

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gradio_codegen.app_schema.schema import Endpoint, Parameter
    from gradio_codegen.plan.overrides import EndpointOverride

__all__ = ["PartialPlan", "TypedValue", "partial_plans"]


@dataclass(frozen=True)
class TypedValue:
    """A parameter or result with its type; `default` is the code of a parameter's default."""

    name: Code
    node: Node
    titles: dict[Node, tuple[str, str]]
    default: Code | None = None


@dataclass(frozen=True)
class PartialPlan:
    """An endpoint whose names and types are known, but not yet what the types are called."""

    endpoint: Endpoint
    base: str
    attribute: Code
    parameters: tuple[TypedValue, ...]
    results: tuple[TypedValue, ...]
    override: EndpointOverride | None = None

    def type_owners(self) -> list[TypeOwner]:
        """Its parameters and results, for naming their types."""
        given = zip(self.endpoint.parameters, self.parameters, strict=True)
        parameters = [
            TypeOwner(self.base, naming.telling_name(p.name, of.label), p.node, "in", p.titles)
            for of, p in given
        ]
        single = len(self.results) == 1
        return [
            *parameters,
            *(
                TypeOwner(self.base, "result" if single else r.name, r.node, "out", r.titles)
                for r in self.results
            ),
        ]


def partial_plans(
    endpoints: Sequence[Endpoint],
    class_name: Code,
    scope: naming.Scope,
    overrides: Mapping[str, EndpointOverride],
) -> tuple[list[PartialPlan], list[Diagnostic]]:
    """Name endpoints, their parameters and results, and read their types.

    Args:
        endpoints: The endpoints to generate, in the app's order.
        class_name: What the app's class is called.
        scope: The names of the module; those of the endpoints' classes are taken in it.
        overrides: The user's own names and types, by `api_name`.

    Returns:
        The plans in the order of `endpoints`, and a warning for each place that is typed as Any.

    Raises:
        CommandError: A name or type of the user's does not fit the app.
    """
    bases = _bases(endpoints, scope, overrides)
    used = {
        class_name,
        f"Async{class_name}",
        *(name for endpoint in endpoints for name in _classes(bases[endpoint.api_name], endpoint)),
    }
    attributes = chosen_attributes(naming.attribute_names(bases, used), overrides, used)
    interner = TypeInterner()
    plans: list[PartialPlan] = []
    diagnostics: list[Diagnostic] = []
    for endpoint in endpoints:
        own = overrides.get(endpoint.api_name)
        parameters = tuple(_typed_parameters(endpoint, own, interner, diagnostics))
        results = tuple(
            _typed_results(endpoint, chosen_fields(endpoint, own, used), interner, diagnostics)
        )
        plans.append(
            PartialPlan(
                endpoint,
                bases[endpoint.api_name],
                attributes[endpoint.api_name],
                parameters,
                results,
                own,
            )
        )
    return plans, diagnostics


def _classes(base: str, endpoint: Endpoint) -> tuple[str, ...]:
    several = (f"{base}Result",) if len(endpoint.results) > 1 else ()
    return (f"{base}Signature", f"{base}Endpoint", f"Async{base}Endpoint", *several)


def _bases(
    endpoints: Sequence[Endpoint], scope: naming.Scope, overrides: Mapping[str, EndpointOverride]
) -> dict[str, str]:
    """The word for each endpoint in the names of its classes, so that all of them are free."""
    result: dict[str, str] = {}
    chosen = {name: own.name for name, own in overrides.items() if own.name is not None}
    for endpoint in sorted(endpoints, key=lambda e: (e.api_name not in chosen, e.api_name)):
        name = endpoint.api_name
        word = pascal(chosen.get(name, name if name.startswith("/") else f"fn {name}"))
        word = word if word.isidentifier() else f"Endpoint{word}"
        result[name] = scope.take(word, functools.partial(_classes, endpoint=endpoint))
    return result


def _typed_parameters(
    endpoint: Endpoint,
    own: EndpointOverride | None,
    interner: TypeInterner,
    diagnostics: list[Diagnostic],
) -> list[TypedValue]:
    names = naming.parameter_names([(p.name, p.label, p.component) for p in endpoint.parameters])
    typed: list[TypedValue] = []
    for parameter, (name, written) in zip(
        endpoint.parameters, chosen_parameters(endpoint, names, own), strict=True
    ):
        reader = Reader(interner, parameter.schema)
        default, node = decide(parameter, reader.read(), interner)
        value = TypedValue(name, node, reader.titles, default)
        if own is None or written is None:
            where = f"{one_line(endpoint.api_name)}, parameter {name}"
            diagnostics += _warnings(where, reader, node)
        elif node.has_file:
            raise CommandError(
                f"{own.place}: parameters: the type of {name!r} cannot be changed, it takes files"
            )
        else:
            value = _typed_by_user(value, parameter, read_type(written, interner))
        typed.append(value)
    return typed


def _typed_by_user(value: TypedValue, parameter: Parameter, node: Node) -> TypedValue:
    """A parameter with the user's type, and a default that is of it or stands as `DEFAULT`."""
    stays = value.default in (None, APP_DEFAULT) or fits(node, parameter.default)
    return TypedValue(value.name, node, {}, value.default if stays else APP_DEFAULT)


def _typed_results(
    endpoint: Endpoint, names: list[Code], interner: TypeInterner, diagnostics: list[Diagnostic]
) -> list[TypedValue]:
    typed: list[TypedValue] = []
    for result, name in zip(endpoint.results, names, strict=True):
        reader = Reader(interner, result.schema)
        node = without_choices(reader.read(), interner)
        diagnostics += _warnings(f"{one_line(endpoint.api_name)}, result {name}", reader, node)
        typed.append(TypedValue(name, node, reader.titles))
    return typed


def _warnings(where: str, reader: Reader, node: Node) -> list[Diagnostic]:
    """A warning where we failed; what the app itself leaves open is counted, see `model.Counts`."""
    found = [
        Diagnostic(
            Level.WARNING, f"{where} at {one_line(path)}", f"typed as Any, because it {what}"
        )
        for path, what in reader.problems[:1]
    ]
    if not found and node.untyped_by_us:
        found = [
            Diagnostic(Level.WARNING, where, "typed as Any, as its type is too long to write out")
        ]
    return found
