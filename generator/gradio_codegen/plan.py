"""The intermediate form: everything that a template needs, already decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gradio_codegen.diagnostics import Diagnostic
from gradio_codegen.schema import App

__all__ = ["Counts", "Module", "PlanOptions", "make"]


@dataclass(frozen=True)
class PlanOptions:
    """What a user may choose about a generated module.

    Attributes:
        class_name: The name of the app's class; None derives it from the title.
        mode: Which of the two worlds to generate.
        include: Patterns (as in `fnmatch`) of endpoints to keep, with their slash; all if empty.
        exclude: Patterns of endpoints to leave out.
        source: How to name the source in the header; None takes the document's origin.
        runtime: The module that generated code imports the runtime from: `gradio_session`, or a vendored copy (`._runtime`).
    """

    class_name: str | None = None
    mode: Literal["both", "sync", "async"] = "both"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    source: str | None = None
    runtime: str = "gradio_session"


@dataclass(frozen=True)
class Counts:
    """What a module holds: endpoints, parameters, results; of the latter two, how many the app says may be anything, and how many we failed to type."""

    endpoints: int
    parameters: int
    results: int
    any_declared: int
    any_unknown: int


@dataclass(frozen=True)
class Module:
    """A generated module before it is text.

    Attributes:
        name: What to call its file, without `.py`.
        class_name: The name of the app's class (the asynchronous one has `Async` in front).
        counts: What it holds.
    """

    name: str
    class_name: str
    counts: Counts


def make(app: App, options: PlanOptions) -> tuple[Module, list[Diagnostic]]:
    """Decide everything about the module of an app.

    Args:
        app: What the app promises.
        options: What the user chose.

    Returns:
        The module, and the warnings that the user should see.

    Raises:
        CommandError: A class name that is no Python name.
    """
    raise NotImplementedError
