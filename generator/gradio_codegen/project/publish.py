"""Writes generated modules: of a project with its lock, or each for itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gradio_codegen.base.exclusive import exclusive
from gradio_codegen.base.hashing import digest
from gradio_codegen.base.version import VERSION
from gradio_codegen.project import files, vendor
from gradio_codegen.project.clients import locked_options
from gradio_codegen.project.files import FileChange
from gradio_codegen.project.lock import Lock, LockedClient, dump
from gradio_codegen.project.lock import read as read_lock
from gradio_codegen.render.header import verify_header
from gradio_codegen.source.source import without_secrets

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gradio_codegen.pipeline import Built
    from gradio_codegen.project.config import ClientConfig, ProjectConfig

__all__ = ["publish_project", "publish_single"]


def _is_ours(text: str) -> bool:
    """Tell whether a file's own header says that we wrote it, and that it is as we wrote it."""
    header = verify_header(text)
    return (header is not None and not header.edited) or vendor.is_ours(text)


def publish_single(
    built: Sequence[Built], *, vendored: bool, force: bool, dry_run: bool
) -> list[FileChange]:
    """Write modules that belong to no project.

    Args:
        built: What was generated; errors are passed over.
        vendored: Put a copy of the runtime beside them.
        force: Replace files that are not ours.
        dry_run: Only say what would be done.

    Returns:
        What was done to each file.

    Raises:
        CommandError: A file cannot be written.
    """
    wanted = _wanted(built, vendored=vendored)
    with exclusive():
        changes = files.compare(wanted, recorded={}, is_ours=_is_ours, force=force)
        if not dry_run:
            files.apply(changes)
    return changes


def publish_project(
    config: ProjectConfig, built: Sequence[Built], *, everything: bool, force: bool, dry_run: bool
) -> list[FileChange]:
    """Write the modules of configured clients, the copy of the runtime and the lock.

    What is no longer generated is removed.

    Args:
        config: The project.
        built: What was generated; clients with errors stay as they are.
        everything: Whether all clients were to be generated, so that those no longer configured are
            removed.
        force: Replace and remove files that are not ours.
        dry_run: Only say what would be done.

    Returns:
        What was done to each file, the lock last.

    Raises:
        CommandError: A file cannot be written, or the lock cannot be used.
    """
    wanted = _wanted(built, vendored=config.vendor)
    with exclusive():
        lock = read_lock(config.lock_path) or Lock()
        recorded = lock.files(config.root)
        done = {b.job.client for b in built if b.path is not None}
        keep = {path for client in config.clients.values() for path in client.files} | set(wanted)
        changes = files.compare(
            wanted,
            removed=_removed(config, lock, keep, done, everything=everything),
            recorded=recorded,
            is_ours=_is_ours,
            force=force,
        )
        text = dump(_new_lock(config, lock, built, changes, everything=everything))
        changes.append(_lock_change(config.lock_path, text))
        if not dry_run:
            files.apply(changes)
    return changes


def _wanted(built: Sequence[Built], *, vendored: bool) -> dict[Path, str]:
    wanted = {path: text for b in built for path, text in b.files.items()}
    if vendored:
        for directory in {path.parent: None for path in wanted}:
            wanted |= vendor.copy_of_runtime(directory)
    return wanted


def _removed(
    config: ProjectConfig, lock: Lock, keep: set[Path], done: set[str | None], *, everything: bool
) -> list[Path]:
    """Files that the lock knows and that nothing wants any more."""
    gone = [
        config.root / path
        for name, locked in lock.clients.items()
        if name in done or (everything and name not in config.clients)
        for path in locked.files
    ]
    directories = (
        {client.module.parent for client in config.clients.values()}
        if config.vendor
        else set[object]()
    )
    copies = [config.root / path for path in lock.vendored]
    gone += [
        path
        for path in copies
        if everything
        and not any(parent in directories for parent in path.parents)
        and path not in keep
    ]
    return [path for path in gone if path not in keep]


def _new_lock(
    config: ProjectConfig,
    lock: Lock,
    built: Sequence[Built],
    changes: Sequence[FileChange],
    *,
    everything: bool,
) -> Lock:
    refused = {change.path for change in changes if change.action == "refuse"}
    clients = {
        name: locked
        for name, locked in lock.clients.items()
        if not everything
        or name in config.clients
        or not refused.isdisjoint(config.root / path for path in locked.files)
    }
    for b in built:
        if b.job.client is not None and b.path is not None and b.path not in refused:
            old = clients.get(b.job.client)
            new = _locked_client(config, config.clients[b.job.client], b)
            if not refused.isdisjoint(b.files):
                new = replace(new, command_line_hash=old.command_line_hash if old else None)
            clients[b.job.client] = new
    removed = {change.path for change in changes if change.action in ("remove", "gone")}
    vendored = {
        path: digest for path, digest in lock.vendored.items() if config.root / path not in removed
    }
    for change in changes:
        if (
            change.action in ("create", "update", "unchanged")
            and change.text is not None
            and vendor.DIRECTORY in change.path.parts
        ):
            vendored[_relative(config, change.path)] = digest(change.text)
    return Lock(clients, vendored)


def _locked_client(config: ProjectConfig, client: ClientConfig, built: Built) -> LockedClient:
    return LockedClient(
        source=without_secrets(client.source),
        options=locked_options(config, client),
        gradio=(built.app.version if built.app is not None else "") or None,
        generator=VERSION,
        schema=built.app.fingerprint if built.app is not None else "",
        module=_relative(config, client.module),
        module_hash=digest(built.text),
        command_line_hash=None if built.command_line is None else digest(built.command_line),
        description=built.app.description if built.app is not None else {},
    )


def _relative(config: ProjectConfig, path: Path) -> str:
    return path.relative_to(config.root).as_posix()


def _lock_change(path: Path, text: str) -> FileChange:
    old = files.read_text(path)
    return FileChange(
        path, "create" if old is None else "unchanged" if old == text else "update", text
    )
