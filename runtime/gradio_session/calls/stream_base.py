"""What `Stream` and `AsyncStream` share. Generated clients name both: nothing heavy at the top."""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Generic

    from typing_extensions import TypeVar

    from gradio_session.calls.base import CallBase
    from gradio_session.calls.input_sender import InputSender

    T = TypeVar("T")
    SendT = TypeVar("SendT", default=Any)
else:
    T = SendT = Any

    class Generic:
        """Stands for `typing.Generic`, which knows no defaults of type variables yet."""

        __class_getitem__ = classmethod(GenericAlias)


__all__ = ["StreamBase"]


class StreamBase(Generic[T, SendT]):
    """A call whose input is a stream; it belongs to the code that holds it.

    Args:
        call: The call.
        shaped: Gives `send` the signature of the endpoint; None where it takes any values.
    """

    def __init__(
        self, call: CallBase[T], shaped: Callable[[Callable[..., object]], Any] | None = None
    ) -> None:
        self._call: Any = call
        assert call.__gradio__.input is not None  # noqa: S101 - a session has seen to it
        self._sender: InputSender = call.__gradio__.input
        self._shaped = shaped

    @property
    def send(self) -> SendT:
        """Send the next chunk, by the endpoint's own signature.

        Up to 16 chunks wait unsent: each is sent once the output of the one before has come, as the
        app would lose it before that. Past them, `send` waits.

        Raises:
            ParameterError: The values do not fit, or the stream is closed; nothing was sent.
            GradioSessionError: The stream has ended with that error.
        """
        plain: Any = self._send
        send: SendT = plain if self._shaped is None else self._shaped(plain)
        return send

    def _send(self, *values: object, **named: object) -> Any:
        raise NotImplementedError  # abstract: each mode has its own

    def close(self) -> None:
        """Say that no more chunks will come; those that wait are still sent. It waits for nothing.

        On a Gradio before 6.31 the app is told by cancelling the call, once it has all its outputs:
        it would run its function once more on the last chunk.
        """
        self._sender.close()

    @property
    def sent(self) -> int:
        """How many chunks were sent, the first included; those that wait are not."""
        call: CallBase[T] = self._call
        return self._sender.sent if call.id is not None else 0

    @property
    def unsent(self) -> int:
        """How many chunks wait to be sent."""
        return self._sender.unsent

    @property
    def received(self) -> int:
        """How many outputs have come."""
        received: int = self._call.__gradio__.state.received
        return received

    @property
    def closed(self) -> bool:
        """Whether it takes no more chunks: it was closed, or has ended."""
        return self._sender.closed or self._call.done

    @property
    def done(self) -> bool:
        """Whether it has come to an end, whatever that is."""
        done: bool = self._call.done
        return done

    def __repr__(self) -> str:
        counts = f"{self.sent} sent, {self.unsent} unsent, {self.received} received"
        return f"<{type(self).__name__} of {self._call.api_name}: {self._call.status}, {counts}>"
