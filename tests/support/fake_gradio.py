"""A scriptable stand-in for a Gradio app, for what a real one cannot be made to show.

By itself it behaves: `/config`, `/info`, join by name or number, one event stream per session hash,
`/cancel`, login, uploads, downloads. A test adds endpoints that say which messages they send, and
answers that stand before the ordinary ones.

    async def broken(event):
        yield event.starts()
        yield CUT

    with FakeGradio() as fake:
        fake.endpoint("broken", broken)
        fake.answer("POST /gradio_api/call/broken", Answer(429, headers={"retry-after": "1"}))
        Session(fake.url)
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import h11
from typing_extensions import Self

from tests.support.background import Background
from tests.support.fake_documents import PREFIX, Endpoint, Script, config, info
from tests.support.fake_http import Answer, Received, chunk, frame, read_request, render
from tests.support.fault_proxy import reset
from tests.support.patience import wait_for

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


class StreamMultiplexer:
    """The server's side of one session hash."""

    def __init__(self) -> None:
        self.items: asyncio.Queue[Any] = asyncio.Queue()
        self.pending: dict[str, asyncio.Task[None]] = {}


class FakeGradio:
    """The server, on a free port of loopback; a context manager.

    Args:
        tls: Serve https with this context.
        auth: User and password that the app asks for.
        heartbeat: Seconds between heartbeats on a stream.
        idle_timeout: Close connections that were idle so long, as uvicorn does after five seconds;
            None for never.
        version: Gradio version to claim.

    Attributes:
        url: Address of the app.
        endpoints: Its endpoints by name, in the order of their numbers.
        received: Every request, in order.
        app_id: Changes when the app "restarts".
        config: Extra keys for `/config`; `...` leaves a key out.
        info: Extra keys for endpoints in `/info`, by name.
        files: Path to content, for `/file=`.
        cancelled: Event ids that `/cancel` was asked for.
        on_cancel: Called with each of them.
        open: Connections open now.
        streams: Event streams open now.
        made: Connections ever made.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        auth: tuple[str, str] | None = None,
        heartbeat: float = 15.0,
        idle_timeout: float | None = None,
        version: str = "6.31.0",
    ) -> None:
        self._background = Background("fake-gradio")
        self._tls = tls
        self._auth = auth
        self._idle_timeout = idle_timeout
        self.endpoints: dict[str, Endpoint] = {}
        self._answers: list[tuple[str, list[Answer]]] = []
        self._tabs: dict[str, StreamMultiplexer] = {}
        self._logins: set[str] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.heartbeat = heartbeat
        self.version = version
        self.received: list[Received] = []
        self.app_id = 1
        self.config: dict[str, Any] = {}
        self.info: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self.cancelled: list[str] = []
        self.on_cancel: Callable[[str], object] = str
        self.made = 0
        self.streams = 0
        self._server, self.port = self._background.run(self._listen())
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.endpoint("echo", echo)
        self.endpoint("forever", forever)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def endpoint(
        self,
        name: str,
        script: Script,
        *,
        inputs: tuple[str, ...] = ("textbox",),
        outputs: tuple[str, ...] = ("textbox",),
    ) -> None:
        """Add an endpoint; its inputs and outputs are component types."""
        self.endpoints[name] = Endpoint(script, inputs, outputs)

    def answer(self, line: str, *answers: Answer) -> None:
        """Let the next requests that begin with `line` get these answers, one each; further ones
        get the ordinary answer.
        """
        self._answers.append((line, list(answers)))

    def always(self, line: str, answer: Answer) -> None:
        """Let every request that begins with `line` get this answer."""
        self._answers.append((line, [answer] * 100_000))

    def restart(self) -> None:
        """Forget every session and login and take a new `app_id`, as a restarted server does;
        connections are reset.
        """

        async def change() -> None:
            self.app_id += 1
            for tab in self._tabs.values():
                for task in tab.pending.values():
                    task.cancel()
            self._tabs.clear()
            self._logins.clear()
            for writer in list(self._writers):
                reset(writer)

        self._background.run(change())

    def forget_logins(self) -> None:
        """End every login; connections and sessions stay."""
        self._logins.clear()

    def find(self, line: str) -> list[Received]:
        """The requests that began with `line`."""
        return [each for each in self.received if each.line.startswith(line)]

    def count(self, line: str) -> int:
        """How many requests began with `line`."""
        return len(self.find(line))

    @property
    def open(self) -> int:
        """Connections open now."""
        return len(self._writers)

    @property
    def running(self) -> int:
        """Calls that are under way."""
        return sum(len(tab.pending) for tab in self._tabs.values())

    def wait_for(self, condition: Callable[[], bool], within: float = 5.0) -> bool:
        """Whether a condition comes true in time."""
        return wait_for(condition, within)

    def stop(self) -> None:
        """End everything."""

        async def close() -> None:
            self._server.close()
            for writer in list(self._writers):
                writer.transport.abort()

        self._background.run(close())
        self._background.stop()

    # Connections

    async def _listen(self) -> tuple[asyncio.Server, int]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._tls)
        return server, server.sockets[0].getsockname()[1]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.made += 1
        number = self.made
        self._writers.add(writer)
        try:
            while True:
                request = await asyncio.wait_for(read_request(reader, number), self._idle_timeout)
                if request is None:
                    break
                self.received.append(request)
                if not await self._respond(request, reader, writer):
                    break
        except (OSError, asyncio.TimeoutError, asyncio.CancelledError, h11.RemoteProtocolError):
            pass  # the connection or the server ends
        finally:
            self._writers.discard(writer)
            with contextlib.suppress(OSError, RuntimeError):
                writer.close()

    async def _respond(
        self, request: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer; whether the connection stays open."""
        answer = self._chosen(request)
        if (
            answer is None
            and urlsplit(request.line).path.endswith(f"{PREFIX}/queue/data")
            and not self._refused(request)
        ):
            return await self._stream(
                parse_qs(urlsplit(request.line).query)["session_hash"][0], reader, writer
            )
        if answer is None or answer.run:
            ordinary = self._route(request)
            answer = answer or ordinary
        await asyncio.sleep(answer.wait)
        if answer.raw is not None:
            writer.write(answer.raw)
        elif answer.status is not None:
            writer.write(render(answer))
        await writer.drain()
        if answer.then == "reset":
            reset(writer)
        return answer.then == "keep"

    def _chosen(self, request: Received) -> Answer | None:
        for line, answers in self._answers:
            if answers and request.line.startswith(line):
                return answers.pop(0)
        return None

    # Routes

    def _route(self, request: Received) -> Answer:
        method, _, target = request.line.partition(" ")
        path = unquote(urlsplit(target).path)
        if path == "/login" and method == "POST":
            return self._login(request)
        if path != f"{PREFIX}/cancel" and self._refused(request):
            return Answer(401, {"detail": {"error": "Not authenticated", "auth_message": None}})
        if path in {"/config", f"{PREFIX}/info"}:
            return Answer(200, self._document(path))
        if path.startswith(f"{PREFIX}/file="):
            return self._file(path)
        if method == "POST":
            return self._post(path, request)
        return Answer(404, {"detail": "Not Found"})

    def _document(self, path: str) -> dict[str, Any]:
        if path != "/config":
            return info(self.endpoints, self.info)
        document = {
            **config(self.endpoints, url=self.url, version=self.version, app_id=self.app_id),
            **self.config,
        }
        return {key: value for key, value in document.items() if value is not ...}

    def _post(self, path: str, request: Received) -> Answer:
        if path.startswith(f"{PREFIX}/call/"):
            return self._join(path.removeprefix(f"{PREFIX}/call/"), request.json)
        if path == f"{PREFIX}/queue/join":
            return self._join(list(self.endpoints)[request.json["fn_index"]], request.json)
        if path == f"{PREFIX}/cancel":
            return self._cancel(request.json)
        if path == f"{PREFIX}/upload":
            names = re.findall(rb'filename="([^"]*)"', request.body)
            return Answer(
                200, [f"/tmp/gradio/{uuid.uuid4().hex}/{name.decode()}" for name in names]
            )
        return Answer(404, {"detail": "Not Found"})

    def _file(self, path: str) -> Answer:
        content = self.files.get(path.removeprefix(f"{PREFIX}/file="))
        return (
            Answer(403, {"detail": f"File not allowed: {path}"})
            if content is None
            else Answer(200, content)
        )

    def _login(self, request: Received) -> Answer:
        if not self._auth:
            return Answer(302, headers={"location": "/"})
        form = parse_qs(request.body.decode())
        if (form.get("username", [""])[0], form.get("password", [""])[0]) != self._auth:
            return Answer(400, {"detail": "Incorrect credentials."})
        token = uuid.uuid4().hex
        self._logins.add(token)
        return Answer(
            200,
            {"success": True},
            headers={"set-cookie": f"access-token-unsecure-1={token}; Path=/; HttpOnly"},
        )

    def _refused(self, request: Received) -> bool:
        cookies = request.headers.get("cookie", "")
        return self._auth is not None and not any(f"={token}" in cookies for token in self._logins)

    def _join(self, name: str, body: Any) -> Answer:
        if name not in self.endpoints:
            return Answer(500, b"Internal Server Error", headers={"content-type": "text/plain"})
        event = Event("", name, body["data"])
        event.session_hash = body.get("session_hash") or event.id
        tab = self._tabs.setdefault(event.session_hash, StreamMultiplexer())
        tab.pending[event.id] = asyncio.get_running_loop().create_task(self._run(event, tab))
        return Answer(200, {"event_id": event.id})

    async def _run(self, event: Event, tab: StreamMultiplexer) -> None:
        async for item in self.endpoints[event.api_name].script(event):
            tab.items.put_nowait(item)

    def _cancel(self, body: Any) -> Answer:
        self.cancelled.append(body["event_id"])
        self.on_cancel(body["event_id"])
        tab = self._tabs.get(body["session_hash"])
        task = tab.pending.get(body["event_id"]) if tab else None
        if tab and task:
            task.cancel()
            tab.items.put_nowait(
                {
                    "msg": "process_completed",
                    "event_id": body["event_id"],
                    "output": {},
                    "success": True,
                }
            )
        return Answer(200, {"success": True})

    # The event stream

    async def _stream(
        self, session_hash: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Send the messages of a session; whether the response came to its proper end."""
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
            b"transfer-encoding: chunked\r\n\r\n"
        )
        tab = self._tabs.get(session_hash)
        if tab is None:
            writer.write(
                chunk(
                    frame(
                        {
                            "msg": "unexpected_error",
                            "event_id": None,
                            "message": "404: Not Found",
                            "success": False,
                        }
                    )
                )
            )
            await writer.drain()
            return False
        self.streams += 1
        gone = asyncio.ensure_future(_end_of(reader))
        try:
            ended = None
            while ended is None:
                ended = await self._emit(await self._next(tab, gone), tab, gone, writer)
            return ended
        finally:
            self.streams -= 1
            gone.cancel()
            if (
                tab.pending and self._tabs.get(session_hash) is tab
            ):  # dropped with calls under way: Gradio forgets the session
                del self._tabs[session_hash]
                for task in tab.pending.values():
                    task.cancel()

    async def _next(self, tab: StreamMultiplexer, gone: asyncio.Future[None]) -> Any:
        """What comes next on a stream: an item of a script, a heartbeat, or CUT when the client has
        gone.
        """
        getter = asyncio.ensure_future(tab.items.get())
        await asyncio.wait(
            {getter, gone}, timeout=self.heartbeat, return_when=asyncio.FIRST_COMPLETED
        )
        if getter.done():
            return getter.result()
        getter.cancel()
        return CUT if gone.done() else {"msg": "heartbeat", "event_id": None}

    async def _emit(
        self,
        item: Any,
        tab: StreamMultiplexer,
        gone: asyncio.Future[None],
        writer: asyncio.StreamWriter,
    ) -> bool | None:
        """Send one item: None while the stream goes on, then whether it ended properly."""
        if item is STALL:
            await gone
        if item is RESET:
            await asyncio.sleep(0.02)  # a RST overtakes bytes that the client has not read yet
            reset(writer)
        if item in (STALL, RESET, CUT):
            return False
        over = item is END
        if isinstance(item, bytes):
            writer.write(chunk(item))
        elif isinstance(item, dict):
            writer.write(chunk(frame(item)))
            if item["msg"] == "process_completed":
                tab.pending.pop(item["event_id"], None)
                over = not tab.pending and tab.items.empty()
        if over:
            writer.write(chunk(frame({"msg": "close_stream", "event_id": None})) + b"0\r\n\r\n")
        await writer.drain()
        return True if over else None


async def _end_of(reader: asyncio.StreamReader) -> None:
    """Return when the client has gone; takes nothing from what it may send next."""
    while not reader.at_eof() and reader.exception() is None:  # noqa: ASYNC110 - a reader has no event for its end
        await asyncio.sleep(0.01)
