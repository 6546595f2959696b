"""`gradio-codegen check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gradio_codegen.commands.options import complete_client, examples, reading_options
from gradio_codegen.console.report import finding_entry
from gradio_codegen.console.say import say, say_changes, say_json
from gradio_codegen.project import freshness
from gradio_codegen.project.current import project

if TYPE_CHECKING:
    from gradio_codegen.project.freshness import Finding
    from gradio_codegen.source.options import ReadingOptions

_COLOURS = {"fresh": "green", "stale": "red", "unknown": "yellow"}


@click.command(
    epilog=examples(
        "gradio-codegen check            # modules, lock and running apps",
        "gradio-codegen check --offline  # as in a pre-commit hook",
    ),
)
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=complete_client)
@reading_options()
@click.option(
    "--offline",
    is_flag=True,
    help="Compare modules with the lock alone: no network, no import of apps.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check(names: tuple[str, ...], *, reading: ReadingOptions, offline: bool, as_json: bool) -> None:
    """Tell whether the clients in pyproject.toml are up to date.

    Exit code 0: all are fresh; 1: one is stale; 2: could not tell, because an app could not be read
    or the configuration is wrong.
    """
    findings = freshness.check(project().read_with(reading), names, offline=offline)
    if as_json:
        say_json({"clients": [finding_entry(finding) for finding in findings]})
    else:
        for finding in findings:
            _tell(finding)
        if any(finding.state == "stale" for finding in findings):
            # `generate` refuses to replace what was edited.
            edited = any("--force" in reason for each in findings for reason in each.reasons)
            force = " --force" if edited else ""
            say(f"run `gradio-codegen generate{force}` to bring them up to date")
    states = {finding.state for finding in findings}
    raise SystemExit(1 if "stale" in states else 2 if "unknown" in states else 0)


def _tell(finding: Finding) -> None:
    state = "cannot tell" if finding.state == "unknown" else finding.state
    click.echo(f"{finding.client}: {click.style(state, fg=_COLOURS[finding.state])}")
    for reason in finding.reasons:
        say(f"  {reason}")
    say_changes(finding.changes, indent="  ")
