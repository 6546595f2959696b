"""What a flow may ask of the outside world.

A *flow* is a generator that yields effects and receives their results, and whose return value is
the flow's own. It does no I/O and knows neither threads nor asyncio: `transport.sync` and
`transport.aio` each have a `run(flow)` that performs the effects. Discovery, login, uploads and
downloads are written once, as flows, and serve both worlds.

    def read_json(url: str) -> Flow[object]:
        response = yield Request("GET", url)
        return json.loads(response.body)

An effect that fails raises inside the flow, at its `yield`: `ConnectError` when nothing was sent,
`ConnectionLostError` when the connection broke later (including time-outs while reading),
`CallTimeoutError` when the deadline that `run` was given has passed. An HTTP status is never an
error by itself, and no redirect is followed by the transport: a flow judges each hop.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn, TypeAlias, TypeVar

T = TypeVar("T")


class Request(NamedTuple):
    """One HTTP request; its result is a `Response`.

    Attributes:
        method: "GET", "POST" or "HEAD".
        url: Absolute address.
        headers: Headers of this request, over those of the session; None as a value takes one of
            the session's away.
        content: The body: bytes, or a function that makes a fresh iterator over its chunks (files
            are streamed through it; it may block on a local disk).
        content_length: Length of a body given as a function, in bytes.
        credentials: Send the session's token, cookies and own headers, and keep cookies that come
            back. Without effect on another origin than the app's own.
        address: Connect to this IP address instead of resolving the host again: directly, without
            credentials or proxies. The Host header and the TLS name stay the URL's.
        stream: Leave the body unread: take it with `Read`, and end with `Close`.
        timeout: Seconds without any byte before the request fails; None for the session's own
            choice.
        progress: Called with the number of bytes of the body handed over so far, in the thread or
            loop that runs the flow.
        once: Never send it again where the server may have read it, whatever its method.
    """

    method: str
    url: str
    headers: Mapping[str, str | None] | None = None
    content: bytes | Callable[[], Iterator[bytes]] | None = None
    content_length: int | None = None
    credentials: bool = True
    address: str | None = None
    stream: bool = False
    timeout: float | None = None
    progress: Callable[[int], object] | None = None
    once: bool = False


class Response(NamedTuple):
    """An HTTP answer.

    Attributes:
        status: The status code.
        headers: Header names in lower case; of repeated headers the last.
        body: The whole body, decoded from its content encoding; empty while `stream` leaves it
            unread.
        url: The address asked.
        handle: The transport's own reference for `Read` and `Close`.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    handle: Any = None


class Read(NamedTuple):
    """The next chunk of a streamed body as it came, not decoded; b"" at its end."""

    response: Response


class Close(NamedTuple):
    """Give a streamed response back, read to its end or not. Never fails."""

    response: Response


class Sleep(NamedTuple):
    """Wait that many seconds."""

    seconds: float


class Resolve(NamedTuple):
    """The IP addresses of a host, as a list of strings; `ConnectError` when it has none."""

    host: str
    port: int


class Blocking(NamedTuple):
    """The result of a function that may block on a local disk.

    Asynchronous transports run it in a thread.
    """

    function: Callable[[], object]


class Gather(NamedTuple):
    """Run flows side by side, at most `limit` at once; their results in order.

    The first that fails ends the others and raises.
    """

    flows: Sequence[Flow[object]]
    limit: int = 4


class SingleFlight(NamedTuple):
    """The result of a flow, or of the one of the same key that is under way already.

    Whoever waits for a flow that fails makes its own.

    Attributes:
        in_flight: What is under way, by key; the transport's own. All who share it must use the
            same transport.
        key: What is to be done once.
        make: Makes the flow.
    """

    in_flight: dict[object, Any]
    key: object
    make: Callable[[], Flow[object]]


Effect: TypeAlias = Request | Read | Close | Sleep | Resolve | Blocking | Gather | SingleFlight
Flow: TypeAlias = Generator[Effect, Any, T]


def finished(result: T) -> Flow[T]:
    """A flow that asks for nothing."""
    yield from ()
    return result


def failed(error: Exception) -> Flow[NoReturn]:
    """A flow that asks for nothing, and raises an error."""
    yield from ()
    raise error


def ahead(flow: Flow[T]) -> Flow[T]:
    """Go on with a flow until it asks for the network; the rest of it is a flow, too.

    What may block on a local disk is done here. What the flow raises meanwhile is raised here.
    """
    try:
        effect = next(flow)
        while isinstance(effect, Blocking):
            try:
                result = effect.function()
            except Exception as error:  # noqa: BLE001, PERF203 - the flow may clean up; what it lets pass is raised
                effect = flow.throw(error)
            else:
                effect = flow.send(result)
    except StopIteration as end:
        return finished(end.value)
    return _rest(flow, effect)


def _rest(flow: Flow[T], effect: Effect) -> Flow[T]:
    """A flow that was begun, from the effect on that it waits for."""
    try:
        while True:
            try:
                result = yield effect
            except BaseException as error:  # noqa: BLE001, PERF203 - as above
                effect = flow.throw(error)
            else:
                effect = flow.send(result)
    except StopIteration as end:
        value: T = end.value
        return value
