"""`gradio-codegen inspect`."""

from __future__ import annotations

from pathlib import Path

import click

from gradio_codegen.commands.common import (
    complete_client,
    examples,
    resolve_source,
    say,
    say_error,
    say_json,
    say_warning,
    source_options,
)


@click.command(
    short_help="Show the endpoints of an app.",
    epilog=examples(
        "gradio-codegen inspect http://127.0.0.1:7860",
        "gradio-codegen inspect app.py:demo '/generate*'",
        "gradio-codegen inspect saved.json --json | jq -r '.endpoints[].endpoint'",
    ),
)
@click.argument("source", shell_complete=complete_client)
@click.argument("glob", required=False)
@click.option(
    "--undocumented", is_flag=True, help="Ask the app for its undocumented endpoints too."
)
@source_options
@click.option("--json", "as_json", is_flag=True, help="Print the endpoints as JSON.")
def inspect(
    source: str,
    glob: str | None,
    token: str | None,
    auth: str | None,
    *,
    undocumented: bool,
    as_json: bool,
) -> None:
    """Show the endpoints of an app: how each is called on a client, what it returns, whether it streams, and what the generator would warn about.

    GLOB shows only the endpoints whose name matches, for example '/generate*'.
    """
    from gradio_codegen.base.suggest import did_you_mean  # noqa: PLC0415
    from gradio_codegen.console import endpoints as inspect_app  # noqa: PLC0415 - `--help` needs none of the stages
    from gradio_codegen.pipeline import Job, build, read_all  # noqa: PLC0415
    from gradio_codegen.plan.plan import PlanOptions  # noqa: PLC0415
    from gradio_codegen.source.source import read, without_secrets  # noqa: PLC0415

    found = resolve_source(source, token, auth, undocumented=undocumented)
    jobs = [
        Job(
            without_secrets(source),
            lambda: read(found).required(),
            PlanOptions(mode="sync"),
            Path("client.py"),
        )
    ]
    built = build(jobs, read_all(jobs))[0]
    if built.error is not None:
        raise built.error
    views = inspect_app.describe(built, glob)
    if glob is not None and not views and built.app is not None:
        names = [endpoint.api_name for endpoint in built.app.endpoints]
        say_error(
            f"no endpoint matches {glob!r}"
            + did_you_mean("/" + glob.lstrip("/"), names, otherwise=f"; the app has {len(names)}")
        )
        raise SystemExit(1)
    if as_json:
        say_json(inspect_app.as_json(built, views))
        return
    from rich.console import Console  # noqa: PLC0415

    console = Console()
    if console.is_terminal:
        inspect_app.print_table(built, views, console)
    else:
        inspect_app.print_plain(views, console)
    for warning in built.warnings:
        if not warning.where.startswith("/"):
            say_warning(f"{warning.where}: {warning.what}")
    if not views:
        say("no endpoints")
