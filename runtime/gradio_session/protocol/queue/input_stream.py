"""The input of a call whose endpoint takes it as a stream, such as a microphone or a camera. Pure.

What Gradio 5 and 6 do, as `queueing.py` has it and live servers show:

- The call is posted like any other, with its first input. Further inputs, the chunks, are posted to
  `/stream/{event_id}`. The function runs once for each, and every run sends one
  `process_streaming` with its outputs.
- The app keeps one chunk that it has not taken up, and the next one replaces it without a word. So
  a chunk may be sent only once the output of the one before has come.
- `/stream/{event_id}/close` ends the call: `process_completed` repeats the last outputs. Before
  6.31 the function runs once more on the last chunk then, and without a time limit the call goes on
  for up to 30 seconds. There the call is ended here, and cancelled on the server (`CLOSES`).
- Past its time limit, which counts the time that the function runs, or when no chunk comes for as
  long (30 seconds without one), the app ends the call by itself. Where it does so after a chunk,
  `process_completed` has the outputs of that chunk.
"""

from __future__ import annotations

from gradio_session.errors import CallTimeoutError
from gradio_session.protocol.base.text import plural
from gradio_session.protocol.queue.messages import Entry, Outcome, data_of, decode

__all__ = ["CLOSES", "ENDED_HERE", "InputStream"]

CLOSES = (6, 31, 0)
"""The first Gradio that ends a stream without running its function again."""

ENDED_HERE = b'{"msg":"process_completed","output":{"data":[]},"success":true}'
"""What stands for the server's word on the end of a call that is ended here."""


class InputStream:
    """What was sent to a call, the first input included, and whether more will come.

    Attributes:
        sent: How many inputs were sent.
        told: The app was told that no more will come.
    """

    def __init__(self) -> None:
        self.sent: int = 1
        self.told = False

    def ends_with_output(self, frame: bytes, received: int) -> bool:
        """Whether the end of the call brings the outputs of a chunk, too.

        Args:
            frame: The message of the end.
            received: How many outputs came before it.
        """
        return self.sent > received and data_of(decode(frame)) is not None

    def end(
        self, outcome: Outcome, latest: Entry | None, received: int, name: str, event_id: str | None
    ) -> Outcome:
        """How the call ended: with its last outputs, or with an error where the app ended it.

        Args:
            outcome: What the message of the end tells.
            latest: The last outputs, or None when none came.
            received: How many outputs came.
            name: The endpoint.
            event_id: The call's event id.
        """
        if outcome.error is not None:
            return outcome
        if not self.told:
            text = (
                f"{name}: the app ended the stream, as its time limit was over or no "
                f"chunk came for too long; {plural(self.sent, 'chunk')} sent, "
                f"{plural(received, 'output')} received. Call close() once there are no "
                "more chunks, or open another stream."
            )
            return Outcome(None, CallTimeoutError(text, api_name=name, event_id=event_id))
        data = None if latest is None else data_of(latest.message())
        return Outcome(outcome.data if data is None else data, None, outcome.duration)
