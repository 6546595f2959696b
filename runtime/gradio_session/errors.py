"""Every error that the runtime raises.

    GradioSessionError
    ├── ConnectError                the app cannot be reached: refused, DNS, TLS, connect time-out
    ├── ConnectionLostError         the connection broke while a call was under way; it may have run
    ├── ProtocolError               no answer of Gradio: HTML, garbage, an unexpected status
    │   ├── RateLimitedError        429 from the app or a proxy in front of it (`retry_after`)
    │   └── UnsupportedVersionError the app's Gradio is older than 4.22
    ├── AuthenticationError         a login is missing, wrong or has ended
    ├── SpaceError                  a Hugging Face Space is asleep, paused, broken or unknown
    ├── AppError                    the app's own code raised (`title`, `duration`)
    │   ├── QuotaExceededError      the caller's ZeroGPU quota is used up (`retry_after`)
    │   ├── QueueFullError          the app's queue takes no more calls
    │   └── InputValidationError    the app's validators refused the inputs (`problems`)
    ├── ParameterError              parameters do not fit their endpoint; nothing was sent
    ├── EndpointNotFoundError       the app has no endpoint of that name (`suggestions`)
    ├── EventNotFoundError          no such event waits on the server: read already, or never made
    ├── AppChangedError             the app is not what the client was generated from (`changes`)
    ├── CallTimeoutError            a deadline passed (also a `TimeoutError`)
    ├── CallCancelledError          the call was cancelled
    ├── CallLimitError              the session's `max_calls` is reached (`count`, `limit`)
    ├── SessionExistsError          another session has that name
    ├── SessionNotFoundError        no session has that name, or there is no default session
    ├── UploadError                 a file could not be sent (`parameter`, `source`)
    ├── DownloadError               a file could not be fetched (`url`)
    └── ResponseError               a result does not fit its type (`data`, `path`)

    CallLimitWarning                a `UserWarning`: `max_calls` is reached, and the call goes on

An error that belongs to a call carries `api_name` (with its slash) and, once the server has
accepted the call, `event_id`.
"""

from __future__ import annotations

import os
import sys
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "AppChangedError", "AppError", "AuthenticationError", "CallCancelledError", "CallLimitError",
    "CallLimitWarning", "CallTimeoutError", "ConnectError", "ConnectionLostError", "DownloadError",
    "EndpointNotFoundError", "EventNotFoundError", "GradioSessionError", "InputValidationError",
    "ParameterError", "ProtocolError", "QueueFullError", "QuotaExceededError", "RateLimitedError",
    "ResponseError", "SessionExistsError", "SessionNotFoundError", "SpaceError",
    "UnsupportedVersionError", "UploadError",
]  # fmt: skip


