"""Results checked against their types: what `validate=True` does, for tests and staging.

Types are written for type checkers, values come from JSON, so types are converted before pydantic
sees them: below Python 3.12 it takes only `typing_extensions.TypedDict`; a `RemoteFile` is checked
by its class; a tuple may be a list, as
JSON has no tuples. Nothing is coerced: "1" is no number.
"""

from __future__ import annotations

import sys
import typing
from importlib.util import find_spec
from types import GenericAlias, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ForwardRef,
    NamedTuple,
    Union,
    cast,
    get_args,
    get_origin,
)

from gradio_session.errors import ResponseError
from gradio_session.protocol.base.json_values import is_object, is_sequence
from gradio_session.protocol.base.text import one_line
from gradio_session.sentinels import UNCHANGED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pydantic import TypeAdapter

__all__ = ["NULLABLE_COMPONENTS", "validator_for"]

NULLABLE_COMPONENTS = frozenset({
    "annotatedimage", "audio", "barplot", "browserstate", "code", "colorpicker", "dataset", "datetime", "dialogue", "downloadbutton", "dropdown",
    "file", "fileexplorer", "highlightedtext", "html", "image", "imageeditor", "imageslider", "json", "lineplot", "markdown", "model3d",
    "multimodaltextbox", "navbar", "number", "paramviewer", "plot", "radio", "scatterplot", "textarea", "textbox", "timer", "uploadbutton", "video",
})  # fmt: skip
"""Component types that answer null for a function that returns None, whatever their schema says (Gradio 4.44, 5.50 and 6.31)."""

_KEY_AND_VALUE = 2
_INSTALL = 'Session(validate=True) needs pydantic: pip install "gradio-session[validate]"'


def validator_for(
    annotation: Any,
    namespace: Mapping[str, Any],
    *,
    components: Sequence[str] = (),
    api_name: str | None = None,
) -> Callable[[Any], Any]:
    """A function that checks results against a type.

    Args:
        annotation: What the endpoint's method is annotated to return: a type, or the text of one; a
            `NamedTuple` class for several results.
        namespace: Where the names in the annotation are looked up: that of the generated module.
        components: The component types of the results in order. A null of one that
            `NULLABLE_COMPONENTS` names is no mismatch.
        api_name: The endpoint, for messages.

    Returns:
        A function that returns the value it was given, or raises `ResponseError` with `data` (the
        results as a list) and `path` (where the first mismatch is: "[0].image" is the key "image"
        of the first result).

    Raises:
        ImportError: pydantic is not installed.
        NameError: The annotation uses a name that the namespace does not have.
    """
    if find_spec("pydantic") is None:
        raise ImportError(_INSTALL)
    converter = _Converter(namespace)
    expected = converter.evaluate(annotation, namespace)
    fields = _fields(expected)
    adapters = (
        [converter.adapter(field, owner) for field, owner in fields]
        if fields is not None
        else [converter.adapter(expected, namespace)]
    )
    several = fields is not None

    def validate(value: Any) -> Any:
        results: Sequence[Any] = value if several else (value,)
        if len(results) != len(adapters):
            message = (
                f"{_of(api_name)}: {len(results)} results where {len(adapters)} were announced."
            )
            raise ResponseError(message, data=list(results), api_name=api_name)
        for index, (adapter, result) in enumerate(zip(adapters, results, strict=True)):
            component = components[index] if index < len(components) else ""
            if result is not UNCHANGED and not (
                result is None and component in NULLABLE_COMPONENTS
            ):
                _check(adapter, result, results, index, api_name)
        return value

    return validate


def _fields(expected: Any) -> list[tuple[Any, Mapping[str, Any]]] | None:
    """The annotations of a `NamedTuple` class, each with the namespace of its names; None for any other type."""
    names: Sequence[str] | None = (
        getattr(expected, "_fields", None) if isinstance(expected, type) else None
    )
    if names is None:
        return None
    owner = _module_of(expected)
    return [(expected.__annotations__[name], owner) for name in names]


def _check(
    adapter: TypeAdapter[Any], result: Any, results: Sequence[Any], index: int, api_name: str | None
) -> None:
    from pydantic import ValidationError  # noqa: PLC0415

    try:
        adapter.validate_python(result)
    except ValidationError as error:
        place, words = _mismatch(
            [
                (found["loc"], found["msg"])
                for found in error.errors(include_url=False, include_input=False)
            ],
            result,
        )
        path = f"[{index}]{place}"
        message = f"{_of(api_name)}: a result does not fit its type at {one_line(path)}: {one_line(words)}. The app may have changed."
        raise ResponseError(message, data=list(results), path=path, api_name=api_name) from None


def _of(api_name: str | None) -> str:
    return one_line(api_name) if api_name else "the call"


class _Found(NamedTuple):
    """One error of pydantic: where it is, which members of unions it is about, and where the first of those unions is."""

    path: str
    members: tuple[int | str, ...]
    union: str
    words: str


def _mismatch(errors: Sequence[tuple[Sequence[int | str], str]], value: Any) -> tuple[str, str]:
    """Path and words of the first mismatch; inside a union that of the member that comes closest to fitting."""
    found = [_locate(location, words, value) for location, words in errors]
    rivals = [error for error in found if error.union == found[0].union]
    closest = min(rivals, key=lambda error: sum(error.members == other.members for other in rivals))
    return closest.path, closest.words


