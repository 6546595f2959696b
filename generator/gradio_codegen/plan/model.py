"""The intermediate form of a generated module: what the templates see.

Texts of the app stand in fields of type `str` and pass an escaping filter; fields of type `Code`
are printed as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from gradio_codegen.plan.overrides import EndpointOverride

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradio_codegen.code.escaping import Code
    from gradio_codegen.types.structures import Structure

__all__ = [
    "Alias",
    "CommandLine",
    "CommandParameter",
    "CommandPlan",
    "Counts",
    "EndpointPlan",
    "FieldPlan",
    "Mode",
    "ModePlan",
    "Module",
    "ParameterPlan",
    "PlanOptions",
]

Mode: TypeAlias = Literal["both", "sync", "async"]
"""Which classes a module has: synchronous ones, asynchronous ones, or both."""


@dataclass(frozen=True)
class PlanOptions:
    """What a user may choose about a generated module.

    Attributes:
        class_name: The name of the app's class; None derives it from the title.
        mode: Which classes to generate.
        include: Patterns (as in `fnmatch`) of endpoints to keep, with or without their slash; all
            if empty.
        exclude: Patterns of endpoints to leave out.
        module: The stem of the file that the user asked for, which names an untitled app; may be
            empty.
        runtime: The module that generated code imports the runtime from: `gradio_session`, or a
            vendored copy (`._gradio_session`).
        endpoints: The user's own names and types, by `api_name`.
        cli: Whether to plan a command line, too.
    """

    class_name: str | None = None
    mode: Mode = "both"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    module: str = ""
    runtime: str = "gradio_session"
    endpoints: Mapping[str, EndpointOverride] = field(default_factory=dict[str, EndpointOverride])
    cli: bool = False


@dataclass(frozen=True)
class Counts:
    """What a module holds.

    Attributes:
        endpoints: How many endpoints.
        parameters: How many parameters.
        results: How many results.
        any_declared: How many parameters and results may be anything by the app's own schema.
        any_unknown: How many of them we failed to type.
    """

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
    """A parameter in a signature.

    Attributes:
        name: Its name.
        annotation: Its type.
        default: Its default; None if it must be given.
        starts_keywords: Whether the star stands in front of it.
    """

    name: Code
    annotation: Code
    default: Code | None
    starts_keywords: bool


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
        signature: The name of the class that holds its signature.
        result: The annotation of what it returns.
        called: What calling it returns, as a class that stands above it subscripts it: by the
            prefix of the mode.
        result_class: The name of its `NamedTuple` if it returns several values.
        fields: What is in that tuple.
        parameters: Its parameters.
        keywords: What its class tells the runtime.
        call_lines: The docstring of the call.
        overview: The docstring of the attribute.
        streaming_input: Whether it takes its input as a stream.
    """

    api_name: str
    attribute: Code
    class_name: Code
    signature: Code
    result: Code
    called: Mapping[str, Code]
    result_class: Code | None
    fields: tuple[FieldPlan, ...]
    parameters: tuple[ParameterPlan, ...]
    keywords: tuple[tuple[Code, Any], ...]
    call_lines: tuple[str, ...]
    overview: tuple[str, ...]
    streaming_input: bool


@dataclass(frozen=True)
class ModePlan:
    """What differs between synchronous and asynchronous classes.

    Attributes:
        prefix: What the names of classes begin with.
        sent: What sending a chunk of a stream returns.
        about: The docstring of the app's class.
    """

    prefix: Code
    sent: Code
    about: tuple[str, ...]


@dataclass(frozen=True)
class CommandParameter:
    """A parameter of an endpoint on the command line.

    Attributes:
        name: What the client calls it.
        flags: The option that gives it, both of a flag; empty for an argument.
        kind: What it takes: a call of one of the runtime's kinds.
        text: What is said about it.
        required: Whether the option must be given.
        null: Whether it may be null.
        default: What it is when it is not given, in words.
    """

    name: str
    flags: str
    kind: Code
    text: str
    required: bool
    null: bool
    default: str


@dataclass(frozen=True)
class CommandPlan:
    """The command of one endpoint.

    Attributes:
        name: What it is called.
        attribute: What the client calls the endpoint.
        lines: Its help text.
        parameters: Its parameters.
        results: What its results are called.
        chunks: The parameter whose files are the chunks of a stream; empty: it takes no stream.
    """

    name: str
    attribute: str
    lines: tuple[str, ...]
    parameters: tuple[CommandParameter, ...]
    results: tuple[str, ...]
    chunks: str


@dataclass(frozen=True)
class CommandLine:
    """A generated command line before it is text.

    Attributes:
        client: The name of the client's file beside it, without `.py`.
        class_name: The class of the client.
        title: What the app calls itself, or what we call it.
        about: The line on the app in the header.
        schema: The hash of the description.
        runtime: The module that the runtime is imported from.
        summary: What its help says.
        has_url: Whether the client knows where its app is.
        commands: The commands.
    """

    client: str
    class_name: Code
    title: str
    about: str
    schema: str
    runtime: str
    summary: str
    has_url: bool
    commands: tuple[CommandPlan, ...]


@dataclass(frozen=True)
class Module:
    """A generated module before it is text.

    Attributes:
        name: What to call its file, without `.py`.
        class_name: The name of the app's class (the asynchronous one has `Async` in front).
        counts: What it holds.
        title: What the app calls itself, or what we call it.
        about: The line on the app in the header.
        keywords: What the app's class tells the runtime.
        schema: The hash of the description.
        runtime: The module that the runtime is imported from.
        modes: How the synchronous and the asynchronous classes are written, or one of them.
        aliases: The named choices.
        structures: The `TypedDict`s.
        endpoints: The endpoints.
        exports: The names in `__all__`.
        command_line: The command line beside it, if there is to be one.
    """

    name: str
    class_name: Code
    counts: Counts
    title: str
    about: str
    keywords: tuple[tuple[Code, Any], ...]
    schema: str
    runtime: str
    modes: tuple[ModePlan, ...]
    aliases: tuple[Alias, ...]
    structures: tuple[Structure, ...]
    endpoints: tuple[EndpointPlan, ...]
    exports: list[str]
    command_line: CommandLine | None = None
