"""Types as Python annotations, in two families: what callers give and what calls return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from gradio_codegen.code.escaping import Code, literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradio_codegen.types.graph import Node

__all__ = ["SHORT_CHOICES", "Family", "Names", "annotation", "choices_annotation"]

Family: TypeAlias = Literal["in", "out"]

SHORT_CHOICES: Final = 60
"""Choices of a structure's key are written in place up to this length."""


@dataclass(frozen=True)
class Names:
    """What the types of a module are called.

    Attributes:
        choices: Names of the aliases of choices; choices without one are written in place.
        records: Names of the structures that come out; with `Input` behind for those that go in.
    """

    choices: Mapping[Node, Code]
    records: Mapping[Node, Code]

    def record(self, node: Node, family: Family) -> Code:
        """The name of a structure in one of the families."""
        return self.records[node] if family == "out" else Code(f"{self.records[node]}Input")


def annotation(node: Node, family: Family, names: Names) -> Code:
    """How a type is written in a signature."""
    parts = (
        [] if node.kind == "record" else [annotation(part, family, names) for part in node.parts]
    )
    match node.kind:
        case "list":
            text = f"{'Sequence' if family == 'in' else 'list'}[{parts[0]}]"
        case "map":
            text = f"{'Mapping' if family == 'in' else 'dict'}[str, {parts[0]}]"
        case "tuple":
            text = f"tuple[{', '.join(parts)}]"
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
            return names.record(node, family)
        case "file":
            return "FileInput" if family == "in" else "RemoteFile"
        case "any":
            return "Any"
        case _:
            return node.name


def choices_annotation(node: Node) -> Code:
    """`Literal[...]` of choices."""
    return Code(f"Literal[{', '.join(map(literal, node.choices))}]")
