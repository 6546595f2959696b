"""One call as a scriptable app sees it: the words that its script can say, and how it can end its
stream.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

CUT = object()
"""Close the stream with a FIN where it stands, short of its end."""
RESET = object()
"""Close the stream with a RST."""
STALL = object()
"""Send nothing more on the stream, and leave it open."""
END = object()
"""End the response of the stream properly, whatever still runs."""


class Event:
    """One call as the app sees it, and the words it can say about it."""

    def __init__(self, session_hash: str, api_name: str, data: list[Any]) -> None:
        self.id = uuid.uuid4().hex
        self.session_hash = session_hash
        self.api_name = api_name
        self.data = data

    def message(self, msg: str, **fields: Any) -> dict[str, Any]:
        """A message of this call."""
        return {"msg": msg, "event_id": self.id, **fields}

    def estimation(
        self, rank: int = 0, queue_size: int = 1, rank_eta: float | None = None
    ) -> dict[str, Any]:
        """Its place in the queue."""
        return self.message("estimation", rank=rank, queue_size=queue_size, rank_eta=rank_eta)

    def starts(self) -> dict[str, Any]:
        """It begins."""
        return self.message("process_starts", eta=None)

    def generating(self, *data: Any) -> dict[str, Any]:
        """An intermediate output."""
        return self.message(
            "process_generating", output={"data": list(data), "is_generating": True}, success=True
        )

    def completed(self, *data: Any) -> dict[str, Any]:
        """Its end, with its result."""
        return self.message(
            "process_completed",
            output={"data": list(data), "is_generating": False, "duration": 0.01},
            success=True,
        )

    def failed(self, error: str | None, **fields: Any) -> dict[str, Any]:
        """Its end, with an error."""
        return self.message("process_completed", output={"error": error, **fields}, success=False)


async def echo(event: Event) -> AsyncIterator[Any]:
    """Answers its first input."""
    yield event.estimation()
    yield event.starts()
    yield event.completed(event.data[0] if event.data else None)


async def forever(event: Event) -> AsyncIterator[Any]:
    """Starts and never ends."""
    yield event.starts()
    await asyncio.Event().wait()
