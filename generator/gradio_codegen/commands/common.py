"""What the commands share: finding the project, options of sources, lines for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gradio_codegen.base.diagnostics import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gradio_codegen.compare.compare import Change
    from gradio_codegen.project.config import ProjectConfig
    from gradio_codegen.source.source import Source

__all__ = [
    "complete_client",
    "examples",
    "find_project",
    "project",
    "resolve_source",
    "say",
    "say_changes",
    "say_error",
    "say_json",
    "say_warning",
    "source_options",
]

Command = TypeVar("Command", bound="Callable[..., Any]")

_COLOURS = {"breaking": "red", "compatible": "green", "cosmetic": "cyan"}


def examples(*lines: str) -> str:
    """Make the end of a help text out of example commands."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def find_project() -> ProjectConfig | None:
    """Return the configuration of the project around the current directory; None if there is none.

    Raises:
        CommandError: Its configuration cannot be used.
    """
    from gradio_codegen.project.config import find, load  # noqa: PLC0415

    path = find(Path.cwd())
    return None if path is None else load(path)


def project() -> ProjectConfig:
    """Return the configuration of the project around the current directory.

    Raises:
        CommandError: There is none, it has no client, or it cannot be used.
    """
    found = find_project()
    if found is None:
        raise CommandError(
            "no [tool.gradio-codegen] in a pyproject.toml here or above; add one with a client, or name a source on the command line"
        )
    if not found.clients:
        raise CommandError(
            f'{found.path}: no client is configured; add [tool.gradio-codegen.clients.NAME] with source = "https://..."'
        )
    return found


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


def say(line: str) -> None:
    """Print a line for people."""
    from gradio_codegen.console.report import printable  # noqa: PLC0415

    click.echo(printable(line))


def say_json(value: object) -> None:
    """Print JSON for machines."""
    click.echo(json.dumps(value, indent=2))


def say_warning(text: str) -> None:
    """Print a warning on standard error."""
    _complain("warning", "yellow", text)


def say_error(text: str) -> None:
    """Print an error on standard error."""
    _complain("error", "red", text)


def _complain(level: str, colour: str, text: str) -> None:
    from gradio_codegen.console.report import printable  # noqa: PLC0415

    click.echo(f"{click.style(level, fg=colour, bold=True)}: {printable(text)}", err=True)


def say_changes(changes: Iterable[Change], indent: str = "") -> None:
    """Print what changed in an app."""
    from gradio_codegen.console.report import printable  # noqa: PLC0415

    for change in changes:
        level = change.severity.value
        click.echo(
            f"{indent}{click.style(f'{level:10}', fg=_COLOURS[level])} `{printable(change.where)}`: {printable(change.what)}"
        )


def resolve_source(
    written: str, token: str | None, auth: str | None, *, undocumented: bool = False
) -> Source:
    """Resolve a source that may also be the name of a configured client.

    Args:
        written: The source, or the name.
        token: A token given on the command line; a client's own if None.
        auth: A login given on the command line; a client's own if None.
        undocumented: Whether to ask for undocumented endpoints.

    Returns:
        The source.

    Raises:
        CommandError: It is nothing that we know, or a variable is not set.
    """
    from gradio_codegen.source.source import resolve  # noqa: PLC0415

    if written == "-" or "://" in written or Path(written).is_file():
        return resolve(written, token=token, auth=auth, undocumented=undocumented)
    found = find_project()
    client = found.clients.get(written) if found else None
    if found is None or client is None:
        return resolve(
            written,
            token=token,
            auth=auth,
            undocumented=undocumented,
            known=tuple(found.clients) if found else (),
        )
    return resolve(
        client.source,
        base=found.root,
        token=token or client.token,
        auth=auth or client.auth,
        undocumented=undocumented or client.undocumented,
    )
