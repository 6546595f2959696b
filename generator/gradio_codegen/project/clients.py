"""The configured clients of a project: how each is read, and what its module is generated with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.pipeline import Job
from gradio_codegen.plan.model import PlanOptions
from gradio_codegen.project import vendor
from gradio_codegen.project.endpoint_tables import plain_tables
from gradio_codegen.render.template_files import templates_hash
from gradio_codegen.source.document import Document
from gradio_codegen.source.options import ReadingOptions
from gradio_codegen.source.reading import read
from gradio_codegen.source.source import Identity, identify, resolve, without_secrets
from gradio_session.generator_interface import is_object

if TYPE_CHECKING:
    from gradio_codegen.project.config import ClientConfig, ProjectConfig
    from gradio_codegen.project.lock import Lock
    from gradio_codegen.source.source import Source

__all__ = ["job_for", "locked_document", "locked_options", "named", "plan_options", "source_of"]


def source_of(config: ProjectConfig, client: ClientConfig) -> Source:
    """Resolve a client's source.

    Raises:
        CommandError: It is nothing that we know, or a variable is not set.
    """
    return resolve(
        client.source,
        base=config.root,
        options=client.reading,
        undocumented=client.undocumented,
    )


def plan_options(config: ProjectConfig, client: ClientConfig) -> PlanOptions:
    """Return what a client's configuration says about its module."""
    return PlanOptions(
        class_name=client.class_name,
        mode=client.mode,
        include=client.include,
        exclude=client.exclude,
        runtime=vendor.IMPORT if config.vendor else "gradio_session",
        endpoints=client.endpoints,
        cli=client.cli,
    )


def locked_options(config: ProjectConfig, client: ClientConfig) -> dict[str, Any]:
    """Return the options that shape a client's module, as the lock keeps them.

    A change of any of them makes the module stale.
    """
    return {
        "class-name": client.class_name,
        "mode": client.mode,
        "include": list(client.include),
        "exclude": list(client.exclude),
        "undocumented": client.undocumented,
        "cli": client.cli,
        "vendor": config.vendor,
        "templates": None if config.templates is None else templates_hash(config.templates),
        "endpoints": plain_tables(client.endpoints),
    }


def job_for(config: ProjectConfig, client: ClientConfig, lock: Lock | None = None) -> Job:
    """Make the job of a configured client.

    Args:
        config: The project.
        client: The client.
        lock: Generate from this lock, without the network; None reads the app.
    """

    def document() -> Document:
        if lock is not None:
            return locked_document(config, client, lock)
        return named(read(source_of(config, client)).required(), client)

    return Job(
        without_secrets(client.source),
        document,
        plan_options(config, client),
        client.module,
        client.name,
    )


def named(document: Document, client: ClientConfig) -> Document:
    """Name a document after its client, where the app has no title."""
    return replace(document, name=client.name)


def locked_document(config: ProjectConfig, client: ClientConfig, lock: Lock) -> Document:
    """Return what a client was generated from, as the lock keeps it.

    Raises:
        CommandError: The lock does not have it.
    """
    locked = lock.clients.get(client.name)
    if locked is None:
        raise CommandError(
            f"client {client.name!r} is not in {config.lock_path}; "
            f"run `gradio-codegen generate {client.name}` once"
        )
    identity = _identity(config, client)
    info, described = locked.description.get("info"), locked.description.get("config")
    if not is_object(info):
        raise CommandError(
            f"{config.lock_path}: client {client.name!r} has no description; "
            f"run `gradio-codegen generate {client.name}`"
        )
    return Document(info, described, identity.origin, identity.url, client.name)


def _identity(config: ProjectConfig, client: ClientConfig) -> Identity:
    """Say what the module tells of its source, found without the network.

    The environment may lack the source's variables, and its file may be elsewhere.
    """
    try:
        return identify(source_of(config, replace(client, reading=ReadingOptions())))
    except CommandError:
        return Identity(without_secrets(client.source), None, client.name)
