"""A file of lines that several openers add to, in one process or in many.

Whoever reads it to its end or adds to it holds a lock of the system on it: `flock`, or on Windows
a byte far behind the end. On a file system without locks the openers must take turns themselves.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["LockedFile"]

_BLOCK = 64 * 1024
_LOCKED_BYTE = 0x7FFF0000


class LockedFile(io.FileIO):
    """A file that only grows, but for a last line that a crash cut short. Open it with "a+"."""

    @contextlib.contextmanager
    def locked(self) -> Generator[None, None, None]:
        """Nobody else reads or adds meanwhile."""
        _lock(self.fileno(), hold=True)
        try:
            yield
        finally:
            _lock(self.fileno(), hold=False)

    def add(self, line: bytes) -> None:
        """Add a line, in the place of one that was cut short; the file holds all of it or nothing.

        Raises:
            OSError: It cannot be written.
        """
        end = self._end_of_lines()
        if end < self.seek(0, os.SEEK_END):
            self.truncate(end)
        try:
            while line:
                line = line[self.write(line) :]
        except OSError:
            self.truncate(end)
            raise

    def _end_of_lines(self) -> int:
        """Where the last whole line ends; one byte is read unless the last is cut short."""
        end, size = self.seek(0, os.SEEK_END), 1
        while end:
            start = max(0, end - size)
            self.seek(start)
            found = self.read(end - start).rfind(b"\n")
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
