"""What happens to a call, as typed events; each knows when it arrived.

    Queued, Started, Progress, Log, Output, Heartbeat     while it goes on
    Completed, Failed, Cancelled                          its end: exactly one of them

An endpoint that is no generator sends no `Output`; its one output is that of `Completed`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar, Union

__all__ = [
    "Cancelled", "Completed", "Event", "Failed", "Heartbeat", "Log", "Output", "Progress",
    "ProgressStep", "Queued", "Started",
]  # fmt: skip

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
