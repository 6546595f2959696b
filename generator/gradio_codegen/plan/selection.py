"""Which endpoints a module has, and in which order."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING, Final

from gradio_codegen.base.diagnostics import Diagnostic, Level
from gradio_codegen.code.escaping import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradio_codegen.app_schema.schema import App, Endpoint
    from gradio_codegen.plan.model import PlanOptions

__all__ = ["selected"]

_LONGEST_NAME: Final = 500
_OLDEST: Final = (4, 22)
"""The first Gradio whose queue the runtime speaks with."""
_STREAMS: Final = (5,)
"""The first Gradio that takes the chunks of a stream."""
_NUMBER = re.compile(r"\d{1,6}")


def selected(app: App, options: PlanOptions) -> tuple[list[Endpoint], list[Diagnostic]]:
    """Choose the endpoints of a module.

    Args:
        app: What the app promises.
        options: What the user chose.

    Returns:
        The endpoints in the app's order, those behind the others that hardly anybody calls; and
        what is to say about the app and about what is left out.
    """
    kept: list[Endpoint] = []
    version = tuple(int(n) for n in _NUMBER.findall(app.version)[:2])
    diagnostics = _on_versions(app, version)
    for endpoint in app.endpoints:
        if (options.include and not _matches(endpoint, options.include)) or _matches(
            endpoint, options.exclude
        ):
            continue
        obstacle = _obstacle(endpoint, version)
        if obstacle:
            diagnostics.append(
                Diagnostic(
                    Level.WARNING, one_line(endpoint.api_name), f"{obstacle}; it is left out"
                )
            )
        else:
            kept.append(endpoint)
            if endpoint.namesakes > 1:
                diagnostics.append(
                    Diagnostic(
                        Level.WARNING,
                        one_line(endpoint.api_name),
                        f"{endpoint.namesakes} functions of the app have this name; "
                        "calls go to the one that /info describes",
                        "give each an api_name of its own",
                    )
                )
    if app.endpoints and not kept:
        diagnostics.append(
            Diagnostic(
                Level.WARNING,
                app.origin,
                "no endpoint is left to generate",
                "look at --include and --exclude",
            )
        )
    return sorted(kept, key=_is_aside), diagnostics


def _is_aside(endpoint: Endpoint) -> bool:
    """Tell whether hardly anybody calls an endpoint, so that it stands behind the others.

    It takes and returns nothing, or it only fills the page when that is opened.
    """
    at_load = bool(endpoint.triggers) and all(t.component == "page" for t in endpoint.triggers)
    return not endpoint.parameters and (at_load or not endpoint.results)


def _on_versions(app: App, version: tuple[int, ...]) -> list[Diagnostic]:
    """A warning where the runtime will refuse the app."""
    given = [p for endpoint in app.endpoints for p in endpoint.parameters]
    unnamed = bool(given) and not any(p.name for p in given)
    if version >= _OLDEST or (not version and not unnamed):
        return []
    named = f"Gradio {one_line(app.version, 40)}" if version else "a Gradio before 4.8"
    what = f"the app runs {named}, whose protocol gradio-session does not speak; it will refuse it"
    return [Diagnostic(Level.WARNING, app.origin, what, "upgrade the app to 4.22 or newer")]


def _obstacle(endpoint: Endpoint, version: tuple[int, ...]) -> str:
    """Why an endpoint cannot be called through a client, or an empty string."""
    if endpoint.streaming_input and version and version < _STREAMS:
        return "takes its input as a stream, for which Gradio has routes from 5 on"
    return (
        f"has a name of more than {_LONGEST_NAME} characters"
        if len(endpoint.api_name) > _LONGEST_NAME
        else ""
    )


def _matches(endpoint: Endpoint, patterns: Sequence[str]) -> bool:
    names = (endpoint.api_name, endpoint.api_name.removeprefix("/"))
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns for name in names)
