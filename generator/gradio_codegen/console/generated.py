"""What `gradio-codegen generate` tells of its work, to people or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradio_codegen.base.text import relative_path
from gradio_codegen.console.report import client_entry
from gradio_codegen.console.say import say, say_error, say_json, say_warning
from gradio_codegen.project.vendor import DIRECTORY
from gradio_session.generator_interface import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradio_codegen.pipeline import Built
    from gradio_codegen.project.files import FileChange
    from gradio_codegen.project.generate import Generated, Request

__all__ = ["exit_code", "file_line", "summary_line", "tell_json", "tell_people"]

_MOST_UNCHANGED = 5
_LARGE = 150
"""A module of more endpoints than this is worth a hint."""
_DONE = {
    "create": "created",
    "update": "updated",
    "unchanged": "unchanged",
    "remove": "removed",
    "gone": "gone already",
    "refuse": "refused",
}
_TO_DO = {
    **_DONE,
    "create": "would create",
    "update": "would update",
    "remove": "would remove",
    "refuse": "would refuse",
}


def tell_json(generated: Generated) -> None:
    """Print the JSON report."""
    refused = {c.path: f"{c.path}: {c.why}" for c in generated.changes if c.action == "refuse"}
    entries = [client_entry(built) for built in generated.built]
    for entry, built in zip(entries, generated.built, strict=True):
        if entry["error"] is None and generated.failed is not None:
            entry["error"] = generated.failed.message
        elif entry["error"] is None and built.path is not None:
            entry["error"] = refused.get(built.path)
    say_json({"clients": entries})


def tell_people(request: Request, generated: Generated) -> None:
    """Print warnings, errors, what was done to files, and one line that sums it all up."""
    for built in generated.built:
        _tell_source(request, built, alone=len(generated.built) == 1)
    if generated.failed is not None:
        say_error(generated.failed.message)
    else:
        _tell_files(request, generated.changes)
    if any(built.module for built in generated.built):
        say(summary_line(generated.built))
    _hint_at_size(generated.built)


def exit_code(request: Request, generated: Generated) -> int:
    """Return what the command ends with: 2 for errors, 1 for refused files or warnings, else 0."""
    errors = [generated.failed, *(built.error for built in generated.built)]
    codes = [error.exit_code for error in errors if error is not None]
    if codes:
        return max(codes)
    refused = any(change.action == "refuse" for change in generated.changes)
    warned = request.fail_on_warnings and any(built.warnings for built in generated.built)
    return 1 if refused or warned else 0


def _tell_source(request: Request, built: Built, *, alone: bool) -> None:
    source = built.job.client or built.job.source
    for warning in built.warnings:
        named = alone or warning.where.startswith(source)
        place = warning.where if named else f"{source}: {warning.where}"
        advice = f"; {warning.advice}" if warning.advice else ""
        say_warning(f"{place}: {warning.what}{advice}")
    if built.message is not None:
        say_error(built.message)
    elif request.fail_on_warnings and built.warnings:
        say_error(f"{source}: not written, because it has warnings (--fail-on-warnings)")


def _hint_at_size(built: Sequence[Built]) -> None:
    whole = [
        (b.module.counts.endpoints, b) for b in built if b.module and not b.job.options.include
    ]
    endpoints, largest = max(whole, key=lambda found: found[0], default=(0, None))
    if largest is not None and endpoints > _LARGE:
        say(
            f"hint: {largest.job.client or largest.job.source} has {endpoints} endpoints; "
            "--include GLOB keeps those that you need, and the module small"
        )


def _tell_files(request: Request, changes: Sequence[FileChange]) -> None:
    for change in changes:
        if change.action == "refuse":
            say_error(f"{relative_path(change.path)}: {change.why}")
    done = [
        change
        for change in changes
        if change.action not in ("refuse", "unchanged") and DIRECTORY not in change.path.parts
    ]
    same = [c for c in changes if c.action == "unchanged" and c.path.suffix == ".py"]
    for change in done or same[:_MOST_UNCHANGED]:
        say(file_line(change, dry_run=request.dry_run))


def file_line(change: FileChange, *, dry_run: bool = False) -> str:
    """Say what happened, or would happen, to one file."""
    line = f"{(_TO_DO if dry_run else _DONE)[change.action]} {relative_path(change.path)}"
    return f"{line}: {change.why}" if change.why else line


def summary_line(built: Sequence[Built]) -> str:
    """Sum up what was generated in one line.

    It counts endpoints, parameters, results and warnings, and the parameters and results of which
    the app does not say what they are.
    """
    counts = [b.module.counts for b in built if b.module is not None]
    warnings = sum(len(b.warnings) for b in built if b.module is not None)
    untyped = sum(c.any_declared for c in counts)
    parts = [
        plural(sum(c.endpoints for c in counts), "endpoint"),
        plural(sum(c.parameters for c in counts), "parameter"),
        plural(sum(c.results for c in counts), "result")
        + (f" ({untyped} untyped by the app)" if untyped else ""),
        plural(warnings, "warning"),
    ]
    return ", ".join(parts)