class GradioSessionError(Exception):
    """The root of every error raised by this package.

    Args:
        message: What happened, where, and what to do next; one or a few sentences.
        api_name: The endpoint concerned, with its slash, if one is.
        event_id: The server's id of the call concerned, if it has one.
        details: Further attributes of the subclass, by name.

    Attributes:
        message: The text; of an `AppError` only the words of the app, without the endpoint.
    """

    api_name: str | None = None
    event_id: str | None = None

    def __init__(
        self,
        message: str,
        *,
        api_name: str | None = None,
        event_id: str | None = None,
        **details: object,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.api_name = api_name
        self.event_id = event_id
        for name, value in details.items():
            setattr(self, name, value)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the caller's lines and the message, not the frames in between."""
        traceback: Any = sys.modules["traceback"]  # IPython, which asks for this, has imported it
        hidden = (__file__.removesuffix("errors.py"), f"{os.sep}IPython{os.sep}")
        frames = [
            frame
            for frame in traceback.extract_tb(self.__traceback__)
            if not any(place in frame.filename for place in hidden)
        ]
        lines = "".join(traceback.format_list(frames)).splitlines()
        return ["Traceback of your code:", *lines, f"{type(self).__name__}: {self}"]


class ConnectError(GradioSessionError):
    """The app could not be reached, so nothing was sent.

    The connection was refused or took too long, the host is unknown, or TLS failed.
    """


class ConnectionLostError(GradioSessionError):
    """The connection broke while a call was under way. It may have run; it is not sent again."""


class ProtocolError(GradioSessionError):
    """The server answered something that Gradio does not send.

    Attributes:
        status: The HTTP status, or None when the trouble is not an HTTP answer.
    """

    status: int | None = None


class RateLimitedError(ProtocolError):
    """The app, or a proxy in front of it, answered 429.

    Attributes:
        retry_after: Seconds after which the server says to try again, or None if it does not say.
    """

    retry_after: float | None = None


class UnsupportedVersionError(ProtocolError):
    """The app runs a Gradio older than 4.22, whose protocol this package does not speak."""


class AuthenticationError(GradioSessionError):
    """The app wants a login, refused the one given, or ended it."""


class SpaceError(GradioSessionError):
    """A Hugging Face Space cannot be used: asleep, building, paused, broken, private or unknown.

    Attributes:
        stage: The Hub's word for the Space's state, for example "PAUSED", or None.
    """

    stage: str | None = None


class AppError(GradioSessionError):
    """The app's own code raised an error: `gr.Error`, or any exception.

    The text of other exceptions than `gr.Error` comes only with `show_error=True`.

    Attributes:
        message: What the app said; `str(error)` names the endpoint too.
        title: The title that the app gave its error, or None.
        duration: Seconds for which the app's page would show the error, or None.
    """

    title: str | None = None
    duration: float | None = None


class QuotaExceededError(AppError):
    """The caller's quota of ZeroGPU, which the Space runs on, is used up.

    Attributes:
        retry_after: Seconds after which ZeroGPU says to try again, or None if it does not say.
    """

    retry_after: float | None = None


class QueueFullError(AppError):
    """The app's queue is full and took no call; nothing has run."""


class InputValidationError(AppError):
    """The app's validators refused the inputs; nothing has run.

    Attributes:
        problems: Parameter name to message, for every parameter that was refused.
    """

    problems: Mapping[str, str] = MappingProxyType({})


class ParameterError(GradioSessionError, ValueError):
    """The parameters of a call do not fit its endpoint; nothing was sent.

    Attributes:
        parameter: The name of the parameter concerned, or None when the whole call is.
    """

    parameter: str | None = None


class EndpointNotFoundError(GradioSessionError):
    """The app has no endpoint of that name.

    Attributes:
        suggestions: The closest names that it has.
    """

    suggestions: tuple[str, ...] = ()


class EventNotFoundError(GradioSessionError):
    """The server has nothing for that event id: it was read before, or never existed."""


class AppChangedError(GradioSessionError):
    """The app is no longer the one that the client was generated from.

    Attributes:
        changes: One sentence for each change that was found.
    """

    changes: tuple[str, ...] = ()


class CallTimeoutError(GradioSessionError, TimeoutError):
    """A deadline passed.

    After the call's own it was cancelled; after that of one `result(timeout=...)` it goes on.
    """


class CallCancelledError(GradioSessionError):
    """The call was cancelled, here or on the server."""


class CallLimitError(GradioSessionError):
    """The session holds `max_calls` calls and its policy is "error"; nothing was sent.

    Attributes:
        count: Calls that the session holds.
        limit: Its `max_calls`.
    """

    count: int = 0
    limit: int = 0


class CallLimitWarning(UserWarning):
    """The session holds `max_calls` calls and its policy is "warning"; the call goes on."""


class SessionExistsError(GradioSessionError):
    """Another session has that name."""


class SessionNotFoundError(GradioSessionError, LookupError):
    """No session has that name, or there is no default session."""


class UploadError(GradioSessionError):
    """A file could not be sent.

    Attributes:
        parameter: The parameter that holds the file, or None.
        source: A readable name of the file.
    """

    parameter: str | None = None
    source: str | None = None


class DownloadError(GradioSessionError):
    """A file could not be fetched.

    Attributes:
        url: Where it was to come from, without credentials.
    """

    url: str | None = None


class ResponseError(GradioSessionError):
    """A result does not fit the type that the endpoint declares.

    Attributes:
        data: The outputs as they came over the wire.
        path: Where in the data the first mismatch is, for example "[0].image", or "".
    """

    data: Any = None
    path: str = ""
