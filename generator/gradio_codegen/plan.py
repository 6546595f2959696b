"""The intermediate form: everything that a template needs, already decided."""

from __future__ import annotations

import fnmatch
import keyword
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gradio_codegen import docstrings, naming
from gradio_codegen.annotations import Names, Structure, annotation, choices_annotation, structures
from gradio_codegen.defaults import APP_DEFAULT, decide
from gradio_codegen.diagnostics import CommandError, Diagnostic, Level
from gradio_codegen.escaping import Code, one_line
from gradio_codegen.jsonschema import Reader
from gradio_codegen.schema import App, Endpoint, Parameter
from gradio_codegen.typenames import Slot, name_types
from gradio_codegen.typetree import Arena, Node
from gradio_session.protocol.shapes import shape_of

__all__ = ["Alias", "Counts", "EndpointPlan", "FieldPlan", "Module", "ParameterPlan", "PlanOptions", "make"]

_UNTITLED = frozenset({"", "gradio"})


@dataclass(frozen=True)
class PlanOptions:
    """What a user may choose about a generated module.

    Attributes:
        class_name: The name of the app's class; None derives it from the title.
        mode: Which of the two worlds to generate.
        include: Patterns (as in `fnmatch`) of endpoints to keep, with or without their slash; all if empty.
        exclude: Patterns of endpoints to leave out.
        source: How to name the source in the header; None takes the document's origin.
        runtime: The module that generated code imports the runtime from: `gradio_session`, or a vendored copy (`._runtime`).
    """

    class_name: str | None = None
    mode: Literal["both", "sync", "async"] = "both"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    source: str | None = None
    runtime: str = "gradio_session"


@dataclass(frozen=True)
class Counts:
    """What a module holds: endpoints, parameters, results; of the latter two, how many the app says may be anything, and how many we failed to type."""

    endpoints: int
    parameters: int
    results: int
    any_declared: int
    any_unknown: int


@dataclass(frozen=True)
class Alias:
    """A name for a set of choices."""

    name: Code
    annotation: Code


@dataclass(frozen=True)
class ParameterPlan:
    """A parameter in a signature; `starts_keywords` puts the star in front of it, `argument` is how it is passed on."""

    name: Code
    annotation: Code
    default: Code | None
    starts_keywords: bool
    argument: Code


@dataclass(frozen=True)
class FieldPlan:
    """A field of a result with several values, and what is said about it."""

    name: Code
    annotation: Code
    text: str


@dataclass(frozen=True)
class EndpointPlan:
    """An endpoint's classes, and the attribute of the app that holds it.

    Attributes:
        api_name: Its name on the wire.
        attribute: What it is called in Python.
        class_name: The name of its class; the asynchronous one has `Async` in front.
        result: The annotation of what it returns.
        result_class: The name of its `NamedTuple` if it returns several values.
        fields: What is in that tuple.
        parameters: Its parameters.
        keywords: What its class says to the runtime besides its name.
        summary: One sentence.
        call_lines: The docstring of the call.
        overview: The docstring of the attribute; `async_overview` of the asynchronous one.
    """

    api_name: str
    attribute: Code
    class_name: Code
    result: Code
    result_class: Code | None
    fields: tuple[FieldPlan, ...]
    parameters: tuple[ParameterPlan, ...]
    keywords: tuple[tuple[Code, Any], ...]
    summary: str
    call_lines: tuple[str, ...]
    overview: str


@dataclass(frozen=True)
class World:
    """What differs between synchronous and asynchronous classes: `wait` stands before the call that is waited for, `result` after it."""

    prefix: Code
    define: Code
    wait: Code
    result: Code


_WORLDS = {
    "sync": World(Code(""), Code("def"), Code(""), Code(".result()")),
    "async": World(Code("Async"), Code("async def"), Code("await "), Code("")),
}


@dataclass(frozen=True)
class Module:
    """A generated module before it is text.

    Attributes:
        name: What to call its file, without `.py`.
        class_name: The name of the app's class (the asynchronous one has `Async` in front).
        counts: What it holds.
        title: What the app calls itself, or what we call it.
        about: The line on the app in the header.
        keywords: What the app's class says to the runtime.
        schema: The hash of the description.
        runtime: The module that the runtime is imported from.
        worlds: How the synchronous and the asynchronous classes are written, or one of them.
        aliases: The named choices.
        structures: The `TypedDict`s.
        endpoints: The endpoints.
        exports: The names in `__all__`.
    """

    name: str
    class_name: Code
    counts: Counts
    title: str
    about: str
    keywords: tuple[tuple[Code, Any], ...]
    schema: str
    runtime: str
    worlds: tuple[World, ...]
    aliases: tuple[Alias, ...]
    structures: tuple[Structure, ...]
    endpoints: tuple[EndpointPlan, ...]
    exports: list[str]


