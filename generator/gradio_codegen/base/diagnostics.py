"""Errors and warnings as values: level, place, advice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CommandError", "Diagnostic", "Level", "internal_error", "merged"]


class Level(Enum):
    """What a diagnostic means for what comes out."""

    # The module is generated, but something in it is left out or less exact than it could be.
    WARNING = "warning"
    # Nothing is generated for this source.
    ERROR = "error"


@dataclass(frozen=True)
class Diagnostic:
    """Something to tell the user about one place.

    Attributes:
        level: What it means for what comes out.
        where: The place: a source, an endpoint, `"/generate, parameter steps"`, a JSON path.
        what: What is the matter, a sentence without a full stop.
        advice: What to do about it, or an empty string.
    """

    level: Level
    where: str
    what: str
    advice: str = ""

    def __str__(self) -> str:
        advice = f"; {self.advice}" if self.advice else ""
        return f"{self.level.value}: {self.where}: {self.what}{advice}"


def merged(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Put what is said of several places in the same words into one, with a count."""
    places: dict[tuple[Level, str, str], list[str]] = {}
    for each in diagnostics:
        places.setdefault((each.level, each.what, each.advice), []).append(each.where)
    return [
        Diagnostic(level, where[0] + _more(len(where) - 1), what, advice)
        for (level, what, advice), where in places.items()
    ]


def _more(count: int) -> str:
    return f" and {count} more {'place' if count == 1 else 'places'}" if count else ""


class CommandError(Exception):
    """Ends the work on one source, or a command, with one message for the user.

    Attributes:
        message: What happened, where, and what to do next.
        exit_code: What the command ends with: 1 not as wanted, 2 could not be done.
    """

    def __init__(self, message: str, exit_code: int = 2) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code


def internal_error(error: Exception) -> CommandError:
    """Make one message of an error that is a fault of gradio-codegen: what and where it was."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = ""
    if trace is not None:
        file = trace.tb_frame.f_code.co_filename.replace("\\", "/").rpartition("/")[2]
        place = f" ({file}, line {trace.tb_lineno})"
    return CommandError(
        f"a fault in gradio-codegen itself: {type(error).__name__}: {error}{place}; "
        "please report it, with the app's /info if you can"
    )
