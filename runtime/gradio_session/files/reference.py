"""What is known of a file of an app, and how it is brought to the local disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gradio_session.errors import DownloadError
from gradio_session.files.disk import InlineTransfer, PartialFile, Source
from gradio_session.files.file_data import Location, mime_type_of, name_of
from gradio_session.files.owner import FileOwner, open_owner
from gradio_session.protocol.base.effects import Blocking, Flow, SingleFlight
from gradio_session.protocol.base.urls import redact
from gradio_session.protocol.operations.download import OnceTransfer, Transfer
from gradio_session.protocol.operations.file_request import Rules
from gradio_session.protocol.operations.hls import SEGMENT_TYPES, PlaylistTransfer

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FileReference"]

MAX_STREAMS = 1_000
"""Streams of Gradio 4 whose copies are remembered."""


class _Copy:
    """The local copy of a file, and who is fetching it."""

    __slots__ = ("asked", "in_flight", "path")

    def __init__(self) -> None:
        self.path: str | None = None
        self.in_flight: dict[object, Any] = {}
        self.asked: set[str] = set()


_streams: dict[tuple[str, str], _Copy] = {}
"""The copies of streams that an app sends only once, by call and address.

Every output of a call names the same one.
"""


class FileReference:
    """A file that an app returned.

    Args:
        data: Gradio's FileData.
        location: Where the content is.
        owner: The session that it came from; None after unpickling.
        local: The path of the local copy, or None.
        call: The id of the call that returned it, or None where nobody knows.

    Attributes:
        stream: Whether it is a stream of audio or video.
    """

    __slots__ = ("_call", "_copy", "_once", "_owner", "data", "location", "stream")

    def __init__(
        self,
        data: Mapping[str, object],
        location: Location,
        owner: FileOwner | None,
        local: str | None = None,
        call: str | None = None,
    ) -> None:
        self.data = data
        self.location = location
        self.stream = data.get("is_stream") is True
        self._owner = owner
        self._call = call
        # A stream of Gradio 4: the sound itself, and no playlist.
        self._once = self.stream and not urlsplit(location.url).path.endswith(".m3u8")
        self._copy = _shared(call, location.url) if self._once and call is not None else _Copy()
        self._copy.path = local or self._copy.path

    @property
    def name(self) -> str:
        """Its safe name."""
        return name_of(self.data)

    @property
    def local(self) -> str | None:
        """The local copy, unless it was deleted."""
        path = self._copy.path
        return path if path is not None and os.path.isfile(path) else None  # noqa: PTH113 - a text goes in and out

    @property
    def size(self) -> int | None:
        """Its length in bytes: of the local copy, else as the app says it, else None."""
        local = self.local
        if local is not None:
            return Path(local).stat().st_size
        size = self.data.get("size")
        return size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None

    @property
    def mime_type(self) -> str | None:
        """Its type; that of a stream is known once it was fetched."""
        if not self.stream:
            return mime_type_of(self.data)
        local = self.local
        if local is None:
            return None
        return SEGMENT_TYPES.get(Path(local).suffix) or mime_type_of({"path": local})

    @property
    def owner(self) -> FileOwner:
        """The session that it came from; once that is closed, an open session of the same app.

        Raises:
            DownloadError: There is none.
        """
        if self._owner is None or self._owner.is_closed():
            self._owner = open_owner(self.location.base_url)
        if self._owner is None:
            raise self.error(
                "was not fetched, and no session of its app is open: fetch files while their "
                f"session is open, or open one again, Session({self.location.base_url!r})"
            )
        return self._owner

    def source(self) -> Source:
        """What brings its bytes; nothing is asked for yet."""
        owner = self.owner
        rules = Rules(
            self.location.base_url,
            owner.allowed_hosts,
            owner.max_download_bytes,
            owner.log_in_again,
        )
        url, own, _ = self.location
        if url[:5].lower() == "data:":
            return InlineTransfer(url)
        if self._once:
            return OnceTransfer(url, rules, own=own, asked=self._copy.asked)
        return (PlaylistTransfer if self.stream else Transfer)(url, rules, own=own)

    def fetch(self, to: str | os.PathLike[str] | None) -> Flow[Path]:
        """Fetch it, or wait for whoever is fetching it to the same place."""
        key = None if to is None or self._once else os.fspath(to)
        mine: list[Path] = []
        path: Path = yield SingleFlight(self._copy.in_flight, key, lambda: self._save(to, mine))
        if self._once and not mine:  # another has fetched it, to where it wanted it
            path = yield Blocking(lambda: self.copy(str(path), to))
        return path

    def copy(self, local: str, to: str | os.PathLike[str] | None) -> Path:
        """The local copy itself, or a copy of it in the place that the user named."""
        if to is None:
            return Path(local)
        return PartialFile(to).copy(local, self.name)

    def error(self, what: str) -> DownloadError:
        """The error that names the file."""
        return DownloadError(f"{self.name} {what}.", url=redact(self.location.url))

    def __reduce__(self) -> tuple[object, ...]:
        return FileReference, (dict(self.data), self.location, None, self.local, self._call)

    def __repr__(self) -> str:
        facts: list[str] = [repr(self.name)]
        facts += [f"size={self.size}"] if self.size is not None else []
        facts += [f"mime_type={self.mime_type!r}"] if self.mime_type else []
        url = self.location.url
        facts.append("inline" if url[:5].lower() == "data:" else f"url={redact(url)!r}")
        local = self.local
        facts += [f"path={local!r}"] if local else []
        return f"RemoteFile({', '.join(facts)})"

    def _save(self, to: str | os.PathLike[str] | None, saved: list[Path]) -> Flow[Path]:
        part = PartialFile(to, self.owner.download_path)
        path = yield from part.save(self.source, self._final_name)
        self._copy.path = str(path)
        saved.append(path)
        return path

    def _final_name(self, source: Source) -> str:
        """Its name, now that the server has told its type."""
        known = {key: value for key, value in self.data.items() if value is not None}
        return name_of({"mime_type": source.mime_type, **known}, source.suffix)


def _shared(call: str, url: str) -> _Copy:
    copy = _streams.setdefault((call, url), _Copy())
    if len(_streams) > MAX_STREAMS:
        _streams.pop(list(_streams)[0], None)  # noqa: RUF015 - an iterator may see another thread
    return copy
