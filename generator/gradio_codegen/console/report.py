"""What commands tell people and machines: lines for the terminal, and the JSON report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradio_codegen.compare.compare import Change
    from gradio_codegen.pipeline import Built
    from gradio_codegen.project.freshness import Finding
    from gradio_codegen.project.publish import FileChange

__all__ = [
    "account",
    "change_entry",
    "client_entry",
    "count",
    "fault",
    "file_line",
    "finding_entry",
    "for_terminal",
    "near",
    "printable",
]

_DONE = {
    "create": "created",
    "update": "updated",
    "unchanged": "unchanged",
    "remove": "removed",
    "gone": "gone already",
    "refuse": "refused",
}
_TO_DO = {
    "create": "would create",
    "update": "would update",
    "unchanged": "unchanged",
    "remove": "would remove",
    "gone": "gone already",
    "refuse": "would refuse",
}


def printable(text: str) -> str:
    """Make text that may come from an app fit for a terminal: no control, escape or bidi characters, on one line."""
    return "".join(
        character
        if character.isprintable()
        else " "
        if character.isspace()
        else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )


def for_terminal(text: str) -> str:
    """Make text of several lines fit for a terminal: no control, escape or bidi characters but line feeds and tabs."""
    return "".join(
        character if character.isprintable() or character in "\n\t" else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )


def count(number: int, noun: str) -> str:
    """Write a number of things: "1 endpoint", "2 endpoints"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def client_entry(built: Built) -> dict[str, Any]:
    """Describe what became of one source, for the JSON report of `generate`."""
    counts = built.module.counts if built.module is not None else None
    return {
        "source": built.job.source,
        "module": None if built.path is None else str(built.path),
        "class": None if built.module is None else built.module.class_name,
        "endpoints": counts.endpoints if counts else 0,
        "parameters": counts.parameters if counts else 0,
        "results": counts.results if counts else 0,
        "any_declared": counts.any_declared if counts else 0,
        "any_unknown": counts.any_unknown if counts else 0,
        "warnings": [{"where": warning.where, "what": warning.what} for warning in built.warnings],
        "error": None if built.error is None else built.error.message,
    }


def fault(error: Exception) -> str:
    """Write a fault of our own as one message: what it was and where in our code."""
    import traceback  # noqa: PLC0415 - a rare thing

    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{frame.filename.replace(chr(92), '/').rpartition('/')[2]}, line {frame.lineno}"
    return f"a fault in gradio-codegen itself: {type(error).__name__}: {error} ({place}); please report it, with the app's /info if you can"


def account(built: Sequence[Built]) -> str:
    """Sum up what was generated in one line: how many endpoints, parameters, results, and the share of them typed exactly."""
    counts = [b.module.counts for b in built if b.module is not None]
    parameters, results = sum(c.parameters for c in counts), sum(c.results for c in counts)
    warnings = sum(len(b.warnings) for b in built if b.module is not None)
    parts = [
        count(sum(c.endpoints for c in counts), "endpoint"),
        count(parameters, "parameter"),
        count(results, "result"),
    ]
    loose = sum(c.any_declared + c.any_unknown for c in counts)
    if parameters + results:
        share = 1 - loose / (parameters + results)
        parts.append(
            f"{'100' if not loose else f'{min(share, 0.999):.1%}'.rstrip('%')} % typed exactly"
        )
    return ", ".join([*parts, count(warnings, "warning")])


def near(path: Path) -> Path:
    """The path as people want to read it: relative where it lies below the current directory."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path


def file_line(change: FileChange, *, dry_run: bool = False) -> str:
    """Say what happened, or would happen, to one file."""
    line = f"{(_TO_DO if dry_run else _DONE)[change.action]} {near(change.path)}"
    return f"{line}: {change.why}" if change.why else line


def change_entry(change: Change) -> dict[str, str]:
    """Describe one change of an app, for machines."""
    return {"severity": change.severity.value, "where": change.where, "what": change.what}


def finding_entry(finding: Finding) -> dict[str, Any]:
    """Describe what `check` found about one client, for machines."""
    return {
        "client": finding.client,
        "state": finding.state,
        "reasons": list(finding.reasons),
        "changes": [change_entry(change) for change in finding.changes],
    }
