"""What the commands share: options of sources, completion of clients, examples in help texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.project.current import find_project

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["complete_client", "examples", "source_options"]

Command = TypeVar("Command", bound="Callable[..., Any]")


def examples(*lines: str) -> str:
    """Make the end of a help text out of example commands."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def source_options(command: Command) -> Command:
    """Add the options that say how to read an app."""
    command = click.option(
        "--auth",
        metavar="USER:PASSWORD",
        help="Log in to the app; ${VARIABLES} are read from the environment.",
    )(command)
    return click.option(
        "--token",
        metavar="TOKEN",
        help="Read the app with this token; ${VARIABLES} are read from the environment.",
    )(command)


def complete_client(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Complete the name of a configured client."""
    try:
        found = find_project()
    except CommandError:
        return []
    return [name for name in found.clients if name.startswith(incomplete)] if found else []
