"""Lines on the terminal: for people, for machines, warnings, errors, changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from gradio_codegen.base.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradio_codegen.compare.change import Change

__all__ = ["say", "say_changes", "say_error", "say_json", "say_progress", "say_warning"]

_COLOURS = {"breaking": "red", "compatible": "green", "cosmetic": "cyan"}


def say(line: str) -> None:
    """Print a line for people."""
    click.echo(printable(line))


def say_json(value: object) -> None:
    """Print JSON for machines."""
    click.echo(json.dumps(value, indent=2))


def say_progress(line: str) -> None:
    """Print a line about what is being waited for on standard error."""
    click.echo(printable(line), err=True)


def say_warning(text: str) -> None:
    """Print a warning on standard error."""
    _complain("warning", "yellow", text)


def say_error(text: str) -> None:
    """Print an error on standard error."""
    _complain("error", "red", text)


def _complain(level: str, colour: str, text: str) -> None:
    click.echo(f"{click.style(level, fg=colour, bold=True)}: {printable(text)}", err=True)


def say_changes(changes: Iterable[Change], indent: str = "") -> None:
    """Print what changed in an app."""
    for change in changes:
        level = change.severity.value
        styled = click.style(f"{level:10}", fg=_COLOURS[level])
        click.echo(f"{indent}{styled} `{printable(change.where)}`: {printable(change.what)}")
