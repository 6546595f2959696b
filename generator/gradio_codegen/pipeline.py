"""From sources to the text of modules: read, parse, plan, render.

Many sources are read at once, and a source that fails does not stop the others.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from gradio_codegen.base.diagnostics import CommandError, Diagnostic, internal_error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gradio_codegen.app_schema.schema import App
    from gradio_codegen.plan.model import Module, PlanOptions
    from gradio_codegen.source.document import Document

__all__ = ["Built", "Job", "build", "read_all"]

Result = TypeVar("Result")

_READERS = 8


@dataclass(frozen=True)
class Job:
    """One module to make.

    Attributes:
        source: The source as it may be shown.
        read: Reads the app; raises `CommandError`.
        options: What the user chose about the module.
        target: The module to write, or a directory in which it is named after its app.
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

    @property
    def message(self) -> str | None:
        """Why there is no module, with the source that it is about; None if there is one."""
        if self.error is None:
            return None
        source, message = self.job.source, self.error.message
        return message if source in message else f"{source}: {message}"


def read_all(jobs: Sequence[Job]) -> list[Document | CommandError]:
    """Read every job's app, several at a time.

    Args:
        jobs: The jobs.

    Returns:
        What was read, or why it was not, in the order of the jobs.
    """
    if len(jobs) == 1:
        return [_attempt(jobs[0].read)]
    waiting = deque(enumerate(jobs))
    finished: SimpleQueue[tuple[int, Document | CommandError]] = SimpleQueue()

    def work() -> None:
        while waiting:
            try:
                number, job = waiting.popleft()
            except IndexError:  # another thread took the last
                return
            finished.put((number, _attempt(job.read)))

    # Daemons, because a process that Ctrl-C ends must not wait for the slowest app.
    for _ in range(min(_READERS, len(jobs))):
        threading.Thread(target=work, daemon=True).start()
    try:
        found = dict(finished.get() for _ in jobs)
    finally:
        waiting.clear()
    return [found[number] for number in range(len(jobs))]


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
    texts = iter(_render([b.module for b in planned if b.module is not None], templates))
    return [built if built.module is None else _finish(built, next(texts)) for built in planned]


def _plan(job: Job, document: Document | CommandError) -> Built:
    if isinstance(document, CommandError):
        return Built(job, error=document)
    result = _attempt(lambda: _planned(job, document))
    return Built(job, error=result) if isinstance(result, CommandError) else result


def _planned(job: Job, document: Document) -> Built:
    # A door: commands that find everything fresh generate nothing.
    from gradio_codegen.app_schema.normalise import normalise  # noqa: PLC0415
    from gradio_codegen.app_schema.schema import parse  # noqa: PLC0415
    from gradio_codegen.code.naming import module_name  # noqa: PLC0415
    from gradio_codegen.plan.plan import make  # noqa: PLC0415

    app, warnings = parse(document)
    stem = job.target.stem if job.target.suffix == ".py" else ""
    module, more = make(app, replace(job.options, module=stem))
    name = module.name if job.file is None else module_name("", job.file)
    path = job.target if job.target.suffix == ".py" else job.target / f"{name}.py"
    return Built(job, normalise(document), app, module, path, warnings=(*warnings, *more))


def _without_clashes(planned: Sequence[Built]) -> list[Built]:
    seen: dict[str, str] = {}
    result: list[Built] = []
    for built in planned:
        if built.path is not None:
            first = seen.setdefault(str(built.path).casefold(), built.job.source)
            if first != built.job.source:
                error = CommandError(
                    f"{built.job.source}: would be written to {built.path}, and so would {first}; "
                    "generate it with another -o"
                )
                result.append(_failed(built, error))
                continue
        result.append(built)
    return result


def _render(modules: Sequence[Module], templates: Path | None) -> list[str | CommandError]:
    """Render all in as few processes as possible; when one fails, halve until it stands alone."""
    if not modules:
        return []
    # A door: commands that find everything fresh need neither Jinja nor ruff.
    from gradio_codegen.render.render import render  # noqa: PLC0415

    texts = _attempt(lambda: render(modules, templates))
    if not isinstance(texts, CommandError):
        return list(texts)
    if len(modules) == 1:
        return [texts]
    middle = len(modules) // 2
    return [*_render(modules[:middle], templates), *_render(modules[middle:], templates)]


def _finish(built: Built, text: str | CommandError) -> Built:
    return _failed(built, text) if isinstance(text, CommandError) else replace(built, text=text)


def _failed(built: Built, error: CommandError) -> Built:
    return replace(built, module=None, path=None, error=error)


def _attempt(action: Callable[[], Result]) -> Result | CommandError:
    try:
        return action()
    except CommandError as error:
        return error
    except Exception as error:  # noqa: BLE001 - the other sources go on, and the user is told
        return internal_error(error)
