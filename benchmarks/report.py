"""Tables and plots from the raw figures.

They show medians, spreads, ratios to bare httpx, and whether each budget is kept.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.budgets import ABSOLUTE, REFERENCE, median, slowness, verdicts
from benchmarks.cases import CASES, MIB, Case

UNITS: dict[str, Callable[[float], str]] = {
    "wall": lambda value: f"{value * 1000:.1f} ms",
    "p50": lambda value: f"{value * 1000:.1f} ms",
    "p95": lambda value: f"{value * 1000:.1f} ms",
    "cpu": lambda value: f"{value * 1000:.1f} ms",
    "peak": lambda value: f"{value / MIB:.1f} MiB",
    "received": lambda value: (
        f"{value / 1000:.1f} kB" if value < 1_000_000 else f"{value / 1_000_000:.1f} MB"
    ),
    "connections": lambda value: f"{value:.0f}",
    "threads": lambda value: f"{value:.0f}",
    "pace": lambda value: f"{value:.2f}x",
}


def table(results: dict[str, Any]) -> str:
    """The whole report as Markdown."""
    parts = [
        "# Benchmarks\n",
        (
            "Medians; in brackets the smallest and the largest round. "
            "Ratios are to bare httpx of the same kind, in the same run.\n"
        ),
    ]
    parts += [
        _case(case, results["cases"][case.title])
        for case in CASES
        if case.title in results["cases"]
    ]
    if results["startup"]:
        parts.append(_startup(results["startup"]))
    if results["generation"]:
        parts.append(_generation(results["generation"]))
    parts.append(_budgets(results))
    return "\n".join(parts)


def summary(results: dict[str, Any]) -> str:
    """The table of the README: the time of bare httpx, and how many times that the clients take."""
    rows = ["| | bare httpx | ours | ours, async | official client |", "|---|---|---|---|---|"]
    for case in CASES:
        runs = results["cases"].get(case.title)
        if runs is None:
            continue
        what, floor = (
            ("p50" if case.name == "sequential" else "wall"),
            ("bare" if "bare" in runs else "bare-async"),
        )
        if case.name == "growth":
            continue
        times = [
            f"{median(runs[client], what) / median(runs[_floor(client, runs)], what):.2f}x"
            if runs.get(client)
            else ""
            for client in ("ours", "ours-async", "official")
        ]
        rows.append(
            f"| {case.title} | {UNITS[what](median(runs[floor], what))} | "
            + " | ".join(times)
            + " |"
        )
    starts = results["startup"].get("import")
    if starts:
        ours, official = (
            starts[who]["cpu"] - starts["nothing"]["cpu"] for who in ("ours", "official")
        )
        rows.append(
            f"| Importing a client of 30 endpoints, CPU | | {ours * 1000:.0f} ms "
            f"| (the same module) | {official * 1000:.0f} ms |"
        )
    return "\n".join(rows) + "\n"


def _floor(client: str, runs: dict[str, Any]) -> str:
    """The bare client of the same kind, where there is one."""
    same = "bare-async" if client == "ours-async" else "bare"
    return same if same in runs else "bare-async" if "bare-async" in runs else "bare"


def _case(case: Case, runs: dict[str, list[dict[str, Any]]]) -> str:
    figures = [what for what in UNITS if what in next(iter(runs.values()))[0]]
    rows = [
        f"## {case.title}\n",
        "| client | " + " | ".join(figures) + " |",
        "|---" * (len(figures) + 1) + "|",
    ]
    for client, rounds in runs.items():
        if not rounds:
            continue
        rows.append(f"| {client} | " + " | ".join(_cell(rounds, what) for what in figures) + " |")
    return "\n".join(rows) + "\n"


def _cell(rounds: list[dict[str, Any]], what: str) -> str:
    values = [float(run[what]) for run in rounds]
    show = UNITS[what]
    spread = (
        f" ({show(min(values))} to {show(max(values))})"
        if len(values) > 1 and what not in ABSOLUTE
        else ""
    )
    return show(statistics.median(values)) + spread


def _startup(found: dict[str, Any]) -> str:
    rows = [
        "## Fresh processes\n",
        "| what | who | wall | CPU | modules |",
        "|---|---|---|---|---|",
    ]
    for what, starts in found.items():
        rows += [
            f"| {what} | {who} | {s['wall'] * 1000:.0f} ms | {s['cpu'] * 1000:.0f} ms "
            f"| {s['modules'] or ''} |"
            for who, s in starts.items()
        ]
    return "\n".join(rows) + "\n"


def _generation(found: dict[str, Any]) -> str:
    rows = ["## Generating\n", "| endpoints | wall | CPU | memory |", "|---|---|---|---|"]
    rows += [
        f"| {size} | {s['wall'] * 1000:.0f} ms | {s['cpu'] * 1000:.0f} ms "
        f"| {s['peak'] / MIB:.0f} MiB |"
        for size, s in found["generate"].items()
    ]
    rows += [
        "",
        (
            "`floor`: bare imports, one datamodel-code-generator call and one ruff run "
            "for ten endpoints.\n"
        ),
    ]
    stages = list(next(iter(found["stages"].values())))
    rows += [
        "| share of stages, endpoints | " + " | ".join(stages) + " |",
        "|---" * (len(stages) + 1) + "|",
    ]
    for size, times in found["stages"].items():
        total = sum(times.values())
        rows.append(
            f"| {size} | " + " | ".join(f"{times[stage] / total:.0%}" for stage in stages) + " |"
        )
    rows += ["", "| 20 clients, `check --offline` | wall | CPU |", "|---|---|---|"]
    rows += [
        f"| {who} | {s['wall'] * 1000:.0f} ms | {s['cpu'] * 1000:.0f} ms |"
        for who, s in found["check --offline"].items()
    ]
    return "\n".join(rows) + "\n"


def _budgets(results: dict[str, Any]) -> str:
    rows = [
        "## Budgets\n",
        (
            "Milliseconds of work are those of a machine that imports httpx in "
            f"{REFERENCE * 1000:.0f} ms; this one took {slowness(results['startup']):.2f} times as "
            "long, and is allowed as many times more.\n"
        ),
        "| what | measured | allowed | |",
        "|---|---|---|---|",
    ]
    rows += [
        f"| {each.what} | {each.measured} | {each.allowed} | {each.result} |"
        for each in verdicts(results)
    ]
    return "\n".join(rows) + "\n"


def plot(results: dict[str, Any], path: Path) -> None:
    """Draw bars for each case, and two curves.

    Bars are CPU or time relative to bare httpx; the curves are cost per call as concurrency grows,
    and cost per endpoint as an app grows.
    """
    import matplotlib as mpl  # noqa: PLC0415  (only here, and slow)

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(1, 3, figsize=(18, 6))
    _bars(axes[0], results["cases"])
    _concurrency(axes[1], results["cases"])
    _growth(axes[2], results["generation"])
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _bars(axis: Any, cases: dict[str, Any]) -> None:
    rows = [
        (case, cases[case.title]) for case in CASES if case.title in cases and case.name != "growth"
    ]
    for offset, client in enumerate(("ours", "ours-async", "official")):
        values = []
        for case, runs in rows:
            what = "p50" if case.name == "sequential" else "wall"
            values.append(
                median(runs[client], what) / median(runs[_floor(client, runs)], what)
                if runs.get(client)
                else 0
            )
        axis.barh(
            [index + offset * 0.27 for index in range(len(rows))], values, height=0.25, label=client
        )
    axis.set_yticks([index + 0.27 for index in range(len(rows))], [case.title for case, _ in rows])
    axis.axvline(1, color="black", linewidth=0.8)
    axis.set_xscale("log")
    axis.set_xlabel("time, bare httpx = 1 (log)")
    axis.invert_yaxis()
    axis.legend()


def _concurrency(axis: Any, cases: dict[str, Any]) -> None:
    bursts = [
        (case, cases[case.title])
        for case in CASES
        if case.name == "burst" and not case.round_trip and case.title in cases
    ]
    for client in ("ours", "ours-async", "official", "bare-async"):
        axis.plot(
            [case.number for case, _ in bursts],
            [median(runs[client], "cpu") / case.number * 1000 for case, runs in bursts],
            marker="o",
            label=client,
        )
    axis.set_xscale("log", base=2)
    axis.set_xlabel("calls at once")
    axis.set_ylabel("client CPU per call, ms")
    axis.set_ylim(bottom=0)
    axis.legend()


def _growth(axis: Any, generation: dict[str, Any]) -> None:
    sizes = [int(size) for size in generation.get("generate", {}) if size != "floor"]
    axis.plot(
        sizes,
        [generation["generate"][str(size)]["wall"] / size * 1000 for size in sizes],
        marker="o",
    )
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlabel("endpoints of the app")
    axis.set_ylabel("generation, ms per endpoint")
