"""Regenerates clients when their apps change."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.text import relative_path
from gradio_codegen.pipeline import build
from gradio_codegen.project.clients import job_for, named, source_of
from gradio_codegen.project.config import load
from gradio_codegen.project.freshness import drift_of
from gradio_codegen.project.lock import Lock
from gradio_codegen.project.lock import read as read_lock
from gradio_codegen.project.publish import publish_project
from gradio_codegen.source.options import ReadingOptions
from gradio_codegen.source.reading import read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from gradio_codegen.compare.change import Change
    from gradio_codegen.project.config import ClientConfig, ProjectConfig
    from gradio_codegen.source.document import Document
    from gradio_codegen.source.source import Source

__all__ = ["DEFAULT_INTERVAL", "MAX_BACKOFF", "News", "Watcher"]

DEFAULT_INTERVAL = 3.0
"""Seconds between two readings of an app that answers."""

MAX_BACKOFF = 60.0
"""Seconds between two readings of an app that does not, at most."""

_READ_TIMEOUT = 15.0


@dataclass(frozen=True)
class News:
    """Something to tell about one client.

    Attributes:
        client: Its name.
        what: What happened, a sentence without a full stop.
        changes: What changed in its app.
        trouble: Whether it is an error.
    """

    client: str
    what: str
    changes: tuple[Change, ...] = ()
    trouble: bool = False


@dataclass
class _Watched:
    client: ClientConfig
    due: float = 0.0
    failures: int = 0
    complaint: str = ""
    etag: str | None = None
    files: Mapping[Path, float] | None = None


class Watcher:
    """Polls the apps of configured clients and regenerates modules that are stale or gone.

    A change of pyproject.toml is taken up too, for the clients that are watched.
    An app that does not answer is asked again ever more slowly, up to `MAX_BACKOFF`; its trouble is
    told once, and the end of it too.

    Args:
        config: The project.
        clients: The clients to watch.
        interval: Seconds between two readings of an app.
        reading: How to read the apps; what it leaves out is each client's own.
        clock: Tells the time in seconds.
    """

    def __init__(
        self,
        config: ProjectConfig,
        clients: Sequence[ClientConfig],
        *,
        interval: float = DEFAULT_INTERVAL,
        reading: ReadingOptions | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._interval = interval
        self._reading = reading or ReadingOptions()
        self._clock = clock
        self._watched = [_Watched(client) for client in clients]
        self._written = _stamps({config.path: 0.0})

    def wait(self) -> float:
        """Return the seconds until the next client is due."""
        return max(0.0, min(watched.due for watched in self._watched) - self._clock())

    def round(self) -> list[News]:
        """Read the apps that are due, and regenerate the clients of those that changed.

        Returns:
            What there is to tell; nothing when all is as it was.
        """
        told = self._reload()
        now = self._clock()
        return told + [
            news for watched in self._watched if watched.due <= now for news in self._look(watched)
        ]

    def _reload(self) -> list[News]:
        """Take up a change of pyproject.toml; one that cannot be used is told, and left alone."""
        path = self._config.path
        written = _stamps({path: 0.0})
        if written == self._written:
            return []
        self._written = written
        try:
            config = load(path)
            clients = [config.client(watched.client.name) for watched in self._watched]
        except CommandError as error:
            return [News(path.name, f"{error.message}; going on with what it said", trouble=True)]
        self._config = config
        for watched, client in zip(self._watched, clients, strict=True):
            if client != watched.client:
                watched.client, watched.due = client, self._clock()
                watched.etag, watched.files = None, None
        return []

    def _look(self, watched: _Watched) -> list[News]:
        try:
            news = self._read(watched)
        except CommandError as error:
            watched.failures += 1
            watched.due = self._clock() + min(MAX_BACKOFF, self._interval * 2**watched.failures)
            watched.etag, watched.files = None, None
            if watched.complaint == error.message:
                return []
            watched.complaint = error.message
            return [News(watched.client.name, f"{error.message}; trying again", trouble=True)]
        back = [News(watched.client.name, "works again")] if watched.complaint else []
        watched.failures, watched.complaint = 0, ""
        watched.due = self._clock() + self._interval
        return back + news

    def _read(self, watched: _Watched) -> list[News]:
        all_exist = all(path.exists() for path in watched.client.files)
        if all_exist and watched.files and _stamps(watched.files) == watched.files:
            return []
        reading = read(self._source(watched.client), etag=watched.etag if all_exist else None)
        news = (
            []
            if reading.document is None
            else self._update(watched.client, named(reading.document, watched.client))
        )
        watched.etag = reading.etag
        watched.files = _stamps(dict.fromkeys(reading.files, 0.0))
        return news

    def _source(self, client: ClientConfig) -> Source:
        chosen = self._reading.over(client.reading)
        source = source_of(self._config, replace(client, reading=chosen))
        if source.kind == "app" or chosen.timeout is not None:
            return source
        return replace(source, options=replace(source.options, timeout=_READ_TIMEOUT))

    def _update(self, client: ClientConfig, document: Document) -> list[News]:
        lock = read_lock(self._config.lock_path) or Lock()
        changes: list[Change] = []
        if client.name in lock.clients and all(path.exists() for path in client.files):
            drift = drift_of(self._config, client, lock, document)
            if drift is None:
                return []
            changes = drift
        built = build([job_for(self._config, client)], [document], self._config.templates)
        if built[0].error is not None:
            raise built[0].error
        done = publish_project(self._config, built, everything=False, force=False, dry_run=False)
        refused = [change for change in done if change.action == "refuse"]
        if refused:
            raise CommandError(
                "; ".join(f"{relative_path(change.path)}: {change.why}" for change in refused)
            )
        written = [
            str(relative_path(change.path))
            for change in done
            if change.action in ("create", "update") and change.path in client.files
        ]
        told = f"wrote {' and '.join(written)}"
        return [News(client.name, told, tuple(changes))] if written else []


def _stamps(files: Mapping[Path, float]) -> dict[Path, float]:
    """When each file was last changed; 0 for one that is gone."""
    stamps: dict[Path, float] = {}
    for path in files:
        stamps[path] = 0.0
        with contextlib.suppress(OSError):
            stamps[path] = path.stat().st_mtime_ns / 1e9
    return stamps
