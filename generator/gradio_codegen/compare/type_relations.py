"""Which Python types of generated modules accept each other, as pyright and mypy judge calls."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from gradio_codegen.compare.interface import last_name

if TYPE_CHECKING:
    from gradio_codegen.compare.interface import PublicInterface, Record

__all__ = ["Alternatives", "Generic", "LiteralValue", "Named", "Relation", "Type", "Types", "show"]

_SEQUENCES = ("list", "Sequence", "tuple")
_FILES = ("RemoteFile", "bytes", "PathLike", "Path")
_WIDER = {"bool": ("int", "float"), "int": ("float",)}
_QUALIFIERS = ("NotRequired", "Required", "ReadOnly")


@dataclass(frozen=True)
class Named:
    """A type by its name: `str`, `None`, `Any`, `RemoteFile`, a record of the module."""

    name: str


@dataclass(frozen=True)
class LiteralValue:
    """One value of a `Literal`; `kind` keeps `1` apart from `True`."""

    value: object
    kind: str


@dataclass(frozen=True)
class Generic:
    """`list[str]`, `tuple[int, ...]` and their kin; `...` is `Named("...")`."""

    name: str
    arguments: tuple[Type, ...]


@dataclass(frozen=True)
class Alternatives:
    """Alternatives, flat and in order."""

    members: tuple[Type, ...]


Type: TypeAlias = "Named | LiteralValue | Generic | Alternatives"
Direction: TypeAlias = Literal["in", "out"]


class Types:
    """The types of one module.

    Args:
        interface: The public interface of the module.
    """

    def __init__(self, interface: PublicInterface) -> None:
        self._interface = interface

    def read(self, node: ast.expr) -> Type:
        """Turn an annotation into a type.

        Aliases are replaced by what they mean, unions are flat, qualifiers (`ReadOnly`) left out.
        """
        members: dict[Type, None] = dict.fromkeys(self._members(node))
        return next(iter(members)) if len(members) == 1 else Alternatives(tuple(members))

    def record(self, name: str) -> Record | None:
        """Return the record of that name, or None for a name that is none."""
        return self._interface.records.get(name)

    def fields(self, name: str) -> dict[str, tuple[Type, bool]]:
        """Return a record's fields: type, and whether the field is always there."""
        record = self._interface.records[name]
        return {
            key: (self.read(node), "NotRequired" not in _qualifiers(node))
            for key, node in record.fields.items()
        }

    def _members(self, node: ast.expr) -> list[Type]:
        if isinstance(node, ast.Constant):
            return (
                [Named("None")]
                if node.value is None
                else [Named("...")]
                if node.value is ...
                else self._quoted(node.value)
            )
        if isinstance(node, ast.BinOp):
            return [*self._members(node.left), *self._members(node.right)]
        if isinstance(node, ast.Subscript):
            return self._subscript(node)
        name = last_name(node)
        alias = self._interface.aliases.get(name)
        return [Named(name)] if alias is None else self._members(alias)

    def _quoted(self, text: object) -> list[Type]:
        return self._members(ast.parse(str(text), mode="eval").body)

    def _subscript(self, node: ast.Subscript) -> list[Type]:
        name = last_name(node.value)
        arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name == "Literal":
            values: list[object] = [ast.literal_eval(argument) for argument in arguments]
            return [
                Named("None") if value is None else LiteralValue(value, type(value).__name__)
                for value in values
            ]
        if name in _QUALIFIERS:
            return self._members(arguments[0])
        if name in ("Union", "Optional"):
            found = [member for argument in arguments for member in self._members(argument)]
            return [*found, Named("None")] if name == "Optional" else found
        return [Generic(name, tuple(self.read(argument) for argument in arguments))]


