"""How a type changed, in words for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradio_codegen.base.text import listing
from gradio_codegen.compare.type_relations import (
    Alternatives,
    Generic,
    LiteralValue,
    Named,
    show,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradio_codegen.compare.type_relations import Type, Types

__all__ = ["MOST_NAMED", "TypeChanges"]

MOST_NAMED = 6
"""A message names no more parameters, keys or choices than this."""


@dataclass(frozen=True)
class TypeChanges:
    """Compares the types of an older module with those of a newer one.

    Attributes:
        old: The types that callers were written against.
        new: The types now.
    """

    old: Types
    new: Types

    def told(self, place: str, before: Type, after: Type, *, verb: str) -> str:
        """Say how a type changed.

        Choices are told by what is lost and won, structures by their keys, others by both types.

        Args:
            place: What is of the type: "the result", "parameter `steps`".
            before: The older type.
            after: The newer type.
            verb: What `place` does with its values: "takes", "may be".
        """
        old, new = _choices(before), _choices(after)
        if old and new and (told := _choice_change(old, new, verb)):
            return f"{place} {told}"
        keys = list(dict.fromkeys(self._key_changes(before, after, ())))
        if keys:
            return f"{place}: {'; '.join(keys[:MOST_NAMED])}"
        return f"{place} is now {show(after)}, it was {show(before)}"

    def _key_changes(self, before: Type, after: Type, seen: tuple[str, ...]) -> Iterator[str]:
        """Say how the structures in two types of one form differ."""
        if isinstance(before, Named) and isinstance(after, Named):
            if (
                before.name not in seen
                and self.old.record(before.name)
                and self.new.record(after.name)
            ):
                yield from self._fields_change(before.name, after.name, (*seen, before.name))
            return
        old, new = _parts(before), _parts(after)
        if len(old) == len(new):
            for one, other in zip(old, new, strict=True):
                yield from self._key_changes(one, other, seen)

    def _fields_change(self, before: str, after: str, seen: tuple[str, ...]) -> Iterator[str]:
        old, new = self.old.fields(before), self.new.fields(after)
        for key in (key for key in old if key not in new):
            yield f"key `{key}` is gone"
        for key, (kind, required) in new.items():
            if key not in old:
                yield f"key `{key}` is new{' and required' if required else ''}"
                continue
            if required and not old[key][1]:
                yield f"key `{key}` is now required"
            if not self.equal(old[key][0], kind):
                yield from self._key_changes(old[key][0], kind, seen)
                if show(kind) != show(old[key][0]):
                    yield f"key `{key}` is now {show(kind)}, it was {show(old[key][0])}"

    def equal(self, old: Type, new: Type) -> bool:
        """Tell whether two types are written alike, the records that they name included."""
        return _spelled(self.old, old, ()) == _spelled(self.new, new, ())


def _spelled(types: Types, kind: Type, seen: tuple[str, ...]) -> object:
    if isinstance(kind, LiteralValue):
        return kind
    if isinstance(kind, Named):
        if types.record(kind.name) is None or kind.name in seen:
            return kind.name
        fields = types.fields(kind.name)
        return {
            key: (_spelled(types, value, (*seen, kind.name)), required)
            for key, (value, required) in fields.items()
        }
    parts = kind.members if isinstance(kind, Alternatives) else kind.arguments
    return (
        type(kind).__name__ if isinstance(kind, Alternatives) else kind.name,
        [_spelled(types, part, seen) for part in parts],
    )


def _parts(kind: Type) -> tuple[Type, ...]:
    return (
        kind.members
        if isinstance(kind, Alternatives)
        else kind.arguments
        if isinstance(kind, Generic)
        else ()
    )


def _choice_change(old: list[LiteralValue], new: list[LiteralValue], verb: str) -> str:
    lost, won = (
        [choice for choice in old if choice not in new],
        [choice for choice in new if choice not in old],
    )
    parts = [f"no longer {verb} {_values(lost)}"] if lost else []
    parts += [f"now {'' if lost else 'also '}{verb} {_values(won)}"] if won else []
    return " and ".join(parts)


def _choices(kind: Type) -> list[LiteralValue]:
    members = kind.members if isinstance(kind, Alternatives) else (kind,)
    return (
        [member for member in members if isinstance(member, LiteralValue)]
        if all(isinstance(m, LiteralValue) or m == Named("None") for m in members)
        else []
    )


def _values(choices: list[LiteralValue]) -> str:
    return listing((repr(choice.value) for choice in choices), MOST_NAMED)
