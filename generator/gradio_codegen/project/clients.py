"""The configured clients of a project: what is generated for each, and what is written for all of them together."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from gradio_codegen import __version__
from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.pipeline import Built, Job
from gradio_codegen.project import publish, vendor
from gradio_codegen.project.lock import Lock, LockedClient, dump
from gradio_codegen.project.lock import read as read_lock
from gradio_codegen.project.publish import FileChange
from gradio_codegen.render.header import verify_header
from gradio_codegen.source.document import Document
from gradio_codegen.source.source import Identity, Source, identify, resolve, without_secrets
from gradio_codegen.source.source import read as read_source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gradio_codegen.plan.plan import PlanOptions
    from gradio_codegen.project.config import ClientConfig, ProjectConfig

__all__ = [
    "is_ours",
    "job_for",
    "locked_document",
    "locked_options",
    "plan_options",
    "publish_project",
    "publish_single",
    "source_of",
    "templates_hash",
]


def source_of(config: ProjectConfig, client: ClientConfig) -> Source:
    """Resolve a client's source.

    Raises:
        CommandError: It is nothing that we know, or a variable is not set.
    """
    return resolve(
        client.source,
        base=config.root,
        token=client.token,
        auth=client.auth,
        undocumented=client.undocumented,
    )


def plan_options(config: ProjectConfig, client: ClientConfig) -> PlanOptions:
    """Return what a client's configuration says about its module."""
    from gradio_codegen.plan.plan import PlanOptions  # noqa: PLC0415 - `check --offline` finds everything fresh without it

    return PlanOptions(
        class_name=client.class_name,
        mode=client.mode,
        include=client.include,
        exclude=client.exclude,
        runtime=vendor.IMPORT if config.vendor else "gradio_session",
    )


def locked_options(config: ProjectConfig, client: ClientConfig) -> dict[str, Any]:
    """Return the options that shape a client's module, as the lock keeps them: a change of any makes the module stale."""
    return {
        "class-name": client.class_name,
        "mode": client.mode,
        "include": list(client.include),
        "exclude": list(client.exclude),
        "undocumented": client.undocumented,
        "vendor": config.vendor,
        "templates": None if config.templates is None else templates_hash(config.templates),
    }


def templates_hash(directory: Path) -> str:
    """Return a hash over the names and contents of a directory of templates.

    Raises:
        CommandError: It is not there, or cannot be read.
    """
    if not directory.is_dir():
        raise CommandError(f"{directory}: there is no such directory of templates")
    digest = hashlib.sha256()
    try:
        for path in sorted(path for path in directory.rglob("*") if path.is_file()):
            digest.update(
                path.relative_to(directory).as_posix().encode()
                + b"\0"
                + path.read_bytes().replace(b"\r\n", b"\n")
                + b"\0"
            )
    except OSError as error:
        raise CommandError(f"{directory}: cannot be read: {error.strerror or error}") from error
    return "sha256:" + digest.hexdigest()


def job_for(config: ProjectConfig, client: ClientConfig, lock: Lock | None = None) -> Job:
    """Make the job of a configured client.

    Args:
        config: The project.
        client: The client.
        lock: Generate from this lock, without the network; None reads the app.
    """

    def read() -> Document:
        if lock is not None:
            return locked_document(config, client, lock)
        return named(read_source(source_of(config, client)).required(), client)

    return Job(
        without_secrets(client.source),
        read,
        plan_options(config, client),
        client.module,
        client.name,
    )


def named(document: Document, client: ClientConfig) -> Document:
    """Name a document after its client, where the app has no title of its own."""
    return replace(document, name=client.name)


def locked_document(config: ProjectConfig, client: ClientConfig, lock: Lock) -> Document:
    """Return what a client was generated from, as the lock keeps it.

    Raises:
        CommandError: The lock does not have it.
    """
    locked = lock.clients.get(client.name)
    if locked is None:
        raise CommandError(
            f"client {client.name!r} is not in {config.lock_path}; run `gradio-codegen generate {client.name}` once"
        )
    identity = _identity(config, client)
    info, described = locked.description.get("info"), locked.description.get("config")
    if not isinstance(info, dict):
        raise CommandError(
            f"{config.lock_path}: client {client.name!r} has no description; run `gradio-codegen generate {client.name}`"
        )
    return named(
        Document(
            cast("dict[str, Any]", info), described, identity.origin, identity.url, client.name
        ),
        client,
    )


def _identity(config: ProjectConfig, client: ClientConfig) -> Identity:
    """Who the module says it is, found without the network; also where the environment lacks the source's variables, or its file is elsewhere."""
    try:
        return identify(source_of(config, replace(client, token=None, auth=None)))
    except CommandError:
        return Identity(without_secrets(client.source), None, client.name)


def is_ours(text: str) -> bool:
    """Tell whether a file's own header says that we wrote it, and nobody edited it since."""
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
    with publish.exclusive():
        changes = publish.compare(wanted, recorded={}, is_ours=is_ours, force=force)
        if not dry_run:
            publish.apply(changes)
    return changes


def publish_project(
    config: ProjectConfig, built: Sequence[Built], *, everything: bool, force: bool, dry_run: bool
) -> list[FileChange]:
    """Write the modules of configured clients, the copy of the runtime and the lock; remove what is no longer generated.

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
    with publish.exclusive():
        lock = read_lock(config.lock_path) or Lock()
        recorded = lock.files(config.root)
        done = {b.job.client for b in built if b.path is not None}
        keep = {client.module for client in config.clients.values()} | set(wanted)
        changes = publish.compare(
            wanted,
            removed=_removed(config, lock, keep, done, everything=everything),
            recorded=recorded,
            is_ours=is_ours,
            force=force,
        )
        text = dump(_new_lock(config, lock, built, changes, everything=everything))
        changes.append(_lock_change(config.lock_path, text))
        if not dry_run:
            publish.apply(changes)
    return changes


def _wanted(built: Sequence[Built], *, vendored: bool) -> dict[Path, str]:
    wanted = {b.path: b.text for b in built if b.path is not None}
    if vendored:
        for directory in {path.parent: None for path in wanted}:
            wanted |= vendor.files(directory)
    return wanted


def _removed(
    config: ProjectConfig, lock: Lock, keep: set[Path], done: set[str | None], *, everything: bool
) -> list[Path]:
    """Files that the lock knows and that nothing wants any more."""
    gone = [
        config.root / locked.module
        for name, locked in lock.clients.items()
        if name in done or (everything and name not in config.clients)
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
        if not everything or name in config.clients or config.root / locked.module in refused
    }
    for b in built:
        if b.job.client is not None and b.path is not None and b.path not in refused:
            clients[b.job.client] = _locked_client(config, config.clients[b.job.client], b)
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
            vendored[_relative(config, change.path)] = publish.text_hash(change.text)
    return Lock(clients, vendored)


def _locked_client(config: ProjectConfig, client: ClientConfig, built: Built) -> LockedClient:
    description: Mapping[str, Any] = built.description or {}
    return LockedClient(
        source=without_secrets(client.source),
        options=locked_options(config, client),
        gradio=(built.app.version if built.app is not None else "") or None,
        generator=__version__,
        schema=built.app.fingerprint if built.app is not None else "",
        module=_relative(config, client.module),
        module_hash=publish.text_hash(built.text),
        description=description,
    )


def _relative(config: ProjectConfig, path: Path) -> str:
    return path.relative_to(config.root).as_posix()


def _lock_change(path: Path, text: str) -> FileChange:
    old = publish.read_text(path)
    return FileChange(
        path, "create" if old is None else "unchanged" if old == text else "update", text
    )