def _qualifiers(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        node = ast.parse(node.value, mode="eval").body
    found: set[str] = set()
    while isinstance(node, ast.Subscript) and last_name(node.value) in _QUALIFIERS:
        found.add(last_name(node.value))
        node = node.slice
    return found


def show(kind: Type, limit: int = 8) -> str:
    """Write a type for people: `str | None`, `one of 'a', 'b'`; long unions are cut."""
    if isinstance(kind, LiteralValue):
        return repr(kind.value)
    if isinstance(kind, Named):
        return kind.name
    if isinstance(kind, Generic):
        return f"{kind.name}[{', '.join(show(argument, limit) for argument in kind.arguments)}]"
    shown = [show(member, limit) for member in kind.members[:limit]]
    return " | ".join(shown) + (
        f" | ... ({len(kind.members)} in all)" if len(kind.members) > limit else ""
    )


class Relation:
    """Whether values of an older module are fine for a newer one, or the other way round.

    "in": whatever a caller wrote for `old`, a dict display for a `TypedDict` included, is taken by
    `new`. "out": whatever a caller did with a value of `old` still checks for one of `new`: keys
    are read, lists are handed on (and are invariant).

    Args:
        old: The types that callers were written against.
        new: The types now.
        direction: Which way values go.
    """

    def __init__(self, old: Types, new: Types, direction: Direction) -> None:
        self._direction: Direction = direction
        # The side that a value comes from, and the side that takes it.
        self._given, self._taken = (old, new) if direction == "in" else (new, old)
        self._assumed: set[tuple[str, str]] = set()

    def holds(self, old: Type, new: Type) -> bool:
        """Tell whether a change from `old` to `new` leaves callers alone."""
        return self._fits(old, new) if self._direction == "in" else self._fits(new, old)

    def _fits(self, given: Type, taken: Type) -> bool:
        if isinstance(given, Alternatives):
            return all(self._fits(member, taken) for member in given.members)
        if isinstance(taken, Alternatives):
            return any(self._fits(given, member) for member in taken.members)
        if self._is_top(taken) or (given == Named("Any") and self._direction == "out"):
            return True
        if isinstance(given, LiteralValue):
            return given == taken or (
                isinstance(taken, Named) and self._names_fit(given.kind, taken.name)
            )
        if isinstance(given, Named):
            return isinstance(taken, Named | Generic) and self._named_fits(given, taken)
        return self._generic_fits(given, taken)

    @staticmethod
    def _is_top(kind: Type) -> bool:
        return kind in (Named("Any"), Named("object"))

    def _named_fits(self, given: Named, taken: Named | Generic) -> bool:
        if isinstance(taken, Generic):
            return (
                given.name == "str"
                and taken.name == "Sequence"
                and self._fits(given, taken.arguments[0])
            )
        if self._given.record(given.name) and self._taken.record(taken.name):
            return self._records_fit(given.name, taken.name)
        return self._names_fit(given.name, taken.name)

    @staticmethod
    def _names_fit(given: str, taken: str) -> bool:
        if taken == "FileInput":
            return given in ("FileInput", *_FILES)
        return given == taken or taken in _WIDER.get(given, ())

    def _generic_fits(self, given: Generic, taken: Type) -> bool:
        if not isinstance(taken, Generic):
            return False
        if given.name == "dict" and taken.name in ("dict", "Mapping"):
            return self._arguments_fit(given, taken, invariant=taken.name == "dict")
        if given.name == taken.name == "tuple":
            return self._tuples_fit(given.arguments, taken.arguments)
        if given.name == "tuple" and taken.name == "Sequence":
            return all(
                self._fits(argument, taken.arguments[0])
                for argument in given.arguments
                if argument != Named("...")
            )
        if given.name in _SEQUENCES and taken.name == "Sequence":
            return self._arguments_fit(given, taken, invariant=False)
        return given.name == taken.name and self._arguments_fit(
            given, taken, invariant=given.name == "list"
        )

    def _arguments_fit(self, given: Generic, taken: Generic, *, invariant: bool) -> bool:
        pairs = list(zip(given.arguments, taken.arguments, strict=False))
        if len(given.arguments) != len(taken.arguments) or not all(
            self._fits(one, other) for one, other in pairs
        ):
            return False
        # What a caller writes down in a call is inferred against the parameter; a list that comes
        # out has its type already.
        return (
            not invariant
            or self._direction == "in"
            or all(self._same(one, other) for one, other in pairs)
        )

    def _same(self, given: Type, taken: Type) -> bool:
        if (
            isinstance(given, Named)
            and isinstance(taken, Named)
            and self._given.record(given.name)
            and self._taken.record(taken.name)
        ):
            return self._fits(given, taken)
        if isinstance(given, Alternatives) and isinstance(taken, Alternatives):
            return len(given.members) == len(taken.members) and all(
                any(self._same(one, other) for other in taken.members) for one in given.members
            )
        if isinstance(given, Generic) and isinstance(taken, Generic):
            return self._fits(given, taken)
        return given == taken

    def _tuples_fit(self, given: tuple[Type, ...], taken: tuple[Type, ...]) -> bool:
        if taken[-1:] == (Named("..."),):
            return all(
                self._fits(argument, taken[0]) for argument in given if argument != Named("...")
            )
        return (
            len(given) == len(taken)
            and Named("...") not in given
            and all(map(self._fits, given, taken))
        )

    def _records_fit(self, given: str, taken: str) -> bool:
        if (given, taken) in self._assumed:
            return True
        self._assumed.add((given, taken))
        given_fields, taken_fields = self._given.fields(given), self._taken.fields(taken)
        if self._direction == "in" and not given_fields.keys() <= taken_fields.keys():
            return False  # a display with a key that the type does not have is refused
        for key, (kind, required) in taken_fields.items():
            if key not in given_fields:
                if required or self._direction == "out":
                    return False
                continue
            given_kind, given_required = given_fields[key]
            if (required and not given_required) or not self._fits(given_kind, kind):
                return False
        return True
