"""`gradio-codegen sample`."""

from __future__ import annotations

import os
import runpy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.commands.options import examples
from gradio_codegen.console.say import say

_HOST = "127.0.0.1"


def sample_app() -> Path:
    """Return the file of the sample app.

    It is inside the package in a wheel, and among the examples in a source tree.
    """
    packed = Path(__file__).parents[1] / "sample" / "lab.py"
    return packed if packed.is_file() else Path(__file__).parents[3] / "examples" / "lab.py"


@click.command(
    epilog=examples(
        "gradio-codegen sample",
        "gradio-codegen sample --port 7861 --auth ada:lovelace",
    ),
)
@click.option(
    "--port", type=click.IntRange(1, 65535), default=7860, show_default=True, help="Listen here."
)
@click.option("--auth", metavar="USER:PASSWORD", help="Ask for this login.")
def sample(port: int, auth: str | None) -> None:
    """Serve the sample app of the documentation, until Ctrl-C.

    It needs Gradio: pip install 'gradio-codegen[sample]'. Only programs on this machine reach it.
    """
    user, colon, password = (auth or "").partition(":")
    if auth is not None and not (user and colon and password):
        raise click.BadParameter("give USER:PASSWORD", param_hint="--auth")
    if find_spec("gradio") is None:
        raise CommandError(
            "the sample app needs Gradio: pip install 'gradio-codegen[sample]', and try again"
        )
    click.echo("Starting Image Lab: this takes some seconds.", err=True)
    demo = _load()
    try:
        demo.launch(
            server_name=_HOST,
            server_port=port,
            auth=(user, password) if auth else None,
            prevent_thread_lock=True,
            quiet=True,
        )
    except OSError as error:  # Gradio's own way to say that the port is taken
        raise CommandError(f"port {port} is taken: choose another one with --port") from error
    say(f"Image Lab listens at http://{_HOST}:{port} (stop it with Ctrl-C)")
    try:
        demo.block_thread()
    finally:
        demo.close()


def _load() -> Any:
    """Import the app; Gradio phones home when it is imported, unless it is told not to."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    return runpy.run_path(str(sample_app()))["demo"]
