"""The routes of a scriptable app: what it answers to each request by itself."""

from __future__ import annotations

import re
import uuid
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.fake_documents import PREFIX, config, info
from tests.support.fake_http import Answer, Received
from tests.support.fake_queue import FakeQueue


class FakeRoutes(FakeQueue):
    """Documents, files, uploads, logins, and the way into the queue.

    Args:
        auth: User and password that the app asks for.
        heartbeat: Seconds between heartbeats on a stream.
        version: Gradio version to claim.

    Attributes:
        url: Address of the app.
        app_id: Changes when the app "restarts".
        config: Extra keys for `/config`; `...` leaves a key out.
        info: Extra keys for endpoints in `/info`, by name.
        files: Path to content, for `/file=`.
    """

    url: str

    def __init__(self, auth: tuple[str, str] | None, heartbeat: float, version: str) -> None:
        super().__init__(heartbeat)
        self.version = version
        self.app_id = 1
        self.config: dict[str, Any] = {}
        self.info: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self._auth = auth
        self._logins: set[str] = set()

    def forget_logins(self) -> None:
        """End every login; connections and sessions stay."""
        self._logins.clear()

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
