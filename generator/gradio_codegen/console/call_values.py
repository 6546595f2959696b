"""`name=value` arguments of a shell, read by what each parameter of a call takes."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.suggest import did_you_mean
from gradio_codegen.base.text import listing, printable
from gradio_session.generator_interface import (
    file_layout_of,
    follow,
    is_list,
    is_object,
    list_of,
    object_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gradio_codegen.app_schema.schema import Parameter
    from gradio_codegen.console.call_names import Target

__all__ = ["read_arguments", "values_of"]

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
    if sum(value == "-" for values in given.values() for value in values) > 1:
        raise CommandError(
            f"{target.api_name}: only one parameter can be read from standard input (`-`)"
        )
    return {
        target.on_wire[name]: _values(
            f"{target.api_name}, parameter {name}", target.parameters[name], values, read_input
        )
        for name, values in given.items()
    }


def _values(
    place: str, parameter: Parameter, values: Sequence[str], read_input: Callable[[], bytes]
) -> Any:
    kind = _kind(parameter.schema, parameter.schema)
    if parameter.free_choice:
        kind = _Kind(kind.types, (), kind.items, kind.layout, kind.root)
    if (
        kind.types == frozenset({"array"})
        and not (len(values) == 1 and values[0].lstrip().startswith("["))
        and values != ["-"]
    ):
        item = _kind(kind.items, kind.root)
        return [_value(place, item, value, read_input) for value in values]
    if len(values) > 1:
        raise CommandError(f"{place}: takes one value, but {len(values)} were given")
    return _value(place, kind, values[0], read_input)


def _value(place: str, kind: _Kind, text: str, read_input: Callable[[], bytes]) -> Any:
    if kind.is_file:
        return read_input() if text == "-" else _file(place, text)
    if text.startswith("@") and kind.layout == "text|file":
        return _file(place, text)
    if text == "-":
        text = read_input().decode("utf-8", "replace").removesuffix("\n")
    if kind.choices:
        return _choice(place, kind, text)
    return _typed(place, kind, text)


def _file(place: str, text: str) -> Any:
    if text.startswith(("http://", "https://")):
        return text
    if not text.startswith("@"):
        raise CommandError(
            f"{place}: takes a file; write @{text} for the file of that name, a URL, "
            "or - for standard input"
        )
    path = Path(text[1:]).expanduser()
    if not path.is_file():
        raise CommandError(f"{place}: {path} is {'a directory' if path.is_dir() else 'no file'}")
    return path


def _choice(place: str, kind: _Kind, text: str) -> Any:
    for choice in kind.choices:
        if text == choice or (
            not isinstance(choice, str) and text.casefold() == json.dumps(choice).casefold()
        ):
            return choice
    shown = [
        str(choice) if isinstance(choice, str) else json.dumps(choice) for choice in kind.choices
    ]
    listed = listing(map(repr, shown), _MOST_NAMED)
    raise CommandError(
        f"{place}: {text!r} is not among its choices ({listed})" + did_you_mean(text, shown)
    )


def _typed(place: str, kind: _Kind, text: str) -> Any:
    if "string" in kind.types and not (kind.types & {"null"} and text == "null"):
        return text if kind.types <= {"string", "null"} else _json_or_text(text)
    if "null" in kind.types and text in ("null", ""):
        return None
    if "boolean" in kind.types and text.casefold() in (*_TRUE, *_FALSE):
        return text.casefold() in _TRUE
    if (
        kind.types & {"integer", "number"}
        and (number := _number(text)) is not None
        and ("number" in kind.types or isinstance(number, int))
    ):
        return number
    if kind.types & {"object", "array"}:
        return _structure(place, kind, text)
    if not kind.types:
        return _json_or_text(text)
    raise CommandError(f"{place}: takes {_listed(kind.types)}, not {text!r}")


def _structure(place: str, kind: _Kind, text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommandError(
            f"{place}: takes JSON ({_listed(kind.types)}), and {text[:80]!r} is none: {error}"
        ) from error
    return _with_files(place, kind.layout, value)


def _with_files(place: str, layout: Any, value: Any) -> Any:
    """Replace `"@path"` by the file wherever a file belongs."""
    if isinstance(layout, str):
        return (
            _file(place, value)
            if isinstance(value, str) and (layout == "file" or value.startswith("@"))
            else value
        )
    if not is_object(layout):
        return value
    if isinstance(value, str) and layout.get("file"):
        return _with_files(place, layout["file"], value)
    if is_list(value):
        prefix = layout.get("prefix", ())
        return [
            _with_files(place, prefix[n] if n < len(prefix) else layout.get("items"), item)
            for n, item in enumerate(value)
        ]
    if is_object(value):
        keys = object_of(layout.get("keys"))
        return {
            key: _with_files(place, keys.get(key, layout.get("values")), item)
            for key, item in value.items()
        }
    return value


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _number(text: str) -> int | float | None:
    with contextlib.suppress(ValueError):
        return int(text)
    with contextlib.suppress(ValueError):
        return float(text)
    return None


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
