"""Entries of the JSON reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradio_codegen.compare.change import Change
    from gradio_codegen.pipeline import Built
    from gradio_codegen.project.freshness import Finding

__all__ = ["change_entry", "client_entry", "finding_entry"]


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
