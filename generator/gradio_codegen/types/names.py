"""What the types of a module are called.

Choices are named after their parameter, structures as the app calls them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gradio_codegen.code.words import pascal
from gradio_codegen.types.annotations import SHORT_CHOICES, Family, Names, choices_annotation

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from gradio_codegen.code.escaping import Code
    from gradio_codegen.code.naming import Scope
    from gradio_codegen.types.graph import Node

__all__ = ["TypeOwner", "name_types"]

_TELLING: Final = {
    "ChatbotData": "ChatHistory",
    "ChatbotDataMessages": "ChatHistory",
    "ChatbotDataTuples": "ChatHistory",
    "GalleryData": "Gallery",
    "HighlightedTextData": "HighlightedText",
}
"""What lists are called whose titles in Gradio name the class that it keeps them in."""

_WORD = re.compile(r"[A-Z][a-z0-9]*")


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
) -> tuple[Names, dict[tuple[Node, Family], None], dict[tuple[Node, Family], None]]:
    """Name every alias and structure.

    A structure has the name that the app gives it, a set of choices that of its parameter. Where
    two want the same name, the one that most places of the app have gets it, on a tie the one that
    the app has first; the others have the endpoint of their first place in front. So an endpoint
    that is added behind the others, with types of its own, renames nothing.

    Args:
        places: Every parameter and result, in the app's order.
        scope: The names of the module.

    Returns:
        The names; the records to generate with their families, those first that others use; and
        the lists and unions to name with theirs.
    """
    owners: dict[Node, list[TypeOwner]] = defaultdict(list)
    wanted: dict[tuple[Node, Family], None] = {}
    compounds: dict[tuple[Node, Family], None] = {}
    for owner in places:
        for record in _within(owner.node, "record"):
            owners[record].append(owner)
            wanted[record, owner.family] = None
        for node in _within(owner.node, "list", "union"):
            if _compound_title(node, owner):
                owners[node].append(owner)
                compounds[node, owner.family] = None
    named = {node: found for node, found in owners.items() if node.kind == "record"}
    records = _take(
        {node: (found, _record_title(node, found[0])) for node, found in named.items()},
        scope,
        _both,
    )
    named = {node: found for node, found in owners.items() if node.kind != "record"}
    lists = _take(
        {node: (found, _compound_title(node, found[0])) for node, found in named.items()},
        scope,
        _both,
    )
    choices = _name_choices(places, records, scope)
    return Names(choices, records, lists), wanted, compounds


def _name_choices(
    places: Sequence[TypeOwner], records: dict[Node, Code], scope: Scope
) -> dict[Node, Code]:
    found: dict[Node, list[TypeOwner]] = defaultdict(list)
    for owner in places:
        for node in _choices(owner.node):
            if len(node.choices) > 1:
                found[node].append(owner)
    choices = _take(
        {node: (owners, _choices_title(owners)) for node, owners in found.items()}, scope, _alone
    )
    for record, name in records.items():
        for key, field, _, _ in record.fields:
            for node in _choices(field):
                if node not in choices and len(choices_annotation(node)) > SHORT_CHOICES:
                    choices[node] = scope.take(f"{name}{pascal(key) or 'Choice'}")
    return choices


def _take(
    wanted: dict[Node, tuple[list[TypeOwner], str]],
    scope: Scope,
    derived: Callable[[str], Collection[str]],
) -> dict[Node, Code]:
    """Give each node a name: the plain word, or the word with the endpoint in front."""
    names: dict[Node, Code] = {}
    prefixed: list[Node] = []
    for node, (_, word) in sorted(wanted.items(), key=lambda item: -len(item[1][0])):
        if word.isidentifier() and scope.is_free(word, derived):
            names[node] = scope.take(word, derived)
        else:
            prefixed.append(node)
    for node in sorted(prefixed, key=lambda node: wanted[node][0][0].base):
        owners, word = wanted[node]
        names[node] = scope.take(f"{owners[0].base}{word}", derived)
    return {node: names[node] for node in wanted}


def _both(name: str) -> tuple[str, str]:
    return name, f"{name}Input"


def _alone(name: str) -> tuple[str]:
    return (name,)


def _choices_title(owners: list[TypeOwner]) -> str:
    """The word for a set of choices: what most of its parameters are called."""
    words = Counter(pascal(owner.name) or "Choice" for owner in owners)
    word = words.most_common(1)[0][0]
    return f"{word}Choice" if word.endswith("Result") else word


def _record_title(record: Node, owner: TypeOwner) -> str:
    """The word for a record; one without a title is called after its place, endpoint and all."""
    title = _title(record, owner)
    return title or f"{owner.base}{pascal(owner.name)}{_key(record, owner)}"


def _compound_title(node: Node, owner: TypeOwner) -> str:
    """The word for a list or union of structures; empty for one that is short to write."""
    title = pascal(owner.titles.get(node, ("", ""))[0])
    if title in _TELLING:
        return _TELLING[title]
    if node.kind == "union" and sum(part.kind == "record" for part in node.parts) > 1:
        kinds = [_title(part, owner) for part in node.parts if part.kind == "record"]
        return _shared_word(kinds)
    return ""


def _shared_word(titles: Sequence[str]) -> str:
    """`GalleryItem` for `GalleryImage` and `GalleryVideo`, `MessagePart` for kinds of messages."""
    words = [_WORD.findall(title) for title in titles]
    if not all(words):
        return ""
    if len({each[0] for each in words}) == 1:
        return f"{words[0][0]}Item"
    return f"{words[0][-1]}Part" if len({each[-1] for each in words}) == 1 else ""


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


def _within(node: Node, *kinds: str) -> list[Node]:
    """The nodes of some kinds in a type, each once, those first that others are made of."""
    found: dict[Node, None] = {}
    seen: set[Node] = set()

    def walk(node: Node) -> None:
        if node not in seen:
            seen.add(node)
            for part in node.parts:
                walk(part)
            if node.kind in kinds:
                found[node] = None

    walk(node)
    return list(found)


def _choices(node: Node) -> Iterator[Node]:
    """The choices that an annotation shows: not those inside structures."""
    if node.kind == "choices":
        yield node
    elif node.kind != "record":
        for part in node.parts:
            yield from _choices(part)
