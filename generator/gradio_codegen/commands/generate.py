"""`gradio-codegen generate`."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.commands.common import (
    complete_client,
    examples,
    find_project,
    project,
    say,
    say_error,
    say_json,
    say_warning,
    source_options,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from gradio_codegen.pipeline import Built, Job
    from gradio_codegen.project.config import ClientConfig, ProjectConfig
    from gradio_codegen.project.publish import FileChange


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line; None and empty for what was not."""

    sources: tuple[str, ...]
    output: Path | None
    class_name: str | None
    mode: Literal["both", "sync", "async"] | None
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    undocumented: bool
    token: str | None
    auth: str | None
    templates: Path | None
    vendor: bool
    locked: bool
    dry_run: bool
    force: bool
    fail_on_warnings: bool
    as_json: bool


@click.command(
    epilog=examples(
        "gradio-codegen generate http://127.0.0.1:7860 -o clients/lab.py",
        "gradio-codegen generate examples/lab.py:demo -o clients/",
        "gradio-codegen generate              # every client of pyproject.toml",
        "gradio-codegen generate lab --locked # from the lock, without the network",
    )
)
@click.argument("sources", nargs=-1, metavar="[SOURCE|NAME]...", shell_complete=complete_client)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A module (clients/lab.py) or a directory; here if left out.",
)
@click.option(
    "--class-name",
    metavar="NAME",
    help="Name of the client's class; made from the app's title if left out.",
)
@click.option(
    "--mode", type=click.Choice(["both", "sync", "async"]), help="Which classes to generate (both)."
)
@click.option(
    "--include",
    multiple=True,
    metavar="GLOB",
    help="Only endpoints whose name matches, for example '/generate*'. Repeatable.",
)
@click.option(
    "--exclude",
    multiple=True,
    metavar="GLOB",
    help="Leave out endpoints whose name matches. Repeatable.",
)
@click.option(
    "--undocumented", is_flag=True, help="Ask the app for its undocumented endpoints too."
)
@source_options
@click.option(
    "--templates",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Templates that go before ours.",
)
@click.option(
    "--vendor", is_flag=True, help="Put a private copy of the runtime beside the clients."
)
@click.option(
    "--locked",
    is_flag=True,
    help="Generate configured clients from gradio-codegen.lock, without the network.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@click.option(
    "--force", is_flag=True, help="Replace files that were edited, or that we did not write."
)
@click.option(
    "--fail-on-warnings",
    is_flag=True,
    help="Write no module that has warnings, and end with exit code 1.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one report as JSON.")
def generate(**options: Any) -> None:
    """Generate typed clients of Gradio apps.

    SOURCE is a saved /info, `-`, the NAME of a configured client, a URL, module:attribute or
    path/app.py:demo (imported, not launched), or a Space id. Without any, every client configured
    in pyproject.toml is generated.
    """
    request = Request(**options)
    config, clients, singles = _sort_out(request)
    if request.locked and singles:
        raise click.UsageError(f"--locked regenerates configured clients; {singles[0]!r} is none")
    if request.class_name and len(clients) + len(singles) > 1:
        raise click.UsageError(
            "--class-name names one class, but several clients are to be generated"
        )
    if config is not None and clients:
        config = _overridden(config, clients, request)
    with _uncollected():
        built, changes, failed = _run(
            request, config, [config.clients[name] for name in clients] if config else [], singles
        )
    _tell(request, built, changes, failed)


def _sort_out(request: Request) -> tuple[ProjectConfig | None, list[str], list[str]]:
    """Which of the sources are configured clients, and which stand for themselves."""
    if not request.sources:
        whole = project()
        return whole, list(whole.clients), []
    plain = [
        source
        for source in request.sources
        if source == "-" or "://" in source or Path(source).is_file()
    ]
    others = [source for source in request.sources if source not in plain]
    config = find_project() if others else None
    clients = [source for source in others if config and source in config.clients]
    return (
        config,
        list(dict.fromkeys(clients)),
        [source for source in request.sources if source not in clients],
    )


def _overridden(config: ProjectConfig, names: Sequence[str], request: Request) -> ProjectConfig:
    """The configuration with what the command line says instead."""
    given: dict[str, Any] = {
        "class_name": request.class_name,
        "mode": request.mode,
        "include": request.include,
        "exclude": request.exclude,
        "undocumented": request.undocumented,
        "token": request.token,
        "auth": request.auth,
    }
    given = {key: value for key, value in given.items() if value}
    clients = {
        name: replace(client, **given) if name in names else client
        for name, client in config.clients.items()
    }
    templates = request.templates.absolute() if request.templates else config.templates
    return replace(
        config, clients=clients, vendor=config.vendor or request.vendor, templates=templates
    )


