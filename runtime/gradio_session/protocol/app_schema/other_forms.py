"""Values in the form of another Gradio: built as the app at hand takes them.

A video is a file in Gradio 6, before that a file with subtitles. The content of a chat's message is
text before Gradio 6, then a list of parts. Callers give either; see `docs/compatibility.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradio_session.protocol.app_schema.json_schema import follow, is_file_schema
from gradio_session.protocol.base.json_values import is_mapping, is_sequence, object_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["other_form"]


def other_form(component: str, schema: object) -> Callable[[object], object] | None:
    """What makes the form that an app takes of the one that another Gradio takes.

    Args:
        component: The type of the component.
        schema: The JSON Schema of its value as an input.

    Returns:
        A function of the value, which lets everything else through; None where there is no other
        form.
    """
    if component == "video":
        group = object_of(follow(schema, schema))
        named = object_of(group.get("properties"))
        return _with_subtitles if "video" in named and not is_file_schema(schema) else None
    if component == "chatbot":
        message = object_of(follow(object_of(follow(schema, schema)).get("items"), schema))
        content = object_of(object_of(message.get("properties")).get("content"))
        return _in_parts if content.get("type") == "array" else None
    return None


def _with_subtitles(value: object) -> object:
    if value is None or (is_mapping(value) and "video" in value):
        return value
    return {"video": value, "subtitles": None}


def _in_parts(value: object) -> object:
    if not is_sequence(value):
        return value
    return [
        {**message, "content": [{"text": message["content"], "type": "text"}]}
        if is_mapping(message) and isinstance(message.get("content"), str)
        else message
        for message in value
    ]
