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
    from collections.abc import Sequence

    from gradio_codegen.app_schema.schema import App, Parameter
    from gradio_codegen.plan.model import EndpointPlan, Module
    from gradio_codegen.plan.partial import PartialPlan, TypedValue
    from gradio_codegen.types.graph import Node

__all__ = ["command_line"]

_LONGEST_DEFAULT: Final = 60
_SIMPLE: Final = frozenset({"choices", "file", "float", "int", "str"})
"""Items that a shell can give one by one."""
_FLAG: Final = Code("Flag()")
_FILE: Final = Code("File()")
_CHUNKS: Final = Code("Many(File())")
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
    names = _unique([(plan.attribute, False) for plan in partial], frozenset(), "endpoint")
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
    kinds = [_kind(typed.node, parameter) for parameter, typed in given]
    chunks = ""
    if plan.endpoint.streaming_input and kinds.count(_FILE) == 1:
        place = kinds.index(_FILE)
        chunks, kinds[place] = str(given[place][1].name), _CHUNKS
    wanted = [(typed.name, kind == _FLAG) for (_, typed), kind in zip(given, kinds, strict=True)]
    words = _unique(wanted, frozenset(COMMAND_OPTIONS), "value")
    variadic = False
    parameters: list[CommandParameter] = []
    for word, kind, (parameter, typed) in zip(words, kinds, given, strict=True):
        made = _parameter(
            word,
            kind,
            parameter,
            typed,
            may_repeat=not variadic,
            is_needed=typed.name == chunks,
        )
        variadic = variadic or (made.kind.startswith("Many(") and not made.flags)
        parameters.append(made)
    return CommandPlan(
        name=name,
        attribute=plan.attribute,
        lines=tuple(docstrings.command_lines(plan.endpoint)),
        parameters=tuple(parameters),
        results=tuple(map(str, results)),
        chunks=chunks,
    )


def _parameter(
    word: str,
    kind: Code,
    parameter: Parameter,
    typed: TypedValue,
    *,
    may_repeat: bool,
    is_needed: bool,
) -> CommandParameter:
    """A parameter as an argument, if it has no default and cannot be null; else as an option.

    Flags are options, and so is every list but the first: the shell tells their ends by names.
    """
    null = (
        typed.node.kind != "any"
        and not is_needed
        and any(part.name == "None" for part in _parts(typed.node))
    )
    is_flag = kind == _FLAG
    needed = is_needed or (typed.default is None and not null)
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


def _unique(names: Sequence[tuple[str, bool]], taken: frozenset[str], nameless: str) -> list[str]:
    """Names as a shell writes them, no two alike, and none that is taken.

    One that can be kept is, whatever the others become.

    Args:
        names: Names in Python, and whether each comes with its contrary, `--no-NAME`.
        taken: Words that none may be.
        nameless: What stands for a name without a letter.
    """
    plain = [name.strip("_").replace("_", "-") or nameless for name, _ in names]
    exact = [
        word not in taken and word.replace("-", "_") == names[n][0] for n, word in enumerate(plain)
    ]
    used = set(taken)
    words: dict[int, str] = {}
    for n in sorted(range(len(plain)), key=lambda n: not exact[n]):
        wanted = f"app-{plain[n]}" if plain[n] in taken else plain[n]
        word, number = wanted, 1
        while used.intersection(found := {word, f"no-{word}"} if names[n][1] else {word}):
            number += 1
            word = f"{wanted}-{number}"
        used |= found
        words[n] = word
    return [words[n] for n in range(len(plain))]


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
