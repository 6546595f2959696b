"""Keeps runs of gradio-codegen apart while one of them writes files."""

from __future__ import annotations

import contextlib
import getpass
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

from gradio_codegen.base.diagnostics import CommandError

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["exclusive"]

_WAIT = 60.0


@contextlib.contextmanager
def exclusive() -> Generator[None, None, None]:
    """Hold off every other writing run of this user, from reading the lock file to writing it.

    Raises:
        CommandError: Another run held on for a minute, or the lock cannot be made.
    """
    directory = Path(tempfile.gettempdir()) / f"gradio-codegen-{_user()}"
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
        lock = filelock.FileLock(directory / "publish.lock", timeout=_WAIT)
        lock.acquire()  # pyright: ignore[reportUnknownMemberType]
    except filelock.Timeout:
        raise CommandError(
            f"another gradio-codegen has been writing for {_WAIT:.0f} s; end it and run this again"
        ) from None
    except OSError as error:
        raise CommandError(
            f"{directory}: cannot be used to keep two runs apart: {error.strerror or error}"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _user() -> str:
    try:
        return "".join(c if c.isalnum() else "_" for c in getpass.getuser())
    except (OSError, KeyError):  # many containers have no name for this user id
        return str(os.getuid()) if hasattr(os, "getuid") else "user"
