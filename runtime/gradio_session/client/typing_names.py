"""What generated modules import in place of typing's own where they run.

Type checkers see `NamedTuple` and `TypedDict` of typing, `NotRequired` and `ReadOnly` of
typing_extensions, which need not be installed, and the package's own classes: at run time these
make `typing.get_type_hints` work on generated types.
"""

from __future__ import annotations

import sys
import typing
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from gradio_session.display import doors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Self

__all__ = [
    "AsyncCall",
    "AsyncStream",
    "Bound",
    "Call",
    "NamedTuple",
    "NotRequired",
    "ReadOnly",
    "Stream",
    "TypedDict",
]

_ROOT = __name__.rpartition(".client.")[0]


class _Later:
    """Stands for a class of the package that only annotations name.

    `Later[T]` is `Class[T]`; a client that is only imported needs no calls.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getitem__(self, parameters: object) -> Any:
        return getattr(sys.modules[_ROOT], self._name)[parameters]


Call: Any = _Later("Call")
AsyncCall: Any = _Later("AsyncCall")
Bound: Any = _Later("Bound")
Stream: Any = _Later("Stream")
AsyncStream: Any = _Later("AsyncStream")


class _Plain:
    """Stands for a qualifier that this Python does not have: `Plain[T]` is `T`."""

    def __class_getitem__(cls, item: object) -> Any:
        return item


NotRequired: Any = getattr(typing, "NotRequired", _Plain)  # from Python 3.11
ReadOnly: Any = getattr(typing, "ReadOnly", _Plain)  # from Python 3.13


class _StructureMaker(type):
    def __new__(cls, name: str, bases: tuple[type, ...], members: dict[str, Any]) -> Any:
        if not bases:
            return super().__new__(cls, name, bases, members)
        made = _structure(name, members.pop("__annotations__", {}))
        for member, value in members.items():
            setattr(made, member, value)
        return made

    def __call__(cls, name: str, keys: Mapping[str, str]) -> Any:
        made = _structure(name, keys)
        frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage] - as typing does
        made.__module__ = frame.f_globals["__name__"]
        return made


class TypedDict(metaclass=_StructureMaker):
    """Makes what `typing.TypedDict` does, as a class or by a call, from annotations in text.

    Typing compiles each of them (20 microseconds, and 2 milliseconds for the first one), and takes
    no notice of the qualifiers in them.
    """


def _structure(name: str, keys: Mapping[str, str]) -> Any:
    made: Any = typing.TypedDict(name, {})  # type: ignore[misc]
    made.__annotations__ = dict(keys)
    open_keys = {key for key, text in keys.items() if text.startswith("NotRequired[")}
    made.__optional_keys__ = frozenset(open_keys)
    made.__required_keys__ = frozenset(keys.keys() - open_keys)
    return made


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
