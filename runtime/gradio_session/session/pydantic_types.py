"""Types as pydantic can check them in values that come from JSON. It imports pydantic.

Below Python 3.12 pydantic takes only `typing_extensions.TypedDict`; a `RemoteFile` is checked by
its class; a tuple may be a list, as JSON has no tuples. Nothing is coerced: "1" is no number.
"""

from __future__ import annotations

import sys
import typing
from types import GenericAlias, UnionType
from typing import TYPE_CHECKING, Annotated, Any, ForwardRef, Union, cast, get_args, get_origin

from pydantic import (
    InstanceOf,
    Strict,
    StrictBool,
    StrictFloat,
    StrictInt,
    TypeAdapter,
    ValidationError,
)
from typing_extensions import NotRequired, ReadOnly, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Converter", "ValidationError"]

_KEY_AND_VALUE = 2


class Converter:
    """Types as pydantic can check them in values that come from JSON."""

    def __init__(self, namespace: Mapping[str, object]) -> None:
        self._namespace = namespace
        self._known: dict[type, Any] = {}

    def adapters(self, annotation: object) -> tuple[bool, list[TypeAdapter[Any]]]:
        """What checks results of a type: whether there are several results, and a check for each.

        Several are the fields of a `NamedTuple` class.
        """
        expected = self.evaluate(annotation, self._namespace)
        names = getattr(expected, "_fields", None) if isinstance(expected, type) else None
        if names is None:
            return False, [TypeAdapter(self.convert(expected, self._namespace))]
        owner = _module_of(expected)
        fields = [self.convert(expected.__annotations__[name], owner) for name in names]
        return True, [TypeAdapter(field) for field in fields]

    def evaluate(self, annotation: object, namespace: Mapping[str, Any]) -> Any:
        """The type that an annotation spells, in quotes or not."""
        while isinstance(annotation, (str, ForwardRef)):
            text = annotation if isinstance(annotation, str) else annotation.__forward_arg__
            names: dict[str, object] = {"NotRequired": NotRequired, "ReadOnly": ReadOnly}
            names.update(self._namespace)
            # It is the code of a generated module.
            annotation = eval(text, {}, {**names, **namespace})  # noqa: S307
        return annotation

    def convert(self, annotation: object, namespace: Mapping[str, object]) -> Any:
        """The type for pydantic that stands for an annotation."""
        annotation = self.evaluate(annotation, namespace)
        origin = get_origin(annotation)
        if annotation in (Any, None, type(None)) or origin is typing.Literal:
            return annotation
        if origin is None:
            return self._plain(annotation)
        if getattr(origin, "__name__", "") in ("NotRequired", "Required", "ReadOnly", "Annotated"):
            return self.convert(get_args(annotation)[0], namespace)
        converted = tuple(
            argument if argument is Ellipsis else self.convert(argument, namespace)
            for argument in get_args(annotation)
        )
        if origin in (Union, UnionType):
            return cast("Any", Union)[converted]
        if origin is tuple:
            return GenericAlias(tuple, converted)
        return Annotated[
            GenericAlias(dict if len(converted) == _KEY_AND_VALUE else list, converted), Strict()
        ]

    def _plain(self, annotation: Any) -> Any:
        if isinstance(annotation, type) and hasattr(annotation, "__required_keys__"):
            return self._typed_dict(annotation)
        scalars: dict[object, object] = {bool: StrictBool, int: StrictInt, float: StrictFloat}
        # an instance check for text: pydantic refuses lone surrogates, which JSON can carry
        return scalars.get(annotation, cast("Any", InstanceOf)[annotation])

    def _typed_dict(self, annotation: Any) -> Any:
        """The same structure as pydantic takes it; one inside itself is checked to be a dict."""
        if annotation in self._known:
            return self._known[annotation]
        self._known[annotation] = dict[str, Any]
        owner = _module_of(annotation)
        fields: dict[str, object] = {}
        for name, field in annotation.__annotations__.items():
            kind = self.convert(field, owner)
            fields[name] = (
                kind
                if name in annotation.__required_keys__ and not _may_miss(field)
                else NotRequired[kind]
            )
        self._known[annotation] = TypedDict(annotation.__name__, fields)  # type: ignore[operator] # pyright: ignore[reportGeneralTypeIssues]
        return self._known[annotation]


def _module_of(kind: type) -> Mapping[str, object]:
    """The names of the module that a class is from."""
    return vars(sys.modules[kind.__module__]) if kind.__module__ in sys.modules else {}


def _may_miss(field: object) -> bool:
    text = (
        field.__forward_arg__
        if isinstance(field, ForwardRef)
        else field
        if isinstance(field, str)
        else repr(field)
    )
    return "NotRequired[" in text
