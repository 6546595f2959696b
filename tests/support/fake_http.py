"""HTTP as the scriptable server speaks it: requests read whole, answers written byte for byte."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

import h11


@dataclass
class Answer:
    """An answer that stands in for the ordinary one.

    Attributes:
        status: HTTP status; None for no answer at all.
        body: The body: bytes, or what JSON can hold.
        headers: Headers over the usual ones.
        then: What becomes of the connection: "keep", "close" (unannounced) or "reset".
        wait: Seconds before the answer.
        run: Do what the ordinary answer does first (a job is started, say), and then answer this.
        raw: Send these bytes instead of any answer.
    """

    status: int | None = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    then: str = "keep"
    wait: float = 0.0
    run: bool = False
    raw: bytes | None = None


@dataclass
class Received:
    """One request as it came.

    Attributes:
        line: Method and target, for example "GET /config".
        headers: Header names in lower case; repeated ones joined by ", ".
        body: The whole body.
        connection: Number of the connection it came on, from 1.
        at: When it was complete (`time.monotonic`).
    """

    line: str
    headers: dict[str, str]
    body: bytes
    connection: int
    at: float

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


def frame(message: dict[str, Any]) -> bytes:
    """A message as Gradio writes it: compact JSON in UTF-8, nothing escaped that need not be."""
    return (
        b"data: "
        + json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
        + b"\n\n"
    )


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def render(answer: Answer) -> bytes:
    """An answer with its head."""
    body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        **answer.headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} Status\r\n{lines}\r\n".encode("latin-1") + body


async def read_request(reader: asyncio.StreamReader, connection: int) -> Received | None:
    """The next request of a connection; None at its end."""
    parser = h11.Connection(h11.SERVER)
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = parser.next_event()
        if event is h11.NEED_DATA:
            data = await reader.read(65536)
            if not data:
                return None
            parser.receive_data(data)
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            headers: dict[str, str] = {}
            for name, value in head.headers:
                text = value.decode("latin-1")
                key = name.decode("latin-1")
                headers[key] = f"{headers[key]}, {text}" if key in headers else text
            line = f"{head.method.decode()} {head.target.decode('latin-1')}"
            return Received(line, headers, bytes(body), connection, time.monotonic())
        else:
            return None
