"""Reading decoded JSON that a stranger sent: what is there is looked at before it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, TypeGuard

__all__ = [
    "JsonArray", "JsonObject", "is_list", "is_mapping", "is_object", "is_sequence", "list_of",
    "number_of", "object_of", "objects_of", "text_of",
]  # fmt: skip

JsonObject: TypeAlias = dict[str, Any]
"""A decoded JSON object; nothing is known of what is in it."""

JsonArray: TypeAlias = list[Any]
"""A decoded JSON array; nothing is known of what is in it."""


def is_object(value: object) -> TypeGuard[JsonObject]:
    """Whether the value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[JsonArray]:
    """Whether the value is a JSON array."""
    return isinstance(value, list)


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Whether a value of the user is a mapping of any kind."""
    return isinstance(value, Mapping)


def is_sequence(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether a value of the user is a list, a tuple or the like; text and bytes are not."""
    return isinstance(value, Sequence) and not isinstance(
        value, (str, bytes, bytearray, memoryview)
    )


def object_of(value: object) -> JsonObject:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def list_of(value: object) -> JsonArray:
    """The value if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]


def objects_of(value: object) -> list[JsonObject]:
    """The objects in the value if it is a JSON array, else none."""
    return [item for item in list_of(value) if is_object(item)]


def text_of(value: object) -> str:
    """The value if it is text, else ""."""
    return value if isinstance(value, str) else ""


def number_of(value: object) -> float | None:
    """The value if it is a number, else None."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
