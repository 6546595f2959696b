"""What calls end with whose event the server confuses or forgets, or whose stream breaks."""

from __future__ import annotations

from gradio_session.errors import ConnectionLostError, GradioSessionError, ProtocolError

__all__ = ["error_of_call", "forgotten_error", "same_id_error"]


def same_id_error(api_name: str, event_id: str) -> ProtocolError:
    """The error for a call whose event id is that of another call."""
    return ProtocolError(
        f"{api_name}: the app gave the call the event id {event_id}, which another call of this "
        "session has, so its result cannot be told from that. A proxy may have repeated an answer.",
        api_name=api_name,
    )


def forgotten_error(api_name: str, event_id: str) -> ConnectionLostError:
    """The error for a call that the server has accepted and no longer knows."""
    return ConnectionLostError(
        f"{api_name}: the app accepted the call {event_id} and no longer knows it: it was "
        "restarted or replaced, or another copy of it answers. The call may have run, and is not "
        "sent again by itself.",
        api_name=api_name,
        event_id=event_id,
    )


def error_of_call(api_name: str, error: GradioSessionError) -> GradioSessionError:
    """A copy for one call of what broke the stream of several, which names that call."""
    mine = type(error)(f"{api_name}: {error.message}" if api_name else error.message)
    for name, value in vars(error).items():
        if name not in {"message", "api_name", "event_id"}:
            setattr(mine, name, value)
    return mine
