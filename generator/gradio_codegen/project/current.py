"""The project around the current directory, and sources that may be the names of its clients."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.project.config import find, load
from gradio_codegen.source.source import resolve, stands_for_itself

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradio_codegen.plan.overrides import EndpointOverride
    from gradio_codegen.project.config import ProjectConfig
    from gradio_codegen.source.options import ReadingOptions
    from gradio_codegen.source.source import Source

__all__ = ["endpoint_tables", "find_project", "project", "resolve_source"]


def find_project() -> ProjectConfig | None:
    """Return the configuration of the project around the current directory; None without one.

    Raises:
        CommandError: Its configuration cannot be used.
    """
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
            "no [tool.gradio-codegen] in a pyproject.toml here or above; "
            "add one with a client, or name a source on the command line"
        )
    if not found.clients:
        raise CommandError(
            f"{found.path}: no client is configured; "
            'add [tool.gradio-codegen.clients.NAME] with source = "https://..."'
        )
    return found


def resolve_source(written: str, options: ReadingOptions, *, undocumented: bool = False) -> Source:
    """Resolve a source that may also be the name of a configured client.

    Args:
        written: The source, or the name.
        options: How to read it; what they leave out is a client's own.
        undocumented: Whether to ask for undocumented endpoints.

    Returns:
        The source.

    Raises:
        CommandError: It is nothing that we know, an option cannot be used, or a variable is not
            set.
    """
    found = None if stands_for_itself(written) else find_project()
    client = found.clients.get(written) if found else None
    if found is None or client is None:
        known = tuple(found.clients) if found else ()
        return resolve(written, options=options, undocumented=undocumented, known=known)
    return resolve(
        client.source,
        base=found.root,
        options=options.over(client.reading),
        undocumented=undocumented or client.undocumented,
    )


def endpoint_tables(written: str) -> Mapping[str, EndpointOverride]:
    """Return the tables of endpoints of a source that is the name of a configured client.

    Args:
        written: The source, or the name.

    Returns:
        The tables by `api_name`; empty for any other source.

    Raises:
        CommandError: The configuration cannot be used.
    """
    found = None if stands_for_itself(written) else find_project()
    client = found.clients.get(written) if found else None
    return client.endpoints if client else {}
