"""How a call ended, read from its `process_completed` message."""

from __future__ import annotations

from typing import Any

from gradio_session.errors import CallCancelledError, GradioSessionError, ProtocolError
from gradio_session.protocol.base.json_values import is_list, is_object, object_of
from gradio_session.protocol.queue.payloads import failure

__all__ = ["Outcome", "data_of", "outcome_of"]


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
        data: list[Any] | None,
        error: GradioSessionError | None,
        duration: float | None = None,
        *,
        cancelled: bool | None = None,
    ) -> None:
        self.data = data
        self.error = error
        self.duration = duration
        self.cancelled = cancelled


def data_of(message: Any) -> list[Any] | None:
    """The outputs that a message carries, or None when it carries none."""
    data = object_of(object_of(message).get("output")).get("data")
    return data if is_list(data) else None


def outcome_of(
    message: Any, api_name: str, event_id: str | None, version: tuple[int, int, int] = (6, 0, 0)
) -> Outcome:
    """The outcome that a `process_completed` message tells.

    A success without `data` is how the server ends a cancelled call.

    Args:
        message: The decoded message.
        api_name: The endpoint, for messages.
        event_id: The call's event id, for messages.
        version: The app's Gradio.
    """
    if not is_object(message) or not is_object(message.get("output")):
        return Outcome(None, _unreadable(api_name, event_id))
    output: dict[str, Any] = message["output"]
    if not message.get("success", True):
        return Outcome(
            None, failure(message, api_name=api_name, event_id=event_id, version=version)
        )
    data = data_of(message)
    if data is None and output.get("data") is not None:
        return Outcome(None, _unreadable(api_name, event_id))
    if data is None:
        error = CallCancelledError(
            f"{api_name}: the call {event_id} was cancelled.", api_name=api_name, event_id=event_id
        )
        return Outcome(None, error, cancelled=True)
    duration = output.get("duration")
    return Outcome(data, None, float(duration) if isinstance(duration, (int, float)) else None)


def _unreadable(api_name: str, event_id: str | None) -> ProtocolError:
    text = f"{api_name}: the app ended the call {event_id} with a message that cannot be read. A proxy may have changed it; try again."
    return ProtocolError(text, api_name=api_name, event_id=event_id)
