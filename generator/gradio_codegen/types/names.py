"""What the types of a module are called.

Choices are named after their endpoint and parameter, structures as the app calls them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradio_codegen.code.naming import Scope, pascal
from gradio_codegen.types.annotations import SHORT_CHOICES, Family, Names, choices_annotation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gradio_codegen.code.escaping import Code
    from gradio_codegen.types.graph import Node

__all__ = ["TypeOwner", "name_types"]


@dataclass(frozen=True)
class TypeOwner:
    """A parameter or a result: what the names of its types are made of.

    Attributes:
        base: The word for its endpoint in names of types: `"Generate"`.
        name: Its own Python name.
        node: Its type.
        family: Whether it goes in or comes out.
        titles: What the app calls the records in it, with their JSON paths.
    """

    base: str
    name: str
    node: Node
    family: Family
    titles: dict[Node, tuple[str, str]]


def name_types(
    places: Sequence[TypeOwner], scope: Scope
) -> tuple[Names, dict[tuple[Node, Family], None]]:
    """Name every alias and structure.

    Args:
        places: Every parameter and result, in an order that does not depend on the app's (a shared
            type is named after its first).
        scope: The names of the module.

    Returns:
        The names, and the records to generate with their families, those first that others use.
    """
    owners: dict[Node, TypeOwner] = {}
    wanted: dict[tuple[Node, Family], None] = {}
    for owner in places:
        for record in _records(owner.node, set()):
            owners.setdefault(record, owner)
            wanted[record, owner.family] = None
    choices: dict[Node, Code] = {}
    for owner in places:
        for node in _choices(owner.node):
            if node not in choices and len(node.choices) > 1:
                choices[node] = scope.take(f"{owner.base}{pascal(owner.name)}")
    records = _name_records(owners, scope)
    for record, name in records.items():
        for key, field, _, _ in record.fields:
            for node in _choices(field):
                if node not in choices and len(choices_annotation(node)) > SHORT_CHOICES:
                    choices[node] = scope.take(f"{name}{pascal(key) or 'Choice'}")
    return Names(choices, records), wanted


def _name_records(owners: dict[Node, TypeOwner], scope: Scope) -> dict[Node, Code]:
    by_title: dict[str, list[Node]] = defaultdict(list)
    for record, owner in owners.items():
        by_title[_title(record, owner)].append(record)
    names: dict[Node, Code] = {}
    for record, owner in owners.items():
        title = _title(record, owner)
        wanted = (
            title
            if title and len(by_title[title]) == 1
            else f"{owner.base}{title or pascal(owner.name) + _key(record, owner)}"
        )
        names[record] = scope.take(wanted, lambda name: (name, f"{name}Input"))
    return names


def _title(record: Node, owner: TypeOwner) -> str:
    title = pascal(owner.titles.get(record, ("", ""))[0])
    return title if title.isidentifier() else ""


def _key(record: Node, owner: TypeOwner) -> str:
    """The last key on the way to a record that has no title: `"Options"` for `$.items.options`."""
    path = owner.titles.get(record, ("", "$"))[1]
    return (
        pascal(path.split(".")[-1].split("[")[0])
        if "." in path and not path.endswith("items")
        else ""
    )


def _records(node: Node, seen: set[Node]) -> Iterator[Node]:
    if node in seen:
        return
    seen.add(node)
    for part in node.parts:
        yield from _records(part, seen)
    if node.kind == "record":
        yield node


def _choices(node: Node) -> Iterator[Node]:
    """The choices that an annotation shows: not those inside structures."""
    if node.kind == "choices":
        yield node
    elif node.kind != "record":
        for part in node.parts:
            yield from _choices(part)