@dataclass(frozen=True)
class _Typed:
    """A parameter or result with its type; `default` is the code of a parameter's default."""

    name: Code
    node: Node
    titles: dict[Node, tuple[str, str]]
    default: Code | None = None


@dataclass(frozen=True)
class _Draft:
    """An endpoint whose names and types are known, but not yet what the types are called."""

    endpoint: Endpoint
    base: str
    attribute: Code
    parameters: tuple[_Typed, ...]
    results: tuple[_Typed, ...]


def make(app: App, options: PlanOptions) -> tuple[Module, list[Diagnostic]]:
    """Decide everything about the module of an app.

    Args:
        app: What the app promises.
        options: What the user chose.

    Returns:
        The module, and the warnings that the user should see.

    Raises:
        CommandError: A class name that is no Python name.
    """
    diagnostics: list[Diagnostic] = []
    kept = _kept(app, options, diagnostics)
    scope = naming.Scope({*naming.RESERVED, *naming.BUILTINS})
    class_name = _class_name(app, options, scope)
    bases = _bases(kept, scope)
    drafts = _drafts(kept, bases, {class_name}, diagnostics)
    names, wanted = name_types([slot for draft in sorted(drafts, key=lambda d: d.endpoint.api_name) for slot in _slots(draft)], scope)
    endpoints = tuple(_endpoint(draft, names) for draft in drafts)
    aliases = tuple(Alias(name, choices_annotation(node)) for node, name in sorted(names.choices.items(), key=lambda item: item[1]))
    typed_dicts = tuple(structures(wanted, names))
    worlds = tuple(_WORLDS[mode] for mode in (("sync", "async") if options.mode == "both" else (options.mode,)))
    module = Module(
        name=naming.module_name("" if app.title.strip().lower() in _UNTITLED else app.title, app.name),
        class_name=class_name,
        counts=_counts(drafts),
        title=one_line(app.title) or class_name,
        about=f'"{one_line(app.title) or class_name}" - Gradio {one_line(app.version, 40) or "of unknown version"} - {one_line(options.source or app.origin)}',
        keywords=_app_keywords(app),
        schema=app.fingerprint,
        runtime=options.runtime,
        worlds=worlds,
        aliases=aliases,
        structures=typed_dicts,
        endpoints=endpoints,
        exports=_exports(class_name, worlds, aliases, typed_dicts, endpoints),
    )
    return module, diagnostics


def _kept(app: App, options: PlanOptions, diagnostics: list[Diagnostic]) -> list[Endpoint]:
    kept: list[Endpoint] = []
    for endpoint in app.endpoints:
        if (options.include and not _matches(endpoint, options.include)) or _matches(endpoint, options.exclude):
            continue
        if endpoint.streaming_input:
            what = "takes its input as a stream, which a call cannot give; it is left out"
            diagnostics.append(Diagnostic(Level.WARNING, one_line(endpoint.api_name), what))
            continue
        kept.append(endpoint)
    if app.endpoints and not kept:
        diagnostics.append(Diagnostic(Level.WARNING, app.origin, "no endpoint is left to generate", "look at --include and --exclude"))
    return kept


def _matches(endpoint: Endpoint, patterns: Sequence[str]) -> bool:
    names = (endpoint.api_name, endpoint.api_name.removeprefix("/"))
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns for name in names)


def _class_name(app: App, options: PlanOptions, scope: naming.Scope) -> Code:
    if options.class_name is not None:
        if not naming.is_plain(options.class_name) or keyword.issoftkeyword(options.class_name) or options.class_name in naming.RESERVED | naming.BUILTINS:
            raise CommandError(f'"{one_line(options.class_name, 80)}" cannot be the name of a class here: take a Python name that generated modules do not use themselves')
        return scope.take(options.class_name, _with_twin)
    title = "" if app.title.strip().lower() in _UNTITLED else app.title
    words = [naming.pascal(text).lstrip("_") for text in (title, app.name)]
    usable = [word for word in words if naming.is_plain(word)]
    return scope.take(usable[0] if usable else "GradioApp", _with_twin)


