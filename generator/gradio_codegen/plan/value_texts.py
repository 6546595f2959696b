"""What the docstrings of generated code say of one parameter or result.

They say what the signature does not show, and nothing where there is no such thing.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from gradio_codegen.app_schema.normalise import COMPUTED, FILE, LARGE, is_opaque
from gradio_codegen.code.escaping import is_visible, literal, one_line
from gradio_codegen.code.naming import is_numbered
from gradio_codegen.code.words import snake
from gradio_codegen.types.defaults import APP_DEFAULT
from gradio_session.generator_interface import list_of, object_of, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradio_codegen.app_schema.schema import Parameter, Result
    from gradio_codegen.plan.partial import TypedValue
    from gradio_codegen.types.annotations import Names
    from gradio_codegen.types.graph import ChoiceValue, Node

__all__ = ["bounds", "default_text", "option_text", "parameter_text", "result_text"]

_RANGE = re.compile(r"numeric value between (\S+) and (\S+)")
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)")
"""A label that Gradio makes up for the values of a function without components."""

_MOST_CHOICES: Final = 12
_LONGEST_CHOICES: Final = 160
"""How much is said of choices that the type lists."""
_MOST_UNTYPED: Final = 200
_LONGEST_UNTYPED: Final = 4_000
"""How much is said of choices that stand nowhere else."""
_LONGEST_DEFAULT: Final = 80
_LARGEST: Final = 2**63
_OWN_WORDS: Final = frozenset({"any", "choices", "scalar", "union"})
_TEXT_OR_FILE: Final = (
    "a string is text; a file is a path object, an open file, bytes or a file that a call returned"
)
_DEFAULTS: Final = {
    COMPUTED: "a value that the app computes when it starts",
    FILE: "a file that the app has",
    LARGE: "the app's own value, which is too large to stand here",
}


def parameter_text(parameter: Parameter, typed: TypedValue, names: Names) -> str:
    """One line on a parameter: label, range, choices, how a file is given, what DEFAULT stands for.

    Args:
        parameter: The parameter as the app describes it.
        typed: Its name, type and default in Python.
        names: What types are called.
    """
    node = typed.node
    about = [
        *_label(parameter.label, typed.name),
        *_range(parameter.schema),
        *_own_words(parameter.schema, node),
    ]
    facts = [
        *_choices(node, names, parameter.schema),
        *_files(node),
        *(["DEFAULT: " + default_text(parameter.default)] if typed.default is APP_DEFAULT else []),
    ]
    own_name = parameter.name and not is_numbered(parameter.name) and parameter.name != typed.name
    if own_name:
        facts.append(f"the app calls it `{one_line(parameter.name, 100)}`")
    return _sentence(about, facts)


def option_text(parameter: Parameter, typed: TypedValue, facts: Sequence[str]) -> str:
    """The same for a command line, whose help shows ranges, choices and defaults by itself.

    Args:
        parameter: The parameter as the app describes it.
        typed: Its name, type and default in Python.
        facts: How it is given in a shell.
    """
    about = [*_label(parameter.label, typed.name), *_own_words(parameter.schema, typed.node)]
    return _sentence(about, facts)


def bounds(schema: object) -> tuple[float, float] | None:
    """The least and the greatest value of a number, whole ones as whole numbers."""
    found = _RANGE.fullmatch(text_of(object_of(schema).get("description")))
    pair = found.groups() if found else map(object_of(schema).get, ("minimum", "maximum"))
    try:
        low, high = (float(bound) for bound in pair if isinstance(bound, int | float | str))
    except ValueError:
        return None
    if not max(abs(low), abs(high)) < _LARGEST:
        return None
    return int(low) if low.is_integer() else low, int(high) if high.is_integer() else high


def result_text(result: Result, typed: TypedValue, *, alone: bool) -> str:
    """One line on a result: its label where its name does not show it, and its range."""
    label = _label(result.label, "" if alone else typed.name)
    about = [*label, *_range(result.schema), *_own_words(result.schema, typed.node)]
    return _sentence(about, [])


def _sentence(about: Sequence[str], facts: Sequence[str]) -> str:
    first, rest = ", ".join(about), "; ".join(facts)
    text = ": ".join(part for part in (first, rest) if part)
    return f"{text[0].upper()}{text[1:].rstrip('.')}." if text.strip(".") else ""


def _label(label: str, name: str) -> list[str]:
    """A label, where it tells more than the name."""
    text = one_line(label)
    tells = bool(text) and snake(text) != name.strip("_") and not _ORDINAL.fullmatch(text)
    return [text] if tells else []


def _range(schema: object) -> list[str]:
    found = _RANGE.fullmatch(text_of(object_of(schema).get("description")))
    if found:
        return [" to ".join(one_line(bound, 30).removesuffix(".0") for bound in found.groups())]
    low, high = (object_of(schema).get(key) for key in ("minimum", "maximum"))
    if (
        isinstance(low, int | float)
        and isinstance(high, int | float)
        and max(abs(low), abs(high)) < _LARGEST
    ):
        return [f"{low} to {high}"]
    return []


def _choices(node: Node, names: Names, schema: object) -> list[str]:
    """The choices of a parameter: a signature shows only what their type is called, if it is one.

    They are listed in full where the type does not hold them: because there are too many for it, it
    cannot be made of them (0.5), or takes any other text, too.
    """
    inner = node
    while inner.kind in ("list", "union"):
        parts = [part for part in inner.parts if part.kind in ("choices", "list")]
        if not parts:
            break
        inner = parts[0]
    several = "any of " if node.kind == "list" else ""
    if inner.kind != "choices":
        values = _untyped_choices(schema)
        return [several + _in_full(values, "or")] if values else []
    if any(part.name == "str" for part in node.parts):
        return [f"{several}{_in_full(inner.choices, '')} or another text"]
    return [several + _in_short(inner.choices, str(names.choices.get(inner, "")))]


def _untyped_choices(schema: object) -> list[ChoiceValue | float]:
    """The choices in a schema of which no type was made."""
    found = object_of(schema)
    values = [value for value in list_of(found.get("enum")) if _can_be_shown(value)]
    if not values and "items" in found:
        values = _untyped_choices(found["items"])
    for member in list_of(found.get("anyOf")):
        values = values or _untyped_choices(member)
    return values


def _can_be_shown(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, int | float) and abs(value) < _LARGEST)


def _in_short(values: Sequence[ChoiceValue], alias: str) -> str:
    text = _joined([*map(literal, values[:_MOST_CHOICES])], "or")
    if len(values) <= _MOST_CHOICES and len(text) <= _LONGEST_CHOICES:
        return text
    few = ", ".join(map(literal, values[:3]))
    more = f"{len(values) - 3:,} more" if len(values) > 3 else "more"  # noqa: PLR2004 - those shown
    return f"{few} and {more}" + (f", see `{alias}`" if alias else "")


def _in_full(values: Sequence[ChoiceValue | float], word: str) -> str:
    shown: list[str] = []
    room = _LONGEST_UNTYPED
    for value in values[:_MOST_UNTYPED]:
        text = literal(value)
        room -= len(text)
        if room < 0:
            break
        shown.append(text)
    rest = f"{len(values) - len(shown):,}"
    if not shown:
        return f"one of {rest} choices"
    return _joined(shown, word) if rest == "0" else f"{', '.join(shown)} and {rest} more"


def _joined(shown: Sequence[str], word: str) -> str:
    last = f" {word} " if word else ", "
    return last.join(part for part in (", ".join(shown[:-1]), shown[-1]) if part)


def _files(node: Node) -> list[str]:
    if not node.has_file:
        return []
    kinds = node.parts if node.kind == "union" else (node,)
    if any(part.name == "str" for part in kinds):
        return [_TEXT_OR_FILE]
    if any(part.kind == "file" for part in kinds):
        return ["a path, a URL, an open file or a file that a call returned"]
    return ["files are given as paths, URLs, open files or files that a call returned"]


def default_text(default: object) -> str:
    """What `DEFAULT` stands for."""
    reason = is_opaque(default)
    if reason is not None:
        return _DEFAULTS.get(reason, "what the app has on its machine")
    text = json.dumps(default, ensure_ascii=False)
    return text if len(text) <= _LONGEST_DEFAULT and is_visible(text) else "the app's own value"


def _own_words(schema: object, node: Node) -> list[str]:
    """The description of a schema, but for one of the class that Gradio keeps the value in."""
    text = text_of(object_of(schema).get("description"))
    if node.kind not in _OWN_WORDS or node.has_file or _RANGE.fullmatch(text):
        return []
    short = one_line(text, 150).rstrip(".")
    return [short] if short else []
