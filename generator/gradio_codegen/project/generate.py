"""Carries out what `gradio-codegen generate` was asked for: reads, builds and publishes."""

from __future__ import annotations

import keyword
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.code.naming import module_name
from gradio_codegen.pipeline import Job, build, read_all
from gradio_codegen.plan.model import PlanOptions
from gradio_codegen.project import vendor
from gradio_codegen.project.clients import job_for
from gradio_codegen.project.current import find_project, project
from gradio_codegen.project.lock import Lock
from gradio_codegen.project.lock import read as read_lock
from gradio_codegen.project.publish import publish_project, publish_single
from gradio_codegen.source.reading import read
from gradio_codegen.source.source import resolve, stands_for_itself, without_secrets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradio_codegen.pipeline import Built
    from gradio_codegen.plan.model import Mode
    from gradio_codegen.project.config import ClientConfig, ProjectConfig
    from gradio_codegen.project.files import FileChange
    from gradio_codegen.source.document import Document
    from gradio_codegen.source.options import ReadingOptions

__all__ = ["Generated", "Request", "Selection", "generate", "select"]


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line; None and empty for what was not."""

    sources: tuple[str, ...]
    output: Path | None
    class_name: str | None
    mode: Mode | None
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    undocumented: bool
    cli: bool
    reading: ReadingOptions
    templates: Path | None
    vendor: bool
    locked: bool
    dry_run: bool
    force: bool
    fail_on_warnings: bool
    as_json: bool


@dataclass(frozen=True)
class Selection:
    """Which of the sources of a request are configured clients.

    Attributes:
        config: The project; None if no source may be a client of it.
        clients: The names of clients to generate.
        singles: The sources that stand for themselves.
    """

    config: ProjectConfig | None
    clients: tuple[str, ...]
    singles: tuple[str, ...]


@dataclass(frozen=True)
class Generated:
    """What became of a request.

    Attributes:
        built: What was made of each source.
        changes: What was done to each file.
        failed: Why files could not be written, or None.
    """

    built: Sequence[Built]
    changes: Sequence[FileChange]
    failed: CommandError | None


def select(request: Request) -> Selection:
    """Find out which sources are configured clients; all clients if there is no source.

    Raises:
        CommandError: There is no source and no client, or the configuration cannot be used.
    """
    if not request.sources:
        whole = project()
        return Selection(whole, tuple(whole.clients), ())
    others = [source for source in request.sources if not stands_for_itself(source)]
    config = find_project() if others else None
    clients = [source for source in others if config and source in config.clients]
    singles = [source for source in request.sources if source not in clients]
    return Selection(config, tuple(dict.fromkeys(clients)), tuple(singles))


def generate(request: Request, selection: Selection) -> Generated:
    """Read the apps, make their modules and write them.

    Args:
        request: What was asked for.
        selection: What `select` returned for it.

    Returns:
        What became of it.

    Raises:
        CommandError: The lock cannot be used, or has not what `--locked` asks for; or `-o` names a
            file that cannot be imported.
    """
    _check_name(request.output)
    config = selection.config
    own: list[Job] = []
    if config is not None and selection.clients:
        config = _overridden(config, selection.clients, request)
        own = _jobs_of_clients(request, config, selection.clients)
    other = [_job_of(request, config, source) for source in selection.singles]
    documents = read_all([*own, *other])
    built_own = build(own, documents[: len(own)], config.templates if config else None)
    built_other = build(other, documents[len(own) :], request.templates)
    changes: list[FileChange] = []
    failed: CommandError | None = None
    try:
        singles = _ready(request, built_other)
        if config is not None and own and request.output is None:
            changes += publish_project(
                config,
                _ready(request, built_own),
                everything=not request.sources,
                force=request.force,
                dry_run=request.dry_run,
            )
        else:
            singles = [*_ready(request, built_own), *singles]
        vendored = request.vendor or (config is not None and config.vendor and bool(own))
        changes += publish_single(
            singles, vendored=vendored, force=request.force, dry_run=request.dry_run
        )
    except CommandError as error:
        failed = error
    return Generated([*built_own, *built_other], changes, failed)


def _check_name(output: Path | None) -> None:
    if output is None or output.suffix != ".py":
        return
    if not output.stem.isidentifier() or keyword.iskeyword(output.stem):
        better = output.with_name(f"{module_name(output.stem)}.py")
        raise CommandError(
            f"-o {str(output)!r}: a module of that name cannot be imported; try {str(better)!r}"
        )


def _overridden(config: ProjectConfig, names: Sequence[str], request: Request) -> ProjectConfig:
    """Return the configuration with what the command line says instead."""
    given: dict[str, Any] = {
        "class_name": request.class_name,
        "mode": request.mode,
        "include": request.include,
        "exclude": request.exclude,
        "undocumented": request.undocumented,
        "cli": request.cli,
    }
    given = {key: value for key, value in given.items() if value}
    clients = {
        name: replace(client, **given) if name in names else client
        for name, client in config.read_with(request.reading).clients.items()
    }
    templates = request.templates.absolute() if request.templates else config.templates
    return replace(
        config, clients=clients, vendor=config.vendor or request.vendor, templates=templates
    )


def _jobs_of_clients(request: Request, config: ProjectConfig, names: Sequence[str]) -> list[Job]:
    lock = (read_lock(config.lock_path) or Lock()) if request.locked else None
    clients = [config.clients[name] for name in names]
    return [_elsewhere(request, client, job_for(config, client, lock)) for client in clients]


def _elsewhere(request: Request, client: ClientConfig, job: Job) -> Job:
    if request.output is None:
        return job
    target = request.output.absolute()
    return replace(job, target=target if target.suffix == ".py" else target / f"{client.name}.py")


def _job_of(request: Request, config: ProjectConfig | None, written: str) -> Job:
    def document() -> Document:
        source = resolve(
            written,
            options=request.reading,
            undocumented=request.undocumented,
            known=tuple(config.clients) if config else (),
        )
        return read(source).required()

    options = PlanOptions(
        class_name=request.class_name,
        mode=request.mode or "both",
        include=request.include,
        exclude=request.exclude,
        runtime=vendor.IMPORT if request.vendor else "gradio_session",
        cli=request.cli,
    )
    file = Path(written)
    return Job(
        without_secrets(written),
        document,
        options,
        request.output or Path(),
        file=file.stem if stands_for_itself(written) and file.is_file() else None,
    )


def _ready(request: Request, built: Sequence[Built]) -> list[Built]:
    return [b for b in built if b.error is None and not (request.fail_on_warnings and b.warnings)]
