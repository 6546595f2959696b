"""`gradio-codegen diff`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.commands.options import complete_client, examples, reading_options
from gradio_codegen.compare.compare import compare
from gradio_codegen.console.report import change_entry
from gradio_codegen.console.say import say, say_changes, say_json
from gradio_codegen.pipeline import Job, build, read_all
from gradio_codegen.plan.model import PlanOptions
from gradio_codegen.project.clients import job_for, locked_document
from gradio_codegen.project.current import project
from gradio_codegen.project.freshness import drift_of
from gradio_codegen.project.lock import Lock
from gradio_codegen.project.lock import read as read_lock
from gradio_codegen.source.reading import read
from gradio_codegen.source.source import resolve, without_secrets

if TYPE_CHECKING:
    from gradio_codegen.compare.change import Change
    from gradio_codegen.source.document import Document
    from gradio_codegen.source.options import ReadingOptions


@click.command(
    epilog=examples(
        "gradio-codegen diff saved.json http://127.0.0.1:7860",
        "gradio-codegen diff lab  # what changed since the client was made",
    ),
)
@click.argument("old", metavar="OLD|NAME", shell_complete=complete_client)
@click.argument("new", metavar="[NEW]", required=False)
@reading_options()
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
def diff(old: str, new: str | None, *, reading: ReadingOptions, as_json: bool) -> None:
    """Tell what changed between two readings of an app, breaking changes first.

    OLD and NEW are sources as `generate` takes them. A NAME alone compares what a configured client
    was generated from with its app as it is now.

    Exit code 0: nothing breaks callers; 1: something does; 2: could not tell.
    """
    changes = _of_client(old, reading) if new is None else _of_sources(old, new, reading)
    if as_json:
        say_json({"changes": [change_entry(change) for change in changes]})
    elif changes:
        say_changes(changes)
    else:
        say("nothing changed that a client shows")
    raise SystemExit(1 if any(change.severity.value == "breaking" for change in changes) else 0)


def _of_client(name: str, reading: ReadingOptions) -> list[Change]:
    config = project().read_with(reading)
    client = config.client(name)
    lock = read_lock(config.lock_path) or Lock()
    locked_document(config, client, lock)
    return drift_of(config, client, lock, job_for(config, client).read()) or []


def _of_sources(old: str, new: str, reading: ReadingOptions) -> list[Change]:
    jobs = [_job(written, reading) for written in (old, new)]
    documents = read_all(jobs)
    # Two files differ in name; that alone changes nothing for a caller.
    options = PlanOptions(
        class_name=None if all(_title(document) for document in documents) else "Client"
    )
    built = [
        build([replace(job, options=options)], [document])[0]
        for job, document in zip(jobs, documents, strict=True)
    ]
    for one in built:
        if one.message is not None:
            raise CommandError(one.message)
    return compare(built[0].text, built[1].text)


def _job(written: str, reading: ReadingOptions) -> Job:
    return Job(
        without_secrets(written),
        lambda: read(resolve(written, options=reading)).required(),
        PlanOptions(),
        Path("client.py"),
    )


def _title(document: Document | CommandError) -> bool:
    return not isinstance(document, CommandError) and bool(
        document.config and document.config.get("title")
    )
