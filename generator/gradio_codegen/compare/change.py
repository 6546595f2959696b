"""One change between two readings of an app, and what it does to a caller's code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Change", "Severity", "breaking", "compatible", "cosmetic"]


class Severity(Enum):
    """What a change does to a caller's code, worst first."""

    BREAKING = "breaking"  # code that was fine no longer checks, or would do something else
    COMPATIBLE = "compatible"  # code that was fine stays fine
    COSMETIC = "cosmetic"  # only wording changed


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes:
        severity: What it does to callers.
        where: The endpoint, or the name in the module.
        what: What changed, as a person would say it.
    """

    severity: Severity
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.severity.value}: `{self.where}`: {self.what}"


def breaking(where: str, what: str) -> Change:
    """Make a change after which code that was fine no longer checks, or does something else."""
    return Change(Severity.BREAKING, where, what)


def compatible(where: str, what: str) -> Change:
    """Make a change after which code that was fine stays fine."""
    return Change(Severity.COMPATIBLE, where, what)


def cosmetic(where: str, what: str) -> Change:
    """Make a change of wording alone."""
    return Change(Severity.COSMETIC, where, what)
