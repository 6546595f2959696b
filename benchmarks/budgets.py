"""What ours must not exceed, and whether it does.

Budgets are ratios to the floor of the same run, and of a few figures the difference or the figure
itself. Milliseconds of work are those of a machine that imports httpx in `REFERENCE`; a slower one
is allowed as many times more as it takes longer for that, in the same run.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any, NamedTuple

from benchmarks.cases import CASES, MIB, Budget

Runs = dict[str, list[dict[str, Any]]]
ABSOLUTE = {"peak", "received", "connections", "threads", "pace"}
"""Figures that are compared as they are."""


REFERENCE = 0.117
"""Seconds of CPU that importing httpx took where the budgets were set, click and rich beside it."""


class Verdict(NamedTuple):
    """One budget.

    Attributes:
        what: For the table.
        measured: The figure, with its unit.
        allowed: The largest one allowed.
        result: "kept" by the medians, "within the noise" where the best round of ours keeps it
            beside the worst one of the floor, else "missed".
    """

    what: str
    measured: str
    allowed: str
    result: str


def _result(*, kept: bool, best: bool = False) -> str:
    if kept:
        return "kept"
    return "within the noise" if best else "**missed**"


def median(runs: list[dict[str, Any]], what: str) -> float:
    """The median of one figure over all rounds."""
    return statistics.median(float(run[what]) for run in runs)


def verdicts(results: dict[str, Any]) -> list[Verdict]:
    """Every budget of which there are figures."""
    slower = slowness(results["startup"])
    found = [
        _of_case(case.title, budget, results["cases"][case.title], slower)
        for case in CASES
        if case.title in results["cases"]
        for budget in case.budgets
    ]
    return [
        *found,
        *_of_startup(results["startup"], slower),
        *_of_generation(results["generation"], slower),
    ]


def slowness(startup: dict[str, dict[str, dict[str, float]]]) -> float:
    """How many times longer than the machine of the budgets this one takes; at least 1."""
    if not startup:
        return 1.0
    found = startup["import"]
    return max(1.0, (found["httpx"]["cpu"] - found["nothing"]["cpu"]) / REFERENCE)


def _of_case(title: str, budget: Budget, runs: Runs, slower: float) -> Verdict:
    ours = median(runs[budget.ours], budget.what)
    best = min(run[budget.what] for run in runs[budget.ours])
    what = f"{title}: {budget.ours}, {budget.what}"
    if budget.floor:
        floor = median(runs[budget.floor], budget.what)
        worst = max(run[budget.what] for run in runs[budget.floor])
        return _times(what, ours, floor, budget.limit, best=best / worst <= budget.limit)
    if budget.what in ABSOLUTE:
        limit = budget.limit
        shown = [_shown(budget.what, value) for value in (ours, limit)]
    else:
        limit = budget.limit + budget.work * slower
        shown = [f"{value * 1000:.0f} ms" for value in (ours, limit)]
    return Verdict(what, shown[0], shown[1], _result(kept=ours <= limit, best=best <= limit))


def _shown(what: str, value: float) -> str:
    if what == "peak":
        return f"{value / MIB:.1f} MiB"
    return f"{value:.2f}x" if what == "pace" else f"{value:.0f}"


def _of_startup(found: dict[str, dict[str, dict[str, float]]], slower: float) -> Iterator[Verdict]:
    if found:
        starts, helps = found["import"], found["help"]
        yield _over(
            "Importing a client of 30 endpoints: CPU",
            "a bare interpreter",
            starts["ours"]["cpu"],
            starts["nothing"]["cpu"],
            0.020 * slower,
        )
        yield _over(
            "`--help`: CPU",
            "importing click",
            helps["ours"]["cpu"],
            helps["import click"]["cpu"],
            0.060 * slower,
        )
    if lines := found.get("command line"):
        yield _over(
            "Importing a command line of 30 endpoints: CPU",
            "importing click",
            lines["ours"]["cpu"],
            lines["import click"]["cpu"],
            0.060 * slower,
        )


def _of_generation(
    found: dict[str, dict[str, dict[str, float]]], slower: float
) -> Iterator[Verdict]:
    if found:
        times = found["generate"]
        yield _times(
            "Generating 10 endpoints: wall, over the same work by hand",
            times["10"]["wall"],
            times["floor"]["wall"],
            1.4,
        )
        if "743" in times:
            taken, limit = times["743"]["wall"], 2.5 * slower
            what = "Generating 743 endpoints: wall"
            yield Verdict(what, f"{taken:.1f} s", f"{limit:.1f} s", _result(kept=taken <= limit))


def _times(what: str, ours: float, floor: float, limit: float, *, best: bool = False) -> Verdict:
    result = _result(kept=ours / floor <= limit, best=best)
    return Verdict(what, f"{ours / floor:.2f}x", f"{limit:.2f}x", result)


def _over(what: str, floor_name: str, ours: float, floor: float, limit: float) -> Verdict:
    """`limit` is in seconds, above the floor."""
    return Verdict(
        f"{what}, over {floor_name}",
        f"{(ours - floor) * 1000:+.1f} ms",
        f"{limit * 1000:+.1f} ms",
        _result(kept=ours - floor <= limit),
    )
