"""The command line of an app: a command for each endpoint, decided from the same partial plans."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from gradio_codegen.code.escaping import Code, literal, one_line
from gradio_codegen.plan import docstrings, value_texts
from gradio_codegen.plan.model import CommandLine, CommandParameter, CommandPlan
from gradio_codegen.types.defaults import APP_DEFAULT
from gradio_session.generator_interface import COMMAND_OPTIONS, file_layout_of, is_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gradio_codegen.app_schema.schema import App, Parameter
    from gradio_codegen.plan.model import EndpointPlan, Module
    from gradio_codegen.plan.partial import PartialPlan, TypedValue
    from gradio_codegen.types.graph import Node

__all__ = ["command_line"]

_LONGEST_DEFAULT: Final = 60
_SIMPLE: Final = frozenset({"choices", "file", "float", "int", "str"})
"""Items that a shell can give one by one."""
_SCALARS: Final = frozenset({"bool", "choices", "float", "int", "str"})


def command_line(
    app: App, module: Module, partial: Sequence[PartialPlan], summary: str
) -> CommandLine:
    """Decide everything about the command line of an app.

    Args:
        app: What the app promises.
        module: The module of its client.
        partial: Its endpoints with their types.
        summary: What it is, in one line.
    """
    names = _unique((plan.attribute for plan in partial), set(), "endpoint")
    planned = zip(names, partial, module.endpoints, strict=True)
    return CommandLine(
        client=module.name,
        class_name=module.class_name,
        title=module.title,
        about=module.about,
        schema=module.schema,
        runtime=module.runtime,
        summary=summary,
        has_url=app.url is not None,
        commands=tuple(_command(name, plan, endpoint) for name, plan, endpoint in planned),
    )


def _command(name: str, plan: PartialPlan, endpoint: EndpointPlan) -> CommandPlan:
    results = [field.name for field in endpoint.fields] or [typed.name for typed in plan.results]
    given = list(zip(plan.endpoint.parameters, plan.parameters, strict=True))
    taken = {*COMMAND_OPTIONS, *(f"no-{word}" for word in COMMAND_OPTIONS)}
    words = _unique((typed.name for _, typed in given), taken, "value")
    variadic = False
    parameters: list[CommandParameter] = []
    for word, (parameter, typed) in zip(words, given, strict=True):
        made = _parameter(word, parameter, typed, may_repeat=not variadic)
        variadic = variadic or (made.kind.startswith("Many(") and not made.flags)
        parameters.append(made)
    return CommandPlan(
        name=name,
        attribute=plan.attribute,
        lines=tuple(docstrings.command_lines(plan.endpoint)),
        parameters=tuple(parameters),
        results=tuple(map(str, results)),
    )


def _parameter(
    word: str, parameter: Parameter, typed: TypedValue, *, may_repeat: bool
) -> CommandParameter:
    """A parameter as an argument, if it has no default and cannot be null; else as an option.

    Flags are options, and so is every list but the first: the shell tells their ends by names.
    """
    kind = _kind(typed.node, parameter)
    null = typed.node.kind != "any" and any(part.name == "None" for part in _parts(typed.node))
    is_flag = kind == "Flag()"
    needed = typed.default is None and not null
    repeats = kind.startswith("Many(")
    is_argument = needed and not is_flag and (may_repeat or not repeats)
    flags = f"--{word}/--no-{word}" if is_flag else f"--{word}"
    return CommandParameter(
        name=typed.name,
        flags="" if is_argument else flags,
        kind=kind,
        text=value_texts.option_text(parameter, typed, _how(kind)),
        required=needed and not is_argument,
        null=null,
        default=_default(parameter, typed),
    )


def _unique(names: Iterable[str], taken: set[str], nameless: str) -> list[str]:
    """Names as a shell writes them, no two alike, and none that is taken."""
    used = set(taken)
    words: list[str] = []
    for name in names:
        wanted = name.strip("_").replace("_", "-") or nameless
        wanted = f"app-{wanted}" if wanted in taken else wanted
        word, number = wanted, 1
        while {word, f"no-{word}"} & used:
            number += 1
            word = f"{wanted}-{number}"
        used |= {word, f"no-{word}"}
        words.append(word)
    return words


def _parts(node: Node) -> tuple[Node, ...]:
    return node.parts if node.kind == "union" else (node,)


def _kinds(node: Node) -> set[str]:
    """What the parts of a type are: scalars by their name, null left out."""
    parts = [part for part in _parts(node) if part.name != "None"]
    return {part.name if part.kind == "scalar" else part.kind for part in parts}


def _kind(node: Node, parameter: Parameter) -> Code:
    """What a parameter takes, as a call of one of the runtime's kinds."""
    kinds = _kinds(node)
    lists = [part for part in _parts(node) if part.kind == "list"]
    if "file" in kinds:
        code = "FileOrText()" if "str" in kinds else "File()"
    elif kinds == {"list"} and len(lists) == 1 and _kinds(lists[0].parts[0]) <= _SIMPLE:
        code = f"Many({_kind(lists[0].parts[0], parameter)})"
    elif "choices" in kinds and kinds <= {"choices", "str"}:
        values = [literal(value) for part in _parts(node) for value in part.choices]
        code = f"Choice({', '.join([*values, *(['is_open=True'] if 'str' in kinds else [])])})"
    elif kinds in ({"int"}, {"float"}):
        bounds = ", ".join(map(literal, value_texts.bounds(parameter.schema) or ()))
        code = f"{'Integer' if 'int' in kinds else 'Number'}({bounds})"
    elif kinds in ({"str"}, {"bool"}):
        code = "Text()" if "str" in kinds else "Flag()"
    elif kinds <= _SCALARS:
        code = "Scalar()"
    else:
        layout = [literal(file_layout_of(parameter.schema))] if node.has_file else []
        loose = ["or_text=True"] if kinds & {"str", "any"} else []
        code = f"Json({', '.join([*layout, *loose])})"
    return Code(code)


def _how(kind: Code) -> list[str]:
    """How files are given in a shell."""
    if kind in ("File()", "Many(File())"):
        return ["a path, a URL or - for standard input"]
    if kind in ("FileOrText()", "Many(FileOrText())"):
        return ["text, or @path for a file"]
    return ['a file in it is written "@path" or as a URL'] if kind.startswith("Json({") else []


def _default(parameter: Parameter, typed: TypedValue) -> str:
    """What a parameter is when it is not given, in words; nothing where that is null."""
    value = parameter.default
    if typed.default is None or (value is None and typed.default != APP_DEFAULT):
        return ""
    if typed.default == APP_DEFAULT:
        return value_texts.default_text(value)
    if isinstance(value, bool):
        return "on" if value else "off"
    if is_list(value):
        return one_line(", ".join(map(_written, value)), _LONGEST_DEFAULT) or "none"
    return one_line(_written(value), _LONGEST_DEFAULT) or '""'


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
