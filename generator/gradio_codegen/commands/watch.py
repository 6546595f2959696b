"""`gradio-codegen watch`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from gradio_codegen.commands.options import complete_client, examples, reading_options
from gradio_codegen.console.say import say, say_changes, say_warning
from gradio_codegen.project.current import project
from gradio_codegen.project.watch import DEFAULT_INTERVAL, Watcher

if TYPE_CHECKING:
    from gradio_codegen.source.options import ReadingOptions


@click.command(
    epilog=examples("gradio-codegen watch", "gradio-codegen watch lab --interval 1"),
)
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=complete_client)
@reading_options(timeout="Give up reading an app after that long (15; imported apps 120).")
@click.option(
    "--interval",
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    help="Time between two readings of an app (3).",
)
def watch(names: tuple[str, ...], *, reading: ReadingOptions, interval: float | None) -> None:
    """Generate configured clients again whenever their apps change, until Ctrl-C.

    While an app is down or restarting, it waits.
    """
    config = project()
    clients = [config.client(name) for name in names] if names else list(config.clients.values())
    watcher = Watcher(config, clients, interval=interval or DEFAULT_INTERVAL, reading=reading)
    say(f"watching {', '.join(client.name for client in clients)}; Ctrl-C ends it")
    try:
        while True:
            for news in watcher.round():
                (say_warning if news.trouble else say)(f"{news.client}: {news.what}")
                say_changes(news.changes, indent="  ")
            time.sleep(watcher.wait())
    except KeyboardInterrupt:
        say("\nstopped")
