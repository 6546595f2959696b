"""Sessions cut down to what files need, plain and asynchronous, so that each test of files runs in
both worlds without an app behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from gradio_session.files.owner import FileOwner
from gradio_session.files.remote_file import RemoteFile
from gradio_session.files.upload import Uploader, Uploads
from gradio_session.files.wrap import wrap
from gradio_session.protocol.app_schema.config import AppConfig
from gradio_session.protocol.base.credentials import Credentials
from gradio_session.transport.aio import AsyncTransport
from gradio_session.transport.sync import SyncTransport
from tests.support.background import Background
from tests.support.steps import Step

SECRET = "hf_very_secret_token"
COOKIE = "cookie-very-secret"
META = {"_type": "gradio.FileData"}


def config_of(base_url: str, **facts: Any) -> AppConfig:
    """The configuration of an app without endpoints."""
    document = {
        "version": "6.31.0",
        "protocol": "sse_v3",
        "api_prefix": "/gradio_api",
        "dependencies": [],
        "components": [],
        **facts,
    }
    return AppConfig(document, base_url)


class FileWorld:
    """A plain session of an app at `base_url`, logged in with a token and a cookie.

    Args:
        base_url: The app.
        download_path: Where files go.
        **options: Options of the session: `heartbeat_timeout`, `max_download_bytes`,
            `allowed_hosts`, and those of a transport.
    """

    name = "sync"
    asynchronous = False
    auth: tuple[str, str] | None = None
    logins = 0

    def __init__(self, base_url: str, download_path: Path | None = None, **options: Any) -> None:
        self.last_config: AppConfig | None = config_of(
            base_url, max_file_size=options.pop("max_file_size", None)
        )
        self.download_path = download_path
        self.max_download_bytes: int | None = options.pop("max_download_bytes", None)
        self.allowed_hosts: tuple[str, ...] = tuple(options.pop("allowed_hosts", ()))
        self.credentials = Credentials(base_url, token=SECRET, cookies={"session": COOKIE})
        self.uploads = Uploads()
        settings = {
            "base_url": base_url,
            "heartbeat_timeout": 5.0,
            "proxy": None,
            "verify": True,
            "cert": None,
            "http": None,
            "headers": self.credentials.headers_for(base_url),
            "cookies": self.credentials.cookies,
            **options,
        }
        self.transport: Any = self._transport(SimpleNamespace(**settings))

    @staticmethod
    def _transport(settings: Any) -> Any:
        return SyncTransport(settings)

    def renew_login(self, seen: int) -> Any:
        raise AssertionError(f"no login is needed: {seen}")

    def run(self, flow: Any) -> Any:
        return self.transport.run(flow)

    def file(self, path: str | None, **facts: Any) -> RemoteFile:
        """A file as a result of the app gives it."""
        owner = FileOwner(
            self,
            self.download_path,
            self.max_download_bytes,
            self.allowed_hosts,
            self.asynchronous,
            self.run,
            lambda: False,
        )
        data = {"path": path, "url": None, "orig_name": None, "meta": META, **facts}
        found = wrap(data, "file", owner)
        assert isinstance(found, RemoteFile)
        return found

    def upload(self, value: Any, shape: Any = "file", **options: Any) -> Any:
        """What goes over the wire for a value."""
        assert self.last_config is not None
        uploader = Uploader(self.last_config, self.uploads, **options)
        flow = uploader.exchange([value], {0: shape}, ["value"])
        return self.do(lambda: self.run(flow))[0]

    def do(self, step: Callable[[], Any], within: float = 20.0) -> Any:
        """The result of a step; a step that does not come back fails the test."""
        return Step(step).result(within)

    def path(self, file: RemoteFile) -> Path:
        """Its local copy."""
        return self.do(lambda: file.path)  # type: ignore[no-any-return]

    def download(self, file: RemoteFile, to: Any = None) -> Path:
        """Fetch it."""
        return self.do(lambda: file.download(to))  # type: ignore[no-any-return]

    def read(self, file: RemoteFile) -> bytes:
        """Its content."""
        return self.do(file.read)  # type: ignore[no-any-return]

    def pieces(self, file: RemoteFile) -> list[bytes]:
        """Its content in pieces."""
        return self.do(lambda: list(file))  # type: ignore[no-any-return]

    def together(self, *steps: Callable[[], Any]) -> list[Any]:
        """Steps side by side."""
        return [running.result() for running in [Step(step) for step in steps]]

    def close(self) -> None:
        """End the session."""
        self.transport.close()


class AsyncFileWorld(FileWorld):
    """The same for an asynchronous session, on a loop of its own."""

    name = "async"
    asynchronous = True

    def __init__(self, base_url: str, download_path: Path | None = None, **options: Any) -> None:
        self.background = Background("test-files-loop")
        super().__init__(base_url, download_path, **options)

    @staticmethod
    def _transport(settings: Any) -> Any:
        return AsyncTransport(settings)

    async def run(self, flow: Any) -> Any:
        return await self.transport.run(flow)

    def do(self, step: Callable[[], Any], within: float = 20.0) -> Any:
        """The result of a step on the loop, awaited if it can be."""

        async def work() -> Any:
            value = step()
            return await value if hasattr(value, "__await__") else value

        return self.background.run(work(), within)

    def path(self, file: RemoteFile) -> Path:
        """Its local copy."""
        return self.do(file.apath)  # type: ignore[no-any-return]

    def download(self, file: RemoteFile, to: Any = None) -> Path:
        """Fetch it."""
        return self.do(lambda: file.adownload(to))  # type: ignore[no-any-return]

    def read(self, file: RemoteFile) -> bytes:
        """Its content."""
        return self.do(file.aread)  # type: ignore[no-any-return]

    def pieces(self, file: RemoteFile) -> list[bytes]:
        """Its content in pieces."""

        async def step() -> list[bytes]:
            return [piece async for piece in file]

        return self.do(step)  # type: ignore[no-any-return]

    def together(self, *steps: Callable[[], Any]) -> list[Any]:
        """Steps side by side."""

        async def work() -> list[Any]:
            return await asyncio.gather(*(step() for step in steps))

        return self.background.run(work())

    def close(self) -> None:
        """End the session and its loop."""
        self.do(self.transport.aclose)
        self.background.stop()


Make = Callable[..., FileWorld]
"""Makes sessions of one kind; see `file_worlds`."""


def file_worlds(kind: str) -> Iterator[Callable[..., FileWorld]]:
    """Makes sessions of one kind ("sync" or "async") and closes them afterwards: the body of a
    fixture.
    """
    made: list[FileWorld] = []

    def make(base_url: str, download_path: Path | None = None, **options: Any) -> FileWorld:
        made.append(
            (AsyncFileWorld if kind == "async" else FileWorld)(base_url, download_path, **options)
        )
        return made[-1]

    yield make
    for world in made:
        world.close()
