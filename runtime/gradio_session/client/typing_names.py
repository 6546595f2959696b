"""What generated modules import in place of typing's own where they run.

Type checkers see `NamedTuple` of typing, and `NotRequired` and `ReadOnly` of typing_extensions,
which need not be installed: at run time these make `typing.get_type_hints` work on generated types.
"""

from __future__ import annotations

import typing
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from gradio_session.display import doors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Self

__all__ = ["NamedTuple", "NotRequired", "ReadOnly"]


class _Plain:
    """Stands for a qualifier that this Python does not have: `Plain[T]` is `T`."""

    def __class_getitem__(cls, item: object) -> Any:
        return item


NotRequired: Any = getattr(typing, "NotRequired", _Plain)  # from Python 3.11
ReadOnly: Any = getattr(typing, "ReadOnly", _Plain)  # from Python 3.13


class NamedTuple(tuple[Any, ...]):
    """Does what `typing.NamedTuple` does, which takes a fifth of a millisecond for each class.

    Its subclasses are the results of endpoints that return several values.
    """

    __slots__ = ()

    _fields = tuple[str, ...]()
    _field_defaults = dict[str, Any]()  # noqa: RUF012 - what is annotated is a field

    def __init_subclass__(cls) -> None:
        if not cls._fields:
            fields = tuple(cls.__annotations__)
            for name in ("_fields", "__match_args__"):
                setattr(cls, name, fields)
            for position, name in enumerate(fields):
                setattr(cls, name, property(itemgetter(position)))

    def __new__(cls, *values: object, **named: object) -> Self:
        """Take a value for each field, in order or by name."""
        rest = [named.pop(name) for name in cls._fields[len(values) :] if name in named]
        found = (*values, *rest)
        if named or len(found) != len(cls._fields):
            raise TypeError(f"{cls.__name__} takes exactly: {', '.join(cls._fields)}")
        return super().__new__(cls, found)

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)

    @classmethod
    def _make(cls, values: Iterable[object]) -> Self:
        """Make one of values in order."""
        return cls(*values)

    def _asdict(self) -> dict[str, Any]:
        """The values by the names of their fields."""
        return dict(zip(self._fields, self, strict=True))

    def _replace(self, **changes: object) -> Self:
        """A copy with other values in some fields."""
        return type(self)(**{**self._asdict(), **changes})

    def __repr__(self) -> str:
        pairs = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
        return f"{type(self).__name__}({pairs})"

    def _repr_html_(self) -> str:
        """How notebooks show it."""
        return str(doors.html().result_html(self))
