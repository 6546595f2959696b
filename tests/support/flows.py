"""Flows performed by hand, where a script of answers stands in for the network and what was asked
is kept; and by the real transports.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gradio_session.protocol.base.credentials import Credentials
from gradio_session.protocol.base.effects import Blocking, Flow, Request, Response, Sleep
from gradio_session.transport.aio import AsyncTransport
from gradio_session.transport.sync import SyncTransport
from tests.support.background import Background

Reply = Response | Exception
Network = Mapping[str, Any] | Callable[[Request], Any]


def reply(body: Any = b"", status: int = 200, **headers: str) -> Response:
    """An answer; a body that is no bytes is sent as JSON. `content_type="text/html"` sets the
    header `content-type`.
    """
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if not isinstance(body, bytes):
        named.setdefault("content-type", "application/json")
    return Response(status, named, content, "")


class Performer:
    """Performs flows.

    Args:
        network: What each address answers: a `Response`, an exception, or a list of them for one
            request after another; other addresses answer 404. Or a function of the request.

    Attributes:
        requests: Every request, in order.
        slept: Seconds of every pause, in order.
        clock: What `Blocking` functions that read a clock are told: pauses and `request_takes` make
            it go on.
    """

    def __init__(self, network: Network, *, request_takes: float = 0.0) -> None:
        self.network = network
        self.requests: list[Request] = []
        self.slept: list[float] = []
        self.clock = 0.0
        self.request_takes = request_takes
        self._turns: dict[str, int] = {}

    def run(self, flow: Flow[Any]) -> Any:
        """What the flow returns."""
        result: Any = None
        try:
            effect = next(flow)
            while True:
                result = self._perform(effect)
                effect = flow.throw(result) if isinstance(result, Exception) else flow.send(result)
        except StopIteration as stop:
            return stop.value

    @property
    def asked(self) -> list[str]:
        """Method and address of every request."""
        return [f"{request.method} {request.url}" for request in self.requests]

    def _perform(self, effect: Any) -> Any:
        if isinstance(effect, Request):
            self.requests.append(effect)
            self.clock += self.request_takes
            return self._answer(effect)
        if isinstance(effect, Sleep):
            self.slept.append(effect.seconds)
            self.clock += effect.seconds
            return None
        assert isinstance(effect, Blocking), effect
        return self.clock if effect.function.__name__ == "monotonic" else effect.function()

    def _answer(self, request: Request) -> Reply:
        missing = reply({"detail": "Not Found"}, 404)
        found = (
            self.network(request)
            if callable(self.network)
            else self.network.get(request.url, missing)
        )
        if isinstance(found, list):
            turn = self._turns.get(request.url, 0)
            self._turns[request.url] = turn + 1
            found = found[min(turn, len(found) - 1)]
        if isinstance(found, Response):
            found = found._replace(url=request.url)
        return found


def config_document(**changes: Any) -> dict[str, Any]:
    """The smallest `/config` that is one, with changes."""
    return {
        "version": "6.31.0",
        "protocol": "sse_v3",
        "api_prefix": "/gradio_api",
        "components": [],
        "dependencies": [],
        **changes,
    }


def component(
    number: int, kind: str = "textbox", *, skip: bool = False, schema: Any = None, **props: Any
) -> dict[str, Any]:
    """A component of `/config`."""
    schema = {"type": "string"} if schema is None else schema
    described = (
        {}
        if skip
        else {"api_info": schema, "api_info_as_input": schema, "api_info_as_output": schema}
    )
    return {
        "id": number,
        "type": kind,
        "skip_api": skip,
        "props": {"name": kind, **props},
        **described,
    }


def dependency(
    name: Any,
    number: int = 0,
    inputs: tuple[int, ...] = (),
    outputs: tuple[int, ...] = (),
    **changes: Any,
) -> dict[str, Any]:
    """A dependency of `/config`."""
    return {
        "id": number,
        "api_name": name,
        "api_visibility": "public",
        "backend_fn": True,
        "inputs": list(inputs),
        "outputs": list(outputs),
        "types": {"generator": False, "cancel": False},
        "queue": True,
        "batch": False,
        "connection": "sse",
        **changes,
    }


@dataclass
class _Options:
    """What a transport reads of a session's options."""

    heartbeat_timeout: float = 20.0
    proxy: Any = None
    verify: bool | str | ssl.SSLContext = True
    cert: Any = None
    http: Any = None


class Transported:
    """Flows performed by a real transport.

    Args:
        world: "sync" or "async".
        base_url: The app whose secrets the transport keeps.
        headers: Secret headers for that app.
    """

    def __init__(self, world: str, base_url: str, headers: Mapping[str, str] | None = None) -> None:
        credentials = Credentials(base_url, headers=headers)
        self._background = Background("test-flows") if world == "async" else None
        kind = AsyncTransport if self._background else SyncTransport
        self._transport: Any = kind(_Options(), base_url, credentials)

    def run(self, flow: Flow[Any]) -> Any:
        """What the flow returns."""
        if self._background is None:
            return self._transport.run(flow)
        return self._background.run(self._transport.run(flow), within=60)

    def __enter__(self) -> Transported:
        return self

    def __exit__(self, *_: object) -> None:
        if self._background is None:
            self._transport.close()
            return
        self._background.run(self._transport.aclose())
        self._background.stop()
