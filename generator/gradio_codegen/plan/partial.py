"""Endpoints whose names and types are known, but not yet what the types are called."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradio_codegen.base.diagnostics import Diagnostic, Level
from gradio_codegen.code import naming
from gradio_codegen.code.escaping import Code, one_line
from gradio_codegen.code.words import pascal
from gradio_codegen.types.defaults import decide, without_choices
from gradio_codegen.types.graph import Node, TypeInterner
from gradio_codegen.types.json_schema import Reader
from gradio_codegen.types.names import TypeOwner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradio_codegen.app_schema.schema import Endpoint

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
    endpoints: Sequence[Endpoint], class_name: Code, scope: naming.Scope
) -> tuple[list[PartialPlan], list[Diagnostic]]:
    """Name endpoints, their parameters and results, and read their types.

    Args:
        endpoints: The endpoints to generate, in the app's order.
        class_name: What the app's class is called.
        scope: The names of the module; those of the endpoints' classes are taken in it.

    Returns:
        The plans in the order of `endpoints`, and a warning for each place that is typed as Any.
    """
    bases = _bases(endpoints, scope)
    used = {
        class_name,
        f"Async{class_name}",
        *(name for endpoint in endpoints for name in _classes(bases[endpoint.api_name], endpoint)),
    }
    attributes = naming.attribute_names(bases, used)
    interner = TypeInterner()
    plans: list[PartialPlan] = []
    diagnostics: list[Diagnostic] = []
    for endpoint in endpoints:
        parameters = tuple(_typed_parameters(endpoint, interner, diagnostics))
        results = tuple(_typed_results(endpoint, interner, used, diagnostics))
        plans.append(
            PartialPlan(
                endpoint,
                bases[endpoint.api_name],
                attributes[endpoint.api_name],
                parameters,
                results,
            )
        )
    return plans, diagnostics


def _classes(base: str, endpoint: Endpoint) -> tuple[str, ...]:
    several = (f"{base}Result",) if len(endpoint.results) > 1 else ()
    return (f"{base}Endpoint", f"Async{base}Endpoint", *several)


def _bases(endpoints: Sequence[Endpoint], scope: naming.Scope) -> dict[str, str]:
    """The word for each endpoint in the names of its classes, so that all of them are free."""
    result: dict[str, str] = {}
    for endpoint in sorted(endpoints, key=lambda endpoint: endpoint.api_name):
        name = endpoint.api_name
        word = pascal(name if name.startswith("/") else f"fn {name}")
        word = word if word.isidentifier() else f"Endpoint{word}"
        result[name] = scope.take(word, functools.partial(_classes, endpoint=endpoint))
    return result


def _typed_parameters(
    endpoint: Endpoint, interner: TypeInterner, diagnostics: list[Diagnostic]
) -> list[TypedValue]:
    names = naming.parameter_names([(p.name, p.label, p.component) for p in endpoint.parameters])
    typed: list[TypedValue] = []
    for parameter, name in zip(endpoint.parameters, names, strict=True):
        reader = Reader(interner, parameter.schema)
        default, node = decide(parameter, reader.read(), interner)
        diagnostics += _warnings(f"{one_line(endpoint.api_name)}, parameter {name}", reader, node)
        typed.append(TypedValue(name, node, reader.titles, default))
    return typed


def _typed_results(
    endpoint: Endpoint, interner: TypeInterner, used: set[str], diagnostics: list[Diagnostic]
) -> list[TypedValue]:
    names = naming.field_names([(r.label, r.component) for r in endpoint.results], used)
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
