"""The README shows what the last run of the benchmarks measured."""

from __future__ import annotations

import json

from benchmarks.report import summary, table
from tests.support.environments import ROOT

RESULTS = ROOT / "benchmarks" / "results"


def test_the_tables_are_made_from_the_figures() -> None:
    figures = json.loads((RESULTS / "results.json").read_text("utf-8"))
    assert (RESULTS / "summary.md").read_text("utf-8") == summary(figures)
    assert (RESULTS / "table.md").read_text("utf-8") == table(figures)
    assert summary(figures) in (ROOT / "README.md").read_text("utf-8")
