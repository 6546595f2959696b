"""Sessions, calls, events and files over Gradio's queue: the runtime of generated clients.

    from gradio_session import Session

    with Session("http://127.0.0.1:7860") as session:
        call = session.submit("generate", {"prompt": "a cat"})
        for output in call:
            print(output)

Everything is imported when it is first asked for: a generated client that is only imported costs
next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradio_session.batch.bound import Bound
    from gradio_session.calls.aio import AsyncCall
    from gradio_session.calls.stream_aio import AsyncStream
    from gradio_session.calls.stream_sync import Stream
    from gradio_session.calls.sync import Call
    from gradio_session.client.app import App, AsyncApp
    from gradio_session.client.endpoint import AsyncEndpoint, Endpoint
    from gradio_session.client.signature import Signature
    from gradio_session.errors import (
        AppChangedError,
        AppError,
        AuthenticationError,
        CallCancelledError,
        CallLimitError,
        CallLimitWarning,
        CallTimeoutError,
        ConnectError,
        ConnectionLostError,
        DownloadError,
        EndpointNotFoundError,
        EventNotFoundError,
        GradioSessionError,
        InputValidationError,
        ParameterError,
        ProtocolError,
        QueueFullError,
        QuotaExceededError,
        RateLimitedError,
        ResponseError,
        SessionExistsError,
        SessionNotFoundError,
        SpaceError,
        UnsupportedVersionError,
        UploadError,
    )
    from gradio_session.events import (
        Cancelled,
        Completed,
        Event,
        Failed,
        Heartbeat,
        Log,
        Output,
        Progress,
        ProgressStep,
        Queued,
        Started,
    )
    from gradio_session.files.remote_file import FileInput, RemoteFile
    from gradio_session.protocol.app_schema.info import (
        EndpointDescription,
        ParameterDescription,
        ResultDescription,
    )
    from gradio_session.protocol.operations.spaces import Waiting
    from gradio_session.sentinels import DEFAULT, UNCHANGED, Default, Unchanged
    from gradio_session.session.aio import AsyncSession
    from gradio_session.session.registry import Sessions, predict, submit
    from gradio_session.session.sync import Session

    sessions: Sessions[Session | AsyncSession]

__all__ = [
    "DEFAULT", "UNCHANGED", "App", "AppChangedError", "AppError", "AsyncApp", "AsyncCall",
    "AsyncEndpoint", "AsyncSession", "AsyncStream", "AuthenticationError", "Bound", "Call",
    "CallCancelledError", "CallLimitError", "CallLimitWarning", "CallTimeoutError", "Cancelled",
    "Completed", "ConnectError", "ConnectionLostError", "Default", "DownloadError", "Endpoint",
    "EndpointDescription", "EndpointNotFoundError", "Event", "EventNotFoundError", "Failed",
    "FileInput", "GradioSessionError", "Heartbeat", "InputValidationError", "Log", "Output",
    "ParameterDescription", "ParameterError", "Progress", "ProgressStep", "ProtocolError",
    "QueueFullError", "Queued", "QuotaExceededError", "RateLimitedError", "RemoteFile",
    "ResponseError", "ResultDescription", "Session", "SessionExistsError", "SessionNotFoundError",
    "Sessions", "Signature", "SpaceError", "Started", "Stream", "Unchanged",
    "UnsupportedVersionError", "UploadError", "Waiting", "predict", "sessions", "submit",
]  # fmt: skip

_HOMES = {
    "sentinels": "DEFAULT UNCHANGED Default Unchanged",
    "client.app": "App AsyncApp",
    "client.endpoint": "AsyncEndpoint Endpoint",
    "client.signature": "Signature",
    "batch.bound": "Bound",
    "calls.sync": "Call",
    "calls.aio": "AsyncCall",
    "calls.stream_sync": "Stream",
    "calls.stream_aio": "AsyncStream",
    "events": "Cancelled Completed Event Failed Heartbeat Log Output Progress ProgressStep Queued "
    "Started",
    "files.remote_file": "FileInput RemoteFile",
    "session.registry": "Sessions predict sessions submit",
    "protocol.operations.spaces": "Waiting",
    "protocol.app_schema.info": "EndpointDescription ParameterDescription ResultDescription",
    "session.aio": "AsyncSession",
    "session.sync": "Session",
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}
"""Where each public name is; errors are in `errors`."""


def __getattr__(name: str) -> object:
    if name.startswith("__") or name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = __import__(f"{__name__}.{_HOME_OF.get(name, 'errors')}", fromlist=[name])
    value: object = getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
