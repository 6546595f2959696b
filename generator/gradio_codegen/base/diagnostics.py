"""Errors and warnings as values: level, place, advice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["CommandError", "Diagnostic", "Level"]


class Level(Enum):
    """What a diagnostic means for what comes out."""

    WARNING = "warning"  # the module is generated, but something in it is left out or less exact than it could be
    ERROR = "error"  # nothing is generated for this source


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
        return f"{self.level.value}: {self.where}: {self.what}" + (
            f"; {self.advice}" if self.advice else ""
        )


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
