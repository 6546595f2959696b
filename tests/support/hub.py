"""A stand-in for the Hugging Face Hub on loopback: Spaces, their states and hosts, and who asked
with which token.

with Hub() as hub:
    hub.space("owner/name", host=app_url, stages=["SLEEPING", "RUNNING"])
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.http_servers import serving


@dataclass
class Space:
    """A Space of the stand-in.

    Attributes:
        host: The address that it answers at.
        stages: Its state at one look after another; the last one stays.
        token: The token that may see it; None for a public one.
        looks: How often it was looked at.
        wake: The state that a request to its host brings it to, where the Hub itself stands in for
            the host.
        gated: Whether its owner lets people in; who has no access is told so as the Hub does it.
    """

    host: str
    stages: list[str]
    token: str | None = None
    looks: int = 0
    wake: str | None = None
    gated: bool = False

    def look(self) -> str:
        """Its state, and on to the next."""
        stage = self.stages[min(self.looks, len(self.stages) - 1)]
        self.looks += 1
        return stage


@dataclass
class Asked:
    """One request: its path, and its headers by names in lower case."""

    path: str
    headers: Mapping[str, str]


@dataclass
class Hub:
    """The server; a context manager.

    Attributes:
        spaces: Spaces by their ids.
        asked: Every request, in order.
        url: Its address, for `HF_ENDPOINT`.
    """

    spaces: dict[str, Space] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    _open: ExitStack = field(default_factory=ExitStack, init=False, repr=False)

    def space(
        self, space_id: str, host: str, stages: list[str] | None = None, token: str | None = None
    ) -> Space:
        """Add a Space that answers at `host`."""
        self.spaces[space_id] = Space(host, stages or ["RUNNING"], token)
        return self.spaces[space_id]

    def sleeping(self, space_id: str, host: str) -> Space:
        """Add a Space that sleeps at an address of the Hub's own, and runs at `host` once that
        address was asked.
        """
        space = self.space(space_id, f"{self.url}/host/{space_id}", ["SLEEPING"])
        space.wake = host
        return space

    def headers(self, path: str, status: int) -> dict[str, str]:
        """Further headers of an answer: the Hub tells gated from unknown by one."""
        space = self.spaces.get(path.removeprefix("/api/spaces/"))
        gated = space is not None and space.gated and status != HTTPStatus.OK
        return {"X-Error-Code": "GatedRepo"} if gated else {}

    def answer(self, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """Status and body for a request."""
        self.asked.append(Asked(path, headers))
        kind, _, space_id = path.strip("/").partition("/")
        space = self.spaces.get(space_id.removeprefix("spaces/"))
        if space is None or (
            space.token is not None and headers.get("authorization") != f"Bearer {space.token}"
        ):
            return (401 if "authorization" not in headers else 404), {
                "error": "Repository not found"
            }
        if kind == "host":
            space.host, space.stages, space.looks = (
                space.wake or space.host,
                ["APP_STARTING", "RUNNING"],
                0,
            )
            return 503, {"error": "Your space is waking up"}
        return 200, {
            "id": space_id,
            "private": space.token is not None,
            "host": space.host,
            "sdk": "gradio",
            "runtime": {"stage": space.look()},
        }

    def __enter__(self) -> Hub:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = hub.answer(
                    self.path, {name.lower(): value for name, value in self.headers.items()}
                )
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                for name, value in hub.headers(self.path, status).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives it
                """Keep quiet."""

        self.url = self._open.enter_context(serving(Handler))
        return self

    def __exit__(self, *exception: object) -> None:
        self._open.close()
