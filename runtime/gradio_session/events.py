"""What happens to a call, as typed events; each knows when it arrived.

    Queued, Started, Progress, Log, Output, Heartbeat     while it goes on
    Completed, Failed, Cancelled                          its end: exactly one of them

An endpoint that is no generator sends no `Output`; its one output is that of `Completed`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, Union

from gradio_session.protocol.base.json_values import objects_of
from gradio_session.protocol.operations.responses import clean

if TYPE_CHECKING:
    from collections.abc import Callable

    _Parser = Callable[[dict[str, Any], float], "Queued | Started | Progress | Log"]

__all__ = [
    "Cancelled",
    "Completed",
    "Event",
    "Failed",
    "Heartbeat",
    "Log",
    "Output",
    "Progress",
    "ProgressStep",
    "Queued",
    "Started",
]

T = TypeVar("T")
LogLevel = Literal["info", "warning", "success", "error"]


@dataclass(frozen=True)
class Queued:
    """The call waits in the app's queue, or has moved in it.

    Attributes:
        rank: Calls before it; 0 for the next one.
        queue_size: Calls in that queue, this one included.
        eta: Seconds until it is expected to end, or None when the app has no history yet.
        time: When it arrived, in seconds since 1970.
    """

    rank: int
    queue_size: int
    eta: float | None
    time: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Started:
    """The app's function began.

    Attributes:
        eta: Seconds that the function takes on average, or None when the app has no history yet.
        time: When it arrived, in seconds since 1970.
    """

    eta: float | None
    time: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class ProgressStep:
    """One progress bar.

    Attributes:
        index: Steps done, or None.
        length: Steps in all, or None.
        unit: What a step is, for example "steps".
        progress: The share done, from 0 to 1, or None; then `index` and `length` tell.
        desc: Description, or None.
    """

    index: float | None
    length: float | None
    unit: str | None
    progress: float | None
    desc: str | None


@dataclass(frozen=True)
class Progress:
    """How far the function is.

    Attributes:
        steps: One entry for each bar, the outermost first.
        time: When it arrived, in seconds since 1970.
    """

    steps: tuple[ProgressStep, ...]
    time: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Log:
    """A message of the function to its user (`gr.Info`, `gr.Warning`, `gr.Success`).

    Attributes:
        level: "info", "warning", "success" or "error".
        message: The text. It is the app's own and may hold HTML; show it as text.
        title: Its title, or None.
        duration: Seconds for which the app's page would show it, or None.
        time: When it arrived, in seconds since 1970.
    """

    level: LogLevel
    message: str
    title: str | None
    duration: float | None
    time: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Output(Generic[T]):
    """A generator's next output.

    Attributes:
        data: The output, typed like the result.
        time: When it arrived, in seconds since 1970.
    """

    data: T
    time: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Completed(Generic[T]):
    """The end: the function returned.

    Attributes:
        data: The result.
        duration: Seconds that the function took (of a generator: its last step), or None if the app
            does not say.
        time: When it arrived, in seconds since 1970.
    """

    data: T
    duration: float | None
    time: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Failed:
    """The end: the call failed.

    Attributes:
        error: What `result()` raises.
        time: When it arrived, in seconds since 1970.
    """

    error: Exception
    time: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Cancelled:
    """The end: the call was cancelled, here or on the server.

    Attributes:
        on_server: Whether the server was told (or said so itself); False when the call was only
            given up here.
        time: When it arrived, in seconds since 1970.
    """

    on_server: bool
    time: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Heartbeat:
    """The server is alive and the call goes on.

    Attributes:
        time: When it arrived, in seconds since 1970.
    """

    time: float = field(default=0.0, compare=False)


Event = Union[Queued, Started, Progress, Log, Output[T], Completed[T], Failed, Cancelled, Heartbeat]  # noqa: UP007 - evaluated at run time


def parse(message: dict[str, Any], time: float) -> Queued | Started | Progress | Log | None:
    """The event that a message of the queue stands for; None for a message that is none of those (outputs and ends are made by the call)."""
    make = _PARSERS.get(message.get("msg", ""))
    return None if make is None else make(message, time)


def _queued(message: dict[str, Any], time: float) -> Queued:
    return Queued(
        _integer(message.get("rank")),
        _integer(message.get("queue_size")),
        _number(message.get("rank_eta")),
        time,
    )


def _started(message: dict[str, Any], time: float) -> Started:
    return Started(_number(message.get("eta")), time)


def _progress(message: dict[str, Any], time: float) -> Progress:
    return Progress(tuple(_step(step) for step in objects_of(message.get("progress_data"))), time)


def _step(step: dict[str, Any]) -> ProgressStep:
    index, length, progress = (_number(step.get(name)) for name in ("index", "length", "progress"))
    return ProgressStep(index, length, _text(step.get("unit")), progress, _text(step.get("desc")))


def _log(message: dict[str, Any], time: float) -> Log:
    level = message.get("level")
    known: LogLevel = level if level in ("info", "warning", "success", "error") else "info"
    return Log(
        known,
        _text(message.get("log")) or "",
        _text(message.get("title")),
        _number(message.get("duration")),
        time,
    )


_PARSERS: dict[str, _Parser] = {
    "estimation": _queued,
    "process_starts": _started,
    "progress": _progress,
    "log": _log,
}


def _integer(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _number(value: Any) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    return None if value is None else clean(value, 100_000)
