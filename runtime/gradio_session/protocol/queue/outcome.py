"""How a call ended, read from its `process_completed` message."""

from __future__ import annotations

from ast import literal_eval
from typing import TYPE_CHECKING

from gradio_session.errors import (
    AppError,
    CallCancelledError,
    GradioSessionError,
    ProtocolError,
)
from gradio_session.protocol.base.json_values import JsonArray, is_object, object_of
from gradio_session.protocol.base.text import clean, one_line
from gradio_session.protocol.queue.messages import data_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Outcome", "failure", "outcome_of"]


class Outcome:
    """The end of a call.

    Attributes:
        data: The wire's data array when it completed, else None.
        error: What `result()` raises, or None when it completed.
        duration: Seconds that the function took, or None.
        cancelled: None unless the call was cancelled; then whether the server knows.
    """

    __slots__ = ("cancelled", "data", "duration", "error")

    def __init__(
        self,
        data: JsonArray | None,
        error: GradioSessionError | None,
        duration: float | None = None,
        *,
        cancelled: bool | None = None,
    ) -> None:
        self.data = data
        self.error = error
        self.duration = duration
        self.cancelled = cancelled


def outcome_of(
    message: object, api_name: str, event_id: str | None, version: tuple[int, int, int] = (6, 0, 0)
) -> Outcome:
    """The outcome that a `process_completed` message tells.

    A success without `data` is how the server ends a cancelled call.

    Args:
        message: The decoded message.
        api_name: The endpoint, for messages.
        event_id: The call's event id, for messages.
        version: The app's Gradio.
    """
    record = object_of(message)
    output = record.get("output")
    if not is_object(output):
        return Outcome(None, _unreadable(api_name, event_id))
    if not record.get("success", True):
        error = failure(record, api_name=api_name, event_id=event_id, version=version)
        return Outcome(None, error)
    data = data_of(message)
    if data is not None:
        return Outcome(data, None, _seconds(output.get("duration")))
    if output.get("data") is not None:
        return Outcome(None, _unreadable(api_name, event_id))
    text = f"{api_name}: the call {event_id} was cancelled."
    cancelled = CallCancelledError(text, api_name=api_name, event_id=event_id)
    return Outcome(None, cancelled, cancelled=True)


def failure(
    message: Mapping[str, object],
    *,
    api_name: str,
    event_id: str | None = None,
    version: tuple[int, int, int] = (6, 0, 0),
) -> AppError:
    """The error that a `process_completed` with `success: false` stands for.

    Args:
        message: The decoded message.
        api_name: The endpoint, with its slash.
        event_id: The call's id.
        version: The app's Gradio; before 5 the text of a `gr.Error` comes in quotes, which are
            taken off.
    """
    record = object_of(message.get("output"))
    text = record.get("error")
    title = record.get("title", message.get("title"))
    if isinstance(text, str) and text.strip():
        words = clean(_unquoted(text) if version < (5, 0, 0) else text, 2_000)
    else:
        words = (
            "the app failed and does not say why "
            "(it was started without show_error=True; its own log has the reason)"
        )
    error = AppError(
        f"{api_name}: {words}",
        api_name=api_name,
        event_id=event_id,
        title=one_line(title, 200) if isinstance(title, str) else None,
        duration=_seconds(record.get("duration")),
    )
    error.message = words
    return error


def _seconds(duration: object) -> float | None:
    return float(duration) if isinstance(duration, (int, float)) else None


def _unquoted(text: str) -> str:
    """The text of an error that Gradio 4 sends as its `repr`; else what is between the quotes."""
    try:
        plain = literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        plain = None
    if isinstance(plain, str) and repr(plain) == text:
        return plain
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":  # noqa: PLR2004 - two quotes
        return text[1:-1]
    return text


def _unreadable(api_name: str, event_id: str | None) -> ProtocolError:
    text = (
        f"{api_name}: the app ended the call {event_id} with a message that cannot be read. "
        "A proxy may have changed it; try again."
    )
    return ProtocolError(text, api_name=api_name, event_id=event_id)
