"""What a message of the queue says: which call it is for, what it brings, how the call ended.

Which call it is for is read off its first bytes; it is decoded when it is wanted.
"""

from __future__ import annotations

import json
import re
from ast import literal_eval
from typing import Any, NamedTuple

from gradio_session.errors import (
    AppError,
    CallCancelledError,
    GradioSessionError,
    ProtocolError,
    QuotaExceededError,
)
from gradio_session.protocol.base.json_values import (
    JsonArray,
    JsonObject,
    is_list,
    is_object,
    number_of,
    object_of,
)
from gradio_session.protocol.base.text import clean, one_line

__all__ = [
    "COMPLETED", "Entry", "Outcome", "data_of", "decode", "head_of", "loads", "outcome_of",
    "unquoted",
]  # fmt: skip

COMPLETED = "process_completed"
"""The message that ends a call."""

_HEAD = re.compile(
    rb'\{\s*"msg"\s*:\s*"([a-z_]+)"\s*,\s*"event_id"\s*:\s*(?:"([^"\\\x80-\xff]*)"|null)\s*[,}]'
)


_QUOTA = re.compile(
    r"ZeroGPU quota exceeded|exceeded your [\w ]{0,40}GPU (?:quota|runs limit)", re.IGNORECASE
)
_WAIT = re.compile(r"try again in (?:(\d{1,6}) days?, )?(\d{1,6}):(\d\d):(\d\d)", re.IGNORECASE)
"""What ZeroGPU says (`spaces/zero/client.py` of the `spaces` package 0.51): a title, which Gradio
before 5 does not send, and words with the time to wait as Python writes a `timedelta`."""


def head_of(frame: bytes) -> tuple[str, str | None] | None:
    """What routes a message, which is not parsed when it looks as Gradio writes it.

    Returns:
        Its name, and the id of its event (None for the whole stream); None when the frame is not a
        JSON object with a `msg`.
    """
    match = _HEAD.match(frame)
    if match is not None:
        msg, event_id = match.groups()
        return msg.decode("ascii"), None if event_id is None else event_id.decode("ascii")
    message = decode(frame)
    if not is_object(message) or not isinstance(message.get("msg"), str):
        return None
    named = message.get("event_id")
    return message["msg"], named if isinstance(named, str) else None


def decode(frame: bytes | str) -> object:
    """The JSON of a frame; None when it is not JSON (or literally `null`)."""
    try:
        return json.loads(frame)
    except (ValueError, RecursionError):
        return None


def data_of(message: object) -> JsonArray | None:
    """The outputs that a message carries, or None when it carries none."""
    data = object_of(object_of(message).get("output")).get("data")
    return data if is_list(data) else None


class Entry:
    """One event of a call, decoded when first asked for.

    Attributes:
        number: Its place among the events of the call, from 0, once it is one of them.
        msg: The name of its message; "failed" and "cancelled" are ends that happened here.
        time: When it arrived, in seconds since 1970.
        size: Bytes that it took on the wire.
        event: Room for the typed event that is made of it.
    """

    __slots__ = ("_frame", "_message", "event", "msg", "number", "size", "time")

    def __init__(self, msg: str, time: float, frame: bytes | None = None) -> None:
        self.number = 0
        self.msg = msg
        self.time = time
        self.size = len(frame or b"")
        self.event: Any = None
        self._frame = frame
        self._message: object = None

    def message(self) -> object:
        """The decoded message; None where its bytes are not text or not JSON.

        The bytes are let go before they are parsed, so that a large message is in memory twice and
        not three times.
        """
        frame, self._frame = self._frame, None
        if frame is not None:
            try:
                text = frame.decode()
            except UnicodeDecodeError:
                return None
            del frame
            self._message = decode(text)
        return self._message

    def resolve(self, before: Entry | None) -> None:
        """Fill in the outputs that this message leaves as they were, from the one before it."""
        known = None if before is None else data_of(before.message())
        data = None if known is None else data_of(self.message())
        if known is None or data is None or len(known) != len(data):
            return
        for place, value in enumerate(data):
            if is_object(value) and value.get("__type__") == "update" and "value" not in value:
                data[place] = known[place]


class Outcome(NamedTuple):
    """The end of a call.

    Attributes:
        data: The wire's data array when it completed, else None.
        error: What `result()` raises, or None when it completed.
        duration: Seconds that the function took, or None.
        cancelled: None unless the call was cancelled; then whether the server knows.
    """

    data: JsonArray | None
    error: GradioSessionError | None
    duration: float | None = None
    cancelled: bool | None = None


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
    data = object_of(output).get("data")
    if is_object(output) and not record.get("success", True):
        return Outcome(None, _failure(record, output, api_name, event_id, version))
    if is_object(output) and is_list(data):
        return Outcome(data, None, number_of(output.get("duration")))
    if is_object(output) and data is None:
        text = f"{api_name}: the call {event_id} was cancelled."
        cancelled = CallCancelledError(text, api_name=api_name, event_id=event_id)
        return Outcome(None, cancelled, cancelled=True)
    unreadable = (
        f"{api_name}: the app ended the call {event_id} with a message that cannot be read. "
        "A proxy may have changed it; try again."
    )
    return Outcome(None, ProtocolError(unreadable, api_name=api_name, event_id=event_id))


def _failure(
    message: JsonObject,
    output: JsonObject,
    api_name: str,
    event_id: str | None,
    version: tuple[int, int, int],
) -> AppError:
    """The error that a `process_completed` with `success: false` stands for.

    Before Gradio 5 the text of a `gr.Error` comes in quotes, which are taken off.
    """
    text = output.get("error")
    title = output.get("title", message.get("title"))
    if isinstance(text, str) and text.strip():
        words = clean(unquoted(text) if version < (5, 0, 0) else text, 2_000)
    else:
        words = (
            "the app failed and does not say why "
            "(it was started without show_error=True; its own log has the reason)"
        )
    shown = one_line(title, 200) if isinstance(title, str) else None
    quota = _QUOTA.search(f"{shown}. {words}")
    error = (QuotaExceededError if quota else AppError)(
        f"{api_name}: {words}",
        api_name=api_name,
        event_id=event_id,
        title=shown,
        duration=number_of(output.get("duration")),
    )
    error.message = words
    wait = _WAIT.search(words)
    if wait is not None and isinstance(error, QuotaExceededError):
        days, hours, minutes, seconds = (int(part or 0) for part in wait.groups())
        error.retry_after = float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
    return error


def unquoted(text: str) -> str:
    """The text of an error that Gradio sends as its `repr`; else what is between the quotes."""
    try:
        plain = literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        plain = None
    if isinstance(plain, str) and repr(plain) == text:
        return plain
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":  # noqa: PLR2004 - two quotes
        return text[1:-1]
    return text


MOST_DIGITS = 600
"""Digits of an integer that every Python reads, however it is limited."""


def loads(text: str | bytes) -> object:
    """What JSON holds; an integer of more digits than Python may read becomes the nearest float.

    Raises:
        ValueError: It is not JSON.
        RecursionError: It is nested too deeply.
    """
    return json.loads(text, parse_int=_integer)


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= MOST_DIGITS else float(digits)
