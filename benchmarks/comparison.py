"""The table that answers "why not `gradio_client`?": facts first, then measured figures."""

from __future__ import annotations

from typing import Any

from benchmarks.budgets import median

__all__ = ["comparison"]

FACTS = (
    ("Your editor knows", "`predict(*args, **kwargs) -> Any`", "each endpoint, choice and result"),
    ('`scheduler="eulr"`', "fails when it runs", "fails in your editor and in CI"),
    ("The app changes", "your program fails", "`gradio-codegen check` fails in CI"),
    ("`async` code", "a thread behind each call", "an `async` client, one thread in all"),
    ("Files in results", "downloaded at once", "downloaded when you use them"),
    ("Telemetry", "on by default", "none"),
)
"""What no benchmark measures: the question, the official client, ours."""

MEASURED = (
    ("One small call", "One trivial call, sequential", "p50"),
    ("128 calls at once", "128 calls of 50 ms at once", "wall"),
    ("Stopping a running call", "`cancel()` until the function has ended", "wall"),
)
"""What is measured: the question, the title of the case, the figure."""


def comparison(results: dict[str, Any]) -> str:
    """The table, with the medians of these results; a case that was not run has no row."""
    rows = [*FACTS]
    for question, title, what in MEASURED:
        runs = results["cases"].get(title)
        if runs is not None:
            theirs, ours = (_time(median(runs[who], what)) for who in ("official", "ours"))
            rows.append((question, theirs, ours))
    starts = results["startup"].get("import")
    if starts:
        nothing = starts["nothing"]["cpu"]
        theirs, ours = (_time(starts[who]["cpu"] - nothing) for who in ("official", "ours"))
        rows.append(("Importing it", theirs, ours))
    head = ["| | `gradio_client` | `gradio-codegen` |", "|---|---|---|"]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.{seconds < 0.01:d}f} ms"
