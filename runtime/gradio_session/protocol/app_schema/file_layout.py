"""Where the files are in a value, by its JSON Schema.

A layout is a Python literal (`docs/internals.md`): None for no file here or below; "file" for a
file; "text|file" where the schema allows something else at the same place; and for containers a
dict of "items", "prefix" (of the first items; "items" is then of the rest), "keys", "values" (of
the other keys) and "file" (when a file may stand at the container's own place). The generator bakes
layouts into modules; direct use computes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

from gradio_session.protocol.app_schema.json_schema import is_file_schema, target
from gradio_session.protocol.base.json_values import JsonObject, is_object, list_of, object_of

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["FileLayout", "below", "file_layout_of", "is_file_schema"]

FileLayout = Union[str, dict[str, Any], None]  # noqa: UP007 - evaluated at run time, also on Python 3.10

MAX_REENTRIES = 3
"""How often a schema that refers to itself is unrolled."""
MAX_PLACES = 20_000
"""How many places of one schema are looked at; what lies beyond counts as having no files."""
MAX_DEPTH = 60

_OWN_KEYWORDS = (
    "type", "properties", "items", "prefixItems", "additionalProperties", "patternProperties",
    "enum", "const",
)  # fmt: skip


def file_layout_of(schema: object) -> FileLayout:
    """Where the files are in a value of that schema.

    Args:
        schema: A JSON Schema as `/info` or `/config` gives it; anything that is none counts as
            having no files.

    Returns:
        The layout, normalised: equal schemas give equal literals with equal `repr`.
    """
    return _Reader(schema).place(schema, 0).layout()


def below(layout: FileLayout, step: str | int) -> FileLayout:
    """The layout of what stands below a container's: under a key, or at an index."""
    if not isinstance(layout, dict):
        return None
    found: FileLayout
    if isinstance(step, str):
        found = layout.get("keys", {}).get(step, layout.get("values"))
    else:
        prefix = layout.get("prefix", ())
        found = prefix[step] if step < len(prefix) else layout.get("items")
    return found


class _Place:
    """What may stand at one place of a value.

    Attributes:
        file: A file may.
        other: Something may that is neither a file, nor null, nor a container of files.
        parts: What stands below: by key and by index; `str` is any other key, `int` any other item.
    """

    __slots__ = ("file", "other", "parts")

    def __init__(self, *, file: bool = False, other: bool = False) -> None:
        self.file = file
        self.other = other
        self.parts: dict[str | int | type, _Place] = {}

    def part(self, step: str | int | type) -> _Place | None:
        """What stands there, by itself or as one of all others."""
        return self.parts.get(step) or self.parts.get(type(step))

    def layout(self) -> FileLayout:
        parts = {step: part.layout() for step, part in self.parts.items()}
        items = parts.get(int)
        prefix = tuple(layout for step, layout in parts.items() if isinstance(step, int))
        keys = sorted(step for step, layout in parts.items() if isinstance(step, str) and layout)
        inner: dict[str, Any] = {
            "items": items,
            "prefix": prefix if any(prefix) or items is not None else None,
            "keys": {name: parts[name] for name in keys},
            "values": parts.get(str),
        }
        inner = {name: part for name, part in inner.items() if part}
        here = ("text|file" if self.other else "file") if self.file else None
        if inner and here:
            inner["file"] = here
        return inner or here

    def has_files(self) -> bool:
        return self.file or any(part.has_files() for part in self.parts.values())


class _Reader:
    def __init__(self, root: object) -> None:
        self._root = root
        self._entered: dict[str, int] = {}
        self._left = MAX_PLACES

    def place(self, schema: object, depth: int) -> _Place:
        """What the schema allows.

        Every keyword holds at once, so what they say is combined as `allOf` is.
        """
        self._left -= 1
        if schema is False:
            return _Place()
        if not is_object(schema) or self._left < 0 or depth > MAX_DEPTH:
            return _Place(other=True)
        if is_file_schema(schema, self._root):
            return _Place(file=True)
        parts: list[_Place] = []
        if isinstance(schema.get("$ref"), str):
            parts.append(self._referred(schema["$ref"], depth))
        for keyword in ("anyOf", "oneOf"):
            options = [self.place(option, depth + 1) for option in list_of(schema.get(keyword))]
            if options:
                parts.append(_merged(options, together=False))
        parts.extend(self.place(part, depth + 1) for part in list_of(schema.get("allOf")))
        if any(keyword in schema for keyword in _OWN_KEYWORDS):
            parts.append(self._own(schema, depth))
        return _merged(parts, together=True) if parts else _Place(other=True)

    def _referred(self, reference: str, depth: int) -> _Place:
        count = self._entered.get(reference, 0)
        if count >= MAX_REENTRIES:
            return _Place(other=True)
        self._entered[reference] = count + 1
        place = self.place(target(reference, self._root), depth + 1)
        self._entered[reference] = count
        return place

    def _own(self, schema: JsonObject, depth: int) -> _Place:
        place = _Place()
        items = schema.get("items")
        below: dict[str | int | type, object] = {}
        below.update(enumerate(list_of(schema.get("prefixItems")) or list_of(items)))
        if is_object(items):
            below[int] = items
        below.update(object_of(schema.get("properties")))
        place.parts = {step: self.place(part, depth + 1) for step, part in below.items()}
        others = [
            schema.get("additionalProperties"),
            *object_of(schema.get("patternProperties")).values(),
        ]
        values = [self.place(part, depth + 1) for part in others if is_object(part)]
        if values:
            place.parts[str] = _merged(values, together=False)
        place.other = schema.get("type") not in ("null", ["null"]) and not place.has_files()
        return place


def _merged(places: Sequence[_Place], *, together: bool) -> _Place:
    """One place for several: alternatives, or (`together`) conditions that hold at once."""
    if len(places) == 1:
        return places[0]
    merged = _Place(file=any(place.file for place in places))
    merged.other = (all if together else any)(place.other for place in places)
    for step in dict.fromkeys(step for place in places for step in place.parts):
        at = [part for place in places if (part := place.part(step)) is not None]
        merged.parts[step] = _merged(at, together=together)
    return merged
