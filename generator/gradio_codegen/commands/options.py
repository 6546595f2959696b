"""What the commands share: how apps are read, completion of clients, examples in help texts."""

from __future__ import annotations

import functools
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.console.say import say_progress
from gradio_codegen.project.current import find_project
from gradio_codegen.source.options import ReadingOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["complete_client", "examples", "options_of", "reading_options"]


def examples(*lines: str) -> str:
    """Make the end of a help text out of example commands."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


class _Seconds(click.FloatRange):
    """A number of seconds, more than 0."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        seconds = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail("it is no number of seconds.", param, ctx)
        return seconds


def _pairs(separator: str, form: str) -> Callable[..., dict[str, str]]:
    """Make the reader of an option that is given as often as there are names with values."""

    def read(
        _context: click.Context, _parameter: click.Parameter, written: tuple[str, ...]
    ) -> dict[str, str]:
        pairs: dict[str, str] = {}
        for number, text in enumerate(written, 1):
            name, found, value = text.partition(separator)
            if not found or not name.strip():
                # What was written is not repeated: it may be a secret.
                raise click.BadParameter(f"write {form} (this is number {number} of them).")
            pairs[name.strip()] = value.strip()
        return pairs

    return read


def _timeout(about: str) -> Callable[..., Any]:
    return click.option("--timeout", type=_Seconds(), metavar="SECONDS", help=about)


_FILE = click.Path(exists=True, path_type=Path)
_OPTIONS: dict[str, Callable[..., Any]] = {
    "token": click.option(
        "--token",
        metavar="TOKEN",
        help="Send the app this token. Here and in the next four options, ${VARIABLES} stand for "
        "values from the environment.",
    ),
    "auth": click.option("--auth", metavar="USER:PASSWORD", help="Log in to the app."),
    "headers": click.option(
        "-H",
        "--header",
        "headers",
        multiple=True,
        metavar="'NAME: VALUE'",
        callback=_pairs(":", "'Name: value'"),
        help="Send the app this header. Repeatable.",
    ),
    "cookies": click.option(
        "--cookie",
        "cookies",
        multiple=True,
        metavar="NAME=VALUE",
        callback=_pairs("=", "name=value"),
        help="Send the app this cookie. Repeatable.",
    ),
    "proxy": click.option(
        "--proxy", metavar="URL", help="Go through this proxy instead of the environment's."
    ),
    "cacert": click.option(
        "--cacert", type=_FILE, metavar="FILE", help="Trust only the authorities in this file."
    ),
    "insecure": click.option(
        "--insecure", is_flag=True, help="Trust any certificate. This is not safe."
    ),
    "cert": click.option(
        "--cert",
        type=_FILE,
        metavar="FILE",
        help="Show this client certificate. The file holds its key, too.",
    ),
    "timeout": _timeout("Give up reading an app after that long (30; imported apps 120)."),
    "wait": click.option(
        "--wait",
        type=_Seconds(),
        metavar="SECONDS",
        help="Wait up to that long for an app that starts, or a Space that sleeps.",
    ),
}


def reading_options(*, timeout: str | None = None) -> Callable[..., Callable[..., Any]]:
    """Add the options that say how to read an app; the command takes them as one, `reading`.

    Args:
        timeout: What `--timeout` does here; None where it only bounds the reading.
    """
    options = _OPTIONS if timeout is None else {**_OPTIONS, "timeout": _timeout(timeout)}

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def run(*arguments: Any, **values: Any) -> Any:
            reading = options_of(values)
            others = {name: value for name, value in values.items() if name not in options}
            return command(*arguments, reading=reading, **others)

        decorated: Callable[..., Any] = run
        for option in reversed(options.values()):
            decorated = option(decorated)
        return decorated

    return decorate


def options_of(values: Mapping[str, Any]) -> ReadingOptions:
    """Make one of the options that say how to read an app.

    Args:
        values: What click made of them, by name, and perhaps more.

    Raises:
        UsageError: Two of them contradict each other.
    """
    given: dict[str, Any] = {name: values.get(name) for name in _OPTIONS}
    for name in ("cacert", "cert"):
        file: Path | None = given[name]
        given[name] = None if file is None else str(file.absolute())
    if given["insecure"] and given["cacert"]:
        raise click.UsageError("--cacert says whom to trust, --insecure to trust everyone.")
    given = {name: value for name, value in given.items() if value is not None}
    return ReadingOptions(**given, progress=say_progress)


def complete_client(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Complete the name of a configured client."""
    try:
        found = find_project()
    except CommandError:
        return []
    return [name for name in found.clients if name.startswith(incomplete)] if found else []
