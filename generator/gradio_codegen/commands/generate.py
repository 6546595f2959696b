"""`gradio-codegen generate`."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from gradio_codegen.commands.options import complete_client, examples, reading_options
from gradio_codegen.console.generated import exit_code, tell_json, tell_people
from gradio_codegen.plan.model import Mode
from gradio_codegen.project import generate as project_generate
from gradio_codegen.project.generate import Request

if TYPE_CHECKING:
    from collections.abc import Generator


@click.command(
    epilog=examples(
        "gradio-codegen generate http://127.0.0.1:7860 -o clients/lab.py",
        "gradio-codegen generate examples/lab.py:demo -o clients/",
        "gradio-codegen generate              # every client of pyproject.toml",
        "gradio-codegen generate lab --locked # from the lock, without the network",
    )
)
@click.argument("sources", nargs=-1, metavar="[SOURCE|NAME]...", shell_complete=complete_client)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A module (clients/lab.py) or a directory; here if left out.",
)
@click.option(
    "--class-name",
    metavar="NAME",
    help="Name of the client's class; made from the app's title if left out.",
)
@click.option("--mode", type=click.Choice(get_args(Mode)), help="Which classes to generate (both).")
@click.option(
    "--include",
    multiple=True,
    metavar="GLOB",
    help="Only endpoints whose name matches, for example '/generate*'. Repeatable.",
)
@click.option(
    "--exclude",
    multiple=True,
    metavar="GLOB",
    help="Leave out endpoints whose name matches. Repeatable.",
)
@click.option(
    "--undocumented", is_flag=True, help="Ask the app for its undocumented endpoints, too."
)
@click.option("--cli", is_flag=True, help="Write a command line of the app beside its module, too.")
@reading_options()
@click.option(
    "--templates",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Use these templates instead of the built-in ones.",
)
@click.option(
    "--vendor", is_flag=True, help="Put a private copy of the runtime beside the clients."
)
@click.option(
    "--locked",
    is_flag=True,
    help="Generate configured clients from the lock, without the network.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@click.option(
    "--force", is_flag=True, help="Replace files that were edited, or that something else wrote."
)
@click.option(
    "--fail-on-warnings",
    is_flag=True,
    help="Write no module that has warnings, and end with exit code 1.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one report as JSON.")
def generate(**options: Any) -> None:
    """Generate typed clients of Gradio apps.

    SOURCE is a URL, a Space id, a saved /info (`-` for standard input), or an app in Python code:
    module:attribute or path/app.py:demo (imported, not launched). NAME is a client configured in
    pyproject.toml. Without any, all configured clients are generated.
    """
    request = Request(**options)
    selection = project_generate.select(request)
    if request.locked and selection.singles:
        raise click.UsageError(
            f"--locked regenerates configured clients; {selection.singles[0]!r} is none"
        )
    if request.class_name and len(selection.clients) + len(selection.singles) > 1:
        raise click.UsageError(
            "--class-name names one class, but several clients are to be generated"
        )
    with _uncollected():
        generated = project_generate.generate(request, selection)
    if request.as_json:
        tell_json(generated)
    else:
        tell_people(request, generated)
    raise SystemExit(exit_code(request, generated))


@contextmanager
def _uncollected() -> Generator[None]:
    """Generate without garbage collection.

    What is imported and planned stays, and looking through it again and again takes a fifth of the
    CPU time for 743 endpoints (2.6 s, 2.0 s without), a twentieth for ten.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            # Together these two forget how much is new, all of which `enable` would look through.
            gc.freeze()
            gc.unfreeze()
            gc.enable()
