"""Messages of the queue -> the typed events of a call; outputs and ends are made by the call."""

from __future__ import annotations

from gradio_session.events import Log, LogLevel, Progress, ProgressStep, Queued, Started
from gradio_session.protocol.base.json_values import JsonObject, number_of, object_of, objects_of
from gradio_session.protocol.base.text import clean

__all__ = ["typed_event"]


def typed_event(message: object, time: float) -> Queued | Started | Progress | Log | None:
    """The event that a message stands for; None for a message of another kind.

    Args:
        message: The decoded message.
        time: When it arrived, in seconds since 1970.
    """
    found = object_of(message)
    match found.get("msg"):
        case "estimation":
            rank, size = _integer(found.get("rank")), _integer(found.get("queue_size"))
            return Queued(rank, size, number_of(found.get("rank_eta")), time)
        case "process_starts":
            return Started(number_of(found.get("eta")), time)
        case "progress":
            steps = objects_of(found.get("progress_data"))
            return Progress(tuple(_step(step) for step in steps), time)
        case "log":
            return _log(found, time)
        case _:
            return None


def _step(step: JsonObject) -> ProgressStep:
    index, length, progress = (
        number_of(step.get(name)) for name in ("index", "length", "progress")
    )
    return ProgressStep(index, length, _text(step.get("unit")), progress, _text(step.get("desc")))


def _log(message: JsonObject, time: float) -> Log:
    level = message.get("level")
    known: LogLevel = level if level in ("info", "warning", "success", "error") else "info"
    text, title = _text(message.get("log")) or "", _text(message.get("title"))
    return Log(known, text, title, number_of(message.get("duration")), time)


def _integer(value: object) -> int:
    return value if isinstance(value, int) else 0


def _text(value: object) -> str | None:
    return None if value is None else clean(value, 100_000)
