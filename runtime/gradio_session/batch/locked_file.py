"""A file of lines that several openers add to, in one process or in many.

Whoever reads it to its end or adds to it holds a lock of the system on it: `flock`, or on Windows
a byte far behind the end. On a file system without locks the openers must take turns themselves.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["LockedFile"]

_BLOCK = 64 * 1024
_LOCKED_BYTE = 0x7FFF0000


class LockedFile:
    """A file that only grows, but for a last line that a crash cut short.

    Args:
        path: The file; it is made when it does not exist.

    Raises:
        OSError: It cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab+", buffering=0)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else reads or adds meanwhile."""
        _lock(self._file.fileno(), hold=True)
        try:
            yield
        finally:
            _lock(self._file.fileno(), hold=False)

    def lines(self) -> Iterator[bytes]:
        """Every line, the last one perhaps cut short."""
        with self._path.open("rb") as file:
            yield from file

    def add(self, line: bytes) -> None:
        """Add a line, in the place of one that was cut short; the file holds all of it or nothing.

        Raises:
            OSError: It cannot be written.
        """
        end = self._end_of_lines()
        if end < self._file.seek(0, os.SEEK_END):
            self._file.truncate(end)
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._file.truncate(end)
            raise

    def close(self) -> None:
        """Close it; what was added stays."""
        self._file.close()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._file.closed

    def _end_of_lines(self) -> int:
        """Where the last whole line ends; one byte is read unless the last is cut short."""
        end, size = self._file.seek(0, os.SEEK_END), 1
        while end:
            start = max(0, end - size)
            self._file.seek(start)
            found = self._file.read(end - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end, size = start, _BLOCK
        return 0


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int, *, hold: bool) -> None:
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_LOCK if hold else msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: int, *, hold: bool) -> None:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX if hold else fcntl.LOCK_UN)