def _with_twin(name: str) -> tuple[str, ...]:
    return (name, f"Async{name}")


def _bases(endpoints: Sequence[Endpoint], scope: naming.Scope) -> dict[str, str]:
    """The word for each endpoint in the names of its classes, so that all of them are free."""

    def derived(base: str) -> tuple[str, ...]:
        return (f"{base}Endpoint", f"Async{base}Endpoint", f"{base}Result")

    result: dict[str, str] = {}
    for name in sorted(endpoint.api_name for endpoint in endpoints):
        word = naming.pascal(name if name.startswith("/") else f"fn {name}")
        word = word if word.isidentifier() else f"Endpoint{word}"
        result[name] = scope.take(word, derived)
    return result


def _drafts(endpoints: Sequence[Endpoint], bases: dict[str, str], taken: set[Code], diagnostics: list[Diagnostic]) -> list[_Draft]:
    used = {*taken, *(f"Async{name}" for name in taken)}
    used |= {name for base in bases.values() for name in (f"{base}Endpoint", f"Async{base}Endpoint", f"{base}Result")}
    attributes = naming.attribute_names(bases, used)
    arena = Arena()
    drafts: list[_Draft] = []
    for endpoint in endpoints:
        parameters = tuple(_typed_parameters(endpoint, arena, diagnostics))
        results = tuple(_typed_results(endpoint, arena, used, diagnostics))
        drafts.append(_Draft(endpoint, bases[endpoint.api_name], attributes[endpoint.api_name], parameters, results))
    return drafts


def _typed_parameters(endpoint: Endpoint, arena: Arena, diagnostics: list[Diagnostic]) -> list[_Typed]:
    names = naming.parameter_names([(p.name, p.label, p.component) for p in endpoint.parameters])
    typed: list[_Typed] = []
    for parameter, name in zip(endpoint.parameters, names, strict=True):
        reader = Reader(arena, parameter.schema)
        default, node = decide(parameter, reader.read(), arena)
        diagnostics += _warnings(f"{one_line(endpoint.api_name)}, parameter {name}", reader, node)
        typed.append(_Typed(name, node, reader.titles, default))
    return typed


def _typed_results(endpoint: Endpoint, arena: Arena, used: set[str], diagnostics: list[Diagnostic]) -> list[_Typed]:
    names = naming.field_names([(r.label, r.component) for r in endpoint.results], used)
    typed: list[_Typed] = []
    for result, name in zip(endpoint.results, names, strict=True):
        reader = Reader(arena, result.schema)
        node = reader.read()
        diagnostics += _warnings(f"{one_line(endpoint.api_name)}, result {name}", reader, node)
        typed.append(_Typed(name, node, reader.titles))
    return typed


def _warnings(where: str, reader: Reader, node: Node) -> list[Diagnostic]:
    found = [Diagnostic(Level.WARNING, where, f"typed as Any at {one_line(path)}, which {what}") for path, what in reader.problems[:1]]
    if not found and node.unknown:
        found = [Diagnostic(Level.WARNING, where, "typed as Any, as its type is too long to write out")]
    if not found and node.declared:
        what = "may be anything, says the app" if node.kind == "any" else "holds values that may be anything, says the app"
        found = [Diagnostic(Level.WARNING, where, f"{what}; typed as Any")]
    return found


def _slots(draft: _Draft) -> list[Slot]:
    parameters = [Slot(draft.base, p.name, p.node, "in", p.titles) for p in draft.parameters]
    single = len(draft.results) == 1
    return [*parameters, *(Slot(draft.base, "result" if single else r.name, r.node, "out", r.titles) for r in draft.results)]


