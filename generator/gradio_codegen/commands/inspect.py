"""`gradio-codegen inspect`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from gradio_codegen.base.suggest import did_you_mean
from gradio_codegen.commands.options import complete_client, examples, reading_options
from gradio_codegen.console import endpoints
from gradio_codegen.console.say import say, say_error, say_json, say_warning
from gradio_codegen.pipeline import Job, build, read_all
from gradio_codegen.plan.model import PlanOptions
from gradio_codegen.project.current import endpoint_tables, resolve_source
from gradio_codegen.source.reading import read
from gradio_codegen.source.source import without_secrets

if TYPE_CHECKING:
    from gradio_codegen.pipeline import Built
    from gradio_codegen.source.options import ReadingOptions


@click.command(
    epilog=examples(
        "gradio-codegen inspect http://127.0.0.1:7860",
        "gradio-codegen inspect app.py:demo '/generate*'",
        "gradio-codegen inspect saved.json --json | jq -r '.endpoints[].endpoint'",
    ),
)
@click.argument("source", shell_complete=complete_client)
@click.argument("glob", required=False)
@click.option(
    "--undocumented", is_flag=True, help="Ask the app for its undocumented endpoints, too."
)
@reading_options()
@click.option("--json", "as_json", is_flag=True, help="Print the endpoints as JSON.")
def inspect(
    source: str,
    glob: str | None,
    *,
    reading: ReadingOptions,
    undocumented: bool,
    as_json: bool,
) -> None:
    """Show the endpoints of an app.

    It tells how you call each on a client, what it returns, whether it streams its outputs or takes
    a stream of inputs, and what the generator warns about. A configured client is shown with the
    names and types that you chose for it.

    GLOB shows only the endpoints whose name matches, for example '/generate*'.
    """
    found = resolve_source(source, reading, undocumented=undocumented)
    options = PlanOptions(mode="sync", endpoints=endpoint_tables(source))
    job = Job(without_secrets(source), lambda: read(found).required(), options, Path("client.py"))
    built = _built(job)
    views = endpoints.describe(built, glob)
    if glob is not None and not views and built.app is not None:
        names = [endpoint.api_name for endpoint in built.app.endpoints]
        say_error(
            f"no endpoint matches {glob!r}"
            + did_you_mean("/" + glob.lstrip("/"), names, otherwise=f"; the app has {len(names)}")
        )
        raise SystemExit(1)
    if as_json:
        say_json(endpoints.as_json(built, views))
        return
    console = Console()
    if console.is_terminal:
        endpoints.print_table(built, views, console)
    else:
        endpoints.print_plain(views, console)
    for warning in built.warnings:
        if not warning.where.startswith("/"):
            say_warning(f"{warning.where}: {warning.what}")
    if not views:
        say("no endpoints")


def _built(job: Job) -> Built:
    """Make the module; without the tables of endpoints, and with a warning, if they do not fit."""
    (document,) = read_all([job])
    (built,) = build([job], [document])
    if built.error is not None and job.options.endpoints:
        plain = replace(job, options=replace(job.options, endpoints={}))
        why = built.error
        (built,) = build([plain], [document])
        if built.error is None:
            say_warning(f"{why.message}; shown without the tables of endpoints")
    if built.error is not None:
        raise built.error
    return built
