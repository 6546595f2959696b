"""Types as a graph of shared nodes: what a JSON Schema means, before it is written as Python.

Equal types are the same node, so a structure that forty endpoints share is named and generated
once.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

__all__ = [
    "JSON_NAMES", "MAX_SIZE", "ChoiceValue", "Field", "Kind", "Node", "Scalar", "TypeInterner",
]  # fmt: skip

Kind: TypeAlias = Literal[
    "also", "any", "choices", "file", "list", "map", "record", "scalar", "union"
]
Scalar: TypeAlias = Literal["str", "int", "float", "bool", "None"]
ChoiceValue: TypeAlias = "str | int | bool | None"
Field: TypeAlias = "tuple[str, Node, bool, bool]"
"""Of a record: key, type, whether callers must give it, whether results always have it."""

MAX_SIZE: Final = 400
"""An annotation with more parts than this is not written out."""
_MAX_DEPTH: Final = 25

JSON_NAMES: Final = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "None": "null",
}
"""What JSON Schema calls each scalar."""


class Node:
    """One type. Nodes come from a `TypeInterner` and are compared by identity.

    Attributes:
        kind: What it is; "also" is its first part, or when it goes in its second, too.
        name: Of a scalar its Python type, of "any" whose doing it is (`schema` or `us`); else
            empty.
        parts: The types that it is made of: items, members, values of fields.
        choices: Of choices the values.
        fields: Of a record its fields.
        untyped_by_schema: Whether the app's schema, here or below, allows any value.
        untyped_by_us: Whether we, here or below, failed to find a type.
        has_file: Whether a file stands here or below.
    """

    __slots__ = (
        "choices",
        "depth",
        "fields",
        "has_file",
        "kind",
        "name",
        "number",
        "parts",
        "size",
        "untyped_by_schema",
        "untyped_by_us",
    )

    def __init__(
        self,
        kind: Kind,
        name: str,
        parts: tuple[Node, ...],
        choices: tuple[ChoiceValue, ...],
        fields: tuple[Field, ...],
        number: int,
    ) -> None:
        self.kind: Kind = kind
        self.name = name
        self.parts = parts
        self.choices = choices
        self.fields = fields
        self.number = number
        self.untyped_by_schema: bool = name == "schema" or any(p.untyped_by_schema for p in parts)
        self.untyped_by_us: bool = name == "us" or any(part.untyped_by_us for part in parts)
        self.has_file: bool = kind == "file" or any(part.has_file for part in parts)
        written = () if kind == "record" else parts
        self.size: int = 1 + sum(part.size for part in written)
        self.depth: int = 1 + max((part.depth for part in written), default=0)


class TypeInterner:
    """Makes nodes; equal requests give the same node."""

    def __init__(self) -> None:
        self._nodes: dict[object, Node] = {}
        self.untyped_by_schema = self._node("any", name="schema")
        self.untyped_by_us = self._node("any", name="us")
        self.file = self._node("file")
        self.none = self.scalar("None")

    def scalar(self, name: Scalar) -> Node:
        """A scalar, by its Python type."""
        return self._node("scalar", name=name)

    def choices(self, values: tuple[ChoiceValue, ...]) -> Node:
        """One of some values; null among them becomes a separate alternative."""
        if None in values:
            rest = tuple(value for value in values if value is not None)
            return self.union((self.choices(rest), self.none)) if rest else self.none
        return self._node("choices", choices=values)

    def list_of(self, item: Node) -> Node:
        """A list of any length."""
        return self._node("list", parts=(item,))

    def also(self, node: Node, given: Node) -> Node:
        """A type that callers may give as another one, too."""
        return self._node("also", parts=(node, given))

    def map_of(self, value: Node) -> Node:
        """An object with any keys."""
        return self._node("map", parts=(value,))

    def union(self, members: tuple[Node, ...]) -> Node:
        """One of some types.

        Unions in it are opened, equal members are one, None stands last, "any" swallows the rest,
        and a number may be whole.
        """
        flat = [
            part
            for member in members
            for part in (member.parts if member.kind == "union" else (member,))
        ]
        for node in (self.untyped_by_us, self.untyped_by_schema):
            if node in flat:
                return node
        whole = self.scalar("int") if self.scalar("float") in flat else None
        unique = sorted(
            (node for node in dict.fromkeys(flat) if node is not whole),
            key=lambda node: node is self.none,
        )
        if len(unique) == 1:
            return unique[0]
        return self._node("union", parts=tuple(unique)) if unique else self.untyped_by_us

    def record(self, fields: tuple[Field, ...]) -> Node:
        """An object with known keys; their order does not matter."""
        return self._node("record", parts=tuple(node for _, node, _, _ in fields), fields=fields)

    def _node(
        self,
        kind: Kind,
        *,
        name: str = "",
        parts: tuple[Node, ...] = (),
        choices: tuple[ChoiceValue, ...] = (),
        fields: tuple[Field, ...] = (),
    ) -> Node:
        described = frozenset(
            (key, node.number, given, present) for key, node, given, present in fields
        )
        numbers = () if fields else tuple(part.number for part in parts)
        key = (kind, name, numbers, tuple((type(choice), choice) for choice in choices), described)
        node = self._nodes.get(key)
        if node is None:
            node = Node(kind, name, parts, choices, fields, len(self._nodes))
            if node.size > MAX_SIZE or node.depth > _MAX_DEPTH:
                return self.untyped_by_us
            self._nodes[key] = node
        return node