def _endpoint(draft: _Draft, names: Names) -> EndpointPlan:
    endpoint = draft.endpoint
    several = len(draft.results) > 1
    used = {*names.choices.values(), *names.records.values()}
    fields: tuple[FieldPlan, ...] = ()
    texts = [docstrings.result_text(result, typed.node) for result, typed in zip(endpoint.results, draft.results, strict=True)]
    written = [annotation(typed.node, "out", names) for typed in draft.results]
    if several:
        field_names = naming.field_names([(r.label, r.component) for r in endpoint.results], used)
        fields = tuple(map(FieldPlan, field_names, written, texts))
    result_class = Code(f"{draft.base}Result") if several else None
    result = result_class or (written[0] if written else Code("None"))
    parameters = _parameters(draft, names)
    about = [
        (typed.name, docstrings.parameter_text(parameter, typed.name, typed.node)) for parameter, typed in zip(endpoint.parameters, draft.parameters, strict=True)
    ]
    return EndpointPlan(
        api_name=endpoint.api_name,
        attribute=draft.attribute,
        class_name=Code(f"{draft.base}Endpoint"),
        result=result,
        result_class=result_class,
        fields=fields,
        parameters=parameters,
        keywords=_keywords(draft),
        summary=docstrings.summary(endpoint),
        call_lines=tuple(docstrings.call_lines(endpoint, about, [("", texts[0])] if len(texts) == 1 else [])),
        overview=docstrings.overview(endpoint, _signature(draft.attribute, parameters, result), f"{draft.attribute}(...) -> {result}"),
    )


def _parameters(draft: _Draft, names: Names) -> tuple[ParameterPlan, ...]:
    plans: list[ParameterPlan] = []
    seen_default = keywords = False
    for typed in draft.parameters:
        starts = typed.default is None and seen_default and not keywords
        keywords = keywords or starts
        seen_default = seen_default or typed.default is not None
        written = annotation(typed.node, "in", names)
        if typed.default is APP_DEFAULT:
            written = Code(f"{written} | Default")
        plans.append(ParameterPlan(typed.name, written, typed.default, starts, Code(f"{typed.name}={typed.name}") if keywords else typed.name))
    return tuple(plans)


def _signature(attribute: Code, parameters: Sequence[ParameterPlan], result: Code) -> str:
    parts: list[str] = []
    for parameter in parameters:
        parts += ["*"] if parameter.starts_keywords else []
        parts.append(parameter.name if parameter.default is None else f"{parameter.name}={parameter.default}")
    return f"{attribute}({', '.join(parts)}) -> {result}"


def _keywords(draft: _Draft) -> tuple[tuple[Code, Any], ...]:
    endpoint = draft.endpoint
    inputs = {i: shape for i, (p, t) in enumerate(zip(endpoint.parameters, draft.parameters, strict=True)) if t.node.has_file and (shape := shape_of(p.schema))}
    outputs = {i: shape for i, (r, t) in enumerate(zip(endpoint.results, draft.results, strict=True)) if t.node.has_file and (shape := shape_of(r.schema))}
    found: list[tuple[str, Any]] = [
        ("api_name", endpoint.api_name),
        ("inputs", tuple(p.component for p in endpoint.parameters)),
        ("outputs", tuple(r.component for r in endpoint.results)),
    ]
    optional = (("input_files", inputs), ("output_files", outputs), ("oauth_token", endpoint.oauth_token))
    return tuple((Code(key), value) for key, value in (*found, *((k, v) for k, v in optional if v)))


def _app_keywords(app: App) -> tuple[tuple[Code, Any], ...]:
    found: list[tuple[str, Any]] = [("url", app.url)] if app.url is not None else []
    found += [("title", one_line(app.title)), ("schema", app.fingerprint), ("runtime", 1)]
    return tuple((Code(key), value) for key, value in found)


def _counts(drafts: Sequence[_Draft]) -> Counts:
    slots = [typed for draft in drafts for typed in (*draft.parameters, *draft.results)]
    return Counts(
        endpoints=len(drafts),
        parameters=sum(len(draft.parameters) for draft in drafts),
        results=sum(len(draft.results) for draft in drafts),
        any_declared=sum(slot.node.declared and not slot.node.unknown for slot in slots),
        any_unknown=sum(slot.node.unknown for slot in slots),
    )


def _exports(
    class_name: str, worlds: Sequence[World], aliases: Sequence[Alias], typed_dicts: Sequence[Structure], endpoints: Sequence[EndpointPlan]
) -> list[str]:
    names = [*(f"{world.prefix}{class_name}" for world in worlds), *(alias.name for alias in aliases), *(structure.name for structure in typed_dicts)]
    names += [endpoint.result_class for endpoint in endpoints if endpoint.result_class]
    return sorted(names, key=naming.import_order)
