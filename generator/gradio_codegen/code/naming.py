"""Every identifier in generated code is decided here and nowhere else."""

from __future__ import annotations

import keyword
import re
import sys
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Final

from gradio_codegen.code.escaping import Code
from gradio_codegen.code.words import LONGEST_GIVEN, LONGEST_MADE, snake

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

__all__ = [
    "BUILTINS",
    "CHECKED",
    "CHECKED_RUNTIME",
    "FIELD_RESERVED",
    "RESERVED",
    "RUNTIME",
    "STANDARD",
    "Scope",
    "attribute_names",
    "component_word",
    "export_order",
    "field_names",
    "import_order",
    "is_numbered",
    "is_plain",
    "module_name",
    "parameter_names",
    "telling_name",
]

STANDARD: Final = {
    "Coroutine": "collections.abc",
    "Mapping": "collections.abc",
    "Sequence": "collections.abc",
    **dict.fromkeys(
        (
            "TYPE_CHECKING",
            "Any",
            "Literal",
            "TypeAlias",
            "TypeVar",
            "final",
        ),
        "typing",
    ),
}
"""What generated modules import of the standard library, and from where."""

CHECKED: Final = {
    **dict.fromkeys(("NamedTuple", "TypedDict"), "typing"),
    **dict.fromkeys(("NotRequired", "ReadOnly"), "typing_extensions"),
}
"""What they import for type checkers alone, and from where; the runtime has its own of each."""

CHECKED_RUNTIME: Final = frozenset({"AsyncCall", "AsyncStream", "Bound", "Call", "Stream"})
"""What they import of the runtime for type checkers alone."""

RUNTIME: Final = frozenset(
    {
        "DEFAULT",
        "App",
        "AsyncApp",
        "AsyncEndpoint",
        "Default",
        "Endpoint",
        "FileInput",
        "RemoteFile",
        "Signature",
    }
)
"""What they import of the runtime."""

RESERVED: Final = frozenset(
    {
        *STANDARD,
        *CHECKED,
        *CHECKED_RUNTIME,
        *RUNTIME,
        "R_co",
        "annotations",
        "session",
        "with_options",
    }
)
"""Names that generated modules use themselves, whether or not this module does.

So no name changes because the next endpoint needs an import.
"""

BUILTINS: Final = frozenset({"bool", "dict", "float", "int", "list", "str", "tuple"})
"""Built-in names that annotations use; nothing that stands beside them in a class is called so."""

FIELD_RESERVED: Final = RESERVED | BUILTINS | {"count", "index"}
"""Names that no field of a result has: a tuple's methods, and what annotations use."""

_NOT_FILES: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
)
_OTHER_STDLIB: Final = (
    "aifc annotationlib asynchat asyncore audioop cgi cgitb chunk compression crypt distutils "
    "imghdr imp lib2to3 mailcap msilib nis nntplib ossaudiodev pipes smtpd sndhdr spwd sunau "
    "telnetlib tomllib uu xdrlib"
)
"""Part of the standard library in some supported version.

A name must not depend on the Python that generates.
"""

_IMPORTED: Final = frozenset(
    {"gradio_session", "gradio_codegen", "gradio", "httpx", "typing_extensions", "pydantic"}
)
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_DIGITS = re.compile(r"([^0-9]*)([0-9]*)")
_NUMBERED = re.compile(r"(?:param|in|inputs?|arg|args)_?\d+")


class Scope:
    """Names that stand side by side; none is given twice."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def is_free(self, wanted: str, derived: Callable[[str], Collection[str]]) -> bool:
        """Tell whether a name and all that come with it are free."""
        return not any(name in self._taken for name in derived(wanted))

    def take(
        self, wanted: str, derived: Callable[[str], Collection[str]] = lambda name: (name,)
    ) -> Code:
        """Take the name `wanted` if it is free, else `wanted_` or `wanted_2`, `wanted_3`...

        Args:
            wanted: An identifier.
            derived: All the names that come with a name; every one of them must be free, and is
                taken.
        """
        name = wanted
        if wanted in RESERVED and wanted in self._taken:
            name = wanted + "_"
        number = 1
        while any(other in self._taken for other in derived(name)):
            number += 1
            name = f"{wanted}_{number}"
        self._taken.update(derived(name))
        return Code(name)


def is_plain(name: str) -> bool:
    """Tell whether Python reads `name` as this very identifier, inside a class too.

    There it would mangle two leading underscores.
    """
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("__"):
        return False
    return unicodedata.normalize("NFKC", name) == name


def component_word(component: str) -> str:
    """Return a component's type as a word for names: `"checkboxgroup"`; `"value"` if it is none."""
    word = snake(component)
    return word if word.isidentifier() else "value"


def export_order(name: str) -> tuple[int, list[tuple[str, int]]]:
    """Return the key that sorters order the names of `__all__` by.

    Constants come first, then classes, then the rest; numbers in names count by their value.
    """
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    pieces = _DIGITS.findall(name)
    return kind, [(text, int(number) if number else -1) for text, number in pieces]


