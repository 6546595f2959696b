"""Results checked against their types: what `validate=True` does, for tests and staging."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from gradio_session.errors import ResponseError
from gradio_session.protocol.base.json_values import is_object, is_sequence
from gradio_session.protocol.base.text import one_line
from gradio_session.sentinels import UNCHANGED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["NULLABLE_COMPONENTS", "validator_for"]

NULLABLE_COMPONENTS = frozenset({
    "annotatedimage", "audio", "barplot", "browserstate", "code", "colorpicker", "dataset",
    "datetime", "dialogue", "downloadbutton", "dropdown", "file", "fileexplorer",
    "highlightedtext", "html", "image", "imageeditor", "imageslider", "json", "lineplot",
    "markdown", "model3d", "multimodaltextbox", "navbar", "number", "paramviewer", "plot", "radio",
    "scatterplot", "textarea", "textbox", "timer", "uploadbutton", "video",
})  # fmt: skip
"""Component types that answer null for a function that returns None, whatever their schema says
(Gradio 4.44, 5.50 and 6.31)."""

_INSTALL = 'Session(validate=True) needs pydantic: pip install "gradio-session[validate]"'


def validator_for(
    annotation: object,
    namespace: Mapping[str, object],
    *,
    components: Sequence[str] = (),
    api_name: str | None = None,
) -> Callable[[object], object]:
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
    # A door: pydantic is an optional extra.
    from gradio_session.session.pydantic_types import Converter, ValidationError  # noqa: PLC0415

    converter = Converter(namespace)
    several, adapters = converter.adapters(annotation)

    def validate(value: object) -> object:
        results: Any = value if several else (value,)
        if len(results) != len(adapters):
            text = f"{_of(api_name)}: {len(results)} results where {len(adapters)} were announced."
            raise ResponseError(text, data=list(results), api_name=api_name)
        for index, (adapter, result) in enumerate(zip(adapters, results, strict=True)):
            component = components[index] if index < len(components) else ""
            null = result is None and component in NULLABLE_COMPONENTS
            if result is UNCHANGED or null:
                continue
            try:
                adapter.validate_python(result)
            except ValidationError as error:
                found = error.errors(include_url=False, include_input=False)
                raise _refused(found, results, index, api_name) from None
        return value

    return validate


def _refused(
    found: Sequence[Mapping[str, Any]], results: Sequence[object], index: int, api_name: str | None
) -> ResponseError:
    """The error for a result that pydantic refuses."""
    place, words = _mismatch([(each["loc"], each["msg"]) for each in found], results[index])
    path = f"[{index}]{place}"
    text = (
        f"{_of(api_name)}: a result does not fit its type at {one_line(path)}: {one_line(words)}. "
        "The app may have changed."
    )
    return ResponseError(text, data=list(results), path=path, api_name=api_name)


def _of(api_name: str | None) -> str:
    return one_line(api_name) if api_name else "the call"


class _Found(NamedTuple):
    """One error of pydantic: where it is, and in which members of which union."""

    path: str
    members: tuple[int | str, ...]
    union: str
    words: str


def _mismatch(errors: Sequence[tuple[Sequence[int | str], str]], value: object) -> tuple[str, str]:
    """Path and words of the first mismatch; inside a union of the member that fits best."""
    found = [_locate(location, words, value) for location, words in errors]
    rivals = [error for error in found if error.union == found[0].union]
    closest = min(rivals, key=lambda error: sum(error.members == other.members for other in rivals))
    return closest.path, closest.words


def _locate(location: Sequence[int | str], words: str, value: object) -> _Found:
    """Follow a location of pydantic into the value.

    What leads nowhere is the name of a union's member, or at the end a key that is missing.
    """
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
