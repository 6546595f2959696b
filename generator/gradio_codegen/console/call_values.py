"""`name=value` arguments of a shell, read by what each parameter of a call takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.suggest import did_you_mean
from gradio_codegen.base.text import listing, printable
from gradio_session.generator_interface import (
    Choice,
    File,
    FileOrText,
    Json,
    Scalar,
    StandardInput,
    file_layout_of,
    follow,
    is_list,
    is_object,
    list_of,
    number_in,
    object_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gradio_codegen.app_schema.schema import Parameter
    from gradio_codegen.console.call_names import Target

__all__ = ["read_arguments", "read_chunks", "values_of"]

_MOST_NAMED = 12
_MAX_DEPTH = 10
_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")


@dataclass(frozen=True)
class _Kind:
    """What a parameter takes.

    Attributes:
        types: JSON types.
        choices: Its choices, if it has any.
        items: The schema of its items.
        layout: Where its files are.
        root: The schema that references are looked up in.
    """

    types: frozenset[str]
    choices: tuple[Any, ...]
    items: Any
    layout: Any
    root: Any = field(repr=False, default=None)

    @property
    def is_file(self) -> bool:
        return bool(self.layout == "file")


def values_of(parameter: Parameter) -> list[str]:
    """Return the values that a shell may offer for a parameter."""
    kind = _kind(parameter.schema, parameter.schema)
    if kind.choices:
        return [str(choice) for choice in kind.choices if choice is not None]
    return ["true", "false"] if "boolean" in kind.types else []


def read_arguments(
    target: Target, arguments: Sequence[str], read_input: Callable[[], bytes]
) -> dict[str, Any]:
    """Read the arguments of a call.

    Args:
        target: The endpoint to call.
        arguments: `name=value` each. A value is read by its parameter's type: text as it stands,
            `@path` or a URL for a file, JSON for structures; `-` reads standard input. A name given
            several times makes a list.
        read_input: Reads standard input to its end.

    Returns:
        Parameter name, as the app has it, to value.

    Raises:
        CommandError: An argument has no `=`, a name is not known, a required one is missing, or a
            value is not what its parameter takes.
    """
    given: dict[str, list[str]] = {}
    for argument in arguments:
        word, equals, value = argument.partition("=")
        if not equals:
            raise CommandError(
                f"{target.api_name}: parameters are given as NAME=VALUE, not {argument!r}"
            )
        name = target.name_of(word)
        if name is None:
            names = list(target.parameters)
            there = f"; it takes {', '.join(names)}" if names else "; it takes none"
            raise CommandError(
                f"{target.api_name} has no parameter {word!r}"
                + did_you_mean(word, names, otherwise=printable(there))
            )
        given.setdefault(name, []).append(value)
    missing = [
        name
        for name, parameter in target.parameters.items()
        if name not in given and not parameter.has_default
    ]
    if missing:
        raise CommandError(
            f"{target.api_name}: {printable(', '.join(missing))} must be given, as NAME=VALUE"
        )
    standard_input = StandardInput(read_input)
    return {
        target.on_wire[name]: _read(
            f"{target.api_name}, parameter {name}", target.parameters[name], texts, standard_input
        )
        for name, texts in given.items()
    }


def read_chunks(
    target: Target,
    arguments: Sequence[str],
    stream: str | None,
    read_input: Callable[[], bytes],
) -> list[dict[str, Any]]:
    """Read the arguments of a call, or of every chunk of a stream.

    Args:
        target: The endpoint.
        arguments: `name=value` pairs; with `stream`, the files after the first, too.
        stream: The first file to send, `-` for standard input; None for a call.
        read_input: Reads standard input.

    Returns:
        Parameter name to value, of each.

    Raises:
        CommandError: A value does not fit, or the endpoint takes no stream of files.
    """
    if stream is None:
        return [read_arguments(target, arguments, read_input)]
    if not target.streaming_input:
        raise CommandError(
            f"{printable(target.api_name)} does not take its input as a stream; "
            "give its file as NAME=@FILE"
        )
    plain = [argument for argument in arguments if "=" in argument]
    given = {target.name_of(argument.partition("=")[0]) for argument in plain}
    free = [
        name
        for name, parameter in target.parameters.items()
        if name not in given and _kind(parameter.schema, parameter.schema).is_file
    ]
    if len(free) != 1:
        there = listing(free, _MOST_NAMED) if free else "none"
        raise CommandError(
            f"{printable(target.api_name)}: the files of --stream-input go to its one parameter "
            f"for a file that is not given; there is {there}"
        )
    files = [stream, *(argument for argument in arguments if "=" not in argument)]
    if files.count("-") > 1:
        raise CommandError(f"{target.api_name}: standard input holds one chunk; give - once")
    values = ["-" if file == "-" else f"@{file}" for file in files]
    given_once = cache(read_input)  # a parameter that is read from it is the same in every chunk
    return [read_arguments(target, [*plain, f"{free[0]}={value}"], given_once) for value in values]


def _read(place: str, parameter: Parameter, texts: Sequence[str], given: StandardInput) -> Any:
    try:
        return _values(parameter, texts, given)
    except ValueError as error:
        raise CommandError(f"{place}: {error}") from error


def _values(parameter: Parameter, values: Sequence[str], given: StandardInput) -> Any:
    kind = _kind(parameter.schema, parameter.schema)
    if parameter.free_choice:
        kind = _Kind(kind.types, (), kind.items, kind.layout, kind.root)
    if (
        kind.types == frozenset({"array"})
        and not (len(values) == 1 and values[0].lstrip().startswith("["))
        and values != ["-"]
    ):
        item = _kind(kind.items, kind.root)
        return [_value(item, value, given) for value in values]
    if len(values) > 1:
        raise ValueError(f"takes one value, but {len(values)} were given")
    return _value(kind, values[0], given)


def _value(kind: _Kind, text: str, given: StandardInput) -> Any:
    if kind.is_file:
        return File(marked=True).read(text, given)
    if text.startswith("@") and kind.layout == "text|file":
        return FileOrText().read(text, given)
    if text == "-":
        text = given.text()
    if kind.choices:
        return Choice(*kind.choices).read(text, given)
    return _typed(kind, text, given)


def _typed(kind: _Kind, text: str, given: StandardInput) -> Any:
    if "string" in kind.types and not (kind.types & {"null"} and text == "null"):
        return text if kind.types <= {"string", "null"} else Scalar().read(text, given)
    if "null" in kind.types and text in ("null", ""):
        return None
    if "boolean" in kind.types and text.casefold() in (*_TRUE, *_FALSE):
        return text.casefold() in _TRUE
    if (
        kind.types & {"integer", "number"}
        and (number := number_in(text)) is not None
        and ("number" in kind.types or isinstance(number, int))
    ):
        return number
    if kind.types & {"object", "array"}:
        return Json(kind.layout, what=_listed(kind.types)).read(text, given)
    if not kind.types:
        return Json(or_text=True).read(text, given)
    raise ValueError(f"takes {_listed(kind.types)}, not {text!r}")


def _listed(types: frozenset[str]) -> str:
    names = {
        "string": "text",
        "integer": "a whole number",
        "number": "a number",
        "boolean": "true or false",
        "null": "null",
        "array": "a list",
        "object": "an object",
    }
    return " or ".join(sorted(names.get(kind, kind) for kind in types))


def _kind(schema: Any, root: Any) -> _Kind:
    types: set[str] = set()
    choices: list[Any] = []
    items: list[Any] = []
    _collect(schema, root, types, choices, items, 0)
    defs = object_of(root).get("$defs")
    whole: object = {**schema, "$defs": defs} if is_object(schema) and defs else schema
    return _Kind(
        frozenset(types), tuple(choices), items[0] if items else {}, file_layout_of(whole), root
    )


def _collect(
    schema: Any, root: Any, types: set[str], choices: list[Any], items: list[Any], depth: int
) -> None:
    found = follow(schema, root)
    if not is_object(found) or depth > _MAX_DEPTH:
        return
    node = found
    for union in ("anyOf", "oneOf"):
        for member in list_of(node.get(union)):
            _collect(member, root, types, choices, items, depth + 1)
    kind = node.get("type")
    types.update(name for name in (kind if is_list(kind) else [kind]) if isinstance(name, str))
    choices += [choice for choice in list_of(node.get("enum")) if choice not in choices]
    if "items" in node:
        items.append(node["items"])
