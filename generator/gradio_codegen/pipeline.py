"""From sources to the text of modules: read, parse, plan, render. Many sources at once, and one that fails does not stop the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gradio_codegen.base.diagnostics import CommandError, Diagnostic
from gradio_codegen.console.report import fault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gradio_codegen.app_schema.schema import App
    from gradio_codegen.plan.plan import Module, PlanOptions
    from gradio_codegen.source.document import Document

__all__ = ["Built", "Job", "build", "read_all"]

_READERS = 8


@dataclass(frozen=True)
class Job:
    """One module to make.

    Attributes:
        source: The source as it may be shown.
        read: Reads the app; raises `CommandError`.
        options: What the user chose about the module.
        target: The module to write, or a directory in which it gets a name of its own.
        client: The name of the configured client, or None.
        file: The stem of the saved file that is read, which names the module in a directory; None
            for any other source.
    """

    source: str
    read: Callable[[], Document]
    options: PlanOptions
    target: Path
    client: str | None = None
    file: str | None = None


@dataclass(frozen=True)
class Built:
    """What became of a job.

    Attributes:
        job: The job.
        description: The app's normalised description; None if it could not be read.
        app: The app; None if it could not be read.
        module: The planned module; None if there was an error.
        path: Where the module goes; None if there was an error.
        text: Its text; empty if there was an error.
        warnings: What the user should know.
        error: Why there is no module, or None.
    """

    job: Job
    description: dict[str, Any] | None = None
    app: App | None = None
    module: Module | None = None
    path: Path | None = None
    text: str = ""
    warnings: tuple[Diagnostic, ...] = ()
    error: CommandError | None = None


def read_all(jobs: Sequence[Job]) -> list[Document | CommandError]:
    """Read every job's app, several at a time.

    Args:
        jobs: The jobs.

    Returns:
        What was read, or why it was not, in the order of the jobs.
    """
    if len(jobs) == 1:
        return [_attempt(jobs[0].read)]
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - slow, and `check --offline` reads nothing

    pool = ThreadPoolExecutor(_READERS)
    try:
        return list(pool.map(_attempt, [job.read for job in jobs]))
    finally:
        pool.shutdown(
            wait=False, cancel_futures=True
        )  # after Ctrl-C nobody waits for the slowest app


def build(
    jobs: Sequence[Job], documents: Sequence[Document | CommandError], templates: Path | None = None
) -> list[Built]:
    """Make the modules of documents that were read.

    Args:
        jobs: The jobs.
        documents: What `read_all` returned for them.
        templates: A directory of templates searched before our own.

    Returns:
        What became of each job, in order. Modules that would be written to one place are errors,
        all but the first.
    """
    planned = _without_clashes(
        [_plan(job, document) for job, document in zip(jobs, documents, strict=True)]
    )
    texts = iter(_render([built for built in planned if built.error is None], templates))
    return [built if built.error is not None else _finish(built, next(texts)) for built in planned]


def _plan(job: Job, document: Document | CommandError) -> Built:
    if isinstance(document, CommandError):
        return Built(job, error=document)
    result = _attempt(lambda: _planned(job, document))
    return Built(job, error=result) if isinstance(result, CommandError) else result


def _planned(job: Job, document: Document) -> Built:
    from gradio_codegen.app_schema import schema  # noqa: PLC0415 - commands that generate nothing do not pay for it
    from gradio_codegen.code import naming  # noqa: PLC0415 - commands that generate nothing do not pay for it
    from gradio_codegen.plan import plan  # noqa: PLC0415 - commands that generate nothing do not pay for it

    app, warnings = schema.parse(document)
    module, more = plan.make(app, job.options)
    name = module.name if job.file is None else naming.module_name("", job.file)
    path = job.target if job.target.suffix == ".py" else job.target / f"{name}.py"
    return Built(job, schema.normalise(document), app, module, path, warnings=(*warnings, *more))


def _without_clashes(planned: Sequence[Built]) -> list[Built]:
    seen: dict[str, str] = {}
    result: list[Built] = []
    for built in planned:
        if built.path is not None:
            first = seen.setdefault(str(built.path).casefold(), built.job.source)
            if first != built.job.source:
                message = f"{built.job.source}: would be written to {built.path}, and so would {first}; generate it with an -o of its own"
                result.append(replace(built, module=None, path=None, error=CommandError(message)))
                continue
        result.append(built)
    return result


def _render(good: Sequence[Built], templates: Path | None) -> list[str | CommandError]:
    """Render all in as few processes as possible; when one fails, halve until it stands alone."""
    if not good:
        return []
    from gradio_codegen.render.render import render  # noqa: PLC0415 - Jinja and ruff are not needed by commands that find everything fresh

    texts = _attempt(
        lambda: render([built.module for built in good if built.module is not None], templates)
    )
    if not isinstance(texts, CommandError):
        return list(texts)
    if len(good) == 1:
        return [texts]
    middle = len(good) // 2
    return [*_render(good[:middle], templates), *_render(good[middle:], templates)]


def _finish(built: Built, text: str | CommandError) -> Built:
    if isinstance(text, CommandError):
        return replace(built, module=None, path=None, error=text)
    return replace(built, text=text)


def _attempt(action: Callable[[], Any]) -> Any:
    try:
        return action()
    except CommandError as error:
        return error
    except Exception as error:  # noqa: BLE001 - the other sources have to go on, and the user wants a sentence
        return CommandError(fault(error))
