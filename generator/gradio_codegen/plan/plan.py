"""From an app to the intermediate form of its module: all that a template needs, decided."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from gradio_codegen.base.diagnostics import CommandError, Diagnostic, merged
from gradio_codegen.code import naming
from gradio_codegen.code.escaping import Code, literal, one_line
from gradio_codegen.code.words import pascal
from gradio_codegen.plan import docstrings, value_texts
from gradio_codegen.plan.commands import command_line
from gradio_codegen.plan.model import (
    Alias,
    Counts,
    EndpointPlan,
    FieldPlan,
    ModePlan,
    Module,
    ParameterPlan,
    PlanOptions,
)
from gradio_codegen.plan.overrides import check_endpoints, chosen_fields
from gradio_codegen.plan.partial import PartialPlan, partial_plans
from gradio_codegen.plan.selection import selected
from gradio_codegen.types.annotations import Names, annotation, choices_annotation, spelled
from gradio_codegen.types.defaults import APP_DEFAULT
from gradio_codegen.types.names import name_types
from gradio_codegen.types.structures import Structure, structures
from gradio_session.generator_interface import file_layout_of, letters_of, plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gradio_codegen.app_schema.schema import App, Parameter, Result
    from gradio_codegen.types.annotations import Family
    from gradio_codegen.types.graph import Node

__all__ = ["make"]

_UNTITLED: Final = frozenset({"", "gradio"})
_PREFIXES: Final = {"sync": Code(""), "async": Code("Async")}
_CALLED: Final = {"": "{}", "Async": "Coroutine[Any, Any, {}]"}
"""What a call of each mode gives: the prefix of the mode to its type."""
_SCALARS: Final = frozenset({"bool", "float", "int", "str"})
_WORD: Final = re.compile(r"\w+")


def make(app: App, options: PlanOptions) -> tuple[Module, list[Diagnostic]]:
    """Decide everything about the module of an app.

    Args:
        app: What the app promises.
        options: What the user chose.

    Returns:
        The module, and the warnings that the user should see.

    Raises:
        CommandError: A class name that is no Python name, a table of an endpoint that does not fit
            the app, or a command line without the synchronous class that it uses.
    """
    if options.cli and options.mode == "async":
        raise CommandError(
            'a command line uses the synchronous class: take mode "both" or "sync", '
            "or leave --cli (cli = true) out"
        )
    check_endpoints(app, options.endpoints)
    kept, diagnostics = selected(app, options)
    scope = naming.Scope({*naming.RESERVED, *naming.BUILTINS})
    class_name = _class_name(app, options, scope)
    partial, warnings = partial_plans(kept, class_name, scope, options.endpoints)
    names, wanted, compounds = name_types(
        [owner for plan in partial for owner in plan.type_owners()], scope
    )
    used = {*names.choices.values(), *names.records.values(), *names.compounds.values()}
    endpoints = tuple(_endpoint(plan, names, used) for plan in partial)
    aliases = _aliases(names, compounds)
    typed_dicts = tuple(structures(wanted, names))
    title = one_line(app.title if _is_titled(app) else app.name) or class_name
    modes = _modes(app, options, title, len(endpoints))
    module = Module(
        name=naming.module_name(app.title if _is_titled(app) else "", app.name),
        class_name=class_name,
        counts=_counts(partial),
        title=title,
        about=_about(app, title),
        keywords=_app_keywords(app),
        schema=app.fingerprint,
        runtime=options.runtime,
        modes=modes,
        aliases=aliases,
        structures=typed_dicts,
        endpoints=endpoints,
        exports=_exports(class_name, modes, aliases, typed_dicts, endpoints),
    )
    if options.cli:
        summary = f"{title}: {_extent(app, len(endpoints))}."
        module = replace(module, command_line=command_line(app, module, partial, summary))
    return module, merged([*diagnostics, *warnings])


def _aliases(names: Names, compounds: Mapping[tuple[Node, Family], None]) -> tuple[Alias, ...]:
    """Every alias, those first that others are made of; structures stand above them."""
    written = [(name, choices_annotation(node)) for node, name in names.choices.items()]
    inner_first = [
        Alias(names.of(node, family), spelled(node, family, names)) for node, family in compounds
    ]
    return (*(Alias(*pair) for pair in sorted(written)), *inner_first)


def _about(app: App, title: str) -> str:
    return f'"{title}" - {_gradio(app)} - {one_line(app.origin)}'


def _gradio(app: App) -> str:
    return f"Gradio {one_line(app.version, 40) or 'of unknown version'}"


def _extent(app: App, endpoints: int) -> str:
    return f"{plural(endpoints, 'endpoint')} on {_gradio(app)}"


def _modes(app: App, options: PlanOptions, title: str, endpoints: int) -> tuple[ModePlan, ...]:
    """The synchronous and the asynchronous classes, or one of them."""
    chosen = _PREFIXES if options.mode == "both" else (options.mode,)
    about = _extent(app, endpoints)
    prefixes = [_PREFIXES[mode] for mode in chosen]
    return tuple(
        ModePlan(
            prefix,
            Code(_CALLED[prefix].format(None)),
            tuple(docstrings.app_lines(title, about, f"{prefix}Session")),
        )
        for prefix in prefixes
    )


def _class_name(app: App, options: PlanOptions, scope: naming.Scope) -> Code:
    if options.class_name is not None:
        if (
            not naming.is_plain(options.class_name)
            or options.class_name in naming.RESERVED | naming.BUILTINS
        ):
            given = one_line(options.class_name, 80)
            raise CommandError(
                f'"{given}" cannot be the name of a class here: '
                "take a Python name that generated modules do not use themselves"
            )
        return scope.take(options.class_name, _with_twin)
    words = [
        pascal(text).lstrip("_")
        for text in (app.title if _is_titled(app) else "", options.module, app.name)
    ]
    usable = [word for word in words if naming.is_plain(word)]
    return scope.take(usable[0] if usable else "GradioApp", _with_twin)


def _is_titled(app: App) -> bool:
    """Tell whether an app has a title; Gradio calls every other app "Gradio"."""
    return app.title.strip().lower() not in _UNTITLED


def _with_twin(name: str) -> tuple[str, ...]:
    return (name, f"Async{name}")


def _endpoint(plan: PartialPlan, names: Names, used: set[Code]) -> EndpointPlan:
    endpoint = plan.endpoint
    several = len(plan.results) > 1
    fields: tuple[FieldPlan, ...] = ()
    texts = [
        value_texts.result_text(result, typed, alone=not several)
        for result, typed in zip(endpoint.results, plan.results, strict=True)
    ]
    written = [annotation(typed.node, "out", names) for typed in plan.results]
    if several:
        field_names = chosen_fields(endpoint, plan.override, used)
        fields = tuple(map(FieldPlan, field_names, written, texts))
    result_class = Code(f"{plan.base}Result") if several else None
    result = result_class or (written[0] if written else Code("None"))
    parameters = _parameters(plan, names)
    stands_below = several or not used.isdisjoint(_WORD.findall(result))
    about = [
        (typed.name, value_texts.parameter_text(parameter, typed, names))
        for parameter, typed in zip(endpoint.parameters, plan.parameters, strict=True)
    ]
    return EndpointPlan(
        api_name=endpoint.api_name,
        attribute=plan.attribute,
        class_name=Code(f"{plan.base}Endpoint"),
        signature=Code(f"{plan.base}Signature"),
        result=result,
        called={
            prefix: Code(text.format(literal(result) if stands_below else result))
            for prefix, text in _CALLED.items()
        },
        result_class=result_class,
        fields=fields,
        parameters=parameters,
        keywords=_keywords(plan),
        call_lines=tuple(
            docstrings.call_lines(endpoint, about, [("", texts[0])] if len(texts) == 1 else [])
        ),
        overview=tuple(
            docstrings.overview(endpoint, _signature(plan.attribute, parameters, result))
        ),
        streaming_input=endpoint.streaming_input,
    )


def _parameters(plan: PartialPlan, names: Names) -> tuple[ParameterPlan, ...]:
    plans: list[ParameterPlan] = []
    first = _first_keyword([typed.default is not None for typed in plan.parameters])
    for position, typed in enumerate(plan.parameters):
        written = annotation(typed.node, "in", names)
        if typed.default is APP_DEFAULT:
            written = Code(f"{written} | Default")
        plans.append(
            ParameterPlan(
                typed.name,
                written,
                typed.default,
                position == first,
            )
        )
    return tuple(plans)


def _first_keyword(defaults: Sequence[bool]) -> int | None:
    """Where keyword-only parameters begin: at the first default, if a required one follows."""
    first = defaults.index(True) if True in defaults else len(defaults)
    return None if all(defaults[first:]) else first


def _signature(attribute: Code, parameters: Sequence[ParameterPlan], result: Code) -> list[str]:
    """How an endpoint is called, in parts that lines may be broken between."""
    texts: list[str] = []
    for parameter in parameters:
        texts += ["*"] if parameter.starts_keywords else []
        texts.append(_shown(parameter))
    first, *rest = texts or [""]
    parts = [f"{attribute}({first}", *rest]
    return [*(f"{part}," for part in parts[:-1]), f"{parts[-1]}) -> {result}"]


def _shown(parameter: ParameterPlan) -> str:
    """A parameter in an overview: its type stands there unless its default says it."""
    if parameter.default is None:
        return f"{parameter.name}: {parameter.annotation}"
    is_told = parameter.annotation in _SCALARS and (
        parameter.annotation != "float" or not parameter.default.lstrip("-").isdigit()
    )
    if is_told:
        return f"{parameter.name}={parameter.default}"
    return f"{parameter.name}: {parameter.annotation} = {parameter.default}"


def _keywords(plan: PartialPlan) -> tuple[tuple[Code, Any], ...]:
    endpoint = plan.endpoint
    inputs = {
        i: file_layout_of(endpoint.parameters[i].schema)
        for i, typed in enumerate(plan.parameters)
        if typed.node.has_file
    }
    outputs = {
        i: file_layout_of(endpoint.results[i].schema)
        for i, typed in enumerate(plan.results)
        if typed.node.has_file
    }
    found: list[tuple[str, Any]] = [
        ("api_name", endpoint.api_name),
    ]
    files = [("input_files", inputs), ("output_files", outputs)]
    optional = [
        ("inputs", _components(endpoint.parameters)),
        ("outputs", _components(endpoint.results)),
        *((key, {i: layout for i, layout in layouts.items() if layout}) for key, layouts in files),
        ("oauth_token", endpoint.oauth_token),
        ("names", _renamed(plan)),
    ]
    return tuple((Code(key), value) for key, value in (*found, *((k, v) for k, v in optional if v)))


def _renamed(plan: PartialPlan) -> dict[int, str]:
    """What the app calls the parameters that have neither its name nor their label here."""
    given = enumerate(zip(plan.endpoint.parameters, plan.parameters, strict=True))
    return {
        position: parameter.name
        for position, (parameter, typed) in given
        if parameter.name
        and letters_of(typed.name) not in (letters_of(parameter.name), letters_of(parameter.label))
    }


def _components(values: Sequence[Parameter | Result]) -> str | tuple[str, ...]:
    """The component types in order: one text, unless a type is no single word."""
    types = tuple(value.component for value in values)
    joined = " ".join(types)
    return joined if tuple(joined.split()) == types else types


def _app_keywords(app: App) -> tuple[tuple[Code, Any], ...]:
    found: list[tuple[str, Any]] = [("url", app.url)] if app.url is not None else []
    found += [("title", one_line(app.title)), ("schema", app.fingerprint), ("runtime", 2)]
    return tuple((Code(key), value) for key, value in found)


def _counts(partial: Sequence[PartialPlan]) -> Counts:
    nodes = [typed.node for plan in partial for typed in (*plan.parameters, *plan.results)]
    return Counts(
        endpoints=len(partial),
        parameters=sum(len(plan.parameters) for plan in partial),
        results=sum(len(plan.results) for plan in partial),
        any_declared=sum(n.untyped_by_schema and not n.untyped_by_us for n in nodes),
        any_unknown=sum(n.untyped_by_us for n in nodes),
    )


def _exports(
    class_name: str,
    modes: Sequence[ModePlan],
    aliases: Sequence[Alias],
    typed_dicts: Sequence[Structure],
    endpoints: Sequence[EndpointPlan],
) -> list[str]:
    names = [
        *(f"{mode.prefix}{class_name}" for mode in modes),
        *(alias.name for alias in aliases),
        *(structure.name for structure in typed_dicts),
    ]
    names += [endpoint.result_class for endpoint in endpoints if endpoint.result_class]
    return sorted(names, key=naming.export_order)
