"""One message of the queue: which call it is for, read off its first bytes; decoded when wanted."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from gradio_session.protocol.base.json_values import JsonArray, is_list, is_object, object_of

__all__ = ["Entry", "Head", "data_of", "decode", "head_of"]

_HEAD = re.compile(
    rb'\{\s*"msg"\s*:\s*"([a-z_]+)"\s*,\s*"event_id"\s*:\s*(?:"([^"\\\x80-\xff]*)"|null)\s*[,}]'
)


class Head(NamedTuple):
    """What routes a message: its name, and the id of its event (None for the whole stream)."""

    msg: str
    event_id: str | None


def head_of(frame: bytes) -> Head | None:
    """The head of a message, which is not parsed when it looks as Gradio writes it.

    Returns:
        None when the frame is not a JSON object with a `msg`.
    """
    match = _HEAD.match(frame)
    if match is not None:
        event_id = match[2]
        return Head(
            match[1].decode("ascii"), None if event_id is None else event_id.decode("ascii")
        )
    message = decode(frame)
    if not is_object(message) or not isinstance(message.get("msg"), str):
        return None
    event_id = message.get("event_id")
    return Head(message["msg"], event_id if isinstance(event_id, str) else None)


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
        number: Its place among the events of the call, from 0.
        msg: The name of its message; "failed" and "cancelled" are ends that happened here.
        time: When it arrived, in seconds since 1970.
        size: Bytes that it took on the wire.
        event: Room for the typed event that is made of it.
    """

    __slots__ = ("_frame", "_message", "event", "msg", "number", "size", "time")

    def __init__(self, number: int, msg: str, time: float, frame: bytes | None = None) -> None:
        self.number = number
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
