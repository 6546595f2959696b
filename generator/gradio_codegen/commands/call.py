"""`gradio-codegen call`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradio_codegen.app_schema.schema import parse
from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.variables import expand
from gradio_codegen.commands.options import (
    complete_client,
    examples,
    options_of,
    reading_options,
)
from gradio_codegen.console.call import run
from gradio_codegen.console.call_names import find_target
from gradio_codegen.console.call_values import read_chunks, values_of
from gradio_codegen.project.current import endpoint_tables, resolve_source
from gradio_codegen.source.options import DEFAULT_TIMEOUT
from gradio_codegen.source.reading import read
from gradio_session.generator_interface import Printer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradio_codegen.app_schema.schema import App
    from gradio_codegen.plan.overrides import EndpointOverride
    from gradio_codegen.source.options import ReadingOptions
    from gradio_codegen.source.source import Source

_COMPLETION_TIMEOUT = 3.0


def _complete_endpoint(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Complete an endpoint's name by asking the app."""
    app, tables = _app_for_completion(context)
    names = [endpoint.api_name for endpoint in app.endpoints] if app else []
    if not incomplete.startswith("/"):
        chosen = {name: table.name for name, table in tables.items()}
        names = [chosen.get(name) or name.removeprefix("/") for name in names]
    return [name for name in names if name.startswith(incomplete)]


def _complete_parameter(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Complete `NAME=`, and the choices after it."""
    app, tables = _app_for_completion(context)
    if app is None:
        return []
    try:
        target = find_target(app, context.params["endpoint"], tables)
    except CommandError:
        return []
    word, equals, _ = incomplete.partition("=")
    if equals:
        name = target.name_of(word)
        values = [] if name is None else values_of(target.parameters[name])
        return [f"{word}={value}" for value in values if f"{word}={value}".startswith(incomplete)]
    return [f"{name}=" for name in target.parameters if name.startswith(incomplete)]


def _app_for_completion(
    context: click.Context,
) -> tuple[App | None, Mapping[str, EndpointOverride]]:
    """The app and its client's tables of endpoints; None for what cannot be asked quickly."""
    written = context.params["source"]
    try:
        source = resolve_source(written, options_of(context.params))
        if source.kind in ("app", "stdin"):
            return None, {}
        quick = replace(source.options, timeout=_COMPLETION_TIMEOUT, wait=None)
        app, _ = parse(read(replace(source, options=quick)).required())
        return app, endpoint_tables(written)
    except (CommandError, click.UsageError):
        return None, {}


@click.command(
    epilog=examples(
        'gradio-codegen call http://127.0.0.1:7860 generate prompt="a cat" steps=10',
        "gradio-codegen call lab describe image=@cat.png --json",
        "cat notes.txt | gradio-codegen call lab summarise text=- --stream",
        "gradio-codegen call lab transcribe --stream --stream-input parts/*.wav",
    )
)
@click.argument("source", shell_complete=complete_client)
@click.argument("endpoint", shell_complete=_complete_endpoint)
@click.argument(
    "parameters", nargs=-1, metavar="[PARAM=VALUE]...", shell_complete=_complete_parameter
)
@reading_options(timeout="Cancel the call after that long.")
@click.option(
    "--oauth-token",
    metavar="TOKEN",
    help="Your Hugging Face token, for an endpoint whose code asks for it. ${VARIABLES} stand for "
    "values from the environment.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object by the results' names."
)
@click.option("--stream", is_flag=True, help="Print every output as it comes, one on each line.")
@click.option(
    "--stream-input",
    metavar="FILE...",
    help="Send these files, - for standard input, one after the other to an endpoint that takes a "
    "stream.",
)
@click.option(
    "--download",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Save files of the result here and print their paths.",
)
def call(
    source: str,
    endpoint: str,
    parameters: tuple[str, ...],
    *,
    reading: ReadingOptions,
    oauth_token: str | None,
    as_json: bool,
    stream: bool,
    stream_input: str | None,
    download: Path | None,
) -> None:
    """Run one call of a running app.

    SOURCE is a URL, a Space id or the name of a configured client. ENDPOINT and PARAM are the names
    that `inspect` shows, or the app's own.

    A value is read by its parameter's type: text as it stands, @file or a URL for a file, JSON for
    structures. `-` reads standard input. A name given several times makes a list.

    The result goes to standard output, everything else to standard error. Exit code 1: the app
    refused or failed; 2: wrong usage, or the app could not be reached. Ctrl-C cancels the call on
    the server.
    """
    timeout = reading.timeout
    if timeout is not None:
        reading = replace(reading, timeout=max(timeout, DEFAULT_TIMEOUT))
    found = resolve_source(source, reading, undocumented=True)
    _require_running(found)
    app, _ = parse(read(found).required())
    target = find_target(app, endpoint, endpoint_tables(source))
    chunks = read_chunks(target, parameters, stream_input, sys.stdin.buffer.read)
    printer = Printer(target.results, as_json=as_json, saved=download is not None)
    oauth = None if oauth_token is None else expand(oauth_token, "--oauth-token")
    run(
        found,
        target,
        chunks,
        printer,
        stream=stream,
        download=download,
        timeout=timeout,
        oauth_token=oauth,
    )


def _require_running(source: Source) -> None:
    if source.kind not in ("url", "space"):
        raise CommandError(
            f"{source.shown}: a call needs an app that runs; start it and give its URL"
        )