def _locate(location: Sequence[int | str], words: str, value: Any) -> _Found:
    """Follow a location of pydantic into the value: what leads nowhere is the name of a union's member, or at the end a key that is missing."""
    path, union = "", None
    members: list[int | str] = []
    for part in location:
        if isinstance(part, int) and is_sequence(value) and part < len(value):
            path, value = f"{path}[{part}]", value[part]
        elif is_object(value) and part in value:
            path, value = f"{path}.{part}", value[part]
        elif is_object(value) and part == location[-1]:
            path = f"{path}.{part}"
        else:
            union = path if union is None else union
            members.append(part)
    return _Found(path, tuple(members), path if union is None else union, words)


class _Converter:
    """Types as pydantic can check them in values that come from JSON."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._known: dict[type, Any] = {}

    def adapter(self, annotation: Any, namespace: Mapping[str, Any]) -> TypeAdapter[Any]:
        from pydantic import TypeAdapter  # noqa: PLC0415

        return TypeAdapter(self.convert(annotation, namespace))

    def evaluate(self, annotation: Any, namespace: Mapping[str, Any]) -> Any:
        """The type that an annotation spells, in quotes or not."""
        while isinstance(annotation, (str, ForwardRef)):
            text = annotation if isinstance(annotation, str) else annotation.__forward_arg__
            annotation = eval(text, {}, _names({**self._namespace, **namespace}))  # noqa: S307 - a generated module's own code
        return annotation

    def convert(self, annotation: Any, namespace: Mapping[str, Any]) -> Any:
        """The type for pydantic that stands for an annotation."""
        annotation = self.evaluate(annotation, namespace)
        origin = get_origin(annotation)
        if annotation is Any or annotation is None or annotation is type(None):
            return annotation
        if origin is typing.Literal:
            return annotation
        if origin is not None:
            return self._generic(origin, get_args(annotation), namespace)
        if _is_typed_dict(annotation):
            return self._typed_dict(annotation)
        return self._plain(annotation)

    def _plain(self, annotation: Any) -> Any:
        from pydantic import InstanceOf, StrictBool, StrictFloat, StrictInt  # noqa: PLC0415

        scalars: dict[Any, Any] = {bool: StrictBool, int: StrictInt, float: StrictFloat}
        # an instance check for text: pydantic refuses lone surrogates, which JSON can carry
        return scalars.get(annotation, cast("Any", InstanceOf)[annotation])

    def _generic(
        self, origin: Any, arguments: tuple[Any, ...], namespace: Mapping[str, Any]
    ) -> Any:
        from pydantic import Strict  # noqa: PLC0415

        if origin in (Union, UnionType):
            return _either(self.convert(argument, namespace) for argument in arguments)
        if origin is tuple:
            return GenericAlias(
                tuple,
                tuple(
                    argument if argument is Ellipsis else self.convert(argument, namespace)
                    for argument in arguments
                ),
            )
        if getattr(origin, "__name__", "") in ("NotRequired", "Required", "ReadOnly", "Annotated"):
            return self.convert(arguments[0], namespace)
        converted = tuple(self.convert(argument, namespace) for argument in arguments)
        return Annotated[
            GenericAlias(dict if len(converted) == _KEY_AND_VALUE else list, converted), Strict()
        ]

    def _typed_dict(self, annotation: Any) -> Any:
        """The same structure as pydantic takes it; a structure inside itself is checked to be a dict."""
        if annotation in self._known:
            return self._known[annotation]
        from typing_extensions import NotRequired, TypedDict  # noqa: PLC0415

        self._known[annotation] = dict[str, Any]
        owner = _module_of(annotation)
        fields: dict[str, Any] = {}
        for name, field in annotation.__annotations__.items():
            kind = self.convert(field, owner)
            fields[name] = (
                kind
                if name in annotation.__required_keys__ and not _may_miss(field)
                else NotRequired[kind]
            )
        self._known[annotation] = TypedDict(annotation.__name__, fields)  # type: ignore[operator] # pyright: ignore[reportGeneralTypeIssues]
        return self._known[annotation]


def _either(kinds: Iterable[Any]) -> Any:
    first, *rest = kinds
    for kind in rest:
        first = first | kind
    return first


def _is_typed_dict(annotation: Any) -> bool:
    return isinstance(annotation, type) and hasattr(annotation, "__required_keys__")


def _module_of(kind: type) -> Mapping[str, Any]:
    """The names of the module that a class is from."""
    return vars(sys.modules[kind.__module__]) if kind.__module__ in sys.modules else {}


def _may_miss(field: Any) -> bool:
    text = (
        field.__forward_arg__
        if isinstance(field, ForwardRef)
        else field
        if isinstance(field, str)
        else repr(field)
    )
    return "NotRequired[" in text


def _names(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The names of a module, and those that it imports for type checkers only."""
    import typing_extensions  # noqa: PLC0415

    return {
        "NotRequired": typing_extensions.NotRequired,
        "ReadOnly": typing_extensions.ReadOnly,
        **namespace,
    }
