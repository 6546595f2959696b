"""Types as Python annotations, in two families: what callers give and what calls return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from gradio_codegen.code.escaping import Code, literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradio_codegen.types.graph import Node

__all__ = ["SHORT_CHOICES", "Family", "Names", "annotation", "choices_annotation", "spelled"]

Family: TypeAlias = Literal["in", "out"]

SHORT_CHOICES: Final = 60
"""Choices of a structure's key are written in place up to this length."""


@dataclass(frozen=True)
class Names:
    """What the types of a module are called.

    Attributes:
        choices: Names of the aliases of choices; choices without one are written in place.
        records: Names of the structures that come out; with `Input` behind for those that go in.
        compounds: The same for lists and unions of structures that have a name.
    """

    choices: Mapping[Node, Code]
    records: Mapping[Node, Code]
    compounds: Mapping[Node, Code]

    def of(self, node: Node, family: Family) -> Code:
        """The name of a structure, or of a list or union of them, in one of the families."""
        name = self.records.get(node) or self.compounds[node]
        return name if family == "out" else Code(f"{name}Input")


def annotation(node: Node, family: Family, names: Names) -> Code:
    """How a type is written in a signature."""
    return names.of(node, family) if node in names.compounds else spelled(node, family, names)


def spelled(node: Node, family: Family, names: Names) -> Code:
    """How a type is written where its own name, if it has one, is given a meaning."""
    parts = (
        [] if node.kind == "record" else [annotation(part, family, names) for part in node.parts]
    )
    match node.kind:
        case "list":
            text = f"{'Sequence' if family == 'in' else 'list'}[{parts[0]}]"
        case "map":
            text = f"{'Mapping' if family == 'in' else 'dict'}[str, {parts[0]}]"
        case "also":
            text = " | ".join(dict.fromkeys(reversed(parts))) if family == "in" else parts[0]
        case "union":
            text = " | ".join(dict.fromkeys(parts))
        case _:
            text = _leaf(node, family, names)
    return Code(text)


def _leaf(node: Node, family: Family, names: Names) -> str:
    match node.kind:
        case "choices":
            return names.choices.get(node) or choices_annotation(node)
        case "record":
            return names.of(node, family)
        case "file":
            return "FileInput" if family == "in" else "RemoteFile"
        case "any":
            return "Any"
        case _:
            return node.name


def choices_annotation(node: Node) -> Code:
    """`Literal[...]` of choices."""
    return Code(f"Literal[{', '.join(map(literal, node.choices))}]")
