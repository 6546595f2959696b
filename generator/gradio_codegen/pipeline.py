"""From sources to the text of modules: read, parse, plan, render.

Many sources are read at once, and a source that fails does not stop the others.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace
from pathlib import PurePath
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from gradio_codegen.base.diagnostics import CommandError, Diagnostic, internal_error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gradio_codegen.app_schema.schema import App
    from gradio_codegen.plan.model import CommandLine, Module, PlanOptions
    from gradio_codegen.source.document import Document

__all__ = ["Built", "Job", "beside", "build", "read_all"]

AnyPath = TypeVar("AnyPath", bound=PurePath)
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
        app: The app; None if it could not be read.
        module: The planned module; None if there was an error.
        path: Where the module goes; None if there was an error.
        text: Its text; empty if there was an error.
        command_line: The text of the command line beside it, if there is to be one.
        warnings: What the user should know.
        error: Why there is no module, or None.
    """

    job: Job
    app: App | None = None
    module: Module | None = None
    path: Path | None = None
    text: str = ""
    command_line: str | None = None
    warnings: tuple[Diagnostic, ...] = ()
    error: CommandError | None = None

    @property
    def files(self) -> dict[Path, str]:
        """What is to be written: the module, and the command line beside it."""
        if self.path is None:
            return {}
        line = {} if self.command_line is None else {beside(self.path): self.command_line}
        return {self.path: self.text, **line}

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
    pages = [page for built in planned for page in _pages(built)]
    texts = iter(_render(pages, templates))
    return [_finished(built, [next(texts) for _ in _pages(built)]) for built in planned]


def beside(module: AnyPath) -> AnyPath:
    """Return where the command line of a client belongs: beside its module."""
    return module.with_name(f"{module.stem}_cli.py")


def _pages(built: Built) -> list[Module | CommandLine]:
    """What is rendered for a job: the module, and its command line."""
    if built.module is None or built.path is None:
        return []
    line = built.module.command_line
    return [built.module, *([] if line is None else [replace(line, client=built.path.stem)])]


def _plan(job: Job, document: Document | CommandError) -> Built:
    if isinstance(document, CommandError):
        return Built(job, error=document)
    result = _attempt(lambda: _planned(job, document))
    return Built(job, error=result) if isinstance(result, CommandError) else result


def _planned(job: Job, document: Document) -> Built:
    # A door: commands that find everything fresh generate nothing.
    from gradio_codegen.app_schema.schema import parse  # noqa: PLC0415
    from gradio_codegen.code.naming import module_name  # noqa: PLC0415
    from gradio_codegen.plan.plan import make  # noqa: PLC0415

    app, warnings = parse(document)
    stem = job.target.stem if job.target.suffix == ".py" else ""
    module, more = make(app, replace(job.options, module=stem))
    name = module.name if job.file is None else module_name("", job.file)
    path = job.target if job.target.suffix == ".py" else job.target / f"{name}.py"
    return Built(job, app, module, path, warnings=(*warnings, *more))


def _without_clashes(planned: Sequence[Built]) -> list[Built]:
    seen: dict[str, str] = {}
    result: list[Built] = []
    for built in planned:
        for path in _paths(built):
            first = seen.setdefault(str(path).casefold(), built.job.source)
            if first != built.job.source:
                error = CommandError(
                    f"{built.job.source}: would be written to {path}, and so would {first}; "
                    "generate it with another -o"
                )
                result.append(_failed(built, error))
                break
        else:
            result.append(built)
    return result


def _paths(built: Built) -> list[Path]:
    if built.path is None or built.module is None:
        return []
    return [built.path, *([beside(built.path)] if built.module.command_line else [])]


def _render(
    pages: Sequence[Module | CommandLine], templates: Path | None
) -> list[str | CommandError]:
    """Render all in as few processes as possible; when one fails, halve until it stands alone."""
    if not pages:
        return []
    # A door: commands that find everything fresh need neither Jinja nor ruff.
    from gradio_codegen.render.render import render  # noqa: PLC0415

    texts = _attempt(lambda: render(pages, templates))
    if not isinstance(texts, CommandError):
        return list(texts)
    if len(pages) == 1:
        return [texts]
    middle = len(pages) // 2
    return [*_render(pages[:middle], templates), *_render(pages[middle:], templates)]


def _finished(built: Built, texts: Sequence[str | CommandError]) -> Built:
    whole: list[str] = []
    for text in texts:
        if isinstance(text, CommandError):
            return _failed(built, text)
        whole.append(text)
    if not whole:
        return built
    return replace(built, text=whole[0], command_line=whole[1] if len(whole) > 1 else None)


def _failed(built: Built, error: CommandError) -> Built:
    return replace(built, module=None, path=None, error=error)


def _attempt(action: Callable[[], Result]) -> Result | CommandError:
    try:
        return action()
    except CommandError as error:
        return error
    except Exception as error:  # noqa: BLE001 - the other sources go on, and the user is told
        return internal_error(error)