def import_order(name: str) -> tuple[int, list[tuple[str, int]]]:
    """Return the key that sorters order imported names by: capitals in a name do not count."""
    kind, pieces = export_order(name)
    return kind, [(text.lower(), number) for text, number in pieces]


def attribute_names(api_names: Iterable[str], taken: Iterable[str]) -> dict[str, Code]:
    """Decide what the endpoints of an app are called in Python.

    Args:
        api_names: Their names on the wire; numbers for unnamed endpoints.
        taken: Names that the module uses.

    Returns:
        An attribute for each. An endpoint whose name is one already keeps it whatever the others
        are called.
    """
    scope = Scope({*taken, *RESERVED})
    wanted = {name: _attribute(name) for name in api_names}
    exact = sorted(
        name for name, attribute in wanted.items() if attribute == name.removeprefix("/")
    )
    rest = sorted(wanted.keys() - set(exact))
    return {name: scope.take(wanted[name]) for name in [*exact, *rest]}


def parameter_names(given: list[tuple[str, str, str]]) -> list[Code]:
    """Decide what the parameters of an endpoint are called in Python.

    Args:
        given: For each the name that the app gave (or an empty string), its label and its
            component's type.

    Returns:
        A name for each. One whose given name is a Python name keeps it, but for a mere number: it
        is called after its label, if that is telling and unique in the endpoint.
    """
    scope = Scope({"self"})
    result: dict[int, Code] = {}
    words = _labelled(given)
    for position, (name, _, _) in enumerate(given):
        if position in words:
            continue
        if (
            is_plain(name)
            and len(name) <= LONGEST_GIVEN
            and name != "self"
            and name not in result.values()
        ):
            result[position] = scope.take(name)
    for position, word in words.items():
        result[position] = scope.take(word)
    for position, (name, label, component) in enumerate(given):
        if position not in result:
            result[position] = scope.take(_readable(name, label, component))
    return [result[position] for position in range(len(given))]


def field_names(given: list[tuple[str, str]], taken: Collection[str]) -> list[Code]:
    """Decide what the fields of a result are called: after their labels, else their components.

    Args:
        given: The label and the component's type of each.
        taken: Names that the annotations of the fields use.
    """
    scope = Scope()
    result: list[Code] = []
    for label, component in given:
        name = _readable("", label, component)
        is_taken = name in taken or name in FIELD_RESERVED
        result.append(scope.take(f"{name}_" if is_taken else name))
    return result


def is_numbered(name: str) -> bool:
    """Tell whether a name is only a number, as Gradio makes up for what has none."""
    return bool(_NUMBERED.fullmatch(name))


def telling_name(name: str, label: str) -> str:
    """Return what a type is called after: the parameter's name, or its label if it is numbered."""
    words = snake(label)
    return words if is_numbered(name) and words else name


def module_name(*candidates: str) -> str:
    """Return the name of a module's file without `.py`.

    It is made of the words of the first candidate that has any, in ASCII; `app` if none has.
    """
    for text in candidates:
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
        name = snake(plain, longest=LONGEST_GIVEN).strip("_")
        if not name:
            continue
        if name[0].isdigit():
            name = f"app_{name}"
        if keyword.iskeyword(name) or name in {
            *sys.stdlib_module_names,
            *_OTHER_STDLIB.split(),
            *_IMPORTED,
            *_NOT_FILES,
        }:
            name = f"{name}_app"
        return name
    return "app"


def _labelled(given: list[tuple[str, str, str]]) -> dict[int, str]:
    """The words of telling labels that no other parameter has, for those that are only numbered."""
    taken = Counter(name for name, _, _ in given if not is_numbered(name))
    words = {
        position: _usable(snake(label), component_word(component))
        for position, (name, label, component) in enumerate(given)
        if is_numbered(name)
    }
    taken.update(words.values())
    return {
        position: word
        for position, word in words.items()
        if taken[word] == 1 and is_plain(word) and snake(given[position][1])
    }


def _attribute(api_name: str) -> str:
    if not api_name.startswith("/"):
        return f"fn_{snake(api_name) or 0}"
    name = api_name.removeprefix("/")
    name = name.strip("_") if name.startswith("__") else name.lstrip("_")
    return _usable(_joined(name, longest=LONGEST_GIVEN), "endpoint")


def _readable(name: str, label: str, component: str) -> str:
    word = component_word(component)
    ordinal = _ORDINAL.fullmatch(label)
    if ordinal:
        label = f"result {ordinal[1]}"
    return _usable(_joined(name.strip("_")) or snake(label) or word, word)


def _usable(name: str, prefix: str) -> str:
    if not name:
        return prefix
    if not name.isidentifier():
        return f"{prefix}_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name == "self" else name


def _joined(text: str, longest: int = LONGEST_MADE) -> str:
    return (
        snake(text, longest)
        if not text.isidentifier()
        else unicodedata.normalize("NFKC", text)[:longest].lstrip("_")
    )
