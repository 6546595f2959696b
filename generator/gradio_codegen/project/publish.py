"""Compares what was generated with the disk, and writes it: staged, atomic, and only over files that are ours.

A file is ours if its own header says so and its body is as we wrote it, or if the lock recorded
exactly its content. Nothing else is ever replaced or removed without `force`.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gradio_codegen.base.diagnostics import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

__all__ = [
    "Action",
    "FileChange",
    "apply",
    "compare",
    "exclusive",
    "file_hash",
    "read_text",
    "text_hash",
]

Action = Literal["create", "update", "unchanged", "remove", "gone", "refuse"]

_STAGED = ".gradio-codegen-tmp"
_WAIT = 60.0


@dataclass(frozen=True)
class FileChange:
    """What is to happen to one file.

    Attributes:
        path: The file.
        action: `gone` is a file to remove that does not exist any more; `refuse` is one that is not
            ours to touch.
        text: The new content; None for a removal.
        why: For `refuse`, the reason and what to do.
    """

    path: Path
    action: Action
    text: str | None = field(default=None, repr=False)
    why: str = ""


def text_hash(text: str) -> str:
    """Return the hash under which the lock records a file of this content: `sha256:` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def file_hash(path: Path) -> str | None:
    """Return the hash of a file's content, whatever its line ends; None if there is no such file or it is not text.

    Raises:
        CommandError: The file is there but cannot be read.
    """
    text = read_text(path)
    return None if text is None else text_hash(text)


def read_text(path: Path) -> str | None:
    """Return a file's text, line ends as line feeds (a checkout may have changed them); None if there is no such file or it is not UTF-8.

    Raises:
        CommandError: The file is there but cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        return None
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {error.strerror or error}") from error


def compare(
    wanted: Mapping[Path, str],
    *,
    removed: Sequence[Path] = (),
    recorded: Mapping[Path, str],
    is_ours: Callable[[str], bool],
    force: bool = False,
) -> list[FileChange]:
    """Decide what to do to each file, without touching any.

    Args:
        wanted: Path to content of what should be there.
        removed: Files that were generated earlier and are no longer wanted.
        recorded: Path to hash of the files that the lock says we wrote.
        is_ours: Whether a text's header says that we wrote it and that nobody edited it.
        force: Replace and remove whatever is there.

    Returns:
        One change for every path, in the order given, removals last.

    Raises:
        CommandError: A file cannot be read.
    """
    return [
        *(
            _write_change(path, text, recorded.get(path), is_ours, force=force)
            for path, text in wanted.items()
        ),
        *(
            _remove_change(path, recorded.get(path), is_ours, force=force)
            for path in removed
            if path not in wanted
        ),
    ]


def _write_change(
    path: Path, text: str, recorded: str | None, is_ours: Callable[[str], bool], *, force: bool
) -> FileChange:
    if path.is_dir():
        return FileChange(
            path,
            "refuse",
            text,
            "a directory stands where the file belongs; move it away or choose another output",
        )
    if not path.exists():
        return FileChange(path, "create", text)
    old = read_text(path)
    if old == text:
        return FileChange(path, "unchanged", text)
    refused = None if force else _refusal(old, recorded, is_ours)
    return (
        FileChange(path, "refuse", text, refused) if refused else FileChange(path, "update", text)
    )


def _remove_change(
    path: Path, recorded: str | None, is_ours: Callable[[str], bool], *, force: bool
) -> FileChange:
    if not path.is_file():
        return FileChange(path, "gone")
    refused = None if force else _refusal(read_text(path), recorded, is_ours)
    return (
        FileChange(path, "refuse", None, f"is no longer generated, but {refused}")
        if refused
        else FileChange(path, "remove")
    )


def _refusal(old: str | None, recorded: str | None, is_ours: Callable[[str], bool]) -> str | None:
    if old is not None and (is_ours(old) or text_hash(old) == recorded):
        return None
    edited = recorded is not None or (
        old is not None and "generated by gradio-codegen" in old[:200].casefold()
    )
    return f"{'was edited since it was generated' if edited else 'was not generated by gradio-codegen'}; move it away, or pass --force to overwrite it"


@contextlib.contextmanager
def exclusive() -> Generator[None, None, None]:
    """Hold off every other publishing run of this user; the time between reading the lock and having written it.

    Raises:
        CommandError: Another run held on for a minute.
    """
    import tempfile  # noqa: PLC0415 - commands that write nothing do not pay for these

    import filelock  # noqa: PLC0415

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
    import getpass  # noqa: PLC0415

    try:
        return "".join(c if c.isalnum() else "_" for c in getpass.getuser())
    except (OSError, KeyError):  # no name for this user id, as in many containers
        return str(os.getuid()) if hasattr(os, "getuid") else "user"


def apply(changes: Sequence[FileChange]) -> None:
    """Carry out what `compare` decided; refused and unchanged files are left alone.

    Everything is written beside its place first; only when all of it is on the disk are the files
    renamed, one atomic step each, in order. Whoever is killed in between leaves whole files, old or
    new.

    Args:
        changes: The changes; the caller holds `exclusive()`.

    Raises:
        CommandError: A file cannot be written or removed; what was staged is cleaned up.
    """
    staged: list[tuple[Path, Path]] = []
    try:
        staged.extend(
            _stage(change.path, change.text)
            for change in changes
            if change.action in ("create", "update") and change.text is not None
        )
        while staged:
            source, target = staged[0]
            _attempt(target, "written", functools.partial(source.replace, target))
            staged.pop(0)
    finally:
        for source, _ in staged:
            source.unlink(missing_ok=True)
    for change in changes:
        if change.action == "remove":
            _attempt(change.path, "removed", change.path.unlink)


def _stage(path: Path, text: str) -> tuple[Path, Path]:
    target = path.resolve()  # a symbolic link stays one, and the file behind it is replaced
    source = target.with_name(f".{target.name}.{os.getpid()}{_STAGED}")

    def write() -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        for old in target.parent.glob(f".*{_STAGED}"):
            if not old.name.endswith(f".{os.getpid()}{_STAGED}"):
                old.unlink(
                    missing_ok=True
                )  # of a run that was killed: nobody else writes while we do
        with source.open("wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            source.chmod(target.stat().st_mode & 0o7777)

    try:
        _attempt(path, "written", write)
    except CommandError:
        with contextlib.suppress(OSError):
            source.unlink(missing_ok=True)
        raise
    return source, target


def _attempt(path: Path, what: str, action: Callable[[], object]) -> None:
    try:
        action()
    except OSError as error:
        raise CommandError(f"{path}: cannot be {what}: {error.strerror or error}") from error
