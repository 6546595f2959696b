"""Files as an app describes them in a result, and a session that fetches none of them."""

from __future__ import annotations

from typing import Any

from gradio_session.files.owner import FileOwner
from gradio_session.protocol.app_schema.config import AppConfig
from tests.support.file_worlds import META, config_of

BASE = "http://127.0.0.1:7860/lab"


def config(**facts: Any) -> AppConfig:
    """The configuration of an app below a path."""
    return config_of(BASE, **facts)


class OfflineApp:
    """An app whose configuration was read and that must not be asked for more."""

    auth: tuple[str, str] | None = None
    logins = 0
    credentials: Any = None
    last_config: AppConfig | None = config()

    def renew_login(self, seen: int) -> Any:
        raise AssertionError(f"no login is needed: {seen}")

    def run(self, flow: Any) -> Any:
        raise AssertionError(f"nothing is fetched while a result is wrapped: {flow}")


def session_of(app: OfflineApp | None = None) -> FileOwner:
    """A session of such an app."""
    app = app or OfflineApp()
    return FileOwner(app, None, None, (), False, app.run, lambda: False)


def file(path: str | None = "/tmp/gradio/abc/cat.png", **facts: Any) -> dict[str, Any]:
    """What an app writes for a file that it returns."""
    return {
        "path": path,
        "url": "http://internal:1/wrong",
        "size": None,
        "orig_name": "cat.png",
        "mime_type": None,
        "is_stream": False,
        "meta": META,
        **facts,
    }