@contextmanager
def _uncollected() -> Generator[None]:
    """No garbage collection meanwhile: what is imported and planned stays, and looking through it again and again is a tenth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.freeze()
            gc.unfreeze()  # together they forget how much is new: else all of it would be looked through at once, now
            gc.enable()


def _run(
    request: Request,
    config: ProjectConfig | None,
    clients: Sequence[ClientConfig],
    singles: Sequence[str],
) -> tuple[list[Built], list[FileChange], CommandError | None]:
    from gradio_codegen.pipeline import read_all  # noqa: PLC0415 - `--help` needs none of the stages
    from gradio_codegen.project.clients import publish_project, publish_single  # noqa: PLC0415

    own = _jobs_of_clients(request, config, clients) if config else []
    other = [_job_of(request, config, source) for source in singles]
    documents = read_all([*own, *other])
    built_own = _build(own, documents[: len(own)], config.templates if config else None)
    built_other = _build(other, documents[len(own) :], request.templates)
    own_ready, other_ready = _ready(request, built_own), _ready(request, built_other)
    changes: list[FileChange] = []
    try:
        if config is not None and clients and request.output is None:
            everything = not request.sources
            changes += publish_project(
                config,
                own_ready,
                everything=everything,
                force=request.force,
                dry_run=request.dry_run,
            )
        else:
            other_ready = [*own_ready, *other_ready]
        vendored = request.vendor or (config is not None and config.vendor and bool(clients))
        changes += publish_single(
            other_ready, vendored=vendored, force=request.force, dry_run=request.dry_run
        )
    except CommandError as error:
        return [*built_own, *built_other], changes, error
    return [*built_own, *built_other], changes, None


def _jobs_of_clients(
    request: Request, config: ProjectConfig, clients: Sequence[ClientConfig]
) -> list[Job]:
    from gradio_codegen.project.clients import job_for  # noqa: PLC0415
    from gradio_codegen.project.lock import Lock  # noqa: PLC0415
    from gradio_codegen.project.lock import read as read_lock  # noqa: PLC0415

    lock = (read_lock(config.lock_path) or Lock()) if request.locked else None
    jobs = [job_for(config, client, lock) for client in clients]
    if request.output is None:
        return jobs
    elsewhere = request.output.absolute()
    return [
        replace(
            job, target=elsewhere if elsewhere.suffix == ".py" else elsewhere / f"{job.client}.py"
        )
        for job in jobs
    ]


def _job_of(request: Request, config: ProjectConfig | None, written: str) -> Job:
    from gradio_codegen.pipeline import Job  # noqa: PLC0415
    from gradio_codegen.plan.plan import PlanOptions  # noqa: PLC0415
    from gradio_codegen.project import vendor  # noqa: PLC0415
    from gradio_codegen.source.source import read, resolve, without_secrets  # noqa: PLC0415

    def document() -> Any:
        known = tuple(config.clients) if config else ()
        source = resolve(
            written,
            token=request.token,
            auth=request.auth,
            undocumented=request.undocumented,
            known=known,
        )
        return read(source).required()

    options = PlanOptions(
        class_name=request.class_name,
        mode=request.mode or "both",
        include=request.include,
        exclude=request.exclude,
        runtime=vendor.IMPORT if request.vendor else "gradio_session",
    )
    file = Path(written)
    return Job(
        without_secrets(written),
        document,
        options,
        request.output or Path(),
        file=file.stem if "://" not in written and file.is_file() else None,
    )


def _build(jobs: Sequence[Job], documents: Sequence[Any], templates: Path | None) -> list[Built]:
    from gradio_codegen.pipeline import build  # noqa: PLC0415

    return build(jobs, documents, templates)


def _ready(request: Request, built: Sequence[Built]) -> list[Built]:
    return [b for b in built if b.error is None and not (request.fail_on_warnings and b.warnings)]


def _tell(
    request: Request,
    built: Sequence[Built],
    changes: Sequence[FileChange],
    failed: CommandError | None,
) -> None:
    from gradio_codegen.console.report import account, client_entry  # noqa: PLC0415

    refused = {
        change.path: f"{change.path}: {change.why}"
        for change in changes
        if change.action == "refuse"
    }
    warned = request.fail_on_warnings and any(b.warnings for b in built)
    if request.as_json:
        entries = [client_entry(b) for b in built]
        for entry, b in zip(entries, built, strict=True):
            if entry["error"] is None:
                entry["error"] = (
                    failed.message if failed else refused.get(b.path) if b.path else None
                )
        say_json({"clients": entries})
    else:
        _tell_people(request, built, changes, failed)
        if any(b.module for b in built):
            say(account(built))
    if failed or any(b.error for b in built):
        codes = [error.exit_code for error in (failed, *(b.error for b in built)) if error]
        raise SystemExit(max(codes))
    if refused or warned:
        raise SystemExit(1)


def _tell_people(
    request: Request,
    built: Sequence[Built],
    changes: Sequence[FileChange],
    failed: CommandError | None,
) -> None:
    from gradio_codegen.console.report import file_line, near  # noqa: PLC0415

    for b in built:
        for warning in b.warnings:
            place = (
                warning.where
                if len(built) == 1 or warning.where.startswith(b.job.source)
                else f"{b.job.source}: {warning.where}"
            )
            say_warning(
                f"{place}: {warning.what}" + (f"; {warning.advice}" if warning.advice else "")
            )
        if b.error is not None:
            say_error(
                b.error.message
                if b.job.source in b.error.message
                else f"{b.job.source}: {b.error.message}"
            )
        elif request.fail_on_warnings and b.warnings:
            say_error(f"{b.job.source}: not written, because it has warnings (--fail-on-warnings)")
    if failed is not None:
        say_error(failed.message)
        return
    quiet = [
        change
        for change in changes
        if change.action not in ("refuse", "unchanged")
        and "_gradio_session" not in change.path.parts
    ]
    shown = (
        quiet
        or [
            change
            for change in changes
            if change.action == "unchanged" and change.path.suffix == ".py"
        ][:5]
    )
    for change in changes:
        if change.action == "refuse":
            say_error(f"{near(change.path)}: {change.why}")
    for change in shown:
        say(file_line(change, dry_run=request.dry_run))
