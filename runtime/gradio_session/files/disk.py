"""Files on the local disk: written under a temporary name, and named when they are whole.

What an app says never decides more than the last part of a path, and even that only after
`safe_name`. An existing file, folder or symbolic link is never opened, followed or replaced, unless
it is the very target that the user named.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from gradio_session.errors import DownloadError
from gradio_session.files.file_data import decode_data_url
from gradio_session.protocol.base.effects import Blocking, Flow, finished
from gradio_session.protocol.base.file_names import candidates
from gradio_session.protocol.operations.download import InterruptedTransferError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from gradio_session.protocol.operations.download import Transfer
    from gradio_session.protocol.operations.hls import PlaylistTransfer

__all__ = ["BUFFER", "InlineTransfer", "PartialFile", "Source", "temporary_folder"]

BUFFER = 1024 * 1024
"""Bytes gathered before they are written: asynchronous sessions go to a thread for each write."""

RESTARTS = 2

_MAX_KNOWN = 10_000

_numbers: dict[tuple[str, str], int] = {}
"""By folder and name, the number that was free last: a thousand `image.webp` need no search."""

_folders: dict[int, Path] = {}


class InlineTransfer:
    """A file that came with the result itself, as a `data:` address."""

    mime_type: str | None = None
    suffix: str | None = None
    total: int | None = None

    def __init__(self, url: str) -> None:
        self._url = url
        self._content = b""

    def open(self) -> Flow[None]:
        """Decode it.

        Raises:
            DownloadError: It cannot be decoded.
        """
        self._content = yield Blocking(lambda: decode_data_url(self._url))
        self.total = len(self._content)

    def read(self) -> Flow[bytes]:
        """The next bytes; b"" at the end."""
        content, self._content = self._content, b""
        return finished(content)

    def close(self) -> Flow[None]:
        """There is nothing to give back."""
        return finished(None)


Source: TypeAlias = "Transfer | PlaylistTransfer | InlineTransfer"


class PartialFile:
    """A file that is being written. Nothing is made before the first write.

    Args:
        to: Where the user wants it: a folder, where it gets a name of its own; a file, which it
            replaces; or None.
        download_path: The folder for None: that of the session, or None for a temporary one.
    """

    def __init__(
        self, to: str | os.PathLike[str] | None, download_path: str | os.PathLike[str] | None = None
    ) -> None:
        given = download_path if to is None else to
        self._folder = temporary_folder() if given is None else Path(given)
        self._target: Path | None = None
        if to is not None and not (self._folder.is_dir() or os.fspath(to).endswith(("/", os.sep))):
            self._target, self._folder = self._folder, self._folder.parent
        self._path = self._folder / f".{secrets.token_hex(8)}.part"
        self._file: BinaryIO | None = None

    def save(self, make: Callable[[], Source], name: Callable[[Source], str]) -> Flow[Path]:
        """Write a file of an app, whole or not at all.

        A transfer that cannot be taken up is started over, `RESTARTS` times.

        Args:
            make: Makes what brings its bytes.
            name: Gives its safe name once the transfer has begun.

        Raises:
            DownloadError: It cannot be fetched or written.
            ConnectError: Its host cannot be reached.
        """
        for _ in range(RESTARTS):
            with suppress(InterruptedTransferError):
                return (yield from self._save_once(make(), name))
        return (yield from self._save_once(make(), name))

    def _save_once(self, source: Source, name: Callable[[Source], str]) -> Flow[Path]:
        try:
            yield from source.open()
            yield from self._pump(source)
            path: Path = yield Blocking(lambda: self._finish(name(source)))
        except BaseException:
            yield Blocking(self._discard)
            raise
        else:
            return path
        finally:
            yield from source.close()

    def _pump(self, source: Source) -> Flow[None]:
        waiting: list[bytes] = []
        size = 0
        while chunk := (yield from source.read()):
            waiting.append(chunk)
            size += len(chunk)
            if size >= BUFFER:
                full, waiting, size = waiting, [], 0
                yield Blocking(partial(self._write, full))
        if waiting:
            yield Blocking(partial(self._write, waiting))

    def copy(self, path: str, name: str) -> Path:
        """Write what is in a file on the disk; onto itself nothing. Blocks.

        Args:
            path: The file.
            name: Its safe name here.

        Raises:
            DownloadError: It cannot be written.
            OSError: The file cannot be read.
        """
        if self._target is not None and self._target.exists() and self._target.samefile(path):
            return self._target
        with Path(path).open("rb") as original:
            try:
                while chunk := original.read(BUFFER):
                    self._write([chunk])
                return self._finish(name)
            except BaseException:
                self._discard()
                raise

    def _write(self, pieces: Iterable[bytes]) -> None:
        with self._disk_errors():
            self._opened().writelines(pieces)

    def _opened(self) -> BinaryIO:
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("xb")
        return self._file

    def _finish(self, name: str) -> Path:
        """Put it in the place of its target, or give it a name that no file of the folder has.

        Args:
            name: A safe name: the file gets this one, or one with a number.
        """
        with self._disk_errors():
            self._opened().close()
            if self._target is not None:
                os.replace(self._path, self._target)  # noqa: PTH105 - replaces a symbolic link, does not follow it
                return self._target
            key = (str(self._folder), name)
            start = _numbers.get(key, 0)
            for number, candidate in enumerate(candidates(name, start), start):
                if self._claim(self._folder / candidate):
                    if len(_numbers) >= _MAX_KNOWN:
                        _numbers.clear()
                    _numbers[key] = number + 1
                    return self._folder / candidate
        raise DownloadError(f"{self._folder} has no free name like {name!r} left.")

    def _discard(self) -> None:
        if self._file is None:
            return
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        self._file = None

    def _claim(self, path: Path) -> bool:
        """Whether the name was free; then it is ours, in one step that nobody can come between."""
        try:
            os.link(self._path, path)
        except FileExistsError:
            return False
        except OSError:
            return self._claim_without_links(path)
        self._path.unlink()
        return True

    def _claim_without_links(self, path: Path) -> bool:
        """For file systems without hard links: an empty file takes the name first."""
        try:
            path.open("xb").close()
        except FileExistsError:
            return False
        os.replace(self._path, path)  # noqa: PTH105 - see above
        return True

    @contextmanager
    def _disk_errors(self) -> Generator[None, None, None]:
        try:
            yield
        except OSError as error:
            where = self._target or self._folder
            what = f"A download cannot write to {where}: {error.strerror or error}."
            raise DownloadError(f"{what} Free space or give another download_path.") from error


def temporary_folder() -> Path:
    """The folder for files of sessions without a `download_path`; deleted when the process ends."""
    pid = os.getpid()
    folder = _folders.get(pid)
    if folder is None or not folder.is_dir():
        folder = _folders[pid] = Path(tempfile.mkdtemp(prefix="gradio-session-"))
        atexit.register(_delete, folder, pid)
    return folder


def _delete(folder: Path, pid: int) -> None:
    if pid == os.getpid():  # a forked child leaves its parent's files alone
        shutil.rmtree(folder, ignore_errors=True)
